"""Train the network that has seen the mock sky, and write it with its card to data/weights.

python tools/weights_trunk.py                 (part of make weights; about six minutes on two cores)
python tools/weights_trunk.py --galaxies 2000 --epochs 1 --out /tmp/try
"""

import numpy as np

import galmorph_helpers as gm
from shipping import body, options, ship

SEED = 900_000  # far from the seeds of the lessons: no galaxy of theirs was seen
CARD = """# mock_trunk

The compact network (`galmorph_helpers.CompactCNN`, 64 pixels, three bands) trained to read {n_targets} properties off
mock galaxies, SDSS colour look, stamps of 4.24 R90. Only layers before the last are kept: a start for other tasks.

| | |
| --- | --- |
| trained on | {galaxies:,} mock galaxies (`gm.mock_sample`, seed {seed}), {epochs} epochs; no observed galaxy |
| properties | {targets} |
| validation | explained variance, mean over properties: {score:.3f} ({validation:,} other mock galaxies) |
| command | `python tools/weights_trunk.py --galaxies {galaxies} --epochs {epochs}` |
| made | {today}, {machine}, torch {torch} |
| SHA-256 | `{digest}` |
| licence | CC-BY-4.0 |

What it is not for: it has never seen an observed galaxy, nor another survey's look; fine-tune it and test it there.
"""


def properties(table):
    """What the network learns to read, truth and votes of mock volunteers: standardised, (N, 16)."""
    names = ["t_type", "bulge_to_total", "axis_ratio", "arm_contrast", "bar", "knot_light", "quiescent"]
    columns = {name: np.asarray(table[name], float) for name in names}
    votes = gm.mock.volunteer_votes(table, gm.SDSS, seed=SEED)
    columns |= {f"{name} votes": np.asarray(votes[name]) for name in ("features", "edge_on", "spiral", "bar")}
    columns["cos i of discs"] = np.cos(table["inclination"].to_value("rad")) * (table["t_type"] > -3)
    columns["log n"] = np.log10(table["sersic_index"])
    columns["g - r"], columns["r magnitude"] = table["g_r"].value, table["r_mag"].value
    columns["log R90"] = np.log10(table["r90"].to_value("arcsec"))
    values = np.stack(list(columns.values()), 1)
    return list(columns), (values - values.mean(0)) / values.std(0)


def main():
    given = options(__doc__, galaxies=36_000, epochs=9, kilobytes=40)
    sky = gm.mock_sample(given.galaxies + 2000, seed=SEED)
    names, target = properties(sky.table)
    gm.runtime.seed_everything(SEED)
    network = gm.CompactCNN(outputs=len(names))
    train, rest = np.arange(2000, len(sky)), np.arange(2000)
    gm.fit(network, sky.images[train], target[train], validation=(sky.images[rest], target[rest]), epochs=given.epochs)
    error = np.mean((gm.learning.predict_value(network, sky.images[rest]) - target[rest]) ** 2, 0)
    for name, value in zip(names, 1 - error, strict=True):
        print(f"{name:16s} explained variance {value:.3f}")
    ship(
        body(network), "mock_trunk", CARD, given.out, n_targets=len(names), galaxies=given.galaxies, seed=SEED,
        epochs=given.epochs, targets=", ".join(names), score=np.mean(1 - error), validation=len(rest),
    )  # fmt: skip


if __name__ == "__main__":
    main()
