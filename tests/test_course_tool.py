"""The course tool on tiny courses of a few cells, good ones and bad ones."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

import course
import executing
import lessons
import reporting
import running

COURSE = Path(course.__file__)

GOOD = """# %% [markdown]
# # Count the galaxies
#
# Two sentences.

# %% [markdown]
# ## Add them up

# %%
total = 1 + 1
total

# %% tags=["claims"]
import json, os, pathlib
control = {"what": "one number", "measured": 1, "breaks": True}
claim = {"name": "the sum", "measured": total, "at_least": 2, "control": control}
claims = [{**claim, "holds": total >= 2}]
folder = pathlib.Path(os.environ["GALMORPH_RESULTS"])
folder.mkdir(parents=True, exist_ok=True)
found = {"lesson": "NUMBER", "seconds": 1.0, "peak_mb": 90.0, "claims": claims}
(folder / "NUMBER.json").write_text(json.dumps(found))
if os.environ.get("GALMORPH_STRICT") == "1":
    assert all(c["holds"] for c in claims), "a claim is broken"
"""


@pytest.fixture
def make_course(tmp_path, monkeypatch):
    """A function that writes a course of the given sources, {"01": text}, and returns its root."""
    monkeypatch.delenv("GALMORPH_DATA", raising=False)
    root = tmp_path / "course"

    def make(**sources):
        folder = root / "notebooks" / "source"
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in sources.items():
            number = name.removeprefix("lesson_")
            source = folder / ("further" if number.endswith("f") else "") / f"{number}_tiny.py"
            source.parent.mkdir(exist_ok=True)
            source.write_text(text.replace("NUMBER", number))
        return root

    return make


def with_cell(code):
    """The good lesson with one more cell under its first heading."""
    return GOOD.replace("# %%\ntotal", f"# %%\n{code}\n\n# %%\ntotal", 1)


def call(root, *arguments):
    return course.main(["--root", str(root), *arguments])


def test_a_good_lesson_is_built_the_same_every_time(make_course, capsys):
    root = make_course(lesson_01=GOOD)
    assert call(root, "build") == 0
    path = root / "notebooks" / "01_tiny.ipynb"
    first = path.read_bytes()
    notebook = nbformat.read(path, as_version=4)
    assert [c.execution_count for c in notebook.cells if c.cell_type == "code"] == [1, 2]
    assert notebook.cells[2].outputs[0].data["text/plain"] == "2"
    assert notebook.cells[3].metadata.jupyter.source_hidden is True
    assert call(root, "build", "1") == 0
    assert path.read_bytes() == first
    assert call(root, "check") == 0
    assert "01  as it should be" in capsys.readouterr().out


def test_a_lesson_that_shows_the_results_of_others_is_named_when_they_change(make_course, capsys):
    root = make_course(lesson_01=GOOD, lesson_02=with_cell("# as from read_results()\nrows = []"))
    for numbers, named in ((["1"], True), (["1", "2"], False), (["2"], False)):
        assert call(root, "build", *numbers) == 0
        assert ("02  shows the results of the others" in capsys.readouterr().out) == named


def test_memory_of_a_lesson_counts_its_processes(make_course):
    code = """import subprocess, sys
