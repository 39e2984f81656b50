"""Depth and noise are two names of one number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import galmorph_helpers as gm


@given(st.floats(24, 35), st.floats(0.05, 2))
def test_noise_to_limit_and_back(limit, pixel):
    assert gm.surface_brightness_limit(gm.sky_sigma_for_limit(limit, pixel), pixel) == pytest.approx(limit, abs=1e-6)


def test_limits_of_the_surveys():
    for survey, expected in ((gm.SDSS, (27.2, 26.7, 26.2)), (gm.DES, (28.7, 28.5, 27.8))):
        for sigma, limit in zip(survey.sky_sigma, expected, strict=True):
            assert gm.surface_brightness_limit(sigma, survey.pixel_scale) == pytest.approx(limit, abs=0.15)


@pytest.mark.parametrize("sigma, pixel", [(0, 0.4), (-1, 0.4), (0.02, 0), (0.02, -0.4)])
def test_impossible_values_are_refused(sigma, pixel):
    with pytest.raises(ValueError, match="must be > 0"):
        gm.surface_brightness_limit(sigma, pixel)


def test_an_observed_root_that_is_no_folder_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv("GALMORPH_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="GALMORPH_DATA"):
        gm.observed_root()
    monkeypatch.delenv("GALMORPH_DATA")
    assert gm.observed_root() is None
