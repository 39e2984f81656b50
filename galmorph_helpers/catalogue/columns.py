"""The columns of catalogues: names, units, descriptions, and who may be in which."""

from typing import NamedTuple

import astropy.units as u
import numpy as np
from astropy.table import QTable

from ..metrics.conformal import set_names
from ..metrics.flags import FLAGS


class Column(NamedTuple):
    """What a column holds: its unit (None: whole numbers), in words, and the lowest and highest value that can be."""

    unit: u.UnitBase | None
    description: str
    low: float = -np.inf
    high: float = np.inf


NO_UNIT = u.dimensionless_unscaled
_FLAG = "; ".join(f"{number} {what}" for number, what in FLAGS.items())

#: All columns of all catalogues, one vocabulary. Names follow the MaNGA Morphology Deep Learning DR17 catalogue, the
#: hyphen of T-Type included, and the DES one; an uncertainty is the standard deviation over folds (Domínguez
#: Sánchez+2022, MNRAS 509, 4024).
COLUMNS = {
    "INTID": Column(None, "number of the galaxy in this catalogue"),
    "ID": Column(None, "number of the galaxy in its survey"),
    "RA": Column(u.deg, "right ascension, ICRS unless the tile says otherwise", 0, 360),
    "DEC": Column(u.deg, "declination", -90, 90),
    "R90": Column(u.arcsec, "radius of 90 % of the Petrosian flux; stamps are 4.24 of it wide", 0),
    "MAG": Column(u.mag, "Petrosian magnitude, AB, in the reference band of the survey"),
    "OUTSIDE": Column(NO_UNIT, "share of the stamp that lies beyond the tile, filled with sky", 0, 1),
    "BLANK": Column(NO_UNIT, "share of the stamp without a measurement, filled with sky", 0, 1),
    "FILE": Column(None, "file of the image, in its folder"),
    "SHARD": Column(None, "shard that holds the stamp"),
    "Z": Column(NO_UNIT, "redshift"),
    "MAG_R": Column(u.mag, "apparent r magnitude, AB"),
    "T-Type": Column(NO_UNIT, "T-Type, mean of the folds: E -3, S0 -2 to 0, spirals above 0"),
    "T-Type_std": Column(NO_UNIT, "standard deviation of T-Type over the folds", 0),
    "P_LTG": Column(NO_UNIT, "probability of late rather than early type, mean of the folds", 0, 1),
    "P_LTG_std": Column(NO_UNIT, "standard deviation of P_LTG over the folds", 0),
    "P_S0": Column(NO_UNIT, "probability of S0 rather than E; meaningful where T-Type <= 0", 0, 1),
    "P_S0_std": Column(NO_UNIT, "standard deviation of P_S0 over the folds", 0),
    "P_edge": Column(NO_UNIT, "probability of a disc seen edge-on, mean of the folds", 0, 1),
    "P_edge_std": Column(NO_UNIT, "standard deviation of P_edge over the folds", 0),
    "P_bar": Column(NO_UNIT, "probability of a bar, mean of the folds; not meaningful edge-on", 0, 1),
    "P_bar_std": Column(NO_UNIT, "standard deviation of P_bar over the folds", 0),
    "MP_LTG": Column(NO_UNIT, "mean of the networks' probabilities", 0, 1),
    "FLAG_LTG": Column(None, _FLAG, min(FLAGS), max(FLAGS)),
    "OOD": Column(NO_UNIT, "distance from the training galaxies; 99 % of galaxies like them are below 1", 0),
    "Visual_Class": Column(None, "class by eye: 0 unclassifiable, 1 E, 2 S0, 3 S", 0, 3),
    "Visual_Flag": Column(None, "0 if the class by eye is sure, 1 if not", 0, 1),
}
#: Those of `morphology_catalogue`, in their order.
MORPHOLOGY = (
    "INTID", "Z", "T-Type", "T-Type_std", "P_LTG", "P_LTG_std", "P_S0", "P_S0_std", "P_edge", "P_edge_std", "P_bar",
    "P_bar_std", "Visual_Class", "Visual_Flag",
)  # fmt: skip


