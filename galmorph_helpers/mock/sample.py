"""Samples of the mock sky, as a survey sees them."""

from dataclasses import replace

import astropy.units as u
import numpy as np
import torch

from ..imaging.camera import frequency_reach, observe
from ..imaging.stretch import channels, colour_image
from ..runtime import device, side_by_side
from ..samples import R90_CUTOUT, GalaxySample
from ..surveys import SDSS
from .demographics import population
from .rendering import ARMS_HIDDEN, light

SKY_SCATTER = 0.125  # of ln noise of the sky between fields: moonlight, airmass
BATCH = 128  # galaxies drawn at once: bounds memory, and fixes what a seed draws


def mock_sample(n=None, survey=SDSS, seed=0, size=64, *, look="colour", field_of_view=None, table=None):
    """Mock galaxies as a survey would have recorded them.

    Parameters
    ----------
    n : int
        Number of galaxies, unless a `table` is given.
    survey : Survey
    seed : int
        Same seed, same sky.
    size : int
        Side of the stamps, pixels.
    look : {"colour", "flux"}
        "colour": red-green-blue images in 0 to 1, grey where the survey shows one band; "flux": nanomaggies per pixel
        in the survey's bands.
    field_of_view : float, optional
        Side of every stamp, arcsec. By default a stamp is 4.24 R90 of its galaxy wide: all galaxies fill it alike.
    table : QTable, optional
        Draw these rows of a `population` instead of a new one.

    Returns
    -------
    GalaxySample
        Its table is that of `population`, with `pixel_scale` (arcsec) added.

    Raises
    ------
    ValueError
        For stamps under 8 pixels, both n and table or neither, another look, or a field of view that is not positive.

    Examples
    --------
    >>> mock_sample(2, size=16)
    <2 galaxies, 3 x 16 x 16 pixels, mock galaxies (SDSS-like, seed 0), colour pictures>
    """
    if size < 8:
        raise ValueError(f"a stamp needs at least 8 pixels a side, got size={size}.")
    if (n is None) == (table is None):
        raise ValueError("give either n, the number of galaxies to draw, or table, the catalogue to draw.")
    if look not in ("colour", "flux"):
        raise ValueError(f"look must be 'colour' or 'flux', got {look!r}.")
    if field_of_view is not None and not field_of_view > 0:
        raise ValueError(f"field_of_view must be > 0 arcsec, got {field_of_view!r}.")
    table = (
        population(n, seed=seed, magnitude_limit=survey.magnitude_limit, seeing=survey.seeing)
        if table is None
        else table.copy()
    )
    scale = (
        R90_CUTOUT * table["r90"].to_value("arcsec") / size
        if field_of_view is None
        else np.full(len(table), field_of_view / size)
    )
    table["pixel_scale"] = scale * u.arcsec
    where = device()
    images = torch.empty((len(table), channels(survey) if look == "colour" else len(survey.bands), size, size))

    columns = {name: column if getattr(column, "unit", None) else np.asarray(column) for name, column in table.items()}

    def draw(batch):
        each, rows = batch
        own_seed = seed * 100_003 + int(rows[0])
        pixel = torch.as_tensor(scale[rows], dtype=torch.float32, device=where)
        spectrum = light(
            {name: column[rows] for name, column in columns.items()},
            pixel,
            size=size,
            bands=survey.bands,
            filters=survey.filters,
            seed=own_seed,
            reach=each,
        )
        noise = torch.Generator(where).manual_seed(own_seed)
        depth = torch.exp(SKY_SCATTER * torch.randn((len(rows), 1), generator=noise, device=where) - SKY_SCATTER**2)
        sky = depth * torch.tensor(survey.sky_sigma, device=where)
        flux = observe(spectrum, survey, pixel, size=size, generator=noise, sky_sigma=sky)
        drawn = colour_image(flux, survey, pixel) if look == "colour" else flux
        images.index_copy_(0, torch.from_numpy(rows), drawn.cpu())

    side_by_side(draw, _batches(table, frequency_reach(survey, scale)), f"drawing {len(table)} mock galaxies")
    return GalaxySample(images, table, survey, "mock", f"{survey.name}-like, seed {seed}", pixels=look)


def _batches(table, reach):
    """(reach, rows) of galaxies to draw at once.

    Stamps whose pixels undersample the PSF hold more frequencies: they are drawn apart, fewer at once. All are in order
    of what there is to draw: ellipticals, discs, discs with arms.
    """
    discs = np.asarray(table["bulge_to_total"]) < 1
    armed = discs & (np.asarray(table["arm_contrast"]) > 0) & (np.cos(table["inclination"]) > ARMS_HIDDEN)
    order, out = np.argsort(discs + 1 * armed, kind="stable"), []
    for each in np.unique(reach):
        alike = order[reach[order] == each]
        out += [(each, rows) for rows in np.split(alike, np.arange(0, len(alike), int(BATCH / each**2))[1:])]
    return out


def seen_by(table, survey, *, look=None, seed=0):
    """Colour pictures of mock galaxies by a survey, with its own look or another; the same seed gives the same light.

    Parameters
    ----------
    table : QTable
        Rows of `population`.
    survey : Survey
        `dataclasses.replace` makes hybrids: one survey with the PSF of another.
    look : Look, optional
        The survey's own by default.
    seed : int

    Returns
    -------
    GalaxySample
    """
    return mock_sample(table=table, survey=survey if look is None else replace(survey, look=look), seed=seed)
