"""Answers that can be worked out by hand: each test fails if a sign, a factor or a term of one formula is lost.

`make mutants` (tools/mutants.py) checks that they do.
"""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pooch
import pytest
import torch
from astropy.io import fits
from astropy.wcs import WCS

import galmorph_helpers as gm
import mutants
from galmorph_helpers.files import DATA
from galmorph_helpers.imaging.camera import observe
from galmorph_helpers.imaging.fourier import frequencies
from galmorph_helpers.imaging.matching import degrade
from galmorph_helpers.measure.indices import gini_m20
from galmorph_helpers.mock.demographics import disc_axis_ratio, population
from galmorph_helpers.mock.rendering import light
from galmorph_helpers.spectra.manga_files import Cube, Maps
from galmorph_helpers.spectra.spectroscopy import C_KM_S

Y, X = np.indices((64, 64)) - 31.5

# ---------------------------------------------------------------- the camera


@pytest.mark.parametrize("native", [1.0, 1.6])
def test_a_stamp_s_photons_are_counted_as_poisson_would(native):
    """Of N electrons the scatter is root N, in a stamp of native pixels and in one that was resampled."""
    survey = replace(gm.SDSS, sky_sigma=(0.0,) * 3, electrons=(100.0, 400.0, 900.0))
    n, size, flux = 500, 16, 4.0
    padded = frequencies(size, "cpu")[0].shape[-2]
    spectrum = torch.zeros(n, 3, padded, padded // 2 + 1, dtype=torch.complex64)
    spectrum[:, :, 0, 0] = flux * padded**2  # as bright everywhere: PSF and shifts change nothing
    scale = torch.full((n,), survey.pixel_scale / native)
    images = observe(spectrum, survey, scale, size=size, generator=torch.Generator().manual_seed(0))
    total = images.sum((2, 3))
    torch.testing.assert_close(total.mean(0), torch.full((3,), flux * size**2), rtol=2e-3, atol=0)
    expected = (flux * size**2 / torch.tensor(survey.electrons)) ** 0.5
    torch.testing.assert_close(total.std(0), expected, rtol=0.12, atol=0)  # 3 % from 500 stamps
    if native == 1:
        grain = (images - images.mean((2, 3), keepdim=True)).std((0, 2, 3))
        torch.testing.assert_close(grain, (flux / torch.tensor(survey.electrons)) ** 0.5, rtol=0.02, atol=0)


def test_the_sky_s_level_is_off_by_a_fifth_of_its_noise():
    spectrum = torch.zeros(500, 3, 40, 21, dtype=torch.complex64)
    scale = torch.full((500,), gm.SDSS.pixel_scale)
    level = observe(spectrum, gm.SDSS, scale, size=32, generator=torch.Generator().manual_seed(1)).mean((2, 3))
    expected = torch.tensor(gm.SDSS.sky_sigma) * (0.19**2 + 1 / 32**2) ** 0.5  # and the mean of 32 x 32 pixels' noise
    torch.testing.assert_close(level.std(0), expected, rtol=0.12, atol=0)
    alike = np.corrcoef(level.T.numpy())[np.triu_indices(3, 1)]
    np.testing.assert_allclose(alike, 0.95 * 0.19**2 / (0.19**2 + 1 / 32**2), atol=0.07)  # much the same in all


def centroids(survey, n=300, size=48):
    """Where the same round galaxy is found in each band, stamp pixels from the middle, (n, bands, 2)."""
    kx, ky = frequencies(size, "cpu")
    spectrum = torch.exp(-2 * (np.pi * 3.0) ** 2 * (kx**2 + ky**2) - 1j * np.pi * (size - 1) * (kx + ky))
    spectrum = spectrum[:, None].expand(n, 3, -1, -1).to(torch.complex64) * 1e3
    scale = torch.full((n,), survey.pixel_scale)
    image = observe(spectrum, survey, scale, size=size, generator=torch.Generator().manual_seed(2))
    at, total = torch.arange(size) - (size - 1) / 2, image.sum((2, 3))
    return torch.stack([(image.sum(axis) * at).sum(2) / total for axis in (2, 3)], -1)


def test_bands_are_off_against_each_other_by_the_survey_s_registration():
    """Each band is moved by a uniform draw as wide as `registration`: a difference of two has the rms width / √6."""
    survey = replace(gm.SDSS, sky_sigma=(0.0,) * 3, electrons=(1e9,) * 3, registration=0.6)
    width, where = survey.registration / survey.pixel_scale, centroids(survey)
    apart = (where[:, 0] - where[:, 2]).ravel()
    assert apart.std().item() == pytest.approx(width / 6**0.5, rel=0.1)
    assert 0.8 * width < apart.abs().max() < 1.02 * width
    one = centroids(replace(survey, registration=0.0))
    torch.testing.assert_close(one[:, 0], one[:, 2], atol=5e-3, rtol=0)
    # The cutout's centre, in pixels of a stamp of 48: off by .008 of its side, with a scatter of .0035 of it.
    assert one.mean().item() == pytest.approx(0.008 * 48, rel=0.1)
    assert one[:, 0].std().item() == pytest.approx(0.0035 * 48, rel=0.1)


# ---------------------------------------------------------------- FITS


@pytest.fixture
def image_file(tmp_path):
    """Writes an image (64, 64) with DES pixels and a header's words; returns its path."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], [150.0, 2.0], [32.5, 32.5]
    wcs.wcs.cd = np.array([[-0.263, 0.0], [0.0, 0.263]]) / 3600

    def write(data, **words):
        header = wcs.to_header()
        header.update(words)
        fits.writeto(tmp_path / "in.fits", data.astype(np.float32), header, overwrite=True)
        return tmp_path / "in.fits"

    return write


def test_a_count_at_zero_point_25_is_a_tenth_of_a_nanomaggy(image_file):
    counts = np.full((64, 64), 3.0)
    for path, options in (
        (image_file(counts), {"zero_point": 25.0}),
        (image_file(counts, BUNIT="ELECTRONS"), {"zero_point": 25.0}),  # the argument counts for more
    ):
        np.testing.assert_allclose(gm.imaging.read_fits(path, **options)[0], 0.3, rtol=1e-6)
    np.testing.assert_allclose(gm.imaging.read_fits(image_file(counts, MAGZERO=25.0))[0], 0.3, rtol=1e-6)
    np.testing.assert_allclose(gm.imaging.read_fits(image_file(counts), zero_point=20.0)[0], 30.0, rtol=1e-6)
    np.testing.assert_allclose(gm.imaging.read_fits(image_file(counts, BUNIT="nanomaggy"))[0], 3.0, rtol=1e-6)


def test_a_missing_pixel_is_masked_within_one_psf(image_file):
    """Moved nowhere, in pixels of the same size: the mask of one pixel is the disc that the new PSF reaches."""
    survey = replace(gm.DES, bands=("r",), psf_fwhm=(1.1,), sky_sigma=(0.0036,), electrons=(9000.0,), look=None)
    data = np.exp(-(X**2 + Y**2) / 50) + 1e-6
    data[20, 12] = np.nan
    path = image_file(data, BUNIT="nanomaggy")
    out = gm.imaging.emulate_fits(
        path, path.with_name("out.fits"), z=0.05, z_new=0.05, psf=0.9, survey=survey, missing="mask", noise=False
    )
    mask = fits.getdata(out, "MASK")
    rows, columns = np.indices(mask.shape)
    assert np.array_equal(mask == 1, np.hypot(rows - 20, columns - 12) <= 1.1 / 0.263) and mask.sum() == 57


# ---------------------------------------------------------------- spectra


def test_lambda_r_gives_the_outskirts_their_lever():
    """Two pieces as bright, the still one inside, the moving one thrice as far out: (1·0 + 3·4) / (1·5 + 3·5) = 0.6."""
    flux, radius, velocity, dispersion = np.ones(2), np.array([1.0, 3]), np.array([0.0, 4]), np.array([5.0, 3])
    assert gm.spectra.lambda_r(flux, radius, velocity, dispersion) == pytest.approx(0.6)
    assert gm.spectra.lambda_r([3.0, 1], radius, velocity, dispersion) == pytest.approx(12 / (15 + 15))


def test_lines_of_both_sides_of_a_rotating_galaxy_meet_at_rest():
    """Each spaxel has its line where its velocity puts it; the sum has one line, narrow, at the wavelength at rest."""
    rest, z, step, sigma = 5006.8, 0.03, 1e-4, 1.5
    wave = 10 ** (3.5589 + step * np.arange(3400))
    velocity = np.tile([-400.0, 400.0], (6, 3))
    centre = rest * (1 + z) * (1 + velocity / C_KM_S)
    pixels = (np.log10(wave)[:, None, None] - np.log10(centre)) / step
    flux = 1 + 5 * np.exp(-0.5 * (pixels / sigma) ** 2)
    cube = Cube(wave, flux.astype(np.float32), np.ones(flux.shape, np.float32), 0.0, "mock")
    flat = np.ones((6, 6))
    maps = Maps(0.5 * flat, flat, velocity, flat, velocity, flat, flat, flat, z)
    spectrum = gm.spectra.radial_spectra(cube, maps, edges=[0.0, 1.0])[0][0]
    grid = gm.spectra.log_grid()
    line = (spectrum - 1) * (np.abs(np.log10(grid / rest)) < 30 * step)
    at = (np.log10(grid / rest) / step * line).sum() / line.sum()  # pixels of 69 km/s from where it belongs
    width = np.sqrt((np.log10(grid / rest) / step) ** 2 @ line / line.sum() - at**2)
    assert abs(at) < 0.1 and width == pytest.approx(sigma, abs=0.1)


def test_radius_and_azimuth_in_the_plane_of_a_tilted_disc():
    """A major axis along +y, seen at an axis ratio of 0.5: 1 along it is 1 at 0°, 1 across it is 2 at 90° or 270°."""
    radius, azimuth = gm.spectra.cubes.elliptical_radius(
        np.array([0.0, -1.0, 1.0]), np.array([1.0, 0.0, 0.0]), position_angle=90, axis_ratio=0.5
    )
    np.testing.assert_allclose(radius, [1, 2, 2])
    np.testing.assert_allclose(azimuth, [0, 90, 270], atol=1e-9)


# ---------------------------------------------------------------- the mock sky


def test_distances_of_the_cosmology_that_the_course_names():
    """H0 = 70 km/s/Mpc, Ωm = 0.3: 1″ at z = 0.1 is 1.844 kpc, the distance modulus 38.31 (Wright 2006's calculator)."""
    assert gm.imaging.distance.kpc_per_arcsec(0.1) == pytest.approx(1.844, abs=0.001)
    assert gm.imaging.distance.COSMOLOGY.distmod(0.1).value == pytest.approx(38.315, abs=0.005)


def test_axis_ratio_of_a_thick_disc_by_hubble_s_formula():
    np.testing.assert_allclose(disc_axis_ratio(np.array([0, 0.5, 1]), 0.2), [0.2, (0.04 + 0.96 * 0.25) ** 0.5, 1])


@pytest.fixture(scope="module")
def sky():
    return population(4000, seed=3)


def test_apparent_less_absolute_magnitude_is_distance_modulus_plus_k(sky):
    z = np.asarray(sky["redshift"])
    modulus = gm.imaging.distance.COSMOLOGY.distmod(z).value
    k = (sky["r_mag"] - sky["absolute_r"]).value - modulus
    np.testing.assert_allclose(k, 1.0 * z, atol=0.01)  # one magnitude per unit of redshift: light is lost


def test_late_types_begin_above_t_0(sky):
    t, late = np.asarray(sky["t_type"]), np.asarray(sky["ltg"])
    assert (t == 0).sum() > 20 and not late[t == 0].any()
    assert late[t >= 1].all() and not late[t < 0].any()


def test_r_minus_i_is_positive_follows_g_minus_r_and_is_in_the_light(sky):
    g_r, r_i = (sky[name].to_value("mag") for name in ("g_r", "r_i"))
    off = r_i - np.interp(g_r, [-0.2, 0.2, 0.5, 0.75, 1.5], [-0.06, 0.13, 0.26, 0.355, 0.50])  # flatter where red
    assert abs(off.mean()) < 0.003 and off.std() == pytest.approx(0.06, rel=0.1)
    some = sky[:40].copy()
    for name in ("dust", "knot_light"):
        some[name] = 0.0
    flux = light(some, np.full(40, 0.4), field=False)[:, :, 0, 0].real.numpy()
    drawn = -2.5 * np.log10(flux[:, 1] / flux[:, 2])
    np.testing.assert_allclose(drawn, r_i[:40], atol=0.06)
    assert (flux[:, 2] > flux[:, 1]).all()  # all are brighter in i


def test_neighbours_and_stars_are_red_too(sky):
    """What stands around the galaxies is brighter in r than in g and in i than in r, by no more than an M star is."""
    some = sky[:40].copy()
    for name in ("dust", "knot_light"):
        some[name] = 0.0
    alone, crowded = (light(some, np.full(40, 1.0), field=f)[:, :, 0, 0].real.double().numpy() for f in (False, True))
    around = (crowded - alone)[(crowded - alone)[:, 1] > 0.5]
    g_r, r_i = -2.5 * np.log10(around[:, 0] / around[:, 1]), -2.5 * np.log10(around[:, 1] / around[:, 2])
    assert len(around) > 20 and (g_r > 0).all() and (g_r < 2).all()
    assert (r_i > 0.05).all() and (r_i < 1.75).all()  # the reddest M dwarfs of the locus


# ---------------------------------------------------------------- measuring


def test_gini_of_equal_pixels_is_0_of_a_ramp_a_third_and_of_one_pixel_1():
    image = np.zeros((3, 8, 8))
    image[0, 2:6, 2:6] = 1.0
    image[1, 2:6, 2:6] = np.arange(1, 17).reshape(4, 4)
    image[2, 2:6, 2:6] = 0.0
    image[2, 4, 4] = 7.0
    smooth = np.zeros((3, 8, 8))
    smooth[:, 2:6, 2:6] = 1.0
    at = np.arange(8) - 3.5
    found = SimpleNamespace(
        clean=image, smooth=smooth, others=np.zeros(image.shape, bool), seed=np.full(3, 4 * 8 + 4), x=at, y=at
    )
    with np.errstate(all="ignore"):  # M20 of a single pixel is not defined
        gini, _ = gini_m20(found, np.full(3, 0.5))
    np.testing.assert_allclose(gini, [0, 1 / 3, 1], atol=1e-12)


def test_m20_of_a_row_of_pixels():
    """1 5 1 5 1: the fifth of the light that is brightest is one of the two fives, 5 of 18 in second moments."""
    image = np.zeros((1, 7, 7))
    image[0, 3, 1:6] = [1, 5, 1, 5, 1]
    smooth, at = 1.0 * (image > 0), np.arange(7) - 3.0
    found = SimpleNamespace(clean=image, smooth=smooth, others=image < 0, seed=np.array([3 * 7 + 3]), x=at, y=at)
    np.testing.assert_allclose(gini_m20(found, np.array([0.5]))[1], np.log10(5 / 18))


def test_a_region_grown_on_faint_light_leaves_a_star_in_it_out():
    image = 1.0 * ((X > 12) & (X < 26) & (np.abs(Y) < 20)) + 20 * np.exp(-np.hypot(X, Y))
    star = np.hypot(X - 19.5, Y - 12.5)
    image += 200 * np.exp(-0.5 * star**2)
    mask = gm.measure.segment(image + np.random.default_rng(0).normal(0, 0.02, image.shape), [(51, 22), (50, 28)])
    assert mask[15:36, 47:55].mean() > 0.95
    assert not mask[star < 2].any()


# ---------------------------------------------------------------- making surveys alike


@pytest.mark.parametrize("seeing", [0.0, 1.0])
def test_noise_that_is_there_counts_towards_the_noise_that_is_wanted(seeing):
    """Images with 0.8 of the noise get 0.6 of it added, not all: 0.8² + 0.6² = 1."""
    target = replace(gm.SDSS, psf_fwhm=tuple(1.001 * w for w in gm.SDSS.psf_fwhm))
    survey = replace(gm.SDSS, sky_sigma=tuple(0.8 * s for s in gm.SDSS.sky_sigma))
    own = torch.randn(20, 3, 64, 64, generator=torch.Generator().manual_seed(5))
    own *= torch.tensor(survey.sky_sigma)[:, None, None]
    found = degrade(own, survey.pixel_scale, survey=survey, target=target, seeing=seeing, seed=6).std((0, 2, 3))
    torch.testing.assert_close(found, torch.tensor(target.sky_sigma), rtol=0.02, atol=0)


# ---------------------------------------------------------------- weights


@pytest.mark.parametrize("card", sorted((DATA / "weights").glob("*.md")), ids=lambda path: path.stem)
def test_shipped_weights_are_the_file_that_their_card_names(card):
    stated = re.search(r"^\| SHA-256 \| `([0-9a-f]{64})` \|$", card.read_text(encoding="utf-8"), re.MULTILINE)[1]
    assert pooch.file_hash(str(card.with_suffix(".safetensors"))) == stated


def test_every_weights_file_has_a_card():
    assert len(list((DATA / "weights").glob("*.safetensors"))) == len(list((DATA / "weights").glob("*.md"))) > 0


def test_downloaded_weights_that_were_changed_are_refused(tmp_path, monkeypatch):
    """By their content alone: a file of any name and size that is not the published one."""
    monkeypatch.setenv("GALMORPH_CACHE", str(tmp_path))
    for name in ("sam_vit_b_01ec64.pth", "mine.pth"):
        (tmp_path / name).write_bytes(b"changed")
        with pytest.raises(ValueError, match="SHA-256 differs"):
            gm.measure.load_sam(tmp_path / name)
    with pytest.raises(ValueError, match="SHA-256 differs"):
        gm.measure.load_sam()  # the copy in the cache, too


# ---------------------------------------------------------------- the table of mutants


def test_every_mutant_changes_one_place_and_names_tests_that_exist():
    assert mutants.problems() == []
    assert len(mutants.MUTANTS) >= 30


def test_a_row_of_the_table_that_fits_no_more_is_named():
    right = mutants.MUTANTS[0]
    assert mutants.problems([right]) == []
    for change, said in (
        ({"old": "no such text"}, "is 0 times in"),
        ({"old": "scale"}, "times in"),
        ({"file": "galmorph_helpers/gone.py"}, "is 0 times in"),
        ({"new": "mul_((0 / electrons)"}, "is no Python"),
        ({"new": right.old}, "changes nothing"),
        ({"tests": ()}, "names no test"),
        ({"tests": ("test_known_answers.py::test_nothing",)}, "no test test_known_answers.py::test_nothing"),
        ({"tests": ("test_known_answers.py",)}, "no test"),
    ):
        (sentence,) = mutants.problems([right._replace(**change)])
        assert said in sentence
