"""The mock sky keeps the laws it states, and draws light as GalSim does."""

from dataclasses import replace

import astropy.units as u
import galsim
import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

import galmorph_helpers as gm
from galmorph_helpers.imaging.camera import frequency_reach, observe
from galmorph_helpers.imaging.fourier import bicubic, centred_images, folded, frequencies, turned
from galmorph_helpers.imaging.stretch import colour_image
from galmorph_helpers.mock.demographics import DISC_THICKNESS, PARTS, population, smoothed
from galmorph_helpers.mock.field import (
    FIELD_GALAXIES,
    FIELD_STARS,
    GALAXY_SLOPE,
    STAR_SLOPE,
    _add_smudges,
    _sources,
    _stellar_colours,
)
from galmorph_helpers.mock.rendering import DISC_HEIGHT, TRUNCATION, light
from galmorph_helpers.runtime import side_by_side
from galmorph_helpers.samples import R90_CUTOUT
from galmorph_helpers.surveys import SDSS_LOOK


@pytest.fixture(scope="module")
def catalogue():
    return population(20_000, seed=1)


def test_population_keeps_the_published_relations(catalogue):
    t = catalogue["t_type"]
    fraction = [np.mean(t == -3), np.mean((t > -3) & (t <= 0)), np.mean((t > 0) & (t <= 3)), np.mean(t > 3)]
    np.testing.assert_allclose(fraction, [0.18, 0.26, 0.30, 0.26], atol=0.08)  # a bright SDSS sample
    assert 0.08 < np.median(catalogue["redshift"]) < 0.12  # SDSS main sample: 0.10
    assert catalogue["r_mag"].max().value <= 17.77
    counts = [np.sum(catalogue["r_mag"].value < m) for m in (15.5, 16.5, 17.5)]
    assert np.log10(np.diff(np.log10(counts))) == pytest.approx(np.log10(0.6), abs=0.05)  # dN/dm grows as 10^0.6m
    for column, sign in (("log_mass", -1), ("g_r", -1), ("log_sfr", 1), ("bulge_to_total", -1)):
        values = getattr(catalogue[column], "value", catalogue[column])
        assert sign * spearmanr(t, values)[0] > 0.3, column
    star_forming = ~catalogue["quiescent"]
    slope = np.polyfit(catalogue["log_mass"][star_forming], catalogue["log_sfr"][star_forming], 1)[0]
    assert slope == pytest.approx(0.76, abs=0.05)
    assert np.mean(catalogue["quiescent"][catalogue["ltg"]]) > 0.1  # red spirals
    assert np.mean(star_forming[(t <= 0) & (t > -3)]) > 0.03  # and blue S0s


def test_discs_are_inclined_at_random(catalogue):
    disc = catalogue["t_type"] > -3
    cos_i = np.cos(catalogue["inclination"].to_value("rad"))[disc]
    np.testing.assert_allclose(np.percentile(cos_i, [10, 50, 90]), [0.1, 0.5, 0.9], atol=0.02)
    assert np.all(catalogue["axis_ratio"][disc] >= catalogue["thickness"][disc])
    spiral = (catalogue["t_type"] > 1) & (catalogue["t_type"] < 7)
    assert abs(np.median(catalogue["thickness"][spiral]) - DISC_THICKNESS) < 0.02
    assert np.median(catalogue["thickness"][disc & (catalogue["t_type"] < 0)]) > DISC_THICKNESS + 0.05  # lenticulars
    assert np.mean(catalogue["edge_on"]) == pytest.approx(0.14, abs=0.02)


def test_same_seed_same_sky_and_batches_do_not_matter():
    first, again, other = (gm.mock_sample(200, seed=s, size=32) for s in (5, 5, 6))
    assert torch.equal(first.images, again.images)
    assert not torch.equal(first.images, other.images)
    assert first.images.shape == (200, 3, 32, 32) and first.images.dtype == torch.float32
    assert first.origin == "mock" and "mock" in first.caption


def _plain(**columns):
    """A galaxy without arms, bars, knots or dust."""
    table = smoothed(population(1, seed=0))
    for name, value in columns.items():
        table[name] = value * (table[name].unit or 1)
    return table


