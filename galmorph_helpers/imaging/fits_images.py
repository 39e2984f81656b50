"""The image in a FITS file: which HDU, which axis, which pixels are missing, which unit. Nothing of it is guessed."""

import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS, FITSFixedWarning
from astropy.wcs.utils import proj_plane_pixel_area

from ..fitsfiles import Unreadable, open_fits
from ..surveys import ZERO_POINT
from .calibration import linear, nanomaggies

#: Extensions that stand beside an image: errors, weights, masks, PSFs, tables of distortion.
BESIDE = re.compile(
    "ERR|DQ|WHT|WGT|WEIGHT|CON|CTX|VAR|MASK|MSK|RMS|IVAR|INVVAR|FLAG|FLG|PSF|BKG|BACK|NEXP|NIMAGE"
    "|SAMP|TIME|WCSDVARR|D2IMARR|NPIXCORR"
)
ROWS = 256  # of an image read at once
WEIGHTS = ("WHT", "IVAR", "INVVAR")  # zero where nothing was observed


@dataclass(frozen=True)
class FitsImage:
    """An image as a file holds it, row 0 at the bottom.

    Attributes
    ----------
    flux : array, float32 (bands, H, W)
        Nanomaggies a pixel; NaN where the file says that a pixel is missing.
    calibrated : bool
        False if the header says nothing of a unit: then `flux` is in counts.
    wcs : astropy.wcs.WCS or None
        Celestial, axes as those of the pixels; None unless asked for.
    """

    flux: np.ndarray
    calibrated: bool
    wcs: WCS | None


def read_image(path, *, hdu=None, zero_point=None, wcs=False):
    """The image of a FITS file.

    Parameters
    ----------
    path : str or Path
    hdu : int, str, or sequence of them, optional
        Number or name of the image's HDU, or one a band; by default the only image, errors, masks and weights aside.
    zero_point : float, optional
        AB magnitude of one count, in place of what the header says.
    wcs : bool
        Read the WCS, too.

    Returns
    -------
    FitsImage

    Raises
    ------
    Unreadable
        Where the file is damaged or does not say what it holds: the sentence names the keyword or the argument.
    """
    with open_fits(path) as hdus:
        name = Path(path).name
        wanted = hdu if isinstance(hdu, list | tuple) else [hdu]
        bands, known, system = [], [], None
        for one in wanted:
            image = _choose(hdus, name, one)
            header = hdus[0].header.copy()
            header.update(image.header)  # the image's own words count for more
            data = linear(_bands(image, name), header, name)
            missing = _missing(hdus, image, data.shape[1:])
            if missing.any():
                data[:, missing] = np.nan

            def area(image=image):
                return proj_plane_pixel_area(celestial(image.header, hdus, name)) * np.deg2rad(1) ** 2  # from deg²

            factor = nanomaggies(header, name, area=area) if zero_point is None else _factor(zero_point)
            known.append(factor is not None)
            if factor not in (None, 1.0):
                data *= np.float32(factor)
            bands.append(data)
            if wcs and system is None:
                system = celestial(image.header, hdus, name)
        if len({band.shape[1:] for band in bands}) > 1:
            raise Unreadable(f"{name}: HDUs {hdu} have images of {[b.shape[1:] for b in bands]}, one size is needed.")
        return FitsImage(np.concatenate(bands) if len(bands) > 1 else bands[0], all(known), system)


def read_frame(path, *, hdu=None):
    """Where the image of a FITS file lies on the sky, without its pixels.

    Parameters
    ----------
    path : str or Path
    hdu : int, str, or sequence of them, optional
        As of `read_image`.

    Returns
    -------
    wcs : astropy.wcs.WCS
    shape : (int, int)
        Pixels along y and x.

    Raises
    ------
    Unreadable
        As `read_image`, and without a WCS.
    """
    with open_fits(path) as hdus:
        image = _choose(hdus, Path(path).name, hdu[0] if isinstance(hdu, list | tuple) else hdu)
        return celestial(image.header, hdus, Path(path).name), tuple(image.shape[-2:])


def _factor(zero_point):
    if not np.isfinite(zero_point):
        raise Unreadable(f"zero_point must be finite, the AB magnitude of one count, got {zero_point!r}.")
    return 10 ** (0.4 * (ZERO_POINT - zero_point))


