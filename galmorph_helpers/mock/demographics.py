"""A flux-limited catalogue of mock galaxies with the correlations that observed galaxies have.

Nothing here is drawn: `population` makes the table, `light` turns its rows into light, `observe` into images.
"""

import astropy.units as u
import numpy as np
from astropy.table import QTable

from ..hubble import HUBBLE_TYPES
from ..imaging.distance import COSMOLOGY, kpc_per_arcsec

DISC_THICKNESS = 0.20  # intrinsic axis ratio q0 of a spiral's disc seen edge-on; 0.15 to 0.25 is observed
EDGE_ON_DEGREES = 80.0  # a disc inclined by more than this is called edge-on


def population(n, *, seed=0, magnitude_limit=17.77, brightest=14.0, seeing=1.3):
    """Draw a catalogue of `n` galaxies brighter than an r magnitude limit.

    Luminosities follow the SDSS luminosity function (Blanton+2003, ApJ 592, 819) in a flux-limited volume;
    types follow mass and star formation; sizes Shen+2003 (MNRAS 343, 978); bulge fractions Simien & de Vaucouleurs
    (1986, ApJ 302, 564); star formation the main sequence of Renzini & Peng (2015, ApJL 801, L29).

    Parameters
    ----------
    n : int
        Number of galaxies, > 0.
    seed : int
        Same seed, same catalogue.
    magnitude_limit, brightest : float
        Range of apparent r magnitude.
    seeing : float
        PSF FWHM, arcsec, that widens the observed `r90`.

    Returns
    -------
    astropy.table.QTable
        One row a galaxy. Physical columns: `redshift`, `r_mag`, `absolute_r`, `log_mass` (log10 of solar masses),
        `quiescent`, `log_sfr`, `t_type` (DS18 scale: E -3, S0 -2...0, Sa 1 ... Im 10), `hubble_type`, `ltg` (T > 0),
        `bulge_to_total`, `sersic_index` (of the bulge), `half_light_radius`, `r90`, `g_r`, `r_i`, `rest_g_r`, `u_r`
        (rest frame), `inclination`, `edge_on`, `bar` (strong bar in a disc that is not edge-on),
        `velocity_dispersion` (central), `spin` (lambda_R), `rotation_to_dispersion` (V / sigma), `environment`
        (log10 of the projected density in units of its mean). The rest describes the drawing: see `light`.
    """
    if n < 1:
        raise ValueError(f"a mock catalogue needs n >= 1 galaxies, got n={n}.")
    if not brightest < magnitude_limit:
        raise ValueError(
            f"brightest ({brightest}) must be a smaller magnitude than magnitude_limit ({magnitude_limit})."
        )
    rng = np.random.default_rng(seed)
    absolute_r, r_mag, redshift = _luminosity(rng, n, magnitude_limit, brightest)
    log_mass = -0.4 * (absolute_r - 4.65) + 0.27 + rng.normal(0, 0.10, n)  # M/L of a typical g-r (Bell+2003)
    quiescent = rng.random(n) < 1 / (1 + np.exp(-(log_mass - 10.5) / 0.35))
    t_type = _types(rng, log_mass, quiescent)
    log_sfr = np.where(quiescent, log_mass + rng.normal(-11.9, 0.4, n), 0.76 * log_mass - 7.64 + rng.normal(0, 0.3, n))
    elliptical = t_type == -3
    bulge_to_total = np.where(elliptical, 1.0, _bulge_fraction(t_type) * 10 ** rng.normal(0, 0.15, n)).clip(0, 1)
    bulge_to_total[~elliptical] = bulge_to_total[~elliptical].clip(0.01, 0.80)
    thickness = _thickness(rng, t_type)
    inclination, axis_ratio = _orientation(rng, elliptical, thickness)
    # Half of the ellipticals, the fast rotators, hold a faint disc; seen from the side they would be called lenticular.
    discy = elliptical & (rng.random(n) < 0.5)
    bulge_to_total = np.where(discy, rng.uniform(0.65, 0.95, n), bulge_to_total)
    inclination = np.where(discy, rng.uniform(0, 65, n), inclination)
    half_light_kpc = _half_light_kpc(rng, log_mass, t_type)
    half_light = half_light_kpc / kpc_per_arcsec(redshift)
    # In circles, as surveys measure it: 2.3 half-light radii of a round galaxy, fewer of a thin one. A PSF: 1.3 FWHM.
    r90 = np.hypot(2.3 * half_light * np.sqrt((1 + axis_ratio) / 2), 1.2 * seeing)
    rest_g_r, g_r, bulge_g_r = _colours(rng, t_type, quiescent, log_mass, redshift, inclination)
    edge_on = ~elliptical & (inclination > EDGE_ON_DEGREES)

    table = QTable()
    table["id"] = np.arange(n)
    table["redshift"], table["r_mag"], table["absolute_r"] = redshift, r_mag * u.mag, absolute_r * u.mag
    table["log_mass"], table["quiescent"], table["log_sfr"] = log_mass, quiescent, log_sfr
    table["t_type"] = t_type
    table["hubble_type"] = [HUBBLE_TYPES[t] for t in t_type]
    table["ltg"] = t_type > 0
    table["bulge_to_total"] = bulge_to_total
    table["sersic_index"] = _sersic_index(rng, t_type)
    table["half_light_radius"], table["r90"] = half_light * u.arcsec, r90 * u.arcsec
    table["g_r"], table["bulge_g_r"] = g_r * u.mag, bulge_g_r * u.mag
    table["r_i"] = (0.10 + 0.42 * g_r + rng.normal(0, 0.03, n)) * u.mag
    table["inclination"], table["axis_ratio"] = inclination * u.deg, axis_ratio
    table["thickness"] = thickness
    table["position_angle"] = rng.uniform(0, 180, n) * u.deg
    table["edge_on"] = edge_on
    # Half-light radii of the parts: a compact bulge inside a disc somewhat larger than the whole.
    table["bulge_radius"] = (
        np.where(elliptical, half_light, half_light * (0.18 + 0.55 * bulge_to_total) * 10 ** rng.normal(0, 0.1, n))
        * u.arcsec
    )
    table["disc_radius"] = half_light * (1 + 0.45 * bulge_to_total) * u.arcsec
    table["bulge_axis_ratio"] = np.where(elliptical, axis_ratio, bulge_axis_ratio(np.cos(np.deg2rad(inclination))))
    _structure(rng, table)
    _dynamics(np.random.default_rng([seed, 5]), table, rest_g_r, half_light_kpc, discy)
    table.meta["origin"] = "mock"
    return table


