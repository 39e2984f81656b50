"""Train a start that has seen emulated faint galaxies but never their types, and write it to data/weights.

python tools/weights_photometry.py                 (part of make weights; about a minute on one core)
python tools/weights_photometry.py --galaxies 1000 --epochs 1 --out /tmp/try
"""

import numpy as np
import torch
from astropy.table import vstack

import galmorph_helpers as gm
from shipping import body, options, ship

SEED = 940_000  # far from the seeds of the lessons and of the other weights: no galaxy of theirs was seen
CHUNK = 500
CARD = """# mock_photometry

The compact network (`galmorph_helpers.CompactCNN`, 64 pixels, three bands) trained from nothing to measure
{n_targets} numbers of mock galaxies emulated to r = 16 to 21.5 (`gm.emulate`, DES, colour look, stamps of 4.24 R90):
what photometry would measure. **No type, no arms, no bulge, no star formation was among its questions.** Only layers
before the last are kept: a start for lesson 05, whose question it has never been asked.

| | |
| --- | --- |
| trained on | {galaxies:,} mock galaxies (`gm.mock_sample`, seeds from {seed}), each emulated once, {epochs} epochs; no observed galaxy |
| starts from | nothing |
| numbers | {targets} |
| validation | explained variance: {score} ({validation:,} emulations of other mock galaxies) |
| command | `python tools/weights_photometry.py --galaxies {galaxies} --epochs {epochs}` |
| made | {today}, {machine}, torch {torch} |
| SHA-256 | `{digest}` |
| licence | CC-BY-4.0 |

What it is not for: it has never seen an observed galaxy, nor another survey's look; fine-tune it and test it there.
"""  # noqa: E501


def emulated(chunks):
    """Colour images of emulated galaxies, and their table as emulated."""
    images, tables = [], []
    for number in range(chunks):
        seed = SEED + number
        table = gm.population(CHUNK, seed=seed, seeing=gm.DES.psf_fwhm[1])
        near = gm.mock_sample(
            table=table, survey=gm.DES, size=128, field_of_view=128 * gm.DES.pixel_scale, look="flux", seed=seed
        )
        magnitude = np.random.default_rng(seed).uniform(16, 21.5, CHUNK)
        redshift = gm.imaging.redshift_for_magnitude(near.table, magnitude, survey=gm.DES)
        redshift = np.minimum(redshift, 12 * near.table["redshift"])  # farther, the stamp shrinks to a few pixels
        moved = gm.emulate(near, z_new=redshift, seed=seed)
        images.append(gm.imaging.coloured(moved).images)
        tables.append(moved.table)
    return torch.cat(images), vstack(tables, metadata_conflicts="silent")


def photometry(table):
    """What the network learns to measure: standardised, (N, 5). Nothing in it is a type or a part of a galaxy."""
    columns = {"r magnitude": table["r_mag"].value, "g - r": table["g_r"].value, "r - i": table["r_i"].value}
    columns["log half-light radius"] = np.log10(table["half_light_radius"].to_value("arcsec"))
    columns["axis ratio"] = np.asarray(table["axis_ratio"])
    values = np.stack(list(columns.values()), 1)
    return list(columns), (values - values.mean(0)) / values.std(0)


def main():
    given = options(__doc__, galaxies=6000, epochs=6, kilobytes=50)
    images, table = emulated(1 + given.galaxies // CHUNK)  # the first chunk validates
    names, target = photometry(table)
    gm.runtime.seed_everything(SEED)
    network = gm.CompactCNN(outputs=len(names))
    held = (images[:CHUNK], target[:CHUNK])
    gm.fit(network, images[CHUNK:], target[CHUNK:], validation=held, epochs=given.epochs, seed=SEED)
    error = np.mean((gm.learning.predict_value(network, held[0]) - held[1]) ** 2, 0)
    score = ", ".join(f"{name} {1 - e:.2f}" for name, e in zip(names, error, strict=True))
    print(score)
    ship(
        body(network), "mock_photometry", CARD, given.out, n_targets=len(names), seed=SEED, epochs=given.epochs,
        galaxies=CHUNK * (given.galaxies // CHUNK), targets=", ".join(names), score=score, validation=CHUNK,
    )  # fmt: skip


if __name__ == "__main__":
    main()
