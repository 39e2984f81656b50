"""K-corrections: what redshift alone does to magnitudes, from observed spectra and the filter curves of the surveys.

Spectra: Coleman, Wu & Weedman (1980, ApJS 43, 393), extended by Bolzonella, Miralles & Pelló (2000), as GalSim ships
them. Filters: the curves that speclite holds, or those that a survey brings.
"""

from functools import lru_cache
from pathlib import Path

import astropy.units as u
import numpy as np

from ..surveys import DES, SDSS

FAMILY = ("E", "Sbc", "Scd", "Im")  # from red to blue
STEP = 0.02
SAMPLING = 5.0  # Å, between the wavelengths at which spectra meet filters
_GRID = np.arange(0, 1.501, STEP)  # redshifts


def template(name):
    """Spectrum of one of `FAMILY`: wavelength in Å, and flux per Å in arbitrary units, both (L,)."""
    import galsim

    if name not in FAMILY:
        raise ValueError(f"the templates are {FAMILY}, got {name!r}.")
    return np.loadtxt(Path(galsim.meta_data.share_dir) / "SEDs" / f"CWW_{name}_ext_more.sed", unpack=True)


def filter_curves(bands, filters):
    """Response curves of bands, as a `FilterSequence` of speclite; `filters` as in `Survey`."""
    from speclite.filters import FilterResponse, FilterSequence, load_filter

    if filters is None:
        raise ValueError(f"no filter curves of the bands {bands} are given: give the survey `filters`.")
    names = [f"{filters}-{band}" for band in bands] if isinstance(filters, str) else filters
    curves = []
    for number, given in enumerate(names):
        if isinstance(given, str):
            curves.append(load_filter(given))
            continue
        at, response = np.asarray(given, float)
        at, response = np.r_[at[0] - 1, at, at[-1] + 1], np.r_[0, response, 0]  # speclite wants curves that end in zero
        curves.append(FilterResponse(at, response, {"group_name": "given", "band_name": f"band{number}"}))
    return FilterSequence(curves)


@lru_cache(maxsize=16)
def _magnitudes(bands, filters):
    """AB magnitudes of the family through filters: (redshifts, family, bands), moved to a redshift but not dimmed.

    m = M + distance modulus + K holds with them (Hogg+2002, arXiv:astro-ph/0210394).
    """
    curves = filter_curves(bands, filters)
    spectra = [template(kind) for kind in FAMILY]
    wavelength = np.arange(spectra[0][0][0], spectra[0][0][-1], SAMPLING)
    flux = np.stack([np.interp(wavelength, *spectrum) for spectrum in spectra]) * u.Unit("erg / (s cm2 AA)")
    rows = []
    for z in _GRID:
        maggies = curves.get_ab_maggies(flux / (1 + z), wavelength * (1 + z) * u.AA)
        rows.append(-2.5 * np.log10(np.stack([maggies[name] for name in maggies.colnames], 1)))
    return np.array(rows)


def family_magnitudes(redshift, survey):
    """AB magnitudes of the four templates at each redshift, (N, 4, bands), without dimming."""
    redshift = np.atleast_1d(np.asarray(redshift, float))
    if not ((redshift >= 0) & (redshift <= _GRID[-1])).all():
        raise ValueError(f"templates are tabulated for redshifts 0 to {_GRID[-1]:.1f}, got {redshift.max()}.")
    return _interpolated(redshift, survey.bands, survey.filters)


def _interpolated(redshift, bands, filters):
    table = _magnitudes(bands, filters)
    low = np.minimum((redshift / STEP).astype(int), len(_GRID) - 2)
    part = (redshift / STEP - low)[:, None, None]
    return (1 - part) * table[low] + part * table[low + 1]


def colour_bands(survey):
    """Places of the two bands whose colour tells the family: g and r where a survey has them, else its first two."""
    return tuple(map(survey.bands.index, "gr")) if {"g", "r"} <= set(survey.bands) else (0, 1)


def spectral_family(colour, redshift, survey):
    """Where on the way from E (0) over Sbc (1) and Scd (2) to Im (3) a galaxy of a colour lies, shape (N,).

    Parameters
    ----------
    colour : array (N,)
        Observed colour of `colour_bands`: g - r, or first minus second band. Redder than E counts as E.
    redshift : array (N,)
    survey : Survey
    """
    known = family_magnitudes(redshift, survey)
    blue, red = colour_bands(survey)
    known = known[..., blue] - known[..., red]
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
    return along_family(change, family)


def along_family(values, family):
    """Of values for each of the four templates, (N, 4, bands), those at a place between them, 0 to 3: (N, bands)."""
    low = np.minimum(family.astype(int), 2)
    part, rows = (family - low)[:, None], np.arange(len(values))
    return (1 - part) * values[rows, low] + part * values[rows, low + 1]


_GRI = ("g", "r", "i")
GRI_WAVELENGTHS = (4749.0, 6206.0, 7526.0)  # Å, effective, of SDSS


def _as_catalogued(bands, filters):
    """Which bands the catalogue has: g, r and i through the curves of SDSS, or unknown ones; DES counts as SDSS."""
    return np.array([band in _GRI and filters in (None, SDSS.filters, DES.filters) for band in bands])


def band_wavelengths(bands, filters=None):
    """Effective wavelength of each band, Å; `filters` as in `Survey`."""
    known = _as_catalogued(bands, filters)
    at = np.array([GRI_WAVELENGTHS[_GRI.index(band)] if k else 0 for band, k in zip(bands, known, strict=True)])
    if not known.all():
        at[~known] = filter_curves(bands, filters).effective_wavelengths.to_value("AA")[~known]
    return at


def band_magnitudes(gri, redshift, *, bands, filters=None):
    """Magnitudes in any bands of galaxies whose g, r, i and redshift are known.

    The template of a galaxy's g - r, seen through the filters; what the galaxy differs by from the template in g, r, i
    is carried over, linearly in ln(wavelength) and constant beyond g and i. So g, r, i themselves come back as given.

    Parameters
    ----------
    gri : array (N, 3)
        Observed AB magnitudes g, r, i of SDSS.
    redshift : array (N,)
        0 to 1.5.
    bands : tuple of str
    filters : str or tuple, optional
        As in `Survey`. Bands g, r, i of SDSS and DES, and those without curves, are taken over as they are.

    Returns
    -------
    numpy.ndarray (N, bands)
    """
    gri, redshift = np.asarray(gri, float), np.asarray(redshift, float)
    known = _as_catalogued(bands, filters)
    out = gri[:, [_GRI.index(band) if k else 0 for band, k in zip(bands, known, strict=True)]]
    if not known.all():
        family = spectral_family(gri[:, 0] - gri[:, 1], redshift, SDSS)
        rest = gri - along_family(family_magnitudes(redshift, SDSS), family)
        at = np.log(band_wavelengths(bands, filters))
        share = np.stack([np.interp(at, np.log(GRI_WAVELENGTHS), one) for one in np.eye(3)])
        seen = along_family(_interpolated(redshift, bands, filters), family) + rest @ share
        out[:, ~known] = seen[:, ~known]
    return out
