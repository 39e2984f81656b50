"""What cannot be emulated: each error names the galaxy, the value and what to do."""

import numpy as np
import torch

from ..samples import GalaxySample, check_pixels
from .fourier import PADDING

MOST_MEMORY = 4e9  # bytes for one galaxy
RESTORED = 1.05  # most that a frequency may be amplified; more means that the PSF cannot be matched


def check_emulated(sample, survey):
    """An error unless a sample is one, in flux, with redshifts, pixel scales, a known PSF and the survey's bands."""
    if not isinstance(sample, GalaxySample):
        raise ValueError("images alone have no redshift, pixel scale and PSF: make a sample with gm.imaging.stamps.")
    check_pixels(sample, "flux", what="emulate")
    if sample.psf is None and sample.survey is None:
        raise ValueError("the sample's survey is not known: give it a psf, its FWHM in arcsec or an image.")
    missing = [name for name in ("redshift", "pixel_scale") if name not in sample.table.colnames]
    if missing:
        raise ValueError(f"the sample's table lacks {missing}: add what is known, or make one with gm.imaging.stamps.")
    if sample.images.shape[1] != len(survey.bands):
        raise ValueError(
            f"images of {sample.images.shape[1]} bands, but {survey.name} has {survey.bands}: choose bands."
        )


def check_numbers(images, z, z_new, scale):
    """An error unless redshifts rise, pixel scales are positive and pixels finite.

    Parameters
    ----------
    images : torch.Tensor (N, C, H, W)
    z, z_new, scale : array (N,)
        Redshifts before and after, and pixel scale, arcsec.

    Raises
    ------
    ValueError
    """
    rules = {
        "redshift must be > 0 and finite: a galaxy at z = 0 has no distance": (z, z > 0),
        "z_new must be at least the galaxy's redshift, and finite: nothing is restored that was not seen": (
            z_new,
            z_new >= z,
        ),  # fmt: skip
        "pixel_scale must be > 0 arcsec": (scale, scale > 0),
    }
    for rule, (value, fine) in rules.items():
        bad = np.flatnonzero(~(fine & np.isfinite(value)))
        if len(bad):
            raise ValueError(f"{rule}; galaxy {bad[0]} has {value[bad[0]]:g} ({len(bad)} of {len(value)} do).")
    bad = (~torch.isfinite(images.flatten(1).sum(1))).nonzero()[:, 0]
    if len(bad):
        raise ValueError(
            f"{len(bad)} images have pixels that are not finite, the first is number {int(bad[0])}: leave them out, or "
            "fill the pixels with the sky (torch.nan_to_num) and mask what they touch."
        )


def check_match(kernel, target, start, z_new, smaller):
    """A kernel that amplifies what the new PSF still passes would sharpen the image: not possible.

    Parameters
    ----------
    kernel, target : torch.Tensor (n, C, P, Q)
        Ratio of the new PSF's transform to the old one's, and the new one's.
    start : int
        Number of the first galaxy of this batch.
    z_new, smaller : array (N,)
        New redshifts and shrinkage of all galaxies.

    Raises
    ------
    ValueError
    """
    kernel, target = kernel[..., ::2, ::2], target[..., ::2, ::2]  # smooth: every second frequency tells
    gain = (kernel.abs() * (target.abs() > 0.01)).flatten(1).amax(1)
    worst = int(gain.argmax())
    if gain[worst] > RESTORED:
        raise ValueError(
            f"the PSF of galaxy {start + worst}, shrunk by {smaller[start + worst]:.2f} to z_new = "
            f"{z_new[start + worst]:g}, is broader than the new survey's: matching it would amplify some frequencies "
            f"{float(gain[worst]):.2f} times. Choose a higher z_new, or a survey with a broader PSF."
        )


def check_size(size, bands, scale, survey):
    """Planes of frequencies of one galaxy that ask for more memory than a laptop has are an error before they do."""
    needed = 12 * bands * (PADDING * size) ** 2 * 4  # bytes: about a dozen complex half planes a band
    if needed > MOST_MEMORY:
        raise ValueError(
            f"the new stamps would be {size} x {size} pixels and need {needed / 1e9:.0f} GB: the images' pixels of "
            f"{scale.max():g} arcsec are coarse for {survey.name} ({survey.pixel_scale} arcsec). Cut out a smaller "
            "stamp, or choose a higher z_new or a survey with larger pixels."
        )
