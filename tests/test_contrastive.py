"""Learning without labels: the loss is the paper's, views keep what is physical, clusters have no names."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import galmorph_helpers as gm
from galmorph_helpers.mock.stellar_maps import BUNDLES, hexagon


@pytest.fixture(scope="module")
def raw():
    return gm.mock.mock_maps(60, seed=3)


@pytest.fixture(scope="module")
def maps(raw):
    return gm.learning.prepare_maps(raw[0])


# ---------------------------------------------------------------- the loss


@pytest.mark.parametrize("temperature", [0.1, 0.5, 1.0])
def test_nt_xent_is_a_librarys(temperature):
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    first, second = torch.randn(2, 24, 16, generator=torch.Generator().manual_seed(0)).double()
    labels = torch.arange(24).repeat(2)
    expected = losses.NTXentLoss(temperature=temperature)(torch.cat([first, second]), labels)
    assert gm.learning.nt_xent(first, second, temperature=temperature).item() == pytest.approx(
        expected.item(), abs=1e-6
    )


@settings(max_examples=20, deadline=None)
@given(n=st.integers(2, 12), scale=st.floats(0.1, 10))
def test_nt_xent_sees_directions_and_is_symmetric(n, scale):
    first, second = torch.randn(2, n, 5, generator=torch.Generator().manual_seed(n))
    loss = gm.learning.nt_xent(first, second)
    assert gm.learning.nt_xent(scale * first, second).item() == pytest.approx(loss.item(), rel=1e-4)
    assert gm.learning.nt_xent(second, first).item() == pytest.approx(loss.item(), rel=1e-4)


def test_nt_xent_of_views_that_are_all_alike_is_the_logarithm_of_the_choices():
    same = torch.ones(8, 4)
    assert gm.learning.nt_xent(same, same).item() == pytest.approx(np.log(15), rel=1e-5)


@pytest.mark.parametrize(
    "first, second, options, message",
    [
        (torch.ones(1, 4), torch.ones(1, 4), {}, "batch of at least 2, got 1"),
        (torch.ones(3, 4), torch.ones(2, 4), {}, "alike"),
        (torch.ones(3, 4), torch.ones(3, 4), {"temperature": 0}, "temperature must be > 0"),
    ],
)
def test_nt_xent_refuses(first, second, options, message):
    with pytest.raises(ValueError, match=message):
        gm.learning.nt_xent(first, second, **options)


def test_vicreg_by_hand_and_its_three_terms():
    """Two galaxies in two dimensions: mean squared distance, what the scatters lack of 1, the covariance squared."""
    first, second = torch.tensor([[0.0, 0.0], [0.6, 0.6]]), torch.tensor([[0.2, 0.0], [0.6, 0.6]])
    lack = [(1 - np.sqrt(0.18 + 1e-4)) * 2, (1 - np.sqrt(0.08 + 1e-4)) + (1 - np.sqrt(0.18 + 1e-4))]
    covariance = [0.18**2, 0.12**2]  # off the diagonal, twice, over two dimensions
    expected = 25 * 0.04 / 4 + 25 / 2 * sum(lack) / 2 + sum(covariance)
    assert gm.learning.vicreg(first, second).item() == pytest.approx(expected, rel=1e-4)
    wide = torch.eye(4).repeat(8, 1) * 5
    assert gm.learning.vicreg(wide, wide, covariance=0).item() == pytest.approx(0, abs=1e-6)


def test_vicreg_refuses_one_galaxy():
    with pytest.raises(ValueError, match="N >= 2"):
        gm.learning.vicreg(torch.ones(1, 3), torch.ones(1, 3))


# ---------------------------------------------------------------- maps


def test_mock_maps_fill_the_hexagon_and_nothing_else(raw):
    maps, table = raw
    assert maps.shape == (60, 5, 32, 32) and len(table) == 60
    inside = torch.isfinite(maps)
    assert not inside[:, :, ~torch.from_numpy(hexagon())].any()
    assert inside[:, :, torch.from_numpy(hexagon())].float().mean() > 0.97


def test_the_galaxies_of_a_seed_do_not_depend_on_the_bundle(raw):
    _, other = gm.mock.mock_maps(60, seed=3, bundle=127)
    assert (other["fibres"] == 127).all() and (other["diameter"].value == BUNDLES[127]).all()
    for name in ("kind", "log_mass", "inclination", "rotation_to_dispersion"):
        assert (other[name] == raw[1][name]).all()


def test_slow_and_fast_rotators_meet_as_observed():
    """15 % are slow; most of them, and few of the fast, below lambda_R = .1; both between .1 and .3 (Emsellem+2011)."""
    _, table = gm.mock.mock_maps(700, seed=1)
    slow, spin = np.asarray(table["slow"]), np.asarray(table["lambda_r"])
    assert 0.11 < slow.mean() < 0.19
    assert 0.5 < np.mean(spin[slow] < 0.1) < 0.95 and 0.02 < np.mean(spin[~slow] < 0.1) < 0.2
    between = (spin > 0.1) & (spin < 0.3)
    assert 0.05 < between[slow].mean() and 0.15 < between[~slow].mean()


def test_no_property_of_a_kind_is_all_or_nothing():
    _, table = gm.mock.mock_maps(700, seed=2)
    kind, ratio = np.asarray(table["kind"]), np.asarray(table["rotation_to_dispersion"])
    fast = kind == "E, fast"
    for values in (ratio, np.asarray(table["log_mass"]), np.asarray(table["bulge_to_total"])):
        low, high = sorted((values[table["slow"]], values[fast]), key=np.median)
        assert np.percentile(low, 95) > np.percentile(high, 5)


@pytest.mark.parametrize("options, message", [({"n": 0}, "n must be >= 1"), ({"n": 3, "bundle": 20}, "bundle must be")])
def test_mock_maps_refuse(options, message):
    with pytest.raises(ValueError, match=message):
        gm.mock.mock_maps(**options)


def test_prepared_maps_forget_mass_age_and_distance(raw, maps):
    changed = raw[0].clone()
    changed[:, 0] *= 3.0
    changed[:, 1] += 0.4
    changed[:, 2] -= 0.3
    changed[:, 3] += 25
    changed[:, 3:] *= 1.7
    torch.testing.assert_close(gm.learning.prepare_maps(changed), maps, atol=2e-3, rtol=1e-3)
    assert torch.isfinite(maps).all()


def test_a_spaxel_without_a_velocity_is_masked_in_all_maps(raw):
    holed = raw[0].clone()
    holed[:, 3, 15, 15] = torch.nan
    assert (gm.learning.prepare_maps(holed)[:, :, 15, 15] == 0).all()


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_a_map_that_is_masked_all_over_is_an_error_that_names_it(raw, value):
    dark = raw[0].clone()
    dark[7, 3] = value
    with pytest.raises(ValueError, match="no good spaxels.*number 7"):
        gm.learning.prepare_maps(dark)


def test_prepare_maps_refuses_other_shapes():
    with pytest.raises(ValueError, match="maps must be"):
        gm.learning.prepare_maps(torch.ones(2, 3, 8, 8))


def test_velocity_alone_does_not_depend_on_its_scale(raw):
    velocity = raw[0][:, 3:4]
    torch.testing.assert_close(
        gm.learning.prepare_maps(velocity * 2 + 10), gm.learning.prepare_maps(velocity), atol=1e-3, rtol=1e-3
    )


def test_ring_means_by_hand(maps):
    """A map that is its own radius, and a velocity whose sides cancel: the means of rings are the rings' radii."""
    y, x = np.indices((33, 33)) / 16 - 1
    radius = torch.from_numpy(np.hypot(y, x)).float()
    made = torch.stack([radius + 1] * 3 + [torch.sign(torch.from_numpy(x)).float() * radius, radius + 1])[None]
    made[:, :, 16, 20] = 0  # lost, in the second ring
    rings = gm.learning.ring_means(made).reshape(5, 4)
    np.testing.assert_allclose(rings[0] - 1, [0.17, 0.38, 0.63, 0.88], atol=0.02)
    assert (rings[3] > 0.1).all()
    assert gm.learning.ring_means(maps).shape == (60, 20)
    turned = torch.rot90(maps, 1, (-2, -1))
    np.testing.assert_allclose(gm.learning.ring_means(turned), gm.learning.ring_means(maps), atol=1e-5)
    with pytest.raises(ValueError, match="prepare_maps"):
        gm.learning.ring_means(maps[:, :3])


