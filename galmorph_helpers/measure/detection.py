"""Where the sources of a tile are: its sky, what stands above it, and how large each galaxy is.

A tile of a survey does not fit the cache of a core. So what is done to every pixel is done to a few rows at a time, and
all that follows looks at the pixels of sources alone.
"""

import warnings

import numpy as np
from astropy.stats import sigma_clip
from astropy.utils.exceptions import AstropyUserWarning
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage

from .photometry import STEP, growth_curve, radius_of
from .sources import find_sources

BOX, STRIDE = 256, 8  # pixels of a piece of sky; every eighth pixel along each axis says enough of it
LEAST_SKY = 0.1  # share of a piece that must be sky, or it takes its neighbours' level
SKEWED = 0.3  # of the standard deviation: if mean and median are farther apart, the mode is not to be had from them
ROWS = 32  # of a tile worked on at once
BIN = 2  # pixels along each axis that are summed to detect: less noise, a quarter of the work
SMOOTH, TAPS = 0.8, 2  # standard deviation of the Gaussian after that, and how far it reaches, binned pixels
SIDE = 32  # pixels of the stamps that galaxies are measured on
PETROSIAN = 0.2  # the ring's brightness over the mean inside, and how many such radii hold all light: as SDSS has it
PETROSIAN_RADII = 2.0


