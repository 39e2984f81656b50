"""A catalogue by networks that know the mock sky alone, on observed SDSS galaxies: before and after 200 labels.

    GALMORPH_DATA=/path/to/sets python benchmarks/observed_catalogue.py --seeds 0 1 2 3 4

Writes data/observed_catalogue.csv and its card: two to three minutes of one core a seed. A seed draws mock galaxies,
trains five networks as lesson 09 does, and draws five times which 200 observed galaxies get labels. Those calibrate the
probabilities (Platt), or, in the first draw, train the networks on; the same is done with the labels shuffled. What is
said is judged on galaxies that gave no label. Two more sets of networks, the controls, take 40 s of it.
"""

import argparse
import copy
import sys
import time
from pathlib import Path

import numpy as np
from scipy.special import expit
from storing import store

import galmorph_helpers as gm
from galmorph_helpers.course.exercises.lesson_09 import recalibrate, robust

DATA = Path(__file__).parents[1] / "data"
CONTROLS = ("type of the same galaxies", "votes shuffled")
N_MOCK, LABELS, DRAWS, JUDGED = 2000, 200, 5, 3000
CARD = """# observed_catalogue

Five networks trained on 1,200 mock SDSS galaxies (late or early type) say disc or smooth of observed SDSS galaxies with
answers of Galaxy Zoo 1: before, and after 200 of these galaxies gave their labels.

| | |
| --- | --- |
| command | `python benchmarks/observed_catalogue.py --seeds {seeds}` |
| columns | `seed` (of mock galaxies and training), `draw` (which 200; -1: none), `what` (below), `n` (judged), |
| | `accuracy`, `always_no`, `auc`, `robust` (share), `robust_minus_not`, `familiar` (share), |
| | `familiar_minus_not`: accuracy of one group minus that of the other |
| what, mock | "same sky"; "mix": weighted to the observed share of discs; "volunteers": the same pictures, where mock |
| | volunteers agree on smooth or features; "DES": the same galaxies, as DES sees and shows them |
| what, observed | "before"; "recalibrated" (Platt); "trained on"; each with "shuffled": labels dealt at random; |
| | "asked as volunteers are": networks that learnt what mock volunteers say, on mock galaxies of which they agree |
| what, controls | networks trained in the same way: "type of the same galaxies" (the first question, on the galaxies |
| | of which the mock volunteers agree), "votes shuffled" (dealt at random) |
| made | {today}, {machine}, torch {torch}, {seconds:.0f} s a seed |
| licence | CC-BY-4.0; no image is in it. Please acknowledge SDSS and Galaxy Zoo |
"""


def logits_of(networks, images):
    """Logits (k, N)."""
    p = np.stack([gm.predict(network, images, views=1) for network in networks]).astype(float).clip(1e-7, 1 - 1e-7)
    return np.log(p / (1 - p))


def row_of(what, logits, answer, familiar, weight=None):
    """Scores of a catalogue: accuracy, the trivial one, and what its flags are worth."""
    p = expit(logits)
    value, sure, right = p.mean(0), robust(p), (p.mean(0) > 0.5) == answer
    weight = np.ones(len(answer)) if weight is None else weight

    def minus(group):
        return right[group].mean() - right[~group].mean() if group.any() and not group.all() else np.nan

    auc = gm.metrics.binary_metrics(answer.astype(float), value, weights=weight[None])["auc"][0]
    return {
        "what": what, "n": len(answer), "accuracy": np.average(right, weights=weight),
        "always_no": 1 - np.average(answer, weights=weight), "auc": auc, "robust": sure.mean(),
        "robust_minus_not": minus(sure), "familiar": familiar.mean(), "familiar_minus_not": minus(familiar),
    }  # fmt: skip


def mock_rows(sky, rows, folds, domain, share, seed):
    """The same mock galaxies, one thing changed at a time: the mix of types, the question, the pictures."""
    late = np.asarray(sky.table["t_type"], float)[rows] > 0
    des = gm.mock.seen_by(sky.table[rows], gm.DES, seed=seed)
    votes = gm.labels.certain(gm.mock.volunteer_votes(sky.table[rows], gm.SDSS, seed=seed)["features"])
    said, asked = logits_of(folds.networks, sky.images[rows]), np.isfinite(votes)
    near, near_des = (near_to(folds, domain, images) for images in (sky.images[rows], des.images))
    mix = np.where(late, share / late.mean(), (1 - share) / (1 - late.mean()))
    return [
        row_of("same sky", said, late, near), row_of("mix", said, late, near, mix),
        row_of("volunteers", said[:, asked], votes[asked] == 1, near[asked]),
        row_of("DES", logits_of(folds.networks, des.images), late, near_des),
    ]  # fmt: skip


def near_to(folds, domain, images):
    """Whether galaxies are within the reach of those of the training."""
    return gm.learning.out_of_domain(domain, gm.learning.image_features(folds.networks[0], images)) <= 1


def taught(images, answer, seed):
    """Five networks as lesson 09 trains them."""
    options = {"epochs": 3, "batch_size": 32, "learning_rate": 2e-3, "seed": seed}
    return gm.fit_folds(lambda: gm.load_weights(gm.CompactCNN(), "mock_trunk"), images, answer, k=5, **options)


