"""What to do with a hundred labels of a new sample: train on, or mend two numbers."""

import copy

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from ..metrics.scores import check_binary
from .training import fit


def train_on(network, images, target, *, epochs=12, seed=0):
    """A copy of a network, trained on with a few labelled galaxies of a new sample; one in five says when to stop.

    Parameters
    ----------
    network : torch.nn.Module
        One output; left as it is.
    images : torch.Tensor (N, C, H, W)
        At least 10.
    target : array (N,)
        0 or 1.
    epochs, seed : int

    Returns
    -------
    torch.nn.Module

    Raises
    ------
    ValueError
        For fewer than ten galaxies.
    """
    if len(images) < 10 or len(images) != len(target):
        raise ValueError(f"{len(images)} images and {len(target)} labels: as many of both are needed, ten or more.")
    rows, network = np.random.default_rng(seed).permutation(len(images)), copy.deepcopy(network)
    held, learnt = np.split(rows, [len(rows) // 5])
    torch.manual_seed(seed)
    fit(network, images[learnt], target[learnt], validation=(images[held], target[held]), epochs=epochs,
        learning_rate=5e-4, batch_size=16, seed=seed)  # fmt: skip
    return network


def two_numbers(target, logit, others):
    """Probabilities expit(a x + b) of other galaxies, from a and b fitted to labelled ones (Platt 1999).

    A temperature (`gm.metrics.fit_temperature`) is a alone; b moves the share of positives as well. Where a is above 0
    the order of the galaxies does not change, nor does the AUC. A few labels, badly chosen, can make it negative: the
    order is then turned round.

    Parameters
    ----------
    target : array (N,)
        0 or 1, both present.
    logit : array (N,)
        Outputs of the network for these galaxies.
    others : array (M,)
        Outputs for the galaxies to answer for.

    Returns
    -------
    numpy.ndarray (M,)
        0 to 1.

    Raises
    ------
    ValueError
        Unless both answers are among the targets.
    """
    target, logit = check_binary(target, logit, what="two numbers")
    line = LogisticRegression(C=1.0).fit(logit[:, None], target)
    return line.predict_proba(np.asarray(others, float)[:, None])[:, 1]
