"""What is known of observed galaxies: the published relations that a mock catalogue is set beside."""

from typing import NamedTuple

import numpy as np


class Relation(NamedTuple):
    """A relation that observed galaxies follow: `value` for a `group` of them, agreed with between `low` and `high`.

    `low` to `high` is the scatter that the source states, or the spread between sources; where only the order of two
    groups is known, it is open on one side and `value` is None.
    """

    name: str
    group: str
    value: float | None
    low: float
    high: float
    source: str


def _near(name, group, value, spread, source):
    return Relation(name, group, value, value - spread, value + spread, source)


def _above_zero(name, group, source):
    return Relation(name, group, None, 0.0, np.inf, source)


def _relations():
    """The list that `galmorph_helpers.describe` works through. "Of order" marks what has no single source."""
    of_order = "of order; several works"

    roberts = "order: Roberts & Haynes 1994, ARA&A 32, 115"
    rows = [
        _near("median redshift", "r < 17.77", 0.10, 0.02, "SDSS main sample, Strauss+2002, AJ 124, 1810"),
        _near("slope of log counts with r", "all", 0.60, 0.05, "a uniform, Euclidean volume"),
        _near("slope of the main sequence", "star-forming", 0.76, 0.10, "Renzini & Peng 2015, ApJL 801, L29"),
        _near("log SFR at log M = 10.5", "star-forming", 0.34, 0.10, "Renzini & Peng 2015, ApJL 801, L29"),
        _near("scatter of the main sequence, dex", "star-forming", 0.30, 0.05, of_order),
        _near("median log sSFR", "quiescent", -11.9, 0.4, of_order),
    ]
    for mass, share in ((10.0, 0.19), (10.5, 0.50), (11.0, 0.81)):
        rows.append(_near("quiescent fraction", f"log M = {mass}", share, 0.10, of_order))
    for column in ("log M", "rest g - r", "log sSFR"):
        early, late = ("LTG", "ETG") if column == "log sSFR" else ("ETG", "LTG")
        rows.append(_above_zero(f"median {column}, {early} minus {late}", "all", roberts))
    for name, colour, spread in (("E", 0.77, 0.05), ("S0", 0.74, 0.05), ("Sa", 0.68, 0.05), ("Sb", 0.60, 0.05),
                                 ("Sc", 0.48, 0.10), ("Im", 0.35, 0.10)):  # fmt: skip
        rows.append(_near("median rest g - r", name, colour, spread, of_order))
    strateva = "Strateva+2001, AJ 122, 1861: 2.22 parts the populations"
    rows += [
        Relation("median u - r", "ETG", None, 2.22, np.inf, strateva),
        Relation("median u - r", "LTG", None, -np.inf, 2.22, strateva),
    ]
    simien = "Simien & de Vaucouleurs 1986, ApJ 302, 564 (B band)"
    for name, share in (("S0", 0.57), ("S0/a", 0.45), ("Sa", 0.39), ("Sb", 0.24), ("Sc", 0.10), ("Sd", 0.02)):
        rows.append(Relation("median B/T", name, share, share * 10**-0.15, share * 10**0.15, simien))
    shen = "Shen+2003, MNRAS 343, 978"
    rows += [
        _near("median ln(R50 / R50 at its mass)", "ETG", 0.0, 0.10, shen),
        _near("median ln(R50 / R50 at its mass)", "LTG", 0.0, 0.10, shen),
        Relation("scatter of ln R50 at log M > 10.9", "all", 0.36, 0.30, 0.42, shen),
        _near("slope of log R50 with log M", "ETG", 0.56, 0.10, shen),
        _near("median b/a", "discs", 0.53, 0.05, "discs of thickness 0.2 at random (Hubble 1926, ApJ 64, 321)"),
        _near("mean b/a", "E", 0.77, 0.05, of_order),
        _near("barred fraction", "discs, i < 70°", 0.294, 0.05, "Masters+2011, MNRAS 411, 2026"),
        _near("fast rotators", "ETG", 0.86, 0.10, "Emsellem+2011, MNRAS 414, 888"),
        _above_zero("median V/sigma, LTG minus ETG", "all", roberts),
        _near("slope of log sigma with log L", "E", 0.25, 0.10, "Faber & Jackson 1976, ApJ 204, 668"),
        _above_zero("ETG fraction, densest minus sparsest quarter", "all", "Dressler 1980, ApJ 236, 351"),
    ]
    return tuple(rows)


RELATIONS = _relations()
