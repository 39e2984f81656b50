"""What distance does to light and size: cosmology, dimming, shrinkage."""

import numpy as np
from astropy.cosmology import FlatLambdaCDM


def dimming(z, z_new):
    """Magnitudes that a galaxy loses by distance alone: 5 log10(D_L(z_new) / D_L(z)); redshifts > 0."""
    return 5 * np.log10(
        luminosity_distance_of(z_new) * (1 + np.asarray(z_new)) / (luminosity_distance_of(z) * (1 + np.asarray(z)))
    )


def shrinkage(z, z_new):
    """Factor by which a galaxy's angular size changes: D_A(z) / D_A(z_new); redshifts > 0."""
    return luminosity_distance_of(z) * (1 + np.asarray(z_new)) / (luminosity_distance_of(z_new) * (1 + np.asarray(z)))


def luminosity_distance_of(z):
    """Comoving distance, Mpc (a flat universe: D_L is it times 1 + z, D_A it divided by 1 + z)."""
    z = np.asarray(z, float)
    if not ((z > 0) & np.isfinite(z)).all():
        raise ValueError(f"a redshift must be > 0 and finite to say a distance, got {z.min() if z.size else z}.")
    return COSMOLOGY.comoving_distance(z).value


COSMOLOGY = FlatLambdaCDM(H0=70, Om0=0.3)


def kpc_per_arcsec(redshift):
    grid = np.linspace(0.001, 1.3, 1300)
    return np.interp(redshift, grid, 1 / COSMOLOGY.arcsec_per_kpc_proper(grid).value)
