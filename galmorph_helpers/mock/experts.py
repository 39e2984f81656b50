"""What experts would say of mock galaxies: a class and a type by eye, and the Sérsic index of a single fit."""

import numpy as np
from scipy.special import expit, gammainc, gammaincinv

from .volunteers import visibility, volunteer_votes


def visual_classes(table, survey, *, seed=0):
    """Class that one expert gives each galaxy by eye, and a flag where the expert is not sure.

    What shows arms to volunteers is a spiral, and so is a disc on edge with a small bulge, or one with none; what shows
    neither passes for a lenticular or an elliptical. Among those the bulge decides, as far as it can be judged. Small
    galaxies are flagged. These curves are a design of this course, not a measurement.

    Parameters
    ----------
    table : QTable
        Rows of `population`.
    survey : Survey
        Its r-band PSF and sky noise limit what is seen.
    seed : int

    Returns
    -------
    (numpy.ndarray of int, numpy.ndarray of int)
        Visual class (0 unclassifiable, 1 E, 2 S0, 3 S) and flag (0 sure, 1 not sure), each (N,).
    """
    rng = np.random.default_rng([seed, 41])
    n = len(table)
    votes = volunteer_votes(table, survey, seed=seed + 1)
    bulge = np.asarray(table["bulge_to_total"]) + rng.normal(0, 0.12, n)
    thin = votes["edge_on"] * expit((0.34 - bulge) / 0.04)
    shows = np.maximum(expit((votes["spiral"] - 0.3) / 0.08), np.maximum(0.9 * thin, 0.8 * expit((0.1 - bulge) / 0.04)))
    spiral = rng.random(n) < 0.98 * shows
    chosen = np.select([spiral, bulge > 0.8], [3, 1], 2)
    small = table["r90"].to_value("arcsec") < 2.5 * survey.seeing
    flag = (small & (rng.random(n) < 0.5)) | (rng.random(n) < 0.05)
    return np.where(flag & (rng.random(n) < 0.1), 0, chosen), flag.astype(int)


def expert_t_types(table, survey, *, seed=0):
    """T-Type (DS18 scale) that an expert would have written down: the truth, blurred by how little can be seen.

    Experts scatter by 1.3 to 2.3 types (Naim+1995, MNRAS 274, 1107). An expert who sees no arms in a spiral calls it
    earlier: its type moves half-way to S0/a.

    Parameters
    ----------
    table : Table
        From `population`.
    survey : Survey
        Whose seeing hides arms.
    seed : int

    Returns
    -------
    numpy.ndarray (N,), -3 to 10
    """
    rng = np.random.default_rng([seed, 46])
    see, t_type = visibility(table, survey), np.asarray(table["t_type"], float)
    unseen = 1 - np.maximum(see["arms"], see["edge_on"])
    seen_as = np.where(t_type > 0, t_type * (1 - 0.5 * unseen), t_type)
    return np.clip(seen_as + rng.normal(0, 0.7 + 0.8 * unseen), -3, 10)


def single_sersic_index(table):
    """Sérsic index of the one profile whose concentration is that of bulge plus disc, without PSF or noise.

    Concentration is the ratio of the radii that hold 80 and 20 % of the light: 2.7 for an exponential (n = 1), which
    grows with n. Bulge and disc are seen face-on and reach to eight half-light radii.

    Parameters
    ----------
    table : QTable
        Rows of `population`: `bulge_to_total`, `sersic_index` (of the bulge), `bulge_radius`, `disc_radius`.

    Returns
    -------
    numpy.ndarray (N,)
        In 0.5 to 8.
    """
    radius = np.logspace(-2.5, 1.2, 300)  # in half-light radii of the disc
    ratio = (table["bulge_radius"] / table["disc_radius"]).to_value("")
    share = np.asarray(table["bulge_to_total"])[:, None]
    bulge = _light_within(radius / ratio[:, None], np.asarray(table["sersic_index"])[:, None])
    light = share * bulge + (1 - share) * _light_within(radius, np.ones((1, 1)))
    concentration = [np.log(_reaches(light, f, radius)) for f in (0.2, 0.8)]
    index = np.linspace(0.5, 8, 151)
    pure = _light_within(radius, index[:, None])
    known = [np.log(_reaches(pure, f, radius)) for f in (0.2, 0.8)]
    return np.interp(concentration[1] - concentration[0], known[1] - known[0], index)


def _light_within(radius, n):
    """Share of a Sérsic profile's light inside `radius` (half-light radii), cut at eight of them."""
    b = gammaincinv(2 * n, 0.5)
    return (gammainc(2 * n, b * radius ** (1 / n)) / gammainc(2 * n, b * 8 ** (1 / n))).clip(max=1)


def _reaches(light, share, radius):
    """Radius where each growing curve of `light` (N, R) reaches `share`."""
    return np.array([np.exp(np.interp(share, row, np.log(radius))) for row in light])


def tidal_labels(signal_to_noise, *, seed=0, **panel):
    """F_tidal = features seen / experts, and the label that follows.

    Parameters
    ----------
    signal_to_noise, seed, **panel
        As in `features_seen`, which says what each expert sees.

    Returns
    -------
    (numpy.ndarray (N,), numpy.ndarray (N,))
        F_tidal, and the label: 0 (F = 0), 1 (F >= 1) or NaN (between: uncertain, left out of training).
    """
    seen = features_seen(signal_to_noise, seed=seed, **panel)
    f_tidal = seen.sum(1) / seen.shape[1]
    return f_tidal, np.where(f_tidal == 0, 0.0, np.where(f_tidal >= 1, 1.0, np.nan))


def features_seen(signal_to_noise, *, experts=5, needed=12.0, spread=0.4, second=0.3, confusion=0.01, seed=0):
    """How many tidal features each expert of a panel counts in each image.

    Each expert sees a feature with a probability that rises from 0 to 1 around a signal-to-noise `needed`, which
    differs between experts by `spread` (of its natural logarithm); very clear debris is often counted as two features.

    Parameters
    ----------
    signal_to_noise : array (N,)
        From `debris_signal`; 0 where there is nothing.
    experts : int
    second : float
        Chance to count a second feature where the first is certain.
    confusion : float
        Chance that one expert sees what is not there.
    seed : int
        Of the panel and of what it sees.

    Returns
    -------
    numpy.ndarray of int (N, experts)
        0, 1 or 2.

    Raises
    ------
    ValueError
        Without an expert, or for a signal-to-noise that is negative or not finite.
    """
    strength = np.asarray(signal_to_noise, float)
    if experts < 1:
        raise ValueError(f"at least one expert is needed, got {experts}.")
    if not (np.isfinite(strength).all() and (strength >= 0).all()):
        raise ValueError("signal_to_noise must be finite and not negative.")
    rng = np.random.default_rng([seed, 83])
    threshold = np.log(needed) + rng.normal(0, spread, experts)
    chance = expit((np.log(strength.clip(1e-9))[:, None] - threshold) / 0.3)
    sees = rng.random(chance.shape) < np.maximum(chance, confusion)
    more = sees & (rng.random(chance.shape) < second * chance**2)
    return sees.astype(int) + more
