"""Scores of networks that were trained again with other seeds."""

import numpy as np

from .scores import METRICS
from .uncertainty import interval_with_training


def table_with_training(tables):
    """The first of K tables of scores, with intervals that hold what training again would change, too.

    Parameters
    ----------
    tables : sequence of Table
        K >= 2, each from `metrics_table` with the same rows, of networks that differ in nothing but the seed. Rows that
        know no training (the same score in each) keep their intervals.

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
        for row in np.flatnonzero(np.isfinite(scores).all(0) & (np.ptp(scores, 0) > 0)):
            around = interval_with_training(scores[:, row], (out[f"{metric}_low"][row], out[f"{metric}_high"][row]))
            out[f"{metric}_low"][row], out[f"{metric}_high"][row] = around
    return out
