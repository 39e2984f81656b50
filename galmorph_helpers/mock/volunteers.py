"""What a crowd of volunteers would have clicked: vote fractions that depend on what can be seen, not the truth."""

import numpy as np
from astropy.table import QTable
from scipy.special import expit

VOTERS = 40  # classifications a galaxy, of order Galaxy Zoo 2's (Willett+2013)


def volunteer_votes(table, survey, *, seed=0):
    """Fractions of volunteers who say "edge-on" and "barred" of each mock galaxy.

    A disc is called edge-on the more often the closer it is to 90 degrees, half of the time at 78; a bar is seen if it
    is bright and longer than the PSF, in a disc that is not too inclined. Galaxies that the PSF blurs show neither. The
    shapes of these curves are a design of this course, not a measurement.

    Parameters
    ----------
    table : QTable
        Rows of `population`.
    survey : Survey
        Its r-band PSF blurs what they see.
    seed : int

    Returns
    -------
    QTable
        `edge_on` and `bar`, fractions of 40 votes.
    """
    rng = np.random.default_rng([seed, 40])
    blur = survey.psf_fwhm[1]
    disc = table["t_type"] > -3
    inclination = table["inclination"].to_value("deg")
    resolved = (table["r90"].to_value("arcsec") / (2 * blur)).clip(0, 1)
    edge_on = 0.02 + 0.96 * disc * resolved * expit((inclination - 78) / 2.0)
    length = table["bar_length"] * table["disc_radius"].to_value("arcsec") / 1.678 / blur  # semi-major axis in PSFs
    strength = table["bar_light"] / 0.11 * length.clip(0, 2) * (1 - table["bulge_to_total"])  # a bulge outshines a bar
    bar = 0.05 + 0.90 * expit(4 * (strength - 1.0)) * (table["bar_light"] > 0) * expit((70 - inclination) / 4)
    return QTable({"edge_on": rng.binomial(VOTERS, edge_on) / VOTERS, "bar": rng.binomial(VOTERS, bar) / VOTERS})


def certain(fraction, *, low=0.3, high=0.7):
    """Where volunteers agree: 1 above `high`, 0 below `low`, NaN between (the rule of Domínguez Sánchez+2018).

    Returns
    -------
    numpy.ndarray of float
    """
    fraction = np.asarray(fraction, float)
    if not 0 <= low < high <= 1:
        raise ValueError(f"low and high must satisfy 0 <= low < high <= 1, got {low} and {high}.")
    return np.where(fraction > high, 1.0, np.where(fraction < low, 0.0, np.nan))
