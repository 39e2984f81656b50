"""How fast the mock sky is drawn: whole galaxies, and plain bulge + disc beside GalSim. Into benchmarks/rendering.md.

    python benchmarks/rendering.py            (about a minute)

On one core, by its own time, whatever else runs; medians of five. The same bulge + disc, per image of one band, 64
native SDSS pixels, where r alone is drawn and where g, r and i are: GalSim at its best (Sérsic indices rounded to 0.1
and every profile's tables made before), and with free indices, whose tables GalSim makes once for all bands.
"""

import argparse
import os
import statistics
import time
from pathlib import Path

import galsim
import numpy as np
import torch
from pages import made, written

try:  # not among the course's requirements: pip install jax-galsim
    import jax
    import jax_galsim
except ImportError:
    jax_galsim = None

import galmorph_helpers as gm
from galmorph_helpers.imaging.camera import observe
from galmorph_helpers.mock.demographics import population, smoothed
from galmorph_helpers.mock.rendering import DISC_HEIGHT, TRUNCATION, light
from galmorph_helpers.mock.sample import BATCH
from galmorph_helpers.runtime import side_by_side
from galmorph_helpers.samples import R90_CUTOUT

SIZE, REPEATS = 64, 5


def plain(n, seed):
    """Galaxies of a bulge and a smooth disc only."""
    table = smoothed(population(n, seed=seed))
    return table[table["t_type"] > -3]


def ours(table, bands):
    """Noiseless images (N, bands, 64, 64) by the mock sky."""
    s, where, use = gm.SDSS, gm.device(), slice(1, 2) if bands == ("r",) else slice(None)
    survey = gm.surveys.Survey(s.name, bands, s.pixel_scale, s.psf_fwhm[use], s.sky_sigma[use], s.electrons[use], 17.77)
    out = torch.empty(len(table), len(bands), SIZE, SIZE)

    def draw(start):
        rows = slice(start, start + BATCH)
        part = table[rows]
        scale = torch.full((len(part),), s.pixel_scale, device=where)
        spectrum = light(part, scale, size=SIZE, bands=bands, field=False)
        out[rows] = observe(spectrum, survey, scale, size=SIZE, noise=False).cpu()

    side_by_side(draw, range(0, len(table), BATCH), "bulge + disc")
    return out.numpy()


def galsims(table, index, bands):
    """The same by GalSim, galaxy by galaxy and band by band."""
    psfs = [galsim.Moffat(3.5, fwhm=gm.SDSS.psf_fwhm["gri".index(band)]) for band in bands]
    out = np.empty((len(table), len(bands), SIZE, SIZE), np.float32)
    for k, (row, n) in enumerate(zip(table, index, strict=True)):
        turn, q = row["position_angle"].value * galsim.degrees, float(row["bulge_axis_ratio"])
        radius, h = row["bulge_radius"].value, row["disc_radius"].value / 1.678
        bulge = galsim.Sersic(n, half_light_radius=radius, trunc=TRUNCATION * radius, flux_untruncated=True)
        bulge = bulge.shear(q=q, beta=turn).expand(q**0.5).withFlux(row["bulge_to_total"])
        tilt = row["inclination"].value * galsim.degrees
        height = DISC_HEIGHT * row["thickness"] * h
        disc = galsim.InclinedExponential(tilt, scale_radius=h, scale_height=height).rotate(turn)
        light = (bulge + disc * (1 - row["bulge_to_total"])) * 10 ** (-0.4 * (row["r_mag"].value - 22.5))
        for b, psf in enumerate(psfs):  # colours are left out: they cost nothing
            out[k, b] = galsim.Convolve(light, psf).drawImage(nx=SIZE, ny=SIZE, scale=gm.SDSS.pixel_scale).array
    return out


