"""Mock maps of fast and slow rotators as an integral-field survey like MaNGA records them.

Five maps a galaxy: light, age, metallicity, velocity and velocity dispersion of its stars. What tells the kinds apart
(old and slow against young and turning) is put in, with scatter and overlap; all numbers here are choices of the
course. Which bundle of fibres a galaxy gets has nothing to do with its kind.
"""

import astropy.units as u
import numpy as np
import torch
from astropy.table import QTable
from scipy.ndimage import gaussian_filter

CHANNELS = ("flux", "age", "metallicity", "velocity", "dispersion")
BUNDLES = {
    19: 12.5,
    37: 17.5,
    61: 22.5,
    91: 27.5,
    127: 32.5,
}  # fibres: corner to corner, arcsec (2.5" from one to next)
SHARES = (2 / 17, 4 / 17, 4 / 17, 2 / 17, 5 / 17)
SEEING = 2.5  # FWHM, arcsec
PIXELS, MARGIN = 32, 8  # side of a map, and what is drawn around it so that the blur knows what lies outside

#: Mean and scatter of each kind: log mass (solar), bulge share of the light, log age (Gyr), its slope (dex per Re), as
#: the metallicity's, rotation over dispersion, light in arms.
KINDS = {
    "E, slow": (11.0, 0.30, 0.90, 0.12, 0.95, 0.06, -0.02, 0.06, -0.25, 0.10, 0.12, 0.06, 0.0),
    "E, fast": (10.7, 0.30, 0.75, 0.12, 0.90, 0.08, -0.05, 0.07, -0.25, 0.10, 1.60, 0.30, 0.0),
    "S0": (10.4, 0.35, 0.45, 0.12, 0.80, 0.12, -0.08, 0.10, -0.20, 0.10, 2.50, 0.45, 0.0),
    "Sa-Sb": (10.5, 0.35, 0.25, 0.10, 0.62, 0.14, -0.18, 0.10, -0.15, 0.10, 2.80, 0.50, 0.18),
    "Sc-Sd": (10.0, 0.35, 0.08, 0.05, 0.38, 0.14, -0.15, 0.10, -0.10, 0.10, 3.00, 0.55, 0.28),
}
MIX = {"E, slow": 0.32, "E, fast": 0.06, "S0": 0.18, "Sa-Sb": 0.23, "Sc-Sd": 0.21}


