"""What lessons wrote is read back, wherever it was computed."""

import json
from pathlib import Path

import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup

import galmorph_helpers as gm
from galmorph_helpers.course.counting import tally


@pytest.fixture
def folders(tmp_path, monkeypatch):
    (tmp_path / "stored").mkdir()
    monkeypatch.setattr(gm.course.results, "STORED", tmp_path / "stored")
    monkeypatch.setenv("GALMORPH_RESULTS", str(tmp_path / "here"))
    for lesson, value in (("02", 0.5), ("04", 0.7)):
        record = {"lesson": lesson, "published": [], "claims": [{"name": "accuracy", "measured": value}]}
        (tmp_path / "stored" / f"{lesson}.json").write_text(json.dumps(record))
    return tmp_path


def test_a_run_here_takes_the_place_of_the_stored_one(folders):
    claims = gm.Claims("02")
    claims.check("accuracy of the network", 0.9, at_least=0.8)
    claims.compare("accuracy", 0.97, 0.9, (0.85, 0.95))
    claims.compare("folds", 10, 5)
    claims.compare("ours", None, 1.0)
    claims.compare("accuracy, trained five times", 0.97, 0.9, (0.85, 0.95), by_seed=[0.9, 0.95, 0.88, 0.93, 0.86])
    claims.report()
    found = gm.course.read_results()
    assert list(found) == ["02", "04"]
    assert found["02"]["where"] == "here" and found["04"]["where"] == "stored"
    assert (
        gm.course.claim_of(found, "02", "accuracy of the network") == 0.9
        and gm.course.claim_of(found, "04", "accuracy") == 0.7
    )
    table = gm.course.published_table(found)
    assert list(table["verdict"]) == ["lower", "no interval", "nothing published", "agrees"]
    assert list(table["trainings"]) == [0, 0, 0, 5]
    assert list(gm.course.read_results(but=["02"])) == ["04"]


def test_a_result_cut_short_is_passed_over(folders):
    (folders / "here").mkdir()
    (folders / "here" / "04.json").write_text('{"lesson": "0')
    assert gm.course.read_results()["04"]["where"] == "stored"


def test_a_renamed_claim_is_an_error_and_an_absent_one_is_nan(folders):
    found = gm.course.read_results()
    assert np.isnan(gm.course.claim_of(found, "04", "something else altogether"))
    assert "nan" not in gm.course.claim_words(found, "04", "something else altogether")
    with pytest.raises(KeyError, match="Is it 'accuracy'"):
        gm.course.claim_of(found, "04", "acuracy")
    with pytest.raises(KeyError, match="lesson 05"):
        gm.course.claim_of(found, "05", "accuracy")


@pytest.mark.parametrize(
    "numbers, words",
    [((0.9, 0.8, 0.7, 0.95), "agrees"), ((0.9, 0.8, 0.7, 0.85), "lower"), ((0.9, 0.95, 0.93, 0.97), "higher")],
)
def test_verdicts(numbers, words):
    assert gm.course.verdict(*numbers) == words


def test_no_result_at_all_is_said_in_a_sentence(folders):
    with pytest.raises(FileNotFoundError, match="no lesson has a result.*make run"):
        gm.course.read_results(but=["02", "04"])


def test_the_last_lesson_shows_the_stored_results():
    """Seconds, memory and claims in its first table are those of data/results; nothing is of an older run."""
    root = Path(__file__).parents[1]
    notebook = nbformat.read(root / "notebooks" / "10_take_home_messages.ipynb", as_version=4)
    cell = next(cell for cell in notebook.cells if "read_results" in cell.source)
    table = next(output["data"]["text/html"] for output in cell.outputs if "text/html" in output.get("data", {}))
    lines = BeautifulSoup(table, "html.parser").find_all("tr")[1:]
    rows = [[cell.get_text() for cell in line.find_all("td")] for line in lines]
    for file, row in zip(sorted((root / "data" / "results").glob("0[0-9].json")), rows, strict=True):
        stored = json.loads(file.read_text(encoding="utf-8"))
        n = tally(stored["claims"])
        held = sum(c["holds"] for c in stored["claims"] if c.get("kind", "finding") == "finding")
        counts = [str(count) for count in (n["findings"] + n["without"], held, n["short"])]
        numbers = [f"{stored['seconds']:.0f}", str(stored["peak_mb"]), *counts]
        assert row == [file.stem, "stored", *numbers, ", ".join(stored["origins"])]


def test_rows_that_measure_nothing_stand_apart():
    """Settings, inputs, shares of other samples and numbers without an interval get no verdict."""
    row = {"published": 0.9, "measured": 0.8, "interval": [0.75, 0.85]}
    found = {
        "01": {"published": [row | {"what": "slope"}, row | {"what": "share"}],
               "claims": [{"name": "slope", "kind": "put in", "measured": 0.8}]},
        "03": {"published": [row | {"what": "networks whose scatter is the uncertainty"}, row | {"what": "accuracy"}],
               "claims": []},
        "05": {"published": [row | {"what": "AUC", "by_seed": [0.8, 0.82]}, row | {"what": "recall"},
                             row | {"what": "secure share", "interval": None},
                             row | {"what": "ours", "published": None}],
               "claims": [{"name": "AUC", "measured": 0.8}]},
        "09": {"published": [row | {"what": "share of late types among robust ones (DES)"}], "claims": []},
    }  # fmt: skip
    table, apart = gm.course.measured_table(found)
    assert list(table["what"]) == ["share", "accuracy", "AUC", "recall"]
    assert list(table["training"]) == ["nothing trained", "in the interval", "in the interval", "not in it"]
    assert set(table["verdict"]) == {"lower"}
    assert dict(zip(apart["what"], apart["why"], strict=True)) == {
        "slope": "put into the mock sky",
        "networks whose scatter is the uncertainty": "a setting",
        "secure share": "no interval",
        "ours": "nothing published",
        "share of late types among robust ones (DES)": "the share in another sample",
    }


def test_no_published_number_at_all_is_two_empty_tables():
    table, apart = gm.course.measured_table({"02": {"published": [], "claims": []}})
    assert len(table) == len(apart) == 0


def test_claims_are_found_by_words_and_none_is_no_error(folders):
    found = gm.course.read_results()
    assert [row["measured"] for row in gm.course.claims_with(found, "04", "ACCUR")] == [0.7]
    assert gm.course.claims_with(found, "04", "accuracy", "bright") == []
    assert gm.course.claims_with(found, "11", "accuracy") == []
