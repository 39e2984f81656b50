"""Checks of the exercises: they tell what is wrong, not only that something is."""

import numpy as np


def check(name, answer, expected, *, tolerance=1e-6, hint=""):
    """Compare an exercise's answer with what it should be and print a verdict.

    Parameters
    ----------
    name : str
        Of the exercise.
    answer : number, array, or None or Ellipsis while the exercise is not done
    expected : number or array
    tolerance : float
        Relative, and absolute near zero.
    hint : str
        Printed when the answer is off.

    Returns
    -------
    bool
        True if right.
    """
    if answer is None or answer is ...:
        print(f"{name}: not answered yet. Fill in the cell above, then run this one again.")
        return False
    answer, expected = np.asarray(answer, float), np.asarray(expected, float)
    if answer.shape != expected.shape:
        print(f"{name}: the answer has shape {answer.shape}, {expected.shape} is needed. {hint}")
        return False
    if not np.isfinite(answer).all():
        print(f"{name}: the answer holds NaN or infinity. {hint}")
        return False
    if np.allclose(answer, expected, rtol=tolerance, atol=tolerance):
        print(f"{name}: right.")
        return True
    worst = float(np.max(np.abs(answer - expected)))
    print(f"{name}: not yet; the answer is off by up to {worst:.3g}. {hint}")
    return False
