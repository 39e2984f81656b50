"""Debris of mergers in deep images: samples at any depth, labels as experts give them, what a detector misses."""

import numpy as np
import torch
from astropy import units as u

from ..imaging.camera import observe
from ..imaging.fourier import frequencies
from ..runtime import device, side_by_side
from ..samples import GalaxySample
from ..surveys import ZERO_POINT, Survey, sky_sigma_for_limit
from .experts import tidal_labels
from .foreground import processing, sky_light
from .rendering import light
from .tides import STAMP, tidal_light

BATCH = 128  # galaxies drawn at once: bounds memory, and fixes what a seed draws
CONTRAST = 0.5  # of the galaxy's own light: what stands out less is not seen
MASKED = 0.3  # of its peak: fainter debris is not in the true mask
TAPER = 1.8  # pixels, FWHM
DARK_SKY = 21.0  # r, mag arcsec^-2, of order at a good site without a moon
LIMITS = (20.0, 36.0)  # surface-brightness limits that a sample may have, mag arcsec^-2


def deep_survey(limit, *, pixel_scale=1.0, psf_fwhm=1.0):
    """A survey of one band (r) with a surface-brightness limit (3 sigma, 10" x 10"), limited by the light of the sky.

    Parameters
    ----------
    limit : float
        mag arcsec^-2, 20 to 36.
    pixel_scale, psf_fwhm : float
        arcsec, > 0: 1 and 1 for mock images as of simulations, 0.168 and 0.7 for a large ground-based camera.

    Returns
    -------
    Survey

    Raises
    ------
    ValueError
        For a limit out of range.
    """
    if not LIMITS[0] <= limit <= LIMITS[1]:
        raise ValueError(f"limit must be from {LIMITS[0]:g} to {LIMITS[1]:g} mag arcsec^-2, got {limit!r}.")
    sigma = float(sky_sigma_for_limit(limit, pixel_scale))
    sky = 10 ** (-0.4 * (DARK_SKY - ZERO_POINT)) * pixel_scale**2
    electrons = float(sky / sigma**2)  # the noise is that of the sky's photons: variance = sky / electrons
    return Survey(f"μ = {limit:g}", ("r",), pixel_scale, (psf_fwhm,), (sigma,), (electrons,), 17.77)