def jax_galsims(table):
    """A function that draws in r by jax-galsim, compiled.

    It has no Sérsic profile and no disc of finite thickness: a Spergel profile and a flat exponential, turned and
    flattened alike, stand for them, so the work is like theirs and the image is not.
    """
    fixed = jax_galsim.GSParams(minimum_fft_size=128, maximum_fft_size=128)  # a size that a compiler knows

    def draw(flux, radius, h, ratio, turn):
        shear = jax_galsim.Shear(q=ratio, beta=turn * jax_galsim.radians)
        both = jax_galsim.Exponential(scale_radius=h, flux=flux)
        both = (both + jax_galsim.Spergel(nu=-0.6, half_light_radius=radius, flux=flux)).shear(shear)
        psf = jax_galsim.Moffat(3.5, fwhm=gm.SDSS.psf_fwhm[1])
        seen = jax_galsim.Convolve(both, psf, gsparams=fixed)
        return seen.drawImage(nx=SIZE, ny=SIZE, scale=gm.SDSS.pixel_scale).array

    draw = jax.jit(draw)
    columns = [np.asarray(table[name].value) for name in ("r_mag", "bulge_radius", "disc_radius")]
    columns += [np.asarray(table["axis_ratio"]), np.deg2rad(table["position_angle"].value)]

    def work():
        for r_mag, radius, half, ratio, turn in zip(*columns, strict=True):
            draw(10 ** (-0.4 * (r_mag - 22.5)), radius, half / 1.678, ratio, turn).block_until_ready()

    return work


def rate(work, n):
    """Galaxies a second of processor time: median of five, after one that warms the caches up."""
    work()
    seconds = []
    for _ in range(REPEATS):
        begin = time.process_time()
        work()
        seconds.append(time.process_time() - begin)
    return n / statistics.median(seconds)


def compared(table, few, bands):
    """Images of one band a second: ours, GalSim's at its best, GalSim's with free indices."""
    rng = np.random.default_rng(0)
    rounded, free = np.round(np.asarray(few["sersic_index"]), 1), np.asarray(few["sersic_index"])[:24]
    fast = rate(lambda: ours(table, bands), len(table))
    cached = rate(lambda: galsims(few, rounded, bands), len(few))
    slow = rate(lambda: galsims(few[:24], free + rng.uniform(0, 1e-3, 24), bands), 24)
    return [len(bands) * galaxies for galaxies in (fast, cached, slow)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--galaxies", type=int, default=3000)
    given = parser.parse_args()
    os.environ["GALMORPH_QUIET"] = "1"
    torch.set_num_threads(1)
    whole = rate(lambda: gm.mock_sample(given.galaxies, seed=1), given.galaxies)
    table = plain(given.galaxies, seed=2)
    few = table[:150]
    rates = {", ".join(bands): compared(table, few, bands) for bands in (("r",), ("g", "r", "i"))}
    theirs = galsims(few, np.asarray(few["sersic_index"]), ("r",))
    error = np.abs(ours(few, ("r",)) - theirs).sum((1, 2, 3)) / theirs.sum((1, 2, 3))
    inside = R90_CUTOUT * few["r90"].to_value("arcsec") < SIZE * gm.SDSS.pixel_scale
    lines = [
        *made(f"OMP_NUM_THREADS=1 python benchmarks/rendering.py --galaxies {given.galaxies}"),
        f"Galaxies a second of one core's time, GalSim {galsim.__version__}; medians of {REPEATS}. Load, programs that "
        "wanted one of the\n"
        f"cores: {os.getloadavg()[0]:.0f}. What computes beside takes memory and cache, too.", "",
        "Whole galaxies (three bands, structure, neighbours, noise, colour look, 64 px): "
        f"**{whole:,.0f} a second**.", "",
        "Bulge + disc without noise, images of one band a second:", "",
        "| bands drawn | mock sky | GalSim, indices rounded to 0.1, warm tables | GalSim, free indices | ratios | "
        "jax-galsim, Spergel + exponential |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]  # fmt: skip
    jaxed = f"{rate(jax_galsims(few), len(few)):,.0f}" if jax_galsim else "not installed"
    for bands, (fast, cached, slow) in rates.items():
        ratios = f"{fast / cached:.1f}, {fast / slow:.0f}"
        last = jaxed if bands == "r" else ""
        lines += [f"| {bands} | {fast:,.0f} | {cached:,.0f} | {slow:,.0f} | {ratios} | {last} |"]
    lines += [
        "",
        f"L1 difference, share of the flux, of the {inside.sum()} of {len(few)} galaxies for which the field is wide",
        f"enough (4.24 R90, as the course's stamps): median {np.median(error[inside]):.4f}, "
        f"largest {error[inside].max():.4f}. The others: up to {error[~inside].max():.4f},",
        "since what overlaps the field wraps around (the worst of those that nearly fit, 0.0744 off, is 0.0007 off in",
        "a field twice as wide).",
        "",
        "jax-galsim (`pip install jax-galsim`; the course does not need it) draws galaxy by galaxy, compiled before.",
    ]
    written(Path(__file__).with_suffix(".md"), "Beside GalSim", lines)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
