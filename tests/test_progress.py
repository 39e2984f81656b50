"""A bar shows where a person waits: not for what takes under a second, and nothing of it stays."""

import json
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

import executing
import galmorph_helpers as gm
import lessons

ROOT = Path(__file__).parents[1]
LOOP = """import time
from galmorph_helpers import runtime
for _ in runtime.progress(range(3), "counting galaxies"):
    time.sleep(SECONDS)"""


def outputs_of(seconds, monkeypatch, folder):
    """What a live notebook holds after a loop of three steps, and all that its bar has written meanwhile."""
    monkeypatch.delenv("GALMORPH_QUIET", raising=False)
    written = folder / "written.json"
    spy = """written, real = [], runtime._CellLine.write
def write(self, text):
    written.append(text.strip())
    real(self, text)
runtime._CellLine.write = write
"""
    after = f"import json, pathlib; pathlib.Path({str(written)!r}).write_text(json.dumps(written));"
    code = LOOP.replace("SECONDS", str(seconds))
    cells = ["from galmorph_helpers import runtime\n" + spy, code, after]
    notebook = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells])
    folder = folder / "notebooks"
    folder.mkdir()
    run = executing.execute(notebook, folder=folder, environment={})
    assert run.error == ""
    left = [str(out.get("data", out.get("text"))) for _, out in lessons.outputs(notebook)]
    return left, json.loads(written.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("seconds", "seen"), [(0.05, False), (0.8, True)])
def test_a_bar_shows_after_a_second_and_leaves_nothing(seconds, seen, monkeypatch, tmp_path):
    left, written = outputs_of(seconds, monkeypatch, tmp_path)
    assert any("counting galaxies" in line for line in written) is seen
    assert left == ["{'text/plain': ''}"] * seen


def test_a_notebook_that_is_stored_gets_no_bar(monkeypatch, capsys):
    monkeypatch.setenv("GALMORPH_QUIET", "1")
    bar = gm.runtime.progress(range(3), "counting galaxies")
    assert list(bar) == [0, 1, 2] and bar.disable
    assert capsys.readouterr() == ("", "")


def test_no_stored_notebook_holds_a_bar():
    stored = sorted([*(ROOT / "notebooks").rglob("*.ipynb"), *(ROOT / "solutions").rglob("*.ipynb")])
    assert stored
    for path in stored:
        for index, output in lessons.outputs(nbformat.read(path, as_version=4)):
            text = str(output.get("text", "")) + str(output.get("data", {}).get("text/plain", ""))
            where = f"{path.name}, cell {index + 1}"
            assert "it/s]" not in text and "s/it]" not in text and "\u2588" not in text, where
            assert executing.WIDGET_VIEW not in output.get("data", {}), where
