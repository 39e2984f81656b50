# ---
# tags: new edition
# minutes: 60
# ---

# %% [markdown]
# # Classify a survey of any size
#
# Below are galaxies of the sky. Five networks will soon say of each whether it is a spiral, and for most of them **all five will agree**. A computer of your size can do this for a million galaxies before lunch. **Will the catalogue be better than no catalogue at all?**
#
# **You will do:** flag what is doubtful, find out that the flags say less than they promise, mend the catalogue with 200 labels, and then let it grow: from an image of the sky to a catalogue, on several processes, killed and resumed, timed for a million galaxies.
#
# **You will learn**
# - what *robust* and *familiar* mean in a catalogue, and what they do not mean
# - why a score of one sky says little about another: the mix, the question, the pictures
# - what a few hundred labels mend
# - how work is cut up so that nothing is lost or counted twice when a machine dies
# - how to say how long it takes, and what the time is spent on
#
# **You will need:** lessons 02 and 03. 60 minutes: 30 to read, 30 for six exercises. All cells together run for a minute and a half on two cores, in 1.2 GB. Words in *italics* are explained where they first appear, and in the [glossary](../guide/glossary.md).
#
# The talk shows a catalogue of 27 million galaxies of the Dark Energy Survey, DES ([Vega-Ferrero et al. 2021](https://doi.org/10.1093/mnras/stab594)), and ends with a warning: do not blindly apply your models to data from another domain than the training sample.

# %% tags=["setup"]
# On Colab the helper package is installed, without touching the torch and numpy that are there.
import sys

if "google.colab" in sys.modules:
    # %pip install -q --no-deps "galmorph-helpers @ git+https://github.com/galmorph/galaxy-morphology-course"
    # %pip install -q "photutils>=2" "pooch" "safetensors" "dask>=2024.8" "distributed>=2024.8" "jupyterquiz>=2.8"
    pass
import copy
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import astropy.units as u
import numpy as np
import torch
from astropy.table import Table
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

import galmorph_helpers as gm
from galmorph_helpers.catalogue.classifier import load_classifier, logits_and_features
from galmorph_helpers.catalogue.parts import made_from, making
from galmorph_helpers.published import LARGEST_CATALOGUE, TRANSFER

seed = gm.start()
claims = gm.Claims("09")
work = tempfile.TemporaryDirectory()
folder = Path(work.name)
COLUMNS = {"accuracy": ".3f", "always no": ".3f", "robust": ".0%", "robust minus not": "+.3f",
           "unfamiliar": ".0%", "familiar minus not": "+.3f"}


def make_network():
    """A network that reads mock galaxies already (lesson 02)."""
    return gm.load_weights(gm.CompactCNN(), "mock_trunk")


def minus(right, group):
    """Accuracy in a group minus that of the others; NaN where one of the two has fewer than 10 galaxies."""
    few = min(group.sum(), (~group).sum()) < 10
    return np.nan if few else right[group].mean() - right[~group].mean()


def verdict(name, p, truth, near):
    """A line of the table: p is (k, N), of k networks; truth and near are True or False (N,)."""
    right, sure = (p.mean(0) > 0.5) == truth, robust_of(p)
    return {"galaxies": name, "accuracy": right.mean(), "always no": 1 - truth.mean(), "robust": sure.mean(),
            "robust minus not": minus(right, sure), "unfamiliar": 1 - near.mean(),
            "familiar minus not": minus(right, near)}


def show(rows, caption):
    """The table as people read it: a word where a number cannot be."""
    words = [{name: value if name not in COLUMNS else "too few" if np.isnan(value) else f"{value:{COLUMNS[name]}}"
              for name, value in row.items()} for row in rows]
    gm.plots.show_table(Table(words), caption=caption)

# %%
seen = gm.datasets.observed_galaxies("disc")
labelled = seen.has("disc")
asked = np.flatnonzero(np.isfinite(seen.answers["disc"])) if labelled else np.arange(len(seen.sample))
asked = np.random.default_rng(seed).permutation(asked)[:3000]
print(seen.known)
gm.plots.gallery(seen.sample, asked[:16], caption="Spiral, or not? Write down how many of the 16 are",
                 alt="Sixteen observed galaxies without names: discs, smooth round ones, some blurred.")