def _choose(hdus, name, hdu):
    """The HDU of the image; several that could be it are an error that names them."""
    if hdu is not None:
        try:
            found = hdus[hdu]
        except (KeyError, IndexError) as error:
            raise Unreadable(f"{name} has no HDU {hdu!r}, only {[h.name or i for i, h in enumerate(hdus)]}.") from error
        if not (found.is_image and len(found.shape) > 1):
            raise Unreadable(f"{name}: HDU {hdu!r} holds no image (H, W) and no cube (bands, H, W).")
        return found
    images = [(i, h) for i, h in enumerate(hdus) if h.is_image and len(h.shape) > 1 and min(h.shape) > 0]
    if not images:
        raise Unreadable(f"{name} holds no image (H, W) and no cube (bands, H, W).")
    own = [(i, h) for i, h in images if not (BESIDE.match(h.name.upper()) or "var" in str(h.header.get("IMAGETYP")))]
    own = own or images
    named = [(i, h) for i, h in own if h.name.upper() in ("SCI", "IMAGE")]
    own = named if len(named) == 1 else own
    if len(own) > 1:
        listed = ", ".join(f"{i} {h.name}".strip() for i, h in own[:9])
        raise Unreadable(f"{name} holds {len(own)} images ({listed}): say which with hdu=, or give one HDU a band.")
    return own[0][1]


def _bands(image, name):
    shape = image.shape
    while len(shape) > 3 and shape[0] == 1:  # axes of one frequency, one polarisation
        shape = shape[1:]
    if len(shape) not in (2, 3):
        raise Unreadable(f"{name} holds no image (H, W) and no cube (bands, H, W), but the shape {shape}.")
    shape = shape if len(shape) == 3 else (1, *shape)
    if shape[0] >= min(shape[1:]) and shape[0] > 1:
        raise Unreadable(
            f"{name} has the shape {shape}: bands must come first (NAXIS3) and be fewer than the pixels of a "
            "side; np.moveaxis(data, -1, 0) brings a last axis to the front."
        )
    if shape[-1] == 1 or shape[-2] == 1:
        raise Unreadable(f"{name} has the shape {shape}: an image (H, W) or a cube (bands, H, W) is needed.")
    with np.errstate(over="ignore"):
        if isinstance(image, fits.CompImageHDU):
            return np.array(image.data, np.float32).reshape(shape)
        # Some rows at a time: no second copy of the image stands in memory, and a swap of bytes stays in the cache.
        out = np.empty(image.shape, np.float32)
        for band in np.ndindex(image.shape[:-2]):
            for first in range(0, shape[1], ROWS):
                rows = (*band, slice(first, first + ROWS))
                out[rows] = image.section[rows]
        return out.reshape(shape)


def _missing(hdus, image, shape):
    """Where the file itself says that there is no measurement, (H, W): weight zero, or NO_DATA in a mask of LSST."""
    missing = np.zeros(shape, bool)
    for hdu in hdus:
        if not (hdu.is_image and hdu.shape == shape and hdu is not image and hdu.ver == image.ver):
            continue
        if hdu.name.upper() in WEIGHTS:
            missing |= hdu.data == 0
        elif hdu.name.upper() == "MASK" and 0 <= hdu.header.get("MP_NO_DATA", -1) < 63:
            missing |= (np.asarray(hdu.data, np.int64) >> int(hdu.header["MP_NO_DATA"])) & 1 == 1
    return missing


def celestial(header, hdus, name):
    """The WCS of the last two axes, distortions with it."""
    with warnings.catch_warnings():  # of keywords in an older style, which astropy reads all the same
        warnings.simplefilter("ignore", FITSFixedWarning)
        try:
            wcs = WCS(header, hdus)  # the whole file: tables of distortion stand in other HDUs
            if not wcs.has_celestial:
                raise Unreadable(f"{name} has no celestial WCS: add CTYPE, CRVAL, CRPIX and CD, or use gm.emulate.")
            if wcs.naxis == 2:
                return wcs
            if {wcs.wcs.lng, wcs.wcs.lat} != {0, 1}:
                raise Unreadable(f"{name}: the sky must be on the first two axes, CTYPEn are {list(wcs.wcs.ctype)}.")
            return wcs.sub([1, 2])  # not `wcs.celestial`, which puts longitude first
        except Unreadable:
            raise
        except Exception as error:  # of wcslib, which dumps its call stack
            why = (str(error).strip().splitlines() or [type(error).__name__])[-1]
            raise Unreadable(f"{name} has a WCS that cannot be used ({why[:200]}).") from error
