"""What a lesson is: a jupytext percent script, `notebooks/source/NN_name.py`, and the notebooks that are made from it.

`notebooks/NN_name.ipynb` is the learner's; `solutions/NN_name.ipynb` has its exercises solved, where it has any.
What a lesson leaves for the second evening is `notebooks/source/further/NNf_name.py`, made into the folders `further`.
`executing.py` runs one, `checking.py` says what is wrong with one, `course.py` holds the commands.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat
import yaml
from nbformat import NotebookNode

import exercising
from exercising import tags
from galmorph_helpers.files import whole_file

OWN = Path(__file__).parents[1]
FURTHER = "further"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python", "pygments_lexer": "ipython3"}
FOLDED = {"setup", "claims"}  # tags of cells that are there to run, not to be read first


@dataclass(frozen=True)
class Lesson:
    number: str
    source: Path
    notebook: Path
    solution: Path

    @property
    def name(self) -> str:
        return self.source.stem


def find(root: Path, numbers: list[str] | None = None, *, further: bool = False) -> list[Lesson]:
    """The lessons of the schedule in order, with `further` what goes beyond it, too; or those that are named.

    "02", "2" and "02_train_a_cnn" all name lesson 02; "02f" and "2f" name `further/02f_*.py`.
    """
    sources = root / "notebooks" / "source"
    lessons: dict[str, Lesson] = {}
    for source in sorted([*sources.glob("[0-9][0-9]_*.py"), *sources.glob(f"{FURTHER}/[0-9][0-9]f_*.py")]):
        number, inside = source.name.partition("_")[0], source.relative_to(sources).with_suffix(".ipynb")
        if number in lessons:
            raise LookupError(f"{lessons[number].source.name} and {source.name} are both lesson {number}: renumber one")
        lessons[number] = Lesson(number, source, root / "notebooks" / inside, root / "solutions" / inside)
    if not lessons:
        raise LookupError(f"{sources} holds no lesson: a lesson is a file such as 02_train_a_cnn.py there")
    wanted = [n.partition("_")[0].rjust(2 + n.partition("_")[0].endswith("f"), "0") for n in numbers or ()]
    wanted = wanted or [n for n in lessons if further or n.isdigit()]
    missing = [n for n in wanted if n not in lessons]
    if missing:
        raise LookupError(f"there is no lesson {', '.join(missing)} in {sources}; there are {', '.join(lessons)}")
    return [lessons[n] for n in sorted(set(wanted))]


def root_of(folder: Path) -> Path:
    """The project that a folder of notebooks lies in."""
    return folder.parents[1] if folder.name == FURTHER else folder.parent


def write_whole(path: Path, text: str) -> None:
    """Write the whole file or, when cut short, nothing of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as part:
        part.write_text(text, encoding="utf-8")


def read_source(path: Path, *, solved: bool = False) -> NotebookNode:
    """The unexecuted notebook that a source script stands for, the same bytes every time."""
    notebook = jupytext.read(path, fmt="py:percent")
    if header(notebook):
        del notebook.cells[0]
    exercising.prepare(notebook, solved=solved)
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": LANGUAGE})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        if FOLDED.intersection(tags(cell)):
            cell.metadata |= {"jupyter": {"source_hidden": True}, "cellView": "form"}  # JupyterLab's word, and Colab's
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        cell.id = f"{digest}-{seen[digest]}"  # made of the content, so that a new cell leaves the other ids alone
        seen[digest] += 1
    return notebook


def header(notebook: NotebookNode) -> dict:
    """What a source says of itself between two lines `# ---` at its top: `minutes: 60`."""
    first = notebook.cells[0] if notebook.cells else None
    if first is None or first.cell_type != "raw" or not first.source.startswith("---"):
        return {}
    return yaml.safe_load(first.source.strip("-\n")) or {}


def declared(lesson: Lesson) -> dict:
    """The header of a lesson's source, as it stands on disk."""
    return header(jupytext.read(lesson.source, fmt="py:percent"))


def write_notebook(notebook: NotebookNode, path: Path) -> None:
    nbformat.validate(notebook)
    write_whole(path, nbformat.writes(notebook, version=4) + "\n")


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
