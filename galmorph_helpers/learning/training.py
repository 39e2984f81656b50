"""Train a network, predict with it: the whole loop on one screen."""

import copy
import math
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from ..runtime import device, progress
from .networks import fused


@dataclass
class History:
    """What happened in `fit`: losses of each epoch, and the epoch whose weights were kept (lowest validation loss)."""

    training: list
    validation: list
    best_epoch: int
    loss: str


def fit(
    network,
    images,
    target,
    *,
    validation,
    epochs=12,
    batch_size=64,
    learning_rate=3e-3,
    weight_decay=0.1,
    augmented="turns",
    loss=None,
    seed=0,
):
    """Train `network` in place and leave it with the weights of its best epoch.

    AdamW with a one-cycle learning rate (Smith & Topin 2019). A running average of the weights, steadier than they are
    themselves, is validated and kept; the epoch with the lowest validation loss wins.

    Parameters
    ----------
    network : torch.nn.Module
        Maps (B, C, H, W) to (B,) or (B, K): logits, or values for a regression. Layers after `requires_grad_(False)`
        are frozen: their weights stay, and so do the statistics of their normalisation (see `training_mode`).
    images : torch.Tensor (N, C, H, W)
    target : array (N,) or (N, K)
        0 or 1 for a classifier, any finite number for a regression.
    validation : (images, target)
        Galaxies that are in neither the training nor the test sample.
    epochs, batch_size, learning_rate, weight_decay
        Of the optimiser; `learning_rate` is the peak of the cycle.
    augmented : {"turns", "any", None}
        Show each galaxy anew in every epoch. "turns": quarter turns and mirror images, which change no pixel's value;
        "any": any angle, zoom and shift, which interpolates and so blurs what it shows: see `augment`.
    loss : {"bce", "mse"} or callable, optional
        Binary cross-entropy where all targets are 0 or 1, else the mean squared error. Or a function of outputs and
        targets that returns one number; only then may targets be missing (NaN), and it must leave those out.
    seed : int
        Of the order of galaxies and of the augmentation. Seed torch before making the network to repeat a run exactly.

    Returns
    -------
    History
    """
    where = device()
    images, target = _checked(images, target, "training", missing=callable(loss))
    validation_images, validation_target = _checked(*validation, "validation", missing=callable(loss))
    measure, name = _loss(loss, target)
    images, target, validation_target = images.to(where), target.to(where), validation_target.to(where)
    network.to(where, memory_format=torch.channels_last)
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(network.parameters(), lr=learning_rate, weight_decay=weight_decay)
    steps = math.ceil(len(images) / batch_size)
    average = copy.deepcopy(network)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=epochs * steps)
    history, best = History([], [], 0, name), None
    for epoch in progress(range(epochs), "training"):
        training_mode(network)
        total = torch.zeros((), device=where)
        for batch in torch.randperm(len(images), generator=generator).to(where).tensor_split(steps):
            shown = augment(images[batch], how=augmented, generator=generator) if augmented else images[batch]
            value = measure(network(shown.contiguous(memory_format=torch.channels_last)), target[batch])
            optimiser.zero_grad()
            value.backward()
            optimiser.step()
            schedule.step()
            _follow(average, network, schedule.last_epoch)
            total += value.detach() * len(batch)
        history.training.append(total.item() / len(images))
        history.validation.append(measure(_outputs(average, validation_images), validation_target).item())
        if history.validation[-1] == min(history.validation):
            history.best_epoch, best = epoch, copy.deepcopy(average.state_dict())
    network.load_state_dict(best)
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


