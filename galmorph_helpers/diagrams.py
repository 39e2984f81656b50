"""Figures of catalogues rather than of images: the tuning fork, planes, histograms, trends. No science is done here."""

from html import escape

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML, display
from matplotlib.ticker import MaxNLocator

from .hubble import read_hubble_type
from .plots import RED_ROW, picture, show, styles

HUBBLE = ("elliptical", "lenticular", "spiral")  # named in the plural, where galaxies are counted
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
    width, height = 8.8, 4.15
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


def planes(panels, *, xlabel, ylabel, label, alt, lines=(), cells=26, fewest=3, limits=None):
    """Planes side by side, tiled in hexagons whose brightness is the mean of a third quantity (dark is low).

    Parameters
    ----------
    panels : dict of str -> (x, y, value)
        By title; points that are not finite are left out.
    lines : sequence of (name, function)
        Drawn over each panel, named in its legend.
    fewest : int
        Galaxies that a hexagon needs to be shown.
    limits : (xmin, xmax, ymin, ymax), optional
    """
    figure, axes = plt.subplots(
        1,
        len(panels),
        figsize=(4.7 * len(panels) + 0.6, 4.0),
        layout="constrained",
        squeeze=False,
        sharex=True,
        sharey=True,
    )
    finite = [np.asarray(v, float)[np.isfinite(np.asarray(x, float) + y + v)] for x, y, v in panels.values()]
    low, high = np.percentile(np.concatenate(finite), [2, 98])
    for axis, (title, (x, y, value)) in zip(axes.flat, panels.items(), strict=True):
        x, y, value = (np.asarray(a, float) for a in (x, y, value))
        good = np.isfinite(x + y + value)
        extent = limits or (x[good].min(), x[good].max(), y[good].min(), y[good].max())
        drawn = axis.hexbin(
            x[good],
            y[good],
            C=value[good],
            gridsize=(cells, int(cells * 0.7)),
            mincnt=fewest,
            cmap="cividis",
            vmin=low,
            vmax=high,
            extent=extent,
        )
        grid = np.linspace(extent[0], extent[1], 50)
        for k, (name, function) in enumerate(lines):
            axis.plot(grid, function(grid), ("k-", "k--", "k:")[k % 3], lw=1.8, label=name)
        axis.set(xlabel=xlabel, xlim=extent[:2], ylim=extent[2:])
        axis.set_title(title, fontsize=9)
    axes.flat[0].set_ylabel(ylabel)
    if lines:
        axes.flat[0].legend(fontsize=8, loc="lower left")
    figure.colorbar(drawn, ax=axes, label=label)
    show(figure, alt)


def histograms(panels, *, title, alt, bins=40, limits=None):
    """Distributions of several quantities for the same groups of galaxies, medians marked, side by side.

    Parameters
    ----------
    panels : dict of str -> dict of str -> array
        By axis label, then by group; a group that `plots.STYLE` knows gets its colour and line, others take turns.
    limits : dict of str -> (low, high), optional
        By axis label; by default all but the outermost half per cent at each end. The end bins hold what lies beyond.
    """
    figure, axes = plt.subplots(
        1, len(panels), figsize=(max(3.0 * len(panels), 5.0), 2.9), layout="constrained", squeeze=False
    )
    looks = styles(name for groups in panels.values() for name in groups)
    for axis, (label, groups) in zip(axes.flat, panels.items(), strict=True):
        low, high = (limits or {}).get(label, np.nanpercentile(np.concatenate(list(groups.values())), [0.5, 99.5]))
        for name, values in groups.items():
            colour, marker, line = looks[name]
            values = np.asarray(values)[np.isfinite(values)].clip(low, high)
            axis.hist(
                values, np.linspace(low, high, bins), density=True, histtype="step", color=colour, ls=line, lw=1.6
            )
            called = f"{name}s" if name in HUBBLE else name
            axis.plot(
                [np.median(values)], [1.02], marker, color=colour, ls=line, label=called,
                transform=axis.get_xaxis_transform(), clip_on=False,
            )  # fmt: skip
        axis.set(xlabel=label, yticks=[])
    axes.flat[0].set_ylabel("share of galaxies")
    axes.flat[0].legend(fontsize=8)
    figure.suptitle(f"{title}; symbols above: medians", fontsize=10)
    show(figure, alt)


def trends(panels, *, xlabel, alt, ylabels=None, ticks=None, log=False):
    """Curves with optional bands, side by side.

    Parameters
    ----------
    panels : dict of str -> dict of str -> (x, y) or (x, y, low, high)
        By title, then by name of the curve; one that `plots.STYLE` knows gets its colour, marker and line.
    ylabels : sequence of str, optional
    ticks : (positions, labels), optional
        Of the x axis, as for T-Types.
    log : bool
        Whether the x axis is logarithmic.
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(4.3 * len(panels), 3.3), layout="constrained", squeeze=False)
    looks = styles(name for curves in panels.values() for name in curves)
    for k, (axis, (title, curves)) in enumerate(zip(axes.flat, panels.items(), strict=True)):
        for name, (x, y, *band) in curves.items():
            colour, marker, line = looks[name]
            axis.plot(x, y, color=colour, marker=marker if len(x) < 25 else None, ls=line, ms=5, label=name)
            if band:
                axis.fill_between(x, *band, color=colour, alpha=0.15, lw=0)
        axis.set(xlabel=xlabel, ylabel=ylabels[k] if ylabels else "")
        axis.set_title(title, fontsize=9)
        axis.legend(fontsize=8)
        if log:
            axis.set_xscale("log")
            axis.minorticks_off()
        if ticks:
            axis.set_xticks(ticks[0], ticks[1], fontsize=8)
        else:
            axis.xaxis.set_major_locator(MaxNLocator(6))
    show(figure, alt)


def show_table(table, *, caption="", formats=None):
    """A plain table as people read it: numbers right, words left, a row that says NO in red."""
    formats = formats or {}
    numeric = {c: np.issubdtype(table[c].dtype, np.number) for c in table.colnames}
    head = "".join(
        f"<th scope=col style=text-align:{'right' if numeric[c] else 'left'}>{escape(c)}</th>" for c in table.colnames
    )
    lines = []
    for row in table:
        cells = []
        for c in table.colnames:
            text = (
                format(row[c], formats.get(c, ".2f" if table[c].dtype.kind == "f" else ""))
                if numeric[c]
                else str(row[c])
            )
            text = text.replace("-", "−") if numeric[c] else text
            text = "–" if text == "nan" else text
            cells.append(f"<td style=text-align:{'right' if numeric[c] else 'left'}>{escape(text)}</td>")
        red = f" style='background:{RED_ROW};color:#000'" if "NO" in [str(v) for v in row] else ""
        lines.append(f"<tr{red}>{''.join(cells)}</tr>")
    top = f"<caption>{escape(caption)}</caption>" if caption else ""
    display(HTML(f"<table>{top}<tr>{head}</tr>{''.join(lines)}</table>"))
