"""Run a lesson into _build/: the learner's version, then the solved one; what it took, what is wrong with it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import checking
import executing
import exercising
import lessons
import linking
from checking import read_json
from lessons import Lesson
from reporting import Outcome, broken

TOLD = ("GALMORPH_DATA", "GALMORPH_SEED", "GALMORPH_DEVICE")  # variables that can change a result


def fingerprint(root: Path, lesson: Lesson) -> str:
    """Changes with whatever can change the lesson's result: source, package, data, tested versions, seed, device."""
    files = [
        lesson.source,
        root / "constraints.txt",
        *(p for p in (root / "galmorph_helpers").rglob("*") if p.suffix in (".py", ".pyi", ".json")),
        *(p for p in (root / "data").rglob("*") if p.parent.name != "results"),
    ]
    if '"reads-results"' in lesson.source.read_text(encoding="utf-8"):  # such as the take-home lesson
        folders = (root / "data" / "results", root / "_build" / "results")
        files += (p for folder in folders for p in folder.glob("[0-9][0-9].json") if p.stem != lesson.number)
    told = [f"{name}={os.environ.get(name, '')}" for name in TOLD]
    digest = hashlib.sha256("\0".join(told).encode())
    for place, size, when in listing(os.environ.get("GALMORPH_DATA")):
        digest.update(f"\0{place}\0{size}\0{when}".encode())
    for path in sorted(p for p in files if p.is_file()):
        digest.update(f"\0{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def listing(folder: str | None) -> list[tuple[str, int, int]]:
    """Name, size and date of each file of the observed sets: too many to read, but a set that was added shows."""
    found = []
    if folder and os.path.isfile(folder):  # a bundle
        facts = os.stat(folder)
        return [(os.path.basename(folder), facts.st_size, facts.st_mtime_ns)]
    for place, _, names in os.walk(folder or os.devnull):
        for name in names:
            facts = os.stat(os.path.join(place, name), follow_symlinks=False)
            found.append((os.path.relpath(os.path.join(place, name), folder), facts.st_size, facts.st_mtime_ns))
    return sorted(found)


def current_outcome(root: Path, lesson: Lesson, *, solved: bool = True) -> Outcome | None:
    """The stored outcome, when nothing that it rests on has changed since; with `solved`, only of both versions."""
    results = root / "_build" / "results"
    stored, result = read_json(results / f"{lesson.number}.stamp"), read_json(results / f"{lesson.number}.json")
    if not result or stored.get("fingerprint") != fingerprint(root, lesson) or broken(result):
        return None
    outcome = Outcome(**{**stored, "current": True})
    if solved and outcome.solved_seconds is None and has_exercises(lesson):
        return None
    return outcome if (root / outcome.page).exists() else None


def environment(results: Path) -> dict[str, str]:
    """What the notebooks are told: where results go, that a broken claim is an error, where observed data are."""
    env = {"GALMORPH_RESULTS": str(results), "GALMORPH_STRICT": "1", "GALMORPH_QUIET": "1"}
    place = os.environ.get("GALMORPH_DATA")
    if place and os.path.exists(place):  # an address is what it is everywhere
        env["GALMORPH_DATA"] = str(Path(place).resolve())
    return env


def has_exercises(lesson: Lesson) -> bool:
    return bool(exercising.tasks(lessons.read_source(lesson.source, solved=True)))


def run_lesson(
    root: Path, lesson: Lesson, tick: Callable[[str], None], *, solved: bool = True
) -> tuple[Outcome, list[str]]:
    """Execute one lesson, write its page and its stamp; returns its outcome and the sentences to print below.

    With `solved`, a lesson with exercises that came through is executed once more with all of them solved.
    """
    results = root / "_build" / "results"
    stamp, result_path = results / f"{lesson.number}.stamp", results / f"{lesson.number}.json"
    results.mkdir(parents=True, exist_ok=True)
    mark, before = fingerprint(root, lesson), modified(result_path)
    notebook, folder = lessons.read_source(lesson.source), lesson.notebook.parent
    folder.mkdir(parents=True, exist_ok=True)
    run = executing.execute(notebook, folder=folder, environment=environment(results), tick=tick)
    page = root / "_build" / f"{lesson.name}.html"
    lessons.write_whole(page, linking.from_page(executing.page(notebook, lesson.name, folder), folder, page))
    if modified(result_path) == before:  # the claims cell was not reached: an older result must not pass for this one
        result_path.unlink(missing_ok=True)
    result = read_json(result_path)
    claims = result.get("claims", [])
    notes = broken(result)
    problem = "" if notes else run.error  # a broken claim is the error of the claims cell, and says it better
    if not result and not problem:
        problem = "it wrote no result: its last code cell should be claims.report()"
    notes += [problem] if problem else []
    held = sum(bool(c.get("holds")) for c in claims)
    where = str(page.relative_to(root))
    outcome = Outcome(lesson.number, mark, round(run.seconds, 1), round(run.peak_mb), held, len(claims), where, problem)
    if solved and not notes and has_exercises(lesson):
        again, wrong = run_solved(root, lesson, lambda what: tick(f"solved, {what}"))
        outcome = replace(outcome, solved_seconds=round(again.seconds, 1), solved_mb=round(again.peak_mb))
        outcome.problem, notes = "; ".join(wrong), wrong
    if notes:
        stamp.unlink(missing_ok=True)
    else:
        lessons.write_whole(stamp, json.dumps(asdict(outcome), indent=1) + "\n")
    return outcome, notes


def run_solved(root: Path, lesson: Lesson, tick: Callable[[str], None]) -> tuple[executing.Run, list[str]]:
    """Execute the solved version and write its page; what it took, and what is wrong with it.

    Its result, which is the learner's again, goes nowhere; those of other lessons are there for it to read.
    """
    notebook = lessons.read_source(lesson.source, solved=True)
    lesson.solution.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as own:
        for file in (root / "_build" / "results").glob("*.json"):
            shutil.copy(file, own)
        folder, told = lesson.solution.parent, environment(Path(own))
        run = executing.execute(notebook, folder=folder, environment=told, tick=tick)
    page = root / "_build" / "solutions" / f"{lesson.name}.html"
    lessons.write_whole(page, linking.from_page(executing.page(notebook, lesson.name, folder), folder, page))
    wrong = [run.error] if run.error else checking.verdict_problems(notebook, solved=True)
    return run, [f"solved: {what}" for what in wrong]


def modified(path: Path) -> int | None:
    return path.stat().st_mtime_ns if path.exists() else None
