"""Scores of networks that were trained again with other seeds."""

import numpy as np

from .scores import METRICS
from .uncertainty import interval_with_training


def table_with_training(tables, *, mean=False):
    """The first of K tables of scores, with intervals that hold what training again would change, too.

    Parameters
    ----------
    tables : sequence of Table
        K >= 2, each from `metrics_table` with the same rows, of networks that differ in nothing but the seed. Rows that
        know no training (the same score in each) keep their intervals.
    mean : bool
        The mean of the scores, with its interval, in place of the first table's.

    Returns
    -------
    astropy.table.Table
        A score that is not defined in each of the tables keeps its interval.

    Raises
    ------
    ValueError
        For fewer than two tables, or rows of other names.
    """
    names = [list(table["name"]) for table in tables]
    if len(tables) < 2 or names.count(names[0]) < len(names):
        raise ValueError(f"{len(tables)} tables: two or more with the same rows are needed; train with other seeds.")
    out = tables[0].copy()
    for metric in METRICS:
        scores = np.array([table[metric] for table in tables])
        if mean:  # the intervals' mean half widths about the mean score
            out[metric] = scores.mean(0)
            for side in ("low", "high"):
                out[f"{metric}_{side}"] = scores.mean(0) + np.mean(
                    [t[f"{metric}_{side}"] - t[metric] for t in tables], 0
                )
        for row in np.flatnonzero(np.isfinite(scores).all(0) & (np.ptp(scores, 0) > 0)):
            test = out[f"{metric}_low"][row], out[f"{metric}_high"][row]
            around = interval_with_training(scores[:, row], test, mean=mean)
            out[f"{metric}_low"][row], out[f"{metric}_high"][row] = around
    return out
