"""From flux to a picture: the stretches of the surveys, and of deep images."""

from dataclasses import replace
from functools import lru_cache
from math import pi

import numpy as np
import torch
from torch.nn.functional import interpolate

from ..samples import GalaxySample, check_pixels
from ..surveys import SDSS, SDSS_LOOK, ZERO_POINT
from .camera import _FROM_YCC, _TO_YCC


def derived_look(survey):
    """A look for a survey that brings none: colours as in pictures of SDSS, so bright that noise shows as strongly."""
    of = {1: slice(1, 2), 2: slice(None, None, 2)}.get(len(survey.shown), slice(None))
    weights, floor = SDSS_LOOK.weights[of], SDSS_LOOK.floor[of]
    noise, usual = (
        np.mean([w * s.sky_sigma[s.bands.index(band)] for w, band in zip(ws, s.shown, strict=True)])
        for s, ws in ((survey, weights), (SDSS, SDSS_LOOK.weights))
    )
    if noise <= 0:
        raise ValueError(f"{survey.name} has no noise to set the stretch of its pictures by: give it a look.")
    return replace(SDSS_LOOK, weights=tuple(w * usual / noise for w in weights), floor=floor)


def channels(survey, *, look=None):
    """How many channels the pictures of a survey have: three, or one where a single band is shown."""
    return 1 if len((look and look.bands) or survey.shown) == 1 else 3


def colour_image(flux, survey, pixel_scale, *, look=None):
    """Picture of three bands of a survey with an asinh stretch, as an 8-bit JPEG would hold it; grey of a single band.

    Parameters
    ----------
    flux : torch.Tensor (N, bands, H, W)
        Nanomaggies per pixel, bands as the survey has them.
    survey : Survey
        Its native pixel turns flux per stamp pixel into surface brightness; `shown` are the bands of the picture.
    pixel_scale : torch.Tensor (N,)
        Stamp pixel, arcsec.
    look : Look, optional
        The survey's own by default.

    Returns
    -------
    torch.Tensor, float32 (N, 3 or 1, H, W), 0 to 1
        From red to blue; of two bands, green is the mean. One channel where one band is shown.
    """
    look = look or survey.look or derived_look(survey)
    shown = look.bands or survey.shown
    if flux.shape[1] != len(survey.bands):
        raise ValueError(f"{survey.name} has the bands {survey.bands}, got images of {flux.shape[1]}: choose bands.")
    if {len(look.weights), len(look.floor)} != {len(shown)} or not set(shown) <= set(survey.bands):
        raise ValueError(
            f"{survey.name} with bands {survey.bands} cannot show {shown} with weights {look.weights} and floor "
            f"{look.floor}: give the survey a look with one of each for each band shown, or look=None to derive one."
        )
    per_native = (survey.pixel_scale / pixel_scale.to(flux.device, flux.dtype))[:, None, None, None] ** 2
    weights, floor = (
        torch.tensor(v, device=flux.device, dtype=flux.dtype)[:, None, None] for v in (look.weights, look.floor)
    )
    bands = flux[:, [survey.bands.index(band) for band in shown]].mul_(per_native * weights)
    bands = torch.addcmul(floor**2, bands, bands).sqrt_().add_(bands).mul_(0.5)
    if len(shown) == 2:
        bands = torch.stack((bands[:, 0], bands.mean(1), bands[:, 1]), 1)
    stretched = look.softening * bands.mean(1, keepdim=True)
    root = torch.sqrt(1 + stretched**2)
    asinh = torch.log1p(stretched + stretched**2 / (1 + root))  # three times faster than torch.asinh
    picture = bands.mul_(asinh.div_(stretched)).clamp_(max=1)
    return picture.mul_(255).round_().div_(255) if len(shown) == 1 else _compressed(picture, look)