def trained_on(networks, images, answer, seed):
    """Copies of the networks, trained on with a few labels, each without a fifth of them."""
    copies = iter(copy.deepcopy(networks))
    options = {"epochs": 12, "batch_size": 16, "learning_rate": 1e-3}
    return gm.fit_folds(lambda: next(copies), images, answer, k=len(networks), seed=seed, **options).networks


def calibrated(logits, few, answer, rest):
    """Logits (k, M) of the `rest` after Platt's line, fitted to the mean logit of a `few` with labels."""
    mean = logits[:, few].mean(0)
    p = np.stack([recalibrate(mean, answer, one[rest]) for one in logits]).clip(1e-7, 1 - 1e-7)
    return np.log(p / (1 - p))


def mock_galaxies(seed):
    """Mock galaxies of a seed, whether each is of late type, and rows to train and test with."""
    sky = gm.mock_sample(table=gm.population(N_MOCK, seed=seed), seed=seed)
    late = (np.asarray(sky.table["t_type"], float) > 0).astype(float)
    return sky, late, *gm.split(sky, fractions=(0.6, 0.4), seed=seed)


def agreed_on(sky, train, seed):
    """Rows of the training galaxies on which mock volunteers agree, and what they say: smooth or features."""
    votes = gm.labels.certain(gm.mock.volunteer_votes(sky.table, gm.SDSS, seed=seed)["features"])
    rows = train[np.isfinite(votes[train])]
    return rows, votes[rows]


def drawn(seed, draw, n):
    """Galaxies that give their labels, and others that judge."""
    order = np.random.default_rng([seed, draw]).permutation(n)
    return order[:LABELS], order[LABELS : LABELS + JUDGED]


def controls(seed, images, answer):
    """Rows of networks that were taught something else on the galaxies of which mock volunteers agree."""
    sky, late, train, _ = mock_galaxies(seed)
    agreed, votes = agreed_on(sky, train, seed)
    found, unasked = [], {"familiar": np.nan, "familiar_minus_not": np.nan}
    near = np.ones(len(answer), bool)
    for what, label in zip(CONTROLS, (late[agreed], np.random.default_rng(seed).permutation(votes)), strict=True):
        said = logits_of(taught(sky.images[agreed], label, seed).networks, images)
        found.append((-1, row_of(what, said, answer, near)))
        for draw in range(DRAWS):
            few, rest = drawn(seed, draw, len(answer))
            after = calibrated(said, few, answer[few], rest)
            found.append((draw, row_of(f"{what}, recalibrated", after, answer[rest], near[rest])))
    return [{"seed": seed, "draw": draw} | row | unasked for draw, row in found]


def of_seed(seed, images, answer):
    """The rows of one training: mock ones, observed before, and after 200 labels in each of five draws."""
    sky, late, train, test = mock_galaxies(seed)
    folds = taught(sky.images[train], late[train], seed)
    domain = gm.learning.fit_domain(gm.learning.image_features(folds.networks[0], sky.images[test]))
    found = [(-1, row) for row in mock_rows(sky, test, folds, domain, answer.mean(), seed)]
    said, near = logits_of(folds.networks, images), near_to(folds, domain, images)
    found.append((-1, row_of("before", said, answer, near)))
    agreed, votes = agreed_on(sky, train, seed)
    asked_said = logits_of(taught(sky.images[agreed], votes, seed).networks, images)
    found.append((-1, row_of("asked as volunteers are", asked_said, answer, near)))
    for draw in range(DRAWS):
        few, rest = drawn(seed, draw, len(answer))
        for words, given in (("", answer[few]), (", shuffled", np.random.default_rng(draw).permutation(answer[few]))):
            after = [("recalibrated", calibrated(said, few, given, rest))]
            if not words:
                after.append(("asked as volunteers are, recalibrated", calibrated(asked_said, few, given, rest)))
            if draw == 0:  # it takes long
                again = trained_on(folds.networks, images[few], given.astype(float), seed + draw)
                after.append(("trained on", logits_of(again, images[rest])))
            found += [(draw, row_of(what + words, logits, answer[rest], near[rest])) for what, logits in after]
    return [{"seed": seed, "draw": draw} | row for draw, row in found]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--controls", action="store_true", help="only their rows, beside the others that are stored")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--out", type=Path, default=DATA)
    given = parser.parse_args()
    observed, answers = gm.labelled_sdss("disc")
    if observed is None:
        sys.exit(2)
    asked = np.flatnonzero(np.isfinite(answers["disc"]))
    images, answer = observed.images[asked], answers["disc"][asked] == 1
    for seed in given.seeds:
        begin, rows = time.perf_counter(), [] if given.controls else of_seed(seed, images, answer)
        rows += controls(seed, images, answer)
        print(*rows[-24:], sep="\n")
        seconds = time.perf_counter() - begin
        store(given.out / "observed_catalogue.csv", rows, CARD, keys=("seed", "draw", "what"), seconds=seconds)


if __name__ == "__main__":
    main()
