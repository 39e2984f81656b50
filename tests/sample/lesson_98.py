"""The exercises of the small lesson that the tests build, solve, break and grade."""

import numpy as np

from galmorph_helpers.course.checks import Exercise


def to_flux(magnitude):
    """Flux in nanomaggies of an AB magnitude."""
    return 10 ** (0.4 * (22.5 - magnitude))


def recall_and_precision(true_positive, false_positive, false_negative):
    """Recall and precision of three counts."""
    return true_positive / (true_positive + false_negative), true_positive / (true_positive + false_positive)


EXERCISES = {
    "98.1": Exercise(
        name="to_flux",
        right=to_flux,
        cases=[(20.0,), (np.array([[17.0, 18.5, 21.0]]),)],
        mistakes={
            "A larger magnitude is a fainter galaxy: mind the sign.": lambda m: 10 ** (-0.4 * (22.5 - m)),
            "Magnitudes are to base ten, not e.": lambda m: np.exp(0.4 * (22.5 - m)),
            "Flux falls by 10 in 2.5 magnitudes, not in one.": lambda m: 10 ** (22.5 - m),
        },
        hint="At magnitude 22.5 the flux is one nanomaggy.",
    ),
    "98.2": Exercise(
        name="scores",
        right=recall_and_precision,
        cases=[(30, 10, 20), (7, 0, 1)],
        mistakes={
            "Recall comes first.": lambda *counts: recall_and_precision(*counts)[::-1],
            "Shares are wanted, not percent.": lambda *counts: tuple(100 * x for x in recall_and_precision(*counts)),
        },
        hint="Which galaxies does each of the two divide by?",
    ),
    "98.3": Exercise(
        name="share",
        right=lambda edge_on: np.mean(edge_on),
        value=True,
        cases=[(np.array([1, 0, 0, 1, 0]),)],
        mistakes={
            "A share is wanted, not percent.": lambda edge_on: 100 * np.mean(edge_on),
            "The mean is missing: this is a number of galaxies.": lambda edge_on: np.sum(edge_on),
        },
        hint="The mean of zeros and ones is the share of ones.",
    ),
}
