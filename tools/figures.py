"""Count the figures of each lesson, and those of observed galaxies: as the notebook is stored, and in the last run."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup

import lessons
from lessons import Lesson, outputs

#: Every figure says whether its galaxies are simulated or observed.
OBSERVED = re.compile(r"\bobserved\b", re.IGNORECASE)


def figures(shown: str) -> list[str]:
    """What each figure of a page, or of the outputs of a notebook, says of itself: its alt text, with its caption.

    A figure is what `gm.plots` writes: a group of stamps below a caption, or one drawn image as wide as the page.
    """
    found = []
    for each in BeautifulSoup(shown, "html.parser").find_all(["div", "img"]):
        if each.name == "img" and "max-width:100%" in each.get("style", "") and each["src"].startswith("data:image/"):
            found.append(each["alt"])
        elif each.get("role") == "group" and each.find("div"):
            found.append(f"{each['aria-label']} — {each.find('div').get_text()}")
    return found


def of_observed(said: list[str]) -> list[str]:
    return [each for each in said if OBSERVED.search(each)]


def shown(path: Path) -> str:
    """The HTML that a page holds, or that the cells of a notebook gave."""
    if path.suffix == ".html":
        return path.read_text(encoding="utf-8")
    notebook = nbformat.read(path, as_version=4)
    return "\n".join(output.get("data", {}).get("text/html", "") for _, output in outputs(notebook))


def places(root: Path, lesson: Lesson) -> tuple[Path, Path]:
    """Where a lesson is stored, and its page of the last run."""
    return lesson.notebook, root / "_build" / f"{lesson.name}.html"


def counts(root: Path, numbers: list[str] | None = None, *, named: bool = False) -> str:
    """A line for each lesson: figures, and in brackets those of observed galaxies, stored and in the last run.

    With `named`, what each figure of observed galaxies says of itself stands below.
    """
    lines, totals = [f"{'lesson':8}{'stored':>12}{'last run':>12}"], [[0, 0], [0, 0]]
    for lesson in lessons.find(root, numbers, further=True):
        cells, below = [], []
        for total, path in zip(totals, places(root, lesson), strict=True):
            said = figures(shown(path)) if path.exists() else []
            total[0], total[1] = total[0] + len(said), total[1] + len(of_observed(said))
            cells.append(f"{len(said)} ({len(of_observed(said))})" if path.exists() else "not there")
            below = of_observed(said) or below
        lines.append(f"{lesson.number:8}" + "".join(f"{cell:>12}" for cell in cells))
        lines += [f"          {each}" for each in below] if named else []
    return "\n".join([*lines, f"{'all':8}" + "".join(f"{f'{a} ({b})':>12}" for a, b in totals)])
