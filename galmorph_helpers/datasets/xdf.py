"""Observed galaxies that every installation has: the Hubble eXtreme Deep Field."""

import warnings

import numpy as np
import torch
from astropy.table import QTable
from PIL import Image

from ..samples import R90_CUTOUT, GalaxySample


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
    with warnings.catch_warnings():  # photutils 3.1 has no bar, and says so; those before have one
        warnings.simplefilter("ignore")
        finder = SourceFinder(12, progress_bar=False)
    segments = finder(grey - sky.background, 2.0 * sky.background_rms)
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
