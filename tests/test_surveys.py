"""Depth and noise are two names of one number; a survey that no camera could be is refused."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import galmorph_helpers as gm


@given(st.floats(24, 35), st.floats(0.05, 2))
def test_noise_to_limit_and_back(limit, pixel):
    assert gm.surveys.surface_brightness_limit(gm.surveys.sky_sigma_for_limit(limit, pixel), pixel) == pytest.approx(
        limit, abs=1e-6
    )


def test_limits_of_the_surveys():
    for survey, expected in ((gm.SDSS, (27.2, 26.7, 26.2)), (gm.DES, (28.7, 28.5, 27.8))):
        for sigma, limit in zip(survey.sky_sigma, expected, strict=True):
            assert gm.surveys.surface_brightness_limit(sigma, survey.pixel_scale) == pytest.approx(limit, abs=0.15)


@pytest.mark.parametrize("sigma, pixel", [(0, 0.4), (-1, 0.4), (0.02, 0), (0.02, -0.4)])
def test_impossible_values_are_refused(sigma, pixel):
    with pytest.raises(ValueError, match="must be > 0"):
        gm.surveys.surface_brightness_limit(sigma, pixel)


def test_an_observed_root_that_is_no_folder_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv("GALMORPH_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="GALMORPH_DATA"):
        gm.runtime.observed_root()
    monkeypatch.delenv("GALMORPH_DATA")
    assert gm.runtime.observed_root() is None


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
    ],
)
def test_a_survey_that_cannot_be_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        replace(gm.SDSS, **change)


def test_a_survey_without_noise_is_allowed():
    assert replace(gm.SDSS, sky_sigma=(0.0,) * 3).sky_sigma == (0, 0, 0)