@pytest.mark.parametrize("index", [1.0, 2.37, 4.0])
@pytest.mark.parametrize("bulge_share", [0.2, 0.6])
def test_sersic_plus_disc_agrees_with_galsim(index, bulge_share):
    """To 1 % of the flux in L1, same PSF, same pixels; bulge of q = 0.7, disc inclined by 60 degrees."""
    size, scale, radius, disc_radius = 64, gm.SDSS.pixel_scale, 1.6, 3.0
    table = _plain(
        bulge_to_total=bulge_share,
        sersic_index=index,
        bulge_radius=radius,
        bulge_axis_ratio=0.7,
        disc_radius=disc_radius,
        inclination=60.0,
        thickness=0.2,
        position_angle=25.0,
        r_mag=15.0,
    )
    mine = observe(
        light(table, np.array([scale]), size=size, bands=("r",), field=False),
        _one_band(),
        torch.tensor([scale]),
        size=size,
        noise=False,
    )[0, 0]
    flux = 10 ** (-0.4 * (15.0 - 22.5))
    beta = 25 * galsim.degrees
    bulge = galsim.Sersic(index, half_light_radius=radius, trunc=TRUNCATION * radius, flux_untruncated=True).shear(
        q=0.7, beta=beta
    )
    bulge = bulge.expand(0.7**0.5).withFlux(
        bulge_share * flux
    )  # galsim shears at constant area, here the major axis is kept
    h = disc_radius / 1.678
    disc = galsim.InclinedExponential(
        60 * galsim.degrees, scale_radius=h, scale_height=DISC_HEIGHT * 0.2 * h, flux=(1 - bulge_share) * flux
    ).rotate(beta)
    psf = galsim.Moffat(3.5, fwhm=gm.SDSS.psf_fwhm[1])
    theirs = galsim.Convolve(bulge + disc, psf).drawImage(nx=size, ny=size, scale=scale, method="auto").array
    assert np.abs(mine.numpy() - theirs).sum() / theirs.sum() < 0.01


def _one_band():
    s = gm.SDSS
    return gm.surveys.Survey(
        "r only", ("r",), s.pixel_scale, s.psf_fwhm[1:2], s.sky_sigma[1:2], s.electrons[1:2], s.magnitude_limit
    )


def test_magnitude_and_colour_are_those_of_the_table():
    table = population(60, seed=2)
    table = smoothed(table, ("dust", "knots", "isophotes"))  # companions add their own light
    flux = light(table, R90_CUTOUT * table["r90"].value / 64, field=False)[:, :, 0, 0].real.numpy()
    r = 22.5 - 2.5 * np.log10(flux[:, 1])
    np.testing.assert_allclose(r, table["r_mag"].value, atol=0.05)  # arms and lopsidedness are cut by the stamp's edge
    np.testing.assert_allclose(-2.5 * np.log10(flux[:, 0] / flux[:, 1]), table["g_r"].value, atol=0.06)


@pytest.mark.parametrize("width", [1.2, 1.6, 2.0, 2.6, 3.0, 4.0, 6.0])
@pytest.mark.parametrize("radius", [1e-3, 0.9, 2.4])
def test_undersampled_light_aliases_as_galsim_draws_it(width, radius):
    """A star and n = 4 galaxies at any sampling, FWHM in pixels: 1 % in L1, and no ringing below zero."""
    scale = 0.4
    survey = replace(_one_band(), pixel_scale=scale, psf_fwhm=(width * scale,))
    table = _plain(
        bulge_to_total=1.0, sersic_index=4.0, bulge_radius=radius, bulge_axis_ratio=0.7, position_angle=25.0, r_mag=15.0
    )
    reach = frequency_reach(survey, [scale])[0]
    spectrum = light(table, np.array([scale]), bands=("r",), field=False, reach=reach)
    mine = observe(spectrum, survey, torch.tensor([scale]), noise=False)[0, 0].numpy()
    source = galsim.DeltaFunction()
    if radius > 0.1:
        source = galsim.Sersic(4, half_light_radius=radius, trunc=TRUNCATION * radius, flux_untruncated=True)
        source = source.shear(q=0.7, beta=25 * galsim.degrees).expand(0.7**0.5).withFlux(1)
    image = galsim.Convolve(source, galsim.Moffat(3.5, fwhm=width * scale)).drawImage(nx=64, ny=64, scale=scale)
    theirs = 1000 * image.array  # nanomaggies of r = 15
    assert np.abs(mine - theirs).sum() / theirs.sum() < 0.01
    assert mine.min() > -1e-3 * theirs.max()


