"""Claims can fail: a finding needs a control that breaks its bound; what is no finding is listed apart."""

import json

import pytest

import galmorph_helpers as gm
from galmorph_helpers.course.counting import standing, summary, tally


@pytest.fixture
def claims(tmp_path, monkeypatch):
    monkeypatch.setenv("GALMORPH_RESULTS", str(tmp_path))
    monkeypatch.delenv("GALMORPH_STRICT", raising=False)
    return gm.Claims("98")


@pytest.mark.parametrize(
    ("bound", "control", "holds"),
    [
        ({"at_least": 0.9}, 0.5, True),
        ({"at_least": 0.9}, 0.91, False),  # the control keeps the bound: the finding says nothing
        ({"at_least": 0.9}, float("nan"), False),  # a control that was not measured shows nothing
        ({"at_least": 0.96}, 0.5, False),
        ({"at_most": 0.96}, 1.2, True),
        ({"at_most": 0.96}, 0.1, False),
        ({"between": (0.9, 1.0)}, 1.2, True),
        ({"between": (0.9, 1.0)}, 0.93, False),
    ],
)
def test_a_finding_holds_only_if_its_control_breaks_the_bound(claims, bound, control, holds):
    claims.check("AUC", 0.95, control=("shuffled labels", control), **bound)
    (row,) = claims.claims
    assert row["holds"] is holds
    words = claims.table()["control"][0]
    assert words.startswith("shuffled labels: ") and ("keeps the bound" in words) is not row["control"]["breaks"]


def test_nan_never_holds(claims):
    for bound in ({"at_least": 0}, {"at_most": 0}, {"between": (0, 1)}):
        claims.check(str(bound), float("nan"), **bound)
    assert not any(row["holds"] for row in claims.claims)


def test_what_is_no_finding_is_listed_apart_and_not_counted(claims):
    claims.put_in("no arms", 1, at_least=1)
    claims.identity("by hand = library", 0, at_most=1e-9)
    claims.check("of old", 0.9, at_least=0.8, because="it failed")
    claims.check("AUC", 0.95, at_least=0.9, control=("untrained", 0.5), hoped=0.98, fails_if="nothing was learnt")
    claims.check("loss", 0.2, at_most=0.3, control=("untrained", 0.7), hoped=0.25)
    table = claims.table()
    assert list(table["is"]) == ["finding", "finding", "without control yet", "check", "put in"]
    assert list(table["hoped"]) == ["0.98: short", "0.25: reached", "", "", ""]
    assert list(table["bound"]) == ["≥ 0.9", "≤ 0.3", "≥ 0.8", "≤ 1e-09", "≥ 1"]
    assert list(table["it would fail if"])[:3] == ["nothing was learnt", "", "it failed"]
    assert tally(claims.claims) == {
        "findings": 2, "held": 2, "short": 0, "hopes": 2, "reached": 1, "without": 1, "checks": 1, "put_in": 1,
    }  # fmt: skip
    line = "Findings: 2 of 2 hold, 1 of 2 reach what was hoped. Not counted: 1 without control yet, 1 check, 1 put in."
    assert summary(claims.claims) == line


def test_a_row_is_repaired_by_its_name(claims, tmp_path, capsys):
    claims.check("first", 0.1, at_least=0.9, control=("none", 0))
    claims.check("second", 1, at_least=0.9, control=("none", 0))
    claims.check("first", 0.95, at_least=0.9, control=("none", 0))
    claims.compare("published", 1, 2)
    claims.compare("published", 1, 3)
    claims.report()
    stored = json.loads((tmp_path / "98.json").read_text(encoding="utf-8"))
    assert [(c["name"], c["holds"]) for c in stored["claims"]] == [("first", True), ("second", True)]
    assert [row["measured"] for row in stored["published"]] == [3]
    assert "Findings: 2 of 2 hold." in capsys.readouterr().out


