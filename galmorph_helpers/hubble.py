"""Hubble types as names and as numbers: the scales on which catalogues write them, and the way from one to another."""

import re
from typing import NamedTuple

import numpy as np

#: T-Type of each Hubble class on the scale of Domínguez Sánchez+2018, which the talk's axis follows.
T_TYPE_DS18 = {
    "E": -3, "S0-": -2, "S0": -1, "S0/a": 0, "Sa": 1, "Sab": 2, "Sb": 3, "Sbc": 4, "Sc": 5, "Scd": 6, "Sd": 7, "Sdm": 8,
    "Sm": 9, "Im": 10,
}  # fmt: skip

#: T-Type of the classes that the scales number differently: (RC3, DS18). From S0/a (0) to Im (10) all agree.
#: RC3: de Vaucouleurs+1991, followed by Nair & Abraham (2010, ApJS 186, 427) and EFIGI (Baillard+2011, A&A 532, A74).
#: DS18: Domínguez Sánchez+2018 (MNRAS 476, 3661).
ANCHORS = ((-5, -3), (-3, -2), (-2, -1), (0, 0), (10, 10))

#: Numbers that are not types but codes, by scale: irregular of the old kind (90), peculiar or unknown (99), and EFIGI's
#: dwarf ellipticals, which it puts *after* Im, at 11.
CODES = {"DS18": (), "RC3": (90, 99), "NA10": (99,), "EFIGI": (11,)}
RANGES = {"DS18": (-3.5, 10.5), "RC3": (-6.0, 10.5), "NA10": (-6.0, 10.5), "EFIGI": (-6.0, 10.5)}


def convert_t_type(t_type, scale="RC3", *, to="DS18"):
    """T-Types of one scale on another: linear between the classes, so that predicted, fractional ones convert too.

    ====  ====  ====  ====  ====  ====  ====  ====  ====
    \\     E     S0-   S0    S0/a  Sa    Sb    Sc    Im
    ====  ====  ====  ====  ====  ====  ====  ====  ====
    RC3   -5    -3    -2    0     1     3     5     10
    DS18  -3    -2    -1    0     1     3     5     10
    ====  ====  ====  ====  ====  ====  ====  ====  ====

    Below E the first segment goes on (RC3 -6, a compact elliptical, is -3.5), so there and back gives the same number.

    Parameters
    ----------
    t_type : float or array
        NaN stays NaN; so do the scale's codes, which are no types (`CODES`).
    scale, to : {"RC3", "NA10", "EFIGI", "DS18"}

    Returns
    -------
    numpy.ndarray of float
        In the shape of `t_type`.

    Raises
    ------
    ValueError
        If a number lies outside the scale: most likely another scale, or a code of another catalogue.

    Examples
    --------
    >>> convert_t_type([-5, 0, 3, 99], "RC3").tolist()
    [-3.0, 0.0, 3.0, nan]
    """
    for name in (scale, to):
        if name not in RANGES:
            raise ValueError(f"the scales of T-Type are {', '.join(RANGES)}; got {name!r}.")
    t = np.array(t_type, float)
    t[np.isin(t, CODES[scale])] = np.nan
    low, high = RANGES[scale]
    if np.any((t < low) | (t > high)):
        worst = float(t[(t < low) | (t > high)].flat[0])
        raise ValueError(
            f"T-Type {worst:g} is not on the {scale} scale, {low:g} to {high:g}. Check which scale the catalogue uses, "
            "and replace its codes (such as 99 for unknown) by NaN."
        )
    rc3, ds18 = np.array(ANCHORS, float).T
    if (scale == "DS18") == (to == "DS18"):
        return t
    old, new = (ds18, rc3) if scale == "DS18" else (rc3, ds18)
    below = (t - old[0]) * (new[1] - new[0]) / (old[1] - old[0]) + new[0]
    above = t - old[-1] + new[-1]
    return np.where(t < old[0], below, np.where(t > old[-1], above, np.interp(t, old, new)))


def nearest_class(t_type):
    """Class (-3, E, to 10, Im) that lies nearest to each T-Type of the DS18 scale; halfway, the earlier. NaN stays."""
    return np.ceil(np.asarray(t_type, float) - 0.5).clip(-3, 10)


class HubbleType(NamedTuple):
    """What a Hubble type's name says: T-Type (DS18 scale); bar 0, 0.5 (SAB) or 1 (SB); 1 - b/a of E0-E7, or None."""

    t_type: int
    bar: float
    ellipticity: float | None


_ELLIPTICAL = re.compile(r"c?E\+?([0-7])?")
_DISC = re.compile(r"(S|I)(AB|A|B)?(0(?:[-+/^]?a?|-a)?|[a-d]{1,2}|d?m)?")
_STAGES = {"0-": "S0-", "0^-": "S0-", "0": "S0", "0+": "S0", "0/a": "S0/a", "0-a": "S0/a", "0a": "S0/a"}


def read_hubble_type(name):
    """Read a Hubble type as catalogues write it: E4, S0-, E-S0, S0/a, Sa, SBbc, SABc, Im, IB.

    Raises
    ------
    ValueError
        For a name that is none, such as "S?".

    Examples
    --------
    >>> read_hubble_type("SBbc")
    HubbleType(t_type=4, bar=1.0, ellipticity=None)
    """
    text = str(name).strip()
    if text == "E-S0":  # HyperLEDA's and OpenNGC's way to write S0-
        return HubbleType(T_TYPE_DS18["S0-"], 0.0, None)
    if found := _ELLIPTICAL.fullmatch(text):
        return HubbleType(T_TYPE_DS18["E"], 0.0, None if found[1] is None else int(found[1]) / 10)
    found = _DISC.fullmatch("Im" if text == "Irr" else text)
    if found:
        family, bar, stage = found[1], {"AB": 0.5, "B": 1.0}.get(found[2], 0.0), found[3]
        known = "Im" if family == "I" and stage in (None, "m") else _STAGES.get(stage, f"S{stage}")
        if known in T_TYPE_DS18 and (family == "S" or known == "Im"):
            return HubbleType(T_TYPE_DS18[known], bar, None)
    raise ValueError(f"{text!r} is not a Hubble type that can be read; write it like E4, S0-, SB0, SBbc, SABc or Im.")


HUBBLE_TYPES = {
    -3: "E",
    -2: "S0-",
    -1: "S0",
    0: "S0/a",
    1: "Sa",
    2: "Sab",
    3: "Sb",
    4: "Sbc",
    5: "Sc",
    6: "Scd",
    7: "Sd",
    8: "Sdm",
    9: "Sm",
    10: "Im",
}
