"""The exercise of the second evening of lesson 06: a number that finds rings."""

import numpy as np

from ..checks import Exercise


def bump(profile):
    """Activity near one half-light radius less that of the centre and the outside."""
    return profile[:, 3:5].mean(axis=1) - profile[:, [0, 5]].mean(axis=1)


_PROFILES = np.array([[0.1, 0.2, 0.4, 1.0, 0.9, 0.3], [2.0, 1.5, 1.1, 0.9, 0.4, 0.2], [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]])

EXERCISES = {
    "06f.1": Exercise(
        name="bump",
        right=bump,
        cases=[(_PROFILES,), (_PROFILES[:1] * 3,)],
        mistakes={
            "Off by one: numbers count from zero, so that the fourth annulus is number 3.": lambda profile: (
                profile[:, 4:6].mean(axis=1) - profile[:, [0, 5]].mean(axis=1)
            ),
            "One number a galaxy is wanted: take means along the annuli, not along the galaxies.": lambda profile: (
                profile[:, 3:5].mean(axis=0) - profile[:, [0, 5]].mean(axis=0)
            ),
            "The ends count, too: take their mean away.": lambda profile: profile[:, 3:5].mean(axis=1),
        },
        hint="Columns 3 and 4 are the annuli in the middle, columns 0 and 5 the first and the last.",
    ),
}
