# %% [markdown]
# # Take home what was measured
#
# **What you'll do:** put every published number of the course beside the one that was measured, weigh the six take-home messages of the talk with numbers, and run the checks that stand before the use of any model on galaxies of your own.
#
# **What you'll learn**
# - which findings of the talk this course reproduces, which it does not, and why
# - how to tell that a network was carried outside its domain, with labels and without
# - what a hundred labels buy
#
# **What you'll need:** lessons 00 to 09, or the wish to know how they end; 15 minutes to read, a minute to run on two cores, 1.3 GB of memory.

# %%
# On Colab, install the helper package without touching the torch and numpy that are there. Elsewhere this does nothing.
import sys

if "google.colab" in sys.modules:
    # %pip install -q --no-deps "galmorph-helpers @ git+https://github.com/galmorph/galaxy-morphology-course"
    # %pip install -q "photutils>=2" "pooch"
    pass

# %% tags=["setup", "reads-results"]
from dataclasses import replace

import numpy as np
import torch
from astropy.table import Table

import galmorph_helpers as gm

seed = gm.start()
claims = gm.Claims("10", origins=("mock", "deep field"))

# %% [markdown]
# ## Look back at the lessons
#
# Each lesson wrote down what it claimed, how long it took, and what it found. Lessons that were run in this copy of the course speak for your machine ("here"); for the others, the results of the notebooks as they are stored stand in.

# %%
results = gm.course.read_results(but=["10"])
rows = [(number, r["where"], r["seconds"], r["peak_mb"], len(r["claims"]), "yes" if all(c["holds"] for c in r["claims"]) else "NO", ", ".join(r["origins"])) for number, r in results.items()]
gm.plots.show_table(Table(rows=rows, names=("lesson", "run", "seconds", "MB", "claims", "all hold", "galaxies")), caption="The course, lesson by lesson", formats={"seconds": ".0f"})
print(f"{sum(row[2] for row in rows) / 60:.0f} minutes in all, {sum(row[4] for row in rows)} claims")

# %% [markdown]
# ## Put every published number beside the measured one
#
# Published numbers come from observed galaxies, most measured ones from mock galaxies: to agree is no proof, and to differ is no scandal. *Agrees* means that the published value lies in the 95 % interval of ours, which says how well *we* measured, not how well the mock sky resembles the other.

# %%
beside = gm.course.published_table(results)
gm.plots.show_table(beside, caption="All published numbers of the course", formats={name: ".3g" for name in ("published", "measured", "low", "high")})
words, counts = np.unique(beside["verdict"], return_counts=True)
print(", ".join(f"{word}: {count}" for word, count in zip(words, counts, strict=True)))

# %%
scores = beside[(beside["published"] <= 1) & (beside["published"] > 0.4) & (beside["measured"] <= 1) & np.isfinite(beside["low"])]
gm.plots.intervals(scores["what"], scores["measured"], scores["low"], scores["high"], published=scores["published"], xlabel="value, with its 95 % interval", title="Scores: published and measured",
                 alt="Measured scores with their intervals beside published ones, row by row: the table above gives each row and its verdict.")

# %% [markdown]
# ## Weigh the six messages
#
# The talk closes with six messages (in our words below). Beside each stand numbers from the lessons, and the link leads to the figure that shows them. Claims end with what would break them: if one of these numbers has changed, its lesson says why.

# %%
from IPython.display import Markdown, display

