"""A flux-limited catalogue of mock galaxies with the correlations that observed galaxies have.

Nothing here is drawn: `population` makes the table, `light` turns its rows into light, `observe` into images.
"""

import astropy.units as u
import numpy as np
from astropy.table import QTable
from scipy.special import expit, logit

from ..hubble import HUBBLE_TYPES
from ..imaging.distance import COSMOLOGY, kpc_per_arcsec

DISC_THICKNESS = 0.20  # intrinsic axis ratio q0 of a spiral's disc seen edge-on; 0.15 to 0.25 is observed
PROFILE_SCATTER = 1.5  # types by which a disc's bulge, thickness, colour scatter about its own (Naim+1995: as experts)
# Of ln R90 as measured in a survey, against noiseless images: noise and neighbours widen it, and scatter it.
R90_WIDER, R90_SCATTER = 0.08, 0.03
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
    # Of one luminosity, red galaxies are heavier: first by how many stars form (of order), then by colour.
    log_light = -0.4 * (absolute_r - 4.65)
    quiescent = rng.random(n) < 1 / (1 + np.exp(-(log_light - 10.27) / 0.33))
    t_type = _types(rng, log_light + np.where(quiescent, 0.36, 0.14), quiescent)
    elliptical = t_type == -3
    # Experts name a type by its arms and patches more than by its bulge: the profile follows a type of its own.
    by_profile = np.where(elliptical, -3, (t_type + rng.normal(0, PROFILE_SCATTER, n)).clip(-2.5, 10))
    # Bulges of one type range over a factor of two and more (Graham & Worley 2008, MNRAS 388, 1708).
    share = expit(logit(_bulge_fraction(by_profile)) + rng.normal(0, 0.7, n) - 0.1).clip(0.002, 0.85)
    bulge_to_total = np.where(elliptical, 1.0, share)
    thickness = _thickness(rng, by_profile)
    inclination, axis_ratio = _orientation(rng, elliptical, thickness)
    # Half of the ellipticals, the fast rotators, hold a faint disc; seen from the side they would be called lenticular.
    discy = elliptical & (rng.random(n) < 0.5)
    bulge_to_total = np.where(discy, rng.uniform(0.65, 0.95, n), bulge_to_total)
    inclination = np.where(discy, rng.uniform(0, 65, n), inclination)
    rest_g_r = _rest_colour(rng, by_profile, quiescent, log_light, inclination)
    # Bell+2003 (ApJS 149, 289), less 0.15 dex for fewer low-mass stars than Salpeter's: 0.4 dex between blue and red.
    log_mass = log_light - 0.306 + 1.097 * rest_g_r - 0.15 + rng.normal(0, 0.10, n)
    log_sfr = np.where(quiescent, log_mass + rng.normal(-11.9, 0.4, n), 0.76 * log_mass - 7.64 + rng.normal(0, 0.3, n))
    half_light_kpc = _half_light_kpc(rng, log_mass, t_type)
    half_light = half_light_kpc / kpc_per_arcsec(redshift)
    # In circles and within two Petrosian radii, as SDSS measures it, on noiseless images of these galaxies: 2.4
    # half-light radii of a round disc, 2.8 of a round elliptical, fewer of a thin galaxy. A PSF: 1.3 FWHM.
    concentration = 2.3 * (1.03 + 0.17 * (1 - np.exp(-4 * bulge_to_total)))
    r90 = np.hypot(concentration * half_light * np.sqrt((1 + axis_ratio) / 2), 1.2 * seeing)
    r90 = r90 * np.exp(rng.normal(R90_WIDER, R90_SCATTER, n))
    g_r, bulge_g_r = _observed_colours(np.random.default_rng([seed, 11]), rest_g_r, t_type, redshift)
    edge_on = ~elliptical & (inclination > EDGE_ON_DEGREES)

    table = QTable()
    table["id"] = np.arange(n)
    table["redshift"], table["r_mag"], table["absolute_r"] = redshift, r_mag * u.mag, absolute_r * u.mag
    table["log_mass"], table["quiescent"], table["log_sfr"] = log_mass, quiescent, log_sfr
    table["t_type"] = t_type
    table["hubble_type"] = [HUBBLE_TYPES[t] for t in t_type]
    table["ltg"] = t_type > 0
    table["bulge_to_total"] = bulge_to_total
    table["sersic_index"] = _sersic_index(rng, by_profile)
    table["half_light_radius"], table["r90"] = half_light * u.arcsec, r90 * u.arcsec
    table["g_r"], table["bulge_g_r"] = g_r * u.mag, bulge_g_r * u.mag
    # The redder, the flatter: of order what SDSS galaxies show.
    r_i = np.interp(g_r, [-0.2, 0.2, 0.5, 0.75, 1.5], [-0.06, 0.13, 0.26, 0.355, 0.50])
    table["r_i"] = (r_i + rng.normal(0, 0.06, n)) * u.mag  # lines of gas and the dust before it scatter it
    table["inclination"], table["axis_ratio"] = inclination * u.deg, axis_ratio
    table["thickness"] = thickness
    table["position_angle"] = rng.uniform(0, 180, n) * u.deg
    table["edge_on"] = edge_on
    # Half-light radii of the parts, in that of the disc: a bulge of 0.2 to 0.45, and of the whole what sums of Sérsic
    # profiles give.
    disc_radius = half_light / np.interp(bulge_to_total, np.arange(0, 0.9, 0.1), _WHOLE_TO_DISC)
    disc_radius = np.where(elliptical, 1.4 * half_light, disc_radius)
    compact = (np.interp(by_profile, [-1, 3], [0.21, 0.31]) + 0.26 * bulge_to_total) * 10 ** rng.normal(0, 0.1, n)
    table["bulge_radius"] = np.where(elliptical, half_light, disc_radius * compact) * u.arcsec
    table["disc_radius"] = disc_radius * u.arcsec
    table["bulge_axis_ratio"] = np.where(elliptical, axis_ratio, bulge_axis_ratio(np.cos(np.deg2rad(inclination))))
    _structure(np.random.default_rng([seed, 9]), table)
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
    """T-Type given mass and star formation: massive quiescent ones are E, others S0; low-mass active discs are late.

    Quiescent discs are lenticulars and, beyond them, red spirals; the earliest of the active ones are blue S0s. Of one
    mass types range widely: colour and mass alone do not tell them.
    """
    n = len(log_mass)
    is_elliptical = rng.random(n) < 0.20 + 0.55 / (1 + np.exp(-(log_mass - 11.0) / 0.22))
    passive = np.where(is_elliptical, -3, np.rint(rng.normal(-0.2, 2.2, n)).clip(-2, 6))
    active = np.rint(3.4 - 2.4 * (log_mass - 10.5) + rng.normal(0, 2.0, n)).clip(-2, 10)
    return np.where(quiescent, passive, active).astype(int)


