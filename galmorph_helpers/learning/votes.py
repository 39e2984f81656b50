"""Votes as counts: a loss for k of n, so that five votes weigh less than forty and none is thrown away."""

import torch
from torch.nn import functional as F


def beta_binomial_loss(output, votes):
    """Minus the mean log-probability of k yes-votes among n, if each crowd's chance of a yes is drawn from a Beta.

    ln P(k | n, a, b) = ln C(n, k) + ln B(k + a, n - k + b) - ln B(a, b); the network gives ln a and ln b. The mean
    a / (a + b) is the expected share of yes-votes; a + b says how much galaxies that look alike scatter about it. With
    more than two answers this is the Dirichlet-multinomial (Walmsley+2022, MNRAS 509, 3966).

    Parameters
    ----------
    output : torch.Tensor (N, 2)
        ln a and ln b, taken within -6 to 6.
    votes : torch.Tensor (N, 2)
        k and n, 0 <= k <= n; n = 0 says nothing and costs nothing.

    Returns
    -------
    torch.Tensor
        One number.

    Examples
    --------
    >>> votes = torch.tensor([[2.0, 2.0]])  # a = b = 1: each of 0, 1, 2 of 2 is as likely
    >>> round(float(beta_binomial_loss(torch.zeros(1, 2), votes).exp()), 4)
    3.0
    """
    if output.shape != votes.shape or output.shape[-1] != 2:
        raise ValueError(f"output and votes must both be (N, 2), got {tuple(output.shape)} and {tuple(votes.shape)}.")
    a, b = output.clamp(-6, 6).exp().unbind(-1)
    yes, n = votes.unbind(-1)
    ways = torch.lgamma(n + 1) - torch.lgamma(yes + 1) - torch.lgamma(n - yes + 1)
    return -(ways + _ln_beta(yes + a, n - yes + b) - _ln_beta(a, b)).mean()


def expected_share(output):
    """Expected share of yes-votes, a / (a + b), of each galaxy.

    Parameters
    ----------
    output : array (N, 2)
        ln a and ln b, as of a network trained with `beta_binomial_loss`.

    Returns
    -------
    numpy.ndarray (N,)
    """
    ln_a, ln_b = torch.as_tensor(output).clamp(-6, 6).unbind(-1)
    return torch.sigmoid(ln_a - ln_b).numpy()


def certain_votes_loss(output, votes):
    """Binary cross-entropy of the galaxies whose votes agree: over 70 % or under 30 % yes. The others count nothing.

    Parameters
    ----------
    output : torch.Tensor (N, 2)
        Its difference is the logit, so that the same network can be trained with either loss.
    votes : torch.Tensor (N, 2)
        k and n.
    """
    share = votes[:, 0] / votes[:, 1].clamp(min=1)
    agree = ((share > 0.7) | (share < 0.3)) & (votes[:, 1] > 0)
    logit = output[:, 0] - output[:, 1]
    each = F.binary_cross_entropy_with_logits(logit, (share > 0.5).to(logit.dtype), reduction="none")
    return (each * agree).sum() / agree.sum().clamp(min=1)


def _ln_beta(a, b):
    return torch.lgamma(a) + torch.lgamma(b) - torch.lgamma(a + b)
