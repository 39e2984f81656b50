"""Stamps of galaxies: a sample from plain images, and colour pictures of a sample in flux."""

from dataclasses import replace

import astropy.units as u
import numpy as np
import torch
from astropy.table import QTable

from ..samples import GalaxySample, check_pixels
from .stretch import colour_image

BATCH = 64  # galaxies coloured at once: bounds memory


def stamps(images, *, redshift, pixel_scale, psf):
    """A sample made of plain images, with what `emulate` must know of them.

    Parameters
    ----------
    images : torch.Tensor or array (N, C, H, W)
        Linear fluxes, nanomaggies per pixel, the galaxy in the middle.
    redshift, pixel_scale : float or array (N,)
        Redshift (> 0), and pixel, arcsec.
    psf : float, sequence of C floats, or array (h, w)
        See `GalaxySample`.

    Returns
    -------
    GalaxySample
        Of no known survey.

    Examples
    --------
    >>> stamps(np.zeros((2, 1, 64, 64)), redshift=[0.05, 0.1], pixel_scale=0.263, psf=0.9)
    <2 galaxies, 1 x 64 x 64 pixels, observed galaxies (folder), flux in nanomaggies a pixel>
    """
    n = len(images)
    table = QTable({"id": np.arange(n), "redshift": np.broadcast_to(np.asarray(redshift, float), n).copy()})
    table["pixel_scale"] = np.broadcast_to(np.asarray(pixel_scale, float), n) * u.arcsec
    return GalaxySample(torch.as_tensor(images, dtype=torch.float32), table, None, "folder", pixels="flux", psf=psf)


def coloured(sample, *, look=None):
    """Red-green-blue pictures of a sample in flux, as `colour_image` makes them.

    Parameters
    ----------
    sample : GalaxySample
        In flux, of a known survey; its table has `pixel_scale`.
    look : optional
        As in `colour_image`.

    Returns
    -------
    GalaxySample
        In 0 to 1.

    Raises
    ------
    ValueError
        If the pixels are not flux, or nobody knows the survey.
    """
    check_pixels(sample, "flux", what="coloured")
    if sample.survey is None:
        raise ValueError("the survey of the sample is not known: give it one, as its sky sets what a picture shows.")
    scale = torch.as_tensor(sample.table["pixel_scale"].to_value("arcsec").astype(np.float32))
    pictures = None
    for start in range(0, len(sample), BATCH):
        rows = slice(start, start + BATCH)
        some = colour_image(sample.images[rows], sample.survey, scale[rows], look=look)
        if pictures is None:
            pictures = some.new_empty((len(sample), *some.shape[1:]))
        pictures[rows] = some
    return replace(sample, images=sample.images if pictures is None else pictures, pixels="colour")


REACH, TAPS, STEPS = 2, 6, 192  # of the bicubic kernel, pixels; points of a stamp's pixel; points of a table
ROUND = 24  # patches of a tile have sides of multiples of this, so that many are cut at once
PATCHES = 1 << 22  # pixels of patches in memory at once


def cut_out(flux, x, y, step, *, size=64):
    """Stamps of any pixel size out of a tile, many at once: each is a product of its patch with two small matrices.

    The tile's pixels are interpolated (bicubic) and averaged over those of the stamp, as `observe` has it. What lies
    outside the tile is 0.

    Parameters
    ----------
    flux : torch.Tensor, float32 (C, H, W)
        Nanomaggies a pixel above the sky; 0 where nothing was measured.
    x, y : array (N,)
        Centres, pixels of the tile; the middle of the first is 0.
    step : array (N,)
        Pixel of each stamp in those of the tile, > 0.
    size : int
        Side of the stamps, pixels.

    Returns
    -------
    torch.Tensor, float32 (N, C, size, size)
        Nanomaggies a pixel of the stamp, rows as in the tile.

    Raises
    ------
    ValueError
        If a step or a place is not finite, or a step not positive.
    """
    x, y, step = (np.asarray(v, float) for v in (x, y, step))
    if not (np.isfinite(x + y + step).all() and (step > 0).all()):
        raise ValueError("places must be finite and steps above 0 pixels: leave out galaxies without a size.")
    side = (-(-(np.ceil(step * (size + 2)) + 2 * REACH + 2) // ROUND) * ROUND).astype(int)
    out = torch.empty((len(x), len(flux), size, size))
    step = torch.as_tensor(step, dtype=torch.float32)
    kernel, flux = _kernel(step), flux.numpy()
    for p in np.unique(side):
        alike = np.flatnonzero(side == p)
        for rows in np.array_split(alike, -(-len(alike) * p * p * len(flux) // PATCHES)):
            first = [np.floor(centre[rows] - (p - 1) / 2).astype(int) for centre in (x, y)]
            patch = torch.from_numpy(_patches(flux, *first, p))
            columns, lines = (
                _weights(kernel[rows], torch.as_tensor(centre[rows] - corner, dtype=torch.float32), step[rows], p, size)
                for centre, corner in zip((x, y), first, strict=True)
            )
            out[rows] = lines[:, None] @ (patch @ columns.mT[:, None])
    return out


def _patches(flux, left, low, side):
    """Squares (N, C, side, side) of a tile, by their first pixels; 0 outside it."""
    out = np.zeros((len(left), len(flux), side, side), np.float32)
    for patch, x, y in zip(out, left, low, strict=True):
        above, across = (slice(max(-p, 0), max(most - p, 0)) for p, most in ((y, flux.shape[1]), (x, flux.shape[2])))
        found = flux[:, max(y, 0) : max(y + side, 0), max(x, 0) : max(x + side, 0)]
        patch[:, above, across] = found
    return out


def _kernel(step):
    """What a pixel of the tile gives to one of a stamp, by distance: bicubic interpolation (Keys 1981, a = -1/2),
    averaged over the stamp's pixel twice, which is a triangle; (N, STEPS) from 0 to REACH + step."""
    away = torch.linspace(0, 1, STEPS) * (REACH + step)[:, None]
    point = (torch.arange(2 * TAPS) + 0.5) / TAPS - 1  # of the triangle, in steps
    weight = (1 - point.abs()) / TAPS
    total = torch.zeros_like(away)
    for t, w in zip(point, weight, strict=True):
        d = (away - t * step[:, None]).abs()
        near, far = ((1.5 * d - 2.5) * d * d + 1), (((2.5 - 0.5 * d) * d - 4) * d + 2)
        total += w * torch.where(d < 1, near, torch.where(d < 2, far, 0.0))
    return total * step[:, None]  # flux, not brightness


def _weights(kernel, centre, step, side, size):
    """Matrix (N, size, side) that makes a row of a stamp from a row of its patch; `centre` (N,) in the patch."""
    places = centre[:, None] + (torch.arange(size) - (size - 1) / 2) * step[:, None]
    away = (places[:, :, None] - torch.arange(side)).abs_()
    index = away.mul_(((STEPS - 1) / (REACH + step))[:, None, None])
    low = index.floor().clamp_(max=STEPS - 2)
    part = (index - low).clamp_(max=1)
    low = low.long().flatten(1)
    below, above = kernel.gather(1, low).view_as(part), kernel.gather(1, low + 1).view_as(part)
    return torch.lerp(below, above, part)
