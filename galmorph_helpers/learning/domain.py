"""Is a galaxy like those that a network was trained on? A score to look at before the network's answer is believed."""

from typing import NamedTuple

import numpy as np
import torch
from sklearn.covariance import LedoitWolf

from .networks import rectified


class Domain(NamedTuple):
    """Where training galaxies lie in the space of features, and how far out they reach (`fit_domain`)."""

    mean: np.ndarray
    precision: np.ndarray
    reach: float


@torch.inference_mode()
def image_features(network, images, *, batch_size=256):
    """What a network sees in each image: the mean of every map behind every rectifier.

    Parameters
    ----------
    network : torch.nn.Sequential
        Such as `CompactCNN`.
    images : torch.Tensor (N, C, H, W)

    Returns
    -------
    numpy.ndarray (N, F)
    """
    network.eval()
    device = next(network.parameters()).device
    found = [output_and_features(network, x.to(device))[1] for x in images.split(batch_size)]
    return torch.cat(found).cpu().numpy()


def output_and_features(network, x):
    """What a network makes of a batch `x`, and its features: the mean of every map behind every rectifier."""
    x, maps = rectified(network, x)
    return x, torch.cat([found.mean((2, 3)) for found in maps], 1)


def fit_domain(features):
    """The domain of training galaxies, from their `image_features`.

    Half of them say where such galaxies lie, the other half how far out they reach, so that a score does not flatter
    the galaxies it was made from.

    Parameters
    ----------
    features : array (N, F)
        At least 500 galaxies of the kind that the network was trained on.
    """
    features = np.asarray(features, float)
    if len(features) < 500:
        raise ValueError(f"at least 500 galaxies are needed to say where a domain lies, got {len(features)}.")
    fitted = LedoitWolf().fit(features[::2])
    away = _distance(features[1::2], fitted.location_, fitted.precision_)
    return Domain(fitted.location_, fitted.precision_, float(np.percentile(away, 99)))


def out_of_domain(domain, features):
    """Score of each galaxy: its Mahalanobis distance from the domain (Lee+2018, arXiv:1807.03888) over the reach.

    Parameters
    ----------
    domain : Domain
    features : array (N, F)
        `image_features` by the same network.

    Returns
    -------
    numpy.ndarray (N,)
        99 % of galaxies like those of training are below 1.
    """
    features = np.asarray(features, float)
    if features.ndim != 2 or features.shape[1] != len(domain.mean):
        raise ValueError(f"features must be (N, {len(domain.mean)}), those of the same network; got {features.shape}.")
    return _distance(features, domain.mean, domain.precision) / domain.reach


def domain_warning(score, *, tolerated=0.05):
    """A sentence that warns if more than a share of the galaxies lie outside (`out_of_domain` above 1), else ""."""
    share = float(np.mean(np.asarray(score) > 1))
    if share <= tolerated:
        return ""
    return (
        f"{share:.0%} of these galaxies are unlike those of the training (1 % would be by chance): do not trust their "
        "classes before the network has been tested on galaxies like them."
    )


def _distance(features, mean, precision):
    away = features - mean
    return np.sqrt(np.einsum("ij,ij->i", away @ precision, away).clip(0))
