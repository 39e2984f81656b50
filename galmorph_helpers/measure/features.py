"""Hand-made morphology of galaxy stamps, and the random forest on it that a deep network must beat.

Follows Conselice 2003 (ApJS 147, 1: concentration, asymmetry, smoothness), Lotz, Primack & Madau 2004 (AJ 128, 163:
Gini, M20), Petrosian 1976 (ApJ 209, L1) and Puerari & Dottori 1992 (A&AS 93, 469: spiral modes); the truth of the
tests is statmorph (Rodriguez-Gomez et al. 2019, MNRAS 483, 4140). On a JPEG "flux" means the stretched pixel value:
the numbers rank galaxies as those of linear images do, but must not be compared with published ones.

No feature knows a direction: turning a stamp by 90 degrees or mirroring it changes none of them (so they cannot tell
clockwise from anticlockwise spirals).
"""

import numpy as np
from astropy.table import Table
from scipy import ndimage
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from .photometry import STEP, colours, component_at, face_on, growth_curve, moments, radius_of, sky_level, summed

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


def feature_matrix(features, names=None):
    """The (N, F) float array of a feature table's columns, or of those named; an array is passed through."""
    if not hasattr(features, "colnames"):
        return np.asarray(features, float)
    return np.column_stack([np.asarray(features[k], float) for k in names or features.colnames])