def test_well_sampled_stamps_need_no_further_frequencies():
    assert list(frequency_reach(gm.SDSS, np.array([0.2, 0.25, 1.2]))) == [1, 1, 2]
    assert (np.diff(frequency_reach(gm.SDSS, np.linspace(0.1, 2, 200))) >= 0).all()


def test_field_holds_as_many_stars_and_galaxies_as_surveys_count():
    """Per square degree, 3,000 stars to r = 20 are counted at mid latitude, and 5,000 galaxies to r = 21.5.

    The mock sky has a third more stars, and 2.74 times as many galaxies: a bright one has neighbours (see `field`).
    """
    more_stars, more_galaxies = 4 / 3, 2.74
    rng = np.random.default_rng(0)
    stars = _sources(rng, np.full(100, 36 * FIELD_STARS), STAR_SLOPE, 64)
    assert np.sum(stars["r"] < 20) == pytest.approx(more_stars * 3000, rel=0.1)
    assert np.sum(stars["r"] < 16) / np.sum(stars["r"] < 18) == pytest.approx(10 ** (-0.22 * 2), abs=0.06)
    galaxies = _sources(rng, np.full(100, 36 * FIELD_GALAXIES), GALAXY_SLOPE, 64)
    assert np.sum(galaxies["r"] < 21.5) == pytest.approx(more_galaxies * 5000, rel=0.1)
    assert 60 < np.sum(galaxies["r"] < 17.77) / more_galaxies < 220  # 92 were counted
    for place in (stars["x"], stars["y"]):
        assert place.min() < -4 and place.max() > 67 and abs(place.mean() - 31.5) < 1


def test_stars_are_points_of_light_in_their_stamps_and_faint_galaxies_are_wider():
    kx, ky = frequencies(64)
    out = torch.zeros(3, 3, 80, 41, dtype=torch.complex64)
    sources = {"owner": np.array([2, 0, 2]), "r": np.array([17.0, 15.0, 18.0]), "colour": np.zeros((3, 3))}
    sources |= {"x": np.array([50.0, 10.0, 17.0]), "y": np.array([8.0, 20.0, 29.0])}
    sources["width"] = np.array([[0.0, 0.0, 2.0], [0.0, 0.0, 3.0]])
    _add_smudges(out, kx[:, :1], ky[:, :, :1], sources, ("g", "r", "i"), None)
    image = torch.fft.irfft2(out, s=(80, 80))[:, 1]
    fluxes = 10 ** (0.4 * (22.5 - sources["r"]))
    assert image[0, 20, 10].item() == pytest.approx(fluxes[1], rel=1e-3) and image[1].abs().max() == 0
    assert image[2, 8, 50].item() == pytest.approx(fluxes[0], rel=1e-3)
    assert image[2, 29, 17].item() == pytest.approx(fluxes[2] / (2 * np.pi * 2 * 3), rel=1e-3)
    assert image[2].sum().item() == pytest.approx(fluxes[0] + fluxes[2], rel=1e-3)


def test_stars_lie_on_the_stellar_locus_and_faint_ones_are_redder():
    bright, faint = (_stellar_colours(np.random.default_rng(0), np.full(4000, r)) for r in (15.5, 20.5))
    g_r, r_i = bright[0], -bright[2]
    assert 0.35 < np.median(g_r) < 0.65 and 0.05 < np.median(r_i) < 0.25  # turn-off stars
    assert np.mean(faint[0] > 1.2) > np.mean(g_r > 1.2) + 0.25  # M dwarfs
    assert 1.3 < np.median(g_r[r_i > 0.8]) < 1.45  # the locus bends: g - r stays while r - i grows


def _keys_transform(k):
    """Transform of Keys' (1981) kernel of bicubic interpolation, a = -1/2, integrated as a sum."""
    x = np.linspace(-2, 2, 4001)
    a = abs(x)
    kernel = np.where(a < 1, 1.5 * a**3 - 2.5 * a**2 + 1, -0.5 * a**3 + 2.5 * a**2 - 4 * a + 2)
    return (kernel * np.cos(2 * np.pi * np.outer(k, x))).sum(1) * (x[1] - x[0])


