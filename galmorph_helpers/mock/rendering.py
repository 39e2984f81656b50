"""Noiseless light of mock galaxies, drawn in Fourier space, thousands at a time on any device.

Why Fourier space: there a convolution with the PSF is a product, a Sérsic bulge has no cusp to under-sample, and an
inclined disc of finite thickness has a closed form. The same choice is GalSim's (Rowe+2015, A&C 10, 121). What has
no closed form (arms, bars, rings) is smooth, so it is drawn on the pixel grid and transformed.
"""

from functools import lru_cache

import numpy as np
import torch
from scipy.special import j0
from torch.nn.functional import grid_sample

from ..imaging.fourier import frequencies
from ..imaging.kcorrection import GRI_WAVELENGTHS, band_magnitudes, band_wavelengths
from .structure import structure, turned_axes

TRUNCATION = 8.0  # a Sérsic profile ends at this many half-light radii, as the SDSS de Vaucouleurs models do
DISC_HEIGHT = 1.1  # sech^2 scale height of a stellar disc in scale lengths, per unit of its thickness q0
# Per square arcminute between r = 15 and 21.5, of order what SDSS sees at mid latitude.
FIELD_GALAXIES, FIELD_STARS = 3.2, 1.6
FIELD_REDSHIFT = 0.1  # of whose spectrum bands beyond g, r, i see a neighbour; of a star it is a rough guess


def light(table, pixel_scale, *, size=64, bands=("g", "r", "i"), filters=None, seed=0, field=True, device="cpu"):
    """Fourier transform of the light of each galaxy of a catalogue (PSF, pixels and noise are `observe`'s).

    Parameters
    ----------
    table : QTable
        Rows of `population`.
    pixel_scale : array (N,)
        Pixel of each stamp, arcsec.
    size : int
        Side of the stamp, pixels.
    bands : tuple of str
        Among "g", "r", "i", or any for which there are filters.
    filters : str or tuple, optional
        Response curves of the bands, as in `Survey`.
    seed : int
        Seeds the neighbours and the knots.
    field : bool
        Also draw neighbouring galaxies and stars.
    device : str or torch.device

    Returns
    -------
    torch.Tensor, complex64 (N, bands, P, P // 2 + 1), with P = 1.25 size
        Half-plane of spatial frequencies in the order of `torch.fft.rfft2`. The galaxy stands at the centre of the
        first `size` pixels; the zero frequency is the flux in nanomaggies.
    """
    rng = np.random.default_rng([seed, 77])
    p = _parameters(table, pixel_scale, device)
    flux = _band_fluxes(table, bands, filters, device)
    kx, ky = frequencies(size, device)
    padded = kx.shape[-2]
    kx, ky = kx[:, :1], ky[:, :, :1]  # one row and one column: sums of both are made once, not products of planes
    bulge = sersic_transform(p["sersic_index"], _turned(kx, ky, p, p["bulge_axis_ratio"]).mul_(p["bulge_radius"]))
    disc, core = _disc_transforms(kx, ky, p)
    settled = 1 - p["bar_light"] - p["ring_light"] - p["knot_light"]
    deficit = p["disc_deficit"] + flux["gradient"]  # taken from the core
    share = torch.cat((flux["bulge"], flux["disc"] * settled * (1 + deficit), -flux["disc"] * settled * deficit), -1)
    stars = _summed(share, torch.stack((bulge, disc, core), 1))
    lane = p["dust"].flatten().nonzero().flatten()
    if len(lane):
        dust = _dust(kx, ky, {name: value[lane] for name, value in p.items()})
        stars[lane] -= (flux["disc"][lane] * flux["absorption"])[..., None] * dust[:, None]
    out = stars * torch.exp(-2j * torch.pi * (kx + ky) * ((size - 1) / 2))
    drawn = ("arm_contrast", "lopsidedness", "patchiness", "bar_light", "ring_light", "knot_light")
    seen = (sum(p[name].abs() for name in drawn) * p["visible"]).flatten().nonzero().flatten()
    if len(seen):  # the others show no structure: nothing to draw
        smooth, blue = structure({name: value[seen] for name, value in p.items()}, size, rng)
        spectrum = torch.fft.rfft2(torch.stack((smooth, blue), 1), s=(padded, padded))
        _add(out, seen, _summed(torch.cat((flux["disc"], flux["young"]), -1)[seen], spectrum))
    if field:
        _add_field(out, kx, ky, np.asarray(pixel_scale, float), size, bands, filters, rng)
    return out


def _summed(share, parts):
    """Sum of `parts` (N, K, P, Q), real or complex, in each band: `share` (N, bands, K) of each."""
    planes = torch.view_as_real(parts) if parts.is_complex() else parts
    found = torch.bmm(share, planes.flatten(2)).unflatten(2, planes.shape[2:])
    return torch.view_as_complex(found) if parts.is_complex() else found


def _add(out, rows, more):
    """out[rows] += more, where rows may repeat; by real numbers, as torch adds complex ones ten times slower."""
    torch.view_as_real(out).view(len(out), -1).index_add_(0, rows, torch.view_as_real(more).flatten(1))


