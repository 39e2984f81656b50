# %% [markdown]
# # Measure what you do not know, and write a catalogue
#
# **What you'll do:** train the same network on several folds of a sample, take the mean as the answer and the scatter as its uncertainty, put that uncertainty to the test, combine the answers into classes, and write them as a catalogue that others can read.
#
# **What you'll learn**
# - how a catalogue gets its uncertainties from k folds, and why no galaxy may be in two of them
# - where such an uncertainty peaks, whether it finds the mistakes, and what it cannot tell
# - how deep ensembles and Monte-Carlo dropout compare, and how to mend a probability that is too sure of itself
# - which galaxies the models disagree about: small, faint early types, and smooth discs that are no ellipticals
#
# **What you'll need:** lesson 02; 35 minutes to read, about 2 minutes to run on two cores, 1.5 GB of memory. The method is that of the MaNGA morphology catalogue, [Domínguez Sánchez et al. 2022](https://doi.org/10.1093/mnras/stab3089), as the talk shows it.

# %%
# On Colab, install the helper package without touching the torch and numpy that are there. Elsewhere this does nothing.
import sys

if "google.colab" in sys.modules:
    # %pip install -q --no-deps "galmorph-helpers @ git+https://github.com/galmorph/galaxy-morphology-course"
    # %pip install -q "photutils>=2" "pooch" "safetensors" "pyongc"
    pass

# %% tags=["setup"]
import tempfile
from pathlib import Path

import astropy.units as u
import numpy as np
import torch
from astropy.table import Table
from scipy.special import expit
from torch.nn import functional as F

import galmorph_helpers as gm
from galmorph_helpers.published import BINARY_MODELS, FOLDS

seed = gm.start()
claims = gm.Claims("03")

# %% [markdown]
# ## Ask five questions at once
#
# The published catalogue answers each question with networks of its own. To save time, one network with five outputs answers all of ours: late or early type (`P_LTG`), lenticular or elliptical (`P_S0`), on edge (`P_edge`), barred (`P_bar`), and the T-Type. It starts, as in lesson 02, from weights that read mock galaxies already.
#
# A catalogue covers a survey down to its limit, not its brightest galaxies alone: this sky reaches $r = 17.77$, as the spectroscopic sample of the SDSS does.
#
# Not every galaxy answers every question. Lenticular or elliptical is asked of early types only, and volunteers disagree about some bars. A missing answer is NaN, and the loss leaves it out: cross-entropy for the four yes-or-no questions, squared error for the T-Type, averaged over what is known.

# %%
n_train = gm.pick(cpu=1500, gpu=20_000)
sky = gm.mock_sample(table=gm.population(n_train + 1500, seed=seed), seed=seed)
train, calibration, test = gm.split(sky, fractions=(n_train / len(sky), 450 / len(sky), 1050 / len(sky)), seed=seed)
votes = gm.mock.volunteer_votes(sky.table, sky.survey, seed=seed)
t_type = np.asarray(sky.table["t_type"], float)
late = t_type > 0
centre, width = t_type[train].mean(), t_type[train].std()  # a network learns numbers near 1 best
questions = {"P_LTG": late, "P_S0": np.where(late, np.nan, t_type > -3), "P_edge": gm.labels.certain(votes["edge_on"]),
             "P_bar": gm.labels.certain(votes["bar"]), "T-Type": (t_type - centre) / width}
target = np.stack(list(questions.values()), 1).astype(float)
print(sky, "| training, calibration, test:", len(train), len(calibration), len(test))
print("galaxies that answer:", {name: int(np.isfinite(column).sum()) for name, column in zip(questions, target.T, strict=True)})


# %%
def loss(output, answer):
    """Mean over the known answers: cross-entropy for the first four questions, squared error for the fifth."""
    known = torch.isfinite(answer)
    answer = torch.nan_to_num(answer)
    yes_or_no = F.binary_cross_entropy_with_logits(output[:, :4], answer[:, :4], reduction="none")
    each = torch.cat([yes_or_no, (output[:, 4:] - answer[:, 4:]) ** 2], 1)
    return (each * known).sum() / known.sum()


def make_network():
    return gm.load_weights(gm.CompactCNN(outputs=5), "mock_trunk")


# %% [markdown]
# ## Fold the sample
#
# Cut the training galaxies into k equal folds. Train k networks, each without one fold, which chooses its best epoch. The idea is a loop:

# %%
def fold_by_hand(images, target, k, **options):
    """k networks, each trained without one k-th of the galaxies."""
    fold = np.random.default_rng(seed).permutation(len(images)) % k
    networks = []
    for number in range(k):
        kept, held = fold != number, fold == number
        torch.manual_seed(seed + number)
        network = make_network()
        gm.fit(network, images[kept], target[kept], validation=(images[held], target[held]), seed=seed + number, **options)
        networks.append(network)
    return networks


few = train[:240]
by_hand = fold_by_hand(sky.images[few], target[few], 2, epochs=1, loss=loss)
helper = gm.fit_folds(make_network, sky.images[few], target[few], k=2, epochs=1, loss=loss, seed=seed)
np.testing.assert_allclose(*(gm.predict_folds(networks, sky.images[few[:8]]) for networks in (by_hand, helper.networks)), atol=1e-5)
print("the loop and gm.fit_folds give the same networks")