# %% [markdown]
# ## Train once, flag twice
#
# Five *folds* answer one question, as in lesson 03: late type (a spiral) rather than early (an elliptical or a lenticular)? They learn it from the mock sky, where each type is known, as the SDSS would see it. The column of a catalogue with their mean is called `P_LTG`.

# %%
n = gm.pick(cpu=2600, gpu=26_000)
sky = gm.mock_sample(table=gm.population(n, seed=seed), seed=seed)
late = np.asarray(sky.table["t_type"], float) > 0
train, known, test = gm.split(sky, fractions=(6 / 13, 4 / 13, 3 / 13), seed=seed)
folds = gm.fit_folds(make_network, sky.images[train], late[train], k=5, epochs=3, batch_size=32,
                     learning_rate=2e-3, seed=seed)
p_test = expit(gm.predict_folds(folds.networks, sky.images[test], views=1))
accuracy = np.mean((p_test.mean(0) > 0.5) == late[test])
print(f"{len(test)} other mock galaxies: {accuracy:.3f} right; always “early”: {1 - late[test].mean():.3f}")

# %% [markdown]
# A catalogue for others needs more than a probability. The DES catalogue calls a class *robust* if its five networks agree. Here: the largest and the smallest of the five probabilities differ by less than 0.3, **and** their mean is below 0.3 or above 0.7.
#
# **Predict:** the networks were trained on the same sky. If that sky is the wrong one, will they disagree?
#
# **Do:** write the flag. `probability` has a row a network, a column a galaxy.


# %% tags=["exercise"]
def robust(probability):
    """True for each galaxy on which the networks agree: an array (N,)."""
    ### BEGIN SOLUTION
    spread = probability.max(axis=0) - probability.min(axis=0)
    mean = probability.mean(axis=0)
    return (spread < 0.3) & ((mean < 0.3) | (mean > 0.7))
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("09.1", points=2)

# %% [markdown]
# The second flag asks something else: *are there such galaxies in the training sample?* Take what the first network sees of a galaxy, its **features**: the mean of each map of each convolution. The training galaxies make a cloud in the space of these features. How far from its centre is a galaxy, in units of the cloud's width in *that* direction? This is the *Mahalanobis distance*:
#
# $$d = \sqrt{(\mathbf{f} - \mathbf{c})^T\, P\, (\mathbf{f} - \mathbf{c})}$$
#
# $\mathbf{c}$ is the centre, and the *precision* $P$ is the inverse of the covariance. A galaxy is *familiar* if its $d$ is within the *reach*, the distance within which 99 % of galaxies like those of the training lie.
#
# **Do:** write it for all galaxies at once. `features` is (N, F), `centre` (F,), `precision` (F, F).


# %% tags=["exercise"]
def familiar(features, centre, precision, reach):
    """True for each galaxy within the reach of the training galaxies: an array (N,)."""
    ### BEGIN SOLUTION
    away = features - centre
    squared = ((away @ precision) * away).sum(axis=1)
    return np.sqrt(squared) <= reach
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("09.2", points=2)

# %%
robust_of, familiar_of = gm.course.yours("09.1"), gm.course.yours("09.2")
domain = gm.learning.fit_domain(gm.learning.image_features(folds.networks[0], sky.images[known]))


def catalogue(images):
    """Probabilities (5, N), and whether each galaxy is familiar (N,)."""
    p = expit(gm.predict_folds(folds.networks, images, views=1).astype(float))
    return p, familiar_of(gm.learning.image_features(folds.networks[0], images), *domain)


mock = verdict("mock, the same sky", p_test, late[test], catalogue(sky.images[test])[1])
show([mock], "At home: other galaxies of the sky that the networks know")

# %% [markdown]
# At home both flags are what one wishes: the robust galaxies are right far more often than the others, and nearly all galaxies are familiar. With such a table a catalogue would be published. Now go outside.
#
# ## On observed galaxies
#
# Here are three other skies, and the same five networks:
#
# - the *same mock galaxies*, as DES shows them: its camera is sharper and deeper, and its colour pictures are made with another stretch, paler and brighter. This is what "another look" means;
# - the Hubble eXtreme Deep Field, which nobody labelled;
# - galaxies of the SDSS, where your copy of the course has them, with answers of volunteers to "disc or features, or smooth?"
#
# **Predict:** which of these skies will the flags warn of? What accuracy do you expect on SDSS galaxies, and what would somebody reach who calls every galaxy smooth without looking?

