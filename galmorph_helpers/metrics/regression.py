"""Regressions side by side."""

import numpy as np
from astropy.table import Table
from scipy.stats import rankdata, spearmanr


def regression_table(rows, *, n_boot=400, seed=0):
    """Regressions side by side: rms and mean (bias) of the difference, Spearman's correlation, with 95 % intervals.

    Parameters
    ----------
    rows : dict of str -> (truth, predicted)
        Each (N,), finite.
    n_boot, seed : int
        Resamplings of the galaxies.

    Returns
    -------
    astropy.table.Table
        `name`, `n`, `rms`, `bias`, `spearman`, each with `_low` and `_high`.

    Raises
    ------
    ValueError
        Without galaxies, or where the two are not finite and alike in shape.

    Examples
    --------
    >>> truth = np.arange(20)
    >>> table = regression_table({"T-Type": (truth, truth + 1)})
    >>> float(table["bias"][0]), float(table["spearman"][0])
    (1.0, 1.0)
    """
    out = []
    for name, (truth, predicted) in rows.items():
        truth, predicted = np.asarray(truth, float).ravel(), np.asarray(predicted, float).ravel()
        if truth.shape != predicted.shape or not np.isfinite(truth + predicted).all():
            raise ValueError(
                f"{name}: truth {truth.shape} and prediction {predicted.shape} must be finite and alike in shape."
            )
        if len(truth) == 0:
            raise ValueError(f"{name}: there are no galaxies to score; is the selection empty?")
        difference = predicted - truth
        draws = np.random.default_rng(seed).integers(0, len(truth), (n_boot, len(truth)))
        row = {
            "name": name,
            "n": len(truth),
            "rms": np.sqrt(np.mean(difference**2)),
            "bias": difference.mean(),
            "spearman": spearmanr(truth, predicted)[0],
        }
        resampled = {"rms": np.sqrt(np.mean(difference[draws] ** 2, 1)), "bias": difference[draws].mean(1)}
        ranks = rankdata(truth)[draws], rankdata(predicted)[draws]
        a, b = (r - r.mean(1, keepdims=True) for r in ranks)
        resampled["spearman"] = (a * b).sum(1) / np.sqrt((a**2).sum(1) * (b**2).sum(1))
        for metric, values in resampled.items():
            row[f"{metric}_low"], row[f"{metric}_high"] = np.percentile(values, [2.5, 97.5])
        out.append(row)
    return Table(rows=out)
