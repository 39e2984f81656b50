"""Curves: learning, thresholds, reliability, spectra, profiles, histograms."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

from .style import BLUE, CYCLE, HUBBLE, STYLE, VERMILION, show, styles


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


def learning_curve(histories, *, alt):
    """Loss of training and validation against epoch for one or more `History`, by name."""
    figure, axes = plt.subplots(
        1, len(histories), figsize=(3.6 * len(histories), 2.8), layout="constrained", squeeze=False
    )
    for axis, (name, history) in zip(axes.flat, histories.items(), strict=True):
        for part in ("training", "validation"):
            colour, marker, line = STYLE[part]
            axis.plot(
                np.arange(1, len(history.training) + 1),
                getattr(history, part),
                line,
                marker=marker,
                color=colour,
                label=part,
                ms=4,
            )
        axis.axvline(history.best_epoch + 1, color="0.6", lw=1)
        axis.annotate(
            "kept",
            (history.best_epoch + 1, 1),
            xycoords=("data", "axes fraction"),
            xytext=(-3, -10),
            textcoords="offset points",
            fontsize=8,
            ha="right",
        )
        unit = {"bce": "binary cross-entropy, nats", "mse": "mean squared error"}.get(history.loss, "loss")
        axis.set(xlabel="epoch", ylabel=unit, title=name)
    axes.flat[0].legend(fontsize=8)
    show(figure, alt)


def curves(rows, *, title, alt):
    """ROC and precision against recall of classifiers, {name: (target, probability)}; names are keys of `STYLE`."""
    from sklearn.metrics import precision_recall_curve, roc_curve

    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.4), layout="constrained")
    for name, (target, probability, *_) in rows.items():
        colour, _, line = STYLE[name]
        fpr, tpr, _ = roc_curve(target, probability)
        left.plot(fpr, tpr, line, color=colour, label=name)
        precision, recall, _ = precision_recall_curve(target, probability)
        right.plot(recall, precision, line, color=colour, label=name)
    left.plot([0, 1], [0, 1], color="0.7", lw=1)
    left.set(xlabel="false positive rate", ylabel="true positive rate (recall)")
    right.axhline(np.mean(target), color="0.7", lw=1)
    right.set(xlabel="recall (completeness)", ylabel="precision (purity)", ylim=(0, 1.02))
    left.legend(fontsize=8, loc="lower right")
    figure.suptitle(title, fontsize=10)
    show(figure, alt)


def reliability(curve, error, *, title, alt, after=None):
    """Observed fraction of positives against predicted probability, each from `calibration_curve`.

    `after` is a second (curve, error), such as that of calibrated probabilities, drawn beside the first.
    """
    figure, axis = plt.subplots(figsize=(3.6, 3.3), layout="constrained")
    axis.plot([0, 1], [0, 1], color="0.7", lw=1)
    named = {"before": (curve, error)} | ({"after": after} if after else {})
    for (name, (c, e)), (colour, marker, line) in zip(named.items(), CYCLE, strict=False):
        spread = np.sqrt(c["observed"] * (1 - c["observed"]) / c["n"])
        axis.errorbar(c["predicted"], c["observed"], spread, color=colour, marker=marker, ls=line, capsize=2,
                      label=f"{name}: error {e:.3f}")  # fmt: skip
    if after:
        axis.legend(fontsize=8)
    axis.set(
        xlabel="predicted probability",
        ylabel="observed fraction of positives",
        title=title if after else f"{title}\nexpected calibration error {error:.3f}",
        xlim=(0, 1),
        ylim=(0, 1),
    )
    axis.title.set_fontsize(9)
    show(figure, alt)


def threshold_figure(target, probability, *, threshold=0.5, title="", alt=""):
    """Histogram of probabilities of both classes with a threshold, and what it makes of precision and recall."""
    target, probability = np.asarray(target), np.asarray(probability)
    called = probability >= threshold
    precision = target[called].mean() if called.any() else float("nan")
    recall = called[target == 1].mean()
    figure, axis = plt.subplots(figsize=(5.2, 2.8), layout="constrained")
    bins = np.linspace(0, 1, 26)
    axis.hist(probability[target == 0], bins, histtype="step", color=VERMILION, ls="--", label="no")
    axis.hist(probability[target == 1], bins, histtype="stepfilled", color=BLUE, alpha=0.5, hatch="//", label="yes")
    axis.axvline(threshold, color="k")
    axis.set(
        xlabel="probability",
        ylabel="galaxies",
        yscale="log",
        title=f"{title} threshold {threshold:.2f}: precision {precision:.2f}, recall {recall:.2f}",
    )
    axis.title.set_fontsize(9)
    axis.legend(fontsize=8, title="truth", title_fontsize=8)
    show(
        figure,
        alt or f"Histogram of probabilities. At {threshold:.2f} precision is {precision:.2f} and recall {recall:.2f}.",
    )
