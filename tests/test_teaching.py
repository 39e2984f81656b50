"""One small lesson from source to marks: generated, solved, broken, packed, and graded, by nbgrader, too."""

import csv
import json
import logging
import os
import re
import shutil
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

import course
import exercising
import grading
import lessons
import reporting

SAMPLE = Path(__file__).with_name("sample")
SOURCE = (SAMPLE / "98_small.py").read_text(encoding="utf-8")
RESULT = """
import json, os, pathlib
claim = {"name": "brighter by", "measured": 15.8, "at_least": 10, "holds": True}
claim["control"] = {"what": "the same magnitude", "value": 1, "breaks": True}
file = pathlib.Path(os.environ["GALMORPH_RESULTS"], "98.json")
file.write_text(json.dumps({"lesson": "98", "peak_mb": 90, "claims": [claim]}))
"""
# The same lesson, without the claims' and the plots' imports: it starts in a second.
QUICK = SOURCE.partition("claims.check")[0].replace('claims = gm.Claims("98")\n', "") + RESULT


def write_course(root, source=SOURCE):
    """A course of the one lesson; its exercises lie where those of real lessons do."""
    exercises = root / "galmorph_helpers" / "course" / "exercises"
    for folder in (exercises, root / "notebooks" / "source"):
        folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(SAMPLE / "lesson_98.py", exercises)
    pieces = '"\n    "'.join(re.findall(".{1,60}", str(exercises)))  # a long path, in lines that a lesson may have
    (root / "notebooks" / "source" / "98_small.py").write_text(source.replace("FOLDER", pieces), encoding="utf-8")
    return root


def call(root, *arguments):
    return course.main(["--root", str(root), *map(str, arguments)])


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    root = write_course(tmp_path_factory.mktemp("course"), QUICK)
    assert call(root, "build") == 0
    return root


def notebook_of(root, folder="notebooks"):
    return nbformat.read(root / folder / "98_small.ipynb", as_version=4)


def test_the_learners_notebook_has_stubs_and_goes_on(built):
    notebook = notebook_of(built)
    sources = [cell.source for cell in notebook.cells]
    stub = '    """Flux in nanomaggies of an AB magnitude."""\n    ...  # your code here: 1 line'
    assert sum(stub in source for source in sources) == 1
    assert "# Which share of the galaxies is edge-on?\n# Your code here: 1 line." in sources
    assert any("...  # your code here: 3 lines" in source for source in sources)
    said = "".join(o.text for c in notebook.cells for o in c.get("outputs", []) if o.output_type == "stream")
    assert "98.1: `to_flux` returns nothing yet" in said and "98.3: not answered yet" in said
    assert "98.1: the lesson goes on with the helper's `to_flux`" in said


def test_a_lesson_with_claims_is_built_run_and_put_into_the_table(tmp_path, capsys):
    root = write_course(tmp_path)
    assert call(root, "build") == 0 and call(root, "check") == 0
    said = "".join(o.text for c in notebook_of(root).cells for o in c.get("outputs", []) if o.output_type == "stream")
    assert "Findings: 1 of 1 hold. Not counted: 1 check." in said
    (root / "pyproject.toml").write_text('[project]\nurls = {Repository = "https://github.com/me/course"}\n')
    (root / "README.md").write_text("{}\n{}\n".format(*reporting.MARKS))
    assert call(root, "table") == 0
    row = (root / "README.md").read_text(encoding="utf-8").splitlines()[3]
    assert "| 10 min |" in row and row.endswith("MB | 1 of 1 |  |")


