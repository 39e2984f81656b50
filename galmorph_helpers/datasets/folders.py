"""Observed galaxies from a folder: a CSV with a `file` column beside the images, decoded once and cached."""

import hashlib
import json
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from astropy.table import QTable

from ..files import cache_folder, inside, sweep, whole_file
from ..runtime import progress, release_memory
from ..samples import GalaxySample
from .label_tables import check_classes, read_labels
from .stamps import read_stamp

ENDINGS = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".gif", ".bmp", ".fits", ".fit", ".fits.gz", ".fits.fz")
MAX_EXCLUDED = 0.05  # a larger share of unreadable images is an error: something is wrong with the folder


def read_folder(
    path, size=64, crop=None, *, labels=None, classes=None, rows=None, survey=None, cache=True, **reading
):  # fmt: skip
    """Read a folder of observed galaxies: a CSV with a `file` column beside the images (JPEG, PNG or FITS).

    What a file is, its first bytes say, not its name; data/FORMATS.md has a table of what is read how. Row 0 of an
    image is its top, as in every picture: FITS images, whose row 0 is the bottom, are turned over.

    Decoding is done once: the pixels are kept in a cache whose key is a hash of the table, of the images' sizes and
    times, and of the arguments. Images that cannot be used (missing, truncated, grey among colour ones, constant,
    not finite, of an unknown unit, outside the folder by name or by a link) are left out, counted and named in a
    warning; more than 5 % of them is an error.

    Parameters
    ----------
    path : str or Path
    size : int
        Side of the stamps returned, pixels.
    crop : int, optional
        Central crop before resizing, pixels of the files; the whole image by default.
    labels : str, False, or QTable, optional
        Name of the CSV; `labels.csv` by default, or the only CSV that has a `file` column. In UTF-8, or UTF-16 with a
        byte order mark, else taken for Latin-1; with commas, semicolons or tabs. Names of files are text. False: no
        CSV is needed, all images of the folder are read, in the order of their names. A table with a column `file`, as
        of a CSV that was read before, is taken as it is.
    classes : iterable of str, optional
        Allowed values of the column `class_name`; anything else is an error that names the row.
    rows : array of int or bool, optional
        Rows of the CSV to read; all by default. The others cost neither time nor memory.
    survey : Survey, optional
    cache : bool
        False neither reads nor writes the cache (folder `GALMORPH_CACHE`, by default the user's cache folder).
    zero_point : float, optional
        AB magnitude of one count of the FITS images, where their headers do not say it.
    hdu : int, str, or sequence of them, optional
        HDU of the image in each FITS file, or one a band, where the files hold several images.

    Returns
    -------
    GalaxySample
        `origin` is "archive" if `galmorph_helpers.archive` fetched the folder, else "folder"; images are in 0 to 1
        (JPEG, PNG: `pixels` is "colour") or in nanomaggies a pixel (FITS: "flux"). A warning counts the FITS images
        whose headers name no unit: without `zero_point`, their counts are taken for nanomaggies.
    """
    path = Path(path)
    strange = sorted(set(reading) - {"zero_point", "hdu"})
    if strange:
        raise TypeError(f"read_folder() takes no {strange[0]!r}: FITS files are read by zero_point and hdu.")
    if size < 1 or (crop is not None and crop < 1):
        raise ValueError(f"size and crop must be at least 1 pixel, got size={size}, crop={crop}.")
    table, csv = (labels, None) if isinstance(labels, QTable) else read_labels(path, labels)
    if classes is not None:
        check_classes(table, set(classes), csv)
    if rows is not None:
        table = table[np.atleast_1d(rows)]
        if len(table) == 0:
            raise ValueError(f"rows selects none of the galaxies in {csv}.")
    names = [_name(cell) for cell in table["file"]]
    files = [inside(path, name) for name in names]
    key = _cache_key(csv, files, size, crop, (reading.get("zero_point"), reading.get("hdu")))
    release_memory()
    found = _read_cache(key) if cache else None
    if found is None:
        found = _decode(names, files, path.name, size=size, crop=crop, **reading)
        if cache:
            _write_cache(key, *found)
    return _sample(found, table, path, survey)


def read_images(path, size=64, crop=None, *, most=None, seed=0):
    """Read the images of a folder that has no table: pictures and FITS files, by their endings, in its folders, too.

    Parameters
    ----------
    path : str or Path
    size, crop
        As of `read_folder`; nothing is cached.
    most : int, optional
        Take so many of them at random.
    seed : int

    Returns
    -------
    GalaxySample
        Its table has the column `file`. What cannot be read is left out and named in a warning, as by `read_folder`.

    Raises
    ------
    FileNotFoundError
        If the folder is not there, or holds no image.
    """
    path = Path(path)
    if not path.is_dir():
        raise FileNotFoundError(f"{path} is not a folder: name one that holds images.")
    files = sorted(file for file in path.rglob("*") if file.is_file() and file.name.lower().endswith(ENDINGS))
    if not files:
        raise FileNotFoundError(f"no image in {path}: it should hold files that end in {', '.join(ENDINGS)}.")
    if most is not None and most < len(files):
        files = [files[row] for row in np.sort(np.random.default_rng(seed).permutation(len(files))[:most])]
    names = [file.relative_to(path).as_posix() for file in files]
    found = _decode(names, files, path.name, size=size, crop=crop)
    return _sample(found, QTable({"file": names}), path, None)


