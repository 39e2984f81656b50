"""Radii, asymmetry, smoothness, Gini and M20 of `Sources`."""

import numpy as np
from scipy import ndimage

from .photometry import STEP, component_at, growth_curve, radius_of, summed
from .sources import opposite


def radii(found):
    """Radii and concentration from growth curves (Petrosian 1976; Conselice 2003), and the brightness out there.

    Returns
    -------
    dict of str -> array (n,)
        `concentration`, `r50`, `r50_fraction`, `r80`, `r_petrosian` (eta = 0.2), `surface_brightness` inside r50.
    inside : array (n,)
        Mean value inside the Petrosian radius.
    """
    rows, bins, half = np.arange(len(found.r)), int(found.side / 2 / STEP), round(0.5 / STEP)
    flux, area = growth_curve(found.clean, found.r, bins), growth_curve(np.ones_like(found.r), found.r, bins)
    inside = flux / area
    # Petrosian: the mean in a ring 1 pixel wide is 0.2 of the mean inside.
    ring = (flux[:, 2 * half :] - flux[:, : -2 * half]) / (area[:, 2 * half :] - area[:, : -2 * half])
    faint = (ring < 0.2 * inside[:, half:-half]) & (np.arange(ring.shape[1]) > 2 * half)
    k = np.where(faint.any(1), faint.argmax(1) + half, bins - 1)  # never faint: the galaxy fills the stamp
    total = flux[rows, np.minimum(1.5 * k, bins - 1).astype(int)]  # CAS: all light is what lies inside 1.5 rp
    r20, r50, r80 = (radius_of(flux, f * total) for f in (0.2, 0.5, 0.8))
    out = {
        "concentration": 5 * np.log10(r80 / r20), "r50": r50, "r50_fraction": r50 / found.side, "r80": r80,
        "r_petrosian": k * STEP, "surface_brightness": inside[rows, np.rint(r50 / STEP).astype(int)],
    }  # fmt: skip
    return out, inside[rows, k]


def asymmetry(found, r_petrosian):
    """A of Conselice (2003), (n,): smallest over six centres, less what sky noise alone would give.

    E|difference of two normals| = 2 sigma / sqrt(pi), and so on.
    """
    clean, cx, cy = found.clean, found.centre_x, found.centre_y
    sigma, disc = found.noise[:, 0, 0], (found.r <= 1.5 * r_petrosian[:, None, None]).astype(float)
    moves = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
    trials = [summed(abs(clean - opposite(clean, cx, cy, moved=m)), disc) for m in moves]
    trials = [t - 2 / np.sqrt(np.pi) * sigma * summed(disc) for t in trials]
    # The sixth centre is the centroid itself, bilinear; this averages noise away: variance (1 - f)^2 + f^2 per axis.
    fx, fy = ((2 * c + len(p) - 1) % 1 for c, p in ((cx, found.x), (cy, found.y)))
    turned = sum(
        ((fx if i else 1 - fx) * (fy if j else 1 - fy))[:, None, None]
        * opposite(clean, cx, cy, moved=(i, j), snap=np.floor)
        for i in (0, 1)
        for j in (0, 1)
    )
    spread = np.sqrt(1 + (1 - 2 * fx + 2 * fx**2) * (1 - 2 * fy + 2 * fy**2))
    trials.append(summed(abs(clean - turned), disc) - np.sqrt(2 / np.pi) * spread * sigma * summed(disc))
    return np.min(trials, 0) / summed(abs(clean), disc)


def smoothness(found, r_petrosian):
    """S of Conselice (2003), (n,): light that smoothing removes, without the core and what the sky's noise gives."""
    clean, rp = found.clean, r_petrosian[:, None, None]
    box = np.maximum(2 * np.rint((0.25 * r_petrosian - 1) / 2) + 1, 3).astype(int)  # odd width near a quarter of rp
    excess = clean.copy()
    for b in np.unique(box):
        excess[box == b] -= ndimage.uniform_filter(clean[box == b], (0, b, b))
    zone = (found.r <= 1.5 * rp) * (found.r > 0.25 * rp).astype(float)
    sky = found.noise[:, 0, 0] * np.sqrt((1 - 1 / box**2) / (2 * np.pi)) * summed(zone)
    return (summed(excess.clip(0), zone) - sky) / summed(clean, zone)


def gini_m20(found, level):
    """Gini and M20 of Lotz, Primack & Madau (2004), each (n,), of pixels whose smoothed value exceeds level (n,)."""
    n, h, w = found.clean.shape
    member = component_at((found.smooth > level[:, None, None]) & ~found.others, found.seed)
    pixels = np.where(member, abs(found.clean), 0)
    order = pixels.reshape(n, -1).argsort(1)
    value, count, light = np.take_along_axis(pixels.reshape(n, -1), order, 1), summed(member), summed(pixels)
    rank = np.arange(1, h * w + 1) - (h * w - count)[:, None]  # pixels outside are 0 and come first
    gini = np.einsum("ni,ni->n", value, 2.0 * rank - count[:, None] - 1) / (light * (count - 1))
    mx, my = pixels.sum(1) @ found.x / light, pixels.sum(2) @ found.y / light
    second = pixels * ((found.x - mx[:, None])[:, None, :] ** 2 + (found.y - my[:, None])[:, :, None] ** 2)
    second = np.take_along_axis(second.reshape(n, -1), order, 1)
    brightest = value[:, ::-1].cumsum(1)[:, ::-1] - value < 0.2 * light[:, None]
    return gini, np.log10((second * brightest).sum(1) / second.sum(1))
