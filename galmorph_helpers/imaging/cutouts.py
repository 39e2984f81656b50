"""Stamps of galaxies: a sample from plain images, and colour pictures of a sample in flux."""

from dataclasses import replace

import astropy.units as u
import numpy as np
import torch
from astropy.table import QTable

from ..samples import GalaxySample, check_pixels
from .stretch import colour_image

BATCH = 64  # galaxies coloured at once: bounds memory


def stamps(images, *, redshift, pixel_scale, psf):
    """A sample made of plain images, with what `emulate` must know of them.

    Parameters
    ----------
    images : torch.Tensor or array (N, C, H, W)
        Linear fluxes, nanomaggies per pixel, the galaxy in the middle.
    redshift, pixel_scale : float or array (N,)
        Redshift (> 0), and pixel, arcsec.
    psf : float, sequence of C floats, or array (h, w)
        See `GalaxySample`.

    Returns
    -------
    GalaxySample
        Of no known survey.

    Examples
    --------
    >>> stamps(np.zeros((2, 1, 64, 64)), redshift=[0.05, 0.1], pixel_scale=0.263, psf=0.9)
    <2 galaxies, 1 x 64 x 64 pixels, observed galaxies (folder), flux in nanomaggies a pixel>
    """
    n = len(images)
    table = QTable({"id": np.arange(n), "redshift": np.broadcast_to(np.asarray(redshift, float), n).copy()})
    table["pixel_scale"] = np.broadcast_to(np.asarray(pixel_scale, float), n) * u.arcsec
    return GalaxySample(torch.as_tensor(images, dtype=torch.float32), table, None, "folder", pixels="flux", psf=psf)


def coloured(sample, *, look=None):
    """Red-green-blue pictures of a sample in flux, as `colour_image` makes them.

    Parameters
    ----------
    sample : GalaxySample
        In flux, of a known survey; its table has `pixel_scale`.
    look : optional
        As in `colour_image`.

    Returns
    -------
    GalaxySample
        In 0 to 1.

    Raises
    ------
    ValueError
        If the pixels are not flux, or nobody knows the survey.
    """
    check_pixels(sample, "flux", what="coloured")
    if sample.survey is None:
        raise ValueError("the survey of the sample is not known: give it one, as its sky sets what a picture shows.")
    scale = torch.as_tensor(sample.table["pixel_scale"].to_value("arcsec").astype(np.float32))
    pictures = None
    for start in range(0, len(sample), BATCH):
        rows = slice(start, start + BATCH)
        some = colour_image(sample.images[rows], sample.survey, scale[rows], look=look)
        if pictures is None:
            pictures = some.new_empty((len(sample), *some.shape[1:]))
        pictures[rows] = some
    return replace(sample, images=sample.images if pictures is None else pictures, pixels="colour")
