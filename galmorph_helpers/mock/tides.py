"""What mergers leave around galaxies: shells, streams, tails, plumes, bridges, double nuclei, as light to be observed.

Kinds follow the scheme of Martin+22 (MNRAS 513, 1459). Shapes and brightnesses are a design of this course: brightest
surface brightness by kind below, streams thinner than tails and tails about one magnitude brighter (Sola+22, A&A 662,
A124), a tenth of the galaxy's light at most (the largest tidal fractions of Martin+22). All galaxies of one kind are
drawn at once; nothing here loops over galaxies.
"""

import astropy.units as u
import numpy as np
import torch

from ..imaging.distance import COSMOLOGY, kpc_per_arcsec
from .demographics import population
from .profiles import sersic_b
from .structure import turned_axes

KINDS = ("shells", "stream", "tails", "plume", "bridge", "double nucleus", "merger")
#: r-band surface brightness where a feature is brightest, mag arcsec^-2, before cosmological dimming: range by kind.
BRIGHTNESS = {
    "shells": (24.0, 27.0), "stream": (25.0, 29.5), "tails": (23.5, 27.0), "plume": (24.5, 28.5),
    "bridge": (24.0, 28.0), "double nucleus": (18.0, 20.5), "merger": (23.0, 26.5),
}  # fmt: skip
#: Full width at half maximum across the feature, kpc.
WIDTH = {
    "shells": (1.0, 3.0), "stream": (2.0, 5.0), "tails": (4.0, 9.0), "plume": (8.0, 14.0), "bridge": (3.0, 7.0),
    "double nucleus": (0.8, 2.0), "merger": (5.0, 10.0),
}  # fmt: skip
SHARES = (0.15, 0.25, 0.15, 0.15, 0.10, 0.10, 0.10)  # of the kinds among galaxies with features
LARGEST_FRACTION = 0.10  # of the galaxy's light, in debris (a second nucleus or a merging galaxy counts apart)
STAMP = 12.0  # side of a stamp in half-light radii: room for debris out to six


def tidal_population(n, *, seed=0, redshift=(0.03, 0.12), with_features=0.45, kind=None):
    """Massive mock galaxies at chosen redshifts, some with debris of mergers around them.

    Parameters
    ----------
    n : int
        Number of galaxies, > 0.
    seed : int
    redshift : float or (float, float)
        One redshift for all, or the range from which they are drawn; > 0 and at most 1.
    with_features : float
        Share of galaxies with a tidal feature, 0 to 1. A galaxy has one kind.
    kind : str, optional
        Draw only this one of `KINDS`.

    Returns
    -------
    QTable
        Columns of `population` (more massive than 10^10.5 suns), and `tidal_kind` (one of `KINDS`, or "none"),
        `tidal_brightness` (at its brightest, mag arcsec^-2, dimmed by (1 + z)^4), `tidal_width` (FWHM, kpc),
        `kpc_per_arcsec`, `companion` (light of a second galaxy / that of the first; chance neighbours without debris
        have one, too) and `tidal_seed` columns of numbers in 0 to 1 that set the geometry.

    Raises
    ------
    ValueError
        If n < 1, or a redshift, a share or a kind is not one of those.
    """
    low, high = np.broadcast_to(redshift, 2).astype(float)
    if not 0 < low <= high <= 1:
        raise ValueError(f"redshift must lie in (0, 1], got {redshift!r}.")
    if not 0 <= with_features <= 1:
        raise ValueError(f"with_features must be from 0 to 1, got {with_features!r}.")
    if kind is not None and kind not in KINDS:
        raise ValueError(f"kind must be one of {KINDS}, got {kind!r}.")
    if n < 1:
        raise ValueError(f"n must be at least 1 galaxy, got {n!r}.")
    table = population(3 * n + 50, seed=seed)
    heavy = np.flatnonzero(np.asarray(table["log_mass"]) > 10.5)
    rng = np.random.default_rng([seed, 8])
    table = table[rng.choice(heavy, n, replace=len(heavy) < n)]
    table["id"] = np.arange(n)
    z_old, z = np.asarray(table["redshift"]), rng.uniform(low, high, n)
    kpc = kpc_per_arcsec(z)
    for name in ("half_light_radius", "r90", "bulge_radius", "disc_radius"):
        table[name] *= kpc_per_arcsec(z_old) / kpc
    modulus = COSMOLOGY.distmod(z).value + z  # k-correction as in `population`
    table["r_mag"] = (table["absolute_r"].value + modulus) * u.mag
    table["redshift"], table["kpc_per_arcsec"] = z, kpc
    drawn = np.where(rng.random(n) < with_features, rng.choice(KINDS, n, p=SHARES) if kind is None else kind, "none")
    table["tidal_kind"] = drawn.astype(str)
    bright, wide = (np.array([book.get(k, (99.0, 99.0)) for k in drawn]) for book in (BRIGHTNESS, WIDTH))
    dimming = 10 * np.log10(1 + z)
    table["tidal_brightness"] = rng.uniform(*bright.T) + np.where(drawn == "none", np.nan, dimming)
    table["tidal_width"] = np.where(drawn == "none", np.nan, rng.uniform(*wide.T))
    chance = (drawn == "none") & (rng.random(n) < 0.15)
    paired = np.isin(drawn, ("bridge", "merger")) | chance
    table["companion"] = np.where(paired, 10 ** rng.uniform(-1.0, -0.1, n), 0.0)
    table["tidal_seed"] = rng.random((n, 8)).astype(np.float32)
    return table


