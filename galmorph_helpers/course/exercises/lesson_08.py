"""The exercises of lesson 08: noise of a limit, labels of experts, recall, shares, overlap of masks, a prompt."""

import numpy as np
from scipy import ndimage

from ..checks import Exercise


def noise_of(limit, pixel, *, zero=22.5, box=10.0, times=3.0):
    """Noise of a pixel (nanomaggies) of an image with a surface-brightness limit; the pixel's side in arcsec."""
    faintest = 10 ** (-0.4 * (limit - zero))
    return faintest * pixel * box / times


def label_of(seen):
    """F_tidal and label (0, 1 or NaN) from the features that each expert saw, whole numbers (N, experts)."""
    f_tidal = seen.sum(axis=1) / seen.shape[1]
    label = np.full(len(seen), np.nan)
    label[f_tidal == 0] = 0
    label[f_tidal >= 1] = 1
    return f_tidal, label


def recall_at_contamination(score, label, contamination=0.2):
    """Share of the galaxies labelled 1 that are called, where this share of those labelled 0 is."""
    score, label = np.asarray(score), np.asarray(label)
    threshold = np.quantile(score[label == 0], 1 - contamination)
    return np.mean(score[label == 1] > threshold)


def corrected_share(called, recall, wrong):
    """Rogan-Gladen: the true share of galaxies with debris, from the share called."""
    return (called - wrong) / (recall - wrong)


def share_and_error(called, recall, wrong, n):
    """Rogan-Gladen's share, and its error from counting n galaxies alone."""
    counting = np.sqrt(called * (1 - called) / n)
    return corrected_share(called, recall, wrong), counting / (recall - wrong)


def iou(mask, truth):
    """Intersection over union of two masks."""
    return np.sum(mask & truth) / np.sum(mask | truth)


def point_at(image, inner=12, *, turn=True, smooth=1.5):
    """Pixel (x, y) of the brightest light that the image turned by 180 degrees lacks, outside of `inner` pixels."""
    left = image - image[::-1, ::-1] if turn else image
    left = ndimage.gaussian_filter(left, smooth)
    y, x = np.indices(image.shape)
    middle = (len(image) - 1) / 2
    left = np.where(np.hypot(x - middle, y - middle) > inner, left, -np.inf)
    row, column = np.unravel_index(np.argmax(left), left.shape)
    return np.array([column, row])


def _picture(spot, seed=0):
    """A round galaxy with noise, and a spot of light at (x, y) that only one side has."""
    y, x = np.indices((48, 48)) - 23.5
    light = 30 * np.exp(-np.hypot(x, y) / 5)
    light += 3 * np.exp(-((x + 23.5 - spot[0]) ** 2 + (y + 23.5 - spot[1]) ** 2) / 8)
    return light + np.random.default_rng(seed).normal(0, 0.1, light.shape)


_RNG = np.random.default_rng(8)
_SEEN = np.array([[0, 0, 0, 0, 0], [1, 1, 1, 1, 1], [1, 0, 0, 1, 0], [2, 2, 1, 0, 1], [0, 0, 0, 0, 1], [2, 1, 1, 1, 1]])
_LABEL = np.repeat([0, 1], (60, 30))
_SCORE = _RNG.normal(0, 1, 90) + 1.2 * _LABEL
_DISC = np.hypot(*(np.indices((20, 20)) - 9.5)) < 6

