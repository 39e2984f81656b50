"""The exercises of lesson 05: dimming, new pixels, the K-correction's sign, the PSF's condition, a robust flag."""

import numpy as np

from ...imaging.distance import COSMOLOGY
from ..checks import Exercise


def new_magnitude(m, z, z_new, change):
    """Magnitude of a galaxy that is moved from z to z_new, where K changes by `change`."""
    ratio = COSMOLOGY.luminosity_distance(z_new) / COSMOLOGY.luminosity_distance(z)
    return m + 5 * np.log10(ratio.value) + change


def new_pixels(pixels, z, z_new, scale, scale_new):
    """How many new pixels a length of old pixels covers once its galaxy has been moved."""
    nearer, farther = COSMOLOGY.angular_diameter_distance(z), COSMOLOGY.angular_diameter_distance(z_new)
    return pixels * scale * (nearer / farther).value / scale_new


def k_in_filter(spectrum, wavelength, response, z):
    """K-correction of a spectrum (a function of rest wavelength, flux per Å) through a filter that counts photons."""
    here = np.sum(spectrum(wavelength) * response * wavelength)
    there = np.sum(spectrum(wavelength / (1 + z)) / (1 + z) * response * wavelength)
    return -2.5 * np.log10(there / here)


def kernel_width(psf, psf_new, shrink):
    """Width of the Gaussian that makes the new PSF of the shrunk old one; NaN where there is none."""
    left = psf_new**2 - (psf * shrink) ** 2
    return np.sqrt(left) if left >= 0 else np.nan


def robust(probability):
    """4 for robust early types, 5 for robust late types, 0 for the rest, from (k, N) probabilities."""
    mean, agree = probability.mean(axis=0), np.ptp(probability, axis=0) < 0.3
    return np.where(agree & (mean < 0.3), 4, np.where(agree & (mean > 0.7), 5, 0))


def _moved(m, z, z_new, change, *, distance="luminosity_distance", factor=5):
    of = getattr(COSMOLOGY, distance)
    return m + factor * np.log10((of(z_new) / of(z)).value) + change


def _pixels(pixels, z, z_new, *scales, distance="angular_diameter_distance"):
    of = getattr(COSMOLOGY, distance)
    return pixels * (of(z) / of(z_new)).value * scales[0] / scales[1]


def _flagged(probability, agree):
    mean = probability.mean(axis=0)
    return np.where(agree & (mean < 0.3), 4, np.where(agree & (mean > 0.7), 5, 0))


def _red(wavelength):
    """Flux per Å of an old galaxy, roughly: little below the break at 4000 Å."""
    return (wavelength / 4000.0) ** 1.5 / (1 + np.exp((4000.0 - wavelength) / 150.0))


_WAVELENGTH = np.linspace(3500.0, 9000.0, 1101)
_RESPONSE = np.exp(-0.5 * ((_WAVELENGTH - 6200.0) / 450.0) ** 2)
_FIVE = np.array(
    [
        [0.10, 0.95, 0.40, 0.05, 0.72, 0.60, 0.99, 0.28, 0.50, 0.02],
        [0.20, 0.90, 0.60, 0.45, 0.68, 0.65, 0.65, 0.25, 0.50, 0.05],
        [0.15, 0.85, 0.45, 0.05, 0.75, 0.62, 0.98, 0.30, 0.52, 0.03],
        [0.12, 0.80, 0.55, 0.08, 0.71, 0.66, 0.97, 0.31, 0.48, 0.90],
        [0.18, 0.92, 0.50, 0.06, 0.70, 0.64, 0.96, 0.27, 0.50, 0.04],
    ]
)