def _bulge_fraction(t_type):
    """B/T of Simien & de Vaucouleurs (1986), times 0.92 to 0.98, on the RC3 scale (S0 at -2 where DS18 has -1).

    Decompositions of images find bulges smaller than the older profiles did (Graham & Worley 2008, MNRAS 388, 1708);
    the factor and the scatter of profiles within a type leave medians 0.1 dex lower, within the older scatter of 0.15.
    """
    rc3 = np.where(t_type < 0, t_type - 1.0, t_type)
    x = rc3 + 5
    return np.interp(t_type, [-1, 0, 3], [0.98, 0.94, 0.92]) * 10 ** (-0.4 * (0.324 * x - 0.054 * x**2 + 0.0047 * x**3))


def _sersic_index(rng, t_type):
    """Sérsic index of the bulge: from 5 in E by 4 in S0 to 1 in late types; log-normal scatter of 0.2 dex."""
    mean = np.interp(t_type, [-3, -2, -1, 0, 1, 3, 5, 7], [4.95, 4.4, 4.0, 3.4, 3.0, 2.1, 1.4, 1.1])
    return (mean * 10 ** rng.normal(0, 0.2, len(t_type))).clip(0.5, 6.0)


_WHOLE_TO_DISC = (1.0, 0.908, 0.825, 0.74, 0.655, 0.57, 0.495, 0.44, 0.39)  # half-light radii, B/T of 0, 0.1 ... 0.8