def _resampled_power(native):
    """Of white noise of native pixels in stamp pixels: interpolated, averaged; beyond Nyquist it folds back."""
    k = np.fft.fftfreq(64)
    return sum((_keys_transform((k + m) * native) * np.sinc(k + m)) ** 2 for m in range(-3, 4))


def test_the_bicubic_camera_has_the_transform_of_its_kernel():
    k = np.array([0.0, 0.01, 0.1, 0.25, 0.5, 0.75, 1.0, 1.3])
    np.testing.assert_allclose(bicubic(torch.tensor(k)), _keys_transform(k), atol=2e-4)


@pytest.mark.parametrize("level", [0.5, 5.0, 50.0])
@pytest.mark.parametrize("pixels", [1, 2])
def test_photon_noise_grows_with_flux_as_counting_does(level, pixels):
    """An even field of light: variance of a native pixel = sky^2 + flux / (electrons per nanomaggy)."""
    even = torch.zeros(60, 3, 80, 41, dtype=torch.complex64)
    even[:, :, 0, 0] = level * 80**2 * pixels**2  # nanomaggies in the whole field
    scale = torch.full((60,), gm.SDSS.pixel_scale * pixels)
    images = observe(even, gm.SDSS, scale, generator=torch.Generator().manual_seed(0))
    assert images.mean().item() == pytest.approx(level * pixels**2, rel=0.02)
    found = images.var((2, 3)).mean(0).numpy()
    expected = np.array(gm.SDSS.sky_sigma) ** 2 + level / np.array(gm.SDSS.electrons)
    if pixels > 1:  # what resampling leaves of white noise
        expected = expected * pixels**2 * _resampled_power(1 / pixels).mean() ** 2
    np.testing.assert_allclose(found, expected, rtol=0.03)


def test_sky_noise_can_be_given_for_each_stamp():
    spectrum = torch.zeros(2, 3, 80, 41, dtype=torch.complex64)
    scale = torch.full((2,), gm.SDSS.pixel_scale)
    sky = torch.tensor([[0.0, 0.0, 0.0], [0.1, 0.2, 0.3]])
    images = observe(spectrum, gm.SDSS, scale, generator=torch.Generator().manual_seed(0), sky_sigma=sky)
    np.testing.assert_allclose(images.std((2, 3)), sky, rtol=0.05)


def test_sky_noise_is_the_survey_s():
    spectrum = torch.zeros(40, 3, 80, 41, dtype=torch.complex64)
    images = observe(
        spectrum, gm.SDSS, torch.full((40,), gm.SDSS.pixel_scale), generator=torch.Generator().manual_seed(0)
    )
    within = (images - images.mean((2, 3), keepdim=True)).std((0, 2, 3))
    np.testing.assert_allclose(within, gm.SDSS.sky_sigma, rtol=0.02)


LOOKS = [gm.SDSS.look, gm.DES.look]


def _flat(values, look, **changes):
    """Colour of an even patch of light; `values` in nanomaggies of g, r, i per pixel."""
    flux = torch.tensor(values, dtype=torch.float32)[None, :, None, None].expand(1, 3, 32, 32)
    image = colour_image(flux, gm.SDSS, torch.tensor([gm.SDSS.pixel_scale]), look=replace(look, **changes))
    return image.mean((0, 2, 3)).numpy()


@pytest.mark.parametrize("look", LOOKS)
def test_colour_image_is_bounded_and_blue_is_blue(look):
    flux = torch.zeros(2, 3, 8, 8)
    flux[0, 0, 3:6, 3:6] = 5.0  # g only: blue
    flux[1] = 1e4  # saturated
    image = colour_image(flux, replace(gm.SDSS, look=look), torch.full((2,), gm.SDSS.pixel_scale))
    assert image.min() >= 0 and image.max() <= 1
    assert image[0, 2, 4, 4] > image[0, 0, 4, 4] + 0.1
    assert torch.equal(image, (image * 255).round() / 255)  # as files hold it
    with pytest.raises(ValueError, match="got images of 1: choose bands"):
        colour_image(flux[:, :1], gm.SDSS, torch.ones(2))


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("light_", [0.05, 0.3, 2.0])
def test_a_grey_source_stays_grey(look, light_):
    red, green, blue = look.weights
    grey = _flat([light_ / blue, light_ / green, light_ / red], look, floor=(0.01,) * 3)
    assert grey.max() - grey.min() < 0.01


