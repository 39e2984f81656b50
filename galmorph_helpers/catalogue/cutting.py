"""From tiles to shards in one pass: each tile is read once, its galaxies found, cut out, coloured and written."""

import json
import os
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ..files import sweep, whole_file
from ..fitsfiles import Unreadable
from ..imaging.fits_images import read_image
from .cut_run import CutRun, Cutting
from .finding import find_galaxies
from .parts import aside
from .shards import shard_words, write_shard
from .tiles import frame as frame_of
from .tiles import margin, neighbours, survey_named
from .workers import CannotStart, each

PLAN = "_cut.json"  # beside the shards: how they were cut


def cut_tile(tile, folder, how, beside=()):
    """Cut one tile into a shard of its name; the shard appears only when it is complete.

    Parameters
    ----------
    tile : str
        FITS file with one plane for each band of the survey, from blue to red, and a WCS.
    folder : str
        Of the shards.
    how : Cutting
    beside : sequence of str
        Tiles that overlap this one. A galaxy belongs to the tile in which it is farther from the edge.

    Returns
    -------
    dict
        `galaxies`, `pixels`, `flagged`; or `error`, a reason in words.
    """
    place = Path(folder) / f"{_stem(tile)}.parquet"
    try:
        made = _made(tile, beside)
        image = read_image(tile, hdu=how.hdu, zero_point=how.zero_point, wcs=True)
        if not image.calibrated:
            return {"error": "does not say what a count is (BUNIT, MAGZERO and the like): give --zero-point, the AB "
                             "magnitude of one count"}  # fmt: skip
        survey = survey_named(how.survey)
        found = find_galaxies(image.flux, image.wcs, survey, size=how.size, limit=how.limit, seeing=how.seeing)
        table = found.table
        kept = np.flatnonzero(_mine(tile, (image.wcs, image.flux.shape[1:]), table, beside, how.hdu))
        table, pictures = table[kept], found.pictures[kept]
    except (Unreadable, OSError, ValueError) as error:
        return {"error": (str(error) or type(error).__name__).removeprefix(Path(tile).name).lstrip(": ")}
    result = {"galaxies": len(table), "pixels": image.flux.size}
    result["flagged"] = int(((table["outside"] > 0) | (table["blank"] > 0)).sum())
    if len(table):
        table.meta = {"made": made, "how": json.loads(json.dumps(asdict(how)))}
        write_shard(place, place_numbers(table["ra"], table["dec"]), pictures, bands=_bands(survey, pictures),
                    origin="folder", pixels="colour", table=table)  # fmt: skip
        aside(place).unlink(missing_ok=True)
    return result


def place_numbers(ra, dec):
    """Numbers of galaxies by their places on the sky, in steps of 0.1": ra and dec + 90 in those steps, side by side.

    Parameters
    ----------
    ra, dec : array or Quantity (N,)
        Degrees.

    Returns
    -------
    numpy.ndarray of int64 (N,)

    Examples
    --------
    >>> place_numbers([150.0], [2.0])
    array([54000003312000])
    """
    ra, dec = (np.asarray(getattr(v, "value", v), float) for v in (ra, dec))
    return np.floor(ra % 360 * 36_000).astype(np.int64) * 10_000_000 + np.floor((dec + 90) * 36_000).astype(np.int64)


def _bands(survey, pictures):
    """What the channels of the pictures show, as `save_classifier` has it."""
    shown = (survey.look and survey.look.bands) or survey.shown
    return tuple(shown) if len(shown) == pictures.shape[1] else (shown[0], f"{shown[0]}+{shown[1]}", shown[1])


def _stem(tile):
    """Name of a tile without the endings of FITS and of what it is packed in."""
    name = Path(tile).name
    for ending in (".gz", ".bz2", ".xz", ".fz", ".fits", ".fit", ".fts"):
        name = name.removesuffix(ending)
    return name


def _made(tile, beside):
    """What a shard is made from: name, size and time of change of the tile and of those that overlap it."""
    return [[Path(p).name, os.stat(p).st_size, os.stat(p).st_mtime_ns] for p in (tile, *beside) if os.path.exists(p)]


