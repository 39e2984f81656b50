"""Sixteen mock galaxies beside sixteen observed ones of the same class and brightness: would you know at a glance?

    GALMORPH_DATA=/path/to/sets python benchmarks/portraits.py        (writes _build/portraits.png; ten seconds)

Left mock, right observed (set gz1_sdss_6446): four rows each of smooth galaxies, of spirals and of discs on edge. Mock
classes are what mock volunteers see; each observed galaxy gets the mock one of its class whose stamp is as bright.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image

import galmorph_helpers as gm

CLASSES = {"elliptical": 6, "spiral": 6, "edge_on": 4}  # how many of each


def observed(rng):
    """Stamps of the set by class: {class: images (n, 3, 64, 64)}."""
    sample = gm.read_folder(Path(gm.runtime.observed_root()) / "gz1_sdss_6446", size=64, crop=212)
    kind, images = np.asarray(sample.table["class_name"]).astype(str), np.asarray(sample.images)
    rows = {name: rng.permutation(np.flatnonzero(np.char.startswith(kind, name))) for name in CLASSES}
    return {name: images[rows[name][:count]] for name, count in CLASSES.items()}


def mock(seed):
    """Many mock stamps by what volunteers call them: {class: images}."""
    sky = gm.mock_sample(3000, seed=seed)
    votes, images = gm.mock.volunteer_votes(sky.table, gm.SDSS, seed=seed), np.asarray(sky.images)
    return {
        "elliptical": images[votes["smooth"] > 0.7],
        "spiral": images[votes["spiral"] > 0.5],
        "edge_on": images[votes["edge_on"] > 0.6],
    }


def brightness(images):
    """Mean over the middle half of each stamp."""
    return images[..., 16:48, 16:48].mean((1, 2, 3))


def alike(pool, wanted):
    """For each stamp of `wanted` the one of `pool` that is as bright, each used once."""
    values, taken = brightness(pool), []
    for value in brightness(wanted):
        order = np.argsort(abs(values - value))
        taken.append(next(k for k in order if k not in taken))
    return pool[taken]


def sheet(images, columns=4):
    """Stamps side by side on white, (H, W, 3)."""
    n, _, h, w = images.shape
    page = np.ones((-(-n // columns) * (h + 2), columns * (w + 2), 3))
    for k, image in enumerate(images):
        y, x = k // columns * (h + 2), k % columns * (w + 2)
        page[y : y + h, x : x + w] = image.transpose(1, 2, 0)
    return page


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("_build/portraits.png"))
    given = parser.parse_args()
    if gm.runtime.observed_root() is None:
        sys.exit("set GALMORPH_DATA to the folder that holds gz1_sdss_6446 (data/README.md says what it looks like)")
    seen, drawn = observed(np.random.default_rng(given.seed)), mock(given.seed)
    right = np.concatenate(list(seen.values()))
    left = np.concatenate([alike(drawn[name], seen[name]) for name in CLASSES])
    between = np.ones((sheet(left).shape[0], 16, 3))
    page = np.concatenate([sheet(left), between, sheet(right)], 1)
    image = Image.fromarray((255 * page).clip(0, 255).astype(np.uint8))
    given.out.parent.mkdir(parents=True, exist_ok=True)
    image.resize((3 * image.width, 3 * image.height), Image.Resampling.NEAREST).save(given.out)
    print(f"{given.out}: left mock, right observed; rows of smooth galaxies, spirals, discs on edge")


if __name__ == "__main__":
    main()
