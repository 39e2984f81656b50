# %% [markdown]
# # Emulate distant galaxies, and classify what the eye cannot
#
# **What you'll do:** take bright, nearby galaxies whose types are known, move them to higher redshift, keep their labels, and train networks on the result.
#
# **What you'll learn**
# - the laws by which a galaxy fades and shrinks, each written down and then checked by photometry
# - why a network trained on bright galaxies must not be applied to faint ones, and how to notice
# - how a catalogue turns five networks into robust classes, and what a shift of the types' shares does to it
# - that images can hold what eyes no longer see
#
# **What you'll need:** lesson 03; 35 minutes to read, about 2 minutes to run on two cores, 1.4 GB of memory. The method is that of the DES morphology catalogue, [Vega-Ferrero et al. 2021](https://doi.org/10.1093/mnras/stab594), as the talk shows it.

# %%
# On Colab, install the helper package without touching the torch and numpy that are there. Elsewhere this does nothing.
import sys

if "google.colab" in sys.modules:
    # %pip install -q --no-deps "galmorph-helpers @ git+https://github.com/galmorph/galaxy-morphology-course"
    # %pip install -q "photutils>=2" "pooch" "safetensors" "galsim" "speclite"
    pass

# %% tags=["setup"]
import tempfile
from dataclasses import replace
from pathlib import Path

import astropy.units as u
import numpy as np
import torch
from astropy.io import fits
from astropy.table import Table, vstack
from scipy.special import expit

import galmorph_helpers as gm
from galmorph_helpers.imaging.distance import COSMOLOGY
from galmorph_helpers.published import FAINT_CATALOGUE, FAINT_MODELS

seed = gm.start()
claims = gm.Claims("05")

# %% [markdown]
# ## Carry one galaxy away
#
# People label bright galaxies. Surveys are full of faint ones. A galaxy at redshift $z$ that stood at $z'$ instead would be the same galaxy, with the same label; only its image would differ:
#
# 1. **It fades.** $m' = m + 5\log_{10}\frac{D_L(z')}{D_L(z)} + K(z') - K(z) + E$, with the *luminosity* distance $D_L$.
# 2. **It shrinks.** Angles go as $D_A(z)/D_A(z')$, with the *angular-diameter* distance $D_A = D_L/(1+z)^2$.
# 3. **It shows bluer light.** The filter sees shorter rest-frame wavelengths: the K-correction $K$.
# 4. **It may have been brighter.** Stars fade with time: evolution $E$. It is an assumption; we leave it at 0.
# 5. **The PSF and the pixels stay.** In units of the galaxy they grow.
# 6. **The sky stays**, with its noise.
#
# The first three in a few lines:

# %%
def fading(z, z_new):
    """Magnitudes lost by distance alone."""
    return 5 * np.log10(COSMOLOGY.luminosity_distance(z_new) / COSMOLOGY.luminosity_distance(z))


def shrinking(z, z_new):
    """Factor by which angles change."""
    return float(COSMOLOGY.angular_diameter_distance(z) / COSMOLOGY.angular_diameter_distance(z_new))


steps = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.5])
np.testing.assert_allclose([fading(0.05, z) for z in steps], gm.imaging.dimming(0.05, steps), rtol=1e-6)
np.testing.assert_allclose([shrinking(0.05, z) for z in steps], gm.imaging.shrinkage(0.05, steps), rtol=1e-6)
print("the notebook's laws and the helper's are the same")

# %% [markdown]
# `gm.emulate` does all of it for a batch of galaxies. First without noise, so that photometry can tell whether it is right. Our traveller is a typical Sbc, drawn alone on the sky as the Dark Energy Survey would see it at $z = 0.05$.

# %%
from galmorph_helpers.mock.rendering import light
from galmorph_helpers.imaging.camera import observe

traveller = gm.mock.specimens(["Sbc"], seed=seed)
for column in ("r90", "half_light_radius", "bulge_radius", "disc_radius"):
    traveller[column] = traveller[column] * (10.0 * u.arcsec / traveller["half_light_radius"][0]) / 2
traveller["redshift"], traveller["r_mag"] = 0.05, 15.5 * u.mag
traveller["pixel_scale"] = gm.DES.pixel_scale * u.arcsec
scale = np.array([gm.DES.pixel_scale])
start = observe(light(traveller, scale, size=192, seed=seed, field=False), gm.DES, torch.as_tensor(scale), size=192, noise=False)
stamps = traveller.copy()
stamps.remove_column("r90")  # without it, emulated stamps keep the survey's pixels
home = gm.GalaxySample(start, stamps, gm.DES, "mock", "an Sbc, DES-like", pixels="flux")
journey = {z: gm.emulate(home, z_new=z, size=192, noise=False) for z in steps}  # wide stamps: the wings of the PSF hold light, too
noisy = {z: gm.emulate(home, z_new=z, size=192, seed=seed) for z in steps}


# %%
def half_light_radius(image, pixel_scale):
    """Circle about the middle with half of the light, arcsec."""
    side = image.shape[-1]
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    order = np.argsort(np.hypot(x, y), axis=None)
    growth = np.cumsum(np.asarray(image, float).ravel()[order])
    return np.interp(growth[-1] / 2, growth, np.hypot(x, y).ravel()[order]) * pixel_scale


r_start = -2.5 * np.log10(start[0, 1].sum().item()) + 22.5
rows = []
for z, moved in journey.items():
    k = moved.table["magnitudes_lost"][0, 1].value - gm.imaging.dimming(0.05, z)
    measured = -2.5 * np.log10(moved.images[0, 1].sum().item()) + 22.5
    wrong = 5 * np.log10(COSMOLOGY.angular_diameter_distance(z) / COSMOLOGY.angular_diameter_distance(0.05)) + k
    rows.append({"z": z, "K in r": k, "r, law": r_start + fading(0.05, z) + k, "r, photometry": measured,
                 "r, with the wrong distance": r_start + wrong, "shrunk by": shrinking(0.05, z)})
