"""Tiles of the mock sky as FITS files, and how the tiles of any survey lie beside each other."""

import functools
import json
import os
from pathlib import Path

import numpy as np
from astropy.io import fits
from scipy.spatial import cKDTree

from ..files import sweep, whole_file
from ..fitsfiles import Unreadable
from ..imaging.fits_images import read_frame
from ..mock.tiles import mock_tile
from ..surveys import SDSS, SURVEYS
from .workers import CannotStart, each

PLAN = "_tiles.json"  # beside the tiles: what they were asked to be


def survey_named(name):
    """The survey of `gm.surveys.SURVEYS` of that name.

    Raises
    ------
    CannotStart
        Names those that are there.
    """
    for survey in SURVEYS:
        if survey.name.lower() == str(name).lower():
            return survey
    raise CannotStart(f"no survey {name!r}: choose one of {', '.join(survey.name for survey in SURVEYS)}.")


def simulate_tiles(folder, *, tiles, galaxies, side=2048, seed=0, survey=SDSS, client=None):
    """Write tiles of the mock sky that touch each other: `tile_0000.fits` and so on, by `write_tile`.

    Repeating it makes what is missing.

    Parameters
    ----------
    folder : str or Path
        Made if need be.
    tiles, galaxies : int
        Number of tiles, and of galaxies in each.
    side, seed : int
        Pixels of a tile, and what they are drawn with.
    survey : Survey
        One of `gm.surveys.SURVEYS`.
    client : dask.distributed.Client, optional

    Returns
    -------
    list of Path

    Raises
    ------
    CannotStart
        If the folder holds other tiles, or such tiles cannot be.
    """
    folder = Path(folder)
    plan = {"galaxies": galaxies, "side": side, "seed": seed, "survey": survey.name}
    there = json.loads((folder / PLAN).read_text(encoding="utf-8")) if (folder / PLAN).exists() else None
    if there not in (None, plan) or (there is None and any(folder.glob("*.fits"))):
        raise CannotStart(
            f"{str(folder)!r} holds other tiles ({there or 'it does not say which'}), not of {plan}: choose another "
            "folder. Nothing was changed."
        )
    if tiles < 1 or galaxies < 1 or side < max(64, 16 * np.ceil(np.sqrt(galaxies))):
        raise CannotStart(
            f"a tile needs 64 pixels a side and 16 x 16 for each galaxy, got {tiles} tiles of {galaxies} galaxies and "
            f"{side} pixels a side. Nothing was changed."
        )
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    with whole_file(folder / PLAN) as part:
        part.write_text(json.dumps(plan), encoding="utf-8")
    paths = [folder / f"tile_{number:04d}.fits" for number in range(tiles)]
    tasks = {
        path.name: (str(path), galaxies, survey.name, seed * 1_000_003 + number, side, number)
        for number, path in enumerate(paths)
    }
    for name, result in each(_simulate_tile, tasks, client=client, what="tiles simulated"):
        if isinstance(result, BaseException):
            raise RuntimeError(f"{name} could not be simulated") from result
    return paths


def _simulate_tile(path, galaxies, survey, seed, side, number):
    if not Path(path).exists():
        write_tile(path, mock_tile(galaxies, survey_named(survey), seed, side=side, number=number))


def write_tile(path, tile):
    """Write a mock tile as FITS: planes from blue to red in nanomaggies, a WCS, and the truth as the table TRUTH.

    Parameters
    ----------
    path : str or Path
        A file of that name is replaced.
    tile : MockTile

    Returns
    -------
    Path
    """
    header = tile.wcs.to_header()
    header["BUNIT"], header["BANDS"], header["ORIGIN"] = "nanomaggy", " ".join(tile.survey.bands), "mock"
    truth = fits.table_to_hdu(tile.table)
    truth.name = "TRUTH"
    with whole_file(path) as part:
        fits.HDUList([fits.PrimaryHDU(tile.flux.numpy(), header), truth]).writeto(part, output_verify="exception")
    return Path(path)


def frame(path, hdu=None):
    """Where a tile lies on the sky, as `read_frame` has it; the last ones that were asked for are remembered."""
    stat = os.stat(path)
    hdu = tuple(hdu) if isinstance(hdu, list) else hdu
    return _remembered(Path(path), hdu, stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=256)
def _remembered(path, hdu, size, changed):
    return read_frame(path, hdu=hdu)


def margin(frame, ra, dec):
    """Distance of places on the sky from the nearest edge of a tile, arcsec; below 0 outside.

    Parameters
    ----------
    frame : (astropy.wcs.WCS, (int, int))
        As from `read_frame`.
    ra, dec : array (N,)
        Degrees.

    Returns
    -------
    numpy.ndarray (N,)
    """
    wcs, (height, width) = frame
    x, y = wcs.all_world2pix(np.asarray(ra, float), np.asarray(dec, float), 0, quiet=True)
    away = np.minimum(np.minimum(x + 0.5, width - 0.5 - x), np.minimum(y + 0.5, height - 0.5 - y))
    away = np.where(np.abs(_direction(wcs.wcs.crval) @ _direction((ra, dec))) > 0.5, away, -1.0)  # not the antipode
    return np.nan_to_num(away, nan=-1.0) * np.sqrt(abs(np.linalg.det(wcs.pixel_scale_matrix))) * 3600


def neighbours(paths, *, hdu=None):
    """Which tiles overlap which: {path: list of paths}; tiles that cannot be read have none.

    Parameters
    ----------
    paths : list of Path
    hdu : int, str, or sequence of them, optional
        As of `read_image`.
    """
    centres, reach, usable = [], [], []
    for path in paths:
        try:
            wcs, (height, width) = frame(path, hdu)
            corners = wcs.all_pix2world([-0.5, width - 0.5, (width - 1) / 2], [-0.5, height - 0.5, (height - 1) / 2], 0)
        except (Unreadable, OSError):
            continue
        first, last, centre = _direction(corners).T
        if np.isfinite([first, last, centre]).all():
            usable.append(path)
            centres.append(centre)
            reach.append(max(np.linalg.norm(first - centre), np.linalg.norm(last - centre)))
    found = {path: [] for path in paths}
    if len(usable) > 1:
        for a, b in cKDTree(centres).query_pairs(2 * max(reach)):
            if np.linalg.norm(centres[a] - centres[b]) < reach[a] + reach[b]:
                found[usable[a]].append(usable[b])
                found[usable[b]].append(usable[a])
    return {path: sorted(beside) for path, beside in found.items()}


def _direction(place):
    """Unit vectors of right ascensions and declinations in degrees, (3,) or (3, N)."""
    ra, dec = np.deg2rad(np.asarray(place, float))
    return np.stack((np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)))
