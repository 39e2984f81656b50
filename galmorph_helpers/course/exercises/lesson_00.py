"""The exercises of lesson 00: what is right, one number of a picture, a cut, steps of training, AUC, and errors."""

import numpy as np
from scipy import ndimage

from ..checks import Exercise


def share_right(called, truth):
    """Share of galaxies that are called what they are, and the share for somebody who always says "other"."""
    called, truth = np.asarray(called), np.asarray(truth)
    return np.mean(called == truth), np.mean(truth == "other")


def axis_ratio(image):
    """Thickness over length of the galaxy in the middle of a grey picture (64, 64), from its brighter pixels."""
    covariance = np.cov(*pixels_of_galaxy(image))
    small, large = np.linalg.eigvalsh(covariance)
    return np.sqrt(small / large)


def pixels_of_galaxy(image, *, alone=True):
    """Rows and columns of the pixels above 30 % of the middle; `alone`: of those connected with the middle."""
    smooth = ndimage.gaussian_filter(image, 1)
    bright = smooth > 0.3 * smooth[32, 32]
    parts, _ = ndimage.label(bright)
    return np.nonzero(parts == parts[32, 32] if alone else bright)


def best_cut(ratio, edge_on, cuts):
    """The cut below which galaxies are best called edge-on, and the share of right answers with it."""
    right = [np.mean((ratio < cut) == edge_on) for cut in cuts]
    return cuts[np.argmax(right)], np.max(right)