# %% [markdown]
# ### Keep twins together
#
# A fold is honest only if its galaxies are new to the network. Surveys image some sky twice, and lists are merged: the same galaxy, or a copy of its image, may stand in a sample under two names. If one copy is trained on and the other held out, the score flatters. So folds are dealt by *galaxy*. Copies of an exposure share its noise, and no two exposures do: [`gm.measure.near_duplicates`](../galmorph_helpers/measure/copies.py) finds them by that. (Two exposures of one galaxy differ in noise; there the position on the sky tells, and rows are grouped by an identifier.) Hide some copies, turned or mirrored, and look:

# %%
copies = torch.cat([torch.rot90(sky.images[few[:6]], 1, (2, 3)), sky.images[few[6:12]].flip(3) * 0.9])
with_copies = torch.cat([sky.images[few], copies])
galaxy = gm.measure.near_duplicates(with_copies)
fold = gm.learning.fold_numbers(galaxy, 5, seed=seed)
together = fold[: len(copies)] == fold[len(few):]
print(f"{len(with_copies)} images show {galaxy.max() + 1} galaxies; {together.sum()} of the {len(copies)} copies are in the fold of their original")
claims.check("copies that share a fold with their original", together.mean(), at_least=1, because="a copy's noise were not recognised")
claims.check("different mock galaxies taken for one", len(few) - (galaxy.max() + 1), at_most=0, because="two galaxies looked alike down to their noise")

# %% [markdown]
# ### Train the folds
#
# The published catalogue has ten folds; on a CPU we take five, on a GPU ten. The test galaxies are in none of them. Each network classifies each test galaxy: the mean of the k probabilities is the catalogue's value, their standard deviation its uncertainty.

# %%
k = gm.pick(cpu=5, gpu=10)
training = {"epochs": 4, "batch_size": 16, "learning_rate": 2e-3, "loss": loss}
folds = gm.fit_folds(make_network, sky.images[train], target[train], k=k, groups=gm.measure.near_duplicates(sky.images[train]), seed=seed, **training)
output = gm.predict_folds(folds.networks, sky.images[test], views=1)  # (k, galaxies, questions): logits, and scaled T-Types
print("output of the networks:", output.shape)

# %%
probability = expit(output[..., :4])
mean, std = probability.mean(0), probability.std(0)
t_mean, t_std = (output[..., 4] * width + centre).mean(0), output[..., 4].std(0) * width
names = ["P_LTG", "P_S0", "P_edge", "P_bar"]
calibration_output = gm.predict_folds(folds.networks, sky.images[calibration], views=1)
rows, judged = {}, {}
for column, name in enumerate(names):
    asked, chosen_on = np.isfinite(target[test, column]), np.isfinite(target[calibration, column])
    rows[name] = (target[test, column][asked], mean[asked, column], std[asked, column])
    threshold = gm.choose_threshold(target[calibration, column][chosen_on], expit(calibration_output[:, chosen_on, column]).mean(0), by="youden")
    judged["edge-on" if name == "P_edge" else name] = (*rows[name][:2], threshold)
score = gm.metrics_table(judged)
gm.plots.show_metrics(score, metrics=("accuracy", "precision", "recall", "f1", "auc"), published={"edge-on": BINARY_MODELS["edge-on"]},
                   caption=f"Mean of {k} folds, mock test galaxies; published row: observed MaNGA galaxies, mean of {FOLDS} folds (the talk)")
t_table = gm.metrics.regression_table({"T-Type": (t_type[test], t_mean)})
gm.plots.show_metrics(t_table, metrics=("rms", "bias", "spearman"), caption="T-Type, mean of the folds")

# %% [markdown]
# The edge-on row may stand beside the published one although each network saw 1,200 galaxies, where the talk asks for 5,000 to 10,000: its start had seen many more, and the mock sky's discs are cleaner than observed ones. The precision of bars cannot be compared: they are rare here, where half of the published test sample was barred, and the thresholds, chosen on the calibration galaxies, favour completeness.
#
# ## Find where the uncertainty peaks
#
# On the left, each test galaxy: the mean of its probabilities against their scatter. On the right, galaxies sorted by that scatter.

# %%
p_ltg, s_ltg = mean[:, 0], std[:, 0]
curve = gm.metrics.spread_by_probability(p_ltg, s_ltg)
gm.plots.uncertainty(late[test], p_ltg, s_ltg, curve, title=f"ETG or LTG, {k} folds — {sky.caption}",
                        alt="The standard deviation over folds peaks where the mean probability is near one half and is small near 0 and 1; the share of wrong classes grows from the least to the most uncertain fifth of the galaxies.")
middle = s_ltg[np.abs(p_ltg - 0.5) < 0.2]
ends = s_ltg[np.abs(p_ltg - 0.5) > 0.4]
peak = curve["probability"][np.argmax(curve["median"])]
print(f"the median uncertainty peaks at P = {peak:.2f}; {np.median(middle):.3f} for P from 0.3 to 0.7, {np.median(ends):.3f} beyond 0.1 and 0.9")
claims.check("probability at which the uncertainty peaks, distance from 0.5", abs(peak - 0.5), at_most=0.3, because="folds differed most about galaxies they are sure of")
claims.check("median uncertainty, P in 0.3 to 0.7 over P beyond 0.1 and 0.9", np.median(middle) / np.median(ends), at_least=2, because="the scatter did not depend on the probability")

# %% [markdown]
# ## Ask whether it finds the mistakes
#
# An uncertainty is worth printing if the classes of the sure galaxies are better. Cut the test galaxies into two halves:

