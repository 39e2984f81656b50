"""How good a classifier is: curves of thresholds, probabilities against what happened."""

import matplotlib.pyplot as plt
import numpy as np

from .style import BLUE, CYCLE, PALE_BLUE, PALE_ORANGE, STYLE, VERMILION, picture, show


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
    figure = plt.figure(figsize=(1.1 * 2 * each + 0.6, 3.4), layout="constrained")
    kinds = {(1, 1): "true positive", (1, 0): "false negative", (0, 1): "false positive", (0, 0): "true negative"}
    panels = figure.subfigures(2, 2, wspace=0.04, hspace=0.04)
    for (true, said), word in kinds.items():
        rows = np.flatnonzero((target == true) & (called == said))
        panel = panels[1 - true, 1 - said]
        panel.suptitle(f"is {names[true]}, called {names[said]}: {len(rows)} ({word})", fontsize=9)
        panel.set_facecolor(PALE_BLUE if true == said else PALE_ORANGE)
        for axis, row in zip(panel.subplots(1, each), [*rows[:each], *[None] * each], strict=False):
            axis.axis("off")
            if row is not None:
                axis.imshow(picture(sample.images[row]), origin="lower", cmap="gray", interpolation="nearest")
    figure.suptitle(f"{caption} — {sample.caption}" if caption else sample.caption, fontsize=10)
    show(figure, alt or f"Four kinds of answers and their counts, with {sample.caption} of each kind.")


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
