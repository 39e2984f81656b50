"""Files of spectra: MaNGA's LOGCUBE and MAPS of DR15 to DR17, and single spectra of SDSS.

Layout: data model of the MaNGA pipelines (Law et al. 2016, AJ 152, 83; Westfall et al. 2019, AJ 158, 231). Extensions
and channels are found by name: their numbers change between releases.
"""

from dataclasses import dataclass

import numpy as np

from ..fitsfiles import Unreadable, open_fits
from .spectroscopy import C_KM_S

DO_NOT_USE = 2**3 + 2**10  # FORESTAR and DONOTUSE of MANGA_DRP3PIXMASK
LARGEST = {"most": 1 << 30, "most_packed": 3 << 30}  # bytes: the cubes of the largest bundles hold 0.1 GB an extension


@dataclass(frozen=True)
class Cube:
    """A spectrum in each spaxel.

    Attributes
    ----------
    wavelength : array (P,)
        Observed, vacuum, Å.
    flux, ivar : array (P, Y, X)
        1e-17 erg/s/cm²/Å/spaxel, reddened by the Galaxy; inverse variance, zero where the survey says not to use it.
    ebv : float
        E(B-V) of the Galaxy, magnitudes.
    origin : str
        "mock" for a cube that the course made, otherwise "folder".
    """

    wavelength: np.ndarray
    flux: np.ndarray
    ivar: np.ndarray
    ebv: float
    origin: str


@dataclass(frozen=True)
class Maps:
    """What a pipeline measured in each spaxel, (Y, X), NaN where it says that it failed.

    Attributes
    ----------
    radius : array
        Elliptical, R / Re.
    brightness : array
        Mean flux in the g band.
    stellar_velocity, stellar_sigma, gas_velocity : array
        km/s; velocities relative to `redshift`, the dispersion freed of the instrument's.
    halpha, halpha_ew : array
        1e-17 erg/s/cm²/spaxel, and Å.
    d4000 : array
        Dn4000.
    redshift : float
    """

    radius: np.ndarray
    brightness: np.ndarray
    stellar_velocity: np.ndarray
    stellar_sigma: np.ndarray
    gas_velocity: np.ndarray
    halpha: np.ndarray
    halpha_ew: np.ndarray
    d4000: np.ndarray
    redshift: float


def _extension(hdus, name, file):
    if name not in hdus:
        raise Unreadable(
            f"{file} has no extension {name!r}; it has {[h.name for h in hdus]}. A MaNGA LOGCUBE holds FLUX, IVAR, "
            "MASK and WAVE; a MAPS file SPX_ELLCOO, STELLAR_VEL and EMLINE_GFLUX among others: is this the other?"
        )
    return hdus[name]


def read_cube(file):
    """Read a MaNGA LOGCUBE file (of the reduction pipeline, DR15 to DR17), plain or gzipped, as a `Cube`.

    The model cube of the analysis pipeline, whose spectra are binned and free of the Galaxy's dust, is refused.
    """
    with open_fits(file, **LARGEST) as hdus:
        modelled = [name for name in ("MODEL", "REDCORR", "BINID", "MODEL_MASK") if name in hdus]
        if modelled:
            raise Unreadable(
                f"{file} is a model cube of the analysis pipeline (it has {modelled[0]}): its spectra are binned and "
                "unreddened. Take manga-PLATE-IFU-LOGCUBE.fits.gz of the reduction pipeline."
            )
        flux, ivar, mask, wave = (_extension(hdus, n, file).data for n in ("FLUX", "IVAR", "MASK", "WAVE"))
        if any(data is None for data in (flux, ivar, mask, wave)) or flux.ndim != 3:
            raise Unreadable(f"{file}: FLUX, IVAR and MASK must be (wavelengths, Y, X): is it a cube (LOGCUBE)?")
        if not flux.shape == ivar.shape == mask.shape or flux.shape[:1] != wave.shape:
            raise Unreadable(
                f"{file}: FLUX {flux.shape}, IVAR {ivar.shape}, MASK {mask.shape} and WAVE {wave.shape} do not match."
            )
        if not (np.isfinite(wave).all() and (np.diff(wave) > 0).all() and wave[0] > 0):
            raise Unreadable(f"{file}: WAVE does not rise from pixel to pixel: wavelengths in Å are needed.")
        header = hdus[0].header
        if not np.isfinite(header.get("EBVGAL", np.nan)):
            raise Unreadable(f"{file}: the header has no EBVGAL, the E(B-V) of the Galaxy that reddens the spectra.")
        usable = (np.asarray(mask, np.int64) & DO_NOT_USE == 0) & np.isfinite(flux) & np.isfinite(ivar)
        return Cube(
            np.asarray(wave, float),
            np.where(usable, flux, 0).astype(np.float32),
            np.where(usable, ivar, 0).clip(0).astype(np.float32),
            float(header["EBVGAL"]),
            "mock" if header.get("ORIGIN") == "mock" else "folder",
        )