# %%
halves = gm.metrics.uncertainty_table(rows)
gm.plots.show_metrics(halves, metrics=("accuracy", "sure", "unsure", "gap", "finds_errors"), caption="Accuracy of all, of the surer and the less sure half, and their difference; finds errors: 0.5 is chance")
gap = {row["name"]: row["gap"] for row in halves}
claims.check("ETG/LTG accuracy, least uncertain half above most uncertain half", gap["P_LTG"], at_least=0.05, because="the folds' scatter had nothing to do with errors")
claims.check("E/S0 accuracy, least uncertain half above most uncertain half", gap["P_S0"], at_least=0.015, because="the folds' scatter had nothing to do with errors")

# %% [markdown]
# ### Compare with other ways to doubt
#
# Folds are not the only way. A **deep ensemble** ([Lakshminarayanan et al. 2017](https://arxiv.org/abs/1612.01474)) gives *all* training galaxies to each network and changes only the random start and order. **Monte-Carlo dropout** ([Gal & Ghahramani 2016](https://arxiv.org/abs/1506.02142)) trains one network and leaves its dropout on while predicting: each pass is a slightly different network, for a tenth of the cost. And the plainest of all: a single network, which is unsure where its probability is near one half.

# %%
members = []
for number in range(gm.pick(cpu=3, gpu=10)):
    torch.manual_seed(seed + 100 + number)
    members.append(make_network())
    gm.fit(members[-1], sky.images[train], target[train], validation=(sky.images[calibration], target[calibration]), seed=seed + 100 + number, **training)
p_members = expit(gm.predict_folds(members, sky.images[test], views=1)[..., 0])
p_passes = expit(gm.learning.predict_dropout(members[0], sky.images[test], passes=20, seed=seed)[..., 0])
single = probability[0, :, 0]
label = late[test].astype(float)
ways = {"folds": (label, p_ltg, s_ltg), "deep ensemble": (label, p_members.mean(0), p_members.std(0)),
        "MC dropout": (label, p_passes.mean(0), p_passes.std(0)), "single network, |P - 0.5|": (label, single, -np.abs(single - 0.5)),
        "folds, |P - 0.5| of the mean": (label, p_ltg, -np.abs(p_ltg - 0.5)), "folds, scatter of the logits": (label, p_ltg, output[..., 0].std(0))}
table = gm.metrics.uncertainty_table(ways)
gm.plots.show_metrics(table, metrics=("accuracy", "sure", "unsure", "gap", "finds_errors", "calibration_error"), caption="ETG or LTG, mock test galaxies")

# %%
found = {row["name"]: row["finds_errors"] for row in table}
for name in ("folds", "deep ensemble", "MC dropout"):
    claims.check(f"ETG/LTG, chance that a wrong class has the larger uncertainty, {name}", found[name], at_least=0.65, because="uncertainty and error had nothing to do with each other")
claims.check("finds errors, folds minus distance of their mean from one half", found["folds"] - found["folds, |P - 0.5| of the mean"], at_most=0.02, because="the folds' scatter knew more than their mean")
claims.check("finds errors, scatter of the folds' logits", found["folds, scatter of the logits"], at_most=0.65, because="the scatter were more than the slope of the logistic function")

# %% [markdown]
# **Read this table twice.** The scatter of the folds finds mistakes, as the talk's figure promises. But the distance of the probability from one half finds them at least as well, and the scatter of the *logits*, before the logistic function, does not find them at all. (Below 0.5 it even points the wrong way: the logits of sure galaxies are large, and scatter more.) So the peak at one half is arithmetic: the logistic function is steepest there, and $\sigma_P \approx P(1-P)\,\sigma_x$ turns the same scatter of logits $x$ into a large one of $P$. What the scatter measures is how much the answer hangs on *which galaxies were trained on*. What the image itself cannot tell, because arms are blurred or a disc is tilted, all networks agree about: that doubt is in $P$, and only if $P$ is honest. (Networks that start from random weights differ more than these, which share their start.)

# %%
shown = {name: ways[name] for name in ("folds", "deep ensemble", "MC dropout")}
gm.plots.rejection(shown, keep=0.5, title="ETG or LTG,", alt="Accuracy falls from near 1 for the surest galaxies as more uncertain ones are classified; folds, deep ensemble and dropout lie close together.")

# %% [markdown]
# A catalogue's user decides how much to keep. Turn the knob: how many galaxies must stay unclassified for an accuracy of 0.98?

# %%
_ = gm.course.explore(lambda keep: gm.plots.rejection(shown, keep=keep, title="ETG or LTG,"), keep=(0.05, 1.0, 0.05, 0.5))

# %% [markdown]
# ## Mend a probability
#
# Of the galaxies with $P = 0.8$, are 80 % late types? The **expected calibration error** (ECE) is the mean distance between what was promised and what came, over ten bins of probability. Where the two differ, one number mends much of it: divide the logit by a **temperature** ([Guo et al. 2017](https://arxiv.org/abs/1706.04599)), fitted on galaxies that were not trained on. The order of the galaxies does not change, nor does a class.
#
# First a network that is too sure of itself: 300 galaxies, shown again and again without turning them.

# %%
torch.manual_seed(seed)
overtrained = gm.CompactCNN()
small = train[:300]
optimiser = torch.optim.AdamW(overtrained.parameters(), lr=1e-3)
for epoch in gm.runtime.progress(range(20), "training too long"):  # no validation, no augmentation: what not to do
    overtrained.to(gm.device()).train()
    for batch in np.array_split(np.random.default_rng([seed, epoch]).permutation(small), 5):
        optimiser.zero_grad()
        F.binary_cross_entropy_with_logits(overtrained(sky.images[batch].to(gm.device())), torch.tensor(late[batch]).float().to(gm.device())).backward()
        optimiser.step()
