"""What breaks the symmetry of a mock disc: arms, bars, rings, patches, knots. Smooth, so drawn on the pixel grid."""

from functools import lru_cache

import numpy as np
import torch

KNOTS = 10  # star-forming regions drawn in a disc


def turned_axes(x, y, angle):
    """Coordinates along and across a direction `angle` (radians)."""
    c, s = torch.cos(angle), torch.sin(angle)
    return x * c + y * s, y * c - x * s


def structure(p, size, rng):
    """Arms, bar, ring, lopsidedness (coloured as the disc) and young knots, on the pixel grid, per disc flux."""
    device = p["h"].device
    axis = torch.arange(size, device=device, dtype=torch.float32) - (size - 1) / 2
    x, y = turned_axes(axis[None, None, :], axis[None, :, None], p["position_angle"])
    cos_i = torch.cos(p["inclination"]).clamp(min=0.3)
    y = y / cos_i
    radius, azimuth = torch.hypot(x, y) / p["h"], torch.atan2(y, x)
    disc = torch.exp(-radius)
    disc = disc * ((1 + p["disc_deficit"] - 4 * p["disc_deficit"] * disc) / (2 * torch.pi * p["h"] ** 2 * cos_i))

    twist = torch.log(radius.clamp(min=0.1)) / torch.tan(p["arm_pitch"])
    spiral = p["arm_winding"] * azimuth - twist
    arms = (1 - p["flocculence"]) * _ridge(p["arm_number"] * spiral + p["arm_phase"])
    arms = arms + p["flocculence"] * _ridge((p["arm_number"] + 3) * spiral + 2.3 * p["arm_phase"])
    begin = torch.sigmoid((radius - torch.where(p["bar_light"] > 0, 0.9 * p["bar_length"], 0.5)) / 0.15)
    side = p["lopsidedness"] * torch.cos(azimuth - p["arm_phase"]) * (radius / 2).clamp(max=1)
    patches = torch.expm1(p["patchiness"] * (_patches(len(disc), size, rng, device) - p["patchiness"] / 2))
    patches = patches - (patches * disc).sum((-2, -1), keepdim=True) / disc.sum((-2, -1), keepdim=True)
    smooth = disc * p["visible"] * (p["arm_contrast"] * begin * arms + side + patches)

    barred = ((p["bar_light"] + p["ring_light"]).flatten() > 0).nonzero().flatten()
    if len(barred):
        smooth[barred] += _bars(
            {name: v[barred] for name, v in (p | {"x": x, "y": y, "radius": radius, "disc": disc}).items()}
        )
    return smooth, _knots(p, size, cos_i, rng)


def _bars(p):
    """Bars with boxy ends, what they swept up, and rings around them."""
    x, y = turned_axes(p["x"], p["y"], p["bar_angle"])
    a = p["bar_length"] * p["h"]
    box = ((x / a).abs() ** 3 + (y / (0.32 * a)).abs() ** 3).clamp(max=20)
    # A bar sweeps up most of the disc inside its radius, so the gaps beside it are dark.
    swept = 0.7 * p["visible"] * (p["bar_light"] > 0) * p["disc"] * torch.exp(-((p["radius"] / p["bar_length"]) ** 2))
    bar = p["bar_light"] + swept.sum((-2, -1), keepdim=True)
    ring = torch.exp(-0.5 * ((p["radius"] - 1.25 * p["bar_length"]) / 0.25) ** 2)
    return bar * _unit(torch.exp(-1.2 * box)) - swept + p["ring_light"] * _unit(ring)


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


def _ridge(phase):
    """A periodic ridge, sharper than a cosine, of zero mean: exp(2 cos x - 2) less its mean e^-2 I0(2)."""
    return 2 * (torch.exp(2 * (torch.cos(phase) - 1)) - 0.3085)


def _unit(image):
    return image / image.sum((-2, -1), keepdim=True).clamp(min=1e-12)


def _knots(p, size, cos_i, rng):
    """Star-forming knots strung along the arms: points shared between the four pixels around them."""
    n, device = len(p["h"]), p["h"].device

    def draw(kind, *args):
        return torch.as_tensor(getattr(rng, kind)(*args, (n, KNOTS)).astype(np.float32), device=device)

    flat = {name: value[:, 0] for name, value in p.items()}
    radius = draw("gamma", 3.0, 0.6).clamp(0.4, 5)
    arm = torch.floor(draw("uniform", 0, 1) * flat["arm_number"])
    along = (
        torch.log(radius) / torch.tan(flat["arm_pitch"]) + (2 * torch.pi * arm - flat["arm_phase"]) / flat["arm_number"]
    )
    scatter = draw("normal", 0, 0.25) + flat["lopsidedness"].abs() * draw("uniform", -3, 3)
    azimuth = flat["arm_winding"] * (along + scatter)
    x, y = radius * flat["h"] * torch.cos(azimuth), radius * flat["h"] * torch.sin(azimuth) * cos_i[:, 0]
    x, y = turned_axes(x, y, -flat["position_angle"])
    weight = draw("lognormal", 0, 0.8)
    weight = flat["knot_light"] * weight / weight.sum(1, keepdim=True)
    x, y = x + (size - 1) / 2, y + (size - 1) / 2
    column, row = x.floor(), y.floor()
    image = torch.zeros(n, size * size, device=device)
    for dx in (0, 1):
        for dy in (0, 1):
            share = (1 - (x - column - dx).abs()) * (1 - (y - row - dy).abs())
            inside = (column + dx >= 0) & (column + dx < size) & (row + dy >= 0) & (row + dy < size)
            index = ((row + dy) * size + column + dx).clamp(0, size * size - 1).long()
            image.scatter_add_(1, index, weight * share * inside)
    return image.reshape(n, size, size)