def test_a_run_executes_both_versions_and_says_what_each_took(tmp_path, capsys):
    slow = QUICK.replace("    recall = true", "    import time; time.sleep(3)\n    recall = true")
    root = write_course(tmp_path, slow)
    assert call(root, "run", "--once") == 0
    assert "(solved" not in capsys.readouterr().out and not (root / "_build" / "solutions").exists()
    assert call(root, "run") == 0
    said = capsys.readouterr().out
    assert "(current)" not in said, "the solved version was not run yet"
    cost = re.search(r"^    98 +(\d+) +(\d+) +(\d+) +(\d+)$", said, flags=re.M)
    seconds, mb, solved, solved_mb = map(int, cost.groups())
    assert f"98  {seconds} s  {mb} MB (solved: {solved} s  {solved_mb} MB)  1/1 claims hold" in said
    assert solved >= seconds + 3 and min(mb, solved_mb) > 20  # the check calls the slow solution twice
    assert "98.1: right." in (root / "_build" / "solutions" / "98_small.html").read_text(encoding="utf-8")
    assert call(root, "run") == 0 and "(current)" in capsys.readouterr().out


def test_a_run_finds_a_solution_that_does_not_pass(tmp_path, capsys):
    root = write_course(tmp_path, QUICK.replace("22.5 - magnitude", "22.4 - magnitude"))
    assert call(root, "run") == 1
    assert "solved: the solution of 98.1 does not pass its check (98.1: not yet" in capsys.readouterr().out
    assert not (root / "_build" / "results" / "98.stamp").exists()


def test_no_line_of_a_solution_is_in_the_learners_notebook(built):
    text = (built / "notebooks" / "98_small.ipynb").read_text(encoding="utf-8")
    for line in ("22.5 - magnitude", "true_positive /", "edge_on.mean()", "SOLUTION"):
        assert line not in text
    assert [exercising.hidden_lines(task.answer.source)[-1] for task in tasks(built)] == [
        "return 10 ** (0.4 * (22.5 - magnitude))", "return recall, precision", "share = edge_on.mean()",
    ]  # fmt: skip


def tasks(root):
    return exercising.tasks(lessons.read_source(lessons.find(root)[0].source, solved=True))


def test_the_solved_notebook_passes_every_check_and_solutions_are_packaged(built):
    notebook = notebook_of(built, "solutions")
    verdicts = [exercising.verdict(t.check, t.number) for t in exercising.tasks(notebook)]
    assert verdicts == [(2, "98.1: right."), (1, "98.2: right."), (1, "98.3: right.")]
    file = built / "galmorph_helpers" / "course" / "exercises" / "98.json"
    stored = json.loads(file.read_text(encoding="utf-8"))
    assert list(stored) == ["98.1", "98.2", "98.3"]
    assert "return 10 ** (0.4 * (22.5 - magnitude))" in stored["98.1"] and "SOLUTION" not in stored["98.1"]
    assert call(built, "check") == 0


