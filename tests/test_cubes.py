"""Cubes and maps in MaNGA's layout, radial spectra, rotation: read, binned, and refused where nothing good is there."""

import dataclasses

import numpy as np
import pytest
from astropy.io import fits

import galmorph_helpers as gm
from galmorph_helpers.spectra.spectroscopy import C_KM_S

EDGES = np.arange(0, 1.51, 0.25)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return gm.mock.write_manga(tmp_path_factory.mktemp("manga"), kind="outside-in", seed=1, size=20)


@pytest.fixture(scope="module")
def galaxy(files):
    return gm.spectra.read_cube(files[0]), gm.spectra.read_maps(files[1])


def test_cube_and_maps_are_read(galaxy):
    cube, maps = galaxy
    assert cube.flux.shape == (len(cube.wavelength), 20, 20) and cube.origin == "mock" and cube.ebv == 0
    assert (cube.ivar[:, 0, 0] == 0).all() and (cube.ivar[:, 10, 10] > 0).mean() > 0.95
    assert maps.radius.shape == maps.halpha.shape == maps.gas_velocity.shape == (20, 20)
    assert 0.02 < maps.redshift < 0.08
    assert np.isnan(maps.stellar_velocity[0, 0]) and np.isfinite(maps.stellar_velocity[10, 10])
    assert 30 < np.nanmedian(maps.stellar_sigma) < 350  # freed of the instrument's 65 km/s
    assert np.nanmax(np.abs(maps.stellar_velocity)) < 400


def small_files(folder, *, drop=(), mask=0, velocity=0.0, renamed=()):
    """A flat spectrum in 6 x 6 spaxels, by hand, with the extensions of DR17."""
    wave = 10 ** (3.5589 + 1e-4 * np.arange(3400))
    ones = np.ones((len(wave), 6, 6), np.float32)
    primary = fits.PrimaryHDU()
    primary.header["EBVGAL"] = 0.1
    primary.header["SCINPVEL"] = 0.03 * C_KM_S
    cube = {"FLUX": ones, "IVAR": 100 * ones, "MASK": np.full(ones.shape, mask, np.int32), "WAVE": wave}
    maps = {
        "SPX_ELLCOO": (
            np.ones((4, 6, 6)) * np.linspace(0, 1.4, 6),
            ("Elliptical radius", "R/Re", "R h/kpc", "Elliptical azimuth"),
        ),
        "SPX_MFLUX": (np.ones((6, 6)), ()),
        "STELLAR_VEL": (np.full((6, 6), velocity), ()),
        "STELLAR_SIGMA": (np.full((6, 6), 100.0), ()),
        "STELLAR_SIGMACORR": (np.full((2, 6, 6), 60.0), ()),
        "EMLINE_GFLUX": (np.stack([np.zeros((6, 6)), np.ones((6, 6))]), ("OIII-5008", "Ha-6564")),
        "EMLINE_GEW": (np.stack([np.zeros((6, 6)), np.ones((6, 6))]), ("OIII-5008", "Ha-6564")),
        "EMLINE_GVEL": (np.zeros((2, 6, 6)), ("OIII-5008", "Ha-6564")),
        "SPECINDEX": (np.full((2, 6, 6), 1.5), ("D4000", "Dn4000")),
    }
    lists = [fits.HDUList([primary]), fits.HDUList([primary])]
    for name, data in cube.items():
        if name not in drop:
            lists[0].append(fits.ImageHDU(data, name=name))
    for name, (data, channels) in maps.items():
        if name not in drop:
            hdu = fits.ImageHDU(data, name=name)
            for i, channel in enumerate(channels):
                hdu.header[f"C{i + 1}"] = "other" if channel in renamed else channel
            lists[1].append(hdu)
            lists[1].append(fits.ImageHDU(np.zeros(data.shape, np.int32), name=f"{name}_MASK"))
    paths = folder / "manga-1-2-LOGCUBE.fits.gz", folder / "manga-1-2-MAPS.fits.gz"
    for hdus, path in zip(lists, paths, strict=True):
        hdus.writeto(path, overwrite=True)
    return paths


def test_a_gzipped_file_written_by_hand_is_read(tmp_path):
    cube_file, maps_file = small_files(tmp_path)
    cube, maps = gm.spectra.read_cube(cube_file), gm.spectra.read_maps(maps_file)
    assert cube.origin == "folder" and cube.ebv == 0.1
    assert maps.halpha.mean() == 1 and maps.d4000.mean() == 1.5 and maps.redshift == pytest.approx(0.03)
    np.testing.assert_allclose(maps.stellar_sigma, 80.0)
    flux, ivar, radius = gm.spectra.radial_spectra(cube, maps, edges=EDGES)
    unreddened = 10 ** (0.4 * 3.1 * 0.1 * gm.spectra.extinction(gm.spectra.log_grid() * 1.03))
    np.testing.assert_allclose(flux[0] / flux[0].mean(), unreddened / unreddened.mean(), rtol=1e-3)
    alone = gm.spectra.radial_spectra(cube, maps, edges=EDGES, correlated=False)[1]
    assert np.median(alone / ivar) == pytest.approx((1 + 1.62 * np.log10(6)) ** 2, rel=0.01)


def test_a_missing_extension_or_channel_is_named(tmp_path):
    with pytest.raises(ValueError, match="no extension 'IVAR'"):
        gm.spectra.read_cube(small_files(tmp_path, drop=("IVAR",))[0])
    with pytest.raises(ValueError, match="no extension 'STELLAR_VEL'"):
        gm.spectra.read_maps(small_files(tmp_path, drop=("STELLAR_VEL",))[1])
    with pytest.raises(ValueError, match="no channel 'Ha-6564'"):
        gm.spectra.read_maps(small_files(tmp_path, renamed=("Ha-6564",))[1])
    cube_file, maps_file = small_files(tmp_path)
    with pytest.raises(ValueError, match="is this the other"):
        gm.spectra.read_maps(cube_file)
    with pytest.raises(ValueError, match="is this the other"):
        gm.spectra.read_cube(maps_file)


