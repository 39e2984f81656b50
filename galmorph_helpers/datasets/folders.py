"""Observed galaxies from a folder: a CSV with a `file` column beside the images, decoded once and cached."""

import hashlib
import json
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from astropy.io import fits
from astropy.table import QTable
from PIL import Image

from ..files import cache_folder, inside, sweep, whole_file
from ..runtime import progress, release_memory
from ..samples import GalaxySample

MAX_EXCLUDED = 0.05  # a larger share of unreadable images is an error: something is wrong with the folder


def read_folder(path, size=64, crop=None, *, labels=None, classes=None, rows=None, survey=None, cache=True):
    """Read a folder of observed galaxies: a CSV with a `file` column beside the images (JPEG, PNG or FITS).

    Decoding is done once: the pixels are kept in a cache whose key is a hash of the table, of the images' sizes and
    times, and of `size` and `crop`. Images that cannot be used (missing, truncated, grey among colour ones, constant,
    not finite, outside the folder by name or by a link) are left out, counted and named in a warning; more than 5 % of
    them is an error.

    Parameters
    ----------
    path : str or Path
    size : int
        Side of the stamps returned, pixels.
    crop : int, optional
        Central crop before resizing, pixels of the files; the whole image by default.
    labels : str, optional
        Name of the CSV; `labels.csv` by default, or the only CSV that has a `file` column.
    classes : iterable of str, optional
        Allowed values of the column `class_name`; anything else is an error that names the row.
    rows : array of int or bool, optional
        Rows of the CSV to read; all by default. The others cost neither time nor memory.
    survey : Survey, optional
    cache : bool
        False neither reads nor writes the cache (folder `GALMORPH_CACHE`, by default the user's cache folder).

    Returns
    -------
    GalaxySample
        `origin` is "archive" if `galmorph_helpers.archive` fetched the folder, else "folder"; images are in 0 to 1
        (JPEG, PNG: `pixels` is "colour") or in the files' units (FITS: "flux", so they should be nanomaggies a pixel).
    """
    path = Path(path)
    if size < 1 or (crop is not None and crop < 1):
        raise ValueError(f"size and crop must be at least 1 pixel, got size={size}, crop={crop}.")
    table, csv = _read_labels(path, labels)
    if classes is not None:
        _check_classes(table, set(classes), csv)
    if rows is not None:
        table = table[np.atleast_1d(rows)]
        if len(table) == 0:
            raise ValueError(f"rows selects none of the galaxies in {csv}.")
    names = [_name(cell) for cell in table["file"]]
    files = [inside(path, name) for name in names]
    key = _cache_key(csv, files, size, crop)
    release_memory()
    found = _read_cache(key) if cache else None
    if found is None:
        found = _decode(names, files, size, crop, path.name)
        if cache:
            _write_cache(key, *found)
    pixels, kept, problems = found
    if problems:
        named = "; ".join(problems[:5]) + ("; ..." if len(problems) > 5 else "")
        message = f"{path.name}: {len(problems)} of {len(files)} images cannot be used: {named}."
        if len(problems) > max(1, MAX_EXCLUDED * len(files)) or len(kept) == 0:
            raise ValueError(
                f"{message} That is too many to leave out: check that the folder is complete, then read it again."
            )
        warnings.warn(f"{message} They are left out.", stacklevel=2)
    images = torch.from_numpy(pixels)
    what = "colour" if images.dtype == torch.uint8 else "flux"
    images = images.float().div_(255) if images.dtype == torch.uint8 else images
    origin = "archive" if (path / "manifest.json").exists() else "folder"
    return GalaxySample(images, table[kept], survey, origin, path.name, pixels=what)


def _read_labels(path, labels):
    if not path.is_dir():
        raise FileNotFoundError(f"{path} is not a folder. It should hold a CSV with a 'file' column, and the images.")
    names = (
        [labels]
        if labels
        else ["labels.csv"]
        if (path / "labels.csv").exists()
        else sorted(p.name for p in path.glob("*.csv"))
    )
    if not names or not all((path / name).exists() for name in names):
        raise FileNotFoundError(
            f"no labels in {path}: write a labels.csv with a column 'file' (path of each image in the folder)."
        )
    tables = {name: QTable.read(path / name, format="ascii.csv") for name in names}
    tables = {name: table for name, table in tables.items() if "file" in table.colnames}
    if len(tables) != 1:
        raise ValueError(
            f"{path} has {len(tables)} CSV files with a 'file' column (looked at {names}); name one with labels=."
        )
    ((name, table),) = tables.items()
    if len(table) == 0:
        raise ValueError(f"{path / name} has no rows.")
    return table, path / name


