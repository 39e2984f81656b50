"""One mock lenticular as files in MaNGA's layout: what `cubes` reads from the archive, it can read from here."""

from pathlib import Path
from types import SimpleNamespace

import astropy.units as u
import numpy as np
from astropy.io import fits
from scipy.ndimage import gaussian_filter

from ..spectra.indices import d4000, line_flux
from ..spectra.spectroscopy import C_KM_S, log_grid, rest_frame
from .s0_galaxies import components, lenticular_light, lenticulars
from .s0_spectra import SEEING
from .stellar_maps import hexagon
from .templates import WAVELENGTH, Templates

SPAXEL = 0.5  # arcsec
RADIUS, AXIS_RATIO, ANGLE = 5.0, 0.65, np.deg2rad(30)  # of the galaxy: Re, arcsec; b/a; of the major axis
OUTSIDE = 2**0 + 2**1 + 2**10  # NOCOV, LOWCOV and DONOTUSE of MANGA_DRP3PIXMASK
LOST = 2**30  # DONOTUSE of MANGA_DAPPIXMASK


def write_manga(folder, *, kind="inside-out", seed=0, size=34):
    """Write a LOGCUBE and a MAPS file of one mock lenticular; extensions that the course does not read are left out.

    Hα and Dn4000 in the maps are measured on the cube; velocities are the true ones, blurred, with noise: what a
    pipeline would find if it were perfect but for the noise. Layout: Law+2016 (AJ 152, 83), Westfall+2019 (158, 231).

    Parameters
    ----------
    folder : path
        Is there already.
    kind : str
        Of the activity profile, see `lenticulars`.
    seed : int
    size : int
        Spaxels of 0.5 arcsec a side; the bundle is a hexagon inside.

    Returns
    -------
    cube, maps : pathlib.Path

    Raises
    ------
    ValueError
        For a kind that `lenticulars` does not know.
    """
    rng = np.random.default_rng(seed)
    row = _steepest(kind, seed)
    truth = _blurred(row, size)
    flux, ivar, mask = _spectra(rng, row, truth)
    shape = (len(WAVELENGTH), size, size)
    redshift = row["true_redshift"][0]
    primary = fits.PrimaryHDU()
    primary.header.update(PLATEIFU="0-0", EBVGAL=0.0, SCINPVEL=redshift * C_KM_S, ORIGIN="mock")
    data = {"FLUX": flux.T.reshape(shape), "IVAR": ivar.T.reshape(shape), "MASK": mask.T.reshape(shape)}
    cube = [primary, *(fits.ImageHDU(v, name=k) for k, v in (data | {"WAVE": WAVELENGTH}).items())]
    maps = [primary, *_map_hdus(rng, truth, _measured(flux, ivar, truth.velocity.ravel(), redshift))]
    files = [Path(folder) / f"manga-0-0-{name}.fits" for name in ("LOGCUBE", "MAPS-HYB10-MILESHC-MASTARSSP")]
    for file, hdus in zip(files, (cube, maps), strict=True):
        fits.HDUList(hdus).writeto(file, overwrite=True)
    return tuple(files)


def _steepest(kind, seed):
    """Of 100 galaxies without a Seyfert nucleus the one whose activity changes most with radius, a table of one row."""
    table = lenticulars(100, seed=seed, kinds={kind: 1.0})
    steepest = np.argsort(-np.abs(table["activity_slope"]) - table["ring"])
    row = table[steepest[table["ionisation"][steepest] != "Seyfert"][:1]]
    row["half_light_radius"], row["axis_ratio"] = [RADIUS] * u.arcsec, [AXIS_RATIO]
    return row


def _blurred(row, size):
    """What each spaxel shows after the seeing, without noise: arrays (size, size), mixes (spaxels, 5)."""
    y, x = (np.indices((size, size)) - (size - 1) / 2) * SPAXEL
    major, minor = x * np.cos(ANGLE) + y * np.sin(ANGLE), (y * np.cos(ANGLE) - x * np.sin(ANGLE)) / AXIS_RATIO
    radius, azimuth = np.hypot(major, minor), np.arctan2(minor, major)
    in_re = radius / RADIUS
    light = lenticular_light(in_re)

    def blur(image):
        return gaussian_filter(image, SEEING / SPAXEL, mode="nearest")

    seen = blur(light)
    stars, gas = (
        np.stack([blur(light * c.reshape(size, size)).ravel() / seen.ravel() for c in part[0].T], -1)
        for part in components(row, in_re.reshape(1, -1))
    )
    sin_i = np.sqrt((1 - AXIS_RATIO**2) / (1 - 0.2**2))
    rotation = row["v_max"].value[0] * sin_i * 2 / np.pi * np.arctan(in_re / 0.25) * np.cos(azimuth)
    sigma = row["sigma"].value[0] * (0.55 + 0.45 * np.exp(-in_re / 0.6))
    velocity = blur(light * rotation) / seen
    return SimpleNamespace(
        radius=radius, in_re=in_re, azimuth=azimuth, seen=seen, velocity=velocity, sigma=sigma, stars=stars, gas=gas
    )


