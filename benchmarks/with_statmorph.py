"""Compare the features by hand with statmorph (Rodriguez-Gomez et al. 2019), on the same stamps.

    python benchmarks/with_statmorph.py                     (some minutes on one core; writes benchmarks/statmorph.md)
    GALMORPH_DATA=/path/to/sets python benchmarks/with_statmorph.py --galaxies 24

Three tables: how far the two are apart on mock and on observed stamps; how each drifts from its own value on the sharp
picture without noise, where noise and PSF grow; galaxies a second. statmorph is given the sources that photutils finds,
as its tutorial does, and one iteration of its Sersic fit, which is not compared and would take most of its time.
"""

import argparse
import os
import platform
import time
import warnings
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import statmorph
import torch
from astropy.convolution import Gaussian2DKernel, convolve_fft
from photutils.segmentation import SourceFinder

import galmorph_helpers as gm
from galmorph_helpers.imaging.camera import frequency_reach
from galmorph_helpers.mock.rendering import light

SEED, SIZE = 77, 96
SAME = {"C": "concentration", "A": "asymmetry", "Gini": "gini", "M20": "m20", "r50": "r50"}
OURS, THEIRS = SAME | {"r_petrosian": "r_petrosian"}, SAME | {"r_petrosian": "rpetro_circ"}
SHARP = 1.0  # FWHM of the PSF in the pictures that the truth is measured on, pixels
PSF, NOISE = (SHARP, 3.0, 6.0), (80, 20, 5)  # FWHM, pixels; mean signal to noise of a pixel inside r50
FEWEST = 0.5  # of a cell's galaxies: with fewer a median says little


def pictures(table, fwhm):
    """Mock galaxies in the r band without noise, of a camera with this PSF (pixels): array (N, SIZE, SIZE)."""
    scale = 4.24 * table["r90"].to_value("arcsec") / SIZE
    images = np.empty((len(table), SIZE, SIZE))
    for row, pixel in enumerate(scale):
        survey = replace(gm.SDSS, pixel_scale=float(pixel), psf_fwhm=(float(fwhm * pixel),) * len(gm.SDSS.bands))
        one = np.array([pixel])
        spectrum = light(
            table[row : row + 1], one, size=SIZE, bands=("r",), filters=survey.filters, seed=SEED + row,
            device=torch.device("cpu"), reach=frequency_reach(survey, one)[0],
        )  # fmt: skip
        survey = replace(
            survey, bands=("r",), psf_fwhm=survey.psf_fwhm[:1], sky_sigma=(1.0,), electrons=(1.0,), filters=None
        )
        images[row] = gm.observe(spectrum, survey, torch.tensor(one), size=SIZE, noise=False)[0, 0]
    return images


def with_noise(images, r50, ratio):
    """White noise, by which a pixel inside r50 has this ratio of signal to noise on average."""
    y, x = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    inside = np.hypot(x, y) < np.asarray(r50)[:, None, None]
    sigma = (images * inside).sum((1, 2)) / inside.sum((1, 2)) / ratio
    noise = np.random.default_rng(SEED).normal(size=images.shape)
    return images + sigma[:, None, None] * noise


