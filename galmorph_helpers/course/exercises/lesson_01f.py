"""The exercise of notebook 01f, look twice at catalogues."""

import numpy as np

from ..checks import Exercise


def shares_float(identifiers):
    """For each of some different whole numbers: does another one become the same 64-bit float?"""
    _, where, times = np.unique(np.asarray(identifiers).astype(float), return_inverse=True, return_counts=True)
    return times[where] > 1


def _as_integers(identifiers):
    _, where, times = np.unique(np.asarray(identifiers), return_inverse=True, return_counts=True)
    return times[where] > 1


_FIRST = 1237648704057573661

EXERCISES = {
    "01f.1": Exercise(
        name="shares_float",
        right=shares_float,
        cases=[
            (np.array([_FIRST, _FIRST + 60, _FIRST + 10**6]),),
            (np.array([_FIRST + 60, 12, _FIRST + 5000, _FIRST, _FIRST + 5010]),),
        ],
        mistakes={
            "As integers all are different: turn them into floats first.": _as_integers,
            "You mark those that stand alone: it is the others that are wanted.": lambda ids: ~shares_float(ids),
            "Single precision is not what the table had: astype(float) has 64 bits.": lambda ids: shares_float(
                ids.astype(np.float32)
            ),
        },
        hint="np.unique(..., return_inverse=True, return_counts=True) says where each value stands and how often.",
    ),
}
