"""Mock maps of fast and slow rotators as an integral-field survey like MaNGA records them.

Five maps a galaxy: light, age, metallicity, velocity and velocity dispersion of its stars. What tells the kinds apart
(old and slow against young and turning) is put in, with scatter and overlap. Rotation is set so that the spin of slow
and fast rotators meets at lambda_R of .1 to .3, as Emsellem+2011 (MNRAS 414, 888) observe: fast ones that are seen
from above hardly seem to turn. The other numbers are choices of the course. Which bundle of fibres a galaxy gets has
nothing to do with its kind.
"""

from types import SimpleNamespace

import astropy.units as u
import numpy as np
import torch
from astropy.table import QTable
from scipy.ndimage import gaussian_filter

from .profiles import sersic

CHANNELS = ("flux", "age", "metallicity", "velocity", "dispersion")
BUNDLES = {19: 12.5, 37: 17.5, 61: 22.5, 91: 27.5, 127: 32.5}  # fibres: corner to corner, arcsec (2.5" apart)
SHARES = (2 / 17, 4 / 17, 4 / 17, 2 / 17, 5 / 17)
SEEING = 2.5  # FWHM, arcsec
PIXELS, MARGIN = 32, 8  # side of a map, and what is drawn around it so that the blur knows what lies outside

