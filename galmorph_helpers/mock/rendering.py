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

from ..imaging.fourier import PADDING, folded, frequencies
from ..imaging.kcorrection import GRI_WAVELENGTHS, band_magnitudes, band_wavelengths
from .demographics import PARTS, disc_axis_ratio
from .structure import structure, turned_axes

TRUNCATION = 8.0  # a Sérsic profile ends at this many half-light radii, as the SDSS de Vaucouleurs models do
SOFT = 0.7  # pixels (standard deviation): how sharp the smooth light is that structure multiplies
DISC_HEIGHT = 1.1  # sech^2 scale height of a stellar disc in scale lengths, per unit of its thickness q0
# Others in the field, per square arcminute to r = 22.5, and the slope of log10 N(<r). Stars: 3,000 per square degree to
# r = 20 at mid latitude, slope .22 (Bahcall & Soneira 1980, ApJS 44, 73). Galaxies: 92 per square degree to r = 17.77
# (Strauss+2002, AJ 124, 1810) grow to about 5,000 to r = 21.5 (Yasuda+2001, AJ 122, 1104); twice that beside a bright
# galaxy, for galaxies cluster.
FIELD_STARS, STAR_SLOPE = 3.0, 0.22
FIELD_GALAXIES, GALAXY_SLOPE = 7.3, 0.42
FIELD_MAGNITUDES = 13.0, 22.5
FIELD_REDSHIFT = 0.1  # of whose spectrum bands beyond g, r, i see a neighbour; of a star it is a rough guess
RESOLVED = 20.0  # r magnitude to which a galaxy in the field is drawn as an inclined disc; a fainter one is a smudge
EDGE = 5.0  # pixels beyond the stamp from where sources shine into it


def light(
    table, pixel_scale, *, size=64, bands=("g", "r", "i"), filters=None, seed=0, field=True, device="cpu", reach=1.0
):
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
    p = _parameters(table, pixel_scale, device)
    flux = _band_fluxes(table, bands, filters, device)
    kx, ky = frequencies(size, device, reach=reach)
    padded = frequencies(size)[0].shape[-2]
    kx, ky = kx[:, :1], ky[:, :, :1]  # one row and one column: sums of both are made once, not products of planes
    bulge = sersic_transform(p["sersic_index"], _turned(kx, ky, p, p["bulge_axis_ratio"]).mul_(p["bulge_radius"]))
    disc, core = _disc_transforms(kx, ky, p)
    # Taken from the core; where little is left of it, little more lacks in the blue.
    deficit = p["disc_deficit"] + flux["gradient"] * (1 - 3.5 * p["disc_deficit"]).clamp(0, 1)
    share = torch.cat((flux["bulge"], flux["disc"] * (1 + deficit), -flux["disc"] * deficit), -1)
    centred = torch.exp(-2j * torch.pi * (kx + ky) * ((size - 1) / 2))
    out = _summed(share, torch.stack((bulge, disc, core), 1)).to(centred.dtype).mul_(centred)
    seen = sum(np.abs(np.asarray(table[column], float)) for part in PARTS.values() for column in part).nonzero()[0]
    if len(seen):
        rows = slice(None)
        if len(seen) < len(out):
            rows = torch.as_tensor(seen, device=device)
            p, flux = ({name: v[rows] if len(v) == len(out) else v for name, v in d.items()} for d in (p, flux))
        disc = disc[rows] + p["disc_deficit"] * (disc[rows] - core[rows])
        soft = torch.exp((kx**2 + ky**2) * (-2 * torch.pi**2 * SOFT**2))
        smooth = torch.stack((disc, bulge[rows]), 1).to(centred.dtype).mul_(centred * soft)
        along = torch.fft.ifft(folded(smooth, padded), dim=-2)[:, :, :size]
        disc, bulge = torch.fft.irfft(along, n=padded)[..., :size].unbind(1)
        extra = structure(p, flux, disc, bulge, band_wavelengths(bands, filters), rng)
        extra = torch.fft.rfft2(extra, s=(padded, padded))
        extra = _tiled(extra, out.shape[-2])
        if len(seen) == len(out):
            out += extra
        else:
            _add(out, rows, extra)
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
        "arm_inequality",
        "arm_phase",
        "arm_start",
        "pitch_change",
        "flocculence",
        "lopsidedness",
        "patchiness",
        "disc_deficit",
        "thickness",
        "knot_light",
        "dust",
        "near_side",
        "warp",
        "boxiness",
        "twist",
        "shell_light",
        "satellites",
        "redshift",
    ]
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
    p["visible"] = ((torch.cos(p["inclination"]) - 0.17) / 0.2).clamp(0, 1)
    p["peanut"] = (p["bar_light"] > 0) * (1 - p["visible"])
    p["bar_light"] = p["bar_light"] * p["visible"]
    p["knot_light"] = p["knot_light"] * (0.3 + 0.7 * p["visible"])
    return p


