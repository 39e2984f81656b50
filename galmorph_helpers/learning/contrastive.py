"""Contrastive learning: two views of a galaxy belong together, all other galaxies apart (SimCLR, Chen+2020)."""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from ..runtime import device, progress
from .networks import fused, layers, rectified
from .training import augment, predict_value, training_mode

MAP_SCALE = (0.5, 0.2, 0.3)  # dex of log flux, log age and metallicity that count as 1
MOTION = 0.5  # of the rms of all motion


def nt_xent(first, second, *, temperature=0.5):
    """Normalised temperature-scaled cross-entropy of N pairs of views (Chen+2020, arXiv:2002.05709, equation 1).

    Of each of the 2N views: -log of exp(s / T) of its partner over the sum of exp(s / T) of all other 2N - 1 views,
    s being the cosine of the angle between two; the mean over views.

    Parameters
    ----------
    first, second : torch.Tensor (N, D)
        Projections of both views, row by row of the same galaxy; N >= 2.
    temperature : float
        Below 1, near neighbours count for more.
    """
    if first.ndim != 2 or first.shape != second.shape:
        raise ValueError(f"both views must be (N, D) and alike, got {tuple(first.shape)} and {tuple(second.shape)}.")
    if len(first) < 2:
        raise ValueError(
            f"NT-Xent needs other galaxies to tell a galaxy from: a batch of at least 2, got {len(first)}."
        )
    if not temperature > 0:
        raise ValueError(f"temperature must be > 0, got {temperature!r}.")
    views = F.normalize(torch.cat([first, second]), dim=1)
    itself = torch.eye(len(views), dtype=torch.bool, device=views.device)
    similarity = (views @ views.T / temperature).masked_fill(itself, -math.inf)
    partner = torch.arange(len(views), device=views.device).roll(len(first))
    return F.cross_entropy(similarity, partner)


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


def fit_contrastive(
    encoder,
    images,
    *,
    views=view,
    epochs=20,
    batch_size=128,
    learning_rate=3e-3,
    temperature=0.5,
    projection=32,
    seed=0,
):
    """Train `encoder` in place, without labels: both views of a galaxy near each other, those of others far.

    A small head projects the features to where the loss is taken, and is thrown away afterwards (Chen+2020 found
    the layer before it to be the better representation).

    Parameters
    ----------
    encoder : torch.nn.Module
        Maps (B, C, H, W) to (B, F), such as `Encoder`.
    images : torch.Tensor (N, C, H, W)
        Finite; see `prepare_maps`. N >= 2.
    views : callable
        ``views(images, generator=...)`` returns another view of each; by default `view`.
    epochs, batch_size, learning_rate
        Of AdamW with a one-cycle learning rate. More galaxies in a batch are more galaxies to differ from.
    temperature, projection
        Of `nt_xent`, and the dimensions it sees.
    seed : int
        Of order and views. Seed torch before making the encoder to repeat a run exactly.

    Returns
    -------
    list of float
        The loss of each epoch. That of a network that tells nothing apart is log(2 batch_size - 1).
    """
    where = device()
    images = torch.as_tensor(images, dtype=torch.float32)
    if images.ndim != 4 or len(images) < 2:
        raise ValueError(f"contrastive learning needs (N, C, H, W) images with N >= 2, got {tuple(images.shape)}.")
    if not torch.isfinite(images).all():
        raise ValueError("images hold values that are not finite: mask them first, see prepare_maps.")
    if batch_size < 2:
        raise ValueError(f"batch_size must be >= 2, got {batch_size}: NT-Xent needs other galaxies in the batch.")
    images = images.to(where)
    encoder.to(where).eval()
    with torch.no_grad():
        width = encoder(images[:2]).shape[1]
    head = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, projection)).to(where)
    network = nn.Sequential(encoder, head)
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(network.parameters(), lr=learning_rate, weight_decay=0.01)
    steps = max(1, len(images) // batch_size)  # batches of like size: the loss depends on it
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=epochs * steps)
    history = []
    for _ in progress(range(epochs), "training without labels"):
        training_mode(network)
        total = 0.0
        for batch in torch.randperm(len(images), generator=generator).to(where).tensor_split(steps):
            both = torch.cat([views(images[batch], generator=generator) for _ in range(2)])
            loss = nt_xent(*network(both).chunk(2), temperature=temperature)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item() / steps
        history.append(total)
    encoder.eval()
    return history


def represent(encoder, images, *, views=8):
    """Features of galaxies, (N, F) of length 1 each: the mean over turned and mirrored views (1 or 8)."""
    features = predict_value(encoder, torch.as_tensor(images), views=views)
    return features / np.linalg.norm(features, axis=1, keepdims=True).clip(1e-12)


def represent_layers(encoder, images, *, views=8):
    """Features of all layers of an encoder: what the last has forgotten, an earlier one may still know.

    The contrastive loss keeps what survives every view; small arms do not. Each convolution's output, after its ReLU,
    is summed up by its mean, standard deviation and maximum over the image, as each channel asks of the image whether
    a pattern is there, how unevenly, and at least once. (Probing all layers: Evci+2022, arXiv:2201.03529.)

    Parameters
    ----------
    encoder : torch.nn.Sequential
        Convolutions, each followed by a ReLU, such as `Encoder`.
    images : torch.Tensor (N, C, H, W)
    views : {1, 8}
        Features are the mean over so many turned and mirrored views.

    Returns
    -------
    numpy.ndarray (N, 3 x the channels of all layers)
        Of different scales: standardise them, or use a method that does.

    Raises
    ------
    ValueError
        If the encoder has no convolution.
    """
    return predict_value(_Pooled(encoder, images.shape[1:]), torch.as_tensor(images), views=views)


class _Pooled(nn.Module):
    """Mean, standard deviation and maximum over the image after each ReLU of a chain."""

    def __init__(self, encoder, shape):
        super().__init__()
        if not any(isinstance(layer, nn.Conv2d) for layer in layers(encoder)):
            raise ValueError("the encoder has no convolution among its layers: pass a chain of them, such as Encoder.")
        self.chain = fused(encoder, shape)

    def forward(self, x):
        maps = rectified(self.chain, x)[1]
        return torch.cat([pooled for a in maps for pooled in (a.mean((2, 3)), a.std((2, 3)), a.amax((2, 3)))], 1)
