"""Fourier transforms of stamps at the frequencies of other stamps, and what PSF, pixels and noise are there."""

from math import pi

import numpy as np
import torch
from astropy.stats import mad_std

from .psf import moffat_transform

FAINTEST = 1e-7  # of a PSF's transform: where it passes less there is nothing to restore


def transform(images, ratio, size):
    """Fourier transform of stamps at the `frequencies` of other stamps.

    An exact transform at the frequencies that the new stamp needs, which no FFT of the old one has: the image between
    its pixels is the band-limited one, so nothing is interpolated and no flux is lost.

    Parameters
    ----------
    images : torch.Tensor (N, C, H, W)
    ratio : torch.Tensor (N,)
        Their pixels in new ones.
    size : int
        Side of the new stamps, pixels.

    Returns
    -------
    torch.Tensor, complex (N, C, P, P//2+1)
    """
    kx, _ = frequencies(size, images.device)
    half, padded = kx[0, 0], kx.shape[-2]

    def waves(pixels):
        x = (torch.arange(pixels, device=images.device) - (pixels - 1) / 2) * ratio[:, None]  # new pixels, centred
        phase = 2 * pi * half[:, None] * (x + (size - 1) / 2)[:, None]  # from the new stamp's first pixel
        near = (x.abs() <= padded / 2)[:, None]  # what lies outside would wrap around
        return torch.cos(phase) * near, -torch.sin(phase) * near

    across = along = waves(images.shape[-1])
    if images.shape[-2] != images.shape[-1]:
        along = waves(images.shape[-2])
    # Real products, half the work of complex ones; those of frequencies k and -k differ in the sign of the sine.
    products = torch.cat(along, 1)[:, None] @ (images @ torch.cat(across, 1).mT[:, None])
    (cc, cs), (sc, ss) = (block.chunk(2, -1) for block in products.chunk(2, -2))
    above, below = torch.complex(cc - ss, cs + sc), torch.complex(cc + ss, cs - sc)
    return torch.cat((above, below[..., 1 : padded - len(half) + 1, :].flip(-2)), -2)


def transfer_function(psf, pixel_scale, ratio, size, bands, *, resampled=True):
    """What PSF and pixel pass of each frequency of the new stamp.

    Parameters
    ----------
    psf : Survey, float, sequence of float, or array (h, w)
        A survey's, one FWHM or one a band (arcsec), or an image.
    pixel_scale, ratio : torch.Tensor (N,)
        Pixel of the stamps, arcsec and in new ones.
    size, bands : int
        Side of the new stamps, pixels, and their number of bands.
    resampled : bool
        Whether stamps of other than native pixels were resampled as the camera does.

    Returns
    -------
    torch.Tensor (N, C, P, P//2+1)
    """
    if not hasattr(psf, "psf_fwhm") and np.ndim(psf) == 2:
        return image_transform(psf, ratio, size)
    kx, ky = (k * ratio[:, None, None] for k in frequencies(size, ratio.device))  # cycles per stamp pixel
    fwhm = psf.psf_fwhm if hasattr(psf, "psf_fwhm") else np.broadcast_to(np.asarray(psf, float), bands)
    native = (psf.pixel_scale / pixel_scale if hasattr(psf, "psf_fwhm") else torch.ones_like(ratio))[:, None, None]
    row, column = kx[:, :1], ky[:, :, :1]
    pixel = torch.sinc(row * native) * torch.sinc(column * native)
    if resampled and bool((native - 1).abs().max() > 1e-4):  # and averaged over the stamp's pixels: see `observe`
        pixel = pixel * bicubic(row * native) * bicubic(column * native) * torch.sinc(row) * torch.sinc(column)
    k = torch.hypot(kx, ky)
    return torch.stack([moffat_transform(k, float(f) / pixel_scale[:, None, None]) * pixel for f in fwhm], 1)


def bicubic(k):
    """Transform, along one axis, of bicubic interpolation between pixels; k in cycles per pixel.

    Keys (1981, IEEE Trans. ASSP 29, 1153) with a = -1/2: 3 (s(1)^2 - s(2)) / (pi k)^2 - (3 s(2)^2 - 2 s(2) - s(4)) /
    (pi k)^2, s(m) = sinc(m k).
    """
    k = torch.where(k.abs() < 0.04, torch.full_like(k, 0.04), k)  # 1 to within 1e-4 there
    two = torch.sinc(2 * k)
    return (3 * (torch.sinc(k) ** 2 - two) - 3 * two**2 + 2 * two + torch.sinc(4 * k)) / (torch.pi * k) ** 2


def image_transform(psf, ratio, size):
    """The same for a PSF image, pixel included.

    Parameters
    ----------
    psf : array (h, w)
    ratio : torch.Tensor (N,)
        Its pixels in new ones.
    size : int

    Returns
    -------
    torch.Tensor, complex (N, 1, P, P//2+1)

    Raises
    ------
    ValueError
        Unless the image is finite, with a positive sum.
    """
    psf = torch.as_tensor(np.asarray(psf, np.float32), device=ratio.device)
    if psf.ndim != 2 or not bool(torch.isfinite(psf).all()) or not float(psf.sum()) > 0:
        raise ValueError(f"a PSF image must be (h, w), finite, with a positive sum; got shape {tuple(psf.shape)}.")
    kx, ky = frequencies(size, ratio.device)
    centre = torch.exp(2j * pi * (kx + ky) * ((size - 1) / 2))
    return transform((psf / psf.sum()).expand(len(ratio), 1, -1, -1), ratio, size) * centre[:, None]