def _band_fluxes(table, bands, filters, device):
    """Flux (nanomaggies) of bulge, disc and young stars in each band, and how much more of the light lacks in the core
    of a disc, all (N or 1, bands, 1)."""
    g_r, r_i, bulge_g_r, r = (np.asarray(table[name].value) for name in ("g_r", "r_i", "bulge_g_r", "r_mag"))
    share = np.asarray(table["bulge_to_total"])[:, None]

    def relative(g_r, r_i):  # flux in each band over that in r
        gri = np.stack(np.broadcast_arrays(g_r, 0.0 * r, -r_i), 1)
        return 10 ** (-0.4 * band_magnitudes(gri, table["redshift"], bands=bands, filters=filters))

    r_flux = 10 ** (-0.4 * (r[:, None] - 22.5))
    total = r_flux * relative(g_r, r_i)
    bulge = np.minimum(share * r_flux * relative(bulge_g_r, r_i + 0.03), total)
    out = {
        "bulge": bulge,
        "disc": total - bulge,
        "young": r_flux * (1 - share) * relative(0.05, 0.0),
        "gradient": np.interp(band_wavelengths(bands, filters), *_AGES)[None],
    }
    return {name: torch.as_tensor(values.astype(np.float32), device=device)[..., None] for name, values in out.items()}


# By wavelength, Å (u, g, r, i, z, H): discs are older inside.
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
    """Add stars and other galaxies in place; positions are uniform over the stamp, counts follow its area."""
    area = ((size + 2 * EDGE) * pixel_scale / 60) ** 2
    stars = _sources(rng, FIELD_STARS * area, STAR_SLOPE, size)
    galaxies = _sources(rng, FIELD_GALAXIES * area, GALAXY_SLOPE, size)
    # Scale lengths shrink with brightness as those of galaxies of one surface brightness would, half as steeply.
    galaxies["h"] = 10 ** (rng.normal(-0.30, 0.2, len(galaxies["x"])) - 0.1 * (galaxies["r"] - 20.5))
    galaxies["h"] /= pixel_scale[galaxies["owner"]]
    g_r = rng.normal(0.75, 0.3, len(galaxies["x"]))
    galaxies["colour"] = np.stack((g_r, 0 * g_r, -0.4 * g_r - 0.05))
    near = galaxies["r"] < RESOLVED
    _add_discs(out, kx, ky, {name: value[..., near] for name, value in galaxies.items()}, size, bands, filters, rng)
    faint = {name: value[..., ~near] for name, value in galaxies.items()}
    # A Gaussian as wide as an exponential (1.43 h holds as much of its light), flattened along an axis of the stamp.
    faint["width"] = 1.43 * faint["h"] * rng.uniform(0.5, 1, (2, len(faint["x"])))
    stars["colour"] = _stellar_colours(rng, stars["r"])
    stars["width"] = np.zeros((2, len(stars["x"])))
    _add_smudges(out, kx, ky, {name: np.concatenate((stars[name], faint[name]), -1) for name in stars}, bands, filters)


def _sources(rng, expected, slope, size):
    """Stamp, r magnitude and place (pixels) of sources whose counts grow as 10^(slope m); `expected` (N,) a stamp."""
    count = rng.poisson(expected)
    owner = np.repeat(np.arange(len(count)), count)
    bright, faint = (10 ** (slope * m) for m in FIELD_MAGNITUDES)
    x, y = rng.uniform(-EDGE, size - 1 + EDGE, (2, len(owner)))
    return {"owner": owner, "r": np.log10(rng.uniform(bright, faint, len(owner))) / slope, "x": x, "y": y}


