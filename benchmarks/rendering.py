"""How fast the mock sky is drawn: whole galaxies, and plain bulge + disc beside GalSim. Writes benchmarks/rendering.md.

    python benchmarks/rendering.py            (about two minutes on two cores)

Medians of five. The same bulge + disc, per image in one band, 64 native SDSS pixels: GalSim at its best (Sérsic indices
rounded to 0.1 and every profile's tables made before), and with free indices.
"""

import os
import platform
import statistics
import time
from datetime import date
from pathlib import Path

import galsim
import numpy as np
import torch

import galmorph_helpers as gm
from galmorph_helpers.mock.light import DISC_HEIGHT, TRUNCATION, light
from galmorph_helpers.mock.population import population
from galmorph_helpers.observe import observe
from galmorph_helpers.runtime import side_by_side
from galmorph_helpers.sources import BATCH

SIZE, REPEATS = 64, 5


def plain(n, seed):
    """Galaxies of a bulge and a smooth disc only."""
    table = population(n, seed=seed)
    table = table[table["t_type"] > -3]
    for name in (
        "bar_light", "ring_light", "arm_contrast", "lopsidedness", "patchiness", "disc_deficit", "knot_light", "dust",
    ):  # fmt: skip
        table[name] = 0.0
    return table


def ours(table):
    """Noiseless r-band images by the mock sky."""
    s, where = gm.SDSS, gm.device()
    survey = gm.Survey(s.name, ("r",), s.pixel_scale, s.psf_fwhm[1:2], s.sky_sigma[1:2], s.electrons[1:2], 17.77)
    out = torch.empty(len(table), SIZE, SIZE)

    def draw(start):
        rows = slice(start, start + BATCH)
        scale = np.full(len(table[rows]), s.pixel_scale)
        spectrum = light(table[rows], scale, size=SIZE, bands=("r",), field=False, device=where)
        out[rows] = observe(spectrum, survey, torch.as_tensor(scale), size=SIZE, noise=False)[:, 0].cpu()

    side_by_side(draw, range(0, len(table), BATCH), "bulge + disc")
    return out.numpy()


def galsims(table, index):
    """The same by GalSim, galaxy by galaxy."""
    psf = galsim.Moffat(3.5, fwhm=gm.SDSS.psf_fwhm[1])
    out = []
    for row, n in zip(table, index, strict=True):
        flux, share = 10 ** (-0.4 * (row["r_mag"].value - 22.5)), row["bulge_to_total"]
        turn, q = row["position_angle"].value * galsim.degrees, float(row["bulge_axis_ratio"])
        radius, h = row["bulge_radius"].value, row["disc_radius"].value / 1.678
        bulge = galsim.Sersic(n, half_light_radius=radius, trunc=TRUNCATION * radius, flux_untruncated=True)
        bulge = bulge.shear(q=q, beta=turn).expand(q**0.5).withFlux(share * flux)
        tilt = row["inclination"].value * galsim.degrees
        height = DISC_HEIGHT * row["thickness"] * h
        disc = galsim.InclinedExponential(tilt, scale_radius=h, scale_height=height, flux=(1 - share) * flux).rotate(
            turn
        )
        image = galsim.Convolve(bulge + disc, psf).drawImage(nx=SIZE, ny=SIZE, scale=gm.SDSS.pixel_scale)
        out.append(image.array)
    return np.stack(out)


def rate(work, n):
    """Galaxies a second: median of five, after one that warms the caches up."""
    work()
    seconds = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return n / statistics.median(seconds)


def main():
    os.environ["GALMORPH_QUIET"] = "1"
    whole = rate(lambda: gm.mock_sample(1500, seed=1), 1500)
    table = plain(1500, seed=2)
    fast = rate(lambda: ours(table), len(table))
    few = table[:150]
    rounded = np.round(np.asarray(few["sersic_index"]), 1)
    cached = rate(lambda: galsims(few, rounded), len(few))
    rng = np.random.default_rng(0)
    fresh = table[:24]
    free = rate(
        lambda: galsims(fresh, np.asarray(fresh["sersic_index"]) + rng.uniform(0, 1e-3, len(fresh))), len(fresh)
    )
    theirs = galsims(few, np.asarray(few["sersic_index"]))
    error = np.abs(ours(few) - theirs).sum((1, 2)) / theirs.sum((1, 2))
    inside = few["r90"].to_value("arcsec") < SIZE / 2 * gm.SDSS.pixel_scale
    lines = [
        "# How fast the mock sky is drawn", "",
        f"{date.today()}, {os.cpu_count()} cores ({platform.machine()}), device {gm.device()},",
        f"torch {torch.__version__}, GalSim {galsim.__version__}; medians of {REPEATS}.", "",
        "Command: `python benchmarks/rendering.py`.", "",
        "| what | galaxies a second |", "| --- | ---: |",
        f"| whole galaxies: three bands, structure, neighbours, noise, colour look, 64 px | {whole:,.0f} |",
        f"| bulge + disc, one band, noiseless | {fast:,.0f} |",
        f"| the same by GalSim, indices rounded to 0.1, tables made before | {cached:,.0f} |",
        f"| the same by GalSim, free indices | {free:,.0f} |", "",
        f"Ratio to GalSim at its best {fast / cached:.1f}, with free indices {fast / free:.0f}.",
        f"L1 difference, share of the flux, {inside.sum()} of {len(few)} galaxies, whose R90 lies inside the stamp: "
        f"median {np.median(error[inside]):.4f}, largest {error[inside].max():.4f}.",
        f"The {(~inside).sum()} galaxies that do not fit: up to {error[~inside].max():.4f}; what overlaps the field",
        "that is drawn wraps around. The course's stamps are 4.24 R90 wide, so there all fit.",
    ]  # fmt: skip
    file = Path(__file__).with_suffix(".md")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
