"""A mock catalogue beside the published relations: which it keeps, which it does not."""

import numpy as np
from astropy.table import Table

from ..imaging.distance import kpc_per_arcsec
from ..published import RELATIONS

FEWEST = 20  # galaxies of a group; with fewer, agreement means nothing
COLUMNS = (
    "redshift", "r_mag", "absolute_r", "log_mass", "quiescent", "log_sfr", "t_type", "hubble_type", "bulge_to_total",
    "half_light_radius", "rest_g_r", "u_r", "inclination", "axis_ratio", "bar", "velocity_dispersion", "spin",
    "rotation_to_dispersion", "environment",
)  # fmt: skip


def describe(table):
    """Set a catalogue of `population` beside what is known of observed galaxies (`published.RELATIONS`).

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
    t, mass, sfr = c["t_type"], c["log_mass"], c["log_sfr"]
    early, elliptical, disc = t <= 0, t == -3, t > -3
    everything, active = np.ones(len(t), bool), ~c["quiescent"].astype(bool)
    out = {}

    def put(name, group, mask, function, *columns):
        n = int(mask.sum())
        out[name, group] = n, float(function(*(x[mask] for x in columns))) if n >= FEWEST else np.nan

    def slope(x, y):
        return np.polyfit(x, y, 1)[0]

    def difference(name, values, first, second):
        n = int(min(first.sum(), second.sum()))
        gap = np.median(values[first]) - np.median(values[second]) if n else np.nan
        out[name, "all"] = n, float(gap)

    complete = c["r_mag"] < 17.77
    put("median redshift", "r < 17.77", complete & (c["r_mag"].max(initial=0) > 17.7), np.median, c["redshift"])
    put("slope of log counts with r", "all", everything, _counts_slope, c["r_mag"])

    put("slope of the main sequence", "star-forming", active, slope, mass, sfr)
    put(
        "log SFR at log M = 10.5", "star-forming", active, lambda x, y: np.polyval(np.polyfit(x, y, 1), 10.5), mass, sfr
    )
    put(
        "scatter of the main sequence, dex",
        "star-forming",
        active,
        lambda x, y: np.std(y - np.polyval(np.polyfit(x, y, 1), x)),
        mass,
        sfr,
    )
    put("median log sSFR", "quiescent", ~active, np.median, sfr - mass)
    for centre in (10.0, 10.5, 11.0):
        put("quiescent fraction", f"log M = {centre}", np.abs(mass - centre) < 0.1, np.mean, c["quiescent"])

    difference("median log M, ETG minus LTG", mass, early, ~early)
    difference("median rest g - r, ETG minus LTG", c["rest_g_r"], early, ~early)
    difference("median log sSFR, LTG minus ETG", sfr - mass, ~early, early)
    difference("median V/sigma, LTG minus ETG", c["rotation_to_dispersion"], ~early, early)
    for name in ("E", "S0", "Sa", "Sb", "Sc", "Im"):
        put("median rest g - r", name, c["hubble_type"] == name, np.median, c["rest_g_r"])
    for name in ("S0", "S0/a", "Sa", "Sb", "Sc", "Sd"):
        put("median B/T", name, c["hubble_type"] == name, np.median, c["bulge_to_total"])

    kpc = c["half_light_radius"] * kpc_per_arcsec(c["redshift"])
    ratio = np.log(kpc / shen_radius(mass, early))
    for group, mask in (("ETG", early), ("LTG", ~early)):
        put("median u - r", group, mask, np.median, c["u_r"])
        put("median ln(R50 / R50 at its mass)", group, mask, np.median, ratio)
    put("scatter of ln R50 at log M > 10.9", "all", mass > 10.9, np.std, ratio)
    put("slope of log R50 with log M", "ETG", early, slope, mass, np.log10(kpc))

    put("median b/a", "discs", disc, np.median, c["axis_ratio"])
    put("mean b/a", "E", elliptical, np.mean, c["axis_ratio"])
    put("barred fraction", "discs, i < 70°", disc & (c["inclination"] < 70), np.mean, c["bar"])
    # Emsellem+2011: a fast rotator has lambda_R > 0.31 sqrt(ellipticity).
    put("fast rotators", "ETG", early, lambda s, q: np.mean(s > 0.31 * np.sqrt(1 - q)), c["spin"], c["axis_ratio"])
    put(
        "slope of log sigma with log L",
        "E",
        elliptical,
        slope,
        -0.4 * c["absolute_r"],
        np.log10(c["velocity_dispersion"]),
    )
    low, high = np.percentile(c["environment"], [25, 75])
    sparse, dense = c["environment"] <= low, c["environment"] >= high
    gap = early[dense].mean() - early[sparse].mean()
    out["ETG fraction, densest minus sparsest quarter", "all"] = int(dense.sum()), float(gap)
    return out


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
