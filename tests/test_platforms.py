"""What differs from machine to machine: systems, workflows, releases."""

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import nbformat
import pytest
import yaml

import lane
from galmorph_helpers import runtime

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def test_a_system_without_the_module_resource_starts_and_runs(monkeypatch):
    monkeypatch.setitem(sys.modules, "resource", None)  # as on Windows: import raises ImportError
    assert runtime.peak_memory_mb() >= 0
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert runtime.peak_memory_mb() == runtime.peak_gpu_mb() == 0


def test_peak_memory_is_that_of_this_process():
    before = runtime.peak_memory_mb()
    held = b"x" * (300 << 20)
    assert runtime.peak_memory_mb() >= min(before + 1, len(held) >> 20)
    assert 50 < runtime.peak_memory_mb() < 100_000


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_follow_the_schema(path):
    jsonschema = pytest.importorskip("check_jsonschema")
    told = ["--builtin-schema", "vendor.github-workflows", str(path)]
    assert not jsonschema.main(told, standalone_mode=False)  # the exit status


def test_workflows_ask_for_what_the_project_has():
    """Targets of make, extras and markers that a workflow names are there."""
    makefile, project = ((ROOT / name).read_text(encoding="utf-8") for name in ("Makefile", "pyproject.toml"))
    steps = [
        step["run"]
        for path in WORKFLOWS
        for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values()
        for step in job["steps"]
        if "run" in step
    ]
    targets = {step.split()[1] for step in steps if step.startswith("make ")}
    assert {"setup", "lint", "test", "site"} <= targets
    assert not [name for name in targets if f"\n{name}:" not in makefile]
    extras = {name for step in steps if "'.[" in step for name in step.split("'.[")[1].split("]")[0].split(",")}
    assert extras and not [name for name in extras if f"\n{name} = [" not in project]
    assert [step for step in steps if "-m live" in step] and '"live: ' in project


def test_the_oldest_and_newest_python_are_tried():
    versions = set()
    for path in WORKFLOWS:
        for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values():
            versions.update(job.get("strategy", {}).get("matrix", {}).get("python", []))
            setup = [step for step in job["steps"] if "python" in str(step.get("uses"))]
            versions.update(step["with"]["python-version"] for step in setup)
    assert {"3.11", "3.12", "3.13"} <= versions


def test_the_lane_of_colab_names_releases_and_their_source():
    release, wanted = lane.listed("colab")
    text = (ROOT / "data/lanes/colab.txt").read_text(encoding="utf-8")
    assert release == "3.13" and "torch==2.11.0" in wanted and "release notes" in text and "2026" in text
    with pytest.raises(SystemExit, match="no lane 'kaggle'; there are colab"):
        lane.listed("kaggle")


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")), ids=lambda path: path.stem)
def test_a_lesson_on_colab_installs_this_checkout(path):
    notebook = lane.as_on_the_service(nbformat.read(path, as_version=4), "colab")
    (first,) = [cell.source for cell in notebook.cells if "google.colab" in cell.source and cell.cell_type == "code"]
    assert "git+https" not in first and ROOT.as_uri() in first and first.startswith("import sys, types")
    missing = {"photutils", "pooch", "safetensors"} - {word.strip('"').split(">")[0] for word in first.split()}
    assert not missing, f"Colab lacks {missing}, and the first cell does not install them"


def test_a_lane_says_what_failed(tmp_path, monkeypatch):
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(f'if "google.colab" in sys.modules:\n    "{lane.ADDRESS}"\n1 / 0')]
    )
    nbformat.write(notebook, tmp_path / "00_x.ipynb")
    monkeypatch.setenv("JUPYTER_PATH", str(lane.kernel(Path(sys.executable), "colab")))
    assert "ZeroDivisionError" in lane.run(tmp_path / "00_x.ipynb", "colab")


