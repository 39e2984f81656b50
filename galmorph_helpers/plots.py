"""The figures of the course: a small vocabulary, readable without colour, with alt text. No science is done here."""

from html import escape
from io import BytesIO
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML, Image, display

#: Okabe-Ito colours (Okabe & Ito 2008), safe for colour-blind readers.
BLUE, VERMILION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
PINK, BLACK, SKY = "#CC79A7", "#000000", "#56B4E9"
RED_ROW = "#fbd5d0"  # behind the row of a table that says NO

#: Colour, marker and line of what has no style of its own, in turn: see `styles`.
CYCLE = (
    (BLUE, "o", "-"), (VERMILION, "s", "--"), (GREEN, "^", "-."), (ORANGE, "D", ":"),
    (PINK, "v", (0, (5, 1))), (BLACK, "x", (0, (1, 1))), (SKY, "P", (0, (3, 1, 1, 1))),
)  # fmt: skip

_ELLIPTICAL, _LENTICULAR = (VERMILION, "o", "-"), (ORANGE, "s", "--")
_SPIRAL, _LATE_SPIRAL = (BLUE, "^", "-."), (SKY, "P", (0, (3, 1, 1, 1)))
#: The same for each class, whatever a lesson calls it, and for each method: one look in all figures of the course.
STYLE = {
    "elliptical": _ELLIPTICAL, "E": _ELLIPTICAL, "E-FR": _ELLIPTICAL, "E, slow": _ELLIPTICAL,
    "E, fast": (PINK, "v", (0, (5, 1))),
    "lenticular": _LENTICULAR, "S0": _LENTICULAR,
    "spiral": _SPIRAL, "S1": _SPIRAL, "Sa-Sb": _SPIRAL, "S2": _LATE_SPIRAL, "Sc-Sd": _LATE_SPIRAL,
    "edge-on": (GREEN, "D", ":"),
    "network": (BLUE, "o", "-"),
    "forest": (VERMILION, "s", "--"),
    "colour": (PINK, "^", ":"),
    "concentration": (BLACK, "v", "-."),
    "DS18": (GREEN, "D", "--"),
    "training": (SKY, "o", "--"),
    "validation": (BLUE, "s", "-"),
}  # fmt: skip


def styles(names):
    """(colour, marker, line) of each name in a figure: its own of `STYLE`, else the next of `CYCLE` that none has."""
    names = list(dict.fromkeys(map(str, names)))
    taken = {STYLE[name][0] for name in names if name in STYLE}
    others = cycle([style for style in CYCLE if style[0] not in taken])
    return {name: STYLE[name] if name in STYLE else next(others) for name in names}