def tidal_light(table, pixel_scale, *, size=64, device="cpu"):
    """Debris of each galaxy, and light of its companion, without PSF and noise.

    Parameters
    ----------
    table : QTable
        From `tidal_population`.
    pixel_scale : array (N,)
        Pixel of each stamp, arcsec.
    size : int
        Side of the stamps, pixels.

    Returns
    -------
    (torch.Tensor, torch.Tensor), float32 (N, size, size)
        Debris, and companions: nanomaggies per pixel, the galaxy at the centre.
    """
    scale = np.asarray(pixel_scale, float)
    kinds = np.asarray(table["tidal_kind"])
    debris, companions = (torch.zeros((len(table), size, size), device=device) for _ in range(2))
    if len(table) == 0:
        return debris, companions
    flux = 10 ** (-0.4 * (table["r_mag"].value - 22.5))

    def tensor(values, rows):
        return torch.as_tensor(np.asarray(values, np.float32)[rows], device=device)[:, None, None]

    axis = torch.arange(size, device=device, dtype=torch.float32) - (size - 1) / 2
    radius = table["half_light_radius"].to_value("arcsec") / scale  # in pixels
    width = np.asarray(table["tidal_width"]) / np.asarray(table["kpc_per_arcsec"]) / scale
    for kind in KINDS:
        rows = np.flatnonzero(kinds == kind)
        if len(rows) == 0:
            continue
        s = [tensor(table["tidal_seed"][:, k], rows) for k in range(8)]
        re = tensor(radius, rows)
        x, y = turned_axes(axis[None, None, :] / re, axis[None, :, None] / re, 2 * torch.pi * s[0])
        shape = _SHAPES[kind](x, y, (tensor(width, rows) / re).clamp(0.05, 1.3), s)
        shape = shape / shape.amax((-2, -1), keepdim=True).clamp(min=1e-6)
        peak = 10 ** (-0.4 * (np.asarray(table["tidal_brightness"]) - 22.5)) * scale**2
        light = shape * tensor(peak, rows)
        most = tensor(LARGEST_FRACTION * flux, rows)
        light = light * (most / light.sum((-2, -1), keepdim=True).clamp(min=1e-12)).clamp(max=1)
        debris[rows] = light
    rows = np.flatnonzero(np.asarray(table["companion"]) > 0)
    if len(rows):
        s = [tensor(table["tidal_seed"][:, k], rows) for k in range(8)]
        re = tensor(radius, rows)
        x, y = turned_axes(axis[None, None, :] / re, axis[None, :, None] / re, 2 * torch.pi * s[0])
        apart = torch.where(tensor(kinds == "merger", rows) > 0, 1.2 + 1.3 * s[1], 2.8 + 1.6 * s[1])
        u_, v_ = turned_axes(x - apart, y, torch.pi * s[2])
        own = tensor(table["companion"], rows)
        r = torch.hypot(u_, v_ / (0.4 + 0.6 * s[3])) / (0.45 * own**0.4)
        image = torch.exp(r * -sersic_b(1))
        companions[rows] = image / image.sum((-2, -1), keepdim=True) * own * tensor(flux, rows)
    return debris, companions


