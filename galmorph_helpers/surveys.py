"""Surveys as a camera sees them: pixel scale, PSF, bands, depth.

Numbers are of order what the surveys publish; each carries its source. Fluxes are in nanomaggies
(AB zero-point 22.5) everywhere in this package.
"""

from dataclasses import dataclass
from math import log10

import numpy as np

ZERO_POINT = 22.5  #: AB magnitude of one nanomaggy


@dataclass(frozen=True)
class Survey:
    """What a survey does to light.

    Attributes
    ----------
    name : str
    bands : tuple of str
        From blue to red; the order of the channels of a flux image.
    pixel_scale : float
        Native pixel, arcsec.
    psf_fwhm : tuple of float
        Full width at half maximum of the PSF in each band, arcsec (Moffat profile, see `observe`).
    sky_sigma : tuple of float
        Standard deviation of the background in one native pixel, nanomaggies, in each band.
    electrons : tuple of float
        Electrons counted per nanomaggy in each band: sets the photon noise of the source.
    magnitude_limit : float
        Faintest r magnitude of the galaxies for which people made labels.
    registration : float
        Bands are shifted against each other at random by up to half of this, arcsec.

    Raises
    ------
    ValueError
        Unless there is one PSF (> 0), one noise (>= 0) and one number of electrons (> 0) a band, all finite.
    """

    name: str
    bands: tuple
    pixel_scale: float
    psf_fwhm: tuple
    sky_sigma: tuple
    electrons: tuple
    magnitude_limit: float
    registration: float = 0.0

    def __post_init__(self):
        if not self.bands:
            raise ValueError(f"{self.name}: a survey needs at least one band.")
        if not (self.pixel_scale > 0 and np.isfinite(self.pixel_scale)):
            raise ValueError(f"{self.name}: pixel_scale must be > 0 arcsec and finite, got {self.pixel_scale!r}.")
        if not (self.registration >= 0 and np.isfinite(self.registration)):
            raise ValueError(f"{self.name}: registration must be >= 0 arcsec and finite, got {self.registration!r}.")
        for name in ("psf_fwhm", "sky_sigma", "electrons"):
            given = getattr(self, name)
            values, least = np.asarray(given, float), "≥ 0" if name == "sky_sigma" else "> 0"
            if values.shape != (len(self.bands),):
                raise ValueError(f"{self.name}: {name} needs one value a band, {len(self.bands)} bands, got {given}.")
            if not (np.isfinite(values) & ((values > 0) | ((values == 0) & (name == "sky_sigma")))).all():
                raise ValueError(f"{self.name}: {name} must be {least} and finite in every band, got {given}.")


# SDSS: pixel 0.396" and the seeing of the imaging runs (York+2000, AJ 120, 1579); sky noise follows from the
# 95 % completeness limit r = 22.2; electrons from gain 4.7 e-/DN and about 0.0048 nanomaggies per DN in r. In its
# colour images the bands are off against each other by a fraction of a pixel.
SDSS = Survey(
    "SDSS", ("g", "r", "i"), 0.396, (1.4, 1.3, 1.2), (0.017, 0.027, 0.043), (970.0, 980.0, 700.0), 17.77, 0.16
)

# DES DR1 (Abbott+2018, ApJS 239, 18): 0.263" pixels, median FWHM 1.12/0.96/0.88", 10 sigma depths of
# 24.33/24.08/23.44 mag in a 1.95" aperture, from which the noise of a pixel follows.
DES = Survey(
    "DES", ("g", "r", "i"), 0.263, (1.12, 0.96, 0.88), (0.0028, 0.0036, 0.0064), (8000.0, 9000.0, 8000.0), 21.5
)


