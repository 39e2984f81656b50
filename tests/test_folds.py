"""Folds, copies, dropout, temperature, uncertainty tables."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import betabinom

import galmorph_helpers as gm


class Tiny(torch.nn.Sequential):
    """A network that trains in no time: the mean of each band, one dense layer."""

    def __init__(self, outputs=1, dropout=0.0):
        last = torch.nn.Flatten(0) if outputs == 1 else torch.nn.Identity()
        super().__init__(
            torch.nn.AdaptiveAvgPool2d(1),
            torch.nn.Flatten(),
            torch.nn.Dropout(dropout),
            torch.nn.Linear(3, outputs),
            last,
        )


@pytest.fixture(scope="module")
def stamps():
    """Bright or dim noise: (90, 3, 32, 32), and which is bright."""
    generator = torch.Generator().manual_seed(0)
    target = (torch.rand(90, generator=generator) > 0.5).float()
    return torch.rand(90, 3, 32, 32, generator=generator) * 0.5 + 0.5 * target[:, None, None, None], target.numpy()


@given(st.integers(2, 60), st.data())
def test_folds_are_even_disjoint_and_keep_a_galaxy_together(n, data):
    k = data.draw(st.integers(2, n))
    repeats = data.draw(st.lists(st.integers(1, 3), min_size=n, max_size=n))
    groups = np.repeat(np.arange(n), repeats)
    fold = gm.learning.fold_numbers(groups, k, seed=1)
    assert set(fold) == set(range(k))
    per_galaxy = [set(fold[groups == g]) for g in range(n)]
    assert all(len(f) == 1 for f in per_galaxy)
    counts = np.bincount([f.pop() for f in per_galaxy], minlength=k)
    assert counts.max() - counts.min() <= 1


def test_folds_depend_on_the_seed_alone():
    names = np.array(["b", "a", "c", "a", "d", "e"])
    np.testing.assert_array_equal(
        gm.learning.fold_numbers(names, 3, seed=5), gm.learning.fold_numbers(names, 3, seed=5)
    )
    assert any(
        (gm.learning.fold_numbers(names, 3, seed=5) != gm.learning.fold_numbers(names, 3, seed=s)).any()
        for s in range(5)
    )


@pytest.mark.parametrize("k", [0, 1, 4])
def test_a_wrong_number_of_folds_is_named(k):
    with pytest.raises(ValueError, match=rf"from 2 to the number of galaxies \(3\), got {k}"):
        gm.learning.fold_numbers([7, 8, 9, 9], k)


def test_each_network_is_trained_without_its_fold(stamps, monkeypatch):
    images, target = stamps
    seen = []

    def spy(network, shown, answers, *, validation, **options):
        seen.append(({float(x.sum()) for x in shown}, {float(x.sum()) for x in validation[0]}, options["seed"]))

    monkeypatch.setattr("galmorph_helpers.learning.folds.fit", spy)
    groups = np.arange(90) // 2
    folds = gm.fit_folds(Tiny, images, target, k=3, groups=groups, seed=4)
    assert [s[2] for s in seen] == [4, 5, 6]
    for number, (trained, held, _) in enumerate(seen):
        assert not trained & held and len(trained) + len(held) == 90
        assert held == {float(x.sum()) for x in images[folds.fold == number]}
        assert not set(groups[folds.fold == number]) & set(groups[folds.fold != number])


def test_fit_folds_learns_and_repeats(stamps):
    images, target = stamps
    options = {"k": 3, "epochs": 3, "batch_size": 8, "learning_rate": 0.5, "augmented": None, "seed": 1}
    one, two = (gm.fit_folds(Tiny, images, target, **options) for _ in range(2))
    output = gm.predict_folds(one.networks, images, views=1)
    assert output.shape == (3, 90) and len(one.histories) == 3
    np.testing.assert_array_equal(output, gm.predict_folds(two.networks, images, views=1))
    assert np.mean((expit(output).mean(0) > 0.5) == target) > 0.95
    np.testing.assert_allclose(output[1], gm.learning.predict_value(one.networks[1], images, views=1))


@pytest.mark.parametrize(
    "spoil, message",
    [
        (lambda x, y: {"images": x, "target": y[:-1]}, "90 images but 89 targets"),
        (lambda x, y: {"images": x, "target": y, "groups": np.arange(9)}, "90 images but 9 groups"),
        (lambda x, y: {"images": x, "target": np.where(np.arange(90) == 3, np.nan, y)}, "is not finite"),
    ],
)
def test_bad_input_of_fit_folds_is_named(stamps, spoil, message):
    given_ = spoil(*stamps)
    with pytest.raises(ValueError, match=message):
        gm.fit_folds(Tiny, given_.pop("images"), given_.pop("target"), k=2, epochs=1, **given_)
    with pytest.raises(ValueError, match="no networks"):
        gm.predict_folds([], stamps[0])


def test_a_loss_of_ones_own_may_leave_answers_out(stamps):
    images, target = stamps
    answers = np.stack([target, np.where(np.arange(90) % 2, np.nan, 1 - target)], 1)

    def known_only(output, answer):
        known = torch.isfinite(answer)
        return ((torch.sigmoid(output) - torch.nan_to_num(answer)) ** 2 * known).sum() / known.sum()

    network = Tiny(outputs=2)
    options = {"validation": (images[60:], answers[60:]), "epochs": 2, "augmented": None}
    history = gm.fit(network, images[:60], answers[:60], loss=known_only, **options)
    assert history.loss == "own" and np.isfinite(history.training).all()
    with pytest.raises(ValueError, match="not finite"):
        gm.fit(network, images[:60], answers[:60], **options)
    with pytest.raises(ValueError, match="not finite"):
        gm.fit(network, images[:60], np.where(np.isnan(answers[:60]), -np.inf, 1), loss=known_only, **options)
    with pytest.raises(ValueError, match="no galaxy answers that question"):
        gm.fit(network, images[:60], answers[:60] * [1, np.nan], loss=known_only, **options)


def test_dropout_differs_between_passes_and_is_off_afterwards(stamps):
    images, _ = stamps
    torch.manual_seed(0)
    network = Tiny(outputs=2, dropout=0.5)
    before = torch.random.get_rng_state()
    passes = gm.learning.predict_dropout(network, images[:20], passes=6, seed=2)
    assert torch.equal(before, torch.random.get_rng_state())
    assert passes.shape == (6, 20, 2) and passes.std(0).min() > 0
    np.testing.assert_array_equal(passes, gm.learning.predict_dropout(network, images[:20], passes=6, seed=2))
    assert not any(layer.training for layer in network.modules())
    with pytest.raises(ValueError, match="dropout layer and 2 passes"):
        gm.learning.predict_dropout(network, images[:3], passes=1)
    with pytest.raises(ValueError, match="got 0 and 5"):
        gm.learning.predict_dropout(torch.nn.Linear(1, 1), images[:3], passes=5)
    with pytest.raises(ValueError, match="no images"):
        gm.learning.predict_dropout(network, images[:0])


@pytest.mark.parametrize("size", [32, 64])
def test_copies_are_found_however_they_are_turned(size):
    sample = gm.mock_sample(60, size=size, seed=8)
    turned = [torch.rot90(sample.images[i], i % 4, (1, 2)).flip(2 if i % 2 else 1) for i in range(12)]
    images = torch.cat([sample.images, torch.stack(turned) * 0.8])
    galaxy = gm.measure.near_duplicates(images)
    assert len(set(galaxy[:60])) == 60, "different galaxies are different"
    np.testing.assert_array_equal(galaxy[60:], galaxy[:12])
    assert gm.learning.fold_numbers(galaxy, 5)[60:].tolist() == gm.learning.fold_numbers(galaxy, 5)[:12].tolist()


def test_near_duplicates_name_what_is_wrong():
    with pytest.raises(ValueError, match="at least 32 pixels"):
        gm.measure.near_duplicates(torch.zeros(2, 3, 16, 16))
    with pytest.raises(ValueError, match="alike must be between 0 and 1"):
        gm.measure.near_duplicates(torch.zeros(2, 3, 32, 32), alike=1.5)


@given(st.floats(0.2, 5), st.integers(0, 20))
def test_temperature_undoes_what_was_done_to_the_logits(scale, seed):
    rng = np.random.default_rng(seed)
    logit = rng.normal(0, 2, 4000)
    target = (rng.random(4000) < expit(logit)).astype(float)
    honest = gm.metrics.fit_temperature(target, logit)
    assert honest == pytest.approx(1, abs=0.2)
    assert gm.metrics.fit_temperature(target, logit * scale) == pytest.approx(honest * scale, rel=0.01)


def test_temperature_mends_the_calibration_error_and_keeps_the_order():
    rng = np.random.default_rng(3)
    logit = rng.normal(0, 2, 4000)
    target = (rng.random(4000) < expit(logit)).astype(float)
    t = gm.metrics.fit_temperature(target[:2000], 3 * logit[:2000])
    before, after = (gm.metrics.calibration_curve(target[2000:], expit(3 * logit[2000:] / s))[1] for s in (1, t))
    assert before > 0.08 and after < 0.04


@pytest.mark.parametrize(
    "target, logit, message",
    [
        ([0, 1], [0.1], "2 targets but 1"),
        ([1, 1], [2, 3], "both classes"),
        ([0, 1], [np.nan, 1], "not finite"),
        ([0, 2], [0, 1], "0 or 1"),
    ],
)
def test_bad_input_of_the_temperature_is_named(target, logit, message):
    with pytest.raises(ValueError, match=message):
        gm.metrics.fit_temperature(target, logit)


def test_uncertainty_table_knows_a_good_doubt_from_a_bad_one():
    rng = np.random.default_rng(1)
    target = rng.integers(0, 2, 600).astype(float)
    wrong = rng.random(600) < 0.2
    probability = np.abs(np.where(wrong, 1 - target, target) - 0.1)
    perfect, useless = wrong + 0.01 * rng.random(600), rng.random(600)
    table = gm.metrics.uncertainty_table(
        {"perfect": (target, probability, perfect), "useless": (target, probability, useless)}
    )
    first, second = table
    assert first["accuracy"] == second["accuracy"] == pytest.approx(1 - wrong.mean())
    assert first["sure"] == 1 and first["gap"] == pytest.approx(2 * wrong.mean(), abs=0.01)
    assert first["finds_errors"] == 1 and second["finds_errors_low"] < 0.5 < second["finds_errors_high"]
    assert first["gap_low"] < first["gap"] < first["gap_high"]
    assert table["calibration_error"][0] == pytest.approx(gm.metrics.calibration_curve(target, probability)[1])


@pytest.mark.parametrize(
    "row, message",
    [
        (([0, 1], [0.2, 0.9], [0.1]), "one finite uncertainty a galaxy"),
        (([0, 1], [0.2, 0.9], [0.1, np.nan]), "one finite uncertainty a galaxy"),
        (([0, 1], [-3.0, 0.9], [0.1, 0.1]), "not the logit"),
        (([0, 1], [0.2, np.nan], [0.1, 0.1]), "not finite"),
    ],
)
def test_bad_input_of_the_uncertainty_table_is_named(row, message):
    with pytest.raises(ValueError, match=message):
        gm.metrics.uncertainty_table({"x": row})


def test_spread_peaks_where_the_logistic_is_steepest():
    rng = np.random.default_rng(0)
    logit = rng.normal(0, 3, 3000)
    p = expit(logit + rng.normal(0, 0.3, (40, 3000)))
    table = gm.metrics.spread_by_probability(p.mean(0), p.std(0))
    peak = table[np.argmax(table["median"])]
    assert abs(peak["probability"] - 0.5) < 0.15
    assert peak["median"] == pytest.approx(0.3 * 0.25, rel=0.15)  # sigma_P = P (1 - P) sigma_x
    assert (table["p16"] <= table["median"]).all() and (table["median"] <= table["p84"]).all()
    with pytest.raises(ValueError, match="must be finite and as many"):
        gm.metrics.spread_by_probability([0.1, 0.2], [0.1])


@pytest.mark.parametrize("together", [False, True])
def test_frozen_layers_stay_as_they_are(stamps, together):
    images, target = stamps

    def make_network():
        network = torch.nn.Sequential(
            torch.nn.Flatten(),
            torch.nn.Linear(images[0].numel(), 4),
            torch.nn.ReLU(),
            torch.nn.Linear(4, 1),
            torch.nn.Flatten(0),
        )
        network[1].requires_grad_(False)
        return network

    torch.manual_seed(0)
    before = make_network()
    folds = gm.fit_folds(make_network, images, target, k=2, epochs=1, seed=0, together=together)
    assert torch.equal(folds.networks[0][1].weight.cpu(), before[1].weight)
    assert not torch.equal(folds.networks[0][3].weight.cpu(), before[3].weight)


@pytest.mark.parametrize("together", [False, True])
def test_frozen_layers_keep_their_statistics(stamps, together):
    """The input's normalisation has no weights of its own: it is frozen with the convolution that it feeds."""
    images, target = stamps

    def make_network():
        network = gm.CompactCNN(size=32)
        network.trunk[:2].requires_grad_(False)
        return network

    torch.manual_seed(0)
    before, after = make_network(), gm.fit_folds(make_network, images, target, k=2, epochs=2, seed=0, together=together)
    now, seen = dict(after.networks[0].named_modules()), {True: 0, False: 0}
    for where, layer in before.named_modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            frozen = where.startswith(("stretch.", "trunk.0.", "trunk.1."))
            seen[frozen] += 1
            for name in ("running_mean", "running_var"):
                assert torch.equal(getattr(now[where].cpu(), name), getattr(layer, name)) == frozen, f"{where}, {name}"
    assert seen == {True: 3, False: 1}