def read_maps(file):
    """Read a MaNGA MAPS file (of the analysis pipeline, DR15 to DR17) as `Maps`.

    The correction of the dispersion for the instrument, STELLAR_SIGMACORR, is one map in DR15 and DR16 and two in DR17;
    the first, the difference in resolution, is the one they share.
    """
    with open_fits(file, **LARGEST) as hdus:

        def channel(name, wanted=None):
            hdu = _extension(hdus, name, file)
            data, index = np.asarray(hdu.data, float), ()
            if data.ndim != (3 if wanted else 2):
                needed = "(channels, Y, X)" if wanted else "(Y, X)"
                raise Unreadable(f"{file}: extension {name} has the shape {data.shape}, {needed} is needed.")
            if wanted:
                names = {
                    str(v).strip(): int(k[1:]) - 1 for k, v in hdu.header.items() if k[0] == "C" and k[1:].isdigit()
                }
                if not 0 <= names.get(wanted, -1) < len(data):
                    raise Unreadable(f"{file}: extension {name} has no channel {wanted!r}, only {sorted(names)}.")
                index = names[wanted]
            data = data[index]
            if f"{name}_MASK" in hdus:
                mask = hdus[f"{name}_MASK"].data
                if mask.shape != hdu.data.shape:
                    raise Unreadable(f"{file}: {name} {hdu.data.shape} and its mask {mask.shape} do not match.")
                data = np.where(mask[index] == 0, data, np.nan)
            if data.shape != shape:
                raise Unreadable(f"{file}: {name} is {data.shape} spaxels wide, SPX_MFLUX {shape}: they do not match.")
            return data

        shape = np.shape(_extension(hdus, "SPX_MFLUX", file).data)
        correction = np.asarray(_extension(hdus, "STELLAR_SIGMACORR", file).data, float)
        correction = correction[0] if correction.ndim == 3 and len(correction) in (1, 2) else correction
        if correction.shape != shape:
            raise Unreadable(
                f"{file}: STELLAR_SIGMACORR has the shape {correction.shape}, one map {shape} (DR15, DR16) or two "
                "(DR17) are read."
            )
        with np.errstate(invalid="ignore"):  # NaN where the instrument is broader than the measurement
            sigma = np.sqrt(channel("STELLAR_SIGMA") ** 2 - correction**2)
        header = hdus[0].header
        if not np.isfinite(header.get("SCINPVEL", np.nan)):
            raise Unreadable(f"{file}: the header has no SCINPVEL, the velocity cz that velocities are relative to.")
        return Maps(
            radius=channel("SPX_ELLCOO", "R/Re"),
            brightness=channel("SPX_MFLUX"),
            stellar_velocity=channel("STELLAR_VEL"),
            stellar_sigma=sigma,
            gas_velocity=channel("EMLINE_GVEL", "Ha-6564"),
            halpha=channel("EMLINE_GFLUX", "Ha-6564"),
            halpha_ew=channel("EMLINE_GEW", "Ha-6564"),
            d4000=channel("SPECINDEX", "Dn4000"),
            redshift=header["SCINPVEL"] / C_KM_S,
        )


def read_sdss_spectrum(file):
    """Read an SDSS spectrum (spec-PLATE-MJD-FIBER.fits) as wavelength, flux, ivar, redshift and the survey's subclass.

    Returns
    -------
    wavelength : array (P,)
        Observed, vacuum, Å.
    flux, ivar : array (1, P)
        1e-17 erg/s/cm²/Å.
    redshift : float
    subclass : str
        "" where the survey gave none.
    """
    with open_fits(file) as hdus:
        if len(hdus) < 3 or not len(_extension(hdus, "COADD", file).data) or not len(hdus[2].data):
            raise Unreadable(f"{file} is no SDSS spectrum: COADD and, third, a row of SPECOBJ are needed.")
        coadd, galaxy = hdus["COADD"].data, hdus[2].data
        missing = {"loglam", "flux", "ivar"} - set(coadd.names), {"Z", "SUBCLASS"} - set(galaxy.names)
        if missing[0] or missing[1]:
            raise Unreadable(f"{file} lacks the columns {', '.join(sorted(missing[0] | missing[1]))}.")
        return (
            10 ** coadd["loglam"].astype(float),
            coadd["flux"][None].astype(np.float32),
            coadd["ivar"][None].astype(np.float32),
            float(galaxy["Z"][0]),
            str(galaxy["SUBCLASS"][0]).strip(),
        )


def read_template(file):
    """A mean spectrum at rest from a FITS table with the columns WAVELENGTH (Å) and FLUX, as in Kinney et al. (1996).

    Returns
    -------
    wavelength : array (P,)
    flux, ivar : array (1, P)
        In units of the median flux; inverse variance 1, or 0 where the flux is not positive or not finite.
    """
    with open_fits(file) as hdus:
        rows = hdus[1].data
        wavelength, flux = (np.asarray(rows[name], float) for name in ("WAVELENGTH", "FLUX"))
    good = np.isfinite(flux) & (flux > 0)
    return wavelength, flux[None] / np.median(flux[good]), good[None].astype(float)
