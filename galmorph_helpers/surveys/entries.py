"""Surveys as a camera sees them: pixel scale, PSF, bands, filters, depth, and the look of their pictures.

A survey is one entry: what draws, colours, emulates and labels galaxies asks the entry and assumes no band. Numbers are
of order what the surveys publish; each carries its source. Fluxes are in nanomaggies (AB zero-point 22.5) everywhere
in this package.
"""

from dataclasses import dataclass

import numpy as np

ZERO_POINT = 22.5  #: AB magnitude of one nanomaggy


@dataclass(frozen=True)
class Look:
    """How a survey's colour pictures show light: an asinh stretch (after Lupton+2004, PASP 116, 133), then JPEG.

    The defaults are the look of SDSS. Each look is calibrated in bulk, on the levels, colours and textures of colour
    cutouts, not taken from the survey's code.

    Attributes
    ----------
    weights : tuple of float
        By which nanomaggies per native pixel of the bands shown are multiplied, from red to blue.
    softening : float
        Brightness above which the stretch bends from linear to logarithmic is its inverse.
    floor : tuple of float
        Black is never reached softly: noise below it is cut pixel by pixel before pixels are averaged, which leaves
        half of this in an empty sky; one for each band shown.
    saturation : tuple of float
        Of blue against yellow and of red against green (JPEG's Cb and Cr): 1 as they come, 0 grey.
    chroma_steps : float
        Of JPEG's quantisation of the colours, in units of those of quality 75; 0 is without.
    bands : tuple of str, optional
        Shown as red, green, blue; two (green is their mean); or one, in grey. By default those of `Survey.shown`.
    """

    weights: tuple = (1.79, 1.93, 2.62)
    softening: float = 7.2
    floor: tuple = (0.008, 0.025, 0.0085)
    saturation: tuple = (0.91, 0.81)
    chroma_steps: float = 1.2
    bands: tuple | None = None


#: DECam pictures: a brighter stretch, a grey sky, pale colours, white nuclei; on cutouts of Galaxy Zoo DECaLS.
DES_LOOK = Look((28.0, 38.5, 76.0), 8.7, (0.135, 0.1, 0.1), (0.36, 0.36), 0.0)
SDSS_LOOK = Look()


