"""From one survey to another: reversed gradients, discrepancies, domains, frozen layers, few labelled galaxies."""

import astropy.units as u
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from torch.nn import functional as F

import galmorph_helpers as gm
from galmorph_helpers.imaging.matching import degrade, sharpen
from galmorph_helpers.imaging.psf import moffat_transform
from galmorph_helpers.learning.discrepancy import domain_labels, mmd, ramp, reverse_gradient, sinkhorn
from galmorph_helpers.learning.embedding import umap_plane
from galmorph_helpers.published import TRANSFER, transfer_audit
from galmorph_helpers.surveys import SDSS_LOOK


@pytest.fixture(scope="module")
def vectors():
    return torch.randn(60, 8, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def surveys():
    """Blobs, large or small, seen by two surveys: the second is brighter. Answers to one question, as (N, 1)."""
    rng = np.random.default_rng(0)
    target = (np.arange(240) % 2).astype(float)
    y, x = np.mgrid[-1:1:16j, -1:1:16j]
    flux = np.exp(-(x**2 + y**2) / (2 * (0.2 + 0.25 * target[:, None, None]) ** 2))
    images = torch.as_tensor(flux[:, None] + rng.normal(0, 0.05, (240, 1, 16, 16)), dtype=torch.float32)
    return images, 1.5 * images + 0.3, target[:, None]


def small_network():
    torch.manual_seed(0)
    network = gm.CompactCNN(channels=1, outputs=1, size=16)
    network.head[-1] = torch.nn.Identity()  # (N, 1)
    return network


@pytest.fixture(scope="module")
def source(surveys):
    images, _, target = surveys
    network = small_network()
    gm.fit(network, images, target, validation=(images, target), epochs=6, batch_size=32)
    return network


# ---------------------------------------------------------------- adversarial training


@given(st.floats(0, 1))
def test_reversal_keeps_the_value_and_turns_the_gradient(alpha):
    x = torch.tensor([1.0, -2.0, 3.0], requires_grad=True)
    out = reverse_gradient(x, alpha)
    assert torch.equal(out, x)
    (out * torch.tensor([1.0, 2.0, -1.0])).sum().backward()
    torch.testing.assert_close(x.grad, -alpha * torch.tensor([1.0, 2.0, -1.0]))


def test_ramp_is_that_of_ganin():
    assert ramp(0) == 0
    assert ramp(1) == pytest.approx(2 / (1 + np.exp(-10)) - 1) == pytest.approx(0.99990920)
    assert ramp(0.5) == pytest.approx(0.98661430)
    assert np.all(np.diff([ramp(p) for p in np.linspace(0, 1, 50)]) > 0)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_alpha_and_progress_outside_0_to_1_are_refused(value):
    with pytest.raises(ValueError, match="0 to 1"):
        reverse_gradient(torch.ones(2), value)
    with pytest.raises(ValueError, match="0 to 1"):
        ramp(value)


def test_domain_labels_differ():
    labels = domain_labels(3, 2)
    assert labels.tolist() == [1, 1, 1, 0, 0]
    with pytest.raises(ValueError, match="0 target"):
        domain_labels(3, 0)


def test_adversary_makes_the_domain_loss_grow(vectors):
    """One step of the reversed gradient raises the domain loss; one of the plain gradient lowers it."""
    judge = torch.nn.Linear(8, 1)
    labels = domain_labels(30, 30)
    losses = {}
    for name, through in (("reversed", lambda v: reverse_gradient(v, 1.0)), ("plain", lambda v: v)):
        x = vectors.clone().requires_grad_(True)
        F.binary_cross_entropy_with_logits(judge(through(x)).squeeze(1), labels).backward()
        with torch.no_grad():
            losses[name] = F.binary_cross_entropy_with_logits(judge(x - 0.5 * x.grad).squeeze(1), labels)
    with torch.no_grad():
        before = F.binary_cross_entropy_with_logits(judge(vectors).squeeze(1), labels)
    assert losses["reversed"] > before > losses["plain"]


# ---------------------------------------------------------------- discrepancy


def test_mmd_of_a_sample_with_itself_is_zero_and_grows_with_a_shift(vectors):
    assert mmd(vectors, vectors).item() == pytest.approx(0, abs=1e-6)
    shifted = [mmd(vectors, vectors + step).item() for step in (0.25, 0.5, 1.0, 2.0)]
    assert all(a < b for a, b in zip(shifted, shifted[1:], strict=False))
    assert mmd(vectors, vectors + 1).item() == pytest.approx(mmd(vectors + 1, vectors).item(), abs=1e-6)


def test_mmd_by_hand():
    x, y = torch.tensor([[0.0]]), torch.tensor([[3.0]])
    assert mmd(x, y, widths=(2.0,)).item() == pytest.approx(2 - 2 * np.exp(-1 / 8))  # the median distance is 3
    assert mmd(x, x).item() == 0


@given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 99))
def test_mmd_is_bounded_and_knows_no_unit(n, m, seed):
    generator = torch.Generator().manual_seed(seed)
    x, y = torch.randn(n, 3, generator=generator), torch.randn(m, 3, generator=generator)
    value = mmd(x, y).item()
    assert -1e-6 <= value <= 2
    assert mmd(100 * x, 100 * y).item() == pytest.approx(value, abs=1e-4)


