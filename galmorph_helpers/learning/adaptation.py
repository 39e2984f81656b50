"""Adapt a network to a new survey without its labels: adversarial training (DANN), mean discrepancy (MMD), statistics.

What all share: pictures of the source survey with labels, pictures of the target survey without. A network is made to
answer the source's questions from a latent vector in which both surveys look alike.
"""

import copy
from dataclasses import dataclass, field

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn import functional as F

from ..runtime import device, progress
from .training import augment, training_mode

METHODS = ("dann", "mmd", "statistics")
WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)  # of the kernels, in units of the median distance
JUDGE = 10  # the domain classifier learns that much faster: one that lags is defeated by any change


def ramp(progress):
    """Strength of the reversed gradient, 2 / (1 + exp(-10 p)) - 1 (Ganin+2016, JMLR 17, 59): 0 first, 1 in the end.

    Parameters
    ----------
    progress : float
        Share of the training done, 0 to 1.
    """
    if not 0 <= progress <= 1:
        raise ValueError(f"progress must be 0 to 1, the share of the training that is done, got {progress!r}.")
    return 2 / (1 + np.exp(-10 * progress)) - 1


class _Reversal(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, alpha):
        ctx.alpha = alpha
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        return -ctx.alpha * gradient, None


def reverse_gradient(x, alpha=1.0):
    """`x` itself; on the way back its gradient is multiplied by -`alpha` (Ganin & Lempitsky 2015).

    Parameters
    ----------
    x : torch.Tensor
    alpha : float
        0 to 1: 0 lets nothing through, 1 reverses all of it; see `ramp`.
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha must be 0 to 1, got {alpha!r}: `ramp` gives it for each step of a training.")
    return _Reversal.apply(x, alpha)


def domain_labels(n_source, n_target):
    """1 for each source galaxy, then 0 for each target galaxy: a domain classifier needs two different labels.

    Returns
    -------
    torch.Tensor, float32 (n_source + n_target,)
    """
    if n_source < 1 or n_target < 1:
        raise ValueError(f"both surveys need galaxies, got {n_source} source and {n_target} target galaxies.")
    return torch.cat([torch.ones(n_source), torch.zeros(n_target)])


def mmd(x, y, *, widths=WIDTHS):
    """Squared maximum mean discrepancy of two samples of vectors (Gretton+2012, JMLR 13, 723), biased estimate.

    MMD^2 = <k(x, x')> + <k(y, y')> - 2 <k(x, y)>, the mean over Gaussian kernels exp(-d^2 / (2 (w m)^2)), where m is
    the median distance between all vectors. It is 0 for a sample and itself, and grows with what parts the samples.

    Parameters
    ----------
    x, y : torch.Tensor (N, D), (M, D)
    widths : sequence of float
        w of each kernel, > 0.

    Returns
    -------
    torch.Tensor, scalar in 0 to 2
    """
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1]:
        raise ValueError(f"both samples must be (N, D) with one D, got {tuple(x.shape)} and {tuple(y.shape)}.")
    if len(x) == 0 or len(y) == 0 or not all(w > 0 for w in widths):
        raise ValueError(f"both samples need vectors ({len(x)} and {len(y)}) and widths must be > 0, got {widths}.")
    both = torch.cat([x, y])
    squared = (both[:, None] - both[None]).square().sum(-1)
    median = squared.detach()[squared.detach() > 0]
    median = median.median() if len(median) else torch.ones((), device=x.device)
    kernel = torch.stack([torch.exp(-squared / (2 * w**2 * median)) for w in widths]).mean(0)
    n = len(x)
    return kernel[:n, :n].mean() + kernel[n:, n:].mean() - 2 * kernel[:n, n:].mean()


@torch.no_grad()
def latent(network, images, *, batch_size=512):
    """Latent vectors of galaxies: what the head of a `CompactCNN` sees. The network is put in evaluation mode.

    Returns
    -------
    numpy.ndarray (N, 64)
    """
    network.eval()
    where = next(network.parameters()).device
    return torch.cat([network.latent(_fast(batch, where)) for batch in images.split(batch_size)]).cpu().numpy()


def domain_accuracy(source, target, *, seed=0):
    """How well a fresh classifier tells which survey a latent vector comes from: 0.5 is a guess, 1 a certainty.

    Logistic regression on standardised vectors, five-fold cross-validated; the mean of the accuracies of both surveys,
    so that their numbers do not matter.

    Parameters
    ----------
    source, target : array (N, D), (M, D)
    """
    source, target = np.asarray(source), np.asarray(target)
    if source.ndim != 2 or target.ndim != 2 or source.shape[1] != target.shape[1]:
        raise ValueError(f"both samples must be (N, D) with one D, got {source.shape} and {target.shape}.")
    label = domain_labels(len(source), len(target)).numpy().astype(int)
    order = np.random.default_rng(seed).permutation(len(label))
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300, class_weight="balanced"))
    called = cross_val_predict(model, np.concatenate([source, target])[order], label[order], cv=5)
    return float(np.mean([(called[label[order] == k] == k).mean() for k in (0, 1)]))


@torch.no_grad()
def normalised_for(network, images, *, batch_size=256):
    """A copy of the network whose normalising layers take their means and variances from `images` (Li+2017).

    No weight changes and no label is needed: pictures of a survey suffice. After `adapt`, the network is normalised
    for the target survey; ``normalised_for(network, source_images)`` is the same network for the source survey.

    Parameters
    ----------
    network : torch.nn.Module
    images : torch.Tensor (N, C, H, W)
    """
    if len(images) < 2:
        raise ValueError(f"a variance needs at least 2 images, got {len(images)}; hundreds give a steady one.")
    network = copy.deepcopy(network)
    network.eval()  # no dropout
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
            layer.momentum = None  # a plain average over the batches
            layer.train()
    where = next(network.parameters()).device
    for batch in images.tensor_split(-(-len(images) // batch_size)):
        network(_fast(batch, where))
    return network.eval()


@dataclass
class Adaptation:
    """What happened in `adapt`: the loss of the questions and of the domain in each epoch."""

    method: str
    task: list = field(default_factory=list)
    domain: list = field(default_factory=list)


def adapt(
    network,
    source,
    target_images,
    *,
    method="dann",
    loss,
    weight=0.3,
    epochs=5,
    batch_size=64,
    learning_rate=3e-4,
    seed=0,
):
    """A copy of `network` that keeps answering for the source survey while its latent vectors forget the survey.

    Parameters
    ----------
    network : CompactCNN
        Trained on the source survey; left as it is.
    source : (images, target)
        Pictures (N, C, H, W) of the source survey with their labels.
    target_images : torch.Tensor (M, C, H, W)
        Pictures of the target survey: no label of theirs is asked for.
    method : {"dann", "mmd", "statistics"}
        "dann": a second network learns to tell the surveys apart, and the reversed gradient makes the first one defeat
        it (Ganin+2016). "mmd": the discrepancy of the latent vectors is part of the loss (Long+2015). "statistics": no
        training; the means and variances that normalise each layer are taken from the target (Li+2017).
    loss : callable
        Of outputs and targets, such as `transfer.answered_loss`.
    weight : float
        Of the domain term, >= 0.
    epochs, batch_size, learning_rate, seed
        Of the training; an epoch shows every source galaxy once.

    Returns
    -------
    (network, Adaptation)
        The network is normalised for the target survey; see `normalised_for`.
    """
    images, target = source[0], torch.as_tensor(np.asarray(source[1]), dtype=torch.float32)
    if method not in METHODS:
        raise ValueError(f"method must be one of {METHODS}, got {method!r}.")
    if images.shape[1:] != target_images.shape[1:]:
        raise ValueError(
            f"source {tuple(images.shape)} and target images {tuple(target_images.shape)} differ in bands or size."
        )
    if len(images) != len(target) or len(target_images) == 0 or not weight >= 0:
        raise ValueError(
            f"{len(images)} source images, {len(target)} labels, {len(target_images)} target images, weight {weight}: "
            "one label an image, at least one target image and a weight >= 0 are needed."
        )
    where = device()
    network = copy.deepcopy(network).to(where, memory_format=torch.channels_last)
    if method == "statistics":
        return normalised_for(network, target_images), Adaptation(method)
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    width = network.head[0].in_features
    judge = nn.Sequential(nn.Linear(width, 64), nn.ReLU(), nn.Linear(64, 1), nn.Flatten(0)).to(where)
    learning = [{"params": network.parameters()}, {"params": judge.parameters(), "lr": JUDGE * learning_rate}]
    optimiser = torch.optim.AdamW(learning, lr=learning_rate, weight_decay=0.05)
    steps = max(1, len(images) // batch_size)
    history = Adaptation(method)
    for epoch in progress(range(epochs), method):
        training_mode(network)
        parts = zip(
            torch.randperm(len(images), generator=generator).tensor_split(steps),
            _repeated(len(target_images), len(images), generator).tensor_split(steps),
            strict=True,
        )
        sums = np.zeros(2)
        for step, (rows, others) in enumerate(parts):
            shown = (augment(part.to(where), generator=generator) for part in (images[rows], target_images[others]))
            ours, theirs = (
                network.latent(_fast(part, where)) for part in shown
            )  # apart, so that each survey is normalised by itself
            task = loss(network.head(ours), target[rows].to(where))
            alpha = ramp((epoch * steps + step) / (epochs * steps))
            if method == "dann":
                verdict = judge(reverse_gradient(torch.cat([ours, theirs]), alpha))
                domain = F.binary_cross_entropy_with_logits(verdict, domain_labels(len(rows), len(others)).to(where))
            else:
                domain = alpha * mmd(ours, theirs)
            optimiser.zero_grad()
            (task + weight * domain).backward()
            optimiser.step()
            sums += [task.item(), domain.item()]
        history.task.append(sums[0] / steps)
        history.domain.append(sums[1] / steps)
    return normalised_for(network, target_images), history


def _fast(images, where):
    """On the device, in the order of pixels in which convolutions are fastest."""
    return images.to(where).contiguous(memory_format=torch.channels_last)


def _repeated(n, wanted, generator):
    """`wanted` rows of `n`, each as often as any other but for one."""
    rounds = -(-wanted // n)
    return torch.cat([torch.randperm(n, generator=generator) for _ in range(rounds)])[:wanted]
