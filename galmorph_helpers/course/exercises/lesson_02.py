"""The exercises of lesson 02: one pixel of a convolution, the loss, steps downhill, mirrors, and four counts."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from ..checks import Exercise


def convolved(image, kernel, row, column):
    """One pixel of the convolution of an image with a kernel of 3 x 3 weights."""
    return np.sum(np.asarray(image)[row - 1 : row + 2, column - 1 : column + 2] * np.asarray(kernel))


def cross_entropy(truth, probability):
    """Binary cross-entropy, nats: the mean over galaxies."""
    return -np.mean(truth * np.log(probability) + (1 - truth) * np.log(1 - probability))


def descend(weight, x, truth, learning_rate, steps):
    """The weight of p = 1 / (1 + exp(-weight x)) before and after each step down the slope of the cross-entropy."""
    path = [weight]
    for _ in range(steps):
        slope = np.mean((_logistic(path[-1] * x) - truth) * x)
        path.append(path[-1] - learning_rate * slope)
    return np.array(path)


def train_epoch(network, batches, optimiser):
    """Show each batch once, with a step after each; returns the losses."""
    losses = []
    for images, truth in batches:
        loss = F.binary_cross_entropy_with_logits(network(images), truth)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


def with_mirrors(images, clockwise):
    """Spirals and their mirror images, and which way each of them turns."""
    return torch.cat([images, images.flip(-1)]), torch.cat([clockwise, 1 - clockwise])


def scores(truth, called):
    """Precision, recall and F1 of zeros and ones."""
    hits, calls, positives = np.sum(truth * called), np.sum(called), np.sum(truth)
    return hits / calls, hits / positives, 2 * hits / (calls + positives)


def _logistic(x):
    return 1 / (1 + np.exp(-x))


def _walk(slope, *, sign=-1):
    """A descent with another slope, a function of (weight, x, truth), or with a step in the other direction."""

    def walk(weight, x, truth, learning_rate, steps):
        path = [weight]
        for _ in range(steps):
            path.append(path[-1] + sign * learning_rate * slope(path[-1], x, truth))
        return np.array(path)

    return walk


def _slope(weight, x, truth):
    return np.mean((_logistic(weight * x) - truth) * x)


def _epoch(order):
    """An epoch in which these things are done with each batch, in this order."""

    def epoch(network, batches, optimiser):
        losses = []
        for images, truth in batches:
            loss = F.binary_cross_entropy_with_logits(network(images), truth)
            for what in order:
                {"empty": optimiser.zero_grad, "back": loss.backward, "step": optimiser.step}[what]()
            losses.append(loss.item())
        return losses

    return epoch


def _network():
    """A network of two weights and a bias, three batches of two galaxies, and plain steps."""
    network = nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))
    with torch.no_grad():
        network[0].weight.copy_(torch.tensor([[0.5, -1.0]]))
        network[0].bias.fill_(0.1)
    galaxies = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 2.0], [-1.0, 0.5], [2.0, 1.0], [0.5, -1.0]])
    truth = torch.tensor([1.0, 0.0, 0.0, 1.0, 1.0, 0.0])
    batches = list(zip(galaxies.split(2), truth.split(2), strict=True))
    return network, batches, torch.optim.SGD(network.parameters(), 0.5)


_IMAGE = np.arange(42.0).reshape(6, 7) ** 1.3
_KERNEL = np.array([[-1.0, 0.0, 2.0], [0.5, 3.0, -2.0], [1.0, 0.0, -0.5]])
_X, _TRUTH = np.array([-1.5, -0.2, 0.4, 1.1, 2.0]), np.array([0.0, 1.0, 0.0, 1.0, 1.0])
_SPIRALS = torch.arange(24.0).reshape(2, 1, 3, 4)

EXERCISES = {
    "02.1": Exercise(
        name="one_pixel",
        right=convolved,
        cases=[(_IMAGE, _KERNEL, 2, 4), (_IMAGE, _KERNEL, 3, 1)],
        mistakes={
            "The kernel's middle lies on the pixel: begin one row above and one column to the left of it.": (
                lambda image, kernel, row, column: convolved(image, kernel, row + 1, column + 1)
            ),
            "Rows come first: image[row, column].": (
                lambda image, kernel, row, column: convolved(image.T, kernel, row, column)
            ),
            "Sum the nine products; do not take their mean.": (
                lambda image, kernel, row, column: convolved(image, kernel, row, column) / 9
            ),
            "Do not turn the kernel over: networks multiply what lies on top of each other.": (
                lambda image, kernel, row, column: convolved(image, kernel[::-1, ::-1], row, column)
            ),
        },
        hint="Nine products, pixel by weight, and their sum.",
    ),
    "02.2": Exercise(
        name="cross_entropy",
        right=cross_entropy,
        cases=[
            (np.array([1.0, 0.0, 1.0]), np.array([0.9, 0.2, 0.3])),
            (np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.5, 0.1, 0.99, 0.6])),
        ],
        mistakes={
            "Logarithms of numbers below 1 are negative, and a loss is not: mind the sign.": (
                lambda truth, p: -cross_entropy(truth, p)
            ),
            "The mean over galaxies is wanted, not the sum.": lambda truth, p: len(p) * cross_entropy(truth, p),
            "Take the natural logarithm, np.log.": lambda truth, p: cross_entropy(truth, p) / np.log(10),
            "Galaxies whose answer is no count as well, with 1 - p.": lambda truth, p: -np.mean(truth * np.log(p)),
            "Swapped: p is the probability of yes.": lambda truth, p: cross_entropy(1 - truth, p),
        },
        hint="For a yes, minus log p; for a no, minus log(1 - p).",
    ),
    "02.3": Exercise(
        name="descend",
        right=descend,
        cases=[(0.0, _X, _TRUTH, 0.5, 4), (3.0, _X, _TRUTH, 2.0, 3)],
        mistakes={
            "Downhill is against the slope: subtract it.": _walk(_slope, sign=1),
            "The slope is a mean over galaxies, not a sum.": _walk(lambda w, x, t: len(x) * _slope(w, x, t)),
            "The slope is the mean of (p - truth) times x: x is missing.": (
                _walk(lambda w, x, t: np.mean(_logistic(w * x) - t))
            ),
            "Only the direction of the slope is used: its size counts, too.": (
                _walk(lambda w, x, t: np.sign(_slope(w, x, t)))
            ),
        },
        hint="The path begins with the weight as it was: one more number than there are steps.",
    ),
    "02.4": Exercise(
        name="train_epoch",
        right=train_epoch,
        cases=[_network()],
        mistakes={
            "Gradients add up from batch to batch: set them to zero before each backward.": _epoch(("back", "step")),
            "The weights never change: after backward, the optimiser has to make its step.": _epoch(("empty", "back")),
            "The step came before backward had found the slopes.": _epoch(("step", "empty", "back")),
        },
        hint="For each batch: loss, zero_grad, backward, step; then note loss.item().",
    ),
    "02.5": Exercise(
        name="with_mirrors",
        right=with_mirrors,
        cases=[(_SPIRALS, torch.tensor([1.0, 0.0]))],
        mistakes={
            "The mirror image turns the other way: its label has to change, too.": (
                lambda images, clockwise: (with_mirrors(images, clockwise)[0], torch.cat([clockwise, clockwise]))
            ),
            "That turns the galaxy by 180 degrees, and it still winds the same way: mirror one axis only.": (
                lambda images, clockwise: (torch.cat([images, images.flip(-1, -2)]), with_mirrors(images, clockwise)[1])
            ),
            "That mirrors top and bottom, which would do as well; here left and right are asked for, the last axis.": (
                lambda images, clockwise: (torch.cat([images, images.flip(-2)]), with_mirrors(images, clockwise)[1])
            ),
            "The galaxies as they are come first, their mirror images after them.": (
                lambda images, clockwise: tuple(part.roll(len(images), 0) for part in with_mirrors(images, clockwise))
            ),
        },
        hint="Twice as many images, and as many labels.",
    ),
    "02.6": Exercise(
        name="scores",
        right=scores,
        cases=[
            (np.array([1, 1, 1, 0, 0, 0, 0, 1]), np.array([1, 1, 0, 1, 0, 0, 0, 0])),
            (np.array([0, 1, 0, 0, 1, 1]), np.array([1, 1, 1, 1, 0, 1])),
        ],
        mistakes={
            "Precision comes first, recall second: which of the two divides by what was called?": (
                lambda truth, called: tuple(np.array(scores(truth, called))[[1, 0, 2]])
            ),
            "Shares are wanted, not percent.": lambda truth, called: tuple(100 * x for x in scores(truth, called)),
            "F1 is the harmonic mean, 2 P R / (P + R).": (
                lambda truth, called: (*scores(truth, called)[:2], np.mean(scores(truth, called)[:2]))
            ),
            "Recall divides by all that truly are yes: found and missed ones.": (
                lambda truth, called: (scores(truth, called)[0], np.mean(truth * called), scores(truth, called)[2])
            ),
        },
        hint="Count the true positives, the false positives and the false negatives first.",
    ),
}
