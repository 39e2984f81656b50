"""Activity gradients of lenticulars from the principal components of their spectra, after Tous et al. (2020 to 2024).

The ridge of the passive galaxies in the plane of the first two `eigenspectra`, activity as the signed distance from
it, and how activity changes with radius.
"""

from dataclasses import dataclass

import numpy as np
from astropy.stats import mad_std
from scipy.spatial import cKDTree


@dataclass(frozen=True)
class Ridge:
    """The passive sequence, a straight line in the PC1-PC2 plane.

    Attributes
    ----------
    point, direction, normal : array (2,)
        A point on it, its unit vector, and the unit vector across it towards the active galaxies.
    width : float
        Robust standard deviation of the passive galaxies across it.
    """

    point: np.ndarray
    direction: np.ndarray
    normal: np.ndarray
    width: float


def passive_ridge(coefficients):
    """Find the passive sequence without labels: the densest ridge of the PC1-PC2 plane.

    The third of the points with the closest neighbours seeds a line (orthogonal regression), which is fitted again to
    the points within 2.5 widths of it until these no longer change.

    Parameters
    ----------
    coefficients : array (M, K)
        The first two are used; rows with NaN are left out.

    Returns
    -------
    Ridge

    Raises
    ------
    ValueError
        If fewer than 30 points are there: a ridge is a statistical thing.
    """
    points = np.asarray(coefficients, float)[:, :2]
    points = points[np.isfinite(points).all(1)]
    if len(points) < 30:
        raise ValueError(
            f"a passive sequence needs at least 30 spectra, got {len(points)}: use a ridge found in a larger sample."
        )
    neighbours = max(5, len(points) // 50)
    distance = cKDTree(points).query(points, neighbours + 1)[0][:, -1]
    chosen = distance <= np.quantile(distance, 0.35)
    for _ in range(50):
        point = np.median(points[chosen], 0)
        direction = np.linalg.svd(points[chosen] - points[chosen].mean(0), full_matrices=False)[2][0]
        normal = np.array([-direction[1], direction[0]])
        across, along = (points - point) @ normal, (points - point) @ direction
        point = point + normal * np.median(across[chosen])
        across -= np.median(across[chosen])
        width = mad_std(across[chosen])
        low, high = np.quantile(along[chosen], [0.0, 1.0])
        again = (np.abs(across) < 2.5 * width) & (along >= low - width) & (along <= high + width)
        if (again == chosen).all():
            break
        chosen = again
    if np.mean(across) < 0:  # most that is not on the ridge lies on the active side
        normal = -normal
    return Ridge(point, direction, normal, float(width))


def activity(coefficients, covariance, ridge):
    """Signed distance from the passive sequence towards the active side, and its error from the noise.

    Parameters
    ----------
    coefficients, covariance : array (..., K), (..., K, K)
    ridge : Ridge

    Returns
    -------
    value, error : array (...)
        In the units of the coefficients.
    """
    value = (coefficients[..., :2] - ridge.point) @ ridge.normal
    error = np.sqrt(np.einsum("i,...ij,j->...", ridge.normal, covariance[..., :2, :2], ridge.normal))
    return value, error


def gradient(radius, value, error):
    """Slope of a quantity against radius for many galaxies, by weighted least squares, with its error.

    Parameters
    ----------
    radius, value, error : array (N, B)
        Annuli with NaN, or an error that is not positive, are left out.

    Returns
    -------
    slope, error : array (N,)
        Per unit of radius; NaN for a galaxy with fewer than three annuli.
    """
    radius, value, error = (np.atleast_2d(np.asarray(a, float)) for a in (radius, value, error))
    good = np.isfinite(radius + value + error) & (error > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(good, 1 / error**2, 0)
        total = weight.sum(1, keepdims=True)
        x, y = np.where(good, radius, 0), np.where(good, value, 0)
        x = x - (weight * x).sum(1, keepdims=True) / total
        spread = (weight * x**2).sum(1)
        slope, slope_error = (weight * x * y).sum(1) / spread, 1 / np.sqrt(spread)
    few = good.sum(1) < 3
    return np.where(few, np.nan, slope), np.where(few, np.nan, slope_error)


def beyond_noise(slope, error, level, resting):
    """What tilts profiles besides noise, from galaxies that are flat: a floor, and a share of the activity.

    Added in quadrature to the errors from noise, as `sqrt(error^2 + floor^2 + (share * level)^2)`, the two make 95 % of
    these galaxies agree with zero within twice the error.

    Parameters
    ----------
    slope, error : array (N,)
        Of galaxies without a gradient, measured as others are; the error is that from noise.
    level : array (N,)
        Their mean activity.
    resting : bool array (N,)
        Passive galaxies, which set the floor; the others set the share.

    Returns
    -------
    floor, share : float
    """
    excess = (slope / 2) ** 2 - error**2
    floor = np.sqrt(max(np.nanquantile(excess[resting], 0.95), 0))
    excess = (excess - floor**2) / level**2
    return float(floor), float(np.sqrt(max(np.nanquantile(excess[~resting], 0.95), 0)))
