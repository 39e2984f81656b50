"""The tuning fork."""

import matplotlib.pyplot as plt
import numpy as np

from ..hubble import read_hubble_type
from .style import picture, show

COLUMNS = {"S0": 3.2, "Sa": 4.4, "Sb": 5.5, "Sc": 6.6, "Im": 7.8}  # where the fork puts a class
T_TICKS = {-3: 1.0, -1: 3.2, 1: 4.4, 3: 5.5, 5: 6.6, 10: 7.8}


def tuning_fork(sample, *, alt, size=2.0):
    """Hubble's tuning fork: ellipticals on the handle, spirals and barred spirals on the prongs, the T axis below.

    Parameters
    ----------
    sample : GalaxySample
        Colour images; `hubble_type` of its table says where each belongs (E0-E7, S0, SB0, Sa, SBa, ... Im).
    """
    names = [str(n) for n in sample.table["hubble_type"]]
    n_ellipticals = sum(n.startswith("E") for n in names)
    width, height = 9.2, 4.15
    figure = plt.figure(figsize=(width * size * 0.8, height * size * 0.8), facecolor="black")
    canvas = figure.add_axes((0, 0, 1, 1), facecolor="black")
    canvas.set(xlim=(-0.6, width - 0.6), ylim=(-2.3, height - 2.3))
    canvas.axis("off")
    for sign in (-1, 1):
        canvas.plot([3.45, 4.0, 6.6], [0.2 * sign, 0.75 * sign, 0.75 * sign], color="0.45", lw=2, zorder=1)
    canvas.plot([0, 3.2], [0, 0], color="0.45", lw=2, zorder=1)
    side = picture(sample.images[0]).shape[0]
    axis = np.linspace(-1, 1, side)
    # No frames: each image fades into the sky towards its rim.
    fade = np.clip((1 - np.hypot(*np.meshgrid(axis, axis))) / 0.25, 0, 1)[..., None]
    seen = 0
    for name, image in zip(names, sample.images, strict=True):
        kind = read_hubble_type(name)
        if name.startswith("E"):
            x, seen = seen * 2.1 / max(n_ellipticals - 1, 1), seen + 1
        else:
            x = COLUMNS.get(name.replace("SB", "S"), COLUMNS["S0"])
        y = 0 if name in ("S0", "Im") or name.startswith("E") else (-0.75 if kind.bar else 0.75)
        y = -0.95 if name == "SB0" else y
        half = 0.62
        rgba = np.concatenate([picture(image), fade], axis=-1)
        canvas.imshow(rgba, extent=(x - half, x + half, y - half, y + half), origin="lower", zorder=2, aspect="auto")
        canvas.text(x, y + (0.52 if y >= 0 else -0.62), name, color="white", fontsize=15, ha="center", zorder=3)
    for label, x in (("ellipticals", 1.0), ("lenticulars", 3.2), ("spirals", 5.5), ("irregulars", 7.8)):
        canvas.text(x, height - 2.62, label, color="0.75", fontsize=14, ha="center", style="italic")
    canvas.text(5.5, -1.55, "barred spirals", color="0.75", fontsize=14, ha="center", style="italic")
    canvas.annotate("", (8.1, -1.78), (-0.4, -1.78), arrowprops={"arrowstyle": "->", "color": "0.75", "lw": 1.5})
    for t, x in T_TICKS.items():
        canvas.plot([x, x], [-1.83, -1.73], color="0.75", lw=1.5)
        canvas.text(x, -2.0, f"{t:+d}".replace("-", "−"), color="white", fontsize=14, ha="center", va="center")
    canvas.text(-0.5, -2.0, "T-Type", color="white", fontsize=14, va="center")
    figure.text(0.99, 0.015, sample.caption, color="0.6", fontsize=9, ha="right")
    canvas.set_aspect("equal")
    show(figure, alt)