def augment(images, *, how="turns", generator=None, zoom=1.15, shift=0.05):
    """The same galaxies shown otherwise: orientation, handedness, exact centring say nothing of a galaxy's type.

    Parameters
    ----------
    images : torch.Tensor (N, C, H, W)
    how : {"turns", "any"}
        "turns" draws one of eight quarter turns and mirror images; "any" turns by any angle, mirrors, zooms by up to
        `zoom` and shifts by up to `shift` of the stamp.
    generator : torch.Generator, optional
    """
    if how == "turns":
        drawn = torch.randint(8, (len(images),), generator=generator).to(images.device, non_blocking=True)
        return _turned_each(images, drawn)
    if how != "any":
        raise ValueError(f"augmentation must be 'turns' or 'any', got {how!r}.")
    n = len(images)
    angle, size, flip, dx, dy = torch.rand(5, n, generator=generator).to(images.device)
    angle, size = 2 * math.pi * angle, zoom ** (2 * size - 1)
    mirror = torch.where(flip < 0.5, -1.0, 1.0)
    cos, sin = torch.cos(angle) * size, torch.sin(angle) * size
    move = 2 * shift  # grid_sample counts from -1 to 1
    matrix = torch.stack([cos * mirror, -sin, move * (2 * dx - 1), sin * mirror, cos, move * (2 * dy - 1)], 1).reshape(
        n, 2, 3
    )
    grid = F.affine_grid(matrix, images.shape, align_corners=False)
    return F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)


def _turned(images, k):
    """View k of eight: mirrored if k is odd, turned by k // 2 quarters."""
    return torch.rot90(images.flip(-1) if k % 2 else images, k // 2, (-2, -1))


def _turned_each(images, drawn):
    """Each image in its own view `drawn`, an int (N,)."""
    if images.device.type == "cpu":
        return torch.stack([_turned(image, k) for image, k in zip(images, drawn.tolist(), strict=True)])
    return _turned_by_bits(images, drawn)


def _turned_by_bits(images, drawn):
    """The same in few large operations: mirror, quarter turn, half turn, each where its bit is set.

    No masks, whose sizes a GPU would have to tell the CPU before it may go on.
    """
    drawn = drawn[:, None, None, None]
    images = torch.where(drawn % 2 == 1, images.flip(-1), images)
    images = torch.where(drawn // 2 % 2 == 1, torch.rot90(images, 1, (-2, -1)), images)
    return torch.where(drawn >= 4, torch.rot90(images, 2, (-2, -1)), images)


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
    """Output of a regression network, averaged over `views` as in `predict`."""
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
    where = weight.device
    quick = fused(network.eval(), images.shape[1:])
    out = []
    for batch in images.split(batch_size or (64 if where.type == "cpu" else 4096)):
        batch = batch.to(where, weight.dtype, non_blocking=True)  # travels once, whatever the number of views
        shown = (_turned(batch, k).contiguous(memory_format=torch.channels_last) for k in range(views))
        out.append(sum(quick(view) for view in shown) / views)
    out = torch.cat(out)
    return out.float() if out.dtype == torch.bfloat16 else out  # which numpy does not know


def _checked(images, target, what, *, missing=False):
    """Tensors fit to train on, or an error that says what is wrong and where."""
    images = torch.as_tensor(images, dtype=torch.float32)
    target = torch.as_tensor(np.asarray(target), dtype=torch.float32)
    if images.ndim != 4 or len(images) == 0:
        raise ValueError(f"{what} images must be (N, C, H, W) with N > 0, got shape {tuple(images.shape)}.")
    if len(images) != len(target):
        raise ValueError(f"{len(images)} {what} images but {len(target)} targets.")
    finite = torch.isfinite(images.flatten(1).sum(1))  # a sum is not finite if a pixel is not; needs no second copy
    if not finite.all():
        raise ValueError(
            f"{int((~finite).sum())} {what} images have pixels that are not finite, "
            f"the first is number {int((~finite).nonzero()[0, 0])}: leave them out."
        )
    if missing and torch.isnan(target.reshape(len(target), -1)).all(0).any():
        raise ValueError(f"a column of the {what} targets is NaN from first to last: no galaxy answers that question.")
    wrong = (torch.isinf(target) if missing else ~torch.isfinite(target)).reshape(len(target), -1).any(1)
    if wrong.any():
        raise ValueError(
            f"{what} target {int(wrong.nonzero()[0, 0])} is not finite: leave galaxies without a label out."
        )
    return images, target
