"""Several networks for one question: k folds, and dropout left on. Their mean is the answer, their spread the doubt."""

from dataclasses import dataclass

import numpy as np
import torch

from .. import runtime
from ..runtime import progress
from .together import fit_together, random_state
from .training import Training, fit, predict_value


@dataclass
class Folds:
    """What `fit_folds` leaves: k networks, and for each training galaxy the number of the network that never saw it."""

    networks: list
    fold: np.ndarray
    histories: list


def fold_numbers(groups, k, *, seed=0):
    """Deal galaxies into k folds of equal size (within one galaxy), at random.

    Parameters
    ----------
    groups : array (N,)
        Galaxy that each image shows, as from `group_rows` or `near_duplicates`: images of one galaxy share a fold.
    k : int
        At least 2, at most the number of galaxies.
    seed : int

    Returns
    -------
    numpy.ndarray of int (N,)
        0 to k-1.

    Examples
    --------
    >>> fold = fold_numbers([7, 7, 8, 9], 3)  # two images of one galaxy share a fold
    >>> bool(fold[0] == fold[1]), len(set(fold))
    (True, 3)
    """
    galaxy = np.unique(np.asarray(groups), return_inverse=True)[1]
    n = galaxy.max(initial=-1) + 1
    if not 2 <= k <= n:
        raise ValueError(f"k must be from 2 to the number of galaxies ({n}), got {k}.")
    return (np.random.default_rng(seed).permutation(n) % k)[galaxy]


def fit_folds(make_network, images, target, *, k=5, groups=None, seed=0, together=None, **training):
    """Train k networks, each without one k-th of the galaxies, which choose its best epoch.

    Parameters
    ----------
    make_network : callable
        Takes nothing and returns a new network; torch is seeded with `seed` plus the number of the fold before.
    images : torch.Tensor (N, C, H, W)
    target : array (N,) or (N, K)
    k : int
        Ten in Domínguez Sánchez+2022 (MNRAS 509, 4024).
    groups : array (N,), optional
        Galaxy that each image shows; by default every image is a galaxy. See `near_duplicates`.
    seed : int
    together : bool, optional
        Train all networks in one batched pass. Chosen on a GPU, which one small network cannot fill; on a CPU they are
        trained one after another. The result is the same to rounding. See `fit_together`.
    **training
        Passed on to `fit`: `epochs`, `learning_rate`, `loss` ... (`Training`).

    Returns
    -------
    Folds
        Keep a test sample out of `images`: a galaxy in it was seen by all networks but one.
    """
    if len(images) != len(target):
        raise ValueError(f"{len(images)} images but {len(target)} targets.")
    groups = np.arange(len(images)) if groups is None else np.asarray(groups)
    if len(groups) != len(images):
        raise ValueError(f"{len(images)} images but {len(groups)} groups: one entry an image is needed.")
    images, target = torch.as_tensor(images), np.asarray(target)
    fold = fold_numbers(groups, k, seed=seed)
    rows = [(np.flatnonzero(fold != number), np.flatnonzero(fold == number)) for number in range(k)]
    if runtime.device().type == "cuda" if together is None else together:
        networks, histories = _at_once(make_network, images, target, rows, seed, training)
        return Folds(networks, fold, histories)
    networks, histories = [], []
    for number in progress(range(k), "folds"):
        kept, held = rows[number]
        torch.manual_seed(seed + number)
        networks.append(make_network())
        answers = {"validation": (images[held], target[held]), "seed": seed + number}
        histories.append(fit(networks[-1], images[kept], target[kept], **answers, **training))
    return Folds(networks, fold, histories)


def _at_once(make_network, images, target, rows, seed, training):
    """Networks and histories of all folds, those of as many steps an epoch trained in one batched pass."""
    cuda, size = runtime.device().type == "cuda", Training(**training).batch_size
    networks, states, steps = [], [], [-(-len(kept) // size) for kept, _ in rows]
    for number in range(len(rows)):
        torch.manual_seed(seed + number)
        networks.append(make_network())
        states.append(random_state(cuda))
    histories = [None] * len(rows)
    for same in sorted(set(steps)):
        members = [i for i, n in enumerate(steps) if n == same]
        some, parts, drawn = ([entries[i] for i in members] for entries in (networks, rows, states))
        seeds = [seed + i for i in members]
        done = fit_together(some, images, target, parts, seeds=seeds, states=drawn, **training)
        for i, history in zip(members, done, strict=True):
            histories[i] = history
    return networks, histories


def predict_folds(networks, images, *, views=8):
    """Outputs (logits or values, before any sigmoid) of every network for every galaxy.

    Parameters
    ----------
    networks : list of torch.nn.Module
        Such as those of `fit_folds`.
    images : torch.Tensor (N, C, H, W)
    views : {1, 8}

    Returns
    -------
    numpy.ndarray (k, N) or (k, N, K)
        Each averaged over the turned and mirrored `views` of a galaxy, as in `predict`.
    """
    if len(networks) == 0:
        raise ValueError("no networks to predict with.")
    return np.stack([predict_value(network, images, views=views) for network in progress(networks, "predicting")])


def predict_dropout(network, images, *, passes=20, batch_size=256, seed=0):
    """Outputs of one network with its dropout left on, several times (Gal & Ghahramani 2016).

    Parameters
    ----------
    network : torch.nn.Module
        With at least one `torch.nn.Dropout`.
    images : torch.Tensor (N, C, H, W)
        Each pass sees one of the eight turned and mirrored views.
    passes : int

    Returns
    -------
    numpy.ndarray (passes, N) or (passes, N, K)
        Logits or values, as in `predict_folds`.
    """
    layers = [layer for layer in network.modules() if isinstance(layer, torch.nn.Dropout)]
    if not layers or passes < 2:
        raise ValueError(f"at least one dropout layer and 2 passes are needed, got {len(layers)} and {passes}.")
    if len(images) == 0:
        raise ValueError("no images to predict for.")
    device = next(network.parameters()).device
    network.eval()  # running statistics everywhere else
    for layer in layers:
        layer.train()
    out = []
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(seed)
        for number in progress(range(passes), "passes with dropout"):
            turned = torch.rot90(images.flip(-1) if number % 2 else images, number // 2 % 4, (-2, -1))
            out.append(torch.cat([network(batch.to(device)) for batch in turned.split(batch_size)]).cpu())
    network.eval()
    return torch.stack(out).numpy()
