"""How good a classifier is: curves of thresholds, probabilities against what happened."""

from html import escape

import matplotlib.pyplot as plt
import numpy as np

from .style import BLUE, CYCLE, PALE_BLUE, PALE_ORANGE, STYLE, VERMILION, grid, show, show_pictures


def roc_curves(rows, *, title, alt):
    """ROC and precision against recall of classifiers.

    Parameters
    ----------
    rows : dict of str -> (target, probability)
        Arrays (N,) of 0 or 1, and of 0 to 1. Names are keys of `STYLE`.
    title, alt : str
    """
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

    Parameters
    ----------
    curve : Table
    error : float
        Expected calibration error.
    title, alt : str
    after : (curve, error), optional
        A second one, such as that of calibrated probabilities, drawn beside the first.
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


def confusion_gallery(sample, target, called, *, names=("no", "yes"), each=4, alt="", caption=""):
    """A confusion matrix that one can look at: counts, and galaxies of each of the four kinds.

    Parameters
    ----------
    sample : GalaxySample
    target, called : array (N,)
        0 or 1: what is true, and what the classifier says.
    names : (str, str)
        What 0 and 1 mean.
    each : int
        Galaxies drawn of each kind, the first ones.
    alt, caption : str
    """
    target, called = np.asarray(target).astype(int), np.asarray(called).astype(int)
    kinds = {(1, 1): "true positive", (1, 0): "false negative", (0, 1): "false positive", (0, 0): "true negative"}
    panels = []
    for (true, said), word in kinds.items():
        rows = np.flatnonzero((target == true) & (called == said))
        shown = [sample.images[row] for row in rows[:each]]
        title = f"is {names[true]}, called {names[said]}: {len(rows)} ({word})"
        colour = PALE_BLUE if true == said else PALE_ORANGE
        stamps = grid(shown, [""] * len(shown), width=88, columns=each)
        look = f"background:{colour};color:black;padding:6px;flex:1 0 {min(94 * each, 300)}px;max-width:{94 * each}px"
        panels.append(f'<div style="{look}"><div style="font-size:12px">{escape(title)}</div>{stamps}</div>')
    side_by_side = f"display:flex;flex-wrap:wrap;gap:6px;max-width:{2 * (94 * each + 24)}px"
    title = f"{caption} — {sample.caption}" if caption else sample.caption
    alt = alt or f"Four kinds of answers and their counts, with {sample.caption} of each kind."
    show_pictures(f'<div style="{side_by_side}">{"".join(panels)}</div>', caption=title, alt=alt)


def threshold_figure(target, probability, *, threshold=0.5, title="", alt=""):
    """Histogram of probabilities of both classes with a threshold, and what it makes of precision and recall.

    Parameters
    ----------
    target, probability : array (N,)
        0 or 1; 0 to 1.
    threshold : float
        Galaxies at or above it are called "yes".
    title, alt : str
    """
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
