"""What realism and depth cost the detector of tidal features, and what few labels teach: tables of lesson 08.

    python benchmarks/tides_labels.py domains    data/tides_domains.csv: depth x realism, and fine-tuning at each
    python benchmarks/tides_labels.py probe      data/tides_probe.csv: features without labels, read with fifty

Either takes one to two minutes a seed.
"""

import time

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tides import DEPTHS, of_seeds, options, shipped_detector, write

import galmorph_helpers as gm
from galmorph_helpers.course.exercises.lesson_08 import recall_at_contamination
from galmorph_helpers.mock.experts import tidal_labels


def main():
    given, begin = options(__doc__, ("domains", "probe")), time.process_time()
    tables = of_seeds({"domains": domains, "probe": probe}[given.part], given.seeds)
    write(tables, ABOUT, given, time.process_time() - begin)


def domains(seed, n=1100):
    """Depth x realism on the same galaxies: AUC with labels of the deep image and of the image at hand, fine-tuned."""
    sky, rows = gm.mock.tidal_population(n, seed=seed + 80, with_features=0.6), []
    looks = {(limit, real): gm.mock.tidal_sample(sky, limit, seed=seed + 80, realistic=real)
             for limit in (31.0, 26.0) for real in (False, True)}  # fmt: skip
    deep_label = np.asarray(looks[31.0, False].table["label"])
    for (limit, real), sample in looks.items():
        views, strength = gm.imaging.detector_input(sample), np.asarray(sample.table["signal_to_noise"])
        panel = np.mean([tidal_labels(strength, seed=seed + k, confusion=0.03 if real else 0.01)[0]
                         for k in range(1000, 1005)], axis=0)  # fmt: skip
        plain = gm.predict(shipped_detector(), views, views=1)
        for whose, label in (("deep", deep_label), ("own", np.asarray(sample.table["label"]))):
            known = np.flatnonzero(np.isfinite(label))
            learn, test = known[: len(known) // 2], known[len(known) // 2 :]
            scores = {"auc": plain[test], "auc_tuned": fine_tuned(views, label, learn, seed, test)}
            scores |= {"auc_panel": panel[test], "auc_signal": strength[test]}
            rows.append(
                {"seed": seed, "limit": limit, "realistic": int(real), "label": whose, "n": len(test)}
                | {"positive": int(label[test].sum())}
                | {name: roc_auc_score(label[test], score) for name, score in scores.items()}
            )
    return {"tides_domains": rows}


def fine_tuned(views, label, learn, seed, test):
    """What the detector says of `test` after four epochs on `learn`, of which 80 choose the epoch."""
    network = shipped_detector()
    taught, held = learn[80:], learn[:80]
    gm.fit(network, views[taught], label[taught], validation=(views[held], label[held]), epochs=4,
           learning_rate=5e-4, seed=seed)  # fmt: skip
    return gm.predict(network, views[test], views=1)


def probe(seed, n=1600):
    """Recall at 20 % contamination of probes with 50 labels, on features that were learnt without, and of others."""
    sky = gm.mock.tidal_population(2 * n, seed=seed + 70, with_features=0.5)
    limit = np.random.default_rng(seed).choice(DEPTHS[4:], 2 * n)
    sample = gm.mock.tidal_sample(sky, limit, seed=seed + 70)
    views, label = gm.imaging.detector_input(sample), np.asarray(sample.table["label"])
    small = torch.nn.functional.avg_pool2d(views, 2)
    gm.runtime.seed_everything(seed)
    encoder = gm.Encoder(3, (24, 48, 96))
    features = {"untrained": gm.learning.represent(encoder, small)}
    turned = lambda images, generator: gm.learning.view(  # noqa: E731
        images, turn="any", crop=0.85, blur=0.5, noise=0.05, gain=0.1, generator=generator
    )
    gm.learning.fit_contrastive(encoder, small[:n], views=turned, epochs=8, seed=seed)
    features["without labels"] = gm.learning.represent(encoder, small)
    known = np.flatnonzero(np.isfinite(label) & (np.arange(2 * n) >= n))
    test, pool = known[::2], known[1::2]
    draws = [balanced(pool, label, np.random.default_rng([seed, t])) for t in range(5)]
    rows = []
    for name, f in features.items():
        for t, some in enumerate(draws):
            line = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500)).fit(f[some], label[some])
            rows.append(scored(seed, t, f"{name}, 50 labels", label[test], line.decision_function(f[test])))
    for t, some in enumerate(draws[:2]):
        gm.runtime.seed_everything(seed + t)
        network = gm.CompactCNN()
        gm.fit(network, views[some], label[some], validation=(views[some[:10]], label[some[:10]]), epochs=20,
               batch_size=16, seed=seed)  # fmt: skip
        rows.append(scored(seed, t, "from scratch, 50 labels", label[test], gm.predict(network, views[test], views=1)))
    p = gm.predict(shipped_detector(), views[test], views=1)
    return {"tides_probe": [*rows, scored(seed, 0, "detector, 18,724 labels", label[test], p)]}


def balanced(pool, label, rng):
    """Fifty galaxies, half of them with debris."""
    return np.concatenate([rng.permutation(pool[label[pool] == y])[:25] for y in (0, 1)])[rng.permutation(50)]


def scored(seed, draw, name, label, score):
    return {"seed": seed, "draw": draw, "method": name, "auc": roc_auc_score(label, score),
            "recall_20": recall_at_contamination(score, label, 0.2)}  # fmt: skip


ABOUT = {
    "tides_domains": (
        "Depth (31, 26) x realism (0, 1) of the images of the same mock galaxies: AUC of the shipped detector.",
        "`seed`, `limit`, `realistic`, `label` (of experts who see the deep clean image, or the image at hand: own), "
        "`n`, `positive` (test galaxies), `auc`, `auc_tuned` (after fine-tuning on as many others), `auc_panel` (five "
        "other panels of experts at the image at hand), `auc_signal` (signal-to-noise there as the score)",
    ),
    "tides_probe": (
        "Mock images of limits 30 and deeper: probes with fifty labels, beside a network from scratch and the shipped "
        "detector; an encoder learnt without labels from 1,600 other images.",
        "`seed`, `draw` (of the fifty), `method`, `auc`, `recall_20` (recall at 20 % contamination)",
    ),
}


if __name__ == "__main__":
    main()
