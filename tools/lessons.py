"""What a lesson is: a jupytext percent script, `notebooks/source/NN_name.py`, and the notebook that is made from it.

`executing.py` runs one, `checking.py` says what is wrong with one, `course.py` holds the commands.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python", "pygments_lexer": "ipython3"}


@dataclass(frozen=True)
class Lesson:
    number: str
    source: Path
    notebook: Path

    @property
    def name(self) -> str:
        return self.source.stem


def find(root: Path, numbers: list[str] | None = None) -> list[Lesson]:
    """The lessons of the course in order, or those named: "02", "2" and "02_train_a_cnn" all name lesson 02."""
    folder = root / "notebooks"
    sources = sorted((folder / "source").glob("[0-9][0-9]_*.py"))
    lessons = {s.name[:2]: Lesson(s.name[:2], s, folder / f"{s.stem}.ipynb") for s in sources}
    if not lessons:
        raise LookupError(f"{folder / 'source'} holds no lesson: a lesson is a file such as 02_train_a_cnn.py there")
    wanted = [n.partition("_")[0].zfill(2) for n in numbers or lessons]
    missing = [n for n in wanted if n not in lessons]
    if missing:
        raise LookupError(
            f"there is no lesson {', '.join(missing)} in {folder / 'source'}; there are {', '.join(lessons)}"
        )
    return [lessons[n] for n in sorted(set(wanted))]


def write_atomic(path: Path, text: str) -> None:
    """Write the whole file or, when cut short, nothing of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def read_source(path: Path) -> NotebookNode:
    """The unexecuted notebook that a source script stands for, the same bytes every time."""
    notebook = jupytext.read(path, fmt="py:percent")
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": LANGUAGE})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        if "solution" in tags(cell):  # JupyterLab shows the cell folded; the printed page folds it by its tag
            cell.metadata["jupyter"] = {"source_hidden": True}
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        cell.id = f"{digest}-{seen[digest]}"  # made of the content, so that a new cell leaves the other ids alone
        seen[digest] += 1
    return notebook


def write_notebook(notebook: NotebookNode, path: Path) -> None:
    nbformat.validate(notebook)
    write_atomic(path, nbformat.writes(notebook, version=4) + "\n")


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


# what is in it, in words


def outputs(notebook: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    return ((i, output) for i, cell in enumerate(notebook.cells) for output in cell.get("outputs", []))


def place(notebook: NotebookNode, index: int) -> str:
    """Where a cell is, in words a person can search for."""
    heading = ""
    for cell in notebook.cells[: index + 1]:
        if cell.cell_type == "markdown":
            heading = next((text for _, text in reversed(headings(cell.source))), heading)
    start = first_line(notebook.cells[index].source)
    return f'cell {index + 1} (under "{heading}", starts "{start[:50]}")'


def headings(markdown: str) -> list[tuple[int, str]]:
    """(level, text) of each heading, code blocks left out."""
    prose = re.sub(r"^(```|~~~).*?^\1", "", markdown, flags=re.M | re.S)
    return [(len(m[1]), m[2].strip()) for m in re.finditer(r"^(#{1,6})\s+(.+)$", prose, flags=re.M)]


def title(notebook: NotebookNode) -> str:
    return next((text for c in notebook.cells if c.cell_type == "markdown" for _, text in headings(c.source)), "")


def first_line(text: str) -> str:
    """The first line that says something, without terminal colours."""
    lines = [line.strip() for line in re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()]
    return next((line for line in lines if line), "")