def tidal_sample(table, limit, *, seed=0, size=64, pixel_scale=1.0, psf_fwhm=1.0, realistic=False):
    """Observe a `tidal_population` at a depth, or at one depth each, and let experts look for debris.

    Parameters
    ----------
    table : QTable
    limit : float or array (N,)
        Surface-brightness limit (3 sigma, 10" x 10"), mag arcsec^-2, 20 to 36.
    seed : int
        Of noise, surroundings and experts.
    size : int
        Side of the stamps, pixels; a stamp is 12 half-light radii wide.
    pixel_scale, psf_fwhm : float
        Of the camera, arcsec.
    realistic : bool
        Add cirrus, background galaxies, stars with halos, sky residuals, trails, bad columns and ghosts.

    Returns
    -------
    GalaxySample
        Images (N, 1, size, size) in nanomaggies arcsec^-2; see `stretched`. Added to the table: `limit`, `pixel_scale`
        (of the stamp), `signal_to_noise` (of the debris, see `debris_signal`), `f_tidal` and `label` (`tidal_labels`).

    Raises
    ------
    ValueError
        For an empty table, or a limit out of range.
    """
    limit = np.broadcast_to(np.asarray(limit, float), len(table))
    if len(table) == 0:
        raise ValueError("an empty table cannot be observed.")
    table = table.copy()
    scale = STAMP * table["half_light_radius"].to_value("arcsec") / size
    where = device()
    images, strength = torch.empty((len(table), 1, size, size)), np.empty(len(table))
    depths = {depth: deep_survey(depth, pixel_scale=pixel_scale, psf_fwhm=psf_fwhm) for depth in np.unique(limit)}
    batches = []
    for depth in depths:  # noise differs with depth: one depth a batch
        rows = np.flatnonzero(limit == depth)
        batches += np.array_split(rows, -(-len(rows) // BATCH))
    taper = _taper(size, where)

    def draw(number):
        rows, own_seed = batches[number], seed * 100_003 + number
        part, survey = table[rows], depths[limit[rows[0]]]
        pixel = torch.as_tensor(scale[rows], dtype=torch.float32, device=where)
        spectrum = light(part, pixel, size=size, bands=("r",), seed=own_seed, field=False)
        host = torch.fft.irfft2(spectrum[:, 0] * taper)[:, :size, :size]
        debris, companions = tidal_light(part, scale[rows], size=size, device=where)
        sigma = [sky_sigma_for_limit(depth, s) for depth, s in zip(limit[rows], scale[rows], strict=True)]
        strength[rows] = debris_signal(debris, host + companions, sigma).cpu().numpy()
        added = debris + companions
        if realistic:
            added = added + sky_light(scale[rows], size=size, seed=own_seed, device=where)
        spectrum = spectrum + torch.fft.rfft2(added, s=(spectrum.shape[-2],) * 2)[:, None]
        spectrum = spectrum * taper[:, None]
        noise = torch.Generator(where).manual_seed(own_seed)
        flux = observe(spectrum, survey, pixel, size=size, generator=noise)[:, 0]
        flux = processing(flux, scale[rows], seed=own_seed) if realistic else flux
        images[rows, 0] = (flux / pixel[:, None, None] ** 2).cpu()

    side_by_side(draw, range(len(batches)), f"drawing {len(table)} mock galaxies")
    table["limit"], table["pixel_scale"] = limit * u.mag, scale * u.arcsec
    table["signal_to_noise"] = strength
    table["f_tidal"], table["label"] = tidal_labels(strength, seed=seed, confusion=0.03 if realistic else 0.01)
    name = f"{'realistic' if realistic else 'clean'}, μ = {limit.min():g}"
    name += f" to {limit.max():g}" if limit.max() > limit.min() else ""
    return GalaxySample(images, table, None, "mock", name, pixels="surface brightness")


def _taper(size, where):
    """Averages over neighbouring pixels: a core narrower than a pixel would ring through the faint outskirts."""
    kx, ky = frequencies(size, where)
    return torch.exp(-((torch.pi * TAPER) ** 2) * (kx**2 + ky**2) / (4 * np.log(2)))


def debris_mask(table, *, size=64):
    """True pixels of the debris: brighter than a share of its peak, and than half of the galaxy there.

    Parameters
    ----------
    table : QTable
        From `tidal_population`.
    size : int
        Side of the stamps, pixels.

    Returns
    -------
    torch.Tensor of bool (N, size, size)
        Empty where nothing stands out from the galaxy, or where there is no debris.
    """
    debris, host = debris_and_host(table, size=size)
    bright = debris > MASKED * debris.amax((-2, -1), keepdim=True)
    return bright & (debris > CONTRAST * host.clamp(min=0)) & (debris > 0)


def debris_and_host(table, *, size=64):
    """Light of the debris, and of the galaxy with its companion, without noise.

    Parameters
    ----------
    table : QTable
        From `tidal_population`.
    size : int
        Side of the stamps, pixels.

    Returns
    -------
    (torch.Tensor, torch.Tensor), float32 (N, size, size)
        Nanomaggies per pixel.
    """
    scale = STAMP * table["half_light_radius"].to_value("arcsec") / size
    spectrum = light(table, scale, size=size, bands=("r",), field=False)[:, 0]
    host = torch.fft.irfft2(spectrum * _taper(size, "cpu"))[:, :size, :size]
    debris, companions = tidal_light(table, scale, size=size)
    return debris, host + companions


def debris_signal(debris, host, sigma):
    """Signal-to-noise of debris as an eye could find it: noise, and half of the galaxy's own light stand against it.

    S/N = sqrt(sum T^2 / (sigma^2 + (H / 2)^2)) over the pixels.

    Parameters
    ----------
    debris, host : torch.Tensor (N, H, W)
        T and H, nanomaggies per pixel.
    sigma : array (N,)
        Noise of a pixel, nanomaggies, > 0.

    Returns
    -------
    torch.Tensor (N,)

    Raises
    ------
    ValueError
        If a sigma is not positive.
    """
    sigma = torch.as_tensor(np.asarray(sigma, np.float32), device=debris.device)[:, None, None]
    if not (sigma > 0).all():
        raise ValueError("sigma must be > 0 nanomaggies everywhere.")
    return torch.sqrt((debris**2 / (sigma**2 + (CONTRAST * host) ** 2)).sum((-2, -1)))
