"""Emulate: the same galaxies, farther away, as a survey would have recorded them (after FERENGI, Barden+2008).

A galaxy at z that is moved to z_new is dimmed by its *luminosity* distance and shrunk by its *angular-diameter*
distance, (1 + z)^2 apart: with the wrong one it comes out 5 log10[(1 + z_new)^2 / (1 + z)^2] magnitudes too bright.
All is done in Fourier space, in batches, on any device: the image's transform, divided by its PSF, is light that
`observe` turns into the new survey's image, as it does with the light of mock galaxies.
"""

import astropy.units as u
import numpy as np
import torch

from ..runtime import device, progress
from ..samples import R90_CUTOUT, GalaxySample
from ..surveys import DES, SDSS
from .camera import observe
from .checks import check_emulated, check_match, check_numbers, check_size
from .distance import dimming, shrinkage
from .fourier import divided, image_transform, inside, mean_square, sky_noise, transfer_function, transform
from .kcorrection import band_magnitudes, colour_bands, family_magnitudes, spectral_family
from .kcorrection import k_correction as correction

BATCH = 128  # galaxies at once: bounds memory, and fixes what a seed draws
SMALLEST = 8  # native pixels a side: a shrunk stamp with fewer shows no shape
SEEING_REACH = 1.2  # R90 of a point source in FWHM, as in the mock catalogue


def redshift_for_magnitude(table, magnitude, *, survey=DES):
    """Redshift at which each galaxy has a magnitude in a survey's reference band, distance and K-correction counted.

    Parameters
    ----------
    table : Table
        `redshift`, `r_mag`, `g_r` of N galaxies, and `r_i` unless the reference band is r.
    magnitude : float or array (N,)
        A galaxy that is fainter already keeps its redshift; none goes beyond 1.4.
    survey : Survey

    Returns
    -------
    numpy.ndarray (N,)
    """
    z, m, colour = (np.asarray(u.Quantity(table[name]).value, float) for name in ("redshift", "r_mag", "g_r"))
    grid, band = np.linspace(0.001, 1.4, 700), survey.reference_index
    if survey.bands[band] != "r":
        gri = np.stack((m + colour, m, m - np.asarray(u.Quantity(table["r_i"]).value, float)), 1)
        m = band_magnitudes(gri, z, bands=survey.bands, filters=survey.filters)[:, band]
    family = spectral_family(colour, z, survey if {"g", "r"} <= set(survey.bands) else SDSS)
    low = np.minimum(family.astype(int), 2)
    absolute = family_magnitudes(grid, survey)[:, :, band].T  # (family, redshifts)
    part = (family - low)[:, None]
    apparent = (1 - part) * absolute[low] + part * absolute[low + 1] + dimming(grid[0], grid)
    apparent += (m - [np.interp(x, grid, a) for x, a in zip(z, apparent, strict=True)])[:, None]
    wanted = np.broadcast_to(np.asarray(magnitude, float), len(z))
    return np.maximum(z, [np.interp(w, a, grid) for w, a in zip(wanted, apparent, strict=True)])


