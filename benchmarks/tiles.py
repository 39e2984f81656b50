"""From tiles of the sky to a catalogue: galaxies a second that are cut, classified, and both: benchmarks/tiles.md.

    python benchmarks/tiles.py             (about three minutes on two idle cores)
    python benchmarks/tiles.py --quick     (one minute: fewer tiles and repeats)

Medians of repeats that take turns, after one that warms up. With one process, processor time counts, so that another
program on the machine does not; with two workers, time on the clock. Five networks classify, as in lesson 09; what
they have learnt does not matter to the clock.
"""

import argparse
import os
import platform
import shutil
import tempfile
import time
from datetime import date
from pathlib import Path

os.environ.setdefault("GALMORPH_QUIET", "1")

import torch  # noqa: E402
from speed import bare_loop, rates  # noqa: E402

import galmorph_helpers as gm  # noqa: E402
from galmorph_helpers.catalogue.shards import find_shards, read_shard  # noqa: E402
from galmorph_helpers.catalogue.tiles import _remembered as frames  # noqa: E402

SIDE, NETWORKS = 2048, 5
DENSITIES = (16, 100, 400)  # galaxies in a tile; the last is timed against the networks
SQUARE_DEGREES = (SIDE * gm.SDSS.pixel_scale / 3600) ** 2

#: What made `cut` faster, and what did not: measured once, on 26 November 2026.
TRIED = """
## What was tried

The goal for the whole needs a cut four times as fast as five networks: 0.1 s for a tile of 12.6 million values and
350 galaxies. It is short. Milliseconds of processor time a tile, beside other programs on both cores (before and now
were not always timed in one run):

| part | before | now | what changed |
| --- | ---: | ---: | --- |
| sky subtracted, bands summed | 88 | 27 | pieces of all bands in one call; 32 rows at a time stay in the cache |
| sources found | 118 | 23 | Gaussian by shifts (4, scipy's 19); labels where there is light alone |
| pictures cut out | 94 | 62 | weights of the pixels within reach alone; patches of like size together |
| kernels of those | 9 | 3 | fewer operations on the same table |
| pictures coloured | 71 | 57 | 64 at once, and no galaxy beyond the limit |
| file read | 29 | 24 | 256 rows at once: no second copy in memory |

On three tiles of 400 galaxies, one of 100 and one of 16 the same galaxies are found as before, at the same places to
3e-5 pixels, with sizes to 2e-6 and magnitudes to 2e-6; 99.8 % of the bytes of their pictures are the same (most of
the rest are those of one galaxy in each of two tiles, whose blocks of JPEG begin elsewhere). Where whole pieces of
sky are blank, their level is now that of the nearest piece, not a mean over distances: of 329 galaxies beside such
holes 328 are found, 327 of them the same, and 7 sizes differ by over 1 %.

What did not help: patches so small that they fit the second cache (105 for 69); Pillow's resize (89 for 58), torch's
grid_sample (53, and without the mean over a pixel); torch's convolution for the Gaussian (53 for 4); a sigma clip by
sums over sorted pixels (not faster than astropy's); sizes of 64 galaxies at a time (67 for 60).

In one pass, pictures handed to the networks in memory: reading shards back takes 6 of the 411 ms that it takes to
classify a tile, the networks alone 396. So the whole could gain 2 %, and two workers keep both cores busy as it is.
That was not built.

What is left of a tile (364): stamps 103 (to measure 40, to show 62), colours 72, sizes 50, sky 32, reading 24,
sources 23, shard 10, the rest 50. Stamps and colours of the pictures alone take longer than the goal allows for
everything: 4.3 million values, each the sum of some dozens of products, a logarithm, two square roots and the
rounding of a JPEG.
"""


def forget_frames():
    frames.cache_clear()


def works(folder, tiles, client=None):
    """What is timed: cut, classify, both in turn; each from nothing."""

    def cut():
        shutil.rmtree(folder / "shards", ignore_errors=True)
        forget = client.run if client else lambda function: function()
        forget(forget_frames)  # a survey's tile is new to each run
        run = gm.catalogue.cut(tiles, folder / "shards", client=client)
        assert not run.failed and run.galaxies
        return run

    def classify():
        shutil.rmtree(folder / "out", ignore_errors=True)
        run = gm.catalogue.classify(folder / "shards", folder / "ltg.safetensors", folder / "out", client=client)
        assert not run.failed and run.galaxies
        return run

    return {"cut": cut, "classify": classify, "whole": lambda: (cut(), classify())}


