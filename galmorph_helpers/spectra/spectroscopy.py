"""Spectra: lines, windows, reddening, rest frame, and the indices that are read off them. Wavelengths are in vacuum."""

import numpy as np

C_KM_S = 299_792.458
STEP = 1e-4  #: pixel of the logarithmic grids of the SDSS and MaNGA, dex

#: Vacuum wavelengths, Å.
LINES = {
    "Ca K": 3934.78,
    "Ca H": 3969.59,
    "Hδ": 4102.89,
    "Hγ": 4341.68,
    "Hβ": 4862.68,
    "[O III] 4960": 4960.30,
    "[O III] 5008": 5008.24,
    "Mg b": 5176.63,
    "Na D": 5895.60,
    "[O I] 6302": 6302.05,
    "[N II] 6550": 6549.86,
    "Hα": 6564.61,
    "[N II] 6585": 6585.27,
    "[S II] 6718": 6718.29,
    "[S II] 6733": 6732.67,
}

#: Stretches of continuum without strong emission lines, rest frame, Å: spectra are normalised to their mean there.
WINDOWS = ((4200.0, 4300.0), (4600.0, 4800.0), (5400.0, 5500.0), (5600.0, 5800.0))


def log_grid(low=3800.0, high=7200.0, step=STEP):
    """Wavelengths in equal steps of log10: a velocity is the same number of pixels anywhere.

    Parameters
    ----------
    low, high : float
        Å, 0 < low < high.
    step : float
        dex.

    Returns
    -------
    numpy.ndarray (P,)
        Å.

    Raises
    ------
    ValueError
        Unless 0 < low < high.

    Examples
    --------
    >>> log_grid(4000, 4003).round(2).tolist()
    [4000.0, 4000.92, 4001.84, 4002.76]
    """
    if not 0 < low < high:
        raise ValueError(f"a wavelength grid needs 0 < low < high, got {low!r} and {high!r} Å.")
    return 10 ** np.arange(np.log10(low), np.log10(high), step)


def extinction(wavelength, *, r_v=3.1):
    """Extinction A(λ)/A(V) of the Milky Way's dust (O'Donnell 1994, ApJ 422, 158; infrared: Cardelli+1989).

    Parameters
    ----------
    wavelength : array
        Å, 3,030 to 33,000.
    r_v : float
        A(V) / E(B-V).

    Returns
    -------
    numpy.ndarray

    Raises
    ------
    ValueError
        For wavelengths that the law does not cover.

    Examples
    --------
    >>> extinction([4400, 5494.5]).round(2).tolist()
    [1.32, 1.0]
    """
    x = 1e4 / np.asarray(wavelength, float)
    if x.size and not (x.min() >= 0.3 and x.max() <= 3.3):
        raise ValueError(
            f"the law holds from 3,030 to 33,000 Å, got {1e4 / x.max():.0f} to {1e4 / x.min():.0f} Å: "
            "cut the spectrum, or give wavelengths in Å."
        )
    y = x - 1.82
    a = np.polyval([-0.505, 1.647, -0.827, -1.718, 1.137, 0.701, -0.609, 0.104, 1.0], y)
    b = np.polyval([3.347, -10.805, 5.491, 11.102, -7.985, -3.989, 2.908, 1.952, 0.0], y)
    infrared = x < 1.1
    return np.where(infrared, 0.574 * x**1.61, a) + np.where(infrared, -0.527 * x**1.61, b) / r_v


def flag_spikes(flux, ivar):
    """Inverse variance with single-pixel spikes (cosmic rays that nobody flagged) set to zero.

    A spike stands half again and six sigma above, or below, both neighbours: sharper than any line that a spectrograph
    resolves.

    Parameters
    ----------
    flux, ivar : array (M, P)
        In the pixels of the detector, before any resampling.

    Returns
    -------
    numpy.ndarray (M, P)
    """
    with np.errstate(divide="ignore"):
        limit = 6 / np.sqrt(ivar[:, 1:-1])
    before, centre, after = flux[:, :-2], flux[:, 1:-1], flux[:, 2:]
    spike = (centre > 1.5 * np.maximum(before, after) + limit) | (centre < np.minimum(before, after) / 1.5 - limit)
    out = ivar.copy()
    out[:, 1:-1][spike] = 0
    return out


