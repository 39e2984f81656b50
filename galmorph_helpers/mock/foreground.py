"""What lies before, behind and around a galaxy in deep images, and what processing leaves: easily taken for debris.

Brightnesses and rates are a design of this course, of order what deep wide surveys show.
"""

import numpy as np
import torch

BACKGROUND = 45.0  # galaxies per square arcminute between r = 20 and 25.5, of order
SLOTS = 16  # background galaxies drawn per stamp at most


def sky_light(pixel_scale, *, size=64, seed=0, device="cpu"):
    """Light of other origin in each stamp, before PSF and noise: cirrus, background galaxies, stars with halos.

    Parameters
    ----------
    pixel_scale : array (N,)
        Pixel of each stamp, arcsec.
    size : int
        Side of the stamps, pixels.
    seed : int

    Returns
    -------
    torch.Tensor, float32 (N, size, size)
        Nanomaggies per pixel.
    """
    rng = np.random.default_rng([seed, 81])
    scale = np.asarray(pixel_scale, float)
    if not (scale > 0).all():
        raise ValueError(f"pixel_scale must be > 0 arcsec everywhere, smallest is {scale.min()!r}.")
    n = len(scale)

    def tensor(values):
        return torch.as_tensor(np.asarray(values, np.float32), device=device)[:, None, None]

    area = tensor(scale**2)
    axis = torch.arange(size, device=device, dtype=torch.float32)
    x, y = axis[None, None, :], axis[None, :, None]
    out = cirrus(n, size, rng=rng, device=device) * area * tensor(10 ** (-0.4 * (rng.uniform(26, 29, n) - 22.5)))
    number = np.minimum(rng.poisson(BACKGROUND * (size * scale / 60) ** 2), SLOTS)
    for k in range(number.max(initial=0)):
        # Counts grow as 10^(0.35 m); exponential profiles of a few tenths of an arcsecond.
        magnitude = 20 + np.log10(rng.uniform(1, 10 ** (0.35 * 5.5), n)) / 0.35
        flux = np.where(k < number, 10 ** (-0.4 * (magnitude - 22.5)), 0)
        angle, q = rng.uniform(0, np.pi, n), tensor(rng.uniform(0.35, 1, n))
        dx, dy = x - tensor(rng.uniform(0, size, n)), y - tensor(rng.uniform(0, size, n))
        c, s = tensor(np.cos(angle)), tensor(np.sin(angle))
        r = torch.sqrt((dx * c + dy * s) ** 2 + ((dy * c - dx * s) / q) ** 2 + 0.2)
        image = torch.exp(-1.68 * r / tensor(10 ** rng.normal(-0.4, 0.2, n) / scale))
        out = out + image / image.sum((-2, -1), keepdim=True).clamp(min=1e-6) * tensor(flux)
    magnitude = np.where(rng.random(n) < 0.5, rng.uniform(14, 20, n), 99)
    dx, dy = (axis_ - tensor(rng.uniform(-0.2 * size, 1.2 * size, n)) for axis_ in (x, y))
    square = (dx**2 + dy**2) * area  # arcsec^2
    core = torch.exp(-(dx**2 + dy**2) / 0.5) / 1.57
    # A halo with 3 % of the light per decade of radius, as r^-2, from 1 arcsec outwards.
    halo = 0.03 / np.log(10) / (2 * np.pi) / (square + 1) * area
    return out + (core + halo) * tensor(10 ** (-0.4 * (magnitude - 22.5)))


def cirrus(n, size, *, rng, slope=-2.9, device="cpu"):
    """Filaments of Galactic dust: positive fields with power k^slope (Miville-Deschênes+2016), mean 1, (n, size, size).

    The slope is that of dust in the far infrared; optical cirrus scatters alike.
    """
    k = torch.hypot(torch.fft.rfftfreq(2 * size)[None, :], torch.fft.fftfreq(2 * size)[:, None]).clamp(min=1 / size)
    noise = torch.as_tensor(rng.standard_normal((n, 2 * size, 2 * size), dtype=np.float32))
    field = torch.fft.irfft2(torch.fft.rfft2(noise) * k ** (slope / 2))[:, :size, :size]
    field = torch.exp(field / field.std((-2, -1), keepdim=True))
    return (field / field.mean((-2, -1), keepdim=True)).to(device)


def processing(images, pixel_scale, *, seed=0):
    """What reduction leaves in images (N, H, W), nanomaggies per pixel: sky residuals, trails, bad columns, ghosts.

    The sky is fitted together with the galaxy's outskirts and so over-subtracted; a plane of light remains. One
    image in eight has a trail, one a column that does not count, one a ghost (an out-of-focus reflection).
    """
    rng = np.random.default_rng([seed, 82])
    n, size = len(images), images.shape[-1]
    scale = np.asarray(pixel_scale, float)

    def tensor(values):
        return torch.as_tensor(np.asarray(values, np.float32), device=images.device)[:, None, None]

    axis = torch.linspace(-1, 1, size, device=images.device)
    x, y = axis[None, None, :], axis[None, :, None]
    unit = scale**2
    faint = torch.minimum(images, tensor(10 ** (-0.4 * (25.5 - 22.5)) * unit)).clamp(min=0)
    wide = torch.exp(-(x**2 + y**2) / 0.5)
    level = (faint * wide).sum((-2, -1), keepdim=True) / wide.sum()
    out = images - tensor(rng.uniform(0.3, 1.0, n)) * level * wide
    tilt = 10 ** (-0.4 * (rng.uniform(26.5, 29, (2, n)) - 22.5)) * unit * rng.choice([-1, 1], (2, n))
    out = out + tensor(tilt[0]) * x + tensor(tilt[1]) * y

    def some():
        return np.where(rng.random(n) < 1 / 8, 10 ** (-0.4 * (rng.uniform(23.5, 26.5, n) - 22.5)) * unit, 0)

    angle = rng.uniform(0, np.pi, n)
    across = x * tensor(np.cos(angle)) + y * tensor(np.sin(angle)) - tensor(rng.uniform(-0.8, 0.8, n))
    out = out + tensor(some()) * torch.exp(-((across / 0.05) ** 2))
    column = (x - tensor(rng.uniform(-1, 1, n))).abs() < 1.01 / size
    out = torch.where(column & (tensor(rng.random(n) < 1 / 8) > 0), torch.zeros_like(out), out)
    r = torch.hypot(x - tensor(rng.uniform(-1, 1, n)), y - tensor(rng.uniform(-1, 1, n)))
    radius = tensor(rng.uniform(0.3, 0.8, n))
    return out + tensor(some()) * torch.sigmoid((radius - r) / 0.03) * torch.sigmoid((r - 0.3 * radius) / 0.03)
