"""How good is it? Metrics with intervals, thresholds, calibration."""

import numpy as np
from astropy.table import Table

METRICS = ("accuracy", "precision", "recall", "f1", "auc", "average_precision")


def metrics_table(rows, *, n_boot=400, seed=0):
    """Binary classifiers side by side, each metric with its 95 % bootstrap interval.

    Parameters
    ----------
    rows : dict of str -> (target, probability) or (target, probability, threshold)
        Targets are 0 or 1, probabilities 0 to 1, both (N,). The threshold (0.5 by default) must come from validation
        data: see `choose_threshold`.
    n_boot : int
        Resamplings of the galaxies.
    seed : int

    Returns
    -------
    astropy.table.Table
        `name`, `n`, `positive` (fraction), `always_no` (accuracy of always saying no), `threshold`, and for each of
        accuracy, precision, recall, f1, auc, average_precision the value and its `_low`, `_high`.

    Raises
    ------
    ValueError
        For targets that are not 0 and 1, both present, or values that are missing: named by the row.

    Examples
    --------
    >>> table = metrics_table({"network": ([0, 0, 1, 1], [0.1, 0.6, 0.7, 0.9])})
    >>> float(table["accuracy"][0]), float(table["auc"][0])
    (0.75, 1.0)
    """
    out = []
    for name, (target, probability, *threshold) in rows.items():
        target, probability = check_binary(target, probability, what=name)
        threshold = threshold[0] if threshold else 0.5
        values = binary_metrics(target, probability, threshold=threshold, weights=np.ones((1, len(target))))
        draws = np.random.default_rng(seed).multinomial(len(target), np.full(len(target), 1 / len(target)), size=n_boot)
        spread = binary_metrics(target, probability, threshold=threshold, weights=draws)
        row = {
            "name": name,
            "n": len(target),
            "positive": target.mean(),
            "always_no": 1 - target.mean(),
            "threshold": threshold,
        }
        for metric in METRICS:
            row[metric] = values[metric][0]
            known = spread[metric][np.isfinite(spread[metric])]
            row[f"{metric}_low"], row[f"{metric}_high"] = (
                np.percentile(known, [2.5, 97.5]) if len(known) else (np.nan, np.nan)
            )
        out.append(row)
    return Table(rows=out)


def binary_metrics(target, probability, *, threshold=0.5, weights):
    """Metrics of a classifier for many weightings of its galaxies at once.

    Parameters
    ----------
    target, probability : array (N,)
    threshold : float
    weights : array (B, N)
        One row of ones gives the metrics; rows of multinomial counts give their bootstrap distribution.

    Returns
    -------
    dict of str -> array (B,)
        NaN where a metric is not defined (precision without a positive call).
    """
    w = np.asarray(weights, float)
    called = probability >= threshold
    tp, fp = w @ (target * called), w @ ((1 - target) * called)
    positives, total = w @ target, w.sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision, recall = tp / (tp + fp), tp / positives
        out = {
            "accuracy": (total - positives - fp + tp) / total,
            "precision": precision,
            "recall": recall,
            "f1": 2 * tp / (2 * tp + fp + positives - tp),
        }
        # Cumulative counts from the most to the least confident, taken at the end of each run of ties.
        order = np.argsort(-probability, kind="stable")
        ends = np.r_[np.flatnonzero(np.diff(probability[order])), len(order) - 1]
        hits = np.cumsum(w[:, order] * target[order], 1)[:, ends]
        calls = np.cumsum(w[:, order], 1)[:, ends]
        false = calls - hits
        step = np.diff(hits, axis=1, prepend=0)
        before = np.concatenate([np.zeros((len(w), 1)), false[:, :-1]], 1)
        negatives = total - positives
        out["auc"] = 1 - (step * (before + false) / 2).sum(1) / (positives * negatives)
        out["average_precision"] = np.nansum(step * hits / calls, 1) / positives
    return out


