"""Grade notebooks that were handed in: who solved what.

The checks are run, not the lesson: its setup cells, then each exercise cell of the learner (found by the id that
nbgrader gives it) and the lesson's own check of it. nbgrader's autograder gives the same points, since the notebooks
carry its metadata, but it executes each lesson whole, which trains its networks once more for every learner, and it
wants a course folder of its own layout. Who has one can use it. A learner's code runs on this machine, here as there.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

import executing
import exercising
import lessons
from lessons import Lesson

COLUMNS = ("learner", "file", "exercise", "points", "of", "said")
CELL_SECONDS = 60  # a check that takes longer will not end


def grade(root: Path, folder: Path, tick: Callable[[str], None] = lambda text: None) -> list[dict]:
    """One row for each exercise of each notebook in a folder, in folders below it too.

    A notebook is that of the learner whose folder it lies in (the first below `folder`), or of its own name.
    """
    if not folder.is_dir():
        raise LookupError(f"{folder} is not a folder: name the one with the notebooks: make grade FOLDER=...")
    files = [p for p in sorted(folder.rglob("*.ipynb")) if ".ipynb_checkpoints" not in p.parts]
    if not files:
        raise LookupError(f"{folder} holds no notebook (*.ipynb): put each learner's into a folder of that name")
    by_number = {lesson.number: lesson for lesson in lessons.find(root, further=True)}
    rows = []
    for path in files:
        tick(str(path.relative_to(folder)))
        parts = path.relative_to(folder).parts
        who = {"learner": parts[0] if len(parts) > 1 else path.stem, "file": str(path.relative_to(folder))}
        rows += [who | row for row in marks_of(path, by_number)]
    return rows


def marks_of(path: Path, by_number: dict[str, Lesson]) -> list[dict]:
    """The marks of one file; one row with the reason where it has none."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:  # whatever was handed in under that name
        return [none(f"cannot be read as a notebook: {lessons.first_line(str(error))[:120]}")]
    found = {name.split("-")[1] for name in answers(notebook)} & set(by_number)
    if not found:
        return [none("holds no exercise of the course: its cells have lost their ids, or it is another notebook")]
    return [row for number in sorted(found) for row in marks(by_number[number], notebook)]


def none(why: str) -> dict:
    return {"exercise": "", "points": 0, "of": 0, "said": why}


def answers(notebook: NotebookNode) -> dict[str, str]:
    """What a learner wrote, by the id of the cell: {"exercise-02-1": code}."""
    ids = [(cell.metadata.get("nbgrader", {}).get("grade_id", ""), cell.source) for cell in notebook.cells]
    return {name: source for name, source in ids if name.startswith("exercise-") and name.count("-") == 2}


def marks(lesson: Lesson, submitted: NotebookNode, *, timeout: int = CELL_SECONDS) -> list[dict]:
    """Points of each exercise of a lesson, from the answers of a notebook.

    Raises
    ------
    LookupError
        If the lesson's own setup cells do not run here.
    """
    notebook, theirs = lessons.read_source(lesson.source, solved=True), answers(submitted)
    tasks = exercising.tasks(notebook)
    for task in tasks:
        task.answer.source = theirs.get(task.answer.metadata["nbgrader"]["grade_id"], "")
    setup = [cell for cell in notebook.cells if cell.cell_type == "code" and "setup" in lessons.tags(cell)]
    notebook.cells = setup + [cell for task in tasks for cell in (task.answer, task.check)]
    quiet = {"GALMORPH_QUIET": "1"}
    executing.execute(notebook, folder=lesson.notebook.parent, environment=quiet, timeout=timeout, go_on=True)
    failed = next((o for cell in setup for o in cell.outputs if o.output_type == "error"), None)
    if failed:
        raise LookupError(f"a setup cell of lesson {lesson.number} stops with {failed.ename}: {failed.evalue}")
    rows = []
    for task in tasks:
        points, said = exercising.verdict(task.check, task.number)
        error = next((o for o in task.answer.outputs if o.output_type == "error"), None)
        if error and not points:
            said = f"{task.number}: the cell stops with {error.ename}: {lessons.first_line(error.evalue)}"
        rows.append({"exercise": task.number, "points": points, "of": task.points, "said": said})
    return rows


def as_csv(rows: list[dict]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def as_text(rows: list[dict]) -> str:
    """A line a learner: the points of each exercise and their sum; below it, what could not be graded."""
    exercises = sorted({row["exercise"] for row in rows} - {""})
    learners = list(dict.fromkeys(row["learner"] for row in rows))
    width = max(map(len, (*learners, "learner")))
    lines = [f"{'learner':<{width}}  {'  '.join(f'{e:>5}' for e in exercises)}  points"]
    for learner in learners:
        own = [row for row in rows if row["learner"] == learner]
        best = {e: max((r["points"] for r in own if r["exercise"] == e), default=None) for e in exercises}
        of = {r["exercise"]: r["of"] for r in own}
        cells = "  ".join(f"{'-' if best[e] is None else format(best[e], 'g'):>5}" for e in exercises)
        total = sum(points for points in best.values() if points)
        lines.append(f"{learner:<{width}}  {cells}  {total:g} of {sum(of.values()):g}")
    lines += [f"{row['file']}: {row['said']}" for row in rows if not row["exercise"]]
    return "\n".join(lines)
