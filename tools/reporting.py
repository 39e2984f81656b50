"""What the course says of its lessons: a line each, the budget, the README's table."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import lessons
from checking import read_json, stored_result
from galmorph_helpers.course.counting import bound_words, is_short, standing, tally
from lessons import Lesson

LIMIT_SECONDS, LIMIT_MB, LIMIT_COURSE_SECONDS = 180, 1500, 1200
MARKS = "<!-- lessons: begin (written by tools/course.py table) -->", "<!-- lessons: end -->"


@dataclass
class Outcome:
    """One lesson's line in the report; stored beside its result as NN.stamp."""

    number: str
    fingerprint: str
    seconds: float
    peak_mb: float
    held: int
    claims: int
    page: str
    problem: str = ""
    current: bool = False
    solved_seconds: float | None = None
    solved_mb: float | None = None

    def line(self) -> str:
        cost = f"{self.number}  {self.seconds:.0f} s  {self.peak_mb:.0f} MB"
        what = "FAILED" if self.problem else f"{self.held}/{self.claims} claims hold"
        if self.solved_seconds is not None:
            cost += f" (solved: {self.solved_seconds:.0f} s  {self.solved_mb:.0f} MB)"
        return f"{cost}  {what}  {self.page}{'  (current)' if self.current else ''}"


def broken(result: dict) -> list[str]:
    """A sentence for each row that does not hold."""
    found = []
    for claim in result.get("claims", []):
        if claim.get("holds") or is_short(claim):  # that it falls short, the lesson's own text says
            continue
        what = "claim" if standing(claim) == "without control yet" else standing(claim)
        said = f"broken {what}: {claim['name']}: measured {claim['measured']}, expected {bound_words(claim)}"
        control = claim.get("control")
        if control and not control["breaks"]:
            said += f", which its control ({control['what']}: {control['value']:.4g}) must break"
        found.append(said)
    return found


def budget(outcomes: list[Outcome]) -> str:
    """Time and memory of each lesson, as a learner opens it and solved, beside what it may take."""
    limits = f"limits: {LIMIT_SECONDS} s and {LIMIT_MB} MB a lesson, either version"
    rows = ["\n" + cost_row("lesson", "seconds", "MB", "solved", "MB", limits)]
    for o in outcomes:
        over = [f"over {LIMIT_SECONDS} s"] * (max(o.seconds, o.solved_seconds or 0) > LIMIT_SECONDS)
        over += [f"over {LIMIT_MB} MB"] * (max(o.peak_mb, o.solved_mb or 0) > LIMIT_MB)
        solved = (f"{n:.0f}" if n is not None else "" for n in (o.solved_seconds, o.solved_mb))
        rows.append(cost_row(o.number, f"{o.seconds:.0f}", f"{o.peak_mb:.0f}", *solved, ", ".join(over)))
    total, peak = sum(o.seconds for o in outcomes), max(o.peak_mb for o in outcomes)
    again = [o for o in outcomes if o.solved_seconds is not None]
    longer, larger = sum(o.solved_seconds for o in again), max((o.solved_mb for o in again), default=0)
    solved = (f"{longer:.0f}", f"{larger:.0f}") if again else ("", "")
    over = f"over {LIMIT_COURSE_SECONDS} s" if total > LIMIT_COURSE_SECONDS else ""
    return "\n".join([*rows, cost_row("all", f"{total:.0f}", f"{peak:.0f}", *solved, over)])


def cost_row(number: str, seconds: str, mb: str, solved: str, solved_mb: str, over: str) -> str:
    return f"{number:>6}  {seconds:>7}  {mb:>5}  {solved:>6}  {solved_mb:>5}   {over}".rstrip()


def table(root: Path) -> int:
    """Write the README's table between its two marks."""
    readme = root / "README.md"
    text = readme.read_text(encoding="utf-8")
    if any(text.count(mark) != 1 for mark in MARKS):
        raise LookupError(
            f"{readme.name} must hold these two lines once each, the table goes between:\n{MARKS[0]}\n{MARKS[1]}"
        )
    before, rest = text.split(MARKS[0])
    rows = [table_row(root, lesson) for lesson in lessons.find(root)]
    head = ["| lesson | open | for a learner | to run | memory | findings held | hoped reached |"]
    head += ["| --- " * head[0].count(" | ") + "| --- |"]
    beyond = [lesson for lesson in lessons.find(root, further=True) if not lesson.number.isdigit()]
    links = ", ".join(f"[{o.number} {heading(o)}]({o.notebook.relative_to(root).as_posix()})" for o in beyond)
    after = ["", f"Further, for the second evening and in no schedule: {links}."] if beyond else []
    body = "\n".join([MARKS[0], *head, *rows, *after, MARKS[1]])
    lessons.write_whole(readme, before + body + rest.split(MARKS[1])[1])
    print(f"{readme.name}: {len(rows)} lessons")
    return 0


def table_row(root: Path, lesson: Lesson) -> str:
    """One lesson: what it asks of a learner, what it costs, how it fared here or, where it was not run, as stored."""
    notebook = f"notebooks/{lesson.name}.ipynb"
    results = root / "_build" / "results"
    result, stamp = read_json(results / f"{lesson.number}.json"), read_json(results / f"{lesson.number}.stamp")
    result = result or stored_result(lesson, root)
    colab = f"[Colab](https://colab.research.google.com/github/{repository(root)}/blob/main/{notebook})"
    cells = [f"[{lesson.number} {heading(lesson)}]({notebook})", colab, minutes(lesson), "not run", "", "", ""]
    if result:
        cost = {**result, **{k: stamp[k] for k in ("seconds", "peak_mb") if k in stamp}}
        cells[3] = f"{cost['seconds']:.0f} s" if cost.get("seconds") is not None else ""
        cells[4] = f"{cost['peak_mb']:.0f} MB" if cost.get("peak_mb") is not None else ""
        n = tally(result.get("claims", []))
        without = f"{n['without']} without control yet"
        counted = f"{n['held']} of {n['findings']}" + (f"; {without}" if n["without"] else "")
        cells[5] = counted if n["findings"] else without if n["without"] else "none"
        cells[6] = f"{n['reached']} of {n['hopes']}" if n["hopes"] else ""
    return f"| {' | '.join(cells)} |"


def heading(lesson: Lesson) -> str:
    """A lesson's title without a number of its own, fit for a table."""
    return re.sub(r"^\d+f?[.:\s]+", "", lessons.title(lessons.read_source(lesson.source))).replace("|", "\\|")


def minutes(lesson: Lesson) -> str:
    """What a lesson takes a learner: `minutes:` in its source's header, else what its first cell says of reading."""
    said = re.search(r"(\d+) minutes to read", lesson.source.read_text(encoding="utf-8"))
    stated = lessons.declared(lesson).get("minutes") or (said and said[1])
    return f"{stated} min" if stated else ""


def repository(root: Path) -> str:
    """owner/name, from the one place where it is written."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["urls"]["Repository"].removeprefix("https://github.com/")
