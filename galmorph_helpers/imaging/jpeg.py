"""What JPEG leaves of a survey's colour pictures, seen in stamps that are cut from them and resampled.

The way of SDSS's cutouts: an archive keeps pictures of its native pixels as JPEG, turned to the north; a service
resamples what is asked for and sends it as JPEG again; whoever learns from it averages its pixels to stamps.
"""

from functools import lru_cache
from math import pi

import numpy as np
import torch

# JFIF's YCbCr of red, green, blue, and back.
_TO_YCC = torch.tensor([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
_FROM_YCC = torch.tensor([[1.0, 0.0, 1.402], [1.0, -0.344136, -0.714136], [1.0, 1.772, 0.0]])
# Steps of the cosines of colours at quality 75, in 256ths (Annex K of ITU-T T.81).
_STEPS = np.full((8, 8), 50.0)
_STEPS[:4, :4] = [[9, 9, 12, 24], [9, 11, 13, 33], [12, 13, 28, 50], [24, 33, 50, 50]]
CUTOUT = 212  # pixels of the cutout of which a stamp is the smaller copy: half of 424, as of Galaxy Zoo
AT_ONCE = 128  # pictures: bounds memory, and changes nothing
KEPT = 3  # of eight cosines a block that the second rounding changes: finer ones fell to the first
GRAIN = 0.8 / 255  # that rounding the brightness leaves in a stamp
_SCALES = np.geomspace(0.3, 4.0, 24)  # native pixels in stamp pixels, 12 % apart, for which blocks are kept
_PARTS = 16  # of a stamp pixel, by which the overlap of two grids is measured


def compressed(picture, native, look):
    """Pictures as 8 bits and JPEG leave them: faint colour noise goes, blocks of even colour stay.

    JPEG holds colours at half resolution, in blocks of eight whose cosine transform is rounded: first native pixels,
    then those of the cutout. Where a block begins differs from stamp to stamp.

    Parameters
    ----------
    picture : torch.Tensor (N, 3, H, W)
        Red, green, blue, 0 to 1.
    native : torch.Tensor (N,)
        Native pixel in stamp pixels.
    look : Look
        Its `chroma_steps` (of the first rounding; 0 is without both) and `saturation`.

    Returns
    -------
    torch.Tensor, float32 (N, 3, H, W)
    """
    parts = zip(picture.split(AT_ONCE), native.split(AT_ONCE), strict=True)
    return torch.cat([_compressed(some, scale, look) for some, scale in parts])


def _compressed(picture, native, look):
    """The same of a few pictures."""
    device, (height, width) = picture.device, picture.shape[-2:]
    parted = (_TO_YCC.to(device) @ picture.flatten(2)).unflatten(2, (height, width))
    light, colours = parted[:, 0], parted[:, 1:]
    if look.chroma_steps:
        light.copy_(_turned_north(light, native.to(device)))
    begin = (picture[:, 1, 0, 0] * 1e4).long()  # as random as the noise of a pixel
    begin = begin % 8, begin // 8 % 8
    which = np.abs(np.log(native.cpu().numpy()[:, None] / _SCALES)).argmin(1)
    for scale in np.unique(which):
        rows = torch.as_tensor((which == scale).nonzero()[0], device=device)
        blocks = [_native_blocks(side, scale) for side in (height, width)]
        cosines, back = _transformed(colours[rows], blocks, [b[rows] for b in begin])
        colours[rows] = back(_rounded(cosines, look.chroma_steps))
    if look.chroma_steps:
        cosines, back = _transformed(colours, [_cutout_blocks(side) for side in (height, width)], begin)
        colours += back(_rounded(cosines, 1.0) - cosines)
        light += GRAIN * ((light * 1e4) % 1 + (light * 3e3) % 1 - 1)  # as random as the noise of a pixel
    of = _FROM_YCC.to(device) * torch.tensor([1.0, *look.saturation], device=device)
    return (of @ parted.flatten(2)).view_as(picture).clamp_(0, 1).mul_(255).round_().div_(255)


def _turned_north(light, native):
    """Brightness (N, H, W) after the native pixels were turned to the north, by bilinear interpolation.

    On average that widens what is there by a sixth of a squared native pixel (variance) along each axis. Three taps do
    the same, where a native pixel is not much larger than one of the stamp; beyond, they do less.
    """
    tap = (native.to(light) ** 2 / 12).clamp(max=0.1)[:, None, None]
    for axis in (-2, -1):
        ends = [light.narrow(axis, at, 1) for at in (0, light.shape[axis] - 1)]
        longer = torch.cat([ends[0], light, ends[1]], axis)
        before, after = (longer.narrow(axis, at, light.shape[axis]) for at in (0, 2))
        light = light + tap * (before + after - 2 * light)
    return light


def _transformed(colours, blocks, begin):
    """Cosines (N, 2, K, K) of colours (N, 2, H, W), and what makes colours of cosines."""
    (down, up), (right, left) = (
        [matrices.to(colours.device)[b][:, None] for matrices in way] for way, b in zip(blocks, begin, strict=True)
    )
    return down @ colours @ right.mT, lambda cosines: up @ cosines @ left.mT


def _rounded(cosines, steps):
    """Cosines of blocks, of each of which the first few are there, rounded to `steps` of those of quality 75."""
    if not steps:
        return cosines
    kept = KEPT if cosines.shape[-1] % 8 else 8
    table = np.tile(_STEPS[:kept, :kept] * (steps / 255), [side // kept for side in cosines.shape[-2:]])
    step = torch.as_tensor(table, dtype=cosines.dtype, device=cosines.device)
    return (cosines / step).round_().mul_(step)


def _cosines(blocks, kept=8):
    """The first `kept` cosines of each of some blocks of eight, (kept x blocks, 8 x blocks), orthonormal."""
    j = np.arange(8)
    cosine = np.cos(pi * (j + 0.5) * j[:, None] / 8) / 2
    cosine[0] /= 2**0.5
    return np.kron(np.eye(blocks), cosine[:kept])


@lru_cache(maxsize=48)
def _native_blocks(side, scale):
    """Cosines of blocks of eight pairs of native pixels along a row of stamp pixels, (8, K, side), and the way back,
    (8, side, K): one for each place where the blocks begin. Beyond the stamp its edge goes on."""
    width = 2 * _SCALES[scale]
    count = 8 * -(-(int(side / width) + 8) // 8)
    part = (np.arange(side * _PARTS) + 0.5) / _PARTS
    stamp, cosines = _linear(part - 0.5, side), _cosines(count // 8)
    there, back = [], []
    for begin in range(8):
        place = part / width + begin
        cell = place.astype(int).clip(0, count - 1)
        mean = np.zeros((count, len(part)))
        mean[cell, np.arange(len(part))] = 1
        mean = (mean / mean.sum(1, keepdims=True).clip(1))[np.arange(count).clip(cell[0], cell[-1])]
        there.append(cosines @ (mean @ stamp))
        back.append(_linear(place - 0.5, count).reshape(side, _PARTS, count).mean(1) @ cosines.T)
    return torch.tensor(np.array(there, np.float32)), torch.tensor(np.array(back, np.float32))


@lru_cache(maxsize=8)
def _cutout_blocks(side):
    """The same of blocks of pairs of a cutout's pixels, `KEPT` cosines of each."""
    pairs = CUTOUT // 2
    edges, at = np.linspace(0, pairs, side + 1), np.arange(pairs)
    mean = (np.minimum(edges[1:, None], at + 1) - np.maximum(edges[:-1, None], at)).clip(0) * (side / pairs)
    fine = np.linalg.pinv(mean)  # the smoothest row of which a stamp's is the mean
    blocks = -(-(pairs + 7) // 8)
    cosines = _cosines(blocks, KEPT)
    there = [cosines @ fine[(np.arange(8 * blocks) - begin).clip(0, pairs - 1)] for begin in range(8)]
    back = [mean @ cosines[:, begin : begin + pairs].T for begin in range(8)]
    return torch.tensor(np.array(there, np.float32)), torch.tensor(np.array(back, np.float32))


def _linear(place, count):
    """Weights (places, count) of the two nearest of `count` values in a row."""
    low = np.floor(place).astype(int).clip(0, count - 2)
    share = (place - low).clip(0, 1)
    out = np.zeros((len(place), count))
    out[np.arange(len(place)), low], out[np.arange(len(place)), low + 1] = 1 - share, share
    return out
