"""How bright the parts of mock galaxies are in any band."""

import numpy as np
import torch

from ..imaging.kcorrection import GRI_WAVELENGTHS, band_magnitudes, band_wavelengths

# By wavelength, Å (u, g, r, i, z, H): discs are older inside.
_AGES = (3550, *GRI_WAVELENGTHS, 8930, 16500), (0.08, 0.04, 0.0, -0.02, -0.03, -0.05)
# Of a bulge's light, how much follows the wider of its two profiles: half-light radii shrink towards the red.
_WIDER = (3550, *GRI_WAVELENGTHS, 8930, 16500), (1.0, 1.0, 0.5, 0.25, 0.1, 0.0)


def band_fluxes(table, bands, filters, device):
    """Flux (nanomaggies) of bulge, disc and young stars in each band, and how much more of the light lacks in the core
    of a disc, all (N or 1, bands, 1)."""
    g_r, r_i, bulge_g_r, r = (np.asarray(table[name].value) for name in ("g_r", "r_i", "bulge_g_r", "r_mag"))
    share = np.asarray(table["bulge_to_total"])[:, None]

    def relative(g_r, r_i):  # flux in each band over that in r
        gri = np.stack(np.broadcast_arrays(g_r, 0.0 * r, -r_i), 1)
        return 10 ** (-0.4 * band_magnitudes(gri, table["redshift"], bands=bands, filters=filters))

    r_flux = 10 ** (-0.4 * (r[:, None] - 22.5))
    total = r_flux * relative(g_r, r_i)
    bulge = np.minimum(share * r_flux * relative(bulge_g_r, r_i + 0.03), total)
    out = {
        "bulge": bulge,
        "disc": total - bulge,
        "young": r_flux * (1 - share) * relative(0.05, 0.0),
        "gradient": np.interp(band_wavelengths(bands, filters), *_AGES)[None],
        "wider": np.interp(band_wavelengths(bands, filters), *_WIDER)[None],
    }
    return {name: torch.as_tensor(values.astype(np.float32), device=device)[..., None] for name, values in out.items()}