@pytest.mark.parametrize(
    ("x", "y", "widths"),
    [(torch.ones(3, 2), torch.ones(3, 4), (1.0,)), (torch.ones(3), torch.ones(3), (1.0,)),
     (torch.ones(0, 2), torch.ones(3, 2), (1.0,)), (torch.ones(3, 2), torch.ones(3, 2), (0.0,))],
)  # fmt: skip
def test_mmd_refuses_other_shapes_and_widths(x, y, widths):
    with pytest.raises(ValueError, match="both samples"):
        mmd(x, y, widths=widths)


@given(st.integers(0, 99), st.floats(0.05, 0.5))
def test_sinkhorn_of_a_shift_is_half_its_square(seed, blur):
    generator = torch.Generator().manual_seed(seed)
    x, shift = torch.randn(20, 3, generator=generator), torch.randn(3, generator=generator)
    unit = torch.cdist(torch.cat([x, x + shift]), torch.cat([x, x + shift])).square()
    half = (shift.square().sum() / 2 / unit[unit > 0].median()).item()
    assert sinkhorn(x, x + shift, blur=blur).item() == pytest.approx(half, rel=0.02)
    assert sinkhorn(x, x, blur=blur).item() == pytest.approx(0, abs=1e-6)


def test_sinkhorn_with_little_blur_is_the_cheapest_assignment(vectors):
    x, y = vectors[:30], 1.5 * vectors[30:] + 0.5
    distance = torch.cdist(torch.cat([x, y]), torch.cat([x, y])).square()
    cost = (distance[:30, 30:] / 2 / distance[distance > 0].median()).numpy()
    exact = cost[linear_sum_assignment(cost)].mean()
    assert sinkhorn(x, y, blur=1e-3, steps=2000).item() == pytest.approx(exact, rel=0.01)
    assert cost.mean() > 1.2 * exact  # so that the mean of all pairs would not pass


def test_gradient_of_sinkhorn_is_that_of_its_value(vectors):
    x, y, nudge = vectors[:20].double(), vectors[20:45].double() + 0.5, torch.zeros(20, 8).double()
    x.requires_grad_(True)
    (gradient,) = torch.autograd.grad(sinkhorn(x, y, steps=500), x)
    nudge[3, 1] = 1e-3
    with torch.no_grad():
        slope = (sinkhorn(x + nudge, y, steps=500) - sinkhorn(x - nudge, y, steps=500)) / 2e-3
    assert gradient[3, 1].item() == pytest.approx(slope.item(), rel=0.02)


@pytest.mark.parametrize(
    ("x", "y", "blur"),
    [(torch.ones(3, 2), torch.ones(3, 4), 0.1), (torch.ones(0, 2), torch.ones(3, 2), 0.1),
     (torch.ones(3, 2), torch.ones(3, 2), 0.0)],
)  # fmt: skip
def test_sinkhorn_refuses_other_shapes_and_blur(x, y, blur):
    with pytest.raises(ValueError, match=r"both samples|blur must"):
        sinkhorn(x, y, blur=blur)


def test_domain_accuracy_of_one_cloud_and_of_two(vectors):
    assert gm.learning.domain_accuracy(vectors[:30], vectors[30:]) < 0.75
    assert gm.learning.domain_accuracy(vectors, vectors + 4) > 0.95
    with pytest.raises(ValueError, match="one D"):
        gm.learning.domain_accuracy(vectors, vectors[:, :4])


# ---------------------------------------------------------------- the loop