def _compressed(rgb, look):
    """What 8 bits and JPEG leave of a picture: faint colour noise goes, blocks of even colour stay.

    JPEG holds the colours at half resolution, in blocks of 16 pixels whose cosine transform is rounded. Where a block
    begins differs from stamp to stamp, since cutouts are cut from larger pictures. The steps of the brightness are too
    fine to see at the pixels of a stamp.
    """
    device, (height, width) = rgb.device, rgb.shape[-2:]
    parted = (_TO_YCC.to(device) @ rgb.flatten(2)).unflatten(2, (height, width))
    chroma = _halved(_halved(parted[:, 1:]).mT).mT
    if look.chroma_steps:
        begin = (rgb[:, 1, 0, 0] * 1e5).long()  # as random as the noise of a pixel
        (down, up), (right, left) = (
            [blocks.to(device)[b % 8][:, None] for blocks in _block_cosines(side)]
            for side, b in zip((height, width), (begin, begin // 8), strict=True)
        )
        step = torch.tensor(_CHROMA_STEPS, device=device) * (look.chroma_steps / 255)
        step = step.repeat(down.shape[-2] // 8, right.shape[-2] // 8)
        chroma = (down @ chroma @ right.mT).div_(step).round_().mul_(step)
    else:
        up, left = (_doubled(side).to(device) for side in (height, width))
    parted[:, 1:] = up @ chroma @ left.mT
    of = _FROM_YCC.to(device) * torch.tensor([1.0, look.saturation, look.saturation], device=device)
    return (of @ parted.flatten(2)).view_as(rgb).clamp_(0, 1).mul_(255).round_().div_(255)


def _halved(images):
    """Means of two neighbouring rows each; an odd last row stays."""
    if images.shape[-2] % 2:
        images = torch.cat((images, images[..., -1:, :]), -2)
    return (images[..., ::2, :] + images[..., 1::2, :]).mul_(0.5)


@lru_cache(maxsize=8)
def _doubled(side):
    """Matrix (side, half of it) that puts two linearly interpolated pixels where one was."""
    return interpolate(torch.eye(-(-side // 2))[None], scale_factor=2, mode="linear")[0].mT[:side].contiguous()


# Steps of the chroma frequencies at quality 75, in 256ths (Annex K of ITU-T T.81).
_CHROMA_STEPS = (
    (9, 9, 12, 24, 50, 50, 50, 50),
    (9, 11, 13, 33, 50, 50, 50, 50),
    (12, 13, 28, 50, 50, 50, 50, 50),
    (24, 33, 50, 50, 50, 50, 50, 50),
    *((50, 50, 50, 50, 50, 50, 50, 50),) * 4,
)


@lru_cache(maxsize=8)
def _block_cosines(pixels):
    """Cosine transforms of rows of half as many pixels in blocks of 8, (8, K, half), and back to all of them, (8,
    pixels, K): one for each place where the blocks begin. What lies outside counts as the pixel at the edge."""
    side, j = -(-pixels // 2), torch.arange(8)
    cosine = torch.cos(pi * (j + 0.5) * j[:, None] / 8) / 2
    cosine[0] /= 2**0.5
    whole = torch.block_diag(*[cosine] * -(-(side + 7) // 8))
    back = torch.stack([whole[:, begin : begin + side] for begin in range(8)])
    there = back.clone()
    for begin in range(8):
        there[begin, :, 0] += whole[:, :begin].sum(1)
        there[begin, :, -1] += whole[:, begin + side :].sum(1)
    return there, _doubled(pixels) @ back.mT


def stretched(sample, *, faint=27.0):
    """What the detector sees: asinh of the surface brightness in units of `faint` mag arcsec^-2, float32 (N, 1, H, W).

    Linear below `faint`, logarithmic above: debris and the galaxy's core fit into one picture.

    Parameters
    ----------
    sample : GalaxySample, or torch.Tensor (N, 1, H, W)
        Surface brightness, nanomaggies arcsec^-2; a tensor is taken for it, since it cannot say what it holds.
    faint : float

    Raises
    ------
    ValueError
        If the sample holds other pixels; if an image is constant, without flux, or not finite.
    """
    if isinstance(sample, GalaxySample):
        check_pixels(sample, "surface brightness", what="stretched")
    images = getattr(sample, "images", sample)
    flat = images.flatten(1)
    bad = ~torch.isfinite(flat).all(1) | (flat.amax(1) <= 0) | (flat.amax(1) == flat.amin(1))
    if bad.any():
        raise ValueError(
            f"{int(bad.sum())} images have no flux or pixels that are not finite, the first is number "
            f"{int(bad.nonzero()[0, 0])}: leave them out."
        )
    return torch.asinh(images / 10 ** (-0.4 * (faint - ZERO_POINT)))


def detector_input(sample):
    """Three views for a network, float32 (N, 3, H, W): `stretched`, and the same less two guesses of the galaxy alone.

    The first guess is the image turned by 180 degrees (what is lopsided remains), the second its mean over 11 x 11
    pixels (what is sharp remains). Looking at residuals is how people search for faint debris, too.
    """
    seen = stretched(sample)
    mean = torch.nn.functional.avg_pool2d(torch.nn.functional.pad(seen, (5,) * 4, mode="replicate"), 11, stride=1)
    return torch.cat((seen, seen - torch.rot90(seen, 2, (-2, -1)), seen - mean), 1)
