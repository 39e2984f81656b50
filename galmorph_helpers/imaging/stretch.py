"""From flux to a picture: the stretches of the surveys, and of deep images."""

from dataclasses import replace
from math import pi

import numpy as np
import torch
from torch.nn.functional import pad

from ..samples import GalaxySample, check_pixels
from ..surveys import SDSS, SDSS_LOOK, ZERO_POINT


def derived_look(survey):
    """A look for a survey that brings none: colours as in pictures of SDSS, so bright that noise shows as strongly."""
    weights = {1: SDSS_LOOK.weights[1:2], 2: SDSS_LOOK.weights[::2]}.get(len(survey.shown), SDSS_LOOK.weights)
    noise, usual = (
        np.mean([w * s.sky_sigma[s.bands.index(band)] for w, band in zip(ws, s.shown, strict=True)])
        for s, ws in ((survey, weights), (SDSS, SDSS_LOOK.weights))
    )
    if noise <= 0:
        raise ValueError(f"{survey.name} has no noise to set the stretch of its pictures by: give it a look.")
    return replace(SDSS_LOOK, weights=tuple(w * usual / noise for w in weights))


def channels(survey, *, look=None):
    """How many channels the pictures of a survey have: three, or one where a single band is shown."""
    return 1 if len((look and look.bands) or survey.shown) == 1 else 3


def colour_image(flux, survey, pixel_scale, *, look=None):
    """Red-green-blue image of three bands of a survey (such as i, r, g) with an asinh stretch; grey of a single band.

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
    if len(look.weights) != len(shown) or not set(shown) <= set(survey.bands):
        raise ValueError(
            f"{survey.name} with bands {survey.bands} cannot show {shown} with weights {look.weights}: give the survey "
            "a look with one weight for each band shown, or look=None to derive one."
        )
    per_native = (survey.pixel_scale / pixel_scale.to(flux.device, flux.dtype))[:, None, None, None] ** 2
    weights = torch.tensor(look.weights, device=flux.device, dtype=flux.dtype)[None, :, None, None]
    bands = flux[:, [survey.bands.index(band) for band in shown]].mul_(per_native * weights).add_(look.pedestal)
    if len(shown) == 2:
        bands = torch.stack((bands[:, 0], bands.mean(1), bands[:, 1]), 1)
    stretched = look.softening * bands.mean(1, keepdim=True).clamp_(min=1e-4)
    root = torch.sqrt(1 + stretched**2)
    asinh = torch.log1p(stretched + stretched**2 / (1 + root))  # three times faster than torch.asinh
    rgb = bands.mul_(asinh.div_(stretched))
    if len(shown) == 1:
        return rgb.clamp_(0, 1)
    luma = rgb.mean(1, keepdim=True)
    rgb = rgb.sub_(luma).mul_(luma**2 / (luma**2 + look.grey**2)).add_(luma)  # the sky is grey: faint colours fade
    brightest = rgb.amax(1, keepdim=True).clamp_(min=1)  # saturated pixels keep their colour
    return _compressed(rgb.div_(brightest).clamp_(0, 1))


# Steps of the 5 x 5 lowest chroma frequencies at quality 75, in 256ths (Annex K of ITU-T T.81).
_CHROMA_STEPS = (
    (9, 9, 12, 24, 50),
    (9, 11, 13, 33, 50),
    (12, 13, 28, 50, 50),
    (24, 33, 50, 50, 50),
    (50, 50, 50, 50, 50),
)


def _compressed(rgb):
    """What JPEG compression leaves of the colours: faint chroma noise goes, blocks of even colour stay.

    Archives send cutouts of 424 pixels with chroma at half resolution, in blocks of 16 pixels. Of the inner 212, shrunk
    to a stamp of 64, such a block is 5 pixels wide: its cosine transform is rounded to the steps of the quantisation.
    """
    n, _, h, w = rgb.shape
    red, green, blue = rgb.unbind(1)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    chroma = torch.stack(((blue - luma) / 1.772, (red - luma) / 1.402), 1)  # JFIF's YCbCr
    padded = pad(chroma, (0, -w % 5, 0, -h % 5), mode="replicate")
    blocks = padded.unfold(2, 5, 5).unfold(3, 5, 5)  # (n, 2, rows, columns, 5, 5)
    cosines = _block_cosines(rgb.device)
    step = torch.tensor(_CHROMA_STEPS, device=rgb.device).flatten() * (5 / 8 / 255)
    amplitude = blocks.reshape(-1, 25) @ cosines.T
    restored = amplitude.div_(step).round_().mul_(step) @ cosines
    restored = restored.reshape(blocks.shape).transpose(3, 4).reshape(padded.shape)
    cb, cr = restored[..., :h, :w].unbind(1)
    out = torch.stack((luma + 1.402 * cr, luma - 0.344136 * cb - 0.714136 * cr, luma + 1.772 * cb), 1)
    return out.clamp_(0, 1)


def _block_cosines(device):
    """Cosine transform of a block of 5 x 5 pixels, as one orthogonal matrix (25, 25)."""
    j = torch.arange(5, device=device)
    cosine = torch.cos(pi * (j + 0.5) * j[:, None] / 5) * (2 / 5) ** 0.5
    cosine[0] /= 2**0.5
    return torch.kron(cosine, cosine)


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
