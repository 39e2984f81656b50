"""Spectra, planes, profiles, histograms and maps: the figures of lessons in which the data are no pictures."""

import matplotlib.pyplot as plt
import numpy as np

from .plots import CYCLE, show, styles


def spectra(
    wavelength, rows, *, alt, offset=0.0, panels=False, marks=None, ylabel="normalised flux", title="", limits=None
):
    """Spectra in one frame, each `offset` above the last, or one a panel.

    Parameters
    ----------
    wavelength : array (P,)
        Å.
    rows : dict of str -> array (P,)
        NaN leaves a gap.
    marks : dict of str -> float, optional
        Lines to name at their wavelengths.
    limits : (float, float), optional
        Of the flux axis.
    """
    height = 1.5 * len(rows) + 0.8 if panels else 3.6
    figure, axes = plt.subplots(
        len(rows) if panels else 1, 1, figsize=(9, height), sharex=True, squeeze=False, layout="constrained"
    )
    looks = styles(rows)
    for i, (name, flux) in enumerate(rows.items()):
        axis, colour = axes[i if panels else 0, 0], (CYCLE[0] if panels else looks[name])[0]
        axis.plot(wavelength, flux + (0 if panels else i * offset), color=colour, lw=0.8)
        if panels:
            axis.set_title(name, fontsize=9, loc="left")
        else:
            end = flux[-200:][np.isfinite(flux[-200:])]
            if len(end):
                axis.annotate(
                    name,
                    (wavelength[-1], np.median(end) + i * offset),
                    xytext=(4, 0),
                    textcoords="offset points",
                    color=colour,
                    fontsize=8,
                    va="center",
                    annotation_clip=False,
                )
    for axis in axes.flat:
        axis.set(ylabel=ylabel, ylim=limits, xlim=(wavelength[0], wavelength[-1]))
        for place in (marks or {}).values():
            axis.axvline(place, color="0.8", lw=0.8, zorder=0)
    last = -np.inf
    for name, place in sorted((marks or {}).items(), key=lambda mark: mark[1]):
        if place - last > 90:  # names of close lines would overlap
            axes[0, 0].annotate(
                name,
                (place, 1),
                xycoords=("data", "axes fraction"),
                xytext=(2, -3),
                textcoords="offset points",
                rotation=90,
                fontsize=7,
                va="top",
                color="0.35",
            )
            last = place
    axes[-1, 0].set_xlabel("rest wavelength (Å)")
    if title:
        figure.suptitle(title, fontsize=10)
    show(figure, alt)


def plane(groups, *, xlabel, ylabel, alt, title="", line=None, tracks=None, names=None, limits=None, size=(6.8, 4.8)):
    """Points of named groups in a plane; with tracks or named points, which then matter most, groups are faint.

    Parameters
    ----------
    groups : dict of str -> (x, y)
    line : (point, direction), optional
        A straight line through the plane.
    tracks : dict of str -> array (B, 2), optional
        Paths from a dot to an arrow.
    names : dict of str -> (x, y), optional
        Points with their own name.
    limits : ((float, float), (float, float)), optional
        Of x and y.
    """
    tracks, names = tracks or {}, names or {}
    figure, axis = plt.subplots(figsize=size, layout="constrained")
    faint = bool(tracks or names)
    looks = styles(groups)
    for name, (x, y) in groups.items():
        colour, marker, _ = looks[name]
        colour = "0.7" if len(groups) == 1 and faint else colour
        axis.plot(x, y, marker, ls="none", color=colour, ms=3, alpha=0.3 if faint else 0.6, label=name, mew=0.8)
    if line is not None:
        axis.axline(line[0], np.add(line[0], line[1]), color="k", lw=1)
    looks = styles(tracks)
    for name, track in tracks.items():
        colour, marker, style = looks[name]
        axis.plot(*np.transpose(track), color=colour, ls=style, lw=2, label=name)
        axis.plot(*track[0], marker, color=colour, ms=6, mec="k", mew=0.6)
        arrow = {"arrowstyle": "-|>", "color": colour, "mutation_scale": 18}
        axis.annotate("", track[-1], track[-2], arrowprops=arrow)
    for i, (name, (x, y)) in enumerate(sorted(names.items(), key=lambda item: item[1][0])):
        axis.plot(x, y, "*", color="k", ms=9, mec="w", mew=0.6)
        offset = (5, 4) if i % 2 else (-5, -5)  # to either side in turn, since neighbours crowd
        side = {"ha": "left", "va": "bottom"} if i % 2 else {"ha": "right", "va": "top"}
        axis.annotate(name, (x, y), xytext=offset, textcoords="offset points", fontsize=7, annotation_clip=True, **side)
    axis.set(xlabel=xlabel, ylabel=ylabel, title=title)
    if limits:
        axis.set(xlim=limits[0], ylim=limits[1])
    axis.title.set_fontsize(10)
    axis.legend(fontsize=8)
    show(figure, alt)


def profiles(groups, *, xlabel, ylabel, alt, title="", zero=False):
    """Lines with error bars, {name: (x, y) or (x, y, error)}."""
    figure, axis = plt.subplots(figsize=(5.6, 3.6), layout="constrained")
    looks = styles(groups)
    for name, (x, y, *error) in groups.items():
        colour, marker, line = looks[name]
        axis.errorbar(
            x, y, error[0] if error else None, color=colour, marker=marker, ls=line, ms=4, capsize=2, label=name
        )
    if zero:
        axis.axhline(0, color="0.6", lw=1)
    axis.set(xlabel=xlabel, ylabel=ylabel, title=title)
    axis.title.set_fontsize(10)
    axis.legend(fontsize=8)
    show(figure, alt)


