#!/usr/bin/env python3
"""Build, run and check the course.

course.py run [--lesson NN]   execute the lessons into _build/ (pages, results, a table of time and memory)
                              each with exercises twice: as a learner opens it, and solved;
                              NNf, in the folders further/, runs only where it is named
course.py build [NN ...]      make the executed notebooks/NN_name.ipynb (and solutions/) from its source
course.py check [NN ...]      say what is wrong with the notebooks as they are stored; executes nothing
course.py table               write the README's table of lessons from the last results
course.py figures [NN ...]    count the figures of each lesson and, in brackets, those of observed galaxies
course.py student [NN ...]    pack what a class gets into _build/student/
course.py grade FOLDER        say who solved what in the notebooks of a folder; the table goes to _build/grades.csv
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from nbformat import NotebookNode

# The package of this checkout is meant, not one that was installed from another.
sys.path.insert(0, str(Path(__file__).parents[1]))

import checking
import executing
import exercising
import figures
import grading
import lessons
import linking
import packing
from checking import read_json
from lessons import Lesson
from reporting import budget, table
from running import current_outcome, environment, run_lesson


class Ticker:
    """Says which lesson is at work; on a terminal the line counts seconds and cells until it is overwritten."""

    def __init__(self, label: str) -> None:
        self.label, self.start, self.live = label, time.perf_counter(), sys.stdout.isatty()
        print(label, end="" if self.live else "\n", flush=True)

    def __call__(self, what: str) -> None:
        if self.live:
            print(f"\r{self.label}  {time.perf_counter() - self.start:.0f} s  {what}\033[K", end="", flush=True)

    def end(self) -> None:
        if self.live:
            print("\r\033[K", end="", flush=True)


def run(root: Path, numbers: list[str] | None, *, force: bool, once: bool) -> int:
    outcomes, bad = [], []
    for lesson in lessons.find(root, numbers):
        outcome = None if force else current_outcome(root, lesson, solved=not once)
        notes: list[str] = []
        if outcome is None:
            ticker = Ticker(f"{lesson.number}  running {lesson.source.relative_to(root)}")
            try:
                outcome, notes = run_lesson(root, lesson, ticker, solved=not once)
            finally:
                ticker.end()
        print(outcome.line(), *notes, sep="\n      ", flush=True)
        outcomes.append(outcome)
        bad += [lesson.number] if notes else []
    linking.join(root)
    print(budget(outcomes))
    if bad:
        again = "".join(f"\n  make run LESSON={n}" for n in bad)
        print(
            f"\nLesson {', '.join(bad)} did not pass. The page in _build/ shows what happened; to try again:{again}",
            file=sys.stderr,
        )
    return 1 if bad else 0


def build(root: Path, numbers: list[str] | None) -> int:
    failed, built = False, []
    for lesson in lessons.find(root, numbers, further=True):
        where = lesson.notebook.relative_to(root)
        ticker = Ticker(f"{lesson.number}  building {where}")
        try:
            wrong, cost = build_lesson(root, lesson, ticker)
        finally:
            ticker.end()
        if wrong:
            failed = True
            print(f"{lesson.number}  NOT built, {where} is as it was", *wrong, sep="\n      ", flush=True)
        else:
            built.append(lesson.number)
            print(f"{lesson.number}  {cost}  {lesson.notebook.stat().st_size / 1e3:.0f} kB  {where}", flush=True)
    others = [lesson for lesson in lessons.find(root) if lesson.number not in built]
    for lesson in others if any(number.isdigit() for number in built) else ():
        if "read_results(" in lesson.source.read_text(encoding="utf-8"):
            print(f"{lesson.number}  shows the results of the others as they were: build it again, too", flush=True)
    return int(failed)


def build_lesson(root: Path, lesson: Lesson, tick: Callable[[str], None]) -> tuple[list[str], str]:
    """Make a lesson's notebook and, where it has exercises, the solved one; what is wrong with it, and what it took.

    All is checked before anything is written.
    """
    learners, solved = (lessons.read_source(lesson.source, solved=each) for each in (False, True))
    wrong = checking.source_problems(solved) + checking.core_problems(learners)
    if wrong:
        return wrong, ""
    done, found, wrong = executed(root, lesson, learners, lesson.notebook.parent, tick)
    wrong = wrong or checking.verdict_problems(learners, solved=False) + checking.answer_problems(solved, learners)
    wrong = wrong or checking.short_problems(found, learners) + checking.claim_problems(found)
    tasks = exercising.tasks(solved)
    if tasks and not wrong:
        _, _, wrong = executed(root, lesson, solved, lesson.solution.parent, tick)
        wrong = [f"solved: {what}" for what in wrong] or checking.verdict_problems(solved, solved=True)
        wrong = wrong or [
            f'exercise {row["exercise"]} cannot be graded by itself, tag "setup" what it needs ({row["said"]})'
            for row in grading.marks(lesson, solved)
            if row["points"] != row["of"]
        ]
    if wrong:
        return wrong, ""
    lessons.write_notebook(learners, lesson.notebook)
    if tasks:
        lessons.write_notebook(solved, lesson.solution)
        texts = json.dumps(checking.solutions(solved), indent=1, ensure_ascii=False)
        lessons.write_whole(checking.solutions_file(lesson, root), texts + "\n")
    found["peak_mb"] = max(found["peak_mb"], round(done.peak_mb))  # a lesson knows its own process only
    for folder in (root / "_build" / "results", root / "data" / "results"):  # stored with the notebook it belongs to
        lessons.write_whole(folder / f"{lesson.number}.json", json.dumps(found, indent=1, ensure_ascii=False))
    return [], f"{done.seconds:.0f} s  {found['peak_mb']} MB"


def executed(
    root: Path, lesson: Lesson, notebook: NotebookNode, folder: Path, tick: Callable[[str], None]
) -> tuple[executing.Run, dict, list[str]]:
    """Execute a notebook in its folder; what it took, the result it wrote, and what is wrong with it.

    Results go to an empty folder: a lesson that reads those of others reads what is stored with them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as fresh:
        done = executing.execute(notebook, folder=folder, environment=environment(Path(fresh)), tick=tick)
        found = read_json(Path(fresh) / f"{lesson.number}.json")
    wrong = [done.error] if done.error else checking.output_problems(notebook, root)
    return done, found, wrong or ([] if found else ["it wrote no result: its last code cell should be claims.report()"])


