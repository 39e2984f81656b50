"""K-corrections: what redshift alone does to magnitudes, from observed spectra and the filter curves of the surveys.

Spectra: Coleman, Wu & Weedman (1980, ApJS 43, 393), extended by Bolzonella, Miralles & Pelló (2000), as GalSim ships
them. Filters: speclite's measured curves of SDSS (Doi+2010, AJ 139, 1628) and DECam.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np

FAMILY = ("E", "Sbc", "Scd", "Im")  # from red to blue
FILTERS = {"SDSS": "sdss2010", "DES": "decam2014"}  # speclite's name of each survey's curves
STEP = 0.02
_GRID = np.arange(0, 1.501, STEP)  # redshifts


def template(name):
    """Spectrum of one of `FAMILY`: wavelength in Å, and flux per Å in arbitrary units, both (L,)."""
    import galsim

    if name not in FAMILY:
        raise ValueError(f"the templates are {FAMILY}, got {name!r}.")
    return np.loadtxt(Path(galsim.meta_data.share_dir) / "SEDs" / f"CWW_{name}_ext_more.sed", unpack=True)


def ab_magnitude(wavelength, flux, curve, *, redshift=0.0):
    """AB magnitude of a spectrum moved to a redshift but not dimmed: m = M + distance modulus + K holds with it.

    m = -2.5 log10 [ ∫ λ f(λ/(1+z)) / (1+z) R dλ / ∫ R c/λ dλ ] + constant (Hogg+2002, arXiv:astro-ph/0210394).

    Parameters
    ----------
    wavelength, flux : array (L,)
        Å, and flux per Å at rest.
    curve : object with `wavelength` (Å) and `response`, both (F,)
        Such as a filter of speclite.
    redshift : float
        >= 0.
    """
    at, response = np.asarray(curve.wavelength), np.asarray(curve.response)
    fine = np.linspace(at[0], at[-1], 600)
    response = np.interp(fine, at, response)
    if fine[0] / (1 + redshift) < wavelength[0]:
        raise ValueError(f"at z = {redshift} the filter reaches below the spectrum's first {wavelength[0]:.0f} Å.")
    seen = np.interp(fine / (1 + redshift), wavelength, flux) / (1 + redshift)
    return -2.5 * np.log10(np.sum(fine * seen * response) / np.sum(response / fine))


@lru_cache(maxsize=8)
def _magnitudes(name, bands):
    """AB magnitudes of the family through a survey's filters: (redshifts, family, bands)."""
    from speclite.filters import load_filter

    if name not in FILTERS:
        raise ValueError(f"filter curves are known for {tuple(FILTERS)}, got {name!r}: give k_correction as numbers.")
    curves = [load_filter(f"{FILTERS[name]}-{band}") for band in bands]
    spectra = [template(kind) for kind in FAMILY]
    return np.array([[[ab_magnitude(*s, c, redshift=z) for c in curves] for s in spectra] for z in _GRID])


def family_magnitudes(redshift, survey):
    """AB magnitudes of the four templates at each redshift, (N, 4, bands), without dimming."""
    redshift = np.atleast_1d(np.asarray(redshift, float))
    if not ((redshift >= 0) & (redshift <= _GRID[-1])).all():
        raise ValueError(f"templates are tabulated for redshifts 0 to {_GRID[-1]:.1f}, got {redshift.max()}.")
    table = _magnitudes(survey.name, survey.bands)
    low = np.minimum((redshift / STEP).astype(int), len(_GRID) - 2)
    part = (redshift / STEP - low)[:, None, None]
    return (1 - part) * table[low] + part * table[low + 1]


def spectral_family(colour, redshift, survey):
    """Where on the way from E (0) over Sbc (1) and Scd (2) to Im (3) a galaxy of a colour lies, shape (N,).

    Parameters
    ----------
    colour : array (N,)
        Magnitude of the survey's first band minus that of its second, observed. Redder than E counts as E.
    redshift : array (N,)
    survey : Survey
    """
    known = family_magnitudes(redshift, survey)
    known = known[..., 0] - known[..., 1]
    return np.array([np.interp(-c, -row, np.arange(4)) for c, row in zip(np.atleast_1d(colour), known, strict=True)])


def k_correction(redshift, redshift_new, *, family, survey, survey_new=None):
    """Magnitudes that redshift, and a change of filters, add to the dimming by distance: K(z_new) - K(z).

    Parameters
    ----------
    redshift, redshift_new : array (N,)
    family : array (N,)
        0 (E) to 3 (Im), from `spectral_family`.
    survey, survey_new : Survey
        Whose filters saw the galaxy, and whose will (by default the same).

    Returns
    -------
    numpy.ndarray (N, bands)
        To be added to the magnitudes; positive where the galaxy gets fainter.
    """
    change = family_magnitudes(redshift_new, survey_new or survey) - family_magnitudes(redshift, survey)
    family = np.broadcast_to(np.asarray(family, float), len(change))
    if not ((family >= 0) & (family <= 3)).all():
        raise ValueError(f"family must be 0 (E) to 3 (Im), got {family.min()} to {family.max()}.")
    low = np.minimum(family.astype(int), 2)
    part, rows = (family - low)[:, None], np.arange(len(change))
    return (1 - part) * change[rows, low] + part * change[rows, low + 1]
