"""A morphology catalogue as the public ones are: columns, combined classes, files that say what is in them."""

import os
from pathlib import Path

import astropy.units as u
import numpy as np
from astropy.io import fits
from astropy.stats import binom_conf_interval
from astropy.table import QTable, Table

from .files import whole_file

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
FORMATS = {".fits": "fits", ".parquet": "parquet"}


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


def combined_classes(catalogue, *, visual=True):
    """E, S0, S1 (Sa to Sb) and S2 (later), where all models agree; "" for the rest.

    The rules of Domínguez Sánchez+2022 (MNRAS 509, 4024):
    E: P_LTG < 0.5, T < 0, P_S0 < 0.5, seen as E and sure; S0: P_LTG < 0.5, T < 0, P_S0 > 0.5, seen as S0 and sure;
    S1: P_LTG > 0.5, 0 < T < 3, seen as S; S2: P_LTG > 0.5, T > 3, seen as S.

    Parameters
    ----------
    catalogue : Table
        With `T-Type`, `P_LTG`, `P_S0` and, if `visual`, `Visual_Class` and `Visual_Flag`.
    visual : bool
        False leaves out what was seen by eye: the rules of the networks alone.

    Returns
    -------
    numpy.ndarray of str (N,)
    """
    t, p_ltg, p_s0 = (np.asarray(catalogue[name], float) for name in ("T-Type", "P_LTG", "P_S0"))
    early, late = (p_ltg < 0.5) & (t < 0), p_ltg > 0.5
    rules = {
        "E": early & (p_s0 < 0.5),
        "S0": early & (p_s0 > 0.5),
        "S1": late & (t > 0) & (t < 3),
        "S2": late & (t > 3),
    }
    if visual:
        seen, sure = np.asarray(catalogue["Visual_Class"]), np.asarray(catalogue["Visual_Flag"]) == 0
        # An E must be *seen as an E*: asking for class 2 of both E and S0, as some scripts do, empties the first.
        rules["E"] &= (seen == 1) & sure
        rules["S0"] &= (seen == 2) & sure
        rules["S1"] &= seen == 3
        rules["S2"] &= seen == 3
    return np.select(list(rules.values()), list(rules), "")


def purity_table(truth, chosen, *, classes=("E", "S0", "S1", "S2")):
    """Purity and completeness of chosen classes, with 95 % intervals (binomial, Wilson 1927).

    Parameters
    ----------
    truth, chosen : array of str (N,)
        "" in `chosen` where no class is given.

    Returns
    -------
    astropy.table.Table
        One row a class and "all": `name`, `n` (galaxies chosen), `purity` (share of them that are of that class) and
        `completeness` (share of that class that is chosen), with `_low` and `_high`; NaN where nothing was chosen.
    """
    truth, chosen = np.asarray(truth), np.asarray(chosen)
    if truth.shape != chosen.shape:
        raise ValueError(f"{len(truth)} true classes but {len(chosen)} chosen ones.")
    right = truth == chosen
    groups = {name: (chosen == name, truth == name) for name in classes}
    groups["all"] = (np.isin(chosen, classes), np.isin(truth, classes))
    rows = []
    for name, (called, real) in groups.items():
        row = {"name": name, "n": int(called.sum())}
        for metric, inside in (("purity", called), ("completeness", real)):
            hits, n = int((right & inside).sum()), int(inside.sum())
            low, high = binom_conf_interval(hits, n, 0.95, interval="wilson") if n else (np.nan, np.nan)
            row |= {metric: hits / n if n else np.nan, f"{metric}_low": low, f"{metric}_high": high}
        rows.append(row)
    return Table(rows=rows)


def write_catalogue(catalogue, path, *, overwrite=False):
    """Write a catalogue as FITS or Parquet, by the ending of the name; units and descriptions go with it.

    Written beside and renamed at the end: a run that is stopped leaves no half of a file.

    Parameters
    ----------
    catalogue : Table
        Each column with a description (``catalogue["Z"].info.description``).
    path : str or Path
        Ends in ``.fits`` or ``.parquet``.
    overwrite : bool
        Replace a file of that name.

    Returns
    -------
    Path
    """
    path = Path(path)
    silent = [name for name in catalogue.colnames if not catalogue[name].info.description]
    if silent:
        raise ValueError(f"columns without a description: {silent}; set catalogue[name].info.description of each.")
    if path.suffix not in FORMATS:
        raise ValueError(f"the name must end in {' or '.join(FORMATS)}, got {path.name!r}.")
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path.name} is there already; pass overwrite=True to replace it, or take another name.")
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise OSError(f"cannot write into the folder {str(path.parent)!r}: it is not there, or not writable.")
    with whole_file(path) as part:
        catalogue.write(part, format=FORMATS[path.suffix], overwrite=True)
        if path.suffix == ".fits":
            _describe(part, catalogue)
    return path


def _describe(file, catalogue):
    """Descriptions as TCOMM keywords, too: astropy's own way, in comments, other programs do not read."""
    with fits.open(file, mode="update") as hdus:
        for number, name in enumerate(catalogue.colnames, start=1):
            hdus[1].header[f"TCOMM{number}"] = catalogue[name].info.description


def read_catalogue(path):
    """Read what `write_catalogue` wrote: a QTable with units and descriptions, text as str, native byte order."""
    path = Path(path)
    if path.suffix not in FORMATS:
        raise ValueError(f"the name must end in {' or '.join(FORMATS)}, got {path.name!r}.")
    if not path.exists():
        raise FileNotFoundError(f"no catalogue {path.name!r} in {str(path.parent)!r}.")
    table = QTable.read(path, format=FORMATS[path.suffix])
    table.convert_bytestring_to_unicode()
    for name in table.colnames:
        column = table[name]
        if not column.dtype.isnative:  # FITS is big-endian
            table[name] = column.astype(column.dtype.newbyteorder("="))
            table[name].info.description = column.info.description
    return table
