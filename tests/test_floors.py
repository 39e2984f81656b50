"""The package stays thin, and a module imports only from floors below its own."""

import ast
from pathlib import Path

import pytest

import galmorph_helpers as gm

PACKAGE = Path(gm.__file__).parent
FLOORS = {
    "published": 0,
    "files": 0,
    "runtime": 0,
    "surveys": 0,
    "mock": 1,
    "observe": 2,
    "samples": 1,
    "features": 2,
    "sources": 3,
    "networks": 2,
    "training": 3,
    "evaluation": 4,
    "claims": 4,
    "folders": 2,
    "photometry": 1,
    "plots": 5,
    "checks": 5,
    "widgets": 5,
    "weights": 3,
    "folds": 5,
    "together": 4,
    "shards": 4,
    "classifier": 5,
    "parts": 5,
    "catalogue": 6,
    "uncertainty": 5,
    "publishing": 4,
    "diagnostics": 6,
    "hubble": 1,
    "catalogues": 2,
    "describe": 2,
    "specimens": 3,
    "diagrams": 6,
    "archive": 3,
    "spectroscopy": 0,
    "cubes": 1,
    "domain": 3,
    "labelled": 3,
    "results": 5,
    "gradients": 3,
    "adaptation": 4,
    "matching": 3,
    "embedding": 1,
    "transfer": 5,
    "observed_sets": 6,
    "charts": 6,
    "kcorrection": 1,
    "fourier": 3,
    "emulate": 4,
    "emulated_fits": 5,
    "robust": 4,
    "tidal": 3,
    "segment": 3,
    "companions": 2,
    "contrastive": 4,
    "clusters": 1,
    "__init__": 9,
}
MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_down(module):
    room = module.relative_to(PACKAGE).parts[0].removesuffix(".py")
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            inside = len(module.relative_to(PACKAGE).parts) > 1 and node.level == 1
            target = room if inside else (node.module or "").split(".")[0]
            if not (inside or target == room):
                assert FLOORS[target] < FLOORS[room], (
                    f"{room} (floor {FLOORS[room]}) imports {target} (floor {FLOORS[target]})"
                )


@pytest.mark.parametrize("module", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_room_is_not_two_rooms(module):
    assert len(module.read_text().splitlines()) <= 350, "over ~250 lines a module is two rooms; 350 is the hard limit"


def test_public_functions_say_what_they_do():
    for name, thing in vars(gm).items():
        if callable(thing) and not name.startswith("_"):
            assert thing.__doc__ and len(thing.__doc__) > 40, f"gm.{name} needs a docstring"