# ---------------------------------------------------------------- views


def test_a_view_without_changes_is_the_image(maps):
    same = gm.learning.view(maps, turn=None, crop=1, blur=0, noise=0)
    assert torch.equal(same, maps)


@pytest.mark.parametrize(
    "options", [{"crop": 0.6}, {"blur": 3.0}, {"noise": 0.5}, {"gain": 0.3}], ids=lambda o: next(iter(o))
)
def test_each_view_changes_galaxies_and_keeps_their_masks(maps, options):
    plain = {"turn": None, "crop": 1, "blur": 0, "noise": 0} | options
    seen = gm.learning.view(maps, **plain, generator=torch.Generator().manual_seed(0))
    assert seen.shape == maps.shape and torch.isfinite(seen).all()
    assert not torch.equal(seen, maps)
    assert (seen[(maps == 0).all(1, keepdim=True).expand_as(maps)] == 0).all()


def test_blur_keeps_a_flat_map_flat_up_to_the_edge_of_its_mask():
    flat = torch.from_numpy(hexagon()).float()[None, None].repeat(8, 1, 1, 1)
    seen = gm.learning.view(flat, turn=None, crop=1, noise=0, blur=3.0)
    torch.testing.assert_close(seen, flat, atol=1e-4, rtol=0)


@pytest.mark.parametrize("options", [{"crop": 0}, {"blur": -1}, {"noise": -0.1}, {"gain": 1}])
def test_views_refuse(maps, options):
    with pytest.raises(ValueError, match="crop must be in"):
        gm.learning.view(maps, **options)


