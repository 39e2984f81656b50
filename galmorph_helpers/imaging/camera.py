"""What a survey records of the light: PSF, pixels, noise."""

import numpy as np
import torch

from .fourier import bicubic, folded, frequencies, turned
from .psf import moffat_transform

SEEING_SCATTER = 0.08, 0.04  # of ln FWHM between fields, and between the bands of one: a drift scan sees them in turn
SKY_LEFT = 0.19, 0.95  # that subtraction leaves, in units of a pixel's noise; share of its variance common to all bands
# By how much, in sides of the stamp, a cutout is off its galaxy: always (pixels are counted from their corners), and
# from one to the next.
CENTRING = 0.008, 0.0035

UNSEEN = 0.002  # of the light at a frequency: folding it back changes nothing that can be seen


def frequency_reach(survey, pixel_scale):
    """How far beyond the Nyquist frequency of its stamp a survey passes light: `light`'s `reach`.

    Parameters
    ----------
    survey : Survey
    pixel_scale : array (N,)
        Pixel of each stamp, arcsec.

    Returns
    -------
    numpy.ndarray (N,)
        1, 1.5 or 2: where PSF and pixel pass less than `UNSEEN` of the light; a star is then right to 1 % (in L1).
    """
    scale = torch.as_tensor(np.asarray(pixel_scale), dtype=torch.float32)
    reaches = torch.tensor([1.0, 1.5, 2.0])
    native = survey.pixel_scale / scale[:, None]
    passed = moffat_transform(reaches / 2, min(survey.psf_fwhm) / scale[:, None])
    passed = passed * _pixel(reaches / 2, native, bool((native - 1).abs().max() > 1e-6)).abs()
    return reaches[(passed[:, :2] > UNSEEN).sum(1)].numpy()


def observe(spectrum, survey, pixel_scale, *, size=64, generator=None, noise=True, sky_sigma=None):
    """Images of `light` as a survey records them, resampled to stamps of any pixel scale.

    Parameters
    ----------
    spectrum : torch.Tensor, complex (N, bands, P, P//2+1)
        From `light`; what it holds beyond the stamp's Nyquist frequency folds back, as in a camera.
    survey : Survey
    pixel_scale : torch.Tensor (N,)
        Pixel of each stamp, arcsec. Where it differs from the survey's, the stamp is a bicubic resampling of native
        pixels averaged over the new ones; the noise then is correlated, as in archive cutouts.
    size : int
        Side of the stamps, pixels.
    generator : torch.Generator, optional
        For the noise.
    noise : bool
        Also what differs from field to field: noise, seeing, sky level, centring, registration of the bands. False
        leaves PSF and pixels only.
    sky_sigma : tuple of float or torch.Tensor (bands,) or (N, bands), optional
        Noise of the sky in a native pixel, nanomaggies; the survey's by default.

    Returns
    -------
    torch.Tensor, float32 (N, bands, size, size)
        Nanomaggies per stamp pixel.
    """
    device = spectrum.device
    n, bands = spectrum.shape[:2]
    padded = frequencies(size)[0].shape[-2]
    kx, ky = frequencies(size, device, reach=spectrum.shape[-2] / padded)
    k = torch.hypot(kx, ky)
    scale = pixel_scale.to(device, torch.float32)[:, None, None]
    native = survey.pixel_scale / scale  # a native pixel in stamp pixels
    resampled = bool((native - 1).abs().max() > 1e-6)
    kx, ky = kx[:, :1], ky[:, :, :1]
    columns, rows = (_pixel(k_, native, resampled) * _fading(k_) for k_ in (kx, ky))
    seeing, shift = [1.0] * bands, None
    if noise:  # no two fields are alike
        field, band = SEEING_SCATTER
        seeing = band * torch.randn((bands + 1, n, 1, 1), generator=generator, device=device)
        seeing = torch.exp(seeing[1:] + field / band * seeing[0])
        either_way = torch.rand((bands, 2, n, 1, 1), generator=generator, device=device) - 0.5
        always, scatter = CENTRING
        off = always + scatter * torch.randn((2, n, 1, 1), generator=generator, device=device)
        shift = survey.registration / scale * either_way + size * off
    images = torch.empty((n, bands, size, size), device=device)
    for b in range(bands):
        psf = moffat_transform(k, seeing[b] * survey.psf_fwhm[b] / scale)
        if noise:
            right, down = (turned(k_ * s) for k_, s in zip((kx, ky), shift[b], strict=True))
            passed = ((columns * right) * (rows * down)).mul_(psf).mul_(spectrum[:, b])
        else:
            passed = spectrum[:, b] * psf.mul_(columns * rows)
        recorded = folded(passed, padded)
        along = torch.fft.ifft(recorded, dim=-2)[:, :size]  # no need to finish the padded rows
        images[:, b] = torch.fft.irfft(along, n=padded)[..., :size]
    sky = survey.sky_sigma if sky_sigma is None else sky_sigma
    return images.add_(_noise(images, survey, sky, native, resampled, generator)) if noise else images


