"""What a learner sees: figures with alt text, tables, exercise checks, widgets; and the weights that ship."""

import base64
import hashlib
import re
from html import unescape
from io import BytesIO

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from astropy.table import Table
from IPython.display import HTML
from matplotlib.figure import Figure
from PIL import Image

import galmorph_helpers as gm
from galmorph_helpers.published import BINARY_MODELS


@pytest.fixture
def shown(monkeypatch):
    """Everything that `plots` displays."""
    out = []
    monkeypatch.setattr(gm.plots.style, "display", out.append)
    monkeypatch.setattr(gm.plots.tables, "display", out.append)
    return out


def _alt(image):
    assert isinstance(image, HTML) and 'src="data:image/png;base64,' in image.data
    return unescape(re.search('alt="([^"]+)"', image.data)[1])


def test_every_figure_has_alt_text_and_says_its_origin(shown):
    sample = gm.mock_sample(5, size=16)
    target, probability = np.array([0, 1, 0, 1, 1]), np.array([0.1, 0.8, 0.4, 0.6, 0.9])
    gm.plots.gallery(sample, [0, 1, 2], titles=["a", "b", "c"], caption="three")
    gm.plots.threshold_figure(target, probability, threshold=0.5)
    gm.plots.roc_curves({"network": (target, probability)}, title="t", alt="curves")
    gm.plots.reliability(*gm.metrics.calibration_curve(target, probability), title="t", alt="reliability")
    gm.plots.scatter_regression(np.array([0, 0, 1, 1.0]), np.array([0, 0.2, 1, 1.1]), name="T", alt="scatter")
    gm.plots.learning_curve({"x": gm.learning.History([1, 0.5], [1, 0.6], 1, "bce")}, alt="falls")
    gm.plots.images_row(
        [sample.images[0], sample.images[0, 0]], ["a", "b"], caption="c", alt='a "row" > 1', overlay=[None, np.eye(16)]
    )
    assert len(shown) == 7 and all(len(_alt(figure)) > 3 for figure in shown[1:])
    assert "mock galaxies" in re.search('aria-label="([^"]+)"', shown[0].data)[1]
    assert re.findall('alt="([^"]+)"', shown[0].data) == ["a", "b", "c"]
    assert "precision is 1.00 and recall 1.00" in _alt(shown[1])


def test_the_bytes_of_a_picture_are_no_words():
    """Base64 may spell a folder of this machine; the alt text may not."""
    from nbformat.v4 import new_output

    from checking import output_text

    figure = HTML('<img alt="at /home/ada" src="data:image/png;base64,AA/tmp/BB/home/eve==">')
    text = output_text(new_output("display_data", {"text/html": figure.data}))
    assert "/home/ada" in text and "/tmp/" not in text and "eve" not in text


def test_tables_show_intervals_published_rows_and_broken_claims(shown, tmp_path, monkeypatch):
    monkeypatch.setenv("GALMORPH_RESULTS", str(tmp_path))
    monkeypatch.delenv("GALMORPH_STRICT", raising=False)
    rng = np.random.default_rng(0)
    target = rng.integers(0, 2, 100)
    table = gm.metrics_table({"bar": (target, 0.5 * target + 0.5 * rng.random(100))})
    gm.plots.show_metrics(table, published=BINARY_MODELS, caption="<script>")
    claims = gm.Claims("98")
    claims.check("impossible", 0.0, at_least=1.0, because="it is <b>impossible</b>")
    gm.plots.show_claims(claims.report())
    metrics, verdicts = shown
    assert (
        isinstance(metrics, HTML) and "2,723" in metrics.data and "[" in metrics.data and "<script>" not in metrics.data
    )
    assert ">NO<" in verdicts.data and "<b>impossible" not in verdicts.data


@pytest.mark.parametrize(
    "answer, right, says",
    [(..., False, "not answered"), (None, False, "not answered"), (3.0, True, "right"),
     (4.0, False, "is off. Count again."), ([3.0, 3.0], False, "shape"), (float("nan"), False, "NaN")],
)  # fmt: skip
def test_exercise_checks_say_what_is_wrong(answer, right, says, capsys):
    assert gm.course.check("exercise", answer, 3.0, hint="Count again.") is right
    assert says in capsys.readouterr().out


def test_a_slider_calls_the_plain_function(monkeypatch):
    monkeypatch.delenv("GALMORPH_QUIET", raising=False)
    monkeypatch.setattr(gm.course.widgets, "display", lambda _: None)
    seen = []
    sliders = gm.course.explore(lambda threshold: seen.append(threshold), threshold=(0, 1, 0.1, 0.5))
    sliders["threshold"].value = 0.8
    assert seen[-1] == 0.8


