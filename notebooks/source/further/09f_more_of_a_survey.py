# ---
# minutes: 30
# ---

# %% [markdown]
# # More of a survey: spoilt files, odd pictures, and the cost of 27 million
#
# Lesson 09 went from a tile of the sky to a catalogue, and passed over four questions. **What happens when files are broken? What else does the score for unfamiliar galaxies catch, and what passes? Can five networks be trained at once? And what would a graphics processor save?**
#
# **You will do:** spoil six files in six ways, show the networks pictures that are no galaxies, and count operations and bytes.
#
# **You will learn**
# - why a file needs a *checksum*, and a header that says what its numbers are
# - which oddities a distance in the space of features cannot see
# - how to give a lower limit for a time that you cannot measure
#
# **You will need:** lesson 09. 20 minutes to read, 10 for two exercises; half a minute of computing.

# %% tags=["setup"]
# On Colab the helper package is installed, without touching the torch and numpy that are there.
import sys

if "google.colab" in sys.modules:
    # %pip install -q --no-deps git+https://github.com/galmorph/galaxy-morphology-course
    # %pip install -q "photutils>=2" "pooch" "safetensors"
    # %pip install -q "dask>=2024.8" "distributed>=2024.8"
    pass
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
from astropy.table import Table
from torch.utils.flop_counter import FlopCounterMode

import galmorph_helpers as gm
from galmorph_helpers.published import LARGEST_CATALOGUE

seed = gm.start()
claims = gm.Claims("09f")
work = tempfile.TemporaryDirectory()
folder = Path(work.name)
spoilt = folder / "spoilt"
spoilt.mkdir()


def make_network():
    """A network that reads mock galaxies already (lesson 02)."""
    return gm.load_weights(gm.CompactCNN(), "mock_trunk")


def write(name, ids, images, **words):
    """Write one shard among the spoilt ones."""
    path = spoilt / f"{name}.parquet"
    return gm.catalogue.write_shard(path, ids, images, pixels="colour", **words)

# %% [markdown]
# ## Train all folds at once
#
# On a GPU `gm.fit_folds` trains all networks in one batched pass, since a network this small cannot fill the machine; on a CPU one after another is as fast. Both must give the same result: each network gets the random numbers that it would have drawn alone. One step of two networks, either way; and beside it, how much another seed of training moves the same numbers:

# %%
sky = gm.mock_sample(table=gm.population(1600, seed=seed), seed=seed)
late = (np.asarray(sky.table["t_type"], float) > 0).astype(float)
train, test = gm.split(sky, fractions=(0.6, 0.4), seed=seed)
few = train[:128]
ways = {"one by one": (seed, False), "at once": (seed, True), "another seed": (seed + 1, False)}
said = {}
for way, (number, together) in ways.items():
    one_step = gm.fit_folds(make_network, sky.images[few], late[few], k=2, epochs=1, batch_size=64,
                            seed=number, together=together)
    said[way] = gm.predict_folds(one_step.networks, sky.images[test[:200]], views=1)
off = {way: np.abs(said[way] - said["one by one"]).max() for way in list(ways)[1:]}
words = ", ".join(f"{way} {value:.1e}" for way, value in off.items())
print("largest difference of the logits from those of one by one:", words)

# %%
folds = gm.fit_folds(make_network, sky.images[train], late[train], k=3, epochs=2, batch_size=32,
                     learning_rate=2e-3, seed=seed)
classifier = folder / "ltg.safetensors"
gm.catalogue.save_classifier(classifier, folds.networks, sky.images[test])
print(f"{len(folds.networks)} networks and their domain: {classifier.stat().st_size / 1e6:.1f} MB")

# %% [markdown]
# ## Give it bad data
#
# In millions of files some are broken. None may stop the others, none may pass unseen. A shard is a [Parquet](https://parquet.apache.org) file of two columns, the galaxy's number and its stamp in bytes. Its header says which bands, in which order, and how large; a checksum on each page, a number computed from its bytes, finds the bit that fell over. Spoil six shards, each in another way:
#
# **Predict:** which of the six would a program without checksum and header classify without a word?