def sersic_transform(index, k_radius):
    """Fourier transform of a round Sérsic profile of unit flux, truncated at 8 half-light radii.

    Parameters
    ----------
    index : torch.Tensor, broadcastable to `k_radius`
        Sérsic index n, 0.5 to 6.2 (values outside are taken at the edge).
    k_radius : torch.Tensor (N, ...)
        Spatial frequency times half-light radius (cycles).
    """
    table = _sersic_table().to(k_radius.device)
    where = k_radius.new_empty((*k_radius.shape, 2))  # column and row of the table, from -1 to 1
    where[..., 0] = (4 * k_radius).log1p_().mul_(2 / np.log1p(4 * _K_MAX)).sub_(1)
    where[..., 1] = (index - _N_RANGE[0]) / (_N_RANGE[1] - _N_RANGE[0]) * 2 - 1
    where = where.reshape(1, len(k_radius), -1, 2)
    found = grid_sample(table[None, None], where, mode="bilinear", padding_mode="border", align_corners=True)
    return found.reshape(k_radius.shape)


_N_RANGE, _K_MAX = (0.5, 6.2), 24.0


@lru_cache(maxsize=1)
def _sersic_table():
    """Hankel transforms on a grid of index (58 rows) and log frequency (768 columns)."""
    index = np.linspace(*_N_RANGE, 58)
    k = np.expm1(np.linspace(0, np.log1p(4 * _K_MAX), 768)) / 4
    edges = np.linspace(0, 1, 6001)
    t = (edges[1:] + edges[:-1]) / 2
    r = TRUNCATION * t**3  # cubic spacing resolves the cusp
    ring = 2 * np.pi * r * 3 * TRUNCATION * t**2
    # b_n to O(n^-4): Ciotti & Bertin 1999, A&A 352, 447. Half-light radius is that of the untruncated profile.
    b = 2 * index - 1 / 3 + 4 / (405 * index) + 46 / (25515 * index**2)
    profile = np.exp(-b * r[:, None] ** (1 / index)) * ring[:, None]
    profile /= profile.sum(0)
    transform = j0(2 * np.pi * k[:, None] * r) @ profile
    return torch.tensor(transform.T, dtype=torch.float32)


def _parameters(table, pixel_scale, device):
    """Columns as (N, 1, 1) tensors: angles in radians, radii in pixels."""

    def tensor(values):
        return torch.as_tensor(np.asarray(values, dtype=np.float32), device=device)[:, None, None]

    plain = [
        "bulge_to_total",
        "sersic_index",
        "bulge_axis_ratio",
        "bar_light",
        "bar_length",
        "ring_light",
        "arm_number",
        "arm_winding",
        "arm_contrast",
        "arm_phase",
        "flocculence",
        "lopsidedness",
        "patchiness",
        "disc_deficit",
        "thickness",
        "knot_light",
        "dust",
    ]
    p = {name: tensor(table[name]) for name in plain}
    p |= {
        name: tensor(table[name].to_value("rad"))
        for name in ("position_angle", "inclination", "bar_angle", "arm_pitch")
    }
    p |= {name: tensor(table[name].to_value("arcsec") / pixel_scale) for name in ("bulge_radius", "disc_radius")}
    # Scale length of a disc from its half-light radius: that of an exponential, corrected for the deficit.
    p["h"] = p["disc_radius"] / (1.678 * (1 + 0.66 * p["disc_deficit"]))
    # Arms, bars and rings are seen in discs that are not edge-on.
    p["visible"] = ((torch.cos(p["inclination"]) - 0.17) / 0.2).clamp(0, 1) * (p["bulge_to_total"] < 1)
    for name in ("bar_light", "ring_light", "knot_light"):
        p[name] = p[name] * p["visible"]
    p["dust"] = p["dust"] * ((torch.sin(p["inclination"]) - 0.90) / 0.08).clamp(0, 1)  # a lane shows near edge-on only
    return p


def _band_fluxes(table, bands, filters, device):
    """Flux (nanomaggies) of bulge, disc and young stars in each band, how strongly dust absorbs there, and how much
    more of the light lacks in the core of a disc, all (N or 1, bands, 1)."""
    g_r, r_i, bulge_g_r, r = (np.asarray(table[name].value) for name in ("g_r", "r_i", "bulge_g_r", "r_mag"))
    share = np.asarray(table["bulge_to_total"])[:, None]

    def relative(g_r, r_i):  # flux in each band over that in r
        gri = np.stack(np.broadcast_arrays(g_r, 0.0 * r, -r_i), 1)
        return 10 ** (-0.4 * band_magnitudes(gri, table["redshift"], bands=bands, filters=filters))

    r_flux = 10 ** (-0.4 * (r[:, None] - 22.5))
    total = r_flux * relative(g_r, r_i)
    bulge = np.minimum(share * r_flux * relative(bulge_g_r, r_i + 0.03), total)
    at = band_wavelengths(bands, filters)
    out = {
        "bulge": bulge,
        "disc": total - bulge,
        "young": r_flux * (1 - share) * relative(0.05, 0.0),
        "absorption": np.interp(at, *_DUST)[None],
        "gradient": np.interp(at, *_AGES)[None],
    }
    return {name: torch.as_tensor(values.astype(np.float32), device=device)[..., None] for name, values in out.items()}


