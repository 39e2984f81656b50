"""What breaks the symmetry of a mock galaxy: arms, bars, rings, patches, knots, dust, warps, shells.

Structure multiplies smooth light by the exponential of a bounded field, and what is added (bars, knots, companions) is
positive: no pixel is below zero. Drawn on the pixel grid, galaxies of a batch at once.
"""

import numpy as np
import torch

from ..imaging.kcorrection import GRI_WAVELENGTHS
from .arms import FAINT, disc_field

KNOTS = 24  # star-forming regions drawn in a disc
STRONGEST = 2.0  # the field is bounded by this: light varies by a factor of seven either way
FAINTEST = 0.25  # of the smooth light is left in the darkest places
BAR_WIDTH = 0.30  # of its length; tapered ends
WARP_SEEN = 0.002  # slope of a warp as seen, below which none is drawn: a tenth of a pixel in a large disc
# By wavelength, Å (u, g, r, i, z, H): light of arms against that between them, per unit of the field; optical depth.
_AT = (3550, *GRI_WAVELENGTHS, 8930, 16500)
_BLUER, _REDDENED = (0.18, 0.085, 0.0, -0.035, -0.05, -0.07), (1.45, 1.25, 1.0, 0.75, 0.6, 0.2)
LINES = 0.6  # what lines of glowing gas add to a band, per starlight of the region


def turned_axes(x, y, angle):
    """Coordinates along and across a direction `angle` (radians)."""
    c, s = torch.cos(angle), torch.sin(angle)
    return x * c + y * s, y * c - x * s


def structure(p, flux, *, disc, bulge, least, wavelengths, rng):
    """What structure adds to smooth discs and bulges, of no net flux.

    Parameters
    ----------
    p : dict of torch.Tensor (N, 1, 1)
        Columns of the catalogue, angles in radians and lengths in pixels.
    flux : dict of torch.Tensor (N, bands, 1)
        Of "bulge", "disc" and "young" stars.
    disc, bulge : torch.Tensor (N, S, S)
        Smooth light of unit flux, not below zero.
    least : torch.Tensor (N, S, S)
        Of the disc, what is there to be taken away.
    wavelengths : array (bands,)
        Effective, Å.
    rng : numpy.random.Generator

    Returns
    -------
    torch.Tensor (N, bands, S, S)
    """
    size, device = disc.shape[-1], disc.device
    axis = torch.arange(size, device=device, dtype=torch.float32) - (size - 1) / 2
    x, y = turned_axes(axis[None, None, :], axis[None, :, None], p["position_angle"])
    round_ = _isophotes(p, x, y, bulge, rng)
    out = disc.new_empty((len(disc), len(wavelengths), size, size))
    if bool((p["bulge_to_total"] < 1).any()):
        _with_discs(out, p, flux, (x, y), (disc, bulge, round_, least), wavelengths, rng)
    else:
        changed = torch.maximum(round_ - bulge, bulge * (FAINTEST - 1))
        torch.mul(changed[:, None], flux["bulge"][..., None], out=out)
    companions = p["satellites"].flatten().nonzero().flatten()
    if len(companions):
        _satellites(out, p, flux, companions, size, rng)
    return out


def _with_discs(out, p, flux, axes, images, wavelengths, rng):
    """What structure adds to discs in each band, and to the bulges in them, into `out`."""
    (x, y), (disc, bulge, round_, least) = axes, images
    plane = {"x": x / p["h"], "y": y / (p["disc_axis_ratio"] * p["h"])}  # in the disc, scale lengths
    plane["radius"] = (plane["x"] ** 2).addcmul_(plane["y"], plane["y"]).sqrt_().clamp_(min=0.15)
    field, clumps = disc_field(p, plane, rng)
    _add_warp(field, p, x, y)
    field = field.mul_(2 / STRONGEST).sigmoid_().mul_(2 * STRONGEST).sub_(STRONGEST)  # tanh, twice as fast
    stars = torch.exp(field).mul_(disc)
    behind, depth = _dust(p, plane, clumps)
    bluer, reddened = np.interp(wavelengths, _AT, _BLUER), np.interp(wavelengths, _AT, _REDDENED)
    gas = _gas(wavelengths, p["redshift"])
    where, knots, glowing = _knots(p, (stars * stars).div_(disc.clamp(min=1e-9)), rng)
    patterned = field.mul_(stars)
    of = {"disc": disc, "bulge": bulge, "stars": stars, "pattern": patterned}
    sums = {name: image.sum((-2, -1), keepdim=True) for name, image in of.items()}
    barred = p["bar_light"].flatten().nonzero().flatten()
    bars = _bars(p, plane, barred) * sums["disc"][barred] if len(barred) else None
    one = disc.new_ones(())
    for b in range(len(wavelengths)):
        of_disc, of_bulge, of_young = (flux[name][:, b, :, None] for name in ("disc", "bulge", "young"))
        # Arms are bluer than what lies between them.
        blue = float(bluer[b])
        settled = (1 - p["bar_light"] - p["knot_light"]) * sums["disc"]
        settled = settled * of_disc / (sums["stars"] + blue * sums["pattern"]).clamp_(min=1e-9)
        drawn = torch.mul(stars, settled, out=out[:, b]).addcmul_(round_, of_bulge)
        if blue:
            drawn.addcmul_(patterned, settled * blue)
        if bars is not None:
            drawn.index_add_(0, barred, bars * of_disc[barred])
        drawn.mul_(torch.lerp(one, (depth * float(reddened[b])).exp_(), behind))
        young = knots * of_young[:, 0] + glowing * (of_young * (LINES * gas[b]))[:, 0]
        drawn.view(len(drawn), -1).scatter_add_(1, where, young)
        total = of_disc * sums["disc"] + of_bulge * sums["bulge"]
        drawn.mul_(total / drawn.sum((-2, -1), keepdim=True).clamp_(min=1e-12))
        drawn.addcmul_(disc, -of_disc).addcmul_(bulge, -of_bulge)
        torch.maximum(drawn, (least * (of_disc * (FAINTEST - 1))).addcmul_(bulge, of_bulge * (FAINTEST - 1)), out=drawn)
        added = drawn.sum((-2, -1), keepdim=True)  # by that bound: taken from all light alike
        kept = total / (total + added).clamp_(min=1e-12)
        drawn.mul_(kept).addcmul_(disc, of_disc * (kept - 1)).addcmul_(bulge, of_bulge * (kept - 1))