def by_statmorph(image):
    """{name: value} of the source in the middle; NaN where statmorph finds none, or flags what it measured as bad."""
    smooth = convolve_fft(image, Gaussian2DKernel(1.5))
    edge = np.concatenate([smooth[:6].ravel(), smooth[-6:].ravel(), smooth[:, :6].ravel(), smooth[:, -6:].ravel()])
    level = np.median(edge)
    sky = 1.4826 * np.median(abs(edge - level))
    pixel = np.concatenate([image[:6].ravel(), image[-6:].ravel()])
    noise = 1.4826 * np.median(abs(pixel - np.median(pixel)))
    found = SourceFinder(8, deblend=False, progress_bar=False)(smooth - level, max(2 * sky, 0.004 * smooth.max()))
    middle = found.data[SIZE // 2, SIZE // 2] if found is not None else 0
    if not middle:
        return dict.fromkeys(THEIRS, np.nan)
    mask = (found.data != middle) & (found.data != 0)
    weights = np.full(image.shape, max(noise, 1e-4 * smooth.max()))
    own = (found.data == middle).astype(int)
    measured = statmorph.SourceMorphology(
        image - level, own, 1, mask=mask, weightmap=weights, sersic_fitting_args={"maxiter": 1}
    )
    bad = measured.flag >= 2
    return {name: np.nan if bad else getattr(measured, theirs) for name, theirs in THEIRS.items()}


def both(images):
    """Two tables {name: array (N,)}, ours and statmorph's, and galaxies a second of each."""
    begin = time.process_time()
    found = gm.morphology_features(images[:, None].astype(np.float32))
    ours = {name: np.asarray(found[column]) for name, column in OURS.items()}
    middle = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = [by_statmorph(image) for image in images]
    theirs = {name: np.array([row[name] for row in rows]) for name in THEIRS}
    n = len(images)
    return ours, theirs, (n / (middle - begin), n / (time.process_time() - middle))


def relative(name, values, to):
    """Differences, of radii in percent."""
    return 100 * (values / to - 1) if name.startswith("r") else values - to


def agreement(sets):
    lines = ["| stamps | number | galaxies | median of the difference | median of its size | 95 % below | worst |"]
    lines += ["| --- | --- | ---: | ---: | ---: | ---: | ---: |"]
    for what, (ours, theirs, _) in sets.items():
        for name in OURS:
            off = relative(name, ours[name], theirs[name])
            off, unit = off[np.isfinite(off)], " %" if name.startswith("r") else ""
            size = abs(off)
            cells = [f"{np.median(off):+.3f}{unit}", *(f"{q:.3f}{unit}" for q in np.quantile(size, (0.5, 0.95, 1)))]
            lines.append(f"| {what} | {name} | {len(off)} | " + " | ".join(cells) + " |")
    return lines


def drift(table):
    """Medians of (measured - the same tool's value on the sharp picture without noise), a line a cell."""
    sharp = pictures(table, SHARP)
    truth = both(sharp)
    lines = ["| PSF, pixels | S/N | tool | by both | " + " | ".join(OURS) + " |"]
    lines += ["| ---: | ---: | --- | ---: |" + " ---: |" * len(OURS)]
    for fwhm in PSF:
        images = pictures(table, fwhm)
        for ratio in NOISE:
            measured = both(with_noise(images, truth[0]["r50"], ratio))[:2]
            offs = [
                {name: relative(name, values[name], true[name]) for name in OURS}
                for true, values in zip(truth[:2], measured, strict=True)
            ]
            shared = np.isfinite(offs[0]["C"]) & np.isfinite(offs[1]["C"])
            share = shared.mean()
            for tool, off in zip(("ours", "statmorph"), offs, strict=True):
                cells = [_cell(name, off[name][shared], share) for name in OURS]
                lines.append(f"| {fwhm:g} | {ratio} | {tool} | {share:.0%} | " + " | ".join(cells) + " |")
    return lines


def _cell(name, off, share):
    if share < FEWEST:
        return "too few"
    return f"{np.nanmedian(off):+.1f} %" if name.startswith("r") else f"{np.nanmedian(off):+.3f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--galaxies", type=int, default=60)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("statmorph.md"))
    given = parser.parse_args()
    table = gm.population(given.galaxies, seed=SEED, magnitude_limit=17)
    sharp = pictures(table, SHARP)
    size = gm.morphology_features(sharp[:, None].astype(np.float32))["r50"]
    sets = {"mock, PSF 3 px, S/N 80": both(with_noise(pictures(table, 3.0), size, 80))}
    root = gm.datasets.observed_root()
    if root and (root / "gz1_sdss_6446").is_dir():
        sample = gm.read_folder(root / "gz1_sdss_6446", size=SIZE, crop=212, rows=np.arange(given.galaxies))
        sets["observed SDSS JPEG, grey"] = both(sample.images.mean(1).double().numpy())
    rates = np.median([rate for *_, rate in sets.values()], 0)
    lines = [
        "# Features by hand, beside statmorph", "",
        f"{date.today()}, {os.cpu_count()} cores ({platform.machine()}), numpy {np.__version__}, statmorph "
        f"{statmorph.__version__}; {given.galaxies} galaxies, stamps of {SIZE} pixels that are 4.24 R90 wide.",
        f"Command: `python benchmarks/with_statmorph.py --galaxies {given.galaxies}`.", "",
        "## How far apart on the same stamps (ours minus statmorph's; radii in percent)", "", *agreement(sets), "",
        "Left out: galaxies for which statmorph finds no source in the middle, or says that it measured badly "
        "(flag 2 or more).", "",
        "## Drift of each with PSF and noise", "",
        f"Medians of what is measured minus what the same tool measures on the same mock galaxy without noise at a PSF "
        f"of {SHARP:g} pixel (radii in percent). S/N: mean signal of a pixel inside r50 over the noise of a pixel. "
        "Only galaxies that both measure.", "",
        *drift(table), "",
        "## Galaxies a second", "",
        f"Of one core's time: ours {rates[0]:.0f} (all its columns, many stamps at once), statmorph "
        f"{rates[1]:.1f} (with finding its source; one iteration of its Sersic fit).",
    ]  # fmt: skip
    given.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
