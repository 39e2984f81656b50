"""The galaxies of a tile: found, measured, told from stars, cut out and coloured as a classifier knows them."""

from typing import NamedTuple

import astropy.units as u
import numpy as np
import torch
from astropy.table import QTable
from astropy.wcs.utils import proj_plane_pixel_scales

from ..imaging.cutouts import cut_out
from ..imaging.stretch import colour_image
from ..measure.detection import SIDE, detect, sizes, sky_noise, subtract_sky
from ..samples import R90_CUTOUT
from ..surveys import SDSS, ZERO_POINT

BATCH = 512  # galaxies cut at once: bounds memory
COLOURED = 64  # galaxies coloured at once: what the cache of a core holds
MARGIN = 1.6  # width of the stamp that a galaxy is measured on, over that of its contour
LEAST = 24  # pixels of such a stamp
FAINTER = 0.5  # mag below the limit that the flux in a contour may be: a contour does not hold all light
POINT = 0.82  # FWHM of the PSF: half-light radius below which a source is taken for a star


class Galaxies(NamedTuple):
    """What a tile holds: pictures (N, C, size, size) in bytes, and a table with a row for each."""

    pictures: torch.Tensor
    table: QTable


def find_galaxies(flux, wcs, survey=SDSS, *, size=64, limit=None, seeing=None):
    """The galaxies of a tile, as pictures of the survey's look that are 4.24 R90 wide, as those of the mock sky.

    Sources are told apart by a contour of 3 sigma and are not deblended: of two that touch, the brighter is found.
    Sizes are Petrosian, as SDSS has them. A source about as small as the PSF is taken for a star.

    Parameters
    ----------
    flux : array, float32 (bands, H, W)
        Nanomaggies a pixel in the survey's bands, row 0 at the bottom; NaN where nothing was measured. Overwritten: the
        sky is subtracted in place, and NaN becomes 0.
    wcs : astropy.wcs.WCS
    survey : Survey
    size : int
        Side of the pictures, pixels.
    limit : float, optional
        Faintest magnitude in the survey's reference band; by default `survey.magnitude_limit`.
    seeing : float, optional
        FWHM of the tile's PSF, arcsec; by default the survey's.

    Returns
    -------
    Galaxies
        The table has `ra`, `dec` (degrees), `x`, `y` (pixels), `r90` (arcsec), `mag` (Petrosian, reference band), and
        the shares of the stamp `outside` the tile and `blank` in it.

    Raises
    ------
    ValueError
        If no pixel was measured in all bands, half of them have one value, or there are other than the survey's bands.
    """
    if len(flux) != len(survey.bands):
        raise ValueError(
            f"has {len(flux)} planes, and {survey.name} has the bands {', '.join(survey.bands)}: one plane a band is "
            "needed, from blue to red (hdu= names one HDU a band)"
        )
    pixel, limit = float(np.mean(proj_plane_pixel_scales(wcs)) * 3600), limit or survey.magnitude_limit
    total, blank = subtract_sky(flux)
    if blank is not None and blank.all():
        raise ValueError("has no pixel that was measured in every band")
    noise = sky_noise(total, blank)
    if not noise > 0:
        raise ValueError("has one value in half of its pixels: those without a measurement must be NaN")
    found = detect(total, noise)
    # Of all bands together; the reference band has less than twice its fair share of it.
    rough = len(flux) / 2 * 10 ** (-0.4 * (limit + FAINTER - ZERO_POINT))
    kept = found["flux"] > rough
    x, y, width = (found[name][kept] for name in ("x", "y", "width"))
    step = np.maximum(MARGIN * width, LEAST) / SIDE
    table = _measured(torch.from_numpy(total), x, y, step, noise)
    small = table["r50"] < POINT * (seeing or survey.seeing) / pixel
    middle = table["x"].round().astype(int), table["y"].round().astype(int)
    inside = (middle[0] >= 0) & (middle[1] >= 0) & (middle[0] < total.shape[1]) & (middle[1] < total.shape[0])
    chosen = np.flatnonzero(~small & inside & (table["flux"] > 0) & (table["r90"] > 0))
    table = {name: values[chosen] for name, values in table.items()}
    return _cut(torch.from_numpy(flux), blank, table, (survey, limit, pixel, size), wcs)


