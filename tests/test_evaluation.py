"""Metrics against scikit-learn, intervals, thresholds, calibration, claims, and the audit of published rows."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

import galmorph_helpers as gm
from galmorph_helpers.metrics.scores import binary_metrics
from galmorph_helpers.published import BINARY_MODELS, audit


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(5, 200), st.sampled_from([2, 10, 1000]))
def test_metrics_equal_scikit_learn_s_with_and_without_ties(seed, n, levels):
    rng = np.random.default_rng(seed)
    target = np.r_[0, 1, rng.integers(0, 2, n)].astype(float)
    probability = rng.integers(0, levels, n + 2) / levels
    ours = {k: v[0] for k, v in binary_metrics(target, probability, threshold=0.5, weights=np.ones((1, n + 2))).items()}
    called = probability >= 0.5
    assert ours["accuracy"] == pytest.approx(sk.accuracy_score(target, called))
    assert ours["recall"] == pytest.approx(sk.recall_score(target, called))
    assert ours["auc"] == pytest.approx(sk.roc_auc_score(target, probability))
    assert ours["average_precision"] == pytest.approx(sk.average_precision_score(target, probability))
    if called.any():
        assert ours["precision"] == pytest.approx(sk.precision_score(target, called))
        assert ours["f1"] == pytest.approx(sk.f1_score(target, called))


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    """An AUC interval at 95 % should hold the true AUC in about 95 of 100 samples."""
    from scipy.stats import norm

    truth = norm.cdf(1.5 / np.sqrt(2))
    inside = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        target = (rng.random(300) < 0.3).astype(float)
        table = gm.metrics_table({"x": (target, 1 / (1 + np.exp(-rng.normal(1.5 * target))))}, n_boot=200)
        inside += table["auc_low"][0] <= truth <= table["auc_high"][0]
    assert 88 <= inside <= 99


def test_scores_over_trainings_hold_the_scatter_of_training():
    """Mean, and an interval from Student's t of three trainings where the test sample gives none."""
    tables = []
    for auc in (0.90, 0.92, 0.94):
        table = gm.metrics_table({"x": ([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9])}, n_boot=2)
        table["auc"] = table["auc_low"] = table["auc_high"] = auc
        tables.append(table)
    row = gm.metrics.table_with_training(tables, mean=True)[0]
    half = 4.302653 * 0.02 / np.sqrt(3)
    assert row["auc"] == pytest.approx(0.92)
    assert row["auc_low"] == pytest.approx(0.92 - half) and row["auc_high"] == pytest.approx(0.92 + half)
    for table in tables:  # the test sample's half width adds in squares
        table["auc_low"], table["auc_high"] = table["auc"] - 0.03, table["auc"] + 0.03
    low = gm.metrics.table_with_training(tables, mean=True)["auc_low"][0]
    assert row["auc"] - low == pytest.approx(np.hypot(half, 0.03))


def test_one_training_shows_no_scatter():
    table = gm.metrics_table({"x": ([0, 1], [0.1, 0.9])}, n_boot=2)
    with pytest.raises(ValueError, match="1 tables: two or more"):
        gm.metrics.table_with_training([table], mean=True)
    other = gm.metrics_table({"y": ([0, 1], [0.1, 0.9])}, n_boot=2)
    with pytest.raises(ValueError, match="with the same rows"):
        gm.metrics.table_with_training([table, other], mean=True)


def test_table_shows_prevalence_and_always_no():
    target, probability = np.r_[np.ones(10), np.zeros(90)], np.zeros(100)
    row = gm.metrics_table({"lazy": (target, probability)})[0]
    assert (
        row["positive"] == 0.1
        and row["always_no"] == 0.9
        and row["accuracy"] == 0.9
        and row["recall"] == 0
        and row["auc"] == 0.5
    )


def test_threshold_separates_and_is_between_scores():
    target, probability = np.r_[np.zeros(50), np.ones(50)], np.r_[np.linspace(0, 0.3, 50), np.linspace(0.4, 1, 50)]
    for by in ("f1", "youden", "corner"):
        assert 0.3 < gm.choose_threshold(target, probability, by=by) <= 0.4
    with pytest.raises(ValueError, match="by must be"):
        gm.choose_threshold(target, probability, by="eye")


def test_calibration_of_a_calibrated_and_of_a_boastful_classifier():
    rng = np.random.default_rng(0)
    p = rng.random(20_000)
    target = rng.random(20_000) < p
    assert gm.metrics.calibration_curve(target, p)[1] < 0.02
    curve, error = gm.metrics.calibration_curve(target, (p > 0.5).astype(float))
    assert error == pytest.approx(0.25, abs=0.02) and len(curve) == 2


