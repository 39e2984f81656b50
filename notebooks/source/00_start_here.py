# %% [markdown]
# # Start here: meet the galaxies and teach a network in a minute
#
# **What you'll do:** check that everything works, see where the galaxies come from, and train a first network on a mock sky to sort galaxies of the Hubble eXtreme Deep Field from round to edge-on.
#
# **What you'll learn**
# - what the course takes from the mock sky, what from observed galaxies, and how you can always tell which is which
# - how a lesson is read, and what its claims are
# - that a network gives an answer to any image, also where it should not
#
# **What you'll need:** some Python; 15 minutes to read, about a minute to run on two cores, 1.5 GB of memory. No network, no GPU.

# %%
# On Colab, install the helper package without touching the torch and numpy that are there. Elsewhere this does nothing.
import sys

if "google.colab" in sys.modules:
    # %pip install -q --no-deps "galmorph-helpers @ git+https://github.com/galmorph/galaxy-morphology-course"
    # %pip install -q "photutils>=2" "pooch"
    pass

# %% tags=["setup"]
import numpy as np
import torch

import galmorph_helpers as gm

seed = gm.start()
claims = gm.Claims("00", origins=("mock", "deep field"))

# %% [markdown]
# That line opens every lesson. It says what the code runs on, the seed (same seed, same numbers), and which galaxies are at hand.
#
# ## Meet the two skies
#
# **The mock sky** is drawn by the course: a catalogue with the masses, types, sizes and colours of observed galaxies, rendered as the Sloan Digital Sky Survey (SDSS) would record it. Its truth is known, and it needs no network.

# %%
sky = gm.mock_sample(table=gm.population(gm.pick(cpu=3000, gpu=20_000), seed=seed, magnitude_limit=16), seed=seed)
sky

# %%
near = np.flatnonzero(sky.table["r90"].value > 6)[:16]
gm.plots.gallery(sky, near, titles=[str(sky.table["hubble_type"][i]) for i in near], caption="Sixteen galaxies and their Hubble types",
              alt="Sixteen mock galaxies, yellow ellipticals and lenticulars, bluer spirals, some seen on edge, with neighbours and stars.")

# %% [markdown]
# **Observed galaxies.** The package scikit-image carries the Hubble eXtreme Deep Field as a picture. `gm.deep_field()` finds its sources with photutils and cuts out those that are large enough to show a shape. A few of them are stars of our own Galaxy, with their spikes: the finder cannot tell, and there are no labels. Labels come with larger sets: name their folder in the variable `GALMORPH_DATA` ([how](../data/README.md)), and the lessons use them.

# %%
deep = gm.deep_field()
largest = np.argsort(-deep.table["radius"])[:16]
gm.plots.gallery(deep, largest, caption="The sixteen largest", alt="Sixteen sources of the Hubble deep field: spirals, ellipticals, an edge-on disc, irregular galaxies, and two stars with spikes.")
deep

# %% [markdown]
# Every image flows through the course as a `GalaxySample`: `images`, a `table` with units, the `survey`, and its `origin`, which is in the caption of every figure. Nobody can mistake a mock galaxy for an observed one.

# %%
sky.table["id", "hubble_type", "t_type", "r_mag", "redshift", "log_mass", "half_light_radius", "inclination", "edge_on"][:4]

# %% [markdown]
# ## Train a first network
#
# The question: is the galaxy a disc seen **edge-on**? Labels come from simulated volunteers, as Galaxy Zoo's come from real ones; galaxies that divide them are left out. Then three calls do it: split, fit, predict. The network starts from weights that learnt on other mock galaxies ([their card](../data/weights/mock_trunk.md)), so it is done in seconds. Lesson 02 opens each of them.

# %%
edge_on = gm.labels.certain(gm.mock.volunteer_votes(sky.table, sky.survey, seed=seed)["edge_on"])
sky, edge_on = sky[np.isfinite(edge_on)], edge_on[np.isfinite(edge_on)]
train, validation, test = gm.split(sky, fractions=(0.7, 0.1, 0.2), seed=seed)
torch.manual_seed(seed)
network = gm.load_weights(gm.CompactCNN(), "mock_trunk")  # a head start: weights that ship with the course
history = gm.fit(network, sky.images[train], edge_on[train], validation=(sky.images[validation], edge_on[validation]), epochs=4, learning_rate=2e-3, seed=seed)

# %%
threshold = gm.choose_threshold(edge_on[validation], gm.predict(network, sky.images[validation]))
table = gm.metrics_table({"edge-on": (edge_on[test], gm.predict(network, sky.images[test]), threshold)})
gm.plots.show_metrics(table, caption="Mock galaxies that the network has not seen")

# %% [markdown]
# *positive* is the share of edge-on galaxies and *always "no"* the accuracy of a lazy classifier: a number to beat. Brackets are 95 % intervals. So, the network works. On *this* sky.
#
# ## Ask it about Hubble's galaxies
#
# The network has never seen a galaxy from another telescope. Ask it all the same:

# %%
probability = gm.predict(network, deep.images)
order = np.argsort(-probability)
shown = order[np.linspace(0, len(order) - 1, 24).astype(int)]
gm.plots.gallery(deep, shown, titles=[f"{probability[i]:.2f}" for i in shown], caption="From edge-on to round, says a network trained on mock galaxies",
              alt="Twenty-four observed galaxies of the deep field ordered by edge-on probability: thin ones come first, round ones last, with some odd ones between.")

