"""A survey is one entry: whatever its bands, it draws, colours, emulates and labels; one that cannot be is refused."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

import galmorph_helpers as gm
from galmorph_helpers.imaging.kcorrection import along_family, band_magnitudes, family_magnitudes
from galmorph_helpers.imaging.stretch import colour_image
from galmorph_helpers.mock.rendering import light
from galmorph_helpers.surveys import EUCLID_H, EUCLID_VIS, HSC, LSST, SDSS_LOOK, SURVEYS


@given(st.floats(24, 35), st.floats(0.05, 2))
def test_noise_to_limit_and_back(limit, pixel):
    assert gm.surveys.surface_brightness_limit(gm.surveys.sky_sigma_for_limit(limit, pixel), pixel) == pytest.approx(
        limit, abs=1e-6
    )


def test_limits_of_the_surveys():
    # Of SDSS: a sky of 22.0, 20.9, 20.3 mag arcsec^-2, whose photons are counted (next test).
    for survey, expected in ((gm.SDSS, (27.3, 26.75, 26.25)), (gm.DES, (28.7, 28.5, 27.8))):
        for sigma, limit in zip(survey.sky_sigma, expected, strict=True):
            assert gm.surveys.surface_brightness_limit(sigma, survey.pixel_scale) == pytest.approx(limit, abs=0.15)


def test_the_noise_of_sdss_is_that_of_the_photons_of_its_sky():
    """Root N of the electrons that a pixel of a sky of 22.0, 20.9, 20.3 mag arcsec^-2 collects, to a tenth."""
    sky = 10 ** (0.4 * (22.5 - np.array([22.0, 20.9, 20.3]))) * gm.SDSS.pixel_scale**2  # nanomaggies a pixel
    np.testing.assert_allclose(gm.SDSS.sky_sigma, np.sqrt(sky / np.array(gm.SDSS.electrons)), rtol=0.1)


@pytest.mark.parametrize("sigma, pixel", [(0, 0.4), (-1, 0.4), (0.02, 0), (0.02, -0.4)])
def test_impossible_values_are_refused(sigma, pixel):
    with pytest.raises(ValueError, match="must be > 0"):
        gm.surveys.surface_brightness_limit(sigma, pixel)


def test_an_observed_root_that_is_no_folder_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv("GALMORPH_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="GALMORPH_DATA"):
        gm.datasets.observed_root()
    monkeypatch.delenv("GALMORPH_DATA")
    assert gm.datasets.observed_root() is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pixel_scale": -1}, "pixel_scale"),
        ({"pixel_scale": float("inf")}, "pixel_scale"),
        ({"psf_fwhm": (1.2,)}, "psf_fwhm .* 3 bands"),
        ({"psf_fwhm": 1.2}, "psf_fwhm .* 3 bands"),
        ({"psf_fwhm": (1.2, 0.0, 1.2)}, "psf_fwhm"),
        ({"sky_sigma": (0.1, 0.1, -0.1)}, "sky_sigma"),
        ({"electrons": (900.0, 900.0, float("nan"))}, "electrons"),
        ({"registration": -0.1}, "registration"),
        ({"bands": ()}, "band"),
        ({"filters": ("sdss2010-g",)}, "one curve a band"),
        ({"reference": "z"}, "reference names"),
        ({"look": replace(SDSS_LOOK, bands=("z", "r", "g"))}, "look names"),
    ],
)
def test_a_survey_that_cannot_be_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        replace(gm.SDSS, **change)


def test_a_survey_without_noise_is_allowed():
    assert replace(gm.SDSS, sky_sigma=(0.0,) * 3).sky_sigma == (0, 0, 0)


# ---------------------------------------------------------------- any survey, from light to label

# A survey that nobody flies: two bands, two trapezes for filters, a shallow one in the blue.
TWO_BANDS = gm.surveys.Survey(
    name="Two bands",
    bands=("blue", "red"),
    pixel_scale=0.5,
    psf_fwhm=(1.1, 0.9),
    sky_sigma=(0.02, 0.03),
    electrons=(900.0, 900.0),
    magnitude_limit=18.0,
    filters=(((4000, 4200, 5200, 5400), (0, 1, 1, 0)), ((5600, 5800, 8000, 8200), (0, 1, 1, 0))),
    reference="red",
)
EVERY = pytest.mark.parametrize("survey", [*SURVEYS, TWO_BANDS], ids=lambda s: s.name)


@EVERY
def test_any_survey_draws_colours_emulates_and_labels(survey):
    n, size, bands = 240, 32, len(survey.bands)
    channels = 1 if bands == 1 else 3
    flux = gm.mock_sample(n, survey, seed=1, size=size, look="flux")
    assert flux.images.shape == (n, bands, size, size) and torch.isfinite(flux.images).all()
    picture = gm.mock_sample(n, survey, seed=1, size=size)
    assert picture.images.shape == (n, channels, size, size)
    assert 0 <= picture.images.min() and picture.images.max() <= 1
    assert picture.images.std((1, 2, 3)).min() > 0.003  # a galaxy can be seen in each
    assert len(gm.morphology_features(picture.images[:4])) == 4
    # Twice as far: fainter by the distance and, with more than a band, the K-correction of each band.
    table = gm.population(12, seed=3, magnitude_limit=16.5, seeing=survey.seeing)
    width = 96 * survey.pixel_scale
    near = gm.mock_sample(table=table, survey=survey, seed=3, size=96, look="flux", field_of_view=width)
    z = np.asarray(near.table["redshift"])
    far = gm.imaging.coloured(gm.emulate(near, z_new=2 * z, survey=survey, size=size))
    assert far.images.shape == (12, channels, size, size) and torch.isfinite(far.images).all()
    lost = far.table["magnitudes_lost"].value
    assert lost.shape == (12, bands) and (lost > 1).all()
    dimmed = (far.table["r_mag"] - near.table["r_mag"]).value
    named = survey.bands.index("r") if "r" in survey.bands else survey.reference_index
    np.testing.assert_allclose(dimmed, lost[:, named])
    reached = gm.imaging.redshift_for_magnitude(near.table, near.table["r_mag"].value + 1, survey=survey)
    assert (reached >= z).all() and np.median(reached / z) > 1.2
    # A network for its pictures tells late types from early ones.
    label = np.asarray(picture.table["ltg"], float)
    torch.manual_seed(0)
    network = gm.CompactCNN(channels=channels, size=size)
    train, test = slice(0, 160), slice(160, None)
    held = (picture.images[test], label[test])
    gm.fit(network, picture.images[train], label[train], validation=held, epochs=8, batch_size=16)
    assert roc_auc_score(label[test], gm.predict(network, picture.images[test])) > 0.75  # 0.82 to 0.97 over five seeds
    assert gm.mock.volunteer_votes(picture.table, survey)["edge_on"].max() <= 1


@EVERY
def test_light_has_the_magnitudes_of_the_bands(survey):
    table = gm.population(40, seed=2)
    table["satellites"] = 0  # light of their own
    drawn = light(table, 4.24 * table["r90"].value / 64, bands=survey.bands, filters=survey.filters, field=False)
    r = table["r_mag"].value
    gri = np.stack((r + table["g_r"].value, r, r - table["r_i"].value), 1)
    expected = band_magnitudes(gri, table["redshift"], bands=survey.bands, filters=survey.filters)
    # Arms and lopsidedness are cut by the stamp's edge.
    np.testing.assert_allclose(22.5 - 2.5 * np.log10(drawn[:, :, 0, 0].real.numpy()), expected, atol=0.06)


def test_g_r_and_i_of_sdss_and_des_are_those_of_the_catalogue():
    gri = np.array([[18.1, 17.3, 16.9], [16.2, 16.0, 15.9]])
    for survey in (gm.SDSS, gm.DES, replace(gm.SDSS, filters=None)):
        assert (band_magnitudes(gri, [0.1, 0.0], bands=survey.bands, filters=survey.filters) == gri).all()
    curves = tuple(f"sdss2010-{band}" for band in "gri")  # not known to be the catalogue's: synthesised
    np.testing.assert_allclose(band_magnitudes(gri, [0.1, 0.0], bands=gm.SDSS.bands, filters=curves), gri, atol=0.001)


@pytest.mark.parametrize("survey", [LSST, HSC, EUCLID_VIS, EUCLID_H, TWO_BANDS], ids=lambda s: s.name)
def test_a_template_in_g_r_i_is_found_again_in_other_bands(survey):
    z, family = np.array([0.05, 0.1, 0.3, 0.6]), np.array([0.0, 1.0, 2.0, 2.5])
    gri = along_family(family_magnitudes(z, gm.SDSS), family)
    truth = along_family(family_magnitudes(z, survey), family)
    np.testing.assert_allclose(band_magnitudes(gri, z, bands=survey.bands, filters=survey.filters), truth, atol=0.03)


def test_a_band_without_a_curve_is_refused():
    with pytest.raises(ValueError, match="give the survey `filters`"):
        gm.mock_sample(2, replace(gm.SDSS, bands=("g", "r", "z"), filters=None), size=16)


@pytest.mark.parametrize(
    ("survey", "depths"),
    [(LSST, (26.1, 27.4, 27.5, 26.8, 26.1, 24.9)), (HSC, (26.6, 26.2, 26.2, 25.3, 24.5)), (EUCLID_H, (24.4,))],
    ids=lambda s: getattr(s, "name", ""),
)
def test_the_noise_is_that_of_the_published_depths_for_points(survey, depths):
    area = 2.266 * (np.array(survey.psf_fwhm) / survey.pixel_scale) ** 2  # pixels
    reached = 22.5 - 2.5 * np.log10(5 * np.array(survey.sky_sigma) * np.sqrt(area))
    np.testing.assert_allclose(reached, depths, atol=0.02)


def test_the_noise_of_vis_is_that_of_its_apertures():
    in_aperture = EUCLID_VIS.sky_sigma[0] * np.sqrt(np.pi * 0.65**2) / EUCLID_VIS.pixel_scale
    assert 22.5 - 2.5 * np.log10(10 * in_aperture) == pytest.approx(25.6, abs=0.02)


def test_what_a_picture_shows():
    assert gm.SDSS.shown == LSST.shown == HSC.shown == ("i", "r", "g")
    assert EUCLID_VIS.shown == ("VIS",) and TWO_BANDS.shown == ("red", "blue")
    assert replace(LSST, look=replace(SDSS_LOOK, bands=("y", "z", "i"))).shown == ("y", "z", "i")
    assert (HSC.seeing, gm.SDSS.seeing, EUCLID_VIS.seeing) == (0.58, 1.24, 0.16)


def test_of_two_bands_green_is_the_mean_and_of_one_there_is_grey():
    flux, scale = torch.rand(2, 2, 15, 15), torch.full((2,), TWO_BANDS.pixel_scale)
    # Next to linear.
    flat = replace(SDSS_LOOK, weights=(1.0, 1.0), softening=1e-3, floor=(0.0, 0.0), saturation=(1.0, 1.0))
    red, green, blue = colour_image(flux, TWO_BANDS, scale, look=flat).mean((0, 2, 3)).tolist()
    assert green == pytest.approx((red + blue) / 2, abs=0.01)
    with pytest.raises(ValueError, match="one of each for each band shown"):
        colour_image(flux, TWO_BANDS, scale, look=SDSS_LOOK)
    with pytest.raises(ValueError, match="no noise to set the stretch"):
        colour_image(flux, replace(TWO_BANDS, sky_sigma=(0.0, 0.0)), scale)