def mock_maps(n, *, seed=0, bundle=None):
    """Draw maps of `n` mock galaxies.

    Parameters
    ----------
    n : int
    seed : int
        Same seed, same galaxies.
    bundle : int, optional
        Observe all galaxies with this bundle: 19, 37, 61, 91 or 127 fibres. By default the shares of the survey.

    Returns
    -------
    maps : torch.Tensor, float32 (n, 5, 32, 32)
        In the order of `CHANNELS`: flux (relative to the centre), log age (Gyr),
        metallicity (dex), velocity and dispersion (km/s); NaN outside the hexagon of the bundle and in lost spaxels.
        The frame is as wide as the bundle.
    table : astropy.table.QTable
        One row a galaxy: it has `kind`, `morphology`, `slow` (rotator), `log_mass`,
        `log_age`, `bulge_to_total`, `inclination`, `rotation_to_dispersion`, `lambda_r` (of the map without noise),
        `half_light_radius`, and of the instrument `fibres`, `diameter`, `signal_to_noise` (of the central spaxel).
    """
    if n < 1:
        raise ValueError(f"n must be >= 1, got {n}.")
    if bundle is not None and bundle not in BUNDLES:
        raise ValueError(f"bundle must be one of {tuple(BUNDLES)} fibres, got {bundle!r}.")
    rng = np.random.default_rng([seed, 7])
    kind = rng.choice(list(MIX), n, p=list(MIX.values()))
    values = np.array([KINDS[k] for k in kind])
    mass, share, age, age_slope, metal_slope, ratio = (
        rng.normal(values[:, 2 * i], values[:, 2 * i + 1]) for i in range(6)
    )
    arms = values[:, 12] * rng.uniform(0.4, 1.4, n)
    share, ratio = share.clip(0.02, 0.97), ratio.clip(0.02)
    cos_i, angle = rng.uniform(0.08, 1, n), rng.uniform(0, 2 * np.pi, n)
    thickness = np.where(kind == "E, slow", 0.7, np.where(kind == "E, fast", 0.5, 0.2))
    axis_ratio = np.sqrt(thickness**2 + (1 - thickness**2) * cos_i**2)
    fibres = rng.choice(list(BUNDLES), n, p=SHARES)  # drawn in any case: the galaxies of a seed do not depend on it
    fibres = fibres if bundle is None else np.full(n, bundle)
    diameter = np.array([BUNDLES[f] for f in fibres])
    # Two thirds of the sample is meant to be covered to 1.5 half-light radii, one third to 2.5.
    coverage = np.where(rng.random(n) < 2 / 3, 1.5, 2.5) * np.exp(rng.normal(0, 0.12, n))
    radius = diameter / 2 / coverage
    quality = 10 ** rng.normal(1.75, 0.12, n)
    table = QTable(
        {
            "kind": kind, "morphology": np.char.partition(kind, ",")[:, 0], "slow": kind == "E, slow", "log_mass": mass,
            "log_age": age, "bulge_to_total": share, "inclination": np.rad2deg(np.arccos(cos_i)) * u.deg,
            "rotation_to_dispersion": ratio, "half_light_radius": radius * u.arcsec, "fibres": fibres,
            "diameter": diameter * u.arcsec, "signal_to_noise": quality,
        }
    )  # fmt: skip
    table.meta["origin"] = "mock"
    frame = PIXELS + 2 * MARGIN
    maps, spin = np.empty((n, 5, frame, frame), np.float32), np.empty(n)
    middle = (slice(None), slice(MARGIN, -MARGIN), slice(MARGIN, -MARGIN))
    where = hexagon()
    draws = [np.random.default_rng([seed, 7, i]) for i in range(n)]  # of each galaxy its own
    for size in np.unique(diameter):
        rows = np.flatnonzero(diameter == size)
        pixel = size / PIXELS
        blur = (0, SEEING / 2.355 / pixel, SEEING / 2.355 / pixel)
        column = (rows, None, None)
        y, x = np.indices((frame, frame)) - (frame - 1) / 2
        y, x = (a * pixel / radius[column] for a in (y, x))  # half-light radii
        along = x * np.cos(angle[column]) + y * np.sin(angle[column])
        across = (y * np.cos(angle[column]) - x * np.sin(angle[column])) / axis_ratio[column]
        r, azimuth = np.hypot(along, across), np.arctan2(across, along)
        bulge = share[column] * 1.9 * np.exp(-3.67 * np.sqrt(r))  # each of light 1, about
        disc = (1 - share[column]) * 0.45 * np.exp(-1.68 * r)
        phase = _uniform(draws, rows, 2 * np.pi)
        wave = np.cos(2 * azimuth - 2 / np.tan(np.deg2rad(18)) * np.log(r + 0.1) + phase[:, None, None])
        wave *= arms[column] * np.clip(r / 0.5, 0, 1)
        light = bulge + disc * (1 + wave)
        log_age = age[column] + age_slope[column] * (r - 0.7).clip(None, 1.5) - 0.35 * wave * disc / light
        metals = 0.15 * (mass[column] - 10.5) + metal_slope[column] * (np.log10(r + 0.2))
        scale = 150 * 10 ** (0.25 * (mass[column] - 10.6))  # km/s, of all motion
        sigma = scale * 1.5 / np.sqrt(1 + ratio[column] ** 2) * (r + 0.1) ** -0.12
        sigma *= 1 + 0.5 * bulge / light * (ratio[column] > 0.4)
        turning = ratio[column] * scale * 1.5 / np.sqrt(1 + ratio[column] ** 2) * 2 / np.pi * np.arctan(r / 0.3)
        # In a third of the slow rotators a core turns otherwise than the rest.
        core = (kind[rows] == "E, slow") & (np.array([draws[i].random() for i in rows]) < 0.33)
        twist = np.where(core, _uniform(draws, rows, np.pi), 0)[:, None, None] * (r < 0.5)
        speed = turning * np.sqrt(1 - cos_i[column] ** 2) * np.cos(azimuth + twist)
        seen = gaussian_filter(light, blur)
        mean = [gaussian_filter(light * a, blur) / seen for a in (log_age, metals, speed)]
        square = gaussian_filter(light * (sigma**2 + speed**2), blur) / seen - mean[2] ** 2  # the beam smears rotation
        seen, *mean, sigma = (a[middle] for a in (seen, *mean, np.sqrt(square.clip(1))))
        clean = where & (r[middle] < 1)
        motion, weight = np.hypot(mean[2], sigma), seen * r[middle] * clean
        spin[rows] = (weight * np.abs(mean[2])).sum((1, 2)) / (weight * motion).sum((1, 2))
        relative = seen / seen.max((1, 2), keepdims=True)
        # Faint spaxels are binned until they reach a signal-to-noise of 8.
        noise = 1 / np.maximum(quality[column] * np.sqrt(relative), 8)
        grain = np.stack([draws[i].standard_normal((5, PIXELS, PIXELS)) for i in rows])
        width = 0.8 / pixel  # neighbouring spaxels share fibres, so that their noise is alike
        grain = gaussian_filter(grain, (0, 0, width, width)) * np.sqrt(4 * np.pi) * max(width, 0.3)
        levels = (0.7 * relative, 1.0, 1.0, 160.0, 200.0)  # flux; dex; dex; km/s; km/s, at a signal-to-noise of 1
        exact = (relative, mean[0], mean[1], mean[2], sigma)
        for channel, (value, level) in enumerate(zip(exact, levels, strict=True)):
            maps[rows, channel, :PIXELS, :PIXELS] = value + level * noise * grain[:, channel]
        maps[rows, 0, :PIXELS, :PIXELS] = maps[rows, 0, :PIXELS, :PIXELS].clip(1e-4)
        maps[rows, 4, :PIXELS, :PIXELS] = maps[rows, 4, :PIXELS, :PIXELS].clip(10)
    maps = np.ascontiguousarray(maps[:, :, :PIXELS, :PIXELS])
    lost = np.stack([draw.random((PIXELS, PIXELS)) < 0.01 for draw in draws]) | ~where
    maps[np.broadcast_to(lost[:, None], maps.shape)] = np.nan
    table["lambda_r"] = spin
    return torch.from_numpy(maps), table


def _uniform(draws, rows, top):
    """A number in 0 to `top` from the generator of each galaxy."""
    return np.array([draws[i].uniform(0, top) for i in rows])


def hexagon(size=PIXELS):
    """True inside the hexagon that fills a square frame from corner to corner, (size, size)."""
    y, x = (np.indices((size, size)) - (size - 1) / 2) / (size / 2)
    return np.maximum(np.abs(y) * 2 / np.sqrt(3), np.abs(x) + np.abs(y) / np.sqrt(3)) <= 1