def maps(images, *, caption, alt, symmetric=(), extent=None):
    """Maps with a colour bar each, {title with unit: array (Y, X)}; those in `symmetric` are centred on 0."""
    figure, axes = plt.subplots(1, len(images), figsize=(3.2 * len(images), 3.2), squeeze=False, layout="constrained")
    for i, (axis, (title, image)) in enumerate(zip(axes.flat, images.items(), strict=True)):
        low, high = np.nanpercentile(image, [2, 98])
        if title in symmetric:
            high = np.nanpercentile(np.abs(image), 98)
            low = -high
        drawn = axis.imshow(
            image,
            origin="lower",
            cmap="PuOr_r" if title in symmetric else "cividis",
            vmin=low,
            vmax=high,
            extent=extent,
            interpolation="nearest",
        )
        figure.colorbar(drawn, ax=axis, orientation="horizontal", shrink=0.85, pad=0.02)
        axis.set_title(title, fontsize=9)
        axis.set_xlabel("arcsec" if extent else "spaxels", fontsize=8)
        axis.tick_params(labelsize=7, labelleft=i == 0)
    figure.suptitle(caption, fontsize=10)
    show(figure, alt)


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


def map_grid(maps, titles, *, channels, alt, caption="", symmetric=("velocity",), size=1.25):
    """Maps of several galaxies: a galaxy a column, a quantity a row, the same shades along a row.

    Parameters
    ----------
    maps : array (N, C, H, W)
        NaN, or 0 in all channels, is left white.
    titles : sequence of str
        One a galaxy.
    channels : sequence of str
    symmetric : sequence of str
        Channels that are centred on 0.
    """
    maps = np.asarray(maps).astype(float)
    maps[np.broadcast_to((maps == 0).all(1, keepdims=True), maps.shape)] = np.nan
    n, c = maps.shape[:2]
    figure, axes = plt.subplots(
        c,
        n,
        figsize=(size * n + 0.8, size * c + 0.5),
        squeeze=False,
        layout="constrained",
        gridspec_kw={"wspace": 0.02},
    )
    for j, name in enumerate(channels):
        low, high = np.nanpercentile(maps[:, j], [2, 98])
        if name in symmetric:
            low, high = -max(-low, high), max(-low, high)
        for i in range(n):
            drawn = axes[j, i].imshow(
                maps[i, j], origin="lower", vmin=low, vmax=high, cmap="PuOr_r" if name in symmetric else "cividis",
                interpolation="nearest",
            )  # fmt: skip
            axes[j, i].set(xticks=[], yticks=[])
            axes[j, i].spines[:].set_visible(False)
        axes[j, 0].set_ylabel(name, fontsize=8)
        figure.colorbar(drawn, ax=axes[j, :], pad=0.01).ax.tick_params(labelsize=6)
    for axis, title in zip(axes[0], titles, strict=True):
        axis.set_title(title, fontsize=8)
    figure.suptitle(caption, fontsize=10)
    show(figure, alt)


def efficiency(curves, *, ylabel, alt, title="", level=None):
    """Scores against the number of labels on a logarithmic axis, with the spread of draws.

    Parameters
    ----------
    curves : dict of str -> (numbers, scores, spread)
    level : (name, value), optional
        A horizontal line.
    """
    figure, axis = plt.subplots(figsize=(7.2, 4.2), layout="constrained")
    looks = styles(curves)
    for name, (x, y, spread) in curves.items():
        colour, marker, line = looks[name]
        axis.errorbar(x, y, spread, color=colour, marker=marker, ls=line, capsize=2, label=name)
    if level:
        axis.axhline(level[1], color="0.6", lw=1)
        axis.annotate(level[0], (0.01, level[1]), xycoords=("axes fraction", "data"), va="bottom", fontsize=8)
    axis.set(xscale="log", xlabel="labelled galaxies", ylabel=ylabel, title=title)
    axis.set_xticks(x, [f"{a:,}" for a in x])
    axis.minorticks_off()
    axis.title.set_fontsize(10)
    axis.legend(fontsize=8, loc="lower right")
    show(figure, alt)


def intervals(names, measured, low, high, *, published, xlabel, alt, title=""):
    """Measured values with their intervals, a row each, and published ones beside them.

    Parameters
    ----------
    names : sequence of str
    measured, low, high, published : array (N,)
    """
    rows = np.arange(len(names))[::-1]
    figure, axis = plt.subplots(figsize=(9, 0.27 * len(names) + 1), layout="constrained")
    around = np.clip([np.asarray(measured) - low, np.asarray(high) - measured], 0, None)
    axis.errorbar(measured, rows, xerr=around, fmt="o", color=CYCLE[0][0], ms=4, capsize=2, label="measured here")
    axis.plot(published, rows, "D", mfc="none", color=CYCLE[1][0], ms=6, label="published")
    axis.set_yticks(rows, names, fontsize=7)
    axis.set(xlabel=xlabel, title=title, ylim=(-0.8, len(names) - 0.2))
    axis.grid(axis="x", color="0.9")
    axis.legend(loc="lower left", fontsize=8)
    show(figure, alt)
