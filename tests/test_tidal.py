"""Debris of mergers: its light keeps its laws, labels follow their definition, depth is what it says."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import galmorph_helpers as gm
from galmorph_helpers.imaging.stretch import stretched
from galmorph_helpers.mock.deep import debris_mask, debris_signal
from galmorph_helpers.mock.foreground import cirrus, processing, sky_light
from galmorph_helpers.mock.tides import BRIGHTNESS, KINDS, LARGEST_FRACTION, STAMP, WIDTH


def scale_of(table, size=64):
    return STAMP * table["half_light_radius"].to_value("arcsec") / size


@pytest.fixture(scope="module")
def some():
    return gm.mock.tidal_population(120, seed=3, with_features=0.7)


# ---------------------------------------------------------------- the light of debris


def test_same_seed_same_galaxies():
    first, second = (gm.mock.tidal_population(40, seed=5) for _ in range(2))
    assert (first["tidal_kind"] == second["tidal_kind"]).all()
    assert np.array_equal(first["tidal_seed"], second["tidal_seed"])


@pytest.mark.parametrize("kind", KINDS)
def test_debris_have_the_brightness_and_the_share_of_light_they_may(kind):
    table = gm.mock.tidal_population(30, seed=1, kind=kind, with_features=1.0)
    scale = scale_of(table)
    debris, companions = gm.mock.tides.tidal_light(table, scale)
    flux = 10 ** (-0.4 * (table["r_mag"].value - 22.5))
    total = debris.sum((1, 2)).numpy()
    assert torch.isfinite(debris).all() and (debris >= 0).all() and (total > 0).all()
    assert (total <= LARGEST_FRACTION * flux * 1.001).all()
    brightest = 22.5 - 2.5 * np.log10(debris.amax((1, 2)).numpy() / scale**2)
    dimming = 10 * np.log10(1 + np.asarray(table["redshift"]))
    assert (brightest >= table["tidal_brightness"] - 0.01).all(), "dimmed where the share would be too large, never lit"
    assert (brightest - dimming >= BRIGHTNESS[kind][0] - 0.01).all()
    assert ((table["tidal_width"] >= WIDTH[kind][0]) & (table["tidal_width"] <= WIDTH[kind][1])).all()
    shares = companions.sum((1, 2)).numpy() / flux
    assert np.allclose(shares, table["companion"], rtol=0.01), "a companion has the light it says"


def test_streams_are_thinner_and_fainter_than_tails():
    assert np.mean(WIDTH["stream"]) < np.mean(WIDTH["tails"])
    assert 0.5 < np.mean(BRIGHTNESS["stream"]) - np.mean(BRIGHTNESS["tails"]) < 3


def test_none_have_no_debris(some):
    debris, _ = gm.mock.tides.tidal_light(some, scale_of(some))
    none = np.asarray(some["tidal_kind"]) == "none"
    assert (debris[none] == 0).all() and none.any() and not none.all()


def test_redshift_dims_and_shrinks():
    near, far = (gm.mock.tidal_population(50, seed=2, redshift=z, kind="tails", with_features=1.0) for z in (0.03, 0.2))
    assert (far["half_light_radius"] < near["half_light_radius"]).all() and (far["r_mag"] > near["r_mag"]).all()
    step = far["tidal_brightness"] - near["tidal_brightness"]
    assert np.allclose(step, 10 * np.log10(1.2 / 1.03))


@pytest.mark.parametrize(
    "wrong", [{"redshift": 0}, {"redshift": (0.2, 0.1)}, {"with_features": 1.5}, {"kind": "comet"}, {"n": 0}]
)
def test_bad_populations(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        gm.mock.tidal_population(**({"n": 5} | wrong))


# ---------------------------------------------------------------- depth


@given(st.floats(20, 36), st.floats(0.05, 5))
def test_sigma_from_a_limit_and_back(limit, pixel):
    assert gm.surveys.surface_brightness_limit(gm.surveys.sky_sigma_for_limit(limit, pixel), pixel) == pytest.approx(
        limit, abs=1e-6
    )


@given(st.floats(1e-6, 10), st.floats(0.05, 5))
def test_limit_from_a_sigma_and_back(sigma, pixel):
    assert gm.surveys.sky_sigma_for_limit(gm.surveys.surface_brightness_limit(sigma, pixel), pixel) == pytest.approx(
        sigma, rel=1e-6
    )


def test_noise_in_images_is_that_of_the_limit():
    """Of the difference of two draws, in blocks: resampling smooths the noise of single pixels to .6, not theirs."""
    table = gm.mock.tidal_population(60, seed=4, with_features=0)
    table["companion"] = 0.0
    one, other = (gm.mock.tidal_sample(table, 27.0, seed=s, pixel_scale=0.168, psf_fwhm=0.7) for s in (1, 2))
    scale = one.table["pixel_scale"].value
    corner = (one.images - other.images)[:, 0, :16, :16].numpy() / np.sqrt(2)
    blocks = corner.reshape(-1, 4, 4, 4, 4).mean((2, 4)).reshape(-1, 16)
    blocks = abs(blocks - np.median(blocks, 1, keepdims=True))  # surroundings differ: stars are outliers
    expected = np.array([gm.surveys.sky_sigma_for_limit(27.0, s) for s in scale]) / scale**2 / 4
    assert 0.75 < np.median(1.4826 * np.median(blocks, 1) / expected) < 1.1


def test_depth_of_exposure_follows_photons():
    shallow, deep = (gm.surveys.depth_of_exposure(t, aperture=2.5, pixel_scale=0.4) for t in (100, 10_000))
    assert deep - shallow == pytest.approx(2.5, abs=1e-6)
    assert gm.surveys.depth_of_exposure(100, aperture=2.5, pixel_scale=0.2) == pytest.approx(shallow, abs=1e-6)
    sdss = gm.surveys.surface_brightness_limit(gm.SDSS.sky_sigma[1], gm.SDSS.pixel_scale)
    assert gm.surveys.depth_of_exposure(53.9, aperture=2.5, pixel_scale=0.396, throughput=0.3) == pytest.approx(
        sdss, abs=0.3
    )
    assert gm.surveys.depth_of_exposure(100, aperture=2.5, pixel_scale=0.4, read_noise=50) < shallow


@pytest.mark.parametrize(
    "wrong", [{"exposure": 0}, {"aperture": -1}, {"throughput": 1.2}, {"sky": 60}, {"exposure": 1e-12}]
)
def test_depth_outside_the_calculator(wrong):
    with pytest.raises(ValueError):
        gm.surveys.depth_of_exposure(**({"exposure": 100, "aperture": 1, "pixel_scale": 0.3} | wrong))


@pytest.mark.parametrize("limit", [12, 40, float("nan")])
def test_limits_no_sample_can_have(limit):
    with pytest.raises(ValueError, match="limit must be from 20 to 36"):
        gm.mock.deep.deep_survey(limit)


# ---------------------------------------------------------------- experts


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=40), st.integers(0, 50))
def test_labels_follow_from_f_tidal(strength, seed):
    f, label = gm.mock.experts.tidal_labels(strength, seed=seed)
    assert (f >= 0).all() and (f <= 2).all()
    assert np.array_equal(label == 0, f == 0) and np.array_equal(label == 1, f >= 1)
    assert np.array_equal(np.isnan(label), (f > 0) & (f < 1))


def test_clear_debris_are_positive_and_nothing_is_negative():
    _, label = gm.mock.experts.tidal_labels(np.r_[np.full(500, 1e4), np.zeros(500)], seed=1)
    assert (label[:500] == 1).mean() > 0.98 and (label[500:] == 0).mean() > 0.9


@pytest.mark.parametrize("strength, experts", [([1.0, np.nan], 5), ([-1.0], 5), ([1.0], 0)])
def test_bad_labels(strength, experts):
    with pytest.raises(ValueError):
        gm.mock.experts.tidal_labels(strength, experts=experts)


def test_signal_of_debris_is_that_of_a_matched_filter():
    debris, host = torch.full((1, 4, 4), 2.0), torch.zeros(1, 4, 4)
    assert debris_signal(debris, host, [1.0]).item() == pytest.approx(8.0)
    assert debris_signal(debris, torch.full((1, 4, 4), 100.0), [1.0]).item() < 0.5
    with pytest.raises(ValueError, match="sigma"):
        debris_signal(debris, host, [0.0])


# ---------------------------------------------------------------- samples


def test_deeper_images_make_more_positives(some):
    positive = [np.nanmean(gm.mock.tidal_sample(some, mu, seed=2).table["label"] == 1) for mu in (26.0, 30.0, 34.0)]
    assert positive[0] < positive[1] < positive[2]


def test_samples_repeat_and_hold_what_they_say(some):
    limit = np.where(np.arange(120) % 2, 28.0, 31.0)
    first, second = (gm.mock.tidal_sample(some, limit, seed=6) for _ in range(2))
    assert torch.equal(first.images, second.images)
    assert first.images.shape == (120, 1, 64, 64) and torch.isfinite(first.images).all() and first.origin == "mock"
    assert (first.table["limit"].value == limit).all()
    with pytest.raises(ValueError, match="empty"):
        gm.mock.tidal_sample(some[:0], 28.0)


def test_realistic_images_differ_and_stay_finite(some):
    clean, real = (gm.mock.tidal_sample(some[:30], 27.0, seed=1, realistic=r) for r in (False, True))
    assert torch.isfinite(real.images).all() and not torch.allclose(clean.images, real.images)
    assert "realistic" in real.caption and "clean" in clean.caption


def test_views_turn_with_the_image(some):
    sample = gm.mock.tidal_sample(some[:6], 30.0, seed=1)
    turned = gm.imaging.detector_input(torch.rot90(sample.images, 1, (-2, -1)))
    assert torch.allclose(torch.rot90(gm.imaging.detector_input(sample), 1, (-2, -1)), turned, atol=1e-4)


@pytest.mark.parametrize(
    "image", [torch.zeros(1, 1, 32, 32), torch.full((1, 1, 32, 32), -1.0), torch.full((1, 1, 32, 32), torch.nan)]
)
def test_images_without_flux(image):
    with pytest.raises(ValueError, match="no flux"):
        stretched(image)


def test_masks_are_where_debris_stand_out(some):
    mask = debris_mask(some)
    debris, _ = gm.mock.tides.tidal_light(some, scale_of(some))
    assert not mask[np.asarray(some["tidal_kind"]) == "none"].any()
    assert (debris[mask] > 0).all() and mask.any()


def test_surroundings():
    rng = np.random.default_rng(0)
    field = cirrus(3, 32, rng=rng)
    assert (field > 0).all() and torch.allclose(field.mean((-2, -1)), torch.ones(3), atol=1e-4)
    light = sky_light(np.full(20, 0.3), seed=1)
    assert (
        (light >= 0).all() and torch.isfinite(light).all() and torch.equal(light, sky_light(np.full(20, 0.3), seed=1))
    )
    out = processing(light, np.full(20, 0.3), seed=1)
    assert torch.isfinite(out).all() and out.shape == light.shape
    with pytest.raises(ValueError, match="pixel_scale"):
        sky_light([0.3, 0.0])


# ---------------------------------------------------------------- what a detector says


def test_saliency_finds_the_pixel_that_counts():
    class Corner(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(1))

        def forward(self, x):
            return self.weight * x[:, 0, 5, 7]

    maps = gm.learning.saliency(Corner(), torch.rand(2, 1, 16, 16) + 0.5)
    assert maps.shape == (2, 16, 16) and (maps[:, 5, 7] == 1).all() and (maps[:, 12, 12] == 0).all()


@given(st.floats(0.05, 0.95), st.floats(0.5, 1.0), st.floats(0, 0.3))
def test_correction_undoes_what_a_detector_does(fraction, completeness, contamination):
    n = 200_000
    called = round(n * (fraction * completeness + (1 - fraction) * contamination))
    calls = np.arange(n) < called
    found, error = gm.metrics.corrected_fraction(
        calls, completeness=completeness, contamination=contamination, n_calibration=(1000, 1000)
    )
    assert found == pytest.approx(fraction, abs=1e-4) and 0 < error < 0.2


def test_correction_has_an_honest_error():
    rng = np.random.default_rng(1)
    pulls = []
    for _ in range(300):
        truth = rng.random(400) < 0.3
        calls = np.where(truth, rng.random(400) < 0.6, rng.random(400) < 0.1)
        r, b = rng.binomial(200, 0.6) / 200, rng.binomial(200, 0.1) / 200
        found, error = gm.metrics.corrected_fraction(calls, completeness=r, contamination=b, n_calibration=(200, 200))
        pulls.append((found - 0.3) / error)
    assert 0.8 < np.std(pulls) < 1.2


@pytest.mark.parametrize("wrong", [{"completeness": 0.1, "contamination": 0.2}, {"completeness": 1.2}, {"calls": []}])
def test_bad_corrections(wrong):
    right = {"calls": [True, False], "completeness": 0.8, "contamination": 0.1, "n_calibration": (10, 10)}
    with pytest.raises(ValueError):
        gm.metrics.corrected_fraction(**(right | wrong))


# ---------------------------------------------------------------- companions


def pair(distance, ratio=0.6, size=96):
    y, x = np.indices((size, size)) - (size - 1) / 2
    light = np.exp(-np.hypot(x, y) / 4) + ratio * np.exp(-np.hypot(x - distance, y) / 3)
    return np.repeat(light[None, None], 3, 1) + np.random.default_rng(0).normal(0, 0.002, (1, 3, size, size))


def test_companions_are_found_and_measured():
    none, close, apart = (gm.measure.companion_features(pair(d, r))[0] for d, r in ((10, 0.0), (14, 0.6), (32, 0.6)))
    assert none["peaks"] == 0 and none["bridge_1"] == 0
    assert close["peaks"] == apart["peaks"] == 1
    assert close["distance_1"] == pytest.approx(14 / 96, abs=0.02) and close["bridge_1"] > apart["bridge_1"]
    assert 0.4 < apart["peak_ratio_1"] < 0.8


def test_companions_turn_with_the_image():
    image = pair(15)
    first, second = (gm.measure.companion_features(i)[0] for i in (image, np.rot90(image, 1, (2, 3)).copy()))
    assert np.allclose(list(first.values()), list(second.values()), atol=0.02)


@pytest.mark.parametrize(
    "image",
    [np.zeros((0, 3, 64, 64)), np.zeros((1, 2, 64, 64)), np.full((1, 3, 64, 64), np.nan), np.zeros((1, 3, 64, 60))],
)
def test_bad_images_for_companions(image):
    with pytest.raises(ValueError):
        gm.measure.companion_features(image)


def test_an_empty_stamp_has_no_companions():
    row = gm.measure.companion_features(np.zeros((1, 3, 64, 64)))[0]
    assert all(v == 0 for v in row.values())
