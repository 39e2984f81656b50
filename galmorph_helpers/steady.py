"""Figures that stay where they are: while a slider moves, a picture has the frame of the one before, and comes sooner.

Half of the time that a figure takes goes into its frame: room for labels, and what is cut off around them.
"""

from contextlib import contextmanager
from contextvars import ContextVar

_kept = ContextVar("frames", default=None)


@contextmanager
def frames(kept):
    """Within it, figures keep their frames in `kept`, a dictionary that is empty at first, and take them from there."""
    token = _kept.set(kept)
    try:
        yield
    finally:
        _kept.reset(token)


def frame(figure, dpi):
    """What part of a figure to draw, as `savefig` takes it in `bbox_inches`.

    Within `frames`, a figure whose axes have limits and labels that were there before gets their places, too.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    dpi : int
        That it will be drawn with: letters are set in whole pixels.

    Returns
    -------
    str or matplotlib.transforms.Bbox
        "tight" where no slider moves.
    """
    kept = _kept.get()
    if kept is None:
        return "tight"
    figure.set_dpi(dpi)
    look = _look(figure)
    if look not in kept:
        figure.draw_without_rendering()
        places = [axes.get_position(original=True).frozen() for axes in figure.axes]
        kept[look] = places, figure.get_tightbbox().padded(0.1)
    places, border = kept[look]
    figure.set_layout_engine(None)  # not "none", which has savefig measure all the same
    for axes, place in zip(figure.axes, places, strict=True):
        axes.set_position(place)
    return border


def _look(figure):
    """All that the frame hangs on: size, limits (and so ticks), labels, and how long titles are."""
    each = [
        (axes.get_xlim(), axes.get_ylim(), axes.get_xlabel(), axes.get_ylabel(), len(axes.get_title()))
        for axes in figure.axes
    ]
    return tuple(figure.get_size_inches()), len(figure.get_suptitle()), tuple(each)