photometry = Table(rows=rows)
gm.plots.show_table(photometry, formats=dict.fromkeys(photometry.colnames, ".3f"), caption="One galaxy, moved without noise")
claims.check("largest difference between photometry and the law, mag", np.abs(photometry["r, law"] - photometry["r, photometry"]).max(), at_most=0.02, because="the wrong distance, or a flux lost in resampling")

# %% [markdown]
# **A trap.** A public program for this task divides fluxes by the square of the *angular-diameter* distance, because it already has it at hand for the sizes. The fifth column shows what comes out: at z = 0.5 the galaxy would be a magnitude and a half too bright. Nothing in the picture looks wrong. Photometry notices.
#
# ### Check the size and the surface brightness
#
# With a PSF and pixels that shrink with the galaxy, its size and its surface brightness are what is left. For bolometric light the second falls as $(1+z)^{-4}$ (Tolman's law), whatever the cosmology.

# %%
sizes, tolman = [], []
for z in steps[1:]:
    shrunk = shrinking(0.05, z)
    keen = replace(gm.DES, pixel_scale=shrunk * gm.DES.pixel_scale, psf_fwhm=tuple(shrunk * f for f in gm.DES.psf_fwhm))
    moved = gm.emulate(home, z_new=z, survey=keen, noise=False, k_correction=False)
    sizes.append(half_light_radius(moved.images[0, 1], keen.pixel_scale) / half_light_radius(start[0, 1], gm.DES.pixel_scale) / shrunk)
    brightness = moved.images[0, 1, 80:112, 80:112].sum() / start[0, 1, 80:112, 80:112].sum() / shrunk**2
    tolman.append(float(brightness) * ((1 + z) / 1.05) ** 4)
print("half-light radius over the law:", np.round(sizes, 4), "| surface brightness over Tolman's law:", np.round(tolman, 4))
claims.check("half-light radius, largest relative error", np.abs(np.array(sizes) - 1).max(), at_most=0.03, because="the wrong distance, or a resampling that blurs")
claims.check("surface brightness against (1+z)^-4, largest relative error", np.abs(np.array(tolman) - 1).max(), at_most=0.03, because="flux and size followed different cosmologies")


# %% [markdown]
# ### Look at the journey
#
# Above, what the galaxy is; below, what the survey records. All stamps show the same number of kiloparsecs.

