from . import (
    calibration,
    camera,
    checks,
    cutouts,
    distance,
    emulated_fits,
    emulation,
    fits_images,
    fourier,
    kcorrection,
    matching,
    psf,
    stretch,
)
from .camera import observe
from .cutouts import coloured, cut_out, stamps
from .distance import dimming, kpc_per_arcsec, shrinkage
from .emulated_fits import emulate_fits, read_fits
from .emulation import emulate, redshift_for_magnitude, sample_k_correction
from .kcorrection import band_magnitudes, k_correction
from .stretch import colour_image, detector_input