def test_a_slider_reads_as_many_decimals_as_its_step_has(monkeypatch):
    monkeypatch.delenv("GALMORPH_QUIET", raising=False)
    monkeypatch.setattr(gm.course.widgets, "display", lambda _: None)
    knobs = {"damping": (0.005, 0.2, 0.005, 0.02), "galaxy": (0, 999, 1, 749), "seeing": (0, 1.0, 0.1, 1.0)}
    sliders = gm.course.explore(lambda **_: None, **knobs)
    shown = {name: slider.readout_format for name, slider in sliders.items()}
    assert shown == {"damping": ".3f", "galaxy": ".0f", "seeing": ".1f"}


def test_a_slider_over_decades_is_logarithmic(monkeypatch):
    monkeypatch.delenv("GALMORPH_QUIET", raising=False)
    monkeypatch.setattr(gm.course.widgets, "display", lambda _: None)
    seen = []
    sliders = gm.course.explore(lambda hours: seen.append(hours), hours=(0.1, 1000, "log", 10))
    slider = sliders["hours"]
    assert (slider.base, slider.min, slider.max, slider.value) == (10, pytest.approx(-1), pytest.approx(3), 10)
    slider.value = 100.0
    assert seen[-1] == 100


def test_pictures_of_a_slider_keep_the_frame_of_the_first(shown, monkeypatch):
    monkeypatch.delenv("GALMORPH_QUIET", raising=False)
    monkeypatch.setattr(gm.course.widgets, "display", lambda _: None)
    framed, measure = [], Figure.draw_without_rendering
    monkeypatch.setattr(Figure, "draw_without_rendering", lambda figure: framed.append(measure(figure)))

    def line(top):
        figure, axes = plt.subplots(figsize=(3, 2), layout="constrained")
        axes.plot([0, 1], [0, top])
        axes.set(xlabel="x", ylabel="y", ylim=(0, 10 if top < 10 else 1000))
        gm.plots.style.show(figure, "a line")

    line(1)
    sliders = gm.course.explore(line, top=(0, 200, 1, 1))
    for top in (2, 150):
        sliders["top"].value = top
    line(1)
    assert len(framed) == 2  # for the slider's first picture, and for that with another axis
    plain, first, second, wider, after = [
        Image.open(BytesIO(base64.b64decode(re.search('base64,([^"]+)', part.data)[1]))) for part in shown
    ]
    assert first.tobytes() == plain.tobytes() == after.tobytes()
    assert second.size == first.size and second.tobytes() != first.tobytes()
    axis = (0, 0, 40, first.height)  # the label and the ticks of y stay where they are
    assert second.crop(axis).tobytes() == first.crop(axis).tobytes()
    assert wider.crop(axis).tobytes() != first.crop(axis).tobytes()


def test_deep_images_have_a_bar_and_share_their_shades(shown):
    image, mask = np.linspace(-1, 6, 400).reshape(20, 20), np.eye(20, dtype=bool)
    gm.plots.deep_row(
        [image, image], ["one", "two"], bar=("20 kpc", (5, 8)), caption="c", alt="two galaxies with a mask each",
        outlines=[{"true": mask, "yours": ~mask}] * 2, points=[None, np.array([[3, 4]])],
    )  # fmt: skip
    gm.plots.depth_scale({"shells": (24, 27)}, {"outlines": 27.8, "ARRAKIHS": (30, 30.6)}, caption="c", alt="limits")
    assert ['alt="two galaxies with a mask each"' in shown[0].data, 'alt="limits"' in shown[1].data] == [True, True]
    with pytest.raises(ValueError, match="2 images, but 1 titles"):
        gm.plots.deep_row([image, image], ["one"], bar=("20 kpc", 5), caption="c", alt="a")


def test_counts_have_no_decimals_and_small_numbers_are_not_hidden(shown):
    columns = {"galaxy": [749.0, np.nan], "damping": [0.005, 0.2], "share": [1.0, 0.0], "n": [3, 4]}
    gm.plots.show_table(Table(columns))
    claims = gm.Claims("98")
    claims.check("galaxies", 312, at_least=150)
    claims.check("AUC", 1.0, at_least=0.9)
    gm.plots.show_claims(claims.table())
    table, claimed = (re.findall("<td[^>]*>([^<]*)</td>", part.data) for part in shown)
    assert table == ["749", "0.005", "1.00", "3", "–", "0.20", "0.00", "4"]
    assert claimed[1] == "312" and "1.000" in claimed and "312.000" not in claimed


