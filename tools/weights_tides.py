"""Train the detector of tidal features on clean mock images of all depths, and write it with its card to data/weights.

python tools/weights_tides.py                 (part of make weights; about six minutes on two cores)
python tools/weights_tides.py --galaxies 2000 --epochs 1 --out /tmp/try
"""

import numpy as np

import galmorph_helpers as gm
from galmorph_helpers.imaging.stretch import detector_input
from shipping import options, ship

SEED = 910_000  # far from the seeds of the lessons: no galaxy of theirs was seen
LIMITS = (26, 27, 28, 29, 30, 31, 33, 35)
CARD = """# mock_tides

The compact network (`galmorph_helpers.CompactCNN`, 64 pixels, the three views of `gm.imaging.detector_input`) trained
to find tidal features around mock galaxies in one deep band, at 3 sigma, 10" x 10" limits of {limits} mag
arcsec^-2.

| | |
| --- | --- |
| trained on | {galaxies:,} clean mock galaxies (`gm.mock.tidal_sample`, seed {seed}), {certain:,} with certain labels |
| epochs | {epochs}; no observed galaxy |
| labels | of five mock experts: 0 where none sees a feature, 1 where F_tidal >= 1; others left out |
| validation | AUC {auc:.3f}, average precision {ap:.3f} ({validation:,} other mock galaxies) |
| command | `python tools/weights_tides.py --galaxies {galaxies} --epochs {epochs}` |
| made | {today}, {machine}, torch {torch} |
| SHA-256 | `{digest}` |
| licence | CC-BY-4.0 |

What it is not for: observed images. It has seen no cirrus, no background galaxies and no artefacts; lesson 08 shows
what happens then.
"""


def main():
    given = options(__doc__, galaxies=22_000, epochs=9, kilobytes=50)
    n = given.galaxies + 1500
    table = gm.mock.tidal_population(n, seed=SEED, with_features=0.6)
    limit = np.random.default_rng(SEED).choice(LIMITS, n).astype(float)
    sky = gm.mock.tidal_sample(table, limit, seed=SEED)
    images, label = detector_input(sky), np.asarray(sky.table["label"])
    known = np.isfinite(label)
    rest, train = (np.flatnonzero(known & part) for part in (np.arange(n) < 1500, np.arange(n) >= 1500))
    gm.runtime.seed_everything(SEED)
    network = gm.CompactCNN()
    validation = (images[rest], label[rest])
    gm.fit(network, images[train], label[train], validation=validation, epochs=given.epochs)
    scores = gm.metrics_table({"tides": (label[rest], gm.predict(network, images[rest]))})[0]
    ship(
        network.state_dict(), "mock_tides", CARD, given.out, limits=", ".join(map(str, LIMITS)), seed=SEED,
        galaxies=given.galaxies, certain=len(train), epochs=given.epochs, auc=scores["auc"],
        ap=scores["average_precision"], validation=len(rest),
    )  # fmt: skip


if __name__ == "__main__":
    main()
