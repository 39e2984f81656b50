"""The exercises of lesson 02f: what a published row implies, and concentration."""

import numpy as np

from ..checks import Exercise


def accuracy_of(precision, recall, positive):
    """The accuracy that follows from precision, recall and the share of positives."""
    return 1 - positive * (1 - recall) - positive * recall * (1 / precision - 1)


def concentration(radius, light, *, inner=0.2, outer=0.8):
    """5 log10 of the ratio of the radii that hold two shares of the light."""
    r_inner, r_outer = (np.interp(share * light[-1], light, radius) for share in (inner, outer))
    return 5 * np.log10(r_outer / r_inner)


_RADIUS = np.linspace(0.5, 20, 40)
_DISC = 1 - (1 + _RADIUS / 3) * np.exp(-_RADIUS / 3)  # an exponential disc

EXERCISES = {
    "02f.1": Exercise(
        name="accuracy_of",
        right=accuracy_of,
        cases=[(0.8, 0.6, 0.3), (0.5, 0.9, 0.1)],
        mistakes={
            "Shares are wanted, not percent.": lambda p, r, f: 100 * accuracy_of(p, r, f),
            "False positives are missing: a share f R (1/P - 1) of all galaxies.": lambda p, r, f: 1 - f * (1 - r),
            "Missed galaxies are missing: a share f (1 - R) of all galaxies.": lambda p, r, f: 1 - f * r * (1 / p - 1),
            "That is the share of wrong answers.": lambda p, r, f: 1 - accuracy_of(p, r, f),
        },
        hint="Right answers are all but the missed ones and those wrongly called.",
    ),
    "02f.2": Exercise(
        name="concentration",
        right=concentration,
        cases=[(_RADIUS, _DISC), (_RADIUS, 40 * (1 - np.exp(-_RADIUS / 2)))],
        mistakes={
            "The outer radius stands above, the inner one below.": lambda r, light: -concentration(r, light),
            "Take the logarithm to base ten, np.log10.": lambda r, light: np.log(10) * concentration(r, light),
            "The factor of 5 is missing.": lambda r, light: concentration(r, light) / 5,
            "The radii are those of 20 and 80 % of the light, not of 20 and 50 %.": (
                lambda r, light: concentration(r, light, outer=0.5)
            ),
        },
        hint="np.interp(wanted, light, radius) gives the radius at which the light reaches what is wanted.",
        tolerance=1e-3,
    ),
}