# %%
def shown(moved, z):
    """The stamp about the galaxy, 40 kpc wide, as a colour image; the square root lifts what is faint."""
    side = int(40 / gm.imaging.kpc_per_arcsec(z) / gm.DES.pixel_scale)
    cut = max(0, (moved.images.shape[-1] - side) // 2)
    image = gm.colour_image(moved.images, gm.DES, torch.as_tensor(scale))[0].sqrt()
    return image[:, cut : image.shape[1] - cut, cut : image.shape[2] - cut]


titles = [f"z = {z:g}, r = {m:.1f}" for z, m in zip(steps, photometry["r, photometry"], strict=True)]
gm.plots.images_row([shown(journey[z], z) for z in steps], titles, caption=f"Dimmed, shrunk, seen through the same PSF and pixels — {home.caption}",
                 alt="A spiral galaxy from redshift 0.05 to 0.5 without noise: its arms fade into a blur of few pixels.", size=1.9)
gm.plots.images_row([shown(noisy[z], z) for z in steps], titles, caption="The same with the sky of the survey",
                 alt="The same galaxy with noise: beyond redshift 0.3 no arms are visible to the eye.", size=1.9)


# %%
def at_redshift(z):
    """The traveller at a redshift, with and without noise."""
    pair = [gm.emulate(home, z_new=z, size=192, noise=noise, seed=seed) for noise in (False, True)]
    gm.plots.images_row([shown(p, z) for p in pair], ["no noise", "the survey's sky"], alt=f"The galaxy at redshift {z:.2f}, r = {pair[0].table['r_mag'][0].value:.1f}.",
                     caption=f"z = {z:.2f}: r = {pair[0].table['r_mag'][0].value:.1f}, shrunk {1 / pair[0].table['shrinkage'][0]:.1f} times", size=2.6)


_ = gm.course.explore(at_redshift, z=(0.05, 0.8, 0.05, 0.3))

# %% [markdown]
# ### Correct for what the filter sees
#
# K-corrections come from spectra: four kinds of galaxies ([Coleman, Wu & Weedman 1980](https://doi.org/10.1086/190674)) through the measured filters of DECam. The colour of a galaxy says where between them it lies.

# %%
grid = np.arange(0.02, 1.0, 0.04)
k = {name: gm.imaging.k_correction(np.full_like(grid, 1e-3), grid, family=[i], survey=gm.DES) for i, name in enumerate(("E", "Sbc", "Scd", "Im"))}
gm.plots.trends({f"{band} band": {name: (grid, values[:, b]) for name, values in k.items()} for b, band in enumerate("gr")}, xlabel="redshift",
                ylabels=["K-correction, mag", ""], alt="K-corrections of four galaxy types against redshift: old galaxies lose two magnitudes in g by redshift 0.5, irregular ones almost nothing.")
print(f"at z = 0.5 an elliptical loses {np.interp(0.5, grid, k['E'][:, 0]):.1f} mag in g and {np.interp(0.5, grid, k['E'][:, 1]):.1f} in r by redshift alone")

# %% [markdown]
# ### Match the PSF, mind the noise
#
# The old PSF shrinks with the galaxy. What it still lacks to the new one is a *transformation kernel*: in Fourier space the new PSF divided by the shrunk old one. If the shrunk one is the broader, the quotient explodes: no kernel can sharpen an image without inventing it, and the helper refuses.

# %%
try:
    gm.emulate(home, z_new=0.06, survey=replace(gm.DES, psf_fwhm=(0.5, 0.5, 0.5)))
except ValueError as error:
    print(error)

# %% [markdown]
# The image has noise of its own, too. It is dimmed and smoothed with the galaxy, and stays behind as faint, blotchy (correlated) noise. The helper measures it, and adds only as much sky noise as is missing. How much is left, in units of the survey's own?

# %%
n_train, n_test = gm.pick(cpu=1300, gpu=20_000), gm.pick(cpu=1000, gpu=4000)
catalogue_near = gm.population(n_train + n_test, seed=seed, seeing=gm.DES.psf_fwhm[1])
late, t_type = np.asarray(catalogue_near["ltg"]).astype(float), np.asarray(catalogue_near["t_type"])


def near_by(rows):
    """Wide stamps of these galaxies, where they are, in linear fluxes."""
    return gm.mock_sample(table=catalogue_near[rows], survey=gm.DES, size=128, field_of_view=128 * gm.DES.pixel_scale, look="flux", seed=seed + int(rows[0]))


near = near_by(np.arange(64))
for z_step in (1.0, 1.2, 1.5, 2.0, 4.0):
    some = gm.emulate(near, z_new=z_step * near.table["redshift"], seed=seed)
    print(f"z' = {z_step:g} z: noise of the old image left, median {np.median(some.table['noise_kept']):.2f} of the new sky's")

# %% [markdown]
# So an image cannot be moved by a small step without showing its own noise; beyond twice the redshift it does not matter. (Close to 1 times, the sky's noise is the old image's own, and nothing is added.)
#
# ## Keep the labels, lose the light
#
# Now the sample: bright galaxies, $r < 17.77$, whose types people can tell. Each is emulated twice, at magnitudes drawn evenly from 16 to 21.5 (a galaxy cannot be made brighter: those drawn brighter than they are stay as they are). **The label does not change.** That is the whole trick.

# %%
rng = np.random.default_rng([seed, 5])


def carried(rows, *magnitudes):
    """Samples of these galaxies at the redshifts where they have these r magnitudes, as colour images; one for each array of magnitudes."""
    copies = [[] for _ in magnitudes]
    for part in gm.runtime.progress(np.array_split(np.arange(len(rows)), -(-len(rows) // 256)), "parts"):  # all wide stamps at once would fill the memory
        near = near_by(rows[part])
        for number, (copy, magnitude) in enumerate(zip(copies, magnitudes, strict=True)):
            z_new = gm.imaging.redshift_for_magnitude(near.table, magnitude[part], survey=gm.DES)
            z_new = np.minimum(z_new, 12 * near.table["redshift"])  # farther, the stamp of a dwarf next door shrinks to a few pixels
            moved = gm.emulate(near, z_new=z_new, seed=seed + 50_000 * (number + 1) + int(rows[part[0]]))
            copy.append(gm.imaging.coloured(moved))
    return [gm.GalaxySample(torch.cat([c.images for c in copy]), vstack([c.table for c in copy], metadata_conflicts="silent"), gm.DES, "mock", f"DES-like, seed {seed}, emulated", pixels="colour")
            for copy in (copies.pop(0) for _ in magnitudes)]  # popped: each is freed once it is joined


# %%
train_rows, test_rows = np.split(np.arange(n_train + n_test), [n_train])
as_they_are = np.zeros(n_train)  # brighter than any galaxy is: they stay where they are
bright, *copies = carried(train_rows, as_they_are, rng.uniform(16, 21.5, n_train), rng.uniform(16, 21.5, n_train))
(faint,) = carried(test_rows, rng.uniform(16, 21.5, n_test))
print(faint, "| share of late types:", round(late.mean(), 2))
print(f"share of stamps covered by the old stamp: median {np.median(faint.table['covered']):.2f}, fewest {np.min(faint.table['covered']):.2f}")

# %%
for name, t in (("elliptical", -3), ("Sb", 3)):
    one = near_by(test_rows[t_type[test_rows] == t][:1])
    moved = [gm.emulate(one, z_new=gm.imaging.redshift_for_magnitude(one.table, m, survey=gm.DES), seed=seed) for m in (17.0, 18.5, 19.5, 20.5, 21.5)]
    moved = [gm.imaging.coloured(far) for far in moved]
    gm.plots.images_row([m.images[0].sqrt() for m in moved], [f"r = {m.table['r_mag'][0].value:.1f}, z = {m.table['redshift'][0]:.2f}" for m in moved],
                     caption=f"{name}, square root of what the network gets — {faint.caption}", alt=f"A mock {name} emulated at five magnitudes: it fades until little but a smudge is left.", size=1.9)

# %% [markdown]
# ## Train five networks
#
# Five folds as in lesson 03, both copies of a galaxy always in the same fold, each with a threshold of its own: the point of the ROC curve nearest to no error, on the galaxies it did not see.
#
# Some 1,300 galaxies are few to learn from; the published networks had more. So ours start from weights that have seen 22,000 *other* mock galaxies, each emulated twice, and were asked for sixteen properties and the type ([card](../data/weights/mock_faint.md)). None of the galaxies of this lesson is among them. We keep what these layers see, and train the last layer alone: to train all layers on so few galaxies makes them forget (exercise 4). Five networks with one start are more alike than five networks from nothing: their agreement says less.

# %%
def make_network():
    """The network that has seen emulated galaxies, with a new last layer; the others are frozen."""
    network = gm.load_weights(gm.CompactCNN(), "mock_faint")
    network.trunk.requires_grad_(False)
    return network


images, labels, galaxy = torch.cat([c.images for c in copies]), np.tile(late[:n_train], 2), np.tile(np.arange(n_train), 2)
del near, copies
folds = gm.fit_folds(make_network, images, labels, k=5, groups=galaxy, epochs=3, seed=seed, batch_size=32, learning_rate=1e-2)

# %%
thresholds = [gm.choose_threshold(labels[folds.fold == i], gm.predict(network, images[folds.fold == i]), by="corner") for i, network in enumerate(folds.networks)]
p = expit(gm.predict_folds(folds.networks, faint.images))
p_mean, t = p.mean(0), late[n_train:]
rows = {f"P{i + 1}": (t, p[i], thresholds[i]) for i in range(5)} | {"mean": (t, p_mean, np.mean(thresholds))}
score = gm.metrics_table(rows)
both = Table(rows=[{"network": row["name"], "threshold": row["threshold"], "AUC": row["auc"], "precision": row["precision"], "recall": row["recall"], "accuracy": row["accuracy"],
                    "published threshold": FAINT_MODELS[row["name"]]["threshold"], "published AUC": FAINT_MODELS[row["name"]]["auc"],
                    "published precision": FAINT_MODELS[row["name"]]["precision"], "published recall": FAINT_MODELS[row["name"]]["recall"],
                    "published accuracy": FAINT_MODELS[row["name"]]["accuracy"]} for row in score])
gm.plots.show_table(both, caption=f"Late or early type; {n_test} mock galaxies emulated to r = 21.5 (always saying “no” is right for {1 - t.mean():.2f}), beside the published networks on DES galaxies")
mean_row = score[score["name"] == "mean"][0]
spread = np.ptp(score["accuracy"][:5])
claims.compare("AUC, mean of five folds", FAINT_MODELS["mean"]["auc"], mean_row["auc"], (mean_row["auc_low"], mean_row["auc_high"]))
claims.compare("accuracy, mean of five folds", FAINT_MODELS["mean"]["accuracy"], mean_row["accuracy"], (mean_row["accuracy_low"], mean_row["accuracy_high"]))
below = "On this sky the AUC and the accuracy to r = 21.5 stay below the bounds of 0.95 and 0.88 that were set on an older one."
claims.check("AUC to r = 21.5, mean of five folds", mean_row["auc"], at_least=0.95, because="faint images held nothing of the type", short=below)
claims.check("accuracy to r = 21.5, mean of five folds", mean_row["accuracy"], at_least=0.88, because="faint images held nothing of the type", short=below)
claims.check("accuracy, best minus worst fold", spread, at_most=0.02, because="what is learnt hung on which galaxies were trained on")

# %% [markdown]
# ## Compare with a network that saw bright galaxies only, and with the eye
#
# Four judges, the same galaxies:
# - the five folds above;
# - a network trained on the same galaxies *as they are*, bright, with as many steps. This is the case of a catalogue whose training sample is bright and whose target is faint ([Cheng et al. 2021](https://doi.org/10.1093/mnras/stab2142) trained at $i < 18$). It starts from `mock_trunk`, which has seen 36,000 bright galaxies and no faint one, so each judge had a large sample of its own kind; all its layers are trained, since that start knows another survey's look;
# - a control, so that the start does not decide: one network trained on the emulations in the same way, from the bright-trained one's start;
# - a stand-in for the eye: forty simulated volunteers who see features or do not, at that brightness, size and seeing ([how](../galmorph_helpers/mock/volunteers.py)). It is a model of the eye, not an experiment with people. Its threshold is the best on bright galaxies.

# %%
def trained(sample, label, of, epochs):
    """A network from `mock_trunk`, trained on four fifths of the galaxies, and its threshold from the rest."""
    torch.manual_seed(seed)
    network, held = gm.load_weights(gm.CompactCNN(), "mock_trunk"), of % 5 == 0
    rest = (sample[held], label[held])
    gm.fit(network, sample[~held], label[~held], validation=rest, epochs=epochs, seed=seed, batch_size=16, learning_rate=2e-3)
    return network, gm.choose_threshold(rest[1], gm.predict(network, rest[0]), by="corner")


bright_network, bright_threshold = trained(bright.images, late[:n_train], np.arange(n_train), epochs=6)
control, control_threshold = trained(images, labels, galaxy, epochs=3)
p_bright, p_control = (gm.predict(network, faint.images) for network in (bright_network, control))
eye_near = np.asarray(gm.mock.volunteer_votes(catalogue_near[:n_train], gm.DES, seed=seed)["features"])
eye_threshold = gm.choose_threshold(late[:n_train], eye_near, by="corner")
p_eye = np.asarray(gm.mock.volunteer_votes(faint.table, gm.DES, seed=seed + 1)["features"])
judges = {"emulation-trained": (p_mean, np.mean(thresholds)), "bright-trained": (p_bright, bright_threshold),
          "control": (p_control, control_threshold), "eye (simulated)": (p_eye, eye_threshold)}

# %%
r = faint.table["r_mag"].value
edges = np.array([16.0, 17.77, 18.75, 19.75, 20.75, 21.51])
centres = (edges[1:] + edges[:-1]) / 2
curves, recall = {}, {}
for name, (probability, threshold) in judges.items():
    right, called = (probability >= threshold) == (t == 1), probability >= threshold
    bins = [(r >= low) & (r < high) for low, high in zip(edges[:-1], edges[1:], strict=True)]
    value, n = np.array([right[b].mean() for b in bins]), np.array([b.sum() for b in bins])
    error = np.sqrt(value * (1 - value) / n)
    curves[name] = (centres, value, value - error, value + error)
    recall[name] = (centres, np.array([called[b & (t == 1)].mean() for b in bins]))
gm.plots.trends({"accuracy (band: 68 %)": curves, "share of late types that are called late": recall}, xlabel="r magnitude as emulated", ylabels=["accuracy", "recall of late types"],
                alt="Accuracy of the emulation-trained networks stays nearly flat to magnitude 21.5, that of the bright-trained network and of the simulated eye falls.")
accuracy = {name: value[1] for name, value in curves.items()}
for name, value in accuracy.items():
    print(f"{name}: accuracy from {value[0]:.2f} in the brightest bin to {value[-1]:.2f} in the faintest")
fall = accuracy["emulation-trained"][:2].mean() - accuracy["emulation-trained"][-1]
gap = accuracy["emulation-trained"][-1] - accuracy["bright-trained"][-1]
claims.check("accuracy of the emulation-trained, bright minus faintest bin", fall, at_most=0.10, because="faint images held less of the type")
claims.check("accuracy in the faintest bin, emulation-trained minus bright-trained", gap, at_least=0.10, because="what bright galaxies teach held for faint ones")
claims.check("the same for the control, which has the bright-trained network's start", accuracy["control"][-1] - accuracy["bright-trained"][-1], at_least=0.03, because="the better start did it, not the emulations")
weak = r > 19.75
hits = {name: ((probability >= threshold) == (t == 1))[weak].mean() for name, (probability, threshold) in judges.items()}
print(f"r > 19.75, {weak.sum()} galaxies: " + ", ".join(f"{name} {value:.2f}" for name, value in hits.items()))
claims.check("accuracy at r > 19.75, emulation-trained minus simulated eye", hits["emulation-trained"] - hits["eye (simulated)"], at_least=0.10, because="the eye saw clearly more than the network")

# %% [markdown]
# "Not affected by magnitude", says the talk of the first judge; here the faintest are affected, and the next table says which. The control lies between: part of the lead over the bright-trained network is the emulations, part is the start. And "can machines recover features hidden to the human eye? Yes!" Take care with that sentence: the network also uses colour and the steepness of the profile, which a volunteer asked for features does not. The features need not be *there* for the answer to be right.
#
# ### Ask where the errors are
#
# The published networks learnt from, and were tested on, galaxies with *well determined* classifications (so the abstract). The mock sky knows the type of every galaxy and asks about all of them, though an S0/a (T = 0, early) and an Sa (T = 1, late) are neighbours on a scale without a gap. So all scores are given twice: for all galaxies, and without the S0/a. No network here was trained without them.

# %%
T, passive = t_type[n_train:], np.asarray(faint.table["quiescent"])
kinds = {"elliptical": T == -3, "S0-, S0": (T == -2) | (T == -1), "S0/a": T == 0, "Sa, forming stars": (T == 1) & ~passive,
         "later spiral, forming stars": (T > 1) & ~passive, "spiral without star formation": (T > 0) & passive}
right = (p_mean >= np.mean(thresholds)) == (t == 1)
by_kind = Table(rows=[{"kind": name, "share": np.mean(kind), "right, r < 19.75": right[kind & ~weak].mean(), "right, r > 19.75": right[kind & weak].mean()} for name, kind in kinds.items()])
gm.plots.show_table(by_kind, caption="Emulation-trained networks: share of right answers by kind")
sure = T != 0


def fall_among(these):
    """Accuracy of the emulation-trained in the two brightest bins minus that in the faintest, among these galaxies."""
    values = [right[these & (r >= low) & (r < high)].mean() for low, high in zip(edges[:-1], edges[1:], strict=True)]
    return np.mean(values[:2]) - values[-1]


sure_score = gm.metrics_table({name: (truth[sure], probability[sure], threshold) for name, (truth, probability, threshold) in rows.items()})
claims.check("AUC to r = 21.5 without S0/a, mean of five folds", sure_score["auc"][-1], at_least=0.96, because="faint images held nothing of the type")

# %% [markdown]
# ### Try galaxies that never were bright
#
# Emulations were tested on emulations. A harder test: faint galaxies drawn from the mock sky directly, $18 < r < 21.5$, at their own redshifts. They are other galaxies (more luminous at the same magnitude), and no emulation made their images.

# %%
n_sky = gm.pick(cpu=600, gpu=4000)
deep = gm.mock_sample(table=gm.population(n_sky, seed=seed + 50, magnitude_limit=21.5, brightest=18.0, seeing=gm.DES.psf_fwhm[1]), survey=gm.DES, seed=seed + 50)
t_deep = np.asarray(deep.table["ltg"]).astype(float)
p_deep = expit(gm.predict_folds(folds.networks, deep.images)).mean(0)
sky_score = gm.metrics_table({"emulation-trained": (t_deep, p_deep, np.mean(thresholds)), "bright-trained": (t_deep, gm.predict(bright_network, deep.images), bright_threshold)})
gm.plots.show_metrics(sky_score, metrics=("accuracy", "precision", "recall", "auc"), caption=f"Faint galaxies that never were bright, {deep.caption}")
claims.check("AUC on faint galaxies drawn directly, emulation-trained", sky_score["auc"][0], at_least=0.93, because="an emulated galaxy did not look like a distant one")

# %% [markdown]
# ## Flag what is robust, and write the catalogue
#
# The DES catalogue gives the five probabilities, their mean and a flag: 4 for a robust early type, 5 for a robust late type, 0 to 3 for the rest. Here "robust" means that the five lie within 0.3 of each other and their mean is below 0.3 or above 0.7.

# %%
flag = gm.metrics.robust_flag(p, thresholds)
robust = flag >= 4
names = ("networks disagree, most early", "networks disagree, most late", "all early, not robust", "all late, not robust", "robust early", "robust late")
flags = Table(rows=[{"flag": f, "meaning": name, "share": np.mean(flag == f), "accuracy": right[flag == f].mean() if (flag == f).any() else np.nan} for f, name in enumerate(names)])
gm.plots.show_table(flags, caption=f"FLAG_LTG of {n_test} emulated galaxies: {robust.mean():.0%} are robust (published: {FAINT_CATALOGUE['secure']:.0%})")
claims.compare("secure share of ETG/LTG classes", FAINT_CATALOGUE["secure"], robust.mean())
claims.check("accuracy, robust minus not robust", right[robust].mean() - right[~robust].mean(), at_least=0.20, because="agreement of the networks told nothing of errors")
claims.check("share of galaxies with a robust class", robust.mean(), at_least=0.75, because="the networks were unsure")
catalogue = gm.catalogue.faint_catalogue(faint.table, p, flag)
with tempfile.TemporaryDirectory() as folder:
    again = gm.catalogue.read_catalogue(gm.catalogue.write_catalogue(catalogue, Path(folder) / "faint_morphology.fits"))
print("written and read back:", ", ".join(again.colnames))

# %% [markdown]
# ## Ask an independent witness
#
# Nobody can label faint galaxies by eye. But spectra see something else: stars, not shapes. VIPERS sorted its spectra into 12 classes, from red and passive (1 to 3) over intermediate (4 to 6) to star-forming (7 to 11) and active nuclei (12). Our mock classes come from rest-frame colour and star formation alone ([how](../galmorph_helpers/mock/vipers.py)).

# %%
number = gm.mock.spectral_classes(faint.table, seed=seed)
called_late = p_mean >= np.mean(thresholds)
forming, below = (number > 4) & (number < 12), number < 4
true_positive, true_negative = called_late[forming].mean(), 1 - called_late[below].mean()
gm.plots.trends({"By spectral class": {"called late by the networks": (np.arange(1, 13), [called_late[number == c].mean() if (number == c).any() else np.nan for c in range(1, 13)]),
                 "late in truth": (np.arange(1, 13), [t[number == c].mean() if (number == c).any() else np.nan for c in range(1, 13)])}},
                xlabel="spectral class", ylabels=["share of late types"], alt="The share of late types rises from near 0.1 in spectral classes 1 to 3 to near 0.95 in classes 7 to 11, in truth and as called by the networks.")
print(f"called late, spectral class above 4: {true_positive:.2f} (published {FAINT_CATALOGUE['vipers_late']:.2f}); of those {t[forming].mean():.2f} are late in truth")
print(f"called early, spectral class below 4: {true_negative:.2f} (published {FAINT_CATALOGUE['vipers_early']:.2f}); of those {1 - t[below].mean():.2f} are early in truth")
claims.compare("late among spectral classes above 4", FAINT_CATALOGUE["vipers_late"], true_positive)
claims.compare("early among spectral classes below 4", FAINT_CATALOGUE["vipers_early"], true_negative)
claims.check("called late among spectral classes above 4", true_positive, at_least=0.88, because="types and spectra had nothing to do with each other")
claims.check("called early among spectral classes below 4", true_negative, at_least=0.80, because="types and spectra had nothing to do with each other")

# %% [markdown]
# In truth agreement is not complete, as printed above: red spirals and blue lenticulars exist in the mock as on the sky, and a perfect classifier would "disagree" with the spectra about them. In the mock they were put in (a fifth of its passive galaxies are spirals), so the exact numbers are no finding.
#
# ## Mind the shares
#
# Of the DES catalogue's 27 million galaxies 12 % are early types. In our training sample about half are. A network learns that share, too. What happens to its early types where they are rare? Weigh the test galaxies to 12 / 88:

# %%
prior, prior_new = late[:n_train].mean(), FAINT_CATALOGUE["late"]
weight = np.where(t == 1, prior_new / t.mean(), (1 - prior_new) / (1 - t.mean()))
rows = []
for name, probability in {"as trained": p_mean, "prior corrected": gm.metrics.shift_prior(p_mean, prior, prior_new)}.items():
    early = probability < 0.5
    rows.append({"probabilities": name, "called early": np.average(early, weights=weight), "purity of early types": np.average(t[early] == 0, weights=weight[early]),
                 "completeness of early types": np.average(early[t == 0], weights=weight[t == 0]), "accuracy": np.average(early == (t == 0), weights=weight)})
shares = Table(rows=rows)
gm.plots.show_table(shares, caption="Early types where they are 12 % of all (threshold 0.5)")
balanced = np.mean(t[p_mean < 0.5] == 0)
print(f"purity of early types in our balanced sample: {balanced:.2f}; always saying “late” would be right for {prior_new:.0%}")
claims.check("purity of early types lost by the shift to 12 %", balanced - shares["purity of early types"][0], at_least=0.20, because="purity did not depend on the share of the class")
claims.check("purity of early types gained by correcting the prior", shares["purity of early types"][1] - shares["purity of early types"][0], at_least=0.10, because="the probabilities were far from honest")

# %% [markdown]
# ## Do not apply your model outside its domain
#
# So says the talk. But how does one know? No label is needed: ask how far a galaxy lies from the training galaxies, in the features of the network itself. `gm.learning.out_of_domain` is the Mahalanobis distance from the training galaxies; 1 is what one in a hundred familiar galaxies exceeds. The features are those behind the rectifiers, and their logarithms are taken: as they are, a faint galaxy excites them all a little, lies well inside the cloud of bright ones, and no alarm is raised. A score for strangeness must be tested like any other.

# %%
def familiar_features(network, seen):
    """Logarithms: a galaxy that is dimmer by a factor then moves by a step, in all features at once."""
    return np.log(gm.learning.image_features(network, seen) + 1e-3)


networks = {"bright-trained": (bright_network, bright.images[np.arange(n_train) % 5 > 0]), "emulation-trained": (folds.networks[0], images[folds.fold != 0])}
distance = {}
for name, (network, seen) in networks.items():
    domain = gm.learning.fit_domain(familiar_features(network, seen))
    distance[name] = gm.learning.out_of_domain(domain, familiar_features(network, faint.images))
bins = [(r >= low) & (r < high) for low, high in zip(edges[:-1], edges[1:], strict=True)]
gm.plots.trends({"galaxies farther out than 99 % of the training galaxies": {name: (centres, [np.mean(value[b] > 1) for b in bins]) for name, value in distance.items()}},
                xlabel="r magnitude as emulated", ylabels=["share that is unfamiliar"], alt="The share of unfamiliar galaxies rises with magnitude for the bright-trained network and stays low for the emulation-trained one.")
for name, value in distance.items():
    print(f"{name}, r > 20.75: {gm.learning.domain_warning(value[bins[-1]], tolerated=0.15) or 'these galaxies are familiar.'}")
strange = {name: np.mean(value[bins[-1]] > 1) for name, value in distance.items()}
claims.check("share of the faintest galaxies that are unfamiliar to the bright-trained network", strange["bright-trained"], at_least=0.1, because="faint galaxies looked like bright ones to the network")
claims.check("the same for the emulation-trained network", strange["emulation-trained"], at_most=0.10, because="the training sample did not reach so faint")

# %% [markdown]
# ## On observed galaxies
#
# The same calls on real images: FITS cubes of the DECam camera, and a Hubble galaxy with its PSF. They have no labels here; they test the machinery. Their redshifts are not in the files; we say 0.05 for the nearby galaxies and 0.3 for Hubble's, and these are assumptions.

# %%
cubes, hst = gm.find_set("decals_grz_fits_cutouts"), gm.find_set("galsim_hst_examples")
if cubes:
    grz = replace(gm.DES, bands=("g", "r", "z"))
    with tempfile.TemporaryDirectory() as folder:
        for name in ("example_a", "example_b"):
            rows_ = []
            flux, _, pixel, _ = gm.imaging.read_fits(cubes / f"{name}.fits.gz")
            for z in (0.1, 0.2, 0.3):
                file = gm.imaging.emulate_fits(cubes / f"{name}.fits.gz", Path(folder) / f"{name}_{z}.fits", z=0.05, z_new=z, psf=(1.2, 1.1, 1.0), survey=grz, seed=seed)
                with fits.open(file) as hdus:
                    rows_.append(torch.as_tensor(hdus[0].data.astype(np.float32))[None])
                    history = list(hdus[0].header["HISTORY"])
            images_ = [gm.colour_image(flux[None], grz, torch.tensor([pixel]))[0]] + [gm.colour_image(x, grz, torch.tensor([grz.pixel_scale]))[0] for x in rows_]
            gm.plots.images_row(images_, ["as observed, z = 0.05 assumed", "z = 0.1", "z = 0.2", "z = 0.3"], caption=f"observed galaxy ({name}, DECam), emulated",
                             alt=f"An observed galaxy, {name}, and its emulations at three redshifts: it shrinks and fades.", size=2.4)
    print("HISTORY of the last file:", *history, sep="\n  ")
    try:
        gm.imaging.read_fits(cubes / "example_bad_pix.fits.gz")
    except ValueError as error:
        print("A cube with holes is refused:", error)

# %%
if hst:
    import galsim

    name = "147246.0_150.416558_1.998697"
    galaxy, old_psf, sdss_psf = (fits.getdata(hst / f"{name}{part}.fits").astype(np.float32) for part in ("_masknoise", ".psf", ".sdsspsf"))
    sdss_psf = sdss_psf - np.median(sdss_psf[:4])  # SDSS stores PSFs on a pedestal
    sdss_i = replace(gm.SDSS, bands=("i",), psf_fwhm=(1.2,), sky_sigma=(0.043,), electrons=(700.0,))
    as_seen = gm.imaging.stamps(galaxy[None, None], redshift=0.3, pixel_scale=0.03, psf=old_psf)
    options = {"psf_new": sdss_psf, "survey": sdss_i, "noise": False}
    ours = gm.emulate(as_seen, z_new=0.3, **options).images[0, 0].numpy()
    farther = gm.emulate(as_seen, z_new=0.6, **options).images[0, 0].numpy()
    real, before, after = (galsim.InterpolatedImage(galsim.Image(a, scale=s)) for a, s in ((galaxy, 0.03), (old_psf, 0.03), (sdss_psf, 0.396)))
    matched = galsim.Convolve(real, galsim.Deconvolve(before.withFlux(1)), after.withFlux(1)).drawImage(nx=ours.shape[1], ny=ours.shape[0], scale=0.396, method="no_pixel")
    difference = np.abs(ours - matched.array).sum() / np.abs(matched.array).sum()
    gm.plots.images_row([np.arcsinh(galaxy / 0.005), np.arcsinh(ours / 0.2), np.arcsinh(matched.array / 0.2), np.arcsinh(farther / 0.05)], ["Hubble, 0.03″", "SDSS resolution, this helper", "the same by GalSim", "z = 0.6, SDSS resolution"],
                     caption=f"observed galaxy (HST ACS F814W): L1 difference of the two in the middle {difference:.2%}", alt="A Hubble galaxy, and what it becomes at the resolution of the SDSS by this helper and by GalSim: the two look the same.", size=2.4)
    claims.check("Hubble galaxy to SDSS resolution, L1 difference from GalSim", difference, at_most=0.02, because="PSF, pixel or centre were treated otherwise")

# %% [markdown]
# Both PSF images are what a point becomes *with* its pixel: the pixel's response must not be applied a second time. Hubble's camera undersamples its PSF; the image here was drizzled to finer pixels, which is why the division works.
#
# ## What the talk found, what you found
#
# What we hoped for when this lesson was planned, and what came out:

# %%
hoped = {  # among all galaxies, without the S0/a, hoped for; the sign says whether more or less is better
    "AUC to r = 21.5": (mean_row["auc"], sure_score["auc"][-1], 0.95, 1),
    "accuracy to r = 21.5": (mean_row["accuracy"], sure_score["accuracy"][-1], 0.90, 1),
    "accuracy, best minus worst fold": (spread, np.ptp(sure_score["accuracy"][:5]), 0.02, -1),
    "accuracy lost from r = 17 to 21.5": (fall, fall_among(sure), 0.05, -1),
    "bright-trained behind in the faintest bin": (gap, np.nan, 0.10, 1),
    "late where the spectral class is above 4": (true_positive, called_late[forming & sure].mean(), 0.95, 1),
    "early where the spectral class is below 4": (true_negative, 1 - called_late[below & sure].mean(), 0.85, 1),
}
gm.plots.show_table(Table(rows=[{"measure": name, "all galaxies": every, "without S0/a": without, "hoped for": f"{'≥' if sign > 0 else '≤'} {bar:.2f}",
                                 "reached": "yes" if sign * every >= sign * bar else "NO", "without S0/a reached": "–" if np.isnan(without) else "yes" if sign * without >= sign * bar else "NO"}
                                for name, (every, without, bar, sign) in hoped.items()]), caption="This run, mock galaxies", formats={"all galaxies": ".3f", "without S0/a": ".3f"})

# %% [markdown]
# On this sky the AUC and the accuracy to r = 21.5 stay below the bounds of 0.95 and 0.88 that were set on an older one. On that one, early and late types were drawn with profiles that hardly overlapped; here they overlap ([five seeds of the older sky](../benchmarks/seeds_05.md)). *The fall with magnitude:* a better start lifted the accuracy at all magnitudes (compare the control), and without the S0/a it falls all the same; spirals that form no stars and Sa lose their arms, and nothing else tells them from lenticulars well enough. *Late types above spectral class 4:* not all of these galaxies are late in truth (the share is printed above), and a classifier that is right cannot agree better.
#
# | talk and papers, DES galaxies | here, mock galaxies |
# | --- | --- |
# | AUC 0.99, accuracy 0.97 to r = 21.5 | lower: see the table. The published test has galaxies with well determined classes; the mock asks about all of them, S0/a and spirals without star formation too |
# | not affected by magnitude | a little, see the table. A bright galaxy shows its arms, a faint one only its colours and its profile, and these red spirals share with lenticulars |
# | 87 % secure | measured above, with this course's rule |
# | 97 % and 89 % agreement with VIPERS | limited by red spirals and blue lenticulars that were put in: a perfect classifier, too, would stay below 97 % |
# | bright-trained networks differ from emulation-trained ones, the more the fainter | the gap is measured above |
#
# ## Exercises
#
# **1. Undo a wrong distance.** A colleague's emulation from $z = 0.1$ to $z = 0.4$ used the angular-diameter distance for the flux. By how many magnitudes are the galaxies too bright?

# %%
too_bright = ...

# %%
_ = gm.course.check("exercise 1", too_bright, 10 * np.log10(1.4 / 1.1), tolerance=1e-3, hint="D_L = D_A (1 + z)^2, and the flux goes with the square of the distance.")

# %% tags=["solution"]
too_bright = 10 * np.log10(1.4 / 1.1)
_ = gm.course.check("exercise 1", too_bright, 10 * np.log10(1.4 / 1.1), tolerance=1e-3)

# %% [markdown]
# **2. Choose a threshold for rarity.** With the probabilities as trained, which share of the galaxies called early (`p_mean < 0.5`) is early where early types are 1 % of all? (Weigh the galaxies as above.)

# %%
purity_of_rare = ...

# %%
rare = np.where(t == 1, 0.99 / t.mean(), 0.01 / (1 - t.mean()))
expected = np.average(t[p_mean < 0.5] == 0, weights=rare[p_mean < 0.5])
_ = gm.course.check("exercise 2", purity_of_rare, expected, tolerance=1e-3, hint="np.average with weights, over the galaxies called early only.")

# %% tags=["solution"]
purity_of_rare = np.average(t[p_mean < 0.5] == 0, weights=rare[p_mean < 0.5])
_ = gm.course.check("exercise 2", purity_of_rare, expected, tolerance=1e-3)

# %% [markdown]
# **3. Assume that galaxies evolve.** Emulate with `k_correction=gm.imaging.sample_k_correction(home, z_new=z) - 1.0 * (z - 0.05)`: a magnitude brighter per unit of redshift. At which redshift does the traveller now have r = 20, and what does that mean for a network trained without it? (No check.)
#
# **4. Train all layers.** Leave out the line with `requires_grad_`, and take `learning_rate=1e-3`: what becomes of the AUC, of the spread of the folds, and of the time? And from nothing, `gm.CompactCNN()` alone? (No check.)
#
# ## In practice
#
# - One K-correction serves a whole galaxy here. FERENGI fits a spectrum to every pixel, so that a red bulge fades faster than its blue disc; with deep multi-band images that is better.
# - Real galaxies at z = 0.5 *are* different: clumpier, gas-rich, more disturbed. Emulations carry none of that. A label moved back in time is an assumption.
# - Field stars and neighbours in the stamp are moved, too. Mask them in real work.
# - On a GPU the same cells emulate thousands of galaxies a second ([benchmark](../benchmarks/emulation.md)).
#
# ## Further reading
#
# - Vega-Ferrero et al. 2021, *Pushing automated morphological classifications to their limits with the Dark Energy Survey*, [doi:10.1093/mnras/stab594](https://doi.org/10.1093/mnras/stab594)
# - Barden, Jahnke & Häußler 2008, *FERENGI: redshifting galaxies from SDSS to GEMS, STAGES, and COSMOS*, [doi:10.1086/524039](https://doi.org/10.1086/524039)
# - Cheng et al. 2021, *Galaxy morphological classification catalogue of the Dark Energy Survey Year 3 data with convolutional neural networks*, [doi:10.1093/mnras/stab2142](https://doi.org/10.1093/mnras/stab2142)
# - Siudek et al. 2018, *The VIMOS Public Extragalactic Redshift Survey (VIPERS): the complexity of galaxy populations*, [doi:10.1051/0004-6361/201832784](https://doi.org/10.1051/0004-6361/201832784)
# - Hogg et al. 2002, *The K correction*, [arXiv:astro-ph/0210394](https://arxiv.org/abs/astro-ph/0210394)
#
# ## What this lesson claims

# %% tags=["claims"]
gm.plots.show_claims(claims.report())