def test_frozen_folds_agree_trained_together_and_one_by_one(stamps):
    images, target = stamps

    def make_network():
        network = gm.CompactCNN(size=32)
        frozen = torch.nn.Sequential(network.stretch, network.trunk[0], torch.nn.Dropout(0.5)).requires_grad_(False)
        return torch.nn.Sequential(frozen, *network.trunk[1:], network.head)

    options = {"k": 2, "epochs": 1, "seed": 0, "learning_rate": 1e-3}
    one, both = (gm.fit_folds(make_network, images, target, together=t, **options) for t in (False, True))
    for mine, theirs in zip(one.networks, both.networks, strict=True):
        for (name, x), y in zip(mine.state_dict().items(), theirs.state_dict().values(), strict=True):
            torch.testing.assert_close(x, y, rtol=1e-3, atol=1e-4, msg=lambda text, name=name: f"{name}: {text}")


def test_five_questions_of_the_catalogue():
    table = gm.population(400, seed=1)
    target = gm.learning.five_targets(table, seed=1)
    late = np.asarray(table["t_type"]) > 0
    assert target.shape == (400, 5) and np.array_equal(target[:, 0] == 1, late)
    assert np.isnan(target[late, 1]).all() and set(target[~late, 1]) == {0, 1}
    assert 0 < np.isnan(target[:, 2]).mean() < 0.5, "volunteers disagree about some"
    output = np.where(np.isnan(target), 0, np.c_[40 * target[:, :4] - 20, target[:, 4:]])
    answers = gm.learning.read_five(np.stack([output, output]))
    np.testing.assert_allclose(answers.t_type[0], table["t_type"])
    np.testing.assert_array_equal(answers.probability[1, :, 0] > 0.5, late)
    loss = gm.learning.five_loss(torch.tensor(output), torch.tensor(target))
    assert loss < 1e-6 and gm.learning.five_loss(torch.tensor(-output), torch.tensor(target)) > 5
    three = gm.learning.class_probabilities(answers.probability[0, :, 0], answers.probability[0, :, 1])
    np.testing.assert_allclose(three.sum(1), 1)
    np.testing.assert_array_equal(three.argmax(1)[~late], target[~late, 1])
    with pytest.raises(ValueError, match=r"got \(400, 5\)"):
        gm.learning.read_five(output)