def _check_classes(table, classes, csv):
    if "class_name" not in table.colnames:
        raise KeyError(f"{csv} has no column 'class_name' to check against {sorted(classes)}.")
    for row, value in enumerate(table["class_name"]):
        if str(value) not in classes:
            raise ValueError(f"{csv}, row {row + 1}: class_name {str(value)!r} is not one of {sorted(classes)}.")


def _name(cell):
    return "" if np.ma.is_masked(cell) else str(cell)


def _decode(names, files, size, crop, what):
    """Pixels (K, C, size, size) of the usable images, their rows, and a sentence for each of the others."""
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:  # decoding releases the interpreter lock
        results = list(
            progress(pool.map(lambda f: _try_image(f, size, crop), files), f"decoding {what}", total=len(files))
        )
    channels = [r.shape[0] for r in results if not isinstance(r, str)]
    usual = max(set(channels), key=channels.count) if channels else 0
    kept, problems = [], []
    for row, (name, result) in enumerate(zip(names, results, strict=True)):
        if not isinstance(result, str) and result.shape[0] != usual:
            result = f"has {result.shape[0]} channel(s) where the others have {usual}"
        if isinstance(result, str):
            problems.append(f"{name or 'an empty name'} (row {row + 1}) {result}")
        else:
            kept.append(row)
    pixels = np.stack([results[row] for row in kept]) if kept else np.zeros((0, 1, size, size), np.uint8)
    return pixels, np.array(kept, int), problems


def _try_image(file, size, crop):
    """The image as (C, size, size), uint8 or float32, or a string that says why not."""
    if file is None:
        return "is not in the folder"
    if not file.is_file():
        return "is missing"
    try:
        pixels = (
            _read_fits(file, size, crop)
            if ".fit" in "".join(file.suffixes).lower()
            else _read_picture(file, size, crop)
        )
    except (OSError, ValueError, SyntaxError) as error:
        return f"cannot be read ({error})"
    if not np.isfinite(pixels).all():
        return "has pixels that are not finite"
    if pixels.min() == pixels.max():
        return "is constant"
    return pixels


def _read_picture(file, size, crop):
    with Image.open(file) as image:
        image = image if image.mode in ("RGB", "L") else image.convert("RGB")
        box = _central(image.height, image.width, crop)
        pixels = np.asarray(image.resize((size, size), Image.Resampling.BOX, box=(box[1], box[0], box[3], box[2])))
    return np.ascontiguousarray(pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1))


def _read_fits(file, size, crop):
    with fits.open(file, memmap=False) as hdus:
        data = next((hdu.data for hdu in hdus if hdu.data is not None and hdu.is_image), None)
    if data is None or data.ndim not in (2, 3):
        raise ValueError("no image of two or three dimensions in the file")
    data = np.asarray(data, np.float32)[None] if data.ndim == 2 else np.asarray(data, np.float32)
    top, left, bottom, right = _central(*data.shape[-2:], crop)
    stamp = torch.from_numpy(data[:, top:bottom, left:right].copy())[None]
    return torch.nn.functional.interpolate(stamp, size=(size, size), mode="area")[0].numpy()


def _central(height, width, crop):
    """Top, left, bottom, right of the largest central square, or of the central `crop`."""
    side = min(height, width) if crop is None else crop
    if side > min(height, width):
        raise ValueError(f"a crop of {side} pixels does not fit in {height} x {width}")
    top, left = (height - side) // 2, (width - side) // 2
    return top, left, top + side, left + side


def _cache_key(csv, files, size, crop):
    digest = hashlib.sha256(csv.read_bytes())
    for file in files:
        stat = file.stat() if file and file.exists() else None
        digest.update(f"{file and file.name} {stat and (stat.st_size, stat.st_mtime_ns)}\n".encode())
    digest.update(f"size={size} crop={crop} format=1".encode())
    return digest.hexdigest()[:24]


def _cache_file(key):
    return cache_folder() / f"{key}.npz"


def _read_cache(key):
    file = _cache_file(key)
    if not file.exists():
        return None
    try:
        with open(file, "rb") as opened, np.load(opened, allow_pickle=False) as stored:
            return stored["pixels"], stored["kept"], json.loads(str(stored["problems"]))
    except Exception:  # a damaged cache is decoded again, whatever the damage
        return None


def _write_cache(key, pixels, kept, problems):
    file = _cache_file(key)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        sweep(file.parent)
        with whole_file(file) as part, open(part, "wb") as opened:  # savez would add its ending to a name
            np.savez(opened, pixels=pixels, kept=kept, problems=json.dumps(problems))
    except OSError as error:
        warnings.warn(
            f"decoded images could not be cached in {file.parent} ({error}): they will be decoded again next time. "
            "Set GALMORPH_CACHE to a folder you can write to.",
            stacklevel=3,
        )
