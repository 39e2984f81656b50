"""The mock sky keeps the laws it states, and draws light as GalSim does."""

import galsim
import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

import galmorph_helpers as gm
from galmorph_helpers.imaging.camera import observe
from galmorph_helpers.imaging.stretch import _compressed, colour_image
from galmorph_helpers.mock.demographics import DISC_THICKNESS, population
from galmorph_helpers.mock.rendering import DISC_HEIGHT, TRUNCATION, light
from galmorph_helpers.runtime import side_by_side
from galmorph_helpers.samples import R90_CUTOUT


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
    table = population(1, seed=0)
    for name in (
        "bar_light",
        "ring_light",
        "arm_contrast",
        "lopsidedness",
        "patchiness",
        "disc_deficit",
        "knot_light",
        "dust",
    ):
        table[name] = 0.0
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
    for name in ("dust", "knot_light"):
        table[name] = 0.0
    flux = light(table, R90_CUTOUT * table["r90"].value / 64, field=False)[:, :, 0, 0].real.numpy()
    r = 22.5 - 2.5 * np.log10(flux[:, 1])
    np.testing.assert_allclose(r, table["r_mag"].value, atol=0.05)  # arms and lopsidedness are cut by the stamp's edge
    np.testing.assert_allclose(-2.5 * np.log10(flux[:, 0] / flux[:, 1]), table["g_r"].value, atol=0.06)


def test_sky_noise_is_the_survey_s():
    spectrum = torch.zeros(40, 3, 80, 41, dtype=torch.complex64)
    images = observe(
        spectrum, gm.SDSS, torch.full((40,), gm.SDSS.pixel_scale), generator=torch.Generator().manual_seed(0)
    )
    within = (images - images.mean((2, 3), keepdim=True)).std((0, 2, 3))
    np.testing.assert_allclose(within, gm.SDSS.sky_sigma, rtol=0.02)


def test_colour_image_is_bounded_and_blue_is_blue():
    flux = torch.zeros(2, 3, 8, 8)
    flux[0, 0, 4, 4] = 5.0  # g only: blue
    flux[1] = 1e4  # saturated
    image = colour_image(flux, gm.SDSS, torch.full((2,), gm.SDSS.pixel_scale))
    assert image.min() >= 0 and image.max() <= 1
    assert image[0, 2, 4, 4] > image[0, 0, 4, 4]
    with pytest.raises(ValueError, match="got images of 1: choose bands"):
        colour_image(flux[:, :1], gm.SDSS, torch.ones(2))


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


def test_compression_takes_faint_colour_noise_and_keeps_colour():
    rng = torch.Generator().manual_seed(0)
    sky = 0.02 + 0.004 * torch.randn((4, 3, 63, 64), generator=rng)
    left = _compressed(sky)
    assert left.shape == sky.shape
    assert (left[:, 0] - left[:, 2]).std() < 0.5 * (sky[:, 0] - sky[:, 2]).std()
    luma = torch.tensor([0.299, 0.587, 0.114])[None, :, None, None]
    torch.testing.assert_close((left * luma).sum(1), (sky * luma).sum(1), atol=2e-3, rtol=0)
    red = torch.tensor([0.6, 0.3, 0.1])[None, :, None, None].expand(1, 3, 20, 20)
    torch.testing.assert_close(_compressed(red), red, atol=0.02, rtol=0)


def test_noiseless_images_do_not_move_and_noisy_ones_do():
    table = population(40, seed=4, magnitude_limit=16)
    scale = torch.as_tensor(R90_CUTOUT * table["r90"].value / 64, dtype=torch.float32)
    spectrum = light(table, scale.numpy(), field=False)
    still = observe(spectrum, gm.SDSS, scale, noise=False)
    torch.testing.assert_close(still, observe(spectrum, gm.SDSS, scale, noise=False))
    moved = observe(spectrum, gm.SDSS, scale, generator=torch.Generator().manual_seed(1))
    axis = torch.arange(64.0) - 31.5
    offset = [(x[:, 1].clamp(min=0).sum(1) * axis).sum(1) / x[:, 1].clamp(min=0).sum((1, 2)) for x in (still, moved)]
    assert 0.2 < (offset[1] - offset[0]).std() < 2  # cutouts are centred to about a pixel


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
