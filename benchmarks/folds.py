"""Five folds, their doubt and their conformal sets over several seeds: the sweep of lesson 03.

    python benchmarks/folds.py --seeds 0 1 2 3 4          data/folds_mock.csv: two minutes a seed on two idle cores

Each seed is a sky, five networks and a division of its own. What lesson 03 measures live on 2,000 galaxies is measured
here on more. A card stands beside the table, data/folds_mock.md. Seeds that are already there are replaced.
"""

import argparse
import time
from pathlib import Path

import astropy.units as u
import numpy as np
from storing import store

import galmorph_helpers as gm
from galmorph_helpers.learning import class_probabilities, five_loss, five_targets, read_five
from galmorph_helpers.metrics import calibration_curve, conformal_sets, conformal_sets_by_group

DATA = Path(__file__).parents[1] / "data"
N_TRAIN, N_REST, N_FAINT, N_AWAY = 1500, 4000, 3000, 1000
#: What makes the pattern of a disc; without it only profile, flattening and colour are left.
STRUCTURE = ("arm_contrast", "bar_light", "ring_light", "flocculence", "knot_light", "patchiness")
CARD = """# folds_mock

Mock galaxies, r < 17.77: {train} to train on in five folds, {rest} for calibration, {rest} for the test of each seed.
Networks start from `data/weights/mock_trunk`. Each seed draws a sky of its own. "Fainter": 18.77 < r < 19.77,
half of {faint} labelled; "DES": {away} of the test galaxies on pictures of DES.

| | |
| --- | --- |
| command | `python benchmarks/folds.py --seeds {seeds}` |
| columns | `seed`, `what`, `n` (galaxies), `value` |
| coverage | share of conformal sets of 90 % that hold the true class of three; "classes" is the mean size of a set |
| scores | mean of five folds, threshold from the calibration galaxies ("bar": as many without as with one) |
| made | {today}, {machine}, {cores} cores, torch {torch}, about {minutes:.0f} minutes a seed |
| licence | CC-BY-4.0 |

{table}
"""


def samples(seed):
    """The sky and its parts, the fainter galaxies, the same galaxies as DES shows them, and without structure."""
    n = N_TRAIN + 2 * N_REST
    sky = gm.mock_sample(table=gm.population(n, seed=seed), seed=seed)
    parts = gm.split(sky, fractions=(N_TRAIN / n, N_REST / n, N_REST / n), seed=seed)
    deep = gm.population(2 * N_FAINT, seed=seed + 100, magnitude_limit=19.77)
    deep = deep[deep["r_mag"] > 18.77 * u.mag][:N_FAINT]
    some = sky.table[parts[2][:N_AWAY]]
    plain = some.copy()
    for name in STRUCTURE:
        plain[name] = 0 * plain[name]
    others = {
        "fainter": gm.mock_sample(table=deep, seed=seed + 100),
        "DES": gm.mock.seen_by(some, gm.DES, look=gm.surveys.DES_LOOK, seed=seed),
        "without structure": gm.mock_sample(table=plain, seed=seed),
    }
    return sky, parts, others


def three(answers):
    p = answers.probability.mean(0)
    return class_probabilities(p[:, 0], p[:, 1])


def coverage(sets, kind):
    return {"coverage": sets[np.arange(len(kind)), kind].mean(), "classes": sets.sum(1).mean()}


def kinds(target):
    """0 elliptical, 1 lenticular, 2 spiral, from targets (N, 5)."""
    return np.where(target[:, 0] == 1, 2, np.nan_to_num(target[:, 1])).astype(int)


def sets_of(seen, target, r):
    """What conformal sets keep: the same sky, elsewhere, mended; `r` are the magnitudes of the fainter galaxies."""
    p, kind = {name: three(a) for name, a in seen.items()}, {name: kinds(t) for name, t in target.items()}
    calibration = p["calibration"], kind["calibration"]
    for name in ("test", "fainter", "DES"):
        sets = conformal_sets(*calibration, p[name])
        yield name, len(sets), coverage(sets, kind[name])
    yield "likeliest class", N_REST, coverage(np.eye(3, dtype=bool)[p["test"].argmax(1)], kind["test"])
    calls = class_probabilities(*np.moveaxis(seen["test"].probability[..., :2], -1, 0)).argmax(-1)
    yield "likeliest class of any fold", N_REST, coverage((calls[..., None] == np.arange(3)).any(0), kind["test"])
    yield "all with P > 0.1", N_REST, coverage(p["test"] > 0.1, kind["test"])
    half = np.arange(N_FAINT) < N_FAINT // 2
    bins = np.digitize(r, np.quantile(r[half], [1 / 3, 2 / 3]))
    mended = conformal_sets_by_group(
        p["fainter"][half], kind["fainter"][half], p["fainter"][~half], groups=(bins[half], bins[~half])
    )
    yield "fainter, mended", N_FAINT // 2, coverage(mended, kind["fainter"][~half])