@pytest.mark.parametrize("method", gm.learning.adaptation.METHODS)
def test_adapt_keeps_the_answers_and_the_source_network(method, surveys, source):
    images, others, target = surveys
    before = {k: v.clone() for k, v in source.state_dict().items()}
    loss = gm.learning.answered_loss
    network, history = gm.learning.adapt(source, (images, target), others, method=method, loss=loss, epochs=2)
    assert all(torch.equal(v, before[k]) for k, v in source.state_dict().items())
    assert history.method == method
    assert len(history.task) == len(history.domain) == (0 if method == "statistics" else 2)
    found = gm.learning.answer_scores(network, others, target, questions=("large",))["large"]
    assert found["accuracy"] > 0.9
    assert gm.learning.latent(network, others).shape == (240, 64)


def test_statistics_of_a_survey_undo_a_change_of_brightness(surveys, source):
    images, others, _ = surveys
    here, there = (gm.learning.normalised_for(source, x) for x in (images, others))
    far, near = (gm.learning.latent(source, others), gm.learning.latent(there, others))
    home = gm.learning.latent(here, images)
    assert np.abs(near - home).mean() < 0.5 * np.abs(far - home).mean()
    with pytest.raises(ValueError, match="at least 2"):
        gm.learning.normalised_for(source, images[:1])


def test_adapt_refuses_what_does_not_fit(surveys, source):
    images, others, target = surveys
    with pytest.raises(ValueError, match="method"):
        gm.learning.adapt(source, (images, target), others, method="coral", loss=gm.learning.answered_loss)
    with pytest.raises(ValueError, match="bands or size"):
        gm.learning.adapt(source, (images, target), others[..., :8], loss=gm.learning.answered_loss)
    for wrong in ({"weight": -1.0}, {"weight": float("nan")}):
        with pytest.raises(ValueError, match="weight"):
            gm.learning.adapt(source, (images, target), others, loss=gm.learning.answered_loss, **wrong)
    with pytest.raises(ValueError, match="labels"):
        gm.learning.adapt(source, (images, target[:5]), others, loss=gm.learning.answered_loss)


# ---------------------------------------------------------------- few labelled galaxies


def test_drawn_galaxies_hold_both_answers_to_each_question():
    target = np.full((200, 2), np.nan)
    target[:, 0], target[:8, 1], target[8:20, 1] = np.arange(200) % 2, 1, 0
    rows = gm.learning.draw_labelled(target, 40, seed=1)
    assert len(np.unique(rows)) == 40
    assert all((target[rows, k] == answer).any() for k in (0, 1) for answer in (0, 1))
    assert np.array_equal(rows, gm.learning.draw_labelled(target, 40, seed=1))


@pytest.mark.parametrize(
    ("target", "n", "message"),
    [(np.array([0.0, 1]), 3, "cannot be drawn"), (np.array([0.0, 1]), 0, "cannot be drawn"),
     (np.array([0.0, 0, np.nan]), 2, "no positive"), (np.array([1.0, 1]), 2, "no negative"),
     (np.r_[1.0, np.zeros(100_000)], 2, "take n larger")],
)  # fmt: skip
def test_impossible_draws_are_refused(target, n, message):
    with pytest.raises(ValueError, match=message):
        gm.learning.draw_labelled(target, n)


def test_answered_loss_leaves_out_what_has_no_answer():
    outputs = torch.tensor([[0.3, 9.0], [-1.0, 2.0]])
    target = torch.tensor([[1.0, float("nan")], [0.0, 1.0]])
    expected = F.binary_cross_entropy_with_logits(torch.tensor([0.3, -1.0, 2.0]), torch.tensor([1.0, 0.0, 1.0]))
    torch.testing.assert_close(gm.learning.answered_loss(outputs, target), expected)
    assert gm.learning.answered_loss(outputs, torch.full((2, 2), float("nan"))).item() == 0
    with pytest.raises(ValueError, match="one shape"):
        gm.learning.answered_loss(outputs, target[:, :1])


@pytest.mark.parametrize("how", gm.learning.transfer.STRATEGIES)
def test_each_strategy_changes_the_layers_it_says(how, surveys, source):
    _, others, target = surveys
    network = gm.learning.retrain(source, others[:60], target[:60], how=how, epochs=1)
    old = list(source.state_dict().items())
    new = list(network.state_dict().values())
    pairs = [(key, a, b) for (key, a), b in zip(old, new, strict=True)]
    changed = [key for key, a, b in pairs if a.shape != b.shape or not torch.equal(a, b)]
    first = {"full": "stretch.1.", "scratch": "stretch.1.", "frozen": "trunk.2.0.", "head": "head.0."}[how]
    assert changed[0].startswith(first)
    assert network(others[:5].to(gm.device())).shape == (5, 1)


