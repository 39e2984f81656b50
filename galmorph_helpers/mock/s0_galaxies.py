"""A catalogue of mock lenticulars, and what shines where in them: stars of five kinds, gas that something ionises.

What is known is the answer: flat, rising, falling or ringed activity.
"""

import astropy.units as u
import numpy as np
from astropy.table import QTable

from ..spectra.spectroscopy import C_KM_S
from .profiles import sersic

KINDS = {"flat, passive": 0.30, "flat, active": 0.08, "inside-out": 0.22, "outside-in": 0.22, "ring": 0.18}

# Lines by what ionises the gas, [O III] 5008 relative to Hβ, the others to Hα: typical places on the diagrams of
# Baldwin, Phillips & Terlevich (1981, PASP 93, 5).
RATIOS = {
    "star formation": {"[O III]": 0.6, "[N II]": 0.40, "[S II]": 0.32, "[O I]": 0.03},
    "LINER": {"[O III]": 2.0, "[N II]": 1.10, "[S II]": 0.85, "[O I]": 0.20},
    "Seyfert": {"[O III]": 7.0, "[N II]": 0.90, "[S II]": 0.50, "[O I]": 0.10},
}
COMPONENT_COLUMNS = ("intermediate", "metals", "metals_slope", "hot", "scatter", "weak_emission", "nucleus")


def lenticulars(n, *, seed=0, kinds=None):
    """A catalogue of mock lenticulars with activity profiles of known kind.

    Parameters
    ----------
    n, seed : int
    kinds : dict of str -> float, optional
        Shares of the kinds, `KINDS` by default.

    Returns
    -------
    QTable
        What a survey knows: `redshift`, `ebv` (foreground, magnitudes), `half_light_radius`, `axis_ratio`. What only
        the mock knows: `kind` (key of `KINDS`), `activity_centre`, `activity_slope` (per Re), `ring`, `ionisation`,
        `metals` and `metals_slope` (of order 0.1), `dust` (A_V of the young stars), `sigma`, `v_max` (km/s), and the
        true redshift and reddening; one galaxy in 100 has a wrong redshift.

    Raises
    ------
    ValueError
        If n < 1, or `kinds` are not shares of the known ones.
    """
    if n < 1:
        raise ValueError(f"a mock catalogue needs n >= 1 galaxies, got n={n}.")
    kinds = KINDS if kinds is None else kinds
    if not set(kinds) <= set(KINDS) or abs(sum(kinds.values()) - 1) > 1e-6:
        raise ValueError(f"kinds must be shares of {list(KINDS)} that sum to 1, got {kinds}.")
    rng = np.random.default_rng(seed)
    table = QTable({"id": np.arange(n)})
    kind = rng.choice(list(kinds), size=n, p=list(kinds.values()))
    table["kind"] = kind
    log_mass = rng.normal(10.5, 0.45, n).clip(9.2, 11.6)
    table["log_mass"] = log_mass
    table["true_redshift"] = rng.uniform(0.02, 0.08, n)
    wrong = rng.random(n) < 0.01
    measured = table["true_redshift"] + rng.normal(0, 15 / C_KM_S, n)
    table["redshift"] = np.where(wrong, measured + rng.choice([-1, 1], n) * 0.008, measured)
    table["true_ebv"] = rng.exponential(0.03, n).clip(0.005, 0.2)
    table["ebv"] = table["true_ebv"] * rng.normal(1, 0.16, n)  # maps of Galactic dust are good to about 16 %
    table["half_light_radius"] = rng.uniform(3.5, 10, n) * u.arcsec
    table["axis_ratio"] = np.sqrt(0.2**2 + (1 - 0.2**2) * rng.random(n) ** 2).clip(0.3, 1)
    # Activity: light of young stars and gas, 0 in a passive galaxy and about 1 in a main-sequence disc.
    level, slope = rng.uniform(0.15, 0.9, n), rng.lognormal(np.log(0.35), 0.5, n).clip(0.05, 0.9)
    passive = kind == "flat, passive"
    rising = np.select([kind == "inside-out", kind == "outside-in"], [slope, -slope], 0.0)
    # Along a slope the quiet end is nearly passive; flat means no slope of anything but metals.
    table["activity_slope"] = rising
    quiet = rng.uniform(0, 0.12, n)
    table["activity_centre"] = np.select(
        [passive, kind == "inside-out", kind == "outside-in", kind == "ring"],
        [0.0, quiet, quiet + 1.5 * slope, quiet],
        level,
    )
    table["ring"] = np.where(kind == "ring", rng.uniform(0.25, 0.9, n), 0.0)
    seyfert = ~np.char.startswith(kind, "flat") & (rng.random(n) < 0.1)  # a nucleus is no flat profile
    liner = passive & (rng.random(n) < 0.5)
    table["ionisation"] = np.select([seyfert, liner | passive], ["Seyfert", "LINER"], "star formation")
    table["weak_emission"] = np.where(liner, rng.uniform(0.3, 1.5, n), 0.0)  # Å of Hα, everywhere, from old stars
    table["nucleus"] = np.where(seyfert, rng.uniform(5, 25, n), 0.0)  # Å of Hα in the centre
    table["metals"] = 0.15 * (log_mass - 10.5) + rng.normal(0, 0.10, n)
    table["metals_slope"] = rng.normal(-0.12, 0.07, n)
    table["intermediate"] = rng.beta(1.2, 8, n)  # share of light of stars of intermediate age
    table["hot"] = rng.uniform(0.3, 0.7, n)  # share of O and B stars in the young light
    table["scatter"] = rng.normal(0, 0.15, n)  # dex between young stars and gas
    table["line_scatter"] = rng.normal(0, 0.1, (n, 4))  # dex of the ratios in `RATIOS`
    table["dust"] = rng.exponential(0.4, n).clip(0, 1.5) * u.mag
    sigma = 160 * 10 ** (0.25 * (log_mass - 10.5)) * 10 ** rng.normal(0, 0.06, n)
    table["sigma"] = sigma.clip(60, 300) * u.km / u.s
    table["v_max"] = (190 * 10 ** (0.28 * (log_mass - 10.5)) * 10 ** rng.normal(0, 0.06, n)) * u.km / u.s
    table["signal_to_noise"] = rng.uniform(20, 50, n)  # of a pixel near 5,500 Å in the centre
    table.meta["origin"] = "mock"
    return table


