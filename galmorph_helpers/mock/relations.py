"""A mock catalogue beside the published relations: which it keeps, which it does not."""

import numpy as np
from astropy.table import Table

from ..imaging.distance import kpc_per_arcsec
from .known import RELATIONS

FEWEST = 20  # galaxies of a group; with fewer, agreement means nothing
COLUMNS = (
    "redshift", "r_mag", "absolute_r", "log_mass", "quiescent", "log_sfr", "t_type", "hubble_type", "bulge_to_total",
    "half_light_radius", "rest_g_r", "u_r", "inclination", "axis_ratio", "bar", "velocity_dispersion", "spin",
    "rotation_to_dispersion", "environment",
)  # fmt: skip


def describe(table):
    """Set a catalogue of `population` beside what is known of observed galaxies (`known.RELATIONS`).

    Parameters
    ----------
    table : QTable
        Of `population`: a few thousand rows, or the rarer types are too few to judge.

    Returns
    -------
    astropy.table.Table
        One row a relation: `relation`, `group`, `n` (galaxies of the group), `published` (NaN where only an order is
        known), `low` and `high` (the scatter stated), `expected` (the three in words), `measured`, `agrees`
        ("yes", "NO", or "too few" where n < 20 or the catalogue does not reach the limit that the relation is for),
        `source`.
    """
    missing = [name for name in COLUMNS if name not in table.colnames]
    if missing:
        raise KeyError(f"describe needs the columns of a `population` table; missing: {', '.join(missing)}.")
    measures = _measures(table)
    rows = []
    for relation in RELATIONS:
        n, value = measures[relation.name, relation.group]
        verdict = "too few" if n < FEWEST or not np.isfinite(value) else "NO"
        if verdict == "NO" and relation.low <= value <= relation.high:
            verdict = "yes"
        rows.append(
            {
                "relation": relation.name,
                "group": relation.group,
                "n": n,
                "published": np.nan if relation.value is None else relation.value,
                "low": relation.low,
                "high": relation.high,
                "expected": _in_words(relation),
                "measured": value,
                "agrees": verdict,
                "source": relation.source,
            }
        )
    return Table(rows=rows)


def _in_words(relation):
    if relation.value is None:
        return f"above {relation.low:g}" if np.isinf(relation.high) else f"below {relation.high:g}"
    low, high = (f"{x:.2f}" if abs(x) >= 0.1 else f"{x:.3f}" for x in (relation.low, relation.high))
    return f"{relation.value:g} ({low} to {high})".replace("-", "−")


def _measures(table):
    """{(relation, group): (number of galaxies, measured value)}."""
    c = {name: np.asarray(getattr(table[name], "value", table[name])) for name in COLUMNS}
    c["log_ssfr"] = c["log_sfr"] - c["log_mass"]
    c["kpc"] = c["half_light_radius"] * kpc_per_arcsec(c["redshift"])
    early = c["t_type"] <= 0
    rows = [*_counts(c), *_star_formation(c), *_by_class(c), *_early_and_late(c, early), *_shapes(c, early)]
    return {(name, group): measured for name, group, measured in rows}


def _measured(function, mask, *columns):
    """Number of galaxies in the mask, and a function of their columns where there are enough of them."""
    n = int(mask.sum())
    return n, float(function(*(x[mask] for x in columns))) if n >= FEWEST else np.nan


def _slope(x, y):
    return np.polyfit(x, y, 1)[0]


def _counts(c):
    r = c["r_mag"]
    complete = (r < 17.77) & (r.max(initial=0) > 17.7)
    yield "median redshift", "r < 17.77", _measured(np.median, complete, c["redshift"])
    yield "slope of log counts with r", "all", _measured(_counts_slope, np.ones(len(r), bool), r)


def _star_formation(c):
    mass, sfr, active = c["log_mass"], c["log_sfr"], ~c["quiescent"].astype(bool)

    def at_centre(x, y):
        return np.polyval(np.polyfit(x, y, 1), 10.5)

    def scatter(x, y):
        return np.std(y - np.polyval(np.polyfit(x, y, 1), x))

    yield "slope of the main sequence", "star-forming", _measured(_slope, active, mass, sfr)
    yield "log SFR at log M = 10.5", "star-forming", _measured(at_centre, active, mass, sfr)
    yield "scatter of the main sequence, dex", "star-forming", _measured(scatter, active, mass, sfr)
    yield "median log sSFR", "quiescent", _measured(np.median, ~active, c["log_ssfr"])
    for centre in (10.0, 10.5, 11.0):
        near = np.abs(mass - centre) < 0.1
        yield "quiescent fraction", f"log M = {centre}", _measured(np.mean, near, c["quiescent"])


