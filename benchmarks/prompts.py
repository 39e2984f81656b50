"""Masks from points: our small network beside the region grower, and beside controls, at four depths (lesson 08).

    python benchmarks/prompts.py --seeds 0 1 2 3 4          data/prompts.csv: half a minute a seed on an idle core

Each seed is a sky of its own. Galaxies are those whose true mask has over 30 pixels; points are drawn in the true mask,
as a person would set them who knows where to look. A seed that is already in the table is replaced.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from storing import store

import galmorph_helpers as gm
from galmorph_helpers.mock.deep import debris_mask

FILE = Path(__file__).parents[1] / "data" / "prompts.csv"
LIMITS, GALAXIES, LEAST = (28.0, 30.0, 31.0, 35.0), 40, 30
SEED = 8000  # of the first sky: far from those of lessons and of the training
SETTINGS = [(significance, share) for significance in (1.0, 2.0, 3.0) for share in (0.1, 0.2, 0.3)]
RADII = (2, 3, 4, 5, 6, 8, 10)  # pixels, of discs about the points
NETWORK, GROWER, DISCS = "network", "region grower, best settings", "discs about the points, best radius"
UNWANTED = "network, and two unwanted points"
CARD = """# prompts

How much of faint debris is marked when somebody points at it: mean intersection over union (IoU) with the true mask
(`gm.mock.deep.debris_mask`, over {least} pixels), mock galaxies of all kinds of debris at four limits.

| | |
| --- | --- |
| command | `python benchmarks/prompts.py --seeds {seeds}` |
| galaxies | {galaxies} of `gm.mock.tidal_sample` a seed; none was seen by `mock_prompts` |
| columns | `seed`, `limit` (mag arcsec^-2, 3 sigma, 10" x 10"), `kind` (all, or streams alone), `n`, `method`, `iou` |
| points | three, drawn in the true mask, where nothing else is said; the same for all methods |
| made | {today}, {machine}, torch {torch}, {minutes:.1f} minutes of one core a seed |
| licence | CC-BY-4.0 |

| method | |
| --- | --- |
| network | `gm.measure.segment(image, points, model=gm.learning.prompt_network())` |
| network, one point | the first of the three alone |
| network, and two unwanted points | two points outside the true mask, labelled 0 |
| network, points two pixels off | scatter of a shaking hand, 2 pixels |
| network, points of another galaxy | control: points that say nothing of this galaxy |
| network, image of another galaxy | control: the points are right, the image says nothing |
| region grower | `gm.measure.segment(image, points)`, as it is |
| region grower, best settings | the best of {settings} pairs of significance and share, chosen for each depth and seed on these very galaxies: that favours it |
| discs about the points, best radius | control: nobody looks at the image; the best of {radii} radii, chosen likewise |

Segment Anything is not in the table, since its weights (375 MB and more) are not part of the course:
`gm.measure.segment(image, points, model=gm.measure.load_sam())` asks it.

Mean over seeds, and the scatter from seed to seed:

{table}

In IoU:

{verdict}

Discs about the points, shaped by no image, do better than the region grower: they are the mark to beat. Unwanted points
that lie anywhere outside change nothing: the network hardly heeds them.
"""  # noqa: E501


def galaxies(seed):
    """Table, true masks (N, H, W), and points: three wanted and two unwanted a galaxy, (N, 5, 2)."""
    table = gm.mock.tidal_population(6 * GALAXIES, seed=SEED + seed, with_features=1.0)
    mask = debris_mask(table).numpy()
    rows = np.flatnonzero(mask.sum((1, 2)) > LEAST)[:GALAXIES]
    rng = np.random.default_rng(SEED + seed)
    points = []
    for true in mask[rows]:
        inside, outside = np.argwhere(true)[:, ::-1], np.argwhere(~true)[:, ::-1]
        points.append(np.r_[inside[rng.choice(len(inside), 3, replace=False)], outside[rng.choice(len(outside), 2)]])
    return table[rows], mask[rows], np.array(points, float)


def answers(images, points, model, seed):
    """{method: masks (N, H, W)} of the images at one depth; the region grower's settings one by one."""
    last, three = [1, 1, 1, 0, 0], points[:, :3]
    shaky = three + np.random.default_rng(seed).normal(0, 2, three.shape)
    asked = {
        NETWORK: (images, three, None),
        "network, one point": (images, points[:, :1], None),
        UNWANTED: (images, points, last),
        "network, points two pixels off": (images, shaky.clip(0, images.shape[-1] - 1), None),
        "network, points of another galaxy": (images, np.roll(three, 1, 0), None),
        "network, image of another galaxy": (np.roll(images, 1, 0), three, None),
    }
    for name, (shown, where, labels) in asked.items():
        yield name, [gm.measure.segment(i, p, labels=labels, model=model) for i, p in zip(shown, where, strict=True)]
    for significance, share in SETTINGS:
        how = {"significance": significance, "share": share}
        yield (significance, share), [gm.measure.segment(i, p, **how) for i, p in zip(images, three, strict=True)]


