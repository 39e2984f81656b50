"""Planes of two quantities."""

import matplotlib.pyplot as plt
import numpy as np

from .style import STYLE, show, styles

FEWEST = 3  # galaxies that a hexagon of `planes` needs to be shown


def plane(groups, *, xlabel, ylabel, alt, title="", line=None, tracks=None, limits=None):
    """Points of named groups in a plane; with tracks or named points, which then matter most, groups are faint.

    Parameters
    ----------
    groups : dict of str -> (x, y)
    xlabel, ylabel, alt, title : str
    line : (point, direction), optional
        A straight line through the plane.
    tracks : dict of str -> array (B, 2) or (2,), optional
        Paths from a dot to an arrow; a single point is a star with its name beside it.
    limits : ((float, float), (float, float)), optional
        Of x and y.
    """
    paths = {name: np.atleast_2d(track) for name, track in (tracks or {}).items()}
    stars = {name: path[0] for name, path in paths.items() if len(path) == 1}
    figure, axis = plt.subplots(figsize=(6.8, 4.8), layout="constrained")
    looks = styles(groups)
    for name, (x, y) in groups.items():
        colour, marker, _ = looks[name]
        colour = "0.7" if len(groups) == 1 and paths else colour
        axis.plot(x, y, marker, ls="none", color=colour, ms=3, alpha=0.3 if paths else 0.6, label=name, mew=0.8)
    if line is not None:
        axis.axline(line[0], np.add(line[0], line[1]), color="k", lw=1)
    _draw_tracks(axis, {name: path for name, path in paths.items() if name not in stars})
    _draw_stars(axis, stars)
    axis.set(xlabel=xlabel, ylabel=ylabel, title=title)
    if limits:
        axis.set(xlim=limits[0], ylim=limits[1])
    axis.title.set_fontsize(10)
    axis.legend(fontsize=8)
    show(figure, alt)


def _draw_tracks(axis, tracks):
    looks = styles(tracks)
    for name, track in tracks.items():
        colour, marker, style = looks[name]
        axis.plot(*track.T, color=colour, ls=style, lw=2, label=name)
        axis.plot(*track[0], marker, color=colour, ms=6, mec="k", mew=0.6)
        arrow = {"arrowstyle": "-|>", "color": colour, "mutation_scale": 18}
        axis.annotate("", track[-1], track[-2], arrowprops=arrow)


def _draw_stars(axis, stars):
    for i, (name, (x, y)) in enumerate(sorted(stars.items(), key=lambda item: item[1][0])):
        axis.plot(x, y, "*", color="k", ms=9, mec="w", mew=0.6)
        offset = (5, 4) if i % 2 else (-5, -5)  # to either side in turn, since neighbours crowd
        side = {"ha": "left", "va": "bottom"} if i % 2 else {"ha": "right", "va": "top"}
        axis.annotate(name, (x, y), xytext=offset, textcoords="offset points", fontsize=7, annotation_clip=True, **side)


def clouds(panels, *, alt, title="", star=None, size=2):
    """Scatter plots side by side, points told apart by group or shaded by a quantity.

    Parameters
    ----------
    panels : dict of str -> (plane, values) or (plane, values, label)
        By title: points (N, 2), and for each a group (words, whole numbers, yes or no) or a quantity (decimals), which
        gets a colour bar with the label.
    star : int, optional
        Row to mark with a star in every panel.
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(3.9 * len(panels), 3.7), squeeze=False, layout="constrained")
    for axis, (name, (plane_, values, *label)) in zip(axes.flat, panels.items(), strict=True):
        x, y = np.transpose(plane_)
        values = np.asarray(values)
        if values.dtype.kind == "f":
            low, high = np.nanpercentile(values, [2, 98])
            drawn = axis.scatter(x, y, c=values, s=size * 3, cmap="cividis", vmin=low, vmax=high)
            figure.colorbar(drawn, ax=axis, orientation="horizontal", label=label[0] if label else name, shrink=0.85)
        else:
            looks = styles(np.unique(values))
            for group in np.unique(values):
                colour, marker, _ = looks[str(group)]
                rows = values == group
                axis.plot(x[rows], y[rows], marker, ls="none", ms=size + 0.5, color=colour, alpha=0.6, label=str(group))
            axis.legend(fontsize=7, markerscale=2)
        if star is not None:
            axis.plot(x[star], y[star], "*", color="k", ms=16, mec="w")
        axis.set(xticks=[], yticks=[])
        axis.set_title(name, fontsize=9)
    figure.suptitle(title, fontsize=10)
    show(figure, alt)


def planes(panels, *, xlabel, ylabel, label, alt, lines=(), cells=26, limits=None):
    """Planes side by side, tiled in hexagons whose brightness is the mean of a third quantity (dark is low).

    Parameters
    ----------
    panels : dict of str -> (x, y, value)
        By title; points that are not finite are left out.
    xlabel, ylabel, label, alt : str
        `label` is that of the third quantity.
    lines : sequence of (name, function)
        Drawn over each panel, named in its legend.
    cells : int
        Hexagons across.
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
            mincnt=FEWEST,
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


def scatter_regression(truth, predicted, *, name, alt):
    """Predicted against true T-Type: the median and the central 68 % in each true type.

    Parameters
    ----------
    truth, predicted : array (N,)
    name : str
        Of the quantity.
    alt : str
    """
    truth, predicted = np.asarray(truth), np.asarray(predicted)
    figure, axis = plt.subplots(figsize=(4.4, 3.8), layout="constrained")
    jitter = np.random.default_rng(0).uniform(-0.25, 0.25, len(truth))
    axis.plot(truth + jitter, predicted, ".", color="0.6", ms=3)
    types = np.unique(truth)
    low, middle, high = (np.array([np.percentile(predicted[truth == t], q) for t in types]) for q in (16, 50, 84))
    axis.errorbar(
        types,
        middle,
        [middle - low, high - middle],
        color=STYLE["network"][0],
        marker="o",
        ls="none",
        capsize=3,
        label="median, 68 %",
    )
    axis.plot([types.min(), types.max()], [types.min(), types.max()], color="k", lw=1)
    axis.set(xlabel=f"true {name}", ylabel=f"predicted {name}")
    axis.legend(fontsize=8)
    show(figure, alt)