@pytest.mark.parametrize("look", LOOKS)
def test_brighter_light_is_never_darker_and_redder_light_never_bluer(look):
    steps = np.array([_flat([x * 0.5, x, x * 1.4], look, chroma_steps=0.0) for x in np.geomspace(1e-3, 100, 60)])
    assert (np.diff(steps, axis=0) > -1.5 / 255).all()
    colours = [_flat([0.3 * 10 ** (-0.4 * g_r), 0.3, 0.4], look, chroma_steps=0.0) for g_r in np.linspace(-0.5, 1.5, 9)]
    assert (np.diff([c[0] - c[2] for c in colours]) > 0).all()


def test_a_survey_wears_its_own_look():
    flux = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    scale = torch.full((2,), 0.3)
    own = colour_image(flux, gm.DES, scale)
    assert torch.equal(own, colour_image(flux, gm.DES, scale, look=gm.DES.look))
    assert not torch.equal(own, colour_image(flux, gm.DES, scale, look=SDSS_LOOK))
    mock = gm.mock_sample(8, gm.DES, seed=1, size=32)
    flux = gm.mock_sample(8, gm.DES, seed=1, size=32, look="flux").images
    scale = torch.as_tensor(mock.table["pixel_scale"].value, dtype=torch.float32)
    torch.testing.assert_close(mock.images, colour_image(flux, gm.DES, scale), atol=1.1 / 255, rtol=0)


@pytest.mark.parametrize(
    "kwargs, message",
    [
        ({"n": 0}, "n >= 1"),
        ({}, "either n"),
        ({"n": 3, "size": 0}, "8 pixels"),
        ({"n": 3, "look": "pretty"}, "look"),
        ({"n": 3, "field_of_view": -1.0}, "field_of_view"),
    ],
)
def test_bad_requests_say_what_is_wrong(kwargs, message):
    with pytest.raises(ValueError, match=message):
        gm.mock_sample(**kwargs)


def test_experts_scatter_as_people_do(catalogue):
    seen = gm.mock.expert_t_types(catalogue, gm.SDSS, seed=0)
    truth = np.asarray(catalogue["t_type"], float)
    assert 1.0 < np.sqrt(np.mean((seen - truth) ** 2)) < 2.3  # Naim+1995
    assert np.corrcoef(seen, truth)[0, 1] > 0.85 and seen.min() >= -3 and seen.max() <= 10
    assert np.array_equal(seen, gm.mock.expert_t_types(catalogue, gm.SDSS, seed=0))


def test_noiseless_images_do_not_move_and_noisy_ones_do():
    table = population(40, seed=4, magnitude_limit=16)
    scale = torch.as_tensor(R90_CUTOUT * table["r90"].value / 64, dtype=torch.float32)
    spectrum = light(table, scale.numpy(), field=False)
    still = observe(spectrum, gm.SDSS, scale, noise=False)
    torch.testing.assert_close(still, observe(spectrum, gm.SDSS, scale, noise=False))
    moved = observe(spectrum, gm.SDSS, scale, generator=torch.Generator().manual_seed(1))
    axis = torch.arange(64.0) - 31.5
    offset = [(x[:, 1].clamp(min=0).sum(1) * axis).sum(1) / x[:, 1].clamp(min=0).sum((1, 2)) for x in (still, moved)]
    moved_by = offset[1] - offset[0]
    assert 0.2 < moved_by.std() < 2  # cutouts are centred to about a pixel, and always off by .008 of their side
    assert moved_by.mean().item() == pytest.approx(0.008 * 64, abs=0.25)


def test_a_batch_without_structure_is_drawn():
    table = population(60, seed=4)
    ellipticals = table[table["t_type"] == -3][:3]
    images = gm.mock_sample(table=ellipticals, size=32).images
    assert torch.isfinite(images).all() and (images.amax((1, 2, 3)) > 0.1).all()