def _fading(k):
    """1, and to 0 at the last frequency where that is beyond the stamp's Nyquist frequency: a hard end would ring."""
    last = float(k.abs().max())
    return torch.cos(((k.abs() / last - 0.7) / 0.6).clamp(0, 0.5) * torch.pi) ** 2 if last > 0.6 else torch.ones_like(k)


def _noise(images, survey, sky, native, resampled, generator):
    """Noise of sky and photons, correlated where the stamp is a resampling, and what sky subtraction leaves."""
    device, native = images.device, native[:, None]
    sky, electrons = (
        torch.as_tensor(v, device=device, dtype=images.dtype)[..., None, None] for v in (sky, survey.electrons)
    )
    # Of white noise with the power of native pixels.
    variance = images.clamp(min=0).mul_(native**2 / electrons).add_(sky**2)
    grain = _grain(images.shape, native[:, 0], generator, device) if resampled else torch.randn(
        images.shape, generator=generator, device=device
    )  # fmt: skip
    grain.mul_(variance.sqrt_().div_(native))
    # Sky subtraction is never perfect: a small pedestal per stamp, much the same in all bands.
    size, alike = SKY_LEFT
    pedestal = torch.randn((len(images), 1 + images.shape[1], 1, 1), generator=generator, device=device)
    pedestal = alike**0.5 * pedestal[:, :1] + (1 - alike) ** 0.5 * pedestal[:, 1:]
    return grain.add_(size * sky / native**2 * pedestal)


def _grain(shape, native, generator, device):
    """White noise of native pixels as a resampling leaves it, drawn where that is a product: in Fourier space."""
    size, half = shape[-1], shape[-1] // 2 + 1
    kx, ky = torch.fft.rfftfreq(size, device=device), torch.fft.fftfreq(size, device=device)[:, None]
    left = _resampled(kx, native) * _resampled(ky, native)
    left *= 0.5**0.5  # shared by the real and the imaginary part
    left[..., [0, half - 1] if size % 2 == 0 else [0]] *= 2**0.5  # where the inverse transform keeps the real part only
    waves = torch.randn((*shape[:2], size, half, 2), generator=generator, device=device)
    waves.flatten(-2).mul_(left.repeat_interleave(2, -1)[:, None])  # faster than complex numbers, or numbers in pairs
    return torch.fft.irfft2(torch.view_as_complex(waves), s=(size, size), norm="ortho")


def _resampled(k, native):
    """What bicubic interpolation and a mean over stamp pixels pass of white noise; beyond Nyquist it folds back."""
    return sum((bicubic((k + m) * native) * _box(k + m, 1.0)) ** 2 for m in (-2, -1, 0, 1, 2)).sqrt()


def _pixel(k, native, resampled):
    """Transform, along one axis, of a native pixel and of the bicubic resampling that made stamp pixels of it."""
    return _box(k, native) * bicubic(k * native) * _box(k, 1.0) if resampled else _box(k, native)


def _box(k, width):
    """Transform of a row of light `width` stamp pixels wide (torch.sinc is sin(pi x) / (pi x))."""
    return torch.sinc(k * width)
