"""Train DS18, the network of Domínguez Sánchez+2018, beside the compact one: is a galaxy edge-on? Observed galaxies.

    GALMORPH_DATA=/path/to/sets python benchmarks/ds18.py                 about 25 minutes on two cores
    GALMORPH_DATA=/path/to/sets python benchmarks/ds18.py --galaxies 3900 --epochs 50 --seeds 0      on a GPU

Writes data/ds18.csv and its card. The recipe is that of the paper as far as we know it: pictures of 69 x 69 pixels,
turns, mirror images, zoom and shifts, batches of 30, learning rate 0.001; fewer galaxies and epochs. The compact
network gets the same galaxies at 64 pixels, and its own recipe. A training that is in the table already is replaced.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch
from storing import store

import galmorph_helpers as gm

FILE = Path(__file__).parents[1] / "data" / "ds18.csv"
KEYS = ["network", "galaxies", "epochs", "seed"]
CARD = """# ds18

The network of Domínguez Sánchez et al. (2018), 2,602,849 weights, trained on observed SDSS galaxies to tell whether a
disc is seen edge-on, beside the compact network of this course on the same galaxies. Lesson 02 shows it.

| | |
| --- | --- |
| command | `python benchmarks/ds18.py --galaxies {galaxies} --epochs {epochs} --seeds {seeds}` |
| galaxies | of Galaxy Zoo 1 (set `gz1_sdss_6446`, not part of this repository): `galaxies` to learn from |
| | (a tenth of them chooses the epoch), 1,000 others to test |
| columns | `network`, `weights`, `galaxies`, `epochs`, `seed` (split and start); `training` (last loss), |
| | `validation` (loss of the epoch that was kept), `best_epoch`; `auc`, `average_precision`, `accuracy` at 0.5 |
| | (always "no": `always_no`); `seconds` |
| made | {today}, {machine}, {cores} cores, torch {torch}; others computed, too: `seconds` are upper limits |
| licence | CC-BY-4.0 |

The paper trained on some 5,000 galaxies and more (by the talk's tables) for about 50 epochs; this is a small training.
"""


def trained(name, images, target, learn, *, epochs, seed):
    """A network of this name after its training, and the history."""
    held, shown = np.split(learn, [len(learn) // 10])
    torch.manual_seed(seed)
    if name == "DS18":
        network = gm.learning.DS18()
        recipe = {"batch_size": 30, "learning_rate": 1e-3, "augmented": "any"}
    else:
        network, recipe = gm.CompactCNN(), {"batch_size": 32}
    validation = (images[held], target[held])
    history = gm.fit(
        network, images[shown], target[shown], validation=validation, epochs=epochs, seed=seed, **recipe
    )  # fmt: skip
    return network, history


def row_of(name, *, galaxies, epochs, seed):
    """One training as a row of the table."""
    sample, answers = gm.labelled_sdss("edge-on", size=69 if name == "DS18" else 64)
    if sample is None:
        sys.exit("set GALMORPH_DATA to the folder that holds gz1_sdss_6446 (data/README.md says how)")
    target = answers["edge-on"]
    order = np.random.default_rng(seed).permutation(np.flatnonzero(np.isfinite(target)))
    test, learn = order[:1000], order[1000 : 1000 + galaxies]
    begin = time.perf_counter()
    network, history = trained(name, sample.images, target, learn, epochs=epochs, seed=seed)
    seconds = time.perf_counter() - begin
    p = gm.predict(network, sample.images[test], views=1)
    scores = gm.metrics_table({name: (target[test], p)}, n_boot=2)[0]
    return {
        "network": name, "weights": gm.learning.count_parameters(network), "galaxies": len(learn), "epochs": epochs,
        "seed": seed, "training": round(history.training[-1], 4), "validation": round(min(history.validation), 4),
        "best_epoch": history.best_epoch + 1, "seconds": round(seconds),
        **{key: round(float(scores[key]), 4) for key in ("auc", "average_precision", "accuracy", "always_no")},
    }  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--galaxies", type=int, default=1000, help="to learn from (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=8, help="default: %(default)s")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    given = parser.parse_args()
    for seed in given.seeds:
        for name in ("compact", "DS18"):
            row = row_of(name, galaxies=given.galaxies, epochs=given.epochs, seed=seed)
            print(row, flush=True)
            store(FILE, [row], CARD, keys=KEYS, galaxies=given.galaxies, epochs=given.epochs)


if __name__ == "__main__":
    main()
