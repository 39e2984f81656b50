"""How fast everything is, on the CPU and on a GPU if there is one: one table, benchmarks/speed.md.

    python benchmarks/speed.py             (about four minutes on two idle cores)
    python benchmarks/speed.py --quick     (one minute: fewer galaxies and repeats)
    python benchmarks/speed.py --million   (also the catalogue of 10^4, 10^5 and 10^6 small stamps, and its memory)

`benchmarks/tiles.py` measures the way before that, from tiles of the sky to stamps.

Medians; what is compared runs in turn, so that another program on the machine slows both. Rates are galaxies a second.
Beside each rate of a GPU stands the highest that its arithmetic and its memory allow: both are measured on it, by a
large matrix product and a large copy.
"""

import argparse
import os
import platform
import shutil
import statistics
import tempfile
import time
from datetime import date
from pathlib import Path

os.environ.setdefault("GALMORPH_QUIET", "1")

import numpy as np  # noqa: E402
import rendering  # noqa: E402
import torch  # noqa: E402
from torch.nn import functional as F  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

import galmorph_helpers as gm  # noqa: E402
from galmorph_helpers.catalogue.classifier import load_classifier, logits_and_features  # noqa: E402
from galmorph_helpers.mock.rendering import light  # noqa: E402


def rates(works, n, repeats, clock=time.perf_counter):
    """{name: galaxies a second}: medians of repeats that take turns, after one that warms up.

    `clock` may be time.process_time for what runs in this process: other programs then do not count.
    """
    seconds = {name: [] for name in works}
    for repeat in range(repeats + 1):
        for name, work in works.items():
            begin = clock()
            work()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            if repeat:
                seconds[name].append(clock() - begin)
    return {name: n / statistics.median(values) for name, values in seconds.items()}


def physics(device):
    """Operations and bytes a second that a GPU really does; None on a CPU."""
    if device != "cuda":
        return None
    a, copy = torch.rand(8192, 8192, device=device), torch.rand(1 << 28, device=device)
    flops = rates({"product": lambda: a @ a}, 2 * 8192**3, 3)["product"]
    return flops, rates({"copy": lambda: copy.clone()}, 2 * copy.nbytes, 3)["copy"]


