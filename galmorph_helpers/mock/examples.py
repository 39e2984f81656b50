"""One typical galaxy of any Hubble type, near and large: for figures that explain, not for samples that count."""

import astropy.units as u
import numpy as np
import torch
from astropy.table import vstack

from ..hubble import HUBBLE_TYPES, read_hubble_type
from ..imaging.camera import frequency_reach, observe
from ..imaging.stretch import colour_image
from ..samples import GalaxySample
from ..surveys import SDSS
from .demographics import ALONG, bulge_axis_ratio, disc_axis_ratio, population
from .rendering import light

R90_ARCSEC = 24.0  # near enough that the seeing hides nothing of what makes a type
#: By T-Type, for what one galaxy shall show of its type: the half-light radius of the bulge over that of the disc, and
#: where the arms of one without a bar begin, in scale lengths of the disc: outside the bulge, else they hide it.
BULGE_OVER_DISC = ([1, 3, 5, 10], [0.45, 0.30, 0.15, 0.10])
ARM_START = ([1, 3, 5], [1.6, 1.0, 0.4])
SURFACE_BRIGHTNESS = 20.3  # mag arcsec^-2 in r within the half-light radius, the same for all: each is well exposed


def specimens(types, *, inclination=35.0, bar=None, seed=0):
    """A catalogue with one typical galaxy of each type, to be drawn by `portraits` or `mock_sample`.

    Each is the row of a mock catalogue that lies closest to the medians of its type in mass and bulge fraction, with
    the median colours of its type, brought so near that its R90 spans 24 arcsec. The bulge shrinks from Sa to Im;
    spirals have two clear arms, which begin outside the bulge or at the ends of the bar. All have the same surface
    brightness, so that each shows well: on the sky irregulars are fainter, and spirals tidier than these are rare.

    Parameters
    ----------
    types : sequence of str or number
        Hubble types such as "E4", "S0", "SBb", "Im", or T-Types on the DS18 scale, rounded to the next class.
    inclination : float
        Of the discs, 0 (face-on) to 90 degrees. Ellipticals follow their name: E4 has b/a = 0.6; a bare E is E2.
    bar : float, optional
        Strength of the discs' bars, 0 to 1; by default as the name says (SAB: 0.5, SB: 1).
    seed : int

    Returns
    -------
    astropy.table.QTable
        In the columns of `population`, one row a type, in the order given; `hubble_type` is the name.
    """
    if not 0 <= inclination <= 90:
        raise ValueError(f"inclination must be 0 to 90 degrees, got {inclination!r}.")
    if bar is not None and not 0 <= bar <= 1:
        raise ValueError(f"bar must be None or 0 to 1, got {bar!r}.")
    wanted = [_named(t) for t in types]
    if not wanted:
        raise ValueError("types is empty: name at least one, such as ['E4', 'SBb'].")
    pool = population(8000, seed=seed, magnitude_limit=16)
    pool["hubble_type"] = pool["hubble_type"].astype("U8")  # room for names such as SABbc
    rows = [_specimen(pool, name, kind, inclination, bar) for name, kind in wanted]
    table = vstack(rows, metadata_conflicts="silent")
    table["id"] = np.arange(len(table))
    return table


