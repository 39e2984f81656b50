"""Scores of networks that answer several questions, each where it has an answer."""

import numpy as np

from ..labels import QUESTIONS
from ..metrics.scores import binary_metrics
from .training import predict


def answer_scores(network, images, target, *, questions=QUESTIONS, thresholds=None):
    """Metrics of each question, for stamps as they are (no turned views: it is quicker).

    Parameters
    ----------
    network : torch.nn.Module
        One output a question.
    images : torch.Tensor (N, C, H, W)
    target : array (N, K)
        0, 1, or NaN: left out.
    questions : sequence of str
    thresholds : array (K,), optional
        From which probability on the answer is yes: 0.5 unless given. See `thresholds.chosen_thresholds`.

    Returns
    -------
    dict of str -> dict
        `n`, `positives`, `accuracy`, `recall`, `precision`, `f1`, `auc`, and `always_no`, the accuracy of saying no.
    """
    return probability_scores(predict(network, images, views=1), target, questions=questions, thresholds=thresholds)


def probability_scores(probability, target, *, questions=QUESTIONS, thresholds=None):
    """Metrics of each question, as in `answer_scores`, from probabilities that are there already.

    Parameters
    ----------
    probability, target : array (N, K)
        0 to 1; 1, 0, or NaN where there is no answer.
    questions : sequence of K str
    thresholds : sequence of K float, optional
        0.5 each by default.

    Returns
    -------
    dict of dict
        By question.
    """
    target = np.asarray(target, float)
    if probability.shape != target.shape or target.shape[1] != len(questions):
        raise ValueError(
            f"{len(questions)} questions, probabilities {probability.shape} and targets {target.shape} do not match."
        )
    thresholds = np.full(len(questions), 0.5) if thresholds is None else np.asarray(thresholds, float)
    out = {}
    for k, question in enumerate(questions):
        known = np.isfinite(target[:, k])
        t, p = target[known, k], probability[known, k].astype(float)
        values = binary_metrics(t, p, threshold=thresholds[k], weights=np.ones((1, len(t))))
        out[question] = {"n": len(t), "positives": int(t.sum()), "always_no": 1 - t.mean()}
        out[question] |= {name: float(values[name][0]) for name in ("accuracy", "recall", "precision", "f1", "auc")}
    return out
