"""Sets of classes that hold the true one as often as promised: split-conformal prediction."""

import numpy as np
from astropy.stats import binom_conf_interval
from astropy.table import Table

from .scores import check_probability


def conformal_sets(calibration, label, probability, *, coverage=0.9):
    """For each new galaxy the classes that cannot be ruled out (Vovk+2005; Sadinle+2019, arXiv:1609.00451).

    On n labelled galaxies that no network was trained on, the score is 1 - probability of the true class. The
    threshold is its ceil((n + 1) coverage)-th smallest value; a new galaxy gets all classes whose score is not above.
    New galaxies of the same kind as the labelled ones then have their true class in their set with the promised
    frequency or a little above, whatever the network is. Of another kind: no promise.

    Parameters
    ----------
    calibration : array (n, K)
        Probabilities of the K classes of the labelled galaxies, 0 to 1.
    label : array of int (n,)
        Their true classes, 0 to K-1.
    probability : array (N, K)
        Of new galaxies.
    coverage : float
        What is promised, above 0 and below 1.

    Returns
    -------
    numpy.ndarray of bool (N, K)
        Which classes are in the set of each galaxy. All of them if there are too few labelled galaxies to promise.

    Raises
    ------
    ValueError
        For shapes that do not fit, labels that are not classes, or a coverage out of range.

    Examples
    --------
    >>> calibration = [[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.4, 0.6]]
    >>> conformal_sets(calibration, [0, 0, 0, 0], [[0.95, 0.05], [0.6, 0.4]], coverage=0.8).astype(int).tolist()
    [[1, 0], [1, 1]]
    """
    calibration, label, probability = _checked(calibration, label, probability)
    if not 0 < coverage < 1:
        raise ValueError(f"coverage must be above 0 and below 1, got {coverage}; 0.9 promises nine in ten.")
    rank = int(np.ceil((len(label) + 1) * coverage))
    if rank > len(label):
        return np.ones(probability.shape, bool)
    score = 1 - calibration[np.arange(len(label)), label]
    return 1 - probability <= np.sort(score)[rank - 1]


def conformal_sets_by_group(calibration, label, probability, *, groups, coverage=0.9):
    """As `conformal_sets`, with a threshold of its own for each group of galaxies, such as a bin of magnitude.

    Parameters
    ----------
    calibration, label, probability, coverage
        As in `conformal_sets`.
    groups : (array (n,), array (N,))
        Group of each labelled and of each new galaxy.

    Returns
    -------
    numpy.ndarray of bool (N, K)
        All classes where a group has too few labelled galaxies.
    """
    calibration, label, probability = _checked(calibration, label, probability)
    known, new = (np.asarray(group) for group in groups)
    if len(known) != len(label) or len(new) != len(probability):
        raise ValueError(f"{len(known)} and {len(new)} groups for {len(label)} and {len(probability)} galaxies.")
    sets = np.ones(probability.shape, bool)
    for group in np.unique(new):
        inside = known == group
        if inside.any():
            sets[new == group] = conformal_sets(
                calibration[inside], label[inside], probability[new == group], coverage=coverage
            )
    return sets


def coverage_table(rows):
    """How often sets hold the true class, and how much they say.

    Parameters
    ----------
    rows : dict of str -> (sets, label)
        Sets (N, K) of bool, true classes (N,) from 0 to K-1.

    Returns
    -------
    astropy.table.Table
        `name`, `n`, `coverage` with its 95 % interval `coverage_low` and `coverage_high` (Wilson 1927; of the test
        galaxies alone: n calibration galaxies add a scatter of sqrt(0.09 / n) for 90 %), `size` (mean number of
        classes) and `single` (share of sets with one class).

    Raises
    ------
    ValueError
        If there are not as many labels as sets, or none.
    """
    out = []
    for name, (sets, label) in rows.items():
        sets, label = np.asarray(sets, bool), np.asarray(label, int)
        if len(sets) != len(label) or not len(label):
            raise ValueError(f"{name}: {len(sets)} sets but {len(label)} labels; as many are needed, at least one.")
        held = sets[np.arange(len(label)), label]
        low, high = binom_conf_interval(held.sum(), len(held), 0.95, interval="wilson")
        size = sets.sum(1)
        out.append(
            {"name": name, "n": len(label), "coverage": held.mean(), "coverage_low": low, "coverage_high": high}
            | {"size": size.mean(), "single": np.mean(size == 1)}
        )
    return Table(rows=out)


def set_names(sets, classes):
    """Sets as words, such as "E S0", for a catalogue; "none" where no class is left (FITS keeps no empty text).

    Parameters
    ----------
    sets : array of bool (N, K)
    classes : sequence of K str

    >>> set_names([[True, True, False], [False, False, False]], ("E", "S0", "S")).tolist()
    ['E S0', 'none']
    """
    return np.array([" ".join(np.asarray(classes)[row]) or "none" for row in np.asarray(sets, bool)])


def _checked(calibration, label, probability):
    """Arrays that fit each other, or an error that says what does not."""
    calibration, probability = np.asarray(calibration, float), np.asarray(probability, float)
    label = np.asarray(label)
    if calibration.ndim != 2 or probability.ndim != 2 or calibration.shape[1] != probability.shape[1]:
        raise ValueError(
            f"calibration must be (n, K) and probability (N, K), got {calibration.shape} and {probability.shape}."
        )
    if label.shape != calibration.shape[:1]:
        raise ValueError(f"{len(calibration)} calibration galaxies but labels of shape {label.shape}.")
    if not np.isin(label, np.arange(calibration.shape[1])).all():
        raise ValueError(f"labels must be whole numbers from 0 to {calibration.shape[1] - 1}, one a galaxy.")
    check_probability(calibration, what="calibration")
    check_probability(probability)
    return calibration, label.astype(int), probability