logits = {"too sure": [gm.learning.predict_value(overtrained, sky.images[part], views=1) for part in (calibration, test)],
          "folds": [calibration_output[..., 0].mean(0), output[..., 0].mean(0)]}

# %%
errors, temperatures = {}, {}
for name, (x_calibration, x_test) in logits.items():
    temperatures[name] = gm.metrics.fit_temperature(late[calibration], x_calibration)
    before, after = (gm.metrics.calibration_curve(label, expit(x_test / t)) for t in (1, temperatures[name]))
    errors[name] = before[1], after[1]
    gm.plots.reliability(*before, after=after, title=f"{name}: T = {temperatures[name]:.2f}\n{sky.caption}",
                      alt=f"Reliability curve of the network '{name}' before and after temperature scaling: the expected calibration error goes from {before[1]:.3f} to {after[1]:.3f}.")
    print(f"{name}: temperature {temperatures[name]:.2f}, expected calibration error {before[1]:.3f} before, {after[1]:.3f} after")
claims.check("calibration error of the overtrained network, before minus after scaling", errors["too sure"][0] - errors["too sure"][1], at_least=0.02, because="the network were not too sure of itself")
claims.check("temperature of the overtrained network", temperatures["too sure"], at_least=1.2, because="the network were not too sure of itself")
claims.check("calibration error of the folds after scaling", errors["folds"][1], at_most=0.08, because="one number could not mend the curve")

# %% [markdown]
# A temperature above one says that a network promised too much, below one that it could promise more; the mean of several networks, trained briefly, tends to the second. With about a thousand galaxies a calibration error below 0.03 or so cannot be told from zero: the bins scatter by themselves, so that a scaled curve is not always the better one.
#
# ## Combine answers into classes
#
# One number is rarely enough. The catalogue's scheme asks several models and a pair of eyes, and gives a class only where they agree:
#
# | class | early or late | T-Type | lenticular? | seen by eye |
# | --- | --- | --- | --- | --- |
# | E | P_LTG < 0.5 | T < 0 | P_S0 < 0.5 | as E, and sure of it |
# | S0 | P_LTG < 0.5 | T < 0 | P_S0 > 0.5 | as S0, and sure of it |
# | S1 (Sa to Sb) | P_LTG > 0.5 | 0 < T < 3 | | as S |
# | S2 (later) | P_LTG > 0.5 | T > 3 | | as S |
#
# The eye is simulated here ([how](../galmorph_helpers/mock/experts.py)): it misses arms in blurred or tilted galaxies, and takes some lenticulars for ellipticals. A trap: asking for the visual class of S0 in *both* of the first rows, as some scripts do, leaves of the ellipticals only those that the eye took for something else.

# %%
seen, unsure = gm.mock.visual_classes(sky.table[test], sky.survey, seed=seed)
columns = {"INTID": np.asarray(sky.table["id"][test]), "Z": np.asarray(sky.table["redshift"][test]), "T-Type": t_mean, "T-Type_std": t_std,
           "Visual_Class": seen, "Visual_Flag": unsure}
for column, name in enumerate(names):
    columns[name], columns[f"{name}_std"] = mean[:, column], std[:, column]
catalogue = gm.catalogue.morphology_catalogue(columns)
truth = np.select([t_type[test] == -3, t_type[test] <= 0, t_type[test] <= 3], ["E", "S0", "S1"], "S2")
kinds = {name: truth == name for name in ("E", "S0", "S1", "S2")}
gm.plots.plane({name: (t_mean[inside], p_ltg[inside]) for name, inside in kinds.items()}, xlabel="T-Type, mean of the folds (vertical line: 0)", ylabel="P_LTG, mean of the folds",
             line=((0, 0.5), (0, 1)), limits=((-4, 8), (-0.03, 1.03)), title=f"Two models, one sky; true classes — {sky.caption}",
             alt="P_LTG rises with T-Type along a narrow S: ellipticals and lenticulars at the lower left, spirals at the upper right, and few galaxies in the corners where the two models contradict each other.")

# %%
single_cut = np.select([t_mean < -2, t_mean < 0, t_mean < 3], ["E", "S0", "S1"], "S2")  # halfway between E (-3) and S0 (-1)
ways_to_class = {"T-Type alone": single_cut, "networks agree": gm.metrics.combined_classes(catalogue, visual=False), "networks and eye agree": gm.metrics.combined_classes(catalogue)}
purity = {name: gm.metrics.purity_table(truth, chosen) for name, chosen in ways_to_class.items()}
for name, one in purity.items():
    gm.plots.show_metrics(one, metrics=("purity", "completeness"), caption=f"{name}: {one['n'][-1]} of {len(truth)} galaxies get a class")
pure = {name: dict(zip(one["name"], one["purity"], strict=True)) for name, one in purity.items()}
claims.check("purity of all classes, networks agree minus T-Type alone", pure["networks agree"]["all"] - pure["T-Type alone"]["all"], at_least=0.0, because="agreement told nothing")
claims.check("purity of all classes, networks and eye agree minus T-Type alone", pure["networks and eye agree"]["all"] - pure["T-Type alone"]["all"], at_least=0.05, because="the eye saw what the networks see, no more")
claims.check("purity of E, networks and eye agree", pure["networks and eye agree"]["E"], at_least=0.75, because="eyes and networks erred together")

