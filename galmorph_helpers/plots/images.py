"""Pictures of galaxies, and maps."""

import matplotlib.pyplot as plt
import numpy as np

from .style import grid, picture, show, show_pictures


def gallery(sample, rows, *, titles=None, columns=8, caption="", alt="", size=1.45):
    """Stamps of chosen galaxies, titles below, with a caption that says where they come from; they wrap.

    Parameters
    ----------
    sample : GalaxySample
        Colour images (three bands) or grey ones (one band).
    rows : sequence of int
    titles : sequence of str, optional
    columns : int
        Galaxies side by side, at most; a narrow page, such as a phone's, has fewer.
    caption, alt : str
    size : float
        Width of a stamp, in units of 80 pixels of the page.
    """
    rows = list(rows)
    words = list(titles)[: len(rows)] if titles is not None else [""] * len(rows)
    html = grid([sample.images[row] for row in rows], words, width=round(80 * size), columns=columns)
    title = f"{caption} — {sample.caption}" if caption else sample.caption
    show_pictures(html, caption=title, alt=alt or f"{len(rows)} {sample.caption}. {caption}")


def images_row(images, titles, *, caption, alt, cmap="gray", overlay=None, size=2.0, symmetric=False):
    """Plain images side by side, each with a title: colour tensors (3, H, W) or grey arrays (H, W).

    Parameters
    ----------
    images : sequence of array
    titles : sequence of str
    caption, alt : str
    cmap : str
        Of grey images.
    overlay : sequence of array (H, W) or None, optional
        Drawn half-transparent over the image of the same place in the list; None: nothing.
    size : float
        Width of an image, inches.
    symmetric : bool
        Whether grey images are centred on 0.
    """
    figure, axes = plt.subplots(
        1, len(images), figsize=(size * len(images), size + 0.55), layout="constrained", squeeze=False
    )
    for i, (axis, image, title) in enumerate(zip(axes.flat, images, titles, strict=True)):
        array = np.asarray(image)
        limit = np.abs(array).max() if symmetric and array.ndim == 2 else None
        axis.imshow(
            picture(array) if array.ndim == 3 else array,
            origin="lower",
            cmap=cmap,
            interpolation="nearest",
            **({"vmin": -limit, "vmax": limit} if limit else {}),
        )
        if overlay is not None and overlay[i] is not None:
            top = np.abs(np.asarray(overlay[i])).max()
            axis.imshow(np.asarray(overlay[i]), origin="lower", cmap="PuOr", alpha=0.55, vmin=-top, vmax=top)
        axis.set_title(title, fontsize=8)
        axis.axis("off")
    figure.suptitle(caption, fontsize=10)
    show(figure, alt)


def maps(images, *, caption, alt, symmetric=(), extent=None):
    """Maps with a colour bar each.

    Parameters
    ----------
    images : dict of str -> array (Y, X)
        By title, with its unit.
    caption, alt : str
    symmetric : sequence of str
        Titles of those that are centred on 0.
    extent : (x0, x1, y0, y1), optional
        Arcsec; without it, axes count spaxels.
    """
    figure, axes = plt.subplots(1, len(images), figsize=(3.2 * len(images), 3.2), squeeze=False, layout="constrained")
    for i, (axis, (title, image)) in enumerate(zip(axes.flat, images.items(), strict=True)):
        low, high = np.nanpercentile(image, [2, 98])
        if title in symmetric:
            high = np.nanpercentile(np.abs(image), 98)
            low = -high
        drawn = axis.imshow(
            image,
            origin="lower",
            cmap="PuOr_r" if title in symmetric else "cividis",
            vmin=low,
            vmax=high,
            extent=extent,
            interpolation="nearest",
        )
        figure.colorbar(drawn, ax=axis, orientation="horizontal", shrink=0.85, pad=0.02)
        axis.set_title(title, fontsize=9)
        axis.set_xlabel("arcsec" if extent else "spaxels", fontsize=8)
        axis.tick_params(labelsize=7, labelleft=i == 0)
    figure.suptitle(caption, fontsize=10)
    show(figure, alt)


def map_grid(maps, titles, *, channels, alt, caption="", symmetric=("velocity",), size=1.25):
    """Maps of several galaxies: a galaxy a column, a quantity a row, the same shades along a row.

    Parameters
    ----------
    maps : array (N, C, H, W)
        NaN, or 0 in all channels, is left white.
    titles : sequence of str
        One a galaxy.
    channels : sequence of str
    symmetric : sequence of str
        Channels that are centred on 0.
    """
    maps = np.asarray(maps).astype(float)
    maps[np.broadcast_to((maps == 0).all(1, keepdims=True), maps.shape)] = np.nan
    n, c = maps.shape[:2]
    figure, axes = plt.subplots(
        c,
        n,
        figsize=(size * n + 0.8, size * c + 0.5),
        squeeze=False,
        layout="constrained",
        gridspec_kw={"wspace": 0.02},
    )
    for j, name in enumerate(channels):
        low, high = np.nanpercentile(maps[:, j], [2, 98])
        if name in symmetric:
            low, high = -max(-low, high), max(-low, high)
        for i in range(n):
            drawn = axes[j, i].imshow(
                maps[i, j], origin="lower", vmin=low, vmax=high, cmap="PuOr_r" if name in symmetric else "cividis",
                interpolation="nearest",
            )  # fmt: skip
            axes[j, i].set(xticks=[], yticks=[])
            axes[j, i].spines[:].set_visible(False)
        axes[j, 0].set_ylabel(name, fontsize=8)
        figure.colorbar(drawn, ax=axes[j, :], pad=0.01).ax.tick_params(labelsize=6)
    for axis, title in zip(axes[0], titles, strict=True):
        axis.set_title(title, fontsize=8)
    figure.suptitle(caption, fontsize=10)
    show(figure, alt)
