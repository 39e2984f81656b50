"""Train a network, predict with it: the whole loop on one screen."""

import copy
import math
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from .. import runtime
from ..runtime import progress
from .augmentation import augment, turned
from .inputs import checked
from .networks import fused

WEIGHT_DECAY = 0.1  # share of each weight that a step of learning rate 1 would take away


@dataclass
class History:
    """What happened in `fit`: losses of each epoch, and the epoch whose weights were kept (lowest validation loss)."""

    training: list
    validation: list
    best_epoch: int
    loss: str


@dataclass
class Training:
    """How `fit` trains; each of these can be given to it, and to `fit_folds`, by name.

    Parameters
    ----------
    epochs : int
        How often every galaxy is shown.
    batch_size : int
        Galaxies a step.
    learning_rate : float
        Largest step of the optimiser, at the peak of the cycle.
    augmented : {"turns", "any", None}
        Show each galaxy anew in every epoch. "turns": quarter turns and mirror images, which change no pixel's value;
        "any": any angle, zoom and shift, which interpolates and so blurs what it shows: see `augment`.
    loss : {"bce", "mse"} or callable, optional
        Binary cross-entropy where all targets are 0 or 1, else the mean squared error. Or a function of outputs and
        targets that returns one number; only then may targets be missing (NaN), and it must leave those out.
    """

    epochs: int = 12
    batch_size: int = 64
    learning_rate: float = 3e-3
    augmented: str | None = "turns"
    loss: object = None

    def optimiser(self, weights, steps):
        """AdamW (Loshchilov & Hutter 2019), and its one-cycle learning rate (Smith & Topin 2019): up, then down to 0.

        Parameters
        ----------
        weights : iterable of torch.Tensor
        steps : int
            An epoch.
        """
        adam = torch.optim.AdamW(weights, lr=self.learning_rate, weight_decay=WEIGHT_DECAY)
        return adam, torch.optim.lr_scheduler.OneCycleLR(adam, self.learning_rate, total_steps=self.epochs * steps)


def fit(network, images, target, *, validation, seed=0, **training):
    """Train `network` in place and leave it with the weights of its best epoch.

    A running average of the weights, steadier than they are themselves, is validated and kept; the epoch with the
    lowest validation loss wins.

    Parameters
    ----------
    network : torch.nn.Module
        Maps (B, C, H, W) to (B,) or (B, K): logits, or values for a regression. Layers after `requires_grad_(False)`
        are frozen: their weights stay, and so do the statistics of their normalisation (see `training_mode`).
    images : torch.Tensor (N, C, H, W)
        Finite.
    target : array (N,) or (N, K)
        0 or 1 for a classifier, any finite number for a regression.
    validation : (images, target)
        Galaxies that are in neither the training nor the test sample.
    seed : int
        Of the order of galaxies and of the augmentation. Seed torch before making the network to repeat a run exactly.
    **training
        How to train: `epochs`, `batch_size`, `learning_rate`, `augmented`, `loss`; see `Training`.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If images or targets are not finite, do not match, or are all of one class.
    """
    how, device = Training(**training), runtime.device()
    # What a wrong number would spoil without a word is refused here.
    images, target = checked(images, target, "training", missing=callable(how.loss))
    held, held_target = checked(*validation, "validation", missing=callable(how.loss))
    measure, name = _loss(how.loss, target)
    # Galaxies and network go where the arithmetic is done, pixels in the order in which convolutions are fastest.
    images, target, held_target = images.to(device), target.to(device), held_target.to(device)
    network.to(device, memory_format=torch.channels_last)
    steps = math.ceil(len(images) / how.batch_size)
    optimiser, schedule = how.optimiser(network.parameters(), steps)
    generator = torch.Generator().manual_seed(seed)
    average, history, best = copy.deepcopy(network), History([], [], 0, name), None
    for epoch in progress(range(how.epochs), "training"):
        training_mode(network)  # dropout on
        total = torch.zeros((), device=device)
        # Every galaxy once, in a new order, some at a time.
        for batch in torch.randperm(len(images), generator=generator).to(device).tensor_split(steps):
            # Turn and mirror: the network shall not learn how a galaxy happens to lie on the sky.
            shown = augment(images[batch], how=how.augmented, generator=generator) if how.augmented else images[batch]
            # Forward: what the network says, and how wrong that is.
            value = measure(network(shown.contiguous(memory_format=torch.channels_last)), target[batch])
            # Backward: how the loss changes with each weight.
            optimiser.zero_grad()
            value.backward()
            # One step downhill, of the length that the schedule allows now.
            optimiser.step()
            schedule.step()
            _follow(average, network, schedule.last_epoch)
            total += value.detach() * len(batch)
        history.training.append(total.item() / len(images))
        # The judge: galaxies that the weights were not fitted to.
        history.validation.append(measure(_outputs(average, held), held_target).item())
        if history.validation[-1] == min(history.validation):
            history.best_epoch, best = epoch, copy.deepcopy(average.state_dict())
    network.load_state_dict(best)  # later epochs may have learnt the training galaxies by heart
    return history


