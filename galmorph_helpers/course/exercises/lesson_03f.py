"""Exercises of lesson 03f: a temperature, votes as counts, a share of which nothing was found."""

import numpy as np
from scipy.special import betaln, comb, expit
from scipy.stats import betabinom

from ..checks import Exercise


def best_temperature(happened, logit, temperatures):
    """The temperature with the lowest mean cross-entropy."""
    z = logit / np.asarray(temperatures)[:, None]
    return temperatures[np.argmin(np.mean(np.logaddexp(0, z) - happened * z, 1))]


def chance_of_votes(k, n, a, b):
    """Beta-binomial probability of k of n, by scipy."""
    return betabinom.pmf(k, n, a, b)


def largest_share(n, chance=0.05):
    """Share at which none of n has this chance."""
    return 1 - chance ** (1 / n)


_RNG = np.random.default_rng(5)
_LOGIT = _RNG.normal(0, 4, 400)
_HAPPENED = (_RNG.random(400) < expit(_LOGIT / 2.5)).astype(float)
_LIST = np.geomspace(0.3, 6, 40)

EXERCISES = {
    "03f.1": Exercise(
        name="best_temperature",
        right=best_temperature,
        cases=[(_HAPPENED, _LOGIT, _LIST), (1 - _HAPPENED, -0.2 * _LOGIT, _LIST)],
        mistakes={
            "This is the highest cross-entropy of the list.": (
                lambda y, x, t: t[np.argmax([np.mean(np.logaddexp(0, x / s) - y * x / s) for s in t])]
            ),
            "This multiplies by the temperature: divide.": (
                lambda y, x, t: t[np.argmin([np.mean(np.logaddexp(0, x * s) - y * x * s) for s in t])]
            ),
            "This is the place in the list; the temperature there is wanted.": (
                lambda y, x, t: np.argmin([np.mean(np.logaddexp(0, x / s) - y * x / s) for s in t])
            ),
        },
        hint="A loop over the temperatures, a list of losses, np.argmin.",
    ),
    "03f.2": Exercise(
        name="chance_of_votes",
        right=chance_of_votes,
        cases=[(2, 5, 1.5, 0.7), (np.arange(6), 5, 3.0, 2.0)],
        mistakes={
            "The number of ways to choose k of n is missing.": (
                lambda k, n, a, b: np.exp(betaln(k + a, n - k + b) - betaln(a, b))
            ),
            "This is the binomial chance at the mean a / (a + b): it forgets that crowds differ.": (
                lambda k, n, a, b: comb(n, k) * (a / (a + b)) ** k * (b / (a + b)) ** (n - k)
            ),
            "a belongs to the yes-votes, b to the others: they are exchanged.": (
                lambda k, n, a, b: betabinom.pmf(k, n, b, a)
            ),
        },
        hint="betaln gives logarithms: subtract, then np.exp.",
    ),
    "03f.3": Exercise(
        name="largest_share",
        right=largest_share,
        cases=[(46,), (10,), (np.array([20.0, 100.0]),)],
        mistakes={
            "This is the share that is not a spiral: one minus it is wanted.": lambda n, chance=0.05: chance ** (1 / n),
            "This is three over n, a good rule for many galaxies; solve (1 - s) to the n = chance.": lambda n: 3 / n,
        },
        hint="Solve (1 - s)^n = chance for s.",
    ),
}
