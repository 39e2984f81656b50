from . import depth, entries
from .depth import DEPTHS, depth_of_exposure, sky_sigma_for_limit, surface_brightness_limit
from .entries import (
    DES,
    DES_LOOK,
    EUCLID_H,
    EUCLID_VIS,
    HSC,
    LSST,
    SDSS,
    SDSS_LOOK,
    SURVEYS,
    ZERO_POINT,
    Look,
    Survey,
)