#: Mean and scatter of each kind: log mass (solar), bulge share of the light, log age (Gyr), its slope (dex per Re), as
#: the metallicity's, log of rotation over dispersion, thickness; and the light in arms.
KINDS = {
    "E, slow": (11.0, 0.30, 0.85, 0.14, 0.95, 0.07, -0.03, 0.08, -0.25, 0.10, -0.45, 0.25, 0.68, 0.10, 0.01),
    "E, fast": (10.7, 0.30, 0.75, 0.14, 0.90, 0.09, -0.05, 0.08, -0.25, 0.10, -0.02, 0.18, 0.45, 0.12, 0.02),
    "S0": (10.4, 0.35, 0.45, 0.14, 0.80, 0.12, -0.08, 0.10, -0.20, 0.10, 0.20, 0.16, 0.28, 0.08, 0.05),
    "Sa-Sb": (10.5, 0.35, 0.27, 0.12, 0.62, 0.14, -0.16, 0.10, -0.17, 0.10, 0.32, 0.14, 0.22, 0.05, 0.16),
    "Sc-Sd": (10.0, 0.35, 0.10, 0.07, 0.38, 0.14, -0.15, 0.10, -0.12, 0.10, 0.36, 0.14, 0.20, 0.05, 0.26),
}
MIX = {"E, slow": 0.15, "E, fast": 0.17, "S0": 0.22, "Sa-Sb": 0.24, "Sc-Sd": 0.22}
CORES, CORE_RATIO = 0.5, 0.4  # share of galaxies that hardly turn whose core turns otherwise; V/sigma that halves it


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

    Raises
    ------
    ValueError
        If n < 1, or for a bundle that the survey does not have.
    """
    if n < 1:
        raise ValueError(f"n must be >= 1, got {n}.")
    if bundle is not None and bundle not in BUNDLES:
        raise ValueError(f"bundle must be one of {tuple(BUNDLES)} fibres, got {bundle!r}.")
    g = _catalogue(np.random.default_rng([seed, 7]), n, bundle)
    draws = [np.random.default_rng([seed, 7, i]) for i in range(n)]  # of each galaxy its own
    maps, spin, where = np.empty((n, 5, PIXELS, PIXELS), np.float32), np.empty(n), hexagon()
    for diameter in np.unique(g["diameter"]):
        rows = np.flatnonzero(g["diameter"] == diameter)
        some = SimpleNamespace(**{name: values[rows, None, None] for name, values in g.items()})
        pixel = diameter / PIXELS
        radius, exact = _seen(*_intrinsic(some, [draws[i] for i in rows], pixel), SEEING / 2.355 / pixel)
        spin[rows] = _lambda_r(exact, radius, where & (radius < 1))
        maps[rows] = _noisy(exact, some.signal_to_noise, [draws[i] for i in rows], pixel)
    lost = np.stack([draw.random((PIXELS, PIXELS)) < 0.01 for draw in draws]) | ~where
    maps[np.broadcast_to(lost[:, None], maps.shape)] = np.nan
    return torch.from_numpy(maps), _table(g, spin)


def _catalogue(rng, n, bundle):
    """What is drawn of each galaxy, and the bundle that it gets: a dict of arrays (n,)."""
    kind = rng.choice(list(MIX), n, p=list(MIX.values()))
    values = np.array([KINDS[k] for k in kind])
    mass, share, age, age_slope, metal_slope, log_ratio, thickness = (
        rng.normal(values[:, 2 * i], values[:, 2 * i + 1]) for i in range(7)
    )
    thickness = thickness.clip(0.1, 0.95)
    arms = values[:, 14] * rng.uniform(0.1, 1.7, n)
    cos_i, angle = rng.uniform(0.08, 1, n), rng.uniform(0, 2 * np.pi, n)
    fibres = rng.choice(list(BUNDLES), n, p=SHARES)  # drawn in any case: the galaxies of a seed do not depend on it
    fibres = fibres if bundle is None else np.full(n, bundle)
    diameter = np.array([BUNDLES[f] for f in fibres])
    # Two thirds of the sample is meant to be covered to 1.5 half-light radii, one third to 2.5.
    coverage = np.where(rng.random(n) < 2 / 3, 1.5, 2.5) * np.exp(rng.normal(0, 0.12, n))
    return {
        "kind": kind, "log_mass": mass, "log_age": age, "age_slope": age_slope, "metal_slope": metal_slope,
        "bulge_to_total": share.clip(0.02, 0.97), "rotation_to_dispersion": 10**log_ratio, "arms": arms,
        "cos_i": cos_i, "angle": angle, "axis_ratio": np.sqrt(thickness**2 + (1 - thickness**2) * cos_i**2),
        "half_light_radius": diameter / 2 / coverage, "fibres": fibres, "diameter": diameter,
        "signal_to_noise": 10 ** rng.normal(1.75, 0.12, n),
    }  # fmt: skip


def _intrinsic(g, draws, pixel):
    """Radius, light, log age, metallicity, speed and dispersion before the seeing, (n, frame, frame) with a margin."""
    frame = PIXELS + 2 * MARGIN
    y, x = (a * pixel / g.half_light_radius for a in np.indices((frame, frame)) - (frame - 1) / 2)  # in Re
    along = x * np.cos(g.angle) + y * np.sin(g.angle)
    across = (y * np.cos(g.angle) - x * np.sin(g.angle)) / g.axis_ratio
    r, azimuth = np.hypot(along, across), np.arctan2(across, along)
    bulge = g.bulge_to_total * 1.9 * sersic(r, 2)  # each of light 1, about
    disc = (1 - g.bulge_to_total) * 0.45 * sersic(r, 1)
    phase = _uniform(draws, 2 * np.pi)
    wave = np.cos(2 * azimuth - 2 / np.tan(np.deg2rad(18)) * np.log(r + 0.1) + phase)
    wave *= g.arms * np.clip(r / 0.5, 0, 1)
    light = bulge + disc * (1 + wave)
    log_age = g.log_age + g.age_slope * (r - 0.7).clip(None, 1.5) - 0.35 * wave * disc / light
    metals = 0.15 * (g.log_mass - 10.5) + g.metal_slope * (np.log10(r + 0.2))
    motion = 150 * 10 ** (0.25 * (g.log_mass - 10.6)) * 1.5 / np.sqrt(1 + g.rotation_to_dispersion**2)  # km/s
    sigma = motion * (r + 0.1) ** -0.12
    sigma *= 1 + 0.5 * bulge / light
    turning = g.rotation_to_dispersion * motion * 2 / np.pi * np.arctan(r / 0.3)
    # In some galaxies a core turns otherwise than the rest: the more often, the less the galaxy turns.
    core = _uniform(draws, 1) < CORES / (1 + (g.rotation_to_dispersion / CORE_RATIO) ** 4)
    twist = np.where(core, _uniform(draws, np.pi), 0) * (r < 0.5)
    speed = turning * np.sqrt(1 - g.cos_i**2) * np.cos(azimuth + twist)
    return r, light, log_age, metals, speed, sigma


def _seen(r, light, log_age, metals, speed, sigma, beam):
    """Radius, and the five maps in the order of `CHANNELS` without noise, after a `beam` (sigma, pixels)."""
    blur, middle = (0, beam, beam), (slice(None), slice(MARGIN, -MARGIN), slice(MARGIN, -MARGIN))
    seen = gaussian_filter(light, blur)
    age, metals, velocity = (gaussian_filter(light * a, blur) / seen for a in (log_age, metals, speed))
    # The beam smears rotation into dispersion.
    square = gaussian_filter(light * (sigma**2 + speed**2), blur) / seen - velocity**2
    r, *maps = (a[middle] for a in (r, seen, age, metals, velocity, np.sqrt(square.clip(1))))
    return r, maps


def _lambda_r(exact, radius, inside):
    """Spin parameter (n,) of Emsellem+2007 (MNRAS 379, 401) inside a mask."""
    flux, _, _, velocity, dispersion = exact
    weight = flux * radius * inside
    return (weight * np.abs(velocity)).sum((1, 2)) / (weight * np.hypot(velocity, dispersion)).sum((1, 2))


def _noisy(exact, quality, draws, pixel):
    """The maps as recorded, (n, 5, PIXELS, PIXELS): flux relative to the centre, noise that neighbours share."""
    relative = exact[0] / exact[0].max((1, 2), keepdims=True)
    noise = 1 / np.maximum(quality * np.sqrt(relative), 8)  # faint spaxels are binned up to a signal-to-noise of 8
    grain = np.stack([draw.standard_normal((5, PIXELS, PIXELS)) for draw in draws])
    width = 0.8 / pixel  # neighbouring spaxels share fibres, so that their noise is alike
    grain = gaussian_filter(grain, (0, 0, width, width)) * np.sqrt(4 * np.pi) * max(width, 0.3)
    levels = (0.7 * relative, 1.0, 1.0, 160.0, 200.0)  # flux; dex; dex; km/s; km/s, at a signal-to-noise of 1
    maps = [
        value + level * noise * grain[:, channel]
        for channel, (value, level) in enumerate(zip((relative, *exact[1:]), levels, strict=True))
    ]
    maps[0], maps[4] = maps[0].clip(1e-4), maps[4].clip(10)
    return np.stack(maps, 1)


def _table(g, spin):
    table = QTable({name: g[name] for name in ("kind", "log_mass", "log_age", "bulge_to_total")})
    table["morphology"], table["slow"] = np.char.partition(g["kind"], ",")[:, 0], g["kind"] == "E, slow"
    table["inclination"] = np.rad2deg(np.arccos(g["cos_i"])) * u.deg
    for name in ("rotation_to_dispersion", "fibres", "signal_to_noise"):
        table[name] = g[name]
    for name in ("half_light_radius", "diameter"):
        table[name] = g[name] * u.arcsec
    table["lambda_r"] = spin
    table.meta["origin"] = "mock"
    return table


def _uniform(draws, top):
    """A number in 0 to `top` from the generator of each galaxy, (n, 1, 1)."""
    return np.array([draw.uniform(0, top) for draw in draws])[:, None, None]


def hexagon(size=PIXELS, *, reach=1.0):
    """True inside the hexagon whose corners reach a share of the way to the edges of a square frame, (size, size)."""
    y, x = (np.indices((size, size)) - (size - 1) / 2) / (size / 2)
    return np.maximum(np.abs(y) * 2 / np.sqrt(3), np.abs(x) + np.abs(y) / np.sqrt(3)) <= reach