def sky_levels(flux):
    """Level of the sky in each piece of a tile: SExtractor's mode of every eighth pixel, clipped at 3 sigma.

    As photutils' `Background2D` has it, for all bands at once.

    Parameters
    ----------
    flux : array, float32 (bands, H, W)
        NaN where nothing was measured; a pixel counts where every band has one.

    Returns
    -------
    numpy.ndarray, float32 (bands, n, m)
        Median of each 3 x 3 pieces; 0 where no piece has enough sky.
    """
    few = flux[:, ::STRIDE, ::STRIDE].copy()
    few[:, ~np.isfinite(few.sum(0))] = np.nan
    bands, *shape = few.shape
    n, m = (min(BOX // STRIDE, side) for side in shape)
    few = np.pad(few, ((0, 0), (0, -shape[0] % n), (0, -shape[1] % m)), constant_values=np.nan)
    pieces = few.reshape(bands, few.shape[1] // n, n, few.shape[2] // m, m).swapaxes(2, 3)
    pieces = pieces.reshape(*pieces.shape[:3], n * m)
    with warnings.catch_warnings():  # of pieces without a pixel
        warnings.simplefilter("ignore", AstropyUserWarning)
        pieces = np.sort(sigma_clip(pieces, sigma=3, maxiters=10, axis=-1, masked=False), -1)  # NaN comes last
    count = np.isfinite(pieces).sum(-1)
    middle = np.stack((np.maximum(count - 1, 0) // 2, np.minimum(count // 2, n * m - 1)), -1)
    median, many = np.take_along_axis(pieces, middle, -1).mean(-1), np.maximum(count, 1)
    apart = np.nan_to_num(pieces - median[..., None])
    mean = apart.sum(-1) / many
    spread = np.sqrt(np.maximum((apart**2).sum(-1) / many - mean**2, 0))
    level = np.where(abs(mean) < SKEWED * spread, median - 1.5 * mean, median)
    in_tile = np.outer(*(np.diff(_borders(side)) / STRIDE for side in flux.shape[1:]))  # the last of a side are small
    level[count < LEAST_SKY * in_tile] = np.nan
    return _filled(level)


def _filled(level):
    """Medians of 3 x 3 pieces of sky; where there is none, that of the nearest piece that has one."""
    around = np.pad(level, ((0, 0), (1, 1), (1, 1)), constant_values=np.nan)
    with warnings.catch_warnings():  # of 3 x 3 pieces without a level
        warnings.simplefilter("ignore", RuntimeWarning)
        level = np.nanmedian(sliding_window_view(around, (3, 3), (1, 2)), (-2, -1)).astype(np.float32)
    for band in level:
        lacking = np.isnan(band)
        if lacking.any() and not lacking.all():
            nearest = ndimage.distance_transform_edt(lacking, return_distances=False, return_indices=True)
            band[:] = band[tuple(nearest)]
    return np.nan_to_num(level)


def subtract_sky(flux):
    """Subtract the sky of a tile, smooth over some hundred pixels, in place; a pixel blank in one band is 0 in all.

    Parameters
    ----------
    flux : array, float32 (bands, H, W)
        NaN where nothing was measured.

    Returns
    -------
    total : numpy.ndarray, float32 (H, W)
        Sum of the bands above the sky.
    blank : numpy.ndarray, bool (H, W), or None
        Where nothing was measured; None if that is nowhere.
    """
    levels, (height, width) = sky_levels(flux), flux.shape[1:]
    down, across = _between(height), levels @ _between(width).T
    total, blank = np.empty((height, width), np.float32), None
    sky = np.empty((ROWS, width), np.float32)
    for first in range(0, height, ROWS):
        rows = slice(first, first + ROWS)
        some, part, level = flux[:, rows], total[rows], sky[: height - first]
        for band, pieces in zip(some, across, strict=True):
            band -= np.matmul(down[rows], pieces, out=level)
        np.sum(some, axis=0, out=part)
        if not np.isfinite(part.sum()):
            blank = np.zeros(total.shape, bool) if blank is None else blank
            blank[rows] = ~np.isfinite(part)
            some[:, blank[rows]] = part[blank[rows]] = 0
    return total, blank


def _borders(side):
    """Where pieces of sky begin along a side, and the last ends, pixels."""
    return np.append(np.arange(0, side, BOX), side)


def _between(side):
    """Matrix (side, n) that interpolates linearly between the middles of the n pieces of a side; level beyond them."""
    borders = _borders(side)
    middles = (borders[1:] + borders[:-1] - 1) / 2
    return np.stack([np.interp(np.arange(side), middles, one) for one in np.eye(len(middles))], -1).astype(np.float32)


def sky_noise(image, missing=None):
    """Standard deviation of a pixel of sky: robust, of every eighth pixel, and of what is below the median."""
    few = image[::STRIDE, ::STRIDE]
    few = few.ravel() if missing is None else few[~missing[::STRIDE, ::STRIDE]]
    middle = np.median(few) if len(few) else 0.0
    return float(1.4826 * np.median(middle - few[few <= middle])) if len(few) else 0.0


def detect(image, noise, *, threshold=3.0, pixels=20):
    """Sources of a tile: connected pixels above the sky, smoothed; corners connect, too.

    Parameters
    ----------
    image : array, float32 (H, W)
        Above the sky; 0 where nothing was measured.
    noise : float
        Of a pixel of sky.
    threshold : float
        Of the smoothed image, in units of its noise.
    pixels : int
        Least area.

    Returns
    -------
    dict of str -> array (n,)
        `x`, `y` of the brightest place and `width`, the longer side of the source, pixels; `flux` inside the contour.
    """
    smooth = _smoothed(_binned(image))
    bright = smooth > threshold * noise / BIN / (2 * np.pi**0.5 * SMOOTH)  # of white noise after both
    label, n = ndimage.label(bright, np.ones((3, 3)))
    lit = np.flatnonzero(bright)
    label, value = label.ravel()[lit], smooth.ravel()[lit]
    y, x = np.divmod(lit, smooth.shape[1])
    width = np.maximum(*(_extent(place, label, n) for place in (x, y)))
    peak = np.full(n + 1, -np.inf, np.float32)
    np.maximum.at(peak, label, value)
    at = np.flatnonzero(value == peak[label])[::-1]
    brightest = np.zeros(n + 1, int)
    brightest[label[at]] = at  # of two as bright, the first
    large = np.flatnonzero(np.bincount(label, minlength=n + 1) >= -(-pixels // BIN**2))
    at, flux = brightest[large], np.bincount(label, value, n + 1)[large] * BIN**2
    x, y = ((place[at] + 0.5) * BIN - 0.5 for place in (x, y))
    return {"x": x, "y": y, "width": width[large] * float(BIN), "flux": flux}


def _binned(image):
    """Means of 2 x 2 pixels; an odd last row or column is left out."""
    h, w = (side // BIN * BIN for side in image.shape)
    rows = image[0:h:BIN] + image[1:h:BIN]
    return (rows[:, 0:w:BIN] + rows[:, 1:w:BIN]) / np.float32(BIN**2)


def _smoothed(image):
    """Convolved with a Gaussian, which is mirrored at the edges: a few shifted sums, faster than a general filter."""
    weights = np.exp(-0.5 * (np.arange(TAPS + 1) / SMOOTH) ** 2)
    weights = (weights / (2 * weights.sum() - 1)).astype(np.float32)
    for axis in (0, 1):
        side, wide = image.shape[axis], np.pad(image, [(TAPS * (axis == a),) * 2 for a in (0, 1)], "symmetric")
        wide = wide.swapaxes(0, axis)
        image = wide[TAPS : TAPS + side] * weights[0]
        for away in range(1, TAPS + 1):
            image += (wide[TAPS - away : TAPS - away + side] + wide[TAPS + away : TAPS + away + side]) * weights[away]
        image = image.swapaxes(0, axis)
    return image


def _extent(place, label, n):
    """How many pixels each of n sources covers along an axis, (n + 1,)."""
    first, last = np.full(n + 1, np.iinfo(place.dtype).max), np.zeros(n + 1, place.dtype)
    np.minimum.at(first, label, place)
    np.maximum.at(last, label, place)
    return last - first + 1


def sizes(stamps, noise):
    """Centre, R50, R90 and Petrosian flux of the galaxy in the middle of each stamp, neighbours removed.

    Parameters
    ----------
    stamps : array (n, H, W)
        Above the sky.
    noise : array (n,)
        Of a pixel.

    Returns
    -------
    dict of str -> array (n,)
        `x`, `y` from the middle of the stamp, `r50`, `r90`, pixels; `flux` inside two Petrosian radii.
    """
    found = find_sources(stamps, noise[:, None, None], 3.0)
    rows, bins, half = np.arange(len(stamps)), int(found.side / 2 / STEP), round(0.5 / STEP)
    flux, area = growth_curve(found.clean, found.r, bins), growth_curve(np.ones_like(found.r), found.r, bins)
    inside = flux / np.maximum(area, 1e-9)
    ring = (flux[:, 2 * half :] - flux[:, : -2 * half]) / (area[:, 2 * half :] - area[:, : -2 * half])
    faint = (ring < PETROSIAN * inside[:, half:-half]) & (np.arange(ring.shape[1]) > 2 * half)
    k = np.where(faint.any(1), faint.argmax(1) + half, bins - 1)  # never faint: the galaxy fills the stamp
    total = flux[rows, np.minimum(PETROSIAN_RADII * k, bins - 1).astype(int)]
    r50, r90 = (radius_of(flux, share * total) for share in (0.5, 0.9))
    return {"x": found.centre_x, "y": found.centre_y, "r50": r50, "r90": r90, "flux": total}
