"""Mock stamps beside observed ones: a ladder of two-sample tests, and holes in discs. `fidelity.py` runs them."""

from functools import cache
from pathlib import Path

import numpy as np
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

import galmorph_helpers as gm

SKY_SEED = 77  # of the mock galaxies of seed 0
FACE_ON, HOLED = 0.7, 0.03  # least axis ratio of a spiral seen face-on; share of its inner disc at sky level


@cache
def observed(n):
    """Observed stamps (n, 3, 64, 64), their hand-made features, and which are called spirals."""
    sample = gm.read_folder(Path(gm.datasets.observed_root()) / "gz1_sdss_6446", size=64, crop=212, survey=gm.SDSS)
    sample = sample[np.random.default_rng(0).permutation(len(sample))[:n]]
    kind = np.asarray(sample.table["class_name"]).astype(str)
    return np.asarray(sample.images), gm.morphology_features(sample.images), np.char.startswith(kind, "spiral")


def mock(n, seed):
    """The same of mock ones, by the votes of mock volunteers."""
    sky = gm.mock_sample(n, seed=SKY_SEED + seed)
    votes = gm.mock.volunteer_votes(sky.table, gm.SDSS, seed=seed)
    return np.asarray(sky.images), gm.morphology_features(sky.images), np.asarray(votes["spiral"]) > 0.5


def corners(images):
    """The four corners of 8 x 8 pixels, (N, C, 256)."""
    return np.concatenate([images[:, :, i : i + 8, j : j + 8].reshape(len(images), 3, -1)
                           for i in (0, 56) for j in (0, 56)], 2)  # fmt: skip


def families(images, features):
    """{name: numbers (N, K)} of each rung of the ladder."""
    sky = corners(images)
    level = np.median(sky, 2)
    scatter = 1.4826 * np.median(abs(sky - level[..., None]), 2)
    noise = [(sky[:, 0] - sky[:, 1]).std(1), (sky[:, 2] - sky[:, 1]).std(1), sky.mean(1).std(1)]
    radius = np.hypot(*(np.mgrid[:64, :64] - 31.5))
    rings = [images[:, :, (radius >= a) & (radius < b)].mean(2) for a, b in ((0, 3), (3, 8), (8, 15), (15, 24))]
    cycles = np.hypot(np.fft.fftfreq(64)[:, None], np.fft.rfftfreq(64)[None])
    which = np.digitize(cycles, np.linspace(0, 0.5, 13))
    power = []
    for image in (images.mean(1), images[:, 0] - images[:, 2]):  # grey, and colour
        spectrum = abs(np.fft.rfft2(image - image.mean((1, 2), keepdims=True))) ** 2
        power += [np.log10(spectrum[:, which == k].mean(1) + 1e-9) for k in range(1, 13)]
    return {
        "sky in the corners": np.concatenate([level, scatter], 1),
        "colour noise in the corners": np.stack(noise, 1),
        "colours in four annuli": np.concatenate([*rings, *(r[:, [0, 2]] - r[:, [1]] for r in rings)], 1),
        "power spectra": np.stack(power, 1),
        "8 x 8 pixels": torch.nn.functional.avg_pool2d(torch.as_tensor(images), 8).flatten(1).numpy(),
        "hand-made features": np.stack([features[name] for name in features.colnames], 1),
    }


def ladder(seen, drawn):
    """{rung: AUC} of a forest that tells observed stamps from mock ones."""
    theirs, ours = families(*seen[:2]), families(*drawn[:2])
    which = np.repeat([1, 0], [len(seen[0]), len(drawn[0])])
    found = {}
    for name in theirs:
        numbers = np.nan_to_num(np.concatenate([theirs[name], ours[name]]))
        forest = RandomForestClassifier(200, min_samples_leaf=3, random_state=0)
        p = cross_val_predict(forest, numbers, which, cv=4, method="predict_proba")[:, 1]
        found[name] = roc_auc_score(which, p)
    return found


def holes(images, features):
    """Share of each galaxy's inner disc that is at sky level.

    The inner disc: from 3 pixels, beyond the nucleus, to half of the Petrosian radius. At sky level: in grey, no
    brighter than the median of the stamp's corners and their scatter (from the median absolute deviation).
    """
    grey, sky = images.mean(1), corners(images).mean(1)
    level = np.median(sky, 1)
    level = level + 1.4826 * np.median(abs(sky - level[:, None]), 1)
    radius = np.hypot(*(np.mgrid[:64, :64] - 31.5))
    within = (radius >= 3) & (radius < np.maximum(features["r_petrosian"] / 2, 5)[:, None, None])
    return (within & (grey <= level[:, None, None])).sum((1, 2)) / within.sum((1, 2))


def faces(seen, drawn):
    """Shares of spirals seen face-on with holes: observed, mock ones as bright, and these with craters painted in."""
    chosen = []
    for images, features, spiral in (seen, drawn):
        rows = np.flatnonzero(spiral & (np.asarray(features["ellipticity"]) < 1 - FACE_ON))
        chosen.append((images[rows], features[rows], images[rows][..., 16:48, 16:48].mean((1, 2, 3))))
    few, many = sorted((0, 1), key=lambda k: len(chosen[k][0]))
    left, pairs = np.ones(len(chosen[many][0]), bool), []
    for value in chosen[few][2]:  # each with the one that is as bright and not taken yet
        away = np.where(left, abs(chosen[many][2] - value), np.inf)
        pairs.append(int(away.argmin()))
        left[pairs[-1]] = False
    taken = {few: slice(None), many: pairs}
    (theirs, of_them, _), (ours, of_ours, _) = ([part[taken[k]] for part in chosen[k]] for k in (0, 1))
    cratered, (y, x) = ours.copy(), np.mgrid[:64, :64] - 31.5
    crater = np.hypot(x - 4, y + 2) < 2
    cratered[:, :, crater] = np.median(corners(ours), 2)[..., None]
    shares = [float(np.mean(holes(images, features) > HOLED))
              for images, features in ((theirs, of_them), (ours, of_ours), (cratered, of_ours))]  # fmt: skip
    return {
        "observed share": shares[0],
        "mock share": shares[1],
        "mock share minus observed": shares[1] - shares[0],
        "mock share with a crater painted into each": shares[2],
        "pairs": len(pairs),
    }
