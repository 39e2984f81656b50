"""Which answers to trust: robust flags, classes by several rules."""

import numpy as np
from astropy.stats import binom_conf_interval
from astropy.table import Table

from .scores import check_probability

SPREAD, LOW, HIGH = 0.3, 0.3, 0.7
FLAGS = {
    0: "networks disagree, most say early",
    1: "networks disagree, most say late",
    2: "all say early, not robust",
    3: "all say late, not robust",
    4: "robust early type",
    5: "robust late type",
}


def robust_flag(probability, threshold=0.5):
    """Flag 0 to 5 of each galaxy from the probabilities of several networks.

    4 (early) and 5 (late) are robust, 0 to 3 are not, as in the DES catalogue (Vega-Ferrero+2021, MNRAS 506, 1927).
    Here robust means: probabilities within 0.3 of each other, and a mean below 0.3 or above 0.7. How 0 to 3 divide the
    rest is this course's: see `FLAGS`.

    Parameters
    ----------
    probability : array (k, N)
        Of being late, 0 to 1, one row a network.
    threshold : float or array (k,)
        Of each network, from validation galaxies.

    Returns
    -------
    numpy.ndarray of int (N,)

    Examples
    --------
    >>> robust_flag([[0.1, 0.9, 0.4], [0.2, 0.8, 0.6]]).tolist()
    [4, 5, 1]
    """
    probability, threshold = np.asarray(probability, float), np.asarray(threshold, float)
    if probability.ndim != 2 or threshold.shape not in ((), probability.shape[:1]):
        raise ValueError(f"probability must be (k, N), threshold (k,); got {probability.shape} and {threshold.shape}.")
    if len(probability) == 0:
        raise ValueError("there are no networks to agree: probability must be (k, N) with k > 0.")
    check_probability(probability)
    votes = (probability >= threshold.reshape(-1, 1)).mean(0)
    mean = probability.mean(0)
    flag = np.select([votes == 0, votes == 1, votes < 0.5], [2, 3, 0], 1)
    close = np.ptp(probability, axis=0) < SPREAD
    return np.where(close & (mean < LOW), 4, np.where(close & (mean > HIGH), 5, flag))


def combined_classes(catalogue, *, visual=True):
    """E, S0, S1 (Sa to Sb) and S2 (later), where all models agree; "" for the rest.

    The rules of Domínguez Sánchez+2022 (MNRAS 509, 4024):
    E: P_LTG < 0.5, T < 0, P_S0 < 0.5, seen as E and sure; S0: P_LTG < 0.5, T < 0, P_S0 > 0.5, seen as S0 and sure;
    S1: P_LTG > 0.5, 0 < T < 3, seen as S; S2: P_LTG > 0.5, T > 3, seen as S.

    Parameters
    ----------
    catalogue : Table
        With `T-Type`, `P_LTG`, `P_S0` and, if `visual`, `Visual_Class` and `Visual_Flag`.
    visual : bool
        False leaves out what was seen by eye: the rules of the networks alone.

    Returns
    -------
    numpy.ndarray of str (N,)
    """
    t, p_ltg, p_s0 = (np.asarray(catalogue[name], float) for name in ("T-Type", "P_LTG", "P_S0"))
    early, late = (p_ltg < 0.5) & (t < 0), p_ltg > 0.5
    rules = {
        "E": early & (p_s0 < 0.5),
        "S0": early & (p_s0 > 0.5),
        "S1": late & (t > 0) & (t < 3),
        "S2": late & (t > 3),
    }
    if visual:
        seen, sure = np.asarray(catalogue["Visual_Class"]), np.asarray(catalogue["Visual_Flag"]) == 0
        # An E must be *seen as an E*: asking for class 2 of both E and S0, as some scripts do, empties the first.
        rules["E"] &= (seen == 1) & sure
        rules["S0"] &= (seen == 2) & sure
        rules["S1"] &= seen == 3
        rules["S2"] &= seen == 3
    return np.select(list(rules.values()), list(rules), "")


def purity_table(truth, chosen, *, classes=("E", "S0", "S1", "S2")):
    """Purity and completeness of chosen classes, with 95 % intervals (binomial, Wilson 1927).

    Parameters
    ----------
    truth, chosen : array of str (N,)
        "" in `chosen` where no class is given.
    classes : sequence of str

    Returns
    -------
    astropy.table.Table
        One row a class and "all": `name`, `n` (galaxies chosen), `purity` (share of them that are of that class) and
        `completeness` (share of that class that is chosen), with `_low` and `_high`; NaN where nothing was chosen.

    Raises
    ------
    ValueError
        If there are not as many true classes as chosen ones.
    """
    truth, chosen = np.asarray(truth), np.asarray(chosen)
    if truth.shape != chosen.shape:
        raise ValueError(f"{len(truth)} true classes but {len(chosen)} chosen ones.")
    right = truth == chosen
    groups = {name: (chosen == name, truth == name) for name in classes}
    groups["all"] = (np.isin(chosen, classes), np.isin(truth, classes))
    rows = []
    for name, (called, real) in groups.items():
        row = {"name": name, "n": int(called.sum())}
        for metric, inside in (("purity", called), ("completeness", real)):
            hits, n = int((right & inside).sum()), int(inside.sum())
            low, high = binom_conf_interval(hits, n, 0.95, interval="wilson") if n else (np.nan, np.nan)
            row |= {metric: hits / n if n else np.nan, f"{metric}_low": low, f"{metric}_high": high}
        rows.append(row)
    return Table(rows=rows)