def _luminosity(rng, n, magnitude_limit, brightest):
    """Absolute and apparent r magnitude and redshift of a flux-limited sample.

    In a flux-limited sample a luminosity counts in proportion to phi(L) times the volume out to which it is seen,
    so bright galaxies are over-represented; within that volume counts grow as 10^(0.6 m).
    """
    magnitude = np.linspace(-23.6, -17.0, 500)
    x = 10 ** (-0.4 * (magnitude + 20.44 + 0.775))  # M* - 5 log h = -20.44, h = 0.7
    weight = x ** (-1.05 + 1) * np.exp(-x) * 10 ** (-0.6 * magnitude)
    cumulative = np.cumsum(weight) / weight.sum()
    absolute = np.interp(rng.random(n), cumulative, magnitude)
    faint, bright = 10 ** (0.6 * magnitude_limit), 10 ** (0.6 * brightest)
    apparent = np.log10(rng.uniform(bright, faint, n)) / 0.6
    grid = np.linspace(0.002, 1.2, 2400)
    modulus = COSMOLOGY.distmod(grid).value + 1.0 * grid  # a k-correction of about 1 magnitude per unit redshift in r
    return absolute, apparent, np.interp(apparent - absolute, modulus, grid)


def _types(rng, log_mass, quiescent):
    """T-Type given mass and star formation: massive quiescent ones are E, others S0; low-mass active discs are late."""
    n = len(log_mass)
    sigmoid = 1 / (1 + np.exp(-(log_mass - 11.0) / 0.22))
    is_elliptical = rng.random(n) < 0.20 + 0.55 * sigmoid
    lenticular = rng.choice([-2, -1, 0], size=n, p=[0.35, 0.40, 0.25])
    passive = np.where(is_elliptical, -3, lenticular)
    passive = np.where(rng.random(n) < 0.22, rng.choice([1, 2, 3], size=n), passive)  # red spirals
    spiral = np.rint(3.6 - 2.6 * (log_mass - 10.5) + rng.normal(0, 1.5, n)).clip(1, 10)
    active = np.where(rng.random(n) < 0.05, lenticular, spiral)  # blue S0s
    return np.where(quiescent, passive, active).astype(int)


def _bulge_fraction(t_type):
    """B/T of Simien & de Vaucouleurs (1986), times 0.6, on the RC3 scale (S0 at -2 where DS18 has -1).

    Decompositions of images find bulges smaller than the older profiles did: of order 0.3 in S0, 0.15 in Sb.
    """
    rc3 = np.where(t_type < 0, t_type - 1.0, t_type)
    x = rc3 + 5
    return 0.6 * 10 ** (-0.4 * (0.324 * x - 0.054 * x**2 + 0.0047 * x**3))