def _gas(wavelengths, redshift):
    """How much of the light of lines falls into each band: H-alpha (1), which makes regions pink, and [O III] (0.5)."""
    out = [torch.zeros_like(redshift) for _ in wavelengths]
    at = torch.as_tensor(wavelengths, dtype=redshift.dtype, device=redshift.device)
    for rest, strength in ((6563, 1.0), (4980, 0.5)):
        away = (at - rest * (1 + redshift)).abs()  # (N, 1, bands): in the band whose middle is nearest
        for b in range(len(wavelengths)):
            out[b] += strength * ((away.argmin(-1, keepdim=True) == b) & (away[..., b : b + 1] < 1000))
    return out


def _add_warp(field, p, x, y):
    """Add what bends a disc, up on one side and down on the other: -(displacement) x d ln(light) / dy, in place."""
    bent = (p["warp"] * torch.sin(p["inclination"]) ** 4).abs() > WARP_SEEN
    rows = bent.flatten().nonzero().flatten()
    p = {name: p[name][rows] for name in ("warp", "inclination", "disc_axis_ratio", "h")}
    x, y = x[rows], y[rows]
    x, y = _lower(x), _lower(y)
    height = p["disc_axis_ratio"] * p["h"]  # how thick the disc looks
    bend = p["warp"] * x * (x / (3 * p["h"])).square_().clamp_(max=3) * torch.sin(p["inclination"]) ** 4
    field.index_add_(0, rows, _whole(bend.mul_(2 / height).clamp_(-2, 2).mul_(torch.tanh(y / height))))


def _bars(p, plane, rows):
    """Bars of unit disc flux: elliptical with tapered ends, and boxy where the disc is seen from the side."""
    p = {name: p[name][rows] for name in ("bar_angle", "bar_length", "bar_light")}
    along, across = turned_axes(_lower(plane["x"])[rows], _lower(plane["y"])[rows], p["bar_angle"])
    a = p["bar_length"]
    square = (along / a).square_().add_((across / (BAR_WIDTH * a)).square_())
    bar = _whole(square.mul_(square.sqrt()).mul_(-1.3).clamp_(min=FAINT).exp_())
    return bar.mul_(p["bar_light"] / bar.sum((-2, -1), keepdim=True).clamp(min=1e-9))


def _isophotes(p, x, y, bulge, rng):
    """Bulges and ellipticals whose isophotes are boxy or discy, twist with radius, and hold shells now and then."""
    rows = ((p["bulge_to_total"] > 0.6) | (p["peanut"] > 0)).flatten().nonzero().flatten()
    if len(rows) == 0:
        return bulge
    shapes = "bulge_radius", "bulge_axis_ratio", "boxiness", "peanut", "twist", "shell_light"
    p = {name: p[name][rows] for name in shapes}
    u, v = _lower(x)[rows] / p["bulge_radius"], _lower(y)[rows] / (p["bulge_axis_ratio"] * p["bulge_radius"])
    square = (u * u).add_(v * v).clamp_(min=0.01)
    across, cosine = (2 * u * v).div_(square), (u * u).sub_(v * v).div_(square)
    four = 1 - 2 * across**2  # cos 4 phi
    depth = 0.5 * torch.log(square)
    # Brightness falls as the 2.2nd power of radius or so: isophotes that bulge by 1 % are 2 % brighter there.
    fading = (square - 1).clamp_(min=0).mul_(-0.25).clamp_(min=FAINT).exp_()
    field = fading.mul_(four).mul_(2.2 * p["boxiness"] - 0.35 * p["peanut"])
    field += (1.1 * p["twist"] * (1 - p["bulge_axis_ratio"] ** 2)) * across * depth.clamp(-1.5, 1.5)
    place = torch.as_tensor(rng.uniform((1.2, -1, 1.8, -1), (2, 1, 3.2, 1), (len(rows), 4)).astype(np.float32)).to(u)
    shells = p["shell_light"].flatten().nonzero().flatten()
    place, radius, cosine, light = (v[shells] for v in (place, square.sqrt(), cosine, p["shell_light"]))
    for where, side in (place[:, :2].T, place[:, 2:].T):
        inside = where[:, None, None] - radius
        edge = torch.exp(-2.5 * inside.clamp(min=0)) * torch.sigmoid((inside / 0.04).clamp_(min=FAINT))  # sharp outside
        sector = torch.sigmoid(6 * (side[:, None, None].sign() * cosine - 0.5))
        field.index_add_(0, shells, edge.mul_(light).mul_(sector))
    out = bulge.clone()
    changed = _whole(field.exp_().mul_(_lower(bulge)[rows]))
    sums = [image.sum((-2, -1), keepdim=True) for image in (bulge, changed)]
    out[rows] = changed.mul_(sums[0][rows] / sums[1].clamp(min=1e-9))
    return out


