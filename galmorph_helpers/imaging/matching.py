"""Make one survey's images look like another's: a wider PSF and more noise can be had, the way back only in part."""

import torch

from ..surveys import DES, SDSS
from .psf import moffat_transform


def degrade(flux, pixel_scale, *, survey=DES, target=SDSS, seeing=1.0, noise=1.0, seed=0):
    """Blur images of a sharp, deep survey and add noise, part of the way or all of it, to those of another.

    The PSF is matched in Fourier space by the ratio of the two Moffat transforms; noise is added to what the blurring
    left. The noise here is white, in images of the survey's own pixels.

    Parameters
    ----------
    flux : torch.Tensor (N, B, H, W)
        Nanomaggies per pixel of `survey`, bands from blue to red.
    pixel_scale : float
        Of the images, arcsec.
    survey, target : Survey
        From and to; the target must have the wider PSF and the noisier sky in each band.
    seeing, noise : float
        Share of the way, 0 to 1: of the PSF's width, and of the logarithm of the noise.
    seed : int

    Returns
    -------
    torch.Tensor (N, B, H, W)
    """
    _check(flux, pixel_scale, survey, target)
    if not (0 <= seeing <= 1 and 0 <= noise <= 1):
        raise ValueError(f"seeing and noise are shares of the way, 0 to 1, got {seeing} and {noise}.")
    generator = torch.Generator().manual_seed(seed)
    k = _frequencies(flux)
    out = torch.empty_like(flux)
    for b, (narrow, wide) in enumerate(zip(survey.psf_fwhm, target.psf_fwhm, strict=True)):
        quiet, loud = (s.sky_sigma[b] * pixel_scale / s.pixel_scale for s in (survey, target))
        if wide < narrow or loud < quiet:
            raise ValueError(
                f"{target.name} is sharper or deeper than {survey.name} in band {survey.bands[b]}: degrade the other "
                "way, or `sharpen`, which costs noise."
            )
        wanted = (1 - seeing) * narrow + seeing * wide
        kernel = moffat_transform(k, wanted / pixel_scale) / moffat_transform(k, narrow / pixel_scale)
        out[:, b] = torch.fft.ifft2(torch.fft.fft2(flux[:, b]) * kernel).real
        left = quiet**2 * kernel.square().mean()  # variance of the noise that is in the image, after blurring
        add = (quiet ** (2 * (1 - noise)) * loud ** (2 * noise) - left).clamp(min=0).sqrt() if noise else 0.0
        out[:, b] += add * torch.randn(out[:, b].shape, generator=generator)
    return out


def sharpen(flux, pixel_scale, *, survey=SDSS, target=DES, damping=0.02):
    """Undo the difference of two PSFs as far as noise allows (a Wiener filter of constant damping).

    Parameters
    ----------
    flux : torch.Tensor (N, B, H, W)
    pixel_scale : float
        Of the images, arcsec.
    survey, target : Survey
        Whose PSF the images have, and whose they should have.
    damping : float
        > 0: the smaller, the sharper and the noisier. Detail that the PSF has wiped out does not come back.

    Returns
    -------
    torch.Tensor (N, B, H, W)
    """
    _check(flux, pixel_scale, survey, target)
    if not damping > 0:
        raise ValueError(f"damping must be > 0, got {damping}: without it, noise is multiplied without bound.")
    k = _frequencies(flux)
    out = torch.empty_like(flux)
    for b, (wide, narrow) in enumerate(zip(survey.psf_fwhm, target.psf_fwhm, strict=True)):
        seen, wanted = (moffat_transform(k, w / pixel_scale) for w in (wide, narrow))
        out[:, b] = torch.fft.ifft2(torch.fft.fft2(flux[:, b]) * wanted * seen / (seen**2 + damping)).real
        out[:, b] *= 1 + damping  # the total flux stays
    return out


def _frequencies(flux):
    """Cycles per pixel, (H, W)."""
    ky, kx = (torch.fft.fftfreq(n) for n in flux.shape[-2:])
    return torch.hypot(ky[:, None], kx[None])


def _check(flux, pixel_scale, survey, target):
    if flux.ndim != 4 or flux.shape[1] != len(survey.bands) or survey.bands != target.bands:
        raise ValueError(
            f"images must be (N, {len(survey.bands)}, H, W) in bands {survey.bands}, those of both surveys; got shape "
            f"{tuple(flux.shape)} and target bands {target.bands}."
        )
    if not pixel_scale > 0:
        raise ValueError(f"pixel_scale must be > 0 arcsec, got {pixel_scale}.")
