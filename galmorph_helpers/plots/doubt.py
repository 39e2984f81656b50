"""Figures of doubt."""

import matplotlib.pyplot as plt
import numpy as np

from .style import SKY, VERMILION, show, styles


def uncertainty(target, probability, spread, by_probability, *, title, alt, groups=5):
    """Uncertainty against probability, and the share of wrong classes in equal groups of growing uncertainty.

    Parameters
    ----------
    target, probability, spread : array (N,)
        Labels 0 or 1, mean and standard deviation over the networks.
    by_probability : Table
        From `spread_by_probability`.
    groups : int
        On the right: galaxies are sorted by uncertainty and cut into that many equal groups.
    """
    target, probability, spread = (np.asarray(a) for a in (target, probability, spread))
    wrong = (probability >= 0.5) != target
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.2), layout="constrained")
    left.plot(probability[~wrong], spread[~wrong], ".", color="0.7", ms=3, label="class right")
    left.plot(probability[wrong], spread[wrong], "x", color=VERMILION, ms=4, label="class wrong")
    middle = by_probability["median"]
    bars = [middle - by_probability["p16"], by_probability["p84"] - middle]
    left.errorbar(
        by_probability["probability"], middle, bars, color="k", marker="o", ms=4, capsize=2, label="median, 68 %"
    )
    left.set(xlabel="probability, mean of the networks", ylabel="standard deviation of the networks", ylim=(0, None))
    left.legend(fontsize=7)
    parts = np.array_split(np.argsort(spread, kind="stable"), groups)
    share = np.array([wrong[part].mean() for part in parts])
    error = [np.sqrt(s * (1 - s) / len(part)) for s, part in zip(share, parts, strict=True)]
    right.bar(range(1, groups + 1), share, yerr=error, color=SKY, edgecolor="k", capsize=3, hatch="//")
    right.set(xlabel="group of galaxies, from least to most uncertain", ylabel="share of wrong classes", ylim=(0, None))
    right.set_xticks(range(1, groups + 1))
    figure.suptitle(title, fontsize=10)
    show(figure, alt)


def rejection(rows, *, keep=1.0, title="", alt=""):
    """Accuracy of the galaxies that are kept when the most uncertain are left unclassified.

    Parameters
    ----------
    rows : dict of str -> (target, probability, uncertainty)
    keep : float
        Share of galaxies kept, 0 to 1: marked, and its accuracy in the first of the rows written above.
    """
    figure, axis = plt.subplots(figsize=(4.8, 3), layout="constrained")
    looks = styles(rows)
    for name, (target, probability, doubt) in rows.items():
        colour, _, line = looks[name]
        right = ((np.asarray(probability) >= 0.5) == np.asarray(target))[np.argsort(doubt, kind="stable")]
        number = np.arange(1, len(right) + 1)
        start = max(20, len(right) // 20)  # fewer galaxies say nothing of an accuracy
        axis.plot(number[start:] / len(right), (np.cumsum(right) / number)[start:], line, color=colour, label=name)
        if name == next(iter(rows)):
            n_kept = max(1, round(keep * len(right)))
            kept = right[:n_kept].mean()
    axis.axvline(keep, color="0.4", lw=1)
    title = f"{title} {next(iter(rows))}: keep {keep:.0%}, accuracy {kept:.3f}".strip()
    axis.set(xlabel="share of galaxies classified, surest first", ylabel="accuracy of their classes", title=title)
    axis.title.set_fontsize(9)
    axis.legend(fontsize=8, loc="lower left")
    show(figure, alt or f"Accuracy against the share of galaxies kept: {kept:.3f} where {keep:.0%} are.")