# %%
des = gm.mock.seen_by(sky.table[test], gm.DES, look=gm.surveys.DES_LOOK, seed=seed)
field = gm.deep_field()
p_des, near_des = catalogue(des.images)
p_field, near_field = catalogue(field.images)
rows = [mock, verdict("mock, as DES shows them", p_des, late[test], near_des)]
images, answer, what = des.images, late[test], "mock galaxies as DES shows them"
if labelled:
    images, answer = seen.sample.images[asked], seen.answers["disc"][asked] == 1
    what = "observed SDSS galaxies"
p_out, near_out = catalogue(images)
if labelled:
    rows.append(verdict("SDSS, volunteers' answers", p_out, answer, near_out))
show(rows, "The networks of the mock sky, at home and away")
print(f"deep field: {np.mean(~near_field):.0%} unfamiliar, {robust_of(p_field).mean():.0%} robust")

# %%
wrong = np.flatnonzero(robust_of(p_out) & near_out & ((p_out.mean(0) > 0.5) != answer))
where = seen.sample[asked] if labelled else des
said = np.where(answer, "disc", "smooth") if labelled else np.where(answer, "late", "early")
print(f"robust, familiar, and wrong: {len(wrong)} of {len(answer)} {what}")
if len(wrong):
    gm.plots.gallery(where, wrong[:16], titles=[f"{p_out.mean(0)[i]:.2f}, {said[i]}" for i in wrong[:16]],
                     caption="P_LTG, and what people (or the mock sky) say",
                     alt="Galaxies on which all networks agree, and which are labelled otherwise.")

# %% [markdown]
# Read the table slowly, for it is the reason of this lesson.
#
# - **DES.** The networks call every galaxy late. Most of them are flagged as unfamiliar: the flag saw that the pictures look different. It did its work.
# - **SDSS.** Almost every galaxy is *familiar*, and most are *robust*. And yet the catalogue is right **less often than somebody who never looks** and calls everything smooth. The robust galaxies do better than the others, but not better than never looking. The few unfamiliar ones are *not* worse than the familiar ones: in the five stored runs below they were even better.
# - **The deep field** is flagged nearly whole; how wrong the networks are there, nobody knows.
#
# So the flags answer "do these networks agree?" and "do these pictures look like mine?". Nobody asked them "is it right?". Look at the galaxies above: what do you think the networks saw in them?
#
# ### Change one thing at a time
#
# Three things differ between the mock sky and the volunteers' SDSS: **the mix** (how many are spirals), **the question** (the mock answer is the galaxy's type; a volunteer says what can be *seen*, and a smooth spiral is smooth), and **the pictures**. On the mock sky each can be changed alone.
#
# **Predict:** which one costs most?

# %%
votes = gm.labels.certain(gm.mock.volunteer_votes(sky.table, gm.SDSS, seed=seed)["features"])
judged = test[np.isfinite(votes[test])]
p_judged = p_test[:, np.isfinite(votes[test])]
right = (p_test.mean(0) > 0.5) == late[test]
share = answer.mean() if labelled else 0.28  # as in the stored table below
one_by_one = [("at home", right.mean(), 1 - late[test].mean())]
of_late, of_early = right[late[test]].mean(), right[~late[test]].mean()
one_by_one.append(("the mix of the SDSS set", share * of_late + (1 - share) * of_early, 1 - share))
of_votes = np.mean((p_judged.mean(0) > 0.5) == votes[judged])
one_by_one.append(("the question of volunteers", of_votes, 1 - votes[judged].mean()))
one_by_one.append(("the pictures of DES", rows[1]["accuracy"], rows[1]["always no"]))
gm.plots.show_table(Table(rows=one_by_one, names=("changed", "accuracy", "always no")),
                    caption="Mock galaxies: one thing changed at a time", formats={"accuracy": ".3f", "always no": ".3f"})

