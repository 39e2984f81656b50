"""Networks: the one of Domínguez Sánchez+2018, exactly, and a compact one for a laptop. Networks know no galaxy."""

import torch
from torch import nn


class DS18(nn.Sequential):
    """The CNN of Domínguez Sánchez+2018 (MNRAS 476, 3661), after Huertas-Company+2015: 2,602,849 weights.

    Maps (N, 3, 69, 69) to (N,) logits (or values, for the T-Type).
    """

    def __init__(self, channels=3, size=69):
        side = size // 2 // 2
        super().__init__(
            nn.ZeroPad2d((2, 3, 2, 3)),
            nn.Conv2d(channels, 32, 6),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Conv2d(32, 64, 5, padding="same"),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Dropout(0.25),
            nn.ZeroPad2d((0, 1, 0, 1)),
            nn.Conv2d(64, 128, 2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Dropout(0.25),
            nn.Conv2d(128, 128, 3, padding="same"),
            nn.ReLU(),
            nn.Dropout(0.25),
            nn.Flatten(),
            nn.Linear(side * side * 128, 64),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(64, 1),
            nn.Flatten(0),
        )


class CompactCNN(nn.Sequential):
    """A small CNN that trains in under a minute on two cores.

    Maps (N, C, H, W), H and W at least 32, to (N,) logits or, with `outputs` > 1, (N, outputs).
    """

    def __init__(self, channels=3, outputs=1, width=24):
        w = width
        super().__init__(
            nn.PixelUnshuffle(2),
            *_block(4 * channels, w, stride=2),
            *_block(w, 2 * w),
            *_block(2 * w, 4 * w, stride=2),
            *_block(4 * w, 5 * w, stride=2),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(5 * w, outputs),
            *([nn.Flatten(0)] if outputs == 1 else []),
        )


def _block(into, out, *, stride=1):
    return nn.Conv2d(into, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU()


def count_parameters(network):
    """Number of weights of a network that training changes."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)


def occlusion_map(network, image, *, patch=9, stride=3):
    """How much the logit falls when a patch is covered: where the network looks (Zeiler & Fergus 2014).

    A patch is covered with the median of the stamp in each band.

    Parameters
    ----------
    network : torch.nn.Module
    image : torch.Tensor (C, H, W)
    patch, stride : int
        Side of the patch and step between patches, pixels.

    Returns
    -------
    torch.Tensor (H, W)
        Mean fall of the logit over the patches that cover each pixel; positive where the pixels argue for "yes".
    """
    c, h, w = image.shape
    where = next(network.parameters()).device
    fill = image.flatten(1).median(1).values[:, None, None]
    corners = [(y, x) for y in range(0, h - patch + 1, stride) for x in range(0, w - patch + 1, stride)]
    covered = image.repeat(len(corners), 1, 1, 1)
    for i, (y, x) in enumerate(corners):
        covered[i, :, y : y + patch, x : x + patch] = fill
    network.eval()
    with torch.no_grad():
        fall = (network(image[None].to(where)) - network(covered.to(where))).cpu()
    total, times = torch.zeros(h, w), torch.zeros(h, w)
    for value, (y, x) in zip(fall, corners, strict=True):
        total[y : y + patch, x : x + patch] += value
        times[y : y + patch, x : x + patch] += 1
    return total / times.clamp(min=1)