def _mine(tile, frame, table, beside, hdu):
    """Which galaxies belong to this tile, and not to one where they are farther from the edge."""
    own, mine = margin(frame, table["ra"].value, table["dec"].value), np.ones(len(table), bool)
    for other in beside:
        try:
            theirs = margin(frame_of(other, hdu), table["ra"].value, table["dec"].value)
        except (Unreadable, OSError):
            continue
        first = Path(other).name < Path(tile).name  # where both are as far
        mine &= ~((theirs > 0) & ((theirs > own + 1e-6) | ((abs(theirs - own) <= 1e-6) & first)))
    return mine


def cut(tiles, folder, how=None, *, client=None):
    """Cut tiles into shards that `classify` reads, one a tile, in one pass.

    A worker holds one tile at a time. A run that is killed is resumed by repeating it. A tile that cannot be used is
    left out, with its reason; the others go on.

    Parameters
    ----------
    tiles : list of str or Path
        FITS files, of different names.
    folder : str or Path
        Of the shards; made if need be.
    how : Cutting, optional
    client : dask.distributed.Client, optional
        As from `dask_client`; without one the work is done in this process.

    Returns
    -------
    CutRun

    Raises
    ------
    CannotStart
        If the folder holds other files or shards that were cut in another way, two tiles have one name, or there is no
        such survey.
    """
    begin, run, how, folder = time.perf_counter(), CutRun(), how or Cutting(), Path(folder)
    tiles = [Path(tile) for tile in tiles]
    _check_start(tiles, folder, how)
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    with whole_file(folder / PLAN) as part:
        part.write_text(json.dumps(asdict(how)), encoding="utf-8")
    beside = neighbours(tiles, hdu=how.hdu)
    # Twice: first what has no shard; then what left galaxies to a tile that turned out to be of no use.
    for lost in (None, run.failed):
        around = {tile: [other for other in beside[tile] if other.name not in (lost or ())] for tile in tiles}
        tasks = {
            tile.name: (str(tile), str(folder), how, tuple(map(str, around[tile])))
            for tile in tiles
            if tile.name not in run.failed
            and _is_left(tile, folder, around[tile], beside[tile], again=lost is not None)
        }
        for name, result in each(cut_tile, tasks, client=client, what="tiles cut"):
            run.add(name, result)
    for name in (*run.failed, *run.empty):  # what an earlier run cut of them is not of these tiles
        old = folder / f"{_stem(name)}.parquet"
        if old.exists():
            os.replace(old, aside(old))
    run.found = [tile.name for tile in tiles if tile.name not in {*run.failed, *run.done, *run.empty}]
    run.seconds = time.perf_counter() - begin
    return run


def _is_left(tile, folder, around, beside, *, again):
    """Is a tile to be cut: has it no shard of its own, or (again) one made beside other neighbours than those?"""
    about = (shard_words(folder / f"{_stem(tile)}.parquet") or {}).get("about", {})
    if not tile.exists():
        return not again
    if "made" not in about:
        return not again or around != beside
    if again:
        return about["made"] != _made(tile, around)
    own, *others = about["made"]
    return [own] != _made(tile, ()) or not all(other in _made(tile, beside) for other in others)


def _check_start(tiles, folder, how):
    """Raise CannotStart if a run would mix shards, or write where another kind of file stands."""
    survey_named(how.survey)
    if how.size < 8 or (how.seeing is not None and not how.seeing > 0):
        raise CannotStart(f"stamps need at least 8 pixels a side and a seeing above 0 arcsec, got {how}.")
    stems = [_stem(tile) for tile in tiles]
    twice = sorted({stem for stem in stems if stems.count(stem) > 1})
    if twice or not tiles:
        raise CannotStart(f"{len(tiles)} tiles were given, {twice[:3]} twice: each needs a name of its own.")
    if folder.exists() and not folder.is_dir():
        raise CannotStart(f"{str(folder)!r} is a file: give the folder of the shards last. Nothing was changed.")
    try:
        there = json.loads((folder / PLAN).read_text(encoding="utf-8")) if (folder / PLAN).exists() else None
    except ValueError:
        there = {}
    foreign = [p.name for p in folder.glob("[!._]*.parquet") if "how" not in (shard_words(p) or {}).get("about", {})]
    if foreign or there not in (None, json.loads(json.dumps(asdict(how)))):
        raise CannotStart(
            f"{str(folder)!r} holds {f'files that are no shards of tiles ({foreign[0]})' if foreign else there}, and "
            f"not shards cut by {asdict(how)}: choose another folder. Nothing was changed."
        )