@dataclass(frozen=True)
class Survey:
    """What a survey does to light.

    Attributes
    ----------
    name : str
    bands : tuple of str
        From blue to red; the order of the channels of a flux image.
    pixel_scale : float
        Native pixel, arcsec.
    psf_fwhm : tuple of float
        Full width at half maximum of the PSF in each band, arcsec (Moffat profile, see `observe`).
    sky_sigma : tuple of float
        Standard deviation of the background in one native pixel, nanomaggies, in each band.
    electrons : tuple of float
        Electrons counted per nanomaggy in each band: sets the photon noise of the source.
    magnitude_limit : float
        Faintest r magnitude (of SDSS, as in the mock catalogue) of the galaxies for which people made labels.
    registration : float
        Bands are shifted against each other at random by up to half of this, arcsec.
    look : Look, optional
        Of its colour pictures; derived from its noise where none is given, see `imaging.stretch.derived_look`.
    filters : str or tuple, optional
        Response curves: a group of speclite ("sdss2010"), or for each band speclite's name ("hsc2017-i") or a pair
        (wavelengths in Å, responses). Without curves the bands g, r, i count as those of SDSS, and no other is known.
    reference : str, optional
        Band that magnitudes and R90 are measured in: by default r, or the middle band of a survey without r.

    Raises
    ------
    ValueError
        Unless there is one PSF (> 0), one noise (>= 0) and one number of electrons (> 0) a band, all finite; one curve
        a band where there is a tuple of them; and unless `reference` and the bands of the look are among the bands.
    """

    name: str
    bands: tuple
    pixel_scale: float
    psf_fwhm: tuple
    sky_sigma: tuple
    electrons: tuple
    magnitude_limit: float
    registration: float = 0.0
    look: Look | None = None
    filters: str | tuple | None = None
    reference: str | None = None

    def __post_init__(self):
        if not self.bands:
            raise ValueError(f"{self.name}: a survey needs at least one band.")
        if not (self.pixel_scale > 0 and np.isfinite(self.pixel_scale)):
            raise ValueError(f"{self.name}: pixel_scale must be > 0 arcsec and finite, got {self.pixel_scale!r}.")
        if not (self.registration >= 0 and np.isfinite(self.registration)):
            raise ValueError(f"{self.name}: registration must be >= 0 arcsec and finite, got {self.registration!r}.")
        for name in ("psf_fwhm", "sky_sigma", "electrons"):
            given = getattr(self, name)
            values, least = np.asarray(given, float), "≥ 0" if name == "sky_sigma" else "> 0"
            if values.shape != (len(self.bands),):
                raise ValueError(f"{self.name}: {name} needs one value a band, {len(self.bands)} bands, got {given}.")
            if not (np.isfinite(values) & ((values > 0) | ((values == 0) & (name == "sky_sigma")))).all():
                raise ValueError(f"{self.name}: {name} must be {least} and finite in every band, got {given}.")
        if self.filters is not None and not isinstance(self.filters, str):
            if len(self.filters) != len(self.bands):
                raise ValueError(f"{self.name}: filters needs one curve a band, {len(self.bands)} bands, got "
                                 f"{len(self.filters)}.")  # fmt: skip
            curves = (c if isinstance(c, str) else tuple(map(tuple, np.asarray(c, float))) for c in self.filters)
            object.__setattr__(self, "filters", tuple(curves))  # arrays as tuples: a survey is a key of tables
        for name, named in (("reference", (self.reference,)), ("look", self.look and self.look.bands)):
            strange = [band for band in named or () if band not in (None, *self.bands)]
            if strange:
                raise ValueError(f"{self.name}: {name} names {strange}, choose among its bands {self.bands}.")

    @property
    def reference_index(self):
        """Place of the reference band among the bands."""
        reference = self.reference or ("r" if "r" in self.bands else self.bands[len(self.bands) // 2])
        return self.bands.index(reference)

    @property
    def seeing(self):
        """FWHM of the PSF in the reference band, arcsec."""
        return self.psf_fwhm[self.reference_index]

    @property
    def shown(self):
        """Bands that a colour picture shows, from red to blue: three, two (green is their mean) or one (grey)."""
        if self.look and self.look.bands:
            return self.look.bands
        if {"g", "r", "i"} <= set(self.bands):
            return "i", "r", "g"
        few = len(self.bands) < 3
        return self.bands[::-1] if few else (self.bands[-1], self.bands[len(self.bands) // 2], self.bands[0])


# SDSS: pixel 0.396" and the seeing of the imaging runs (York+2000, AJ 120, 1579), less what a turn adds;
# the noise of a pixel is between that of the photons of a dark sky (22.0, 20.9, 20.3 mag arcsec^-2 in g, r, i) and what
# the 95 % completeness limit r = 22.2 says;
# electrons from gain 4.7 e-/DN and about 0.0048 nanomaggies per DN in r. In its colour images the bands are off against
# each other by a fraction of a pixel. Filters: Doi+2010 (AJ 139, 1628).
SDSS = Survey(
    "SDSS", ("g", "r", "i"), 0.396, (1.34, 1.24, 1.18), (0.0165, 0.028, 0.043), (970.0, 980.0, 700.0), 17.77, 0.2,
    look=SDSS_LOOK, filters="sdss2010",
)  # fmt: skip

# DES DR1 (Abbott+2018, ApJS 239, 18): 0.263" pixels, median FWHM 1.12/0.96/0.88", 10 sigma depths of
# 24.33/24.08/23.44 mag in a 1.95" aperture, from which the noise of a pixel follows.
# Its pictures have a look of their own.
DES = Survey(
    "DES", ("g", "r", "i"), 0.263, (1.12, 0.96, 0.88), (0.0028, 0.0036, 0.0064), (8000.0, 9000.0, 8000.0), 21.5,
    look=DES_LOOK, filters="decam2014",
)  # fmt: skip

# Where a depth is published as 5 sigma for points, the noise of a pixel is a fifth of that flux over the root of
# 2.266 (FWHM / pixel)^2 pixels, the noise-equivalent area of a PSF (LSST's SMTN-002, smtn-002.lsst.io).

# LSST after ten years: depths 26.1/27.4/27.5/26.8/26.1/24.9 for points (Ivezić+2019, ApJ 873, 111); FWHM and electrons
# a second at AB = 22.5 from SMTN-002 (zero-points 26.52/28.51/28.36/28.17/27.78/26.82), for 30 s in each of about
# 56/80/184/184/160/160 visits. Nobody has labelled it yet: the limit is that of DES.
LSST = Survey(
    "LSST", ("u", "g", "r", "i", "z", "y"), 0.2, (0.92, 0.87, 0.83, 0.80, 0.78, 0.76),
    (1.05e-3, 3.35e-4, 3.2e-4, 6.3e-4, 1.24e-3, 3.83e-3), (6.8e4, 6.1e5, 1.2e6, 1.0e6, 6.2e5, 2.6e5), 21.5,
    filters="lsst2023",
)  # fmt: skip

# HSC-SSP Wide: 0.168" pixels, i FWHM 0.58", the others and the 5 sigma depths of order 26.6/26.2/26.2/25.3/24.5 for
# points as in the second release (Aihara+2019, PASJ 71, 114); electrons of order what an 8.2 m mirror collects in 10
# minutes (g, r) or 20 (i, z, y). Shapes are measured in i; labels, of order r = 20, are those of GALAXY CRUISE
# (Tanaka+2023, PASJ 75, 986).
HSC = Survey(
    "HSC-Wide", ("g", "r", "i", "z", "y"), 0.168, (0.77, 0.76, 0.58, 0.68, 0.68),
    (6.6e-4, 9.7e-4, 1.27e-3, 2.49e-3, 5.2e-3), (1.7e5, 1.8e5, 2.9e5, 1.3e5, 8e4), 20.0,
    filters="hsc2017", reference="i",
)  # fmt: skip

# Euclid's VIS: 0.1" pixels, FWHM 0.16", stacks of the first quick release reach 25.6 at 10 sigma in apertures of 1.3"
# (McCracken+2025, Q1, the VIS processing function); electrons of order what 1.2 m collect in four exposures of 560 s.
# People labelled galaxies to about 20.5 (Walmsley+2025, Q1).
EUCLID_VIS = Survey("Euclid VIS", ("VIS",), 0.1, (0.16,), (5.0e-4,), (3.9e4,), 20.5, filters="Euclid")

# Euclid's NISP in H: 0.3" pixels (Jahnke+2025, "Euclid. III. The NISP instrument"), FWHM 0.49" (Cuillandre+2025, A&A
# 697, A6), median depth 24.4 at 5 sigma for points (Schirmer+2022, A&A 662, A92); electrons of order what four
# exposures of 87 s give.
EUCLID_H = Survey("Euclid H", ("H",), 0.3, (0.49,), (0.0141,), (3200.0,), 20.5, filters="Euclid")

SURVEYS = (SDSS, DES, LSST, HSC, EUCLID_VIS, EUCLID_H)