MESSAGES = {
    "Networks classify galaxies very well, but they need large labelled samples of the same kind of data": ("[lesson 02](02_train_a_cnn.ipynb#Ask-more-questions), [03](03_folds_and_catalogues.ipynb#Find-where-the-uncertainty-peaks)", [
        ("02", "edge-on accuracy, mock sky"), ("02", "disc AUC, observed SDSS"), ("02", "edge-on AUC, observed SDSS")]),
    "Faint and subtle features, such as traces of tides, are still hard to find": ("[lesson 08](08_find_tidal_features.ipynb#Follow-recall-and-precision-with-depth)", [
        ("08", "original: recall"), ("08", "recall gained from 26 to 31"), ("08", "AUC lost from clean and deep to realistic")]),
    "A network carried from another survey needs about ten times fewer labels, but it needs some": ("[lesson 04](04_carry_a_network.ipynb#Count-the-labels-saved)", [
        ("04", "labels saved: N(scratch) / N(carried) at equal AUC, mean of the questions"), ("04", "largest fall of recall (TPR), SDSS network on DES pictures unchanged")]),
    "Bright galaxies, moved far away in the computer, give labelled samples of faint ones": ("[lesson 05](05_emulate_distant_galaxies.ipynb#Compare-with-a-network-that-saw-bright-galaxies-only,-and-with-the-eye)", [
        ("05", "accuracy to r = 21.5, mean of five folds"), ("05", "accuracy in the faintest bin, emulation-trained minus bright-trained")]),
    "Without labels, too, there is much to find": ("[lesson 06](06_gradients_without_labels.ipynb#Find-the-passive-galaxies-in-the-plane), [07](07_cluster_without_labels.ipynb#Look-for-groups)", [
        ("06", "sign of the gradient right where the truth exceeds 2 sigma"), ("07", "ARI of two clusters with slow and fast rotators"), ("07", "Cramér's V of two clusters with morphology")]),
    "Never carry a model blindly to data that are not like its training sample": ("[this lesson](#Do-not-blindly-apply-your-models), [lesson 05](05_emulate_distant_galaxies.ipynb#Do-not-apply-your-model-outside-its-domain)", [
        ("05", "share of the faintest galaxies that are unfamiliar to the bright-trained network"), ("09", "flagged in the Hubble deep field")]),
}
lines = []
for message, (figures, found) in MESSAGES.items():
    lines.append(f"**{message}** ({figures})\n")
    lines += [f"- {name}: **{gm.course.claim_words(results, lesson, name)}** (lesson {lesson})" for lesson, name in found if lesson in results] + [""]
display(Markdown("\n".join(lines)))

# %% [markdown]
# ## Do not blindly apply your models
#
# The last message of the talk, as a list of checks. To have something to check, train a network the way lesson 00 does: bright mock galaxies of the SDSS, one question, a minute.

# %%
def asked(table):
    """Mock galaxies on whose being edge-on volunteers agree, and what they say."""
    edge_on = gm.labels.certain(gm.mock.volunteer_votes(table, gm.SDSS, seed=seed)["edge_on"])
    return table[np.isfinite(edge_on)], edge_on[np.isfinite(edge_on)]


bright, edge_on = asked(gm.population(gm.pick(cpu=3000, gpu=20_000), seed=seed, magnitude_limit=16))
sky = gm.mock_sample(table=bright, seed=seed)
train, validation, test = gm.split(sky, fractions=(0.6, 0.1, 0.3), seed=seed)
torch.manual_seed(seed)
network = gm.load_weights(gm.CompactCNN(), "mock_trunk")
gm.fit(network, sky.images[train], edge_on[train], validation=(sky.images[validation], edge_on[validation]), epochs=4, learning_rate=2e-3, seed=seed)
threshold = gm.choose_threshold(edge_on[validation], gm.predict(network, sky.images[validation]))
domain = gm.learning.fit_domain(gm.learning.image_features(network, sky.images[train]))

# %% [markdown]
# **Check 1, without labels: is it the same kind of galaxy?** The out-of-domain score asks how far a galaxy lies from the training galaxies in the space of what the network sees: the mean of each of its maps. By construction one in a hundred training-like galaxies scores above 1.
#
# **Check 2, without labels: does the answer make sense in bulk?** The share of galaxies called edge-on, and the mean probability, against the share in the training sample. Either the sky has another share there (a *prevalence shift*), or the network errs: without labels nobody can tell which.
#
# **Check 3, with labels: AUC, accuracy beside always-"no", calibration.** On a hundred galaxies if there are no more.

# %%
def before_use(name, images, answers=None):
    """One row of the checklist: what can be said of a sample before anybody believes the network."""
    p = gm.predict(network, images)
    far = gm.learning.out_of_domain(domain, gm.learning.image_features(network, images)) > 1
    row = {"sample": name, "N": len(images), "out of domain": far.mean(), "called edge-on": np.mean(p >= threshold), "mean probability": p.mean()}
    if answers is not None:
        found = gm.metrics_table({"": (answers, p, threshold)})[0]
        row |= {"truly edge-on": np.mean(answers), "AUC": found["auc"], "accuracy": found["accuracy"], "always no": found["always_no"], "calibration error": gm.metrics.calibration_curve(answers, p)[1]}
    return row


