"""What is inside of a network, and how its weights move."""

import matplotlib.pyplot as plt
import numpy as np
import torch

from .style import CYCLE, picture, show


@torch.no_grad()
def anatomy(network, image, *, alt, caption="", shown=3):
    """A network as a chain of pictures: what one galaxy becomes, stage by stage, with shapes and numbers of weights.

    Parameters
    ----------
    network : CompactCNN
        Or another with `.stretch`, `.trunk` and `.head`.
    image : torch.Tensor (C, H, W)
    alt, caption : str
    shown : int
        Maps of a stage that are drawn: those that vary most over the image.
    """
    network.eval()
    x, stages = image[None], [("image", image, 0)]
    for name, part in [("stretched", network.stretch), *((_name(p), p) for p in network.trunk), ("head", network.head)]:
        x = part(x)
        stages.append((name, x[0], sum(p.numel() for p in part.parameters())))
    figure, axes = plt.subplots(
        shown, len(stages), figsize=(1.55 * len(stages), 1.25 * shown + 0.9), layout="constrained", squeeze=False
    )
    for column, (name, found, weights) in zip(axes.T, stages, strict=True):
        shape = " × ".join(map(str, found.shape)) or "1 number"
        column[0].set_title(f"{name}\n{shape}\n{weights:,} weights" if weights else f"{name}\n{shape}\n", fontsize=8)
        for axis in column:
            axis.axis("off")
        _draw(column, np.asarray(found), shown)
    figure.suptitle(caption, fontsize=10)
    show(figure, alt)


def _name(part):
    return "convolution" if any(isinstance(layer, torch.nn.Conv2d) for layer in part) else "dense layer"


def _draw(column, found, shown):
    """Maps one below the other, a colour picture once, a list of numbers as bars, one number as text."""
    if found.ndim < 1:
        column[len(column) // 2].text(0.5, 0.5, f"{found:+.2f}\n(logit)", ha="center", va="center", fontsize=9)
    elif found.ndim == 1:
        axis = column[len(column) // 2]
        axis.bar(np.arange(len(found)), found, width=1, color=CYCLE[0][0])
    elif len(found) == 3 and found.min() >= 0 and found.max() <= 1:
        column[len(column) // 2].imshow(picture(found), origin="lower", interpolation="nearest")
    else:
        for axis, k in zip(column, np.argsort(-found.std((1, 2)))[:shown], strict=False):
            axis.imshow(found[k], origin="lower", cmap="gray", interpolation="nearest")


def descent(loss, walks, *, xlabel, alt, limits=None, title=""):
    """The loss against one weight, and walks down its slope; beside it, the loss of each step.

    Parameters
    ----------
    loss : callable
        Of one weight, a float.
    walks : dict of str -> array (S,)
        The weight before the first step and after each.
    xlabel, alt, title : str
    limits : (float, float), optional
        Of the weight axis; a walk that leaves it is drawn as far as it stays.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.2), layout="constrained")
    every = np.concatenate(list(walks.values()))
    low, high = limits or (every.min() - 1, every.max() + 1)
    weights = np.linspace(low, high, 120)
    curve = np.array([loss(w) for w in weights])
    left.plot(weights, curve, color="0.5", lw=1)
    for (name, walk), (colour, marker, line) in zip(walks.items(), CYCLE, strict=False):
        values = np.array([loss(w) for w in walk])
        left.plot(walk, values, marker=marker, ls=line, color=colour, ms=4, lw=0.8, label=name)
        right.plot(np.arange(len(walk)), values, marker=marker, ls=line, color=colour, ms=3, label=name)
    top = curve.max() * 1.05
    left.set(xlabel=xlabel, ylabel="loss (cross-entropy, nats)", xlim=(low, high), ylim=(0, top))
    right.set(xlabel="step", ylabel="loss", ylim=(0, top))
    right.legend(fontsize=8, title="learning rate", title_fontsize=8)
    figure.suptitle(title, fontsize=10)
    show(figure, alt)
