"""Is there a second galaxy? Peaks of light near the middle of a stamp, and whether light joins them to the first."""

import numpy as np
from astropy.table import Table
from scipy import ndimage
from skimage.feature import peak_local_max

from ..runtime import progress
from .photometry import sky_level

KEPT = 2  # neighbours described, those that share most light with the galaxy first
REACH = 0.35  # of the side of the stamp: neighbours farther from the middle do not count
LEVEL = 3.0  # times the sky noise that a peak must rise above the sky
DESCRIPTIONS = {
    "bridge": "lowest brightness on the line between the peaks / that of the fainter peak [0 apart, 1 one galaxy]",
    "peak_ratio": "brightness of the neighbour's peak / that of the central one [> 0]",
    "light_ratio": "light within 3% of the stamp of the neighbour's peak / the same of the centre [> 0]",
    "distance": "between the peaks / side of the stamp [0 to 0.35]",
    "sharpness": "peak / mean within 3% of the stamp, less that of the centre: a star is sharper [-1 to 1]",
    "colour_difference": "|log red/blue of the neighbour - that of the centre| [0 to 3]",
}


def companion_features(images):
    """Describe the brightest neighbours of the galaxy in the middle of each stamp.

    Parameters
    ----------
    images : torch.Tensor or numpy.ndarray (N, C, H, W)
        0 to 1, C = 1 or 3; H = W >= 32.

    Returns
    -------
    astropy.table.Table
        `peaks` (their number), and the columns of `DESCRIPTIONS` for the first (`_1`) and second (`_2`) neighbour,
        0 where there is none. All are finite.

    Raises
    ------
    ValueError
        On a wrong shape, no image, or pixels that are not finite.
    """
    images = np.asarray(images, np.float32)
    if images.ndim != 4 or images.shape[1] not in (1, 3) or images.shape[-1] != images.shape[-2]:
        raise ValueError(f"images must be (N, 1 or 3, H, H), got shape {images.shape}.")
    if images.shape[-1] < 32 or len(images) == 0:
        raise ValueError(f"at least one image of 32 pixels a side is needed, got shape {images.shape}.")
    if not np.isfinite(images).all():
        raise ValueError("images hold NaN or infinite pixels: leave those galaxies out.")
    rows = [_neighbours(image) for image in progress(images, "looking for companions")]
    names = [f"{name}_{k + 1}" for k in range(KEPT) for name in DESCRIPTIONS]
    return Table(np.array(rows), names=["peaks", *names])


def _neighbours(image):
    """Number of peaks, then the descriptions of the first `KEPT` neighbours."""
    side = image.shape[-1]
    grey = ndimage.gaussian_filter(image.mean(0), side / 96)
    sky, noise = (float(v.item()) for v in sky_level(grey[None]))
    light = np.clip(grey - sky, 0, None)
    middle = (side - 1) / 2
    y, x = np.indices(light.shape)
    core = light * (np.hypot(y - middle, x - middle) <= max(2, side / 16))
    centre = np.array(np.unravel_index(core.argmax(), core.shape))
    top = light[tuple(centre)]
    if top <= 0:
        return np.zeros(1 + KEPT * len(DESCRIPTIONS))
    peaks = peak_local_max(light, min_distance=2, threshold_abs=max(LEVEL * noise, 0.03 * top), exclude_border=False)
    near = np.hypot(*(peaks - middle).T) < REACH * side
    peaks = peaks[near & (np.hypot(*(peaks - centre).T) > 2)]
    aperture = ndimage.uniform_filter(light, 2 * round(0.03 * side) + 1)
    colour = np.log((image[0] + 0.02) / (image[-1] + 0.02))
    colour = ndimage.uniform_filter(colour, 3)
    found = []
    for peak in peaks:
        line = ndimage.map_coordinates(light, np.linspace(centre, peak, 25).T, order=1)
        value = light[tuple(peak)]
        found.append(
            (
                line.min() / min(value, top),
                value / top,
                aperture[tuple(peak)] / aperture[tuple(centre)],
                np.hypot(*(peak - centre)) / side,
                top / aperture[tuple(centre)] - value / aperture[tuple(peak)],
                abs(colour[tuple(peak)] - colour[tuple(centre)]),
            )
        )
    found.sort(key=lambda row: -row[0] * min(row[2], 1))
    flat = np.zeros(KEPT * len(DESCRIPTIONS))
    kept = np.array(found[:KEPT]).ravel()
    flat[: len(kept)] = kept
    return np.r_[len(found), flat]