def test_volunteers_see_what_can_be_seen(catalogue):
    votes = gm.mock.volunteer_votes(catalogue, gm.SDSS, seed=0)
    disc = catalogue["t_type"] > -3
    tilt = catalogue["inclination"].to_value("deg")
    large = catalogue["r90"].to_value("arcsec") > 5
    np.testing.assert_allclose(votes["smooth"] + votes["features"], 1)
    for name in ("edge_on", "bar", "spiral"):
        assert np.all(votes[name] <= votes["features"])
    assert votes["edge_on"][disc & large & (tilt > 84)].mean() > 0.8
    assert votes["edge_on"][disc & ~large & (tilt > 84)].mean() < votes["edge_on"][disc & large & (tilt > 84)].mean()
    assert votes["edge_on"][disc & (tilt < 60)].mean() < 0.05
    late = catalogue["t_type"] > 2
    assert votes["features"][late].mean() > votes["features"][~disc].mean() + 0.3
    smooth = votes["smooth"] > 0.6
    assert np.mean(catalogue["t_type"][smooth] > 0) > 0.15  # smooth is not elliptical
    barred = (catalogue["bar_light"] > 0.2) & (tilt < 50)
    assert votes["bar"][barred & large].mean() > votes["bar"][barred & ~large].mean() + 0.1  # blurred bars are missed
    label = gm.labels.certain(votes["edge_on"])
    assert 0.08 < np.nanmean(label) < 0.25 and 0.02 < np.isnan(label).mean() < 0.2
    with pytest.raises(ValueError, match="low and high"):
        gm.labels.certain([0.5], low=0.8, high=0.2)


def test_a_seed_draws_the_same_sky_on_one_core_and_on_two():
    before = torch.get_num_threads()
    try:
        skies = []
        for threads in (1, 2):
            torch.set_num_threads(threads)
            skies.append(gm.mock_sample(150, seed=5, size=32).images)
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert torch.equal(*skies)


def test_an_error_in_one_batch_ends_the_drawing():
    def work(item):
        if item == 2:
            raise RuntimeError("batch 2")

    with pytest.raises(RuntimeError, match="batch 2"):
        side_by_side(work, range(4), "batches")


def test_no_structure_switches_on_at_a_class_boundary():
    """From S0/a to Sa no column moves by more than half its scatter, and none is nothing on one side."""
    table = population(30_000, seed=3)
    t = np.asarray(table["t_type"])
    for name in (
        "bulge_to_total", "sersic_index", "thickness", "half_light_radius", "arm_contrast", "arm_pitch", "flocculence",
        "bar_light", "ring_light", "patchiness", "knot_light", "dust", "lopsidedness", "warp", "disc_deficit",
        "boxiness", "twist", "shell_light", "satellites",
    ):  # fmt: skip
        values = np.asarray(getattr(table[name], "value", table[name]), float)
        zero, one = values[t == 0], values[t == 1]
        assert abs(one.mean() - zero.mean()) < 0.5 * np.sqrt((zero.var() + one.var()) / 2), name
        assert abs((zero != 0).mean() - (one != 0).mean()) < 0.25, name


def test_down_bending_discs_become_common_along_the_sequence():
    """About 25 % of S0, 80 % of Sd-Sm (Gutiérrez+2011)."""
    table = population(30_000, seed=4)
    t, bends = np.asarray(table["t_type"]), np.asarray(table["disc_deficit"]) > 0.06
    assert bends[(t > -3) & (t < 0)].mean() == pytest.approx(0.25, abs=0.05)
    assert bends[(t >= 7) & (t <= 9)].mean() == pytest.approx(0.80, abs=0.05)


def test_red_galaxies_are_heavier_than_blue_ones_of_one_luminosity():
    """Bell+2003: 0.3 to 0.5 dex between g-r of 0.35 and 0.75."""
    table = population(20_000, seed=5)
    log_ratio = table["log_mass"] + 0.4 * (table["absolute_r"].value - 4.65)
    slope = np.polyfit(table["rest_g_r"].value, log_ratio, 1)[0]
    assert 0.3 < 0.4 * slope < 0.5


def _noiseless(table, **kwargs):
    scale = R90_CUTOUT * table["r90"].to_value("arcsec") / 64
    reach = 2.0
    spectrum = light(table, scale, field=False, reach=reach, **kwargs)
    return observe(spectrum, gm.SDSS, torch.as_tensor(scale, dtype=torch.float32), noise=False)