# ---------------------------------------------------------------- training


def test_training_lowers_the_loss_and_repeats_with_its_seed(maps):
    def run():
        torch.manual_seed(0)
        encoder = gm.Encoder(5, (8, 16))
        losses = gm.learning.fit_contrastive(encoder, maps, epochs=6, batch_size=30, seed=1)
        return losses, gm.learning.represent(encoder, maps)

    (losses, features), (again, same) = run(), run()
    assert losses[-1] < losses[0] and losses == again
    np.testing.assert_allclose(features, same, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(features, axis=1), 1, rtol=1e-5)


def test_training_takes_any_loss_of_two_views(maps):
    torch.manual_seed(0)
    asked = []

    def loss(first, second):
        asked.append(first.shape)
        return gm.learning.vicreg(first, second)

    losses = gm.learning.fit_contrastive(gm.Encoder(5, (8, 16)), maps, epochs=4, batch_size=30, loss=loss)
    assert asked == [(30, 32)] * 8 and losses[-1] < losses[0]


def test_a_representation_does_not_depend_on_orientation(maps):
    encoder = gm.Encoder(5, (8, 16))
    turned = gm.learning.represent(encoder, torch.rot90(maps, 1, (-2, -1)))
    np.testing.assert_allclose(gm.learning.represent(encoder, maps), turned, atol=1e-4)


def test_features_of_all_layers_are_their_mean_scatter_and_maximum(maps):
    """By hooks on each ReLU; a turned image has the same features, for they are means over turns."""
    torch.manual_seed(0)
    encoder = gm.Encoder(5, (8, 16)).eval()
    features = gm.learning.represent_layers(encoder, maps[:6], views=1)
    seen = []
    for relu in (layer for layer in encoder.modules() if isinstance(layer, torch.nn.ReLU)):
        relu.register_forward_hook(lambda _, __, out: seen.append(out.detach().flatten(2)))
    encoder(maps[:6])
    expected = torch.cat([pooled for a in seen for pooled in (a.mean(2), a.std(2), a.amax(2))], 1)
    assert features.shape == (6, 3 * (8 + 16))
    np.testing.assert_allclose(features, expected, atol=1e-4)
    np.testing.assert_allclose(features[:, -48:-32], encoder(maps[:6]).detach(), atol=1e-4)  # the last layer is there
    turned = gm.learning.represent_layers(encoder, torch.rot90(maps[:6], 1, (-2, -1)))
    np.testing.assert_allclose(gm.learning.represent_layers(encoder, maps[:6]), turned, atol=1e-4)


def test_features_of_all_layers_need_convolutions(maps):
    with pytest.raises(ValueError, match="no convolution among its layers"):
        gm.learning.represent_layers(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.LazyLinear(3)), maps[:2])


@pytest.mark.parametrize(
    "rows, options, message",
    [
        (1, {}, "N >= 2"),
        (60, {"batch_size": 1}, "batch_size must be >= 2, got 1"),
    ],
)
def test_contrastive_training_refuses(maps, rows, options, message):
    with pytest.raises(ValueError, match=message):
        gm.learning.fit_contrastive(gm.Encoder(5, (8,)), maps[:rows], **options)


