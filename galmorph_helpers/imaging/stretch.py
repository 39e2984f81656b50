"""From flux to a picture: the stretches of the surveys, and of deep images."""

from dataclasses import replace

import numpy as np
import torch

from ..samples import GalaxySample, check_pixels
from ..surveys import SDSS, SDSS_LOOK, ZERO_POINT
from .jpeg import compressed


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
    native = survey.pixel_scale / pixel_scale.to(flux.device, flux.dtype)
    per_native = native[:, None, None, None] ** 2
    weights, floor = (
        torch.tensor(v, device=flux.device, dtype=flux.dtype)[:, None, None] for v in (look.weights, look.floor)
    )
    bands = flux[:, [survey.bands.index(band) for band in shown]].mul_(per_native * weights)
    bands = torch.addcmul(floor**2, bands, bands).sqrt_().add_(bands).mul_(0.5)
    if len(shown) == 2:
        bands = torch.stack((bands[:, 0], bands.mean(1), bands[:, 1]), 1)
    stretched = (look.softening * bands.mean(1, keepdim=True)).clamp_(min=1e-12)  # 0 / 0 is no colour
    root = torch.sqrt(1 + stretched**2)
    asinh = torch.log1p(stretched + stretched**2 / (1 + root))  # three times faster than torch.asinh
    picture = bands.mul_(asinh.div_(stretched)).clamp_(max=1)
    return picture.mul_(255).round_().div_(255) if len(shown) == 1 else compressed(picture, native, look)


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
