"""Train the network that answers points with masks, on mock debris at all depths; write it with its card.

python tools/weights_prompts.py               (part of make weights; about eight minutes on one core)
python tools/weights_prompts.py --galaxies 2000 --epochs 1 --out /tmp/try
"""

import math

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

import galmorph_helpers as gm
from galmorph_helpers.learning.augmentation import augment
from galmorph_helpers.learning.prompts import prompt_input
from galmorph_helpers.mock.deep import debris_mask
from shipping import options, ship

SEED = 940_000  # far from the seeds of the lessons and of the benchmark: no galaxy of theirs was seen
LIMITS = (26, 27, 28, 29, 30, 31, 33, 35)
DEPTHS = 2  # at which each galaxy is drawn
SMALLEST = 12  # pixels: debris that shows less is left out
WANTED, UNWANTED = 6, 3  # at most so many points are drawn for a galaxy
OFF = 1.0  # pixels: scatter of points about those that were drawn, in half of the galaxies: hands shake
CARD = """# mock_prompts

The small U-Net of `galmorph_helpers.learning.prompt_network` (64 pixels, {weights:,} weights): an image and points in,
the mask of the debris that the points lie on out. Ask it by `gm.measure.segment(image, points, model=...)`.

| | |
| --- | --- |
| trained on | {images:,} images of {galaxies:,} clean mock galaxies with debris (`gm.mock.tidal_sample`, seed {seed}), {epochs} epochs; none observed |
| depths | limits (3 sigma, 10" x 10") of {limits} mag arcsec^-2 |
| true masks | `gm.mock.deep.debris_mask`, at least {smallest} pixels: what is above 0.3 of its peak and above half of the galaxy there, without noise |
| points | 1 to {wanted} drawn in the true mask, 0 to {unwanted} outside; in half of the images each {off:g} pixel off |
| loss | binary cross-entropy plus 1 - Dice |
| validation | IoU {iou:.3f}, three points in the mask, all depths ({validation:,} images of other mock galaxies) |
| command | `python tools/weights_prompts.py --galaxies {asked} --epochs {epochs}` |
| made | {today}, {machine}, torch {torch} |
| SHA-256 | `{digest}` |
| licence | CC-BY-4.0 |

Beside the region grower and controls, at four depths: [prompts](../prompts.md).

What it is not for: observed images were never shown to it, nor cirrus, stars or artefacts; nor
points where there is no debris, so that an empty answer was never right. Points labelled 0
hardly change its answer.
"""  # noqa: E501


def drawn(n, seed):
    """Images (N, 1, 64, 64) at depths drawn anew for each, with true masks (N, 1, 64, 64); number of galaxies."""
    table = gm.mock.tidal_population(n, seed=seed, with_features=1.0)
    mask = debris_mask(table)
    seen = np.flatnonzero(mask.flatten(1).sum(1) >= SMALLEST)
    rng = np.random.default_rng(seed)
    skies = [
        gm.mock.tidal_sample(table[seen], rng.choice(LIMITS, len(seen)).astype(float), seed=seed + k)
        for k in range(DEPTHS)
    ]
    return torch.cat([sky.images for sky in skies]), mask[seen][:, None].repeat(DEPTHS, 1, 1, 1), len(seen)


def pointed(mask, generator, *, wanted=WANTED, unwanted=UNWANTED, off=OFF):
    """Points (N, K, 2) and their signs (N, K): a random number in each mask (N, 1, H, W), and outside it."""
    inside = mask.flatten(1).float()
    places = [torch.multinomial(inside, wanted, generator=generator)]
    if unwanted:
        places.append(torch.multinomial(1 - inside, unwanted, generator=generator))
    place, side = torch.cat(places, 1), mask.shape[-1]
    points = torch.stack((place % side, place // side), -1).float()
    shaky = torch.rand(len(mask), 1, 1, generator=generator) < 0.5
    points = points + off * shaky * torch.randn(points.shape, generator=generator)
    sign = torch.ones(points.shape[:2])
    sign[:, wanted:] = -1
    if off:  # a random number of either kind; the others are not shown
        for begin, end, fewest in ((0, wanted, 1), (wanted, wanted + unwanted, 0)):
            shown = torch.randint(fewest, end - begin + 1, (len(mask), 1), generator=generator)
            sign[:, begin:end] *= torch.arange(end - begin) < shown
    return points.clamp(0, side - 1), sign


def loss(logits, mask):
    """Binary cross-entropy (each pixel counts) plus 1 - Dice (each galaxy counts)."""
    p = torch.sigmoid(logits)
    dice = (2 * (p * mask).sum((1, 2)) + 1) / (p.sum((1, 2)) + mask.sum((1, 2)) + 1)
    return binary_cross_entropy_with_logits(logits, mask) + 1 - dice.mean()


def train(network, images, mask, epochs):
    """The loop of `gm.fit`, with new points whenever a galaxy is shown."""
    how = gm.learning.training.Training(epochs=epochs, batch_size=32, learning_rate=4e-3)
    steps = math.ceil(len(images) / how.batch_size)
    optimiser, schedule = how.optimiser(network.parameters(), steps)
    generator = torch.Generator().manual_seed(SEED)
    for epoch in range(epochs):
        network.train()
        total = 0.0
        for batch in torch.randperm(len(images), generator=generator).tensor_split(steps):
            shown, true = augment(torch.cat((images[batch], mask[batch]), 1), generator=generator).split(1, 1)
            value = loss(network(prompt_input(shown, *pointed(true, generator))), true[:, 0])
            optimiser.zero_grad()
            value.backward()
            optimiser.step()
            schedule.step()
            total += value.item() / steps
        print(f"epoch {epoch + 1}: loss {total:.3f}", flush=True)


@torch.inference_mode()
def score(network, images, mask):
    """Mean IoU with three points in the mask."""
    points, sign = pointed(mask, torch.Generator().manual_seed(0), wanted=3, unwanted=0, off=0.0)
    parts = zip(images.split(64), points.split(64), sign.split(64), strict=True)
    found = torch.cat([network.eval()(prompt_input(*part)) for part in parts]) > 0
    true = mask[:, 0]
    return ((found & true).sum((1, 2)) / (found | true).sum((1, 2))).mean().item()


def main():
    given = options(__doc__, galaxies=14_000, epochs=6, kilobytes=40)
    held, held_mask, _ = drawn(1000, SEED + 1000)
    images, mask, galaxies = drawn(given.galaxies, SEED)
    gm.runtime.seed_everything(SEED)
    network = gm.learning.PromptUNet()
    train(network, images, mask.float(), given.epochs)
    ship(
        network.state_dict(), "mock_prompts", CARD, given.out, weights=gm.learning.count_parameters(network),
        images=len(images), galaxies=galaxies, asked=given.galaxies, seed=SEED, epochs=given.epochs, off=OFF,
        limits=", ".join(map(str, LIMITS)), smallest=SMALLEST, wanted=WANTED, unwanted=UNWANTED,
        iou=score(network, held, held_mask), validation=len(held),
    )  # fmt: skip


if __name__ == "__main__":
    main()
