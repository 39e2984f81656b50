"""What the mock sky gives away, measured: a table in markdown, one column a seed.

    python benchmarks/sky.py --seeds 0 1 2            (about five minutes a seed on two cores)
    python benchmarks/sky.py --seeds 0 --galaxies 1000 --epochs 2 --drawn 500        (a minute, to try it)

- AUC of early against late types, r < 16: the course's compact network, trained and tested on galaxies drawn with all
  their structure, without any, and without the discs' deficit alone. What is lost is what structure tells.
- Galaxies with light below zero, drawn without noise and neighbours: by more than a ten-thousandth of their peak.
- The largest step of a structural column from S0/a to Sa, in units of its scatter among both.
- AUC of concentration on flux, r < 16, E and S0 against spirals: Petrosian r90 / r50 (Strateva+2001, AJ 122, 1861, find
  80 to 85 % of either kind on its side of a cut), and the C of `morphology_features`.
"""

import argparse

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

import galmorph_helpers as gm
from galmorph_helpers.imaging.camera import frequency_reach, observe
from galmorph_helpers.mock.demographics import PARTS, population, smoothed
from galmorph_helpers.mock.rendering import light
from galmorph_helpers.samples import R90_CUTOUT

BRIGHT = 16.0
STRUCTURAL = ("bulge_to_total", "sersic_index", "thickness", "half_light_radius", "arm_contrast", "arm_pitch",
              "flocculence", "bar_light", "ring_light", "patchiness", "knot_light", "dust", "lopsidedness", "warp",
              "disc_deficit", "boxiness", "twist", "shell_light", "satellites")  # fmt: skip


def early_or_late(table, seed, epochs):
    """AUC of the compact network on the quarter of the galaxies that it did not see."""
    sky, late = gm.mock_sample(table=table, seed=seed), np.asarray(table["ltg"], float)
    train, held = round(0.68 * len(late)), round(0.75 * len(late))
    torch.manual_seed(seed)
    network = gm.CompactCNN()
    validation = (sky.images[train:held], late[train:held])
    gm.fit(network, sky.images[:train], late[:train], validation=validation, epochs=epochs, loss="bce", seed=seed)
    return roc_auc_score(late[held:], gm.predict(network, sky.images[held:]))


def below_zero(n, seed):
    """Galaxies whose noiseless image falls below -1e-4 of its peak, and the deepest of all in that unit."""
    table = population(n, seed=seed + 400)
    scale = R90_CUTOUT * table["r90"].to_value("arcsec") / 64
    reach, deepest = frequency_reach(gm.SDSS, scale), np.zeros(n)
    for one in np.unique(reach):
        for rows in np.array_split(np.flatnonzero(reach == one), np.ceil((reach == one).sum() / 64)):
            spectrum = light(table[rows], scale[rows], seed=seed, field=False, reach=one)
            images = observe(spectrum, gm.SDSS, torch.as_tensor(scale[rows], dtype=torch.float32), noise=False)
            deepest[rows] = (images.amin((2, 3)) / images.amax((2, 3))).amin(1)
    return int((deepest < -1e-4).sum()), float(deepest.min())


def largest_step(seed):
    """Name of the column that differs most between T = 0 and T = 1, and by how many times its scatter."""
    table = population(40_000, seed=seed + 500)
    zero, one = table["t_type"] == 0, table["t_type"] == 1
    steps = {}
    for name in STRUCTURAL:
        values = np.asarray(getattr(table[name], "value", table[name]), float)
        scatter = np.sqrt((values[zero].var() + values[one].var()) / 2)
        steps[name] = abs(values[one].mean() - values[zero].mean()) / scatter
    return max(steps.items(), key=lambda item: item[1])


def concentrations(n, seed):
    """AUC of r90 / r50 and of C, measured in r on flux; neighbours are not masked for the first."""
    table = population(n, seed=seed + 600, magnitude_limit=BRIGHT)
    sky, early = gm.mock_sample(table=table, look="flux", seed=seed), np.asarray(table["t_type"]) <= 0
    features = gm.morphology_features(sky.images)
    radius = np.hypot(*(np.mgrid[:64, :64] - 31.5)).ravel()
    order = np.argsort(radius)
    growth = np.cumsum(sky.images[:, 1].flatten(1).numpy()[:, order], 1)
    ratio = np.empty(n)
    for k, petrosian in enumerate(features["r_petrosian"]):
        total = np.interp(min(2 * petrosian, 31.0), radius[order], growth[k])
        r50, r90 = np.interp((0.5, 0.9), np.maximum.accumulate(growth[k] / total), radius[order])
        ratio[k] = r90 / r50
    return roc_auc_score(early, ratio), roc_auc_score(early, features["concentration"])


def measure(seed, given):
    """{what: value in words} of one seed."""
    table = population(given.galaxies, seed=seed + 700, magnitude_limit=BRIGHT)
    auc = {name: early_or_late(smoothed(table, parts), seed, given.epochs)
           for name, parts in (("all", ()), ("none", tuple(PARTS)), ("flat", ("deficit",)))}  # fmt: skip
    below, deepest = below_zero(given.drawn, seed)
    column, step = largest_step(seed)
    ratio, c = concentrations(min(given.galaxies, 2000), seed)
    return {
        "early or late, AUC with structure": f"{auc['all']:.3f}",
        "lost without structure": f"{auc['all'] - auc['none']:+.3f}",
        "lost without the deficit alone": f"{auc['all'] - auc['flat']:+.3f}",
        f"below zero, of {given.drawn:,}": f"{below} (deepest {deepest:.0e} of the peak)",
        "largest step, T = 0 to 1": f"{step:.2f} ({column})",
        "r90 / r50, AUC": f"{ratio:.3f}",
        "C, AUC": f"{c:.3f}",
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--galaxies", type=int, default=6000, help="to train and test each network on")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--drawn", type=int, default=5000, help="galaxies to look for light below zero in")
    given = parser.parse_args()
    found = [measure(seed, given) for seed in given.seeds]
    print("| measure |", " | ".join(f"seed {s}" for s in given.seeds), "|\n| --- |" + " --- |" * len(found))
    for name in found[0]:
        print(f"| {name} |", " | ".join(one[name] for one in found), "|")


if __name__ == "__main__":
    main()
