"""A catalogue whole, as FITS or HATS, beside its parts: where each galaxy is, what it looks like, what is missing."""

import json
import os
import secrets
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import fits
from astropy.table import QTable

from .columns import COLUMNS
from .parts import read_parts
from .shards import find_shards
from .tables import write_catalogue
from .workers import CannotStart

FORMATS = ("parquet", "fits", "hats")
NAMES = {"fits": "catalogue.fits", "hats": "catalogue_hats"}
MARK = "GALMORPH"  # keyword of a FITS catalogue of ours
KEY = "_galmorph.json"  # file in a HATS catalogue of ours
CARRIED = ("RA", "DEC", "R90", "MAG", "OUTSIDE", "BLANK", "FILE")  # in shards in small letters


def check_format(folder, shards, format):
    """Raise CannotStart if a catalogue of that format cannot be written there.

    Parameters
    ----------
    folder, shards : str or Path
        Of the catalogue and of the shards.
    format : {"parquet", "fits", "hats"}
    """
    if format not in FORMATS:
        raise CannotStart(f"format must be one of {', '.join(FORMATS)}, got {format!r}. Nothing was changed.")
    if format == "parquet":
        return
    place = Path(folder) / NAMES[format]
    if place.exists() and not _ours(place):
        raise CannotStart(f"{str(place)!r} is no catalogue written here: move it away. Nothing was changed.")
    if format == "hats":
        _lsdb()
        bare = [path.name for path in find_shards(shards) if not {"ra", "dec"} <= _columns(path)]
        if bare:
            raise CannotStart(
                f"a HATS catalogue needs places on the sky, and {bare[0]} has no ra and dec: cut tiles with `catalogue "
                "cut`, or give write_shard a table of them. Nothing was changed."
            )


def write_whole(folder, shards, format):
    """Write the catalogue of all current parts as one FITS table or HATS catalogue, beside the parts.

    What the shards say of a galaxy (place, size, magnitude, missing pixels, file) goes with it.

    Parameters
    ----------
    folder, shards : str or Path
        Of the catalogue and of the shards.
    format : {"fits", "hats"}
        "hats" needs the package lsdb (the extra `hats`).

    Returns
    -------
    Path
        ``catalogue.fits``, or the folder ``catalogue_hats``, replaced if it was there.

    Raises
    ------
    CannotStart
        As `check_format`.
    ValueError
        As `read_parts`.
    """
    check_format(folder, shards, format)
    table, place = _joined(read_parts(folder), find_shards(shards)), Path(folder) / NAMES[format]
    if format == "fits":
        table.meta = {MARK: "catalogue"}
        return write_catalogue(table, place, overwrite=True)
    return _write_hats(table, place)


def _joined(table, paths):
    """The catalogue with what shards say of its galaxies; what none of them has is left out."""
    has = {path: _columns(path) for path in paths}
    names = [name for name in CARRIED if any(name.lower() in columns for columns in has.values())]
    order = np.argsort(table["ID"])
    ids, shard = np.asarray(table["ID"])[order], np.full(len(table), "", object)
    values = {name: np.full(len(table), *(("", object) if name == "FILE" else (np.nan,))) for name in names}
    for path in paths:
        own = [name for name in names if name.lower() in has[path]]
        try:
            rows = pq.read_table(path, columns=["id", *(name.lower() for name in own)])
        except (pa.ArrowException, OSError, KeyError):  # a shard that failed: none of its galaxies is here
            continue
        number = rows["id"].to_numpy()
        place = np.searchsorted(ids, number).clip(max=len(ids) - 1)
        there = ids[place] == number
        shard[order[place[there]]] = path.name
        for name in own:
            values[name][order[place[there]]] = rows[name.lower()].to_numpy()[there]
    out = QTable({"ID": table["ID"], "SHARD": shard.astype(str)})
    for name, column in values.items():
        out[name] = column.astype(str) if COLUMNS[name].unit is None else column * COLUMNS[name].unit
    for name in table.colnames[1:]:
        out[name] = table[name]
    for name in out.colnames:
        out[name].info.description = COLUMNS[name].description
    return out


def _columns(path):
    try:
        return set(pq.read_schema(path).names)
    except (pa.ArrowException, OSError):
        return set()


def _ours(place):
    if place.is_dir():
        return (place / KEY).exists()
    try:
        return MARK in fits.getheader(place, 1)
    except (OSError, IndexError):
        return False


def _lsdb():
    try:
        import lsdb
    except ImportError as error:
        raise CannotStart("HATS is written by the package lsdb: pip install lsdb. Nothing was changed.") from error
    return lsdb


def _write_hats(table, place):
    """A HATS catalogue beside `place`, moved there when it is whole."""
    frame = QTable({name: getattr(column, "value", column) for name, column in table.items()}).to_pandas()
    part = place.with_name(f".{place.name}.{secrets.token_hex(8)}.part")
    try:
        whole = _lsdb().from_dataframe(frame, ra_column="RA", dec_column="DEC", catalog_name="galmorph")
        whole.write_catalog(part, catalog_name="galmorph", progress_bar=False)
        said = {name: [str(c.unit or ""), c.description] for name, c in COLUMNS.items() if name in table.colnames}
        (part / KEY).write_text(json.dumps(said, indent=1), encoding="utf-8")
        old = place.with_name(f"{part.name}.old")
        if place.exists():
            os.replace(place, old)
        os.replace(part, place)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return place
