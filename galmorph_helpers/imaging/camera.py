"""What a survey records of the light: PSF, pixels, noise."""

from math import pi

import torch

from .fourier import frequencies
from .psf import moffat_transform

SEEING_SCATTER = 0.08  # of ln FWHM between fields
CENTRING = 1.0  # a cutout is centred on its galaxy to this many stamp pixels


def observe(spectrum, survey, pixel_scale, *, size=64, generator=None, noise=True):
    """Images of `light` as a survey records them, resampled to stamps of any pixel scale.

    Parameters
    ----------
    spectrum : torch.Tensor, complex (N, bands, P, P//2+1)
        From `light`.
    survey : Survey
    pixel_scale : torch.Tensor (N,)
        Pixel of each stamp, arcsec. Where it differs from the survey's, the stamp is a bilinear resampling of native
        pixels averaged over the new ones; the noise then is correlated, as in archive cutouts.
    size : int
        Side of the stamps, pixels.
    generator : torch.Generator, optional
        For the noise.
    noise : bool
        Also what differs from field to field: noise, seeing, sky level, centring, registration of the bands. False
        leaves PSF and pixels only.

    Returns
    -------
    torch.Tensor, float32 (N, bands, size, size)
        Nanomaggies per stamp pixel.
    """
    device = spectrum.device
    n, bands = spectrum.shape[:2]
    kx, ky = frequencies(size, device)
    k = torch.hypot(kx, ky)
    scale = pixel_scale.to(device, torch.float32)[:, None, None]
    native = survey.pixel_scale / scale  # a native pixel in stamp pixels
    resampled = bool((native - 1).abs().max() > 1e-6)
    kx, ky = kx[:, :1], ky[:, :, :1]
    columns, rows = _pixel(kx, native, resampled), _pixel(ky, native, resampled)
    seeing, shift = 1.0, None
    if noise:  # no two fields are alike
        seeing = torch.exp(SEEING_SCATTER * torch.randn((n, 1, 1), generator=generator, device=device))
        either_way = torch.rand((bands + 1, 2, n, 1, 1), generator=generator, device=device) - 0.5
        shift = survey.registration / scale * either_way[1:] + 2 * CENTRING * either_way[0]
    images = torch.empty((n, bands, size, size), device=device)
    for b in range(bands):
        psf = moffat_transform(k, seeing * survey.psf_fwhm[b] / scale)
        place = columns * rows
        if noise:
            right, down = (torch.exp(-2j * pi * k_ * s) for k_, s in zip((kx, ky), shift[b], strict=True))
            place = (columns * right) * (rows * down)
        along = torch.fft.ifft(spectrum[:, b] * (psf * place), dim=-2)[:, :size]  # no need to finish the padded rows
        images[:, b] = torch.fft.irfft(along, n=k.shape[-2])[..., :size]
    return images.add_(_noise(images, survey, native, resampled, generator)) if noise else images


def _noise(images, survey, native, resampled, generator):
    """Noise of sky and photons, correlated where the stamp is a resampling, and what sky subtraction leaves."""
    size, device = images.shape[-1], images.device
    native = native[:, None]
    sky, electrons = (torch.tensor(v, device=device)[:, None, None] for v in (survey.sky_sigma, survey.electrons))
    # Of white noise with the power of native pixels.
    variance = images.clamp(min=0).mul_(native**2 / electrons).add_(sky**2)
    grain = torch.randn(images.shape, generator=generator, device=device).mul_(variance.sqrt_().div_(native))
    if resampled:
        kx, ky = torch.fft.rfftfreq(size, device=device), torch.fft.fftfreq(size, device=device)[:, None]
        power = _box(kx, native) ** 2 * (_box(kx, 1.0) ** 2), _box(ky, native) ** 2 * (_box(ky, 1.0) ** 2)
        grain = torch.fft.irfft2(torch.fft.rfft2(grain).mul_(power[0] * power[1]), s=(size, size))
    # Sky subtraction is never perfect: a small pedestal per stamp and band.
    pedestal = torch.randn((*images.shape[:2], 1, 1), generator=generator, device=device)
    return grain.add_(0.2 * sky / native**2 * pedestal)


def _pixel(k, native, resampled):
    """Transform, along one axis, of a native pixel and of the bilinear resampling that made stamp pixels of it."""
    return _box(k, native) ** 3 * _box(k, 1.0) ** 2 if resampled else _box(k, native)


def _box(k, width):
    """Transform of a row of light `width` stamp pixels wide (torch.sinc is sin(pi x) / (pi x))."""
    return torch.sinc(k * width)
