"""What the mock sky gives away, measured on itself. Writes into benchmarks/fidelity.md.

    python benchmarks/sky.py --seeds 0 1 2            (about five minutes a seed on two cores)
    python benchmarks/sky.py --parts drawn            (half a minute a seed)
    python benchmarks/sky.py --seeds 0 --galaxies 1000 --epochs 2 --drawn 500 --out try.md   (a minute, to try it)

- AUC of early against late types, r < 16: the course's compact network, trained and tested on galaxies drawn with all
  their structure, without any, and without the discs' deficit alone. What is lost is what structure tells.
- Galaxies with light below zero, drawn without noise and neighbours: by more than a ten-thousandth of their peak.
- The largest step of a structural column from S0/a to Sa, in units of its scatter among both.
- AUC of concentration on flux, r < 16, E and S0 against spirals: Petrosian r90 / r50 (Strateva+2001, AJ 122, 1861, find
  80 to 85 % of either kind on its side of a cut), and the C of `morphology_features`.
- A star and cuspy galaxies at FWHM of 1.2 to 6 pixels against GalSim's drawing, and published relations kept.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import galsim
import numpy as np
import torch
from pages import made, table, written
from sklearn.metrics import roc_auc_score

import galmorph_helpers as gm
from galmorph_helpers.imaging.camera import frequency_reach, observe
from galmorph_helpers.mock.demographics import PARTS, population, smoothed
from galmorph_helpers.mock.rendering import TRUNCATION, light
from galmorph_helpers.samples import R90_CUTOUT

BRIGHT = 16.0
# {measure: (bar, aim, whether the bar is an upper limit)}, set before anything was measured.
BARS = {
    "lost without structure": (0.05, None, False),
    "lost without the deficit alone": (0.015, None, True),
    "below zero, of 5,000": (0, None, True),
    "largest step, T = 0 to 1": (0.5, None, True),
    "r90 / r50, AUC": (0.80, 0.90, False),
    "published relations kept, of 37": (37, None, False),
    "star and cuspy galaxies against GalSim, largest L1": (0.01, None, True),
}
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


def told(seed, given):
    """What structure tells a network of early and late types."""
    drawn = population(given.galaxies, seed=seed + 700, magnitude_limit=BRIGHT)
    auc = {name: early_or_late(smoothed(drawn, parts), seed, given.epochs)
           for name, parts in (("all", ()), ("none", tuple(PARTS)), ("flat", ("deficit",)))}  # fmt: skip
    return {
        "early or late, AUC with structure": auc["all"],
        "lost without structure": auc["all"] - auc["none"],
        "lost without the deficit alone": auc["all"] - auc["flat"],
    }


def seen(seed, given):
    """What is seen without a network."""
    below, deepest = below_zero(given.drawn, seed)
    ratio, c = concentrations(min(given.galaxies, 2000), seed)
    kept = gm.mock.describe(population(20_000, seed=seed))["agrees"]  # as many as in lesson 01
    return {
        f"below zero, of {given.drawn:,}": below,
        "deepest pixel, share of the peak": deepest,
        "largest step, T = 0 to 1": largest_step(seed)[1],
        "r90 / r50, AUC": ratio,
        "C, AUC": c,
        f"published relations kept, of {len(kept)}": int((kept == "yes").sum()),
        "star and cuspy galaxies against GalSim, largest L1": off_galsim(),
    }


def off_galsim():
    """Largest L1 difference, share of the flux, of stars and n = 4 galaxies from GalSim's drawing, at any sampling."""
    scale, worst = 0.4, 0.0
    row = smoothed(population(1, seed=0))
    given = {"bulge_to_total": 1, "sersic_index": 4, "bulge_axis_ratio": 0.7, "position_angle": 25, "r_mag": 15}
    for width in (1.2, 1.6, 2.0, 2.6, 3.0, 4.0, 6.0):
        one = {name: getattr(gm.SDSS, name)[1:2] for name in ("bands", "sky_sigma", "electrons")}
        survey = replace(gm.SDSS, **one, psf_fwhm=(width * scale,), pixel_scale=scale, look=None)
        for radius in (1e-3, 0.9, 2.4):  # half-light radius, arcsec: the first is a star
            for name, value in (given | {"bulge_radius": radius}).items():
                row[name] = value * (row[name].unit or 1)
            spectrum = light(
                row, np.array([scale]), bands=("r",), field=False, reach=frequency_reach(survey, [scale])[0]
            )
            mine = observe(spectrum, survey, torch.tensor([scale]), noise=False)[0, 0].numpy()
            source = galsim.DeltaFunction()
            if radius > 0.1:
                source = galsim.Sersic(4, half_light_radius=radius, trunc=TRUNCATION * radius, flux_untruncated=True)
                source = source.shear(q=0.7, beta=25 * galsim.degrees).expand(0.7**0.5).withFlux(1)
            blurred = galsim.Convolve(source, galsim.Moffat(3.5, fwhm=width * scale))
            theirs = 1000 * blurred.drawImage(nx=64, ny=64, scale=scale).array  # nanomaggies of r = 15
            worst = max(worst, float(np.abs(mine - theirs).sum() / theirs.sum()))
    return worst


PARTS_OF = {"told": ("What structure tells", told), "drawn": ("The mock sky by itself", seen)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--parts", nargs="+", choices=PARTS_OF, default=list(PARTS_OF))
    parser.add_argument("--galaxies", type=int, default=6000, help="to train and test each network on")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--drawn", type=int, default=5000, help="galaxies to look for light below zero in")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("fidelity.md"))
    given = parser.parse_args()
    for part in given.parts:
        heading, work = PARTS_OF[part]
        lines = made(f"python benchmarks/sky.py --parts {part} --seeds {' '.join(map(str, given.seeds))}")
        lines += table({seed: work(seed, given) for seed in given.seeds}, BARS, form="{:.3g}")
        written(given.out, heading, lines)
        print("\n".join(lines))


if __name__ == "__main__":
    main()
