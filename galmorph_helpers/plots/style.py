"""One style for all figures: classes keep colour and marker, curves take the cycle in turn."""

from base64 import b64encode
from html import escape
from io import BytesIO
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML, display

HUBBLE = ("elliptical", "lenticular", "spiral")  # named in the plural, where galaxies are counted

#: Okabe-Ito colours (Okabe & Ito 2008), safe for colour-blind readers.
BLUE, VERMILION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
PINK, BLACK, SKY = "#CC79A7", "#000000", "#56B4E9"
RED_ROW = "#fbd5d0"  # behind the row of a table that says NO
PALE_BLUE, PALE_ORANGE = "#eef4f8", "#fdeee6"  # behind what a classifier got right, and wrong

#: Colour, marker and line of what has no style of its own, in turn: see `styles`.
CYCLE = (
    (BLUE, "o", "-"), (VERMILION, "s", "--"), (GREEN, "^", "-."), (ORANGE, "D", ":"),
    (PINK, "v", (0, (5, 1))), (BLACK, "x", (0, (1, 1))), (SKY, "P", (0, (3, 1, 1, 1))),
)  # fmt: skip

_ELLIPTICAL, _LENTICULAR = (VERMILION, "o", "-"), (ORANGE, "s", "--")
_SPIRAL, _LATE_SPIRAL = (BLUE, "^", "-."), (SKY, "P", (0, (3, 1, 1, 1)))
#: The same for each class, whatever a lesson calls it, and for each method: one look in all figures of the course.
STYLE = {
    "elliptical": _ELLIPTICAL, "E": _ELLIPTICAL, "E-FR": _ELLIPTICAL, "E, slow": _ELLIPTICAL,
    "E, fast": (PINK, "v", (0, (5, 1))),
    "lenticular": _LENTICULAR, "S0": _LENTICULAR,
    "spiral": _SPIRAL, "S1": _SPIRAL, "Sa-Sb": _SPIRAL, "S2": _LATE_SPIRAL, "Sc-Sd": _LATE_SPIRAL,
    "edge-on": (GREEN, "D", ":"),
    "network": (BLUE, "o", "-"),
    "forest": (VERMILION, "s", "--"),
    "colour": (PINK, "^", ":"),
    "concentration": (BLACK, "v", "-."),
    "DS18": (GREEN, "D", "--"),
    "training": (SKY, "o", "--"),
    "validation": (BLUE, "s", "-"),
}  # fmt: skip


def styles(names):
    """(colour, marker, line) of each name in a figure: its own of `STYLE`, else the next of `CYCLE` that none has."""
    names = list(dict.fromkeys(map(str, names)))
    taken = {STYLE[name][0] for name in names if name in STYLE}
    others = cycle([style for style in CYCLE if style[0] not in taken])
    return {name: STYLE[name] if name in STYLE else next(others) for name in names}


def show(figure, alt):
    """Display a figure with alt text that states its finding, and close it.

    It is an HTML image: what stands beside a picture of a notebook, in its metadata, JupyterLab does not read out.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    alt : str
    """
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=80, bbox_inches="tight")
    plt.close(figure)
    picture = b64encode(buffer.getvalue()).decode()
    display(HTML(f'<img alt="{escape(alt)}" src="data:image/png;base64,{picture}" style="max-width:100%">'))


def picture(image):
    """A (C, H, W) tensor as what imshow takes: (H, W, 3) in 0 to 1, or (H, W)."""
    array = np.asarray(image)
    return array.transpose(1, 2, 0).clip(0, 1) if len(array) == 3 else array[0]