def divided(above, below):
    """above / below where there is something to divide by, else 0."""
    return torch.where(below.abs() > FAINTEST, above / below, 0.0)


def inside(ratio, size):
    """1 at the frequencies of the new stamp that the old pixels recorded, 0 beyond their Nyquist frequency."""
    kx, ky = (k * ratio[:, None, None] for k in frequencies(size, ratio.device))
    return ((kx[:, :1].abs() <= 0.5) & (ky[:, :, :1].abs() <= 0.5)).float()[:, None]


def mean_square(kernel):
    """Sum of |kernel|^2 over all frequencies of the padded stamp times their spacing squared, (N, C)."""
    weight = torch.full((kernel.shape[-1],), 2.0, device=kernel.device)
    weight[[0, -1]] = 1.0  # rfft keeps half of the plane
    return (kernel.abs() ** 2 * weight).sum((-2, -1)) / kernel.shape[-2] ** 2


def sky_noise(images):
    """Noise of each band of each stamp, (N, C), as that of white noise which averages as it does: from its border, in
    blocks of 4 x 4 pixels (median absolute deviations of the four sides; a galaxy that fills its stamp adds to it)."""
    edge = max(4, min(images.shape[-2:]) // 8 // 4 * 4)
    sides = [images[..., :edge, :], images[..., -edge:, :], images[..., :edge].mT, images[..., -edge:].mT]
    found = []
    for side in sides:
        blocks = torch.nn.functional.avg_pool2d(side, 4).flatten(2)
        found.append(torch.as_tensor(4 * mad_std(blocks.cpu().numpy(), axis=-1)))
    return torch.stack(found).median(0).values.to(images)


PADDING = 1.25  # drawn on a field this much wider than the stamp, so that wings do not wrap around


def frequencies(size, device="cpu", *, reach=1.0):
    """Spatial frequencies (cycles per pixel) of the padded field of a stamp: kx (1, P, P//2+1) and ky alike."""
    padded = 2 * round(PADDING * size / 2)
    count = 2 * round(reach * padded / 2)
    kx = (torch.fft.rfftfreq(count, 1 / count, device=device) / padded).expand(1, count, -1)
    ky = (torch.fft.fftfreq(count, 1 / count, device=device) / padded)[None, :, None].expand_as(kx)
    return kx, ky


def turned(cycles):
    """exp(-2 pi i cycles), what a shift by one pixel does to a frequency; faster than torch.exp of complex numbers."""
    phase = cycles * (-2 * pi)
    return torch.complex(torch.cos(phase), torch.sin(phase))


def folded(spectrum, padded):
    """What pixels record of a spectrum, (..., padded, padded // 2 + 1): frequencies beyond Nyquist come back as lower.

    Sampling an image sums all copies of its spectrum that are a multiple of the sampling frequency apart.
    """
    count, half = spectrum.shape[-2], padded // 2
    if count == padded:
        return spectrum
    more = count // 2
    rows = spectrum.new_zeros((*spectrum.shape[:-2], padded, more + 1))
    rows[..., :more, :] += spectrum[..., :more, :]
    rows[..., padded - more :, :] += spectrum[..., more:, :]
    out = rows[..., : half + 1].clone()
    out[..., padded - more :] += rows[..., half:].flip((-2, -1)).roll(1, -2).conj()
    return out


def centred_images(planes, size, *, blur=0.0):
    """Images of light that looks the same turned by half a turn, from its real Fourier transform.

    The quarter of an image says it all, and cosines and sines of it are products of small matrices: five times faster
    than an FFT. What lies beyond the Nyquist frequency of the pixels folds back.

    Parameters
    ----------
    planes : torch.Tensor (..., P, P//2+1)
        At the `frequencies` of stamps, about the centre of the stamp.
    size : int
        Side of the images, pixels.
    blur : float
        Standard deviation of a Gaussian to blur them with, pixels.

    Returns
    -------
    torch.Tensor (..., size, size)
    """
    padded = frequencies(size)[0].shape[-2]
    half, skipped = planes.shape[-2] // 2, size // 2  # the highest frequency is left out
    k = torch.arange(half, device=planes.device) / padded
    x = torch.arange(skipped, size, device=planes.device) - (size - 1) / 2  # from the middle on
    passed = torch.exp(-2 * (pi * blur * k) ** 2) / padded
    phase = 2 * pi * x[:, None] * k
    cosine, sine = torch.cos(phase) * passed, torch.sin(phase)[:, 1:] * passed[1:]
    twice = torch.full((half, 1), 2.0, device=planes.device)
    twice[0] = 1.0  # half of the plane is kept
    above, below = planes[..., :half, :half], planes[..., half + 1 :, :half].flip(-2)
    even, odd = above.clone(), above[..., 1:, 1:] - below[..., 1:]
    even[..., 1:, :] += below
    even, odd = cosine @ (even @ (cosine.mT * twice)), sine @ (odd @ (2 * sine.mT))
    out = planes.new_empty((*planes.shape[:-2], size, size))
    torch.sub(even, odd, out=out[..., skipped:, skipped:])
    out[..., skipped:, :skipped] = even.add_(odd).flip(-1)[..., :skipped]
    out[..., :skipped, :] = out[..., size - skipped :, :].flip((-2, -1))
    return out
