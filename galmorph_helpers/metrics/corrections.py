"""Shares and counts corrected for what a classifier gets wrong."""

import numpy as np

from .scores import check_probability


def shift_prior(probability, prior, prior_new):
    """Probabilities as they would be if the share of late types were another (Saerens+2002, Neural Comput. 14, 21).

    p' / (1 - p') = p / (1 - p) · [π' / (1 - π')] / [π / (1 - π)]: right if the galaxies of each class look as before.

    Parameters
    ----------
    probability : array
        0 to 1.
    prior, prior_new : float
        Share of late types in the training sample and where the network is used, 0 to 1, exclusive.

    Returns
    -------
    numpy.ndarray
        0 to 1, in the shape of `probability`.

    Raises
    ------
    ValueError
        If a number is not a probability.

    Examples
    --------
    >>> round(float(shift_prior(0.5, 0.5, 0.88)), 2)
    0.88
    """
    for name, value in (("prior", prior), ("prior_new", prior_new)):
        if not 0 < value < 1:
            raise ValueError(f"{name} must be between 0 and 1, got {value!r}.")
    check_probability(probability)
    p = np.asarray(probability, float)
    late, early = p * prior_new / prior, (1 - p) * (1 - prior_new) / (1 - prior)
    return late / (late + early)


def corrected_fraction(calls, *, completeness, contamination, n_calibration):
    """Fraction of galaxies with features, from the fraction a detector calls, with its error.

    f = (c - b) / (R - b) (Rogan & Gladen 1978), c: share called, R: completeness (recall), b: share of galaxies without
    features that are called. Errors of all three are binomial and propagate.

    Parameters
    ----------
    calls : array (N,) of bool
    completeness, contamination : float
        R and b, measured on galaxies of known label; R > b.
    n_calibration : (int, int)
        Galaxies with and without features that R and b were measured on.

    Returns
    -------
    (float, float)
        Fraction, cut to 0 to 1, and its standard error.

    Raises
    ------
    ValueError
        Without galaxies, or unless 0 <= contamination < completeness <= 1.

    Examples
    --------
    >>> fraction, error = corrected_fraction([1, 0, 0, 0], completeness=0.8, contamination=0.1, n_calibration=(50, 50))
    >>> round(fraction, 3)
    0.214
    """
    calls = np.asarray(calls, bool)
    if len(calls) == 0:
        raise ValueError("no galaxies to count.")
    gap = completeness - contamination
    if not (0 <= contamination < completeness <= 1):
        raise ValueError(f"completeness must exceed contamination, both 0 to 1; got {completeness}, {contamination}.")
    called = calls.mean()
    fraction = (called - contamination) / gap
    variance = [
        p * (1 - p) / m
        for p, m in zip((called, completeness, contamination), (len(calls), *n_calibration), strict=True)
    ]
    error = np.sqrt(variance[0] + fraction**2 * variance[1] + (1 - fraction) ** 2 * variance[2]) / gap
    return float(np.clip(fraction, 0, 1)), float(error)


def galaxies_needed(labelled, value, level):
    """Number of labelled galaxies at which a learning curve first reaches `level`, between its points along log N.

    Parameters
    ----------
    labelled, value : array (K,)
        Numbers of galaxies, rising and > 0, and a score that should rise with them; dips count as plateaus.
    level : float

    Returns
    -------
    float
        At least the first of `labelled`; infinity where the curve never gets there.

    Raises
    ------
    ValueError
        If the numbers do not rise from above 0, one for each value.

    Examples
    --------
    >>> round(galaxies_needed([10, 100, 1000], [0.6, 0.8, 0.9], level=0.7), 1)
    31.6
    """
    labelled, value = np.asarray(labelled, float), np.maximum.accumulate(np.asarray(value, float))
    if labelled.shape != value.shape or not (np.diff(labelled) > 0).all() or not labelled[0] > 0:
        raise ValueError(f"numbers of galaxies must rise from above 0, one for each value, got {labelled.tolist()}.")
    above = np.flatnonzero(value >= level)
    if len(above) == 0:
        return float("inf")
    k = above[0]
    if k == 0:
        return float(labelled[0])
    share = (level - value[k - 1]) / (value[k] - value[k - 1])
    return float(np.exp(np.log(labelled[k - 1]) + share * np.log(labelled[k] / labelled[k - 1])))
