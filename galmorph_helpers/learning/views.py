"""What a contrastive network is shown: maps made comparable, and other views of the same galaxies."""

import numpy as np
import torch
from torch.nn import functional as F

from .augmentation import augment

MAP_SCALE = (0.5, 0.2, 0.3)  # dex of log flux, log age and metallicity that count as 1
MOTION = 0.5  # of the rms of all motion


def prepare_maps(maps):
    """Maps as a network takes them: the structure inside each galaxy, without its overall mass, age and distance.

    Log flux, log age and metallicity lose their mean and are divided by fixed steps (0.5, 0.2, 0.3 dex), so that noise
    is not blown up in flat maps. Velocity loses its median; velocity and dispersion are divided by the same number,
    half the root mean square of all motion: V/σ stays, mass goes. All is cut at ±3.

    Parameters
    ----------
    maps : torch.Tensor or array (N, 5, H, W)
        As from `mock_maps`. A spaxel that is not finite in any map is masked in all: it becomes 0.
        (N, 1, H, W) is taken as velocity alone, divided by half the root mean square of the galaxy's velocities.

    Returns
    -------
    torch.Tensor (N, C, H, W), float32, finite

    Raises
    ------
    ValueError
        If a galaxy has no good spaxel, or less than 1 % of the frame.
    """
    maps = torch.as_tensor(np.asarray(maps), dtype=torch.float32)
    if maps.ndim != 4 or maps.shape[1] not in (1, 5) or len(maps) == 0:
        raise ValueError(f"maps must be (N, 5, H, W), or (N, 1, H, W) of velocities, got {tuple(maps.shape)}.")
    good = torch.isfinite(maps).all(1, keepdim=True)
    few = good.flatten(1).float().mean(1) < 0.01
    if few.any():
        raise ValueError(
            f"{int(few.sum())} galaxies have no good spaxels, or under 1 % of the frame; the first is number "
            f"{int(few.nonzero()[0, 0])}: leave them out."
        )
    count = good.sum((2, 3), keepdim=True)

    def centred(a):
        a = torch.where(good, a, 0.0)
        return torch.where(good, a - a.sum((2, 3), keepdim=True) / count, 0.0)

    velocity = maps[:, -2:-1] if maps.shape[1] == 5 else maps
    middle = torch.where(good, velocity, torch.nan).flatten(1).nanmedian(1).values[:, None, None, None]
    velocity = torch.where(good, velocity - middle, 0.0)
    sigma = torch.where(good, maps[:, 4:], 0.0) if maps.shape[1] == 5 else torch.zeros_like(velocity)
    motion = ((velocity**2 + sigma**2).sum((2, 3), keepdim=True) / count).sqrt().clamp(min=1.0) * MOTION
    if maps.shape[1] == 1:
        return (velocity / motion).clamp(-3, 3)
    flux = torch.log10(maps[:, :1].clamp(min=1e-4))
    parts = [centred(a) / s for a, s in zip((flux, maps[:, 1:2], maps[:, 2:3]), MAP_SCALE, strict=True)]
    return torch.cat([*parts, velocity / motion, sigma / motion], 1).clamp(-3, 3)


def ring_means(maps):
    """What one would write down by hand of prepared maps: the mean of each in four rings around the middle.

    Of the velocity the mean size is taken: its two sides would cancel.

    Parameters
    ----------
    maps : torch.Tensor (N, 5, H, W)
        As from `prepare_maps`; pixels that are 0 in all maps are left out.

    Returns
    -------
    numpy.ndarray (N, 20)
        Four rings, each a quarter of the half frame wide, of each map in turn; 0 for a ring without a good pixel.
    """
    if maps.ndim != 4 or maps.shape[1] != 5:
        raise ValueError(f"maps must be (N, 5, H, W), as from prepare_maps; got {tuple(maps.shape)}.")
    y, x = (torch.linspace(-1, 1, side) for side in maps.shape[-2:])
    ring = (torch.hypot(y[:, None], x[None]) * 4).long()
    good = (maps != 0).any(1, keepdim=True)
    sizes = maps.clone()
    sizes[:, 3] = maps[:, 3].abs()
    inside = torch.stack([good & (ring == k) for k in range(4)], 2).float()  # (N, 1, 4, H, W)
    return ((sizes[:, :, None] * inside).sum((-2, -1)) / inside.sum((-2, -1)).clamp(min=1)).flatten(1).numpy()


def view(images, *, turn="turns", crop=0.6, blur=3.0, noise=0.25, gain=0.0, generator=None):
    """Another view of the same galaxies: what the instrument and the direction of view may change, changed.

    Each galaxy draws its own strengths. Pixels that are 0 in all channels are masked, and stay 0.

    Parameters
    ----------
    images : torch.Tensor (N, C, H, W)
    turn : {"turns", "any", None}
        Quarter turns and mirror images, or any angle, zoom and shift: see `augment`. Velocities keep their sign.
    crop : float
        Smallest share of the frame's side that a view shows; 1 leaves it whole. A larger bundle sees further out.
    blur : float
        Largest standard deviation of a Gaussian blur, pixels; 0 for none. A worse point-spread function.
    noise : float
        Largest standard deviation of the noise added, in units of the images; 0 for none.
    gain : float
        Largest relative change of all pixels' values; 0 for none.
    generator : torch.Generator, optional

    Returns
    -------
    torch.Tensor (N, C, H, W)
    """
    if not 0 < crop <= 1 or blur < 0 or noise < 0 or not 0 <= gain < 1:
        raise ValueError(
            f"crop must be in (0, 1], blur and noise >= 0, gain in [0, 1); got {crop}, {blur}, {noise}, {gain}."
        )
    if turn:
        images = augment(images, how=turn, generator=generator)
    n = len(images)
    good = (images != 0).any(1, keepdim=True).to(images.dtype)
    drawn = torch.rand(5, n, 1, 1, 1, generator=generator).to(images.device)
    if crop < 1:
        side = 1 - (1 - crop) * drawn[0, :, 0, 0]
        zero = torch.zeros_like(side)
        matrix = torch.stack([torch.cat([side, zero, zero], 1), torch.cat([zero, side, zero], 1)], 1)
        grid = F.affine_grid(matrix, images.shape, align_corners=False)
        both = F.grid_sample(torch.cat([images, good], 1), grid, align_corners=False)
        images = both[:, :-1] / both[:, -1:].clamp(min=0.5) * good  # the frame of the bundle stays
    if noise > 0:  # before the blur, so that the grain of the noise changes, too
        grain = torch.randn(images.shape, generator=generator).to(images.device)
        images = images + noise * drawn[3] * grain * good
    if blur > 0:
        images = _blurred(images, good, (drawn[1, :, 0, 0, 0] * 4).long() * blur / 3)
    if gain > 0:
        images = images * (1 + gain * (2 * drawn[2] - 1))
    return images


def _blurred(images, good, sigma):
    """Gaussian blur of masked images, each of its own standard deviation (pixels): a matrix for rows and columns."""
    away = torch.arange(images.shape[-1], device=images.device)
    away = (away[:, None] - away).abs()
    width = sigma[:, None, None, None].clamp(min=0.05)  # of no blur: the matrix is the identity
    bell = torch.exp(-0.5 * (away / width) ** 2)
    bell = bell / bell.sum(-1, keepdim=True).amax(-2, keepdim=True)
    both = bell @ torch.cat([images * good, good], 1) @ bell
    return both[:, :-1] / both[:, -1:].clamp(min=1e-3) * good