def emulate(
    sample, *, z_new, survey=DES, psf_new=None, size=None, k_correction=True, noise=True, seed=0,
):  # fmt: skip
    """Move galaxies to higher redshifts and observe them with a survey. Labels stay what they were.

    The new magnitude is m + 5 log10(D_L(z_new) / D_L(z)) + K(z_new) - K(z).

    Parameters
    ----------
    sample : GalaxySample
        Linear fluxes, nanomaggies per pixel, bands as `survey` has them, the galaxy in the middle (of an odd or an even
        stamp). Everything in the stamp is moved with it, neighbours too. Its table has `redshift` (> 0) and
        `pixel_scale`. Of plain images, `stamps` makes one.
    z_new : float or array (N,)
        At least z, at most 1.5 where a K-correction is wanted.
    survey : Survey
        Sets bands, PSF, native pixel, sky and photon noise of what comes out.
    psf_new : array (h, w), optional
        Image, at the new survey's native pixels, of its PSF with its pixel, in the place of the Moffat profile.
    size : int, optional
        Side of the new stamps. Where the table has `r90`, they are 4.24 of the new R90 wide, 64 pixels by default;
        else they have the survey's native pixels, as many as the largest shrunk stamp fills.
    k_correction : bool or array (N, C) or (C,)
        True: from the colour of the galaxy's inner quarter and the templates of `kcorrection`; images without a survey
        count as seen through the new one's filters; a single band gets none. An array: magnitudes in its place, with
        evolution if that is to count: `sample_k_correction(...)` and what galaxies have faded since (negative: by which
        they were brighter).
    noise : bool
        False leaves out noise and all that differs from field to field (seeing, sky level, centring).
    seed : int
        Of the noise.

    Returns
    -------
    GalaxySample
        In flux; for pictures: `coloured`. Its table has `redshift`, `r_mag` (in a survey without r: moved by
        what its reference band loses), colours of bands it has, radii and `pixel_scale` as they now are, and
        `z_original`, `magnitudes_lost` (N, C), `shrinkage`, `covered` (share of the stamp that the old stamp fills; the
        rest is sky: mask or drop small ones), `noise_kept` (noise that came with the images in units of the new sky
        noise, largest band; NaN without noise).

    Raises
    ------
    ValueError
        On a sample whose pixels are not flux, z <= 0, z_new < z, a pixel scale <= 0, pixels that are not finite, stamps
        under 8 native pixels once shrunk, and a shrunk PSF that is broader than the new one: each names the galaxy and
        what to do.

    Notes
    -----
    Noise that is in the images is dimmed and smoothed with them, and stays correlated over about one new PSF. Its level
    is measured on each stamp's border in blocks of 4 x 4 pixels, which counts most of what correlation it holds (that
    of a 3 x 3 mean comes out 15 % too low), and so much less sky noise is added that the sum has the survey's variance.
    Where even that is too much (`noise_kept` > 1: a step too small for the depth), the image is noisier than the
    survey. The photon noise of the nearby galaxy is dimmed with its light, and not removed.
    """
    check_emulated(sample, survey)
    images, table = sample.images, sample.table.copy()
    n, bands, height, width = images.shape
    z = np.asarray(table["redshift"], float)
    z_new = np.broadcast_to(np.asarray(z_new, float), n)
    scale = table["pixel_scale"].to_value("arcsec")
    check_numbers(images, z, z_new, scale)
    smaller = shrinkage(z, z_new)
    side = min(height, width) * scale * smaller / survey.pixel_scale
    if (side < SMALLEST).any():
        worst = int(side.argmin())
        raise ValueError(
            f"the stamp of galaxy {worst} is only {side[worst]:.1f} native pixels wide once shrunk to z_new = "
            f"{z_new[worst]:g}; {SMALLEST} are needed: cut out a larger stamp, or choose a lower z_new."
        )
    lost = dimming(z, z_new)[:, None] + _k_correction(sample, survey, z_new, k_correction)
    scale_new, size = _stamps(table, sample.survey, survey, smaller, side, size)
    check_size(size, bands, scale, survey)
    where = device()
    generator = torch.Generator(where).manual_seed(seed)
    out, kept = torch.empty((n, bands, size, size)), np.full(n, np.nan)
    for start in progress(range(0, n, BATCH), f"moving {n} galaxies"):
        rows = slice(start, start + BATCH)
        old, new, small = (
            torch.as_tensor(x[rows].astype(np.float32), device=where) for x in (scale, scale_new, smaller)
        )
        batch, ratio = images[rows].to(where), old * small / new  # new pixels in an old one
        low = transfer_function(sample.survey if sample.psf is None else sample.psf, old, ratio, size, bands)
        high = transfer_function(survey, new, torch.ones_like(ratio), size, bands, resampled=False)
        target = high if psf_new is None else image_transform(psf_new, new / survey.pixel_scale, size)
        inverse = divided(inside(ratio, size), low)
        kernel = target * inverse
        check_match(kernel, target, start, z_new, smaller)
        dimmed = torch.as_tensor(10 ** (-0.4 * lost[rows]), dtype=torch.float32, device=where)[:, :, None, None]
        # `observe` multiplies by its own Moffat profile and pixel, so the light is divided by them first.
        restored = inverse if psf_new is None else divided(kernel, high)
        light = transform(batch, ratio, size)
        light = light * restored * dimmed if restored.is_complex() else light * (restored * dimmed)
        missing = None
        if noise:
            own = sky_noise(batch) * dimmed[..., 0, 0] * (survey.pixel_scale / (old * small))[:, None]
            own = own * survey.pixel_scale / new[:, None] * mean_square(kernel) ** 0.5  # left in a native pixel
            sky = torch.tensor(survey.sky_sigma, device=where)
            kept[rows] = (own / sky).amax(1).cpu().numpy()
            missing = (sky**2 - own**2).clamp(min=0).sqrt()
        flux = observe(light, survey, new, size=size, generator=generator, noise=noise, sky_sigma=missing)
        out[rows] = flux.cpu()
    share = (side * survey.pixel_scale / (size * scale_new)).clip(0, 1) ** 2
    _carry(table, survey, lost, smaller, z_new, scale_new)
    table["magnitudes_lost"], table["shrinkage"] = lost * u.mag, smaller
    table["covered"], table["noise_kept"] = share, kept
    name = f"{sample.name}, emulated" if sample.name else "emulated"
    return GalaxySample(out, table, survey, sample.origin, f"{name} as {survey.name}", pixels="flux")