held = "import time; held = b'1' * 300_000_000; time.sleep(1.5)"
done = subprocess.run([sys.executable, "-c", held], check=True)"""
    root = make_course(lesson_01=with_cell(code))
    assert call(root, "build") == 0
    stored = json.loads((root / "data" / "results" / "01.json").read_text(encoding="utf-8"))
    assert stored["peak_mb"] > 286  # 300 MB in units of 2^20 bytes, and the kernel; the lesson itself reported 90


def test_cell_ids_outlive_a_new_cell(make_course):
    root = make_course(lesson_01=GOOD, lesson_02=with_cell("x = 1"))
    one, two = (lessons.read_source(lesson.source) for lesson in lessons.find(root))
    assert {c.id for c in one.cells[:-1]} < {c.id for c in two.cells}
    assert len({c.id for c in two.cells}) == len(two.cells)


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("raise ValueError('no galaxy in the image')", "ValueError: no galaxy in the image"),
        ("import sys; print('careful', file=sys.stderr)", "text on stderr: careful"),
        ("import os; print(os.getcwd())", "a path of this machine"),
        ("print('saved in /home/somebody/galaxies')", "a path of this machine (/home/somebody)"),
        ("object()", "a memory address"),
        ("print('x' * 3_100_000)", "over 3 MB"),
    ],
)
def test_a_bad_lesson_is_not_built_and_its_cell_is_named(make_course, capsys, code, complaint):
    root = make_course(lesson_01=with_cell(code))
    assert call(root, "build") == 1
    out = capsys.readouterr().out
    assert complaint in out
    assert 'cell 3 (under "Add them up", starts' in out
    assert not (root / "notebooks" / "01_tiny.ipynb").exists()


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("# # Count the galaxies", "# ## Count the galaxies", "must open with the title"),
        ("# ## Add them up", "# # Add them up", "a second H1"),
        ("# ## Add them up", "# ### Add them up", "heading of level 3 under level 1"),
        ('# %% tags=["claims"]', "# %%", 'no code cell is tagged "claims"'),
    ],
)
def test_a_lesson_that_not_everyone_can_read_is_not_built(make_course, capsys, old, new, complaint):
    root = make_course(lesson_01=GOOD.replace(old, new))
    assert call(root, "build") == 1
    assert complaint in capsys.readouterr().out


def test_a_hash_in_a_code_block_is_no_heading():
    assert lessons.headings("## Real\n```\n# not a heading\n```\n### Also real") == [(2, "Real"), (3, "Also real")]


def test_a_notebook_out_of_step_with_its_source_is_found(make_course, capsys):
    root = make_course(lesson_01=GOOD)
    call(root, "build")
    make_course(lesson_01=GOOD.replace("total = 1 + 1", "total = 1 + 2"))
    assert call(root, "check") == 1
    assert 'cell 3 (under "Add them up", starts "total = 1 + 2"): its source differs' in capsys.readouterr().out


def test_a_notebook_run_out_of_order_is_found(make_course, capsys):
    root = make_course(lesson_01=GOOD)
    call(root, "build")
    path = root / "notebooks" / "01_tiny.ipynb"
    path.write_text(path.read_text().replace('"execution_count": 2', '"execution_count": 7'))
    assert call(root, "check") == 1
    assert "execution count 7, expected 2" in capsys.readouterr().out


def test_run_writes_page_and_result_and_skips_what_is_current(make_course, capsys, monkeypatch):
    root = make_course(lesson_01=GOOD)
    assert call(root, "run") == 0
    out = capsys.readouterr().out
    line = next(line for line in out.splitlines() if "claims hold" in line)
    measured = re.fullmatch(r"01  \d+ s  (\d+) MB  1/1 claims hold  _build/01_tiny.html", line)
    assert measured and 20 < int(measured[1]) < 1000
    assert "limits: 180 s and 1500 MB" in out
    page = (root / "_build" / "01_tiny.html").read_text()
    assert "<title>Count the galaxies</title>" in page
    assert page.count("Show the code") == 1  # the claims
    assert json.loads((root / "_build" / "results" / "01.json").read_text())["lesson"] == "01"

    assert call(root, "run", "--lesson", "1") == 0
    assert "(current)" in capsys.readouterr().out
    assert call(root, "run", "--force") == 0
    assert "(current)" not in capsys.readouterr().out

    def is_current():
        return running.current_outcome(root, lessons.find(root)[0]) is not None

    assert is_current()
    for variable in ("GALMORPH_DATA", "GALMORPH_SEED", "GALMORPH_DEVICE"):
        monkeypatch.setenv(variable, "5")
        assert not is_current()
        monkeypatch.delenv(variable)
    for name in ("galmorph_helpers/mock/rendering.py", "data/weights/cnn.safetensors"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("new")
        assert not is_current()
        (root / name).unlink()
    make_course(lesson_01=GOOD + "\n# a comment\n")
    assert not is_current()


def test_a_set_added_to_the_observed_data_is_a_reason_to_run_again(make_course, tmp_path, monkeypatch):
    root = make_course(lesson_01=GOOD)
    (lesson,) = lessons.find(root)
    table = tmp_path / "sets" / "one" / "labels.csv"
    table.parent.mkdir(parents=True)
    table.write_text("file,bar", encoding="utf-8")
    monkeypatch.setenv("GALMORPH_DATA", str(tmp_path / "sets"))
    marks = [running.fingerprint(root, lesson)]
    assert running.fingerprint(root, lesson) == marks[0]
    table.write_text("file,bar\na.png,1", encoding="utf-8")
    marks.append(running.fingerprint(root, lesson))
    (tmp_path / "sets" / "two").mkdir()
    (tmp_path / "sets" / "two" / "labels.csv").write_text("", encoding="utf-8")
    marks.append(running.fingerprint(root, lesson))
    assert len(set(marks)) == 3
    bundle = tmp_path / "bundle.tar"
    monkeypatch.setenv("GALMORPH_DATA", str(bundle))
    for content in ("one", "another"):
        bundle.write_text(content, encoding="utf-8")
        marks.append(running.fingerprint(root, lesson))
    assert len(set(marks)) == 5


@pytest.mark.parametrize("place", ["https://example.org/b.tar#sha256=12", "", "here"])
def test_a_lesson_is_told_where_the_observed_data_are(tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    monkeypatch.setenv("GALMORPH_DATA", place)
    told = course.environment(tmp_path).get("GALMORPH_DATA")
    assert told == (str((tmp_path / "here").resolve()) if place == "here" else None)


def test_a_cell_that_takes_too_long_is_reported_as_that(make_course):
    root = make_course(lesson_01=with_cell("import time; time.sleep(60)"))
    (lesson,) = lessons.find(root)
    notebook = lessons.read_source(lesson.source)
    run = executing.execute(notebook, folder=root / "notebooks", environment={}, timeout=2)
    assert run.error == 'cell 3 (under "Add them up", starts "import time; time.sleep(60)"): no answer within 2 s'


def test_a_notebook_that_was_opened_and_saved_is_as_it_should_be(make_course):
    root = make_course(lesson_01=GOOD)
    call(root, "build")
    path = root / "notebooks" / "01_tiny.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.language_info |= {"version": "3.12.1", "nbconvert_exporter": "python"}
    nbformat.write(notebook, path)
    assert call(root, "check") == 0
    notebook.metadata.kernelspec.name = "another"
    nbformat.write(notebook, path)
    assert call(root, "check") == 1


def test_a_lesson_imports_the_package_of_its_own_checkout(make_course):
    where = "import galmorph_helpers\nassert galmorph_helpers.__file__ == 'here', galmorph_helpers.__file__"
    root = make_course(lesson_01=with_cell(where))
    (root / "galmorph_helpers").mkdir()
    (root / "galmorph_helpers" / "__init__.py").write_text("__file__ = 'here'", encoding="utf-8")
    assert call(root, "build") == 0


def test_two_writers_of_one_file_do_not_meet(tmp_path):
    texts = [letter * 300_000 for letter in "abcdefgh"]
    path = tmp_path / "table.md"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda text: [lessons.write_whole(path, text) for _ in range(20)], texts))
    assert path.read_text(encoding="utf-8") in texts
    assert list(tmp_path.iterdir()) == [path]


def test_run_goes_on_after_a_failing_lesson(make_course, capsys):
    root = make_course(lesson_01=with_cell("1 / 0"), lesson_02=GOOD)
    stale = root / "_build" / "results" / "01.json"
    stale.parent.mkdir(parents=True)
    stale.write_text(json.dumps({"claims": [{"name": "old", "holds": True}]}))
    assert call(root, "run") == 1
    out, err = capsys.readouterr()
    assert "MB  FAILED  _build/01_tiny.html" in out
    assert 'cell 3 (under "Add them up", starts "1 / 0"): ZeroDivisionError: division by zero' in out
    assert "1/1 claims hold  _build/02_tiny.html" in out
    assert "make run LESSON=01" in err
    assert not stale.exists(), "the result of an earlier run passes for this one's"
    assert "ZeroDivisionError" in (root / "_build" / "01_tiny.html").read_text()


def test_a_broken_claim_fails_the_run_and_is_run_again(make_course, capsys):
    root = make_course(lesson_01=GOOD.replace("1 + 1", "1"))
    for _ in range(2):
        assert call(root, "run") == 1
        out = capsys.readouterr().out
        assert "0/1 claims hold" in out
        assert "broken finding: the sum: measured 1, expected ≥ 2" in out
        assert "(current)" not in out


def test_a_lesson_without_a_result_says_so(make_course, capsys):
    root = make_course(lesson_01=GOOD.split('# %% tags=["claims"]')[0])
    assert call(root, "run") == 1
    assert "it wrote no result: its last code cell should be claims.report()" in capsys.readouterr().out


def test_a_lesson_that_reads_results_is_run_again_when_they_change(make_course):
    last = GOOD.replace("# %%\ntotal", '# %% tags=["reads-results"]\ntotal')
    root = make_course(lesson_01=GOOD, lesson_02=last)
    one, two = lessons.find(root)
    before = running.fingerprint(root, one), running.fingerprint(root, two)
    (root / "_build" / "results").mkdir(parents=True)
    (root / "_build" / "results" / "01.json").write_text("{}")
    assert running.fingerprint(root, one) == before[0]
    assert running.fingerprint(root, two) != before[1]


def test_a_lesson_that_does_not_exist(make_course, capsys):
    assert call(make_course(lesson_01=GOOD), "run", "--lesson", "12") == 2
    assert "there is no lesson 12" in capsys.readouterr().err


def test_widgets_leave_a_sentence_and_pictures_their_alt_text(make_course):
    picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    cell = f'''from IPython.display import display
import ipywidgets
picture = "{picture[:60]}"
picture += "{picture[60:]}"
display({{"image/png": picture}}, raw=True, metadata={{"image/png": {{"alt": 'Arms "wind" up'}}}})
ipywidgets.IntSlider()'''
    root = make_course(lesson_01=with_cell(cell))
    assert call(root, "build") == 0
    text = (root / "notebooks" / "01_tiny.ipynb").read_text()
    assert "model_id" not in text and "an interactive widget" in text
    assert call(root, "run") == 0
    page = BeautifulSoup((root / "_build" / "01_tiny.html").read_text(), "html.parser")
    assert [image["alt"] for image in page.find_all("img")] == ['Arms "wind" up']


def test_prints_are_one_output_and_overwritten_text_is_gone(make_course):
    root = make_course(
        lesson_01=with_cell("for i in range(3): print(f'step {i}', end='\\r', flush=True)\nprint('done  ')")
    )
    assert call(root, "build") == 0
    notebook = nbformat.read(root / "notebooks" / "01_tiny.ipynb", as_version=4)
    assert [o.text for o in notebook.cells[2].outputs] == ["done  \n"]


def test_table_stands_between_its_marks(make_course):
    read = GOOD.replace("Two sentences.", "40 minutes to read, some to run.")
    root = make_course(lesson_01=read, lesson_02="# ---\n# minutes: 60\n# ---\n\n" + read)
    (root / "pyproject.toml").write_text('[project]\nurls = {Repository = "https://github.com/me/course"}\n')
    (root / "README.md").write_text("before\n{}\nold\n{}\nafter\n".format(*reporting.MARKS))
    results = root / "_build" / "results"
    results.mkdir(parents=True)
    old = {"name": "recall", "measured": 0.9123, "at_least": 0.8, "holds": True}
    new = {**old, "control": {"what": "none", "value": 0.5, "breaks": True}, "hoped": 0.9, "reached": True}
    claims = [old, new, {**new, "holds": False, "hoped": None}, {**old, "kind": "check"}]
    del claims[2]["hoped"]
    (results / "01.json").write_text(json.dumps({"seconds": 61.4, "peak_mb": 812.2, "claims": claims}))
    assert call(root, "table") == 0
    lines = (root / "README.md").read_text().splitlines()
    assert (lines[0], lines[-1]) == ("before", "after") and "old" not in lines
    one, two = (line for line in lines if line.startswith("| [0"))
    assert "[01 Count the galaxies](notebooks/01_tiny.ipynb)" in one
    assert "github/me/course/blob/main/notebooks/01_tiny.ipynb" in one
    assert "| 40 min | 61 s | 812 MB | 1 of 2; 1 without control yet | 1 of 1 |" in one
    assert "| 60 min | not run |" in two
    (root / "data" / "results").mkdir(parents=True)
    (root / "data" / "results" / "02.json").write_text(json.dumps({"seconds": 5, "peak_mb": 90, "claims": []}))
    assert call(root, "table") == 0
    assert "| 60 min | 5 s | 90 MB | none |  |" in (root / "README.md").read_text()


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_ctrl_c_keeps_what_is_done_and_leaves_no_kernel(make_course):
    psutil = pytest.importorskip("psutil")
    root = make_course(lesson_01=GOOD, lesson_02=with_cell("import time; time.sleep(60)"))
    command = [sys.executable, str(COURSE), "--root", str(root), "run"]
    heard = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}  # a background shell ignores Ctrl-C
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **heard)
    for line in process.stdout:
        if line.startswith("02  running"):
            break
    tool = psutil.Process(process.pid)
    for _ in range(100):
        kernels = tool.children(recursive=True)
        if kernels:
            break
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Stopped." in err and "Traceback" not in err
    assert kernels and not psutil.wait_procs(kernels, timeout=10)[1]
    assert (root / "_build" / "results" / "01.stamp").exists()
    assert not list((root / "_build").rglob("*.part"))


def test_a_build_reads_no_result_of_an_older_run(make_course):
    """What a stored notebook says of other lessons is what is stored with them, whatever was run here before."""
    listing = "import os, pathlib\nprint([p.name for p in pathlib.Path(os.environ['GALMORPH_RESULTS']).glob('*')])"
    root = make_course(lesson_01=GOOD, lesson_02=with_cell(listing))
    old = root / "_build" / "results" / "01.json"
    old.parent.mkdir(parents=True)
    old.write_text("{}", encoding="utf-8")
    assert call(root, "build", "2") == 0
    notebook = nbformat.read(root / "notebooks" / "02_tiny.ipynb", as_version=4)
    assert [output.text for output in notebook.cells[2].outputs] == ["[]\n"]
    assert json.loads((root / "data" / "results" / "02.json").read_text(encoding="utf-8"))["lesson"] == "02"
    assert (root / "_build" / "results" / "02.json").exists() and old.read_text(encoding="utf-8") == "{}"


# ---------------------------------------------------------------- further


def test_what_goes_further_is_found_built_and_checked_but_runs_only_by_its_name(make_course, capsys):
    here = GOOD.replace("total = 1 + 1", "total = 1 + 1\nimport os; print(os.path.basename(os.getcwd()))")
    root = make_course(lesson_02=GOOD, lesson_02f=here)
    assert [lesson.number for lesson in lessons.find(root)] == ["02"]
    assert [lesson.number for lesson in lessons.find(root, further=True)] == ["02", "02f"]
    assert {lessons.find(root, [name])[0].number for name in ("02f", "2f", "02f_tiny")} == {"02f"}
    assert call(root, "build") == 0 and call(root, "check") == 0
    out = capsys.readouterr().out
    assert "notebooks/further/02f_tiny.ipynb" in out and "02f  as it should be" in out
    notebook = nbformat.read(root / "notebooks" / "further" / "02f_tiny.ipynb", as_version=4)
    assert notebook.cells[2].outputs[0].text == "further\n"
    assert json.loads((root / "data" / "results" / "02f.json").read_text(encoding="utf-8"))["lesson"] == "02f"
    assert call(root, "run") == 0
    assert "02f" not in capsys.readouterr().out
    assert call(root, "run", "--lesson", "02f") == 0
    assert "1/1 claims hold  _build/02f_tiny.html" in capsys.readouterr().out


def test_the_result_of_what_goes_further_does_not_disturb_the_take_home_lesson(make_course):
    root = make_course(lesson_01=GOOD, lesson_10=GOOD.replace("# %%\ntotal", '# %% tags=["reads-results"]\ntotal'))
    last = lessons.find(root)[-1]
    before = running.fingerprint(root, last)
    for folder in ("_build", "data"):
        (root / folder / "results").mkdir(parents=True)
        (root / folder / "results" / "01f.json").write_text("{}")
    assert running.fingerprint(root, last) == before


def test_two_lessons_of_one_number_are_refused(make_course):
    root = make_course(lesson_02f=GOOD)
    (root / "notebooks" / "source" / "further" / "02f_other.py").write_text(GOOD)
    with pytest.raises(LookupError, match="02f_other.py and 02f_tiny.py are both lesson 02f"):
        lessons.find(root)


def test_the_table_links_to_what_goes_further(make_course):
    root = make_course(lesson_02=GOOD, lesson_02f=GOOD)
    (root / "pyproject.toml").write_text('[project]\nurls = {Repository = "https://github.com/me/course"}\n')
    (root / "README.md").write_text("{}\n{}\n".format(*reporting.MARKS))
    assert call(root, "table") == 0
    lines = (root / "README.md").read_text(encoding="utf-8").splitlines()
    assert [line[:5] for line in lines if line.startswith("| [")] == ["| [02"]
    link = "[02f Count the galaxies](notebooks/further/02f_tiny.ipynb)"
    assert lines[-2] == f"Further, for the second evening and in no schedule: {link}."


def test_figures_are_counted_with_those_of_observed_galaxies(make_course, capsys):
    """In the stored notebook and in the page of a run alike; stamps in a group are one figure, other pictures none."""
    code = """import numpy as np, matplotlib.pyplot as plt
from IPython.display import HTML, Image, display
import galmorph_helpers as gm
from dataclasses import replace
sky = gm.mock_sample(2, size=16)
gm.plots.gallery(sky, [0, 1], caption="drawn", alt="Two of them.")
mine = replace(sky, origin="folder", name="mine")
gm.plots.gallery(mine, [0, 1], caption="seen", alt="Two of them.")
for alt in ("A line of mock galaxies.", 'Observed "spectra" rise.', "An unobserved one."):
    gm.plots.style.show(plt.figure(), alt)
display(HTML('<img alt="observed" src="logo.png">'))"""
    root = make_course(lesson_01=with_cell(code), lesson_02=GOOD)
    assert call(root, "build", "1") == 0 and call(root, "run", "--once") == 0
    capsys.readouterr()
    assert call(root, "figures", "--named") == 0
    said = capsys.readouterr().out
    lines = [line.split() for line in said.splitlines()]
    assert ["01", "5", "(2)", "5", "(2)"] in lines and ["02", "not", "there", "0", "(0)"] in lines
    assert lines[-1] == ["all", "5", "(2)", "5", "(2)"]
    assert "Two of them. — seen — observed galaxies (mine)" in said and 'Observed "spectra" rise.' in said