def test_strategies_and_layers_that_do_not_exist_are_refused(surveys, source):
    _, others, target = surveys
    with pytest.raises(ValueError, match="how must be"):
        gm.learning.retrain(source, others, target, how="half")
    for first in (-1, 99):
        with pytest.raises(ValueError, match="number of blocks"):
            gm.learning.freeze(source, first)
    with pytest.raises(ValueError, match="output"):
        gm.learning.one_answer(gm.CompactCNN(outputs=3), 3)
    with pytest.raises(ValueError, match="do not match"):
        gm.learning.answer_scores(source, others, target, questions=("a", "b"))


def test_thresholds_are_chosen_for_each_question_and_change_what_is_called():
    probability = np.array([[0.1, 0.3], [0.2, 0.4], [0.3, 0.1], [0.4, 0.9]])
    target = np.array([[0, 0.0], [0, 1], [1, np.nan], [1, 1]])
    thresholds = gm.learning.chosen_thresholds(target, probability)
    assert thresholds == pytest.approx([0.25, 0.35])
    scores = gm.learning.probability_scores
    plain, found = (scores(probability, target, questions=("a", "b"), thresholds=t) for t in (None, thresholds))
    assert (plain["a"]["recall"], found["a"]["recall"], found["a"]["f1"], found["b"]["f1"]) == (0, 1, 1, 1)
    assert plain["a"]["auc"] == found["a"]["auc"] == 1


def test_halves_answer_for_each_other(surveys, source, monkeypatch):
    """The network that answers for a galaxy was never shown it: a stand-in remembers what it was shown."""
    images, _, target = surveys
    shown = []
    monkeypatch.setattr(gm.learning.thresholds, "retrain", lambda source, seen, said, **how: shown.append(seen) or seen)
    monkeypatch.setattr(
        gm.learning.thresholds, "predict",
        lambda seen, asked, **how: np.array([[float((seen == galaxy).all((1, 2, 3)).any())] for galaxy in asked]),
    )  # fmt: skip
    assert gm.learning.probability_in_turn(source, images[:31], target[:31]).max() == 0
    assert sorted(len(part) for part in shown) == [15, 16]


def test_one_answer_is_the_same_answer():
    network = gm.CompactCNN(channels=1, outputs=3, size=16).eval()
    images = torch.rand(4, 1, 16, 16)
    with torch.no_grad():
        torch.testing.assert_close(gm.learning.one_answer(network, 1).eval()(images)[:, 0], network(images)[:, 1])
    assert gm.learning.one_answer(network, None).eval()(images).shape == (4, 1)
    with torch.no_grad():
        torch.testing.assert_close(gm.learning.some_answers(network, [2, 0]).eval()(images), network(images)[:, [2, 0]])


def test_galaxies_needed_reads_the_curve():
    n = np.array([10, 100, 1000])
    assert gm.metrics.galaxies_needed(n, [0.6, 0.8, 1.0], 0.9) == pytest.approx(10**2.5)
    assert gm.metrics.galaxies_needed(n, [0.6, 0.5, 1.0], 0.6) == 10
    assert gm.metrics.galaxies_needed(n, [0.6, 0.8, 0.9], 0.95) == np.inf
    with pytest.raises(ValueError, match="must rise"):
        gm.metrics.galaxies_needed([100, 10], [0.5, 0.6], 0.5)


# ---------------------------------------------------------------- surveys and the published table


def test_same_galaxies_two_surveys_two_looks():
    table = gm.population(12, seed=3)
    sdss = gm.mock.seen_by(table, gm.SDSS, seed=3)
    des = gm.mock.seen_by(table, gm.DES, look=gm.surveys.DES_LOOK, seed=3)
    assert np.allclose(sdss.images, gm.mock_sample(table=table, seed=3).images)
    assert np.allclose(sdss.images, gm.mock.seen_by(table, gm.SDSS, look=SDSS_LOOK, seed=3).images)
    assert des.images.mean() > sdss.images.mean() + 0.05
    assert sdss.table["pixel_scale"].unit == u.arcsec
    shape = [np.corrcoef(a.flatten(), b.flatten())[0, 1] for a, b in zip(sdss.images, des.images, strict=True)]
    assert np.median(shape) > 0.7  # the same galaxies


def test_answers_have_three_columns_of_yes_no_and_nan():
    found = gm.mock.answers(gm.population(2000, seed=1))
    assert found.shape == (2000, len(gm.labels.QUESTIONS))
    assert set(np.unique(found[np.isfinite(found)])) == {0, 1}
    assert np.isnan(found).any(0).all()


