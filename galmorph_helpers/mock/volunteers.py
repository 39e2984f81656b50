"""What a crowd of volunteers would have clicked: votes that depend on what can be seen, not on the truth."""

import numpy as np
from astropy.table import QTable
from scipy.special import expit

from ..labels import certain
from ..surveys import SDSS

VOTERS = 40  # classifications a galaxy, of order Galaxy Zoo 2's (Willett+2013)
EDGE_ON_RATIO = 0.46  # axis ratio, as seen, at which half of the volunteers call a disc edge-on


def volunteer_votes(table, survey, *, seed=0):
    """Fractions of 40 volunteers whose way down the Galaxy Zoo decision tree ends in each answer.

    First question: smooth, or features? Arms, bars and edge-on discs are features if they are strong and long enough in
    units of the PSF; a bulge outshines them, noise hides them. Then: edge-on? If not: a bar? arms? The order and the
    wording are those of Willett+2013; the shapes of the curves are a design of this course, not a measurement.

    Parameters
    ----------
    table : QTable
        Rows of `population`.
    survey : Survey
        Its r-band PSF and sky noise limit what they see.
    seed : int

    Returns
    -------
    QTable
        `smooth`, `features`, `edge_on`, `bar`, `spiral`: fractions of all volunteers, so `smooth` + `features` = 1 and
        the others are at most `features`. Galaxy Zoo 2 divides by those who were asked:
        edge_on / features, bar / (features - edge_on), spiral / (features - edge_on).
    """
    rng = np.random.default_rng([seed, 40])
    see = visibility(table, survey)
    plain = 1 - (1 - 0.97 * see["edge_on"]) * (1 - 0.75 * see["bar"]) * (1 - 0.95 * see["arms"])
    features = rng.binomial(VOTERS, 0.03 + 0.95 * plain)
    edge_on = rng.binomial(features, 0.02 + 0.96 * see["edge_on"] / np.maximum(plain, see["edge_on"]).clip(1e-6))
    bar = rng.binomial(features - edge_on, 0.04 + 0.92 * see["bar"] / np.maximum(plain, see["bar"]).clip(1e-6))
    spiral = rng.binomial(features - edge_on, 0.05 + 0.90 * see["arms"] / np.maximum(plain, see["arms"]).clip(1e-6))
    counts = {"smooth": VOTERS - features, "features": features, "edge_on": edge_on, "bar": bar, "spiral": spiral}
    return QTable({name: count / VOTERS for name, count in counts.items()})


def visibility(table, survey):
    """How clearly arms, bar and edge-on disc of each galaxy are seen: a dict of arrays, 0 to 1."""
    blur = survey.seeing
    tilt = table["inclination"].to_value("deg")
    light = 1 - np.asarray(table["bulge_to_total"])
    h = table["disc_radius"].to_value("arcsec") / 1.678
    # Axis ratio of the half-light ellipse after the PSF: what the eye goes by, not the inclination.
    radius, seeing = table["half_light_radius"].to_value("arcsec"), 0.5 * blur
    q_seen = np.sqrt((table["axis_ratio"] ** 2 * radius**2 + seeing**2) / (radius**2 + seeing**2))
    # Signal-to-noise of a PSF-sized patch one scale length from the centre.
    flux = 10 ** (-0.4 * (table["r_mag"].value - 22.5)) * light * np.exp(-1) / (2 * np.pi * h**2)
    noise = survey.sky_sigma[survey.reference_index] / survey.pixel_scale * 1.06 * blur
    contrast_to_noise = flux * blur**2 / noise
    length = table["bar_length"] * h / blur  # semi-major axis in PSFs
    strength = table["bar_light"] / 0.11 * length.clip(0, 2) * light
    pattern = np.asarray(table["arm_contrast"]) * light * expit((78 - tilt) / 4)
    pattern = pattern * (h / blur / 1.5).clip(0, 1.5) * (contrast_to_noise / 20).clip(0, 1)
    return {
        "edge_on": expit((EDGE_ON_RATIO - q_seen) / 0.04) * (0.5 + 0.5 * (light > 0)),
        "bar": _rising(strength, 1.0, 4) * expit((70 - tilt) / 4),
        "arms": _rising(pattern, 0.28, 7),
    }


def _rising(x, middle, steepness):
    """From 0 at x = 0 by about a half at `middle` to 1."""
    least = expit(-steepness * middle)
    return (expit(steepness * (x - middle)) - least) / (1 - least)


def answers(table, *, survey=SDSS, seed=0):
    """What volunteers answered to the three questions of Domínguez Sánchez+2019, where they agree.

    The volunteers look at the pictures of `survey`, by default SDSS: the answers then stay the same whichever survey
    a network is shown, as in the paper, where galaxies of DES carry labels given on SDSS pictures.

    Parameters
    ----------
    table : QTable
        Rows of `population`.
    survey : Survey
    seed : int
        Of the votes.

    Returns
    -------
    numpy.ndarray (N, 3)
        Columns as in `QUESTIONS`: 1 yes (over 70 % of the votes), 0 no (under 30 %), NaN where they disagree.
    """
    votes = volunteer_votes(table, survey, seed=seed)
    return np.stack([certain(votes[name]) for name in ("features", "edge_on", "bar")], 1)