def test_regression_table():
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 3, 2000)
    row = gm.metrics.regression_table({"T": (truth, truth + rng.normal(0.5, 1, 2000))})[0]
    assert row["rms"] == pytest.approx(np.sqrt(1.25), abs=0.05) and row["bias"] == pytest.approx(0.5, abs=0.05)
    assert row["spearman_low"] < row["spearman"] < row["spearman_high"]


@pytest.mark.parametrize(
    "target, probability, message",
    [
        ([1, 1, 1], [0.1, 0.2, 0.3], "both classes"),
        ([0, 1, 2], [0.1, 0.2, 0.3], "0 or 1"),
        ([0, 1], [0.1, 0.2, 0.3], "2 targets but 3"),
        ([0, 1, 1], [0.1, np.nan, 0.3], "not finite.*row 1"),
    ],
)
def test_bad_predictions_say_what_is_wrong(target, probability, message):
    with pytest.raises(ValueError, match=message):
        gm.metrics_table({"x": (np.array(target, float), np.array(probability))})


def test_claims_report_and_strictness(tmp_path, monkeypatch):
    monkeypatch.setenv("GALMORPH_RESULTS", str(tmp_path))
    monkeypatch.delenv("GALMORPH_STRICT", raising=False)
    claims = gm.Claims("99")
    claims.check("good", 0.9, at_least=0.8)
    claims.check("bad", 0.9, at_most=0.8)
    claims.check("not a number", float("nan"), at_least=0)
    claims.compare("edge-on accuracy", 0.98, 0.97, interval=(0.96, 0.98))
    assert list(claims.report()["holds"]) == ["yes", "NO", "NO"]
    record = json.loads((tmp_path / "99.json").read_text())
    assert {"lesson", "seconds", "peak_mb", "device", "origins", "published", "claims"} <= set(record)
    assert record["claims"][0]["at_least"] == 0.8 and record["published"][0]["interval"] == [0.96, 0.98]
    monkeypatch.setenv("GALMORPH_STRICT", "1")
    with pytest.raises(AssertionError, match="2 of 3 claims do not hold: bad; not a number"):
        claims.report()
    with pytest.raises(ValueError, match="exactly one"):
        claims.check("both", 1, at_least=0, at_most=2)


def test_audit_flags_the_bar_row_and_passes_the_edge_on_row():
    def check(row):
        return audit(precision=row["precision"], recall=row["recall"], positive=row["positive"]).agrees(
            accuracy=row["accuracy"], f1=row["f1"]
        )

    assert check(BINARY_MODELS["edge-on"])
    assert not check(BINARY_MODELS["bar"])
    assert check(BINARY_MODELS["bar"] | {"recall": 0.94})  # what the row would need


@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95), st.floats(0.05, 0.95))
def test_audit_follows_from_counting(f, r, share):
    precision = f * r / (f * r + (1 - f) * share)
    assert audit(precision=precision, recall=r, positive=f).accuracy == pytest.approx(f * r + (1 - f) * (1 - share))


NONE = np.array([])


@pytest.mark.parametrize(
    "measure",
    [
        lambda: gm.metrics_table({"x": (NONE, NONE)}),
        lambda: gm.choose_threshold(NONE, NONE),
        lambda: gm.metrics.calibration_curve(NONE, NONE),
        lambda: gm.metrics.fit_temperature(NONE, NONE),
        lambda: gm.metrics.uncertainty_table({"x": (NONE, NONE, NONE)}),
        lambda: gm.metrics.regression_table({"x": (NONE, NONE)}),
        lambda: gm.metrics.spread_by_probability(NONE, NONE),
        lambda: gm.metrics.robust_flag(np.zeros((0, 3))),
    ],
)
def test_no_galaxies_are_no_score(measure):
    with pytest.raises(ValueError, match=r"^[^\n]*(no galaxies|no networks)"):
        measure()


@pytest.mark.parametrize("value", [-0.1, 1.2, 3.0])
def test_a_logit_is_no_probability(value):
    with pytest.raises(ValueError, match="0 to 1"):
        gm.metrics.calibration_curve([0, 1], [0.5, value])
    with pytest.raises(ValueError, match="0 to 1"):
        gm.metrics.shift_prior([0.5, value], 0.3, 0.5)
