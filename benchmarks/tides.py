"""What the detector of tidal features finds and misses, over several seeds: the tables of lesson 08.

    python benchmarks/tides.py detector     data/tides_detector.csv, _kinds.csv, _depth.csv: half a minute a seed
    python benchmarks/tides.py surveys      data/tides_surveys.csv: shares corrected, from the stored _depth.csv

A seed draws galaxies and a panel of five experts of its own; the detector is the shipped one (data/weights/mock_tides).
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from astropy.table import Table
from sklearn.metrics import roc_auc_score
from storing import store

import galmorph_helpers as gm
from galmorph_helpers.course.exercises.lesson_08 import corrected_share, recall_at_contamination
from galmorph_helpers.mock.tides import KINDS
from galmorph_helpers.published import TIDAL_TESTS

DATA = Path(__file__).parents[1] / "data"
DEPTHS = (26.0, 27.0, 28.0, 29.0, 30.0, 31.0, 33.0, 35.0)
BINS = 20  # of the stored histograms of probabilities
KEYS = {"tides_surveys": ("depth", "galaxies", "calibrated", "truth")}
CARD = """# {name}

{what}

| | |
| --- | --- |
| command | `python benchmarks/{script} {part}{chosen}` |
| columns | {columns} |
| made | {today}, {machine}, torch {torch}, {seconds:.0f} s |
| licence | CC-BY-4.0 |
"""


def main():
    given, begin = options(__doc__, ("detector", "surveys")), time.process_time()
    if given.part == "surveys":
        stored = Table.read(given.out / "tides_depth.csv", format="ascii.csv")
        tables = {"tides_surveys": surveys(stored)}
    else:
        tables = of_seeds(detector, given.seeds)
    write(tables, ABOUT, given, time.process_time() - begin)


def options(about, parts):
    """What is asked for on the command line."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=parts)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--out", type=Path, default=DATA)
    return parser.parse_args()


def of_seeds(measure, seeds):
    """Rows by name of the table, of all seeds; `measure` takes a seed."""
    tables = {}
    for seed in seeds:
        for name, rows in measure(seed).items():
            tables.setdefault(name, []).extend(rows)
        print(f"seed {seed}: {time.process_time():.0f} s", flush=True)
    return tables


def write(tables, about, given, seconds):
    """Each table, rounded, and its card."""
    for name, rows in tables.items():
        what, columns = about[name]
        store(
            given.out / f"{name}.csv", rows, CARD, keys=KEYS.get(name, ("seed",)), name=name, what=what,
            script=Path(sys.argv[0]).name, part=given.part, chosen=chosen, columns=columns, seconds=seconds,
        )  # fmt: skip


def chosen(table):
    """The option that names the seeds of a table, where it has any."""
    return f" --seeds {' '.join(map(str, np.unique(table['seed'])))}" if "seed" in table.colnames else ""


def shipped_detector():
    return gm.load_weights(gm.CompactCNN(), "mock_tides")


def mixed_depths(n, seed):
    """A sample of which three in five have a limit of 30 or deeper, the others 26 to 28, and what the detector says."""
    rng = np.random.default_rng([seed, 1])
    deep = rng.random(n) < 0.62
    limit = np.where(deep, rng.choice(DEPTHS[4:], n), rng.choice(DEPTHS[:3], n))
    sample = gm.mock.tidal_sample(gm.mock.tidal_population(n, seed=seed, with_features=0.48), limit, seed=seed)
    sample.table["probability"] = gm.predict(shipped_detector(), gm.imaging.detector_input(sample))
    return sample.table