# %% [markdown]
# Purity is bought with completeness: read both columns. Users who need *all* lenticulars of a volume must not take the agreeing ones; users who average spectra of lenticulars should.
#
# The same rules on the published catalogue of MaNGA galaxies, where it was fetched:

# %%
manga = gm.datasets.manga_classes()
if manga:
    for visual in (False, True):
        found, number = np.unique(gm.metrics.combined_classes(manga, visual=visual), return_counts=True)
        print("networks and eye:" if visual else "networks alone:  ", {str(name) or "none": int(n) for name, n in zip(found, number, strict=True)})

# %% [markdown]
# ## Look at early types with T > 0
#
# P_LTG says early, the T-Type says late. Who are they? In the talk, such galaxies are small, faint, and have low central velocity dispersions: discs without visible arms.

# %%
t_early = (p_ltg < 0.5) & (t_mean > 0)
agree_early = (p_ltg < 0.5) & (t_mean < 0)
physical = sky.table[test]
kpc = physical["half_light_radius"].to_value("arcsec") * gm.imaging.kpc_per_arcsec(physical["redshift"])
quantities = {"half-light radius, log kpc": np.log10(kpc), "absolute r magnitude": physical["absolute_r"].value,
              "velocity dispersion, km/s": physical["velocity_dispersion"].to_value(u.km / u.s), "bulge-to-total ratio": np.asarray(physical["bulge_to_total"])}
groups = {"early, T < 0": agree_early, "early, T > 0": t_early}
gm.plots.histograms({label_: {name: values[inside] for name, inside in groups.items()} for label_, values in quantities.items()}, bins=18,
                       title=f"Early types by P_LTG — {sky.caption}",
                       alt="Histograms: early types with T above 0 have smaller radii, fainter magnitudes, lower velocity dispersions and smaller bulges than early types with T below 0.")
medians = {label_: [np.median(values[inside]) for inside in groups.values()] for label_, values in quantities.items()}
print(f"{t_early.sum()} of {(p_ltg < 0.5).sum()} early types have T > 0; {late[test][t_early].mean():.0%} of them are in truth late types")
for label_, (agree, differ) in medians.items():
    print(f"median {label_}: {agree:.2f} where T < 0, {differ:.2f} where T > 0")

# %%
claims.check("radius of early types with T > 0 over those with T < 0, medians", 10 ** (medians["half-light radius, log kpc"][1] - medians["half-light radius, log kpc"][0]), at_most=0.95, because="the two models disagreed about large galaxies")
claims.check("magnitudes by which early types with T > 0 are fainter, medians", medians["absolute r magnitude"][1] - medians["absolute r magnitude"][0], at_least=0.05, because="the two models disagreed about bright galaxies")
claims.check("velocity dispersion of early types with T > 0 over those with T < 0, medians", medians["velocity dispersion, km/s"][1] / medians["velocity dispersion, km/s"][0], at_most=0.97, because="the two models disagreed about galaxies with massive bulges")
chosen = np.flatnonzero(t_early)[np.argsort(-t_mean[t_early])][:16]
gm.plots.gallery(sky, test[chosen], titles=[f"{physical['hubble_type'][i]}, T = {t_mean[i]:.1f}" for i in chosen], caption="Called early by P_LTG, late by T-Type (true class and predicted T)",
              alt="Sixteen mock galaxies about which the two models disagree: mostly small, smooth, featureless discs.")

# %% [markdown]
# The reason is in how the two numbers fail. In a small image the network cannot tell a lenticular from a spiral without visible arms. P_LTG then falls to whichever is likelier; the T-Type, a mean, falls in between, and a few late types with T near 5 pull it above 0. So disagreement is a doubt, too, and one that the scatter over folds does not show. (In *apparent* magnitude the two groups differ little: in a flux-limited sample most galaxies are near the limit, whatever their luminosity.)
#
# ## See that smooth is not elliptical
#
# Galaxy Zoo asks first: smooth, or features and disc? Of the galaxies that most volunteers call smooth ($P_{smooth} > 0.6$), how many are late types for the network, and for the truth?

# %%
smooth = np.asarray(votes["smooth"])[test] > 0.6
index = gm.mock.single_sersic_index(physical)  # of the one profile whose concentration is that of bulge plus disc
bulge = np.asarray(physical["bulge_to_total"])
network_late = p_ltg > 0.5
print(f"{smooth.mean():.0%} of the test galaxies are smooth; of these {network_late[smooth].mean():.0%} are late types for the network and {late[test][smooth].mean():.0%} in truth; {np.mean(truth[smooth] == 'E'):.0%} are ellipticals")
both = {"smooth, late": smooth & network_late, "smooth, early": smooth & ~network_late, "features, late": ~smooth & network_late}
gm.plots.histograms({"Sérsic index of a single fit": {n: index[i] for n, i in both.items()}, "bulge-to-total ratio": {n: bulge[i] for n, i in both.items()}}, bins=18,
                       title=f"Smooth or not, late or early by P_LTG — {sky.caption}",
                       alt="Histograms: smooth galaxies that the network calls late have low Sérsic indices and small bulges, like late types with visible features, and unlike smooth early types.")
n_smooth_late, bt_smooth_late = np.median(index[both["smooth, late"]]), np.median(bulge[both["smooth, late"]])
claims.check("late types, by the network, among smooth galaxies", network_late[smooth].mean(), at_least=0.10, because="volunteers saw every arm")
claims.check("Sérsic index, smooth early minus smooth late types, medians", np.median(index[both["smooth, early"]]) - np.median(index[both["smooth, late"]]), at_least=0.5, because="late types were as concentrated as early ones")
claims.check("bulge-to-total ratio, smooth early minus smooth late types, medians", np.median(bulge[both["smooth, early"]]) - np.median(bulge[both["smooth, late"]]), at_least=0.12, because="smooth late types had massive bulges")

