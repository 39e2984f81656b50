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

from ..imaging.fourier import centred_images, frequencies, turned
from ..imaging.kcorrection import band_wavelengths
from .demographics import PARTS, disc_axis_ratio
from .field import add_field, added, exponential
from .fluxes import band_fluxes
from .structure import structure, turned_axes

TRUNCATION = 8.0  # a Sérsic profile ends at this many half-light radii, as the SDSS de Vaucouleurs models do
SOFT = 0.7  # pixels (standard deviation): how sharp the smooth light is that structure multiplies
THIN = 2.0  # pixels that a disc looks thick (scale lengths times axis ratio): the blur hides how thin it is
ARMS_HIDDEN = 0.17  # cosine of the inclination below which a disc shows no arms
BLUER_OUTSIDE = 0.1  # by which half-light radii of bulges are wider in g than in r (La Barbera+2010, MNRAS 408, 1313)
DISC_HEIGHT = 1.1  # sech^2 scale height of a stellar disc in scale lengths, per unit of its thickness q0


def light(table, pixel_scale, *, size=64, bands=("g", "r", "i"), filters=None, seed=0, field=True, reach=1.0):
    """Fourier transform of the light of each galaxy of a catalogue (PSF, pixels and noise are `observe`'s).

    Parameters
    ----------
    table : QTable, or dict of its columns
        Rows of `population`.
    pixel_scale : array or torch.Tensor (N,)
        Pixel of each stamp, arcsec. The light is drawn on the tensor's device.
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
    reach : float
        Highest frequency along each axis in units of the stamp's Nyquist frequency, 1 to 2: what lies beyond 1 is
        folded back by `observe`, and `frequency_reach` says what a survey's PSF needs.

    Returns
    -------
    torch.Tensor, complex64 (N, bands, P, P // 2 + 1), with P = 1.25 size times `reach`
        Half-plane of spatial frequencies in the order of `torch.fft.rfft2`. The galaxy stands at the centre of the
        first `size` pixels; the zero frequency is the flux in nanomaggies.
    """
    rng = np.random.default_rng([seed, 77])
    device = torch.as_tensor(pixel_scale).device
    pixel_scale = np.asarray(torch.as_tensor(pixel_scale).cpu(), float)
    p = _parameters(table, pixel_scale, device)
    flux = band_fluxes(table, bands, filters, device)
    kx, ky = frequencies(size, device, reach=reach)
    padded = frequencies(size)[0].shape[-2]
    kx, ky = kx[:, :1], ky[:, :, :1]  # one row and one column: sums of both are made once, not products of planes
    along = _turned(kx, ky, p, p["bulge_axis_ratio"]).mul_(p["bulge_radius"])
    narrow, wide = (sersic_transform(p["sersic_index"], along * (1 + s * BLUER_OUTSIDE)) for s in (-1, 1))
    bulge = (narrow + wide).mul_(0.5)
    # Where galaxies without discs are drawn together, nothing of discs is computed.
    disc, core = (
        _disc_transforms(kx, ky, p) if bool((p["bulge_to_total"] < 1).any()) else bulge.new_zeros((2, *bulge.shape))
    )
    # Taken from the core; where little is left of it, little more lacks in the blue.
    deficit = p["disc_deficit"] + flux["gradient"] * (1 - 3.5 * p["disc_deficit"]).clamp(0, 1)
    wider = flux["bulge"] * flux["wider"]
    share = torch.cat((flux["bulge"] - wider, wider, flux["disc"] * (1 + deficit), -flux["disc"] * deficit), -1)
    centred = turned((kx + ky) * ((size - 1) / 2))
    out = _summed(share, torch.stack((narrow, wide, disc, core), 1)).to(centred.dtype).mul_(centred)
    seen = sum(np.abs(np.asarray(table[column], float)) for part in PARTS.values() for column in part).nonzero()[0]
    if len(seen):
        rows = slice(None)
        if len(seen) < len(out):
            rows = torch.as_tensor(seen, device=device)
            p, flux = ({name: v[rows] if len(v) == len(out) else v for name, v in d.items()} for d in (p, flux))
        smooth = _smooth_images(p, disc[rows], core[rows], bulge[rows], size)
        extra = structure(p, flux, **smooth, wavelengths=band_wavelengths(bands, filters), rng=rng)
        extra = torch.fft.rfft2(extra, s=(padded, padded))
        extra = _tiled(extra, out.shape[-2])
        if len(seen) == len(out):
            out += extra
        else:
            added(out, rows, extra)
    if field:
        add_field(out, kx, ky, pixel_scale, size, bands, filters, rng)
    return out


