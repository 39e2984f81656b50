"""Pieces of photometry on a batch of stamps that `features` is put together from."""

import numpy as np
from astropy.stats import mad_std
from scipy import ndimage

STEP = 0.1  # pixel; bin of the growth curves


def summed(a, b=None):
    """Sum of a, or of a * b, over each image: (n, H, W) -> (n,)."""
    return a.sum((1, 2)) if b is None else np.einsum("nij,nij->n", a, b)


def sky_level(images):
    """Sky level and noise, (n, 1, 1), of (n, H, W): medians of the four edges, 1/16 of the stamp wide. The darkest edge
    gives the level, because a large galaxy or a bright neighbour reaches over some edges."""
    e = max(2, images.shape[-1] // 16)
    edges = [images[:, :e], images[:, -e:], images[:, :, :e], images[:, :, -e:]]
    edges = [x.reshape(len(x), -1) for x in edges]
    level, noise = [np.median(x, 1) for x in edges], [mad_std(x, axis=1) for x in edges]
    return np.min(level, 0)[:, None, None], np.median(noise, 0)[:, None, None]


def component_at(mask, seed):
    """Of each image's mask (n, H, W) the connected part that holds pixel seed (n,), a flat index; maybe empty."""
    structure = np.zeros((3, 3, 3))
    structure[1] = 1  # connects pixels within an image, never one image with the next
    label = ndimage.label(mask, structure)[0]
    mine = label.reshape(len(label), -1)[np.arange(len(label)), seed][:, None, None]
    return (label == mine) & (mine > 0)


def moments(weight, x, y):
    """Second moments of images.

    Parameters
    ----------
    weight : array (n, H, W)
    x, y : array (W,), (H,)
        Positions of the pixels.

    Returns
    -------
    major, minor, angle : array (n,)
        Rms lengths along the axes [pixel], and the position angle of the first [rad].
    """
    wx, wy, total = weight.sum(1), weight.sum(2), summed(weight)
    mx, my = wx @ x / total, wy @ y / total
    xx, yy, xy = wx @ x**2 / total - mx**2, wy @ y**2 / total - my**2, (weight @ x) @ y / total - mx * my
    mean, half = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    return np.sqrt(mean + half), np.sqrt(np.maximum(mean - half, 0)), 0.5 * np.arctan2(2 * xy, xx - yy)


def growth_curve(values, radius, bins):
    """Growth curves: a pixel enters gradually while the circle crosses it, close to exact circle-square overlap.

    Parameters
    ----------
    values, radius : array (n, H, W)
        What is summed, and the distance from the centre, pixels.
    bins : int

    Returns
    -------
    numpy.ndarray (n, bins)
        Sums inside the circles of radius k * STEP.
    """
    n, width = len(values), round(1 / STEP)
    k = np.minimum((radius / STEP + 0.5).astype(int), bins + width) + np.arange(n)[:, None, None] * (bins + width + 1)
    curve = np.bincount(k.ravel(), values.ravel(), n * (bins + width + 1)).reshape(n, -1).cumsum(1)
    return ndimage.uniform_filter1d(curve, width + 1, axis=1, mode="nearest")[:, :bins]


def radius_of(curve, level):
    """Radius (n,) where the curve (n, bins) first reaches level (n,), interpolated between two bins."""
    k = (curve >= level[:, None]).argmax(1).clip(1)
    after, before = (curve[np.arange(len(curve)), j] for j in (k, k - 1))
    return np.nan_to_num((k - ((after - level) / (after - before)).clip(0, 1)) * STEP)


def face_on(found, *, q, angle, r50):
    """Profile, residual and Fourier modes in the plane where the outer ellipse is a circle (Puerari & Dottori 1992).

    Parameters
    ----------
    found : Sources
    q, angle, r50 : array (n, 1, 1)
        Axis ratio, position angle [rad] and half-light radius [pixel].

    Returns
    -------
    dict of str -> array (n,)
        `residual`, `slope_...`, `fourier_...`, `bar`, `arms`, `boxiness` of `features.DESCRIPTIONS`.
    """
    image, sigma, n = found.clean, found.noise[:, 0, 0], len(found.clean)
    cos, sin, root = np.cos(angle), np.sin(angle), np.sqrt(q)
    u, v = (found.dx * cos + found.dy * sin) * root, (found.dy * cos - found.dx * sin) / root
    rho = np.hypot(u, v)  # radius of the circle with the ellipse's area [pixel]
    low = rho.astype(int)
    part, flat = (rho - low).ravel(), (low + np.arange(n)[:, None, None] * (low.max() + 2)).ravel()

    def profile(values):  # each pixel shares its light between the two nearest annuli
        m = n * (low.max() + 2) + 1
        return np.bincount(flat, values * (1 - part), m) + np.bincount(flat + 1, values * part, m)

    mean = profile(image.ravel()) / np.maximum(profile(np.ones(image.size)), 1e-9)
    resid = image - (mean[flat] * (1 - part) + mean[flat + 1] * part).reshape(image.shape)

    edges = 0.4 * 2 ** (np.arange(13) / 4)  # twelve annuli, logarithmic: 0.4 to 3.2 r50
    flat = (np.searchsorted(edges, rho / r50) + np.arange(n)[:, None, None] * 14).ravel()

    def annuli(values):
        return np.bincount(flat, values.ravel(), n * 14).reshape(n, 14)[:, 1:13]

    light, area, log_r = annuli(image), annuli(np.ones_like(image)), np.log(edges[:-1] * edges[1:]) / 2
    norm = light.sum(1)
    out = {"residual": (annuli(abs(resid)).sum(1) - np.sqrt(2 / np.pi) * sigma * area.sum(1)) / norm}
    bright = np.log(np.maximum(light / np.maximum(area, 1), 1e-3 * (norm / area.sum(1))[:, None]))
    for name, s in (("slope_inner", slice(0, 6)), ("slope_outer", slice(5, 10))):
        share = area[:, s] / area[:, s].sum(1, keepdims=True)  # weight: an annulus without pixels says nothing
        lever = log_r[s] - (share @ log_r[s])[:, None]
        out[name] = (share * lever * bright[:, s]).sum(1) / (share * lever**2).sum(1)  # least squares

    phase = (u + 1j * v) / np.maximum(rho, 1e-9)
    power = phase
    for m in (1, 2, 4):
        mode = annuli(resid * power.real) + 1j * annuli(resid * power.imag)
        for name, s in (("inner", slice(0, 6)), ("outer", slice(6, 12))):
            out[f"fourier_m{m}_{name}"] = abs(mode[:, s].sum(1)) / light[:, s].sum(1)
        if m == 2:  # logarithmic spirals exp(i (2 theta + p ln r)), pitch angle arctan(2 / |p|); a bar has p near 0
            spiral = abs(mode @ np.exp(1j * log_r[:, None] * np.arange(-10, 11))) / norm[:, None]
            out["bar"], out["arms"] = spiral[:, 9:12].mean(1), spiral[:, np.r_[0:8, 13:21]].max(1)
        if m == 4:
            out["boxiness"] = mode.real.sum(1) / norm
        power = power * power
    return out


def colours(bands, light, source, *, inner):
    """Colour indices of sources.

    Parameters
    ----------
    bands : three arrays (n, H, W)
        Red, green, blue above the sky.
    light : array (n, H, W)
        Of the source, grey.
    source, inner : bool array (n, H, W)
        The source, and what lies inside its half-light radius.

    Returns
    -------
    dict of str -> array (n,)
        `colour...` of `features.DESCRIPTIONS`.
    """
    red, green, blue = bands

    def magnitude(top, bottom, where):
        where = where.astype(float)
        floor = 0.02 * summed(light, where)  # a band without light would give an infinite colour
        return 2.5 * np.log10(np.maximum(summed(top, where), floor) / np.maximum(summed(bottom, where), floor))

    out = {
        "colour": magnitude(red, blue, source),
        "colour_gr": magnitude(green, blue, source),
        "colour_inner": magnitude(red, blue, source & inner),
    }
    out["colour_gradient"] = magnitude(red, blue, source & ~inner) - out["colour_inner"]
    ratio = ((red - blue) / np.maximum(red + blue, light)).clip(-1, 1)
    ratio, total = np.where(light > 0, ratio, 0), summed(light)
    out["colour_scatter"] = np.sqrt((summed(light, ratio**2) / total - (summed(light, ratio) / total) ** 2).clip(0))
    return out