def _sersic_index(rng, t_type):
    """Sérsic index of the bulge: near 4 in E and S0, 2 in Sa-Sb, 1 later; log-normal scatter of 0.12 dex."""
    mean = np.select([t_type == -3, t_type <= 0, t_type <= 3], [4.5, 3.6, 2.2], 1.2)
    return (mean * 10 ** rng.normal(0, 0.12, len(t_type))).clip(0.5, 6.0)


def _thickness(rng, t_type):
    """Intrinsic axis ratio q0 of a disc: near 0.2 in spirals, thicker in lenticulars and irregulars."""
    return np.interp(t_type, [-2, 0, 2, 6, 10], [0.32, 0.27, DISC_THICKNESS, 0.18, 0.35]) * 10 ** rng.normal(
        0, 0.06, len(t_type)
    )


def disc_axis_ratio(cos_i, thickness):
    """Axis ratio q of a disc of thickness q0 seen at inclination i: q^2 = q0^2 + (1 - q0^2) cos^2 i (Hubble 1926)."""
    return np.sqrt(thickness**2 + (1 - thickness**2) * cos_i**2)


def bulge_axis_ratio(cos_i):
    """Axis ratio of a disc galaxy's bulge: an oblate one of 0.5, about as flat as it looks at inclination i."""
    return 1 - 0.5 * (1 - cos_i)


def _orientation(rng, elliptical, thickness):
    """Inclination (deg) and observed axis ratio.

    Discs of thickness q0 point anywhere: q^2 = q0^2 + (1 - q0^2) cos^2 i. E follow a Beta distribution of mean 0.77.
    """
    n = len(elliptical)
    cos_i = rng.random(n)
    q_disc = disc_axis_ratio(cos_i, thickness)
    q_elliptical = rng.beta(5.0, 1.5, n).clip(0.35, 1.0)
    return np.where(elliptical, 0.0, np.rad2deg(np.arccos(cos_i))), np.where(elliptical, q_elliptical, q_disc)


def _half_light_kpc(rng, log_mass, t_type):
    """Half-light radius in kpc with its scatter (Shen+2003)."""
    mass = 10**log_mass
    early = 2.88e-6 * mass**0.56
    late = 0.1 * mass**0.14 * (1 + mass / 3.98e10) ** 0.25
    sigma = 0.34 + 0.13 / (1 + (mass / 3.98e10) ** 2)
    return np.where(t_type <= 0, early, late) * np.exp(rng.normal(0, sigma))


def _colours(rng, t_type, quiescent, log_mass, redshift, inclination):
    """Observed g-r of the galaxy and its bulge: type, mass, star formation, dust in inclined discs, k-correction."""
    rest = np.interp(t_type, [-3, -1, 1, 3, 5, 10], [0.77, 0.74, 0.66, 0.58, 0.47, 0.35])
    rest += 0.04 * (log_mass - 10.7)  # massive galaxies are more metal-rich
    rest += np.where((t_type > 0) & quiescent, 0.05, 0.0) - np.where((t_type <= 0) & ~quiescent, 0.15, 0.0)
    rest += np.where(t_type > 0, 0.10 * (inclination / 90) ** 3, 0.0)
    rest += rng.normal(0, np.where(t_type > 3, 0.10, 0.05))
    k = np.interp(t_type, [-3, 5], [1.9, 1.0]) * redshift  # K_g - K_r of order 2z for old, 1z for young galaxies
    return rest, rest + k, np.where(t_type == -3, rest + k, np.maximum(rest, 0.72) + 1.9 * redshift)