def test_cells_carry_what_nbgrader_wants_to_know(built):
    validator = pytest.importorskip("nbgrader.nbgraderformat").MetadataValidator()
    for folder in ("notebooks", "solutions"):
        validator.validate_nb(notebook_of(built, folder))
    found = [cell.metadata["nbgrader"] for cell in notebook_of(built).cells if "nbgrader" in cell.metadata]
    assert [meta["grade_id"] for meta in found[:2]] == ["exercise-98-1", "check-98-1"]
    assert {meta["schema_version"] for meta in found} == {3}
    assert [meta.get("points") for meta in found] == [None, 2, None, 1, None, 1]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("22.5 - magnitude", "22.4 - magnitude", "the solution of 98.1 does not pass its check (98.1: not yet"),
        ("    ### BEGIN SOLUTION\n    # a comm", "    # a comm", "an exercise holds its solution between"),
        ('# %% tags=["check"]\ngm.course.check("98.2")', "# %%", 'an exercise is followed by a cell tagged "check"'),
        ('"98.2")', '"98.1")', "another exercise has this number"),
        ('gm.course.check("98.2")', 'gm.course.check("98.2");\nprint()', "ends in gm.course.check"),
        ("# %%\nuse", "# %%\n# as in 10 ** (0.4 * (22.5 - magnitude))\nuse", None),  # half a line gives nothing away
        ("# %%\nuse", "# %%\n# return 10 ** (0.4 * (22.5 - magnitude))\nuse", "shows a line of the solution of 98.1"),
        ("# %%\nuse", "# %%\nprint('share = edge_on.mean()'[0:40])\nuse", "shows a line of the solution of 98.3"),
        ("# %%\nuse", "# %%\n# share=edge_on.mean( )\nuse", "shows a line of the solution of 98.3"),
        ("# %%\nuse", "# %%\n### BEGIN SOLUTION\nuse", 'not tagged "exercise"'),
        ("# %%\nuse", "# %%\n" + "use = 1\n" * 20 + "use", "22 lines, 15 at most"),
        ("# %%\nuse", "# %%\nvery_long = 'x' * 3" + " + 0" * 30 + "\nuse", "a line of over 100 characters"),
        ('# %% tags=["setup"]\n', '# %% tags=["setup"]\n# ' + "long " * 30 + "\n", "a line of over 100 characters"),
        ('claim["control"]', "_", 'finding "brighter by" has no control'),
        ('"breaks": True', '"breaks": False', 'control of "brighter by" keeps the bound'),
        ("edge_on = np.array([1, 0, 0, 1, 0])\n", "", "NameError"),
    ],
)
def test_a_lesson_that_gives_answers_away_or_grades_wrongly_is_not_built(tmp_path, capsys, old, new, complaint):
    assert QUICK.count(old) == 1
    root = write_course(tmp_path, QUICK.replace(old, new))
    status, said = call(root, "build"), capsys.readouterr().out
    if complaint is None:
        assert status == 0
    else:
        assert status == 1 and complaint in said
        assert not list(root.rglob("*.ipynb"))


def test_an_exercise_that_needs_more_than_the_setup_cells_is_not_built(tmp_path, capsys):
    moved = QUICK.replace("edge_on = np.array([1, 0, 0, 1, 0])\n", "")
    moved = moved.replace("flux = use(", "edge_on = np.array([1, 0, 0, 1, 0])\nflux = use(")
    assert call(write_course(tmp_path, moved), "build") == 1
    assert 'exercise 98.3 cannot be graded by itself, tag "setup" what it needs' in capsys.readouterr().out


def test_a_control_that_keeps_the_bound_is_refused(tmp_path, capsys):
    weak = SOURCE.replace("flux[0] / flux[0])", "20 * flux[0] / flux[0])")
    assert call(write_course(tmp_path, weak), "build") == 1
    assert "1 of 2 claims do not hold: brighter by" in capsys.readouterr().out


SHORT = 'claim |= {"holds": False, "short": "Colour does *as well*."}\nfile = '


@pytest.mark.parametrize(
    ("text", "change", "complaint"),
    [
        ("Colour does\n# as well.", SHORT, None),
        ("Something else.", SHORT, '"brighter by" falls short, and the text does not say so: "Colour does *as well*."'),
        ("Colour does as well.", SHORT.replace("False", "True"), '"brighter by" holds: take out short='),
        ("Colour does as well.", 'claim["control"]["breaks"] = False\n' + SHORT, None),  # the simple method wins
    ],
)
def test_a_finding_may_fall_short_only_if_the_text_says_so(tmp_path, capsys, text, change, complaint):
    source = QUICK.replace("A small lesson", f"{text} A small lesson").replace("file = ", change)
    root = write_course(tmp_path, source)
    status = call(root, "build")
    assert status == (complaint is not None)
    if complaint:
        assert complaint in capsys.readouterr().out
    else:
        assert call(root, "check") == 0


def test_what_is_stored_is_checked_against_the_source(built, tmp_path, capsys):
    root = tmp_path / "copy"
    shutil.copytree(built, root)
    (root / "galmorph_helpers" / "course" / "exercises" / "98.json").write_text("{}", encoding="utf-8")
    assert call(root, "check") == 1
    assert "what gm.course.solution shows is not what the source says" in capsys.readouterr().out
    (root / "solutions" / "98_small.ipynb").unlink()
    assert call(root, "check") == 1
    assert "it has no solutions notebook yet" in capsys.readouterr().out
    shutil.copy(built / "solutions" / "98_small.ipynb", root / "notebooks")  # the answers, in the learners' place
    assert call(root, "check") == 1
    assert "shows a line of the solution of 98.1" in capsys.readouterr().out