def surface_brightness_limit(sky_sigma, pixel_scale, *, n_sigma=3.0, side=10.0):
    """Surface brightness of an `n_sigma` fluctuation of the background in a box, mag arcsec^-2.

    mu = -2.5 log10(n_sigma * sigma / (pixel_scale * side)) + 22.5 (Román, Trujillo & Montes 2020, A&A 644, A42).

    Parameters
    ----------
    sky_sigma : float
        Background noise of one pixel, nanomaggies, > 0.
    pixel_scale, side : float
        Pixel and box side, arcsec, > 0. The convention of the field is 3 sigma in 10" x 10".
    """
    _positive(sky_sigma=sky_sigma, pixel_scale=pixel_scale, n_sigma=n_sigma, side=side)
    return ZERO_POINT - 2.5 * log10(n_sigma * sky_sigma / (pixel_scale * side))


def sky_sigma_for_limit(limit, pixel_scale, *, n_sigma=3.0, side=10.0):
    """Noise of one pixel (nanomaggies) that gives a surface-brightness limit; see `surface_brightness_limit`."""
    _positive(pixel_scale=pixel_scale, n_sigma=n_sigma, side=side)
    return 10 ** (-0.4 * (limit - ZERO_POINT)) * pixel_scale * side / n_sigma


#: Range of limits that `depth_of_exposure` can be trusted with, mag arcsec^-2.
DEPTHS = (20.0, 36.0)
ZERO_MAGNITUDE_PHOTONS = 5.5e10  # per second, m^2 and unit of ln(wavelength) at AB = 0: 3631 Jy / h = 5.48e10


def depth_of_exposure(exposure, *, aperture, pixel_scale, sky=21.0, throughput=0.4, bandwidth=0.22, read_noise=0.0):
    """Surface-brightness limit (3 sigma, 10" x 10") of an exposure, from the photons of the sky.

    electrons per second and pixel = A eta b N0 10^(-0.4 sky) pixel^2, with N0 the photons of a source of AB = 0 per
    second, m^2 and unit of ln(wavelength), and b the width of the band in ln(wavelength). Noise that does not average
    (flat fields, scattered light, crowding) makes real images shallower: take it as the best that could be.

    Parameters
    ----------
    exposure : float
        Total time, seconds, > 0.
    aperture : float
        Diameter of the telescope, m, > 0; central obscuration is left to `throughput`.
    pixel_scale : float
        arcsec, > 0.
    sky : float
        Brightness of the sky, mag arcsec^-2; about 21 in r from the ground, about 22.5 from space (zodiacal light).
    throughput : float
        Share of the photons that are counted, 0 to 1.
    bandwidth : float
        Width of the band over its wavelength, > 0.
    read_noise : float
        Electrons a pixel in all exposures together, >= 0.

    Returns
    -------
    float
        mag arcsec^-2.

    Raises
    ------
    ValueError
        Also where the limit falls outside 20 to 36, where these assumptions hold for no telescope.
    """
    _positive(exposure=exposure, aperture=aperture, pixel_scale=pixel_scale, bandwidth=bandwidth)
    if not 0 < throughput <= 1 or not read_noise >= 0:
        raise ValueError(f"throughput must be in (0, 1] and read_noise >= 0; got {throughput!r}, {read_noise!r}.")
    per_zero = ZERO_MAGNITUDE_PHOTONS * 3.1416 * (aperture / 2) ** 2 * throughput * bandwidth * exposure
    variance = per_zero * 10 ** (-0.4 * sky) * pixel_scale**2 + read_noise**2
    sigma = variance**0.5 / per_zero * 10 ** (0.4 * ZERO_POINT)  # nanomaggies
    limit = surface_brightness_limit(sigma, pixel_scale)
    if not DEPTHS[0] <= limit <= DEPTHS[1]:
        raise ValueError(
            f"the limit would be {limit:.1f} mag arcsec^-2, outside {DEPTHS[0]:g} to {DEPTHS[1]:g}: "
            "check the exposure (seconds), the aperture (m) and the sky (mag arcsec^-2)."
        )
    return limit


def _positive(**values):
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"{name} must be > 0, got {value!r}.")
