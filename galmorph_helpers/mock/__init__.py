"""The mock sky: `population` (a physical catalogue) and `light` (its noiseless images)."""
