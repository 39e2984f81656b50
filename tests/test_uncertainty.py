"""What an interval must hold: the scatter of training, and a calibration error that noise does not inflate."""

import numpy as np
import pytest
from scipy.special import expit, logit

import galmorph_helpers as gm
from galmorph_helpers.metrics import calibration_interval, interval_with_training


def stated_and_drawn(rng, n, boast=1.0):
    """Probabilities and labels; with `boast` above one, the true log odds are that much smaller than the stated."""
    probability = expit(rng.normal(0, 2, n))
    return probability, expit(logit(probability) / boast), rng.random(n)


def test_an_honest_classifier_gets_an_interval_from_zero_at_the_stated_rate():
    rng, from_zero, resampled = np.random.default_rng(0), 0, 0
    for seed in range(200):
        probability, truth, u = stated_and_drawn(rng, 500)
        target = (u < truth).astype(float)
        from_zero += calibration_interval(target, probability, n_simulated=200, seed=seed)[0] == 0
        if seed < 20:
            draws = [rng.integers(0, 500, 500) for _ in range(20)]
            errors = [gm.metrics.calibration_curve(target[d], probability[d])[1] for d in draws]
            resampled += min(errors) < 0.005
    assert 0.94 <= from_zero / 200 <= 1  # 0.975 is stated; three standard deviations of 200 are 0.033
    assert resampled == 0, "resampled galaxies find an error where there is none"


@pytest.mark.parametrize("boast", [1.5, 3.0])
def test_the_calibration_interval_holds_the_true_error(boast):
    rng, held = np.random.default_rng(1), 0
    for seed in range(100):
        probability, truth, u = stated_and_drawn(rng, 1500, boast)
        bins = np.clip((probability * 10).astype(int), 0, 9)
        true = np.abs(np.bincount(bins, truth - probability)).sum() / 1500
        low, high = calibration_interval((u < truth).astype(float), probability, n_simulated=200, seed=seed)
        held += low <= true <= high
    assert 0.88 <= held / 100, f"0.95 is stated, {held / 100} held"
    assert low > 0, "the interval of a boastful network does not reach zero"


def test_probabilities_without_doubt():
    target = np.tile([0.0, 1.0], 50)
    low, high = calibration_interval(target, target)
    assert low == 0 < high < 0.08  # nothing was wrong in 50 of either kind: up to some three in fifty could be
    assert calibration_interval(target, 1 - target)[0] > 0.9


def test_the_table_of_uncertainties_has_the_interval_that_is_not_biased():
    rng = np.random.default_rng(2)
    probability, truth, u = stated_and_drawn(rng, 500)
    target = (u < truth).astype(float)
    (row,) = gm.metrics.uncertainty_table({"honest": (target, probability, rng.random(500))})
    low, high = calibration_interval(target, probability)
    assert (row["calibration_error_low"], row["calibration_error_high"]) == (low, high)


def test_the_interval_with_training_holds_the_recipe_s_score_at_the_stated_rate():
    rng, held = np.random.default_rng(3), np.zeros(3)
    for _ in range(2000):
        galaxies = rng.normal(0, 0.01)  # the test sample is the same for all seeds
        scores = 0.85 + rng.normal(0, 0.02, 5) + galaxies
        first, mean = scores[0], scores.mean()
        test_only = (first - 0.0196, first + 0.0196)
        of_mean = interval_with_training(scores, (mean - 0.0196, mean + 0.0196), mean=True)
        for k, (low, high) in enumerate([test_only, interval_with_training(scores, test_only), of_mean]):
            held[k] += low <= 0.85 <= high
    test_only, single, of_mean = held / 2000
    assert 0.94 < of_mean < 0.98
    assert 0.94 < single, "about one network: on the safe side, since an outlier widens its own interval"
    assert test_only < 0.75, "without the scatter of training the same interval holds too little"


def test_a_lopsided_interval_stays_lopsided_and_within_its_limits():
    low, high = interval_with_training([0.98, 0.98], (0.95, 0.99))
    assert (low, high) == pytest.approx((0.95, 0.99))
    assert interval_with_training([0.98, 0.90], (0.95, 0.99))[1] == 1
    assert interval_with_training([0.98, 0.90], (0.95, 0.99), limits=None)[1] > 1


@pytest.mark.parametrize(
    ("scores", "interval", "message"),
    [
        ([0.9], (0.8, 1.0), "1 scores, two finite ones or more"),
        ([0.9, np.nan], (0.8, 1.0), "two finite ones or more"),
        ([0.9, 0.8], (0.7, 0.85), "does not hold the first score, 0.9"),
    ],
)
def test_what_gives_no_interval_is_said(scores, interval, message):
    with pytest.raises(ValueError, match=message):
        interval_with_training(scores, interval)
