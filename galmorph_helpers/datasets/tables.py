"""Observed catalogues without images: OpenNGC, which pip installs, and two tables of the observed sets."""

import re
from pathlib import Path

import numpy as np
from astropy.table import QTable, Table

from ..hubble import convert_t_type, read_hubble_type


def open_ngc():
    """Real galaxies of the New General and Index Catalogues with a Hubble type, from OpenNGC (no network).

    OpenNGC (M. Verga, CC BY-SA 4.0) comes with the package pyongc; its types and sizes are mostly HyperLEDA's.

    Returns
    -------
    astropy.table.QTable
        `name`, `pgc` (number in the Principal Galaxies Catalogue, 0 where unknown), `hubble_type` as written there,
        `t_type` (DS18 scale), `bar` (0, SAB 0.5, SB 1), `axis_ratio` (b/a of the outer isophote), `b_mag`, `v_mag`,
        `k_mag` (mag, not corrected for dust) and `redshift`, NaN where unknown. Galaxies whose type is uncertain
        ("S?") are left out.

    Raises
    ------
    ImportError
        If pyongc is not installed.
    """
    import sqlite3

    try:
        from pyongc import DBPATH
    except ImportError as error:
        raise ImportError(
            "the NGC/IC galaxies come with pyongc: pip install 'pyongc>=1.1', then run this again."
        ) from error
    query = (
        "SELECT name, hubble, majax, minax, bmag, vmag, kmag, redshift, identifiers FROM objects "
        "WHERE type = 'G' AND hubble != '' ORDER BY name"
    )
    with sqlite3.connect(f"file:{DBPATH}?mode=ro", uri=True) as database:
        found = database.execute(query).fetchall()
    kept = [(*row, read_hubble_type(row[1])) for row in found if "?" not in row[1]]
    name, hubble, major, minor, *measured, identifiers, kind = zip(*kept, strict=True)
    b_mag, v_mag, k_mag, redshift = np.array(measured, float)
    pgc = [re.search(r"\bPGC 0*(\d+)", text or "") for text in identifiers]
    ratio = np.array(minor, float) / np.array(major, float)
    return QTable(
        {
            "name": name,
            "pgc": [int(found[1]) if found else 0 for found in pgc],
            "hubble_type": hubble,
            "t_type": [k.t_type for k in kind],
            "bar": [k.bar for k in kind],
            "axis_ratio": np.where(ratio <= 1, ratio, np.nan),
            "b_mag": b_mag,
            "v_mag": v_mag,
            "k_mag": k_mag,
            "redshift": redshift,
        }
    )


def read_efigi(folder):
    """EFIGI galaxies (Baillard+2011, A&A 532, A74): expert types and attributes of 4,458 nearby galaxies.

    Parameters
    ----------
    folder : str or Path
        Holds `EFIGI_attributes.txt`.

    Returns
    -------
    astropy.table.QTable
        `name`, `t_type` (DS18 scale; NaN for dwarf ellipticals, which EFIGI numbers 11), `bar` (the length of the bar),
        and all attributes under EFIGI's names in small letters, each 0 to 1, NaN where undetermined.
    """
    file = Path(folder) / "EFIGI_attributes.txt"
    if not file.exists():
        raise FileNotFoundError(f"no {file.name} in {Path(folder).name}: data/README.md says where the set comes from.")
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    raw = Table.read(lines, format="ascii.basic", guess=False)
    table = QTable({"name": raw["PGCname"], "t_type": convert_t_type(raw["T"], "EFIGI")})
    for column in raw.colnames[4::3]:  # every third: the value, without its lower and upper limits
        values = np.asarray(raw[column], float)
        table[column.lower()] = np.where(values < 0, np.nan, values)
    table["bar"] = table["bar_length"]
    return table


def read_mass_sfr(folder, *, name="Control4C_Gals_processed.csv"):
    """Stellar masses, star-formation rates and Galaxy Zoo 1 vote fractions of SDSS galaxies in groups.

    Two things are mended. Galaxy Zoo votes were joined to this table by identifiers kept as 64-bit floats, whose steps
    there are 256: neighbours on the sky share an identifier and so each other's votes. Votes are kept only where no
    other galaxy has the same rounded identifier. Rows without a mass or a rate (0, -9999) are dropped, repeated rows
    are taken once. The column `sSFR_status` is not read: its two words stand for each other.

    Parameters
    ----------
    folder : str or Path
    name : str

    Returns
    -------
    astropy.table.QTable
        `objid`, `redshift`, `log_mass` (log10 of solar masses), `log_sfr` (of solar masses a year), `p_elliptical`,
        `p_spiral` (NaN where unknown or ambiguous).
    """
    file = Path(folder) / name
    if not file.exists():
        raise FileNotFoundError(f"no {name} in {Path(folder).name}: data/README.md says where the set comes from.")
    raw = Table.read(file, format="ascii.csv")
    missing = {"objid", "z", "lgm", "sfr", "p_E", "p_S"} - set(raw.colnames)
    if missing:
        raise KeyError(f"{name} has no column {', '.join(sorted(missing))}; it has {raw.colnames}.")
    objid, first, rows = np.unique(np.asarray(raw["objid"], np.int64), return_index=True, return_counts=True)
    _, group, sharing = np.unique(objid.astype(float), return_inverse=True, return_counts=True)
    ambiguous = (sharing[group] > 1) | (rows > 1)

    def column(key):
        return np.ma.filled(np.ma.asarray(raw[key]).astype(float), np.nan)[first]

    table = QTable({"objid": objid, "redshift": column("z"), "log_mass": column("lgm"), "log_sfr": column("sfr")})
    for new, key in (("p_elliptical", "p_E"), ("p_spiral", "p_S")):
        table[new] = np.where(ambiguous, np.nan, column(key))
    return table[(table["log_mass"] > 6) & (table["log_sfr"] > -10)]