def _spectra(rng, row, truth):
    """Flux, inverse variance and mask of every spaxel, (spaxels, P)."""
    size, seen = len(truth.seen), truth.seen.reshape(-1, 1)
    flux = Templates().spectra(
        truth.stars, truth.gas, redshift=_moved(row["true_redshift"][0], truth.velocity.ravel()),
        sigma=truth.sigma.ravel(), dust=row["dust"].value[0],
    )  # fmt: skip
    flux = (flux * seen).astype(np.float32)
    error = 0.02 * seen.max() * (0.05 + np.sqrt(seen / seen.max())) * np.ones_like(flux)
    flux += error * rng.standard_normal(flux.shape, dtype=np.float32)
    outside = np.where(hexagon(size, reach=0.96), 0, OUTSIDE).reshape(-1, 1)
    lost = rng.random((len(WAVELENGTH), size, size)) < 0.01
    mask = (outside | np.where(lost, 2**10, 0).reshape(len(WAVELENGTH), -1).T).astype(np.int32)
    return flux, np.where(mask == 0, 1 / error**2, 0).astype(np.float32), mask


def _moved(redshift, velocity):
    """Redshift of what moves with a velocity (km/s) in a galaxy."""
    return (1 + redshift) * (1 + velocity / C_KM_S) - 1


def _measured(flux, ivar, velocity, redshift):
    """Flux of Hα, its equivalent width, and Dn4000 of each spaxel, as the cube shows them."""
    grid = log_grid()
    at_rest = rest_frame(WAVELENGTH, flux, ivar, _moved(redshift, velocity), grid=grid)
    halpha, continuum = line_flux(grid, *at_rest)
    return halpha, halpha / continuum, d4000(grid, *at_rest)


def _map_hdus(rng, truth, measured):
    """Extensions of a MAPS file; a map is followed by its mask."""
    shape = truth.seen.shape
    halpha, width, break_strength = (a.reshape(shape) for a in measured)
    noise = 4 / np.sqrt(truth.seen / truth.seen.max())
    velocity = truth.velocity + noise * rng.standard_normal(shape)
    of_gas = truth.velocity * 1.1 + 0.8 * noise * rng.standard_normal(shape)
    raw = np.hypot(truth.sigma, 65) + noise * rng.standard_normal(shape)
    lost = np.where(hexagon(len(truth.seen), reach=0.96) & np.isfinite(halpha + break_strength), 0, LOST)
    coordinates = np.stack([truth.radius, truth.in_re, 0 * truth.radius, np.rad2deg(truth.azimuth) % 360])
    names = ("Elliptical radius", "R/Re", "R h/kpc", "Elliptical azimuth")
    resolution = np.stack([np.full(shape, 65.0)] * 2)
    yield _hdu("SPX_ELLCOO", coordinates, names)
    yield _hdu("SPX_MFLUX", truth.seen)
    yield _hdu("STELLAR_SIGMACORR", resolution, ("resolution difference", "fit"))
    for name, image, channels in (
        ("STELLAR_VEL", velocity, ()), ("STELLAR_SIGMA", raw, ()), ("EMLINE_GFLUX", halpha[None], ("Ha-6564",)),
        ("EMLINE_GEW", width[None], ("Ha-6564",)), ("EMLINE_GVEL", of_gas[None], ("Ha-6564",)),
        ("SPECINDEX", break_strength[None], ("Dn4000",)),
    ):  # fmt: skip
        yield _hdu(name, image, channels)
        yield fits.ImageHDU(np.broadcast_to(lost, image.shape).astype(np.int32), name=f"{name}_MASK")


def _hdu(name, image, channels=()):
    hdu = fits.ImageHDU(np.asarray(image, np.float32), name=name)
    hdu.header.update({f"C{i + 1}": channel for i, channel in enumerate(channels)})
    return hdu
