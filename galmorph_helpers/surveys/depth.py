"""How deep an image is: surface-brightness limits, the noise that gives them, and the exposure that it takes."""

from math import log10

from .entries import ZERO_POINT


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
    """Noise of one pixel (nanomaggies) that gives a surface-brightness limit; see `surface_brightness_limit`.

    Parameters
    ----------
    limit : float
        mag arcsec^-2.
    pixel_scale, side : float
        Pixel and box side, arcsec, > 0.
    n_sigma : float
        Height of the fluctuation that the limit stands for, > 0.
    """
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