# By wavelength, Å (u, g, r, i, z, H): dust reddens, and discs are older inside.
_DUST = (3550, *GRI_WAVELENGTHS, 8930, 16500), (1.45, 1.25, 1.0, 0.75, 0.6, 0.2)
_AGES = (3550, *GRI_WAVELENGTHS, 8930, 16500), (0.15, 0.08, 0.0, -0.04, -0.06, -0.10)


def _turned(kx, ky, p, axis_ratio):
    """Frequency along the radius of an ellipse with the galaxy's position angle."""
    u, v = turned_axes(kx, ky, p["position_angle"])
    return u.square_().add_(v.mul_(axis_ratio).square_()).sqrt_()


def _disc_transforms(kx, ky, p):
    """Inclined discs with a sech^2 height, of unit flux, and cores of half their size.

    F = [1 + (2 pi h)^2 (u^2 + v^2 cos^2 i)]^(-3/2) * x / sinh(x), x = pi^2 z0 v sin i: van der Kruit & Searle (1981,
    A&A 95, 105) discs seen at inclination i. Taking some of the core away leaves a disc that is flatter inside.
    """
    square, x = _disc_frequencies(kx, ky, p)
    edge = _x_over_sinh(x).mul_(p["bulge_to_total"] < 1)
    return _exponential(square).mul_(edge), _exponential(square / 4).mul_(edge)


def _dust(kx, ky, p):
    """A thin sheet of missing light: the same disc, five times thinner."""
    square, x = _disc_frequencies(kx, ky, p)
    height = 0.5 * DISC_HEIGHT * p["thickness"] * (p["bulge_to_total"] < 1)
    return _exponential(square) * _x_over_sinh(x / 5) * (p["dust"] * height)


def _disc_frequencies(kx, ky, p):
    """(2 pi k h)^2 in the plane of a disc, and x = pi^2 z0 v sin i across it."""
    u, v = turned_axes(kx, ky, p["position_angle"])
    square = u.square_().add_((v * torch.cos(p["inclination"])).square_()).mul_((2 * torch.pi * p["h"]) ** 2)
    return square, v.mul_(torch.pi**2 * DISC_HEIGHT * p["thickness"] * p["h"] * torch.sin(p["inclination"]))


def _exponential(square):
    """Transform of a round exponential disc of unit flux, (1 + s)^(-3/2) with s = (2 pi k h)^2."""
    square = 1 + square
    return torch.rsqrt(square).div_(square)


def _x_over_sinh(x):
    x = x.abs().clamp_(1e-3, 30)
    return x.div_(torch.sinh(x))


def _add_field(out, kx, ky, pixel_scale, size, bands, filters, rng):
    """Add neighbouring galaxies and stars in place; positions are uniform over the stamp, counts follow its area."""
    device = out.device
    area = (size * pixel_scale / 60) ** 2
    is_star = np.concatenate(
        [
            np.zeros(k := rng.poisson(FIELD_GALAXIES * area).sum(), bool),
            np.ones(s := rng.poisson(FIELD_STARS * area).sum(), bool),
        ]
    )
    count = k + s
    if count == 0:
        return
    owner = rng.choice(len(out), size=count, p=area / area.sum())
    magnitude = 21.5 + np.log10(rng.uniform(10 ** (0.45 * (15 - 21.5)), 1, count)) / 0.45
    g_r = np.where(
        is_star, rng.choice([0.5, 1.4], size=count) + rng.normal(0, 0.15, count), rng.normal(0.75, 0.3, count)
    )
    r_i = np.where(is_star, np.where(g_r > 1.1, 0.9, 0.2), 0.4 * g_r + 0.05)
    h = np.where(is_star, 0, 10 ** rng.normal(-0.25, 0.2, count)) / pixel_scale[owner]

    def tensor(values):
        return torch.as_tensor(np.asarray(values, np.float32), device=device)[:, None, None]

    angle, q = tensor(rng.uniform(0, np.pi, count)), tensor(rng.uniform(0.35, 1, count))
    x0, y0 = tensor(rng.uniform(0, size - 1, count)), tensor(rng.uniform(0, size - 1, count))
    u, v = turned_axes(kx, ky, angle)
    profile = _exponential((2 * torch.pi * tensor(h)) ** 2 * (u**2 + (q * v) ** 2))
    shifted = profile * (torch.exp(-2j * torch.pi * kx * x0) * torch.exp(-2j * torch.pi * ky * y0))
    gri = np.stack((magnitude + g_r, magnitude, magnitude - r_i), 1)
    seen = band_magnitudes(gri, np.full(count, FIELD_REDSHIFT), bands=bands, filters=filters)
    flux = torch.as_tensor((10 ** (-0.4 * (seen - 22.5))).astype(np.float32), device=device)[..., None, None]
    _add(out, torch.as_tensor(owner, device=device), flux * shifted[:, None])