# Shapes: coordinates in half-light radii, width w (FWHM) likewise, s[k] numbers in 0 to 1. Values are relative.


def _gauss(d, fwhm):
    return torch.exp(-4 * np.log(2) * (d / fwhm) ** 2)


def _angle_from(x, y, direction):
    return torch.remainder(torch.atan2(y, x) - direction + torch.pi, 2 * torch.pi) - torch.pi


def _shells(x, y, w, s):
    """Arcs on alternating sides, sharp outside, fading inwards (stars turn round at the edge)."""
    r, total = torch.hypot(x, y), 0
    for k in range(4):
        edge = 2.0 + 1.5 * s[1] + (0.75 + 0.35 * s[2]) * k * (0.7 + 0.3 * s[3 + k % 2])
        off = _angle_from(x, y, torch.pi * k)
        inside = torch.exp(-(edge - r).clamp(min=0) / (2 * w)) * torch.sigmoid((edge - r) / 0.06)
        total = total + (1 - 0.15 * k) * inside * torch.sigmoid((0.6 + 0.5 * s[5] - off.abs()) / 0.08)
    return total


def _stream(x, y, w, s):
    """Part of a great circle seen at an angle."""
    a, q = 2.5 + 2.2 * s[1], 0.35 + 0.65 * s[2]
    ring = torch.hypot(x, y / q).clamp(min=1e-3)
    across = (ring - a) * torch.hypot(x, y) / ring
    half = 0.7 + 1.6 * s[3]
    along = _angle_from(x, y / q, 2 * torch.pi * s[4])
    return _gauss(across, w) * torch.sigmoid((half - along.abs()) / 0.12)


def _tails(x, y, w, s):
    """One or two curved plumes from the disc's edge, wider and fainter outwards."""
    r, total = torch.hypot(x, y).clamp(min=0.05), 0
    curl = (0.5 + 0.9 * s[1]) * torch.where(s[2] > 0.5, 1.0, -1.0)
    for k in range(2):
        off = _angle_from(x, y, torch.pi * k + curl * torch.log(r / 1.2))
        across = r * torch.sin(off.clamp(-torch.pi / 2, torch.pi / 2))
        along = torch.sigmoid((r - 1.4) / 0.2) * torch.exp(-(r - 1.4).clamp(min=0) / (1.2 + 1.3 * s[3]))
        one = _gauss(across, w * (0.6 + 0.2 * r)) * along * (off.abs() < torch.pi / 2)
        total = total + one * (1.0 if k == 0 else (s[4] > 0.3).float())
    return total


def _plume(x, y, w, s):
    """A broad patch of light on one side, fanned out: debris that fell in along a line."""
    far = 2.0 + 1.5 * s[1]
    fan = _gauss(x - far, 1.3 * w) * _gauss(y, w * (0.8 + 0.5 * s[2]))
    return fan * torch.sigmoid((torch.hypot(x, y) - 1.2) / 0.3)


def _bridge(x, y, w, s):
    """A band of light to the companion, and a short tail on the far side."""
    apart = 2.8 + 1.6 * s[1]
    band = _gauss(y - (0.6 * s[4] - 0.3) * torch.sin(torch.pi * x / apart), w)
    between = torch.sigmoid((x - 1.0) / 0.2) * torch.sigmoid((apart - x) / 0.2)
    beyond = 0.5 * torch.exp(-(x - apart).clamp(min=0)) * (x > apart)
    return band * (between + beyond)


def _double_nucleus(x, y, w, s):
    """A second core, inside the galaxy."""
    apart = 0.5 + 0.7 * s[1]
    return torch.exp(torch.hypot(x - apart, y / (0.6 + 0.4 * s[3])) * -sersic_b(1) / (0.6 * w))


def _merger(x, y, w, s):
    """Tails torn from both galaxies, and a common halo that is off the centre."""
    apart = 1.2 + 1.3 * s[1]
    halo = _gauss(torch.hypot(x - 0.6 * apart, y), 2.5 * w)
    return _tails(x, y, w, s) + 0.6 * _tails(apart - x, y, w, s[::-1]) + 0.4 * halo


_SHAPES = {
    "shells": _shells, "stream": _stream, "tails": _tails, "plume": _plume, "bridge": _bridge,
    "double nucleus": _double_nucleus, "merger": _merger,
}  # fmt: skip
