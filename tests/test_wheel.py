"""An installed package has all that the lessons read: the wheel is built, unpacked, and used far from the clone."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE", "galmorph_helpers", "data")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with the package as a wheel installs it; built from a copy, since building leaves things behind."""
    copy, out = tmp_path_factory.mktemp("clone"), tmp_path_factory.mktemp("wheel")
    for name in SOURCE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif (ROOT / name).exists():
            shutil.copy(ROOT / name, copy / name)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet", "-w", out, copy]
    subprocess.run(command, check=True, capture_output=True, text=True)
    (wheel,) = out.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(out / "site")
    return out / "site"


def run(code, folder, **environment):
    """What a Python that knows only this folder prints; `folder` is also its working directory."""
    keep = {name: value for name, value in os.environ.items() if not name.startswith("GALMORPH_")}
    told = {**keep, "PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1", **environment}
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=told, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    return done.stdout


def test_a_wheel_has_results_weights_tables_and_the_registry(installed):
    code = """
import galmorph_helpers as gm
from galmorph_helpers.archive.registry import load_registry
from galmorph_helpers.files import shipped
print(gm.__file__)
results = gm.course.read_results(but=["10"])
print(*results, *{r["where"] for r in results.values()}, sum(len(r["claims"]) for r in results.values()) > 100)
print(len(load_registry()["sets"]) > 5, shipped("transfer_mock.csv"))
gm.load_weights(gm.CompactCNN(), "mock_trunk")
"""
    where, results, others = run(code, installed).splitlines()
    assert where == str(installed / "galmorph_helpers" / "__init__.py")
    assert results == "00 01 02 03 04 05 06 07 08 09 stored True"
    assert others == f"True {installed / 'galmorph_helpers' / 'data' / 'transfer_mock.csv'}"


def test_the_wheel_holds_the_data_folder_and_nothing_else_beside_the_package(installed):
    stored = {path.relative_to(ROOT / "data") for path in (ROOT / "data").rglob("*") if path.is_file()}
    data = installed / "galmorph_helpers" / "data"
    assert {path.relative_to(data) for path in data.rglob("*") if path.is_file()} == stored
    assert {path.name for path in installed.iterdir() if path.suffix != ".dist-info"} == {"galmorph_helpers"}