def fit_forest(features, labels, *, seed=0, min_samples_leaf=2):
    """Fit a random forest (Breiman 2001) of 400 trees; a few seconds for 5,000 galaxies.

    Parameters
    ----------
    features : astropy.table.Table of N rows, or (N, F) array
        ``table[["colour"]]`` makes the forest that sees the colour alone.
    labels : (N,) array of int or str
    seed : int
    min_samples_leaf : int
        Fewest galaxies in a leaf. For one or two columns use about 50: with so few, trees grown to 2 learn the noise.

    Returns
    -------
    sklearn.pipeline.Pipeline
        ``predict_proba(features)`` gives (N, K), columns in the order of ``classes_``;
        ``[-1].feature_importances_`` the importances, in the order of the columns.
    """
    labels = np.asarray(labels)
    if len(features) != len(labels) or len(labels) == 0:
        raise ValueError(
            f"fit_forest: {len(features)} rows of features but {len(labels)} labels; give one label per "
            "row, and at least one row"
        )
    if not np.isfinite(feature_matrix(features)).all():
        raise ValueError("fit_forest: features hold NaN or infinity; drop those rows, or see morphology_features")
    trees = RandomForestClassifier(
        400, min_samples_leaf=min_samples_leaf, max_features="sqrt", n_jobs=2, random_state=seed
    )
    names = getattr(features, "colnames", None)
    return make_pipeline(FunctionTransformer(feature_matrix, kw_args={"names": names}), trees).fit(features, labels)


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
    n, bands, h, w = images.shape
    side, rows, y, x = min(h, w), np.arange(n), np.arange(h) - (h - 1) / 2, np.arange(w) - (w - 1) / 2
    bands = [b - sky_level(b)[0] for b in images.transpose(1, 0, 2, 3)]
    grey = sum(bands) / len(bands)
    noise = sky_level(grey)[1]

    # 1. The source: light above the sky, connected with the brightest pixel near the middle of the stamp.
    smooth = ndimage.gaussian_filter(grey, (0, 1, 1))
    middle = np.hypot(y[:, None], x)
    seed = np.where(middle <= max(2, side / 16), smooth, -np.inf).reshape(n, -1).argmax(1)
    peak = smooth.reshape(n, -1)[rows, seed][:, None, None]
    # A JPEG clips its sky at black, so the measured noise may be 0: the level is never below 5% of the peak.
    bright = (smooth > np.maximum(threshold * noise, 0.05 * peak)) & (peak > 0)
    # Opening cuts thin bridges to neighbours and the fringe of noise; the core stays in, however small.
    core = (middle <= max(2, side / 16)) & (smooth > 0.5 * peak)
    source = component_at(bright & (ndimage.binary_opening(bright, np.ones((1, 3, 3))) | core), seed)
    source |= (middle <= side / 8) & ~source.any((1, 2), keepdims=True)  # nothing there: a fixed aperture
    light = np.where(source, np.maximum(grey, 0), 0)

    # 2. Its centre: centroid of the source, then of a Gaussian window (sigma = side / 20) that follows the core.
    weight = light
    for _ in range(6):
        cx, cy = np.nan_to_num(weight.sum(1) @ x / summed(weight)), np.nan_to_num(weight.sum(2) @ y / summed(weight))
        gx, gy = (np.exp(-0.5 * ((p - c[:, None]) * 20 / side) ** 2) for p, c in ((x, cx), (y, cy)))
        weight = light * gy[:, :, None] * gx[:, None, :]
    dx, dy = (x - cx[:, None])[:, None, :], (y - cy[:, None])[:, :, None]
    r = np.hypot(dx, dy)

    def opposite(image, ox=0, oy=0, snap=np.rint):
        """The image turned by 180 degrees about a half-pixel near the centre (no interpolation), moved by (ox, oy)."""
        ix, iy = (snap(2 * c + len(p) - 1)[:, None] + o - np.arange(len(p)) for c, p, o in ((cx, x, ox), (cy, y, oy)))
        ok = ((iy >= 0) & (iy < h))[:, :, None] & ((ix >= 0) & (ix < w))[:, None, :]
        ix, iy = ix.clip(0, w - 1).astype(int), iy.clip(0, h - 1).astype(int)
        return image.take(((rows[:, None] * h + iy) * w)[:, :, None] + ix[:, None, :]) * ok

    # 3. Neighbours' pixels take the value on the opposite side of the galaxy, or 0 where a neighbour lies there too.
    others = ndimage.binary_dilation(bright & ~source, np.ones((1, 3, 3))) & ~source
    clean = np.where(others, 0, grey)
    clean = np.where(others, opposite(clean), clean)

    # 4. Radii from growth curves; Petrosian: mean in a ring 1 pixel wide = 0.2 of the mean inside.
    bins, half = int(side / 2 / STEP), round(0.5 / STEP)
    flux, area = growth_curve(clean, r, bins), growth_curve(np.ones_like(r), r, bins)
    inside = flux / area
    ring = (flux[:, 2 * half :] - flux[:, : -2 * half]) / (area[:, 2 * half :] - area[:, : -2 * half])
    faint = (ring < 0.2 * inside[:, half:-half]) & (np.arange(ring.shape[1]) > 2 * half)
    k_p = np.where(faint.any(1), faint.argmax(1) + half, bins - 1)  # never faint: the galaxy fills the stamp
    rp = k_p * STEP
    total = flux[rows, np.minimum(1.5 * k_p, bins - 1).astype(int)]  # CAS: all light is what lies inside 1.5 rp
    r20, r50, r80 = (radius_of(flux, f * total) for f in (0.2, 0.5, 0.8))
    out = {
        "concentration": 5 * np.log10(r80 / r20),
        "r50": r50,
        "r50_fraction": r50 / side,
        "r80": r80,
        "r_petrosian": rp,
        "surface_brightness": inside[rows, np.rint(r50 / STEP).astype(int)],
        "peak_brightness": peak[:, 0, 0],
    }
    floor = np.maximum(noise, 0.002 * peak)[:, 0, 0]
    out["signal_to_noise"] = np.log10(1 + summed(light) / summed(source) / floor)

    # 5. A and S, less what sky noise alone would give: E|difference of two normals| = 2 sigma / sqrt(pi), and so on.
    sigma, disc = noise[:, 0, 0], (r <= 1.5 * rp[:, None, None]).astype(float)
    trials = [summed(abs(clean - opposite(clean, i, j)), disc) for i, j in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))]
    trials = [t - 2 / np.sqrt(np.pi) * sigma * summed(disc) for t in trials]
    # The sixth centre is the centroid itself, bilinear; this averages noise away: variance (1 - f)^2 + f^2 per axis.
    fx, fy = ((2 * c + len(p) - 1) % 1 for c, p in ((cx, x), (cy, y)))
    turned = sum(
        (fx if i else 1 - fx)[:, None, None] * (fy if j else 1 - fy)[:, None, None] * opposite(clean, i, j, np.floor)
        for i in (0, 1)
        for j in (0, 1)
    )
    spread = np.sqrt(1 + (1 - 2 * fx + 2 * fx**2) * (1 - 2 * fy + 2 * fy**2))
    trials.append(summed(abs(clean - turned), disc) - np.sqrt(2 / np.pi) * spread * sigma * summed(disc))
    out["asymmetry"] = np.min(trials, 0) / summed(abs(clean), disc)
    box = np.maximum(2 * np.rint((0.25 * rp - 1) / 2) + 1, 3).astype(int)  # odd width near a quarter of rp
    excess = clean.copy()
    for b in np.unique(box):
        excess[box == b] -= ndimage.uniform_filter(clean[box == b], (0, b, b))
    zone = disc * (r > 0.25 * rp[:, None, None])
    sky = sigma * np.sqrt((1 - 1 / box**2) / (2 * np.pi)) * summed(zone)
    out["smoothness"] = (summed(excess.clip(0), zone) - sky) / summed(clean, zone)

    # 6. Gini and M20 on the pixels whose smoothed value exceeds the mean at the Petrosian radius.
    member = component_at((smooth > (0.2 * inside[rows, k_p])[:, None, None]) & ~others, seed)
    pixels = np.where(member, abs(clean), 0)
    order = pixels.reshape(n, -1).argsort(1)
    value, count, all_light = np.take_along_axis(pixels.reshape(n, -1), order, 1), summed(member), summed(pixels)
    rank = np.arange(1, h * w + 1) - (h * w - count)[:, None]  # pixels outside are 0 and come first
    out["gini"] = np.einsum("ni,ni->n", value, 2.0 * rank - count[:, None] - 1) / (all_light * (count - 1))
    mx, my = pixels.sum(1) @ x / all_light, pixels.sum(2) @ y / all_light
    second = pixels * ((x - mx[:, None])[:, None, :] ** 2 + (y - my[:, None])[:, :, None] ** 2)
    second = np.take_along_axis(second.reshape(n, -1), order, 1)
    brightest = value[:, ::-1].cumsum(1)[:, ::-1] - value < 0.2 * all_light[:, None]
    out["m20"] = np.log10((second * brightest).sum(1) / second.sum(1))

    # 7. Second moments of the source and of isophotes that reach less far, so fewer neighbours touch them.
    for percent in (15, 30, 50):
        a, b, _ = moments(component_at(smooth > percent / 100 * peak, seed).astype(float), x, y)
        out[f"ellipticity_{percent}"] = 1 - b / a
    a, b, angle = np.nan_to_num(moments(light, x, y))
    out["ellipticity"], out["minor_axis"] = 1 - b / a, b
    q = np.nan_to_num(b / a, nan=1).clip(0.1)
    out.update(face_on(clean, sigma, dx, dy, q[:, None, None], angle[:, None, None], r50.clip(1)[:, None, None]))
    if len(bands) == 3:
        out.update(colours(*bands, light, source, r <= r50[:, None, None]))
    return out
