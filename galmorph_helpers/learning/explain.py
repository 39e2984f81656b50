"""What a network looks at."""

import torch


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
    device = next(network.parameters()).device
    fill = image.flatten(1).median(1).values[:, None, None]
    corners = [(y, x) for y in range(0, h - patch + 1, stride) for x in range(0, w - patch + 1, stride)]
    covered = image.repeat(len(corners), 1, 1, 1)
    for i, (y, x) in enumerate(corners):
        covered[i, :, y : y + patch, x : x + patch] = fill
    network.eval()
    with torch.no_grad():
        fall = (network(image[None].to(device)) - network(covered.to(device))).cpu()
    total, times = torch.zeros(h, w), torch.zeros(h, w)
    for value, (y, x) in zip(fall, corners, strict=True):
        total[y : y + patch, x : x + patch] += value
        times[y : y + patch, x : x + patch] += 1
    return total / times.clamp(min=1)


def saliency(network, images):
    """Gradient of the logit with respect to each pixel, times the pixel's value: what the answer hangs on.

    Parameters
    ----------
    network : torch.nn.Module
    images : torch.Tensor (N, C, H, W)

    Returns
    -------
    torch.Tensor (N, H, W)
        Absolute values summed over channels, smoothed over 3 x 3 pixels, each map's maximum 1.
    """
    device = next(network.parameters()).device
    network.eval()
    shown = images.to(device).clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(network(shown).sum(), shown)
    maps = (gradient * shown.detach()).abs().sum(1, keepdim=True)
    maps = torch.nn.functional.avg_pool2d(maps, 3, stride=1, padding=1)[:, 0]
    return (maps / maps.amax((-2, -1), keepdim=True).clamp(min=1e-12)).cpu()
