"""Say what is wrong with a lesson: what no reader should meet, what every reader needs."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from lessons import Lesson, first_line, headings, outputs, place, read_source, tags

MAX_BYTES = 3_000_000


def output_text(output: NotebookNode) -> str:
    """All that an output says in words: pictures are left out, since base64 may spell anything."""
    if output.output_type == "stream":
        return output.text
    said = "\n".join(str(v) for k, v in output.get("data", {}).items() if not k.startswith("image/") or "svg" in k)
    return re.sub(r'src="data:image/[^"]*"', "", said)


def machine_paths(root: Path) -> list[str]:
    """Folders of this machine that no reader should meet in an output."""
    folders = [Path.home(), root.resolve(), Path(tempfile.gettempdir()), Path(sys.prefix)]
    if os.environ.get("GALMORPH_DATA"):
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
    return found


def sync_problems(source: NotebookNode, notebook: NotebookNode) -> list[str]:
    """How a stored notebook differs from its source in more than outputs, and whether it was run top to bottom."""
    for index, (want, have) in enumerate(zip(source.cells, notebook.cells, strict=False)):
        for part in ("cell_type", "source", "metadata", "id"):
            if want.get(part) != have.get(part):
                return [f"{place(source, index)}: its {part} differs from the stored notebook's"]
    if len(source.cells) != len(notebook.cells):
        return [f"the source has {len(source.cells)} cells, the stored notebook {len(notebook.cells)}"]
    if source.metadata != notebook.metadata:
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
    source = read_source(lesson.source)
    if not lesson.notebook.exists():
        return [*source_problems(source), "it has no notebook yet"]
    notebook = nbformat.read(lesson.notebook, as_version=4)
    return source_problems(source) + sync_problems(source, notebook) + output_problems(notebook, root)
