"""What a redshift survey would say of mock galaxies: spectral classes 1 to 12, as VIPERS has them."""

import numpy as np


def spectral_classes(table, *, seed=0):
    """Spectral class of mock galaxies: 1 to 3 red and passive, 4 to 6 between, 7 to 11 star-forming, 12 active nucleus.

    From rest-frame u - r and specific star formation rate, both measured with an error of the order that a short
    exposure leaves (0.05 mag and 0.2 dex); no shape enters. Of those between, 5 and 6 form stars; without lines in its
    spectrum a galaxy is in 4, however blue. Siudek+2018 (A&A 617, A70) found such classes in VIPERS without labels;
    where the borders lie is this course's design.

    Parameters
    ----------
    table : Table
        Rows of `population`, with `u_r`, `log_sfr`, `log_mass`.
    seed : int

    Returns
    -------
    numpy.ndarray of int (N,)
    """
    rng = np.random.default_rng([seed, 12])
    n = len(table)
    colour = np.asarray(table["u_r"].value, float) + rng.normal(0, 0.05, n)
    activity = np.asarray(table["log_sfr"]) - np.asarray(table["log_mass"]) + rng.normal(0, 0.2, n)
    quiet = activity < -11.2
    passive, forming = quiet & (colour > 2.45), (activity > -10.8) & (colour < 2.1)
    number = np.select(
        [passive, forming],
        [np.digitize(-colour, [-2.8, -2.6]) + 1, np.digitize(-colour, [-1.8, -1.6, -1.4, -1.2]) + 7],
        np.where(quiet, 4, np.digitize(-colour, [-2.2, -2.0]) + 4),
    )
    return np.where(rng.random(n) < 0.01, 12, number)
