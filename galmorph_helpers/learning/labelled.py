"""A network from a given number of labels, all of which count: those that choose the epoch, too."""

import numpy as np
import torch

from .networks import CompactCNN
from .training import fit
from .weights import load_weights

LEAST = 20  # labelled galaxies: one in ten chooses the epoch, and one alone cannot


def fit_labelled(images, target, *, start=None, seed=0, epochs=None):
    """Train the compact network on N labelled galaxies, a tenth of which choose the epoch.

    Parameters
    ----------
    images : torch.Tensor (N, C, H, W)
    target : array (N,) or (N, K)
        0 or 1.
    start : str, optional
        Shipped weights to start from: see `load_weights`. From scratch by default.
    seed : int
        Of the first weights, of the tenth, and of the order in which galaxies are shown.
    epochs : int, optional
        By default 12 for 3,900 galaxies and more of them for fewer, as the root of N, up to 60: so that a network of a
        hundred galaxies makes enough steps, too.

    Returns
    -------
    torch.nn.Module

    Raises
    ------
    ValueError
        For fewer than 20 galaxies.
    """
    if len(images) < LEAST:
        raise ValueError(f"{len(images)} labelled galaxies are too few to train and choose with: give {LEAST} or more.")
    target = np.asarray(target, float)
    rows = np.random.default_rng(seed).permutation(len(images))
    held, shown = np.split(rows, [max(2, len(rows) // 10)])
    torch.manual_seed(seed)
    network = CompactCNN(images.shape[1], 1 if target.ndim == 1 else target.shape[1], images.shape[-1])
    if start:
        load_weights(network, start)
    fit(
        network, images[shown], target[shown], validation=(images[held], target[held]), seed=seed,
        epochs=epochs or int(np.clip(12 * np.sqrt(3900 / len(images)), 12, 60)),
        batch_size=64 if len(images) >= 1000 else 32, learning_rate=2e-3 if start else 3e-3,
    )  # fmt: skip
    return network
