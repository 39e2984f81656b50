"""Arms, rings and patches of mock discs: the logarithm of how much brighter they make it."""

from functools import lru_cache

import numpy as np
import torch

FAINT = -30.0  # of a logarithm: less light is none, and numbers that are nearly zero are slow
ARMS = 2.0  # height of the field in an arm of contrast 1, which is bounded then


def disc_field(p, plane, rng):
    """Logarithm of how much brighter a disc is in its arms, rings, patches and on its heavier side; and its clumps.

    Parameters
    ----------
    p : dict of torch.Tensor (N, 1, 1)
        Columns of the catalogue, angles in radians.
    plane : dict of torch.Tensor (N, S, S)
        Places "x", "y" and "radius" in the plane of the disc, scale lengths.
    rng : numpy.random.Generator

    Returns
    -------
    tuple of two torch.Tensor (N, S, S)
        The second, of unit variance, is where its dust is thick.
    """
    x, y, radius = plane["x"], plane["y"], plane["radius"]
    clumps = _patches(len(x), x.shape[-1], rng, x.device)
    out = clumps * (p["patchiness"] * (0.4 + 0.6 * p["visible"]))
    side = p["lopsidedness"] * torch.cos(p["arm_phase"]), p["lopsidedness"] * torch.sin(p["arm_phase"])
    out.add_((x * side[0]).addcmul_(y, side[1]).div_(radius.clamp(min=2.0)))
    armed = (p["arm_contrast"] * p["visible"]).flatten().nonzero().flatten()
    if len(armed) == len(x):
        arms, clumps = _arms(p, x, y, radius, rng)
        out.add_(arms)
    elif len(armed):
        arms, along = _arms({name: value[armed] for name, value in p.items()}, x[armed], y[armed], radius[armed], rng)
        out.index_add_(0, armed, arms)
        clumps[armed] = along
    ringed = p["ring_light"].flatten().nonzero().flatten()
    if len(ringed):  # a ring around the bar, or where arms begin
        away = (radius[ringed] - 1.3 * p["arm_start"][ringed]) / 0.22
        brighter = (2 * p["ring_light"] * p["visible"])[ringed]
        out.index_add_(0, ringed, away.square_().mul_(-0.5).clamp_(min=FAINT).exp_().mul_(brighter))
    barred = p["bar_light"].flatten().nonzero().flatten()
    if len(barred):  # a bar sweeps up the disc beside it
        swept = 6 * p["bar_light"][barred] * p["visible"][barred]
        within = (radius[barred] / p["bar_length"][barred]).square_().neg_().clamp_(min=FAINT).exp_()
        out.index_add_(0, barred, within.mul_(swept), alpha=-1)
    return out, clumps


def _arms(p, x, y, radius, rng):
    """Arms that wind at a pitch, short ones and spurs among them, and the clumps along them."""
    depth = torch.log(radius).sub_(torch.log(p["arm_start"]))
    tight = 1 / torch.tan(p["arm_pitch"])
    spiral = torch.atan2(y, x).mul_(p["arm_winding"])
    spiral.sub_((depth * (0.5 * p["pitch_change"] * tight)).add_(tight).mul_(depth))
    clumps, wobble = _clumps(spiral, depth, rng)
    ridge = wobble.mul(0.45).add_(p["arm_phase"]).addcmul_(spiral, p["arm_number"])
    # A periodic ridge, sharper than a cosine, of zero mean: exp(2 cos x - 2) less its mean e^-2 I0(2).
    ridge.cos_().mul_(2).exp_().sub_(0.3085 * np.exp(2)).mul_((1 - p["flocculence"]) * (2 * np.exp(-2)))
    ridge.mul_(spiral.add_(p["arm_phase"] / p["arm_number"]).cos_().mul_(p["arm_inequality"]).add_(1))
    strength = ARMS * p["arm_contrast"] * p["visible"]
    # Arms make a disc no brighter, on the whole.
    ridge.addcmul_(clumps, 0.9 * p["flocculence"]).sub_(0.2 * strength).mul_(strength)
    return ridge.mul_((radius - (p["arm_start"] - 0.25)).mul_(2).clamp_(0, 1)), clumps


def _patches(n, size, rng, device):
    """Random windows of a field of unit variance that is as patchy on all scales: power as k^-2."""
    windows = _patchy_field(size).to(device).unfold(0, size, 1).unfold(1, size, 1)
    corner = torch.as_tensor(rng.integers(0, len(windows), (2, n)), device=device)
    return windows[corner[0], corner[1]]


@lru_cache(maxsize=4)
def _patchy_field(size):
    side = max(256, 4 * size)
    k = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side))
    k = np.maximum(k, 1.5 / size)  # no patch larger than a galaxy
    noise = np.fft.rfft2(np.random.default_rng(0).normal(size=(side, side)))
    field = np.fft.irfft2(noise / k, s=(side, side))
    return torch.tensor((field - field.mean()) / field.std(), dtype=torch.float32)


def _clumps(spiral, depth, rng):
    """Short arms and spurs, and a slow wobble: random fields along and across the arms, of unit variance, (N, S, S)."""
    n, device = len(spiral), spiral.device
    place = torch.as_tensor(rng.uniform(0, 1, (2, n, 1, 1)).astype(np.float32), device=device)
    where = spiral.new_empty((*spiral.shape, 2))
    where[..., 0] = (spiral / (2 * torch.pi)).add_(place[0])
    where[..., 1] = (depth * 0.4).add_(place[1])
    where.sub_(where.floor()).mul_(2).sub_(1)
    table = _clumpy_table().to(device)
    found = torch.nn.functional.grid_sample(table, where.reshape(1, n, -1, 2), align_corners=True)
    return found.reshape(2, *spiral.shape).unbind(0)


@lru_cache(maxsize=1)
def _clumpy_table(side=128):
    """Two periodic fields of unit variance, power at 3 to 20 and at 1 to 3 cycles a turn, (1, 2, side+1, side+1)."""
    rng = np.random.default_rng(1)
    k = np.hypot(np.fft.fftfreq(side, 1 / side)[:, None], np.fft.rfftfreq(side, 1 / side))
    out = []
    for low, high, slope in ((3, 20, 0.8), (1, 3.2, 0.0)):
        passed = np.where((k >= low) & (k <= high), np.maximum(k, 1) ** -slope, 0)
        field = np.fft.irfft2(np.fft.rfft2(rng.normal(size=(side, side))) * passed, s=(side, side))
        out.append(np.pad(field / field.std(), (0, 1), mode="wrap"))
    return torch.tensor(np.stack(out), dtype=torch.float32)[None]