def discs(points, radius, size=64):
    """Masks (N, size, size) of what is at most `radius` pixels from a point."""
    y, x = np.indices((size, size))
    near = np.hypot(x - points[..., 0, None, None], y - points[..., 1, None, None]) <= radius
    return near.any(1)


def iou_of(masks, true):
    return np.array([gm.measure.overlap(m, t) for m, t in zip(masks, true, strict=True)])


def one(seed, model):
    """All rows of one seed."""
    table, mask, points = galaxies(seed)
    kinds = np.asarray(table["tidal_kind"])
    blind = max((iou_of(discs(points[:, :3], radius), mask) for radius in RADII), key=np.mean)
    for limit in LIMITS:
        images = gm.mock.tidal_sample(table, limit, seed=SEED + seed).images[:, 0].numpy()
        iou = {name: iou_of(masks, mask) for name, masks in answers(images, points, model, seed)}
        grown = [iou.pop(setting) for setting in SETTINGS]
        iou |= {"region grower": grown[SETTINGS.index((2.0, 0.3))], GROWER: max(grown, key=np.mean), DISCS: blind}
        for kind in ("all", "stream"):
            rows = (kinds == kind) | (kind == "all")
            for method, values in iou.items():
                yield {"seed": seed, "limit": limit, "kind": kind, "n": int(rows.sum()), "method": method,
                       "iou": round(float(values[rows].mean()), 4)}  # fmt: skip


def by_seed(table, method, limit, kind="all"):
    """IoU of each seed."""
    rows = (table["method"] == method) & (table["limit"] == limit) & (table["kind"] == kind)
    return np.asarray(table["iou"][rows])


def summary(table):
    """Each method at each depth over the seeds, as Markdown, and what the network gains, as a list."""
    lines = ["| method | " + " | ".join(f"μ = {limit:g}" for limit in LIMITS) + " |"]
    lines.append("| --- |" + " ---: |" * len(LIMITS))
    for kind in ("all", "stream"):
        for method in dict.fromkeys(table["method"]):
            found = [by_seed(table, method, limit, kind) for limit in LIMITS]
            values = " | ".join(f"{v.mean():.3f} ± {v.std(ddof=1) if len(v) > 1 else 0:.3f}" for v in found)
            lines.append(f"| {method}{', streams alone' if kind == 'stream' else ''} | {values} |")
    return "\n".join(lines), "\n".join(gains(table))


def gains(table):
    """What one method gains over another, in a sentence each."""
    for method, other in ((NETWORK, GROWER), (NETWORK, DISCS), (DISCS, GROWER), (UNWANTED, NETWORK)):
        gain = [by_seed(table, method, limit) - by_seed(table, other, limit) for limit in LIMITS]
        said = ", ".join(f"{g.mean():+.3f} at {limit:g} (smallest of {len(g)} seeds {g.min():+.3f})"
                         for g, limit in zip(gain, LIMITS, strict=True))  # fmt: skip
        yield f"- {method}, minus {other}: {said}."


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--out", type=Path, default=FILE.parent, help="folder of the table and its card")
    given = parser.parse_args()
    model = gm.learning.prompt_network()
    for seed in given.seeds:
        begin = time.process_time()
        rows = list(one(seed, model))
        store(
            given.out / FILE.name, rows, CARD, minutes=(time.process_time() - begin) / 60,
            table=lambda table: summary(table)[0], verdict=lambda table: summary(table)[1],
            least=LEAST, galaxies=GALAXIES, settings=len(SETTINGS), radii=len(RADII),
        )  # fmt: skip


if __name__ == "__main__":
    main()