def detector(seed):
    """The published rows; recall by kind at a contamination of 20 %; recall, and histograms of scores, by depth."""
    rows, tests = [], mixed_depths(1700, seed + 50)
    tune = mixed_depths(1500, seed + 40)
    thresholds = {}
    for name, shallowest in {"original": 30, "original + shallow": 20}.items():
        (vy, vp, _), (y, p, d) = (certain(t, shallowest, TIDAL_TESTS[name]["positive"]) for t in (tune, tests))
        thresholds[name] = gm.choose_threshold(vy, vp)
        scores = gm.metrics_table({name: (y, p, thresholds[name])}, n_boot=1)[0]
        kept = ("n", "positive", "always_no", "threshold", "accuracy", "precision", "recall", "f1", "auc")
        there = [(d == depth) for depth in np.unique(d) if len(np.unique(y[d == depth])) == 2]
        rows.append({"seed": seed, "row": name} | {key: scores[key] for key in kept} | {
            "auc_depth": roc_auc_score(y, d),
            "auc_matched": np.average([roc_auc_score(y[s], p[s]) for s in there], weights=[s.sum() for s in there]),
            "recall_20": recall_at_contamination(p, y, 0.2),
        })  # fmt: skip
    return {
        "tides_detector": rows, "tides_kinds": kinds(tests, seed), "tides_depth": depths(seed, thresholds["original"]),
    }  # fmt: skip


def certain(table, shallowest, positive):
    """Labels, probabilities and depths of galaxies with certain labels in images of this depth or deeper.

    Galaxies labelled without debris are left out, the last ones, until the share of positives is the published one
    (or, where there are too many positives, some of these).
    """
    label, limit = np.asarray(table["label"]), table["limit"].value
    kept = np.isfinite(label) & (limit >= shallowest)
    yes, no = (np.flatnonzero(kept & (label == y)) for y in (1, 0))
    n = int(min(len(yes) / positive, len(no) / (1 - positive)))
    rows = np.sort(np.r_[yes[: round(n * positive)], no[: n - round(n * positive)]])
    return label[rows], np.asarray(table["probability"])[rows], limit[rows]


def kinds(table, seed):
    """Recall of each kind where 20 % of the galaxies without are called: of those that experts are sure of, of all."""
    deep = table["limit"].value >= 30
    kind, label, p = (np.asarray(table[name]) for name in ("tidal_kind", "label", "probability"))
    sure = np.quantile(p[deep & (label == 0)], 0.8), np.quantile(p[deep & (kind == "none")], 0.8)
    rows = []
    for name in KINDS:
        seen, there = deep & (kind == name) & (label == 1), deep & (kind == name)
        rows.append({
            "seed": seed, "kind": name, "certain": seen.sum(), "found_certain": (p[seen] > sure[0]).sum(),
            "all": there.sum(), "found_all": (p[there] > sure[1]).sum(),
            "signal_to_noise": np.median(table["signal_to_noise"][there]),
        })  # fmt: skip
    return rows


def depths(seed, threshold):
    """The same 600 galaxies at each depth, against the truth."""
    sky = gm.mock.tidal_population(600, seed=seed + 60, with_features=0.5)
    truth, rows = np.asarray(sky["tidal_kind"]) != "none", []
    for depth in DEPTHS:
        sample = gm.mock.tidal_sample(sky, depth, seed=seed + 60)
        p = gm.predict(shipped_detector(), gm.imaging.detector_input(sample), views=1)
        called, label = p >= threshold, np.asarray(sample.table["label"])
        known = np.isfinite(label)
        row = {
            "seed": seed, "depth": depth, "positive": (label == 1).mean(), "threshold": threshold,
            "recall": called[truth].mean(), "called_wrongly": called[~truth].mean(),
            "precision": truth[called].mean() if called.any() else np.nan, "accuracy": (called == truth).mean(),
            "precision_label": label[called & known].mean() if (called & known).any() else np.nan,
            "accuracy_label": (called == label)[known].mean(), "recall_20": recall_at_contamination(p, truth, 0.2),
        }  # fmt: skip
        for word, group in (("with", truth), ("without", ~truth)):
            row |= {f"{word}_{k}": int(m) for k, m in enumerate(np.histogram(p[group], BINS, (0, 1))[0])}
        rows.append(row)
    return rows


