"""Is a file what it should be? An answer of status 200 may still be an error page or half an image."""

import gzip
import html
import re
import tarfile
import warnings
import zipfile
import zlib
from pathlib import PurePosixPath

import numpy as np
from astropy.utils.exceptions import AstropyWarning
from PIL import Image
from PIL.Image import DecompressionBombError

from ..files import leaves
from ..fitsfiles import open_fits
from .errors import ArchiveError, BadContent

LARGEST = 1 << 30  # bytes of one HDU: beyond a MaNGA cube
MOST_UNPACKED = 4 << 30  # bytes that a packed file may become
MOST_MEMBERS = 100_000
MAGIC = {
    "jpeg": b"\xff\xd8\xff",
    "png": b"\x89PNG\r\n\x1a\n",
    "fits": b"SIMPLE",
    "gzip": b"\x1f\x8b",
    "tar": b"\x1f\x8b",
    "hdf5": b"\x89HDF\r\n\x1a\n",
    "bundle": b"bundle.json\0",
}


def check(path, kind, *, shape=None, url=""):
    """Raise `BadContent` unless the file is a whole one of its kind, with something in it.

    Parameters
    ----------
    path : Path
    kind : {"jpeg", "png", "fits", "gzip", "tar", "hdf5", "bundle"} or None
        None accepts anything but an empty file.
    shape : tuple of int, optional
        Of a cutout, the first image of a FITS file: services cut large requests down without a word, and answer with a
        blank image where they have none.
    url : str
        For the message.
    """
    with open(path, "rb") as file:
        head = file.read(2048)
    if not head:
        raise BadContent(f"{url} is empty")
    if kind is None:
        return
    if not head.startswith(MAGIC[kind]) and not (kind == "fits" and head.startswith(MAGIC["gzip"])):
        raise BadContent(f"{url} is not {kind}: {_what_is_it(head)}")
    try:
        if head.startswith(MAGIC["gzip"]):
            _read_through(path)
        if kind in ("jpeg", "png"):
            _check_picture(path)
        elif kind == "fits":
            _check_fits(path, shape)
    except (OSError, EOFError, ValueError, SyntaxError, zlib.error, AstropyWarning, DecompressionBombError) as error:
        raise BadContent(f"{url} is damaged {kind} ({error})") from error


def _check_picture(path):
    with Image.open(path) as image:
        image.load()  # decodes every block: a cut file raises here, not at the header
        if all(low == high for low, high in np.atleast_2d(image.getextrema())):
            raise ValueError("a blank image: the survey has nothing at this place")


def _check_fits(path, shape):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyWarning)  # odd headers are the archive's business
        with open_fits(path, most=LARGEST, most_packed=3 * LARGEST) as hdus:
            image = next((hdu.data for hdu in hdus if hdu.is_image and hdu.data is not None), None)
            tables = any(len(hdu.data) for hdu in hdus if not hdu.is_image)
    if image is None and not tables:
        raise ValueError("neither an image nor a table in it")
    if shape and (image is None or image.shape != tuple(shape)):
        raise ValueError(f"its image is {None if image is None else image.shape}, {tuple(shape)} was asked for")
    if shape and len(np.unique(image[np.isfinite(image)])) < 2:
        raise ValueError("a blank image: the survey has nothing at this place")


def _read_through(path):
    """Decompress to the end, keeping nothing: the check sum stands there."""
    with gzip.open(path) as file:
        while file.read(1 << 20):
            if file.tell() > MOST_UNPACKED:
                raise ValueError(f"it unpacks to over {MOST_UNPACKED / 1e9:.1f} GB")


def _what_is_it(head):
    text = head.decode("utf-8", "replace")
    if re.search(r"<!doctype html|<html", text, re.IGNORECASE):
        title = re.search(r"<title[^>]*>(.*?)</title>|<body[^>]*>(.*)", text, re.IGNORECASE | re.DOTALL)
        said = re.sub(r"<[^>]+>|\s+", " ", html.unescape((title[1] or title[2]) if title else text)).strip()
        return f"a web page that says {said[:120]!r}"
    return f"it begins with {head[:24]!r}"


def safe_name(text):
    """A file name made of `text`: letters, digits, dot, plus, minus and underscore; nothing that leaves the folder.

    Examples
    --------
    >>> safe_name("NGC 4565/b")
    'NGC_4565_b'
    """
    name = re.sub(r"[^A-Za-z0-9._+-]", "_", str(text).strip()).lstrip(".-")
    if not name:
        raise ArchiveError(
            f"cannot make a file name of {text!r}: the catalogue's identifiers are not what was expected."
        )
    return name[:100]


def unpack(path, folder):
    """Unpack a tar or zip file, unless a member would land outside of `folder`: then nothing is unpacked.

    Parameters
    ----------
    path : Path
        A .tar.gz, .tar or .zip file.
    folder : Path

    Returns
    -------
    list of str
        Names of the files, sorted.

    Raises
    ------
    ArchiveError
        For absolute paths, `..`, links, devices: the message names the member. For more than 4 GB or 100,000 files.
    """
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as bundle:
            names = [info.filename for info in bundle.infolist() if not info.is_dir()]
            _refuse(path, [name for name in bundle.namelist() if leaves(name)])
            _refuse_bombs(path, bundle.infolist(), "file_size")
            bundle.extractall(folder)
    else:
        with tarfile.open(path) as bundle:
            members = _refuse_bombs(path, bundle, "size")
            _refuse(path, [m.name for m in members if leaves(m.name) or not (m.isreg() or m.isdir())])
            names = [member.name for member in members if member.isreg()]
            safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # Python 3.11.0 to 3.11.3 lack it
            bundle.extractall(folder, members=members, **safely)
    return sorted(str(PurePosixPath(name)) for name in names)


def _refuse_bombs(path, members, size):
    """The members as a list; an error as soon as they are too many, or too large in all."""
    found, total = [], 0
    for member in members:
        found.append(member)
        total += max(getattr(member, size), 0)
        if total > MOST_UNPACKED or len(found) > MOST_MEMBERS:
            raise ArchiveError(
                f"{path} is not unpacked: it holds over {MOST_UNPACKED / 1e9:.1f} GB or {MOST_MEMBERS:,} files. "
                "Delete it, and tell the maintainers: this is not what the archive should hold."
            )
    return found


def _refuse(path, bad):
    if bad:
        raise ArchiveError(
            f"{path} is not unpacked: {bad[0]!r} would be written outside of its folder, or is no plain file "
            f"({len(bad)} such). Delete it, and tell the maintainers: this is not what the archive should hold."
        )
