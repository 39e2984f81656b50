"""Pack what a class gets: the learners' notebooks, the package, the data that ship; no solution, no test, no tool."""

from __future__ import annotations

import zipfile
from pathlib import Path

import checking
import lessons

FILES = ("README.md", "LICENSE", "LICENSE-text.md", "CITATION.cff", "pyproject.toml", "setup.py", "MANIFEST.in",
         "constraints.txt", "environment.yml")  # fmt: skip
FOLDERS = ("galmorph_helpers", "data", "benchmarks")  # lessons link into all three
TOP = "galaxy-morphology"
START = """# Start here

You need Python 3.11 or newer. In this folder:

    python3 -m venv .venv
    .venv/bin/pip install -c constraints.txt -e '.[notebooks]'
    .venv/bin/jupyter lab --LabApp.default_url=/lab/tree/{first}

On Windows write `.venv\\Scripts\\` for `.venv/bin/`. With conda: `conda env create -f environment.yml`,
`conda activate galmorph`, `pip install --no-deps -e .`, then the last line without `.venv/bin/`.

To hand in your work, save the notebook and send the file `.ipynb`.
"""


def pack(root: Path, numbers: list[str] | None) -> Path:
    """Write the zip file; refuses lessons that are not as they should be, such as one that shows an answer."""
    chosen = lessons.find(root, numbers, further=True)
    wrong = [f"{lesson.number}: {what}" for lesson in chosen for what in checking.problems(lesson, root)]
    if wrong:
        raise LookupError("nothing was packed, a lesson is not as it should be:\n      " + "\n      ".join(wrong))
    paths = [lesson.notebook for lesson in chosen] + [root / name for name in FILES if (root / name).exists()]
    for folder in FOLDERS:
        paths += [p for p in sorted((root / folder).rglob("*")) if p.is_file() and "__pycache__" not in p.parts]
    out = root / "_build" / "student" / f"{TOP}.zip"
    out.parent.mkdir(parents=True, exist_ok=True)
    start = START.format(first=chosen[0].notebook.relative_to(root).as_posix())
    with lessons.whole_file(out) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(f"{TOP}/START.md", start)
        for path in paths:
            packed.write(path, f"{TOP}/{path.relative_to(root).as_posix()}")
    return out