def _smooth_images(p, disc, core, bulge, size):
    """Images of unit flux that structure multiplies: of discs, bulges, and the `least` that is there of discs."""
    out = {"bulge": centred_images(bulge, size, blur=SOFT).clamp_(min=0)}
    if not bool((p["bulge_to_total"] < 1).any()):
        return out | dict.fromkeys(("disc", "least"), torch.zeros_like(out["bulge"]))
    disc = torch.lerp(disc, core, -p["disc_deficit"])
    out["disc"] = out["least"] = centred_images(disc, size, blur=SOFT).clamp_(min=0)
    thin = (p["disc_axis_ratio"] * p["h"] < THIN).flatten().nonzero().flatten()
    if len(thin):  # beside a thin disc, the blurred one has light where the sharp one has none to be taken away
        once = out["disc"][thin]
        twice, thrice = (centred_images(disc[thin], size, blur=k**0.5 * SOFT) for k in (2, 3))
        sharper = torch.minimum(2 * once - twice, 2 * twice - thrice)  # the first in the disc, the second around it
        out["least"] = out["disc"].clone()
        out["least"][thin] = torch.minimum(once, sharper.clamp_(min=0))
    return out


def _summed(share, parts):
    """Sum of `parts` (N, K, P, Q), real or complex, in each band: `share` (N, bands, K) of each."""
    planes = torch.view_as_real(parts) if parts.is_complex() else parts
    found = torch.bmm(share, planes.flatten(2)).unflatten(2, planes.shape[2:])
    return torch.view_as_complex(found) if parts.is_complex() else found


def _tiled(spectrum, count):
    """Spectrum of points on the pixel grid, (..., P, P//2+1), at `count` frequencies along each axis: it repeats."""
    padded, half, more = spectrum.shape[-2], spectrum.shape[-1] - 1, count // 2
    if count == padded:
        return spectrum
    mirrored = spectrum[..., padded - more : half].flip((-2, -1)).roll(1, -2).conj()  # F(P - k) = F(-k)*
    wide = torch.cat((spectrum, mirrored), -1)
    return torch.cat((wide[..., :more, :], wide[..., padded - more :, :]), -2)


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

    plain = """
        bulge_to_total sersic_index bulge_axis_ratio bar_light bar_length ring_light arm_number
        arm_winding arm_contrast arm_inequality arm_phase arm_start pitch_change flocculence
        lopsidedness patchiness disc_deficit thickness knot_light dust near_side
        warp boxiness twist shell_light satellites redshift
    """.split()
    p = {name: tensor(table[name]) for name in plain}
    p |= {
        name: tensor(table[name].to_value("rad"))
        for name in ("position_angle", "inclination", "bar_angle", "arm_pitch")
    }
    p |= {name: tensor(table[name].to_value("arcsec") / pixel_scale) for name in ("bulge_radius", "disc_radius")}
    p["whole_radius"] = tensor(table["half_light_radius"].to_value("arcsec") / pixel_scale)
    # Scale length of a disc from its half-light radius: that of an exponential, corrected for the deficit.
    p["h"] = p["disc_radius"] / (1.678 * (1 + 0.66 * p["disc_deficit"]))
    p["disc_axis_ratio"] = disc_axis_ratio(torch.cos(p["inclination"]), p["thickness"])
    # Arms, bars and rings are seen in discs that are not edge-on; from the side a bar is a boxy bulge.
    p["visible"] = ((torch.cos(p["inclination"]) - ARMS_HIDDEN) / 0.2).clamp(0, 1)
    p["peanut"] = (p["bar_light"] > 0) * (1 - p["visible"])
    p["bar_light"] = p["bar_light"] * p["visible"]
    p["knot_light"] = p["knot_light"] * (0.3 + 0.7 * p["visible"])
    return p


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
    return exponential(square).mul_(edge), exponential(square / 4).mul_(edge)


def _disc_frequencies(kx, ky, p):
    """(2 pi k h)^2 in the plane of a disc, and x = pi^2 z0 v sin i across it."""
    u, v = turned_axes(kx, ky, p["position_angle"])
    square = u.square_().add_((v * torch.cos(p["inclination"])).square_()).mul_((2 * torch.pi * p["h"]) ** 2)
    return square, v.mul_(torch.pi**2 * DISC_HEIGHT * p["thickness"] * p["h"] * torch.sin(p["inclination"]))


def _x_over_sinh(x):
    x = x.abs().clamp_(1e-2, 30)
    small = torch.exp(-x)  # x / sinh(x) = 2 x e^-x / (1 - e^-2x): torch.sinh is slow
    return x.mul_(2).mul_(small).div_(small.square_().neg_().add_(1))