def operations(network, images):
    """Operations a galaxy of one prediction."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(images[:1])
    return counter.get_total_flops()


def plain_prediction(network, images, batch_size=256):
    """The loop that everyone writes."""
    network.eval()
    with torch.no_grad():
        where = next(network.parameters()).device
        return torch.cat([torch.sigmoid(network(batch.to(where))) for batch in images.split(batch_size)]).cpu()


def plain_training(network, images, target, batch_size=64):
    """One epoch without turns, running average and schedule."""
    network.train()
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3)
    for rows in torch.randperm(len(images), device=images.device).split(batch_size):
        optimiser.zero_grad()
        F.binary_cross_entropy_with_logits(network(images[rows]), target[rows]).backward()
        optimiser.step()


class Table:
    """The rows as they come, printed at once."""

    def __init__(self):
        self.lines = ["| what | device | galaxies/s | beside | floor |", "| --- | --- | ---: | --- | ---: |"]

    def add(self, what, device, rate, beside="", floor=None):
        line = f"| {what} | {device} | {rate:,.0f} | {beside} | {'' if floor is None else f'{floor:,.0f}'} |"
        print(line, flush=True)
        self.lines.append(line)


def measure(table, device, quick):
    """Everything but the catalogue, on one device."""
    os.environ["GALMORPH_DEVICE"] = device
    cpu, few = device == "cpu", 2 if quick else 5
    limit, n = physics(device), 512 if cpu else 20_000
    if limit:
        torch.cuda.reset_peak_memory_stats()

    def floor(ops, bytes_):
        return limit and min(limit[0] / ops, limit[1] / bytes_)

    # Pixels: transforms of a padded stamp, some tens of passes in complex numbers, in three bands.
    pixels = 3 * 128 * 65 * 8
    found = rates({"whole": lambda: gm.mock_sample(n, seed=1)}, n, few)
    table.add("rendering: whole galaxies, three bands, 64 px", device, found["whole"], "", floor(2e6, 20 * pixels))
    plain = rendering.plain(n, 2)
    index = np.round(np.asarray(plain["sersic_index"][:60]), 1)
    ours = rates({"ours": lambda: rendering.ours(plain, ("r",))}, len(plain), few)["ours"]
    theirs = rates({"galsim": lambda: rendering.galsims(plain[:60], index, ("r",))}, 60, few)["galsim"]
    beside = f"{ours / theirs:.1f} x GalSim"
    table.add("rendering: bulge + disc, one band", device, ours, beside, floor(7e5, 7 * pixels))
    few_rows = gm.population(128, seed=3)
    seen = torch.full((128,), 0.4, device=gm.device())
    spectrum = light(few_rows, seen, size=64, bands=gm.SDSS.bands)
    rate = rates({"observe": lambda: gm.observe(spectrum, gm.SDSS, seen)}, 128, 4 * few)["observe"]
    table.add("observing: PSF, pixels, noise", device, rate, "", floor(1e6, 6 * pixels))
    images = gm.mock_sample(256, seed=4).images.repeat(n // 256 + 1, 1, 1, 1)[:n]
    target = (np.arange(n) % 2).astype(float)
    validation = {"validation": (images[:64], target[:64])}
    network = gm.CompactCNN().to(gm.device())
    ops = operations(network, images.to(gm.device()))
    on_device, answers = images.to(gm.device()), torch.as_tensor(target, dtype=torch.float32, device=gm.device())
    found = rates(
        {
            "fit": lambda: gm.fit(network, images, target, epochs=1, **validation),
            "plain": lambda: plain_training(network, on_device, answers),
        },
        n, few,
    )  # fmt: skip
    table.add(
        "training, batches of 64: turns, average, schedule", device, found["fit"],
        f"{found['fit'] / found['plain']:.2f} x the plain loop", floor(3 * ops, 6 * images[0].nbytes),
    )  # fmt: skip
    k, m = (3, 256) if cpu else (10, 4096)
    folds = {"k": k, "epochs": 1}
    found = rates(
        {
            "one": lambda: gm.fit(gm.CompactCNN(), images[: m * (k - 1) // k], target[: m * (k - 1) // k],
                                  validation=(images[: m // k], target[: m // k]), epochs=1),
            "turn": lambda: gm.fit_folds(gm.CompactCNN, images[:m], target[:m], together=False, **folds),
            "together": lambda: gm.fit_folds(gm.CompactCNN, images[:m], target[:m], together=True, **folds),
        },
        m, few,
    )  # fmt: skip
    for name, what in (("turn", "one after another"), ("together", "together")):
        beside = f"{found['one'] / found[name]:.1f} x the time of one"
        table.add(f"{k} folds {what}", device, found[name], beside, floor(3 * ops * (k - 1), 6 * images[0].nbytes * k))
    many = images.repeat(8 if cpu else 4, 1, 1, 1)
    found = rates(
        {
            "predict": lambda: gm.predict(network, many, views=1),
            "plain": lambda: plain_prediction(network, many),
        },
        len(many), 2 * few,
    )  # fmt: skip
    found |= rates({"bf16": lambda: bfloat16(network, images)}, n, few)
    beside = f"{found['predict'] / found['plain']:.2f} x the plain loop"
    table.add("prediction: one network, one view", device, found["predict"], beside, floor(ops, images[0].nbytes))
    apart = np.abs(bfloat16(network, images) - gm.predict(network, images, views=1)).max()
    table.add("prediction in bfloat16", device, found["bf16"], f"P differs by up to {apart:.0e}")
    others(table, device, few)
    if limit:
        peak = torch.cuda.max_memory_allocated() / 2**30
        table.lines += ["", f"{torch.cuda.get_device_name()}: {limit[0] / 1e12:.1f} T operations/s, "
                        f"{limit[1] / 1e9:.0f} GB/s, peak memory used {peak:.2f} GB.", ""]  # fmt: skip


def bfloat16(network, images):
    """Prediction with the convolutions in bfloat16."""
    with torch.autocast(gm.device().type, torch.bfloat16):
        return gm.predict(network, images, views=1)


def others(table, device, few):
    """Emulation and a contrastive step."""
    near = gm.population(2000, seed=5)
    moved = near[(near["redshift"] > 0.08) & (near["redshift"] < 0.15)][:128]  # nearer ones would vanish
    sample = gm.mock_sample(table=moved, seed=5, look="flux")
    rate = rates({"emulate": lambda: gm.emulate(sample, z_new=0.3)}, len(sample), few)["emulate"]
    table.add("emulation: to z = 0.3, DES", device, rate)
    images, encoder = gm.mock_sample(256, seed=6).images, gm.Encoder().to(gm.device())
    rate = rates({"step": lambda: gm.learning.fit_contrastive(encoder, images, epochs=1)}, len(images), few)["step"]
    table.add("contrastive training, one epoch of 256", device, rate)


def bare_loop(file, images, n):
    """The networks of a classifier alone, on stamps in memory: the catalogue does this, and reads and writes besides.

    So nothing that the catalogue does can be faster. (Calling `predict` network by network is no bound: it stretches
    the images anew for each.)
    """
    _, bodies, _ = load_classifier(file)
    for _ in range(n // len(images)):
        logits_and_features(bodies, images)


def read_once(file):
    """Read and keep the networks where this runs; what they are on a GPU is not sent back."""
    gm.catalogue.load_classifier(file)


def cataloguing(table, quick, million):
    """Throughput of the catalogue against the bare loop, warm and in turn, on one worker and two; its memory."""
    device, few = gm.device().type, 1 if quick else 3
    n, per_shard, k = (4000, 250, 5) if quick else (12_000, 500, 5)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        images = gm.mock_sample(1000, seed=6).images
        networks = [gm.CompactCNN().to(gm.device()) for _ in range(k)]
        file = gm.catalogue.save_classifier(folder / "ltg.safetensors", networks, images)
        (folder / "sky").mkdir()
        for first in range(0, n, per_shard):
            rows = torch.randperm(1000)[:per_shard]
            gm.catalogue.write_shard(
                folder / "sky" / f"s{first:06d}.parquet", first + np.arange(per_shard), images[rows], pixels="colour"
            )

        def run(client):
            shutil.rmtree(folder / "out", ignore_errors=True)
            done = gm.catalogue.classify(folder / "sky", file, folder / "out", client=client)
            assert done.galaxies == n and not done.failed

        with gm.catalogue.dask_client(1) as one, gm.catalogue.dask_client(2) as two:
            for client in (one, two):
                client.run(read_once, str(file))
            threads = torch.get_num_threads()
            if device == "cpu":
                torch.set_num_threads(1)
            works = {"one": lambda: run(one), "two": lambda: run(two), "alone": lambda: run(None)}
            works["bare"] = lambda: bare_loop(file, images, n)
            works["one loop"] = lambda: bare_loops(one, 1, file, n)
            works["two loops"] = lambda: bare_loops(two, 2, file, n)
            found = rates(works, n, few)
            here = rates({name: works[name] for name in ("alone", "bare")}, n, few, time.process_time)
            torch.set_num_threads(threads)
        table.add(f"catalogue in this process, {k} networks", device, found["alone"],
                  f"{here['alone'] / here['bare']:.2f} x the bare loop, one thread, in processor time")  # fmt: skip
        table.add("catalogue, one worker", device, found["one"],
                  f"{found['one'] / found['one loop']:.2f} x the bare loop on it")  # fmt: skip
        ceiling = f"bare loops in two processes: {2 * found['two loops'] / found['one loop']:.2f} x one"
        table.add("catalogue, two workers", device, found["two"],
                  f"{found['two'] / found['one']:.2f} x one worker ({ceiling})")  # fmt: skip
        hours = 27e6 / found["two"] / 3600
        table.lines += ["", f"27 million galaxies with two workers at this rate: {hours:.1f} hours.", ""]
        if million:
            table.lines += memory(folder)


def bare_loops(client, workers, file, n):
    """The bare loop on each of the workers at once: what the machine itself gains by a second process."""
    images = torch.rand(1000, 3, 64, 64)
    client.gather([client.submit(bare_loop, str(file), images, n, pure=False) for _ in range(workers)])


def memory(folder):
    """Resident memory of a run over more and more small stamps."""
    lines = ["| galaxies, 16 px, one network, this process | galaxies/s | memory after, MB |", "| ---: | ---: | ---: |"]
    images = torch.rand(5000, 3, 16, 16)
    small = gm.catalogue.save_classifier(folder / "small.safetensors", [gm.CompactCNN(size=16)], images)
    for n in (10_000, 100_000, 1_000_000):
        sky = folder / f"sky{n}"
        sky.mkdir()
        for first in range(0, n, 5000):
            gm.catalogue.write_shard(sky / f"s{first:07d}.parquet", first + np.arange(5000), images, pixels="colour")
        run = gm.catalogue.classify(sky, small, folder / f"out{n}")
        assert run.galaxies == n and not run.failed
        lines.append(f"| {n:,} | {n / run.seconds:,.0f} | {run.memory_mb:,.0f} |")
        print(lines[-1], flush=True)
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer galaxies and repeats")
    parser.add_argument("--million", action="store_true", help="also the catalogue of up to a million small stamps")
    parser.add_argument("--catalogue", action="store_true", help="the rows of the catalogue alone")
    parser.add_argument("--out", type=Path, help="by default speed.md, or speed_catalogue.md, beside this file")
    given = parser.parse_args()
    given.out = given.out or Path(__file__).with_name("speed_catalogue.md" if given.catalogue else "speed.md")
    table, load = Table(), os.getloadavg()[0]
    for device in [] if given.catalogue else ["cpu"] + ["cuda"] * torch.cuda.is_available():
        measure(table, device, given.quick)
    os.environ.pop("GALMORPH_DEVICE", None)
    cataloguing(table, given.quick, given.million)
    gpu = "" if torch.cuda.is_available() else " No GPU was at hand: the same command measures one where it is."
    options = " ".join(f"--{name}" for name in ("quick", "million", "catalogue") if getattr(given, name))
    head = [
        "# How fast everything is", "",
        f"{date.today()}, {os.cpu_count()} cores ({platform.machine()}), {torch.get_num_threads()} threads, "
        f"torch {torch.__version__}; load of the machine before the run {load:.1f} (idle is 0).{gpu}", "",
        f"Command: `python benchmarks/speed.py {options}`".rstrip(" `") + "`.", "",
    ]  # fmt: skip
    given.out.write_text("\n".join(head + table.lines) + "\n", encoding="utf-8")
    print(f"wrote {given.out}")


if __name__ == "__main__":
    main()
