"""Train k networks in one batched pass (torch.func): what `fit` does k times, done once for all of them."""

import copy
import math

import torch
from torch.func import functional_call, stack_module_state, vmap

from ..runtime import device, progress
from .training import History, _checked, _loss, _outputs, _turned_each, augment, training_mode


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

    def __init__(self, seeds, states, where):
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self.states, self.cuda = states, where.type == "cuda"

    def masks(self, members, layers, n):
        """Dropout masks {name: (len(members), n, ...)} for a batch of n galaxies."""
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


def fit_together(
    networks, images, target, kept, held, *, seeds, states, epochs=12, batch_size=64, learning_rate=3e-3,
    weight_decay=0.1, augmented="turns", loss=None,
):  # fmt: skip
    """Train networks of one architecture on parts of one sample, with as many steps each, in one batched pass.

    Every network draws the random numbers that `fit` would draw for it, so the results are those of `fit` to rounding;
    what rounding becomes in a long training is up to the optimiser.

    Parameters
    ----------
    networks : list of torch.nn.Module
        Trained in place.
    images : torch.Tensor (N, C, H, W)
    target : array (N,) or (N, K)
    kept, held : list of array
        Rows that each network is trained and validated on. ceil(rows / batch_size) must be the same for all.
    seeds : list of int
        As `seed` of `fit`.
    states : list of torch.Tensor
        From `random_state`, after each network was made: where its dropout goes on drawing.
    epochs, batch_size, learning_rate, weight_decay, augmented, loss
        As in `fit`; a `loss` of one's own must be made of torch functions that `torch.func.vmap` knows.

    Returns
    -------
    list of History
    """
    where, k = device(), len(networks)
    parts = [_checked(images[rows], target[rows], "training", missing=callable(loss))[1] for rows in kept]
    for rows in held:
        _checked(images[rows], target[rows], "validation", missing=callable(loss))
    named = [_loss(loss, part) for part in parts]
    measure, name = named[0]
    if len({entry[1] for entry in named}) > 1:
        raise ValueError("the folds would be trained with different losses: pass loss='bce' or loss='mse'.")
    steps = {math.ceil(len(rows) / batch_size) for rows in kept}
    if len(steps) > 1:
        raise ValueError(f"networks trained together need as many steps an epoch each, got {sorted(steps)}.")
    steps = steps.pop()
    kind = next(networks[0].parameters()).dtype
    images, target = torch.as_tensor(images, dtype=kind).to(where), torch.as_tensor(target, dtype=kind).to(where)
    kept = [torch.as_tensor(rows) for rows in kept]
    networks = [network.to(where) for network in networks]
    skeleton, layers = _skeleton(networks[0], images[:2])
    weights, buffers = stack_module_state(networks)
    average = {n: v.detach().clone() for n, v in (weights | buffers).items()}
    optimiser = torch.optim.AdamW(weights.values(), lr=learning_rate, weight_decay=weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=epochs * steps)
    draws = Draws(seeds, states, where)

    def one(weight, buffer, shown, answer):
        return measure(functional_call(skeleton, (weight, buffer), (shown,)), answer)

    histories, best = [History([], [], 0, name) for _ in networks], [None] * k
    for epoch in progress(range(epochs), f"training {k} networks"):
        total = torch.zeros(k, device=where)
        order = [rows[torch.randperm(len(rows), generator=g)] for rows, g in zip(kept, draws.generators, strict=True)]
        for batches in zip(*(rows.tensor_split(steps) for rows in order), strict=True):
            optimiser.zero_grad()
            for n in sorted({len(batch) for batch in batches}):  # one galaxy more or less: a pass of its own
                members = [i for i in range(k) if len(batches[i]) == n]
                rows = torch.cat([batches[i] for i in members]).to(where, non_blocking=True)
                shown = _shown(images[rows], augmented, [draws.generators[i] for i in members])
                own = (lambda v: v) if len(members) == k else (lambda v, m=members: v[m])
                buffer = {name: own(v) for name, v in buffers.items()}
                value = vmap(one)(
                    {name: own(v) for name, v in weights.items()},
                    buffer | draws.masks(members, layers, n),
                    shown.reshape(len(members), n, *images.shape[1:]),
                    target[rows].reshape(len(members), n, *target.shape[1:]),
                )
                value.sum().backward()  # no network's loss depends on another's weights
                if len(members) < k:
                    for name, v in buffers.items():
                        v[members] = buffer[name]
                total[members] += value.detach() * n
            optimiser.step()
            schedule.step()
            _follow_all(average, weights | buffers, schedule.last_epoch)
        trained, validated = total.tolist(), []
        for i, network in enumerate(networks):
            network.load_state_dict({n: v[i] for n, v in average.items()})
            rows = torch.as_tensor(held[i]).to(where)
            validated.append(measure(_outputs(network, images[rows]), target[rows]))
        for i, value in enumerate(torch.stack(validated).tolist()):
            history = histories[i]
            history.training.append(trained[i] / len(kept[i]))
            history.validation.append(value)
            if value == min(history.validation):
                history.best_epoch, best[i] = epoch, {n: v[i].clone() for n, v in average.items()}
    for network, state in zip(networks, best, strict=True):
        network.load_state_dict(state)
    return histories


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
        return _turned_each(images, drawn.to(images.device, non_blocking=True))
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
