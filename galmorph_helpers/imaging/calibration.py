"""What one count of a FITS image is, by its header: a unit, a zero point, or a sentence that asks for it."""

import math
import re

import numpy as np
from astropy import units as u

from ..fitsfiles import Unreadable
from ..surveys import ZERO_POINT

ZERO_POINTS = ("MAGZERO", "MAGZPT", "MAGZP", "MAGZEROP", "PHOTZP", "ZEROPT", "ZEROPNT", "ZEROPOIN", "ZPT", "ZP", "ZPAB")
VEGA = ("WFCAM", "VIRCAM")  # cameras whose MAGZPT is a Vega magnitude, and one of a count a second
AB_OF_ST = 18.692 - 21.1  # AB = -2.5 lg PHOTFLAM - 5 lg PHOTPLAM + this (ACS Data Handbook, 5.1)
ASINH = 2.5 * math.log10(math.e)
COUNTS = {"adu", "dn", "count", "counts", "ct", "cts", "electron", "electrons", "e-", "e", ""}
LEGACY = ("DECals", "MzLS", "BASS", "Legacy", "ls-dr", "DECaPS")  # SURVEY of the Legacy Surveys' cutout service


def nanomaggies(header, name, *, area=None):
    """Nanomaggies of one count, or None where the header has nothing to say of it.

    Read are BUNIT (nanomaggies, jansky and its parts, either per pixel; MJy/sr with PIXAR_SR or the WCS), zero points
    (`ZERO_POINTS`: AB magnitude of one count), FLUXMAG0, PHOTFLAM with PHOTPLAM, Pan-STARRS' FPA.ZP with EXPTIME, and
    the header of a Legacy Surveys cutout, which has no BUNIT.

    Parameters
    ----------
    header : astropy.io.fits.Header
    name : str
        Of the file, for messages.
    area : callable, optional
        Gives the area of a pixel, sr, where PIXAR_SR is missing.

    Raises
    ------
    Unreadable
        Where keywords contradict each other, or do not say enough: the sentence names them and `zero_point`.
    """
    text = str(header.get("BUNIT", header.get("BUNITS", ""))).strip()
    bare = text.lower().removesuffix("/s").removesuffix("/sec").removesuffix(" s-1").removesuffix("/second").strip()
    said = {}
    if bare not in COUNTS:
        said["BUNIT"] = _physical(text, header, name, area)
    for key in ZERO_POINTS:
        value = _number(header, key)
        if value is not None:
            _not_vega(header, key, name)
            said[key] = 10 ** (0.4 * (ZERO_POINT - value))
    if _number(header, "FLUXMAG0"):
        said["FLUXMAG0"] = 1e9 / _number(header, "FLUXMAG0")
    if _number(header, "FPA.ZP") is not None:
        said["FPA.ZP"] = 10 ** (0.4 * (ZERO_POINT - _number(header, "FPA.ZP"))) / _exposure(header, "FPA.ZP", name)
    if _number(header, "PHOTFLAM") and not said:
        said["PHOTFLAM"] = _of_hubble(header, name, text, bare)
    if not said and header.get("IMAGETYP") == "image" and "BANDS" in header:
        if str(header.get("SURVEY", "")).lower().startswith(tuple(word.lower() for word in LEGACY)):
            return 1.0
    values = list(said.values())
    if values and not (np.isfinite(values).all() and min(values) > 0):
        raise Unreadable(f"{name}: {', '.join(said)} give no finite flux a count: give zero_point, the AB magnitude.")
    if values and max(values) > 1.01 * min(values):
        zero = ", ".join(f"{key} {ZERO_POINT - 2.5 * math.log10(value):.3f}" for key, value in said.items())
        raise Unreadable(
            f"{name}: its keywords contradict each other (AB magnitude of one count: {zero}): give zero_point."
        )
    if text and not values:
        raise Unreadable(f"{name} is in {text!r}, and no keyword gives its zero point: give zero_point, {_WHAT}.")
    return values[0] if values else None