def test_quiet_notebooks_get_a_sentence_instead_of_a_widget(monkeypatch, capsys):
    monkeypatch.setenv("GALMORPH_QUIET", "1")
    assert gm.course.explore(print, threshold=(0, 1, 0.1, 0.5)) == {}
    assert "threshold" in capsys.readouterr().out


@pytest.fixture
def displayed(monkeypatch):
    """Everything that widgets display."""
    out = []
    monkeypatch.setattr(gm.course.widgets, "display", out.append)
    return out


def test_clicks_on_galaxies_are_noted(displayed, monkeypatch):
    monkeypatch.delenv("GALMORPH_QUIET", raising=False)
    sample = gm.mock_sample(4, size=16)
    answers = gm.course.classify_by_eye(sample, [2, 0, 3], choices=("edge-on", "other"), caption="Edge-on?")
    title, grid, count = displayed[0].children
    assert "Edge-on?" in title.value and "mock galaxies" in title.value
    assert list(answers) == ["", "", ""] and count.value == "0 of 3 answered"
    _, buttons = grid.children[1].children
    buttons.value = "other"
    grid.children[2].children[1].value = "other"
    grid.children[2].children[1].value = "edge-on"  # a second thought
    assert list(answers) == ["", "other", "edge-on"] and count.value == "2 of 3 answered"


def test_a_stored_page_shows_the_galaxies_the_right_way_up_and_nothing_is_answered(displayed, monkeypatch):
    monkeypatch.setenv("GALMORPH_QUIET", "1")
    sample = gm.mock_sample(2, size=16)
    sample.images[1, :, 8:] = 1  # figures have their first row at the bottom, so this is the upper half
    answers = gm.course.classify_by_eye(sample, [0, 1], choices=("smooth", "a <disc>"))
    page = displayed[0].data
    assert list(answers) == ["", ""] and "&lt;disc&gt;" in page and page.count('alt="Galaxy ') == 2
    second = re.findall('base64,([^"]+)"', page)[1]
    pixels = np.asarray(Image.open(BytesIO(base64.b64decode(second))))
    assert pixels.shape == (16, 16, 3) and (pixels[:8] == 255).all() and not (pixels[8:] == 255).all()


def test_somebody_answers_where_nobody_has_clicked(capsys):
    instead = np.array(["other", "edge-on", "other"])
    whole = gm.course.answered(np.array(["", "other", ""]), instead=instead, who="a simulated volunteer")
    assert list(whole) == ["other", "other", "other"]
    assert "1 of 3: a simulated volunteer answers" in capsys.readouterr().out
    assert list(gm.course.answered(whole, instead=instead, who="nobody")) == list(whole)
    assert capsys.readouterr().out == ""
    longer = gm.course.answered(np.array(["", "a"]), instead=["elliptical", "b"], who="an expert")
    assert list(longer) == ["elliptical", "a"]


def test_what_cannot_be_clicked_or_filled_is_refused():
    sample = gm.mock_sample(1, size=16)
    for choices in (["edge-on"], ["a", "a"]):
        with pytest.raises(ValueError, match="two or more different words"):
            gm.course.classify_by_eye(sample, [0], choices=choices)
    with pytest.raises(ValueError, match="2 answers, but 1 to take instead"):
        gm.course.answered(["", ""], instead=["a"], who="nobody")


@pytest.mark.parametrize("file", sorted((gm.files.DATA / "weights").glob("*.safetensors")), ids=lambda file: file.stem)
def test_shipped_weights_are_small_and_are_what_their_card_says(file):
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert file.stat().st_size < 2e6
    assert digest in file.with_suffix(".md").read_text(encoding="utf-8")
    assert f'"{file.stem}"' in gm.load_weights.__doc__


def test_weights_that_do_not_ship_are_named():
    with pytest.raises(FileNotFoundError, match="weights/mock_trunks.safetensors"):
        gm.load_weights(gm.CompactCNN(), "mock_trunks")


def test_a_network_started_from_shipped_weights_knows_more_than_a_fresh_one():
    sky = gm.mock_sample(1200, seed=31)  # 900 to judge by
    target = np.asarray(sky.table["ltg"], float)

    def auc(start):
        torch.manual_seed(0)
        network = gm.CompactCNN()
        network = gm.load_weights(network, "mock_trunk") if start else network
        gm.fit(network, sky.images[:200], target[:200], validation=(sky.images[200:300], target[200:300]), epochs=3)
        return gm.metrics_table({"x": (target[300:], gm.predict(network, sky.images[300:]))})["auc"][0]

    assert auc(True) > auc(False) + 0.03


def test_weights_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="none of the layers"):
        gm.load_weights(torch.nn.Linear(3, 3), "mock_trunk")