def test_contrastive_training_refuses_maps_that_are_not_prepared(raw):
    with pytest.raises(ValueError, match="prepare_maps"):
        gm.learning.fit_contrastive(gm.Encoder(5, (8,)), raw[0])


# ---------------------------------------------------------------- clusters


@pytest.fixture(scope="module")
def blobs():
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], [60, 40, 30])
    return rng.normal(0, 0.3, (130, 4)) + 3 * np.eye(4)[truth], truth


def test_clusters_are_found_counted_and_stable(blobs):
    features, truth = blobs
    assert (gm.learning.cluster_features(features, 3) == truth).all()  # largest first
    table = gm.learning.cluster_table(features, ks=(2, 3, 4))
    assert table["k"][np.argmax(table["silhouette"])] == 3 and table["stability"][1] == pytest.approx(1)


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(range(4)))
def test_matched_labels_undo_any_renumbering(order):
    labels = np.random.default_rng(1).integers(0, 4, 200)
    assert (gm.learning.match_labels(np.array(order)[labels], labels) == labels).all()


def test_two_runs_differ_only_by_a_permutation(blobs):
    features, _ = blobs
    first, second = gm.learning.cluster_features(features, 3, seed=0), gm.learning.cluster_features(features, 3, seed=5)
    assert (gm.learning.match_labels(second, first) == first).all()


@pytest.mark.parametrize("k", [0, 131])
def test_more_clusters_than_galaxies_are_refused(blobs, k):
    with pytest.raises(ValueError, match="from 1 to the number of galaxies, 130"):
        gm.learning.cluster_features(blobs[0], k)


def test_one_galaxy_cannot_be_clustered_nor_have_neighbours(blobs):
    for call in (
        lambda f: gm.learning.cluster_features(f, 1),
        gm.learning.oddness,
        lambda f: gm.learning.neighbours(f, [0]),
    ):
        with pytest.raises(ValueError, match="at least 2 galaxies"):
            call(blobs[0][:1])


def test_features_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="not finite"):
        gm.learning.cluster_features(np.array([[0.0], [np.nan]]), 1)


def test_cramers_v_is_one_for_the_same_grouping_and_small_for_none():
    groups = np.random.default_rng(0).integers(0, 3, 3000)
    assert gm.learning.cramers_v(groups, np.array(list("abc"))[groups]) == pytest.approx(1)
    assert gm.learning.cramers_v(groups, np.random.default_rng(1).integers(0, 3, 3000)) < 0.05
    with pytest.raises(ValueError, match="two groups"):
        gm.learning.cramers_v(groups, np.zeros(3000))


def test_neighbours_are_others_and_the_odd_one_stands_out(blobs):
    features = np.vstack([blobs[0], [[9.0, 9, 9, 9]]])
    near = gm.learning.neighbours(features, [0, 70], n=4)
    assert near.shape == (2, 4) and not (near == [[0], [70]]).any()
    assert (blobs[1][near[0]] == 0).all() and (blobs[1][near[1]] == 1).all()
    assert np.argmax(gm.learning.oddness(features)) == 130
    with pytest.raises(ValueError, match="at most"):
        gm.learning.neighbours(features, [0], n=131)


def test_medians_of_groups(raw):
    table = gm.learning.group_medians(np.arange(60) % 2, raw[1], columns=["log_mass", "diameter"])
    assert table.colnames == ["cluster", "galaxies", "log_mass", "diameter"] and table["galaxies"].sum() == 60


# ---------------------------------------------------------------- one manifold?


def test_samples_of_one_manifold_mix_and_others_do_not():
    rng = np.random.default_rng(0)
    one, same, other = rng.normal(0, 1, (80, 4)), rng.normal(0, 1, (80, 4)), rng.normal(0.9, 1, (80, 4))
    crossing, chance, p = gm.learning.neighbour_mixing(one, same, draws=199)
    assert abs(crossing - 0.5) < 0.12 and chance == pytest.approx(80 / 159, abs=0.01) and p > 0.05
    crossing, _, p = gm.learning.neighbour_mixing(one, other, draws=199)
    assert crossing < 0.4 and p == pytest.approx(1 / 200)


def test_mixing_refuses_samples_that_cannot_be_compared():
    with pytest.raises(ValueError, match="with one F"):
        gm.learning.neighbour_mixing(np.ones((3, 2)), np.ones((3, 4)))
    with pytest.raises(ValueError, match="n must be from 1"):
        gm.learning.neighbour_mixing(np.ones((3, 2)), np.ones((3, 2)), n=6)