def activity_profile(table, x):
    """True activity (N, J) at radii x (J,) or (N, J), in Re: a line, a ring, never below zero."""
    centre, slope, ring = (np.asarray(table[c])[:, None] for c in ("activity_centre", "activity_slope", "ring"))
    return (centre + slope * x).clip(0) + ring * np.exp(-0.5 * ((x - 1.0) / 0.2) ** 2)


def components(table, x):
    """How much of each template shines at radii x (J,) or (N, J), and the gas in it.

    Returns
    -------
    stars : array (N, J, 5)
        Light at 5,500 Å of old stars, their response to metals, intermediate, A and O/B stars; the sum without
        the metals is 1.
    gas : array (N, J, 5)
        Strengths, Å of the continuum near Hα: of Hα and its series, [O III] (times 2.86), [N II], [S II], [O I].
    """
    column = {c: np.asarray(table[c])[:, None] for c in COMPONENT_COLUMNS}
    x = np.broadcast_to(x, (len(table), np.shape(x)[-1]))
    activity = activity_profile(table, x)
    young = (0.30 * activity).clip(0, 0.8)
    middle = column["intermediate"] * (1 - young)
    stars = np.stack([
        1 - young - middle, (1 - young - middle) * (column["metals"] + column["metals_slope"] * x), middle,
        young * (1 - column["hot"]), young * column["hot"],
    ], -1)  # fmt: skip
    formed = 35 * activity**1.2 * 10 ** column["scatter"]  # Å of Hα
    width = formed + column["weak_emission"] + column["nucleus"] * np.exp(-x / 0.35)
    agn = np.where((np.asarray(table["ionisation"]) != "star formation")[:, None], 1 - formed / (width + 1e-9), 0)
    ratio = {name: np.array(list(values.values())) for name, values in RATIOS.items()}
    excited = np.where((table["ionisation"] == "Seyfert")[:, None], ratio["Seyfert"], ratio["LINER"])[:, None]
    mixed = agn[..., None] * excited + (1 - agn[..., None]) * ratio["star formation"]
    mixed = mixed * 10 ** np.asarray(table["line_scatter"])[:, None]
    gas = width[..., None] * np.concatenate([np.ones_like(width)[..., None], mixed], -1)
    return stars, gas


def lenticular_light(x):
    """Brightness at radii x, in Re, of every mock lenticular: an exponential disc with a small steep bulge."""
    return sersic(x, 1) + 1.5 * np.exp(-6 * x)