def _stellar_colours(rng, r):
    """g - r, 0, i - r of stars, (3, N), along the stellar locus (Jurić+2008, ApJ 673, 864, eq. 4).

    The fainter, the more M dwarfs: about one in seven at r = 15, over half at r = 21.
    """
    dwarf = rng.random(len(r)) < np.interp(r, [15, 21], [0.15, 0.6])
    r_i = np.where(dwarf, rng.uniform(0.45, 1.7, len(r)), rng.normal(0.16, 0.06, len(r))).clip(-0.1, None)
    g_r = 1.39 * (1 - np.exp(-4.9 * r_i**3 - 2.45 * r_i**2 - 1.68 * r_i - 0.05)) + rng.normal(0, 0.05, len(r))
    return np.stack((g_r, 0 * r_i, -r_i))


def _flux(sources, bands, filters):
    """Nanomaggies of each source in each band, (bands, N)."""
    gri = (sources["r"] + sources["colour"]).T
    seen = band_magnitudes(gri, np.full(len(gri), FIELD_REDSHIFT), bands=bands, filters=filters)
    return 10 ** (-0.4 * (seen.T - 22.5))


def _add_smudges(out, kx, ky, sources, bands, filters):
    """Points and Gaussians: products of a row and a column each, so those of a stamp are one product of matrices."""
    order = np.argsort(sources["owner"], kind="stable")
    if len(order) == 0:
        return
    sources = {name: value[..., order] for name, value in sources.items()}
    rows, first, number = np.unique(sources["owner"], return_index=True, return_counts=True)
    row, slot = np.repeat(np.arange(len(rows)), number), np.arange(len(order)) - np.repeat(first, number)

    def tensor(values):
        table = torch.zeros(len(rows), number.max(), device=out.device)
        table[row, slot] = torch.as_tensor(np.asarray(values, np.float32), device=out.device)
        return table

    def waves(place, width, k):  # (stamps, sources, frequencies)
        place, width = tensor(place)[..., None], tensor(width)[..., None]
        phase, passed = place * (-2 * torch.pi * k), (width * (2**0.5 * torch.pi * k)).square_().neg_().exp_()
        return torch.complex(torch.cos(phase).mul_(passed), torch.sin(phase).mul_(passed))  # faster than exp(complex)

    across = waves(sources["x"], sources["width"][0], kx.flatten())
    above = waves(sources["y"], sources["width"][1], ky.flatten()[: kx.shape[-1]].abs())  # the highest is negative
    along = torch.cat((above[..., :-1], above[..., 1:].flip(-1).conj()), -1).mT
    flux = torch.stack([tensor(f) for f in _flux(sources, bands, filters)], 1)
    _add(out, torch.as_tensor(rows, device=out.device), (along[:, None] * flux[:, :, None]) @ across[:, None])


def _add_discs(out, kx, ky, sources, size, bands, filters, rng):
    """Inclined exponential discs: extended, so drawn to the Nyquist frequency only."""
    owner = sources["owner"]
    if len(owner) == 0:
        return

    def tensor(values):
        return torch.as_tensor(np.asarray(values, np.float32), device=out.device)[:, None, None]

    half, columns = round(PADDING * size / 2), slice(round(PADDING * size / 2) + 1)
    kx, ky = kx[..., columns], torch.cat((ky[:, :half], ky[:, -half:]), 1)
    u, v = turned_axes(kx, ky, tensor(rng.uniform(0, np.pi, len(owner))))
    square = u.square_().add_(v.mul_(tensor(rng.uniform(0.35, 1, len(owner)))).square_())
    profile = _exponential(square.mul_((2 * torch.pi * tensor(sources["h"])) ** 2))
    x, y = tensor(sources["x"]), tensor(sources["y"])
    shifted = profile * (torch.exp(-2j * torch.pi * kx * x) * torch.exp(-2j * torch.pi * ky * y))
    flux = torch.stack([tensor(f) for f in _flux(sources, bands, filters)], 1)
    rows, more = torch.as_tensor(owner, device=out.device), flux * shifted[:, None]
    if out.shape[-1] == half + 1:
        _add(out, rows, more)
        return
    drawn = out.new_zeros((*out.shape[:2], 2 * half, half + 1))
    _add(drawn, rows, more)
    out[:, :, :half, columns] += drawn[:, :, :half]
    out[:, :, -half:, columns] += drawn[:, :, half:]