def test_published_rows_follow_from_their_counts_or_not():
    off = {key: transfer_audit(row).off for key, row in TRANSFER.items()}
    assert [key for key, value in off.items() if value > 0.005] == [("edge-on", "DES", 0)]
    assert transfer_audit(TRANSFER["edge-on", "DES", 0]).accuracy == pytest.approx((0.920, 0.920), abs=0.003)
    assert transfer_audit(TRANSFER["bar", "DES", 0]).always_no == pytest.approx(0.9655, abs=0.001)


def test_observed_sets_say_what_is_missing(monkeypatch, capsys):
    monkeypatch.delenv("GALMORPH_DATA", raising=False)
    assert gm.datasets.observed_target("JWST") == (None, None, "")
    assert gm.learning.observed_source() == (None, {})
    assert capsys.readouterr().out.count("GALMORPH_DATA is not set") == 2
    with pytest.raises(ValueError, match="task"):
        gm.datasets.observed_target("Euclid")


# ---------------------------------------------------------------- making surveys alike


def point(survey, side=65, scale=0.263):
    """A point source of unit flux seen by a survey, without noise, (1, 3, side, side)."""
    k = torch.hypot(torch.fft.fftfreq(side)[:, None], torch.fft.fftfreq(side)[None])
    planes = [torch.fft.fftshift(torch.fft.ifft2(moffat_transform(k, w / scale)).real) for w in survey.psf_fwhm]
    return torch.stack(planes)[None]


def test_a_degraded_point_source_is_that_of_the_other_survey():
    blurred = degrade(point(gm.DES), 0.263, seeing=1, noise=0)
    torch.testing.assert_close(blurred, point(gm.SDSS), atol=1e-5, rtol=0)
    torch.testing.assert_close(degrade(point(gm.DES), 0.263, seeing=0, noise=0), point(gm.DES), atol=1e-6, rtol=0)


def test_degraded_noise_is_that_of_the_other_survey():
    quiet = torch.randn(8, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    quiet *= torch.tensor(gm.DES.sky_sigma)[:, None, None]
    for share in (0.5, 1.0):
        loud = torch.tensor(gm.SDSS.sky_sigma) * gm.DES.pixel_scale / gm.SDSS.pixel_scale
        wanted = torch.tensor(gm.DES.sky_sigma) ** (1 - share) * loud**share
        found = degrade(quiet, gm.DES.pixel_scale, seeing=1, noise=share).std((0, 2, 3))
        torch.testing.assert_close(found, wanted, rtol=0.03, atol=0)


def test_sharpening_brings_back_width_and_flux_but_raises_noise():
    wide, narrow = point(gm.SDSS), point(gm.DES)
    back = sharpen(wide, 0.263, damping=1e-3)
    assert (back - narrow).abs().max() < 0.6 * (wide - narrow).abs().max()
    assert back.sum().item() == pytest.approx(wide.sum().item(), rel=1e-4)
    noise = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    assert sharpen(noise, 0.263, damping=1e-3).std() > sharpen(noise, 0.263, damping=0.1).std()


def test_bad_images_and_shares_are_refused():
    flux = torch.zeros(1, 3, 8, 8)
    for call in (
        lambda: degrade(flux, 0.263, seeing=1.5),
        lambda: degrade(flux, 0.263, survey=gm.SDSS, target=gm.DES),
        lambda: degrade(flux[:, :2], 0.263),
        lambda: degrade(flux, 0.0),
        lambda: sharpen(flux, 0.263, damping=0.0),
    ):
        with pytest.raises(ValueError, match=r"0 to 1|sharper|bands|> 0"):
            call()


def test_vectors_that_no_plane_can_hold_are_refused():
    for vectors, neighbours in (
        (np.ones(5), 2),
        (np.ones((5, 2)), 5),
        (np.ones((5, 2)), 1),
        (np.full((9, 2), np.nan), 3),
    ):
        with pytest.raises(ValueError, match="neighbours"):
            umap_plane(vectors, neighbours=neighbours)


def test_a_frozen_copy_keeps_its_statistics_in_training(surveys, source):
    _, brighter, target = surveys
    network = gm.learning.freeze(source, 2)
    frozen = torch.nn.Sequential(network.stretch, network.trunk[:2])
    before = [b.clone() for b in frozen.buffers()]
    gm.fit(network, brighter, target, validation=(brighter, target), epochs=1)
    assert before and all(torch.equal(a, b.cpu()) for a, b in zip(before, frozen.buffers(), strict=True))