def show(figure, alt):
    """Display a figure with alt text that states its finding, and close it."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=80, bbox_inches="tight")
    plt.close(figure)
    display(Image(buffer.getvalue(), format="png", alt=alt))


def gallery(sample, rows, *, titles=None, columns=8, caption="", alt="", size=1.45):
    """Stamps of chosen galaxies, titles below, with a caption that says where they come from.

    Parameters
    ----------
    sample : GalaxySample
        Colour images (three bands) or grey ones (one band).
    rows : sequence of int
    titles : sequence of str, optional
    """
    rows = list(rows)
    lines = -(-len(rows) // columns)
    figure, axes = plt.subplots(
        lines,
        min(columns, len(rows)),
        squeeze=False,
        figsize=(size * min(columns, len(rows)), (size + (0.25 if titles else 0)) * lines + 0.35),
        layout="constrained",
    )
    for axis in axes.flat:
        axis.axis("off")
    for i, (axis, row) in enumerate(zip(axes.flat, rows, strict=False)):
        axis.imshow(picture(sample.images[row]), origin="lower", cmap="gray", interpolation="nearest")
        if titles:
            axis.set_title(titles[i], fontsize=8)
    figure.suptitle(f"{caption} — {sample.caption}" if caption else sample.caption, fontsize=10)
    show(figure, alt or f"{len(rows)} {sample.caption}. {caption}")


def picture(image):
    """A (C, H, W) tensor as what imshow takes: (H, W, 3) in 0 to 1, or (H, W)."""
    array = np.asarray(image)
    return array.transpose(1, 2, 0).clip(0, 1) if len(array) == 3 else array[0]


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


def show_metrics(table, *, metrics=("accuracy", "precision", "recall", "auc"), published=None, caption=""):
    """A metrics table as people read it: 95 % intervals, prevalence, always-"no", the published row beneath.

    Parameters
    ----------
    table : Table
        From `metrics_table` or `regression_table`.
    metrics : sequence of str
    published : dict of str -> dict, optional
        Published values by row name, printed in a line of their own under the measured ones.
    """
    lead = [c for c in ("n", "positive", "always_no") if c in table.colnames]
    head = [
        "",
        *({"n": "N", "positive": "positive", "always_no": "always “no”"}[c] for c in lead),
        *(m.replace("_", " ") for m in metrics),
    ]
    lines = [f"<tr>{''.join(f'<th scope=col style=text-align:left>{escape(h)}</th>' for h in head)}</tr>"]
    for row in table:
        cells = [f"<th scope=row style=text-align:left>{escape(str(row['name']))}</th>"]
        cells += [f"<td>{row[c]:,}</td>" if c == "n" else f"<td>{row[c]:.3f}</td>" for c in lead]
        cells += [
            f"<td><b>{row[m]:.3f}</b> <small>[{row[m + '_low']:.3f}, {row[m + '_high']:.3f}]</small></td>"
            if np.isfinite(row[m])
            else "<td>not defined</td>"
            for m in metrics
        ]
        lines.append(f"<tr>{''.join(cells)}</tr>")
        if published and row["name"] in published:
            row = published[row["name"]]
            known = {"n": f"{row['n_test']:,}", "positive": f"{row['positive']:.2f}"}
            known["always_no"] = f"{1 - row['positive']:.2f}"
            known |= {m: f"{row[m]:.2f}" for m in metrics if m in row}
            cells = ["<th scope=row style='text-align:left;font-weight:normal'><i>published</i></th>"]
            cells += [f"<td><i>{known.get(c, '–')}</i></td>" for c in (*lead, *metrics)]
            lines.append(f"<tr>{''.join(cells)}</tr>")
    display(HTML(f"<table>{f'<caption>{escape(caption)}</caption>' if caption else ''}{''.join(lines)}</table>"))


def show_claims(table):
    """The claims of a lesson, a broken one in red and with the word NO."""
    head = "".join(f"<th scope=col style=text-align:left>{h}</th>" for h in table.colnames)
    lines = []
    for row in table:
        style = "" if row["holds"] == "yes" else f" style='background:{RED_ROW};color:#000'"
        lines.append(
            f"<tr{style}><td style=text-align:left>{escape(str(row['claim']))}</td>"
            f"<td>{row['measured']:.3f}</td><td>{row['expected']}</td>"
            f"<td>{row['holds']}</td><td style=text-align:left>{escape(str(row['it would fail if']))}</td></tr>"
        )
    display(HTML(f"<table><tr>{head}</tr>{''.join(lines)}</table>"))


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


def images_row(images, titles, *, caption, alt, cmap="gray", overlay=None, size=2.0, symmetric=False):
    """Plain images side by side, each with a title: colour tensors (3, H, W) or grey arrays (H, W).

    `overlay` is drawn half-transparent over the image of the same place in the list (None: nothing).
    """
    figure, axes = plt.subplots(
        1, len(images), figsize=(size * len(images), size + 0.55), layout="constrained", squeeze=False
    )
    for i, (axis, image, title) in enumerate(zip(axes.flat, images, titles, strict=True)):
        array = np.asarray(image)
        limit = np.abs(array).max() if symmetric and array.ndim == 2 else None
        axis.imshow(
            picture(array) if array.ndim == 3 else array,
            origin="lower",
            cmap=cmap,
            interpolation="nearest",
            **({"vmin": -limit, "vmax": limit} if limit else {}),
        )
        if overlay is not None and overlay[i] is not None:
            top = np.abs(np.asarray(overlay[i])).max()
            axis.imshow(np.asarray(overlay[i]), origin="lower", cmap="PuOr", alpha=0.55, vmin=-top, vmax=top)
        axis.set_title(title, fontsize=8)
        axis.axis("off")
    figure.suptitle(caption, fontsize=10)
    show(figure, alt)


def scatter_regression(truth, predicted, *, name, alt):
    """Predicted against true T-Type: the median and the central 68 % in each true type."""
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