def _k_correction(sample, survey, z_new, k_correction):
    """What `emulate` was asked to count besides distance, (N, bands) or (bands,) magnitudes."""
    if k_correction is False or (k_correction is True and len(survey.bands) == 1):
        return np.zeros(len(survey.bands))
    if k_correction is not True:
        return np.asarray(k_correction, float)
    return sample_k_correction(sample, z_new=z_new, survey=survey)


def sample_k_correction(sample, *, z_new, survey=DES):
    """K(z_new) - K(z) of galaxies by the templates whose colour their inner quarter has (see `k_correction`).

    Parameters
    ----------
    sample : GalaxySample
        In flux, with `redshift`; without a survey it counts as seen through the filters of `survey`.
    z_new : float or array (N,)
    survey : Survey
        Whose filters will see them; the same bands.

    Returns
    -------
    numpy.ndarray (N, bands)
        Magnitudes, positive where the galaxy gets fainter.

    Raises
    ------
    ValueError
        If the bands differ, or a redshift is beyond the templates' 1.5.
    """
    z = np.asarray(sample.table["redshift"], float)
    z_new = np.broadcast_to(np.asarray(z_new, float), len(z))
    before = sample.survey or survey
    if before.bands != survey.bands:
        raise ValueError(f"the bands differ: {before.bands} and {survey.bands}; give k_correction as numbers.")
    height, width = sample.images.shape[-2:]
    y, x = torch.meshgrid(torch.arange(height) - (height - 1) / 2, torch.arange(width) - (width - 1) / 2, indexing="ij")
    inner = sample.images[:, colour_bands(before)][..., torch.hypot(x, y) < min(height, width) / 8].sum(-1)
    inner = inner.clamp(min=1e-3)
    colour = -2.5 * torch.log10(inner[:, 0] / inner[:, 1]).numpy()
    family = spectral_family(colour, z, before)
    return correction(z, z_new, family=family, survey=before, survey_new=survey)


def _stamps(table, survey, survey_new, smaller, side, size):
    """Pixel scale (arcsec) of each new stamp and the side of all, pixels; moves `r90` where the table has it."""
    if "r90" not in table.colnames:
        return np.full(len(table), survey_new.pixel_scale), size or int(np.ceil(side.max() - 1e-6))
    seeing = SEEING_REACH * (survey.seeing if survey else 0.0)
    r90 = table["r90"].to_value("arcsec")
    intrinsic = np.sqrt(np.maximum(r90**2 - seeing**2, 0.01 * r90**2))
    table["r90"] = np.hypot(intrinsic * smaller, SEEING_REACH * survey_new.seeing) * u.arcsec
    return R90_CUTOUT * table["r90"].to_value("arcsec") / (size or 64), size or 64


def _carry(table, survey, lost, smaller, z_new, scale_new):
    """Columns that distance changes; all others, labels among them, stay."""
    table["z_original"] = table["redshift"]
    table["redshift"], table["pixel_scale"] = z_new.copy(), scale_new * u.arcsec
    for name in ("half_light_radius", "bulge_radius", "disc_radius"):
        if name in table.colnames:
            table[name] = table[name] * smaller
    band = {name: lost[:, i] * u.mag for i, name in enumerate(survey.bands)}
    main = "r" if "r" in band else survey.bands[survey.reference_index]
    for column, first, second in (("r_mag", main, None), ("g_r", "g", "r"), ("bulge_g_r", "g", "r"), ("r_i", "r", "i")):
        if column in table.colnames and first in band and (second is None or second in band):
            table[column] = table[column] + band[first] - (band[second] if second else 0 * u.mag)