def morphology_catalogue(columns):
    """A catalogue in the order of `MORPHOLOGY`, each column with its unit and description.

    Parameters
    ----------
    columns : dict of str -> array (N,)
        All of `MORPHOLOGY`, and no other. Probabilities are in 0 to 1, standard deviations at least 0, nothing is NaN.

    Returns
    -------
    QTable
        More columns can be added to it; `write_catalogue` asks for a description of each.
    """
    missing, unknown = [c for c in MORPHOLOGY if c not in columns], [c for c in columns if c not in MORPHOLOGY]
    if missing or unknown:
        raise KeyError(f"columns missing: {missing or 'none'}; not known: {unknown or 'none'}.")
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) != 1 or not len(columns["INTID"]):
        raise ValueError(f"all columns must have the same length, at least 1, got {lengths}.")
    table = QTable()
    for name in MORPHOLOGY:
        _add(table, name, columns[name], COLUMNS[name])
    if len(np.unique(table["INTID"])) < len(table):
        raise ValueError("INTID: a number stands for two galaxies; each needs its own.")
    return table


def add_sets(catalogue, sets, classes, *, coverage=0.9):
    """Add two columns to a catalogue: `SET`, the classes that cannot be ruled out, and `SET_SIZE`, how many they are.

    Parameters
    ----------
    catalogue : Table
        Changed in place.
    sets : array of bool (N, K)
        From `conformal_sets`.
    classes : sequence of K str
        Names without blanks, since a blank separates them: "E S0".
    coverage : float
        What was promised, for the description.
    """
    sets = np.asarray(sets, bool)
    if sets.shape != (len(catalogue), len(classes)):
        raise ValueError(f"sets must be ({len(catalogue)}, {len(classes)}): galaxies, classes; got {sets.shape}.")
    promise = f"classes of a conformal set of {coverage:.0%}, on galaxies like those of the calibration"
    catalogue["SET"] = set_names(sets, classes)
    catalogue["SET_SIZE"] = sets.sum(1)
    catalogue["SET"].info.description = f"{promise}; separated by blanks"
    catalogue["SET_SIZE"].info.description = f"number of {promise}"


def faint_catalogue(table, probability, flag):
    """A catalogue in the manner of the DES one: P1_LTG ... Pk_LTG, their mean MP_LTG, FLAG_LTG, units, descriptions.

    Parameters
    ----------
    table : Table
        With `id`, `redshift` and `r_mag`.
    probability : array (k, N)
        0 to 1.
    flag : array (N,)
        From `robust_flag`.

    Returns
    -------
    QTable
        To be written by `write_catalogue`. The public one has COADD_OBJECT_ID, RA and DEC in the place of ID.
    """
    probability = np.asarray(probability, float)
    out = QTable()
    for name, values in (("ID", table["id"]), ("Z", table["redshift"]), ("MAG_R", table["r_mag"])):
        _add(out, name, values, COLUMNS[name])
    for number, row in enumerate(probability, 1):
        _add(out, f"P{number}_LTG", row, Column(NO_UNIT, f"probability of a late type, network {number}", 0, 1))
    _add(out, "MP_LTG", probability.mean(0), COLUMNS["MP_LTG"])
    _add(out, "FLAG_LTG", flag, COLUMNS["FLAG_LTG"])
    return out


def _add(table, name, values, column):
    """Put a column into a table, with what is known of it; an error names column, row, value and allowed range."""
    whole = column.unit is None
    values = np.asarray(values, np.int64) if whole else u.Quantity(values, column.unit, dtype=float).value
    good = (values >= column.low) & (values <= column.high) & np.isfinite(values)  # NaN is not
    bad = np.flatnonzero(~good)
    if len(bad):
        raise ValueError(
            f"{name}: {len(bad)} of {len(values)} values are not finite or not in {column.low:g} to {column.high:g}; "
            f"the first is row {bad[0]}, {values[bad[0]]}. Give probabilities, not logits, and leave out galaxies "
            "without them."
        )
    table[name] = values if whole else values * column.unit
    table[name].info.description = column.description
