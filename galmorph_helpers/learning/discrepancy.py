"""How far apart two samples lie, and what makes a network forget from which of them a galaxy comes."""

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)  # of the kernels, in units of the median distance


def ramp(progress):
    """Strength of the reversed gradient, 2 / (1 + exp(-10 p)) - 1 (Ganin+2016, JMLR 17, 59): 0 first, 1 in the end.

    Parameters
    ----------
    progress : float
        Share of the training done, 0 to 1.

    Examples
    --------
    >>> [float(round(ramp(p), 2)) for p in (0, 0.5, 1)]
    [0.0, 0.99, 1.0]
    """
    if not 0 <= progress <= 1:
        raise ValueError(f"progress must be 0 to 1, the share of the training that is done, got {progress!r}.")
    return 2 / (1 + np.exp(-10 * progress)) - 1


class _Reversal(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, alpha):
        ctx.alpha = alpha
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        return -ctx.alpha * gradient, None


def reverse_gradient(x, alpha=1.0):
    """`x` itself; on the way back its gradient is multiplied by -`alpha` (Ganin & Lempitsky 2015).

    Parameters
    ----------
    x : torch.Tensor
    alpha : float
        0 to 1: 0 lets nothing through, 1 reverses all of it; see `ramp`.
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha must be 0 to 1, got {alpha!r}: `ramp` gives it for each step of a training.")
    return _Reversal.apply(x, alpha)


def domain_labels(n_source, n_target):
    """1 for each source galaxy, then 0 for each target galaxy: a domain classifier needs two different labels.

    Returns
    -------
    torch.Tensor, float32 (n_source + n_target,)

    Examples
    --------
    >>> domain_labels(2, 1)
    tensor([1., 1., 0.])
    """
    if n_source < 1 or n_target < 1:
        raise ValueError(f"both surveys need galaxies, got {n_source} source and {n_target} target galaxies.")
    return torch.cat([torch.ones(n_source), torch.zeros(n_target)])


def mmd(x, y, *, widths=WIDTHS):
    """Squared maximum mean discrepancy of two samples of vectors (Gretton+2012, JMLR 13, 723), biased estimate.

    MMD^2 = <k(x, x')> + <k(y, y')> - 2 <k(x, y)>, the mean over Gaussian kernels exp(-d^2 / (2 (w m)^2)), where m is
    the median distance between all vectors. It is 0 for a sample and itself, and grows with what parts the samples.

    Parameters
    ----------
    x, y : torch.Tensor (N, D), (M, D)
    widths : sequence of float
        w of each kernel, > 0.

    Returns
    -------
    torch.Tensor, scalar in 0 to 2

    Examples
    --------
    >>> x = torch.eye(3)
    >>> mmd(x, x).item(), mmd(x, x + 9).item() > 0.5
    (0.0, True)
    """
    _check_samples(x, y)
    if not all(w > 0 for w in widths):
        raise ValueError(f"both samples are measured with kernels of widths > 0, got {widths}.")
    both = torch.cat([x, y])
    squared = (both[:, None] - both[None]).square().sum(-1)
    median = _median(squared.detach())
    kernel = torch.stack([torch.exp(-squared / (2 * w**2 * median)) for w in widths]).mean(0)
    n = len(x)
    return kernel[:n, :n].mean() + kernel[n:, n:].mean() - 2 * kernel[:n, n:].mean()


def _check_samples(x, y):
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1]:
        raise ValueError(f"both samples must be (N, D) with one D, got {tuple(x.shape)} and {tuple(y.shape)}.")
    if len(x) == 0 or len(y) == 0:
        raise ValueError(f"both samples need vectors, got {len(x)} and {len(y)}.")


def _median(squared):
    """Median of the squared distances that are not 0; 1 where all are."""
    apart = squared[squared > 0]
    return apart.median() if len(apart) else torch.ones((), device=squared.device)


def sinkhorn(x, y, *, blur=0.1, steps=50):
    """Debiased Sinkhorn divergence of two samples of vectors (Feydy+2019, arXiv:1810.08278): the cost of moving one to
    the other, blurred.

    S = T(x, y) - T(x, x) / 2 - T(y, y) / 2, where T is the cheapest transport, half a squared distance a unit of mass,
    with an entropy that makes it quick to find (Cuturi 2013, arXiv:1306.0895). Squared distances are in units of their
    median. S is 0 for a sample and itself; for a sample that was shifted it is half the squared shift.

    Parameters
    ----------
    x, y : torch.Tensor (N, D), (M, D)
    blur : float
        Strength of the entropy, > 0, in units of the median squared distance: small is exact and slow.
    steps : int
        Rounds in which both sides adjust their prices.

    Returns
    -------
    torch.Tensor, scalar

    Examples
    --------
    >>> x = torch.eye(3)
    >>> round(sinkhorn(x, x).item(), 6), sinkhorn(x, x + 9).item() > 0.4
    (0.0, True)
    """
    _check_samples(x, y)
    if not blur > 0:
        raise ValueError(f"blur must be > 0, in units of the median squared distance, got {blur!r}.")
    unit = _median(torch.cdist(torch.cat([x, y]).detach(), torch.cat([x, y]).detach()).square())
    pairs = ((x, y), (x, x), (y, y))
    both, *apart = (_transport((a[:, None] - b[None]).square().sum(-1) / (2 * unit), blur, steps) for a, b in pairs)
    return both - sum(apart) / 2


def _transport(cost, blur, steps):
    """Cost of the cheapest blurred transport between equal weights: the prices of both sides, after some rounds."""
    with torch.no_grad():
        ours, theirs = cost.mean(1), cost.mean(0)
        for _ in range(steps):  # both sides at once, half of the way: it converges without swinging
            new = _price(cost, theirs, blur), _price(cost.T, ours, blur)
            ours, theirs = (ours + new[0]) / 2, (theirs + new[1]) / 2
    return _price(cost, theirs, blur).mean() + theirs.mean()  # at the best prices, only the cost has a gradient


def _price(cost, other, blur):
    """What each row would pay: a soft minimum over the columns of the cost less what the column pays."""
    return -blur * (torch.logsumexp((other - cost) / blur, 1) - np.log(cost.shape[1]))


def domain_accuracy(source, target, *, seed=0):
    """How well a fresh classifier tells which survey a latent vector comes from: 0.5 is a guess, 1 a certainty.

    Logistic regression on standardised vectors, five-fold cross-validated; the mean of the accuracies of both surveys,
    so that their numbers do not matter.

    Parameters
    ----------
    source, target : array (N, D), (M, D)
    seed : int
        Of the order in which galaxies are dealt to the five folds.

    Returns
    -------
    float
    """
    source, target = np.asarray(source), np.asarray(target)
    if source.ndim != 2 or target.ndim != 2 or source.shape[1] != target.shape[1]:
        raise ValueError(f"both samples must be (N, D) with one D, got {source.shape} and {target.shape}.")
    label = domain_labels(len(source), len(target)).numpy().astype(int)
    order = np.random.default_rng(seed).permutation(len(label))
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300, class_weight="balanced"))
    called = cross_val_predict(model, np.concatenate([source, target])[order], label[order], cv=5)
    return float(np.mean([(called[label[order] == k] == k).mean() for k in (0, 1)]))


def neighbour_mixing(first, second, *, n=1, draws=999, seed=0):
    """Do two samples fill the same space? The share of nearest neighbours that belong to the other sample.

    The labels of the sample are then permuted, which says what share two samples from one manifold would have
    (Schilling 1986, J. Am. Stat. Assoc. 81, 799, counts the same neighbours).

    Parameters
    ----------
    first, second : array (N, F), (M, F)
        Finite.
    n : int
        Neighbours of each galaxy that are asked.
    draws : int
        Permutations.
    seed : int

    Returns
    -------
    (float, float, float)
        The share that crosses, the mean share of permuted labels, and p: how often a permutation crosses as little.

    Examples
    --------
    >>> x = np.arange(20.0)[:, None]
    >>> neighbour_mixing(x, x + 100, draws=99)[0]
    0.0
    """
    first, second = np.asarray(first, float), np.asarray(second, float)
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise ValueError(f"both samples must be (N, F) with one F, got {first.shape} and {second.shape}.")
    if not 1 <= n < len(first) + len(second):
        raise ValueError(f"n must be from 1 to the number of galaxies minus 1, got {n}.")
    label = np.repeat([0, 1], [len(first), len(second)])
    near = NearestNeighbors(n_neighbors=n).fit(np.concatenate([first, second])).kneighbors(return_distance=False)
    rng = np.random.default_rng(seed)
    labels = [label, *(rng.permutation(label) for _ in range(draws))]
    crossing, *permuted = ((a[near] != a[:, None]).mean() for a in labels)
    return float(crossing), float(np.mean(permuted)), float((1 + np.sum(np.array(permuted) <= crossing)) / (1 + draws))
