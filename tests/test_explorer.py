"""The explorer: every point has its galaxy, in colours that mean the same everywhere; tested without a browser."""

import json
import re
from base64 import b64decode
from io import BytesIO

import matplotlib.pyplot as plt
import numpy as np
import pytest

import galmorph_helpers as gm

N = 6
RNG = np.random.default_rng(0)
PLANE, MAPS = RNG.normal(size=(N, 2)), RNG.uniform(-2, 2, (N, 2, 8, 8))
MAPS[:, :, 0] = 0  # outside the hexagon
NEAR = np.array([[(i + 1) % N, (i + 2) % N] for i in range(N)])
GROUPS = np.array(["E, slow", "S0", "<Sc>"] * 2)
GIVEN = dict(groups=GROUPS, near=NEAR, channels=["flux", "velocity"], label="A plane of mock galaxies")


@pytest.fixture(scope="module")
def page():
    return gm.course.explorer.page(PLANE, MAPS, **GIVEN)


def of(page, name):
    return json.JSONDecoder().raw_decode(page[page.index(f"{name} = ") + len(name) + 3 :])[0]


def test_every_galaxy_is_a_point_at_its_place_with_its_name_and_neighbours(page):
    found = re.findall(r'<circle data-i="(\d+)" cx="([\d.]+)" cy="([\d.]+)"', page)
    assert [int(i) for i, _, _ in found] == list(range(N))
    x, y = (np.array([float(row[k]) for row in found]) for k in (1, 2))
    assert (np.argsort(x) == np.argsort(PLANE[:, 0])).all() and (np.argsort(-y) == np.argsort(PLANE[:, 1])).all()
    assert of(page, "near") == NEAR.tolist()
    assert of(page, "names")[1] == "galaxy 1: S0"


def test_the_maps_of_a_galaxy_are_its_row_of_the_picture(page):
    stored = re.search(r"data:image/png;base64,([^)]+)", page)[1]
    picture = plt.imread(BytesIO(b64decode(stored)))[..., :3]
    assert picture.shape == (8 * N, 8 * 2, 3)
    colours = plt.colormaps["PuOr_r"]((MAPS[4, 1] + 3) / 6)[..., :3]
    np.testing.assert_allclose(picture[32:40, 8:][1:], colours[1:], atol=0.01)
    assert (picture[32] == 1).all()  # masked: white


def test_the_page_needs_nothing_from_elsewhere_and_no_name_breaks_it(page):
    assert "http" not in page.replace("http://www.w3.org", "") and "<Sc>" not in page and "&lt;Sc&gt;" in page
    assert "$" not in re.sub(r"\$\{", "", page)  # nothing of the template is left
    assert "ArrowRight" in page and 'aria-live="polite"' in page


def test_it_is_shown_live_and_a_line_stands_in_its_place_where_notebooks_are_stored(monkeypatch, capsys):
    shown = []
    monkeypatch.setattr(gm.course.explorer, "display", shown.append)
    monkeypatch.setenv("GALMORPH_QUIET", "1")
    gm.course.click_through(PLANE, MAPS, **GIVEN)
    assert not shown and "click a point" in capsys.readouterr().out
    monkeypatch.delenv("GALMORPH_QUIET")
    gm.course.click_through(PLANE, MAPS, **GIVEN)
    assert "srcdoc=" in shown[0].data and 'title="A plane of mock galaxies"' in shown[0].data


def test_what_does_not_belong_together_is_refused():
    with pytest.raises(ValueError, match="as many points"):
        gm.course.explorer.page(PLANE[:3], MAPS, **GIVEN)