n = gm.pick(cpu=600, gpu=5000)
checklist = [before_use("training", sky.images[train], edge_on[train]), before_use("test: the same sky", sky.images[test], edge_on[test])]
table = gm.population(20 * n, seed=seed + 1000)
table, answers = asked(table[(table["r_mag"].value > 17.2) & (table["r90"].value < 5)][:n])
checklist.append(before_use("a magnitude fainter, and small", gm.mock_sample(table=table, seed=seed + 1000).images, answers))
table, answers = asked(gm.population(n, seed=seed + 2000, magnitude_limit=16))
cloudy = replace(gm.SDSS, name="SDSS in poor seeing", psf_fwhm=tuple(4 * width for width in gm.SDSS.psf_fwhm))
checklist.append(before_use("as DES sees them", gm.mock_sample(table=table, survey=gm.DES, seed=seed + 2000).images, answers))
blurred = gm.mock_sample(table=table, survey=cloudy, seed=seed + 2000)
checklist.append(before_use("in four times the seeing", blurred.images, answers))
deep = gm.deep_field()
checklist.append(before_use("Hubble deep field", deep.images))
checklist.append(before_use("noise, no galaxy", torch.rand(200, 3, 64, 64, generator=torch.Generator().manual_seed(seed))))
observed, labels = gm.labelled_sdss("edge-on")
if observed:
    claims.origins.append(observed.origin)
    known = np.flatnonzero(np.isfinite(labels["edge-on"]))
    observed, labels = observed[known], labels["edge-on"][known]
    checklist.append(before_use("observed SDSS", observed.images, labels))
names = list(checklist[0])
checked = Table({name: [row.get(name, np.nan) for row in checklist] for name in names})
gm.plots.show_table(checked, caption="Before you use a network: mock galaxies unless the name says otherwise", formats={"N": ",d", **dict.fromkeys(names[2:], ".3f")})

# %% [markdown]
# Read it from the top. What is like the training sample scores like it. Faint galaxies are a lesson in themselves: the network orders them as well as before and few are flagged, yet the share of edge-on galaxies is another one, because volunteers must see a disc to call it edge-on. A catalogue that assumed the training share would be wrong by that factor. That is a *prevalence shift*, and no score of single galaxies can see it. The blurred sky is a *domain shift*, and it is the row to remember: the accuracy falls to little more than that of always saying "no", and few galaxies are flagged. Blurred galaxies look like smaller or rounder ones, and such were in the training sample. The deep field is flagged almost whole; how wrong the network is there, nobody knows without labels. And noise gets its probabilities too.
#
# Being flagged is not being wrong, and not being flagged is no promise: the faint sky costs nothing, the blurred one a quarter of the accuracy, and neither is flagged by much. Only labels can tell.
#
# **Check 4: buy a hundred labels.** The cheapest insurance. Here are a hundred galaxies of the sample at hand, and what they change. Which hundred is left to chance, so it is done five times.

# %%
if observed:
    target, answers, what = observed.images, labels, "observed SDSS galaxies"
else:
    target, what = blurred.images, "blurred mock galaxies"
untouched = gm.predict(network, target)
gain, error = [], []
for draw in range(5):
    shuffled = np.random.default_rng([seed, draw]).permutation(len(target))
    hundred, rest = shuffled[:100], shuffled[100:]
    tuned = gm.CompactCNN()
    tuned.load_state_dict(network.state_dict())
    torch.manual_seed(seed)
    gm.fit(tuned, target[hundred[:80]], answers[hundred[:80]], validation=(target[hundred[80:]], answers[hundred[80:]]), epochs=12, learning_rate=5e-4, batch_size=16, seed=draw)
    few = rest[:1000]
    after, before = gm.predict(tuned, target[few]), untouched[few]
    both = gm.metrics_table({"before": (answers[few], before, threshold), "after": (answers[few], after)})
    gain.append(both["auc"][1] - both["auc"][0])
    error.append([gm.metrics.calibration_curve(answers[few], p)[1] for p in (before, after)])
error = np.array(error)
print(f"a hundred labels on {what}: AUC {np.mean(gain):+.3f} (five draws: {', '.join(f'{g:+.3f}' for g in gain)}), calibration error {error[:, 0].mean():.3f} before, {error[:, 1].mean():.3f} after")

# %%
said = {row["sample"]: row for row in checklist}
claims.check("flagged as out of domain, test galaxies of the same sky", said["test: the same sky"]["out of domain"], at_most=0.05, because="the score flattered the galaxies it was fitted to")
claims.check("flagged as out of domain, Hubble deep field", said["Hubble deep field"]["out of domain"], at_least=0.5, because="the score saw no difference between two telescopes")
claims.check("flagged as out of domain, noise", said["noise, no galaxy"]["out of domain"], at_least=0.95, because="the score took noise for galaxies")
claims.check("accuracy, same sky minus four times the seeing", said["test: the same sky"]["accuracy"] - said["in four times the seeing"]["accuracy"], at_least=0.02, because="seeing did not matter")
claims.check("share of edge-on galaxies, training minus faint", said["training"]["truly edge-on"] - said["a magnitude fainter, and small"]["truly edge-on"], at_least=0.05, because="volunteers saw as much in faint galaxies")
claims.check(f"AUC gained by a hundred labels, {what}, mean of five draws", np.mean(gain), at_least=-0.01, because="a hundred labels did harm")

