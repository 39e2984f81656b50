"""Hand-made morphology of galaxy stamps.

Follows Conselice 2003 (ApJS 147, 1: concentration, asymmetry, smoothness), Lotz, Primack & Madau 2004 (AJ 128, 163:
Gini, M20), Petrosian 1976 (ApJ 209, L1) and Puerari & Dottori 1992 (A&AS 93, 469: spiral modes); the truth of the
tests is statmorph (Rodriguez-Gomez et al. 2019, MNRAS 483, 4140). On a JPEG "flux" means the stretched pixel value:
the numbers rank galaxies as those of linear images do, but must not be compared with published ones.

No feature knows a direction: turning a stamp by 90 degrees or mirroring it changes none of them (so they cannot tell
clockwise from anticlockwise spirals).
"""

import numpy as np
from astropy.table import Table

from .indices import asymmetry, gini_m20, radii, smoothness
from .photometry import colours, component_at, face_on, moments, sky_level, summed
from .sources import find_sources

DESCRIPTIONS = {  # column: meaning [unit; usual range]. Columns named "colour..." need three bands, here i, r, g.
    "concentration": "C = 5 log10(r80 / r20) [2 to 5]: exponential disc 2.7, de Vaucouleurs above 4",
    "asymmetry": "A = sum|I - I180| / sum|I| - sky, smallest over nearby centres [-0.1 to 1]",
    "smoothness": "S = sum of positive (I - I smoothed) / sum I - sky, without the core [-0.1 to 0.5]",
    "gini": "Gini coefficient of the pixels [0 all equal, 1 all light in one pixel]",
    "m20": "log10(second moment of the brightest 20% of the light / that of all light) [-3 to -0.5]",
    "ellipticity": "1 - b/a from light-weighted second moments of the source [0 round, 1 a line]",
    **{f"ellipticity_{p}": f"1 - b/a of the isophote at {p}% of peak_brightness [0 to 1]" for p in (15, 30, 50)},
    "minor_axis": "light-weighted rms thickness of the source along its minor axis [pixel]",
    "r50": "half-light radius: circle with half the light inside 1.5 r_petrosian [pixel]",
    "r50_fraction": "r50 / shorter side of the stamp [0 to 0.5]",
    "r80": "radius of the circle with 80% of that light [pixel]",
    "r_petrosian": "Petrosian radius, eta = 0.2 [pixel]",
    "surface_brightness": "mean value inside r50 above the sky [image units]",
    "peak_brightness": "largest smoothed value near the centre above the sky [image units]",
    "signal_to_noise": "log10(1 + mean source pixel / sky noise) [0 to 3]",
    "slope_inner": "d ln I / d ln r over elliptical annuli, 0.4 to 1.1 r50: steepness of the core [-2 to 0]",
    "slope_outer": "the same, 1 to 2.3 r50: steepness of the envelope [-5 to -1]",
    "boxiness": "cos(4 theta) part of the light, theta from the major axis, face-on [+ discy, - boxy]",
    "residual": "sum|I - elliptical model| / sum I - sky, 0.4 to 3.2 r50 [0 to 1]: arms, bars, dust, clumps",
    "arms": "strongest two-armed logarithmic spiral / light [0 to 0.5]",
    "bar": "two-fold part that does not wind / light [0 to 0.5]",
    **{
        f"fourier_m{m}_{part}": f"|mode m = {m}| / light, face-on, {where} r50 [0 to 1]"
        for m in (1, 2, 4)
        for part, where in (("inner", "0.4 to 1.1"), ("outer", "1.1 to 3.2"))
    },
    "colour": "g - i of the source = 2.5 log10(red / blue) [mag; -1 to 2]",
    "colour_gr": "g - r of the source = 2.5 log10(green / blue) [mag; -1 to 2]",
    "colour_inner": "g - i inside r50 [mag; -1 to 2]",
    "colour_gradient": "g - i of the source outside r50 minus inside [mag]; negative: blue outskirts",
    "colour_scatter": "light-weighted rms of (red - blue) / (red + blue) over the source's pixels [0 to 0.5]",
}