# ---------------------------------------------------------------- a general-purpose encoder


@pytest.fixture(scope="module")
def tiny():
    """A vision transformer of random weights, made as the published ones are."""
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = transformers.Dinov2Config(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=28, patch_size=14
    )
    return transformers.Dinov2Model(config).eval()


def test_a_general_encoder_gives_a_direction_a_galaxy_and_stays_as_it_is(tiny):
    images = torch.rand(5, 3, 20, 20, generator=torch.Generator().manual_seed(0))
    before = {name: value.clone() for name, value in tiny.state_dict().items()}
    features = gm.learning.represent_general(tiny, images, side=28, batch_size=2)
    assert features.shape == (5, 16)
    np.testing.assert_allclose(np.linalg.norm(features, axis=1), 1, rtol=1e-5)
    one = gm.learning.represent_general(tiny, images[3:4], side=28)
    np.testing.assert_allclose(features[3:4], one, atol=1e-5)
    assert all(torch.equal(value, before[name]) for name, value in tiny.state_dict().items())


def test_a_general_encoder_takes_a_grey_picture_as_three_equal_channels(tiny):
    grey = torch.rand(2, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    colour = grey.expand(-1, 3, -1, -1)
    pair = [gm.learning.represent_general(tiny, images, side=28) for images in (grey, colour)]
    np.testing.assert_allclose(*pair, atol=1e-6)


def test_a_general_encoder_refuses_what_it_cannot_see(tiny):
    with pytest.raises(ValueError, match=r"\(N, 3, H, W\)"):
        gm.learning.represent_general(tiny, torch.ones(2, 5, 8, 8))
    with pytest.raises(ValueError, match="patches, 14; got 30"):
        gm.learning.represent_general(tiny, torch.ones(2, 3, 8, 8), side=30)


def test_weights_that_are_not_here_are_said_to_be_missing_and_nothing_is_fetched_unasked():
    pytest.importorskip("transformers")
    with pytest.raises(FileNotFoundError, match=r"download=True.*go on without"):
        gm.learning.load_general("nobody/no-such-model")


# ---------------------------------------------------------------- figures


def test_figures_of_planes_maps_and_labels_have_alt_text(monkeypatch, maps, alt_text):
    shown = []
    monkeypatch.setattr(gm.plots.style, "display", shown.append)
    plane = np.random.default_rng(0).normal(size=(60, 2))
    gm.plots.clouds(
        {"groups": (plane, np.arange(60) % 2 == 0), "shaded": (plane, plane[:, 0], "x")}, star=3, alt="plane"
    )
    gm.plots.map_grid(maps[:2], ["a", "b"], channels=list("abcde"), alt="maps")
    gm.plots.trends({"t": {"probe": ([10, 100], [0.5, 0.8], [0.1, 0.0])}}, xlabel="x", log=True, alt="labels")
    assert [alt_text(image) for image in shown] == ["plane", "maps", "labels"]


def test_an_encoder_that_keeps_places_sees_what_a_mean_cannot():
    """One bright pixel: its place changes the features of the one, not those of the other (edges apart)."""
    one = torch.zeros(2, 1, 32, 32)
    one[0, 0, 12, 12] = one[1, 0, 20, 12] = 5.0
    torch.manual_seed(0)
    for size, moved in ((None, False), (32, True)):
        encoder = gm.Encoder(1, (8, 8, 8), size=size, features=16).eval()
        features = encoder(one).detach()
        assert features.shape == (2, 16 if size else 8)
        assert torch.allclose(features[0], features[1], atol=1e-6) is not moved


def test_an_encoder_names_a_size_that_cannot_be_halved():
    with pytest.raises(ValueError, match="multiple of 8, which convolutions halve; got 30"):
        gm.Encoder(1, (8, 8, 8), size=30)


@pytest.mark.parametrize(
    "name, channels, size", [("mock_maps_contrastive", 5, None), ("mock_shapes_contrastive", 1, 32)]
)
def test_shipped_encoders_fill_every_layer(name, channels, size):
    encoder = gm.Encoder(channels, (24, 48, 96), size=size)
    fresh = {key: value.clone() for key, value in encoder.state_dict().items()}
    loaded = gm.load_weights(encoder, name).state_dict()
    assert all(not torch.equal(loaded[key], fresh[key]) for key in fresh)
