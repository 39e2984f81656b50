"""Samples that every installation can make: the mock sky, and galaxies of the Hubble eXtreme Deep Field."""

import astropy.units as u
import numpy as np
import torch
from astropy.table import QTable
from PIL import Image

from .mock.light import light
from .mock.population import R90_CUTOUT, population
from .observe import colour_image, observe
from .runtime import device, side_by_side
from .samples import GalaxySample
from .surveys import SDSS

BATCH = 64  # galaxies drawn at once: bounds memory, and fixes what a seed draws


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
        "colour": red-green-blue images in 0 to 1; "flux": nanomaggies per pixel in the survey's bands.
    field_of_view : float, optional
        Side of every stamp, arcsec. By default a stamp is 4.24 R90 of its galaxy wide: all galaxies fill it alike.
    table : QTable, optional
        Draw these rows of a `population` instead of a new one.

    Returns
    -------
    GalaxySample
        Its table is that of `population`, with `pixel_scale` (arcsec) added.
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
        population(n, seed=seed, magnitude_limit=survey.magnitude_limit, seeing=survey.psf_fwhm[1])
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
    images = torch.empty((len(table), len(survey.bands), size, size))

    def draw(start):
        rows, own_seed = slice(start, start + BATCH), seed * 100_003 + start
        pixel = torch.as_tensor(scale[rows], dtype=torch.float32, device=where)
        spectrum = light(table[rows], scale[rows], size=size, bands=survey.bands, seed=own_seed, device=where)
        noise = torch.Generator(where).manual_seed(own_seed)
        flux = observe(spectrum, survey, pixel, size=size, generator=noise)
        images[rows] = (colour_image(flux, survey, pixel) if look == "colour" else flux).cpu()

    side_by_side(draw, range(0, len(table), BATCH), f"drawing {len(table)} mock galaxies")
    return GalaxySample(images, table, survey, "mock", f"{survey.name}-like, seed {seed}", pixels=look)


def deep_field(size=64, *, smallest=60):
    """Observed galaxies of the Hubble eXtreme Deep Field, found in the colour image that scikit-image carries.

    Sources are found with photutils; each is cut out 4.24 radii wide, as the mock galaxies are. There are no labels:
    the table has `x`, `y` (pixels of the image), `radius` (of the circle with the source's area), `area` (pixels above
    threshold) and `ellipticity`.

    Parameters
    ----------
    size : int
        Side of the stamps, pixels.
    smallest : int
        Fewest pixels above threshold: smaller sources show no shape.
    """
    from photutils.background import Background2D, MedianBackground
    from photutils.segmentation import SourceCatalog, SourceFinder
    from skimage.data import hubble_deep_field

    picture = hubble_deep_field()[..., :3]
    grey = picture.mean(-1)
    sky = Background2D(grey, (100, 100), bkg_estimator=MedianBackground())
    segments = SourceFinder(12, progress_bar=False)(grey - sky.background, 2.0 * sky.background_rms)
    catalog = SourceCatalog(grey - sky.background, segments)
    x, y = np.asarray(catalog.centroid).T
    radius = catalog.equivalent_radius.value  # of the circle with the area above threshold: close to R90
    table = QTable(
        {"x": x, "y": y, "radius": radius, "area": np.pi * radius**2, "ellipticity": np.asarray(catalog.ellipticity)}
    )
    side = R90_CUTOUT * radius
    height, width = grey.shape
    inside = (
        (table["x"] - side / 2 > 0)
        & (table["x"] + side / 2 < width)
        & (table["y"] - side / 2 > 0)
        & (table["y"] + side / 2 < height)
    )
    keep = inside & (table["area"] >= smallest)
    image = Image.fromarray(picture)
    stamps = []
    for row, s in zip(table[keep], side[keep], strict=True):
        box = (row["x"] + 0.5 - s / 2, row["y"] + 0.5 - s / 2, row["x"] + 0.5 + s / 2, row["y"] + 0.5 + s / 2)
        stamps.append(np.asarray(image.resize((size, size), Image.Resampling.BILINEAR, box=box)))
    images = torch.from_numpy(np.stack(stamps)).permute(0, 3, 1, 2).float() / 255
    name = "Hubble eXtreme Deep Field"
    return GalaxySample(images.contiguous(), table[keep], None, "deep field", name, pixels="colour")