def test_light_is_positive_however_strong_the_structure():
    table = population(160, seed=6)
    table = table[table["t_type"] > -3][:100]
    for name, value in {"arm_contrast": 2.0, "patchiness": 0.9, "lopsidedness": 0.9, "dust": 1.2, "warp": 0.2}.items():
        table[name] = value
    images = _noiseless(table)
    lowest = images.amin((1, 2, 3)) / images.amax((1, 2, 3))
    assert lowest.min() > -1e-4  # rounding, and discs thinner than a pixel


def test_structure_adds_no_light_and_can_be_taken_away_part_by_part():
    table = population(60, seed=7)
    table["satellites"] = 0
    full, plain = (_noiseless(t, seed=1) for t in (table, smoothed(table)))
    torch.testing.assert_close(full.sum((2, 3)), plain.sum((2, 3)), rtol=0.05, atol=1e-3)
    assert (full - plain).abs().sum() > 0.1 * plain.sum()
    for part, columns in PARTS.items():
        less = smoothed(table, (part,))
        assert all(not np.any(np.asarray(less[column])) for column in columns), part
        others = [c for p, cs in PARTS.items() if p != part for c in cs]
        assert all(np.array_equal(less[column], table[column]) for column in others), part
    assert not np.any(smoothed(table, ("bars",))["bar"])
    with pytest.raises(ValueError, match="without must be"):
        smoothed(table, ("spokes",))
    with pytest.raises(ValueError, match="without must be"):
        smoothed(table, "arms")


def test_dust_darkens_the_near_side_of_an_inclined_disc():
    table = smoothed(population(200, seed=8))
    table = table[table["t_type"] > 0][:20]
    table["inclination"], table["position_angle"], table["dust"] = 70 * u.deg, 0 * u.deg, 0.8
    table["near_side"] = 1
    above, below = _noiseless(table)[:, 0].split(32, 1)
    assert (below.sum((1, 2)) < 0.95 * above.sum((1, 2))).all()  # the near side lies at larger y
    table["near_side"] = -1
    above, below = _noiseless(table)[:, 0].split(32, 1)
    assert (above.sum((1, 2)) < 0.95 * below.sum((1, 2))).all()


def test_arms_leave_the_ends_of_bars():
    table = population(4000, seed=9)
    barred = table[np.asarray(table["bar_light"]) > 0]
    phase = barred["arm_number"] * barred["arm_winding"] * barred["bar_angle"].to_value("rad") + barred["arm_phase"]
    np.testing.assert_allclose(np.cos(phase), 1, atol=1e-6)
    np.testing.assert_allclose(barred["arm_start"], 0.95 * barred["bar_length"])


def test_what_shows_nothing_gets_no_votes_and_votes_rise_smoothly():
    table = population(4000, seed=10)
    table["inclination"], table["axis_ratio"] = 30 * u.deg, 0.88
    faces = [table.copy() for _ in range(3)]
    for face, contrast in zip(faces, (0.0, 0.5, 1.0), strict=True):
        face["arm_contrast"] = contrast
        face["t_type"] = 0  # votes follow what is seen, not the type
    none, weak, strong = (gm.mock.volunteer_votes(face, gm.SDSS, seed=0)["spiral"].mean() for face in faces)
    assert none < 0.03 < weak < strong


@pytest.mark.parametrize(("size", "reach"), [(64, 1.0), (33, 1.5)])
def test_images_of_point_symmetric_light_are_those_of_an_fft(size, reach):
    kx, ky = frequencies(size, reach=reach)
    padded = frequencies(size)[0].shape[-2]
    planes = torch.exp(-2 * torch.pi**2 * ((1.5 * kx + 0.4 * ky) ** 2 * 4 + ky**2))  # an inclined Gaussian
    soft = torch.exp(-2 * torch.pi**2 * 0.7**2 * (kx**2 + ky**2)) * turned((kx + ky) * ((size - 1) / 2))
    theirs = torch.fft.irfft2(folded(planes * soft, padded), s=(padded, padded))[..., :size, :size]
    np.testing.assert_allclose(centred_images(planes, size, blur=0.7), theirs, atol=1e-4 * float(theirs.max()))
