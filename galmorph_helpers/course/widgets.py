"""Knobs that teach, and buttons to classify galaxies with; a stored notebook shows what stands still of them."""

import os
from base64 import b64encode
from html import escape
from io import BytesIO

import ipywidgets
import numpy as np
from IPython.display import HTML, display
from PIL import Image

from ..runtime import FRAMES

STAMP = 112  # side of a galaxy on the screen, pixels of the page


def explore(function, **knobs):
    """Call `function` again whenever a slider moves; where a notebook is executed to be stored, a line says so
    (``GALMORPH_QUIET=1``), and the static figure beside it remains.

    Parameters
    ----------
    function : callable
        Takes the knobs by keyword and draws. Axes whose limits stay are drawn sooner, and do not jump.
    **knobs : (low, high, step, start)
        One slider each. Where `step` is "log" it spans decades: twenty steps each; `low` is above 0 then.
    """
    if os.environ.get("GALMORPH_QUIET") == "1":
        print(f"(In a live notebook sliders appear here: {', '.join(knobs)}.)")
        return {}
    sliders = {name: _slider(name.replace("_", " "), *knob) for name, knob in knobs.items()}
    kept = {}

    def draw(**values):
        token = FRAMES.set(kept)
        try:
            function(**values)
        finally:
            FRAMES.reset(token)

    out = ipywidgets.interactive_output(draw, sliders)
    for slider in sliders.values():  # else a word such as "learning rate" is cut to "learning r…"
        slider.style.description_width = "initial"
        slider.layout = ipywidgets.Layout(width="420px", max_width="100%")
    display(ipywidgets.VBox([*sliders.values(), out]))
    return sliders


def _slider(words, low, high, step, start):
    """A slider of a knob; the numbers beside it have as many decimals as the step, or three digits."""
    common = {"value": start, "description": words, "continuous_update": False}
    if step == "log":
        low, high = np.log10([low, high])
        return ipywidgets.FloatLogSlider(min=low, max=high, step=0.05, readout_format=".3g", **common)
    decimals = len(f"{step % 1:g}"[2:])
    return ipywidgets.FloatSlider(min=low, max=high, step=step, readout_format=f".{decimals}f", **common)


def classify_by_eye(sample, rows, *, choices, columns=8, caption=""):
    """Show galaxies with a row of buttons below each, and note what is clicked.

    Where a notebook is executed to be stored (``GALMORPH_QUIET=1``), the same galaxies are shown without buttons and
    nothing is answered: see `answered`.

    Parameters
    ----------
    sample : GalaxySample
        Colour or grey pictures.
    rows : sequence of int
        The galaxies to show.
    choices : sequence of str
        What a galaxy can be called.
    columns : int
        Galaxies side by side, at most; a narrow page has fewer.
    caption : str
        The question; where the galaxies come from is added.

    Returns
    -------
    numpy.ndarray of str, (len(rows),)
        "" until somebody has clicked. It fills while they click; a cell that is run again begins afresh.

    Raises
    ------
    ValueError
        If there are fewer than two choices, or one of them twice.
    """
    rows, choices = list(rows), list(choices)
    if len(set(choices)) != len(choices) or len(choices) < 2:
        raise ValueError(f"choices must be two or more different words, got {choices}.")
    answers = np.full(len(rows), "", dtype=f"<U{max(map(len, choices))}")
    stamps = [_stamp(sample.images[row], f"Galaxy {i + 1}") for i, row in enumerate(rows)]
    title = f"<p>{escape(f'{caption} — {sample.caption}' if caption else sample.caption)}</p>"
    width = columns * (STAMP + 8)
    if os.environ.get("GALMORPH_QUIET") == "1":
        grid = f"display:grid;grid-template-columns:repeat(auto-fill,{STAMP + 8}px);max-width:{width}px"
        buttons = f"<p>(In a live notebook each galaxy has buttons: {escape(', '.join(choices))}.)</p>"
        display(HTML(f'{title}<div style="{grid}">{"".join(stamps)}</div>{buttons}'))
        return answers
    count = ipywidgets.HTML(f"0 of {len(rows)} answered")
    boxes = []
    for i, stamp in enumerate(stamps):
        buttons = ipywidgets.ToggleButtons(options=choices, value=None, style={"button_width": f"{STAMP - 8}px"})
        buttons.observe(_noting(answers, i, count), "value")
        boxes.append(ipywidgets.VBox([ipywidgets.HTML(stamp), buttons], layout={"width": f"{STAMP + 4}px"}))
    grid = {"grid_template_columns": f"repeat(auto-fill, {STAMP + 8}px)", "max_width": f"{width}px"}
    display(ipywidgets.VBox([ipywidgets.HTML(title), ipywidgets.GridBox(boxes, layout=grid), count]))
    return answers


def answered(answers, *, instead, who):
    """The answers of `classify_by_eye`, and somebody else's where nobody has clicked; a line says for how many.

    Parameters
    ----------
    answers : array of str (N,)
    instead : sequence of str (N,)
        The answers to take where there is none.
    who : str
        Whose they are, in words, such as "a simulated volunteer".

    Returns
    -------
    numpy.ndarray of str (N,)

    Raises
    ------
    ValueError
        If there are not as many of one as of the other.
    """
    answers, instead = np.asarray(answers), np.asarray(instead)
    if answers.shape != instead.shape:
        raise ValueError(f"{len(answers)} answers, but {len(instead)} to take instead: one a galaxy is needed.")
    open_ones = np.sum(answers == "")
    if open_ones:
        print(f"You have classified {len(answers) - open_ones} of {len(answers)}: {who} answers for the others.")
    return np.where(answers == "", instead, answers)


def _noting(answers, i, count):
    """What a click on the buttons of galaxy i does."""

    def note(change):
        answers[i] = change["new"] or ""
        count.value = f"{np.sum(answers != '')} of {len(answers)} answered"

    return note


def _stamp(image, name):
    """A galaxy as a picture in HTML, north up as in the figures, with its name below."""
    array = np.asarray(image)
    array = array.transpose(1, 2, 0) if len(array) == 3 else array[0]
    buffer = BytesIO()
    Image.fromarray((255 * array[::-1].clip(0, 1)).round().astype(np.uint8)).save(buffer, "PNG")
    source = f"data:image/png;base64,{b64encode(buffer.getvalue()).decode()}"
    style = "image-rendering:pixelated;display:block"
    picture = f'<img alt="{escape(name)}" src="{source}" width="{STAMP}" height="{STAMP}" style="{style}">'
    return f"<div>{picture}<small>{escape(name)}</small></div>"