def test_a_control_that_keeps_the_bound_is_an_error_where_tests_run(claims, monkeypatch):
    monkeypatch.setenv("GALMORPH_STRICT", "1")
    claims.check("AUC", 0.95, at_least=0.9, control=("always no", 0.92))
    with pytest.raises(AssertionError, match="1 of 1 claims do not hold: AUC"):
        claims.report()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "has none: give exactly one of"),
        ({"at_least": 1, "between": (0, 1)}, "has at_least and between"),
        ({"atleast": 1}, "has atleast: give exactly one of at_least, at_most, between"),
        ({"between": (0, 1), "hoped": 1}, "hope needs at_least or at_most"),
        ({"at_least": 1, "control": "shuffled"}, "give a name and a value"),
        ({"at_least": 1, "kind": "guess"}, "it can be finding, check, put in"),
    ],
)
def test_claims_that_say_nothing_are_refused(claims, given, says):
    with pytest.raises(ValueError, match=says):
        claims.check("AUC", 1, **given)


def test_a_finding_that_falls_short_and_says_so_is_red_not_held_and_no_error(claims, monkeypatch, capsys):
    monkeypatch.setenv("GALMORPH_STRICT", "1")
    claims.check("beats colour", 0.90, at_least=0.95, control=("colour", 0.93), short="It does not beat colour.")
    claims.check("beats chance", 0.90, at_least=0.60, control=("shuffled", 0.50))
    table = claims.report()
    assert list(table["holds"]) == ["NO", "yes"]
    assert "Findings: 1 of 2 hold (1 short, as the text says)." in capsys.readouterr().out
    claims.check("beats nothing", 0.40, at_least=0.60, control=("shuffled", 0.50))
    with pytest.raises(AssertionError, match="1 of 3 claims do not hold: beats nothing"):
        claims.report()


def test_only_a_finding_may_fall_short(claims):
    with pytest.raises(ValueError, match="only a finding may fall short"):
        claims.put_in("no arms", 1, at_least=2, short="There are arms.")


def test_a_published_number_meets_the_scatter_of_training_too(claims):
    scores, galaxies = [0.90, 0.94, 0.86, 0.92, 0.93], (0.89, 0.91)
    claims.compare("galaxies alone", 0.93, 0.90, galaxies)
    claims.compare("one network", 0.93, 0.90, galaxies, by_seed=scores)
    claims.compare("mean", 0.93, 0.91, (0.90, 0.92), by_seed=scores)
    claims.compare("another network", 0.99, 0.94, (0.92, 0.96), by_seed=scores[1:] + scores[:1])
    rows = {row["what"]: row for row in claims.published}
    found = {what: gm.course.verdict(r["published"], r["measured"], *r["interval"]) for what, r in rows.items()}
    assert found == {
        "galaxies alone": "lower", "one network": "agrees", "mean": "agrees",
        "another network": "agrees",
    }  # fmt: skip
    narrow, wide = (r["interval"][1] - r["interval"][0] for r in (rows["mean"], rows["one network"]))
    assert 0.02 < narrow < wide
    assert rows["one network"]["by_seed"] == scores and "by_seed" not in rows["galaxies alone"]
    with pytest.raises(ValueError, match="the first score or their mean, not 0.94"):
        claims.compare("which", 0.93, 0.94, (0.92, 0.96), by_seed=scores)
    with pytest.raises(ValueError, match="give an interval over test galaxies"):
        claims.compare("which", 0.93, 0.90, by_seed=scores)


def test_results_of_old_count_as_without_a_control():
    assert standing({"name": "old", "measured": 1, "at_least": 0, "holds": True}) == "without control yet"


def test_a_cell_that_is_run_twice_says_things_once(claims, tmp_path):
    for auc in (0.5, 0.95):
        claims.origins.append("folder")
        claims.check("AUC", auc, at_least=0.9, control=("untrained", 0.5))
        claims.compare("AUC", 0.98, auc, (auc - 0.01, auc + 0.01))
        claims.report()
    record = json.loads((tmp_path / "98.json").read_text(encoding="utf-8"))
    assert record["origins"] == ["mock", "folder"]
    assert [row["measured"] for row in record["claims"] + record["published"]] == [0.95, 0.95]
