"""Train the network that has seen emulated faint galaxies, and write it with its card to data/weights.

python tools/weights_faint.py                 (part of make weights; needs mock_trunk; about ten minutes)
python tools/weights_faint.py --galaxies 1000 --epochs 1 --out /tmp/try
"""

import numpy as np
import torch
from astropy.table import vstack
from sklearn.metrics import roc_auc_score

import galmorph_helpers as gm
from shipping import body, options, ship
from weights_trunk import properties

SEED = 930_000  # far from the seeds of the lessons and of the trunk: no galaxy of theirs was seen
CHUNK, COPIES = 1000, 2
CARD = """# mock_faint

The compact network (`galmorph_helpers.CompactCNN`, 64 pixels, three bands) trained to read {n_targets} properties off
mock galaxies emulated to r = 16 to 21.5 (`gm.emulate`, DES, colour look, stamps of 4.24 R90). The properties are those
of the bright galaxies: labels do not change. Only layers before the last are kept: a start for other tasks.

| | |
| --- | --- |
| trained on | {galaxies:,} mock galaxies (`gm.mock_sample`, seeds from {seed}), each emulated {copies} times, {epochs} epochs; no observed galaxy |
| starts from | `mock_trunk` |
| properties | {targets} |
| validation | explained variance, mean over properties: {score:.3f}; late types: AUC {auc:.3f} ({validation:,} emulations of other mock galaxies) |
| command | `python tools/weights_faint.py --galaxies {galaxies} --epochs {epochs}` |
| made | {today}, {machine}, torch {torch} |
| SHA-256 | `{digest}` |
| licence | CC-BY-4.0 |

What it is not for: it has never seen an observed galaxy, nor another survey's look; fine-tune it and test it there.
"""  # noqa: E501


def emulated(chunks):
    """Colour images of emulated galaxies, the table of the bright ones, and the row that each image shows."""
    images, tables, rows = [], [], []
    for number in range(chunks):
        seed = SEED + number
        table = gm.population(CHUNK, seed=seed, seeing=gm.DES.psf_fwhm[1])
        near = gm.mock_sample(
            table=table, survey=gm.DES, size=128, field_of_view=128 * gm.DES.pixel_scale, look="flux", seed=seed
        )
        for copy in range(COPIES):
            magnitude = np.random.default_rng([seed, copy]).uniform(16, 21.5, CHUNK)
            redshift = gm.imaging.redshift_for_magnitude(near.table, magnitude, survey=gm.DES)
            redshift = np.minimum(redshift, 12 * near.table["redshift"])  # farther, the stamp shrinks to a few pixels
            moved = gm.emulate(near, z_new=redshift, seed=seed + 500 * copy)
            images.append(gm.imaging.coloured(moved).images)
            rows.append(np.arange(CHUNK) + number * CHUNK)
        tables.append(near.table)
    return torch.cat(images), vstack(tables, metadata_conflicts="silent"), np.concatenate(rows)


def main():
    given = options(__doc__, galaxies=22_000, epochs=6, kilobytes=100)
    images, table, rows = emulated(1 + given.galaxies // CHUNK)  # the first chunk validates
    names, values = properties(table)
    late = np.asarray(table["ltg"], float)
    names, values = [*names, "late type"], np.c_[values, (late - late.mean()) / late.std()]
    target, rest = values[rows], CHUNK * COPIES
    gm.runtime.seed_everything(SEED)
    network = gm.load_weights(gm.CompactCNN(outputs=len(names)), "mock_trunk")
    validation = (images[:rest], target[:rest])
    gm.fit(network, images[rest:], target[rest:], validation=validation, epochs=given.epochs, learning_rate=2e-3)
    found = gm.learning.predict_value(network, images[:rest])
    error = np.mean((found - target[:rest]) ** 2, 0)
    for name, value in zip(names, 1 - error, strict=True):
        print(f"{name:16s} explained variance {value:.3f}")
    ship(
        body(network), "mock_faint", CARD, given.out, n_targets=len(names), galaxies=CHUNK * (given.galaxies // CHUNK),
        seed=SEED, copies=COPIES, epochs=given.epochs, targets=", ".join(names), score=np.mean(1 - error),
        auc=roc_auc_score(late[rows[:rest]], found[:, -1]), validation=rest,
    )  # fmt: skip


if __name__ == "__main__":
    main()
