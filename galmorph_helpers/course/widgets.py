"""Knobs that teach: each widget calls a plain function of `plots`, which the lesson also shows as a static figure."""

import os

import ipywidgets
from IPython.display import display


def explore(function, **knobs):
    """Call `function` again whenever a slider moves; where a notebook is executed to be stored, a line says so
    (``GALMORPH_QUIET=1``), and the static figure beside it remains.

    Parameters
    ----------
    function : callable
        Takes the knobs by keyword and draws.
    **knobs : (low, high, step, start)
        One slider each.
    """
    if os.environ.get("GALMORPH_QUIET") == "1":
        print(f"(In a live notebook sliders appear here: {', '.join(knobs)}.)")
        return {}
    sliders = {
        name: ipywidgets.FloatSlider(
            min=low, max=high, step=step, value=start, description=name.replace("_", " "), continuous_update=False,
            readout_format=f".{len(f'{step % 1:g}'[2:])}f",  # as many decimals as the step has
        )
        for name, (low, high, step, start) in knobs.items()
    }  # fmt: skip
    out = ipywidgets.interactive_output(function, sliders)
    display(ipywidgets.VBox([*sliders.values(), out]))
    return sliders