def _measured(total, x, y, step, noise):
    """Centres, radii and fluxes of galaxies, in pixels of the tile, on stamps of `step` pixels each."""
    parts = [{name: np.zeros(0) for name in ("x", "y", "r50", "r90", "flux")}]
    for rows in np.array_split(np.arange(len(x)), -(-len(x) // BATCH) or 1):
        if not len(rows):
            continue
        stamps = cut_out(total[None], x[rows], y[rows], step[rows], size=SIDE)[:, 0].numpy()
        parts.append(sizes(stamps, np.float32(noise * step[rows])))
        parts[-1] |= {name: parts[-1][name] * step[rows] for name in ("x", "y", "r50", "r90")}
    out = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    out["x"], out["y"] = x + out["x"], y + out["y"]
    return out


def _cut(flux, blank, found, settings, wcs):
    """Pictures and table of the galaxies that are bright enough in the reference band; the others are not coloured."""
    survey, limit, pixel, size = settings
    step = R90_CUTOUT * found["r90"] / size
    pictures, parts = [], [{name: np.zeros(0) for name in ("row", "mag", "outside", "blank")}]
    for rows in np.array_split(np.arange(len(step)), -(-len(step) // BATCH) or 1):
        x, y = found["x"][rows], found["y"][rows]
        stamps = cut_out(flux, x, y, step[rows], size=size)
        light = stamps.sum((2, 3)).numpy()
        share = light[:, survey.reference_index] / np.maximum(light.sum(1), 1e-9)
        with np.errstate(invalid="ignore", divide="ignore"):
            mag = np.nan_to_num(ZERO_POINT - 2.5 * np.log10(found["flux"][rows] * share), nan=99, posinf=99)
        outside, empty = _missing(blank, flux.shape[1:], x, y, step[rows], size)
        bright = np.flatnonzero(mag <= limit)
        parts.append({"row": rows[bright], "mag": mag[bright], "outside": outside[bright], "blank": empty[bright]})
        scale = torch.as_tensor(step[rows] * pixel, dtype=torch.float32)
        for some in torch.as_tensor(bright).split(COLOURED):
            picture = colour_image(stamps[some].flip(2), survey, scale[some])  # row 0 of a picture is its top
            pictures.append(picture.mul_(255).round_().to(torch.uint8))
    part = {name: np.concatenate([some[name] for some in parts]) for name in parts[0]}
    x, y, r90 = (found[name][part["row"].astype(int)] for name in ("x", "y", "r90"))
    ra, dec = wcs.wcs_pix2world(x, y, 0) if len(x) else ([], [])
    table = QTable({"ra": u.Quantity(ra, u.deg), "dec": u.Quantity(dec, u.deg), "x": x, "y": y})
    table["r90"] = r90 * pixel * u.arcsec
    for name in ("mag", "outside", "blank"):
        table[name] = part[name].astype(np.float32)
    return Galaxies(torch.cat(pictures), table)


def _missing(blank, frame, x, y, step, size):
    """Share of each stamp that lies outside the tile, and share that is blank in it, by the pixel nearest to each."""
    away, (h, w) = (np.arange(size) - (size - 1) / 2) * step[:, None], frame
    columns, rows = (np.rint(p[:, None] + away).astype(int) for p in (x, y))
    across, down = ((p >= 0) & (p < side) for p, side in ((columns, w), (rows, h)))
    outside = 1 - across.mean(1) * down.mean(1)
    if blank is None:
        return outside, np.zeros(len(x))
    empty = blank[rows.clip(0, h - 1)[:, :, None], columns.clip(0, w - 1)[:, None]]
    return outside, (empty & down[:, :, None] & across[:, None]).mean((1, 2))
