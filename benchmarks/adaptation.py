"""Adapt a network to other pictures without a label of theirs, beside what costs nothing: the table of lesson 04.

    GALMORPH_DATA=/path/to/sets python benchmarks/adaptation.py --seeds 0 1 2 3 4      data/adaptation.csv

Three changes: "DES", mock galaxies seen by SDSS and by DES; "few discs", the same, but the unlabelled DES galaxies are
a cluster's; "observed", from the mock sky to observed SDSS galaxies (left out where no set is). The network unchanged,
renewed statistics alone, DANN, MMD and Sinkhorn; and what 100 labels are worth. A card stands beside the table.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from storing import store

import galmorph_helpers as gm
from galmorph_helpers.labels import QUESTIONS

FILE = Path(__file__).parents[1] / "data" / "adaptation.csv"
N, N_TEST, LABELLED = 1200, 1500, 100  # galaxies of each survey to adapt with, to test on, with a label
WEIGHTS = {"dann": 0.3, "mmd": 1.0, "sinkhorn": 1.0}  # of the domain's term, set before any test galaxy was looked at
ASKED = ("disc", "edge-on")
CARD = """# adaptation

From pictures that a network was trained on (`data/weights/sdss_questions`: mock galaxies, SDSS) to others, without a
label of theirs. {n:,} labelled galaxies of the old kind, {n:,} unlabelled ones of the new kind, three epochs, and
{test:,} test galaxies of the new kind. "DES": the mock sky, seen by DES. "few discs": the same, but of the unlabelled
galaxies 5 % are discs. "observed": observed SDSS galaxies, classes of Galaxy Zoo 1 (elliptical, spiral, edge-on).

| | |
| --- | --- |
| command | `python benchmarks/adaptation.py --seeds {seeds}` |
| columns | `change`, `how` (unchanged; without a label: statistics, dann, mmd, sinkhorn; with {labels} of them: |
| | threshold, the one of largest F1; labels, the old weights trained on; scratch), `question`, `seed`; of the |
| | test galaxies `n`, `positives`, `always_no`, `accuracy`, `recall`, `precision`, `f1`, `auc` (threshold 0.5 |
| | but for "threshold"); `apart`: accuracy of telling both kinds of pictures by the latent vectors (0.5: a guess) |
| made | {today}, {machine}, {cores} cores, torch {torch}, about {minutes:.0f} minutes of one core a seed |
| licence | CC-BY-4.0 |
"""


def few_discs(target):
    """Rows of a sample in which one galaxy of twenty is a disc, as in a rich cluster."""
    smooth, disc = np.flatnonzero(target[:, 0] == 0), np.flatnonzero(target[:, 0] == 1)
    return np.concatenate([smooth, disc[: len(smooth) // 19]])


def seen_by_des(seed):
    """Pictures and answers: of SDSS to learn from, of DES to adapt to and to test on."""
    table = gm.population(2 * N + N_TEST, seed=60_000 + seed)
    target = gm.mock.answers(table, seed=seed)
    ours, theirs, test = np.split(np.arange(len(table)), [N, 2 * N])
    sdss = gm.mock.seen_by(table[ours], gm.SDSS, seed=60_000 + seed).images
    des = gm.mock.seen_by(table[np.r_[theirs, test]], gm.DES, look=gm.surveys.DES_LOOK, seed=60_000 + seed).images
    return (sdss, target[ours]), (des[:N], target[theirs]), (des[N:], target[test])


def observed(seed):
    """Pictures and answers: mock galaxies to learn from, observed SDSS galaxies to adapt to and to test on."""
    sample, found = gm.labelled_sdss(*ASKED)
    if sample is None:
        return None
    target = np.full((len(sample), len(QUESTIONS)), np.nan)
    for question in ASKED:
        target[:, QUESTIONS.index(question)] = found[question]
    theirs, test = np.split(np.random.default_rng(seed).permutation(len(sample))[: N + N_TEST], [N])
    table = gm.population(N, seed=70_000 + seed)
    mock = gm.mock.seen_by(table, gm.SDSS, seed=70_000 + seed).images
    return (mock, gm.mock.answers(table, seed=seed)), (sample.images[theirs], target[theirs]), (
        sample.images[test], target[test])  # fmt: skip


def networks(source, ours, theirs, seed):
    """Each way without labels: its name, its network for the new pictures, and the same normalised for the old ones."""
    yield "unchanged", source, source
    for how in ("statistics", *WEIGHTS):
        weight, loss = WEIGHTS.get(how, 0.0), gm.learning.answered_loss
        there, _ = gm.learning.adapt(source, ours, theirs, method=how, weight=weight, loss=loss, epochs=3, seed=seed)
        yield how, there, gm.learning.normalised_for(there, ours[0])


def rows_of(change, ours, theirs, test, mix, seed):
    """Table rows of one change and one seed."""
    known = [k for k in range(len(QUESTIONS)) if np.isfinite(test[1][:, k]).any()]
    names, answers, rows = [QUESTIONS[k] for k in known], test[1][:, known], []
    source = gm.load_weights(gm.CompactCNN(outputs=len(QUESTIONS)), "sdss_questions").to(gm.device())
    source = gm.learning.some_answers(source, known)
    ours, theirs = ((images, target[:, known]) for images, target in (ours, theirs))

    def add(how, probability, apart=np.nan, thresholds=None):
        found = gm.learning.probability_scores(probability, answers, questions=names, thresholds=thresholds)
        for question, scores in found.items():
            key = {"change": change, "how": how, "question": question, "seed": seed}
            rows.append(key | {name: round(value, 4) for name, value in scores.items()} | {"apart": round(apart, 4)})
        print(change, seed, how, {q: f"{v['accuracy']:.3f} {v['auc']:.3f}" for q, v in found.items()}, flush=True)

    for how, there, here in networks(source, ours, theirs[0][mix], seed):
        old, new = gm.learning.latent(here, ours[0]), gm.learning.latent(there, test[0])
        add(how, gm.predict(there, test[0], views=1), gm.learning.domain_accuracy(old, new, seed=seed))
    if len(mix) == N:
        few = gm.learning.draw_labelled(theirs[1], LABELLED, seed=seed)
        seen, said = theirs[0][few], theirs[1][few]
        thresholds = gm.learning.chosen_thresholds(said, gm.predict(source, seen, views=1))
        add("threshold", gm.predict(source, test[0], views=1), thresholds=thresholds)
        for name, how in (("labels", "full"), ("scratch", "scratch")):
            network = gm.learning.retrain(source, seen, said, how=how, seed=seed)
            add(name, gm.predict(network, test[0], views=1))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--out", type=Path, default=FILE, help="the table; its card stands beside it")
    options = parser.parse_args()
    begin, rows = time.process_time(), []
    for done, seed in enumerate(options.seeds, 1):
        samples, des = observed(seed), seen_by_des(seed)
        changes = [("observed", samples, np.arange(N))] if samples is not None else []
        for change, three, mix in [*changes, ("DES", des, np.arange(N)), ("few discs", des, few_discs(des[1][1]))]:
            rows += rows_of(change, *three, mix, seed)
            minutes = (time.process_time() - begin) / 60 / done
            store(options.out, rows, CARD, n=N, test=N_TEST, labels=LABELLED, minutes=minutes)


if __name__ == "__main__":
    main()
