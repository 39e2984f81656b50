"""One style for all figures: classes keep colour and marker, curves take the cycle in turn."""

from base64 import b64encode
from html import escape
from io import BytesIO
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML, display
from PIL import Image

from ..runtime import FRAMES

DPI = 80  # of figures, dots per inch
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
    figure.savefig(buffer, format="png", dpi=DPI, bbox_inches=_frame(figure))
    plt.close(figure)
    display(HTML(f'<img alt="{escape(alt)}" src="{address(buffer)}" style="max-width:100%">'))


def _frame(figure):
    """What part of a figure to draw: "tight", or, while a slider moves, what was drawn of one with the same axes.

    Half of the time that a figure takes goes into its frame: room for labels, and what is cut off around them.
    """
    kept = FRAMES.get()
    if kept is None:
        return "tight"
    figure.set_dpi(DPI)  # letters are set in whole pixels
    each = [(a.get_xlim(), a.get_ylim(), a.get_xlabel(), a.get_ylabel(), len(a.get_title())) for a in figure.axes]
    look = tuple(figure.get_size_inches()), len(figure.get_suptitle()), tuple(each)
    if look not in kept:
        figure.draw_without_rendering()
        places = [axes.get_position(original=True).frozen() for axes in figure.axes]
        kept[look] = places, figure.get_tightbbox().padded(0.1)
    places, border = kept[look]
    figure.set_layout_engine(None)  # not "none", which has savefig measure all the same
    for axes, place in zip(figure.axes, places, strict=True):
        axes.set_position(place)
    return border


def address(buffer):
    """The bytes of a PNG as what stands in `src`: the picture is in the page."""
    return f"data:image/png;base64,{b64encode(buffer.getvalue()).decode()}"


def grid(pictures, titles, *, width, columns):
    """HTML of small pictures side by side, titles below: as many in a row as the page is wide, at most `columns`.

    Parameters
    ----------
    pictures : sequence of tensor (C, H, W)
        The first row at the bottom, as in `picture`.
    titles : sequence of str
    width : int
        Of a picture on the page, pixels; a larger one is shrunk to it.
    columns : int
    """
    cells = []
    for i, (image, title) in enumerate(zip(pictures, titles, strict=True)):
        source, said = address(stamp(image, width)), title.replace("\n", " ").strip() or f"{i + 1} of {len(pictures)}"
        how = f"width:{width}px;image-rendering:pixelated"
        cells.append(f'<div><img alt="{escape(said)}" src="{source}" style="{how}"><br>{escape(title)}</div>')
    room = f"repeat(auto-fill,{width}px);gap:6px;max-width:{columns * (width + 6)}px"
    look = "font-size:12px;line-height:1.2;text-align:center;white-space:pre-line"
    return f'<div style="display:grid;grid-template-columns:{room};{look}">{"".join(cells)}</div>'


def stamp(image, width):
    """A (C, H, W) tensor as the PNG of a small picture, the first row at the bottom, at most `width` pixels wide."""
    array = np.nan_to_num(picture(image))
    if array.ndim == 2:  # grey: from its darkest to its brightest pixel
        array = (array - array.min()) / (np.ptp(array) or 1)
    drawn = Image.fromarray((255 * array[::-1]).round().astype(np.uint8))
    drawn.thumbnail((width, width))
    buffer = BytesIO()
    drawn.save(buffer, "PNG")
    return buffer


def show_pictures(html, *, caption, alt):
    """Display what `grid` gives below a caption; a group whose name is the alt text, which states its finding."""
    title = f'<div style="font-size:13px;margin:4px 0">{escape(caption)}</div>'
    display(HTML(f'<div role="group" aria-label="{escape(alt)}" style="margin:4px 0 8px">{title}{html}</div>'))


def picture(image):
    """A (C, H, W) tensor as what imshow takes: (H, W, 3) in 0 to 1, or (H, W)."""
    array = np.asarray(image)
    return array.transpose(1, 2, 0).clip(0, 1) if len(array) == 3 else array[0]