def table_of(found, bare, where):
    """Rows of the main table."""
    rows = [
        ("cut", f"{found['cut'] / found['classify']:.2f} x classify", "above 1", found["cut"] > found["classify"]),
        ("classify", f"{found['classify'] / bare:.2f} x the networks alone" if bare else "", "", None),
        ("whole", f"{found['whole'] / found['classify']:.2f} x classify", "at least 0.8",
         found["whole"] >= 0.8 * found["classify"]),
    ]  # fmt: skip
    verdict = {True: "reached", False: "short", None: ""}
    for name, beside, hoped, reached in rows:
        print(f"| {name} | {where} | {found[name]:,.0f} | {beside} | {hoped} | {verdict[reached]} |", flush=True)
        yield f"| {name} | {where} | {found[name]:,.0f} | {beside} | {hoped} | {verdict[reached]} |"


def densities(folder, n_tiles, repeats):
    """Rates of cutting for tiles that hold more and more galaxies."""
    for n in DENSITIES:
        tiles = gm.catalogue.simulate_tiles(folder / f"tiles{n}", tiles=n_tiles, galaxies=n, side=SIDE, seed=2)
        cut = works(folder, tiles)["cut"]
        galaxies = cut().galaxies
        rate = rates({"cut": cut}, galaxies, repeats, time.process_time)["cut"]
        pixels = n_tiles * SIDE**2 / (galaxies / rate)
        line = f"| {n / SQUARE_DEGREES:,.0f} | {galaxies / n_tiles:.0f} | {rate:,.0f} | {pixels / 1e6:.1f} |"
        print(line, flush=True)
        yield line


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer tiles and repeats")
    parser.add_argument("--alone", action="store_true", help="without the two workers")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    given = parser.parse_args()
    (n_tiles, repeats), load = (2, 1) if given.quick else (8, 5), os.getloadavg()[0]
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        networks = [gm.CompactCNN().to(gm.device()) for _ in range(NETWORKS)]
        file = gm.catalogue.save_classifier(folder / "ltg.safetensors", networks, gm.mock_sample(600, seed=1).images)
        by_density = list(densities(folder, max(1, n_tiles // 4), repeats))
        tiles = gm.catalogue.simulate_tiles(folder / "tiles", tiles=n_tiles, galaxies=DENSITIES[-1], side=SIDE, seed=1)
        here = works(folder, tiles)
        n = here["cut"]().galaxies
        images = torch.cat([part for path in find_shards(folder / "shards") for _, part in read_shard(path)])
        here["bare"] = lambda: bare_loop(file, images, n)
        found = rates(here, n, repeats, time.process_time)
        rows = list(table_of(found, found["bare"], "one process"))
        if not given.alone:
            with gm.catalogue.dask_client(2) as client:
                client.run(gm.catalogue.load_classifier, str(file))
                rows += table_of(rates(works(folder, tiles, client), n, repeats), None, "two workers")
    tried = [""] + TRIED.strip().splitlines() + [""]
    command = "python benchmarks/tiles.py" + " --quick" * given.quick + " --alone" * given.alone
    machine = f"{os.cpu_count()} cores ({platform.machine()}), torch {torch.__version__}"
    lines = [
        "# From tiles to a catalogue", "",
        f"{date.today()}, {machine}; load of the machine before the run {load:.1f} (idle is 0).", "",
        f"Command: `{command}`.", "",
        f"{n_tiles} tiles of {SIDE} x {SIDE} pixels of the mock sky as SDSS sees it, with {DENSITIES[-1]} galaxies "
        f"each and those of the field; {n:,} are found to r = 17.77. {NETWORKS} networks classify. \"Whole\" is both, "
        "one after the other. The networks alone see the same stamps in memory: nothing can be faster. One process: "
        "processor time; two workers: on the clock.", "",
        "| what | where | galaxies/s | beside | hoped | |", "| --- | --- | ---: | --- | --- | --- |", *rows, "",
        "A tile costs by its pixels as well as by its galaxies. The sky holds about 90 galaxies to r = 17.77 in a "
        "square degree (Strauss et al. 2002), and to r = 21.5 some thousands:", "",
        "| galaxies put into a square degree | found in a tile | cut, galaxies/s | million pixels/s |",
        "| ---: | ---: | ---: | ---: |", *by_density, *tried,
    ]  # fmt: skip
    given.out.write_text("\n".join(lines), encoding="utf-8")
    print(f"wrote {given.out}")


if __name__ == "__main__":
    main()