def morphology_features(images, *, threshold=3.0):
    """Measure the galaxy in the middle of each stamp.

    Parameters
    ----------
    images : torch.Tensor or numpy.ndarray, (N, C, H, W) with C = 1 or 3 (i, r, g: red first), H, W >= 16
        Finite values; 0 to 1 for a colour JPEG, but any linear scale works.
    threshold : float
        Detection level above the sky, in units of the sky noise per pixel, on the image smoothed by 1 pixel.

    Returns
    -------
    astropy.table.Table
        N rows of finite float columns, `DESCRIPTIONS`. Multiplying an image by a constant > 0, or adding one, changes
        only ``surface_brightness`` and ``peak_brightness`` (and these not by the addition).
        A stamp with no light above its sky in the middle (a constant image) is measured in an aperture of an eighth
        of the stamp; what cannot be measured there is 0.

    Raises
    ------
    ValueError
        On a wrong shape, an empty batch, or NaN or infinite pixels.

    Examples
    --------
    >>> y, x = np.indices((64, 64)) - 31.5
    >>> disc = np.exp(-1.678 * np.hypot(x, y) / 6)  # half of its light inside 6 pixels
    >>> table = morphology_features(disc[None, None])
    >>> round(float(table["r50"][0]), 1), round(float(table["ellipticity"][0]), 2)
    (5.8, 0.0)
    """
    images = _checked(images)
    n, bands, h, w = images.shape
    step = max(1, 2**16 // (h * w))  # few enough pixels at a time to stay in the cache
    parts = [_measure(images[i : i + step].astype(float), threshold) for i in range(0, n, step)]
    # Whatever a degenerate stamp left undefined (0/0) is 0: forests and standardisers need finite numbers.
    table = Table(
        {
            k: np.nan_to_num(np.concatenate([p[k] for p in parts]), nan=0, posinf=0, neginf=0)
            for k in DESCRIPTIONS
            if k in parts[0]
        }
    )
    for name in table.colnames:
        table[name].description = DESCRIPTIONS[name]
    return table


def _checked(images):
    """The batch as a numpy array, or a ValueError that says what to do."""
    images = images.detach().cpu().numpy() if hasattr(images, "detach") else np.asarray(images)
    if images.ndim != 4 or images.shape[1] not in (1, 3) or min(images.shape[2:]) < 16:
        raise ValueError(
            f"morphology_features: images has shape {images.shape}, needs (N, C, H, W) with C = 1 or 3 "
            "and H, W >= 16; for one image use images[None], for channels-last np.moveaxis(images, -1, 1)"
        )
    if len(images) == 0:
        raise ValueError("morphology_features: images is empty (N = 0); check the filter that selected the galaxies")
    bad = ~np.isfinite(images).all(axis=(1, 2, 3))
    if bad.any():
        raise ValueError(
            f"morphology_features: {bad.sum()} image(s) hold NaN or infinite pixels, the first has index "
            f"{bad.argmax()}; drop them or np.nan_to_num them"
        )
    return images


@np.errstate(divide="ignore", invalid="ignore")  # 0/0 of empty sources: morphology_features turns them into 0
def _measure(images, threshold):
    """All columns of one chunk, images (n, C, H, W) float64: dict of (n,) arrays."""
    bands = [b - sky_level(b)[0] for b in images.transpose(1, 0, 2, 3)]
    grey = sum(bands) / len(bands)
    found = find_sources(grey, sky_level(grey)[1], threshold)
    out, petrosian = radii(found)
    r50, peak = out["r50"][:, None, None], found.peak[:, 0, 0]
    out["peak_brightness"] = peak
    floor = np.maximum(found.noise[:, 0, 0], 0.002 * peak)
    out["signal_to_noise"] = np.log10(1 + summed(found.light) / summed(found.source) / floor)
    out["asymmetry"] = asymmetry(found, out["r_petrosian"])
    out["smoothness"] = smoothness(found, out["r_petrosian"])
    out["gini"], out["m20"] = gini_m20(found, 0.2 * petrosian)

    # Second moments of the source and of isophotes that reach less far, so fewer neighbours touch them.
    for percent in (15, 30, 50):
        isophote = component_at(found.smooth > percent / 100 * found.peak, found.seed)
        a, b, _ = moments(isophote.astype(float), found.x, found.y)
        out[f"ellipticity_{percent}"] = 1 - b / a
    a, b, angle = np.nan_to_num(moments(found.light, found.x, found.y))
    out["ellipticity"], out["minor_axis"] = 1 - b / a, b
    q = np.nan_to_num(b / a, nan=1).clip(0.1)[:, None, None]
    out |= face_on(found, q=q, angle=angle[:, None, None], r50=r50.clip(1))
    if len(bands) == 3:
        out |= colours(bands, found.light, found.source, inner=found.r <= r50)
    return out
