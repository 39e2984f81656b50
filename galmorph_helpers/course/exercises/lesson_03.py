"""Exercises of lesson 03: folds, doubt, calibration, conformal sets."""

import numpy as np
from scipy.special import expit

from ...metrics import binary_metrics, calibration_curve, conformal
from ..checks import Exercise


def deal(galaxy, k, order):
    """Fold of each image: the i-th galaxy of the order goes to fold i % k, with all of its images."""
    fold_of = np.empty(len(order), int)
    fold_of[order] = np.arange(len(order)) % k
    return fold_of[galaxy]


def value_and_scatter(logits):
    """Mean and standard deviation over the networks (first axis) of the probabilities."""
    probability = expit(logits)
    return probability.mean(0), probability.std(0)


def finds_errors(wrong, doubt):
    """Chance that a wrong galaxy has the larger doubt than a right one: the area under the ROC curve."""
    wrong, doubt = np.asarray(wrong, float), np.asarray(doubt, float)
    return binary_metrics(wrong, doubt, weights=np.ones((1, len(wrong))))["auc"][0]


def promise_error(happened, probability):
    """Expected calibration error over ten equal bins of probability."""
    return calibration_curve(happened, probability)[1]


def conformal_sets(calibration, label, new, coverage):
    """Split-conformal sets, `metrics.conformal_sets`."""
    return conformal.conformal_sets(calibration, label, new, coverage=coverage)


def sets_by_bin(calibration, label, known_bin, new, new_bin):
    """Sets of 90 % with a threshold a bin, `metrics.conformal_sets_by_group`."""
    return conformal.conformal_sets_by_group(calibration, label, new, groups=(known_bin, new_bin))


def _any_score(calibration, label, new, coverage, *, score=None, rank=None, keeps=np.less_equal):
    """`conformal_sets` with a mistake in it."""
    n = len(label)
    score = 1 - calibration[np.arange(n), label] if score is None else score
    rank = int(np.ceil((n + 1) * coverage)) if rank is None else rank
    return keeps(1 - new, np.sort(score)[rank - 1])


def _bin_by_bin(happened, probability):
    which = (probability * 10).astype(int)
    return np.mean([abs(happened[which == i].mean() - probability[which == i].mean()) for i in range(10)])


def _said(n, seed):
    """Made-up probabilities (n, 3) and true classes."""
    rng = np.random.default_rng(seed)
    probability = rng.dirichlet((0.7, 0.7, 0.7), n)
    return probability, (rng.random(n)[:, None] > probability.cumsum(1)).sum(1).clip(max=2)


_RNG = np.random.default_rng(3)
_GALAXY = np.array([0, 0, 1, 2, 3, 4, 5, 6, 6, 7, 8, 9])  # galaxies 0 and 6 were observed twice
_ORDERS = np.array([7, 2, 9, 0, 4, 1, 3, 8, 6, 5]), np.array([5, 3, 1, 0, 2, 4])
_LOGITS = _RNG.normal(0.5, 1.5, (5, 40))
_DOUBT = _RNG.permutation(60) / 60.0
_WRONG = _RNG.random(60) < 0.15 + 0.4 * _DOUBT
_P = _RNG.random(300)
_HAPPENED = (_RNG.random(300) < _P**2).astype(float)
_KNOWN, _NEW = _said(60, 1), _said(30, 2)
_BINS = _RNG.integers(0, 2, 60), _RNG.integers(0, 2, 30)
_BLIND = np.where(_BINS[0], _RNG.permutation(_KNOWN[1]), _KNOWN[1])  # in bin 1 the network knows nothing