# ---------------------------------------------------------------- a class

RIGHT = {
    "exercise-98-1": "def to_flux(m):\n    return 10 ** ((22.5 - m) / 2.5)",
    "exercise-98-2": "def scores(a, b, c):\n    return [a / (a + c), a / (a + b)]",
    "exercise-98-3": "share = 2 / 5",
}
CLASS = {  # learner: what the cells hold, and the points that it is worth
    "ada": (RIGHT, 4),
    "bo": ({**RIGHT, "exercise-98-2": "def scores(a, b, c):\n    return", "exercise-98-3": "share = 40"}, 2),
    "cleo": ({}, 0),
    "dan": ({"exercise-98-1": "def to_flux(m:", "exercise-98-2": "1 / 0", "exercise-98-3": "share = 'half'"}, 0),
}


def handed_in(built, answers):
    notebook = notebook_of(built)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = answers.get(name, cell.source)
    return notebook


def hand_in(built, folder, *, below=""):
    for learner, (answers, _) in CLASS.items():
        place = folder / learner / below
        place.mkdir(parents=True)
        nbformat.write(handed_in(built, answers), place / "98_small.ipynb")


def test_a_class_is_graded_by_the_checks(built, tmp_path, capsys):
    hand_in(built, tmp_path)
    (tmp_path / "eve").mkdir()
    (tmp_path / "eve" / "work.ipynb").write_text("%PDF", encoding="utf-8")
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "fay.ipynb")
    cheat = handed_in(built, {})
    for cell in cheat.cells:
        if cell.source.startswith("gm.course.check"):
            cell.source = "2"  # the lesson's own checks are run, not those that were handed in
    nbformat.write(cheat, tmp_path / "gil.ipynb")
    assert call(built, "grade", tmp_path) == 0
    said = capsys.readouterr().out
    with (built / "_build" / "grades.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    totals = {}
    for row in rows:
        totals[row["learner"]] = totals.get(row["learner"], 0) + float(row["points"])
    assert totals == {learner: points for learner, (_, points) in CLASS.items()} | {"eve": 0, "fay": 0, "gil": 0}
    sentences = {(row["learner"], row["exercise"]): row["said"] for row in rows}
    assert sentences["bo", "98.2"].endswith("`scores` returns nothing yet. Write its lines, and end with `return`.")
    assert sentences["bo", "98.3"].endswith("A share is wanted, not percent.")
    assert sentences["dan", "98.1"].startswith("98.1: the cell stops with SyntaxError")
    assert "98.3: `share` is the text 'half', a number is needed." in sentences["dan", "98.3"]
    assert "cannot be read as a notebook" in sentences["eve", ""]
    assert "holds no exercise of the course" in sentences["fay", ""]
    lines = {line.split()[0]: line.split()[1:] for line in said.splitlines() if line}
    assert lines["ada"] == ["2", "1", "1", "4", "of", "4"] and lines["bo"] == ["2", "0", "0", "2", "of", "4"]


def test_an_answer_that_never_ends_costs_its_points_and_no_more(built):
    endless = handed_in(built, RIGHT | {"exercise-98-1": "def to_flux(m):\n    while True:\n        pass"})
    (lesson,) = lessons.find(built)
    rows = grading.marks(lesson, endless, timeout=12)
    assert [row["points"] for row in rows] == [0, 1, 1]
    assert rows[0]["said"] == "98.1: it did not end in time"


@pytest.mark.parametrize("folder", ["nowhere", "empty"])
def test_nothing_to_grade_is_said(built, tmp_path, folder, capsys):
    (tmp_path / "empty").mkdir()
    assert call(built, "grade", tmp_path / folder) == 2
    assert "course.py: " in capsys.readouterr().err


def test_nbgrader_generates_and_gives_the_same_points(built, tmp_path, monkeypatch):
    """Its own pipeline, from the solved notebook: the release has no answers, the class gets the points it should."""
    apps = pytest.importorskip("nbgrader.apps")
    from traitlets.config import Config

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")  # it calls alembic
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    monkeypatch.setenv("GALMORPH_QUIET", "1")
    monkeypatch.setenv("GALMORPH_RESULTS", str(tmp_path / "results"))
    (tmp_path / "source" / "98").mkdir(parents=True)
    shutil.copy(built / "solutions" / "98_small.ipynb", tmp_path / "source" / "98")
    config = Config()
    config.CourseDirectory.root = str(tmp_path)
    config.CourseDirectory.course_id = "galaxies"
    config.NbGraderAPI.log_level = logging.ERROR
    api = apps.NbGraderAPI(config=config)
    made = api.generate_assignment("98")
    assert made["success"], made["log"]
    release = (tmp_path / "release" / "98" / "98_small.ipynb").read_text(encoding="utf-8")
    assert "22.5 - magnitude" not in release and "SOLUTION" not in release
    hand_in(built, tmp_path / "submitted", below="98")
    for learner, (_, points) in CLASS.items():
        graded = api.autograde("98", learner)
        assert graded["success"], graded["log"]
        with api.gradebook as book:
            submission = book.find_submission("98", learner)
            assert (learner, submission.score, submission.max_score) == (learner, points, 4)


def test_a_class_gets_notebooks_and_package_without_solutions_tests_and_tools(built):
    for name in ("README.md", "pyproject.toml", "tests/test_x.py", "tools/course.py", "data/table.csv"):
        (built / name).parent.mkdir(exist_ok=True)
        (built / name).write_text("x = 1", encoding="utf-8")
    assert call(built, "student") == 0
    packed = zipfile.ZipFile(built / "_build" / "student" / "galaxy-morphology.zip")
    names = {name.removeprefix("galaxy-morphology/") for name in packed.namelist()}
    assert {"START.md", "README.md", "notebooks/98_small.ipynb", "data/table.csv"} <= names
    assert not [name for name in names if name.startswith(("solutions", "tests", "tools", "notebooks/source"))]
    assert b"/lab/tree/notebooks/98_small.ipynb" in packed.read("galaxy-morphology/START.md")


def test_nothing_is_packed_that_is_not_as_it_should_be(built, tmp_path, capsys):
    root = tmp_path / "copy"
    shutil.copytree(built, root)
    shutil.copy(root / "solutions" / "98_small.ipynb", root / "notebooks")
    assert call(root, "student") == 2
    assert "shows a line of the solution" in capsys.readouterr().err


def test_exercises_of_a_lesson_that_goes_further(tmp_path):
    source = QUICK.replace("98.", "98f.").replace('"lesson": "98"', '"lesson": "98f"')
    root = write_course(tmp_path, source)
    exercises = root / "galmorph_helpers" / "course" / "exercises"
    text = (exercises / "lesson_98.py").read_text(encoding="utf-8")
    (exercises / "lesson_98f.py").write_text(text.replace('"98.', '"98f.'), encoding="utf-8")
    sources = root / "notebooks" / "source"
    (sources / "further").mkdir()
    (sources / "98_small.py").rename(sources / "further" / "98f_small.py")
    assert call(root, "build", "98f") == 0 and call(root, "check", "98f") == 0
    handed = tmp_path / "handed_in" / "ada" / "98f_small.ipynb"
    handed.parent.mkdir(parents=True)
    shutil.copy(root / "solutions" / "further" / "98f_small.ipynb", handed)
    rows = grading.grade(root, handed.parents[1])
    assert [(row["exercise"], row["points"]) for row in rows] == [("98f.1", 2), ("98f.2", 1), ("98f.3", 1)]
    assert list(json.loads((exercises / "98f.json").read_text(encoding="utf-8"))) == ["98f.1", "98f.2", "98f.3"]
