"""Mergers among observed SDSS galaxies by five folds: trees with and without companions, a network, their average.

Every galaxy is scored by models that never saw it; nothing is chosen by the scores: the average is that of the ranks of
trees and network, fixed beforehand. Writes data/observed_mergers.csv and its card.

GALMORPH_DATA=/path/to/my_galaxies python benchmarks/observed_mergers.py --seeds 0 1 2
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from astropy.table import hstack
from scipy.stats import rankdata
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import average_precision_score, roc_auc_score
from storing import store

import galmorph_helpers as gm

DATA = Path(__file__).parents[1] / "data"
SET = "gz1_sdss_6446"
CONTROLS = BRIGHT, DEALT = "control: brightness, colour", "control: labels shuffled"
CARD = """# observed_mergers.csv

Galaxy Zoo 1 mergers against all other classes of the set {set} ({n:,} galaxies, {positive} mergers), five folds, no
galaxy scored by a model that saw it. Columns: method, seed, AUC, average precision (and their standard deviation over
the five folds).

{methods}

Made {today}, {cores} cores ({machine}), torch {torch}, by
`python benchmarks/observed_mergers.py --seeds {seeds}`.
Always saying "no" has an accuracy of {no:.3f}, an AUC of 0.5 and an average precision of {prevalence:.3f}.
"""

METHODS = {
    "companions": "trees on `gm.measure.companion_features` of 96-pixel stamps of the inner 280 pixels",
    "hand-made features": "trees on `gm.morphology_features` of the usual stamps (64 pixels, inner 212 of the file)",
    "both": "trees on both",
    BRIGHT: "trees on the mean of each band over the 96-pixel stamps, and nothing else",
    DEALT: "trees on companions, taught with labels dealt anew among training galaxies as bright",
    "network": "the compact network from `mock_trunk`, fine-tuned on four folds, a tenth of which validates",
    "average": "mean of the ranks of `both` and `network`",
}


def trees(features, target, *, seed=0):
    """Extremely randomised trees (Geurts+2006), classes weighted alike: 86 mergers would drown among 5,000 galaxies."""
    model = ExtraTreesClassifier(400, min_samples_leaf=2, class_weight="balanced", n_jobs=2, random_state=seed)
    return model.fit(features, target)


def dealt_anew(target, light, *, seed, bins=20):
    """Labels shuffled among galaxies of about the same light: whether one is a merger no longer has to do with its
    neighbours, but may still have to do with its brightness."""
    rng, dealt = np.random.default_rng([seed, 8]), target.copy()
    for rows in np.array_split(np.argsort(light, kind="stable"), bins):
        dealt[rows] = rng.permutation(target[rows])
    return dealt


def network(images, target, *, seed):
    """The compact network from the mock sky's trunk, mergers shown eight times as often as they are."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(target))
    held, kept = order[: len(order) // 10], order[len(order) // 10 :]
    shown = np.r_[kept, np.repeat(kept[target[kept]], 7)]
    torch.manual_seed(seed)
    net = gm.load_weights(gm.CompactCNN(), "mock_trunk")
    gm.fit(
        net, images[shown], target[shown].astype(float), validation=(images[held], target[held].astype(float)),
        epochs=6, learning_rate=1e-3, augmented="any", seed=seed,
    )  # fmt: skip
    return net


def features_of(inner, wide, *, controls_only):
    """Features (N, F) by method: those of the trees."""
    tables = {"companions": gm.measure.companion_features(wide.images)}
    if not controls_only:
        tables["hand-made features"] = gm.morphology_features(inner.images)
        tables["both"] = hstack(list(tables.values()))
    found = {name: np.array([table[c] for c in table.colnames], float).T for name, table in tables.items()}
    found |= {BRIGHT: wide.images.mean((2, 3)).numpy(), DEALT: found["companions"]}
    return {name: found[name] for name in CONTROLS} if controls_only else found


def scores_of(features, target, fold, *, images, light, seed):
    """Scores (N,) by method, of models that did not see the galaxy; with `images` those of a network, too."""
    scores = {name: np.zeros(len(target)) for name in (*features, *(["network"] if images is not None else []))}
    for k in range(5):
        train, test = fold != k, fold == k
        for name, values in features.items():
            taught = dealt_anew(target[train], light[train], seed=seed) if name == DEALT else target[train]
            scores[name][test] = trees(values[train], taught, seed=seed).predict_proba(values[test])[:, 1]
        if images is not None:
            net = network(images[train], target[train], seed=seed)
            scores["network"][test] = gm.predict(net, images[test])
    if images is not None:
        scores["average"] = rankdata(scores["both"]) + rankdata(scores["network"])
    return scores


def rows_of(fold, scores, target, seed):
    """A row a method: AUC and average precision of all galaxies, and their scatter over the folds."""
    measures = {"auc": roc_auc_score, "average_precision": average_precision_score}
    for name, score in scores.items():
        row = {"method": name, "seed": seed} | {what: of(target, score) for what, of in measures.items()}
        for what, of in measures.items():
            row[f"{what}_fold_scatter"] = np.std([of(target[fold == k], score[fold == k]) for k in range(5)])
        print(f"seed {seed} {name:20s} AUC {row['auc']:.3f} AP {row['average_precision']:.3f}", flush=True)
        yield row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--no-network", action="store_true", help="only the trees: a few minutes")
    parser.add_argument("--controls", action="store_true", help="only their rows, beside the others that are stored")
    parser.add_argument("--out", type=Path, default=DATA)
    options = parser.parse_args()
    root = gm.datasets.observed_root()
    if root is None or not (Path(root) / SET).is_dir():
        raise SystemExit(f"Set GALMORPH_DATA to the folder that holds {SET}; data/README.md says how.")
    inner = gm.read_folder(Path(root) / SET, size=64, crop=212)
    wide = gm.read_folder(Path(root) / SET, size=96, crop=280)
    target = np.asarray(inner.table["class_name"]) == "merger"
    features = features_of(inner, wide, controls_only=options.controls)
    images = None if options.no_network or options.controls else inner.images
    groups, light = gm.measure.near_duplicates(inner.images), wide.images.mean((1, 2, 3)).numpy()
    for seed in options.seeds:
        fold = gm.learning.fold_numbers(groups, 5, seed=seed)
        scores = scores_of(features, target, fold, images=images, light=light, seed=seed)
        store(
            options.out / "observed_mergers.csv", list(rows_of(fold, scores, target, seed)), CARD,
            keys=("method", "seed"), set=SET, n=len(target), positive=target.sum(),
            methods="\n".join(f"- `{name}`: {about}" for name, about in METHODS.items()),
            no=1 - target.mean(), prevalence=target.mean(),
        )  # fmt: skip


if __name__ == "__main__":
    main()
