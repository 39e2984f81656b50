"""Numbers read off spectra at rest by sums: lines above their continuum, and the 4000 Å break."""

import numpy as np

from .spectroscopy import LINES


def _mean(wavelength, flux, ivar, low, high):
    """Mean flux of the good pixels in a band, NaN where fewer than half are good."""
    inside = (wavelength >= low) & (wavelength < high)
    if wavelength[0] > low or wavelength[-1] < high:
        raise ValueError(f"the spectrum, {wavelength[0]:.0f} to {wavelength[-1]:.0f} Å, lacks {low:.0f} to {high:.0f}.")
    good = ivar[:, inside] > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(good, flux[:, inside], 0).sum(1) / good.sum(1)
    return np.where(good.mean(1) >= 0.5, mean, np.nan)


def line_flux(wavelength, flux, ivar, *, line="Hα", half_width=10.0):
    """Flux of a line above the continuum beside it, and that continuum, by sums: no model, absorption not mended.

    Parameters
    ----------
    wavelength : array (P,)
        At rest, Å.
    flux, ivar : array (M, P)
    half_width : float
        Of the band, Å. Hα's holds some of [N II], the more the broader the lines.

    Returns
    -------
    flux, continuum : array (M,)
        Flux × Å, and flux; NaN where too few pixels are good. Their ratio is the equivalent width.
    """
    centre = LINES[line]
    blue = _mean(wavelength, flux, ivar, centre - 75, centre - 35)
    red = _mean(wavelength, flux, ivar, centre + 35, centre + 75)
    continuum = (blue + red) / 2
    low, high = centre - half_width, centre + half_width
    covered = np.gradient(wavelength)[(wavelength >= low) & (wavelength < high)].sum()
    return (_mean(wavelength, flux, ivar, low, high) - continuum) * covered, continuum


def equivalent_width(wavelength, flux, ivar, *, line="Hα", half_width=10.0):
    """Equivalent width of a line: its flux above the continuum, divided by that (see `line_flux`).

    Parameters
    ----------
    wavelength : array (P,)
        At rest, Å.
    flux, ivar : array (M, P)
    line : str
        Key of `LINES`.
    half_width : float
        Of the band, Å.

    Returns
    -------
    numpy.ndarray (M,)
        Å, positive in emission; NaN where too few pixels are good.

    Examples
    --------
    >>> grid = np.arange(6400.0, 6700.0, 0.5)
    >>> flux = 1 + 3 * (abs(grid - LINES["Hα"]) < 2)  # three times the continuum over 4 Å
    >>> equivalent_width(grid, flux[None], np.ones((1, len(grid)))).round(1).tolist()
    [12.0]
    """
    total, continuum = line_flux(wavelength, flux, ivar, line=line, half_width=half_width)
    return total / continuum


def d4000(wavelength, flux, ivar):
    """The 4000 Å break Dn4000: flux per Hz in 4000-4100 Å over 3850-3950 Å (Balogh+1999, ApJ 527, 54).

    Parameters
    ----------
    wavelength : array (P,)
        At rest, Å.
    flux, ivar : array (M, P)
        Per Å.

    Returns
    -------
    numpy.ndarray (M,)
        NaN where too few pixels are good.

    Raises
    ------
    ValueError
        If the spectrum does not reach the two bands.
    """
    per_hertz = flux * wavelength**2
    return _mean(wavelength, per_hertz, ivar, 4000, 4100) / _mean(wavelength, per_hertz, ivar, 3850, 3950)
