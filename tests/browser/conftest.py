"""JupyterLab and a browser, for all tests of this folder; they are skipped where there is no Chromium."""

import shutil
from pathlib import Path

import pytest

import browsing

ROOT = Path(__file__).parents[2]
#: Seen from the server's root as in the repository; what JupyterLab may write into is copied.
COPIED, LINKED = ("notebooks", "solutions"), ("data", "galmorph_helpers", "benchmarks", "guide", "pyproject.toml")


@pytest.fixture(scope="session", autouse=True)
def _chromium():
    if not browsing.chromium():
        pytest.skip("no Chromium with its driver on this machine (Debian: apt install chromium-driver)")


@pytest.fixture(scope="session")
def course(tmp_path_factory):
    """A copy of the course: what is saved here changes no tracked file."""
    root = tmp_path_factory.mktemp("course")
    for name in COPIED:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("_build", ".ipynb_checkpoints"))
    for name in (*LINKED, "README.md", "CONTRIBUTING.md"):
        (root / name).symlink_to(ROOT / name)
    return root


@pytest.fixture(scope="session")
def lab(course, tmp_path_factory):
    with browsing.lab(course, tmp_path_factory.mktemp("jupyter")) as address:
        yield address


@pytest.fixture(scope="session")
def driver(tmp_path_factory):
    """A browser that reaches this machine alone: a page that asks for anything else complains."""
    with browsing.browser(tmp_path_factory.mktemp("profile"), offline=True) as driver:
        yield driver
