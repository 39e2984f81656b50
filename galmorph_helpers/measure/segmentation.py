"""Segmentation by prompt: point at faint light, get the pixels that belong to it.

`segment(image, points)` grows a region, everywhere and at once. With a model the same call asks a network: our own
small one (`galmorph_helpers.learning.prompt_network`), or Segment Anything (`load_sam`).
"""

import numpy as np
from astropy.stats import mad_std
from scipy import ndimage
from skimage.measure import label

from .segment_anything import ask_sam


def segment(image, points, *, labels=None, model=None, significance=2.0, share=0.3):
    """Mask of the light that the points lie on.

    Parameters
    ----------
    image : array (H, W)
        Linear brightness; the galaxy in the middle. Any unit and any size from 16 pixels a side.
    points : array (K, 2)
        Prompts, x and y in pixels, 0 at the centre of the first.
    labels : array (K,), optional
        True (or 1) where a point lies on the light that is wanted, False (0) where on something else: at least one
        must be True, as all are by default.
    model : torch.nn.Module, optional
        Who is asked: `galmorph_helpers.learning.prompt_network()`, or a model of Segment Anything (from `load_sam`, or
        a Sam2Model or Sam3TrackerModel of transformers). Without one, a region is grown: what looks the same turned by
        180 degrees is taken for the galaxy and removed; then pixels connected with a point belong if they are brighter
        than `share` of the brightness there and than `significance` times the noise of the smoothed image. Regions
        that hold a point labelled False are left out.
    significance, share : float
        Of the region grower, > 0; a model does without.

    Returns
    -------
    numpy.ndarray of bool (H, W)
        May be empty: then there was nothing above the noise at the points.

    Raises
    ------
    ValueError
        If the image has no flux or pixels that are not finite; if there is no point, none that is wanted, or one
        outside the image; if the model cannot be asked by points.
    """
    image, points = _checked(image, points)
    labels = _checked_labels(labels, len(points))
    if model is not None:
        return model.mask(image, points, labels) if hasattr(model, "mask") else ask_sam(model, image, points, labels)
    smooth = ndimage.gaussian_filter(image, 1.0)
    left = _without_galaxy(smooth)
    edge = np.concatenate([smooth[:4].ravel(), smooth[-4:].ravel(), smooth[:, :4].ravel(), smooth[:, -4:].ravel()])
    noise = mad_std(edge)
    column, row = np.rint(points).astype(int).T
    there = np.median(left[row[labels], column[labels]])
    # Brighter by far than the points is something else: what is left of the galaxy's core, a star.
    member = (left > max(share * there, significance * noise)) & (left < there / share)
    regions = label(member)
    found = regions[row, column]
    wanted = np.setdiff1d(found[labels], found[~labels])
    return np.isin(regions, wanted[wanted > 0])


def without_galaxy(image):
    """Residual of a smoothed image: less what looks the same turned by 180 degrees about the galaxy's centre.

    Parameters
    ----------
    image : array (H, W)
        Linear brightness; the galaxy in the middle.

    Returns
    -------
    numpy.ndarray (H, W)
        In the unit of the image; smoothed by a Gaussian of 1 pixel. Debris on one side stays, a disc with two equal
        arms goes.

    Raises
    ------
    ValueError
        If the image has no flux or pixels that are not finite.
    """
    return _without_galaxy(ndimage.gaussian_filter(_checked_image(image), 1.0))


def _without_galaxy(smooth):
    """The same of an image that is smooth already."""
    side = min(smooth.shape)
    middle = centre = (np.array(smooth.shape) - 1) / 2
    y, x = np.indices(smooth.shape)
    for _ in range(10):  # a window that follows the core
        weight = smooth.clip(min=0) * np.exp(-((y - centre[0]) ** 2 + (x - centre[1]) ** 2) / (2 * (side / 20) ** 2))
        if weight.sum() <= 0:
            break
        found = np.array([(weight * y).sum(), (weight * x).sum()]) / weight.sum()
        centre = np.clip(centre + 1.7 * (found - centre), middle - side / 10, middle + side / 10)
    turned = ndimage.affine_transform(smooth, -np.eye(2), offset=2 * centre, order=3, mode="nearest")
    return smooth - np.minimum(smooth, turned)


def overlap(mask, truth):
    """Intersection over union of two masks, 0 to 1.

    Raises
    ------
    ValueError
        If shapes differ, or `truth` is empty: then there is nothing to find.
    """
    mask, truth = np.asarray(mask, bool), np.asarray(truth, bool)
    if mask.shape != truth.shape:
        raise ValueError(f"masks have shapes {mask.shape} and {truth.shape}; they must be the same.")
    if not truth.any():
        raise ValueError("the true mask is empty: there is nothing to find. Choose a galaxy with debris.")
    return float((mask & truth).sum() / (mask | truth).sum())


def _checked_image(image):
    image = np.asarray(image, float)
    if image.ndim != 2 or min(image.shape) < 16:
        raise ValueError(f"one image (H, W) of at least 16 pixels a side is needed, got shape {image.shape}.")
    if not np.isfinite(image).all() or image.max() <= 0 or image.max() == image.min():
        raise ValueError("the image has no flux, or pixels that are not finite.")
    return image


def _checked(image, points):
    image, points = _checked_image(image), np.atleast_2d(np.asarray(points, float))
    if points.shape[-1] != 2 or points.size == 0:
        raise ValueError(f"points must be (K, 2), x and y, with K > 0; got shape {points.shape}.")
    height, width = image.shape
    outside = ~((points >= -0.5) & (points <= np.array([width, height]) - 0.5)).all(1)
    if outside.any():
        x, y = points[outside][0]
        raise ValueError(
            f"point ({x:g}, {y:g}) lies outside the image: x from 0 to {width - 1}, y from 0 to {height - 1}."
        )
    return image, points.clip(0, np.array([width, height]) - 1)


def _checked_labels(labels, number):
    """Labels of `number` points as bool (K,), or an error that says what is wrong."""
    if labels is None:
        return np.ones(number, bool)
    labels = np.asarray(labels)
    if labels.shape != (number,) or not np.isin(labels, (0, 1)).all():
        raise ValueError(f"labels must be 0 or 1, one for each of {number} points; got {labels.tolist()!r}.")
    if not labels.any():
        raise ValueError("no point is labelled 1: at least one must lie on the light that is wanted.")
    return labels.astype(bool)