# %% [markdown]
# **Why:** the mix alone changes nothing for the networks; it only makes "always no" a better answer. **The question** costs most of what is lost: asked what can be *seen*, the same networks on the same pictures are no better than the constant answer. The talk says it in another place: smooth is not elliptical. The stored runs below say how far the *right question* would have carried: networks that learnt what mock volunteers say, on the same mock galaxies, do far better on observed galaxies, without one observed label.
#
# ## Mend it with 200 labels
#
# Somebody looks at 200 galaxies of the new sky. The cheapest use: leave the networks alone and ask *what their answers mean here*. Take the mean logit $x$ of the five folds, and fit a straight line through it to the labels, so that $P = 1 / (1 + e^{-(a x + b)})$ is the share of discs. This is *Platt scaling*. It moves the threshold (through $b$) and says how sure to be (through $a$).
#
# **Do:** write it. `LogisticRegression(C=1e6)` of scikit-learn fits such a line; it wants columns, and its `predict_proba` has a column for label 0 and one for label 1.


# %% tags=["exercise"]
def recalibrate(logit, label, new):
    """Probability of label 1 for new logits (M,), from a few logits (N,) with labels (N,) of 0 and 1."""
    ### BEGIN SOLUTION
    line = LogisticRegression(C=1e6)
    line.fit(logit.reshape(-1, 1), label)
    return line.predict_proba(new.reshape(-1, 1))[:, 1]
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("09.3", points=3)

# %% [markdown]
# *Which* 200 is left to chance, so it is done five times; each time the rest is judged. And once more with the 200 labels **shuffled**: what is gained then is no knowledge of galaxies.

# %%
mended_by = gm.course.yours("09.3")
x_out, after, shuffled = logit(p_out.clip(1e-7, 1 - 1e-7)), [], []
for draw in range(5):
    rng = np.random.default_rng([seed, draw])
    few, rest = np.split(rng.permutation(len(answer)), [200])
    for labels, found in ((answer[few], after), (rng.permutation(answer[few]), shuffled)):
        mended = np.stack([mended_by(x_out[:, few].mean(0), labels, x[rest]) for x in x_out])
        found.append(verdict("", mended, answer[rest], near_out[rest]))
before = verdict("before", p_out, answer, near_out)
means = [{"galaxies": name} | {c: np.mean([row[c] for row in found]) for c in COLUMNS}
         for name, found in (("after 200 labels", after), ("after 200, shuffled", shuffled))]
show([before, *means], f"Recalibrated, mean of five draws of 200 — {what}")
gained = [row["accuracy"] - row["always no"] for row in after]
print("accuracy minus always “no”:", ", ".join(f"{g:+.3f}" for g in gained))

# %% [markdown]
# After 200 labels the catalogue is at last better than never looking, though by little: a line through the logit cannot put galaxies into another order. But look at **robust minus not**. Before, the networks agreed on too much, all of them too sure. Now fewer galaxies are robust, and for those the word means something.
#
# The dearer use of the same 200: train the networks on with them (lesson 04).

# %%
few, rest = np.split(np.random.default_rng([seed, 0]).permutation(len(answer)), [200])
copies = iter(copy.deepcopy(folds.networks))
tuned = gm.fit_folds(lambda: next(copies), images[few], answer[few], k=5, epochs=12, batch_size=16,
                     learning_rate=1e-3, seed=seed)
p_tuned = expit(gm.predict_folds(tuned.networks, images[rest], views=1))
trained_on = verdict("trained on with them", p_tuned, answer[rest], near_out[rest])
show([before, means[0], trained_on], f"What 200 labels buy — {what}")

# %%
stored = Table.read(gm.files.shipped("observed_catalogue.csv"))
kept = {"accuracy": ".3f", "always_no": ".3f", "auc": ".3f", "robust": ".2f",
        "robust_minus_not": "+.3f", "familiar_minus_not": "+.3f"}
by_seed = {}  # of each row, one mean a seed
for kind in dict.fromkeys(stored["what"]):
    of = stored[stored["what"] == kind].group_by("seed").groups.aggregate(np.mean)[list(kept)]
    by_seed[kind] = of
lines = [{"observed SDSS": kind} | {name.replace("_", " "): f"{np.mean(t[name]):{f}} ± {np.std(t[name], ddof=1):.3f}"
         for name, f in kept.items()} for kind, t in by_seed.items() if kind not in ("mix", "volunteers", "DES")]
gm.plots.show_table(Table(lines), caption="Five trainings and which 200: means, and scatter of the seeds")

# %% [markdown]
# TEXT about stored
#
# ## From tile to catalogue
#
# TODO

# %% [markdown]
# ## Quiz

# %%
gm.course.quiz("09")

# %% tags=["claims"]
work.cleanup()
gm.plots.show_claims(claims.report())
