"""Contrastive learning: two views of a galaxy belong together, all other galaxies apart (SimCLR, Chen+2020)."""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .. import runtime
from ..runtime import progress
from .networks import fused, layers, rectified
from .training import predict_value, training_mode
from .views import view

PROJECTION = 32  # dimensions in which the loss is taken


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

    Returns
    -------
    torch.Tensor, scalar
        From 0 up; log(2 N - 1) for a network that tells nothing apart.

    Examples
    --------
    >>> round(nt_xent(torch.ones(4, 2), torch.ones(4, 2)).item(), 3)  # nothing is told apart: log 7
    1.946
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


def vicreg(first, second, *, spread=25.0, covariance=1.0):
    """Variance-invariance-covariance loss of N pairs of views (Bardes, Ponce & LeCun 2022, arXiv:2105.04906).

    It compares no galaxy with another. `spread` times both: the mean squared distance of two views, and what each
    dimension's standard deviation over the batch lacks of 1; and `covariance` times the squared covariances of the
    dimensions. Without the last two all galaxies would end in one point.

    Parameters
    ----------
    first, second : torch.Tensor (N, D)
        Projections of both views, row by row of the same galaxy; N >= 2.
    spread, covariance : float
        Weights, >= 0: the paper's.

    Returns
    -------
    torch.Tensor, scalar
        From 0 up.

    Examples
    --------
    >>> round(vicreg(torch.ones(4, 2), torch.ones(4, 2)).item(), 2)  # all in one point: the spread lacks .99
    24.75
    """
    if first.ndim != 2 or first.shape != second.shape or len(first) < 2:
        raise ValueError(
            f"both views must be (N, D) and alike, N >= 2, got {tuple(first.shape)} and {tuple(second.shape)}."
        )
    loss = spread * F.mse_loss(first, second)
    for z in (first, second):
        z = z - z.mean(0)
        loss = loss + spread / 2 * F.relu(1 - (z.var(0) + 1e-4).sqrt()).mean()
        products = z.T @ z / (len(z) - 1)
        loss = loss + covariance * (products.square().sum() - products.diagonal().square().sum()) / z.shape[1]
    return loss


def fit_contrastive(
    encoder, images, *, views=view, epochs=20, batch_size=128, learning_rate=3e-3, loss=nt_xent, seed=0
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
    loss : callable
        ``loss(first, second)`` of the projections of both views, each (B, 32): `nt_xent`, `vicreg`, or your own.
    seed : int
        Of order and views. Seed torch before making the encoder to repeat a run exactly.

    Returns
    -------
    list of float
        The loss of each epoch. NT-Xent of a network that tells nothing apart is log(2 batch_size - 1).
    """
    device = runtime.device()
    images = torch.as_tensor(images, dtype=torch.float32)
    if images.ndim != 4 or len(images) < 2:
        raise ValueError(f"contrastive learning needs (N, C, H, W) images with N >= 2, got {tuple(images.shape)}.")
    if not torch.isfinite(images).all():
        raise ValueError("images hold values that are not finite: mask them first, see prepare_maps.")
    if batch_size < 2:
        raise ValueError(f"batch_size must be >= 2, got {batch_size}: NT-Xent needs other galaxies in the batch.")
    images = images.to(device)
    encoder.to(device).eval()
    with torch.no_grad():
        width = encoder(images[:2]).shape[1]
    head = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, PROJECTION)).to(device)
    network = nn.Sequential(encoder, head)
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(network.parameters(), lr=learning_rate, weight_decay=0.01)
    steps = max(1, len(images) // batch_size)  # batches of like size: the loss depends on it
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=epochs * steps)
    history = []
    for _ in progress(range(epochs), "training without labels"):
        training_mode(network)
        total = 0.0
        for batch in torch.randperm(len(images), generator=generator).to(device).tensor_split(steps):
            both = torch.cat([views(images[batch], generator=generator) for _ in range(2)])
            value = loss(*network(both).chunk(2))
            optimiser.zero_grad()
            value.backward()
            optimiser.step()
            schedule.step()
            total += value.item() / steps
        history.append(total)
    encoder.eval()
    return history


def represent(encoder, images, *, views=8):
    """Features of galaxies, each of length 1: only directions tell galaxies apart in `nt_xent`.

    Parameters
    ----------
    encoder : torch.nn.Module
        Trained by `fit_contrastive`.
    images : torch.Tensor (N, C, H, W)
    views : {1, 8}
        Features are the mean over so many turned and mirrored views.

    Returns
    -------
    numpy.ndarray (N, F)
    """
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