# %% [markdown]
# Who is smooth depends on how well one sees. The catalogue alone tells, without a network: among 20,000 mock galaxies, how many of the smooth ones are late types, in truth, if the sample stops at a brighter limit?

# %%
many = gm.population(20_000, seed=seed)
many_smooth = gm.mock.volunteer_votes(many, gm.SDSS, seed=seed)["smooth"] > 0.6
share = {limit: np.mean(many["ltg"][many_smooth & (many["r_mag"] < limit * u.mag)]) for limit in (16, 17, 17.77)}
print("late types among smooth galaxies:", ", ".join(f"{value:.0%} to r = {limit}" for limit, value in share.items()))
claims.check("late types among smooth galaxies to r = 17.77, in truth", share[17.77], at_least=0.12, because="volunteers saw every arm")
claims.check("the same, to r = 17.77 minus to r = 16", share[17.77] - share[16], at_least=0.05, because="arms were seen as well in faint galaxies as in bright ones")

# %% [markdown]
# ### Ask observed votes
#
# The same with what volunteers of [Galaxy Zoo 2](https://doi.org/10.1093/mnras/stt1458) said of 19,761 observed galaxies in Stripe 82. That table has no light profiles, but it holds two arguments. A smooth galaxy that most call *cigar-shaped* is too flat for an elliptical: it is a disc on edge. And nearby galaxies have names, with Hubble types in the [OpenNGC](https://github.com/mattiaverga/OpenNGC) list: which of them are smooth?

# %%
stripe = gm.find_set("gz2_stripe82_catalogue")
observed_votes = Table.read(stripe / "table5.csv.gz", format="ascii.csv") if stripe else None
if stripe:
    claims.origins.append("folder")
    answer = {key: np.asarray(observed_votes[column], float) for key, column in {
        "smooth": "t01_smooth_or_features_a01_smooth_weighted_fraction", "debiased": "t01_smooth_or_features_a01_smooth_debiased",
        "cigar": "t07_rounded_a18_cigar_shaped_weighted_fraction"}.items()}
    is_smooth = answer["smooth"] > 0.6
    cigars, flipped = np.mean(answer["cigar"][is_smooth] > 0.5), np.mean(answer["debiased"][is_smooth] < 0.4)
    print(f"{is_smooth.mean():.0%} of {len(observed_votes):,} observed galaxies are smooth; {cigars:.1%} of these are cigar-shaped, and {flipped:.1%} would mostly be called featured if they were nearer (debiased votes)")
    claims.check("cigar-shaped among observed smooth galaxies", cigars, at_least=0.05, because="volunteers' smooth galaxies were round")

# %%
if observed_votes is not None:
    from astropy.coordinates import SkyCoord
    from pyongc import ongc

    named = [galaxy for galaxy in ongc.listObjects(type=["G"], mindec=-1.3, maxdec=1.3) if galaxy.hubble]
    places = SkyCoord(*np.transpose([galaxy.rad_coords for galaxy in named]), unit="rad")
    nearest, distance, _ = places.match_to_catalog_sky(SkyCoord(observed_votes["ra"], observed_votes["dec"], unit="deg"))
    hubble = np.array([galaxy.hubble for galaxy in named])[distance < 10 * u.arcsec]
    vote = answer["smooth"][nearest[distance < 10 * u.arcsec]]
    family = np.select([np.char.startswith(hubble, "S0") | (hubble == "E-S0"), hubble == "E"], ["lenticular", "elliptical"], "spiral")
    for name in ("elliptical", "lenticular", "spiral"):
        inside = family == name
        print(f"{name:10s}: {inside.sum():2d} named galaxies, {np.mean(vote[inside] > 0.6):.0%} smooth, median smooth vote {np.median(vote[inside]):.2f}")
    not_elliptical = np.mean(family[vote > 0.6] != "elliptical")
    print(f"of the {np.sum(vote > 0.6)} smooth ones {not_elliptical:.0%} are not ellipticals")
    claims.check("not elliptical among observed smooth galaxies with a Hubble type", not_elliptical, at_least=0.15, because="volunteers saw every disc of a lenticular")

# %% [markdown]
# In nearby, large images the smooth impostors are lenticulars, and no spiral passes. In the small images of the mock sky, and in most of a survey, spirals do. Smooth says *what can be seen*.
#
# ## Write the catalogue
#
# A catalogue that nobody can read is lost work. Columns get the names of the public [MaNGA Morphology Deep Learning DR17 catalogue](https://www.sdss4.org/dr17/data_access/value-added-catalogs/?vac_id=manga-morphology-deep-learning-dr17-catalog), each a description, and a unit where there is one; mind the hyphen in `T-Type`. FITS for astronomers, Parquet for large tables. Add what a user will need to select by:

# %%
for name, values, description in (("R_MAG", physical["r_mag"], "apparent r magnitude"), ("R_HL", physical["half_light_radius"], "half-light radius"),
                                  ("CLASS", gm.metrics.combined_classes(catalogue), "E, S0, S1 or S2 where networks and eye agree, else empty")):
    catalogue[name] = values
    catalogue[name].info.description = description