EXERCISES = {
    "03.1": Exercise(
        name="deal",
        right=deal,
        cases=[(_GALAXY, 5, _ORDERS[0]), (np.arange(6), 3, _ORDERS[1])],
        mistakes={
            "This deals images: two images of one galaxy may end up in two folds.": (
                lambda galaxy, k, order: np.arange(len(galaxy)) % k
            ),
            "Mind the order: these folds follow the catalogue, and catalogues are sorted by something.": (
                lambda galaxy, k, order: galaxy % k
            ),
            "This goes by what stands at place i; the galaxy that stands at place i gets fold i % k.": (
                lambda galaxy, k, order: (order % k)[galaxy]
            ),
        },
        hint="An empty array of one number a galaxy; fill it at the places `order`; then look up each image's galaxy.",
    ),
    "03.2": Exercise(
        name="value_and_scatter",
        right=value_and_scatter,
        cases=[(_LOGITS,)],
        mistakes={
            "The value is a mean of logits here: turn each network's logit into a probability first.": (
                lambda x: (expit(x.mean(0)), expit(x).std(0))
            ),
            "The scatter is that of the logits: the catalogue gives that of the probabilities.": (
                lambda x: (expit(x).mean(0), x.std(0))
            ),
            "The networks are the first axis; these are means over galaxies.": (
                lambda x: (expit(x).mean(1), expit(x).std(1))
            ),
        },
        hint="expit, then the mean and the standard deviation over axis 0.",
    ),
    "03.3": Exercise(
        name="finds_errors",
        right=finds_errors,
        cases=[(_WRONG, _DOUBT), (_WRONG[::-1].copy(), _DOUBT)],
        mistakes={
            "This counts the pairs in which the right galaxy has the larger doubt.": (
                lambda wrong, doubt: 1 - finds_errors(wrong, doubt)
            ),
            "This compares the mean doubts; pairs of galaxies are wanted.": (
                lambda wrong, doubt: doubt[wrong].mean() - doubt[~wrong].mean()
            ),
            "This is a number of pairs; their share is wanted.": (
                lambda wrong, doubt: finds_errors(wrong, doubt) * wrong.sum() * (~wrong).sum()
            ),
        },
        hint="doubt[wrong][:, None] > doubt[~wrong] compares each wrong galaxy with each right one.",
    ),
    "03.4": Exercise(
        name="promise_error",
        right=promise_error,
        cases=[(_HAPPENED, _P)],
        mistakes={
            "The bins count alike here: weight each by its share of the galaxies.": _bin_by_bin,
            "Without bins, too much and too little promised cancel.": (
                lambda happened, probability: abs(happened.mean() - probability.mean())
            ),
            "This is the mean distance of each 0 or 1 from its probability: bin first, then take means.": (
                lambda happened, probability: np.abs(happened - probability).mean()
            ),
        },
        hint="A sum over ten bins: share of the galaxies in it, times |mean of happened - mean of probability|.",
    ),
    "03.5": Exercise(
        name="conformal_sets",
        right=conformal_sets,
        cases=[(*_KNOWN, _NEW[0], 0.9), (*_KNOWN, _NEW[0], 0.7)],
        mistakes={
            "The rank lacks the + 1 of the new galaxy: with few labelled galaxies it promises too much.": (
                lambda known, label, new, coverage: _any_score(
                    known, label, new, coverage, rank=int(np.ceil(len(label) * coverage))
                )
            ),
            "The score is of the largest probability; take the true class, whether the network is right or not.": (
                lambda known, label, new, coverage: _any_score(known, label, new, coverage, score=1 - known.max(1))
            ),
            "Large scores are the bad ones: count the rank from the smallest.": (
                lambda known, label, new, coverage: _any_score(known, label, new, 1 - coverage)
            ),
            "These are the classes that are ruled out; the set holds the others.": (
                lambda known, label, new, coverage: _any_score(known, label, new, coverage, keeps=np.greater)
            ),
        },
        hint="calibration[np.arange(n), label] are the probabilities of the true classes.",
    ),
    "03.6": Exercise(
        name="sets_by_bin",
        right=sets_by_bin,
        cases=[(_KNOWN[0], _BLIND, _BINS[0], _NEW[0], _BINS[1])],
        mistakes={
            "This is one threshold for all: choose the labelled galaxies of the bin.": (
                lambda known, label, known_bin, new, new_bin: conformal.conformal_sets(known, label, new)
            ),
            "The bins are exchanged: a new galaxy needs labelled ones of its own bin.": (
                lambda known, label, known_bin, new, new_bin: sets_by_bin(known, label, known_bin, new, 1 - new_bin)
            ),
        },
        hint="A loop over np.unique(new_bin): the sets of its new galaxies from the labelled galaxies of the same bin.",
    ),
}