def surveys(stored, draws=200):
    """Share of galaxies with debris in 200 surveys: as called, corrected, and by a mixture of scores; bias and rms."""
    rows, rng = [], np.random.default_rng(0)
    for depth in (28.0, 30.0, 33.0):
        part = stored[stored["depth"] == depth]
        yes, no = (sum_of(part, word) for word in ("with", "without"))
        gap = np.cumsum((yes - no)[::-1])[::-1]  # R - b if all from this bin on are called
        cuts = {"f1": int(np.mean(part["threshold"]) * BINS + 0.5), "widest": int(np.argmax(gap))}
        sizes = ((450, 450), (5000, 450), (5000, 5000))
        for (size, calibrated), truth in [(s, f) for s in sizes for f in (0.1, 0.3)]:
            found = {name: [] for name in ("raw", "corrected", "widest", "mixture")}
            for _ in range(draws):
                with_ = rng.binomial(size, truth)
                seen = rng.multinomial(with_, yes) + rng.multinomial(size - with_, no)
                shape = [rng.multinomial(calibrated // 2, each) / (calibrated // 2) for each in (yes, no)]
                found["raw"].append(seen[cuts["f1"] :].sum() / size)
                for name, cut in (("corrected", cuts["f1"]), ("widest", cuts["widest"])):
                    found[name].append(corrected_share(seen[cut:].sum() / size, *(s[cut:].sum() for s in shape)))
                found["mixture"].append(share_of_mixture(seen, *(s + 1 / calibrated for s in shape)))
            row = {"depth": depth, "galaxies": size, "calibrated": calibrated, "truth": truth}
            row |= {"recall": yes[cuts["f1"] :].sum(), "called_wrongly": no[cuts["f1"] :].sum()}
            for name, values in found.items():
                off = np.clip(values, 0, 1) - truth
                row |= {f"bias_{name}": off.mean(), f"rms_{name}": np.sqrt(np.mean(off**2))}
            rows.append(row)
    return rows


def sum_of(part, word):
    counts = np.array([sum(part[f"{word}_{k}"]) for k in range(BINS)], float)
    return counts / counts.sum()


def share_of_mixture(seen, yes, no, rounds=400):
    """The share of `yes` that makes the histogram `seen` likeliest as a mixture of two shapes (Saerens+2002).

    The shapes hold half a galaxy more in each bin than was counted, so that no bin is impossible.
    """
    share = 0.3
    for _ in range(rounds):
        of_yes = share * yes / (share * yes + (1 - share) * no)
        share = np.sum(seen * of_yes) / np.sum(seen)
    return share


ABOUT = {
    "tides_detector": (
        "The published rows, on mock galaxies of limits 30 and deeper (original), and with 26 to 28 (shallow): certain "
        "labels, as many without debris as give the published share of positives.",
        "`seed`, `row`, counts and scores at the `threshold` of best F1 on other galaxies, `auc_depth` (the depth of "
        "the image alone as the score), `auc_matched` (mean of AUCs at one depth), `recall_20` (recall where 20 % of "
        "the galaxies labelled without are called)",
    ),
    "tides_kinds": (
        "Kinds of debris in mock images of limits 30 and deeper, where 20 % of the galaxies without debris are called.",
        "`seed`, `kind`, `certain` (labelled 1), `found_certain`, `all` (that have it), `found_all`, "
        "`signal_to_noise` (median)",
    ),
    "tides_depth": (
        "The same 600 mock galaxies a seed at eight depths, half of them with debris, against the truth.",
        "`seed`, `depth`, `positive` (share labelled 1), `threshold`, `recall`, `called_wrongly` (share of galaxies "
        "without debris), `precision`, `accuracy`, the last two against labels, `recall_20` (at 20 % contamination), "
        "and counts of probabilities in 20 bins of galaxies `with_` and `without_` debris",
    ),
    "tides_surveys": (
        "200 surveys each: the share of galaxies with debris as called, corrected, and from a mixture of scores. "
        "Scores are those of tides_depth, R and b are measured on other galaxies each time.",
        "`depth`, `galaxies`, `calibrated` (other galaxies, half of them with debris), `truth` (true share), "
        "`recall`, `called_wrongly`, then `bias_` and `rms_` of the share "
        "called (raw), of Rogan-Gladen's (corrected), the same at the threshold of the largest R - b (widest), and of "
        "a mixture of the scores of both classes (mixture)",
    ),
}


if __name__ == "__main__":
    main()