@pytest.mark.parametrize(
    ("yes", "n", "a", "b"), [(0, 5, 0.5, 2.0), (3, 5, 2.0, 2.0), (38, 40, 8.0, 0.3), (0, 0, 1.0, 3.0)]
)
def test_the_loss_of_votes_is_scipys_beta_binomial(yes, n, a, b):
    output = torch.log(torch.tensor([[a, b]], dtype=torch.float64))
    loss = gm.learning.beta_binomial_loss(output, torch.tensor([[yes, n]], dtype=torch.float64))
    assert float(loss) == pytest.approx(-betabinom.logpmf(yes, n, a, b), abs=1e-9)
    assert gm.learning.expected_share(output)[0] == pytest.approx(a / (a + b))


def test_certain_votes_alone_are_asked():
    output = torch.tensor([[2.0, 0.0], [0.0, 2.0], [9.0, 0.0], [9.0, 0.0]])
    votes = torch.tensor([[5.0, 5.0], [1.0, 5.0], [3.0, 5.0], [0.0, 0.0]])  # the last two divide, or have no vote
    loss = gm.learning.certain_votes_loss(output, votes)
    assert float(loss) == pytest.approx(np.log1p(np.exp(-2.0)))
    with pytest.raises(ValueError, match=r"got \(4, 2\) and \(3, 2\)"):
        gm.learning.beta_binomial_loss(output, votes[:3])
