"""A small network that is asked by points: image and prompts in, mask out; `measure.segment` asks it."""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import avg_pool2d, interpolate, pad

from ..runtime import device
from .networks import _block
from .weights import load_weights

SIDE = 64  # pixels of the stamps that it is trained on, which are 12 half-light radii wide
VIEWS = 6  # of the image, besides the two maps of points
BLOB = 1.5  # pixels, scatter of the spot that marks a point


class PromptUNet(nn.Module):
    """A small U-Net (Ronneberger+2015, arXiv:1505.04597) with the points as two more channels: 200,000 weights.

    `.down` looks at the image at four resolutions, each half of the one before; `.up` brings what was found there back,
    beside what had been seen on the way (the bridges of the U); `.fine` gives four pixels to each of the finest
    resolution, and `.head` looks at them beside the image itself, and makes one number a pixel.

    Maps (N, 8, H, W), from `prompt_input`, to logits (N, H, W); H and W are multiples of 16.
    """

    def __init__(self, widths=(16, 32, 48, 64)):
        super().__init__()
        channels, deep = VIEWS + 2, widths[::-1]
        self.down = nn.ModuleList(
            nn.Sequential(_block(into, out), _block(out, out, stride=1))
            for into, out in zip((channels, *widths), widths, strict=False)
        )
        self.up = nn.ModuleList(_block(a + b, b, stride=1) for a, b in zip(deep, deep[1:], strict=False))
        self.fine = nn.Sequential(nn.Conv2d(widths[0], 32, 1), nn.PixelShuffle(2))
        self.head = nn.Sequential(_block(8 + channels, 8, stride=1), nn.Conv2d(8, 1, 1))

    def forward(self, x):
        image, seen = x, []
        for block in self.down:
            x = block(x)
            seen.append(x)
        for block, beside in zip(self.up, seen[-2::-1], strict=True):
            x = block(torch.cat((interpolate(x, scale_factor=2.0), beside), 1))
        return self.head(torch.cat((self.fine(x), image), 1))[:, 0]

    @torch.inference_mode()
    def mask(self, image, points, labels):
        """Mask of one image: `galmorph_helpers.measure.segment` checks what is given, and asks here.

        Parameters
        ----------
        image : array (H, W)
            Filled up to a square with the level of its edge, and brought to 64 pixels a side.
        points : array (K, 2)
            x and y, pixels.
        labels : array (K,) of bool
            False where a point is not to be in the mask.

        Returns
        -------
        numpy.ndarray of bool (H, W)
        """
        where, (height, width) = next(self.parameters()).device, image.shape
        side = max(height, width)
        above, left = (side - height) // 2, (side - width) // 2
        edge = np.median(np.r_[image[0], image[-1], image[:, 0], image[:, -1]])
        square = np.full((side, side), edge)
        square[above : above + height, left : left + width] = image
        square = torch.as_tensor(square, dtype=torch.float32, device=where)[None, None]
        if side != SIDE:
            square = interpolate(square, size=(SIDE, SIDE), mode="bilinear", antialias=True)
        points = torch.as_tensor((points + (left, above) + 0.5) * SIDE / side - 0.5, dtype=torch.float32, device=where)
        sign = torch.as_tensor(np.where(labels, 1, -1), device=where)
        logits = _logits(self.eval(), square, points, sign)[None, None]
        logits = interpolate(logits, size=(side, side), mode="bilinear") if side != SIDE else logits
        return (logits[0, 0, above : above + height, left : left + width] > 0).cpu().numpy()


def prompt_network():
    """The shipped network that answers points with masks: a model for `galmorph_helpers.measure.segment`.

    Returns
    -------
    PromptUNet
        Trained on debris around mock galaxies at all depths; data/weights/mock_prompts.md says how well it does.
        Unwanted points hardly change its answer (data/prompts.md).
    """
    return load_weights(PromptUNet(), "mock_prompts").to(device()).eval()


