"""FITS files opened with care: what the headers claim is looked at before anything is read or made room for.

A header is a claim. `NAXIS = 99999999` makes a reader loop for hours, `NAXIS1 = 999999999` asks for the memory of a
cluster, a kilobyte of gzip unpacks to terabytes: each is refused here in a sentence, within a second.
"""

import bz2
import gzip
import lzma
import math
import os
import re
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path

from astropy.io import fits

BLOCK = 2880  # bytes: all of FITS comes in these
MOST = 1 << 28  # bytes in one HDU: 8192 x 8192 pixels of float32
MOST_PACKED = 1 << 29  # bytes that a compressed file may unpack to
MOST_AXES, MOST_HDUS, MOST_BLOCKS = 8, 500, 1000  # far beyond any survey's file: 1000 blocks are 36,000 lines
PACKED = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}
LIMITS = {"WCSAXES": MOST_AXES, "TFIELDS": 999, "A_ORDER": 20, "B_ORDER": 20, "AP_ORDER": 20, "BP_ORDER": 20}
CLAIM = re.compile(
    rb"(BITPIX|NAXIS\d*|PCOUNT|GCOUNT|GROUPS|ZNAXIS\d*|ZTILE\d+|TFIELDS|WCSAXES[A-Z]?|[AB]P?_ORDER) *= *([^ /]*)"
)


class Unreadable(ValueError):
    """A file that is not what it should be: the sentence begins with its name."""


def looks_like_fits(head):
    """Whether the first bytes are those of FITS, or of a compressed file that may hold it."""
    return head.startswith((b"SIMPLE", *PACKED))


@contextmanager
def open_fits(path, *, most=MOST, most_packed=MOST_PACKED):
    """A FITS file, plain or compressed (gzip, bzip2, xz), whatever its name, after a look at what its headers claim.

    Parameters
    ----------
    path : str or Path
    most : int
        Bytes that one HDU may hold.
    most_packed : int
        Bytes that a compressed file may unpack to; they go to memory, beyond 32 MB to a temporary file.

    Yields
    ------
    astropy.io.fits.HDUList
        Integers with BLANK, BSCALE or BZERO come as floats, NaN where blank.

    Raises
    ------
    Unreadable
        Whatever is wrong with the file, also while it is used.
    OSError
        If there is no such file, or it must not be read.
    """
    path = Path(path)
    with open(path, "rb") as raw, ExitStack() as stack:
        try:
            head = raw.read(6)
            raw.seek(0)
            unpack = next((opener for magic, opener in PACKED.items() if head.startswith(magic)), None)
            file = raw
            if unpack:
                file = stack.enter_context(tempfile.SpooledTemporaryFile(1 << 25))
                _walk(stack.enter_context(unpack(raw)), file, path.name, min(most, most_packed), most_packed)
            else:
                _walk(raw, None, path.name, most, math.inf)
            file.seek(0)
            # uint: astropy 8.0 forgets BLANK where it makes unsigned integers.
            yield stack.enter_context(fits.open(file, memmap=False, uint=False))
        except Unreadable:
            raise
        except Exception as error:  # damaged bytes come out of zlib, numpy and astropy as any kind of error
            why = (str(error).strip().splitlines() or [""])[0][:200]
            raise Unreadable(f"{path.name} cannot be read as FITS ({type(error).__name__}: {why}).") from error