EXERCISES = {
    "05.1": Exercise(
        name="new_magnitude",
        right=new_magnitude,
        cases=[(16.0, 0.05, 0.3, 0.0), (17.2, 0.1, 0.5, 0.8)],
        mistakes={
            "Light goes with the luminosity distance; the other one, D_A, is for angles.": lambda *a: _moved(
                *a, distance="angular_diameter_distance"
            ),
            "Flux falls with the distance squared: 2.5 times 2 in front of the logarithm.": lambda *a: _moved(
                *a, factor=2.5
            ),
            "Farther is fainter, and a fainter galaxy has the larger magnitude.": lambda *a: _moved(*a, factor=-5),
            "The change of K is in magnitudes already: add it.": lambda m, z, z_new, k: _moved(m, z, z_new, -k),
        },
        hint="COSMOLOGY.luminosity_distance(z) is D_L; magnitudes are -2.5 log10 of a flux, which falls as D_L^2.",
    ),
    "05.2": Exercise(
        name="new_pixels",
        right=new_pixels,
        cases=[(100.0, 0.05, 0.3, 0.4, 0.263), (64.0, 0.1, 0.2, 0.263, 0.168)],
        mistakes={
            "Farther away it is smaller: which of the two distances stands below?": lambda n, z, z_new, a, b: _pixels(
                n, z_new, z, a, b
            ),
            "The same arcseconds are more pixels where pixels are smaller.": lambda n, z, z_new, a, b: _pixels(
                n, z, z_new, b, a
            ),
            "Angles go with D_A, not with the distance of light, D_L.": lambda *a: _pixels(
                *a, distance="luminosity_distance"
            ),
            "Both surveys have pixels of their own: two scales are needed.": lambda n, z, z_new, a, b: _pixels(
                n, z, z_new, 1, 1
            ),
        },
        hint="First arcseconds where it is, then arcseconds at z_new, then pixels of the new survey.",
    ),
    "05.3": Exercise(
        name="k_in_filter",
        right=k_in_filter,
        cases=[(_red, _WAVELENGTH, _RESPONSE, 0.3), (_red, _WAVELENGTH, _RESPONSE, 0.1)],
        mistakes={
            "Mind the sign: K is positive where the galaxy gets fainter.": lambda s, w, r, z: -k_in_filter(s, w, r, z),
            "What arrives at 6000 Å left at 6000 / (1 + z).": lambda s, w, r, z: k_in_filter(
                lambda x: s(x * (1 + z) ** 2), w, r, z
            ),
            "A band of 1 Å is stretched to 1 + z: the flux per Å is divided by it.": lambda s, w, r, z: (
                k_in_filter(s, w, r, z) - 2.5 * np.log10(1 + z)
            ),
            "A camera counts photons: multiply by the wavelength.": lambda s, w, r, z: k_in_filter(s, w, r / w, z),
        },
        hint="Two sums over wavelength, of the spectrum at rest and moved to z; then -2.5 log10 of moved / rest.",
    ),
    "05.4": Exercise(
        name="kernel_width",
        right=kernel_width,
        cases=[(1.3, 0.96, 0.5), (1.3, 0.96, 0.9), (0.96, 0.96, 1.0)],
        mistakes={
            "The old PSF shrinks with the galaxy.": lambda old, new, s: kernel_width(old, new, 1.0),
            "Widths of Gaussians add in squares.": lambda old, new, s: new - old * s if new >= old * s else np.nan,
            "Where the shrunk PSF is the broader one there is no kernel: np.nan.": lambda old, new, s: np.sqrt(
                abs(new**2 - (old * s) ** 2)
            ),
        },
        hint="The square of the new width is the square of the shrunk old one plus that of the kernel.",
    ),
    "05.5": Exercise(
        name="robust",
        right=robust,
        cases=[(_FIVE,), (_FIVE[::-1, ::-1],)],
        mistakes={
            "Agreement alone is not enough: the mean must be below 0.3 or above 0.7.": lambda p: np.where(
                np.ptp(p, axis=0) < 0.3, np.where(p.mean(0) < 0.5, 4, 5), 0
            ),
            "A mean that is clear is not enough: the five must lie within 0.3 of each other.": lambda p: _flagged(
                p, True
            ),
            "Within 0.3: the largest minus the smallest, not the standard deviation.": lambda p: _flagged(
                p, p.std(0) < 0.3
            ),
            "4 stands for early types, 5 for late ones.": lambda p: np.select(
                [robust(p) == 4, robust(p) == 5], [5, 4], 0
            ),
        },
        hint="np.ptp is the largest minus the smallest; np.where or np.select makes the flags.",
    ),
}
