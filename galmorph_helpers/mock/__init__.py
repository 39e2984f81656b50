"""The mock sky: `population` (a physical catalogue), `light` (its noiseless images), `volunteers` (votes)."""
