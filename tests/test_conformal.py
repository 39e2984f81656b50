"""Conformal sets: the promise, its price, and where it does not hold."""

import numpy as np
import pytest
from astropy.table import QTable

import galmorph_helpers as gm


def galaxies(n, seed, *, sharpness=2.0):
    """Probabilities (n, 3) of a network that is too sure of itself, and true classes drawn from honest ones."""
    rng = np.random.default_rng(seed)
    logit = rng.normal(0, 1.5, (n, 3))
    honest = np.exp(logit) / np.exp(logit).sum(1, keepdims=True)
    said = honest**sharpness / (honest**sharpness).sum(1, keepdims=True)
    label = (rng.random(n)[:, None] > honest.cumsum(1)).sum(1).clip(max=2)
    return said, label


def held(sets, label):
    return sets[np.arange(len(label)), label].mean()


@pytest.mark.parametrize("coverage", [0.68, 0.9, 0.95])
def test_the_promise_is_kept_whatever_the_network_says(coverage):
    known, new = galaxies(4000, 1), galaxies(4000, 2)
    sets = gm.metrics.conformal_sets(*known, new[0], coverage=coverage)
    assert held(sets, new[1]) == pytest.approx(coverage, abs=0.025)
    flattered = gm.metrics.conformal_sets(known[0], known[0].argmax(1), new[0], coverage=coverage)
    assert held(flattered, new[1]) < coverage - 0.03, "labels that agree with the network make it promise too much"


def test_the_threshold_is_the_score_of_the_right_rank():
    """Nine scores .1 to .9: (9 + 1) * 0.8 = 8, the eighth smallest."""
    score = np.arange(1, 10) / 10
    known = np.stack([1 - score, score], 1)
    sets = gm.metrics.conformal_sets(known, np.zeros(9, int), [[0.21, 0.79], [0.19, 0.81]], coverage=0.8)
    assert sets.tolist() == [[True, True], [False, True]]


def test_too_few_galaxies_to_promise_rule_nothing_out():
    assert gm.metrics.conformal_sets([[1.0, 0.0]] * 8, [0] * 8, [[1.0, 0.0]]).all()
    assert not gm.metrics.conformal_sets([[1.0, 0.0]] * 9, [0] * 9, [[1.0, 0.0]]).all()


@pytest.mark.parametrize("n", [10, 57, 99, 100, 801])
@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_sets_are_those_of_mapie(n, coverage):
    classification = pytest.importorskip("mapie.classification")
    base = pytest.importorskip("sklearn.base")

    class Said(base.ClassifierMixin, base.BaseEstimator):
        """What the network said is the data."""

        classes_ = np.arange(3)

        def fit(self, x, y):
            return self

        def predict_proba(self, x):
            return x

        def predict(self, x):
            return x.argmax(1)

        def __sklearn_is_fitted__(self):
            return True

    known, new = galaxies(n, 5), galaxies(300, 6)
    theirs = classification.SplitConformalClassifier(Said(), confidence_level=coverage, conformity_score="lac")
    theirs.conformalize(*known)
    sets = theirs.predict_set(new[0])[1][..., 0]
    np.testing.assert_array_equal(gm.metrics.conformal_sets(*known, new[0], coverage=coverage), sets)


def test_a_threshold_a_group_keeps_the_promise_in_each():
    """One group's probabilities are honest, the other's say nothing."""
    rng = np.random.default_rng(3)
    probability, label = galaxies(8000, 4, sharpness=1)
    group = rng.random(8000) < 0.5
    probability[group] = rng.permutation(probability[group])
    a, b = slice(0, 4000), slice(4000, None)
    one = gm.metrics.conformal_sets(probability[a], label[a], probability[b])
    each = gm.metrics.conformal_sets_by_group(probability[a], label[a], probability[b], groups=(group[a], group[b]))
    bad = group[b]
    assert held(one[bad], label[b][bad]) < 0.87 and held(one[~bad], label[b][~bad]) > 0.93
    for inside in (bad, ~bad):
        assert held(each[inside], label[b][inside]) == pytest.approx(0.9, abs=0.025)
    strange = (group[a], np.full(4000, 7))
    new = gm.metrics.conformal_sets_by_group(probability[a], label[a], probability[b], groups=strange)
    assert new.all(), "no labelled galaxy of that group"


def test_the_table_counts_sets():
    sets = np.array([[1, 0], [1, 1], [0, 1], [0, 0]], bool)
    table = gm.metrics.coverage_table({"a": (sets, [0, 0, 0, 0])})
    assert tuple(table["n", "coverage", "size", "single"][0]) == (4, 0.5, 1.0, 0.5)
    assert table["coverage_low"][0] < 0.5 < table["coverage_high"][0]
    assert gm.metrics.set_names(sets, ("early", "late")).tolist() == ["early", "early late", "late", "none"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"coverage": 1.0}, "coverage must be above 0"),
        ({"label": [0, 2]}, "whole numbers from 0 to 1"),
        ({"label": [0.5, 1]}, "whole numbers"),
        ({"label": [0]}, "2 calibration galaxies"),
        ({"probability": [[0.2, 0.3, 0.5]]}, r"\(2, 2\) and \(1, 3\)"),
        ({"probability": [[0.2, np.nan]]}, "must be in 0 to 1"),
    ],
)
def test_what_does_not_fit_is_refused(change, said):
    given = {"calibration": [[0.2, 0.8], [0.6, 0.4]], "label": [1, 0], "probability": [[0.5, 0.5]]} | change
    coverage = given.pop("coverage", 0.9)
    with pytest.raises(ValueError, match=said):
        gm.metrics.conformal_sets(*given.values(), coverage=coverage)


def test_groups_and_labels_are_as_many_as_galaxies():
    with pytest.raises(ValueError, match="1 and 1 groups for 2 and 1"):
        gm.metrics.conformal_sets_by_group([[0.2, 0.8]] * 2, [1, 1], [[0.5, 0.5]], groups=([0], [0]))
    with pytest.raises(ValueError, match="early: 1 sets but 0 labels"):
        gm.metrics.coverage_table({"early": (np.ones((1, 2), bool), [])})


@pytest.mark.parametrize("ending", ["fits", "parquet"])
def test_sets_are_two_columns_of_a_catalogue(tmp_path, ending):
    table = QTable({"INTID": [1, 2, 3]})
    table["INTID"].info.description = "number"
    gm.catalogue.add_sets(table, np.array([[1, 1, 0], [0, 0, 0], [0, 0, 1]], bool), ("E", "S0", "S"))
    again = gm.catalogue.read_catalogue(gm.catalogue.write_catalogue(table, tmp_path / f"sets.{ending}"))
    assert list(again["SET"]) == ["E S0", "none", "S"] and list(again["SET_SIZE"]) == [2, 0, 1]
    assert "conformal set of 90%" in again["SET"].info.description
    with pytest.raises(ValueError, match=r"must be \(3, 2\)"):
        gm.catalogue.add_sets(table, np.ones((3, 3), bool), ("E", "S"))