def _thickness(rng, t_type):
    """Intrinsic axis ratio q0 of a disc: near 0.2 in spirals, thicker in lenticulars and irregulars."""
    mean = np.interp(t_type, [-2, 0, 2, 4, 6, 10], [0.31, 0.265, 0.225, DISC_THICKNESS, 0.185, 0.33])
    return mean * 10 ** rng.normal(0, 0.09, len(t_type))


def disc_axis_ratio(cos_i, thickness):
    """Axis ratio q of a disc of thickness q0 seen at inclination i: q^2 = q0^2 + (1 - q0^2) cos^2 i (Hubble 1926)."""
    return (thickness**2 + (1 - thickness**2) * cos_i**2) ** 0.5


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
    """Half-light radius in kpc (Shen+2003); its two kinds of galaxies meet in S0/a. Less scatter than as measured."""
    mass = 10**log_mass
    early = np.log(2.88e-6 * mass**0.56)
    late = np.log(0.1 * mass**0.14 * (1 + mass / 3.98e10) ** 0.25)
    sigma = 0.32 + 0.12 / (1 + (mass / 3.98e10) ** 2)
    share = np.interp(t_type, [-1, 0, 1, 2], [1, 0.7, 0.3, 0])
    return np.exp(share * early + (1 - share) * late + rng.normal(0, sigma))


def _rest_colour(rng, t_type, quiescent, log_light, inclination):
    """Rest-frame g-r: of star formation first, then of type, mass and dust in inclined discs.

    Spirals that form no stars are red (Masters+2010, MNRAS 405, 783), lenticulars that do are blue. Of one type colours
    scatter by of order 0.1 among spirals (Shimasaku+2001, AJ 122, 1238), most of it on the blue side: bursts.
    """
    red = np.interp(t_type, [-3, -1, 1, 3, 5, 10], [0.77, 0.73, 0.715, 0.70, 0.66, 0.60])
    blue = np.interp(t_type, [-3, -1, 1, 3, 5, 10], [0.665, 0.64, 0.615, 0.575, 0.47, 0.37])
    rest = np.where(quiescent, red, blue) + 0.04 * (log_light - 10.4)  # luminous galaxies are more metal-rich
    rest += np.interp(t_type, [-3, -1, 1, 3, 10], [0, 0.02, 0.06, 0.10, 0.08]) * (inclination / 90) ** 3
    bursts = np.where(quiescent, 0, rng.exponential(np.interp(t_type, [-1, 3, 5], [0.04, 0.07, 0.10])))
    return rest - bursts + rng.normal(0, np.interp(t_type, [-3, 0, 3, 5], [0.05, 0.08, 0.11, 0.12]))


def _observed_colours(rng, rest, t_type, redshift):
    """Observed g-r of the galaxy and its bulge: K_g - K_r is of order 2z for old and 1z for young galaxies."""
    k = np.interp(t_type, [-3, 5], [1.9, 1.0]) * redshift
    bulge = np.maximum(rest, 0.72) + 1.9 * redshift + rng.normal(0, 0.09, len(rest))
    return rest + k, np.where(t_type == -3, rest + k, bulge)