# %% [markdown]
# Thin galaxies come first and round ones last; where two sources share a stamp, the network is fooled. There are no labels here, but how elongated each source is, photutils measured: does the order agree?

# %%
agreement = gm.metrics.regression_table({"probability and ellipticity": (deep.table["ellipticity"], probability)})
gm.plots.show_metrics(agreement, metrics=("spearman",), caption="Rank correlation of the edge-on probability with the measured ellipticity, deep field")
claims.check("edge-on accuracy, mock sky", table["accuracy"][0], at_least=0.92, because="the training failed")
claims.check("edge-on AUC, mock sky", table["auc"][0], at_least=0.95, because="the training failed")
claims.check("deep field: rank correlation of edge-on probability and ellipticity", agreement["spearman"][0], at_least=0.2, because="what was learnt on the mock sky did not carry over to Hubble's galaxies")
claims.check("deep field: galaxies large enough to classify", len(deep), at_least=150, because="the source finding changed")

# %% [markdown]
# **A word of honesty.** That looks well, and proves little. These galaxies are at redshift 0.5 to 5, in other bands, ten times sharper; many are of kinds that the mock sky does not have. The network gave each a probability all the same, because it must: *it cannot say "I have never seen such a thing"*. What those numbers are worth outside the domain it was trained on is the subject of lessons 04 and 05, and the talk's last word of advice: do not blindly apply your model.

# %%
noise = torch.rand(8, 3, 64, 64)
checker = torch.zeros(1, 3, 64, 64)
checker[:, :, 28:36, :] = 1.0
nonsense = gm.predict(network, torch.cat([noise[:1], checker]))
print(f"pure noise: {nonsense[0]:.2f} edge-on; a white stripe: {nonsense[1]:.2f} edge-on. Both are numbers between 0 and 1; neither is a galaxy.")

# %% [markdown]
# ## On observed galaxies
#
# So put it to the test where people have answered: galaxies of the SDSS that the volunteers of Galaxy Zoo have classified ([Lintott et al. 2011](https://doi.org/10.1111/j.1365-2966.2010.17432.x)). The network has seen none of them, nor any other observed galaxy.

# %%
observed, answers = gm.labelled_sdss("edge-on")
if observed:
    judged = np.isfinite(answers["edge-on"])
    observed, truth = observed[judged], answers["edge-on"][judged] == 1
    carried = gm.predict(network, observed.images)
    order = np.argsort(-carried)[np.linspace(0, len(observed) - 1, 16).astype(int)]
    gm.plots.gallery(observed, order, titles=[f"{'edge-on' if truth[i] else 'other'}, {carried[i]:.2f}" for i in order], caption="From most to least edge-on, with the volunteers' answer",
                  alt="Sixteen observed SDSS galaxies from thin discs to round galaxies, in the order of a network that was trained on mock galaxies only.")
    on_observed = gm.metrics_table({"edge-on, trained on mock galaxies only": (truth.astype(float), carried, threshold)})
    gm.plots.show_metrics(on_observed, metrics=("accuracy", "precision", "recall", "auc"), caption="Observed SDSS galaxies")
    claims.origins.append(observed.origin)
    claims.check("edge-on AUC on observed SDSS galaxies, trained on the mock sky", on_observed["auc"][0], at_least=0.85, because="the mock sky taught what observed galaxies do not show")

# %% [markdown]
# A network that has only seen mock galaxies ranks observed ones well. How well, over several seeds, and what the mock sky still lacks, is in [`benchmarks/fidelity.md`](../benchmarks/fidelity.md). One trained on observed galaxies does better: lesson 02.
#
# ## Read a lesson
#
# - Cells hold at most some fifteen lines; the idea stands in the notebook, the plumbing in [`galmorph_helpers`](../galmorph_helpers), worth reading too.
# - "What the talk found, what you found" sets the published number beside yours, with intervals.
# - Exercises have a stub, a check that says what is wrong, and a folded solution.
# - A lesson ends with its **claims**: findings as measured inequalities, and what would make each fail. Change a number above and see whether they still hold.
#
# ## Exercise
#
# Which share of these galaxies do the volunteers call edge-on? (Most are discs, and discs point anywhere: an inclination above 80° means $\cos i < 0.17$.)

# %%
share = ...

# %%
_ = gm.course.check("exercise", share, edge_on.mean(), hint="The mean of zeros and ones is the share of ones.")

# %% tags=["solution", "nbval-check-output"]
share = np.mean(edge_on)
_ = gm.course.check("exercise", share, edge_on.mean())

# %% [markdown]
# ## In practice
#
# `make run` executes all lessons headlessly and prints what each took; `make lab` opens this notebook. On a GPU the same cells take larger samples. Next: lesson 01, *why morphology matters*.
#
# ## Further reading
#
# - H. Domínguez Sánchez 2023, *Deep learning for galaxy morphology*, IAP colloquium: the talk that this course rebuilds
# - Illingworth et al. 2013, *The HST eXtreme Deep Field*, [doi:10.1088/0067-0049/209/1/6](https://doi.org/10.1088/0067-0049/209/1/6)
# - Huertas-Company & Lanusse 2023, *The Dawes Review 10: deep learning for galaxy surveys*, [doi:10.1017/pasa.2022.55](https://doi.org/10.1017/pasa.2022.55)
#
# ## What this lesson claims

# %% tags=["claims"]
gm.plots.show_claims(claims.report())
