"""Is a galaxy like those that a network was trained on? A distance in the network's own features."""

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

NEIGHBOURS = 10
EDGE = 95  # percentile of the training galaxies' own distances that is called 1


def embed(network, images, *, batch_size=256):
    """Features of the last hidden layer of a `CompactCNN`, in evaluation mode: array (N, 64)."""
    where, out = next(network.parameters()).device, []
    layers = list(network.children())[:-2]  # all but the last dense layer and what shapes its output
    network.eval()
    with torch.no_grad():
        for batch in torch.as_tensor(images).split(batch_size):
            x = batch.to(where)
            for layer in layers:
                x = layer(x)
            out.append(x.cpu())
    if not out:
        raise ValueError("no images to embed.")
    return torch.cat(out).numpy()


def domain_score(training, features):
    """Distance to the nearest training galaxies in feature space, in units of theirs: above 1 is unfamiliar.

    Mean distance to the ten nearest training galaxies, on principal components that hold 95 % of the training
    variance, each scaled to unit variance (a Mahalanobis distance to neighbours). 1 is the 95th percentile of the
    training galaxies' own distances to one another: 5 % of familiar galaxies lie above it.

    Parameters
    ----------
    training : array (N, F), N >= 20
    features : array (M, F)
        From the same `embed`.

    Returns
    -------
    numpy.ndarray (M,)
        >= 0.
    """
    training, features = np.asarray(training, float), np.asarray(features, float)
    if training.ndim != 2 or len(training) < 2 * NEIGHBOURS or training.shape[1:] != features.shape[1:]:
        raise ValueError(
            f"training must be (N >= {2 * NEIGHBOURS}, F) and features (M, F), got {training.shape}, {features.shape}."
        )
    if not (np.isfinite(training).all() and np.isfinite(features).all()):
        raise ValueError("features must be finite: leave out galaxies whose images are not.")
    axes = PCA(0.95, whiten=True).fit(training)
    known = axes.transform(training)
    search = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(known)
    own = search.kneighbors(known)[0][:, 1:].mean(1)  # the nearest is the galaxy itself
    return search.kneighbors(axes.transform(features), NEIGHBOURS)[0].mean(1) / np.percentile(own, EDGE)


def domain_warning(score, *, tolerated=0.15):
    """A sentence that warns if more galaxies are unfamiliar (`domain_score` > 1) than tolerated, else ""."""
    share = float(np.mean(np.asarray(score) > 1))
    if share <= tolerated:
        return ""
    return (
        f"{share:.0%} of these galaxies are unlike the training galaxies ({100 - EDGE} % would be by chance): do not "
        "trust their classes before the network has been trained, or tested, on galaxies like them."
    )