# %%
some, numbers = sky.images[test[:50]].clone(), 10**9 + np.arange(50)
write("a_good", numbers, some)
damaged = bytearray(write("b_one_bit", numbers + 100, some).read_bytes())
damaged[len(damaged) // 2] ^= 1
(spoilt / "b_one_bit.parquet").write_bytes(damaged)
(spoilt / "c_cut_short.parquet").write_bytes(damaged[:5000])

# %%
write("d_small", numbers + 200, some[:, :, ::2, ::2])
write("e_bands", numbers + 300, some.flip(1), bands=("g", "r", "i"))
write("f_empty", numbers[:0], some[:0])
write("g_repeated", np.r_[numbers[:1], numbers[1:] + 400], some)
command = [sys.executable, "-m", "galmorph_helpers.catalogue", "classify", str(spoilt),
           str(classifier), str(folder / "rest"), "--workers", "0"]
ended = subprocess.run(command, capture_output=True, text=True)
print(ended.stdout.split("s; ", 1)[-1])
print("exit status:", ended.returncode)

# %% [markdown]
# All six are named with a reason, the good one is done, and the exit status tells a script that something failed. Without a checksum the first would have passed, with one pixel off; without a header the bands.
#
# ## See what the score cannot
#
# `OOD` is the distance of lesson 09 over its reach: above 1, a galaxy is unlike those of training.
#
# **Predict:** swapped bands, a galaxy zoomed twice, pure noise, DES pictures, the Hubble deep field. Which are caught?

# %%
other = gm.mock_sample(300, seed=seed + 5).images
middle = other[:, :, 16:48, 16:48]
generator = torch.Generator().manual_seed(seed)
looks = {
    "another mock sky": other, "bands swapped": other.flip(1),
    "zoomed twice": torch.nn.functional.interpolate(middle, size=64, mode="bilinear"),
    "mock sky, DES": gm.mock_sample(300, gm.DES, seed=seed + 5).images,
    "Hubble deep field": gm.deep_field().images,
    "noise alone": torch.rand(100, 3, 64, 64, generator=generator),
}
network = folds.networks[0]
domain = gm.learning.fit_domain(gm.learning.image_features(network, sky.images[test]))
features = {name: gm.learning.image_features(network, images) for name, images in looks.items()}
scores = {name: gm.learning.out_of_domain(domain, f) for name, f in features.items()}
label = "log OOD (above 0: unfamiliar)"

# %%
logs = {name: np.log10(values) for name, values in scores.items()}
gm.plots.histograms({label: logs}, title="Score for unfamiliar galaxies", bins=20,
                    limits={label: (-0.6, 1.0)},
                    alt="Another mock sky is below 0; observed deep field, DES, noise above.")
flagged = {name: np.mean(values > 1) for name, values in scores.items()}
print(", ".join(f"{name} {share:.0%}" for name, share in flagged.items()))

# %% [markdown]
# Other telescopes and noise are caught. Of swapped bands many pass: the network uses colour, but the *means of its maps* hardly change. The header of the shard catches those. So a score above 1 is a reason to distrust a probability; a score below 1 is no reason to trust it.
#
# ## Cut a survey into shards
#
# **Do:** a worker that is killed loses the shard it was at. With `per_shard` galaxies a shard and `rate` galaxies a second: how many seconds of work are lost at most, and how many files make up the survey (a last one that is not full counts)?


# %% tags=["exercise"]
def plan(galaxies, per_shard, rate):
    """Seconds lost at most, and the number of files."""
    ### BEGIN SOLUTION
    lost = per_shard / rate
    files = int(np.ceil(galaxies / per_shard))
    return lost, files
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("09f.1", points=1)

# %%
plan = gm.course.yours("09f.1")
rows = [(n, *plan(LARGEST_CATALOGUE, n, 800)) for n in (100, 1000, 10_000, 100_000)]
gm.plots.show_table(Table(rows=rows, names=("galaxies a shard", "seconds lost", "files")),
                    caption="27 million galaxies, 800 a second and core")

# %% [markdown]
# A tenth network costs less than twice the time of five, since reading, checking and writing are paid once.
#
# **Do:** with k networks the catalogue runs at a `share` of the speed that the k networks alone would reach. At what share does it run with `more` networks, if all else costs what it did?


# %% tags=["exercise"]
def share_with(more, k, share):
    """Speed of the catalogue over that of its networks, with `more` in place of k."""
    ### BEGIN SOLUTION
    besides = k / share - k  # in units of one network
    return more / (more + besides)
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("09f.2", points=1)

# %% [markdown]
# ## Bound what you cannot measure
#
# No GPU is at hand here. But no program is faster than its operations over the rate of the processor, or than its bytes over the rate of the wire to it. Both are *floors* of the time. Taken are 19.5 million million operations a second in single precision and 25 GB a second over PCIe 4, the order of a data-centre GPU of 2020 by its maker's data sheet.

# %%
share_with = gm.course.yours("09f.2")
print(f"ten networks in place of five, from 0.85: {share_with(10, 5, 0.85):.2f}")
stamp = sky.images[test[:1]]
with FlopCounterMode(display=False) as counter:
    folds.networks[0](stamp.to(gm.device()))
operations, volume = counter.get_total_flops(), stamp.numel()  # a byte a pixel and band
arithmetic = LARGEST_CATALOGUE * 5 * operations / 19.5e12
wire = LARGEST_CATALOGUE * volume / 25e9
floors = [("arithmetic, five networks", arithmetic / 60), ("wire", wire / 60)]
gm.plots.show_table(Table(rows=floors, names=("floor", "minutes")),
                    caption="27 million galaxies on one GPU")
print(f"{operations / 1e6:.1f} million operations a galaxy and network; {volume / 1e3:.1f} kB")

# %% [markdown]
# Minutes, where a CPU core takes hours: then cutting and moving the stamps sets the pace, not the networks. A network this small reaches only a part of the rate of the data sheet; [`benchmarks/speed.py`](../../benchmarks/speed.py) measures it where there is a GPU.
#
# ## In practice
#
# - **Your own cluster.** Start `dask scheduler --host 127.0.0.1 --dashboard-address 127.0.0.1:8787` in one terminal and `dask worker tcp://127.0.0.1:8786 --host 127.0.0.1 --dashboard-address 127.0.0.1:0` in two others, pass `--scheduler tcp://127.0.0.1:8786` to the command of lesson 09, and stop one worker while it runs. Keep the addresses in: without them workers listen on every network, and a worker runs whatever code it is sent. Between machines use certificates, [TLS](https://distributed.dask.org/en/stable/tls.html).
# - A worker that lacks the weights names the shards it could not do, and the run ends with an error.
# - On a GPU take one worker a GPU, and several processes that read for it.
#
# ## What this lesson claims

# %% tags=["claims"]
claims.identity("spoilt shards that are named", ended.stdout.count(".parquet:"), at_least=6)
claims.identity("exit status of a run with spoilt shards", ended.returncode, at_least=1)
claims.check(
    "logits of folds trained at once minus one by one, one step",
    off["at once"],
    at_most=1e-3,
    about="mock",
    control=("another seed", off["another seed"]),
    fails_if="a network got another's random numbers",
)
claims.check(
    "flagged among galaxies with swapped bands",
    flagged["bands swapped"],
    at_most=0.7,
    about="mock",
    control=("noise alone", flagged["noise alone"]),
    fails_if="the score saw colours better than it does",
)
claims.check(
    "flagged in pure noise",
    flagged["noise alone"],
    at_least=0.9,
    about="mock",
    control=("another mock sky", flagged["another mock sky"]),
    fails_if="noise looked like galaxies",
)
claims.check(
    "minutes on a GPU at least, arithmetic or wire",
    max(arithmetic, wire) / 60,
    at_most=60,
    control=("a CPU core at 500 galaxies a second", LARGEST_CATALOGUE / 500 / 60),
    fails_if="the networks were larger",
)
work.cleanup()
gm.plots.show_claims(claims.report())
