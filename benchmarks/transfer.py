"""Carry networks from one survey to another with N labelled galaxies: the sweep of lesson 04.

    python benchmarks/transfer.py mock --seeds 0 1 2             data/transfer_mock.csv: 20 minutes on one core
    GALMORPH_DATA=/path/to/sets python benchmarks/transfer.py observed         data/transfer_observed.csv: 10 minutes

"mock": the shipped SDSS network on DES pictures of the mock sky: unchanged, with a threshold chosen on N labelled
galaxies, trained on N of them, and a network from scratch on N, up to 10,000. "observed": a network of observed SDSS
galaxies on pictures of DECam and JWST. A card stands beside each table: data/transfer_mock.md,
data/transfer_observed.md. Points that are already in a table are replaced, others stay.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from storing import store

import galmorph_helpers as gm

DATA = Path(__file__).parents[1] / "data"
SIZES = (30, 100, 300, 500, 1000)
SCRATCH_SIZES = (100, 300, 1000, 3000, 10_000)  # a network from scratch needs more to be as good
AT_HOME = 500  # labelled SDSS galaxies that choose the thresholds of the network at home
N_TEST = 2000
KEYS = ["task", "question", "how", "labelled", "seed"]
COLUMNS = ("n", "positives", "always_no", "accuracy", "recall", "precision", "auc")
CHOSEN = ("recall_chosen", "precision_chosen", "f1_chosen")  # at a threshold chosen on the labels at hand
CARD = """# transfer_{what}

{about}