def changed(before, after):
    """Names of the columns whose values, unit or description are not the same."""
    pairs = {name: (before[name], after[name]) for name in before.colnames}
    return [name for name, (a, b) in pairs.items()
            if not (np.array_equal(a, b) and a.info.unit == b.info.unit and a.info.description == b.info.description)]


with tempfile.TemporaryDirectory() as folder:
    for ending in ("fits", "parquet"):
        file = gm.catalogue.write_catalogue(catalogue, Path(folder) / f"morphology.{ending}")
        again = gm.catalogue.read_catalogue(file)
        print(f"{file.name}: {len(again)} galaxies, {len(again.colnames)} columns, {file.stat().st_size / 1e3:.0f} kB; changed when read back: {changed(catalogue, again) or 'nothing'}")
        claims.check(f"{ending} catalogue: columns that change when written and read back", len(changed(catalogue, again)), at_most=0, because="a type, a unit or a description were lost")
for name in again.colnames:
    if again[name].dtype.kind == "f":
        again[name].info.format = ".3f"
again["INTID", "Z", "T-Type", "T-Type_std", "P_LTG", "P_LTG_std", "P_S0", "Visual_Class", "R_HL", "CLASS"][:5]

# %% tags=["nbval-check-output"]
for name in ("T-Type", "P_LTG", "P_LTG_std", "R_HL"):
    print(f"{name:10s} [{str(again[name].unit) or 'no unit'}] {again[name].info.description}")
try:
    gm.catalogue.morphology_catalogue({**columns, "P_LTG": columns["P_LTG"] * 100})
except ValueError as error:
    print("percent instead of probabilities:", str(error).split(". ")[-1])

# %% [markdown]
# ## On observed galaxies
#
# The same folds and the same figure on galaxies of the SDSS, with Galaxy Zoo classes ([Lintott et al. 2011](https://doi.org/10.1111/j.1365-2966.2010.17432.x)): disc (spiral or edge-on) or elliptical, which here means smooth.

# %%
del sky  # make room
observed, answered = gm.labelled_sdss("disc")
if observed:
    claims.origins = ["mock", observed.origin]
    observed.table["galaxy"] = gm.measure.near_duplicates(observed.images)
    usable = np.isfinite(answered["disc"])
    train_o, test_o = (part[usable[part]] for part in gm.split(observed, by="galaxy", fractions=(gm.pick(cpu=0.3, gpu=0.75), gm.pick(cpu=0.7, gpu=0.25)), seed=seed))
    print(observed, f"| {len(observed) - len(set(observed.table['galaxy']))} copies | training, test:", len(train_o), len(test_o))

# %%
if observed:
    labels = answered["disc"]
    folds_o = gm.fit_folds(lambda: gm.load_weights(gm.CompactCNN(), "mock_trunk"), observed.images[train_o], labels[train_o], k=k,
                           groups=observed.table["galaxy"][train_o], seed=seed, epochs=4, batch_size=32, learning_rate=2e-3)
    x_o = gm.predict_folds(folds_o.networks, observed.images[test_o], views=1)
    p_o, s_o = expit(x_o).mean(0), expit(x_o).std(0)
    curve_o = gm.metrics.spread_by_probability(p_o, s_o)
    gm.plots.uncertainty(labels[test_o], p_o, s_o, curve_o, title=f"Disc or elliptical, {k} folds — {observed.caption}",
                            alt="Observed SDSS galaxies: as on the mock sky, the scatter over folds peaks near a probability of one half, and the share of wrong classes grows with it.")

# %%
if observed:
    half_o = gm.split(Table({"row": np.arange(len(test_o))}), fractions=(0.3, 0.7), seed=seed)  # for the temperature, and to test it
    t_o = gm.metrics.fit_temperature(labels[test_o][half_o[0]], x_o.mean(0)[half_o[0]])
    y_o, kept = labels[test_o][half_o[1]], half_o[1]
    scaled = expit(x_o.mean(0)[kept] / t_o)
    table_o = gm.metrics.uncertainty_table({"folds": (y_o, p_o[kept], s_o[kept]), "folds, |P - 0.5| of the mean": (y_o, p_o[kept], -np.abs(p_o[kept] - 0.5)),
                                    "folds, scatter of the logits": (y_o, p_o[kept], x_o.std(0)[kept]), f"folds, temperature {t_o:.2f}": (y_o, scaled, -np.abs(scaled - 0.5))})
    gm.plots.show_metrics(table_o, metrics=("accuracy", "sure", "unsure", "gap", "finds_errors", "calibration_error"), caption="Disc or elliptical, observed SDSS galaxies")
    peak_o = curve_o["probability"][np.argmax(curve_o["median"])]
    claims.check("observed SDSS: accuracy, least uncertain half above most uncertain half", table_o["gap"][0], at_least=0.05, because="the volunteers' classes were random where networks are unsure")
    claims.check("observed SDSS: probability at which the uncertainty peaks, distance from 0.5", abs(peak_o - 0.5), at_most=0.3, because="folds differed most about galaxies they are sure of")
    claims.check("observed SDSS: calibration error after scaling", table_o["calibration_error"][3], at_most=0.06, because="one number could not mend the curve")

# %%
if observed:
    wrong = (p_o >= 0.5) != (labels[test_o] == 1)
    sure_but_wrong = np.flatnonzero(wrong)[np.argsort(s_o[wrong])][:8]
    torn = np.argsort(-s_o)[:8]
    both = np.concatenate([sure_but_wrong, torn])
    gm.plots.gallery(observed, test_o[both], titles=[f"{answered['called'][test_o[i]]} {p_o[i]:.2f} ± {s_o[i]:.2f}" for i in both],
                  caption="Above: wrong and yet certain. Below: the most uncertain",
                  alt="Eight observed galaxies that all folds misjudge and agree about, most of them small or faint discs, and eight about which the folds differ most.")