def doubts_of(seen, target):
    """Which doubt finds errors, and the calibration error before and after a temperature."""
    x, truth = seen["test"].logit[..., 0], target["test"][:, 0]
    p = seen["test"].probability[..., 0]
    mean, scatter = p.mean(0), p.std(0)
    rows = {"scatter": scatter, "closeness to one half": -np.abs(mean - 0.5), "scatter of the logits": x.std(0)}
    found = gm.metrics.uncertainty_table({name: (truth, mean, doubt) for name, doubt in rows.items()}, n_boot=2)
    yield "finds errors", N_REST, dict(zip(found["name"], found["finds_errors"], strict=True))
    yield "scatter, sure half minus unsure half", N_REST, {"accuracy": found["gap"][0]}
    known = seen["calibration"].logit[..., 0].mean(0), target["calibration"][:, 0]
    temperature = gm.metrics.fit_temperature(known[1], known[0])
    for name in ("test", "fainter"):
        logit = seen[name].logit[..., 0].mean(0)
        off = [calibration_curve(target[name][:, 0], 1 / (1 + np.exp(-logit / t)))[1] for t in (1, temperature)]
        yield f"calibration error, {name}", len(logit), {"before": off[0], "after": off[1]}
    yield "temperature", N_REST, {"": temperature}


def scores_of(seen, target, seed):
    """The rows of the talk, and the AUC of late or early that is left without structure."""
    rng = np.random.default_rng(seed)
    for name, column in (("ETG/LTG", 0), ("E/S0", 1), ("edge-on", 2), ("bar", 3)):
        (y, p), (y_known, p_known) = (
            (target[part][:, column], seen[part].probability[..., column].mean(0)) for part in ("test", "calibration")
        )
        asked, rows = np.isfinite(y_known), np.flatnonzero(np.isfinite(y))
        by = "youden" if name == "bar" else "f1"
        threshold = gm.choose_threshold(y_known[asked], p_known[asked], by=by)
        if name == "bar":
            yes, no = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
            rows = np.concatenate([yes, rng.permutation(no)[: len(yes)]])
        found = gm.metrics_table({name: (y[rows], p[rows], threshold)}, n_boot=2)[0]
        yield name, len(rows), {m: found[m] for m in ("accuracy", "precision", "recall", "f1", "auc")}
    y = target["test"][:N_AWAY, 0]
    rows = {name: (y, seen[name].probability[:, :N_AWAY, 0].mean(0)) for name in ("test", "without structure")}
    for found in gm.metrics_table(rows, n_boot=2):
        yield f"ETG/LTG, {found['name']}, the same galaxies", N_AWAY, {"auc": found["auc"]}
    off = seen["test"].t_type.mean(0) - (target["test"][:, 4] * 4 + 2)
    yield "T-Type", N_REST, {"rms": np.sqrt(np.mean(off**2)), "bias": off.mean()}


def one(seed):
    """All rows of one seed."""
    sky, (train, known, test), others = samples(seed)
    target = five_targets(sky.table, seed=seed)
    folds = gm.fit_folds(
        lambda: gm.load_weights(gm.CompactCNN(outputs=5), "mock_trunk"), sky.images[train], target[train], k=5,
        seed=seed, loss=five_loss, epochs=3, batch_size=16, learning_rate=2e-3,
    )  # fmt: skip
    shown = {"calibration": sky.images[known], "test": sky.images[test]} | {n: s.images for n, s in others.items()}
    seen = {name: read_five(gm.predict_folds(folds.networks, images, views=1)) for name, images in shown.items()}
    r = others["fainter"].table["r_mag"].value
    target = {"calibration": target[known], "test": target[test], "DES": target[test[:N_AWAY]]}
    target["fainter"] = five_targets(others["fainter"].table, seed=seed)
    for found in (sets_of(seen, target, r), doubts_of(seen, target), scores_of(seen, target, seed)):
        for what, n, values in found:
            for name, value in values.items():
                yield {"seed": seed, "what": f"{what} {name}".strip(), "n": n, "value": round(float(value), 4)}


def summary(table):
    """Each quantity over the seeds, as Markdown."""
    seeds = np.unique(table["seed"])
    lines = ["| what | " + " | ".join(f"seed {s}" for s in seeds) + " | scatter |"]
    lines.append("| --- |" + " ---: |" * (len(seeds) + 1))
    for what in dict.fromkeys(table["what"]):
        rows = table[table["what"] == what]
        values = " | ".join(f"{v:.3f}" for v in rows["value"])
        lines.append(f"| {what} | {values} | {np.std(rows['value'], ddof=1) if len(rows) > 1 else 0:.3f} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--out", type=Path, default=DATA, help="folder of the table and its card")
    options = parser.parse_args()
    for seed in options.seeds:
        begin = time.perf_counter()
        rows = list(one(seed))
        store(
            options.out / "folds_mock.csv", rows, CARD, minutes=(time.perf_counter() - begin) / 60, table=summary,
            train=N_TRAIN, rest=N_REST, faint=N_FAINT, away=N_AWAY,
        )  # fmt: skip


if __name__ == "__main__":
    main()