def _walk(stream, copy, name, most, total):
    """Go from header to header, past the data; what a compressed stream holds is written to `copy`."""
    for number in range(MOST_HDUS):
        claims, used = _claims(stream, copy, name, number)
        if claims is None:
            return
        size = _size(claims, f"{name}, HDU {number}")
        if size > most or _uncompressed(claims) > most:
            raise Unreadable(
                f"{name}, HDU {number} is said to hold {max(size, _uncompressed(claims)) / 1e6:,.0f} MB, at most "
                f"{most / 1e6:,.0f} MB are read: cut out the galaxy first."
            )
        padded = -(-size // BLOCK) * BLOCK
        total -= used + (padded if copy else 0)
        if total < 0:
            raise Unreadable(f"{name} unpacks to more than is read: unpack it, and cut out what you need.")
        there = _pass(stream, copy, padded)
        if there < size:
            raise Unreadable(
                f"{name} is cut off: HDU {number} should hold {size:,} bytes and has {there:,}. Fetch it again."
            )
        if there < padded:  # some writers leave out the last zeros
            return
    raise Unreadable(f"{name} has more than {MOST_HDUS} HDUs: no image, cube or table of a survey has.")


def _claims(stream, copy, name, number):
    """What a header says of its data, {keyword: text}, and its length; None where no further header begins."""
    claims, used = {}, 0
    for _ in range(MOST_BLOCKS):
        block = stream.read(BLOCK)
        if not used and not block.startswith(b"XTENSION" if number else b"SIMPLE"):
            if number:
                return None, 0
            raise Unreadable(f"{name} is not FITS: it begins with {block[:16]!r}.")
        if len(block) < BLOCK:
            raise Unreadable(f"{name} is cut off in the header of HDU {number}. Fetch it again.")
        if copy:
            copy.write(block)
        used += BLOCK
        for start in range(0, BLOCK, 80):
            card = block[start : start + 80]
            if card.rstrip() == b"END":
                return claims, used
            found = CLAIM.match(card)
            if found:
                claims.setdefault(found[1].decode(), found[2].decode("latin-1"))
    raise Unreadable(f"{name}: the header of HDU {number} does not end.")


def _size(claims, where):
    """Bytes of data of an HDU, by its header."""

    def number(key, default=None):
        text = claims.get(key, default)
        if text is None or not re.fullmatch(r"[+-]?\d{1,18}", str(text)):
            raise Unreadable(f"{where}: {key} is {text!r}, a whole number is needed: the header is damaged.")
        return int(text)

    for key, most in LIMITS.items():
        for found in claims:
            if found.startswith(key) and not 0 <= number(found) <= most:
                raise Unreadable(f"{where}: {found} = {claims[found]}, at most {most} makes sense.")
    for axes in ("NAXIS", *(["ZNAXIS"] if "ZNAXIS" in claims else [])):
        if not 0 <= number(axes) <= MOST_AXES:
            raise Unreadable(f"{where}: {axes} = {claims[axes]}, 0 to {MOST_AXES} axes are read.")
    sides = [number(f"NAXIS{axis + 1}") for axis in range(number("NAXIS"))]
    if min(sides, default=0) < 0 or number("PCOUNT", 0) < 0 or number("GCOUNT", 1) < 0:
        raise Unreadable(f"{where}: a length below zero, NAXISn = {sides}: the header is damaged.")
    if abs(number("BITPIX")) not in (8, 16, 32, 64):
        raise Unreadable(f"{where}: BITPIX = {claims['BITPIX']}, 8, 16, 32, 64, -32 or -64 is needed.")
    if claims.get("GROUPS") == "T" and sides[:1] == [0]:  # of radio data: the first axis stands for the group
        sides = sides[1:]
    pixels = math.prod(sides) if sides else 0
    return abs(number("BITPIX")) // 8 * number("GCOUNT", 1) * (number("PCOUNT", 0) + pixels) if sides else 0


def _uncompressed(claims):
    """Bytes of the image, and of its largest tile, that an HDU of compressed tiles unpacks to."""
    sizes = []
    for key in ("ZNAXIS", "ZTILE"):
        sides = [claims[f"{key}{axis + 1}"] for axis in range(MOST_AXES) if f"{key}{axis + 1}" in claims]
        sides = [int(side) if re.fullmatch(r"\d{1,18}", side) else MOST_PACKED for side in sides]
        sizes.append(8 * math.prod(sides) if sides else 0)
    return max(sizes)


def _pass(stream, copy, size):
    """Pass over `size` bytes, or as many as there are; how many."""
    if copy is None:
        start, end = stream.tell(), os.fstat(stream.fileno()).st_size
        stream.seek(min(size, end - start), os.SEEK_CUR)
        return min(size, end - start)
    left = size
    while left:
        chunk = stream.read(min(left, 1 << 20))
        if not chunk:
            break
        copy.write(chunk)
        left -= len(chunk)
    return size - left
