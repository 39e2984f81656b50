"""The columns of catalogues: names, units, descriptions, and who may be in which."""

import astropy.units as u
import numpy as np
from astropy.table import QTable

from ..metrics.flags import FLAGS

NO_UNIT = u.dimensionless_unscaled

#: Columns of a catalogue: unit, description. Names follow the MaNGA Morphology Deep Learning DR17 catalogue, the hyphen
#: of T-Type included; an uncertainty is the standard deviation over folds (Domínguez Sánchez+2022, MNRAS 509, 4024).
COLUMNS = {
    "INTID": (None, "number of the galaxy in this catalogue"),
    "Z": (NO_UNIT, "redshift"),
    "T-Type": (NO_UNIT, "T-Type, mean of the folds: E -3, S0 -2 to 0, spirals above 0"),
    "T-Type_std": (NO_UNIT, "standard deviation of T-Type over the folds"),
    "P_LTG": (NO_UNIT, "probability of late rather than early type, mean of the folds"),
    "P_LTG_std": (NO_UNIT, "standard deviation of P_LTG over the folds"),
    "P_S0": (NO_UNIT, "probability of S0 rather than E; meaningful where T-Type <= 0"),
    "P_S0_std": (NO_UNIT, "standard deviation of P_S0 over the folds"),
    "P_edge": (NO_UNIT, "probability of a disc seen edge-on, mean of the folds"),
    "P_edge_std": (NO_UNIT, "standard deviation of P_edge over the folds"),
    "P_bar": (NO_UNIT, "probability of a bar, mean of the folds; not meaningful edge-on"),
    "P_bar_std": (NO_UNIT, "standard deviation of P_bar over the folds"),
    "Visual_Class": (None, "class by eye: 0 unclassifiable, 1 E, 2 S0, 3 S"),
    "Visual_Flag": (None, "0 if the class by eye is sure, 1 if not"),
}
PROBABILITIES = ("P_LTG", "P_S0", "P_edge", "P_bar")


def morphology_catalogue(columns):
    """A catalogue in the order of `COLUMNS`, each column with its unit and description.

    Parameters
    ----------
    columns : dict of str -> array (N,)
        All of `COLUMNS`, and no other. Probabilities are in 0 to 1, standard deviations at least 0, nothing is NaN.

    Returns
    -------
    QTable
        More columns can be added to it; `write_catalogue` asks for a description of each.
    """
    missing, unknown = [c for c in COLUMNS if c not in columns], [c for c in columns if c not in COLUMNS]
    if missing or unknown:
        raise KeyError(f"columns missing: {missing or 'none'}; not known: {unknown or 'none'}.")
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) != 1 or not len(columns["INTID"]):
        raise ValueError(f"all columns must have the same length, at least 1, got {lengths}.")
    table = QTable()
    for name, (unit, description) in COLUMNS.items():
        values = np.asarray(columns[name])
        values = values.astype(np.int64 if unit is None else float)
        _check(name, values)
        table[name] = values if unit is None else values * unit
        table[name].info.description = description
    return table


def _check(name, values):
    """An error that names column, row, value and allowed range, if a value cannot be."""
    low, high = -np.inf, np.inf
    if name in PROBABILITIES:
        low, high = 0, 1
    elif name.endswith("_std"):
        low = 0
    elif name in ("Visual_Class", "Visual_Flag"):
        low, high = 0, 3 if name == "Visual_Class" else 1
    bad = np.flatnonzero(~((values >= low) & (values <= high) & np.isfinite(values)))  # NaN is caught, too
    if len(bad):
        raise ValueError(
            f"{name}: {len(bad)} of {len(values)} values are not finite or not in {low:g} to {high:g}; the first is "
            f"row {bad[0]}, {values[bad[0]]}. Give probabilities, not logits, and leave out galaxies without them."
        )
    if name == "INTID" and len(np.unique(values)) < len(values):
        raise ValueError("INTID: a number stands for two galaxies; each needs its own.")


def faint_catalogue(table, probability, flag):
    """A catalogue in the manner of the DES one: P1_LTG ... Pk_LTG, their mean MP_LTG, FLAG_LTG, units, descriptions.

    Parameters
    ----------
    table : Table
        With `id`, `redshift` and `r_mag`.
    probability : array (k, N)
    flag : array (N,)
        From `robust_flag`.

    Returns
    -------
    QTable
        To be written by `write_catalogue`. The public one has COADD_OBJECT_ID, RA and DEC in the place of ID.
    """
    probability = np.asarray(probability, float)
    out = QTable()
    out["ID"] = np.asarray(table["id"], np.int64)
    out["Z"] = np.asarray(table["redshift"], float) * u.dimensionless_unscaled
    out["MAG_R"] = u.Quantity(table["r_mag"], u.mag)
    described = ["number of the galaxy", "redshift", "apparent r magnitude, AB"]
    for number, row in enumerate(probability, 1):
        out[f"P{number}_LTG"] = row * u.dimensionless_unscaled
        described.append(f"probability of a late type, network {number}")
    out["MP_LTG"] = probability.mean(0) * u.dimensionless_unscaled
    out["FLAG_LTG"] = np.asarray(flag, np.int64)
    described += ["mean of the networks' probabilities", "; ".join(f"{k} {v}" for k, v in FLAGS.items())]
    for name, text in zip(out.colnames, described, strict=True):
        out[name].info.description = text
    return out