def test_a_lesson_of_a_lane_finds_nothing_that_another_installed(tmp_path, monkeypatch):
    python, installed, gone = tmp_path / "bin" / "python", {"torch", "numpy", "pip"}, []
    (tmp_path / "done").write_text("\n".join(installed), encoding="utf-8")
    monkeypatch.setattr(lane, "packages", lambda _: installed | {"photutils"})
    monkeypatch.setattr(lane.subprocess, "run", lambda command, **_: gone.append(command))
    lane.fresh_again(python)
    assert [command[-1] for command in gone] == ["photutils"] and "uninstall" in gone[0]
    monkeypatch.undo()
    assert {"numpy", "pytest"} <= lane.packages(Path(sys.executable))


def test_a_python_that_does_not_start_makes_no_lane(tmp_path, monkeypatch):
    for name, status in (("python3.98", 127), ("python3.99", 0)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {status}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert [lane.found(release) for release in ("3.97", "3.98")] == [sys.executable] * 2
    assert lane.found("3.99") == str(tmp_path / "python3.99")


def test_what_binder_builds_works_in_an_environment_of_its_own(tmp_path):
    """`postBuild` as Binder runs it: the packages are there, the course is not; offline, in another home."""
    own, clone = tmp_path / "env", tmp_path / "clone of the course"
    venv.create(own)  # pip and setuptools are those beside, too
    packages = next((own / "lib").glob("python*/site-packages"))
    beside = [path for path in map(Path, sys.path) if path.name == "site-packages"]
    (packages / "beside.pth").write_text("\n".join(map(str, beside)), encoding="utf-8")
    asked = own / "bin" / "jupyter"  # its own would change the settings of the environment that runs this test
    asked.write_text(f'#!/bin/sh\necho "$@" >> "{tmp_path}/asked"\n', encoding="utf-8")
    asked.chmod(0o755)
    kept = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE", "galmorph_helpers", "data", "binder")
    for name in kept:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, clone / name, ignore=shutil.ignore_patterns("__pycache__", "build"))
        elif source.exists():
            clone.mkdir(exist_ok=True)
            shutil.copy(source, clone / name)
    told = {"PATH": f"{own / 'bin'}:/usr/bin:/bin", "HOME": str(tmp_path), "PIP_NO_BUILD_ISOLATION": "0"}
    told |= {"PIP_NO_INDEX": "1", "GALMORPH_DATA": ""}
    done = subprocess.run(["bash", "binder/postBuild"], cwd=clone, env=told, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "labextension disable" in (tmp_path / "asked").read_text(encoding="utf-8")
    assert (tmp_path / ".cache/matplotlib").is_dir() and not (clone / "build").exists()
    code = "import galmorph_helpers as gm; print(gm.__file__); gm.start(); print(len(gm.mock_sample(8).images))"
    started = ["bash", str(clone / "binder/start"), str(own / "bin/python"), "-c", code]
    said = subprocess.run(started, cwd=tmp_path, env=told, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    assert said.stdout.splitlines()[0] == str(clone / "galmorph_helpers/__init__.py")
    assert said.stdout.splitlines()[-1] == "8"


def test_a_lesson_says_when_another_one_is_open(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(runtime, "observed_place", lambda: None)
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    monkeypatch.delenv("GALMORPH_QUIET", raising=False)
    runtime.start()
    runtime.start()  # the same lesson twice is one
    assert "Open besides" not in capsys.readouterr().out
    code = f"import tempfile; tempfile.tempdir = {str(tmp_path)!r}; from galmorph_helpers import runtime; " \
        "runtime.other_lessons(); print('open', flush=True); input()"  # fmt: skip
    with subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1, text=True, cwd=ROOT) as other:
        assert other.stdout.readline() == "open\n"
        runtime.start()
        assert "Open besides this lesson: 1 other, which may hold 1 GB" in capsys.readouterr().out
        monkeypatch.setenv("GALMORPH_QUIET", "1")
        runtime.start()
        assert "Open besides" not in capsys.readouterr().out  # not into stored notebooks
        other.kill()  # without a word: its mark stays behind
    monkeypatch.delenv("GALMORPH_QUIET")
    monkeypatch.setitem(sys.modules, "psutil", None)
    runtime.start()
    assert "Open besides" not in capsys.readouterr().out
