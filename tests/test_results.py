"""What lessons wrote is read back, wherever it was computed."""

import json
from pathlib import Path

import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup

import galmorph_helpers as gm


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
    claims.report()
    found = gm.course.read_results()
    assert list(found) == ["02", "04"]
    assert found["02"]["where"] == "here" and found["04"]["where"] == "stored"
    assert (
        gm.course.claim_of(found, "02", "accuracy of the network") == 0.9
        and gm.course.claim_of(found, "04", "accuracy") == 0.7
    )
    table = gm.course.published_table(found)
    assert list(table["verdict"]) == ["lower", "no interval", "nothing published"]
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
        holds = "yes" if all(claim["holds"] for claim in stored["claims"]) else "NO"
        numbers = [f"{stored['seconds']:.0f}", str(stored["peak_mb"]), str(len(stored["claims"]))]
        assert row == [file.stem, "stored", *numbers, holds, ", ".join(stored["origins"])]
