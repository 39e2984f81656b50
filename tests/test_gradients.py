"""Spectra, eigenspectra, the passive ridge and activity gradients: laws, shapes, and what bad input leads to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA

import galmorph_helpers as gm
from galmorph_helpers.mock.s0_galaxies import KINDS, RATIOS, components
from galmorph_helpers.mock.s0_spectra import EDGES
from galmorph_helpers.spectra.indices import line_flux
from galmorph_helpers.spectra.spectroscopy import LINES


@pytest.fixture(scope="module")
def reduced():
    """Thirty mock lenticulars at rest, normalised: grid, flux, ivar, table, radius."""
    table, grid = gm.mock.lenticulars(60, seed=3), gm.spectra.log_grid()
    spectra = gm.mock.mock_spectra(table, seed=3)
    n, b, p = spectra.flux.shape
    flux, ivar = spectra.flux.reshape(-1, p), spectra.ivar.reshape(-1, p)
    ivar = gm.spectra.flag_spikes(flux, ivar)
    at_rest = gm.spectra.rest_frame(
        spectra.wavelength, flux, ivar, np.repeat(table["redshift"], b), grid=grid, ebv=np.repeat(table["ebv"], b)
    )
    flux, ivar = gm.spectra.normalise(grid, *at_rest)
    return grid, flux.reshape(n, b, -1), ivar.reshape(n, b, -1), table, spectra.radius


# ---------------------------------------------------------------- spectra


def test_extinction_is_one_at_v_and_falls_to_the_red():
    wavelength = np.array([3700.0, 4400, 1e4 / 1.82, 7000, 12500])
    law = gm.spectra.extinction(wavelength)
    assert law[2] == pytest.approx(1.0, abs=1e-3)
    assert (np.diff(law) < 0).all()
    assert law[1] == pytest.approx(1.33, abs=0.02)  # B: Cardelli+1989 and O'Donnell 1994 agree to this
    with pytest.raises(ValueError, match="3,030"):
        gm.spectra.extinction([500.0, 700.0])  # nanometres, by mistake


@given(st.floats(-0.01, 0.3), st.floats(0, 0.3))
def test_rest_frame_undoes_redshift_and_reddening(redshift, ebv):
    wave = gm.spectra.log_grid(3500, 9800)
    at_rest = np.exp(-(((wave / (1 + redshift) - 5500) / 800) ** 2)) + 1
    seen = at_rest * 10 ** (-0.4 * 3.1 * ebv * gm.spectra.extinction(wave))
    flux, ivar = gm.spectra.rest_frame(wave, seen[None], np.ones((1, len(wave))), redshift, ebv=ebv)
    grid = gm.spectra.log_grid()
    np.testing.assert_allclose(flux[0], np.exp(-(((grid - 5500) / 800) ** 2)) + 1, rtol=1e-4)
    assert (ivar > 0).all()


def test_bad_pixels_spread_no_further_than_their_neighbours():
    wave = gm.spectra.log_grid(3500, 8000)
    flux, ivar = np.ones((3, len(wave))), np.ones((3, len(wave)))
    flux[0, 2000], ivar[1, 2000], flux[2] = np.nan, 0.0, np.nan
    out, weight = gm.spectra.rest_frame(wave, flux, ivar, 0.0321)
    assert (weight[:2] == 0).sum() in (3, 4) and (weight[2] == 0).all()
    assert np.isfinite(out).all()
    assert (
        gm.spectra.rest_frame(wave, flux[:1] * 0 + 1, ivar[:1], 0.4)[1][0, -100:] > 0
    ).sum() == 0  # beyond the red end
    assert (
        gm.spectra.rest_frame(wave, np.ones((1, len(wave))), ivar[:1], np.nan)[1] == 0
    ).all()  # NaN velocity: missing


def test_rest_frame_says_what_does_not_fit():
    wave = gm.spectra.log_grid()
    with pytest.raises(ValueError, match="do not fit"):
        gm.spectra.rest_frame(wave, np.ones((2, 5)), np.ones((2, 5)), 0.0)
    with pytest.raises(ValueError, match="not a velocity"):
        gm.spectra.rest_frame(wave, np.ones((1, len(wave))), np.ones((1, len(wave))), -20.0)
    with pytest.raises(ValueError, match="0 < low < high"):
        gm.spectra.log_grid(7200, 3800)


def test_normalisation_needs_its_windows():
    wave = gm.spectra.log_grid(3800, 5550)
    with pytest.raises(ValueError, match="does not cover the window 5600"):
        gm.spectra.normalise(wave, np.ones((1, len(wave))), np.ones((1, len(wave))))
    grid = gm.spectra.log_grid()
    flux, ivar = 7 * np.ones((3, len(grid))), np.ones((3, len(grid)))
    ivar[1, (grid > 4100) & (grid < 5700)] = 0
    flux[2] = -1
    out, weight = gm.spectra.normalise(grid, flux, ivar)
    np.testing.assert_allclose(out[0], 1)
    np.testing.assert_allclose(weight[0], 49)
    assert (weight[1:] == 0).all()


def test_spikes_are_flagged_and_lines_are_not():
    pixels = np.arange(300)
    flux = np.array([1 + 30 * np.exp(-0.5 * ((pixels - 150) / 1.6) ** 2), np.ones(300)])
    flux[1, 77] = 4
    ivar = np.full(flux.shape, 900.0)
    flagged = gm.spectra.flag_spikes(flux, ivar)
    assert (flagged[0] > 0).all()
    assert np.flatnonzero(flagged[1] == 0).tolist() == [77]


def test_equivalent_width_and_break_of_known_spectra():
    grid = gm.spectra.log_grid()
    line = np.exp(-0.5 * ((grid - LINES["Hα"]) / 2.5) ** 2) / (2.5 * np.sqrt(2 * np.pi))
    flux = np.array([2 * (1 + 12 * line), np.where(grid < 4000, 1, 2) / grid**2 * 4000**2])
    ivar = np.ones(flux.shape)
    assert gm.spectra.equivalent_width(grid, flux, ivar)[0] == pytest.approx(12, rel=0.01)
    assert gm.spectra.d4000(grid, flux, ivar)[1] == pytest.approx(2.0, rel=1e-3)
    ivar[0, np.abs(grid - 6565) < 8] = 0
    assert np.isnan(gm.spectra.equivalent_width(grid, flux, ivar)[0])
    short = gm.spectra.log_grid(3800, 6500)
    with pytest.raises(ValueError, match="lacks"):
        line_flux(short, flux[:, : len(short)], ivar[:, : len(short)])


# ---------------------------------------------------------------- the mock


def test_lines_of_each_ionisation_lie_where_the_diagrams_say():
    for name, ratio in RATIOS.items():
        x, y = np.log10(ratio["[N II]"]), np.log10(ratio["[O III]"])
        kauffmann, kewley = 0.61 / (x - 0.05) + 1.3, 0.61 / (x - 0.47) + 1.19
        assert (y < kauffmann and x < 0.05) if name == "star formation" else y > kewley


def test_the_mock_has_every_kind_and_the_profile_it_names():
    table = gm.mock.lenticulars(400, seed=1)
    x = (EDGES[1:] + EDGES[:-1]) / 2
    profile = gm.mock.activity_profile(table, x)
    change = profile[:, -1] - profile[:, 0]
    kinds = np.asarray(table["kind"])
    assert set(kinds) == set(KINDS)
    assert (change[kinds == "inside-out"] > 0).all() and (change[kinds == "outside-in"] < 0).all()
    flat = np.char.startswith(kinds.astype(str), "flat")
    np.testing.assert_allclose(np.ptp(profile[flat], axis=1), 0)
    assert (profile[kinds == "ring"].argmax(1) == 3).all() or (profile[kinds == "ring"].argmax(1) >= 3).mean() > 0.9
    stars, gas = components(table, x)
    np.testing.assert_allclose(stars[..., [0, 2, 3, 4]].sum(-1), 1)
    assert (gas >= 0).all()


def test_the_mock_is_repeatable_and_its_truth_is_clean():
    table = gm.mock.lenticulars(5, seed=2)
    one, two = gm.mock.mock_spectra(table, seed=2), gm.mock.mock_spectra(table, seed=2)
    np.testing.assert_array_equal(one.flux, two.flux)
    assert 0.01 < (one.ivar == 0).mean() < 0.08 and one.flux.dtype == np.float32
    ideal = gm.mock.mock_spectra(table, seed=2, noise=False)
    assert (ideal.ivar > 0).all() and ideal.flux.shape == one.flux.shape == (5, 7, len(one.wavelength))
    with pytest.raises(ValueError, match="n >= 1"):
        gm.mock.lenticulars(0)
    with pytest.raises(ValueError, match="sum to 1"):
        gm.mock.lenticulars(5, kinds={"spiral": 1.0})


# ---------------------------------------------------------------- eigenspectra


def test_complete_spectra_give_the_components_of_scikit_learn():
    rng = np.random.default_rng(0)
    for shape in ((40, 120), (200, 60)):  # both Gram matrices
        data = rng.normal(size=(shape[0], 3)) @ rng.normal(size=(3, shape[1])) + 0.1 * rng.normal(size=shape)
        ours, theirs = gm.spectra.principal_components(data, n_components=3, clip=np.inf), PCA(3).fit(data)
        np.testing.assert_allclose(np.abs((ours.components * theirs.components_).sum(1)), 1, atol=1e-8)
        np.testing.assert_allclose(ours.variance_ratio, theirs.explained_variance_ratio_, rtol=1e-8)
        coefficients, _ = gm.spectra.project(ours, data, np.ones(shape))
        sign = np.sign((ours.components * theirs.components_).sum(1))
        np.testing.assert_allclose(coefficients * sign, theirs.transform(data), atol=1e-4)


def test_holes_are_mended_and_outliers_left_out():
    rng = np.random.default_rng(1)
    basis = np.linalg.qr(rng.normal(size=(100, 2)))[0].T
    data = rng.normal(size=(300, 2)) * [5, 3] @ basis + 0.05 * rng.normal(size=(300, 100))
    ivar = np.where(rng.random(data.shape) < 0.2, 0, 400.0)
    data[::50] += 30 * np.sin(np.arange(100))
    eigen = gm.spectra.principal_components(data, ivar, n_components=2)
    assert np.flatnonzero(~eigen.kept).tolist() == list(range(0, 300, 50))
    assert np.linalg.svd(eigen.components @ basis.T)[1].min() > 0.999
    data[ivar == 0] = np.nan  # what stands in a hole does not matter
    again = gm.spectra.principal_components(data, ivar, n_components=2)
    np.testing.assert_allclose(again.components, eigen.components, atol=1e-10)


def test_projection_errors_are_those_that_repeats_show():
    rng = np.random.default_rng(2)
    wave = np.linspace(0, 1, 200)
    eigen = gm.spectra.principal_components(
        rng.normal(size=(50, 2)) @ np.array([np.sin(5 * wave), wave]), n_components=2, clip=np.inf
    )
    sigma = 0.1 + 0.3 * wave
    flux = eigen.mean + 2 * eigen.components[0] + sigma * rng.normal(size=(2000, 200))
    ivar = np.where(wave < 0.3, 0, 1 / sigma**2) * np.ones((2000, 1))
    coefficients, covariance = gm.spectra.project(eigen, flux, ivar)
    np.testing.assert_allclose(coefficients.mean(0), [2, 0], atol=0.1)
    np.testing.assert_allclose(np.cov(coefficients.T), covariance[0], rtol=0.15, atol=0.02)


def test_too_few_galaxies_are_refused():
    grid = np.linspace(0, 1, 50)
    with pytest.raises(ValueError, match="need at least 11"):
        gm.spectra.principal_components(np.sin(grid)[None])  # one galaxy
    holes = np.ones((20, 50))
    holes[:, 7] = 0
    with pytest.raises(ValueError, match="pixel 7"):
        gm.spectra.principal_components(np.random.default_rng(0).normal(size=(20, 50)), holes, n_components=2)
    with pytest.raises(ValueError, match="at least 11"):
        gm.spectra.principal_components(np.ones((20, 50)), np.zeros((20, 50)))  # nothing but masked pixels
    with pytest.raises(ValueError, match="at least 30"):
        gm.spectra.passive_ridge(np.ones((1, 2)))


def test_projection_of_what_is_masked_is_nan_and_of_another_grid_an_error():
    eigen = gm.spectra.principal_components(np.random.default_rng(0).normal(size=(30, 50)), n_components=2, clip=np.inf)
    coefficients, covariance = gm.spectra.project(eigen, np.ones((2, 50)), np.array([[1.0], [0.0]]) * np.ones(50))
    assert np.isfinite(coefficients[0]).all() and np.isnan(coefficients[1]).all() and np.isnan(covariance[1]).all()
    with pytest.raises(ValueError, match="one grid"):
        gm.spectra.project(eigen, np.ones((1, 49)), np.ones((1, 49)))


# ---------------------------------------------------------------- ridge and gradient


@given(st.floats(-1.2, 1.2), st.integers(0, 100))
def test_the_ridge_is_found_at_any_angle_and_activity_points_off_it(angle, seed):
    rng = np.random.default_rng(seed)
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    passive = rng.normal(0, 2, (400, 1)) * along + rng.normal(0, 0.15, (400, 1)) * across
    active = rng.uniform(-2, 4, (250, 1)) * along + rng.uniform(0.5, 9, (250, 1)) * across
    ridge = gm.spectra.passive_ridge(np.concatenate([passive, active]))
    assert abs(ridge.direction @ along) > 0.98 and ridge.normal @ across > 0.9
    value, error = gm.spectra.activity(np.array([3 * across, -across]), np.eye(2) * np.ones((2, 1, 1)) * 0.04, ridge)
    assert value[0] > 2 and value[1] < 0
    np.testing.assert_allclose(error, 0.2, rtol=1e-6)


def test_gradient_of_a_line_ignores_what_is_missing():
    radius = np.linspace(0.1, 1.4, 6) * np.ones((3, 1))
    value, error = 2 - 3 * radius, np.full(radius.shape, 0.1)
    value[1, 2], error[2, :4] = np.nan, 0
    slope, slope_error = gm.spectra.gradient(radius, value, error)
    np.testing.assert_allclose(slope[:2], -3)
    assert np.isnan(slope[2]) and np.isnan(slope_error[2])
    draws = value[0] + 0.1 * np.random.default_rng(0).normal(size=(4000, 6))
    repeats, stated = gm.spectra.gradient(radius[:1] + 0 * draws, draws, 0.1 + 0 * draws)
    assert np.std(repeats) == pytest.approx(stated[0], rel=0.05)


def test_the_whole_way_gets_the_sign_right(reduced):
    grid, flux, ivar, table, radius = reduced
    n, b, p = flux.shape
    eigen = gm.spectra.principal_components(flux[:, 0], ivar[:, 0], n_components=5)
    coefficients, covariance = gm.spectra.project(eigen, flux.reshape(-1, p), ivar.reshape(-1, p))
    ridge = gm.spectra.passive_ridge(coefficients.reshape(n, b, -1)[:, 0])
    activity, error = (a.reshape(n, b)[:, 1:] for a in gm.spectra.activity(coefficients, covariance, ridge))
    slope, _ = gm.spectra.gradient(radius[:, 1:], activity, error)
    kinds = np.asarray(table["kind"])
    assert (slope[kinds == "inside-out"] > 0).mean() > 0.8 and (slope[kinds == "outside-in"] < 0).mean() > 0.8


# ---------------------------------------------------------------- figures


def test_charts_have_alt_text(monkeypatch, alt_text):
    shown = []
    monkeypatch.setattr(gm.plots.style, "display", shown.append)
    x = np.linspace(4000, 5000, 300)
    gm.plots.spectra(
        x, {"a": x, "b": x + np.nan}, alt="spectra", marks={"Hβ": 4862.0, "Hγ": 4342.0}, offset=1, title="t"
    )
    gm.plots.spectra(x, {"a": x, "b": -x}, alt="panels", offset=None, limits=(0, 1))
    gm.plots.plane(
        {"g": (x, x)},
        xlabel="x",
        ylabel="y",
        alt="plane",
        line=((0, 0), (1, 1)),
        tracks={"t": np.eye(2), "n": (1, 1)},
        limits=((0, 1), (0, 1)),
    )
    gm.plots.trends({"t": {"p": (x, x, x), "q": (x, x)}}, xlabel="x", alt="profiles", level=("none", 0))
    gm.plots.histograms({"q": {"a": x, "b": [np.nan, 4500]}}, limits={"q": (4000, 5000)}, title="q", alt="histograms")
    gm.plots.maps(
        {"v": np.eye(4) - 0.5, "f": np.eye(4)}, caption="c", alt="maps", symmetric=("v",), extent=(-1, 1, -1, 1)
    )
    assert [alt_text(s) for s in shown] == [
        "spectra",
        "panels",
        "plane",
        "profiles",
        "histograms",
        "maps",
    ]