def check(root: Path, numbers: list[str] | None) -> int:
    found = {lesson: checking.problems(lesson, root) for lesson in lessons.find(root, numbers, further=True)}
    for lesson, wrong in found.items():
        print(f"{lesson.number}  {'as it should be' if not wrong else lesson.name}", *wrong, sep="\n      ")
    if any(found.values()):
        print("\nChange the source, then: make notebooks LESSON=NN", file=sys.stderr)
    return int(any(found.values()))


def student(root: Path, numbers: list[str] | None) -> int:
    out = packing.pack(root, numbers)
    print(f"{out.relative_to(root)}  {out.stat().st_size / 1e6:.1f} MB")
    return 0


def grade(root: Path, folder: Path) -> int:
    ticker = Ticker("grading")
    try:
        rows = grading.grade(root, folder.resolve(), ticker)
    finally:
        ticker.end()
    out = root / "_build" / "grades.csv"
    lessons.write_whole(out, grading.as_csv(rows))
    print(grading.as_text(rows))
    print(f"\n{out.relative_to(root)}: a row for each exercise, with what its check said")
    return 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--root", type=Path, default=Path(__file__).parents[1], help="folder of the course (default: this one)"
    )
    names = "{run,build,check,table,figures,student,grade}"
    commands = parser.add_subparsers(dest="command", required=True, metavar=names)
    for name in ("build", "check", "student"):
        commands.add_parser(name).add_argument("numbers", nargs="*", metavar="NN", help="lesson numbers (default: all)")
    running = commands.add_parser("run")
    running.add_argument("--lesson", action="append", metavar="NN", help="only this lesson (may be given again)")
    running.add_argument("--force", action="store_true", help="run lessons whose result is current, too")
    running.add_argument("--once", action="store_true", help="only the learner's version, not the solved one, too")
    commands.add_parser("table")
    counting = commands.add_parser("figures")
    counting.add_argument("numbers", nargs="*", metavar="NN", help="lesson numbers (default: all)")
    counting.add_argument("--named", action="store_true", help="say what each figure of observed galaxies shows")
    commands.add_parser("grade").add_argument("folder", type=Path, help="a folder with a folder for each learner")
    given = parser.parse_args(arguments)
    root = given.root.resolve()
    # The kernel of this environment, not one that the user's own Jupyter folder happens to hold.
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
    try:
        if given.command == "run":
            return run(root, given.lesson, force=given.force, once=given.once)
        if given.command == "table":
            return table(root)
        if given.command == "figures":
            print(figures.counts(root, given.numbers, named=given.named))
            return 0
        if given.command == "grade":
            return grade(root, given.folder)
        return {"build": build, "check": check, "student": student}[given.command](root, given.numbers)
    except (LookupError, OSError) as error:
        print(f"course.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped. Lessons that had ended are kept; the same command goes on from there.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
