"""Train k networks in one batched pass (torch.func): what `fit` does k times, done once for all of them."""

import copy
import math

import torch
from torch.func import functional_call, stack_module_state, vmap

from .. import runtime
from ..runtime import progress
from .augmentation import augment, turned_each
from .inputs import checked
from .training import History, Training, _loss, _outputs, training_mode


class _Given(torch.nn.Module):
    """Dropout whose mask is given: each network gets the one that it would have drawn alone."""

    def __init__(self, p):
        super().__init__()
        self.p = p
        self.register_buffer("mask", torch.ones(()))

    def forward(self, x):
        return x * self.mask


class Draws:
    """The random numbers of k networks, each from its own sequence: order, augmentation, dropout."""

    def __init__(self, seeds, states, device):
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self.states, self.cuda = states, device.type == "cuda"

    def masks(self, members, layers, n):
        """Dropout masks of some networks for a batch of n galaxies each.

        Parameters
        ----------
        members : list of int
        layers : dict of str -> (float, torch.Tensor)
            Probability and a sample of the input of each layer with dropout.
        n : int

        Returns
        -------
        dict of str -> torch.Tensor (len(members), n, ...)
        """
        if not layers:
            return {}
        drawn = {name: [] for name in layers}
        for i in members:
            set_random_state(self.states[i], self.cuda)
            for name, (p, like) in layers.items():
                ones = torch.ones_like(like[:1].expand(n, *like.shape[1:]).contiguous(memory_format=_layout(like)))
                drawn[name].append(torch.nn.functional.dropout(ones, p, training=True))
            self.states[i] = random_state(self.cuda)
        return {f"{name}.mask": torch.stack(masks) for name, masks in drawn.items()}


def random_state(cuda):
    """State of torch's own random numbers where dropout draws them."""
    return torch.cuda.get_rng_state() if cuda else torch.get_rng_state()


def set_random_state(state, cuda):
    (torch.cuda.set_rng_state if cuda else torch.set_rng_state)(state)


class _Stack:
    """k networks as one: their weights and buffers stacked, and a skeleton through which any of them runs."""

    def __init__(self, networks, images, measure, draws):
        self.skeleton, self.dropout = _skeleton(networks[0], images[:2])
        self.weights, self.buffers = stack_module_state(networks)
        self.measure, self.draws, self.k = measure, draws, len(networks)

    @property
    def state(self):
        """Everything that a network's `state_dict` has, k times."""
        return self.weights | self.buffers

    def losses(self, members, shown, answers):
        """The loss of each of some networks for galaxies of its own, and on the way its gradient.

        Parameters
        ----------
        members : list of int
        shown : torch.Tensor (len(members), n, C, H, W)
        answers : torch.Tensor (len(members), n, ...)

        Returns
        -------
        torch.Tensor (len(members),)
        """
        everyone = len(members) == self.k
        weights, buffers = (
            d if everyone else {name: v[members] for name, v in d.items()} for d in (self.weights, self.buffers)
        )
        given = buffers | self.draws.masks(members, self.dropout, shown.shape[1])
        value = vmap(self._loss)(weights, given, shown, answers)
        value.sum().backward()  # no network's loss depends on another's weights
        if not everyone:  # statistics that the pass changed, in a copy
            for name, v in self.buffers.items():
                v[members] = given[name]
        return value.detach()

    def _loss(self, weights, buffers, shown, answers):
        return self.measure(functional_call(self.skeleton, (weights, buffers), (shown,)), answers)