# %% [markdown]
# **Your turn.** Put a folder with images and a `labels.csv` where the next cell looks for it ([how](../data/README.md)), and it runs the first two checks, and the third if there is a column `edge_on` of zeros and ones.

# %%
mine = gm.find_set("my_galaxies")
if mine:
    own = gm.read_folder(mine, size=64)
    answers = np.asarray(own.table["edge_on"], float) if "edge_on" in own.table.colnames else None
    row = before_use("mine", own.images, answers)
    print(", ".join(f"{name}: {value:.3f}" for name, value in row.items() if name != "sample"))

# %% [markdown]
# ## Where the mock sky is not the sky
#
# - **Shapes are formulae.** Bulges, discs, arms, bars and knots are drawn from laws with scatter. Real galaxies have warps, mergers at all stages, dust that is not smooth, and histories. A network tells mock from observed galaxies almost without error ([how faithful](../benchmarks/fidelity.md)).
# - **Labels are consistent.** Simulated volunteers err at random, by one law. Real ones learn, tire, and agree with each other in their mistakes. Scores on the mock sky are therefore too good.
# - **Correlations are put in.** Type depends on mass and star formation because the catalogue says so. What the mock sky shows about evolution, environments or rings was decided when it was written.
# - **The archives are cleaner than the sky** of the mock telescopes in some ways (no satellites' trails, no failed fields, no ghosts, except where lesson 08 adds them) and dirtier in others.
#
# ## Exercises
#
# **1. Correct a share.** A classifier finds the share $c$ of galaxies edge-on. On labelled galaxies its true-positive rate is $t$ and its false-positive rate $f$. What is the true share, if $t$ and $f$ hold in the new sample too? Compute it for $c = 0.10$, $t = 0.95$, $f = 0.03$.

# %%
share = ...

# %%
_ = gm.course.check("exercise 1", share, (0.10 - 0.03) / (0.95 - 0.03), hint="What is found: c = share * t + (1 - share) * f. Solve for the share.")

# %% tags=["solution"]
share = (0.10 - 0.03) / (0.95 - 0.03)
_ = gm.course.check("exercise 1", share, (0.10 - 0.03) / (0.95 - 0.03))
print(f"{share:.3f}")

# %% [markdown]
# **2. How many labels make a check?** You label $n$ galaxies of a new survey by eye and find the network right on 95 % of them. From which $n$ on is the 95 % interval of its accuracy narrower than $\pm 2$ %? (Take the normal approximation.)

# %%
n_labels = ...

# %%
_ = gm.course.check("exercise 2", n_labels, np.ceil(1.96**2 * 0.95 * 0.05 / 0.02**2), hint="The standard error of a share p is sqrt(p (1 - p) / n).")

# %% tags=["solution"]
n_labels = np.ceil(1.96**2 * 0.95 * 0.05 / 0.02**2)
_ = gm.course.check("exercise 2", n_labels, np.ceil(1.96**2 * 0.95 * 0.05 / 0.02**2))
print(int(n_labels))

# %% [markdown]
# ## In practice
#
# - Keep the training sample's features with the weights: without them nobody can compute an out-of-domain score later.
# - Publish with a catalogue what it was trained on: magnitudes, sizes, redshifts, instrument, who labelled, and the share of each class.
# - Choose thresholds on labelled galaxies *of the sample at hand*, not where they were best at home.
# - A model that is right on average may be wrong where you look: check the corner of parameter space that your science uses.
#
# ## Further reading
#
# - Huertas-Company & Lanusse 2023, *The Dawes Review 10: the impact of deep learning for the analysis of galaxy surveys*, [doi:10.1017/pasa.2022.55](https://doi.org/10.1017/pasa.2022.55)
# - Domínguez Sánchez et al. 2018, *Improving galaxy morphologies for SDSS with deep learning*, [doi:10.1093/mnras/sty338](https://doi.org/10.1093/mnras/sty338)
# - Domínguez Sánchez et al. 2019, *Transfer learning for galaxy morphology from one survey to another*, [doi:10.1093/mnras/sty3497](https://doi.org/10.1093/mnras/sty3497)
# - Lee et al. 2018, *A simple unified framework for detecting out-of-distribution samples and adversarial attacks*, [arXiv:1807.03888](https://arxiv.org/abs/1807.03888)
# - Guo et al. 2017, *On calibration of modern neural networks*, [arXiv:1706.04599](https://arxiv.org/abs/1706.04599)
#
# ## What this lesson claims

# %% tags=["claims"]
gm.plots.show_claims(claims.report())