#: Means along the Hubble sequence. Arms, flocculence, rings, dust follow the mean attributes by type of EFIGI (4,458
#: galaxies, Baillard+2011, A&A 532, A74; de Lapparent+2011, A&A 532, A75), in bulk; their scale is this course's.
ALONG = {
    "arm_contrast": (
        [-3, -2, -1, 0, 1, 2, 3, 5, 6, 7, 8, 10],
        [0, 0.03, 0.12, 0.28, 0.47, 0.75, 1.05, 1.4, 1.2, 0.9, 0.4, 0],
    ),  # fmt: skip
    "flocculence": ([-3, 0, 1, 2, 3, 6, 10], [0.05, 0.14, 0.21, 0.29, 0.42, 0.6, 0.7]),
    "patchiness": ([-3, 0, 1, 3, 6, 10], [0.04, 0.12, 0.17, 0.33, 0.48, 0.60]),
    "lopsidedness": ([-3, -2, 0, 3, 6, 10], [0.08, 0.10, 0.15, 0.25, 0.35, 0.60]),
    "knot_light": ([-3, 0, 1, 2, 4, 6, 10], [0, 0.004, 0.007, 0.01, 0.02, 0.035, 0.06]),
    "dust": ([-3, -1, 0, 1, 3, 5, 7, 9, 10], [0.04, 0.20, 0.27, 0.34, 0.48, 0.42, 0.24, 0.15, 0.08]),
    "ring_light": ([-3, -2, -1, 0, 2, 3, 4, 5, 7], [0, 0.15, 0.25, 0.40, 0.40, 0.23, 0.16, 0.10, 0]),
}
TYPE_SCATTER = 1.5  # types by which structure scatters: less than profiles do, as experts go by structure


