"""Which hundred galaxies to label, and what a hundred labels buy, over several seeds: lesson 10.

    GALMORPH_DATA=... python benchmarks/hundred_labels.py --seeds 0 1 2 3 4     data/hundred_labels.csv: minutes a seed

A seed trains five networks on bright mock galaxies (is it edge-on?) and carries them to two samples of another kind:
mock galaxies in four times the seeing, and observed SDSS galaxies where such a set is there. Half of a sample is the
pool that galaxies to label are chosen from, by chance or by the doubt of the folds; the other half judges.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.special import expit
from storing import store

import galmorph_helpers as gm
from galmorph_helpers.learning.few_labels import train_on, two_numbers
from galmorph_helpers.metrics import calibration_curve
from galmorph_helpers.metrics.scores import binary_metrics

DATA = Path(__file__).parents[1] / "data"
FOLDS, EPOCHS, N_LABELS, DRAWS, MOST = 5, 3, 100, 3, 2000
CARD = """# hundred_labels

Five networks of bright mock galaxies (edge-on or not), carried to mock galaxies in four times the seeing and to
observed SDSS galaxies, with {n} labels chosen in several ways. Half of a sample is the pool, the other half judges.

| | |
| --- | --- |
| command | `python benchmarks/hundred_labels.py --seeds {seeds}` |
| columns | `seed`, `draw` (of pool and test), `sample`, `way`: how the galaxies to label were chosen |
| ways | chance; folds: largest scatter of the folds' probabilities; half: mean nearest one half; |
| | shuffled: by chance, with answers that belong to others |
| on the test half | `auc`, `ece` (calibration error), `accuracy`, `share` (truly edge-on) of the network as it was; |
| | `auc_on`, `ece_on`, `accuracy_on` trained on with the labels; `auc_two`, `ece_two`, `accuracy_two` |
| | with two numbers fitted to them |
| on the labelled | `accuracy_seen` of the network as it was, `share_seen` |
| made | {today}, {machine}, torch {torch}, {seconds:.0f} s a seed |
| licence | CC-BY-4.0 (numbers; the observed galaxies are not included) |
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--out", type=Path, default=DATA)
    given = parser.parse_args()
    for seed in given.seeds:
        begin, rows = time.perf_counter(), of_seed(seed)
        store(given.out / "hundred_labels.csv", rows, CARD, n=N_LABELS, seconds=time.perf_counter() - begin)


def asked(table, seed):
    """Mock galaxies on whose being edge-on volunteers agree, and what they say."""
    edge_on = gm.labels.certain(gm.mock.volunteer_votes(table, gm.SDSS, seed=seed)["edge_on"])
    return table[np.isfinite(edge_on)], edge_on[np.isfinite(edge_on)]


def networks_of(seed):
    """Five networks that learnt bright mock galaxies of the SDSS, each without a fifth of them."""
    bright, edge_on = asked(gm.population(2000, seed=seed, magnitude_limit=16), seed)
    images = gm.mock_sample(table=bright, seed=seed).images
    return gm.fit_folds(
        lambda: gm.load_weights(gm.CompactCNN(), "mock_trunk"), images, edge_on, k=FOLDS, seed=seed, epochs=EPOCHS,
        batch_size=16, learning_rate=2e-3,
    ).networks  # fmt: skip


def samples_of(seed):
    """Name -> images and answers of galaxies of another kind."""
    table, answers = asked(gm.population(2000, seed=seed + 2000, magnitude_limit=16), seed)
    cloudy = replace(gm.SDSS, name="SDSS in poor seeing", psf_fwhm=tuple(4 * width for width in gm.SDSS.psf_fwhm))
    found = {"blurred": (gm.mock_sample(table=table, survey=cloudy, seed=seed + 2000).images, answers)}
    observed, labels = gm.labelled_sdss("edge-on")
    if observed:
        known = np.flatnonzero(np.isfinite(labels["edge-on"]))
        known = np.random.default_rng(seed).permutation(known)[:MOST]
        found["observed"] = observed.images[known], labels["edge-on"][known]
    return found


def of_seed(seed):
    """The rows of one seed, a dict each."""
    gm.runtime.seed_everything(seed)
    networks, rows = networks_of(seed), []
    for sample, (images, answers) in samples_of(seed).items():
        logit = gm.predict_folds(networks, images, views=1)
        for draw in range(DRAWS):
            shuffled = np.random.default_rng([seed, draw]).permutation(len(images))
            pool, test = np.split(shuffled, [len(images) // 2])
            for way, chosen in choices(logit[:, pool], seed).items():
                found = spent(networks[0], images, answers, logit[0], (pool[chosen], test), way == "shuffled", draw)
                rows.append({"seed": seed, "draw": draw, "sample": sample, "way": way} | found)
    return rows


def choices(logit, seed):
    """Way -> the places in the pool of the galaxies to label, from the logits (k, N) of the folds."""
    p = expit(logit)
    chance = np.random.default_rng([seed, 1]).permutation(p.shape[1])[:N_LABELS]
    return {
        "chance": chance,
        "folds": np.argsort(-p.std(0))[:N_LABELS],
        "half": np.argsort(np.abs(p.mean(0) - 0.5))[:N_LABELS],
        "shuffled": chance,
    }


def spent(network, images, answers, logit, rows, shuffle, draw):
    """What labels of the first rows buy, on the others."""
    labelled, test = rows
    given = np.random.default_rng(draw).permutation(answers[labelled]) if shuffle else answers[labelled]
    tuned = train_on(network, images[labelled], given, seed=draw)
    after = gm.predict(tuned, images[test], views=1)
    two = two_numbers(given, logit[labelled], logit[test])
    truth, before = answers[test], expit(logit[test])
    row = {"share": truth.mean(), "share_seen": given.mean()}
    row["accuracy_seen"] = np.mean((logit[labelled] > 0) == given)
    for name, p in (("", before), ("_on", after), ("_two", two)):
        scores = binary_metrics(truth, p, weights=np.ones((1, len(truth))))
        row |= {f"auc{name}": scores["auc"][0], f"accuracy{name}": scores["accuracy"][0]}
        row[f"ece{name}"] = calibration_curve(truth, p)[1]
    return row


if __name__ == "__main__":
    main()
