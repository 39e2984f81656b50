"""Say what is wrong with a lesson: what no reader should meet, what every reader needs."""

from __future__ import annotations

import html
import json
import os
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

import nbformat
from nbformat import NotebookNode

import exercising
from galmorph_helpers.course.counting import is_short, standing
from lessons import FOLDED, Lesson, first_line, headings, outputs, place, read_source, tags

MAX_BYTES = 3_000_000
MAX_CELLS, MAX_LINES, MAX_WIDTH = 30, 15, 100  # of a lesson's core: code cells, lines a cell, characters a line


def output_text(output: NotebookNode) -> str:
    """All that an output says in words: pictures are left out, since base64 may spell anything."""
    if output.output_type == "stream":
        return output.text
    said = "\n".join(str(v) for k, v in output.get("data", {}).items() if not k.startswith("image/") or "svg" in k)
    return re.sub(r'src="data:image/[^"]*"', "", said)


def machine_paths(root: Path) -> list[str]:
    """Folders of this machine that no reader should meet in an output."""
    folders = [Path.home(), root.resolve(), Path(tempfile.gettempdir()), Path(sys.prefix)]
    if os.path.exists(os.environ.get("GALMORPH_DATA", "")):
        folders.append(Path(os.environ["GALMORPH_DATA"]).resolve())
    return sorted({str(f) for f in folders if len(f.parts) > 1}, key=len, reverse=True)


def output_problems(notebook: NotebookNode, root: Path) -> list[str]:
    """What must not be published: tracebacks, warnings, paths and addresses of this machine, sheer size."""
    paths = machine_paths(root)
    anyones = re.compile(r"(?<![\w.])(/home/\w+|/Users/\w+|/root/|/tmp/|[A-Z]:\\Users)")
    found = []
    for index, output in outputs(notebook):
        text = output_text(output)
        path = next((p for p in paths if re.search(re.escape(p) + r"(?!\w)", text)), None) or anyones.search(text)
        if output.output_type == "error":
            found.append(f"{place(notebook, index)}: a traceback: {output.ename}: {first_line(output.evalue)}")
        elif output.get("name") == "stderr":
            found.append(f"{place(notebook, index)}: text on stderr: {first_line(text)[:120]}")
        elif path:
            shown = path if isinstance(path, str) else path[0]
            found.append(f"{place(notebook, index)}: a path of this machine ({shown}): print a name, not a path")
        elif re.search(r"\bat 0x[0-9a-f]{6,}", text):
            found.append(
                f"{place(notebook, index)}: a memory address: end the cell's last line with ';' or print something"
            )
    size = len(nbformat.writes(notebook, version=4).encode())
    if size > MAX_BYTES:
        sizes = Counter({i: len(json.dumps(c.get("outputs", []))) for i, c in enumerate(notebook.cells)})
        worst = ", ".join(f"{place(notebook, i)} {n / 1e6:.1f} MB" for i, n in sizes.most_common(2))
        found.append(
            f"{size / 1e6:.1f} MB, over {MAX_BYTES / 1e6:.0f} MB; largest: {worst}: lower a figure's dpi or size"
        )
    return found


def source_problems(notebook: NotebookNode) -> list[str]:
    """What a lesson needs to be read by everyone: one H1, ordered headings, a claims cell."""
    found = []
    levels = [
        (i, n, t) for i, c in enumerate(notebook.cells) if c.cell_type == "markdown" for n, t in headings(c.source)
    ]
    if not levels or levels[0][:2] != (0, 1):
        found.append("the first cell must open with the title, as '# Title'")
    for (_, before, _), (index, level, _) in zip(levels, levels[1:], strict=False):
        if level == 1:
            found.append(f"{place(notebook, index)}: a second H1; sections start with '##'")
        elif level > before + 1:
            found.append(f"{place(notebook, index)}: heading of level {level} under level {before}")
    if not any(c.cell_type == "code" and "claims" in tags(c) for c in notebook.cells):
        found.append(
            'no code cell is tagged "claims": write  # %% tags=["claims"]  above the cell that ends in claims.report()'
        )
    for index, cell in enumerate(notebook.cells):
        if "skip-execution" in tags(cell) and "nbval-skip" not in tags(cell):
            found.append(f'{place(notebook, index)}: tagged "skip-execution" without "nbval-skip"')
    return found + [f"{place(notebook, index)}: {what}" for index, what in exercising.problems(notebook)]


def core_problems(notebook: NotebookNode) -> list[str]:
    """What makes the core of a lesson too much to read: cells, their lines, and columns of any code."""
    core = [(i, c) for i, c in enumerate(notebook.cells) if c.cell_type == "code" and not FOLDED.intersection(tags(c))]
    found = [f"a core of {len(core)} code cells, {MAX_CELLS} at most"] if len(core) > MAX_CELLS else []
    for index, cell in core:
        lines = cell.source.splitlines()
        if len(lines) > MAX_LINES:
            found.append(f"{place(notebook, index)}: {len(lines)} lines, {MAX_LINES} at most")
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and any(len(line) > MAX_WIDTH for line in cell.source.splitlines()):
            found.append(f"{place(notebook, index)}: a line of over {MAX_WIDTH} characters")
    return found


def claim_problems(result: dict) -> list[str]:
    """Findings that could not have failed: without a control, or with one that keeps the bound."""
    found = []
    for claim in result.get("claims", []):
        if standing(claim) == "without control yet":
            found.append(f'the finding "{claim["name"]}" has no control: name what breaks its bound')
        elif claim.get("control") and not claim["control"]["breaks"] and not is_short(claim):
            found.append(f'the control of "{claim["name"]}" keeps the bound, so that the finding says nothing')
    return found