def count_steps(galaxies, batch_size, epochs):
    """How often the weights are changed; the last batch of an epoch may be smaller."""
    return epochs * -(-galaxies // batch_size)


def auc(yes, no):
    """Share of pairs in which the "yes" has the higher score; a tie is half a pair."""
    difference = yes[:, None] - no[None, :]
    return np.mean(difference > 0) + np.mean(difference == 0) / 2


def worst_first(score, truth):
    """Rows of the galaxies, those that are most confidently wrong first."""
    return np.argsort(-np.abs(score - truth))


def ellipse(*, length, thickness, angle, neighbour=False):
    """A picture (64, 64) of an ellipse of light, turned by an angle (deg), and with a round neighbour."""
    y, x = np.indices((64, 64)) - 32.0
    cos, sin = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    along, across = x * cos + y * sin, y * cos - x * sin
    light = np.exp(-0.5 * ((along / length) ** 2 + (across / thickness) ** 2))
    return light + 0.9 * neighbour * np.exp(-0.5 * ((x - 22) ** 2 + (y + 20) ** 2) / 9)


def _widths(image):
    """The ratio of the widths along the sides of the picture, which is right for a galaxy that lies along one."""
    return np.divide(*sorted(np.std(p) for p in pixels_of_galaxy(image)))


def _moments(image, **how):
    return np.linalg.eigvalsh(np.cov(*pixels_of_galaxy(image, **how)))


def _place_of_cut(ratio, edge_on, cuts):
    cut, right = best_cut(ratio, edge_on, cuts)
    return list(cuts).index(cut), right


_RATIO = np.array([0.15, 0.22, 0.31, 0.36, 0.42, 0.55, 0.61, 0.77, 0.85, 0.93])
_EDGE_ON = np.array([1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0])
_WORDS = (np.array(["edge-on", "edge-on", "other", "other", "edge-on"]),
          np.array(["edge-on", "edge-on", "other", "other", "other"]))  # fmt: skip

EXERCISES = {
    "00.1": Exercise(
        name="share_right",
        right=share_right,
        cases=[_WORDS, (np.array(["other"] * 4), np.array(["edge-on", "other", "other", "other"]))],
        mistakes={
            "Shares are wanted, not percent.": lambda *words: tuple(100 * x for x in share_right(*words)),
            "The mean is missing: these are numbers of galaxies.": (
                lambda *words: tuple(len(words[0]) * x for x in share_right(*words))
            ),
            'The second number is for somebody who says "other" to every galaxy, whatever you said.': (
                lambda called, truth: (np.mean(called == truth), np.mean(called == "other"))
            ),
            "The share that is right comes first.": lambda *words: share_right(*words)[::-1],
        },
        hint="`called == truth` is an array of True and False, and the mean of those is a share.",
    ),
    "00.2": Exercise(
        name="axis_ratio",
        right=axis_ratio,
        cases=[
            (ellipse(length=9, thickness=3, angle=30),),
            (ellipse(length=8, thickness=4, angle=100, neighbour=True),),
            (ellipse(length=7, thickness=6.5, angle=0),),
        ],
        mistakes={
            "Thickness over length is at most 1: `eigvalsh` gives the smaller number first.": (
                lambda image: 1 / axis_ratio(image)
            ),
            "The eigenvalues are squares of lengths, in pixels squared: the root is missing.": (
                lambda image: np.divide(*_moments(image))
            ),
            "A galaxy may lie at any angle: take the eigenvalues of the covariance, not its diagonal.": _widths,
            "There is a neighbour in one of the pictures: keep only the part that the middle belongs to.": (
                lambda image: np.sqrt(np.divide(*_moments(image, alone=False)))
            ),
        },
        hint="Draw `bright` for one galaxy: does it show the galaxy in the middle, and nothing else?",
    ),
    "00.3": Exercise(
        name="best_cut",
        right=best_cut,
        cases=[(_RATIO, _EDGE_ON, np.array([0.2, 0.33, 0.5, 0.7])), (_RATIO, _EDGE_ON, np.array([0.1, 0.8, 0.6]))],
        mistakes={
            "Edge-on galaxies are thin: their ratio lies below the cut.": (
                lambda ratio, edge_on, cuts: best_cut(-ratio, edge_on, -cuts)
            ),
            "The cut itself is wanted first, not its place in the list.": _place_of_cut,
            "The cut comes first, then the share that is right with it.": lambda *given: best_cut(*given)[::-1],
        },
        hint="For each cut: which galaxies lie below it, and is that what they are?",
    ),
    "00.4": Exercise(
        name="count_steps",
        right=count_steps,
        cases=[(1000, 64, 5), (256, 64, 3), (65, 64, 2)],
        mistakes={
            "The galaxies that are left over make one more, smaller batch.": lambda n, batch, epochs: (
                epochs * (n // batch)
            ),
            "These are the steps of one epoch.": lambda n, batch, epochs: -(-n // batch),
            "One step is taken a batch, not a galaxy.": lambda n, batch, epochs: n * epochs,
        },
        hint="How many batches are in one epoch?",
    ),
    "00.5": Exercise(
        name="auc",
        right=auc,
        cases=[
            (np.array([0.9, 0.4, 0.6]), np.array([0.1, 0.6, 0.2, 0.3])),
            (np.array([0.5, 0.5]), np.array([0.5, 0.2, 0.8])),
        ],
        mistakes={
            'A pair is won where the "yes" has the higher score.': lambda yes, no: auc(no, yes),
            "A tie counts as half a pair that is won.": lambda yes, no: np.mean(yes[:, None] > no),
            "A tie counts as half a pair, not as a whole one.": lambda yes, no: np.mean(yes[:, None] >= no),
            "A share of pairs is wanted, not their number.": lambda yes, no: len(yes) * len(no) * auc(yes, no),
        },
        hint='`yes[:, None] - no` has one row for each "yes" and one column for each "no".',
    ),
    "00.6": Exercise(
        name="worst_first",
        right=worst_first,
        cases=[
            (np.array([0.9, 0.2, 0.6, 0.05]), np.array([0.0, 1.0, 1.0, 0.0])),
            (np.array([0.1, 0.95, 0.45]), np.array([1.0, 0.0, 0.0])),
        ],
        mistakes={
            "The worst comes first: `argsort` puts the smallest first.": lambda p, t: np.argsort(np.abs(p - t)),
            "A galaxy may be given too much or too little: take the size of the difference.": (
                lambda p, t: np.argsort(-(p - t))
            ),
            "Row numbers are wanted, not the differences.": lambda p, t: np.sort(np.abs(p - t))[::-1],
        },
        hint="The distance of the score from 0 or 1 says how wrong it is.",
    ),
}
