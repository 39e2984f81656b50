"""One style: a class has one colour and one marker in every figure, and all figures take turns in one cycle."""

import re
from base64 import b64decode
from io import BytesIO
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup
from matplotlib.colors import to_hex
from PIL import Image

import galmorph_helpers as gm

ROOT = Path(__file__).parents[1]
DRAWING = [
    *(path for path in sorted((ROOT / "galmorph_helpers").rglob("*.py")) if path.name != "style.py"),
    *sorted((ROOT / "notebooks" / "source").rglob("*.py")),
    *sorted((ROOT / "benchmarks").glob("*.py")),
]
OWN_COLOUR = re.compile(
    r"#[0-9a-fA-F]{6}\b|^(CYCLE|MARKS|COLOU?RS|STYLE)\s*=|prop_cycle|\btab10\b|[\"']C\d[\"']"
    r"|colou?r=[\"'](?!k\b|w\b|white|black|none|0\.\d)\w+[\"']",
    re.MULTILINE,
)


@pytest.fixture
def drawn(monkeypatch):
    """Figures that were shown, left open to be looked at."""
    figures = []
    for name in ("images", "lines", "classifiers", "scatter", "fork", "doubt", "network"):
        monkeypatch.setattr(getattr(gm.plots, name), "show", lambda figure, alt: figures.append(figure))
    yield figures
    plt.close("all")


def colours(figure, axis=0):
    """{label in the legend: (colour, marker)}."""
    handles, labels = figure.axes[axis].get_legend_handles_labels()
    lines = [handle[0] if isinstance(handle, tuple) else handle for handle in handles]
    return {t.rstrip("s"): (to_hex(h.get_color()).upper(), h.get_marker()) for h, t in zip(lines, labels, strict=True)}


@pytest.mark.parametrize("path", DRAWING, ids=lambda path: path.name)
def test_only_the_style_knows_colours(path):
    assert OWN_COLOUR.findall(path.read_text(encoding="utf-8")) == []


def test_the_search_for_own_colours_finds_them():
    for line in ('color="#D55E00"', "CYCLE = (1, 2)", "color='red'", "colour = 'C0'"):
        assert OWN_COLOUR.search(line), line
    assert not OWN_COLOUR.search('color="0.7"') and not OWN_COLOUR.search('color="k"')


def test_a_logarithmic_axis_says_how_large_a_number_is(drawn):
    gm.plots.trends({"t": {"network": ([100, 300, 1000, 3900], [0.7, 0.8, 0.9, 0.95])}}, xlabel="N", log=True, alt="a")
    axis = drawn[-1].axes[0].xaxis
    low, high = axis.get_view_interval()
    labelled = [at for at, text in zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True) if text.get_text()]
    assert {100, 1000} <= {round(at) for at in labelled if low <= at <= high}


def test_a_class_looks_the_same_in_all_figures(drawn):
    x = np.arange(20.0)
    hubble, short = ("spiral", "elliptical", "lenticular"), ("S2", "E", "S0")
    gm.plots.histograms({"mass": {name: x for name in hubble}}, title="t", alt="a")
    gm.plots.histograms({"spin": {name: x for name in ("E-FR", "S0")}}, title="t", alt="a")
    gm.plots.trends({"t": {name: (x, x) for name in ("discs at random", *hubble)}}, xlabel="x", alt="a")
    gm.plots.plane({name: (x, x) for name in ("S0", "E", "S1")}, xlabel="x", ylabel="y", alt="a")
    gm.plots.clouds({"kinds": (np.stack([x, x], 1), np.resize(["Sa-Sb", "S0", "E, slow"], 20))}, alt="a")
    gm.plots.trends({"t": {name: (x, x, x) for name in short}}, xlabel="x", alt="a")
    found = [colours(figure) for figure in drawn]
    for group, names in {
        "elliptical": ("elliptical", "E-FR", "E", "E, slow"),
        "lenticular": ("lenticular", "S0"),
        "spiral": ("spiral", "S1", "Sa-Sb"),
    }.items():
        seen = {look[name] for look in found for name in names if name in look}
        assert seen == {gm.plots.style.STYLE[group][:2]}, f"{group}: {seen}"


def test_a_limit_is_drawn_where_it_is_known_with_an_arrow(drawn):
    """Three points: measured, with a range that is open above, and a lower limit; the last two have arrows."""
    inf = np.inf
    points = {"saved": ([30, 100, 300], [5, 6, inf], [4, 5, 33], [8, inf, inf])}
    gm.plots.limits(points, xlabel="labels", ylabel="factor", alt="a", level=("ten", 10), ticks=([30], ["30"]))
    axis = drawn[0].axes[0]
    assert axis.lines[0].get_ydata().tolist() == [5, 6, 33]
    arrows = [note for note in axis.texts if note.arrow_patch is not None]
    assert [note.xy[1] for note in arrows] == pytest.approx([1.6 * 6, 1.6 * 33])
    heights = [line[1] - line[0] for line in (path[:, 1] for path in axis.collections[0].get_segments())]
    assert heights == pytest.approx([4, 3, 0])


