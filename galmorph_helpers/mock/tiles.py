"""Tiles of the mock sky: many galaxies with stars and others between them, in native pixels, with a WCS."""

from dataclasses import dataclass

import astropy.units as u
import numpy as np
import torch
from astropy.table import QTable
from astropy.wcs import WCS

from ..imaging.camera import SEEING_SCATTER, frequency_reach
from ..imaging.fourier import folded, frequencies, turned
from ..imaging.psf import moffat_transform
from ..runtime import device
from ..surveys import SDSS, Survey
from .demographics import population
from .field import EDGE, add_field
from .rendering import light

BLOCK = 118  # pixels: the field between the galaxies is drawn in blocks, sources lie up to EDGE beyond each
SIDES = (48, 96, 192, 384)  # of the stamps that galaxies are drawn on, pixels
WIDTH = 8.0  # R90 that such a stamp holds at least, unless it is the largest
AT_ONCE = 2_000_000  # pixels drawn at once: bounds memory
CORNER = 150.0, 2.0  # right ascension and declination of the first tile's centre, degrees


@dataclass(frozen=True)
class MockTile:
    """A piece of the mock sky.

    Attributes
    ----------
    flux : torch.Tensor, float32 (bands, side, side)
        Nanomaggies a pixel, row 0 at the bottom as in FITS.
    table : QTable
        Of `population`, with `x`, `y` (pixels, the first is 0) and `ra`, `dec` added.
    wcs : astropy.wcs.WCS
    survey : Survey
    """

    flux: torch.Tensor
    table: QTable
    wcs: WCS
    survey: Survey


