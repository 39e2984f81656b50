"""The exercises of lesson 10: a verdict with the scatter of training, which hundred to label, a share, how many."""

import numpy as np

from ..checks import Exercise


def judge(published, measured, low, high, scatter):
    """0 where a published number lies in an interval widened by the scatter of training, else 1 (higher) or -1."""
    below = np.hypot(measured - low, 1.96 * scatter)
    above = np.hypot(high - measured, 1.96 * scatter)
    if measured - below <= published <= measured + above:
        return 0
    return 1 if measured > published else -1


def choose(probability, n):
    """Sorted rows of the n galaxies whose probabilities (k, N) differ most from fold to fold."""
    scatter = probability.std(axis=0)
    return np.sort(np.argsort(-scatter)[:n])


def true_share(called, recall, false_rate):
    """The true share of a class, from the share called (Rogan & Gladen 1978)."""
    return (called - false_rate) / (recall - false_rate)


def labels_needed(right, half_width):
    """How many labels until a share of right answers is known to a half width, 95 %, normal approximation."""
    return np.ceil(1.96**2 * right * (1 - right) / half_width**2)


def _added(published, measured, low, high, scatter):
    low, high = low - 1.96 * scatter, high + 1.96 * scatter
    return 0 if low <= published <= high else 1 if measured > published else -1


_RNG = np.random.default_rng(3)
_FOLDS = 1 / (1 + np.exp(-_RNG.normal(0, 1.5, 300) - _RNG.normal(0, 1, (5, 300)) * _RNG.uniform(0.1, 2, 300)))

EXERCISES = {
    "10.1": Exercise(
        name="judge",
        right=judge,
        cases=[
            (0.90, 0.80, 0.75, 0.84, 0.06),
            (0.865, 0.80, 0.75, 0.84, 0.06),
            (0.85, 0.80, 0.78, 0.84, 0.01),
            (0.70, 0.80, 0.75, 0.84, 0.0),
            (0.70, 0.80, 0.76, 0.84, 0.04),
            (0.715, 0.80, 0.75, 0.84, 0.03),
        ],
        mistakes={
            "That is the verdict over galaxies alone: widen both sides by the scatter of training.": (
                lambda p, m, low, high, s: judge(p, m, low, high, 0)
            ),
            "Independent scatters add in squares (np.hypot), they are not summed.": _added,
            "A 95 % interval reaches 1.96 standard deviations to either side.": (
                lambda p, m, low, high, s: judge(p, m, low, high, s / 1.96)
            ),
            "Say how the *measured* number lies: -1 where it is below the published one.": (
                lambda p, m, low, high, s: -judge(p, m, low, high, s)
            ),
        },
        hint="Each side: np.hypot of its own half width and 1.96 scatter; then is the published number inside?",
    ),
    "10.2": Exercise(
        name="choose",
        right=choose,
        cases=[(_FOLDS, 100), (_FOLDS[:, ::2], 20)],
        mistakes={
            "Those are the galaxies on which the folds agree most.": lambda p, n: np.sort(np.argsort(p.std(0))[:n]),
            "That is nearness to one half: ask where the networks differ from each other.": lambda p, n: (
                np.sort(np.argsort(np.abs(p.mean(0) - 0.5))[:n])
            ),
            "Sort the rows at the end (np.sort), so that they can be compared.": lambda p, n: np.argsort(-p.std(0))[:n],
            "Those are the first n galaxies: order them by the scatter first.": lambda p, n: np.arange(n),
        },
        hint="The standard deviation over the networks, axis 0; np.argsort of minus that; the first n; sorted.",
    ),
    "10.3": Exercise(
        name="true_share",
        right=true_share,
        cases=[(0.10, 0.95, 0.03), (0.30, 0.7, 0.1)],
        mistakes={
            "Some that are called are not so: take the false ones off first.": lambda c, r, f: c / r,
            "Galaxies that are missed count, too: divide by recall minus false-positive rate.": lambda c, r, f: c - f,
            "Only those without the class are called falsely: the denominator is recall minus false-positive rate.": (
                lambda c, r, f: (c - f) / r
            ),
        },
        hint="called = share * recall + (1 - share) * false_rate. Solve for the share.",
    ),
    "10.4": Exercise(
        name="labels_needed",
        right=labels_needed,
        cases=[(0.95, 0.02), (0.8, 0.05)],
        mistakes={
            "The interval reaches 1.96 standard errors to each side, not one.": lambda p, w: (
                np.ceil(p * (1 - p) / w**2)
            ),
            "half_width is one side of the interval, not the whole of it.": lambda p, w: (
                np.ceil(1.96**2 * p * (1 - p) / (w / 2) ** 2)
            ),
            "Galaxies are whole: round up.": lambda p, w: 1.96**2 * p * (1 - p) / w**2,
            "The error falls with the root of n: square both sides.": lambda p, w: np.ceil(1.96 * p * (1 - p) / w),
        },
        hint="half_width = 1.96 sqrt(right (1 - right) / n); solve for n, np.ceil.",
    ),
}