def test_a_cube_without_a_good_spaxel_is_refused(tmp_path):
    cube, maps = (
        read(file)
        for read, file in zip(
            (gm.spectra.read_cube, gm.spectra.read_maps), small_files(tmp_path, mask=1024), strict=True
        )
    )
    assert (cube.ivar == 0).all()
    with pytest.raises(ValueError, match="no good spaxel: of 36, 0 have over half"):
        gm.spectra.radial_spectra(cube, maps, edges=EDGES)


def test_an_all_masked_map_and_nan_velocities_are_refused_or_left_out(galaxy, tmp_path):
    cube, maps = galaxy
    lost = dataclasses.replace(maps, stellar_velocity=np.full(maps.radius.shape, np.nan))
    with pytest.raises(ValueError, match="no good spaxel.*, 0 a"):
        gm.spectra.radial_spectra(cube, lost, edges=EDGES)
    velocity = maps.stellar_velocity.copy()
    velocity[:, :10] = np.nan  # half of the galaxy
    flux, ivar, radius = gm.spectra.radial_spectra(
        cube, dataclasses.replace(maps, stellar_velocity=velocity), edges=EDGES, correlated=False
    )
    whole, whole_ivar, _ = gm.spectra.radial_spectra(cube, maps, edges=EDGES, correlated=False)
    assert np.isfinite(flux).all() and np.median(whole_ivar[2]) > 1.5 * np.median(ivar[2])
    only_centre = dataclasses.replace(maps, stellar_velocity=np.where(maps.radius < 0.5, maps.stellar_velocity, np.nan))
    _, ivar, radius = gm.spectra.radial_spectra(cube, only_centre, edges=EDGES)
    assert (ivar[3:] == 0).all() and np.isnan(radius[3:]).all() and (ivar[0] > 0).any()
    with pytest.raises(ValueError, match="not one galaxy"):
        gm.spectra.radial_spectra(cube, dataclasses.replace(maps, radius=maps.radius[:5]), edges=EDGES)


def test_annuli_show_the_gradient_that_was_put_in(galaxy):
    cube, maps = galaxy
    flux, ivar, radius = gm.spectra.radial_spectra(cube, maps, edges=EDGES)
    width = gm.spectra.equivalent_width(gm.spectra.log_grid(), flux, ivar)
    seen = np.isfinite(radius)
    assert (np.diff(radius[seen]) > 0).all()
    assert width[0] > 2 * width[seen][-1] > 0  # outside-in: the centre forms stars


def test_lambda_r_runs_from_none_to_all_rotation():
    ones = np.ones((2, 50))
    assert gm.spectra.lambda_r(ones, ones, 0 * ones, ones).tolist() == [0, 0]
    np.testing.assert_allclose(gm.spectra.lambda_r(ones, ones, -3 * ones, 0 * ones), 1)
    np.testing.assert_allclose(gm.spectra.lambda_r(ones, ones, 3 * ones, 4 * ones), 0.6)
    holes = np.where(np.arange(50) < 25, np.nan, 3.0) * ones
    np.testing.assert_allclose(gm.spectra.lambda_r(ones, ones, holes, 4 * ones), 0.6)
    assert np.isnan(gm.spectra.lambda_r(ones, ones, np.nan * ones, ones)).all()


def test_rotators_weigh_their_pieces_by_flux():
    """The same galaxies on a square grid, each point with the surface brightness of its place, spin as much."""
    sample = gm.mock.rotators(40, "S0", seed=0)
    y, x = np.mgrid[-1.5:1.5:201j, -1.5:1.5:201j]
    r, angle = np.hypot(x, y), np.mod(np.arctan2(y, x), 2 * np.pi)
    inside, slices = r < 1.5, sample.radius.shape[2]
    ring, part = (r[inside] * 10).astype(int), np.rint(angle[inside] / (2 * np.pi) * slices).astype(int) % slices
    piece = (slice(None), ring, part)
    at = sample.radius[0, :, 0]
    bulge, disc = (f / (f @ at) for f in (np.exp(-3.67 * at**0.5), np.exp(-1.68 * at)))
    share = np.asarray(sample.table["bulge_to_total"])[:, None]
    surface_brightness = (share * bulge + (1 - share) * disc)[:, ring]
    square = gm.spectra.lambda_r(
        surface_brightness, sample.radius[piece], sample.velocity[piece], sample.dispersion[piece]
    )
    polar = gm.spectra.lambda_r(
        *(a.reshape(40, -1) for a in (sample.flux, sample.radius, sample.velocity, sample.dispersion))
    )
    np.testing.assert_allclose(polar, square, atol=0.01)


def test_rotators_spin_as_their_bulges_let_them():
    sample = gm.mock.rotators(200, "S0", seed=0)
    spin = gm.spectra.lambda_r(
        *(a.reshape(200, -1) for a in (sample.flux, sample.radius, sample.velocity, sample.dispersion))
    )
    tilt = np.sin(np.deg2rad(sample.table["inclination"]))
    assert ((spin > 0) & (spin < 1)).all()
    assert np.corrcoef(spin, tilt)[0, 1] > 0.3 and np.corrcoef(spin, sample.table["bulge_to_total"])[0, 1] < -0.3
    with pytest.raises(ValueError, match="E-FR"):
        gm.mock.rotators(5, "Sa")
    with pytest.raises(ValueError, match=">= 1"):
        gm.mock.rotators(0, "S0")