def training_mode(network):
    """Training mode for what learns, evaluation mode for what is frozen; returns the network.

    A module none of whose parameters require a gradient is frozen as a whole: its normalisation keeps its statistics
    and its dropout is off. Statistics without parameters of their own, as of the normalised input of `CompactCNN`, go
    with the next layer that has some: frozen weights expect their input as it was.
    """
    network.train()
    next_learns = True
    for module in reversed(list(network.modules())):
        own, all_of_it = list(module.parameters(recurse=False)), list(module.parameters())
        if own:
            next_learns = any(p.requires_grad for p in own)
        learns = any(p.requires_grad for p in all_of_it) if all_of_it else next_learns or not list(module.buffers())
        if not learns:
            module.eval()
    return network


def _loss(loss, target):
    """The function that `loss` of `fit` stands for with these targets, and its name."""
    if callable(loss):
        return loss, "own"
    loss = loss or ("bce" if set(torch.unique(target).tolist()) <= {0.0, 1.0} else "mse")
    if loss == "bce" and target.ndim == 1 and target.min() == target.max():
        raise ValueError(
            f"all {len(target)} training targets are {target[0]:g}; a classifier needs galaxies of both classes."
        )
    return {"bce": F.binary_cross_entropy_with_logits, "mse": F.mse_loss}[loss], loss


@torch.no_grad()
def _follow(average, network, step, *, memory=0.98):
    """Move the running average towards the network; early steps count for more, so that short trainings work too."""
    keep = min(memory, (1 + step) / (10 + step))
    for old, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        old.lerp_(new, 1 - keep) if old.is_floating_point() else old.copy_(new)


def predict(network, images, *, views=8, batch_size=None):
    """Probabilities: the logistic function of the output, averaged over the turned and mirrored `views` of a galaxy.

    Parameters
    ----------
    network : torch.nn.Module
        Trained by `fit`; put in evaluation mode here, so that dropout is off.
    images : torch.Tensor (N, C, H, W)
    views : {1, 8}
        1 takes the stamp as it is; 8 averages its four quarter turns and their mirror images.
    batch_size : int, optional
        By default what fits the cache of a CPU core (64), or fills a GPU (4096).

    Returns
    -------
    numpy.ndarray (N,) or (N, K)
        In 0 to 1. For a regression use `predict_value`.
    """
    return torch.sigmoid(_outputs(network, images, batch_size, views)).cpu().numpy()


def predict_value(network, images, *, views=8, batch_size=None):
    """Output of a network as it is: the values of a regression, or logits.

    Parameters
    ----------
    network, images, views, batch_size
        As in `predict`.

    Returns
    -------
    numpy.ndarray (N,) or (N, K)
    """
    return _outputs(network, images, batch_size, views).cpu().numpy()


@torch.inference_mode()
def _outputs(network, images, batch_size=None, views=1):
    """Outputs for all images, in evaluation mode (no dropout, running statistics), on the network's device."""
    if views not in (1, 8):
        raise ValueError(f"views must be 1 or 8, got {views}.")
    if len(images) == 0:
        raise ValueError("no images to predict for.")
    images = torch.as_tensor(images)
    weight = next(network.parameters())
    device = weight.device
    quick = fused(network.eval(), images.shape[1:])
    out = []
    for batch in images.split(batch_size or (64 if device.type == "cpu" else 4096)):
        batch = batch.to(device, weight.dtype, non_blocking=True)  # travels once, whatever the number of views
        shown = (turned(batch, k).contiguous(memory_format=torch.channels_last) for k in range(views))
        out.append(sum(quick(view) for view in shown) / views)
    out = torch.cat(out)
    return out.float() if out.dtype == torch.bfloat16 else out  # which numpy does not know
