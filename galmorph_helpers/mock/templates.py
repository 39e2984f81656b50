"""What mock spectra are mixed from: stars of five kinds and lines of five groups, broadened and moved.

The continua are observed ones that GalSim carries (Coleman, Wu & Weedman 1980, ApJS 43, 393; Vega); narrow absorption
lines and emission lines are put in as Gaussians. It is no stellar-population model.
"""

import astropy.units as u
import numpy as np
from astropy.modeling.physical_models import BlackBody
from scipy.fft import irfft
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from ..spectra.spectroscopy import C_KM_S, LINES, STEP, extinction

#: Observed wavelengths, Å: MaNGA's grid, cut at 8,000 Å.
WAVELENGTH = 10 ** (3.5589 + STEP * np.arange(3442))

# Absorption of old stars: centre (vacuum, Å), equivalent width (Å), width (Å). Of order what ellipticals show; the
# continuum has the broad troughs already.
ABSORPTION = (
    (3934.8, 4.0, 7.0), (3969.6, 4.0, 7.0), (4228.0, 0.8, 4.0), (4305.6, 3.5, 9.0), (4384.8, 2.5, 6.0),
    (4862.7, 1.3, 5.0), (5016.0, 2.0, 8.0), (5169.0, 1.2, 4.0), (5174.1, 1.5, 4.0), (5185.0, 1.5, 4.0),
    (5271.0, 1.8, 6.0), (5336.6, 1.5, 5.0), (5407.5, 0.8, 5.0), (5891.6, 1.8, 2.5), (5897.6, 1.5, 2.5),
    (6497.0, 0.8, 5.0),
)  # fmt: skip


class Templates:
    """Spectra of each component, by Fourier transform: broadening and shifting them are products.

    The logarithmic grid starts 700 pixels below the observed one, to hold what a redshift moves in.
    """

    pad, size = 700, 4608

    def __init__(self):
        grid = 10 ** (np.log10(WAVELENGTH[0]) + STEP * (np.arange(self.size) - self.pad))
        self.grid = grid
        old, middle, vega = _galsim_sed("CWW_E_ext.sed"), _galsim_sed("CWW_Sbc_ext.sed"), _galsim_sed("vega.txt")
        lines = sum(_gaussian(grid, c, w, s) for c, w, s in ABSORPTION)
        old_stars = old(grid) * (1 - lines)
        smooth = np.log(grid / 5500)
        metals = old_stars * (0.6 * smooth - 0.8 * lines)  # redder, and deeper lines
        a_star = vega(grid)
        balmer = a_star / _continuum(grid, a_star)
        hot = BlackBody(25_000 * u.K)(grid * u.AA).value / grid**2 * (0.6 + 0.4 * balmer)
        stars = np.stack([old_stars, metals, middle(grid) * (1 - 0.5 * lines), a_star, hot])
        level = [np.interp(5500, grid, s) for s in stars]
        level[1] = level[0]
        # Ends meet softly, or the transform would ring.
        taper = np.clip(np.minimum(np.arange(self.size), np.arange(self.size)[::-1]) / 150, 0, 1)
        self.stars = np.fft.rfft(stars / np.array(level)[:, None] * taper)
        self.at_halpha = np.array([np.interp(6700, grid, s) for s in stars]) / level
        self.gas = np.fft.rfft(np.stack(list(self._emission())))
        self.frequency = np.fft.rfftfreq(self.size)

    def _emission(self):
        """Lines of unit flux, one pixel wide: Hα and its series (case B), [O III], [N II], [S II], [O I]."""
        yield self._lines({"Hα": 1, "Hβ": 1 / 2.86, "Hγ": 0.47 / 2.86, "Hδ": 0.26 / 2.86})
        yield self._lines({"[O III] 5008": 1 / 2.86, "[O III] 4960": 1 / 3 / 2.86})
        yield self._lines({"[N II] 6585": 1, "[N II] 6550": 1 / 3})
        yield self._lines({"[S II] 6718": 0.55, "[S II] 6733": 0.45})
        yield self._lines({"[O I] 6302": 1})

    def _lines(self, strengths):
        out = np.zeros(self.size)
        for name, strength in strengths.items():
            place = np.log10(LINES[name] / self.grid[0]) / STEP
            i, part = int(place), place % 1
            pixel = LINES[name] * STEP * np.log(10)  # Å
            out[i] += (1 - part) * strength / pixel
            out[i + 1] += part * strength / pixel
        return out

    def spectra(self, stars, gas, *, redshift, sigma, gas_velocity=0.0, gas_sigma=80.0, dust=0.0):
        """Noiseless spectra (M, P) on `WAVELENGTH` of M mixtures.

        Parameters
        ----------
        stars, gas : array (M, 5)
            From `components`.
        redshift, sigma, gas_velocity, gas_sigma, dust : float or array (M,)
            km/s for the widths (with the spectrograph's in them) and the gas's lead over the stars; A_V of the young.
        """
        pixel_km_s = C_KM_S * STEP * np.log(10)
        m = len(stars)
        shift = np.broadcast_to(np.log10(1 + np.asarray(redshift, float)) / STEP, m)[:, None]
        gas_shift = shift + np.broadcast_to(gas_velocity, m)[:, None] / pixel_km_s
        instrument = 65.0  # km/s, a resolution of about 2,000

        def moved(transform, by, width):
            total = np.hypot(np.broadcast_to(width, m), instrument)[:, None] / pixel_km_s
            damped = np.exp(-2 * (np.pi * self.frequency * total).astype(np.float32) ** 2)
            turned = np.exp((-2j * np.pi * self.frequency * by).astype(np.complex64))
            product = transform.astype(np.complex64) * damped * turned
            return irfft(product, self.size)[:, self.pad : self.pad + len(WAVELENGTH)]

        level = stars @ self.at_halpha  # continuum beside Hα, by which equivalent widths become fluxes
        old = moved(stars[:, :3] @ self.stars[:3], shift, sigma)
        new = moved(stars[:, 3:] @ self.stars[3:], shift, sigma)
        new += moved((gas * level[:, None]) @ self.gas, gas_shift, gas_sigma)
        attenuation = np.broadcast_to(dust, m)[:, None] * extinction(WAVELENGTH)
        return old + new * np.exp(-0.921 * attenuation.astype(np.float32))


def _galsim_sed(name):
    """A spectral energy distribution that GalSim carries, as a function of wavelength in Å (flux per Å)."""
    import galsim

    rows = np.loadtxt(f"{galsim.meta_data.share_dir}/SEDs/{name}")
    unit = 10.0 if name == "vega.txt" else 1.0  # Vega's file is in nm
    return lambda wavelength: np.interp(wavelength, rows[:, 0] * unit, rows[:, 1])


def _gaussian(grid, centre, area, width):
    return area / (width * np.sqrt(2 * np.pi)) * np.exp(-0.5 * ((grid - centre) / width) ** 2)


def _continuum(grid, flux):
    """The upper envelope of a hot star's spectrum: it divides into lines and continuum."""
    return gaussian_filter1d(maximum_filter1d(flux, 301), 100)