def _structure(rng, table):
    """Bars, arms, rings, knots, dust: columns that only the drawing uses.

    Each follows a type that scatters about the table's, by itself: neighbouring classes overlap, nothing switches on.
    """
    n, t = len(table), np.asarray(table["t_type"])
    quiescent = np.asarray(table["quiescent"])

    def along(name, dex=0.2):
        return np.interp(t + rng.normal(0, TYPE_SCATTER, n), *ALONG[name]) * 10 ** rng.normal(0, dex, n)

    bar_fraction = np.interp(t, [-3, -2, 0, 2, 4, 6, 8, 10], [0, 0.20, 0.30, 0.36, 0.28, 0.32, 0.30, 0.15])
    has_bar = rng.random(n) < bar_fraction
    table["bar"] = has_bar & (table["inclination"].value < 70)
    table["bar_light"] = np.where(has_bar, rng.uniform(0.10, 0.28, n), 0.0)  # share of the disc's light
    table["bar_length"] = rng.uniform(1.0, 1.7, n)  # semi-major axis in disc scale lengths
    table["bar_angle"] = rng.uniform(0, 180, n) * u.deg
    table["ring_light"] = np.where(rng.random(n) < 0.6, along("ring_light"), 0.0)  # of the disc there, over 2
    two = rng.random(n) < np.where(has_bar, 0.85, 0.65)  # arms that leave the ends of a bar are two
    table["arm_number"] = np.where(two, 2, rng.choice([1, 3, 4], size=n, p=[0.14, 0.46, 0.40]))
    table["arm_pitch"] = (np.interp(t, [-1, 1, 3, 5, 8], [10, 12, 16, 21, 25]) * 10 ** rng.normal(0, 0.13, n)).clip(
        6, 45
    ) * u.deg
    table["pitch_change"] = rng.normal(0, 0.25, n).clip(-0.45, 0.45)  # of its cotangent, per factor e in radius
    table["arm_winding"] = rng.choice([-1, 1], size=n)  # +1 and -1 are mirror images
    table["arm_contrast"] = along("arm_contrast", 0.25) * np.where(quiescent, 0.85, 1.0)
    table["arm_inequality"] = np.abs(rng.normal(0, 0.35, n)).clip(max=0.9)  # how much stronger one arm is
    free = rng.uniform(0, 2 * np.pi, n)
    from_bar = -table["arm_number"] * table["arm_winding"] * table["bar_angle"].to_value("rad")
    table["arm_phase"] = np.where(has_bar, from_bar, free)
    table["arm_start"] = np.where(has_bar, 0.95 * table["bar_length"], rng.uniform(0.3, 1.0, n))  # scale lengths
    table["flocculence"] = along("flocculence").clip(0, 0.95)  # share of the arm pattern in many short arms
    # Discs are lopsided (m = 1 above 0.2 in about a third of them, Rix & Zaritsky 1995) and patchy with star formation.
    table["lopsidedness"] = (along("lopsidedness", 0.1) * rng.normal(0, 1, n)).clip(-0.9, 0.9)
    # Light bends down in about 25 % of S0, 80 % of Sd-Sm (type II); Gutiérrez+2011, AJ 142, 145. Others go on, or up.
    bends_down = rng.random(n) < np.interp(t, [-2, -1, 7], [0.22, 0.25, 0.80])
    table["disc_deficit"] = np.where(bends_down, rng.uniform(0.06, 0.24, n), rng.uniform(-0.10, 0.06, n))
    table["patchiness"] = (along("patchiness", 0.25) * np.where(quiescent, 0.6, 1.0)).clip(max=0.9)
    table["knot_light"] = (along("knot_light", 0.4) * np.where(quiescent, 0.5, 1.0)).clip(max=0.3)
    table["dust"] = along("dust", 0.25).clip(max=1.2)  # optical depth in r through the disc seen face-on, where largest
    table["near_side"] = rng.choice([-1, 1], size=n)  # of the minor axis: there dust lies before the bulge
    # Half of the discs are warped, by a few degrees (Reshetnikov & Combes 1998, A&A 337, 9): slope at 3 scale lengths.
    table["warp"] = np.where(rng.random(n) < 0.5, rng.normal(0, 0.06, n), 0.0)
    # Isophotes of ellipticals: Fourier term a4 / a (Bender+1989, A&A 217, 35); twist, radians per factor e in radius.
    table["boxiness"] = rng.normal(-0.003, 0.012, n)
    table["twist"] = rng.normal(0, 0.12, n)
    # Shells around about a sixth of ellipticals (Malin & Carter 1983, ApJ 274, 534), here also around bulges.
    table["shell_light"] = np.where(rng.random(n) < 0.16, rng.uniform(0.05, 0.35, n), 0.0)
    # Companions within two half-light radii, more around massive galaxies; rates of order, as in rich groups.
    rate = 0.30 * 10 ** (0.5 * (np.asarray(table["log_mass"]) - 11))
    table["satellites"] = np.minimum(rng.poisson(rate), 3)


PARTS = {
    "arms": ("arm_contrast",),
    "bars": ("bar_light",),
    "rings": ("ring_light",),
    "patches": ("patchiness",),
    "knots": ("knot_light",),
    "dust": ("dust",),
    "lopsidedness": ("lopsidedness", "warp"),
    "isophotes": ("boxiness", "twist", "shell_light", "satellites"),
    "deficit": ("disc_deficit",),
}


def smoothed(table, without=tuple(PARTS)):
    """The same galaxies without some of their structure, to see what a network or a measure goes by.

    Parameters
    ----------
    table : QTable
        Rows of `population`.
    without : sequence of str
        Among `PARTS`: "arms", "bars", "rings", "patches", "knots", "dust", "lopsidedness" (and warps), "isophotes" (of
        ellipticals, shells and companions), "deficit" (of the disc's core). By default all: bulge and disc remain.

    Returns
    -------
    QTable
        A copy; `bar` says False where bars are taken away.
    """
    unknown = set(without) - set(PARTS)
    if isinstance(without, str) or unknown:
        raise ValueError(f"without must be a tuple of some of {tuple(PARTS)}, got {without!r}.")
    table = table.copy()
    for part in without:
        for column in PARTS[part]:
            table[column] = 0 * table[column]
    if "bars" in without:
        table["bar"] = False
    return table


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
