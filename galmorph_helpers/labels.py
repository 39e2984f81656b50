"""From votes to labels: questions, and which answers are certain enough to train with."""

import numpy as np


def plain_array(column):
    """A column as floats, NaN where it is masked, without its unit."""
    return np.ma.filled(np.ma.asarray(getattr(column, "value", column)).astype(float), np.nan)


def gz2_answers(table):
    """What volunteers of Galaxy Zoo 2 agreed on: answers as in `labelled_sdss`, from vote fractions of a table."""
    featured, edge, bar = (plain_array(table[name]) for name in ("featured", "edge_on", "bar"))
    disc = certain(featured)
    # Only those who saw a disc were asked whether it is on edge, and only those who saw none on edge about a bar.
    edge_on = np.where(disc == 0, 0.0, np.where(featured > 0.5, certain(edge), np.nan))
    return {
        "disc": disc,
        "edge-on": edge_on,
        "bar": np.where((disc == 1) & (edge_on == 0), certain(bar), np.nan),
        "called": np.select([edge_on == 1, disc == 1, disc == 0], ["edge-on", "disc", "smooth"], "unsure"),
    }


def certain(fraction, *, low=0.3, high=0.7):
    """Where volunteers agree: 1 above `high`, 0 below `low`, NaN between (the rule of Domínguez Sánchez+2018).

    Parameters
    ----------
    fraction : array
        Of the votes, 0 to 1.
    low, high : float
        0 <= low < high <= 1.

    Returns
    -------
    numpy.ndarray of float
        In the shape of `fraction`.

    Raises
    ------
    ValueError
        If `low` is not below `high`.

    Examples
    --------
    >>> certain([0.1, 0.5, 0.9]).tolist()
    [0.0, nan, 1.0]
    """
    fraction = np.asarray(fraction, float)
    if not 0 <= low < high <= 1:
        raise ValueError(f"low and high must satisfy 0 <= low < high <= 1, got {low} and {high}.")
    return np.where(fraction > high, 1.0, np.where(fraction < low, 0.0, np.nan))


QUESTIONS = ("disc", "edge-on", "bar")
