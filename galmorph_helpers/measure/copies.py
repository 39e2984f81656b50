"""The same image twice in a sample: near-duplicates."""

import numpy as np
import torch
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def near_duplicates(images, *, alike=0.7):
    """Number of the galaxy that each image shows, 0 to n-1, where copies of one exposure count as one galaxy.

    Found by its noise: no two exposures share it, but copies do, whether turned, mirrored, brightened or saved again at
    good quality. Images are averaged to about 32 pixels a side and turned to a standard orientation; what remains after
    smoothing is correlated. Unrelated galaxies of the SDSS stay below 0.55, exact copies are at 1. Two *exposures* of
    one galaxy are not found so: their positions on the sky tell (`group_rows` by an identifier).

    Parameters
    ----------
    images : torch.Tensor (N, C, H, W)
        At least 32 pixels a side.
    alike : float
        Correlation, 0 to 1, above which two images are copies.

    Returns
    -------
    numpy.ndarray of int (N,)
        To be used as `groups` of `fit_folds`, or as a column to `split` by.
    """
    if not 0 < alike < 1:
        raise ValueError(f"alike must be between 0 and 1, got {alike!r}.")
    if images.ndim != 4 or min(images.shape[-2:]) < 32 or images.shape[-2] != images.shape[-1]:
        raise ValueError(f"square images (N, C, H, H) of at least 32 pixels are needed, got {tuple(images.shape)}.")
    x = torch.nn.functional.avg_pool2d(images.mean(1, keepdim=True), images.shape[-1] // 32)[:, 0].numpy()
    x = np.sign(x) * np.sqrt(np.abs(x))  # lifts the sky's noise towards the galaxy's light
    light, axis = x - np.median(x, (1, 2), keepdims=True), np.arange(x.shape[-1]) - (x.shape[-1] - 1) / 2
    right, up = light.sum(1) @ axis, light.sum(2) @ axis
    x[right < 0] = x[right < 0][:, :, ::-1]
    x[up < 0] = x[up < 0][:, ::-1]
    across = np.abs(right) < np.abs(up)
    x[across] = x[across].transpose(0, 2, 1)
    x = (x - ndimage.gaussian_filter(x, (0, 1, 1))).reshape(len(x), -1)
    x -= x.mean(1, keepdims=True)
    x /= np.linalg.norm(x, axis=1, keepdims=True).clip(1e-12)
    pairs = [np.argwhere(x[i : i + 1024] @ x.T > alike) + (i, 0) for i in range(0, len(x), 1024)]
    row, column = np.concatenate(pairs).T
    graph = coo_array((np.ones(len(row)), (row, column)), shape=(len(x), len(x)))
    return connected_components(graph, directed=False)[1]
