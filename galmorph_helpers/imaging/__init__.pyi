from . import (
    calibration,
    camera,
    distance,
    emulated_fits,
    emulation,
    fits_images,
    fourier,
    kcorrection,
    matching,
    stretch,
)
from .camera import observe
from .distance import dimming, shrinkage
from .emulated_fits import emulate_fits, read_fits
from .emulation import emulate, redshift_for_magnitude
from .kcorrection import band_magnitudes, k_correction, spectral_family
from .stretch import colour_image, detector_input
