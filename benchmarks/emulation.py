"""How fast galaxies are emulated, beside GalSim doing the same one by one. Writes benchmarks/emulation.md.

    python benchmarks/emulation.py            (about a minute)
    python benchmarks/emulation.py --galaxies 16 --stdout

The same galaxies (128 DES pixels, one band, noise-free) are deconvolved, shrunk, dimmed and convolved with the same
target PSF by both; how much the images differ is measured, too.
"""

import argparse
import os
import platform
import statistics
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import astropy.units as u
import galsim
import numpy as np
import torch

import galmorph_helpers as gm
from galmorph_helpers.imaging.camera import observe
from galmorph_helpers.mock.rendering import light

SURVEY = replace(gm.DES, bands=("r",), psf_fwhm=(0.96,), sky_sigma=(0.0036,), electrons=(9000.0,))
SIZE, REPEATS = 128, 5


def galaxies(n):
    """Noise-free galaxies without neighbours on native pixels, and redshifts to move them to."""
    table = gm.population(4 * n, seed=1, seeing=SURVEY.psf_fwhm[0])
    table = table[(table["redshift"] > 0.05) & (table["half_light_radius"] < 4 * u.arcsec)][:n]
    table["pixel_scale"] = SURVEY.pixel_scale * u.arcsec
    scale = torch.full((len(table),), SURVEY.pixel_scale, device=gm.device())
    spectrum = light(table, scale, size=SIZE, bands=SURVEY.bands, field=False)
    images = observe(spectrum, SURVEY, scale, size=SIZE, noise=False).cpu()
    table.remove_column("r90")  # the new stamps then have native pixels
    return gm.GalaxySample(images, table, SURVEY, "mock", pixels="flux"), np.asarray(table["redshift"]) + 0.2


def ours(sample, z_new, side=None):
    """In one call."""
    return gm.emulate(sample, z_new=z_new, survey=SURVEY, size=side, noise=False).images[:, 0].numpy()


def galsims(sample, z_new, side):
    """One by one, as a script with GalSim would do it."""
    psf = galsim.Convolve(galsim.Moffat(3.5, fwhm=SURVEY.psf_fwhm[0]), galsim.Pixel(SURVEY.pixel_scale))
    inverse, out = galsim.Deconvolve(psf), []
    for image, z, new in zip(sample.images[:, 0].numpy(), np.asarray(sample.table["redshift"]), z_new, strict=True):
        galaxy = galsim.InterpolatedImage(galsim.Image(image, scale=SURVEY.pixel_scale))
        flux = galaxy.flux * 10 ** (-0.4 * float(gm.imaging.dimming(z, new)))
        small = galsim.Convolve(galaxy, inverse).dilate(float(gm.imaging.shrinkage(z, new))).withFlux(flux)
        seen = galsim.Convolve(small, psf)
        out.append(seen.drawImage(nx=side, ny=side, scale=SURVEY.pixel_scale, method="no_pixel").array)
    return np.stack(out)


def seconds(work):
    """Median of five, after one that fills the caches."""
    work()
    spent = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        work()
        spent.append(time.perf_counter() - begin)
    return statistics.median(spent)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--galaxies", type=int, default=256)
    parser.add_argument("--stdout", action="store_true", help="print, write no file")
    options = parser.parse_args()
    sample, z_new = galaxies(options.galaxies)
    side = 64
    few = slice(0, min(32, len(sample)))
    a, b = ours(sample[few], z_new[few], side), galsims(sample[few], z_new[few], side)
    difference = np.abs(a - b).sum((1, 2)) / np.abs(b).sum((1, 2))
    batch, single = seconds(lambda: ours(sample, z_new, side)), seconds(lambda: galsims(sample[few], z_new[few], side))
    batch, single = len(sample) / batch, len(a) / single
    where = "GPU" if gm.device().type == "cuda" else f"{torch.get_num_threads()} of {os.cpu_count()} cores"
    text = f"""# How fast galaxies are emulated

{date.today()}, {where} ({platform.machine()}), torch {torch.__version__}, GalSim {galsim.__version__}; command
`python benchmarks/emulation.py --galaxies {options.galaxies}`. Medians of five; {SIZE} pixels in, {side} out, one band.

| | galaxies a second | ms a galaxy |
| --- | ---: | ---: |
| `gm.emulate`, a batch of {len(sample)} | {batch:,.0f} | {1000 / batch:.2f} |
| GalSim, one by one | {single:,.1f} | {1000 / single:.1f} |
| ratio | {batch / single:.0f} | |

The two images of a galaxy differ by {np.median(difference):.2%} (median) to {difference.max():.2%} (largest) in L1.
"""
    print(text)
    if not options.stdout:
        (Path(__file__).with_suffix(".md")).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
