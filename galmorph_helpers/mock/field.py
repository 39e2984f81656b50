"""Stars and galaxies in the field of a mock galaxy, drawn in Fourier space as it is."""

import numpy as np
import torch

from ..imaging.fourier import PADDING, turned
from ..imaging.kcorrection import band_magnitudes
from .arms import FAINT
from .structure import turned_axes

# Others in the field, per square arcminute to r = 22.5, and the slope of log10 N(<r). Stars: 3,000 per square degree to
# r = 20 at mid latitude, slope .22 (Bahcall & Soneira 1980, ApJS 44, 73). Galaxies: 92 per square degree to r = 17.77
# (Strauss+2002, AJ 124, 1810) grow to about 5,000 to r = 21.5 (Yasuda+2001, AJ 122, 1104); nearly three times
# that beside a bright galaxy, for galaxies cluster; a third more stars where the plane is nearer.
FIELD_STARS, STAR_SLOPE = 4.0, 0.22
FIELD_GALAXIES, GALAXY_SLOPE = 10.0, 0.42
FIELD_MAGNITUDES = 13.0, 22.5
FIELD_REDSHIFT = 0.1  # of whose spectrum bands beyond g, r, i see a neighbour; of a star it is a rough guess
RESOLVED = 20.0  # r magnitude to which a galaxy in the field is drawn as an inclined disc; a fainter one is a smudge
EDGE = 5.0  # pixels beyond the stamp from where sources shine into it


def add_field(out, kx, ky, pixel_scale, size, bands, filters, rng):
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
        passed = (width * (2**0.5 * torch.pi * k)).square_().neg_().clamp_(min=FAINT).exp_()
        return turned(place * k).mul_(passed)

    across = waves(sources["x"], sources["width"][0], kx.flatten())
    above = waves(sources["y"], sources["width"][1], ky.flatten()[: kx.shape[-1]].abs())  # the highest is negative
    along = torch.cat((above[..., :-1], above[..., 1:].flip(-1).conj()), -1)
    flux = torch.stack([tensor(f) for f in _flux(sources, bands, filters)], -1)
    more = (along[:, :, None] * flux[..., None]).flatten(2).mT @ across
    added(out, torch.as_tensor(rows, device=out.device), more)


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
    profile = exponential(square.mul_((2 * torch.pi * tensor(sources["h"])) ** 2))
    x, y = tensor(sources["x"]), tensor(sources["y"])
    shifted = profile * (turned(kx * x) * turned(ky * y))
    flux = torch.stack([tensor(f) for f in _flux(sources, bands, filters)], 1)
    rows, more = torch.as_tensor(owner, device=out.device), flux * shifted[:, None]
    if out.shape[-1] == half + 1:
        added(out, rows, more)
        return
    drawn = out.new_zeros((*out.shape[:2], 2 * half, half + 1))
    added(drawn, rows, more)
    out[:, :, :half, columns] += drawn[:, :, :half]
    out[:, :, -half:, columns] += drawn[:, :, half:]


def added(out, rows, more):
    """out[rows] += more, where rows may repeat; by real numbers, as torch adds complex ones ten times slower."""
    torch.view_as_real(out).view(len(out), -1).index_add_(0, rows, torch.view_as_real(more).flatten(1))


def exponential(square):
    """Transform of a round exponential disc of unit flux, (1 + s)^(-3/2) with s = (2 pi k h)^2."""
    square = 1 + square
    return torch.rsqrt(square).div_(square)
