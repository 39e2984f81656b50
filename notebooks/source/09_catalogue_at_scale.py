# %% [markdown]
# # Classify a survey of any size
#
# **What you'll do:** cut a sky into shards, classify them on several processes with five networks, kill the run and resume it, give it bad data, and work out what 27 million galaxies cost.
#
# **What you'll learn**
# - how to cut a survey so that any number of machines can work on it, and no galaxy is lost or counted twice
# - what robust flags are, and what a score for unfamiliar galaxies catches and misses
# - how to measure a throughput, and how far to trust what is extrapolated from it
#
# **What you'll need:** lessons 02 and 03; 25 minutes to read, about 2 minutes to run on two cores, 1.5 GB of memory with its workers. The talk's largest catalogue holds 27 million galaxies of the Dark Energy Survey ([Vega-Ferrero et al. 2021](https://doi.org/10.1093/mnras/stab594)); the means here are those of any such run.

# %%
# On Colab, install the helper package without touching the torch and numpy that are there. Elsewhere this does nothing.
import sys

if "google.colab" in sys.modules:
    # %pip install -q --no-deps "galmorph-helpers @ git+https://github.com/galmorph/galaxy-morphology-course"
    # %pip install -q "photutils>=2" "pooch" "safetensors" "dask>=2024.8" "distributed>=2024.8"
    pass

# %% tags=["setup"]
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from astropy.table import Table
from torch.utils.flop_counter import FlopCounterMode

import galmorph_helpers as gm
from galmorph_helpers.runtime import release_memory
from galmorph_helpers.published import LARGEST_CATALOGUE

seed = gm.start()
claims = gm.Claims("09")
work = tempfile.TemporaryDirectory()
folder = Path(work.name)

# %% [markdown]
# ## Train once
#
# Five networks for one question, late or early type, as in lesson 03. On a GPU `gm.fit_folds` trains them all in one batched pass, since a network this small cannot fill the machine; on a CPU one after another is as fast. Both give the same result: each network gets the random numbers that it would have drawn alone. One step of two networks, either way:

# %%
sky = gm.mock_sample(table=gm.population(gm.pick(cpu=2000, gpu=20_000), seed=seed), seed=seed)
late = (np.asarray(sky.table["t_type"], float) > 0).astype(float)
train, test = gm.split(sky, fractions=(0.6, 0.4), seed=seed)


def make_network():
    return gm.load_weights(gm.CompactCNN(), "mock_trunk")


few = train[:128]
either = [gm.fit_folds(make_network, sky.images[few], late[few], k=2, epochs=1, batch_size=64, seed=seed, together=way) for way in (False, True)]
one_by_one, at_once = (gm.predict_folds(folds.networks, sky.images[test[:200]], views=1) for folds in either)
apart = np.abs(one_by_one - at_once).max()
print(f"largest difference of the logits: {apart:.1e}; their scatter over galaxies: {one_by_one.std():.2f}")
claims.check("logits of folds trained together minus one by one, one step", apart, at_most=1e-3, because="a network got another's random numbers")

# %%
folds = gm.fit_folds(make_network, sky.images[train], late[train], k=5, epochs=3, batch_size=32, learning_rate=2e-3, seed=seed)
classifier = gm.catalogue.save_classifier(folder / "ltg.safetensors", folds.networks, sky.images[test])
some = sky.images[:50].clone()
del sky  # make room for workers
release_memory()
print(f"{classifier.name}: {len(folds.networks)} networks and what the training galaxies look like to them, {classifier.stat().st_size / 1e6:.1f} MB")

# %% [markdown]
# ## Cut the sky into shards
#
# A survey does not fit into memory, and a machine may fail after hours. So images come in *shards*: files of some hundred or thousand galaxies, each complete in itself. Here they are [Parquet](https://parquet.apache.org) files with two columns, the galaxy's number and its stamp in bytes. A header says which bands, in which order, and how large; a checksum on each page finds the bit that fell over.
#
# The mock sky makes a survey of any size, shard by shard: the seed of a shard is its number, so any machine can draw any shard.

