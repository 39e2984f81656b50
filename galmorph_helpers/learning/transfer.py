"""Carry a network from one survey to another: three questions, two looks, four ways to train again."""

import copy

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .. import runtime
from ..datasets.named import labelled_sdss
from ..samples import split
from .answers import answer_scores
from .networks import CompactCNN
from .training import fit
from .weights import load_weights

STRATEGIES = ("full", "head", "frozen", "scratch")


def answered_loss(outputs, target):
    """Binary cross-entropy over the questions that have an answer; NaN targets are left out.

    Parameters
    ----------
    outputs, target : torch.Tensor (N, K)
        Logits; 0, 1 or NaN.

    Examples
    --------
    >>> answered_loss(torch.tensor([[9.0, 0.0]]), torch.tensor([[1.0, float("nan")]])).item() < 0.001
    True
    """
    if outputs.shape != target.shape:
        raise ValueError(f"outputs {tuple(outputs.shape)} and targets {tuple(target.shape)} must have one shape.")
    known = ~torch.isnan(target)
    if not known.any():
        return outputs.sum() * 0
    return F.binary_cross_entropy_with_logits(outputs[known], target[known])


def draw_labelled(target, n, *, seed=0):
    """Rows of `n` galaxies drawn at random for labelling, with a yes and a no to each question among them.

    Parameters
    ----------
    target : array (N,) or (N, K)
        0, 1 or NaN.
    n : int
        1 to N.
    seed : int

    Returns
    -------
    numpy.ndarray (n,)
        Sorted row indices.

    Raises
    ------
    ValueError
        If n is larger than the sample, or a question has no yes, or no no, to learn from.
    """
    target = np.asarray(target, float)
    columns = target.reshape(len(target), -1)
    if not 1 <= n <= len(target):
        raise ValueError(f"n={n} galaxies cannot be drawn from a sample of {len(target)}: take 1 to {len(target)}.")
    for k, column in enumerate(columns.T):
        for answer, word in ((1, "positive (1)"), (0, "negative (0)")):
            if not (column == answer).any():
                raise ValueError(f"question {k} has no {word} among {len(target)} galaxies: draw from a larger sample.")
    rng = np.random.default_rng([seed, n])
    for _ in range(1000):
        rows = np.sort(rng.permutation(len(target))[:n])
        if all((columns[rows] == answer).any(0).all() for answer in (0, 1)):
            return rows
    raise ValueError(
        f"1,000 draws of {n} galaxies lacked a positive or a negative answer to some question: take n larger."
    )


def freeze(network, blocks):
    """A copy of a network whose first `blocks` no longer learn: `fit` leaves their weights and statistics alone.

    Parameters
    ----------
    network : CompactCNN
    blocks : int
        Of its trunk, 0 to 4: 2 freezes two convolutions, and 4 all but the head.
    """
    network = copy.deepcopy(network)
    if not 0 <= blocks <= len(network.trunk):
        raise ValueError(f"blocks must be 0 to {len(network.trunk)}, the number of blocks in the trunk, got {blocks}.")
    network.trunk[:blocks].requires_grad_(False)
    return network


def retrain(source, images, target, *, how="full", seed=0, epochs=None):
    """Train on a few labelled galaxies of the new survey, from the weights of the old one or from scratch.

    All that is known of the new survey is these galaxies: there is no validation sample to stop by, so they are
    their own, and the threshold of 0.5 is not tuned.

    Parameters
    ----------
    source : CompactCNN
        Trained on the first survey, one output a question; left as it is.
    images : torch.Tensor (N, C, H, W)
    target : array (N, K)
        0, 1 or NaN.
    how : {"full", "head", "frozen", "scratch"}
        Train all layers from the source's weights; the last layer only; all but the first two convolutions; or a new
        network, which has never seen the first survey.
    seed : int
    epochs : int, optional
        By default 6,000 / N within 4 to 60; thrice that from scratch, which has more to learn.

    Returns
    -------
    torch.nn.Module
    """
    if how not in STRATEGIES:
        raise ValueError(f"how must be one of {STRATEGIES}, got {how!r}.")
    torch.manual_seed(seed)
    target = np.asarray(target, float)
    if how == "scratch":
        network = CompactCNN(channels=images.shape[1], outputs=target.shape[1], size=images.shape[-1])
        network.head[-1] = nn.Identity()  # (N, 1) for one question, too
    else:
        network = freeze(source, {"full": 0, "frozen": 2, "head": len(source.trunk)}[how])
    epochs = epochs or int(np.clip(6_000 / len(images), 4, 60)) * (3 if how == "scratch" else 1)
    fit(
        network, images, target, validation=(images, target), loss=answered_loss, epochs=epochs,
        batch_size=32 if len(images) < 1000 else 64, learning_rate=3e-3 if how in ("scratch", "head") else 1e-3,
        seed=seed,
    )  # fmt: skip
    return network.to(runtime.device())


def one_answer(network, output):
    """A copy of a `CompactCNN` that gives one of its answers, (N, 1); with None, an untrained answer to a new question.

    Parameters
    ----------
    network : CompactCNN
    output : int or None
    """
    if output is not None:
        return some_answers(network, [output])
    network = copy.deepcopy(network)
    inputs, device = network.head[0].in_features, network.head[0].weight.device
    network.head = nn.Sequential(nn.Linear(inputs, 1).to(device), nn.Identity())
    return network


def some_answers(network, outputs):
    """A copy of a `CompactCNN` that gives some of its answers, (N, K).

    Parameters
    ----------
    network : CompactCNN
    outputs : sequence of int
        K of its outputs, from 0 on.

    Raises
    ------
    ValueError
        If the network has no such output.
    """
    answers, outputs = network.head[0], list(outputs)
    if not all(0 <= output < answers.out_features for output in outputs):
        raise ValueError(f"output must be 0 to {answers.out_features - 1}, got {outputs}.")
    last = nn.Linear(answers.in_features, len(outputs)).to(answers.weight.device)
    with torch.no_grad():
        last.weight.copy_(answers.weight[outputs])
        last.bias.copy_(answers.bias[outputs])
    network = copy.deepcopy(network)
    network.head = nn.Sequential(last, nn.Identity())
    return network


def observed_source(*, seed=0, epochs=5):
    """The network to carry: trained on observed SDSS galaxies, from the shipped weights of the mock sky.

    Returns
    -------
    (network, dict)
        Two outputs, disc and edge-on; and its `transfer.scores` on galaxies held back. (None, {}) without such a set:
        a line says how to fetch one.
    """
    sample, found = labelled_sdss("disc", "edge-on")
    if sample is None:
        return None, {}
    target = np.stack([found["disc"], found["edge-on"]], 1)
    train, validation, test = split(sample, fractions=(0.72, 0.08, 0.20), seed=seed)
    torch.manual_seed(seed)
    network = load_weights(CompactCNN(outputs=2), "sdss_questions").to(runtime.device())
    held = (sample.images[validation], target[validation])
    fit(network, sample.images[train], target[train], validation=held, loss=answered_loss, epochs=epochs,
        learning_rate=2e-3, seed=seed)  # fmt: skip
    return network, answer_scores(network, sample.images[test], target[test], questions=("disc", "edge-on"))
