"""A plane in which vectors that are neighbours stay neighbours."""

import numpy as np
import torch


def umap_plane(vectors, *, neighbours=20, min_dist=0.3, seed=0):
    """UMAP of vectors in two dimensions (McInnes, Healy & Melville 2018, arXiv:1802.03426).

    UMAP's compiled parts change the number of threads that torch uses, which can make every later training several
    times slower; the number is put back here.

    Parameters
    ----------
    vectors : array (N, D)
        Finite, N > neighbours.
    neighbours : int
        2 or more: few show small groups, many the whole.
    min_dist : float
        0 to 1, how close points may lie.
    seed : int

    Returns
    -------
    numpy.ndarray (N, 2)
        The axes have no meaning, and neither have distances between islands.
    """
    vectors = np.asarray(vectors)
    if vectors.ndim != 2 or not 2 <= neighbours < len(vectors) or not np.isfinite(vectors).all():
        raise ValueError(
            f"UMAP needs finite vectors (N, D) and 2 <= neighbours < N, got {vectors.shape}, neighbours={neighbours}."
        )
    from umap import UMAP  # takes seconds: only who calls pays

    threads = torch.get_num_threads()
    try:
        umap = UMAP(n_neighbors=neighbours, min_dist=min_dist, n_epochs=200, random_state=seed, n_jobs=1)
        return umap.fit_transform(vectors)
    finally:
        torch.set_num_threads(threads)
