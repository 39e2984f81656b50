"""Forest against network as the number of labelled galaxies grows, on the mock sky and on observed galaxies.

    python benchmarks/learning_curve.py mock                     about 12 minutes on two cores
    GALMORPH_DATA=/path/to/sets python benchmarks/learning_curve.py observed        as long

Writes data/learning_curve.csv and its card. Five random splits of 5,000 galaxies: a fifth to test, the others to learn
from, N of them. A point that is already in the table is replaced, the others stay: --splits, --labelled and --methods
compute a part. After `make weights`: --methods "network, head start" (it starts from mock_trunk).
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from storing import store

import galmorph_helpers as gm

FILE = Path(__file__).parents[1] / "data" / "learning_curve.csv"
LABELLED = (100, 300, 1000, 1900, 3900)
METHODS = ("forest", "network", "network, head start")
BOTH = "mean of both"
QUESTIONS = ("disc", "edge-on")
KEYS = ["sky", "question", "method", "labelled", "split"]
COLUMNS = [*KEYS, "auc", "average_precision", "seconds"]
CARD = """# learning_curve

How well a galaxy's being a disc (with features) rather than smooth, and its being edge-on, is told from N labelled
galaxies: by a random forest on hand-made features, by the compact network from scratch, by the same network with a head
start (`mock_trunk`), and by the mean of forest and head start. Lesson 02 draws it.

| | |
| --- | --- |
| command | `python benchmarks/learning_curve.py mock`, `python benchmarks/learning_curve.py observed` |
| galaxies | 5,000 of each sky where volunteers agree. Mock: r < 16, answers of mock volunteers. Observed: SDSS |
| | pictures with classes of Galaxy Zoo 1 (set `gz1_sdss_6446`, not part of this repository) |
| test | a fifth, the same for all methods; another fifth in each split |
| columns | `sky`, `question`, `method`, `labelled` (N), `split`; `auc`, `average_precision`; `seconds` of training |
| made | {today}, {machine}, {cores} cores, torch {torch}; others computed, too: `seconds` are upper limits |
| licence | CC-BY-4.0 |

N counts all labels: the network trains on nine tenths of them and chooses its epoch by the rest; the forest, which
chooses nothing, learns from all.
"""


def galaxies(sky):
    """Images and answers (N, 2) of 5,000 galaxies that volunteers agree on."""
    if sky == "observed":
        sample, answers = gm.labelled_sdss(*QUESTIONS)
        if sample is None:
            sys.exit("set GALMORPH_DATA to the folder that holds gz1_sdss_6446 (data/README.md says how)")
        target = np.stack([answers[question] for question in QUESTIONS], 1)
    else:
        table = gm.population(7000, seed=20_000, magnitude_limit=16)
        target = gm.mock.answers(table, seed=20_000)[:, :2]
        known = np.flatnonzero(np.isfinite(target).all(1))[:5000]
        sample, target = gm.mock_sample(table=table[known], seed=20_000), target[known]
    known = np.isfinite(target).all(1)
    return sample.images[np.flatnonzero(known)], target[known]


def answered(method, images, features, target, learn, test, split):
    """Probabilities (N, 2) that a method gives to the test galaxies, after it has learnt from others."""
    if method == "forest":
        forests = [gm.measure.fit_forest(features[learn], target[learn, k], seed=split) for k in range(len(QUESTIONS))]
        return np.stack([forest.predict_proba(features[test])[:, 1] for forest in forests], 1)
    start = "mock_trunk" if method.endswith("start") else None
    network = gm.learning.fit_labelled(images[learn], target[learn], start=start, seed=split)
    return gm.predict(network, images[test])


def points(sky, data, split, *, labelled, methods):
    """Table rows of one split, N after N."""
    images, features, target = data
    order = np.random.default_rng(split).permutation(len(images))
    test, pool = np.split(order, [len(order) // 5])
    for n in labelled:
        learn, found, rows = pool[:n], {}, []
        for method in methods:
            begin = time.perf_counter()
            found[method] = answered(method, images, features, target, learn, test, split), time.perf_counter() - begin
        if {"forest", METHODS[2]} <= found.keys():
            found[BOTH] = (found["forest"][0] + found[METHODS[2]][0]) / 2, np.nan
        for method, (p, seconds) in found.items():
            table = gm.metrics_table({q: (target[test, k], p[:, k]) for k, q in enumerate(QUESTIONS)}, n_boot=2)
            keys = {"sky": sky, "method": method, "labelled": len(learn), "split": split, "seconds": round(seconds, 1)}
            scores = ("auc", "average_precision")
            rows += [{"question": row["name"], **keys, **{s: round(row[s], 4) for s in scores}} for row in table]
        yield rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sky", choices=("mock", "observed"))
    parser.add_argument("--splits", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--labelled", nargs="+", type=int, default=LABELLED)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    given = parser.parse_args()
    images, target = galaxies(given.sky)
    data = images, gm.morphology_features(images), target
    for split in given.splits:
        for rows in points(given.sky, data, split, labelled=given.labelled, methods=given.methods):
            store(FILE, [{name: row[name] for name in COLUMNS} for row in rows], CARD, keys=KEYS)
            said = "; ".join(f"{r['method']} {r['question']} {r['auc']:.3f} ({r['seconds']} s)" for r in rows)
            print(f"{given.sky} split {split}, N = {rows[0]['labelled']}: {said}", flush=True)


if __name__ == "__main__":
    main()