def test_what_is_no_class_takes_no_class_colour_in_its_figure(drawn):
    x = np.arange(20.0)
    names = ("spiral", "elliptical", "at random", "other")
    gm.plots.trends({"t": {name: (x, x) for name in names}}, xlabel="x", alt="a")
    assert len({colour for colour, _ in colours(drawn[0]).values()}) == 4


def test_a_confusion_matrix_counts_all_galaxies_and_draws_each_in_its_box(monkeypatch):
    shown = []
    monkeypatch.setattr(gm.plots.style, "display", shown.append)
    sample = gm.mock_sample(6, size=16)
    gm.plots.confusion_gallery(sample, [1, 1, 0, 0, 0, 1], [1, 0, 1, 0, 0, 1], names=("round", "thin"), each=2)
    page = BeautifulSoup(shown[0].data, "html.parser")
    panels = [div for div in page.find_all("div") if "background" in div.get("style", "")]
    assert {panel.div.text: len(panel.find_all("img")) for panel in panels} == {
        "is thin, called thin: 2 (true positive)": 2, "is thin, called round: 1 (false negative)": 1,
        "is round, called thin: 1 (false positive)": 1, "is round, called round: 2 (true negative)": 2,
    }  # fmt: skip
    stored = panels[0].find_all("img")[1]["src"].partition("base64,")[2]
    pixels = np.asarray(Image.open(BytesIO(b64decode(stored)))) / 255
    assert np.allclose(pixels[::-1], gm.plots.style.picture(sample.images[5]), atol=0.003)  # galaxy 5, north up


def test_a_gallery_wraps_and_every_picture_of_it_has_words(monkeypatch):
    shown = []
    monkeypatch.setattr(gm.plots.style, "display", shown.append)
    sample = gm.mock_sample(3, size=200)
    gm.plots.gallery(sample, [2, 0], titles=["<thin>\nT = 5", "round"], caption="Two", alt="One thin, one round.")
    group = BeautifulSoup(shown[0].data, "html.parser").div
    assert group["aria-label"] == "One thin, one round." and f"Two — {sample.caption}" in group.text
    assert [img["alt"] for img in group.find_all("img")] == ["<thin> T = 5", "round"] and "<thin>\nT = 5" in group.text
    assert "repeat(auto-fill,116px)" in shown[0].data
    stored = group.img["src"].partition("base64,")[2]
    assert Image.open(BytesIO(b64decode(stored))).size == (116, 116)  # no more pixels than are seen
    grey = gm.plots.style.stamp(np.array([[[0.0, 2.0], [4.0, np.nan]]]), 100)
    assert np.asarray(Image.open(grey)).tolist() == [[255, 0], [0, 128]]


def test_the_anatomy_of_a_network_names_shapes_and_weights_of_each_stage(drawn):
    network = gm.CompactCNN()
    gm.plots.anatomy(network, torch.rand(3, 64, 64), alt="a")
    titles = [axis.get_title().split("\n") for axis in drawn[0].axes if axis.get_title()]
    assert [t[1] for t in titles[2:]] == ["48 × 16 × 16", "96 × 8 × 8", "128 × 4 × 4", "64", "1 number"]
    weights = [int(t[2].split()[0].replace(",", "")) for t in titles if t[2]]
    assert sum(weights) == gm.learning.count_parameters(network)


def test_a_descent_draws_the_loss_at_every_step(drawn):
    walks = {"0.1": np.array([4.0, 2.0, 1.0]), "9": np.array([4.0, -4.0])}
    gm.plots.descent(lambda w: w**2, walks, xlabel="w", alt="a")
    left, right = drawn[0].axes
    assert [list(line.get_ydata()) for line in right.get_lines()] == [[16, 4, 1], [16, 16]]
    assert left.get_xlim() == (-5, 5)


def test_the_cycle_is_safe_for_the_colour_blind():
    """Seen by eyes without red or green cones (Viénot+1999), no two colours of the cycle are alike."""
    linear = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c, *_ in gm.plots.style.CYCLE]) ** 2.2
    to_lms = np.array([[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]])
    no_red = np.array([[0, 2.02344, -2.52581], [0, 1, 0], [0, 0, 1]])
    no_green = np.array([[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]])
    for blind in (no_red, no_green):
        seen = (linear @ (np.linalg.inv(to_lms) @ blind @ to_lms).T).clip(0, 1) ** (1 / 2.2)
        apart = np.linalg.norm(seen[:, None] - seen[None], axis=-1)[np.triu_indices(len(seen), 1)]
        assert apart.min() > 0.1
    assert len({marker for _, marker, _ in gm.plots.style.CYCLE}) == len(gm.plots.style.CYCLE)