EXERCISES = {
    "08.1": Exercise(
        name="noise_of",
        right=noise_of,
        cases=[(28.0, 0.396), (31.0, 1.0), (26.0, 0.168)],
        mistakes={
            "A larger limit is a fainter one: the noise must fall. Mind the sign.": lambda m, p: (
                10 ** (0.4 * (m - 22.5)) * p * 10 / 3
            ),
            "The limit is three times the noise: divide by 3.": lambda m, p: noise_of(m, p, times=1),
            "The mean over the box has less noise than a pixel: the side of the box, 10, is missing.": lambda m, p: (
                noise_of(m, p, box=1)
            ),
            "A magnitude of 22.5 is one nanomaggy: take it off first.": lambda m, p: noise_of(m, p, zero=0),
        },
        hint="Take -2.5 and 22.5 to the other side, then solve for sigma.",
    ),
    "08.2": Exercise(
        name="label_of",
        right=label_of,
        cases=[(_SEEN,), (_SEEN[:4, :3],)],
        mistakes={
            "Between 0 and 1 nobody can say: these are NaN.": lambda s: (
                (s.sum(1) / s.shape[1], (s.sum(1) / s.shape[1] >= 1).astype(float))
            ),
            "F counts features of all experts, divided by the number of experts, not of galaxies.": lambda s: (
                (s.sum(1) / len(s), label_of(s)[1])
            ),
            "Positive is 1 and more: some experts count two features.": lambda s: (
                (label_of(s)[0], np.where(label_of(s)[0] > 1, 1.0, np.where(label_of(s)[0] == 0, 0.0, np.nan)))
            ),
        },
        hint="Sum over experts, divide by their number; then 0 where F is 0, 1 where F is at least 1, else NaN.",
    ),
    "08.3": Exercise(
        name="recall_at",
        right=recall_at_contamination,
        cases=[(_SCORE, _LABEL), (_SCORE[::-1], _LABEL[::-1], 0.1), (_SCORE, _LABEL, 0.5)],
        tolerance=1e-3,
        mistakes={
            "The threshold comes from the galaxies without debris, not from all.": lambda s, y, c=0.2: np.mean(
                s[y == 1] > np.quantile(s, 1 - c)
            ),
            "A fifth of them lies *above* the threshold: the quantile is 1 - contamination.": lambda s, y, c=0.2: (
                np.mean(s[y == 1] > np.quantile(s[y == 0], c))
            ),
            "Count the galaxies with debris that are called, not all that are.": lambda s, y, c=0.2: np.mean(
                s > np.quantile(s[y == 0], 1 - c)
            ),
        },
        hint="np.quantile of the scores of galaxies without debris, then the share of those with debris above it.",
    ),
    "08.4": Exercise(
        name="share_and_error",
        right=share_and_error,
        cases=[(0.25, 0.5, 0.1, 450), (0.12, 0.4, 0.05, 5000)],
        mistakes={
            "Take the wrongly called off above and below.": lambda c, r, b, n: (
                (c / (r - b), share_and_error(c, r, b, n)[1])
            ),
            "The error is stretched as the share is: divide it by R - b, too.": lambda c, r, b, n: (
                (corrected_share(c, r, b), np.sqrt(c * (1 - c) / n))
            ),
            "The error of a share of n galaxies is the root of c (1 - c) / n.": lambda c, r, b, n: (
                (corrected_share(c, r, b), c * (1 - c) / n / (r - b))
            ),
        },
        hint="c = f R + (1 - f) b, solved for f; then the error of c, divided by the same number as c.",
    ),
    "08.5": Exercise(
        name="iou",
        right=iou,
        cases=[(_DISC, np.roll(_DISC, 4, 1)), (np.roll(_DISC, 2, 0) & _DISC, _DISC)],
        mistakes={
            "That is the share of the true pixels that were found: a mask of everything would get 1.": lambda m, t: (
                np.sum(m & t) / np.sum(t)
            ),
            "Pixels that are empty in both do not count, else an empty mask does well.": lambda m, t: np.mean(m == t),
            "Divide by the pixels that are in either mask, not by the sum of both.": lambda m, t: (
                np.sum(m & t) / (np.sum(m) + np.sum(t))
            ),
        },
        hint="& is both, | is at least one; np.sum counts pixels that are True.",
    ),
    "08.6": Exercise(
        name="point_at",
        right=point_at,
        cases=[(_picture((38, 30)),), (_picture((8, 20), 1),), (_picture((24, 44), 2), 15)],
        mistakes={
            "That is the galaxy: take the turned image off, and stay outside of the inner pixels.": lambda im, r=12: (
                point_at(im, -1, turn=False)
            ),
            "x counts columns, y counts rows: give (x, y).": lambda im, r=12: point_at(im, r)[::-1],
            "That is the darkest place: subtract the turned image from the image.": lambda im, r=12: point_at(-im, r),
        },
        hint="image - image[::-1, ::-1], smoothed, -infinity inside; np.unravel_index(np.argmax(...), shape).",
    ),
}
