"""What a survey records of the light: PSF, pixels, noise, and the look of its colour images."""

from math import pi

import torch
from torch.nn.functional import pad

from .mock.light import frequencies

SEEING_SCATTER = 0.08  # of ln FWHM between fields
CENTRING = 1.0  # a cutout is centred on its galaxy to this many stamp pixels


def moffat_transform(k, fwhm):
    """Fourier transform of a Moffat PSF of index 3.5 and unit flux: (1 + x + x^2 / 3) exp(-x), x = 2 pi k alpha.

    Half-integer indices have such a closed form (the Matérn covariances); 3.5 lies in the observed range of 2.5 to 4.8.

    Parameters
    ----------
    k : torch.Tensor
        Spatial frequency, cycles per pixel.
    fwhm : torch.Tensor or float
        Full width at half maximum, pixels; alpha = fwhm / (2 sqrt(2^(1/3.5) - 1)).
    """
    x = k * (fwhm * (pi / (2 ** (1 / 3.5) - 1) ** 0.5))
    return (1 + x + x**2 / 3).mul_(torch.exp(-x))


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


#: SDSS colour images after Lupton+2004 (PASP 116, 133): weight of i, r, g, softening, pedestal of the sky, brightness
#: below which colours fade to grey. Calibrated in bulk on
#: the sky noise and the peak brightness of colour cutouts, not taken from the survey's code.
SDSS_LOOK = {"weights": (1.05, 1.58, 2.2), "softening": 6.5, "pedestal": 0.014, "grey": 0.03}


def colour_image(flux, survey, pixel_scale, *, look=None):
    """Red-green-blue image of three bands (i, r, g) with an asinh stretch.

    Parameters
    ----------
    flux : torch.Tensor (N, 3, H, W)
        Nanomaggies per pixel, bands from blue to red.
    survey : Survey
        Its native pixel turns flux per stamp pixel into surface brightness.
    pixel_scale : torch.Tensor (N,)
        Stamp pixel, arcsec.
    look : dict, optional
        `SDSS_LOOK` by default.

    Returns
    -------
    torch.Tensor, float32 (N, 3, H, W), 0 to 1
        R = i, G = r, B = g.
    """
    look = look or SDSS_LOOK
    if flux.shape[1] != 3:
        raise ValueError(f"a colour image needs three bands (g, r, i), got {flux.shape[1]}.")
    per_native = (survey.pixel_scale / pixel_scale.to(flux.device, flux.dtype))[:, None, None, None] ** 2
    weights = torch.tensor(look["weights"], device=flux.device)[None, :, None, None]
    bands = flux.flip(1).mul_(per_native * weights).add_(look["pedestal"])
    stretched = look["softening"] * bands.mean(1, keepdim=True).clamp_(min=1e-4)
    root = torch.sqrt(1 + stretched**2)
    asinh = torch.log1p(stretched + stretched**2 / (1 + root))  # three times faster than torch.asinh
    rgb = bands.mul_(asinh.div_(stretched))
    luma = rgb.mean(1, keepdim=True)
    rgb = rgb.sub_(luma).mul_(luma**2 / (luma**2 + look["grey"] ** 2)).add_(luma)  # the sky is grey: faint colours fade
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