def portraits(table, *, size=128, width=3.0, noise=True, seed=0):
    """Colour images of specimens alone on the sky, without neighbours, `width` R90 wide, as the SDSS would see them.

    Parameters
    ----------
    table : QTable
        From `specimens`, or any rows of `population`.
    size : int
        Pixels a side.
    width : float
        Side of the stamp in R90, > 0.
    noise : bool

    Returns
    -------
    GalaxySample
    """
    if size < 8 or not width > 0:
        raise ValueError(f"size must be at least 8 pixels and width > 0, got {size} and {width}.")
    scale = width * table["r90"].to_value("arcsec") / size
    # Drawn on twice the field and cut, since the wings of a galaxy that fills its stamp would wrap around.
    reach = float(frequency_reach(SDSS, scale).max())
    spectrum = light(table, scale, size=2 * size, bands=SDSS.bands, seed=seed, field=False, reach=reach)
    pixel = torch.as_tensor(scale, dtype=torch.float32)
    generator = torch.Generator().manual_seed(seed)
    flux = observe(spectrum, SDSS, pixel, size=2 * size, generator=generator, noise=noise)
    images = colour_image(flux, SDSS, pixel)[..., size // 2 : -(size // 2), size // 2 : -(size // 2)]
    images, name = images[..., :size, :size].contiguous(), "specimens, SDSS-like"
    return GalaxySample(images, table.copy(), SDSS, "mock", name, pixels="colour")


def _named(wanted):
    """(name, HubbleType) of a name or a T-Type."""
    if isinstance(wanted, str):
        return wanted, read_hubble_type(wanted)
    if not -3.5 <= wanted <= 10.5:
        raise ValueError(f"T-Type must be -3 to 10 on the DS18 scale, got {wanted!r}.")
    name = HUBBLE_TYPES[int(np.clip(np.rint(wanted), -3, 10))]
    return name, read_hubble_type(name)


def _specimen(pool, name, kind, inclination, bar):
    """The most typical row of a type, made near and tidy."""
    same = np.flatnonzero((pool["t_type"] == kind.t_type) & (np.asarray(pool["quiescent"]) == (kind.t_type <= 0)))
    off = [np.asarray(pool[c][same]) for c in ("log_mass", "bulge_to_total")]
    off = sum(np.abs(x - np.median(x)) / x.std() if x.std() > 0 else 0.0 for x in off)
    row = pool[same[[int(np.argmin(off))]]]

    nearer = R90_ARCSEC / row["r90"].to_value("arcsec")[0]
    for column in ("r90", "half_light_radius", "bulge_radius", "disc_radius"):
        row[column] = row[column] * nearer
    if kind.t_type > -3:  # the row's own bulge may be of any size and steepness
        row["bulge_radius"] = np.interp(kind.t_type, *BULGE_OVER_DISC) * row["disc_radius"]
        row["sersic_index"] = 2.0
    half_light = row["half_light_radius"].to_value("arcsec")
    row["r_mag"] = (SURFACE_BRIGHTNESS - 2.5 * np.log10(2 * np.pi * half_light**2)) * u.mag
    row["redshift"] = row["redshift"] / nearer
    alike = pool[same]  # a row's own colours scatter: those of the type are wanted, as at rest
    row["bulge_g_r"] = np.median(alike["bulge_g_r"] - alike["g_r"] + alike["rest_g_r"])
    row["g_r"] = row["rest_g_r"] = np.median(alike["rest_g_r"])
    row["r_i"] = np.median(alike["r_i"])

    disc = kind.t_type > -3
    strength = (kind.bar if bar is None else bar) if disc else 0.0
    if disc:
        row["inclination"] = inclination * u.deg
        cos_i = np.cos(np.deg2rad(inclination))
        row["bulge_axis_ratio"] = bulge_axis_ratio(cos_i)
        row["axis_ratio"] = disc_axis_ratio(cos_i, row["thickness"])
    else:
        ratio = 1 - (0.2 if kind.ellipticity is None else kind.ellipticity)
        row["bulge_to_total"], row["inclination"] = 1.0, 0 * u.deg
        row["axis_ratio"] = row["bulge_axis_ratio"] = ratio
    row["edge_on"] = disc and inclination > 80
    row["bar"] = strength > 0.5 and inclination < 70
    row["bar_light"], row["bar_length"], row["bar_angle"] = 0.26 * strength, 1.5, 60 * u.deg
    row["position_angle"] = 20 * u.deg
    row["arm_number"], row["arm_winding"] = 2, 1
    row["arm_phase"] = -2 * np.pi / 3 if strength else 0.9  # from the ends of the bar
    row["arm_start"] = 0.95 * 1.5 if strength else np.interp(kind.t_type, *ARM_START)
    row["arm_inequality"], row["pitch_change"] = 0.15, 0.0
    for column in ("ring_light", "warp", "twist", "shell_light", "satellites"):
        row[column] = 0
    along = {name: np.interp(kind.t_type, *ALONG[name]) for name in ALONG}
    for column in ("arm_contrast", "patchiness", "knot_light", "dust"):
        row[column] = along[column]
    row["arm_contrast"] *= kind.t_type > 0  # what has arms is called a spiral
    row["flocculence"] = np.interp(kind.t_type, [5, 10], [0.15, 0.9])
    row["arm_pitch"] = np.interp(kind.t_type, [0, 1, 3, 5, 8], [9, 11, 16, 22, 27]) * u.deg
    row["lopsidedness"] = np.interp(kind.t_type, [5, 7, 10], [0.0, 0.2, 0.8])
    row["disc_deficit"] = np.interp(kind.t_type, [-1, 10], [0.04, 0.2])
    row["boxiness"] = 0.01 * disc
    row["hubble_type"] = name
    return row
