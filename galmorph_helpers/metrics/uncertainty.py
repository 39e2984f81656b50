"""Does a stated uncertainty deserve its name? Temperature, doubt and error, what an interval must hold."""

import numpy as np
from astropy.table import Table
from scipy.optimize import minimize_scalar
from scipy.stats import t as student

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


def interval_with_training(scores, interval, *, mean=False, limits=(0.0, 1.0)):
    """95 % interval of a trained network's score: over test galaxies, and over what training it again would change.

    A bootstrap of test galaxies holds the network fixed, but the next seed gives another network. Both scatters are
    independent, so half widths add in quadrature: each side of `interval`, and Student's t for K seeds times their
    standard deviation. That a score must hold the scatter of training: Bouthillier+2021 (MLSys, arXiv:2103.03098).

    Parameters
    ----------
    scores : array (K,)
        Of K >= 2 networks that differ in nothing but the seed of training, on the same test galaxies. With few seeds t
        is large (12.7 for two, 4.3 for three, 2.8 for five): train five.
    interval : (float, float)
        95 % over test galaxies, of the first network's score (with `mean`: of the mean score).
    mean : bool
        The interval is to be of the mean of the scores (scatter over the root of K), not of the first network's, which
        is on the safe side: it holds the recipe's score more often than 95 %.
    limits : (float, float) or None
        What no score can exceed: the interval is cut there.

    Returns
    -------
    low, high : float

    Raises
    ------
    ValueError
        For fewer than two scores, scores that are not finite, or an interval that does not hold its score.

    Examples
    --------
    >>> low, high = interval_with_training([0.90, 0.92, 0.91, 0.89, 0.93], (0.88, 0.92))
    >>> round(low, 3), round(high, 3)
    (0.852, 0.948)
    """
    scores, (low, high) = np.asarray(scores, float).ravel(), interval
    if len(scores) < 2 or not np.isfinite(scores).all():
        raise ValueError(f"{len(scores)} scores, two finite ones or more are needed: train with other seeds.")
    centre = scores.mean() if mean else scores[0]
    if not low <= centre <= high:
        what = "the mean score" if mean else "the first score"
        raise ValueError(f"the interval {low:g} to {high:g} does not hold {what}, {centre:g}: give the one that does.")
    training = student.ppf(0.975, len(scores) - 1) * scores.std(ddof=1) / (np.sqrt(len(scores)) if mean else 1)
    low, high = centre - np.hypot(centre - low, training), centre + np.hypot(high - centre, training)
    low, high = (low, high) if limits is None else np.clip((low, high), *limits)
    return float(low), float(high)


def calibration_interval(target, probability, *, bins=10, n_simulated=400, seed=0):
    """95 % interval of the expected calibration error that is not biased upwards, as a bootstrap of galaxies is.

    The error is a mean of absolute values: noise only adds to it, and resampling adds the noise once more. Here labels
    are drawn from stated truths instead, from honest probabilities (Broecker & Smith 2007, Weather and Forecasting 22,
    651) to more than the measured offsets, and the interval holds the true errors that give the measured one in more
    than 2.5 % of the draws, from above as from below (a test inverted, as Sun+2024, arXiv:2408.08998, advise; on the
    bias: Kumar+2019, NeurIPS, arXiv:1909.10155). Honest probabilities get low = 0 in 97.5 % of samples.

    Parameters
    ----------
    target, probability : array (N,)
        0 or 1, both present; 0 to 1.
    bins : int
        As of `calibration_curve`.
    n_simulated, seed : int
        Draws of labels for each of 60 true errors.

    Returns
    -------
    low, high : float
        The measured error lies in the upper part, or above.

    Raises
    ------
    ValueError
        For targets that are not 0 and 1, or probabilities outside 0 to 1.
    """
    target, probability = check_binary(target, probability)
    check_probability(probability)
    which = np.clip((probability * bins).astype(int), 0, bins - 1)
    count, stated, found = (np.bincount(which, w, bins) for w in (None, probability, target))
    full = count > 0
    count, stated, found = count[full], stated[full] / count[full], found[full] / count[full]

    def error(rate):
        return (count * np.abs(rate - stated)).sum(-1) / len(target)

    measured = error(found)
    shape = found - stated if measured > 0 else 0.5 - stated  # without an offset, all that is known is the way to 1/2
    noise = (4 * np.sqrt(count * stated * (1 - stated)).sum() + 4) / len(target)
    share = np.linspace(0, measured + noise, 60)[:, None] / max(error(stated + shape), 1e-12)
    truth = np.clip(stated + share * shape, 0, 1)
    draws = np.random.default_rng(seed).binomial(count, truth[:, None], size=(60, n_simulated, len(count)))
    drawn = error(draws / count)
    # One step of the grid further out on either side, so that the grid's coarseness never narrows the interval.
    first = np.argmax((drawn >= measured).mean(1) >= 0.025)
    last = 59 - np.argmax(((drawn <= measured).mean(1) >= 0.025)[::-1])
    return float(error(truth[max(first - 1, 0)])), float(error(truth[min(last + 1, 59)]))


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
        than a right one: 0.5 is chance) and `calibration_error` (expected, as of `calibration_curve` with ten bins; its
        interval is that of `calibration_interval`, since resampled galaxies would bias it upwards).

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
            if metric == "calibration_error":
                low, high = calibration_interval(target, probability, seed=seed)
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
