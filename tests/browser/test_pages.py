"""Pages of the built site and of JupyterLab's output, as axe (deque.com) and a phone see them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import browsing
import galmorph_helpers as gm

pytestmark = pytest.mark.browser
axe_core = pytest.importorskip("axe_core_python")
pytest.importorskip("sphinx_book_theme")

ROOT = Path(__file__).parents[2]
PARTS = ("docs", "tools", "guide", "data", "benchmarks", "notebooks", "solutions", "galmorph_helpers", "pyproject.toml")
PAGES = ("index.html", "notebooks/00_start_here.html", "guide/glossary.html")
AXE = (Path(axe_core.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site of the course as it lies here, in a folder of its own."""
    root = tmp_path_factory.mktemp("site")
    for name in PARTS:
        (root / name).symlink_to(ROOT / name)
    command = [sys.executable, ROOT / "tools" / "website.py", "--root", root]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr
    return root / "_build" / "site"


def faults(driver):
    """What axe finds on the page: (rule, how bad, where first)."""
    driver.execute_script(AXE)
    run = "const end = arguments[0]; axe.run().then(found => end(found.violations))"
    return [(v["id"], v["impact"], v["nodes"][0]["html"][:100]) for v in driver.execute_async_script(run)]


def test_axe_finds_a_picture_without_words(driver, tmp_path):
    page = tmp_path / "page.html"
    page.write_text('<html lang="en"><title>A</title><main><h1>A</h1><img src="a.png"></main>', encoding="utf-8")
    driver.get(page.as_uri())
    browsing.complaints(driver)
    assert [(rule, how) for rule, how, _ in faults(driver)] == [("image-alt", "critical")]


@pytest.mark.parametrize("page", PAGES)
def test_axe_finds_nothing_serious_on_the_site(page, driver, site):
    driver.get((site / page).as_uri())
    assert [fault for fault in faults(driver) if fault[1] in ("serious", "critical")] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_fits_on_a_phone(page, driver, site):
    """Nothing is wider than the screen but what scrolls by itself, and figures are shrunk to it."""
    with_phone(driver)
    driver.get((site / page).as_uri())
    wide = "return [document.documentElement.scrollWidth, ...[...document.querySelectorAll('main img')]" \
        ".map(i => Math.round(i.getBoundingClientRect().right))]"  # fmt: skip
    try:
        assert max(driver.execute_script(wide)) <= 390
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def with_phone(driver):
    screen = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)


def test_a_gallery_wraps_on_a_phone_and_its_titles_can_be_read(driver, tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr(gm.plots.style, "display", shown.append)
    gm.plots.gallery(gm.mock_sample(8, size=32), range(8), titles=["edge-on"] * 8, alt="Eight galaxies.")
    page = tmp_path / "gallery.html"
    head = '<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>A</title>'
    page.write_text(f"{head}<main><h1>A</h1>{shown[0].data}</main></html>", encoding="utf-8")
    places = "return [...document.querySelectorAll('img')].map(i => i.getBoundingClientRect())" \
        ".map(r => [r.right, r.top])"  # fmt: skip
    driver.get(page.as_uri())
    assert faults(driver) == []
    assert len({top for _, top in driver.execute_script(places)}) == 1  # eight in a row of a wide page
    with_phone(driver)
    try:
        driver.get(page.as_uri())
        found = driver.execute_script(places)
        size = driver.execute_script(
            "return parseFloat(getComputedStyle(document.querySelector('img').parentNode).fontSize)"
        )
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert len({top for _, top in found}) > 2 and max(right for right, _ in found) <= 390 and size >= 12
