"""Curves against one quantity: trends, learning, spectra; and distributions."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator

from .style import CYCLE, HUBBLE, STYLE, show, styles

APART = 90  # Å: names of closer lines would overlap


def trends(panels, *, xlabel, alt, ylabels=None, ticks=None, log=False, level=None, ylim=None):
    """Curves side by side, bare, with error bars, or with bands.

    Parameters
    ----------
    panels : dict of str -> dict of str -> (x, y), (x, y, error) or (x, y, low, high)
        By title, then by name of the curve; one that `plots.STYLE` knows gets its colour, marker and line.
    xlabel, alt : str
    ylabels : sequence of str, optional
        One a panel.
    ticks : (positions, labels), optional
        Of the x axis, as for T-Types.
    log : bool
        Whether the x axis is logarithmic.
    level : (name, value), optional
        A horizontal line, such as what a guess would score.
    ylim : (float, float), optional
        Of the y axes, where they must not move with a slider.
    """
    size = (max(4.3 * len(panels), 5.6), 3.5)
    figure, axes = plt.subplots(1, len(panels), figsize=size, layout="constrained", squeeze=False)
    looks = styles(name for curves in panels.values() for name in curves)
    for k, (axis, (title, curves)) in enumerate(zip(axes.flat, panels.items(), strict=True)):
        for name, curve in curves.items():
            _curve(axis, curve, looks[name], name)
        if level:
            axis.axhline(level[1], color="0.6", lw=1)
            axis.annotate(level[0], (0.01, level[1]), xycoords=("axes fraction", "data"), va="bottom", fontsize=8)
        axis.set(xlabel=xlabel, ylabel=ylabels[k] if ylabels else "", ylim=ylim)
        axis.set_title(title, fontsize=9)
        axis.legend(fontsize=8)
        if log:
            axis.set_xscale("log")
            axis.minorticks_off()
        if ticks:
            axis.set_xticks(ticks[0], ticks[1], fontsize=8)
        elif not log:
            axis.xaxis.set_major_locator(MaxNLocator(6))
    show(figure, alt)


def limits(points, *, xlabel, ylabel, alt, level=None, ticks=None):
    """Ranges of measured values and, where only a lower limit is known, arrows that point up; logarithmic axes.

    Parameters
    ----------
    points : dict of str -> (x, value, low, high)
        By name, arrays (N,), > 0; an infinite high is a range that is open above, an infinite value a lower limit at
        `low`.
    xlabel, ylabel, alt : str
    level : (name, value), optional
        A horizontal line.
    ticks : (positions, labels), optional
        Of the x axis.
    """
    figure, axis = plt.subplots(figsize=(6.2, 3.6), layout="constrained")
    looks, tops = styles(points), []
    for k, (name, curve) in enumerate(points.items()):
        x, value, low, high = (np.asarray(part, float) for part in curve)
        (colour, marker, _), x = looks[name], x * 1.06 ** (k - (len(points) - 1) / 2)  # beside each other
        known, bounded = np.isfinite(value), np.where(np.isfinite(high), high, 1.6 * low)
        shown = np.where(known, value, low)
        axis.plot(x, shown, marker, color=colour, ms=6, label=name)
        axis.vlines(x, low, np.where(known, np.maximum(bounded, shown), low), color=colour)
        tops += [*bounded, *1.6 * shown[~np.isfinite(high)]]  # arrows end there
        for place, start in zip(x[~np.isfinite(high)], shown[~np.isfinite(high)], strict=True):
            arrow = {"arrowstyle": "->", "color": colour}
            axis.annotate("", (place, 1.6 * start), (place, start), arrowprops=arrow)
    if level:
        axis.axhline(level[1], color="0.6", lw=1)
        axis.annotate(level[0], (0.01, level[1]), xycoords=("axes fraction", "data"), va="bottom", fontsize=8)
    axis.set(xscale="log", yscale="log", xlabel=xlabel, ylabel=ylabel)
    axis.set_ylim(top=1.3 * max(tops))
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 3)))
    axis.yaxis.set_major_formatter("{x:g}")
    axis.minorticks_off()
    if ticks:
        axis.set_xticks(*ticks)
    axis.legend(fontsize=8)
    show(figure, alt)


def _curve(axis, curve, look, name):
    (x, y, *around), (colour, marker, line) = curve, look
    style = {"color": colour, "marker": marker if len(x) < 25 else None, "ls": line, "label": name}
    if len(around) == 1:
        axis.errorbar(x, y, around[0], ms=4, capsize=2, **style)
        return
    axis.plot(x, y, ms=5, **style)
    if around:
        axis.fill_between(x, *around, color=colour, alpha=0.15, lw=0)


def learning_curve(histories, *, alt):
    """Loss of training and validation against epoch for one or more `History`, by name."""
    size = (3.6 * len(histories), 2.8)
    figure, axes = plt.subplots(1, len(histories), figsize=size, layout="constrained", squeeze=False)
    for axis, (name, history) in zip(axes.flat, histories.items(), strict=True):
        epochs, kept = np.arange(1, len(history.training) + 1), history.best_epoch + 1
        for part in ("training", "validation"):
            _curve(axis, (epochs, getattr(history, part)), STYLE[part], part)
        axis.axvline(kept, color="0.6", lw=1)
        place = {"xycoords": ("data", "axes fraction"), "xytext": (-3, -10), "textcoords": "offset points"}
        axis.annotate("kept", (kept, 1), fontsize=8, ha="right", **place)
        unit = {"bce": "binary cross-entropy, nats", "mse": "mean squared error"}.get(history.loss, "loss")
        axis.set(xlabel="epoch", ylabel=unit, title=name)
    axes.flat[0].legend(fontsize=8)
    show(figure, alt)


def spectra(wavelength, rows, *, alt, offset=0.0, marks=None, ylabel="normalised flux", title="", limits=None):
    """Spectra in one frame, each `offset` above the last, or one a panel.

    Parameters
    ----------
    wavelength : array (P,)
        Å.
    rows : dict of str -> array (P,)
        NaN leaves a gap.
    alt : str
    offset : float or None
        None: one a panel.
    marks : dict of str -> float, optional
        Lines to name at their wavelengths.
    ylabel, title : str
    limits : (float, float), optional
        Of the flux axis.
    """
    n = len(rows) if offset is None else 1
    size = (9, 3.6 if n == 1 else 1.5 * n + 0.8)
    figure, axes = plt.subplots(n, 1, figsize=size, sharex=True, squeeze=False, layout="constrained")
    looks = styles(rows)
    for i, (name, flux) in enumerate(rows.items()):
        if offset is None:
            axes[i, 0].plot(wavelength, flux, color=CYCLE[0][0], lw=0.8)
            axes[i, 0].set_title(name, fontsize=9, loc="left")
        else:
            axes[0, 0].plot(wavelength, flux + i * offset, color=looks[name][0], lw=0.8)
            _name_at_the_end(axes[0, 0], wavelength[-1], flux[-200:] + i * offset, name, looks[name][0])
    for axis in axes.flat:
        axis.set(ylabel=ylabel, ylim=limits, xlim=(wavelength[0], wavelength[-1]))
        for place in (marks or {}).values():
            axis.axvline(place, color="0.8", lw=0.8, zorder=0)
    _name_lines(axes[0, 0], marks or {})
    axes[-1, 0].set_xlabel("rest wavelength (Å)")
    figure.suptitle(title, fontsize=10)
    show(figure, alt)


def _name_at_the_end(axis, x, flux, name, colour):
    """The name of a spectrum to the right of its last good pixels."""
    if np.isfinite(flux).any():
        place = {"xytext": (4, 0), "textcoords": "offset points", "va": "center", "annotation_clip": False}
        axis.annotate(name, (x, np.nanmedian(flux)), color=colour, fontsize=8, **place)


def _name_lines(axis, marks):
    """Names of lines at the top of a frame, without those that would overlap."""
    last = -np.inf
    for name, x in sorted(marks.items(), key=lambda mark: mark[1]):
        if x - last > APART:
            place = {"xycoords": ("data", "axes fraction"), "xytext": (2, -3), "textcoords": "offset points"}
            axis.annotate(name, (x, 1), rotation=90, fontsize=7, va="top", color="0.35", **place)
            last = x


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


def histograms(panels, *, title, alt, bins=40, limits=None):
    """Distributions of several quantities for the same groups of galaxies, medians marked, side by side.

    Parameters
    ----------
    panels : dict of str -> dict of str -> array
        By axis label, then by group; a group that `plots.STYLE` knows gets its colour and line, others take turns.
    title, alt : str
    bins : int
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
