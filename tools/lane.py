#!/usr/bin/env python3
"""Run the lessons in an environment like that of a service: the releases listed in data/lanes/NAME.txt.

lane.py NAME [--lesson NN ...]    make _build/lanes/NAME (once; --fresh anew), execute the stored notebooks there
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

ROOT = Path(__file__).parents[1]
SERVICE = {"colab": "google.colab"}  # the module by which a lesson's first cell knows where it is
ADDRESS = "git+https://github.com/galmorph/galaxy-morphology-course"


def listed(name: str) -> tuple[str, list[str]]:
    """Python's release and the requirements of a lane."""
    path = ROOT / "data" / "lanes" / f"{name}.txt"
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.txt")))
        raise SystemExit(f"There is no lane {name!r}; there are {known}.")
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    python = next(line for line in lines if line.startswith("python=="))
    return python.removeprefix("python=="), [line for line in lines if line != python]


def found(release: str) -> str:
    """A Python of a release if it starts (pyenv's stand-ins may not), else this one."""
    python = shutil.which(f"python{release}")
    starts = python and subprocess.run([python, "--version"], capture_output=True).returncode == 0
    return python if starts else sys.executable


def made(name: str, *, python: str = "", fresh: bool = False) -> Path:
    """The lane's own Python, installed once. A release that this system lacks is said, and its newest one taken."""
    release, wanted = listed(name)
    folder = ROOT / "_build" / "lanes" / name
    done, own = folder / "done", folder / "bin" / "python"
    if done.exists() and not fresh:
        return own
    shutil.rmtree(folder, ignore_errors=True)
    python = python or found(release)
    subprocess.run([python, "-m", "venv", folder], check=True)
    pip = [own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*pip, *wanted]).returncode:
        for requirement in wanted:
            if subprocess.run([*pip, requirement], capture_output=True).returncode:
                print(f"  {requirement} cannot be installed here: the newest release stands in", flush=True)
                subprocess.run([*pip, requirement.split("==")[0]], check=True)
    version = subprocess.run([own, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    print(f"  lane {name}: Python {version} (the service has {release})", flush=True)
    done.write_text("\n".join(packages(own)), encoding="utf-8")
    return own


def packages(python: Path) -> set[str]:
    """Names of what is installed beside a Python."""
    told = subprocess.run([python, "-m", "pip", "list", "--format=json"], capture_output=True, text=True, check=True)
    return {each["name"] for each in json.loads(told.stdout)}


def fresh_again(python: Path) -> None:
    """Take out what a lesson has installed: on the service, each begins on a machine of its own."""
    more = packages(python) - set((python.parents[1] / "done").read_text(encoding="utf-8").split())
    if more:
        subprocess.run([python, "-m", "pip", "uninstall", "--quiet", "--yes", *sorted(more)], check=True)


def kernel(python: Path, name: str) -> Path:
    """A folder for JUPYTER_PATH that knows the lane's Python as a kernel."""
    folder = ROOT / "_build" / "lanes" / "jupyter"
    spec = folder / "kernels" / f"lane-{name}" / "kernel.json"
    spec.parent.mkdir(parents=True, exist_ok=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.write_text(json.dumps({"argv": argv, "display_name": name, "language": "python"}), encoding="utf-8")
    return folder


def as_on_the_service(notebook: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    """The notebook, which takes itself to be on the service and installs this checkout, not the published one."""
    told = f"import sys, types\nsys.modules[{SERVICE[name]!r}] = types.ModuleType({SERVICE[name]!r})"
    for cell in notebook.cells:
        if cell.cell_type == "code" and SERVICE[name] in cell.source:
            if ADDRESS not in cell.source:
                raise SystemExit(f"the first cell does not install {ADDRESS!r}: mend it, or this tool's address")
            cell.source = told + "\n" + cell.source.replace(ADDRESS, ROOT.as_uri())
            return notebook
    raise SystemExit(f"no cell of the notebook asks for {SERVICE[name]}: it does not install the course there")


def run(path: Path, name: str) -> str:
    """Execute one notebook far from the clone; the first error in words, or "" for none."""
    notebook = as_on_the_service(nbformat.read(path, as_version=4), name)
    away = ROOT / "_build" / "lanes" / "away"
    away.mkdir(parents=True, exist_ok=True)
    client = NotebookClient(
        notebook, timeout=900, kernel_name=f"lane-{name}", resources={"metadata": {"path": str(away)}}
    )
    try:
        client.execute(env={**os.environ, "GALMORPH_RESULTS": str(away / "results"), "GALMORPH_QUIET": "1"})
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        return str(error).strip().splitlines()[-1]
    except AssertionError:  # nbclient's own, as it tidies up after that
        return "the kernel died"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="a file of data/lanes, without .txt")
    parser.add_argument("--lesson", action="append", default=[], metavar="NN", help="by default all")
    parser.add_argument("--python", default="", help="which Python the lane is made with")
    parser.add_argument("--fresh", action="store_true", help="make the environment anew")
    given = parser.parse_args()
    python = made(given.name, python=given.python, fresh=given.fresh)
    os.environ["JUPYTER_PATH"] = str(kernel(python, given.name))
    failed = 0
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        if given.lesson and path.name[:2] not in given.lesson:
            continue
        fresh_again(python)
        said = run(path, given.name)
        failed += bool(said)
        print(f"  {path.stem}  {said or 'ran'}", flush=True)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
