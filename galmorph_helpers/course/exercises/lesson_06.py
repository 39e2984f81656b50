"""The exercises of lesson 06: spectra at rest, their projection, a line of the BPT diagram, a slope with its error."""

import numpy as np

from ...spectra.spectroscopy import log_grid
from ..checks import Exercise


def at_rest(wavelength, flux, redshift, grid):
    """Flux of an observed spectrum at the rest wavelengths of a grid."""
    return np.interp(grid, wavelength / (1 + redshift), flux)


def project(spectra, mean, eigenspectra):
    """Coefficients (N, K) of spectra (N, P) along eigenspectra (K, P)."""
    return (spectra - mean) @ eigenspectra.T


def beyond_stars(n2, o3):
    """True where log [N II]/Halpha and log [O III]/Hbeta lie beyond what stars can do (Kewley et al. 2001)."""
    n2, o3 = np.asarray(n2, float), np.asarray(o3, float)
    with np.errstate(divide="ignore"):
        line = 0.61 / (n2 - 0.47) + 1.19
    return (n2 >= 0.47) | (o3 > line)


def slope(radius, value, error):
    """Slope of a straight line fitted with weights, and its error."""
    weight = 1 / error**2
    x = radius - np.sum(weight * radius) / np.sum(weight)
    return np.sum(weight * x * value) / np.sum(weight * x**2), 1 / np.sqrt(np.sum(weight * x**2))


def sign_found(slope, error):
    """1 or -1 where a slope exceeds twice its error, else 0."""
    return np.where(np.abs(slope) > 2 * error, np.sign(slope), 0)


def _unweighted(radius, value, error):
    return slope(radius, value, np.ones_like(error))


def _not_centred(radius, value, error):
    weight = 1 / error**2
    return np.sum(weight * radius * value) / np.sum(weight * radius**2), 1 / np.sqrt(np.sum(weight * radius**2))


def _weights_of_sigma(radius, value, error):
    return slope(radius, value, error**0.5)


def _one_side(n2, o3):
    n2, o3 = np.asarray(n2, float), np.asarray(o3, float)
    with np.errstate(divide="ignore"):
        return o3 > 0.61 / (n2 - 0.47) + 1.19


_WAVELENGTH = np.linspace(3900, 7600, 300)
_SPECTRUM = 1 + 0.3 * np.sin(_WAVELENGTH / 170) + np.exp(-0.5 * ((_WAVELENGTH - 6900) / 30) ** 2)
_GRID = 10 ** np.linspace(np.log10(3950), np.log10(7000), 50)
_RNG = np.random.default_rng(1)
_SPECTRA, _MEAN = _RNG.normal(size=(5, 12)) + 2, np.linspace(1, 3, 12)
_EIGEN = np.linalg.qr(_RNG.normal(size=(12, 2)))[0].T
_RADIUS, _VALUE = np.arange(6) / 4 + 0.125, np.array([0.2, 0.5, 0.4, 1.1, 1.3, 1.0])
_RATIOS = np.array([-0.6, -0.1, 0.2, 0.6]), np.array([0.0, 0.9, 0.1, -6.0])
_ERROR = np.array([0.1, 0.1, 0.1, 0.2, 0.3, 0.5])

EXERCISES = {
    "06.1": Exercise(
        name="log_grid",
        right=log_grid,
        cases=[(3800.0, 7200.0, 1e-4), (4000.0, 5000.0, 1e-3)],
        mistakes={
            "The step is in powers of ten, not of e: mind the base of the logarithm.": lambda low, high, step: np.exp(
                np.arange(np.log(low), np.log(high), step)
            ),
            "Steps are equal in the logarithm of the wavelength, not in the wavelength.": lambda low, high, step: (
                np.linspace(low, high, len(log_grid(low, high, step)))
            ),
            "These are logarithms: raise ten to them to get wavelengths.": lambda low, high, step: np.log10(
                log_grid(low, high, step)
            ),
            "One too few: the grid goes on to `high`.": lambda low, high, step: log_grid(low, high, step)[:-1],
        },
        hint="Each wavelength is the one before times 10 ** step; the first is `low`, none is beyond `high`.",
    ),
    "06.2": Exercise(
        name="at_rest",
        right=at_rest,
        cases=[(_WAVELENGTH, _SPECTRUM, 0.05, _GRID), (_WAVELENGTH, _SPECTRUM, 0.02, _GRID)],
        mistakes={
            "Light was stretched on its way: at rest, wavelengths are shorter.": lambda w, f, z, grid: np.interp(
                grid, w * (1 + z), f
            ),
            "The spectrum is still where it was observed.": lambda w, f, z, grid: np.interp(grid, w, f),
            "Wavelengths grow by the factor 1 + z, not by z.": lambda w, f, z, grid: np.interp(grid, w - z, f),
        },
        hint="First the wavelengths at rest, then np.interp(where you want it, where it is known, what is known).",
    ),
    "06.3": Exercise(
        name="project",
        right=project,
        cases=[(_SPECTRA, _MEAN, _EIGEN), (_SPECTRA[:2], np.zeros(12), _EIGEN)],
        mistakes={
            "Take the mean spectrum away first.": lambda spectra, mean, eigen: spectra @ eigen.T,
            "One row a galaxy is wanted, one column a component: turn it.": lambda spectra, mean, eigen: (
                project(spectra, mean, eigen).T
            ),
            "This is the model of the spectra; their coefficients are wanted.": lambda spectra, mean, eigen: (
                mean + project(spectra, mean, eigen) @ eigen
            ),
        },
        hint="How far does a spectrum, less the mean, reach along each eigenspectrum? Sum products over wavelengths.",
    ),
    "06.4": Exercise(
        name="beyond_stars",
        right=beyond_stars,
        cases=[_RATIOS, (np.array([-0.3]), np.array([-0.5]))],
        mistakes={
            "Right of where the formula divides by zero, no stars suffice: all that lies there is beyond.": _one_side,
            "These are the ones that stars can explain: turn it round.": lambda n2, o3: ~beyond_stars(n2, o3),
            "That is the line itself: which galaxies lie above it?": lambda n2, o3: 0.61 / (n2 - 0.47) + 1.19,
        },
        hint="Compare o3 with the line at each n2, and think about what the formula does where it divides by zero.",
    ),
    "06.5": Exercise(
        name="slope",
        right=slope,
        cases=[(_RADIUS, _VALUE, _ERROR), (_RADIUS, 2 - _RADIUS, _ERROR)],
        mistakes={
            "All annuli count alike here: use their errors as weights.": _unweighted,
            "Measure radii from their weighted mean, or the line is forced through zero.": _not_centred,
            "A weight is one over the square of the error.": _weights_of_sigma,
            "The slope comes first, its error second.": lambda *given: slope(*given)[::-1],
        },
        hint="With x = radius less its weighted mean: slope = sum(w x y) / sum(w x^2), error = 1 / sqrt(sum(w x^2)).",
    ),
    "06.6": Exercise(
        name="sign_found",
        right=sign_found,
        cases=[(np.array([0.5, -0.5, 0.1, -3.0]), np.array([0.2, 0.3, 0.2, 1.0]))],
        mistakes={
            "Less than twice the error is no sign yet: 0 is wanted there.": lambda slope, error: np.sign(slope),
            "This says where a gradient was found; its sign is wanted.": lambda slope, error: np.abs(slope) > 2 * error,
            "Falling gradients are gradients, too: compare the size of the slope.": lambda slope, error: np.where(
                slope > 2 * error, 1, 0
            ),
        },
        hint="np.where(condition, this, that): the sign where the slope is larger than two errors, else 0.",
    ),
}