def fit_together(networks, images, target, rows, *, seeds, states, **training):
    """Train networks of one architecture on parts of one sample, with as many steps each, in one batched pass.

    Every network draws the random numbers that `fit` would draw for it, so the results are those of `fit` to rounding;
    what rounding becomes in a long training is up to the optimiser.

    Parameters
    ----------
    networks : list of torch.nn.Module
        Trained in place.
    images : torch.Tensor (N, C, H, W)
    target : array (N,) or (N, K)
    rows : list of (array, array)
        Rows that each network is trained and validated on. ceil(rows / batch_size) must be the same for all.
    seeds : list of int
        As `seed` of `fit`.
    states : list of torch.Tensor
        From `random_state`, after each network was made: where its dropout goes on drawing.
    **training
        As in `fit`; a `loss` of one's own must be made of torch functions that `torch.func.vmap` knows.

    Returns
    -------
    list of History
    """
    how, device = Training(**training), runtime.device()
    kept, held = ([torch.as_tensor(part) for part in parts] for parts in zip(*rows, strict=True))
    measure, name = _one_loss(how.loss, images, target, rows)
    steps = {math.ceil(len(part) / how.batch_size) for part in kept}
    if len(steps) > 1:
        raise ValueError(f"networks trained together need as many steps an epoch each, got {sorted(steps)}.")
    steps = steps.pop()
    kind = next(networks[0].parameters()).dtype
    images, target = torch.as_tensor(images, dtype=kind).to(device), torch.as_tensor(target, dtype=kind).to(device)
    networks = [network.to(device) for network in networks]
    draws = Draws(seeds, states, device)
    stack = _Stack(networks, images, measure, draws)
    average = {n: v.detach().clone() for n, v in stack.state.items()}
    optimiser, schedule = how.optimiser(stack.weights.values(), steps)
    histories, best = [History([], [], 0, name) for _ in networks], [None] * len(networks)
    for epoch in progress(range(how.epochs), f"training {len(networks)} networks"):
        total = torch.zeros(len(networks), device=device)
        order = [part[torch.randperm(len(part), generator=g)] for part, g in zip(kept, draws.generators, strict=True)]
        for batches in zip(*(part.tensor_split(steps) for part in order), strict=True):
            optimiser.zero_grad()
            for n in sorted({len(batch) for batch in batches}):  # one galaxy more or less: a pass of its own
                members = [i for i, batch in enumerate(batches) if len(batch) == n]
                some = torch.cat([batches[i] for i in members]).to(device, non_blocking=True)
                shown = _shown(images[some], how.augmented, [draws.generators[i] for i in members])
                each = (len(members), n)
                value = stack.losses(members, shown.unflatten(0, each), target[some].unflatten(0, each))
                total[members] += value * n
            optimiser.step()
            schedule.step()
            _follow_all(average, stack.state, schedule.last_epoch)
        for i, network in enumerate(networks):
            network.load_state_dict({n: v[i] for n, v in average.items()})
        validated = _validated(networks, images, target, held, measure)
        for i, history in enumerate(histories):
            history.training.append(total[i].item() / len(kept[i]))
            history.validation.append(validated[i])
            if validated[i] == min(history.validation):
                history.best_epoch, best[i] = epoch, {n: v[i].clone() for n, v in average.items()}
    for network, state in zip(networks, best, strict=True):
        network.load_state_dict(state)
    return histories


def _one_loss(loss, images, target, rows):
    """The loss that all parts of a sample are trained with, and its name, once both halves of each part are checked."""
    named = []
    for kept, held in rows:
        part = checked(images[kept], target[kept], "training", missing=callable(loss))[1]
        checked(images[held], target[held], "validation", missing=callable(loss))
        named.append(_loss(loss, part))
    if len({name for _, name in named}) > 1:
        raise ValueError("the folds would be trained with different losses: pass loss='bce' or loss='mse'.")
    return named[0]


def _validated(networks, images, target, held, measure):
    """Loss of each network for the galaxies that it is not trained on."""
    found = []
    for network, rows in zip(networks, held, strict=True):
        rows = rows.to(images.device)
        found.append(measure(_outputs(network, images[rows]), target[rows]))
    return torch.stack(found).tolist()  # one wait for the device


def _skeleton(network, images):
    """A copy whose dropout takes masks, and for each such layer that is not frozen its probability and its input."""
    skeleton, layers, hooks = training_mode(copy.deepcopy(network)), {}, []
    dropout = [(n, m) for n, m in skeleton.named_modules() if isinstance(m, torch.nn.Dropout) and m.training]
    skeleton.eval()
    for name, layer in dropout:
        hooks.append(layer.register_forward_hook(lambda m, x, _, name=name: layers.update({name: (m.p, x[0])})))
    with torch.no_grad():
        skeleton(images.contiguous(memory_format=torch.channels_last))
    for hook in hooks:
        hook.remove()
    for name in layers:
        skeleton.set_submodule(name, _Given(layers[name][0]))
    return training_mode(skeleton), layers


def _layout(x):
    last = x.ndim == 4 and x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous()
    return torch.channels_last if last else torch.contiguous_format


def _shown(images, augmented, generators):
    """The galaxies of all networks, each network's augmented by its own generator."""
    n = len(images) // len(generators)
    if augmented == "turns":
        drawn = torch.cat([torch.randint(8, (n,), generator=g) for g in generators])
        return turned_each(images, drawn.to(images.device, non_blocking=True))
    if augmented:
        parts = zip(images.split(n), generators, strict=True)
        return torch.cat([augment(part, how=augmented, generator=g) for part, g in parts])
    return images


@torch.no_grad()
def _follow_all(average, now, step, *, memory=0.98):
    """As in `fit`: the running average of weights, early steps counting for more."""
    keep = min(memory, (1 + step) / (10 + step))
    for name, old in average.items():
        old.lerp_(now[name], 1 - keep) if old.is_floating_point() else old.copy_(now[name])