def short_problems(result: dict, notebook: NotebookNode) -> list[str]:
    """Findings that may fall short, where the text does not say so, or says so though they hold."""
    text = plain(" ".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown"))
    found = []
    for claim in result.get("claims", []):
        if claim.get("short") and claim["holds"]:
            found.append(f'"{claim["name"]}" holds: take out short=, and the sentence that says it does not')
        elif claim.get("short") and plain(claim["short"]) not in text:
            found.append(f'"{claim["name"]}" falls short, and the text does not say so: "{claim["short"]}"')
    return found


def plain(text: str) -> str:
    """Words alone: without line breaks, emphasis and marks of code."""
    return " ".join(re.sub(r"[*_`]", "", text).split())


def answer_problems(solved: NotebookNode, learners: NotebookNode) -> list[str]:
    """Lines of solutions that a learner can read before asking, in a cell or in what it prints."""
    texts = [(i, cell.source) for i, cell in enumerate(learners.cells)]
    texts += [(i, output_text(output)) for i, output in outputs(learners)]
    found: dict[str, str] = {}
    for index, text in texts:
        for number, line in given_away(solved, text):
            what = f"shows a line of the solution of {number}: {line[:60]}"
            found.setdefault(line, f"{place(learners, index)}: {what}")
    return list(found.values())


def given_away(solved: NotebookNode, text: str) -> list[tuple[str, str]]:
    """Exercise and line of each line of a solution that a text or a page shows, however it is spaced and quoted."""

    def bare(words: str) -> str:
        return re.sub(r"\s", "", html.unescape(words)).replace("'", '"')

    shown = bare(text)
    tasks = exercising.tasks(solved)
    return [(t.number, line) for t in tasks for line in exercising.hidden_lines(t.answer.source) if bare(line) in shown]


def verdict_problems(notebook: NotebookNode, *, solved: bool) -> list[str]:
    """Checks that refuse the lesson's own solution, or that take a stub for one."""
    found = []
    for task in exercising.tasks(notebook):
        points, said = exercising.verdict(task.check, task.number)
        if solved and points != task.points:
            found.append(f"the solution of {task.number} does not pass its check ({said or 'it says nothing'})")
        if not solved and points:
            found.append(f"the stub of {task.number} passes its check ({said})")
    return found


def sync_problems(source: NotebookNode, notebook: NotebookNode) -> list[str]:
    """How a stored notebook differs from its source in more than outputs, and whether it was run top to bottom."""
    for index, (want, have) in enumerate(zip(source.cells, notebook.cells, strict=False)):
        for part in ("cell_type", "source", "metadata", "id"):
            if want.get(part) != have.get(part):
                return [f"{place(source, index)}: its {part} differs from the stored notebook's"]
    if len(source.cells) != len(notebook.cells):
        return [f"the source has {len(source.cells)} cells, the stored notebook {len(notebook.cells)}"]
    # JupyterLab writes the release of the Python at hand into language_info when a notebook is opened and saved.
    want, have = ({**each.metadata, "language_info": None} for each in (source, notebook))
    if want != have:
        return ["the notebook's metadata differ from what the source gives"]
    runs = [(i, c) for i, c in enumerate(notebook.cells) if c.cell_type == "code" and c.source.strip()]
    runs = [(i, c) for i, c in runs if "skip-execution" not in tags(c)]
    for count, (index, cell) in enumerate(runs, start=1):
        if cell.execution_count != count:
            where = place(notebook, index)
            return [f"{where}: execution count {cell.execution_count}, expected {count}: not run top to bottom"]
    return []


def problems(lesson: Lesson, root: Path) -> list[str]:
    """All that is wrong with a lesson as it lies in the repository."""
    source, solved = read_source(lesson.source), read_source(lesson.source, solved=True)
    result = stored_result(lesson, root)
    found = source_problems(solved) + core_problems(source) + short_problems(result, solved) + claim_problems(result)
    if not lesson.notebook.exists():
        return [*found, "it has no notebook yet"]
    notebook = nbformat.read(lesson.notebook, as_version=4)
    found += sync_problems(source, notebook) + output_problems(notebook, root) + answer_problems(solved, notebook)
    found += verdict_problems(notebook, solved=False)
    if not exercising.tasks(solved):
        return found + ["it has a solutions notebook, but no exercise"] * lesson.solution.exists()
    if not lesson.solution.exists():
        return [*found, "it has no solutions notebook yet"]
    notebook = nbformat.read(lesson.solution, as_version=4)
    wrong = sync_problems(solved, notebook) + output_problems(notebook, root) + verdict_problems(notebook, solved=True)
    if read_json(solutions_file(lesson, root)) != solutions(solved):
        wrong.append("what gm.course.solution shows is not what the source says")
    return found + [f"solutions: {what}" for what in wrong]


def solutions(solved: NotebookNode) -> dict[str, str]:
    """What `gm.course.solution` shows, by number."""
    return {task.number: exercising.solution(task.answer.source) for task in exercising.tasks(solved)}


def solutions_file(lesson: Lesson, root: Path) -> Path:
    return root / "galmorph_helpers" / "course" / "exercises" / f"{lesson.number}.json"


def stored_result(lesson: Lesson, root: Path) -> dict:
    return read_json(root / "data" / "results" / f"{lesson.number}.json")


def read_json(path: Path) -> dict:
    """What a file holds; nothing where there is none, or where a run was cut short."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
