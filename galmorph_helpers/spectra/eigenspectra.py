"""Eigenspectra of spectra with missing pixels and outliers, and the coefficients of other spectra along them."""

from dataclasses import dataclass

import numpy as np
from astropy.stats import mad_std

ITERATIONS = 6  # of filling in what is missing and leaving out what is far


@dataclass(frozen=True)
class EigenSpectra:
    """Mean and principal components of normalised spectra.

    Attributes
    ----------
    mean : array (P,)
    components : array (K, P)
        Orthonormal, by falling variance; each sign is such that its largest excursion is positive.
    variance_ratio : array (K,)
        Share of the variance of the spectra, noise and all, along each.
    kept : bool array (M,)
        False for the spectra left out as outliers, or for having no good pixel.
    """

    mean: np.ndarray
    components: np.ndarray
    variance_ratio: np.ndarray
    kept: np.ndarray


def principal_components(flux, ivar=None, *, n_components=10, clip=8.0):
    """Eigenspectra of spectra with missing pixels and outliers.

    Missing pixels start as the mean spectrum and are replaced by what the components say of them, again and again
    (Yip et al. 2004, AJ 128, 585). Spectra that the components describe badly, in units of their noise, are left out.
    Without missing pixels and outliers the result is scikit-learn's `PCA`, up to signs.

    Parameters
    ----------
    flux : array (M, P)
    ivar : array (M, P), optional
        Pixels with inverse variance zero are missing; all others count alike.
    n_components : int
    clip : float
        A spectrum is an outlier when its rms residual, over the noise, is this many median absolute deviations above
        the median. `numpy.inf` keeps all.

    Returns
    -------
    EigenSpectra

    Raises
    ------
    ValueError
        If fewer than `n_components` + 1 spectra have a good pixel, or a wavelength is never observed.
    """
    good = np.isfinite(flux) & (True if ivar is None else np.asarray(ivar) > 0)
    kept = good.mean(1) > 0.5
    if kept.sum() <= n_components:
        raise ValueError(
            f"{kept.sum()} spectra of {len(flux)} have more than half of their pixels: {n_components} components "
            f"need at least {n_components + 1}. Give more galaxies or ask for fewer components."
        )
    never = ~good[kept].any(0)
    if never.any():
        raise ValueError(
            f"{never.sum()} of {flux.shape[1]} wavelengths (first: pixel {np.argmax(never)}) are missing in every "
            "spectrum: cut the grid to what was observed."
        )
    weight = good if ivar is None else np.where(good, ivar, 0)  # residuals count in units of the noise
    complete = good.all() and np.isinf(clip)
    filled = np.where(good, flux, 0).astype(float)
    start = filled[kept].sum(0) / good[kept].sum(0)
    filled = np.where(good, filled, start)
    robust = not np.isinf(clip)
    for step in range(1 if complete else ITERATIONS):
        # A gross outlier would claim a component and so hide: at first, few components, and each spectrum counts alike,
        # however far it is (spherical principal components, Locantore et al. 1999, Test 8, 1).
        gently = robust and step < min(2, ITERATIONS - 1)
        mean = np.median(filled[kept], 0) if gently else filled[kept].mean(0)
        centred = filled[kept] - mean
        if gently:
            centred /= np.linalg.norm(centred, axis=1, keepdims=True).clip(1e-30)
        components, variance = _leading(centred, min(3, n_components) if gently else n_components)
        model = mean + (filled - mean) @ components.T @ components
        filled = np.where(good, filled, model)
        residual = np.sqrt(((filled - model) ** 2 * weight).sum(1) / np.maximum(good.sum(1), 1))
        limit = np.median(residual[kept]) + clip * max(mad_std(residual[kept]), 1e-12)
        kept = (good.mean(1) > 0.5) & (residual <= limit)
    largest = components[np.arange(len(components)), np.abs(components).argmax(1)]
    return EigenSpectra(mean, components * np.sign(largest)[:, None], variance, kept)


def _leading(centred, k):
    """The first k principal components (k, P) and their shares of the variance, by the smaller Gram matrix."""
    m, p = centred.shape
    gram = centred.T @ centred if p < m else centred @ centred.T
    value, vector = np.linalg.eigh(gram)
    value, vector = value[::-1][:k], vector[:, ::-1][:, :k]
    components = vector.T if p < m else (centred.T @ vector / np.sqrt(np.maximum(value, 1e-30))).T
    return components, value / np.trace(gram)


def project(eigen, flux, ivar):
    """Coefficients of spectra along eigenspectra, by least squares over the good pixels, with their covariance.

    Parameters
    ----------
    eigen : EigenSpectra
    flux, ivar : array (..., P)
        Normalised, on the grid of the eigenspectra; good pixels count alike, so that a complete spectrum is simply
        projected, and `ivar` gives the errors.

    Returns
    -------
    coefficients : array (..., K)
    covariance : array (..., K, K)
        NaN for a spectrum with fewer than half of its pixels.

    Raises
    ------
    ValueError
        If the spectra are not on the grid of the eigenspectra.
    """
    vectors = eigen.components
    k, p = vectors.shape
    if flux.shape[-1] != p:
        raise ValueError(f"spectra have {flux.shape[-1]} pixels, the eigenspectra {p}: resample them to one grid.")
    shape, flux, ivar = flux.shape[:-1], flux.reshape(-1, p), ivar.reshape(-1, p)
    good = (ivar > 0) & np.isfinite(flux)
    products = (vectors[:, None] * vectors).reshape(k * k, p).T.astype(np.float32)
    with np.errstate(divide="ignore"):
        variance = np.where(good, 1 / ivar, 0).astype(np.float32)
    normal = (good.astype(np.float32) @ products).reshape(-1, k, k)
    noise = (variance @ products).reshape(-1, k, k)
    right = np.where(good, flux - eigen.mean.astype(np.float32), np.float32(0)) @ vectors.T.astype(np.float32)
    usable = good.mean(1) >= 0.5
    normal[~usable] = np.eye(k)
    inverse = np.linalg.inv(normal)
    coefficients = np.einsum("mkl,ml->mk", inverse, right)
    covariance = inverse @ noise @ inverse
    coefficients[~usable], covariance[~usable] = np.nan, np.nan
    return coefficients.reshape(*shape, k), covariance.reshape(*shape, k, k)