def _by_class(c):
    for column, name, classes in (
        ("rest_g_r", "median rest g - r", ("E", "S0", "Sa", "Sb", "Sc", "Im")),
        ("bulge_to_total", "median B/T", ("S0", "S0/a", "Sa", "Sb", "Sc", "Sd")),
    ):
        for group in classes:
            yield name, group, _measured(np.median, c["hubble_type"] == group, c[column])


def _early_and_late(c, early):
    for name, column, first in (
        ("median log M, ETG minus LTG", "log_mass", early), ("median rest g - r, ETG minus LTG", "rest_g_r", early),
        ("median log sSFR, LTG minus ETG", "log_ssfr", ~early),
        ("median V/sigma, LTG minus ETG", "rotation_to_dispersion", ~early),
    ):  # fmt: skip
        n = int(min(first.sum(), (~first).sum()))
        yield name, "all", (n, float(np.median(c[column][first]) - np.median(c[column][~first])) if n else np.nan)
    ratio = np.log(c["kpc"] / shen_radius(c["log_mass"], early))
    for group, mask in (("ETG", early), ("LTG", ~early)):
        yield "median u - r", group, _measured(np.median, mask, c["u_r"])
        yield "median ln(R50 / R50 at its mass)", group, _measured(np.median, mask, ratio)
    yield "scatter of ln R50 at log M > 10.9", "all", _measured(np.std, c["log_mass"] > 10.9, ratio)
    yield "slope of log R50 with log M", "ETG", _measured(_slope, early, c["log_mass"], np.log10(c["kpc"]))
    low, high = np.percentile(c["environment"], [25, 75])
    sparse, dense = c["environment"] <= low, c["environment"] >= high
    gap = early[dense].mean() - early[sparse].mean()
    yield "ETG fraction, densest minus sparsest quarter", "all", (int(dense.sum()), float(gap))


def _shapes(c, early):
    disc, elliptical = c["t_type"] > -3, c["t_type"] == -3

    def fast(spin, axis_ratio):  # Emsellem+2011: lambda_R > 0.31 sqrt(ellipticity)
        return np.mean(spin > 0.31 * np.sqrt(1 - axis_ratio))

    yield "median b/a", "discs", _measured(np.median, disc, c["axis_ratio"])
    yield "mean b/a", "E", _measured(np.mean, elliptical, c["axis_ratio"])
    yield "barred fraction", "discs, i < 70°", _measured(np.mean, disc & (c["inclination"] < 70), c["bar"])
    yield "fast rotators", "ETG", _measured(fast, early, c["spin"], c["axis_ratio"])
    luminosity, sigma = -0.4 * c["absolute_r"], np.log10(c["velocity_dispersion"])
    yield "slope of log sigma with log L", "E", _measured(_slope, elliptical, luminosity, sigma)


def shen_radius(log_mass, early):
    """Median half-light radius in kpc at a stellar mass, of early or late types (Shen+2003, MNRAS 343, 978).

    R = 2.88e-6 M^0.56 for early types; 0.1 M^0.14 (1 + M / 3.98e10)^0.25 for late ones.

    Parameters
    ----------
    log_mass : array
        log10 of solar masses.
    early : array of bool
    """
    mass = 10.0 ** np.asarray(log_mass, float)
    return np.where(early, 2.88e-6 * mass**0.56, 0.1 * mass**0.14 * (1 + mass / 3.98e10) ** 0.25)


def _counts_slope(magnitude):
    """Slope of log10 counts against magnitude: the cumulative counts of a volume-limited sky grow as 10^(0.6 m)."""
    faintest, brightest = magnitude.max(), magnitude.min()
    edges = np.linspace(max(brightest, faintest - 2.5), faintest, 8)
    counts = np.histogram(magnitude, edges)[0]
    if (counts == 0).any():
        return np.nan
    weights = np.sqrt(counts)  # of a logarithm, Poisson errors are 1 / sqrt(n)
    return np.polyfit((edges[1:] + edges[:-1]) / 2, np.log10(counts), 1, w=weights)[0]
