"""Scores of a network that was trained more than once."""

import numpy as np
from scipy import stats

from .scores import METRICS


def over_trainings(tables):
    """One table of several trainings: mean scores, and intervals that hold the scatter of training, too.

    Two things make the score of a network uncertain: which galaxies were drawn to test it, which the bootstrap of
    `metrics_table` follows, and how its training went. Half the interval is the root of the sum of their squares: the
    mean half width of the tables, and Student's t times the standard error of the mean over trainings.

    Parameters
    ----------
    tables : sequence of Table
        From `metrics_table`, one a training, of the same rows and test galaxies; two or more.

    Returns
    -------
    astropy.table.Table
        As of `metrics_table`.

    Raises
    ------
    ValueError
        For fewer than two tables, or rows that are not the same.
    """
    tables = list(tables)
    if len(tables) < 2:
        raise ValueError(f"{len(tables)} training shows no scatter: give the tables of two or more.")
    if any(list(t["name"]) != list(tables[0]["name"]) for t in tables):
        raise ValueError("the tables have different rows: give the same classifiers, in the same order, each time.")
    out, student = tables[0].copy(), stats.t.ppf(0.975, len(tables) - 1) / np.sqrt(len(tables))
    out["threshold"] = np.mean([t["threshold"] for t in tables], 0)
    for metric in METRICS:
        values = np.array([t[metric] for t in tables])
        out[metric] = values.mean(0)
        for side in ("low", "high"):
            test = np.mean([np.abs(t[metric] - t[f"{metric}_{side}"]) for t in tables], 0)
            half = np.hypot(test, student * values.std(0, ddof=1))
            out[f"{metric}_{side}"] = (out[metric] + (half if side == "high" else -half)).clip(0, 1)
    return out