# %%
n_survey, per_shard = gm.pick(cpu=3000, gpu=100_000), gm.pick(cpu=250, gpu=5000)
begin = time.perf_counter()
gm.catalogue.simulate(folder / "sky", galaxies=n_survey, per_shard=per_shard, seed=seed + 77)
paths = gm.catalogue.find_shards(folder / "sky")
per_galaxy = sum(path.stat().st_size for path in paths) / n_survey
print(f"{len(paths)} shards of {per_shard} galaxies, {per_galaxy / 1e3:.1f} kB a galaxy, {time.perf_counter() - begin:.0f} s")
print(f"27 million of them: {LARGEST_CATALOGUE * per_galaxy / 1e9:.0f} GB")

# %% [markdown]
# ## Classify one shard by hand
#
# What a worker does with a shard is this: read, classify with each network, take mean and scatter. The helper adds a flag and a score for unfamiliar galaxies, and writes the result under its final name only when it is complete.

# %%
parts = list(gm.catalogue.read_shard(paths[0]))
ids, images = np.concatenate([part[0] for part in parts]), torch.cat([part[1] for part in parts])
probability = np.stack([gm.predict(network, images, views=1) for network in folds.networks])
by_hand = Table({"ID": ids, "P_LTG": probability.mean(0), "P_LTG_std": probability.std(0)})

done = gm.catalogue.classify_shard(str(paths[0]), str(classifier), str(folder))
part = gm.catalogue.read_parts(folder / paths[0].name)
for name in by_hand.colnames:
    np.testing.assert_allclose(part[name], by_hand[name], atol=1e-5)
print(f"{done['shard']}: {done['galaxies']} galaxies; by hand and by the helper the same")
(folder / paths[0].name).unlink()

# %% [markdown]
# ## Let others do the work, and kill them
#
# [Dask](https://www.dask.org) hands the shards to workers: here two processes of this machine, elsewhere any cluster by its address, with not a line changed. Machines fail, so try what happens. First, one worker is killed while it is at work:

# %%
sky_folder, out = folder / "sky", folder / "catalogue"
with gm.catalogue.dask_client(2) as client:
    client.run(gm.catalogue.load_classifier, str(classifier))  # warm: imports, weights
    victim = list(client.run(os.getpid).values())[0]
    killer = subprocess.Popen([sys.executable, "-c", f"import os, time; time.sleep(0.3); os.kill({victim}, {int(signal.SIGKILL)})"])
    run = gm.catalogue.classify(sky_folder, classifier, out, client=client)
    killer.wait()
print(run)
table = gm.catalogue.read_parts(out)
missing, twice = n_survey - len(set(table["ID"])), len(table) - len(set(table["ID"]))
print(f"a worker was killed; galaxies missing: {missing}, twice: {twice}")
claims.check("galaxies missing after a worker was killed", missing, at_most=0, because="the work of a lost worker were not given to another")
claims.check("galaxies twice after a worker was killed", twice, at_most=0, because="a shard that is done twice left two parts")

# %% [markdown]
# Then the whole run, from the command line, killed with its workers as soon as three shards are done. Repeat the command, and it goes on where it stopped:

# %%
out = folder / "again"
command = [sys.executable, "-m", "galmorph_helpers.catalogue", "classify", str(sky_folder), str(classifier), str(out), "--workers", "0"]
process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
while len(list(out.glob("sky_*.parquet"))) < 3 and process.poll() is None:
    time.sleep(0.02)
process.kill()
process.wait()
before = len(list(out.glob("sky_*.parquet")))
run = gm.catalogue.classify(sky_folder, classifier, out)
again = gm.catalogue.read_parts(out)
print(f"killed after {before} of {len(paths)} shards. {run}")
order, order_again = np.argsort(table["ID"]), np.argsort(again["ID"])
apart = np.abs(np.asarray(table["P_LTG"])[order] - np.asarray(again["P_LTG"])[order_again]).max()
claims.check("shards that a resumed run did not repeat, minus those found", before - len(run.found), at_most=0, because="a finished shard were not recognised")
claims.check("catalogue after kill and resume minus the other one, P_LTG", apart, at_most=1e-5, because="a half-written part were read")

