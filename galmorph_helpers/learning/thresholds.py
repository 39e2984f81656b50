"""Choose the threshold of each question on the labels at hand, those a network was trained on included."""

import numpy as np

from ..metrics.scores import choose_threshold
from .training import predict
from .transfer import retrain


def chosen_thresholds(target, probability, *, by="f1"):
    """The threshold of each question that does best on labelled galaxies, which the network was not trained on.

    Parameters
    ----------
    target, probability : array (N, K)
        0, 1, or NaN: left out; 0 to 1. Of galaxies that were trained on, `probability_in_turn` gives honest ones.
    by : str
        See `gm.metrics.choose_threshold`.

    Returns
    -------
    numpy.ndarray (K,)

    Raises
    ------
    ValueError
        If a question lacks a yes or a no.
    """
    pairs = zip(np.asarray(target, float).T, np.asarray(probability, float).T, strict=True)
    return np.array([choose_threshold(t[np.isfinite(t)], p[np.isfinite(t)], by=by) for t, p in pairs])


def probability_in_turn(source, images, target, *, how="full", seed=0):
    """Probabilities for labelled galaxies, of networks that did not see them: each half answers for the other.

    Two networks are trained as `retrain` does it, each on one half of the galaxies, to choose a threshold on labels
    that are needed for training, too.

    Parameters
    ----------
    source, images, target, how, seed
        As in `retrain`; at least two galaxies.

    Returns
    -------
    numpy.ndarray (N, K)
        0 to 1.
    """
    halves = np.array_split(np.random.default_rng(seed).permutation(len(images)), 2)
    out = np.empty(np.shape(target))
    for learnt, asked in (halves, halves[::-1]):
        network = retrain(source, images[learnt], np.asarray(target, float)[learnt], how=how, seed=seed)
        out[asked] = predict(network, images[asked], views=1)
    return out
