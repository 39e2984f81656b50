"""Integral-field data: radial spectra and rotation, from what `manga_files` reads."""

import numpy as np

from .spectroscopy import C_KM_S, WINDOWS, log_grid, rest_frame


def elliptical_radius(x, y, *, position_angle=0.0, axis_ratio=1.0):
    """Radius in the plane of a thin tilted disc, and azimuth from its major axis (deg), at offsets on the sky.

    Parameters
    ----------
    x, y : array
        Offsets from the centre, any unit.
    position_angle : float
        Of the major axis, degrees from +x towards +y.
    axis_ratio : float
        Minor over major axis, 0 to 1.
    """
    if not 0 < axis_ratio <= 1:
        raise ValueError(f"axis_ratio must be in (0, 1], got {axis_ratio!r}: minor over major axis.")
    angle = np.deg2rad(position_angle)
    major, minor = x * np.cos(angle) + y * np.sin(angle), (y * np.cos(angle) - x * np.sin(angle)) / axis_ratio
    return np.hypot(major, minor), np.rad2deg(np.arctan2(minor, major)) % 360


def radial_spectra(cube, maps, *, edges, correlated=True):
    """Spectra at rest, normalised, in elliptical annuli of a cube.

    Each spaxel is moved by its own stellar velocity; spaxels without one, without a radius or without light are left
    out. The spectrum of an annulus is Σ flux / Σ level over the spaxels good at that wavelength, level being the
    spaxel's mean in line-free windows, so that a bad pixel in a bright spaxel bends nothing.

    Parameters
    ----------
    cube : Cube
    maps : Maps
    edges : array (B + 1,)
        Of the annuli, R / Re.
    correlated : bool
        Neighbouring spaxels of MaNGA share fibres: the noise of a sum over N is 1 + 1.62 log10 N times (up to N = 100)
        what independent ones would give (Law et al. 2016, AJ 152, 83).

    Returns
    -------
    flux, ivar : array (B, Q)
        On `log_grid()`; an annulus without spaxels has inverse variance zero.
    radius : array (B,)
        Mean R / Re of the light, NaN for an empty annulus.

    Raises
    ------
    ValueError
        If no spaxel is good.
    """
    edges, grid = np.asarray(edges, float), log_grid()
    if cube.flux.shape[1:] != maps.radius.shape:
        raise ValueError(
            f"the cube is {cube.flux.shape[1:]} spaxels wide, the maps {maps.radius.shape}: not one galaxy."
        )
    lit = (cube.ivar > 0).mean(0) > 0.5
    measured = np.isfinite(maps.stellar_velocity) & np.isfinite(maps.radius)
    inside = (maps.radius >= edges[0]) & (maps.radius < edges[-1])
    if not (lit & measured & inside).any():
        raise ValueError(
            f"no good spaxel: of {lit.size}, {lit.sum()} have over half of their wavelengths, {measured.sum()} a "
            f"stellar velocity and a radius in the maps, {inside.sum()} lie within {edges[-1]:g} Re; none all three."
        )
    y, x = np.nonzero(lit & measured & inside)
    redshift = (1 + maps.redshift) * (1 + maps.stellar_velocity[y, x] / C_KM_S) - 1
    flux, ivar = rest_frame(
        cube.wavelength, cube.flux[:, y, x].T, cube.ivar[:, y, x].T, redshift, grid=grid, ebv=cube.ebv
    )
    windows = np.any([(grid >= a) & (grid < b) for a, b in WINDOWS], axis=0)
    good = (ivar > 0).astype(np.float32)
    level = (flux * good)[:, windows].sum(1) / np.maximum(good[:, windows].sum(1), 1)
    good[level <= 0] = 0
    which = np.digitize(maps.radius[y, x], edges) - 1
    shape = (len(edges) - 1, len(grid))
    out, weight, radius = np.zeros(shape, np.float32), np.zeros(shape, np.float32), np.full(shape[0], np.nan)
    for b in range(shape[0]):
        own = (which == b) & (level > 0)
        n = own.sum()
        if n == 0:
            continue
        light = level[own] @ good[own]
        noise = (good[own] / np.where(ivar[own] > 0, ivar[own], 1)).sum(0)
        seen = light > 0.3 * level[own].sum()  # too few spaxels are no annulus
        out[b, seen] = (flux[own] * good[own]).sum(0)[seen] / light[seen]
        factor = 1 + 1.62 * np.log10(min(n, 100)) if correlated else 1.0
        weight[b, seen] = light[seen] ** 2 / noise[seen] / factor**2
        radius[b] = np.average(maps.radius[y, x][own], weights=level[own])
    return out, weight, radius


def lambda_r(flux, radius, velocity, dispersion):
    """How much of a galaxy's motion is rotation: λ_R = Σ F R |V| / Σ F R √(V² + σ²) (Emsellem+2007, MNRAS 379, 401).

    Parameters
    ----------
    flux, radius, velocity, dispersion : array (..., S)
        S spaxels, or pieces of annuli, of each galaxy; those with NaN are left out. The flux is that of the piece:
        surface brightness times area, where areas differ.

    Returns
    -------
    array (...)
        0 (no rotation) to 1 (nothing else); NaN for a galaxy without a good spaxel.
    """
    good = np.isfinite(flux + radius + velocity + dispersion)
    weight = np.where(good, np.asarray(flux) * radius, 0)
    velocity, dispersion = np.where(good, velocity, 0), np.where(good, dispersion, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (weight * np.abs(velocity)).sum(-1) / (weight * np.hypot(velocity, dispersion)).sum(-1)