# %% [markdown]
# Why no galaxy is lost or doubled: the part of a shard has the shard's name, and is moved under that name when it is complete. A shard that is done twice, because a worker was given up and finished after all, replaces its own part. What is there, made from this shard by this classifier, is not done again.
#
# ## Give it bad data
#
# In millions of files some are broken. None may stop the others, none may pass unseen. Spoil six shards, each in another way:

# %%
spoilt = folder / "spoilt"
spoilt.mkdir()
numbers = 10**9 + np.arange(50)
gm.catalogue.write_shard(spoilt / "a_good.parquet", numbers, some, pixels="colour")
damaged = bytearray(gm.catalogue.write_shard(spoilt / "b_damaged.parquet", numbers + 100, some, pixels="colour").read_bytes())
damaged[len(damaged) // 2] ^= 1  # one bit
(spoilt / "b_damaged.parquet").write_bytes(damaged)
(spoilt / "c_cut_short.parquet").write_bytes(damaged[:5000])
gm.catalogue.write_shard(spoilt / "d_small.parquet", numbers + 200, some[:, :, ::2, ::2], pixels="colour")
gm.catalogue.write_shard(spoilt / "e_bands.parquet", numbers + 300, some.flip(1), bands=("g", "r", "i"), pixels="colour")
gm.catalogue.write_shard(spoilt / "f_empty.parquet", numbers[:0], some[:0], pixels="colour")
gm.catalogue.write_shard(spoilt / "g_repeated.parquet", np.r_[numbers[:1], numbers[1:] + 400], some, pixels="colour")
command = [sys.executable, "-m", "galmorph_helpers.catalogue", "classify", str(spoilt), str(classifier), str(folder / "rest"), "--workers", "0"]
ended = subprocess.run(command, capture_output=True, text=True)
print(ended.stdout.split("s; ", 1)[-1])
print("exit status:", ended.returncode)
claims.check("spoilt shards that are named", ended.stdout.count(".parquet:"), at_least=6, because="a spoilt shard passed")
claims.check("exit status of a run with spoilt shards", ended.returncode, at_least=1, because="a failure looked like a success")

# %% [markdown]
# ## Read the catalogue
#
# One row a galaxy. `FLAG_LTG` numbers robust classes as the DES catalogue does: 4 is a robust early type, 5 a robust late type. Robust means here that the five probabilities differ by less than 0.3 and their mean is below 0.3 or above 0.7; 0 to 3 divide the rest (`gm.metrics.flags.FLAGS`).

# %%
truth = np.concatenate([np.asarray(gm.population(per_shard, seed=(seed + 77) * 1_000_003 + i, magnitude_limit=gm.SDSS.magnitude_limit, seeing=gm.SDSS.psf_fwhm[1])["t_type"], float) > 0 for i in range(len(paths))])[again["ID"]]
flag, p = np.asarray(again["FLAG_LTG"]), np.asarray(again["P_LTG"])
robust = flag >= 4
gm.plots.show_metrics(gm.metrics_table({"all galaxies": (truth, p), "robust ones": (truth[robust], p[robust])}), caption="ETG or LTG, mock survey, mean of five folds")
right = (p > 0.5) == truth
print(f"robust: {robust.mean():.0%} of the galaxies; late types among them {np.mean(flag[robust] == 5):.0%}")
print(f"right: {right[robust].mean():.3f} of the robust ones, {right[~robust].mean():.3f} of the others")
claims.check("accuracy of robust classes minus the others", right[robust].mean() - right[~robust].mean(), at_least=0.15, because="networks agreed on wrong answers as often")
again[:5]

# %% [markdown]
# In the talk 88 % of the DES galaxies are late types. The share here is that of another, brighter and mock sample: no comparison is meant.
#
# ### Flag the unfamiliar
#
# `OOD` is a galaxy's distance from the training galaxies in what the network sees (the mean of each map of each convolution), in units of what 99 % of galaxies like those of training reach. Above 1, the probability is a guess about something the networks have not met. What does it catch?

# %%
unknown = {"another mock sky": gm.mock_sample(300, seed=seed + 5), "mock sky, DES": gm.mock_sample(300, gm.DES, seed=seed + 5), "Hubble deep field": gm.deep_field()}
looks = {name: sample.images for name, sample in unknown.items()}
looks |= {"bands swapped": looks["another mock sky"].flip(1), "zoomed twice": torch.nn.functional.interpolate(looks["another mock sky"][:, :, 16:48, 16:48], size=64, mode="bilinear"),
          "noise alone": torch.rand(100, 3, 64, 64)}
scores = {}
for name, stamps in looks.items():
    place = folder / "looks" / name.replace(" ", "_").replace(",", "")
    place.mkdir(parents=True)
    gm.catalogue.write_shard(place / "one.parquet", np.arange(len(stamps)), stamps.clamp(0, 1), pixels="colour")
    gm.catalogue.classify(place, classifier, place / "out")
    scores[name] = np.asarray(gm.catalogue.read_parts(place / "out")["OOD"])
score_label = "log OOD (above 0: unfamiliar)"
gm.plots.histograms({score_label: {name: np.log10(values) for name, values in scores.items()}}, title="Score for unfamiliar galaxies", limits={score_label: (-0.6, 1.0)}, bins=20,
                    alt="Scores of another mock sky lie below 1; the Hubble deep field and pure noise lie above it; swapped bands and the DES-like sky hardly differ from training.")
flagged = {name: np.mean(values > 1) for name, values in scores.items()}
print({name: f"{share:.0%}" for name, share in flagged.items()})
claims.check("flagged among galaxies like those of training", flagged["another mock sky"], at_most=0.05, because="the score were fitted to the galaxies it was made from")
claims.check("flagged in the Hubble deep field", flagged["Hubble deep field"], at_least=0.7, because="networks saw no difference between a mock sky and the deep field")
claims.check("flagged among galaxies with swapped bands", flagged["bands swapped"], at_most=0.6, because="the score saw colours better than it does")

# %% [markdown]
# A score above 1 is a reason to distrust a probability; a score below 1 is no reason to trust it. A galaxy of another survey whose stamps look much like those of training passes, as do swapped bands: the header of the shard caught those above, the score mostly would not.
#
# ## Count the cost of 27 million galaxies
#
# Measure first. The bare loop predicts from memory; the catalogue reads, checks, classifies with five networks, scores and writes. Both are timed in processor seconds of one core, so that another program on this machine does not count:

# %%
def cost(work, repeats=3):
    """Processor seconds that `work` takes with one thread: the best of some repeats."""
    seconds = []
    for _ in range(repeats):
        begin = time.process_time()
        work()
        seconds.append(time.process_time() - begin)
    return min(seconds)


threads = torch.get_num_threads()
torch.set_num_threads(1)
_, stamps = next(gm.catalogue.read_shard(paths[0]))
k = len(folds.networks)
bare = cost(lambda: [gm.predict(network, stamps, views=1) for network in folds.networks]) / len(stamps)
whole = cost(lambda: gm.catalogue.classify_shard(str(paths[0]), str(classifier), str(folder))) / per_shard
torch.set_num_threads(threads)
(folder / paths[0].name).unlink()
with FlopCounterMode(display=False) as counter:
    folds.networks[0](stamps[:1].to(gm.device()))
operations = counter.get_total_flops()
print(f"one core, {k} networks: {1 / bare:,.0f} galaxies/s in the bare loop, {1 / whole:,.0f} as a catalogue ({bare / whole:.0%})")
print(f"one network needs {operations / 1e6:.1f} million operations a galaxy")
claims.check("throughput of the catalogue over that of the bare loop, one core", bare / whole, at_least=0.6, because="reading, scoring and writing cost as much as five networks")

# %% [markdown]
# Then extrapolate, and say what is assumed:
#
# - **Here and on a cluster**: each core does what one core did above; workers do not wait for each other, as they share nothing; files can be read as fast as they are used. The last is the first to fail: the column *reading* says what the storage must deliver.
# - **On one GPU**: nothing was measured here. The numbers are floors. No program is faster than its operations over the rate of the processor, or its bytes over the bandwidth of the wire to it. Taken are 19.5 million million operations a second in single precision and 25 GB a second over PCIe 4, the order of a data-centre GPU of 2020 by its maker's data sheet; a network this small reaches a part of it. `python benchmarks/speed.py` measures it where there is one.

# %%
def hours(cores, *, rate=1 / whole, n=LARGEST_CATALOGUE):
    """Hours that n galaxies take at `rate` galaxies a second and core."""
    return n / (cores * rate) / 3600


volume = LARGEST_CATALOGUE * per_galaxy
gpu = max(LARGEST_CATALOGUE * operations * k / 19.5e12, volume / 25e9) / 3600
rows = [("one core", hours(1)), ("two cores", hours(2)), ("a cluster of 64 cores", hours(64)), ("a cluster of 1000 cores", hours(1000)), ("one GPU, the floor", gpu)]
costs = Table(rows=rows, names=("27 million galaxies, five networks", "hours"))
costs["reading, GB/s"] = volume / (costs["hours"] * 3600) / 1e9
gm.plots.show_table(costs, caption="Extrapolated from the throughput measured above", formats={"hours": ".3g", "reading, GB/s": ".2g"})
claims.check("hours for 27 million galaxies on two cores", hours(2), at_most=24, because="the networks were larger, or this machine much slower")

# %% [markdown]
# A night on a laptop: classification is not what keeps catalogues from being made. Cutting the stamps out of the survey's images, moving them, and knowing what the answers are worth takes longer. Turn the knob to see how many cores a deadline asks for:

# %%
def needed(deadline_hours):
    """Cores for 27 million galaxies within a deadline."""
    cores = int(np.ceil(hours(1) / deadline_hours))
    print(f"{deadline_hours:g} h: {cores} cores, reading {volume / deadline_hours / 3600 / 1e9:.2f} GB/s")


needed(1)
_ = gm.course.explore(needed, deadline_hours=(0.25, 12, 0.25, 1))

# %% [markdown]
# ## On observed galaxies
#
# The same call on observed stamps of the SDSS: networks that know only the mock sky, and a score that says so.

# %%
observed, answered = gm.labelled_sdss("disc")
if observed:
    claims.origins.append("folder")
    chosen = np.flatnonzero(np.isfinite(answered["disc"]))[:1500]
    (folder / "sdss").mkdir()
    for number, rows in enumerate(np.array_split(chosen, 6)):
        gm.catalogue.write_shard(folder / "sdss" / f"sdss_{number}.parquet", rows, observed.images[rows], origin=observed.origin, pixels=observed.pixels)
    print(gm.catalogue.classify(folder / "sdss", classifier, folder / "sdss_catalogue"))
    found = gm.catalogue.read_parts(folder / "sdss_catalogue")
    disc, familiar, sure = answered["disc"][found["ID"]], np.asarray(found["OOD"]) <= 1, np.asarray(found["FLAG_LTG"]) >= 4
    groups = {"all": np.ones(len(found), bool), "robust": sure, "familiar (OOD up to 1)": familiar, "unfamiliar": ~familiar}
    p_observed = np.asarray(found["P_LTG"])
    gm.plots.show_metrics(gm.metrics_table({name: (disc[m], p_observed[m]) for name, m in groups.items() if len(set(disc[m])) == 2}), caption="Disc or smooth, observed SDSS galaxies, networks that know the mock sky alone")
    print(f"unfamiliar: {np.mean(~familiar):.0%} of the observed galaxies")

# %% [markdown]
# ## What the talk found, what you found

# %%
claims.compare("share of late types among robust ones (DES, to r = 21.5; here mock, to r = 17.77)", 0.88, float(np.mean(flag[robust] == 5)), None)
print(f"The talk's catalogue: {LARGEST_CATALOGUE:,} galaxies. Here: {len(again):,} classified, and {hours(2):.1f} hours for the rest on two cores.")

# %% [markdown]
# ## Exercises
#
# **1. How large a shard?** A worker that is killed loses the shard it is at. With `per_shard` galaxies a shard and a rate of 800 galaxies a second, how many seconds are lost at most with 1,000 galaxies, and how many files are there for 27 million?

# %%
lost_and_files = ...  # (seconds, files)

# %%
_ = gm.course.check("exercise 1", lost_and_files, [1.25, 27_000], tolerance=0.01, hint="1,000 galaxies at 800 a second; 27 million over 1,000.")

# %% tags=["solution", "nbval-check-output"]
lost_and_files = [1000 / 800, 27_000_000 / 1000]
_ = gm.course.check("exercise 1", lost_and_files, [1.25, 27_000], tolerance=0.01)

# %% [markdown]
# **2. What would a tenth network cost?** Reading takes a share r of the time of five networks. If the catalogue runs at 0.85 of the bare loop with five networks, at what share does it run with ten?

# %%
share_of_ten = ...

# %%
_ = gm.course.check("exercise 2", share_of_ten, 0.9189, tolerance=0.01, hint="Five networks take 1, the rest 1 / 0.85 - 1; ten networks take 2 and the same rest.")

# %% tags=["solution", "nbval-check-output"]
share_of_ten = 2 / (2 + 1 / 0.85 - 1)
_ = gm.course.check("exercise 2", share_of_ten, 0.9189, tolerance=0.01)

# %% [markdown]
# **3. Your own cluster.** Start `dask scheduler --host 127.0.0.1 --dashboard-address 127.0.0.1:8787` in one terminal and `dask worker tcp://127.0.0.1:8786 --host 127.0.0.1 --dashboard-address 127.0.0.1:0` in two others, and pass `--scheduler tcp://127.0.0.1:8786` to the command above. Stop one worker while it runs. (No check.)
#
# Keep the addresses in: without them scheduler, workers and their pages listen on every network of your machine, and a worker runs whatever code it is sent. On several machines let them know each other by certificates, [TLS](https://distributed.dask.org/en/stable/tls.html): an address then begins with `tls://`.
#
# ## In practice
#
# - Workers must see the same files: a shared file system, or a folder on each machine that is filled before. A worker that lacks the weights names the shards it could not do, and the run ends with an error.
# - On a GPU the same classifier takes 4,096 galaxies at a time; one worker a GPU, and then reading and unpacking set the pace: several reading processes for each GPU.
# - Write down which classifier made a part: each part of this catalogue knows the size and date of its shard and of its classifier, and is made again when either changes.
# - Publish flags and scores with the probabilities, and what they do not catch.
#
# ## Further reading
#
# - Vega-Ferrero et al. 2021, *Pushing automated morphological classifications to their limits with the Dark Energy Survey*, [doi:10.1093/mnras/stab594](https://doi.org/10.1093/mnras/stab594)
# - Rocklin 2015, *Dask: parallel computation with blocked algorithms and task scheduling*, [doi:10.25080/Majora-7b98e3ed-013](https://doi.org/10.25080/Majora-7b98e3ed-013)
# - Lee et al. 2018, *A simple unified framework for detecting out-of-distribution samples and adversarial attacks*, [arXiv:1807.03888](https://arxiv.org/abs/1807.03888)
#
# ## What this lesson claims

# %% tags=["claims"]
work.cleanup()
gm.plots.show_claims(claims.report())
