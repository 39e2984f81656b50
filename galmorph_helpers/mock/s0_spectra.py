"""Mock integral-field spectra of lenticulars: stars and gas mixed by radius, blurred, moved, reddened and made noisy.

It is a toy: no stellar-population model, no shocks, no sky residuals that correlate. What is known is the answer, and
what stands in its way.
"""

from dataclasses import dataclass

import astropy.units as u
import numpy as np
from astropy.table import QTable
from scipy.special import i0e

from ..runtime import progress
from ..spectra.spectroscopy import C_KM_S, extinction
from .s0_galaxies import components, lenticular_light
from .templates import WAVELENGTH, Templates

EDGES = np.arange(0, 1.51, 0.25)  #: of the radial bins, R / Re
FIBRE = 1.5  # radius of the SDSS fibre, arcsec
SEEING = 2.5 / 2.355  # sigma of MaNGA's PSF, arcsec


@dataclass(frozen=True)
class RadialSpectra:
    """Spectra of galaxies in elliptical annuli, as a survey would deliver them.

    Attributes
    ----------
    wavelength : array (P,)
        Observed, vacuum, Å.
    flux, ivar : float32 array (N, B, P)
        Arbitrary units per Å; inverse variance, zero where a pixel is bad. With `fibre`, the first B is the central
        3 arcsec fibre and the annuli follow.
    radius : array (N, B)
        Mean radius of the light in each, R / Re.
    table : QTable
        One row a galaxy: `lenticulars`, what a survey knows and what only the mock knows.
    origin : str
    """

    wavelength: np.ndarray
    flux: np.ndarray
    ivar: np.ndarray
    radius: np.ndarray
    table: QTable
    origin: str = "mock"


def apertures(table, x):
    """Share of each radius's light (N, B, J) in the fibre (B = 0) and the annuli of `EDGES`, after the seeing.

    A disc with a bulge is seen through a round Gaussian PSF; that it is inclined is left out.
    """
    step = x[1] - x[0]
    re = table["half_light_radius"].to_value(u.arcsec)
    light = lenticular_light(x)
    s2 = ((SEEING / re) ** 2)[:, None, None]
    # Convolution of a round image with a Gaussian, in polar coordinates; i0e is the Bessel function, scaled.
    kernel = np.exp(-0.5 * (x[:, None] - x) ** 2 / s2) * i0e(x[:, None] * x / s2) * x / s2 * step
    annuli = [(x >= low) & (x < high) for low, high in zip(EDGES, EDGES[1:], strict=False)]
    inside = np.stack([x < (FIBRE / re)[:, None]] + [np.broadcast_to(a, (len(re), len(x))) for a in annuli], 1)
    weight = (inside * x) @ kernel * light
    return weight / weight.sum(-1, keepdims=True)


def mock_spectra(table, *, seed=0, noise=True):
    """Spectra of the central fibre and of six annuli of each mock lenticular.

    Parameters
    ----------
    table : QTable
        From `lenticulars`.
    noise : bool
        False: no noise, bad pixels, reddening, dust, seeing, nor errors of calibration and velocity: the truth.

    Returns
    -------
    RadialSpectra
        (N, 7, P): the fibre first.
    """
    templates = Templates()
    rng = np.random.default_rng(seed + 1)
    x = (np.arange(90) + 0.5) / 30  # fine radii, Re
    centres = (EDGES[1:] + EDGES[:-1]) / 2
    shape = (len(table), len(centres) + 1, len(WAVELENGTH))
    flux = np.empty(shape, np.float32)
    ivar = np.empty(shape, np.float32) if noise else np.broadcast_to(np.float32(1), shape)
    radius = np.empty(shape[:2])
    for start in progress(range(0, len(table), 100), f"{len(table)} mock lenticulars"):
        rows = table[start : start + 100]
        batch = slice(start, start + len(rows))
        stars, gas = components(rows, x)
        share = apertures(rows, x)
        if not noise:  # what the bins would show without the seeing
            nearest = np.abs(x - np.r_[0.0, centres][:, None]).argmin(1)
            share = np.broadcast_to(np.eye(len(x))[nearest], share.shape)
        radius[batch] = share @ x
        stars, gas = share @ stars, share @ gas
        flux[batch], weight = _observe(templates, rows, stars, gas, radius[batch], rng, noise)
        if noise:
            ivar[batch] = weight
    return RadialSpectra(WAVELENGTH, flux, ivar, radius, table)


def _observe(templates, table, stars, gas, radius, rng, noise):
    """Kinematics, dust and noise of spectra (N, B): flux and inverse variance (N, B, P)."""
    n, b = radius.shape
    column = {c: np.asarray(table[c])[:, None] * np.ones(b) for c in ("true_redshift", "sigma", "dust", "true_ebv")}
    # After each spaxel is moved by its own velocity, errors remain, and the gas does not follow the stars exactly.
    left_over = rng.normal(0, 12, (n, b)) * noise
    sigma = column["sigma"] * (0.55 + 0.45 * np.exp(-radius / 0.6))
    clean = templates.spectra(
        stars.reshape(n * b, -1), gas.reshape(n * b, -1),
        redshift=((1 + column["true_redshift"]) * (1 + left_over / C_KM_S) - 1).ravel(), sigma=sigma.ravel(),
        gas_velocity=(rng.normal(0, 25, (n, 1)) * noise + np.zeros(b)).ravel(),
        gas_sigma=(rng.uniform(40, 130, (n, 1)) + np.zeros(b)).ravel(), dust=column["dust"].ravel() * noise,
    )  # fmt: skip
    if not noise:
        return clean.reshape(n, b, -1), None
    reddening = -0.4 * 3.1 * column["true_ebv"].ravel()[:, None] * extinction(WAVELENGTH)
    clean *= 10 ** reddening.astype(np.float32)
    tilt = np.log(WAVELENGTH / 5500)
    calibration = rng.normal(0, 0.03, (n, 1)) + rng.normal(0, 0.01, (n, b))  # of the galaxy, and of each annulus
    clean *= np.exp((calibration.reshape(-1, 1) * tilt).astype(np.float32))
    quality = np.asarray(table["signal_to_noise"])[:, None] * 10 ** (-0.25 * radius)
    spectral = 0.8 + 0.5 * (4200 / WAVELENGTH) ** 4
    for sky in (5578.9, 5891.6, 5897.6, 6302.0, 6365.5):  # the night sky's lines
        spectral *= 1 + 6 * np.exp(-0.5 * ((WAVELENGTH - sky) / 3) ** 2)
    error = (clean.mean(1, keepdims=True) / quality.reshape(-1, 1) * spectral).astype(np.float32)
    flux = clean + error * rng.standard_normal(clean.shape, dtype=np.float32)
    ivar = 1 / error**2
    ivar[:, spectral > 4 * np.median(spectral)] = 0  # the survey masks the worst of the sky
    bad = rng.random((n * b, len(WAVELENGTH) // 12 + 1)) < 0.02  # runs of twelve bad pixels
    ivar[np.repeat(bad, 12, axis=1)[:, : len(WAVELENGTH)]] = 0
    flux[ivar == 0] = 0
    cosmic = rng.random(flux.shape, dtype=np.float32) < 2e-4  # cosmic rays that nobody flagged
    flux[cosmic] += rng.uniform(1, 8, cosmic.sum()) * clean.mean()
    return flux.reshape(n, b, -1), ivar.reshape(n, b, -1)
