"""Train the network that has seen emulated faint galaxies, and write it with its card to data/weights.

python tools/weights_faint.py                 (part of make weights; needs mock_trunk; about six minutes)
python tools/weights_faint.py --galaxies 500 --epochs 1 --out /tmp/try
"""

import argparse
from pathlib import Path

import numpy as np
import torch

import galmorph_helpers as gm
from shipping import FOLDER, ship
from weights_trunk import properties

SEED = 930_000  # far from the seeds of the lessons and of the trunk
CHUNK, COPIES = 1000, 2
CARD = """# mock_faint

The compact network (`galmorph_helpers.CompactCNN`, 64 pixels, three bands) trained to read {n_targets} properties off
mock galaxies emulated to r = 16 to 21.5 (`gm.emulate`, DES-like, colour look). The properties are those of the bright
galaxies: labels do not change. Only layers before the last are kept: a start for other tasks. Starts from `mock_trunk`.

| | |
| --- | --- |
| trained on | {galaxies:,} mock galaxies (`gm.mock_sample`, seeds from {seed}), each emulated {copies} times, {epochs} epochs; no observed galaxy |
| properties | {targets} |
| validation | explained variance, mean over properties: {score:.3f} ({validation:,} emulations of other mock galaxies) |
| command | `python tools/weights_faint.py --galaxies {drawn} --epochs {epochs}` |
| made | {today}, {machine}, torch {torch} |
| SHA-256 | `{digest}` |
| licence | CC-BY-4.0 |

What it is not for: it has never seen an observed galaxy, nor another survey's look; fine-tune it and test it there.
"""  # noqa: E501


def emulated(galaxies):
    """Colour images of emulated galaxies, and the properties of the bright ones, each galaxy's copies in a row."""
    images, tables = [], []
    for number in range(galaxies // CHUNK):
        seed = SEED + number
        table = gm.population(CHUNK, seed=seed, seeing=gm.DES.psf_fwhm[1])
        near = gm.mock_sample(
            table=table, survey=gm.DES, size=128, field_of_view=128 * gm.DES.pixel_scale, look="flux", seed=seed
        )
        for copy in range(COPIES):
            magnitude = np.random.default_rng([seed, copy]).uniform(16, 21.5, CHUNK)
            redshift = gm.redshift_for_magnitude(near.table, magnitude, survey=gm.DES)
            images.append(gm.emulate(near, z_new=redshift, look="colour", seed=seed + 500 * copy).images)
            tables.append(near.table)
        print(f"{(number + 1) * CHUNK} galaxies emulated", flush=True)
    targets = [properties(table) for table in tables]
    return torch.cat(images), targets[0][0], np.concatenate([values for _, values in targets])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--galaxies", type=int, default=7000, help=f"multiple of {CHUNK}; the first {CHUNK} validate")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args()
    images, names, target = emulated(options.galaxies)
    gm.seed_everything(SEED)
    network = gm.load_weights(gm.CompactCNN(outputs=len(names)), "mock_trunk")
    rest = CHUNK * COPIES
    gm.fit(
        network, images[rest:], target[rest:], validation=(images[:rest], target[:rest]), epochs=options.epochs,
        learning_rate=2e-3,
    )  # fmt: skip
    error = np.mean((gm.predict_value(network, images[:rest], views=1) - target[:rest]) ** 2, 0)
    for name, value in zip(names, 1 - error, strict=True):
        print(f"{name:16s} explained variance {value:.3f}")
    last = list(network)[-2]
    layers = {key: value for key, value in network.state_dict().items() if value.shape[:1] != last.weight.shape[:1]}
    ship(
        layers, "mock_faint", CARD, options.out, n_targets=len(names), galaxies=options.galaxies - CHUNK,
        drawn=options.galaxies, seed=SEED, copies=COPIES, epochs=options.epochs, targets=", ".join(names),
        score=np.mean(1 - error), validation=rest,
    )  # fmt: skip


if __name__ == "__main__":
    main()
