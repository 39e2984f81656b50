"""Five questions of the morphology catalogue to one network: its targets, its loss, and how its outputs are read."""

from typing import NamedTuple

import numpy as np
import torch
from scipy.special import expit
from torch.nn import functional as F

from ..labels import certain
from ..mock.volunteers import volunteer_votes
from ..surveys import SDSS

#: The four yes-or-no questions, columns of the catalogue; the fifth output is the T-Type.
YES_OR_NO = ("P_LTG", "P_S0", "P_edge", "P_bar")
#: Where the T-Type is 0 for the network, and how many types are 1: networks learn numbers of order 1 best.
T_MIDDLE, T_SCALE = 2.0, 4.0


class Answers(NamedTuple):
    """What k networks say of N galaxies: logits and probabilities (k, N, 4) of `YES_OR_NO`, and T-Types (k, N)."""

    logit: np.ndarray
    probability: np.ndarray
    t_type: np.ndarray


def five_targets(table, *, survey=SDSS, seed=0):
    """What a network should answer about mock galaxies: late?, lenticular?, edge-on?, barred?, and the T-Type.

    Parameters
    ----------
    table : QTable
        Rows of `population`.
    survey : Survey
        On whose pictures volunteers judge "edge-on" and "barred".
    seed : int
        Of their votes.

    Returns
    -------
    numpy.ndarray (N, 5)
        0, 1 or NaN: "lenticular?" is asked of early types alone, the volunteers' questions count where they agree; and
        the T-Type as (T - 2) / 4.
    """
    votes = volunteer_votes(table, survey, seed=seed)
    t_type = np.asarray(table["t_type"], float)
    late = t_type > 0
    columns = [late, np.where(late, np.nan, t_type > -3), certain(votes["edge_on"]), certain(votes["bar"])]
    return np.stack([*columns, (t_type - T_MIDDLE) / T_SCALE], 1).astype(float)


def five_loss(output, answer):
    """Mean over the known answers: cross-entropy of the yes-or-no questions, squared error of the T-Type.

    Parameters
    ----------
    output, answer : torch.Tensor (N, 5)
        Logits and scaled T-Type; targets, NaN where there is none.

    Examples
    --------
    >>> sure, nan = torch.tensor([[9.0, 0.0, -9.0, -9.0, 1.0]]), float("nan")
    >>> five_loss(sure, torch.tensor([[1.0, nan, 0.0, 0.0, 1.0]])).item() < 0.001
    True
    """
    known = torch.isfinite(answer)
    answer = torch.nan_to_num(answer)
    yes_or_no = F.binary_cross_entropy_with_logits(output[:, :4], answer[:, :4], reduction="none")
    each = torch.cat([yes_or_no, (output[:, 4:] - answer[:, 4:]) ** 2], 1)
    return (each * known).sum() / known.sum()


def read_five(output):
    """Answers of k networks, from `predict_folds` of networks with five outputs.

    Parameters
    ----------
    output : array (k, N, 5)

    Returns
    -------
    Answers
    """
    output = np.asarray(output, float)
    if output.ndim != 3 or output.shape[2] != 5:
        raise ValueError(f"output must be (networks, galaxies, 5), got {output.shape}: predict with predict_folds.")
    return Answers(output[..., :4], expit(output[..., :4]), output[..., 4] * T_SCALE + T_MIDDLE)


def class_probabilities(p_ltg, p_s0):
    """Probabilities of elliptical, lenticular and spiral from two columns of a morphology catalogue.

    P_S0 is the probability of S0 among early types, so P(S0) = (1 - P_LTG) P_S0; the three sum to 1.

    Parameters
    ----------
    p_ltg, p_s0 : array (N,)
        0 to 1.

    Returns
    -------
    numpy.ndarray (N, 3)

    Examples
    --------
    >>> class_probabilities([0.5], [0.2]).tolist()
    [[0.4, 0.1, 0.5]]
    """
    p_ltg, p_s0 = np.asarray(p_ltg, float), np.asarray(p_s0, float)
    return np.stack([(1 - p_ltg) * (1 - p_s0), (1 - p_ltg) * p_s0, p_ltg], -1)