def _sample(found, table, path, survey):
    """The sample of what was decoded, with a warning for what was not; an error if that is too much."""
    pixels, kept, kinds, problems = found
    if problems:
        named = "; ".join(problems[:5]) + ("; ..." if len(problems) > 5 else "")
        message = f"{path.name}: {len(problems)} of {len(table)} images cannot be used: {named}."
        if len(problems) > max(1, MAX_EXCLUDED * len(table)) or len(kept) == 0:
            raise ValueError(
                f"{message} That is too many to leave out: check that the folder is complete, then read it again."
            )
        warnings.warn(f"{message} They are left out.", stacklevel=3)
    silent = int((kinds == "counts").sum())
    if silent:
        warnings.warn(
            f"{path.name}: {silent} FITS images do not say what a count is (BUNIT, MAGZERO and the like): they are "
            "taken for nanomaggies a pixel; zero_point=, the AB magnitude of one count, says what else they are.",
            stacklevel=3,
        )
    images = torch.from_numpy(pixels)
    what = "colour" if kinds[0] == "colour" else "flux"
    images = images.float().div_(255) if images.dtype == torch.uint8 else images
    origin = "archive" if (path / "manifest.json").exists() else "folder"
    return GalaxySample(images, table[kept], survey, origin, path.name, pixels=what)


def _name(cell):
    return "" if np.ma.is_masked(cell) else str(cell).strip()


def _decode(names, files, what, **options):
    """Pixels (K, C, size, size) of the usable images, their rows and kinds, and a sentence for each of the others."""
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:  # decoding releases the interpreter lock
        results = list(
            progress(pool.map(lambda f: _try_image(f, **options), files), f"decoding {what}", total=len(files))
        )
    whole = [(r[0].shape[0], r[0].dtype, r[1] == "colour") for r in results if not isinstance(r, str)]
    usual = max(whole, key=whole.count) if whole else None
    kept, problems = [], []
    for row, (name, result) in enumerate(zip(names, results, strict=True)):
        if not isinstance(result, str):
            own = result[0].shape[0], result[0].dtype, result[1] == "colour"
            if own[0] != usual[0]:
                result = f"has {own[0]} channel(s) where the others have {usual[0]}"
            elif own != usual:
                result = f"is a {_called(own)} where the others are each a {_called(usual)}"
        if isinstance(result, str):
            called = name if len(name) <= 100 else f"{name[:97]}..."  # a damaged table may hold anything
            problems.append(f"{called or 'an empty name'} (row {row + 1}) {result}")
        else:
            kept.append(row)
    pixels = np.stack([results[row][0] for row in kept]) if kept else np.zeros((0, 1, 1, 1), np.uint8)
    return pixels, np.array(kept, int), np.array([results[row][1] for row in kept], "U6"), problems


def _called(kind):
    return "FITS image" if not kind[2] else "picture of 8 bits" if kind[1] == np.uint8 else "picture of 16 bits"


def _try_image(file, **options):
    """A stamp and its kind (`read_stamp`), or a string that says why not."""
    if file is None:
        return "is not in the folder"
    if not os.path.isfile(file):
        return "is missing"
    try:
        pixels, kind = read_stamp(file, **options)
    except (ValueError, OSError) as error:
        why = (str(error).strip().splitlines() or [""])[0][:400]
        return f"cannot be read ({why or type(error).__name__})"
    if not np.isfinite(pixels).all():
        return "has pixels that are not finite"
    if pixels.min() == pixels.max():
        return "is constant"
    flat = [str(i + 1) for i, band in enumerate(pixels) if kind != "colour" and band.min() == band.max()]
    if flat:
        return f"is blank in band {' and '.join(flat)} of {len(pixels)}"
    return pixels, kind


def _cache_key(csv, files, size, crop, calibration):
    digest = hashlib.sha256(csv.read_bytes() if csv else b"no table")
    for file in files:
        stat = os.stat(file) if file and os.path.exists(file) else None
        digest.update(f"{file and file.name} {stat and (stat.st_size, stat.st_mtime_ns)}\n".encode())
    digest.update(f"size={size} crop={crop} {calibration} format=2".encode())
    return digest.hexdigest()[:24]


def _cache_file(key):
    return cache_folder() / f"{key}.npz"


def _read_cache(key):
    file = _cache_file(key)
    if not file.exists():
        return None
    try:
        with open(file, "rb") as opened, np.load(opened, allow_pickle=False) as stored:
            return stored["pixels"], stored["kept"], stored["kinds"], json.loads(str(stored["problems"]))
    except Exception:  # a damaged cache is decoded again, whatever the damage
        return None


def _write_cache(key, pixels, kept, kinds, problems):
    file = _cache_file(key)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        sweep(file.parent)
        with whole_file(file) as part, open(part, "wb") as opened:  # savez would add its ending to a name
            np.savez(opened, pixels=pixels, kept=kept, kinds=kinds, problems=json.dumps(problems))
    except OSError as error:
        warnings.warn(
            f"decoded images could not be cached in {file.parent} ({error}): they will be decoded again next time. "
            "Set GALMORPH_CACHE to a folder you can write to.",
            stacklevel=3,
        )
