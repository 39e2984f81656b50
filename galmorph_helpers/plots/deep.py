"""Faint light: deep images with a scale bar, outlines and points; and how deep surveys are."""

import matplotlib.pyplot as plt
import numpy as np

from .style import BLACK, BLUE, CYCLE, ORANGE, VERMILION, show


def deep_row(images, titles, *, bar, caption, alt, outlines=None, points=None, size=2.1):
    """Deep images side by side, dark on light as they are printed, all with the same shades.

    Parameters
    ----------
    images : sequence of array (H, W)
        As `stretched` gives them: asinh of the surface brightness in units of 27 mag arcsec^-2. What is brighter
        than about 24.5 is black.
    titles : sequence of str
    bar : (str, float or sequence of float)
        A length in words, such as "20 kpc", and in pixels, of each image.
    caption, alt : str
    outlines : sequence of dict of str -> array (H, W) of bool, optional
        Masks whose edges are drawn, by name; a name has one colour and one line in all images.
    points : sequence of array (K, 2) or None, optional
        x and y of prompts, pixels.
    size : float
        Width of an image, inches.

    Raises
    ------
    ValueError
        If there are not as many titles, outlines or points as images.
    """
    n = len(images)
    for name, given in (("titles", titles), ("outlines", outlines), ("points", points)):
        if given is not None and len(given) != n:
            raise ValueError(f"{n} images, but {len(given)} {name}: give one for each image.")
    figure, axes = plt.subplots(1, n, figsize=(size * n, size + 0.6), layout="constrained", squeeze=False)
    words, lengths = bar[0], np.broadcast_to(bar[1], n)
    for i, axis in enumerate(axes.flat):
        image = np.asarray(images[i], float)
        axis.imshow(image, origin="lower", cmap="gray_r", vmin=-0.7, vmax=3.0, interpolation="nearest")
        left, low = 0.06 * image.shape[1], 0.07 * image.shape[0]
        axis.plot([left, left + lengths[i]], [low, low], color=BLUE, lw=2.5, solid_capstyle="butt")
        place = {"fontsize": 7, "va": "bottom", "bbox": {"facecolor": "white", "alpha": 0.8, "pad": 1, "lw": 0}}
        axis.text(left, low + 0.04 * image.shape[0], words, color=BLUE, **place)
        if outlines is not None:
            _draw_outlines(axis, outlines[i], first=i == 0)
        if points is not None and points[i] is not None:
            axis.plot(*np.asarray(points[i], float).T, "P", color=ORANGE, mec=BLACK, ms=8)
        axis.set_title(titles[i], fontsize=8)
        axis.axis("off")
    figure.suptitle(caption, fontsize=10)
    show(figure, alt)


def _draw_outlines(axis, masks, *, first):
    """The edges of masks by name, with a legend in the first image."""
    looks = ((VERMILION, "-"), (BLUE, "--"), (BLACK, ":"))
    for (name, mask), (colour, line) in zip(masks.items(), looks, strict=False):
        if np.any(mask):
            axis.contour(np.asarray(mask, float), [0.5], colors=colour, linestyles=line, linewidths=1.3)
        if first:
            axis.plot([], [], color=colour, ls=line, label=name)
    if first:
        axis.legend(fontsize=6, loc="upper right", framealpha=0.8)


def depth_scale(ranges, limits, *, caption, alt, xlim=(23, 32)):
    """Surface brightnesses of things in the sky as bars, limits of surveys as lines or bands, on one axis.

    Parameters
    ----------
    ranges : dict of str -> (float, float)
        From the brightest to the faintest, mag arcsec^-2.
    limits : dict of str -> float or (float, float)
        A limit, or its range, mag arcsec^-2; in the order in which they are named, from the top.
    caption, alt : str
    xlim : (float, float)
        mag arcsec^-2.
    """
    rows = len(ranges) + len(limits)
    figure, axis = plt.subplots(figsize=(8, 0.27 * rows + 1.0), layout="constrained")
    for k, (low, high) in enumerate(ranges.values()):
        axis.barh(rows - 1 - k, high - low, left=low, height=0.55, color=CYCLE[0][0])
    for k, limit in enumerate(limits.values()):
        row = len(limits) - 1 - k
        low, high = np.broadcast_to(limit, 2)
        axis.plot([low, high], [row, row], color=VERMILION, lw=5 if high > low else 0, solid_capstyle="butt")
        axis.plot([(low + high) / 2], [row], "D" if high == low else "", color=VERMILION, ms=6)
        axis.axvline((low + high) / 2, color=VERMILION, lw=0.6, ls=":", zorder=0)
    axis.axhline(len(limits) - 0.5, color="0.7", lw=0.8)
    axis.set_yticks(range(rows), [*reversed(limits), *reversed(ranges)], fontsize=8)
    axis.set(xlabel="surface brightness (mag arcsec⁻²): fainter to the right", xlim=xlim, ylim=(-0.6, rows - 0.4))
    axis.set_title(caption, fontsize=10)
    show(figure, alt)
