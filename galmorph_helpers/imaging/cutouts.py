"""Stamps of galaxies: a sample from plain images, and colour pictures of a sample in flux."""

import math
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
ALIKE = 1.2  # patches that are cut together: the largest is at most so much wider than the smallest
PATCHES = 1 << 19  # pixels of patches in memory at once: about what the cache of a core holds


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
    side = np.ceil(step * (size + 2)).astype(int) + 2 * REACH + 3
    out = torch.empty((len(x), len(flux), size, size))
    step, bands = torch.as_tensor(step, dtype=torch.float32), flux.numpy()
    kernel = _kernel(step)
    for rows in _groups(side, len(bands)):
        n, p = len(rows), int(side[rows[-1]])
        first = [np.floor(centre[rows] - (p - 1) / 2).astype(int) for centre in (x, y)]
        patch = torch.from_numpy(_patches(bands, *first, p)).view(n, -1, p)
        places = np.stack([centre[rows] - corner for centre, corner in zip((x, y), first, strict=True)])
        columns, lines = _weights(kernel[rows], torch.as_tensor(places, dtype=torch.float32), step[rows], p, size)
        cut = torch.bmm(lines, torch.bmm(patch, columns.mT).view(n, p, -1))
        out[rows] = cut.view(n, size, -1, size).transpose(1, 2)
    return out


def _groups(side, bands):
    """Rows of galaxies whose patches are about as wide, by width, so many that their pixels fit the cache."""
    order, first = np.argsort(side, kind="stable"), 0
    while first < len(order):
        widest = np.searchsorted(side[order], ALIKE * side[order[first]], side="right")
        fit = np.arange(1, widest - first + 1) * bands * side[order[first:widest]] ** 2 <= PATCHES
        last = first + max(1, np.count_nonzero(fit))
        yield order[first:last]
        first = last


def _patches(flux, left, low, side):
    """Squares of a tile by their first pixels, (N, side, C, side): of each row all bands; 0 outside the tile."""
    (_, height, width), rows = flux.shape, flux.swapaxes(0, 1)
    out = np.zeros((len(left), side, len(flux), side), np.float32)
    for patch, x, y in zip(out, left.tolist(), low.tolist(), strict=True):
        top, bottom, start, stop = max(y, 0), min(y + side, height), max(x, 0), min(x + side, width)
        if top < bottom and start < stop:
            patch[top - y : bottom - y, :, start - x : stop - x] = rows[top:bottom, :, start:stop]
    return out


def _kernel(step):
    """What a pixel of the tile gives to one of a stamp, by distance: bicubic interpolation (Keys 1981, a = -1/2),
    averaged over the stamp's pixel; (N, STEPS) from 0 to REACH + half a step."""
    away = torch.linspace(0, 1, STEPS) * (REACH + step / 2)[:, None]
    total, w = torch.zeros_like(away), 1 / TAPS
    for t in (torch.arange(TAPS) + 0.5) / TAPS - 0.5:  # of the pixel, in steps
        d = (away - t * step[:, None]).abs_()
        far, near = (2 - d).clamp_(min=0), (1 - d).clamp_(min=0)  # beyond 2 pixels, and 1, there is nothing of each
        total += far.mul_(far).mul_(1 - d).mul_(0.5 * w).addcmul_(near.mul_(near), d.mul_(2).sub_(1), value=float(w))
    return total * step[:, None]  # flux, not brightness


def _weights(kernel, centre, step, side, size):
    """Matrices (A, N, size, side) that make a row of a stamp from a row of its patch, for A centres (A, N) in it.

    Only the few pixels within reach of a stamp's pixel are looked up; the others stay 0.
    """
    near = 2 * math.ceil(REACH + float(step.max()) / 2) + 1
    places = centre[:, :, None] + (torch.arange(size) - (size - 1) / 2) * step[:, None]
    first = places.sub((REACH + step / 2)[:, None]).ceil_()
    away = (first.sub_(places)[..., None] + torch.arange(near)).abs_()
    index = away.mul_(((STEPS - 1) / (REACH + step / 2))[:, None, None]).clamp_(max=STEPS - 1)  # there it is 0
    low = index.floor().clamp_(max=STEPS - 2)
    part = index.sub_(low)
    low = low.long().add_((torch.arange(len(step)) * STEPS)[:, None, None])
    table = kernel.reshape(-1)
    values = torch.lerp(table.take(low), table.take(low + 1), part)
    pixel = (first.add_(places).round_().long()[..., None] + torch.arange(near)).clamp_(max=side + near - 1)
    return places.new_zeros((*places.shape, side + near)).scatter_(-1, pixel, values)[..., :side]