def mock_tile(n, survey=SDSS, seed=0, *, side=1024, number=0):
    """A tile of the mock sky as a survey's camera sees it: native pixels, stars and faint galaxies, noise.

    The galaxies of the table stand one to a cell of a grid, anywhere in its middle half, so that they are not crowded,
    however many. Between them lie stars and other galaxies, as in the field of any mock galaxy: to r = 17.77 one of
    these in 10 square arcminutes.

    Parameters
    ----------
    n : int
        Galaxies of the survey's `population`.
    survey : Survey
    seed : int
        Same seed, same tile.
    side : int
        Pixels, at least 64.
    number : int
        Place of the tile on the sky; tiles of different numbers (and one side) touch, and do not overlap.

    Returns
    -------
    MockTile

    Raises
    ------
    ValueError
        For a small side, or cells of under 16 pixels.

    Examples
    --------
    >>> mock_tile(4, side=128).flux.shape
    torch.Size([3, 128, 128])
    """
    cells = max(1, int(np.ceil(np.sqrt(n))))
    if side < 64 or n < 1 or side < 16 * cells:
        raise ValueError(f"a tile needs 64 pixels a side, a galaxy, and 16 pixels for each; got n={n}, side={side}.")
    rng = np.random.default_rng([seed, 91])
    table = population(n, seed=seed, magnitude_limit=survey.magnitude_limit, seeing=survey.seeing)
    cell = rng.permutation(cells**2)[:n]
    place = np.stack((cell % cells, cell // cells)) + rng.uniform(0.25, 0.75, (2, n))
    table["x"], table["y"] = place * side / cells - 0.5
    wcs = _wcs(survey, side, number)
    table["ra"], table["dec"] = (value * u.deg for value in wcs.wcs_pix2world(table["x"], table["y"], 0))
    flux = torch.zeros((len(survey.bands), side, side))
    optics = _optics(survey, rng)
    _add_galaxies(flux, table, survey, optics, seed)
    _add_others(flux, survey, optics, rng)
    noise = torch.Generator().manual_seed(seed)
    sky, electrons = (torch.tensor(v)[:, None, None] for v in (survey.sky_sigma, survey.electrons))
    sigma = flux.clamp(min=0).div_(electrons).add_(sky**2).sqrt_()
    return MockTile(flux + sigma * torch.randn(flux.shape, generator=noise), table, wcs, survey)


def _wcs(survey, side, number):
    wcs = WCS(naxis=2)
    step = survey.pixel_scale / 3600
    wcs.wcs.ctype, wcs.wcs.cunit = ("RA---TAN", "DEC--TAN"), ("deg", "deg")
    # North is up, east to the left. Tiles stand in columns of 32, side by side.
    ra, dec = CORNER[0] + (number // 32) * side * step / 0.99, CORNER[1] + (number % 32) * side * step
    wcs.wcs.crval, wcs.wcs.crpix, wcs.wcs.cdelt = (ra, dec), (side / 2 + 0.5,) * 2, (-step, step)
    wcs.wcs.set()
    return wcs


def _optics(survey, rng):
    """FWHM in pixels and shift (x, y) in pixels of each band: no two fields are alike."""
    bands = len(survey.bands)
    seeing = np.exp(SEEING_SCATTER[0] * rng.normal() + SEEING_SCATTER[1] * rng.normal(size=bands))
    shift = rng.uniform(-0.5, 0.5, (bands, 2)) * survey.registration / survey.pixel_scale
    return seeing * np.asarray(survey.psf_fwhm) / survey.pixel_scale, shift


def _add_galaxies(flux, table, survey, optics, seed):
    wanted = WIDTH * table["r90"].to_value("arcsec") / survey.pixel_scale
    group = np.searchsorted(SIDES[:-1], wanted)
    for which, size in enumerate(SIDES):
        rows = np.flatnonzero(group == which)
        for number, some in enumerate(np.array_split(rows, -(-len(rows) * size**2 // AT_ONCE) or 1)):
            if not len(some):
                continue
            pixel = torch.full((len(some),), survey.pixel_scale, device=device())
            reach = float(frequency_reach(survey, [survey.pixel_scale])[0])
            spectrum = light(
                table[some], pixel, size=size, bands=survey.bands, filters=survey.filters,
                seed=seed * 100_003 + 1000 * which + number, field=False, reach=reach,
            )  # fmt: skip
            # Where the stamp's first pixel goes, and what is left of a pixel.
            corner = np.stack([np.asarray(table[name][some]) for name in ("x", "y")]) - (size - 1) / 2
            whole = np.rint(corner).astype(int)
            _put(flux, _recorded(spectrum, size, optics, corner - whole), whole)


def _add_others(flux, survey, optics, rng):
    """Stars and galaxies between those of the table, block by block."""
    pitch = int(BLOCK + 2 * EDGE)
    corner = np.stack(np.meshgrid(*[np.arange(0, flux.shape[-1], pitch)] * 2)).reshape(2, -1)
    for some in np.array_split(corner, -(-corner.shape[1] * BLOCK**2 // AT_ONCE), axis=1):
        n = some.shape[1]
        kx, ky = frequencies(BLOCK)
        spectrum = torch.zeros((n, len(survey.bands), kx.shape[1], kx.shape[2]), dtype=torch.complex64)
        scale = np.full(n, survey.pixel_scale)
        add_field(spectrum, kx[:, :1], ky[:, :, :1], scale, BLOCK, survey.bands, survey.filters, rng)
        _put(flux, _recorded(spectrum, BLOCK, optics, np.zeros((2, n))), some + int(EDGE))


def _recorded(spectrum, size, optics, part):
    """Images of the whole padded field, (N, bands, P, P), its first pixel before the stamp's by half of the padding."""
    padded = frequencies(size)[0].shape[-2]
    kx, ky = frequencies(size, spectrum.device, reach=spectrum.shape[-2] / padded)
    k, (fwhm, shift) = torch.hypot(kx, ky), optics
    kx, ky = kx[:, :1], ky[:, :, :1]
    pixel = torch.sinc(kx) * torch.sinc(ky)
    out = torch.empty((len(spectrum), spectrum.shape[1], padded, padded))
    for b in range(spectrum.shape[1]):
        x, y = (torch.as_tensor(p + s, dtype=torch.float32, device=k.device)[:, None, None]
                for p, s in zip(part, shift[b] + (padded - size) // 2, strict=True))  # fmt: skip
        moved = spectrum[:, b] * (moffat_transform(k, float(fwhm[b])) * pixel) * turned(kx * x) * turned(ky * y)
        out[:, b] = torch.fft.irfft2(folded(moved, padded), s=(padded, padded)).cpu()
    return out


def _put(flux, images, corner):
    """Add images to the tile; `corner` (2, N) is where the first pixel of each stamp, padding aside, goes."""
    side, padded = flux.shape[-1], images.shape[-1]
    size = next(s for s in (*SIDES, BLOCK) if frequencies(s)[0].shape[-2] == padded)
    for image, (x, y) in zip(images, corner.T - (padded - size) // 2, strict=True):
        left, top, right, bottom = max(x, 0), max(y, 0), min(x + padded, side), min(y + padded, side)
        if left < right and top < bottom:
            flux[:, top:bottom, left:right] += image[:, top - y : bottom - y, left - x : right - x]
