"""One galaxy at several distances."""

import matplotlib.pyplot as plt
import numpy as np

from .style import SKY, show


def journey(rows, titles, *, width, bar, psf, caption="", alt="", size=1.8):
    """Grey pictures of a galaxy as it recedes, each stretched to its own range, with a scale bar and the PSF.

    What is not zero in all panels is drawn from the median of a panel's border, its sky, to its brightest pixel, by an
    inverse hyperbolic sine that is linear within three times the scatter of the sky.

    Parameters
    ----------
    rows : dict of str -> sequence of array (H, W)
        Pictures side by side, one row a name; as many in each row as there are titles.
    titles : sequence of str
    width : sequence of float
        Side of the panels, arcsec.
    bar : (str, sequence of float)
        What the scale bar says, and its length in each panel, arcsec.
    psf : float
        Full width at half maximum, arcsec: the diameter of the circle.
    """
    lines, columns = len(rows), len(titles)
    figure, axes = plt.subplots(
        lines, columns, figsize=(size * columns, size * lines + 0.6), squeeze=False, layout="constrained"
    )
    for axis_row, (name, images) in zip(axes, rows.items(), strict=True):
        for axis, image, side, length in zip(axis_row, images, width, bar[1], strict=True):
            half = side / 2
            axis.imshow(
                stretched(image), origin="lower", cmap="gray", vmin=0, vmax=1, interpolation="nearest",
                extent=(-half, half, -half, half),
            )  # fmt: skip
            axis.plot([-0.9 * half, -0.9 * half + length], [-0.85 * half] * 2, color=SKY, lw=2.5)
            axis.add_patch(plt.Circle((0.8 * half, -0.8 * half), psf / 2, fill=False, color=SKY, lw=1.5))
            axis.set(xlim=(-half, half), ylim=(-half, half), xticks=[], yticks=[])
        axis_row[0].set_ylabel(name, fontsize=9)
    for axis, title in zip(axes[0], titles, strict=True):
        axis.set_title(title, fontsize=8)
    figure.suptitle(f"{caption}; bar: {bar[0]}, circle: PSF", fontsize=10)
    show(figure, alt)


def stretched(image):
    """A picture in 0 (the sky) to 1 (its brightest pixel), faint parts lifted.

    Parameters
    ----------
    image : array (H, W)
        Finite, not the same everywhere.
    """
    image = np.asarray(image, float)
    border = np.concatenate([image[:3].ravel(), image[-3:].ravel(), image[:, :3].ravel(), image[:, -3:].ravel()])
    sky = np.median(border)
    soft = max(3 * 1.4826 * np.median(np.abs(border - sky)), 0.02 * (image.max() - sky))
    return np.arcsinh((image - sky) / soft) / np.arcsinh((image.max() - sky) / soft)
