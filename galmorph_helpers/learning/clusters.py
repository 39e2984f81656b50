"""Groups that nobody named: k-means, how many of them the data want, and what they have to do with known quantities."""

import numpy as np
from astropy.table import Table
from scipy.optimize import linear_sum_assignment
from scipy.stats.contingency import association, crosstab
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, confusion_matrix, silhouette_score
from sklearn.neighbors import NearestNeighbors


def cluster_features(features, k, *, seed=0):
    """Numbers of the k-means clusters that galaxies belong to, 0 for the largest cluster.

    Parameters
    ----------
    features : array (N, F)
        Finite.
    k : int
        1 to N.
    seed : int

    Returns
    -------
    numpy.ndarray of int (N,)
        0 to k - 1.

    Raises
    ------
    ValueError
        If there are more clusters than galaxies, or features that are not finite.

    Examples
    --------
    >>> cluster_features([[0.0], [0.1], [0.2], [9.0]], 2)
    array([0, 0, 0, 1])
    """
    features = _checked(features)
    if not 1 <= k <= len(features):
        raise ValueError(f"k must be from 1 to the number of galaxies, {len(features)}; got {k} clusters.")
    labels = KMeans(k, n_init=10, random_state=seed).fit_predict(features)
    order = np.argsort(-np.bincount(labels, minlength=k), kind="stable")
    return np.argsort(order)[labels]


def cluster_table(features, *, ks=range(2, 8), seed=0, halves=4):
    """How many clusters do the data want? Two judges for each k.

    `silhouette` (Rousseeuw 1987): how much nearer a galaxy is to its own cluster than to the next, -1 to 1.
    `stability`: adjusted Rand index of two clusterings of all galaxies, each with centres from one random half;
    mean over `halves` trials. A k that the data do not have falls differently each time.

    Parameters
    ----------
    features : array (N, F)
    ks : iterable of int
        2 to N / 2.
    seed : int
    halves : int

    Returns
    -------
    astropy.table.Table
        `k`, `silhouette`, `stability`.
    """
    features = _checked(features)
    rng, rows = np.random.default_rng(seed), []
    for k in ks:
        labels = cluster_features(features, k, seed=seed)
        if 2 * k > len(features):
            raise ValueError(f"{k} clusters in a half of {len(features)} galaxies: fewer clusters, or more galaxies.")
        agreements = []
        for _ in range(halves):
            parts = np.array_split(rng.permutation(len(features)), 2)
            pair = [KMeans(k, n_init=5, random_state=seed).fit(features[p]).predict(features) for p in parts]
            agreements.append(adjusted_rand_score(*pair))
        rows.append({"k": k, "silhouette": silhouette_score(features, labels), "stability": np.mean(agreements)})
    return Table(rows=rows)


def match_labels(labels, reference):
    """`labels` renumbered to agree with `reference` for as many galaxies as possible (the Hungarian algorithm).

    Cluster numbers mean nothing: two runs may find the same clusters and number them otherwise.

    Examples
    --------
    >>> match_labels([0, 0, 1], [1, 1, 0])
    array([1, 1, 0])
    """
    labels, reference = np.asarray(labels), np.asarray(reference)
    if labels.shape != reference.shape:
        raise ValueError(f"{labels.shape} labels cannot be matched with {reference.shape}.")
    size = int(max(labels.max(), reference.max())) + 1
    counts = confusion_matrix(labels, reference, labels=np.arange(size))
    return linear_sum_assignment(-counts)[1][labels]


def cramers_v(first, second):
    """Cramér's V of two groupings: 0 if one says nothing of the other, 1 if all (SciPy's `association`).

    Examples
    --------
    >>> cramers_v([0, 0, 1, 1], ["a", "a", "b", "b"])
    1.0
    """
    counts = crosstab(np.asarray(first), np.asarray(second)).count
    if min(counts.shape) < 2:
        raise ValueError(f"Cramér's V needs at least two groups on either side, got {counts.shape}.")
    return float(association(counts, method="cramer"))


def group_medians(labels, table, *, columns):
    """How many galaxies each cluster has, and the medians of what is known of them.

    Parameters
    ----------
    labels : array of int (N,)
        As from `cluster_features`.
    table : Table
        N rows.
    columns : sequence of str

    Returns
    -------
    astropy.table.Table
        `cluster`, `galaxies` and the columns, one row a cluster.
    """
    rows = []
    for k in np.unique(labels):
        rows.append({"cluster": int(k), "galaxies": int((labels == k).sum())})
        rows[-1] |= {
            c: float(np.median(np.asarray(getattr(table[c], "value", table[c]))[labels == k])) for c in columns
        }
    return Table(rows=rows)


def neighbours(features, rows, *, n=5):
    """The nearest other galaxies of some, by their features.

    Parameters
    ----------
    features : array (N, F)
    rows : array of int (M,)
        Galaxies whose neighbours are wanted.
    n : int
        Below N.

    Returns
    -------
    numpy.ndarray of int (M, n)
        Row numbers, the nearest first.

    Examples
    --------
    >>> neighbours([[0.0], [1.0], [5.0]], [2], n=1)
    array([[1]])
    """
    features = _checked(features)
    if n >= len(features):
        raise ValueError(f"{n} neighbours of one among {len(features)} galaxies: at most {len(features) - 1}.")
    found = NearestNeighbors(n_neighbors=n + 1).fit(features).kneighbors(features[np.asarray(rows)])[1]
    return np.stack([[j for j in line if j != row][:n] for line, row in zip(found, rows, strict=True)])


def oddness(features, *, n=10):
    """Mean distance of each galaxy to its `n` nearest others: large where there is no other like it."""
    features = _checked(features)
    n = min(n, len(features) - 1)
    return NearestNeighbors(n_neighbors=n + 1).fit(features).kneighbors()[0][:, :n].mean(1)


def _checked(features):
    features = np.asarray(features, float)
    if features.ndim != 2 or len(features) < 2:
        raise ValueError(f"features must be (N, F) of at least 2 galaxies, got shape {features.shape}.")
    if not np.isfinite(features).all():
        raise ValueError(f"{(~np.isfinite(features).all(1)).sum()} galaxies have features that are not finite.")
    return features
