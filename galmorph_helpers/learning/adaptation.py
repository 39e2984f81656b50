"""Adapt a network to a new survey without its labels: adversary (DANN), distance (MMD, Sinkhorn), statistics.

What all share: pictures of the source survey with labels, pictures of the target survey without. A network is made to
answer the source's questions from a latent vector in which both surveys look alike.
"""

import copy
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .. import runtime
from ..runtime import progress
from .augmentation import augment
from .discrepancy import domain_labels, mmd, ramp, reverse_gradient, sinkhorn
from .training import training_mode

METHODS = ("dann", "mmd", "sinkhorn", "statistics")
DISTANCES = {"mmd": mmd, "sinkhorn": sinkhorn}
BATCH, LEARNING_RATE = 64, 3e-4  # of `adapt`, which starts from trained weights
JUDGE = 10  # the domain classifier learns that much faster: one that lags is defeated by any change


@torch.no_grad()
def latent(network, images, *, batch_size=512):
    """Latent vectors of galaxies: what the head of a `CompactCNN` sees. The network is put in evaluation mode.

    Parameters
    ----------
    network : CompactCNN
    images : torch.Tensor (N, C, H, W)
    batch_size : int
        Galaxies at once: memory, not the result, depends on it.

    Returns
    -------
    numpy.ndarray (N, 64)
    """
    network.eval()
    device = next(network.parameters()).device
    return torch.cat([network.latent(_fast(batch, device)) for batch in images.split(batch_size)]).cpu().numpy()


@torch.no_grad()
def normalised_for(network, images, *, batch_size=256):
    """A copy of the network whose normalising layers take their means and variances from `images` (Li+2017).

    No weight changes and no label is needed: pictures of a survey suffice. After `adapt`, the network is normalised
    for the target survey; ``normalised_for(network, source_images)`` is the same network for the source survey.

    Parameters
    ----------
    network : torch.nn.Module
    images : torch.Tensor (N, C, H, W)
        At least 2; hundreds give steady statistics.
    batch_size : int
        Galaxies at once: memory depends on it.

    Returns
    -------
    torch.nn.Module
        In evaluation mode.
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
    device = next(network.parameters()).device
    for batch in images.tensor_split(-(-len(images) // batch_size)):
        network(_fast(batch, device))
    return network.eval()


@dataclass
class Adaptation:
    """What happened in `adapt`: the loss of the questions and of the domain in each epoch."""

    method: str
    task: list = field(default_factory=list)
    domain: list = field(default_factory=list)


def adapt(network, source, target_images, *, method="dann", loss, weight=0.3, epochs=5, seed=0):
    """A copy of `network` that keeps answering for the source survey while its latent vectors forget the survey.

    Parameters
    ----------
    network : CompactCNN
        Trained on the source survey; left as it is.
    source : (images, target)
        Pictures (N, C, H, W) of the source survey with their labels.
    target_images : torch.Tensor (M, C, H, W)
        Pictures of the target survey: no label of theirs is asked for.
    method : {"dann", "mmd", "sinkhorn", "statistics"}
        "dann": a second network learns to tell the surveys apart, and the reversed gradient makes the first one defeat
        it (Ganin+2016). "mmd", "sinkhorn": a distance of the latent vectors is part of the loss (Long+2015; SIDDA,
        arXiv:2501.14048). "statistics": no training; the means and variances that normalise each layer are taken from
        the target (Li+2017).
    loss : callable
        Of outputs and targets, such as `transfer.answered_loss`.
    weight : float
        Of the domain term, >= 0.
    epochs, seed : int
        Of the training; an epoch shows every source galaxy once.

    Returns
    -------
    (network, Adaptation)
        The network is normalised for the target survey; see `normalised_for`.

    Raises
    ------
    ValueError
        If the method is unknown, or images and labels do not match.
    """
    images, target = source[0], torch.as_tensor(np.asarray(source[1]), dtype=torch.float32)
    _check_surveys(images, target, target_images, method, weight)
    device, history = runtime.device(), Adaptation(method)
    network = copy.deepcopy(network).to(device, memory_format=torch.channels_last)
    if method == "statistics":
        return normalised_for(network, target_images), history
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    judge = nn.Sequential(nn.Linear(network.head[0].in_features, 64), nn.ReLU(), nn.Linear(64, 1), nn.Flatten(0))
    judge.to(device)
    learning = [{"params": network.parameters()}, {"params": judge.parameters(), "lr": JUDGE * LEARNING_RATE}]
    optimiser = torch.optim.AdamW(learning, lr=LEARNING_RATE, weight_decay=0.05)
    steps = max(1, len(images) // BATCH)
    for epoch in progress(range(epochs), method):
        training_mode(network)
        order = torch.randperm(len(images), generator=generator).tensor_split(steps)
        others = _repeated(len(target_images), len(images), generator).tensor_split(steps)
        sums = np.zeros(2)
        for step, (ours, theirs) in enumerate(zip(order, others, strict=True)):
            pair = (images[ours], target_images[theirs])
            shown = [_fast(augment(part.to(device), generator=generator), device) for part in pair]
            latents = [network.latent(part) for part in shown]  # apart: each survey is normalised by itself
            task = loss(network.head(latents[0]), target[ours].to(device))
            done = (epoch * steps + step) / (epochs * steps)
            domain = _domain_term(DISTANCES.get(method), judge, latents, done)
            optimiser.zero_grad()
            (task + weight * domain).backward()
            optimiser.step()
            sums += [task.item(), domain.item()]
        history.task.append(float(sums[0] / steps))
        history.domain.append(float(sums[1] / steps))
    return normalised_for(network, target_images), history


def _domain_term(distance, judge, latents, done):
    """What is added to the loss: the distance, or the judge's own, whose gradient turns round on its way back."""
    ours, theirs = latents
    if distance is not None:
        return ramp(done) * distance(ours, theirs)
    verdict = judge(reverse_gradient(torch.cat([ours, theirs]), ramp(done)))
    return F.binary_cross_entropy_with_logits(verdict, domain_labels(len(ours), len(theirs)).to(verdict.device))


def _check_surveys(images, target, target_images, method, weight):
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


def _fast(images, device):
    """On the device, in the order of pixels in which convolutions are fastest."""
    return images.to(device).contiguous(memory_format=torch.channels_last)


def _repeated(n, wanted, generator):
    """`wanted` rows of `n`, each as often as any other but for one."""
    rounds = -(-wanted // n)
    return torch.cat([torch.randperm(n, generator=generator) for _ in range(rounds)])[:wanted]