def _structure(rng, table):
    """Bars, arms, rings, knots, dust: columns that only the drawing uses."""
    n, t = len(table), table["t_type"]
    disc = t > -3
    face_on = table["inclination"].value < 70
    bar_fraction = np.interp(t, [-3, -2, 0, 2, 4, 6, 8, 10], [0, 0.20, 0.30, 0.36, 0.28, 0.32, 0.30, 0.15])
    has_bar = disc & (rng.random(n) < bar_fraction)
    table["bar"] = has_bar & face_on
    table["bar_light"] = np.where(has_bar, rng.uniform(0.10, 0.28, n), 0.0)  # share of the disc's light
    table["bar_length"] = rng.uniform(1.0, 1.7, n)  # semi-major axis in disc scale lengths
    table["bar_angle"] = rng.uniform(0, 180, n) * u.deg
    table["ring_light"] = np.where(disc & (t < 5) & (rng.random(n) < 0.25), rng.uniform(0.03, 0.12, n), 0.0)
    table["arm_number"] = rng.choice([1, 2, 3, 4], size=n, p=[0.05, 0.65, 0.15, 0.15])
    pitch = np.interp(t, [0, 1, 3, 5, 8], [9, 11, 16, 22, 27]) * 10 ** rng.normal(0, 0.12, n)
    table["arm_pitch"] = pitch.clip(5, 45) * u.deg
    table["arm_winding"] = rng.choice([-1, 1], size=n)  # +1 and -1 are mirror images
    contrast = np.interp(t, [0, 1, 3, 5, 7, 10], [0.0, 0.80, 1.0, 1.0, 0.8, 0.3]) * rng.uniform(0.5, 1.4, n)
    table["arm_contrast"] = np.where(t > 0, contrast * np.where(table["quiescent"], 0.7, 1.0), 0.0)
    table["arm_phase"] = rng.uniform(0, 2 * np.pi, n)
    table["flocculence"] = rng.uniform(0.0, 0.7, n)  # share of the arm pattern in many short arms
    # Discs are lopsided (m = 1 above 0.2 in about a third of them, Rix & Zaritsky 1995) and patchy with star formation.
    table["lopsidedness"] = np.where(
        disc, np.interp(t, [-2, 0, 3, 6, 10], [0.10, 0.15, 0.28, 0.35, 0.6]) * rng.normal(0, 1, n), 0.0
    ).clip(-0.8, 0.8)
    # Many discs are flatter inside and steeper outside than an exponential (type II of Freeman 1970).
    table["disc_deficit"] = np.where(t > 0, rng.uniform(0.1, 0.33, n), 0.0)
    table["patchiness"] = np.where(
        t > 0, np.interp(t, [0, 3, 6, 10], [0.15, 0.35, 0.5, 0.6]) * rng.uniform(0.3, 1.5, n), 0.0
    ) * np.where(table["quiescent"], 0.5, 1.0)
    table["knot_light"] = np.where(
        (t > 2) & ~table["quiescent"], np.interp(t, [2, 6, 10], [0.02, 0.06, 0.14]) * rng.uniform(0.3, 1.7, n), 0.0
    )
    dusty = np.interp(t, [-1, 1, 4, 7, 10], [0.0, 0.30, 0.35, 0.2, 0.05])
    table["dust"] = np.where(disc, dusty * rng.uniform(0.2, 1.4, n), 0.0).clip(0, 0.45)


def _dynamics(rng, table, rest_g_r, half_light_kpc, discy):
    """Columns that no image shows: rest-frame colours, rotation, dispersion, environment.

    The relations are of the observed order (u - r = 2.22 parts the two populations, Strateva+2001; denser places hold
    earlier types, Dressler 1980; lambda_R and V / sigma tied as in Emsellem+2011); the scatter is this course's design.
    """
    n, t, mass = len(table), table["t_type"], np.asarray(table["log_mass"])
    table["rest_g_r"] = rest_g_r * u.mag
    table["u_r"] = (
        np.interp(rest_g_r, [0.2, 0.35, 0.48, 0.60, 0.68, 0.77, 0.9], [0.9, 1.2, 1.6, 2.0, 2.3, 2.6, 2.85])
        + rng.normal(0, 0.08, n)
    ) * u.mag
    # Virial order: sigma^2 grows with mass over size; discs keep the dispersion of what bulge they have.
    bulge = np.where(t == -3, 1.0, np.asarray(table["bulge_to_total"]))
    log_sigma = 2.18 + 0.5 * (mass - 10.7 - np.log10(half_light_kpc / 3.5)) + 0.25 * np.log10(bulge.clip(0.03, 1))
    table["velocity_dispersion"] = 10 ** (log_sigma + rng.normal(0, 0.06, n)) * u.km / u.s
    # Massive ellipticals are slow rotators, discs turn; what is seen of it falls towards face-on.
    slow = (t == -3) & ~discy & (rng.random(n) < 1 / (1 + np.exp(-(mass - 10.9) / 0.25)))
    edge_on_spin = np.interp(t, [-3, -2, 0, 3, 6, 10], [0.45, 0.55, 0.68, 0.80, 0.78, 0.65]) + rng.normal(0, 0.08, n)
    tilt = np.where(t == -3, np.arccos(rng.random(n)), np.deg2rad(table["inclination"].value))
    spin = np.where(slow, rng.normal(0.08, 0.03, n), edge_on_spin * np.sin(tilt) ** 0.5).clip(0.02, 0.95)
    table["spin"] = spin
    table["rotation_to_dispersion"] = spin / (1.1 * np.sqrt(1 - spin**2))  # kappa = 1.1, Emsellem+2011, eq. B1
    table["environment"] = rng.normal(0, 0.5, n) + 0.3 * table["quiescent"] + 0.25 * (t == -3) - 0.2