_WHAT = "the AB magnitude of one count"


def _physical(text, header, name, area):
    """Nanomaggies of one unit of a flux density, or of one per solid angle."""
    plain = text.lower() if re.search("magg|nmgy", text, re.IGNORECASE) else text
    plain = plain.replace("maggies", "maggy").replace("microJy", "uJy").replace("pixel", "pix")
    try:
        unit = u.Unit(plain.replace("/Ang", "/AA").replace("^", "**"))
    except (ValueError, TypeError) as error:
        raise Unreadable(f"{name} is in {text!r}: give zero_point, {_WHAT}.") from error
    for whole in (unit, unit * u.pix):
        if whole.is_equivalent(u.nmgy):
            return float(whole.to(u.nmgy))
        if whole.is_equivalent(u.Jy):
            return float(whole.to(u.nJy)) / 3631.0
    wavelength = _number(header, "PHOTPLAM")
    if unit.is_equivalent(u.Jy / u.sr):
        steradian = _number(header, "PIXAR_SR") or (area and area())
        if not steradian:
            raise Unreadable(f"{name} is in {text}: PIXAR_SR, the area of a pixel, is missing; give zero_point.")
        return float(unit.to(u.nJy / u.sr)) * steradian / 3631.0
    if unit.is_equivalent(u.erg / u.s / u.cm**2 / u.AA) and wavelength:
        return float(unit.to(u.nJy, equivalencies=u.spectral_density(wavelength * u.AA))) / 3631.0
    raise Unreadable(f"{name} is in {text!r}: give zero_point, {_WHAT}.")


def _not_vega(header, key, name):
    system = next((str(header[word]).upper() for word in ("MAGSYS", "PHOTSYS", "ZPSYS") if word in header), "")
    camera = str(header.get("INSTRUME", "")).strip().upper()
    if "VEGA" in system or camera in VEGA:
        raise Unreadable(
            f"{name}: {key} = {header[key]} is a Vega magnitude ({camera or system}): give zero_point, {_WHAT}."
        )


def _of_hubble(header, name, text, bare):
    pivot = _number(header, "PHOTPLAM")
    if not pivot:
        raise Unreadable(f"{name} has PHOTFLAM and no PHOTPLAM, which AB magnitudes need: give zero_point, {_WHAT}.")
    zero = -2.5 * math.log10(abs(_number(header, "PHOTFLAM"))) - 5 * math.log10(abs(pivot)) + AB_OF_ST
    if not text:
        raise Unreadable(
            f"{name} has PHOTFLAM and no BUNIT: give zero_point, {zero:.3f} if a count is an electron a second."
        )
    factor = 10 ** (0.4 * (ZERO_POINT - zero))
    return factor if bare != text.lower() else factor / _exposure(header, "PHOTFLAM", name)


def _exposure(header, key, name):
    seconds = _number(header, "EXPTIME")
    if not seconds or seconds <= 0:
        raise Unreadable(f"{name} has {key}, for counts a second, and no EXPTIME: give zero_point, {_WHAT}.")
    return seconds


def _number(header, key):
    """A keyword's number, None where it is missing or no number."""
    value = header.get(key)
    usable = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
    return float(value) if usable else None


def linear(data, header, name):
    """Counts of an image that Pan-STARRS stored as asinh magnitudes (BSOFTEN, BOFFSET), any other as it is."""
    soften, offset = _number(header, "BSOFTEN"), _number(header, "BOFFSET")
    if "BSOFTEN" not in header and "BOFFSET" not in header:
        return data
    if soften is None or offset is None or soften <= 0:
        raise Unreadable(
            f"{name} is on an asinh scale with BSOFTEN = {header.get('BSOFTEN')}, BOFFSET = {header.get('BOFFSET')}: "
            "both are needed to make it linear."
        )
    with np.errstate(over="ignore"):
        return (offset + 2 * soften * np.sinh(data.astype(float) / ASINH)).astype(np.float32)
