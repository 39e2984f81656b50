"""The address of each galaxy's cutout."""

import numpy as np
from astropy import units as u
from astropy.coordinates import Angle, Latitude, Longitude

from .errors import ArchiveError
from .services import astroquery_service


def cutout(service, ra, dec, r90):
    """Where the cutout of one galaxy is: URL, parameters, and what the answer must be.

    Parameters
    ----------
    service : dict
        An entry of `cutouts` in the registry.
    ra, dec : float
        Degrees.
    r90 : float
        Petrosian radius that holds 90 % of the light, r band, arcsec.

    Returns
    -------
    url : str
    params : dict
    expected : dict
        `kind`, and `shape` for FITS: as `download` takes them.
    pixel_scale : float
        Arcsec.
    """
    width = service["width_r90"] * r90
    if not (np.isfinite([ra, dec, width]).all() and width > 0 and -90 <= dec <= 90):
        raise ArchiveError(f"no cutout for ra={ra}, dec={dec}, R90={r90}: a position in degrees and a size are needed.")
    if "layer" in service:
        scale = service["pixel_scale"]
        pixels = int(np.clip(round(width / scale), 32, service["max_pixels"]))
        params = {"ra": f"{ra:.6f}", "dec": f"{dec:.6f}", "layer": service["layer"], "pixscale": scale, "size": pixels}
        params["bands"] = service["bands"]
        return service["url"], params, {"kind": "fits", "shape": (len(service["bands"]), pixels, pixels)}, scale
    pixels = service["pixels"]
    scale = width / pixels
    if "hips" in service:
        params = _hips_params(service["hips"], ra, dec, width, pixels)
    else:
        params = {"ra": f"{ra:.6f}", "dec": f"{dec:.6f}", "scale": f"{scale:.5f}", "width": pixels, "height": pixels}
    return service["url"], params, {"kind": "jpeg"}, scale


def _hips_params(hips, ra, dec, width, pixels):
    """The query as astroquery builds it; the file itself is downloaded as it is, not decoded and encoded again."""
    return astroquery_service("hips2fits")().query(
        hips=hips,
        width=pixels,
        height=pixels,
        projection="TAN",
        ra=Longitude(ra * u.deg),
        dec=Latitude(dec * u.deg),
        fov=Angle(width * u.arcsec),
        format="jpg",
        get_query_payload=True,
    )