def check_binary(target, probability, *, what="target"):
    """Both as float arrays, or an error that says what is wrong: shapes, none, NaN, not 0 or 1, one class only.

    Parameters
    ----------
    target, probability : array (N,)
    what : str
        What the error calls them.

    Returns
    -------
    target, probability : float array (N,)

    Raises
    ------
    ValueError
    """
    target, probability = np.asarray(target, float).ravel(), np.asarray(probability, float).ravel()
    if target.shape != probability.shape:
        raise ValueError(f"{what}: {len(target)} targets but {len(probability)} probabilities.")
    if len(target) == 0:
        raise ValueError(f"{what}: there are no galaxies to score; is the selection empty?")
    if not (np.isfinite(target).all() and np.isfinite(probability).all()):
        raise ValueError(
            f"{what}: targets or probabilities are not finite "
            f"(first at row {np.flatnonzero(~np.isfinite(target + probability))[0]})."
        )
    if not np.isin(target, (0, 1)).all():
        raise ValueError(f"{what}: targets must be 0 or 1, found {np.unique(target[~np.isin(target, (0, 1))])[:5]}.")
    if target.min() == target.max():
        raise ValueError(
            f"{what}: all {len(target)} targets are {int(target[0])}; a classifier needs galaxies of both classes."
        )
    return target, probability


def check_probability(probability, *, what="probability"):
    """An error where values are missing or not in 0 to 1."""
    p = np.asarray(probability, float)
    wrong = ~((p >= 0) & (p <= 1))
    if wrong.any():
        raise ValueError(f"{what}: must be in 0 to 1, got {p[wrong][0]:g}; give expit(logit), not the logit.")


def choose_threshold(target, probability, *, by="f1"):
    """Threshold that does best on validation data (never choose it on test data).

    Parameters
    ----------
    target, probability : array (N,)
    by : {"f1", "youden", "corner"}
        "f1" balances precision and recall; "youden", true minus false positive rate, ignores how rare positives are; so
        does "corner", the point of the ROC curve nearest to no error, which changes less from sample to sample.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If `target` is not 0 and 1, both present, or `by` is none of these.

    Examples
    --------
    >>> choose_threshold([0, 0, 1, 1], [0.1, 0.4, 0.6, 0.9])
    0.5
    """
    target, probability = check_binary(target, probability)
    if by not in ("f1", "youden", "corner"):
        raise ValueError(f"by must be 'f1', 'youden' or 'corner', got {by!r}.")
    scores = np.unique(probability)
    candidates = (scores[1:] + scores[:-1]) / 2 if len(scores) > 1 else scores
    called = probability[None, :] >= candidates[:, None]
    hits, false = (called & (target == 1)).sum(1), (called & (target == 0)).sum(1)
    positives, negatives = target.sum(), (1 - target).sum()
    found, wrong = hits / positives, false / negatives
    value = {
        "f1": 2 * hits / (hits + false + positives),
        "youden": found - wrong,
        "corner": -np.hypot(1 - found, wrong),
    }[by]
    return float(candidates[np.argmax(value)])


def calibration_curve(target, probability, *, bins=10):
    """Mean probability and observed fraction of positives in equal bins, and the expected calibration error.

    Parameters
    ----------
    target, probability : array (N,)
        0 or 1, both present; 0 to 1.
    bins : int

    Returns
    -------
    (Table, float)
        Columns `low`, `high`, `n`, `predicted`, `observed` of the bins that hold galaxies; the error is the mean of
        |observed - predicted| weighted by n (Naeini+2015, AAAI, 2901).

    Raises
    ------
    ValueError
        For targets that are not 0 and 1, or probabilities outside 0 to 1.

    Examples
    --------
    >>> table, error = calibration_curve([0, 0, 0, 1], [0.25, 0.25, 0.25, 0.25])
    >>> float(table["observed"][0]), error
    (0.25, 0.0)
    """
    target, probability = check_binary(target, probability)
    check_probability(probability)
    edges = np.linspace(0, 1, bins + 1)
    which = np.clip(np.digitize(probability, edges) - 1, 0, bins - 1)
    rows = [
        {
            "low": edges[b],
            "high": edges[b + 1],
            "n": int((which == b).sum()),
            "predicted": probability[which == b].mean(),
            "observed": target[which == b].mean(),
        }
        for b in range(bins)
        if (which == b).any()
    ]
    table = Table(rows=rows)
    return table, float((table["n"] * np.abs(table["observed"] - table["predicted"])).sum() / len(target))
