"""The same galaxies shown otherwise, which costs nothing and says nothing of their type."""

import math

import torch
from torch.nn import functional as F


def augment(images, *, how="turns", generator=None, zoom=1.15, shift=0.05):
    """The same galaxies shown otherwise: orientation, handedness, exact centring say nothing of a galaxy's type.

    Parameters
    ----------
    images : torch.Tensor (N, C, H, W)
    how : {"turns", "any"}
        "turns" draws one of eight quarter turns and mirror images; "any" turns by any angle, mirrors, zooms by up to
        `zoom` and shifts by up to `shift` of the stamp.
    generator : torch.Generator, optional
        By default torch's own random numbers.
    zoom : float
        Largest factor, > 1; the smallest is 1 / `zoom`.
    shift : float
        0 to 1, in sides of the stamp.

    Returns
    -------
    torch.Tensor (N, C, H, W)

    Examples
    --------
    >>> augment(torch.zeros(2, 3, 8, 8)).shape
    torch.Size([2, 3, 8, 8])
    """
    if how == "turns":
        drawn = torch.randint(8, (len(images),), generator=generator).to(images.device, non_blocking=True)
        return turned_each(images, drawn)
    if how != "any":
        raise ValueError(f"augmentation must be 'turns' or 'any', got {how!r}.")
    n = len(images)
    angle, size, flip, dx, dy = torch.rand(5, n, generator=generator).to(images.device)
    angle, size = 2 * math.pi * angle, zoom ** (2 * size - 1)
    mirror = torch.where(flip < 0.5, -1.0, 1.0)
    cos, sin = torch.cos(angle) * size, torch.sin(angle) * size
    move = 2 * shift  # grid_sample counts from -1 to 1
    matrix = torch.stack([cos * mirror, -sin, move * (2 * dx - 1), sin * mirror, cos, move * (2 * dy - 1)], 1).reshape(
        n, 2, 3
    )
    grid = F.affine_grid(matrix, images.shape, align_corners=False)
    return F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)


def turned(images, k):
    """View k of eight: mirrored if k is odd, turned by k // 2 quarters."""
    return torch.rot90(images.flip(-1) if k % 2 else images, k // 2, (-2, -1))


def turned_each(images, drawn):
    """Each image in its own view `drawn`, an int (N,)."""
    if images.device.type == "cpu":
        return torch.stack([turned(image, k) for image, k in zip(images, drawn.tolist(), strict=True)])
    return turned_by_bits(images, drawn)


def turned_by_bits(images, drawn):
    """The same in few large operations: mirror, quarter turn, half turn, each where its bit is set.

    No masks, whose sizes a GPU would have to tell the CPU before it may go on.
    """
    drawn = drawn[:, None, None, None]
    images = torch.where(drawn % 2 == 1, images.flip(-1), images)
    images = torch.where(drawn // 2 % 2 == 1, torch.rot90(images, 1, (-2, -1)), images)
    return torch.where(drawn >= 4, torch.rot90(images, 2, (-2, -1)), images)
