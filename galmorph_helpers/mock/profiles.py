"""Sérsic profiles."""

import numpy as np
from scipy.special import gammaincinv


def sersic_b(index):
    """b_n of a Sérsic profile of index n: half of Γ(2n) lies below b_n, so that R_e holds half of the light.

    Examples
    --------
    >>> [round(float(b), 4) for b in sersic_b([1, 4])]
    [1.6783, 7.6692]
    """
    return gammaincinv(2 * np.asarray(index, float), 0.5)


def sersic(radius, index):
    """Brightness at radii in R_e, 1 at the centre: exp(-b_n R^(1/n)) (Graham & Driver 2005, PASA 22, 118)."""
    return np.exp(-sersic_b(index) * radius ** (1 / index))
