"""Toy kinematics of fast-rotating ellipticals and lenticulars: a hot bulge and a cold disc, seen at any angle.

The difference between the two kinds is put in: bulges weigh more in ellipticals. What λ_R and the dispersion profile
make of it follows.
"""

from dataclasses import dataclass

import numpy as np
from astropy.table import Table

from .profiles import sersic

RADII = (np.arange(15) + 0.5) / 10  # R / Re
AZIMUTHS = np.deg2rad(np.arange(0, 360, 15))


@dataclass(frozen=True)
class Kinematics:
    """Maps of N galaxies in polar pieces: `radius`, `flux`, `velocity`, `dispersion`, (N, R, A); NaN where lost.

    The flux of a piece is its surface brightness times its area, which grows with the radius: λ_R weighs by flux
    (Emsellem+2007, MNRAS 379, 401). `table` has `log_mass`, `bulge_to_total` and `inclination` (deg).
    """

    radius: np.ndarray
    flux: np.ndarray
    velocity: np.ndarray
    dispersion: np.ndarray
    table: Table


def rotators(n, kind, *, seed=0):
    """Draw velocity and dispersion maps of `n` galaxies of a kind.

    Parameters
    ----------
    n : int
        Number of galaxies, > 0.
    kind : {"E-FR", "S0"}
        Fast-rotating ellipticals: bulges of about 0.7 of the light, masses around 10^10.9. Lenticulars: about 0.4,
        masses around 10^10.4 and 10^11.0. All of these numbers are choices of the course.
    seed : int

    Returns
    -------
    Kinematics

    Raises
    ------
    ValueError
        For another kind, or n < 1.
    """
    if kind not in ("E-FR", "S0"):
        raise ValueError(f"kind must be 'E-FR' or 'S0', got {kind!r}.")
    if n < 1:
        raise ValueError(f"n must be >= 1, got {n}.")
    rng = np.random.default_rng([seed, kind == "S0"])
    if kind == "S0":
        log_mass = np.where(rng.random(n) < 0.55, rng.normal(10.4, 0.2, n), rng.normal(11.0, 0.2, n))
    else:
        log_mass = rng.normal(10.9, 0.3, n)
    share = rng.normal(0.40 if kind == "S0" else 0.70, 0.14, n).clip(0.05, 0.95)
    inclination = np.arccos(rng.uniform(0.05, 0.98, n))
    column = (slice(None), None, None)
    radius = np.broadcast_to(RADII[None, :, None], (n, len(RADII), len(AZIMUTHS)))
    bulge, disc = (sersic(radius, n) / (sersic(RADII, n) @ RADII) for n in (2, 1))
    bulge, disc = share[column] * bulge, (1 - share[column]) * disc
    bulge_share = bulge / (bulge + disc)
    scale = 10 ** (0.27 * (log_mass - 10.7) + rng.normal(0, 0.06, n))[column]
    rise = 2 / np.pi * np.arctan(radius / 0.25)
    tilt = np.sin(inclination)[column] * np.cos(AZIMUTHS)
    sigma_bulge, v_disc = 190 * scale * (radius + 0.05) ** -0.06, 230 * scale * rise
    v_bulge, sigma_disc = 0.35 * sigma_bulge * rise, 0.30 * 230 * scale
    mean = tilt * (bulge_share * v_bulge + (1 - bulge_share) * v_disc)
    apart = tilt * (v_disc - v_bulge)  # two means widen the line, too
    square = (
        bulge_share * sigma_bulge**2 + (1 - bulge_share) * sigma_disc**2 + bulge_share * (1 - bulge_share) * apart**2
    )
    error = 6 + 10 * radius  # km/s, growing outwards
    velocity = mean + error * rng.standard_normal(mean.shape)
    dispersion = np.sqrt(square) + 1.3 * error * rng.standard_normal(mean.shape)
    lost = (rng.random(mean.shape) < 0.03) | (dispersion < 30)  # below the instrument's reach
    table = Table({"log_mass": log_mass, "bulge_to_total": share, "inclination": np.rad2deg(inclination)})
    table.meta["origin"] = "mock"
    cut = [np.where(lost, np.nan, a) for a in (velocity, dispersion)]
    return Kinematics(radius, (bulge + disc) * radius, *cut, table)
