"""One mock lenticular as files in MaNGA's layout: what `cubes` reads from the archive, it can read from here."""

from pathlib import Path

import astropy.units as u
import numpy as np
from astropy.io import fits
from scipy.ndimage import gaussian_filter

from ..spectra.spectroscopy import C_KM_S, d4000, line_flux, log_grid, rest_frame
from .s0_spectra import SEEING, components, lenticulars
from .templates import WAVELENGTH, Templates

SPAXEL = 0.5  # arcsec
OUTSIDE = 2**0 + 2**1 + 2**10  # NOCOV, LOWCOV and DONOTUSE of MANGA_DRP3PIXMASK
LOST = 2**30  # DONOTUSE of MANGA_DAPPIXMASK


def write_manga(folder, *, kind="inside-out", seed=0, size=34):
    """Write a LOGCUBE and a MAPS file of one mock lenticular; extensions that the course does not read are left out.

    Hα and Dn4000 in the maps are measured on the cube; velocities are the true ones, blurred, with noise: what a
    pipeline would find if it were perfect but for the noise.

    Parameters
    ----------
    folder : path
    kind : str
        Of the activity profile, see `lenticulars`.
    size : int
        Spaxels a side; the bundle is a hexagon inside.

    Returns
    -------
    cube, maps : pathlib.Path
    """
    rng = np.random.default_rng(seed)
    table = lenticulars(100, seed=seed, kinds={kind: 1.0})
    steepest = np.argsort(-np.abs(table["activity_slope"]) - table["ring"])
    row = table[steepest[table["ionisation"][steepest] != "Seyfert"][:1]]
    row["half_light_radius"], row["axis_ratio"] = [5.0] * u.arcsec, [0.65]
    y, x = (np.indices((size, size)) - (size - 1) / 2) * SPAXEL
    angle = np.deg2rad(30)
    major, minor = x * np.cos(angle) + y * np.sin(angle), (y * np.cos(angle) - x * np.sin(angle)) / row["axis_ratio"][0]
    radius, azimuth = np.hypot(major, minor), np.arctan2(minor, major)
    in_re = radius / 5.0
    light = np.exp(-1.68 * in_re) + 1.5 * np.exp(-6 * in_re)

    def blur(image):
        return gaussian_filter(image, SEEING / SPAXEL, mode="nearest")

    stars, gas = (a[0] for a in components(row, in_re.reshape(1, -1)))
    seen = blur(light)
    mix = [
        np.stack([blur(light * c.reshape(size, size)) / seen for c in part.T], -1).reshape(size**2, -1)
        for part in (stars, gas)
    ]
    sin_i = np.sqrt((1 - row["axis_ratio"][0] ** 2) / (1 - 0.2**2))
    rotation = row["v_max"].value[0] * sin_i * 2 / np.pi * np.arctan(in_re / 0.25) * np.cos(azimuth)
    velocity = blur(light * rotation) / seen
    sigma = row["sigma"].value[0] * (0.55 + 0.45 * np.exp(-in_re / 0.6))
    z = row["true_redshift"][0]
    flux = Templates().spectra(
        *mix, redshift=(1 + z) * (1 + velocity.ravel() / C_KM_S) - 1, sigma=sigma.ravel(), dust=row["dust"].value[0]
    )
    flux = (flux * seen.reshape(-1, 1)).astype(np.float32)
    error = 0.02 * seen.max() * (0.05 + np.sqrt(seen / seen.max())).reshape(-1, 1) * np.ones_like(flux)
    flux += error * rng.standard_normal(flux.shape, dtype=np.float32)
    hexagon = np.maximum(np.abs(y) * 2 / np.sqrt(3), np.abs(x) + np.abs(y) / np.sqrt(3)) < 0.48 * size * SPAXEL
    mask = np.where(hexagon, 0, OUTSIDE)[None] | np.where(rng.random((len(WAVELENGTH), size, size)) < 0.01, 2**10, 0)
    shape = (len(WAVELENGTH), size, size)
    spectra, ivar = flux.T.reshape(shape), np.where(mask == 0, (1 / error**2).T.reshape(shape), 0).astype(np.float32)

    folder = Path(folder)
    primary = fits.PrimaryHDU()
    primary.header.update(PLATEIFU="0-0", EBVGAL=0.0, SCINPVEL=z * C_KM_S, ORIGIN="mock")
    cube_file, maps_file = folder / "manga-0-0-LOGCUBE.fits", folder / "manga-0-0-MAPS-HYB10-MILESHC-MASTARSSP.fits"
    data = {"FLUX": spectra, "IVAR": ivar, "MASK": mask.astype(np.int32), "WAVE": WAVELENGTH}
    fits.HDUList([primary, *(fits.ImageHDU(v, name=k) for k, v in data.items())]).writeto(cube_file, overwrite=True)

    grid = log_grid()
    at_rest = rest_frame(
        WAVELENGTH, flux, ivar.reshape(len(WAVELENGTH), -1).T, (1 + z) * (1 + velocity.ravel() / C_KM_S) - 1, grid=grid
    )
    halpha, continuum = (a.reshape(size, size) for a in line_flux(grid, *at_rest))
    break_strength = d4000(grid, *at_rest).reshape(size, size)
    noise = 4 / np.sqrt(seen / seen.max())
    measured = velocity + noise * rng.standard_normal(seen.shape)
    of_gas = velocity * 1.1 + 0.8 * noise * rng.standard_normal(seen.shape)
    raw = np.hypot(sigma, 65) + noise * rng.standard_normal(seen.shape)
    lost = np.where(hexagon & np.isfinite(halpha + break_strength), 0, LOST)
    hdus = [primary]

    def add(name, image, channels=(), masked=True):
        hdu = fits.ImageHDU(np.asarray(image, np.float32), name=name)
        for i, channel in enumerate(channels):
            hdu.header[f"C{i + 1}"] = channel
        hdus.append(hdu)
        if masked:
            hdus.append(fits.ImageHDU(np.broadcast_to(lost, image.shape).astype(np.int32), name=f"{name}_MASK"))

    names = ("Elliptical radius", "R/Re", "R h/kpc", "Elliptical azimuth")
    add("SPX_ELLCOO", np.stack([radius, in_re, 0 * radius, np.rad2deg(azimuth) % 360]), names, masked=False)
    add("SPX_MFLUX", seen, masked=False)
    add("STELLAR_VEL", measured)
    add("STELLAR_SIGMA", raw)
    add("STELLAR_SIGMACORR", np.stack([np.full(seen.shape, 65.0)] * 2), ("resolution difference", "fit"), masked=False)
    add("EMLINE_GFLUX", halpha[None], ("Ha-6564",))
    add("EMLINE_GEW", (halpha / continuum)[None], ("Ha-6564",))
    add("EMLINE_GVEL", of_gas[None], ("Ha-6564",))
    add("SPECINDEX", break_strength[None], ("Dn4000",))
    fits.HDUList(hdus).writeto(maps_file, overwrite=True)
    return cube_file, maps_file