def rest_frame(wavelength, flux, ivar, redshift, *, grid=None, ebv=0.0):
    """Spectra without the Galaxy's reddening, at rest, on one logarithmic grid.

    Pixels are interpolated linearly. The inverse variance is that of the pixels before, right for sums over many pixels
    and a third too low, on average, for a single one, whose noise the interpolation smooths. A pixel that would take
    anything from a bad one (inverse variance zero, or not finite), or lies outside the spectrum, gets inverse variance
    zero: it is missing, and its flux is not to be used.

    Parameters
    ----------
    wavelength : array (P,)
        Observed, vacuum, Å, rising.
    flux, ivar : array (M, P)
        Per Å, and its inverse variance.
    redshift : float or array (M,)
        Of the source with its velocity: (1 + z)(1 + V/c) - 1. A spectrum whose redshift is NaN becomes missing.
    grid : array (Q,), optional
        Rest wavelengths, `log_grid()` by default.
    ebv : float or array (M,)
        Foreground E(B-V), magnitudes.

    Returns
    -------
    flux, ivar : float32 array (M, Q)

    Raises
    ------
    ValueError
        If the shapes do not fit together, or a redshift is -1 or less.
    """
    grid = log_grid() if grid is None else grid
    wavelength, flux, ivar = np.asarray(wavelength, float), np.atleast_2d(flux), np.atleast_2d(ivar)
    if flux.shape != ivar.shape or flux.shape[1] != len(wavelength):
        raise ValueError(f"flux {flux.shape}, ivar {ivar.shape} and wavelength {wavelength.shape} do not fit together.")
    redshift = np.broadcast_to(np.asarray(redshift, float), len(flux))
    if (redshift <= -1).any():
        raise ValueError(f"a redshift must be > -1, got {redshift.min()!r}: give z, not a velocity.")
    ebv = np.broadcast_to(np.asarray(ebv, float), len(flux))
    law = 0.4 * 3.1 * extinction(wavelength) if ebv.any() else np.zeros_like(wavelength)
    out, weight = np.zeros((2, len(flux), len(grid)), np.float32)
    for m in np.flatnonzero(np.isfinite(redshift + ebv)):
        good = (ivar[m] > 0) & np.isfinite(flux[m]) & np.isfinite(ivar[m])
        correction = 10 ** (law * ebv[m])
        at_rest = wavelength / (1 + redshift[m])
        out[m] = np.interp(grid, at_rest, np.where(good, flux[m], 0) * correction)
        weight[m] = np.interp(grid, at_rest, np.where(good, ivar[m], 0) / correction**2, left=0, right=0)
        weight[m, np.interp(grid, at_rest, ~good, left=1, right=1) > 0] = 0
    return out, weight


def normalise(wavelength, flux, ivar, *, windows=WINDOWS):
    """Spectra divided by their mean flux in line-free windows, and their inverse variance to match.

    A spectrum of which less than half of the pixels in the windows are good, or whose mean there is not positive,
    becomes missing: inverse variance zero everywhere.

    Parameters
    ----------
    wavelength : array (P,)
        At rest, Å.
    flux, ivar : array (M, P)
    windows : sequence of (float, float)
        Å.

    Returns
    -------
    flux, ivar : array (M, P)

    Raises
    ------
    ValueError
        If the grid does not cover the windows.
    """
    inside = np.zeros(len(wavelength), bool)
    for low, high in windows:
        if wavelength[0] > low or wavelength[-1] < high:
            raise ValueError(
                f"the wavelength grid, {wavelength[0]:.0f} to {wavelength[-1]:.0f} Å, does not cover the window "
                f"{low:.0f} to {high:.0f} Å that spectra are normalised in: choose other windows or a wider grid."
            )
        inside |= (wavelength >= low) & (wavelength < high)
    good = ivar[:, inside] > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        level = np.where(good, flux[:, inside], 0).sum(1) / good.sum(1)
    fine = (good.mean(1) >= 0.5) & (level > 0)
    scale = np.where(fine, level, 1)[:, None].astype(flux.dtype)
    return flux / scale, np.where(fine[:, None], ivar * scale**2, 0).astype(ivar.dtype)


def comparable(spectra, *, grid=None, ebv="ebv", redshift="redshift"):
    """Spectra of galaxies in annuli, in the state in which they can be compared: no spikes, at rest, normalised.

    Parameters
    ----------
    spectra
        With `wavelength` (P,), `flux` and `ivar` (N, B, P), and a `table` of N rows.
    grid : array (Q,), optional
        `log_grid()` by default.
    ebv, redshift : str or None
        Columns of the table; None counts as zero.

    Returns
    -------
    flux, ivar : float32 array (N, B, Q)
    """
    grid = log_grid() if grid is None else grid
    flux, ivar = np.empty((2, *spectra.flux.shape[:2], len(grid)), np.float32)
    z, reddening = (np.asarray(spectra.table[c]) if c else np.zeros(len(flux)) for c in (redshift, ebv))
    for i in range(len(flux)):
        weight = flag_spikes(spectra.flux[i], spectra.ivar[i])
        at_rest = rest_frame(spectra.wavelength, spectra.flux[i], weight, z[i], grid=grid, ebv=reddening[i])
        flux[i], ivar[i] = normalise(grid, *at_rest)
    return flux, ivar