| | |
| --- | --- |
| command | `python benchmarks/transfer.py {what} --seeds {seeds}` |
| columns | `task` (what was shown), `question`, `how` (training), `labelled` (galaxies trained on), `seed` |
| | of the test galaxies `n`, `positives`, `always_no`, `accuracy`, `recall`, `precision`, `auc` (threshold 0.5) |
| made | {today}, {machine}, {cores} cores, torch {torch}, about {minutes:.0f} minutes of one core a seed |
| licence | CC-BY-4.0 |
"""
ABOUT = {
    "mock": (
        "Mock galaxies, r < 17.77, seen by SDSS and by DES; the answers are those of mock volunteers who look at the "
        "SDSS pictures\nand agree. Source: `data/weights/sdss_questions`. Test: 2,000 galaxies a seed, the same in "
        "both surveys. `threshold`,\n`recall_chosen`, `precision_chosen`, `f1_chosen`: at the threshold of largest F1 "
        "on the labels at hand; where the network\nwas trained on them, each half is answered for by a network "
        "trained on the other. At home: 500 labels. Empty: not measured."
    ),
    "observed": (
        "Observed galaxies: a network trained on SDSS pictures with classes of Galaxy Zoo 1 (its start: "
        "`data/weights/sdss_questions`), carried\nto DECam pictures (has it a ring?) and to JWST F200W pictures (is it "
        "edge-on? where volunteers agree). The pictures are not part of\nthis repository; `data/README.md` says how "
        "such sets are laid out."
    ),
}


def rows_of(task, how, labelled, seed, found):
    """Table rows of what `gm.learning.probability_scores` found."""
    keys = {"task": task, "how": how, "labelled": labelled, "seed": seed}
    return [{"question": q, **keys, **{c: values[c] for c in COLUMNS}} for q, values in found.items()]


def with_thresholds(rows, probability, target, thresholds):
    """The same rows, with what the answers are worth at these thresholds; NaN without any."""
    chosen = None if thresholds is None else gm.learning.probability_scores(probability, target, thresholds=thresholds)
    for k, row in enumerate(rows):
        row["threshold"] = np.nan if chosen is None else thresholds[k]
        row |= {c: np.nan if chosen is None else chosen[row["question"]][c.split("_")[0]] for c in CHOSEN}
    return rows


def mock(seed, sizes, ways):
    """All rows of one seed: at home, unchanged, a threshold alone, then every strategy with every number of labels."""
    n_labelled = {"scratch": SCRATCH_SIZES} | {way: sizes for way in ways if way != "scratch"}
    table = gm.population(N_TEST + max(max(n_labelled[way]) for way in ways), seed=50_000 + seed)
    target = gm.mock.answers(table, seed=seed)
    des = gm.mock.seen_by(table, gm.DES, look=gm.surveys.DES_LOOK, seed=50_000 + seed).images
    test, pool = np.arange(N_TEST), np.arange(N_TEST, len(table))
    chosen = {n: pool[gm.learning.draw_labelled(target[pool], n, seed=seed)] for n in {*sizes, *SCRATCH_SIZES, AT_HOME}
              if n <= len(pool)}  # fmt: skip
    at_home = np.concatenate([test, chosen[AT_HOME]])
    sdss = gm.mock.seen_by(table[at_home], gm.SDSS, seed=50_000 + seed).images
    source = gm.load_weights(gm.CompactCNN(outputs=3), "sdss_questions").to(gm.device())
    known = gm.predict(source, sdss, views=1)
    scores, answers = gm.learning.probability_scores, target[test]
    thresholds = gm.learning.chosen_thresholds(target[chosen[AT_HOME]], known[N_TEST:])
    rows = rows_of("SDSS", "source", 0, seed, scores(known[:N_TEST], answers))
    yield with_thresholds(rows, known[:N_TEST], answers, thresholds)
    del sdss
    away = gm.predict(source, des[test], views=1)
    yield with_thresholds(rows_of("DES", "unchanged", 0, seed, scores(away, answers)), away, answers, None)
    for n in sizes:
        thresholds = gm.learning.chosen_thresholds(target[chosen[n]], gm.predict(source, des[chosen[n]], views=1))
        yield with_thresholds(rows_of("DES", "threshold", n, seed, scores(away, answers)), away, answers, thresholds)
    for how in ways:
        for n in n_labelled[how]:
            seen, said, thresholds = des[chosen[n]], target[chosen[n]], None
            found = gm.predict(gm.learning.retrain(source, seen, said, how=how, seed=seed), des[test], views=1)
            if how == "full" and n >= 100:
                in_turn = gm.learning.probability_in_turn(source, seen, said, how=how, seed=seed)
                thresholds = gm.learning.chosen_thresholds(said, in_turn)
            yield with_thresholds(rows_of("DES", how, n, seed, scores(found, answers)), found, answers, thresholds)


def observed(seed, sizes, ways):
    """All rows of one seed on observed galaxies."""
    source, found = gm.learning.observed_source(seed=seed)
    yield rows_of("SDSS", "source", 0, seed, found)
    for task in gm.datasets.named.TASKS:
        sample, target, question = gm.datasets.observed_target(task)
        order = np.random.default_rng(seed).permutation(len(sample))
        test, pool = np.split(order, [int(0.35 * len(order))])
        start = gm.learning.one_answer(source, gm.datasets.named.TASKS[task])
        if gm.datasets.named.TASKS[task] is not None:  # a question that the source was asked
            found = gm.learning.answer_scores(start, sample.images[test], target[test], questions=(question,))
            yield rows_of(task, "unchanged", 0, seed, found)
        for labelled in sorted({n for n in sizes if n < len(pool)} | {len(pool)}):
            chosen = pool[gm.learning.draw_labelled(target[pool], labelled, seed=seed)]
            for how in [way for way in ways if way in ("full", "scratch")]:
                network = gm.learning.retrain(start, sample.images[chosen], target[chosen], how=how, seed=seed)
                found = gm.learning.answer_scores(network, sample.images[test], target[test], questions=(question,))
                yield rows_of(task, how, labelled, seed, found)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("mock", "observed"))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES, help="numbers of labelled galaxies")
    parser.add_argument("--ways", nargs="+", choices=gm.learning.transfer.STRATEGIES, default=["full", "scratch"])
    parser.add_argument("--out", type=Path, default=DATA, help="folder of the table and its card")
    options = parser.parse_args()
    if options.what == "observed" and gm.datasets.observed_root() is None:
        sys.exit("set GALMORPH_DATA to the folder of the observed sets (data/README.md says what it looks like)")
    options.out.mkdir(parents=True, exist_ok=True)
    for seed in options.seeds:
        begin, parts = time.process_time(), []
        for rows in {"mock": mock, "observed": observed}[options.what](seed, sorted(options.sizes), options.ways):
            parts += rows
            found = [f"{r['question']} {r['accuracy']:.3f} {r['recall']:.3f} {r['auc']:.3f}" for r in rows]
            print(
                f"{(time.process_time() - begin) / 60:5.1f} min, seed {seed}: {rows[0]['task']} {rows[0]['how']} "
                f"{rows[0]['labelled']}: accuracy, recall, AUC of {'; '.join(found)}",
                flush=True,
            )
        facts = {"what": options.what, "about": ABOUT[options.what], "minutes": (time.process_time() - begin) / 60}
        store(options.out / f"transfer_{options.what}.csv", parts, CARD, keys=KEYS, **facts)


if __name__ == "__main__":
    main()
