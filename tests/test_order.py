"""The house has an order: lower floors never import higher ones, nothing imports in circles, nothing hides a module."""

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import galmorph_helpers as gm

ROOT = Path(__file__).parents[1]
TEXTS = (
    "README.md", "CONTRIBUTING.md", "guide/**/*.md", "data/**/*.md", "docs/*", "benchmarks/*", "tools/*.py",
    "notebooks/source/**/*.py",
)  # fmt: skip
ROOMS = sorted(m.name for m in pkgutil.iter_modules(gm.__path__) if m.ispkg)


def test_imports_point_down_and_never_in_circles():
    """The contracts stand in pyproject.toml, under tool.importlinter."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


def test_the_top_is_small():
    assert len(gm.__all__) <= 45
    modules = [m.name for m in pkgutil.iter_modules(gm.__path__) if not m.ispkg]
    assert len(modules) + 1 <= 8, modules


@pytest.mark.parametrize("room", ROOMS)
def test_what_a_room_offers_is_there_and_hides_no_module(room):
    package = importlib.import_module(f"galmorph_helpers.{room}")
    modules = {m.name for m in pkgutil.iter_modules(package.__path__)}
    for name in package.__all__:
        thing = getattr(package, name)
        if name in modules:
            assert getattr(thing, "__name__", "").endswith(f"{room}.{name}"), f"{room}.{name} shadows its module"
        elif callable(thing):
            assert thing.__doc__ and len(thing.__doc__) > 40, f"gm.{room}.{name} needs a docstring"


def resolves(name):
    """Whether "gm.room.name" is there; what follows a function or a value, such as `.T`, is not looked at."""
    thing = gm
    for part in name.split(".")[1:]:
        if not (inspect.ismodule(thing) or inspect.isclass(thing)):
            return True
        if not hasattr(thing, part):
            return False
        thing = getattr(thing, part)
    return True


def test_names_in_the_texts_are_there():
    files = sorted(path for pattern in TEXTS for path in ROOT.glob(pattern) if path.is_file())
    named = {
        (path.name, name)
        for path in files
        for name in re.findall(r"\bgm(?:\.[A-Za-z_]\w*)+", path.read_text(encoding="utf-8"))
    }
    assert len(named) > 300, "the walk must see the texts"
    assert not resolves("gm.measure.nothing") and not resolves("gm.nothing")
    assert [f"{file}: {name}" for file, name in named if not resolves(name)] == []


def test_importing_loads_nothing_heavy():
    code = "import galmorph_helpers, sys; print(*[m for m in ('torch', 'numpy', 'astropy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