def _lower(images):
    """Half of images that look the same turned by half a turn."""
    return images[..., images.shape[-2] // 2 :, :]


def _whole(lower):
    """Images of which `_lower` is half."""
    return torch.cat((lower.flip((-2, -1))[..., : lower.shape[-1] // 2, :], lower), -2)


def _dust(p, plane, clumps):
    """Dust in the plane of the disc: share of the light behind it, most of it on the near side, and -(depth in r).

    Least in the centre and far out; near edge-on it adds up along the line of sight to a lane.
    """
    thin = (torch.cos(p["inclination"]) ** 2 + 0.05**2).sqrt()
    y = plane["y"] * (p["disc_axis_ratio"] / thin)
    radius = (plane["x"] ** 2).add_(y**2).sqrt_()
    depth = torch.exp(radius / -1.5).mul_(radius).div_(radius.add_(0.4))
    depth.mul_(-2.4 * p["dust"] / (thin + 0.15) * (p["bulge_to_total"] < 1))
    depth.mul_((clumps * 0.6).add_(1).clamp_(min=0.1)).clamp_(min=-2.2)
    return torch.sigmoid(y.mul_(p["near_side"] * torch.sin(p["inclination"]) * 2.5)), depth


def _knots(p, weight, rng):
    """Star-forming knots where `weight` (N, S, S) says, each shared by the four pixels near: their places in the
    flattened image, light, and that of those which glow, all (N, 4 KNOTS)."""
    n, size = len(weight), weight.shape[-1]

    def draw(kind, *args):
        return torch.as_tensor(getattr(rng, kind)(*args, (n, KNOTS)).astype(np.float32), device=weight.device)

    heaped = weight.flatten(1).cumsum(1)
    pixel = torch.searchsorted(heaped, draw("uniform", 0, 1) * heaped[:, -1:]).clamp_(max=size * size - 1)
    x, y = pixel % size + draw("uniform", -0.5, 0.5), pixel // size + draw("uniform", -0.5, 0.5)
    light = draw("lognormal", 0, 1.0)
    light *= p["knot_light"][:, 0] / light.sum(1, keepdim=True)
    glows = light * (draw("uniform", 0, 1) < 0.4)
    column, row = x.floor(), y.floor()
    right, down = (torch.tensor(v, device=weight.device)[:, None] for v in ((0, 0, 1, 1), (0, 1, 0, 1)))
    x, y, column, row = x[:, None], y[:, None], column[:, None] + right, row[:, None] + down
    share = (1 - (x - column).abs()) * (1 - (y - row).abs())
    share *= (column >= 0) & (column < size) & (row >= 0) & (row < size)
    index = (row * size + column).clamp_(0, size * size - 1).long()
    return index.flatten(1), (light[:, None] * share).flatten(1), (glows[:, None] * share).flatten(1)


def _satellites(drawn, p, flux, rows, size, rng):
    """Small companions within the halo of a galaxy, as red as it is, in place."""
    rows = rows.repeat_interleave(p["satellites"].flatten()[rows].long())
    count = len(rows)

    def draw(kind, *args):
        values = getattr(rng, kind)(*args, count)
        return torch.as_tensor(np.asarray(values, np.float32), device=drawn.device)[:, None, None]

    reach = p["whole_radius"][rows]
    away, angle = draw("uniform", 0.6, 2.6) * reach, draw("uniform", 0, 2 * np.pi)
    axis = torch.arange(size, device=drawn.device, dtype=torch.float32) - (size - 1) / 2
    dx, dy = axis[None, None, :] - away * torch.cos(angle), axis[None, :, None] - away * torch.sin(angle)
    square = dx.square().add(dy.square()).div_((draw("uniform", 0.08, 0.22) * reach) ** 2)
    image = torch.exp(-1.68 * (square + 0.1).sqrt_())
    image *= 10 ** draw("uniform", -2.3, -0.8) / image.sum((-2, -1), keepdim=True).clamp(min=1e-3)
    total = (flux["disc"] + flux["bulge"])[rows, :, :, None]
    drawn.index_add_(0, rows, total * image[:, None])
