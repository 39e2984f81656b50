"""What distance does to light and size: cosmology, dimming, shrinkage."""

import numpy as np
from astropy.cosmology import FlatLambdaCDM

COSMOLOGY = FlatLambdaCDM(H0=70, Om0=0.3)


def dimming(z, z_new):
    """Magnitudes that a galaxy loses by distance alone: 5 log10(D_L(z_new) / D_L(z)); redshifts > 0.

    Examples
    --------
    >>> round(float(dimming(0.05, 0.5)), 2)
    5.53
    """
    return (COSMOLOGY.distmod(_positive(z_new)) - COSMOLOGY.distmod(_positive(z))).value


def shrinkage(z, z_new):
    """Factor by which a galaxy's angular size changes: D_A(z) / D_A(z_new); redshifts > 0.

    Examples
    --------
    >>> round(float(shrinkage(0.05, 0.5)), 2)
    0.16
    """
    return kpc_per_arcsec(z) / kpc_per_arcsec(z_new)


def kpc_per_arcsec(z):
    """Size of one arcsecond at redshifts > 0, kpc.

    Examples
    --------
    >>> round(float(kpc_per_arcsec(0.1)), 2)
    1.84
    """
    return COSMOLOGY.kpc_proper_per_arcmin(_positive(z)).value / 60


def _positive(z):
    z = np.asarray(z, float)
    if not ((z > 0) & np.isfinite(z)).all():
        raise ValueError(f"a redshift must be > 0 and finite to say a distance, got {z.min() if z.size else z}.")
    return z
