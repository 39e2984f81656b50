"""Mock galaxies carried to fainter magnitudes: wide stamps, `emulate`, colours; and galaxies without some parts.

What `emulate` needs of a galaxy nearby, linear flux on a stamp that is wide enough, is drawn here, some at a time.
"""

from dataclasses import replace

import numpy as np
import torch
from astropy.table import vstack
from torch.nn.functional import avg_pool2d

from ..imaging.cutouts import coloured
from ..imaging.distance import shrinkage
from ..imaging.emulation import SEEING_REACH, emulate, redshift_for_magnitude
from ..samples import R90_CUTOUT, GalaxySample
from ..surveys import DES
from .sample import mock_sample

SIDES = (128, 192, 256, 384)  # pixels of a stamp nearby: the smallest that covers the stamp to come
PIXELS = 256 * 128**2  # drawn at once: bounds memory
SIZE = 64  # pixels a side of what comes out
COARSEST = (
    1.2  # native pixels: a coarser stamp is emulated on finer ones and summed, which never rings
)
FARTHEST = 12  # times its own redshift: beyond, the stamp of a dwarf next door would have to be huge
#: What makes the pattern of a galaxy; without it only profile, flattening and colour are left.
STRUCTURE = (
    "arm_contrast", "bar_light", "ring_light", "flocculence", "knot_light", "patchiness", "dust", "lopsidedness",
    "warp", "boxiness", "twist", "shell_light", "satellites",
)  # fmt: skip
ONE_PROFILE = 2.0  # Sérsic index of all galaxies where profiles are taken away


def distant_samples(table, magnitudes, *, survey=DES, seed=0):
    """Mock galaxies emulated to other magnitudes, as colour pictures; labels and properties stay what they were.

    Parameters
    ----------
    table : QTable
        Rows of `population`, galaxies near enough to be known.
    magnitudes : sequence of array (N,)
        One sample is made for each: the r magnitude that each galaxy shall have. Who is fainter already keeps its
        place, so 0 leaves all where they are; none goes beyond twelve times its redshift.
    survey : Survey
    seed : int
        Of the neighbours and the noise.

    Returns
    -------
    list of GalaxySample
        Stamps of 4.24 R90, 64 pixels; rows in the order of `table`. The stamp nearby grows with what is to be covered,
        so that `covered` is 1 but for the largest.

    Raises
    ------
    ValueError
        If an array of magnitudes has not one entry a galaxy.
    """
    magnitudes = [np.broadcast_to(np.asarray(m, float), len(table)) for m in _checked(magnitudes, len(table))]
    z = np.asarray(table["redshift"], float)
    moved_to = [np.minimum(redshift_for_magnitude(table, m, survey=survey), FARTHEST * z) for m in magnitudes]
    side = np.asarray(SIDES)[np.searchsorted(SIDES[:-1], _needed(table, z, np.max(moved_to, 0), survey))]
    order, parts = [], [[] for _ in magnitudes]
    for width in np.unique(side):
        rows = np.flatnonzero(side == width)
        for some in np.array_split(rows, -(-len(rows) * int(width) ** 2 // PIXELS)):
            near = mock_sample(
                table=table[some], survey=survey, size=int(width), field_of_view=width * survey.pixel_scale,
                look="flux", seed=seed + int(some[0]),
            )  # fmt: skip
            order.append(some)
            for number, (part, z_new) in enumerate(zip(parts, moved_to, strict=True)):
                part.append(_moved(near, z_new[some], survey, seed + 50_000 * (number + 1) + int(some[0])))
    back = np.argsort(np.concatenate(order))
    return [_joined(part, back, survey, seed) for part in parts]


def without(table, *parts):
    """The same galaxies without some of what tells types apart: drawn from this table, they lack it.

    Parameters
    ----------
    table : QTable
        Rows of `population`.
    *parts : {"structure", "profile"}
        "structure": no arms, bars, rings, knots, dust, warps or companions. "profile": every galaxy is one Sérsic
        profile of index 2 of one colour throughout, as large and as flat as it was; without discs no structure is left.

    Returns
    -------
    QTable

    Raises
    ------
    ValueError
        For another part.
    """
    unknown = set(parts) - {"structure", "profile"}
    if unknown:
        raise ValueError(f"a galaxy can be drawn without 'structure' or 'profile', not {sorted(unknown)}.")
    plain = table.copy()
    for name in STRUCTURE if parts else ():
        plain[name] = 0 * plain[name]
    if "profile" in parts:
        ones = np.ones(len(plain))
        plain["bulge_to_total"], plain["sersic_index"] = ones, ONE_PROFILE * ones
        plain["bulge_radius"], plain["bulge_axis_ratio"] = plain["half_light_radius"], plain["axis_ratio"]
        plain["bulge_g_r"], plain["disc_deficit"] = plain["g_r"], 0 * ones
    return plain


def _moved(near, z_new, survey, seed):
    """Colour pictures of 64 pixels; where those are coarse, emulated on finer ones and summed, as pixels do."""
    r90 = _r90(near.table, near.table["redshift"], z_new, survey)
    finer = np.ceil(R90_CUTOUT * r90 / SIZE / survey.pixel_scale / COARSEST).clip(1, 6).astype(int)
    order, parts = [], []
    for k in np.unique(finer):
        rows = np.flatnonzero(finer == k)
        far = emulate(near[rows], z_new=z_new[rows], survey=survey, size=SIZE * int(k), seed=seed + 7 * int(k))
        far.table["pixel_scale"] = far.table["pixel_scale"] * k
        order.append(rows)
        parts.append(coloured(replace(far, images=avg_pool2d(far.images, int(k)) * int(k) ** 2)))
    return _joined(parts, np.argsort(np.concatenate(order)), survey, seed)


def _r90(table, z, z_new, survey):
    """R90 as it will be seen, arcsec: what is left of it without the PSF, moved, with the PSF again."""
    seeing, r90 = SEEING_REACH * survey.seeing, table["r90"].to_value("arcsec")
    intrinsic = np.sqrt(np.maximum(r90**2 - seeing**2, 0.01 * r90**2))
    return np.hypot(intrinsic * shrinkage(z, z_new), seeing)


def _checked(magnitudes, n):
    magnitudes = list(magnitudes)
    if not magnitudes or any(np.shape(m) not in ((), (n,)) for m in magnitudes):
        raise ValueError(f"magnitudes must be a list of arrays of {n} numbers, one a galaxy, or of single numbers.")
    return magnitudes


def _needed(table, z, z_new, survey):
    """Native pixels that a stamp nearby must have to cover the stamp at z_new."""
    return R90_CUTOUT * _r90(table, z, z_new, survey) / shrinkage(z, z_new) / survey.pixel_scale


def _joined(parts, back, survey, seed):
    """One sample of several, in the order of the catalogue."""
    images = torch.cat([part.images for part in parts])[torch.as_tensor(back)]
    table = vstack([part.table for part in parts], metadata_conflicts="silent")[back]
    return GalaxySample(images, table, survey, "mock", f"{survey.name}-like, seed {seed}, emulated", pixels="colour")
