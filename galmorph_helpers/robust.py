"""Robust classes of several networks, and their catalogue, in the manner of the DES morphology catalogue."""

import astropy.units as u
import numpy as np
from astropy.table import QTable

from .evaluation import check_probability

SPREAD, LOW, HIGH = 0.3, 0.3, 0.7
FLAGS = {
    0: "networks disagree, most say early",
    1: "networks disagree, most say late",
    2: "all say early, not robust",
    3: "all say late, not robust",
    4: "robust early type",
    5: "robust late type",
}


def robust_flag(probability, threshold=0.5):
    """Flag 0 to 5 of each galaxy from the probabilities of several networks.

    4 (early) and 5 (late) are robust, 0 to 3 are not, as in the DES catalogue (Vega-Ferrero+2021, MNRAS 506, 1927).
    Here robust means: probabilities within 0.3 of each other, and a mean below 0.3 or above 0.7. How 0 to 3 divide the
    rest is this course's: see `FLAGS`.

    Parameters
    ----------
    probability : array (k, N)
        Of being late, 0 to 1, one row a network.
    threshold : float or array (k,)
        Of each network, from validation galaxies.

    Returns
    -------
    numpy.ndarray of int (N,)
    """
    probability, threshold = np.asarray(probability, float), np.asarray(threshold, float)
    if probability.ndim != 2 or threshold.shape not in ((), probability.shape[:1]):
        raise ValueError(f"probability must be (k, N), threshold (k,); got {probability.shape} and {threshold.shape}.")
    if len(probability) == 0:
        raise ValueError("there are no networks to agree: probability must be (k, N) with k > 0.")
    check_probability(probability)
    votes = (probability >= threshold.reshape(-1, 1)).mean(0)
    mean = probability.mean(0)
    flag = np.select([votes == 0, votes == 1, votes < 0.5], [2, 3, 0], 1)
    close = np.ptp(probability, axis=0) < SPREAD
    return np.where(close & (mean < LOW), 4, np.where(close & (mean > HIGH), 5, flag))


def faint_catalogue(table, probability, flag):
    """A catalogue in the manner of the DES one: P1_LTG ... Pk_LTG, their mean MP_LTG, FLAG_LTG, units, descriptions.

    Parameters
    ----------
    table : Table
        With `id`, `redshift` and `r_mag`.
    probability : array (k, N)
    flag : array (N,)
        From `robust_flag`.

    Returns
    -------
    QTable
        To be written by `write_catalogue`. The public one has COADD_OBJECT_ID, RA and DEC in the place of ID.
    """
    probability = np.asarray(probability, float)
    out = QTable()
    out["ID"] = np.asarray(table["id"], np.int64)
    out["Z"] = np.asarray(table["redshift"], float) * u.dimensionless_unscaled
    out["MAG_R"] = u.Quantity(table["r_mag"], u.mag)
    described = ["number of the galaxy", "redshift", "apparent r magnitude, AB"]
    for number, row in enumerate(probability, 1):
        out[f"P{number}_LTG"] = row * u.dimensionless_unscaled
        described.append(f"probability of a late type, network {number}")
    out["MP_LTG"] = probability.mean(0) * u.dimensionless_unscaled
    out["FLAG_LTG"] = np.asarray(flag, np.int64)
    described += ["mean of the networks' probabilities", "; ".join(f"{k} {v}" for k, v in FLAGS.items())]
    for name, text in zip(out.colnames, described, strict=True):
        out[name].info.description = text
    return out


def shift_prior(probability, prior, prior_new):
    """Probabilities as they would be if the share of late types were another (Saerens+2002, Neural Comput. 14, 21).

    p' / (1 - p') = p / (1 - p) · [π' / (1 - π')] / [π / (1 - π)]: right if the galaxies of each class look as before.

    Parameters
    ----------
    probability : array
        0 to 1.
    prior, prior_new : float
        Share of late types in the training sample and where the network is used, 0 to 1, exclusive.
    """
    for name, value in (("prior", prior), ("prior_new", prior_new)):
        if not 0 < value < 1:
            raise ValueError(f"{name} must be between 0 and 1, got {value!r}.")
    check_probability(probability)
    p = np.asarray(probability, float)
    late, early = p * prior_new / prior, (1 - p) * (1 - prior_new) / (1 - prior)
    return late / (late + early)
