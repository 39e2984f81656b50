"""Networks: the one of Domínguez Sánchez+2018, exactly, and a compact one for a laptop. Networks know no galaxy."""

import copy
from collections import OrderedDict

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


class DS18(nn.Sequential):
    """The CNN of Domínguez Sánchez+2018 (MNRAS 476, 3661), after Huertas-Company+2015: 2,602,849 weights.

    `.trunk` finds what tells galaxies apart, 64 numbers a galaxy; `.head` makes one answer of them.
    Maps (N, 3, 69, 69) to (N,) logits (or values, for the T-Type).
    """

    def __init__(self, channels=3, size=69):
        side = size // 2 // 2  # two poolings, each of which halves the image
        trunk = nn.Sequential(
            # 32 patterns of 6 x 6 pixels; Dropout silences half of them in each step, so that none is relied upon
            nn.ZeroPad2d((2, 3, 2, 3)),
            nn.Conv2d(channels, 32, 6),
            nn.ReLU(),
            nn.Dropout(0.5),
            # 64 patterns of those patterns, then the strongest of each 2 x 2 pixels
            nn.Conv2d(32, 64, 5, padding="same"),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Dropout(0.25),
            # 128 patterns, of a larger part of the galaxy, and pooled again
            nn.ZeroPad2d((0, 1, 0, 1)),
            nn.Conv2d(64, 128, 2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Dropout(0.25),
            # a last look, without pooling
            nn.Conv2d(128, 128, 3, padding="same"),
            nn.ReLU(),
            nn.Dropout(0.25),
            # what was found where, weighed: here are nine tenths of all weights
            nn.Flatten(),
            nn.Linear(side * side * 128, 64),
            nn.ReLU(),
            nn.Dropout(0.5),
        )
        head = nn.Sequential(nn.Linear(64, 1), nn.Flatten(0))
        super().__init__(OrderedDict(trunk=trunk, head=head))


class CompactCNN(nn.Sequential):
    """A small CNN that trains in under a minute on two cores: 290,000 weights for 64 pixels.

    `.stretch` lifts faint discs and arms towards bright cores; `.trunk` is three strided convolutions, which shrink the
    image, and a dense layer, which weighs what was found *where*: a neighbour at the edge counts otherwise than the
    galaxy in the middle; `.head` makes answers of the trunk's 64 numbers.

    Maps (N, C, size, size) to (N,) logits or values, or with `outputs` > 1 to (N, outputs).

    Examples
    --------
    >>> CompactCNN(outputs=3)(torch.zeros(2, 3, 64, 64)).shape
    torch.Size([2, 3])
    """

    def __init__(self, channels=3, outputs=1, size=64):
        if size < 16:
            raise ValueError(f"the compact network needs stamps of at least 16 pixels a side, got size={size}.")
        side = (size - 4) // 4 + 1  # after the first convolution; the others halve it, rounding up
        side = -(-side // 4)
        # A square root, then every band with mean 0 and scatter 1 over the galaxies of the training.
        stretch = nn.Sequential(SignedRoot(), nn.BatchNorm2d(channels, affine=False))
        trunk = nn.Sequential(
            _block(channels, 48, kernel=6, stride=4),  # edges, cores, knots
            _block(48, 96),  # parts of arms, of a bar
            _block(96, 128),  # how they lie to each other
            nn.Sequential(nn.Flatten(), nn.Dropout(0.3), nn.Linear(128 * side**2, 64), nn.ReLU()),
        )
        # One answer comes as (N,), since targets do; several as (N, outputs).
        head = nn.Sequential(nn.Linear(64, outputs), nn.Flatten(0) if outputs == 1 else nn.Identity())
        super().__init__(OrderedDict(stretch=stretch, trunk=trunk, head=head))

    def latent(self, images):
        """The 64 numbers a galaxy that the head makes its answers of: (N, C, size, size) to (N, 64)."""
        return self.trunk(self.stretch(images))


class Encoder(nn.Sequential):
    """A small encoder: strided convolutions, each of which halves the image (`.trunk`), then features (`.head`).

    By default these are the mean over the image: they say what is there, not where. With `size`, the side of the
    images in pixels, a dense layer weighs what was found where, as a shape asks for.

    Maps (N, C, H, W) to (N, widths[-1]) features, with `size` to (N, `features`).
    """

    def __init__(self, channels=3, widths=(32, 64, 128), *, size=None, features=128):
        halvings = 2 ** len(widths)
        if size is not None and size % halvings:
            raise ValueError(f"size must be a multiple of {halvings}, which convolutions halve; got {size}.")
        trunk = nn.Sequential(
            _block(channels, widths[0], kernel=5, padding=2),
            *(_block(into, out) for into, out in zip(widths, widths[1:], strict=False)),
        )
        if size is None:
            head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        else:
            weights = widths[-1] * (size // halvings) ** 2
            head = nn.Sequential(nn.Flatten(), nn.Linear(weights, features), nn.BatchNorm1d(features), nn.ReLU())
        super().__init__(OrderedDict(trunk=trunk, head=head))


class SignedRoot(nn.Module):
    """sign(x) sqrt|x|: a stretch that keeps the sign of noise."""

    def forward(self, x):
        return torch.copysign(torch.abs(x).sqrt_(), x)


def _block(into, out, *, kernel=3, stride=2, padding=1):
    """Look for `out` patterns, bring each to mean 0 and scatter 1, keep where it was found (above 0)."""
    convolution = nn.Conv2d(into, out, kernel, stride, padding=padding, bias=False)  # the normalisation has a bias
    return nn.Sequential(convolution, nn.BatchNorm2d(out), nn.ReLU())


def layers(network):
    """The layers of a network in the order in which an image passes them, parts that are chains themselves opened.

    Parameters
    ----------
    network : torch.nn.Module
        One that is no chain (`torch.nn.Sequential`), or has a forward of its own, is one layer.

    Yields
    ------
    torch.nn.Module
    """
    if type(network).forward is not nn.Sequential.forward:
        yield network
        return
    for part in network.children():
        yield from layers(part)


def rectified(network, x):
    """What a network makes of a batch, and what it saw on the way.

    Parameters
    ----------
    network : torch.nn.Sequential
    x : torch.Tensor (N, C, H, W)

    Returns
    -------
    torch.Tensor
        The network's output.
    list of torch.Tensor (N, C, H, W)
        The maps behind every rectifier (ReLU).
    """
    maps = []
    for layer in layers(network):
        x = layer(x)
        if isinstance(layer, nn.ReLU) and x.ndim == 4:
            maps.append(x)
    return x, maps


@torch.no_grad()
def fused(network, shape):
    """A copy for prediction alone, faster on a CPU: each batch normalisation is folded into a convolution.

    In evaluation mode a normalisation is linear, y = a x + b in each band, and so is a convolution. Behind one, a
    scales its weights and b shifts its bias. Before one, a scales its weights, too; what b becomes is the convolution
    of an image of b, which is not the same everywhere: beyond the border are zeros.

    Parameters
    ----------
    network : torch.nn.Module
        Folded if it is a chain (`torch.nn.Sequential`) without hooks; any other is returned as it is.
    shape : (C, H, W)
        Of the images to come.

    Returns
    -------
    torch.nn.Module
        In evaluation mode; outputs equal those of `network` to rounding.
    """
    hooked = any(m._forward_hooks or m._forward_pre_hooks for m in network.modules())
    if type(network).forward is not nn.Sequential.forward or hooked or len(list(network.parameters())) == 0:
        return network.eval()
    chain = []
    for layer in layers(copy.deepcopy(network).eval()):
        if isinstance(layer, nn.BatchNorm2d) and chain and isinstance(chain[-1], nn.Conv2d):
            chain[-1] = fuse_conv_bn_eval(chain[-1], layer)
        elif not isinstance(layer, nn.Dropout):
            chain.append(layer)
    weight = next(network.parameters())
    quick, seen = [], torch.zeros((1, *shape), device=weight.device, dtype=weight.dtype)
    while chain:
        layer = chain.pop(0)
        before = isinstance(layer, nn.BatchNorm2d) and chain and isinstance(chain[0], nn.Conv2d)
        if before and chain[0].padding_mode == "zeros" and chain[0].groups == 1:
            convolution = chain.pop(0)
            b_seen = convolution(layer(torch.zeros_like(seen)))
            a = torch.rsqrt(layer.running_var + layer.eps) * (1 if layer.weight is None else layer.weight)
            convolution.weight.mul_(a[:, None, None])
            convolution.bias = None
            quick += [convolution, _Plus(b_seen.clone(memory_format=torch.channels_last))]
            seen = b_seen
            continue
        if isinstance(layer, nn.ReLU) and quick and isinstance(quick[-1], nn.Conv2d | nn.Linear | _Plus):
            layer = nn.ReLU(inplace=True)  # writes over what no one else holds
        seen = layer(seen)
        quick.append(layer)
    return nn.Sequential(*quick).eval()


class _Plus(nn.Module):
    """Adds a map, in place."""

    def __init__(self, b):
        super().__init__()
        self.register_buffer("b", b)

    def forward(self, x):
        return x.add_(self.b)


def count_parameters(network):
    """Number of weights of a network that training changes.

    Examples
    --------
    >>> count_parameters(CompactCNN())
    288993
    """
    return sum(p.numel() for p in network.parameters() if p.requires_grad)
