"""Catalogues as the course wants them: one name a column, one T scale, one row a galaxy, joins that are counted."""

import hashlib

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord, match_coordinates_sky
from astropy.table import MaskedColumn, QTable, Table, hstack

from .contents import safe_name
from .errors import ArchiveError


def pick_columns(table, columns, *, optional=None, source="the table", null=None):
    """The columns named in the registry, under the course's names.

    Parameters
    ----------
    table : Table
    columns, optional : dict
        Our name -> names that it may have there; upper and lower case, hyphens and underscores do not matter.
        A missing one is an error in `columns`, left out in `optional`.
    source : str
        For the message.
    null : float, optional
        A number that stands for "unknown": becomes NaN.

    Returns
    -------
    Table
    """
    there = {_plain(name): name for name in table.colnames}
    picked = Table()
    for ours, names in {**columns, **(optional or {})}.items():
        name = next((there[_plain(name)] for name in names if _plain(name) in there), None)
        if name is not None:
            picked[ours] = _clean(table[name], null)
        elif ours in columns:
            raise ArchiveError(
                f"{source} has no column {' or '.join(names)} (for {ours!r}); it has {', '.join(table.colnames)}. "
                "If one of these is meant, add its name to data/registry.toml."
            )
    return picked


def _plain(name):
    return name.lower().replace("-", "_").strip()


def _clean(column, null):
    if column.dtype.kind in "SO":
        return np.array([str(v.decode() if isinstance(v, bytes) else v).strip() for v in column])
    if column.dtype.kind == "U":
        return np.char.strip(np.asarray(column))
    if column.dtype.kind == "f" or (isinstance(column, MaskedColumn) and np.any(column.mask)):
        values = np.ma.filled(np.ma.asarray(column, float), np.nan)
        return np.where(values == null, np.nan, values) if null is not None else values
    return np.asarray(column)


def one_row_a_galaxy(table):
    """Without rows that have no position, and without a second row of a galaxy (same `objid`, or within 1 arcsec).

    Returns
    -------
    Table
    counts : dict
        `no_position` and `duplicates` that were left out.
    """
    placed = np.isfinite(table["ra"]) & np.isfinite(table["dec"])
    kept = table[placed]
    first = np.ones(len(kept), bool)
    if "objid" in kept.colnames:
        first[:] = False
        first[np.unique(np.asarray(kept["objid"]), return_index=True)[1]] = True
    kept, repeated = kept[first], int((~first).sum())
    if len(kept) > 1:
        where = SkyCoord(kept["ra"], kept["dec"], unit="deg")
        ours, theirs, *_ = where.search_around_sky(where, 1 * u.arcsec)
        later = np.unique(np.maximum(ours, theirs)[ours != theirs])
        repeated += len(later)
        kept.remove_rows(later)
    return kept, {"no_position": int((~placed).sum()), "duplicates": repeated}


def join_by_position(table, other, *, within=2.0):
    """Each galaxy with the nearest one of another table, if that is near enough and has no nearer partner.

    Parameters
    ----------
    table, other : Table
        With `ra` and `dec`, degrees. Columns of `other` that `table` has, too, are left out.
    within : float
        Arcsec.

    Returns
    -------
    Table
        The galaxies that have a partner, in the order of `table`, with `separation` (arcsec).
    counts : dict
        `asked`, `joined`, `without_partner` and `shared_partner` (two galaxies had the same one: the nearer keeps it).
    """
    if not len(table) or not len(other):
        return table[:0], {"asked": len(table), "joined": 0, "without_partner": len(table), "shared_partner": 0}
    here = SkyCoord(table["ra"], table["dec"], unit="deg")
    index, separation, _ = match_coordinates_sky(here, SkyCoord(other["ra"], other["dec"], unit="deg"))
    near = separation.arcsec <= within
    nearest_first = np.argsort(separation.arcsec, kind="stable")
    keeps = np.zeros(len(table), bool)
    keeps[nearest_first[np.unique(index[nearest_first], return_index=True)[1]]] = True
    good = near & keeps
    new = [name for name in other.colnames if name not in table.colnames]
    joined = hstack([table[good], other[new][index[good]]], metadata_conflicts="silent")
    joined["separation"] = separation.arcsec[good]
    counts = {"asked": len(table), "joined": int(good.sum()), "without_partner": int((~near).sum())}
    return joined, counts | {"shared_partner": int((near & ~keeps).sum())}


def name_galaxies(table):
    """Column `id`, first: the object's number, else its name, else its position; fit for a file name, and unique."""
    if "objid" in table.colnames:
        names = [str(int(value)) for value in table["objid"]]
    elif "plateifu" in table.colnames:
        names = [safe_name(value) for value in table["plateifu"]]
    else:
        where = SkyCoord(table["ra"], table["dec"], unit="deg")
        names = [
            f"J{ra}{dec}"
            for ra, dec in zip(
                where.ra.to_string(unit=u.hour, sep="", precision=2, pad=True),
                where.dec.to_string(sep="", precision=1, alwayssign=True, pad=True),
                strict=True,
            )
        ]
    if "id" in table.colnames:
        table.remove_column("id")
    table.add_column(names, name="id", index=0)
    return table


def shuffled(table):
    """In an order that looks random but is always the same, so that the first 50 of 100 are the first 50."""
    key = [hashlib.sha256(str(name).encode()).hexdigest() for name in table["id"]]
    return table[np.argsort(key)]


def with_units(table):
    """The table with the units of the columns that have one: a `QTable`."""
    units = {"ra": u.deg, "dec": u.deg, "petro_r90": u.arcsec, "petro_mag_r": u.mag, "separation": u.arcsec}
    units |= {"sersic_mag": u.mag, "sersic_half_light": u.arcsec}
    units |= {"disc_half_light": u.arcsec, "bulge_half_light": u.arcsec, "pixel_scale": u.arcsec}
    result = QTable(table)
    for name, unit in units.items():
        if name in result.colnames:
            result[name] = np.asarray(table[name], float) * unit
    return result
