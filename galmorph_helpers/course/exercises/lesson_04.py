"""The exercises of lesson 04: a threshold, frozen layers, steps of training, labels needed, a distance of clouds."""

import numpy as np
import torch
from torch import nn

from ...learning import CompactCNN, answered_loss
from ...learning.augmentation import augment
from ...metrics import galaxies_needed
from ..checks import Exercise


def best_threshold(answers, probability):
    """The probability from which on a galaxy is called yes, of those given: the one with the largest F1."""
    f1 = [_f1(answers, probability >= t) for t in np.unique(probability)]
    return np.unique(probability)[np.argmax(f1)]


def freeze(network, blocks):
    """The first blocks of a network's trunk stop learning; the number of weights that still learn."""
    network.trunk[:blocks].requires_grad_(False)
    return _learning(network)


def fine_tune(network, images, answers, batches, rate=1e-3, *, forget=True, move=True):
    """Train on batches, lists of rows, pictures turned and mirrored; the loss of each."""
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate)
    losses = []
    for rows in batches:
        shown = augment(images[rows]) if images.ndim == 4 else images[rows]
        loss = answered_loss(network(shown), answers[rows])
        if forget:
            optimiser.zero_grad()
        loss.backward()
        if move:
            optimiser.step()
        losses.append(loss.item())
    return losses


def labels_needed(sizes, scores, level):
    """The number of labels at which a curve first reaches a level, on a straight line in log N; infinity if never."""
    return galaxies_needed(sizes, scores, level)


def distance(first, second, width):
    """Squared mean discrepancy (MMD) of two batches of vectors, with one Gaussian kernel."""
    return _kernel(first, first, width) + _kernel(second, second, width) - 2 * _kernel(first, second, width)


def _f1(answers, called):
    return 2 * np.sum(called & (answers == 1)) / (np.sum(called) + np.sum(answers == 1))


def _best(answers, probability, score):
    values = np.unique(probability)
    return values[np.argmax([score(answers, probability >= t) for t in values])]


def _learning(network):
    return sum(weight.numel() for weight in network.parameters() if weight.requires_grad)


def _frozen(network, part):
    part.requires_grad_(False)
    return _learning(network)


def _kernel(first, second, width):
    return torch.exp(-(torch.cdist(first, second) ** 2) / (2 * width**2)).mean()


def _root(first, second, width):
    return torch.exp(-torch.cdist(first, second) / (2 * width**2)).mean()


def _next_size(sizes, scores, level):
    above = [n for n, score in zip(sizes, scores, strict=True) if score >= level]
    return above[0] if above else np.inf


def _straight(sizes, scores, level):
    return np.interp(level, scores, sizes) if scores[-1] >= level else np.inf


def _vectors(n, seed, shift=0.0):
    return torch.randn(n, 4, generator=torch.Generator().manual_seed(seed)) + shift


def _network(seed):
    torch.manual_seed(seed)
    return CompactCNN(channels=1, outputs=1, size=16)


def _batches(seed):
    """A network of one layer, with vectors for pictures, their answers, and three batches."""
    torch.manual_seed(seed)
    answers = torch.tensor([[1.0], [0.0], [1.0], [0.0], [float("nan")], [1.0]])
    return nn.Linear(4, 1), _vectors(6, seed), answers, [[0, 1, 4], [2, 3, 5], [0, 1, 2]], 0.3


with torch.random.fork_rng():
    _NETWORKS = [_network(seed) for seed in (0, 1)]
    _TRAINED = [_batches(seed) for seed in (2, 3)]
_SIZES = np.array([100.0, 300, 1000, 3000])

EXERCISES = {
    "04.1": Exercise(
        name="best_threshold",
        right=best_threshold,
        cases=[
            (np.array([0, 0, 1, 0, 0, 1, 0, 1]), np.array([0.01, 0.02, 0.05, 0.08, 0.1, 0.12, 0.2, 0.3])),
            (np.array([0, 1, 0, 0, 1, 1, 0]), np.array([0.9, 0.8, 0.1, 0.3, 0.7, 0.6, 0.2])),
        ],
        mistakes={
            "The accuracy is best where nearly nobody is called, if yes is rare: use F1.": lambda a, p: _best(
                a, p, lambda answers, called: np.mean(called == (answers == 1))
            ),
            "The recall alone is best where everybody is called: use F1.": lambda a, p: p.min(),
            "Return the threshold, not the F1 that it gives.": lambda a, p: _f1(a, p >= best_threshold(a, p)),
        },
        hint="Try each value of probability as a threshold, and keep the one with the largest F1.",
    ),
    "04.2": Exercise(
        name="freeze",
        right=freeze,
        cases=[(_NETWORKS[0], 2), (_NETWORKS[1], 3)],
        mistakes={
            "Count the weights that still learn: those with requires_grad.": lambda network, blocks: sum(
                weight.numel() for weight in network.parameters()
            ),
            "The first blocks shall stop learning, not all of the trunk.": lambda network, blocks: _frozen(
                network, network.trunk
            ),
            "The last blocks stopped learning; the first ones should.": lambda network, blocks: _frozen(
                network, network.trunk[blocks:]
            ),
        },
        hint="network.trunk[:blocks].parameters() are the weights; weight.requires_grad_(False) freezes one.",
    ),
    "04.3": Exercise(
        name="fine_tune",
        right=fine_tune,
        cases=_TRAINED,
        tolerance=1e-4,
        mistakes={
            "The weights do not move: take a step with the optimiser.": lambda *given: fine_tune(*given, move=False),
            "The slopes of the last batch are still there: set them to zero first.": lambda *given: fine_tune(
                *given, forget=False
            ),
        },
        hint="Forget the old slopes, go back through the network, take a step: three lines.",
    ),
    "04.4": Exercise(
        name="labels_needed",
        right=labels_needed,
        cases=[
            (_SIZES, np.array([0.80, 0.86, 0.90, 0.93]), 0.88),
            (_SIZES, np.array([0.80, 0.86, 0.90, 0.93]), 0.95),
            (_SIZES, np.array([0.80, 0.86, 0.90, 0.93]), 0.86),
        ],
        mistakes={
            "Where the curve never gets there, the answer is infinity.": lambda n, s, v: min(
                labels_needed(n, s, v), n[-1]
            ),
            "Between two sizes go along a straight line in log N.": _next_size,
            "The line is straight in log N, not in N.": _straight,
        },
        hint="np.interp(level, scores, np.log(sizes)) is a logarithm; and ask first whether the level is reached.",
    ),
    "04.5": Exercise(
        name="distance",
        right=distance,
        cases=[(_vectors(7, 5), _vectors(9, 6, 0.7), 1.5), (_vectors(6, 7), _vectors(6, 8, 2.0), 0.8)],
        tolerance=1e-4,
        mistakes={
            "Take the closeness between both clouds off, twice.": lambda s, t, w: (
                _kernel(s, s, w) + _kernel(t, t, w) - _kernel(s, t, w)
            ),
            "Square the distance in the kernel.": lambda s, t, w: _root(s, s, w) + _root(t, t, w) - 2 * _root(s, t, w),
            "That is the distance of the means: clouds of other shapes would be called alike.": lambda s, t, w: (
                (s.mean(0) - t.mean(0)) ** 2
            ).sum(),
        },
        hint="Three means of the kernel: among the first, among the second, between both.",
    ),
}