# %% [markdown]
# The upper row is worth a long look: all folds agree, and the label says otherwise. Judge for yourself which of the two is right. Either way the folds could not warn: they share the kind of network, the start, and most of the training galaxies, so they share their mistakes, and wrong labels as well.
#
# ## What the talk found, what you found

# %%
by_name = {row["name"]: row for row in score}
published = BINARY_MODELS["edge-on"]
for metric in ("accuracy", "precision", "recall", "f1"):
    claims.compare(f"edge-on {metric}, mean of folds", published[metric], by_name["edge-on"][metric], (by_name["edge-on"][f"{metric}_low"], by_name["edge-on"][f"{metric}_high"]))
claims.compare("networks whose scatter is the uncertainty", FOLDS, k)
print(f"Uncertainty: scatter of {FOLDS} folds in the talk, of {k} here. The sure half of the galaxies is right {gap['P_LTG']:.2f} more often.")
radius, magnitude, dispersion = (medians[label_] for label_ in list(medians)[:3])
print("Early types with T > 0: small, faint, of low dispersion in the talk. Here, medians, against early types with T < 0:")
print(f"  {10 ** radius[1]:.1f} against {10 ** radius[0]:.1f} kpc; {magnitude[1]:.1f} against {magnitude[0]:.1f} mag; {dispersion[1]:.0f} against {dispersion[0]:.0f} km/s")
print("P_smooth > 0.6: many are spirals, with low Sérsic index and B/T, in the talk. Here:")
print(f"  {network_late[smooth].mean():.0%} are late types for the network, with a median index of {n_smooth_late:.1f} and B/T of {bt_smooth_late:.2f}")

# %% [markdown]
# ## Exercises
#
# **1. How many networks?** The standard deviation of k numbers is itself uncertain, by about $1/\sqrt{2(k-1)}$ of its value if they scatter like a Gaussian. By what fraction for ten folds? For five?

# %%
uncertainty_of_uncertainty = ...  # (ten folds, five folds)

# %%
_ = gm.course.check("exercise 1", uncertainty_of_uncertainty, [18**-0.5, 8**-0.5], tolerance=0.01, hint="k - 1 is 9 and 4.")

# %% tags=["solution", "nbval-check-output"]
uncertainty_of_uncertainty = [(2 * (k_ - 1)) ** -0.5 for k_ in (10, 5)]
_ = gm.course.check("exercise 1", uncertainty_of_uncertainty, [18**-0.5, 8**-0.5], tolerance=0.01)
print([f"{x:.0%}" for x in uncertainty_of_uncertainty])

# %% [markdown]
# **2. The slope of the logistic.** All logits of a galaxy scatter by $\sigma_x = 0.4$. How large is $\sigma_P$, to first order, for P = 0.5 and for P = 0.95?

# %%
sigma_p = ...  # (at 0.5, at 0.95)

# %%
_ = gm.course.check("exercise 2", sigma_p, [0.1, 0.019], tolerance=0.01, hint="The derivative of 1 / (1 + exp(-x)) is P (1 - P).")

# %% tags=["solution", "nbval-check-output"]
sigma_p = [0.4 * p * (1 - p) for p in (0.5, 0.95)]
_ = gm.course.check("exercise 2", sigma_p, [0.1, 0.019], tolerance=0.01)

# %% [markdown]
# **3. From scratch.** Take the shipped weights out of `make_network` and train for 12 epochs. Does the scatter of the logits find more mistakes when the networks do not share their start? (No check: report an interval over seeds.)
#
# ## In practice
#
# - The published catalogue has ten folds and about 10,000 training galaxies a question; on a GPU this notebook takes ten folds and 20,000 galaxies without an edit.
# - The scatter over folds answers "would another training sample have said otherwise?". It does not answer "is this galaxy like those in training?": on another survey all folds may agree and be wrong (lesson 04).
# - Where a probability enters a measurement, calibrate it on galaxies like those it is used for: a temperature fitted on bright galaxies mends nothing for faint ones.
# - Publish the training labels' origin with the catalogue. A column without a description is read in five ways.
#
# ## Further reading
#
# - Domínguez Sánchez et al. 2022, *SDSS-IV DR17: final release of MaNGA PyMorph photometric and deep-learning morphological catalogues*, [doi:10.1093/mnras/stab3089](https://doi.org/10.1093/mnras/stab3089)
# - Lakshminarayanan, Pritzel & Blundell 2017, *Simple and scalable predictive uncertainty estimation using deep ensembles*, [arXiv:1612.01474](https://arxiv.org/abs/1612.01474)
# - Gal & Ghahramani 2016, *Dropout as a Bayesian approximation*, [arXiv:1506.02142](https://arxiv.org/abs/1506.02142)
# - Guo et al. 2017, *On calibration of modern neural networks*, [arXiv:1706.04599](https://arxiv.org/abs/1706.04599)
# - Walmsley et al. 2020, *Galaxy Zoo: probabilistic morphology through Bayesian CNNs and active learning*, [doi:10.1093/mnras/stz2816](https://doi.org/10.1093/mnras/stz2816)
#
# ## What this lesson claims

# %% tags=["claims"]
gm.plots.show_claims(claims.report())
