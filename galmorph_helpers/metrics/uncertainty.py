"""Does a stated uncertainty deserve its name? Temperature scaling, and whether doubt goes with error."""

import numpy as np
from astropy.table import Table
from scipy.optimize import minimize_scalar

from .scores import binary_metrics, check_binary, check_probability


def fit_temperature(target, logit):
    """Temperature T that makes the probabilities expit(logit / T) honest (Guo+2017, ICML, arXiv:1706.04599).

    One number is fitted, by the lowest cross-entropy, on galaxies that the network was not trained on. T > 1: the
    network was too sure of itself; T < 1: not sure enough. The order of the galaxies does not change, nor does a class
    at the threshold 0.5.

    Parameters
    ----------
    target : array (N,)
        0 or 1, both present.
    logit : array (N,)
        Output of the network before the logistic function, finite.

    Returns
    -------
    float
        In 0.02 to 50.
    """
    target, logit = check_binary(target, logit, what="temperature")

    def cross_entropy(log_t):
        x = logit / np.exp(log_t)
        return np.mean(np.logaddexp(0, x) - target * x)

    return float(np.exp(minimize_scalar(cross_entropy, bounds=(np.log(0.02), np.log(50)), method="bounded").x))


def uncertainty_table(rows, *, n_boot=400, seed=0):
    """Uncertainties side by side: does the half of the galaxies with the smaller one have the better classes?

    Parameters
    ----------
    rows : dict of str -> (target, probability, uncertainty)
        Each (N,); a class is wrong where probability >= 0.5 differs from the target. The uncertainty is any number that
        should be large where the class is wrong.
    n_boot, seed : int
        Resamplings of the galaxies for the 95 % intervals, which come as `_low` and `_high`.

    Returns
    -------
    astropy.table.Table
        `name`, `n`, `accuracy`, `sure` and `unsure` (accuracy of the half with the smaller and with the larger
        uncertainty), `gap` (their difference), `finds_errors` (probability that a wrong galaxy has a larger uncertainty
        than a right one: 0.5 is chance) and `calibration_error` (expected, as of `calibration_curve` with ten bins).

    Raises
    ------
    ValueError
        Named by the row: targets that are not 0 and 1, probabilities outside 0 to 1, an uncertainty that is missing.
    """
    out = []
    for name, (target, probability, uncertainty) in rows.items():
        target, probability = check_binary(target, probability, what=name)
        uncertainty = np.asarray(uncertainty, float).ravel()
        if len(uncertainty) != len(target) or not np.isfinite(uncertainty).all():
            raise ValueError(
                f"{name}: one finite uncertainty a galaxy is needed, got {len(uncertainty)} for {len(target)}."
            )
        check_probability(probability, what=name)
        draws = np.random.default_rng(seed).multinomial(len(target), np.full(len(target), 1 / len(target)), size=n_boot)
        values = _doubt(target, probability, uncertainty, np.ones((1, len(target))))
        spread = _doubt(target, probability, uncertainty, draws)
        row = {"name": name, "n": len(target)}
        for metric, value in values.items():
            known = spread[metric][np.isfinite(spread[metric])]
            low, high = np.percentile(known, [2.5, 97.5]) if len(known) else (np.nan, np.nan)
            row |= {metric: value[0], f"{metric}_low": low, f"{metric}_high": high}
        out.append(row)
    return Table(rows=out)


def _doubt(target, probability, uncertainty, weights):
    """The columns of `uncertainty_table` for many weightings (B, N) of the galaxies at once."""
    wrong = ((probability >= 0.5) != target).astype(float)
    sure = np.zeros(len(target), bool)
    sure[np.argsort(uncertainty, kind="stable")[: len(target) // 2]] = True
    w = np.asarray(weights, float)
    out = {"accuracy": 1 - w @ wrong / w.sum(1)}
    out["sure"] = 1 - w @ (wrong * sure) / (w @ sure)
    out["unsure"] = 1 - w @ (wrong * ~sure) / (w @ ~sure)
    out["gap"] = out["sure"] - out["unsure"]
    out["finds_errors"] = binary_metrics(wrong, uncertainty, weights=w)["auc"]
    bins = np.clip((probability * 10).astype(int), 0, 9)[:, None] == np.arange(10)
    out["calibration_error"] = np.abs(w @ (bins * (target - probability)[:, None])).sum(1) / w.sum(1)
    return out


def spread_by_probability(probability, uncertainty, *, bins=10):
    """Median uncertainty, and the central 68 %, in equal bins of probability: where does it peak?

    Parameters
    ----------
    probability, uncertainty : array (N,)
        0 to 1, and any finite number that should be large where the class is wrong.
    bins : int

    Returns
    -------
    astropy.table.Table
        `low`, `high` (edges), `n`, `probability` (mean), `median`, `p16`, `p84` of the bins that hold five galaxies.

    Raises
    ------
    ValueError
        Without galaxies, or where the numbers are not finite and as many.
    """
    probability, uncertainty = np.asarray(probability, float).ravel(), np.asarray(uncertainty, float).ravel()
    if probability.shape != uncertainty.shape or not np.isfinite(probability + uncertainty).all():
        raise ValueError(
            f"{len(probability)} probabilities and {len(uncertainty)} uncertainties must be finite and as many."
        )
    if len(probability) == 0:
        raise ValueError("there are no galaxies to bin; is the selection empty?")
    edges = np.linspace(0, 1, bins + 1)
    which = np.clip(np.digitize(probability, edges) - 1, 0, bins - 1)
    rows = []
    for b in range(bins):
        inside = uncertainty[which == b]
        if len(inside) >= 5:
            p16, median, p84 = np.percentile(inside, [16, 50, 84])
            mean = probability[which == b].mean()
            rows.append(
                {"low": edges[b], "high": edges[b + 1], "n": len(inside), "probability": mean}
                | {"median": median, "p16": p16, "p84": p84}
            )
    return Table(rows=rows)
