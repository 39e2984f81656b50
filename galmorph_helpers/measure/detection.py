"""Where the sources of a tile are: its sky, what stands above it, and how large each galaxy is."""

import warnings

import numpy as np
import torch
from astropy.utils.exceptions import AstropyUserWarning
from photutils.background import Background2D
from photutils.segmentation import detect_sources
from photutils.utils.exceptions import NoDetectionsWarning
from scipy import ndimage

from .photometry import STEP, growth_curve, radius_of
from .sources import find_sources

BOX, STRIDE = 256, 8  # pixels of a piece of sky; every eighth pixel along each axis says enough of it
BIN = 2  # pixels along each axis that are summed to detect: less noise, a quarter of the work
SMOOTH = 0.8  # standard deviation of the Gaussian after that, binned pixels
SIDE = 32  # pixels of the stamps that galaxies are measured on
PETROSIAN = 0.2  # the ring's brightness over the mean inside, and how many such radii hold all light: as SDSS has it
PETROSIAN_RADII = 2.0


def sky(image, missing):
    """The sky of a tile, smooth over some hundred pixels (photutils' `Background2D`).

    Parameters
    ----------
    image : array, float32 (H, W)
    missing : bool array (H, W)
        Pixels without a measurement.

    Returns
    -------
    numpy.ndarray, float32 (H, W)
    """
    few, masked = image[::STRIDE, ::STRIDE], missing[::STRIDE, ::STRIDE]
    box = tuple(min(BOX // STRIDE, side) for side in few.shape)
    with warnings.catch_warnings():  # of pieces without a pixel: they take their neighbours' level
        warnings.simplefilter("ignore", AstropyUserWarning)
        found = Background2D(np.where(masked, 0, few), box, mask=masked, fill_value=0.0, exclude_percentile=90)
    mesh = torch.as_tensor(np.asarray(found.background_mesh, np.float32))[None, None]
    return torch.nn.functional.interpolate(mesh, size=image.shape, mode="bilinear")[0, 0].numpy()


def sky_noise(image, missing):
    """Standard deviation of a pixel of sky: robust, of every eighth pixel, and of what is below the median."""
    few = image[::STRIDE, ::STRIDE][~missing[::STRIDE, ::STRIDE]]
    middle = np.median(few)
    return float(1.4826 * np.median(middle - few[few <= middle])) if len(few) else 0.0


def detect(image, noise, *, threshold=3.0, pixels=20):
    """Sources of a tile: connected pixels above the sky, smoothed (photutils' `detect_sources`).

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
    binned = torch.nn.functional.avg_pool2d(torch.from_numpy(image)[None], BIN)[0].numpy()
    smooth = ndimage.gaussian_filter(binned, SMOOTH, truncate=3)
    level = threshold * noise / BIN / (2 * np.pi**0.5 * SMOOTH)  # of white noise after both
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoDetectionsWarning)
        found = detect_sources(smooth, level, -(-pixels // BIN**2))
    if found is None:
        return {name: np.zeros(0) for name in ("x", "y", "width", "flux")}
    label = found.data.ravel()
    lit = np.flatnonzero(label)
    label, value = label[lit], smooth.ravel()[lit]
    order = np.lexsort((value, label))
    last = order[np.flatnonzero(np.r_[np.diff(label[order]), 1])]  # the brightest of each
    y, x = np.divmod(lit[last], smooth.shape[1])
    boxes = ndimage.find_objects(found.data)
    width = np.array([max(a.stop - a.start, b.stop - b.start) for a, b in boxes], float)
    flux = np.bincount(label, value)[label[last]] * BIN**2
    return {"x": (x + 0.5) * BIN - 0.5, "y": (y + 0.5) * BIN - 0.5, "width": width * BIN, "flux": flux}


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
