"""A plain folder of images as shards, so that it is classified as a survey is."""

import hashlib
import json
import warnings
from pathlib import Path

import numpy as np
import torch
from astropy.table import QTable
from astropy.wcs.utils import proj_plane_pixel_scales

from ..datasets.folders import read_folder
from ..datasets.label_tables import images_in, read_labels
from ..files import cache_folder, inside, sweep
from ..fitsfiles import Unreadable
from ..imaging.fits_images import read_frame
from ..imaging.stretch import colour_image
from ..runtime import progress
from ..surveys import SDSS
from .shards import shard_words, write_shard
from .workers import CannotStart

AT_ONCE = 1000  # images in a shard: bounds memory


def holds_images(folder):
    """Is it a folder of images, with or without a CSV, and not of shards?"""
    folder = Path(folder)
    if not folder.is_dir() or any(folder.glob("[!._]*.parquet")):
        return False
    return bool(images_in(folder)) or any(folder.glob("*.csv"))


def shards_of_images(folder, *, size, bands, survey=SDSS):
    """Shards of a folder of images (JPEG, PNG, FITS), as `read_folder` reads it, in the cache folder.

    With a CSV that has a column `file`, its rows are the galaxies, else all images in the order of their names. A
    galaxy's number is its row, the first 0. Repeating it makes what is missing or has changed.

    Parameters
    ----------
    folder : str or Path
    size : int
        Side of the stamps, pixels.
    bands : sequence of str
        What the channels show.
    survey : Survey
        Whose look FITS images in nanomaggies get; their WCS says how large a pixel is.

    Returns
    -------
    shards : Path
        Folder of the shards.
    left_out : dict of str -> str
        By shard, what was said of images that could not be used.

    Raises
    ------
    CannotStart
        If too many images cannot be used, or they have other channels than `bands`.
    """
    folder, left_out = Path(folder), {}
    plain = not any(folder.glob("*.csv"))
    try:
        table, csv = read_labels(folder, False if plain else None)
    except (ValueError, OSError) as error:
        raise CannotStart(f"{error} Nothing was changed.") from error
    words = json.dumps([str(folder.resolve()), size, list(bands), survey.name])
    place = cache_folder("shards", hashlib.sha256(words.encode()).hexdigest()[:24])
    place.mkdir(parents=True, exist_ok=True)
    sweep(place)
    names = [str(name).strip() for name in table["file"]]
    wanted = {}
    for first in range(0, len(names), AT_ONCE):
        wanted[place / f"images_{first:08d}.parquet"] = np.arange(first, min(first + AT_ONCE, len(names)))
    for old in set(place.glob("*.parquet")) - set(wanted):
        old.unlink()
    for path, rows in progress(wanted.items(), f"reading images of {folder.name}"):
        own = {int(row): names[row] for row in rows}
        about = {"labels": False if plain else csv.name, "made": _stats(folder, own.values())}
        there = (shard_words(path) or {}).get("about", {})
        if there.get("made") != about["made"]:
            there = _write(path, (folder, table[rows]), own, about, (size, bands, survey))
        if there["left out"]:
            left_out[path.name] = there["left out"]
    return place, left_out


def _write(path, where, names, about, asked):
    """Write one shard of the images in some rows, {row: name}, of a folder's table; what it says about itself."""
    (folder, table), (size, bands, survey) = where, asked
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            sample = read_folder(folder, size, labels=table, survey=survey, cache=False)
        if sample.pixels != "colour":
            images = colour_image(sample.images, survey, _pixel_scales(folder, sample.table["file"], size))
        else:
            images = sample.images.clamp(0, 1)
    except (ValueError, OSError) as error:
        raise CannotStart(f"{str(error).rstrip('.')}. Nothing was changed.") from error
    if images.shape[1] != len(bands):
        raise CannotStart(
            f"the images of {str(folder)!r} have {images.shape[1]} channels, the classifier was trained on {bands}: "
            "save them in colour, or take a classifier of one band. Nothing was changed."
        )
    about = about | {"left out": " ".join(str(w.message) for w in said if "cannot be used" in str(w.message))}
    kept = [str(name).strip() for name in sample.table["file"]]
    table = QTable({"file": kept}, meta=about)
    write_shard(path, _numbers(names, kept), images, bands=bands, origin="folder", pixels="colour", table=table)
    return about


def _numbers(names, kept):
    """Rows of the images that were kept: both are in order, and one name may stand in two rows."""
    left = iter(names.items())
    return np.array([next(row for row, name in left if name == wanted) for wanted in kept], np.int64)


def _pixel_scales(folder, names, size):
    """Pixel of each stamp, arcsec, by the WCS of its file."""
    scales = []
    for name in names:
        try:
            wcs, shape = read_frame(folder / str(name).strip())
        except Unreadable as error:
            raise ValueError(f"{error} A picture needs to know how large a pixel of {name} is.") from error
        scales.append(float(np.mean(proj_plane_pixel_scales(wcs))) * 3600 * min(shape) / size)
    return torch.tensor(scales, dtype=torch.float32)


def _stats(folder, names):
    """A hash of names, sizes and times of files."""
    digest = hashlib.sha256()
    for name in names:
        file = inside(folder, name) if name else None
        stat = file.stat() if file and file.is_file() else None
        digest.update(f"{name} {stat and (stat.st_size, stat.st_mtime_ns)}\n".encode())
    return digest.hexdigest()
