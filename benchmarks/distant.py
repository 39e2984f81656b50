"""What networks trained on emulated galaxies know, and of what: the sweep of lesson 05.

    python benchmarks/distant.py --seeds 0 1 2 3 4        data/distant_mock.csv: two minutes a seed

Each seed is a sky and trainings of its own. Mock galaxies, r < 17.77, are emulated to r = 21.5. Late or early type is
asked of: five folds; single networks from the same start that saw the same galaxies bright, without structure, with one
profile, without colour; and single networks from other starts. A card stands beside the table, data/distant_mock.md.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from storing import store

import galmorph_helpers as gm
from galmorph_helpers.mock import distant_samples, without

DATA = Path(__file__).parents[1] / "data"
EDGES = (16.0, 18.0, 19.5, 20.5, 21.51)
HOW = {"epochs": 4, "batch_size": 32, "learning_rate": 2e-3}
START = "mock_photometry"
CARD = """# distant_mock

Late or early type of mock galaxies (r < 17.77) emulated to r = 16 to 21.5 as DES: {train} galaxies to train on, each
emulated twice, {test} others to be judged, new ones in each seed. `trained` says on what, `shown` what was judged:

| `trained` | |
| --- | --- |
| five folds, fold 1 ... 5 | from `data/weights/mock_photometry`, which was never asked for a type; all layers trained |
| fold 1 again | the training of fold 1 repeated with another seed |
| bright | start, galaxies, number of images and steps of fold 1, but on images of the galaxies where they are |
| scratch; asked before | as fold 1, from nothing; from `mock_faint`, asked for the type of 44,000 emulations |
| no structure, one profile, grey ... | as fold 1, on emulations without (`gm.mock.without`; grey: colours' mean) |

| | |
| --- | --- |
| command | `python benchmarks/distant.py --seeds {seeds}` |
| columns | `seed`, `trained`, `shown`, `galaxies` (which), `low`, `high` (r magnitude), `n`, `measure`, `value` |
| agreement | share of galaxies that "bright" and fold 1 call alike |
| made | {today}, {machine}, {cores} cores, torch {torch}, about {minutes:.0f} minutes a seed beside other work |
| licence | CC-BY-4.0 |

{table}
"""


def grey(images):
    """Pictures without colour."""
    return images.mean(1, keepdim=True).expand_as(images).contiguous()


def drawn(seed, n_train, n_test):
    """Images by kind, of galaxies to train on (two copies, one after the other) and of the test, and their table."""
    table = gm.population(n_train + n_test, seed=700 + seed, seeing=gm.DES.seeing)
    rng = np.random.default_rng([seed, 5])
    first, second = rng.uniform(16, 21.5, (2, n_train + n_test))
    train, test = slice(0, n_train), slice(n_train, None)
    images = {}
    for kind, parts in {"as they are": (), "no structure": ("structure",), "one profile": ("profile",)}.items():
        rows = without(table, *parts)
        where = [first[train], second[train]] + ([0.0] if not parts else [])
        copies = distant_samples(rows[train], where, seed=seed)
        (far,) = distant_samples(rows[test], [first[test]], seed=seed + 500)
        images[kind] = torch.cat([c.images for c in copies[:2]]), far.images
        if not parts:
            images["bright"], seen = (torch.cat([copies[2].images] * 2), far.images), far.table
    for kind in ("as they are", "no structure", "one profile"):
        name = {"as they are": "grey"}.get(kind, f"grey, {kind}")
        images[name] = tuple(map(grey, images[kind]))
    return images, table, seen


def started(start):
    """A network from shipped weights, or from nothing."""
    return gm.load_weights(gm.CompactCNN(), start) if start else gm.CompactCNN()


def alone(images, late, fold, *, start=START, seed=0):
    """What fold 1 does, on other images or from another start: the network, and its threshold from the held fold."""
    held = fold == 0
    torch.manual_seed(seed)
    network, rest = started(start), (images[held], late[held])
    gm.fit(network, images[~held], late[~held], validation=rest, seed=seed, **HOW)
    return network, gm.choose_threshold(rest[1], gm.predict(network, rest[0], views=1), by="corner")


def networks(images, label, galaxy, seed):
    """{(trained, shown): (probabilities of the test galaxies, threshold)}, and those of each fold, (5, N) and (5,)."""
    train, test = images["as they are"]
    folds = gm.fit_folds(lambda: started(START), train, label, k=5, groups=galaxy, seed=seed, **HOW)
    told = {}
    for i, network in enumerate(folds.networks):
        own = folds.fold == i
        cut = gm.choose_threshold(label[own], gm.predict(network, train[own], views=1), by="corner")
        told[f"fold {i + 1}", "as they are"] = gm.predict(network, test, views=1), cut
    p, cuts = (np.stack(values) for values in zip(*told.values(), strict=True))
    told["five folds", "as they are"] = p.mean(0), cuts.mean()
    others = {name: (name, START, seed) for name in ("no structure", "one profile", "grey", "grey, one profile")}
    others |= {"bright": ("bright", START, seed), "fold 1 again": ("as they are", START, seed + 1000)}
    others |= {"scratch": ("as they are", None, seed), "asked before": ("as they are", "mock_faint", seed)}
    for name, (kind, start, own_seed) in others.items():
        shown = "as they are" if kind == "bright" else kind
        network, cut = alone(images[kind][0], label, folds.fold, start=start, seed=own_seed)
        told[name, shown] = gm.predict(network, images[shown][1], views=1), cut
    for kind in ("no structure", "one profile", "grey"):
        told["fold 1", kind] = gm.predict(folds.networks[0], images[kind][1], views=1), cuts[0]
    return told, p, cuts


def one(seed, n_train, n_test):
    """All rows of one seed."""
    images, table, seen = drawn(seed, n_train, n_test)
    late, galaxy = np.asarray(table["ltg"], float), np.tile(np.arange(n_train), 2)
    y, r = late[n_train:], seen["r_mag"].value
    told, p, cuts = networks(images, np.tile(late[:n_train], 2), galaxy, seed)
    kinds = {"all": y >= 0, "early": y == 0, "late": y == 1, "elliptical": np.asarray(seen["t_type"]) == -3}
    called = {name: probability >= cut for name, (probability, cut) in told.items()}
    for (trained, shown), (probability, _) in told.items():
        right = called[trained, shown] == (y == 1)
        for edges, there in bins(r):
            auc = roc_auc_score(y[there], probability[there])
            yield row((seed, trained, shown, "all"), edges, "auc", auc, there.sum())
            yield row((seed, trained, shown, "all"), edges, "accuracy", right[there].mean(), there.sum())
    alike = called["bright", "as they are"] == called["fold 1", "as they are"]
    flag = gm.metrics.robust_flag(p, cuts)
    robust, right = flag >= 4, called["five folds", "as they are"] == (y == 1)
    for edges, there in bins(r):
        yield row((seed, "five folds", "as they are", "all"), edges, "robust", robust[there].mean(), there.sum())
        for name, kind in kinds.items():
            some = there & kind
            yield row((seed, "bright", "as they are", name), edges, "agreement", alike[some].mean(), some.sum())
    for name, rows in (("robust", robust), ("not robust", ~robust)):
        yield row((seed, "five folds", "as they are", name), None, "accuracy", right[rows].mean(), rows.sum())


def bins(r):
    """(low, high) and which galaxies are there: None and all, then each bin of magnitude."""
    yield None, np.isfinite(r)
    for low, high in zip(EDGES[:-1], EDGES[1:], strict=True):
        yield (low, high), (r >= low) & (r < high)


def row(of, edges, measure, value, n):
    low, high = edges or (EDGES[0], EDGES[-1])
    names = ("seed", "trained", "shown", "galaxies")
    return dict(zip(names, of, strict=True)) | {
        "low": low, "high": high, "n": int(n), "measure": measure, "value": round(float(value), 4),
    }  # fmt: skip


def summary(table):
    """AUC and accuracy over the seeds, as Markdown: all galaxies, and the faintest."""
    lines = ["| trained | shown | AUC, all | AUC, r > 20.5 | accuracy, all | accuracy, r > 20.5 |"]
    lines.append("| --- | --- | ---: | ---: | ---: | ---: |")
    scored = table[np.isin(table["measure"], ("auc", "accuracy")) & (table["galaxies"] == "all")]
    for trained, shown in dict.fromkeys(zip(scored["trained"], scored["shown"], strict=True)):
        cells = []
        for measure in ("auc", "accuracy"):
            for low, high in ((EDGES[0], EDGES[-1]), EDGES[-2:]):
                rows = (scored["trained"] == trained) & (scored["shown"] == shown) & (scored["measure"] == measure)
                value = scored["value"][rows & (scored["low"] == low) & (scored["high"] == high)]
                cells.append(f"{np.mean(value):.3f} ± {np.std(value, ddof=1) if len(value) > 1 else 0:.3f}")
        lines.append(f"| {trained} | {shown} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--train", type=int, default=600, help="galaxies to train on, each emulated twice")
    parser.add_argument("--test", type=int, default=700, help="galaxies to be judged")
    parser.add_argument("--out", type=Path, default=DATA, help="folder of the table and its card")
    options = parser.parse_args()
    for seed in options.seeds:
        begin = time.perf_counter()
        rows = list(one(seed, options.train, options.test))
        minutes = (time.perf_counter() - begin) / 60
        store(
            options.out / "distant_mock.csv", rows, CARD,
            minutes=minutes, table=summary, train=options.train, test=options.test,
        )  # fmt: skip


if __name__ == "__main__":
    main()