def prompt_input(images, points, sign):
    """What the network sees: six views of each image, and its points.

    Brightness is measured against the noise (from the steps between neighbouring pixels at the edge) and against the
    light under the points, so that neither unit nor depth matters. Views: the image, and what is left of it when it is
    turned by 180 degrees and subtracted, both in units of the noise; the same, smoothed, in units of the light under
    the points; what is left over what was taken for the galaxy; what is left when means over 11 x 11 pixels go.

    Parameters
    ----------
    images : torch.Tensor (N, 1, H, W)
        Linear brightness, the galaxy in the middle.
    points : torch.Tensor (N, K, 2)
        x and y, pixels.
    sign : torch.Tensor (N, K)
        1 where the light under a point is wanted, -1 where it is not, 0 for no point.

    Returns
    -------
    torch.Tensor (N, 8, H, W)
    """
    noise = _edge_noise(images)
    smooth = _smoothed(images)
    turned = torch.rot90(images, 2, (-2, -1)), torch.rot90(smooth, 2, (-2, -1))
    galaxy = torch.minimum(smooth, turned[1])
    left = smooth - galaxy
    there = _under(left, points, sign).clamp(min=noise / 3)  # noise of the smoothed image is about a third
    mean = avg_pool2d(pad(smooth, (5,) * 4, mode="replicate"), 11, stride=1)
    views = (
        torch.asinh(images / noise) / 3, torch.asinh((images - turned[0]) / noise) / 3,
        torch.asinh(smooth / there), torch.asinh((smooth - turned[1]) / there),
        left / (galaxy.clamp(min=0) + left + noise / 3), torch.asinh((smooth - mean) / there),
    )  # fmt: skip
    return torch.cat((*views, *point_maps(points, sign, images.shape[-2:])), 1)


def point_maps(points, sign, shape):
    """Two maps with a spot for each point: the wanted ones, and the unwanted.

    Parameters
    ----------
    points, sign : torch.Tensor (N, K, 2), (N, K)
        As in `prompt_input`.
    shape : (H, W)

    Returns
    -------
    list of torch.Tensor (N, 1, H, W)
        0 to 1.
    """
    y, x = (torch.arange(side, device=points.device, dtype=torch.float32) for side in shape)
    spot = torch.exp(-((y - points[..., 1:]) ** 2) / (2 * BLOB**2))[..., :, None]
    spot = spot * torch.exp(-((x - points[..., :1]) ** 2) / (2 * BLOB**2))[..., None, :]
    return [(spot * (sign == s)[..., None, None]).amax(1, keepdim=True) for s in (1, -1)]


def _smoothed(images):
    """Mean over a small Gaussian (scatter 1 pixel)."""
    x = torch.arange(-3.0, 4, device=images.device)
    line = torch.exp(-(x**2) / 2)
    kernel = line[:, None] * line / line.sum() ** 2
    return torch.nn.functional.conv2d(pad(images, (3,) * 4, mode="replicate"), kernel[None, None])


def _edge_noise(images, frame=6):
    """Noise of a pixel, (N, 1, 1, 1), from the median step between neighbours in the outermost pixels."""
    steps = (images[..., 1:] - images[..., :-1]).abs()
    ring = [steps[..., :frame, :], steps[..., -frame:, :], steps[..., :, :frame], steps[..., :, -frame:]]
    median = torch.cat([part.flatten(1) for part in ring], 1).median(1).values
    floor = images.abs().amax((1, 2, 3)) * 1e-6  # an image without any noise
    return torch.maximum(median / (0.6745 * 2**0.5), floor)[:, None, None, None]


def _under(light, points, sign):
    """Median of the light under the wanted points, (N, 1, 1, 1)."""
    column, row = points.round().long().clamp(0, min(light.shape[-2:]) - 1).unbind(-1)
    found = light[:, 0].flatten(1).gather(1, row * light.shape[-1] + column)
    return found.masked_fill(sign < 1, torch.nan).nanmedian(1).values[:, None, None, None]


def _logits(network, square, points, sign):
    """Mean of the logits (64, 64) of four quarter turns, each turned back: where answers differ, it is nearer."""
    turned = torch.cat([torch.rot90(square, k, (-2, -1)) for k in range(4)])
    x, y = (points - (SIDE - 1) / 2).unbind(-1)
    places = torch.stack([torch.stack(place, -1) for place in ((x, y), (y, -x), (-x, -y), (-y, x))])
    logits = network(prompt_input(turned, places + (SIDE - 1) / 2, sign.expand(4, -1)))
    return sum(torch.rot90(logits[k], -k) for k in range(4)) / 4
