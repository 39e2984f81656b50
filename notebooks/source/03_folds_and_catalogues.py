# ---
# minutes: 55
# ---

# %% [markdown]
# # Measure what you do not know
#
# A catalogue says of a galaxy: `P_LTG` = 0.71 ± 0.05, a spiral rather than an elliptical or a lenticular. **What does the ± tell you? Are seven of ten such galaxies spirals? And what could you promise to those who use your catalogue?**
#
# **What you'll do:** train five networks in place of one, take their mean as the value and their scatter as the ±, test both, and then write a catalogue that promises something it can keep: for each galaxy a *set* of classes that holds the true one nine times in ten.
#
# **What you'll learn**
# - how the published catalogues get their uncertainties from k folds, and what these can and cannot tell
# - what it means that a probability is calibrated
# - how conformal prediction turns any classifier into an honest one in ten lines, and when the promise breaks
# - why classes on which several models agree are purer, and what that costs
#
# **What you'll need:** lesson 02. About 30 minutes to read, 25 for six exercises, a minute and a half to run on two cores, 1.2 GB. The method of the folds is that of the morphology catalogue of MaNGA, a survey of 10,000 nearby galaxies, [Domínguez Sánchez et al. 2022](https://doi.org/10.1093/mnras/stab3089), as the talk shows it. What else folds can do, near-duplicates, dropout, the files themselves, is in [further/03f](further/03f_doubt_in_full.ipynb).

# %% tags=["setup"]
# On Colab, install the helper package, not torch and numpy, which are there. Else nothing happens.
import sys

if "google.colab" in sys.modules:
    # %pip install -q --no-deps git+https://github.com/galmorph/galaxy-morphology-course
    # %pip install -q "photutils>=2" "pooch" "safetensors" "jupyterquiz>=2.8"
    pass

# %% tags=["setup"]
import astropy.units as u
import numpy as np
from astropy.table import Table
from scipy.special import expit

import galmorph_helpers as gm
from galmorph_helpers.learning import class_probabilities, five_loss, five_targets, read_five
from galmorph_helpers.metrics import calibration_curve, coverage_table
from galmorph_helpers.published import BINARY_MODELS, FOLDS

seed = gm.start()
claims = gm.Claims("03")
CLASSES = ("elliptical", "lenticular", "spiral")


def make_network():
    """A network with five outputs that reads mock galaxies already (lesson 02)."""
    return gm.load_weights(gm.CompactCNN(outputs=5), "mock_trunk")


def three(answers):
    """Probabilities (galaxies, 3) of the classes, from the means of the folds."""
    p = answers.probability.mean(0)
    return class_probabilities(p[:, 0], p[:, 1])


def show_coverage(rows, caption):
    """The table of coverage as people read it, and as a dict by name."""
    table = coverage_table(rows)
    names = {
        "coverage_low": "from",
        "coverage_high": "to",
        "size": "classes",
        "single": "one class",
    }
    formats = {name: ".3f" for name in ("coverage", "from", "to", "one class")}
    shown = Table(table, names=[names.get(name, name) for name in table.colnames])
    gm.plots.show_table(shown, caption=caption, formats=formats)
    return dict(zip(table["name"], table["coverage"], strict=True))


def by_bin(sets, kinds, r, bins):
    """Mean magnitude, coverage and its error in each bin of magnitude, for a figure."""
    parts = {str(b): (sets[bins == b], kinds[bins == b]) for b in np.unique(bins)}
    table = coverage_table(parts)
    error = (table["coverage_high"] - table["coverage_low"]) / 4  # 95 % is two standard deviations
    return [r[bins == b].mean() for b in np.unique(bins)], table["coverage"], error


def wide(row, metric, seeds):
    """95 % interval of a score: the scatter of the test galaxies and that of training, over stored
    seeds."""
    training = 1.96 * np.std(seeds["value"][seeds["what"] == f"{row['name']} {metric}"], ddof=1)
    below = np.hypot(row[metric] - row[f"{metric}_low"], training)
    return row[metric] - below, min(
        row[metric] + np.hypot(row[f"{metric}_high"] - row[metric], training), 1
    )


# %% [markdown]
# ## Train five networks in place of one
#
# Five questions are asked of each galaxy: late type (spiral) rather than early (`P_LTG`), lenticular rather than elliptical (`P_S0`, asked of early types), edge-on (`P_edge`), barred (`P_bar`), and the T-Type, the place on Hubble's sequence as a number. One network with [five outputs](../galmorph_helpers/learning/questions.py) answers them all. The mock sky is as deep as the spectroscopic sample of the Sloan Digital Sky Survey (SDSS): $r < 17.77$.
#
# Before any network answers, answer yourself: below are eight galaxies. Spirals or not, and how sure are you, in per cent?
#
# The galaxies are cut into three parts. **Training** galaxies teach. **Calibration** galaxies are never trained on: they tell what the networks' answers are worth. **Test** galaxies judge the end.

# %%
n_train, n_rest = gm.pick(cpu=1500, gpu=20_000), 2000
n = n_train + 2 * n_rest
sky = gm.mock_sample(table=gm.population(n, seed=seed), seed=seed)
train, known, test = gm.split(sky, fractions=(n_train / n, n_rest / n, n_rest / n), seed=seed)
target = five_targets(sky.table, seed=seed)
late = target[:, 0]
kind = np.where(late == 1, 2, np.nan_to_num(target[:, 1])).astype(int)  # 0 E, 1 S0, 2 spiral
print(sky, "| training, calibration, test:", len(train), len(known), len(test))
print({name: int((kind == number).sum()) for number, name in enumerate(CLASSES)})
gm.plots.gallery(sky, test[:8], caption="Spiral, or not? Guess, and write down how sure you are",
                 alt="Eight mock galaxies without names, some with arms, some blurred and smooth.")

# %% [markdown]
# A **fold** is one part of the training sample. Cut it into k folds of equal size; train k networks, each *without* one of them, which then says when its training should stop. Two images of one galaxy must share a fold, else one of them gives the other away. So it is galaxies that are dealt, not images.
#
# *Predict: 1,500 galaxies, five folds. How many galaxies does each network learn from, and how many do two networks have in common?*
#
# **Exercise 1.** `galaxy` says which galaxy each image shows (0 to n − 1), `order` is a random order of the n galaxies. The galaxy at place i of the order goes to fold i % k. Give the fold of each *image*.


# %% tags=["exercise"]
def deal(galaxy, k, order):
    """Fold (0 to k - 1) of each image; images of one galaxy share it."""
    ### BEGIN SOLUTION
    fold_of = np.empty(len(order), int)  # of each galaxy
    fold_of[order] = np.arange(len(order)) % k
    return fold_of[galaxy]
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("03.1", points=2)

# %%
deal = gm.course.yours("03.1")
galaxy = np.arange(n_train)  # mock galaxies were observed once
by_hand = deal(galaxy, 5, np.random.default_rng(seed).permutation(n_train))
print("galaxies in each fold:", np.bincount(by_hand).tolist())
both = np.mean((by_hand != 0) & (by_hand != 1))
print(f"each network learns from {np.mean(by_hand != 0):.0%}; two have {both:.0%} in common")

# %% [markdown]
# Each network learns from four fifths, and any two share three fifths of all galaxies. Remember this: they are not independent witnesses.
#
# The helper deals in the same way, and trains. (The published catalogue has ten folds; on a CPU we take five.)

# %%
k = gm.pick(cpu=5, gpu=10)
folds = gm.fit_folds(make_network, sky.images[train], target[train], k=k, seed=seed, loss=five_loss,
                     epochs=3, batch_size=16, learning_rate=2e-3)
at_known, at_test = (read_five(gm.predict_folds(folds.networks, sky.images[part], views=1))
                     for part in (known, test))
print("probabilities of", k, "networks for each test galaxy:", at_test.probability[..., 0].shape)

# %% [markdown]
# **Exercise 2.** The networks give **logits** $x$; `expit(x)` $= 1/(1+e^{-x})$ makes a probability of each. The catalogue's *value* is the mean of the k probabilities, its *uncertainty* their standard deviation. `logits` has one row a network, one column a galaxy.


# %% tags=["exercise"]
def value_and_scatter(logits):
    """Value and uncertainty of each galaxy, two arrays."""
    ### BEGIN SOLUTION
    probability = expit(logits)
    value, scatter = probability.mean(0), probability.std(0)
    return value, scatter
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("03.2", points=2)

# %%
value_and_scatter = gm.course.yours("03.2")
x = at_test.logit[..., 0]
p_ltg, scatter = value_and_scatter(x)
truth = late[test]
torn = np.argsort(-scatter)[:8]
rows = np.concatenate([np.arange(8), torn])
gm.plots.gallery(
    sky, test[rows], caption="P_LTG ± scatter. Above: your eight. Below: the most uncertain",
    titles=[f"{CLASSES[kind[test[i]]]}\n{p_ltg[i]:.2f} ± {scatter[i]:.2f}" for i in rows],
    alt="Mock galaxies with value and scatter: the eight of the start, and those torn most.")

# %% [markdown]
# ## Find where the uncertainty peaks
#
# *Predict: at which value of `P_LTG` do the five networks differ most? At which least?*

# %%
curve = gm.metrics.spread_by_probability(p_ltg, scatter)
gm.plots.uncertainty(truth, p_ltg, scatter, curve,
                     title=f"Late or early, {k} folds — {sky.caption}",
                     alt="The scatter peaks where the value is near one half and is small near 0 "
                     "and 1; wrong classes are more frequent where the scatter is larger.")
middle, ends = np.abs(p_ltg - 0.5) < 0.2, np.abs(p_ltg - 0.5) > 0.4
peaks = {name: np.median(s[middle]) / np.median(s[ends])
         for name, s in (("probabilities", scatter), ("logits", x.std(0)))}
print(f"median scatter of P: {np.median(scatter[middle]):.3f} for P from 0.3 to 0.7, "
      f"{np.median(scatter[ends]):.3f} beyond 0.1 and 0.9: {peaks['probabilities']:.1f} times")
print(f"the same for the scatter of the logits: {peaks['logits']:.1f} times")

# %% [markdown]
# As in the talk, the scatter peaks at one half. But look at the last line: *before* `expit`, the scatter has no such peak. So it is arithmetic: `expit` is steepest at $P = 1/2$, and the same scatter of logits $\sigma_x$ becomes $\sigma_P \approx P(1-P)\,\sigma_x$.
#
# ## Ask whether it finds the mistakes
#
# A ± is worth printing if it is large where the class is wrong. To test it, take one wrong and one right galaxy at random: how often does the wrong one have the larger ±? A half is chance, 1 perfect. (It is the area under the ROC curve of lesson 02, for the question "is it wrong?")
#
# *Predict: which finds mistakes better, the scatter of five networks, or simply how close the value is to one half?*
#
# **Exercise 3.** Compare each wrong galaxy with each right one. Ties count one half.


# %% tags=["exercise"]
def finds_errors(wrong, doubt):
    """Share of pairs (one wrong galaxy, one right) in which the wrong one has the larger doubt."""
    ### BEGIN SOLUTION
    of_wrong, of_right = doubt[wrong][:, None], doubt[~wrong]
    larger = of_wrong > of_right
    equal = of_wrong == of_right
    return (larger + equal / 2).mean()
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("03.3", points=3)

# %%
finds_errors = gm.course.yours("03.3")
wrong = (p_ltg >= 0.5) != (truth == 1)
one = expit(x[0])  # one network alone
doubts = {"scatter of the folds": scatter, "closeness to one half, mean": -np.abs(p_ltg - 0.5),
          "scatter of the logits": x.std(0),
          "scatter, shuffled": np.random.default_rng(seed).permutation(scatter)}
finds = {name: finds_errors(wrong, doubt) for name, doubt in doubts.items()}
finds["closeness to one half, one network"] = finds_errors(
    (one >= 0.5) != truth, -np.abs(one - 0.5))
print(f"{wrong.mean():.1%} of the classes are wrong; always “early” would be in {truth.mean():.0%}")
gm.plots.show_table(Table(rows=list(finds.items()), names=("doubt", "finds errors")),
                    caption="Chance that a wrong class has the larger doubt; 0.5 is none",
                    formats={"finds errors": ".3f"})

# %% [markdown]
# **Read the table twice.** The scatter finds mistakes, as the talk says. But the distance of the value from one half, which costs nothing, finds them better; and the scatter of the logits, which is all that the folds add, hardly finds any. The folds answer one question: *would other training galaxies have given another answer?* What the image itself hides, arms too faint or a disc on edge, all networks miss together. That doubt is in the value, if the value is honest. Is it?
#
# ## Hold a probability to its promise
#
# Of all galaxies with $P = 0.7$, are 70 % spirals? A probability that keeps this is **calibrated**. Sort the galaxies into ten bins of P, 0 to 0.1, 0.1 to 0.2 and so on; in each, compare the mean P with the share that are spirals. The mean distance, each bin weighted by its galaxies, is the **expected calibration error**.
#
# *Predict: the folds were calibrated on nothing. Is their mean too sure of itself, or not sure enough?*
#
# **Exercise 4.** `happened` is 0 or 1, `probability` 0 to 1, one a galaxy. Leave out empty bins.


# %% tags=["exercise"]
def promise_error(happened, probability):
    """Expected calibration error over ten equal bins of probability."""
    ### BEGIN SOLUTION
    which = np.minimum((probability * 10).astype(int), 9)
    total = 0
    for number in np.unique(which):
        inside = which == number
        gap = abs(happened[inside].mean() - probability[inside].mean())
        total += inside.mean() * gap
    return total
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("03.4", points=3)

# %% [markdown]
# Where a probability is not honest, one number often mends it: the **temperature** ([Guo et al. 2017](https://arxiv.org/abs/1706.04599)). All logits are divided by it; it is fitted on the calibration galaxies. Above 1, the networks were too sure; below 1, not sure enough. Classes do not change.
#
# And then, as in life: the catalogue is used for galaxies **two magnitudes fainter**. These have $18.77 < r < 19.77$; six times fewer photons each, and smaller.

# %%
deep = gm.population(5400, seed=seed + 100, magnitude_limit=19.77)
deep = deep[deep["r_mag"] > 18.77 * u.mag][:3000]
faint = gm.mock_sample(table=deep, seed=seed + 100)
at_faint = read_five(gm.predict_folds(folds.networks, faint.images, views=1))
late_faint = five_targets(deep)[:, 0]
promise_error = gm.course.yours("03.4")
temperature = gm.metrics.fit_temperature(late[known], at_known.logit[..., 0].mean(0))
off = {}
for name, logit, answer in (("same sky", x, truth),
                            ("fainter", at_faint.logit[..., 0], late_faint)):
    said = expit(logit.mean(0)), expit(logit.mean(0) / temperature)
    off[name] = [promise_error(answer, p) for p in said]
    before, after = (calibration_curve(answer, p) for p in said)
    gm.plots.reliability(*before, after=after, title=f"{name}, T = {temperature:.2f}, mock",
                         alt=f"{name}: error {before[1]:.3f} before, {after[1]:.3f} after")

# %% [markdown]
# On the same sky T is a little below 1: on the calibration galaxies the mean of the folds promised a little too little. There is little to mend: even honest probabilities of 2,000 galaxies would show an error of 0.01 to 0.02. So whether the error of the *test* galaxies falls is partly luck: compare the two errors in the first figure; of five [stored seeds](../data/folds_mock.md) it fell in four. On the fainter galaxies the curve runs *below* the line: of those that get P = 0.6, far fewer than six in ten are spirals. No temperature from the bright sky can know that.
#
# ## Promise a set, not a number
#
# A user rarely wants 0.71. "Elliptical or lenticular, not a spiral" can be used, if it is right as often as it says. **Conformal prediction** ([Vovk et al. 2005](https://doi.org/10.1007/b106715)) makes such sets from any classifier:
#
# 1. Two columns of the catalogue give three probabilities: $P(\mathrm{spiral})=P_{LTG}$, $P(\mathrm{S0})=(1-P_{LTG})\,P_{S0}$, and what remains is elliptical.
# 2. For each of n *calibration* galaxies note the **score** 1 − P(true class): small where the network was right and sure.
# 3. The **threshold** is the score of rank $\lceil (n+1)\times 0.9 \rceil$, counted from the smallest.
# 4. A new galaxy gets every class whose 1 − P is not above the threshold.
#
# If the new galaxy is *of the same kind*, its own score is equally likely to fall at any place among the n others. So its true class is in the set nine times in ten, however bad the network is. A bad one pays with large sets.
#
# **Exercise 5.** Write it. `calibration` and `new` are probabilities (galaxies, classes), `label` the true classes as numbers.


# %% tags=["exercise"]
def conformal_sets(calibration, label, new, coverage):
    """Which classes are in the set of each new galaxy: True or False, in the shape of `new`."""
    ### BEGIN SOLUTION
    n = len(label)
    of_truth = calibration[np.arange(n), label]
    score = np.sort(1 - of_truth)
    rank = int(np.ceil((n + 1) * coverage))
    threshold = score[rank - 1]
    return 1 - new <= threshold
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("03.5", points=4)

# %% [markdown]
# *Predict: without calibration one could take the likeliest class alone, or what any of the five folds calls likeliest, or all classes with P above 0.1. Would these hold the true class less often than 90 %, as often, or more?*

# %%
conformal_sets = gm.course.yours("03.5")

p_known, p_test, p_faint = three(at_known), three(at_test), three(at_faint)
sets = conformal_sets(p_known, kind[known], p_test, 0.9)
likeliest = np.eye(3, dtype=bool)[p_test.argmax(1)]
calls = class_probabilities(at_test.probability[..., 0], at_test.probability[..., 1]).argmax(-1)
any_fold = (calls[..., None] == np.arange(3)).any(0)
same = show_coverage({"conformal, 90 % promised": (sets, kind[test]),
                      "likeliest class": (likeliest, kind[test]),
                      "likeliest class of any fold": (any_fold, kind[test]),
                      "all with P > 0.1": (p_test > 0.1, kind[test])},
                     f"Sets that hold the true class — {sky.caption}")

# %% [markdown]
# The calibrated sets keep their promise and say as much as they can: most name one class. The likeliest class promises nothing, and the folds' disagreement adds too little to it: that is how much one can do with their scatter. P > 0.1 is right almost always, by naming two classes for most galaxies. (The interval is that of the test galaxies. The 2,000 calibration galaxies add a scatter of 0.7 % of their own: five [stored seeds](../data/folds_mock.md) show both.)
#
# ## Leave the sky you know
#
# The proof needed one thing: *galaxies of the same kind*. Now take the fainter ones, and the test galaxies as another survey would show them: the Dark Energy Survey (DES), with sharper and deeper images and colours stretched in another way.
#
# *Predict: will the sets become larger, because the networks are less sure? Or wrong?*

# %%
some = test[:1000]
des = gm.mock.seen_by(sky.table[some], gm.DES, look=gm.surveys.DES_LOOK, seed=seed)
p_des = three(read_five(gm.predict_folds(folds.networks, des.images, views=1)))
kind_faint = np.where(late_faint == 1, 2, np.nan_to_num(five_targets(deep)[:, 1])).astype(int)
away = {name: (conformal_sets(p_known, kind[known], new, 0.9), kinds) for name, new, kinds in (
    ("fainter by two magnitudes", p_faint, kind_faint), ("DES pictures", p_des, kind[some]))}
left = show_coverage({"same sky": (sets, kind[test])} | away,
                     "The same threshold elsewhere, mock galaxies")
named = dict(zip(CLASSES, away["DES pictures"][0].sum(0).tolist(), strict=True))
print("how often each class is in a set on DES pictures:", named)

# %% [markdown]
# The sets do not warn. Two magnitudes fainter they miss more than they should while hardly growing; on DES pictures they are wrong for a large share of the galaxies, and no larger (nor are they on average over the stored seeds): a network can be sure of what it has never seen. Conformal prediction knows only what its calibration galaxies told it. Lesson 04 mends the network; here we mend the promise.
#
# **Exercise 6.** The repair: label some galaxies of the new kind, cut them into bins of magnitude, and give each bin a threshold of its own. `known_bin` and `new_bin` are the numbers of the bins; use `gm.metrics.conformal_sets(calibration, label, new)`, which promises 90 %.


# %% tags=["exercise"]
def sets_by_bin(calibration, label, known_bin, new, new_bin):
    """Sets of each new galaxy from the labelled galaxies of its own bin."""
    ### BEGIN SOLUTION
    sets = np.zeros(new.shape, bool)
    for number in np.unique(new_bin):
        a, b = known_bin == number, new_bin == number
        sets[b] = gm.metrics.conformal_sets(calibration[a], label[a], new[b])
    return sets
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("03.6", points=3)

# %%
sets_by_bin = gm.course.yours("03.6")
r = faint.table["r_mag"].value
half = np.arange(len(r)) < len(r) // 2  # labelled; the rest is new
which = np.digitize(r, np.quantile(r[half], [1 / 3, 2 / 3]))
mended = sets_by_bin(p_faint[half], kind_faint[half], which[half], p_faint[~half], which[~half])
missed = away["fainter by two magnitudes"][0][~half]
fixed = show_coverage({"one threshold, of the bright sky": (missed, kind_faint[~half]),
                       "a threshold a bin": (mended, kind_faint[~half])}, "Fainter mock galaxies")
gm.plots.trends({"Fainter mock galaxies": {
    "one threshold": by_bin(missed, kind_faint[~half], r[~half], which[~half]),
    "a threshold a bin": by_bin(mended, kind_faint[~half], r[~half], which[~half])}},
    xlabel="r magnitude, mean of the bin", ylabels=["true class in the set"],
    level=("promised", 0.9),
    alt="With one threshold coverage is below the promise; with a threshold a bin it is not.")

# %% [markdown]
# The price is honest: the sets are larger, and 1,500 faint galaxies had to be labelled. (Fewer do: 100 a bin leave a scatter of 3 %.) And the promise still holds for *all* galaxies of a bin together, not for each class: rare or difficult classes may be missed more often.
#
# ## Combine answers into classes
#
# The catalogue of the talk has another way to be careful: a class is given only where its models **agree**. E: P_LTG < 0.5, T < 0, P_S0 < 0.5. S0: the same with P_S0 > 0.5. S1 (Sa to Sb): P_LTG > 0.5, 0 < T < 3. S2 (later): P_LTG > 0.5, T > 3. (The published rules ask a pair of eyes, too. What these add is in [further/03f](further/03f_doubt_in_full.ipynb), since the eye of the mock sky is an oracle.)
#
# *Predict: are the agreeing galaxies purer than all galaxies sorted by T-Type alone? And is it the agreement that makes them pure, or would P_LTG and P_S0 do as well, with nobody left out?*

# %%
t_type = at_test.t_type.mean(0)
p = at_test.probability.mean(0)
catalogue = Table({"T-Type": t_type, "P_LTG": p[:, 0], "P_S0": p[:, 1]})
agree = gm.metrics.combined_classes(catalogue, visual=False)
alone = np.select([t_type < -2, t_type < 0, t_type < 3], ["E", "S0", "S1"], "S2")
by_p = np.where(p[:, 0] > 0.5, np.where(t_type < 3, "S1", "S2"), np.where(p[:, 1] > 0.5, "S0", "E"))
sure_s0 = np.where(p[:, 0] < 0.5, np.abs(p[:, 1] - 0.5), 0.5)  # not asked of spirals
clear = np.minimum(np.abs(p[:, 0] - 0.5), sure_s0)
surest = np.where(clear > np.median(clear), by_p, "")
mixed = catalogue[np.random.default_rng(seed).permutation(len(test))]
mixed["T-Type"] = t_type
ways = {"T-Type alone": alone, "models agree": agree, "P_LTG and P_S0, nobody left out": by_p,
        "the same, half of them: P far from 0.5": surest,
        "agree, P of other galaxies": gm.metrics.combined_classes(mixed, visual=False)}

# %%
true_t = np.asarray(sky.table["t_type"])[test]
true_class = np.select([true_t == -3, true_t <= 0, true_t <= 3], ["E", "S0", "S1"], "S2")
table = Table(rows=[gm.metrics.purity_table(true_class, each)[-1] for each in ways.values()])
table["name"] = list(ways)
gm.plots.show_metrics(table, metrics=("purity", "completeness"),
                      caption="E, S0, S1 and S2 together, mock test galaxies")
pure = dict(zip(table["name"], table["purity"], strict=True))
words = gm.metrics.set_names(sets, ("E", "S0", "S"))
lines = Table({"T-Type": t_type, "P_LTG": p_ltg, "P_LTG_std": scatter, "P_S0": p[:, 1],
               "CLASS": agree, "SET": words, "SET_SIZE": sets.sum(1), "(truth)": true_class})
gm.plots.show_table(lines[:8], caption="Lines of the catalogue, two columns more; mock galaxies")

# %% [markdown]
# The agreeing galaxies are purer than the T-Type alone. But read the third row: P_LTG and P_S0 by themselves, *with nobody left out*, come within a point or two. So it is the better question that helps, "lenticular or elliptical?" asked by itself, more than the agreement; networks that were trained together on the same galaxies err together. (The published models are networks of their own, one a question, and have eyes beside them.) What buys purity is leaving out the doubtful, as in the fourth row, and it is paid in completeness. Users who need *all* lenticulars of a volume must not take the sure ones; users who average spectra of lenticulars should. `SET` and `SET_SIZE` leave that choice to them.
#
# ## The talk and you
#
# The published row is of observed galaxies, ours of mock ones. The published test of bars had as many barred galaxies as others; so has ours, by leaving out most of the others. Intervals hold the scatter of the test galaxies *and* that of training: what [five seeds](../data/folds_mock.md), five skies and 25 networks, differ by.

# %%
judged, rng = {}, np.random.default_rng(seed)
for name, column in (("edge-on", 2), ("bar", 3)):
    y, prob = target[test, column], p[:, column]
    yes, no = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
    rows = np.concatenate([yes, rng.permutation(no)[: len(yes)] if name == "bar" else no])
    asked = known[np.isfinite(target[known, column])]
    before = at_known.probability.mean(0)[np.isin(known, asked), column]
    by = "youden" if name == "bar" else "f1"  # how rare bars are shall not matter
    cut = gm.choose_threshold(target[asked, column], before, by=by)
    judged[name] = (y[rows], prob[rows], cut)
score = gm.metrics_table(judged)
gm.plots.show_metrics(score, metrics=("accuracy", "precision", "recall", "f1", "auc"),
                      published=BINARY_MODELS, caption="Mean of folds, mock; published: MaNGA")

# %%
seeds = Table.read(gm.files.shipped("folds_mock.csv"), format="ascii.csv")
for row in score:
    for metric in ("accuracy", "precision", "recall", "f1"):
        published = BINARY_MODELS[row["name"]][metric]
        name = f"{row['name']} {metric}, mean of folds"
        claims.compare(name, published, row[metric], wide(row, metric, seeds))
claims.compare("networks whose scatter is the uncertainty", FOLDS, k)
beside = gm.course.published_table({"03": {"published": claims.published}})
gm.plots.show_table(beside, caption="Published beside measured")
auc = {name: seeds["value"][seeds["what"] == f"ETG/LTG, {name}, the same galaxies auc"]
       for name in ("test", "without structure")}
lost = np.mean(auc["test"] - auc["without structure"])
print(f"late or early, AUC over seeds: {auc['test'].mean():.3f} ± {auc['test'].std(ddof=1):.3f};",
      f"lost when arms, bars and knots are taken away: {lost:.3f}")

# %% [markdown]
# (The published recall of bars, 0.90, does not fit its F1 of 0.93; lesson 02 recomputes the row.)
#
# The last line is a warning about our own sky. The networks tell late from early almost as well when arms, bars and knots are taken out of the picture: in images this small they go by colour, profile and outline. A high AUC does not say that a network sees what the word "spiral" means.
#
# ## On observed galaxies
#
# Networks that saw mock galaxies alone, on pictures from the sky: always the Hubble eXtreme Deep Field, which nobody labelled, and SDSS galaxies with classes of Galaxy Zoo where you have them ([how](../data/README.md)). There, "late" is *disc* and "early" is *elliptical*, by which volunteers mean smooth.

# %%
sky = des = faint = None  # make room
field = gm.deep_field()
at_field = read_five(gm.predict_folds(folds.networks, field.images, views=1))
sizes = gm.metrics.conformal_sets(p_known, kind[known], three(at_field)).sum(1)
late_field = np.mean(three(at_field).argmax(1) == 2)
print(field)
print(f"{np.mean(sizes == 1):.0%} of the sets have one class; {late_field:.0%} are called spirals")

# %%
observed, answered = gm.labelled_sdss("disc")
shown, at_shown, sure_and_wrong = field, at_field, np.full(len(field), True)
if observed:
    rows = np.flatnonzero(np.isfinite(answered["disc"]))
    shown = observed[np.random.default_rng(seed).permutation(rows)[:2500]]
    disc = answered["disc"][np.random.default_rng(seed).permutation(rows)[:2500]].astype(int)
    at_shown = read_five(gm.predict_folds(folds.networks, shown.images, views=1))
    two_known, two = (np.stack([1 - q, q], 1) for q in (
        at_known.probability[..., 0].mean(0), at_shown.probability[..., 0].mean(0)))
    own = min(500, len(two) // 2)
    from_mock = gm.metrics.conformal_sets(two_known, late[known].astype(int), two[own:])
    from_own = gm.metrics.conformal_sets(two[:own], disc[:own], two[own:])
    theirs = show_coverage({"calibrated on mock galaxies": (from_mock, disc[own:]),
                            f"on {own} of their own": (from_own, disc[own:])}, shown.caption)
    sure_and_wrong = (two[:, 1] >= 0.5) != disc

# %%
value, spread = value_and_scatter(at_shown.logit[..., 0])
certain = (np.abs(value - 0.5) > 0.45) & (spread < 0.05)
print(f"P beyond 0.05 and 0.95, scatter below 0.05: {certain.sum()} of {len(value)} galaxies;",
      "wrong:", np.sum(certain & sure_and_wrong) if observed else "nobody knows")
rows = np.flatnonzero(certain & sure_and_wrong)
rows = np.random.default_rng(seed).permutation(rows)[:16]
if len(rows):
    gm.plots.gallery(shown, rows, titles=[f"{value[i]:.2f} ± {spread[i]:.2f}" for i in rows],
                     caption="Wrong and yet certain: P_LTG" if observed else "Certain: P_LTG",
                     alt="Observed galaxies of which all folds are certain, labels or not.")

# %% [markdown]
# In the deep field nearly every set names a single class (the line above): the networks have never seen such galaxies, and do not say so. On SDSS galaxies, where their labels are at hand, the promise of 90 % calibrated on mock galaxies is broken by a wide margin; 500 labels of their own restore it. (So few leave a scatter of more than one per cent: on an earlier mock sky [five seeds](../benchmarks/seeds_03.md) gave 0.90 to 0.94, and one of the five lay beyond the bound of this lesson.) But look at the price in the column *classes*: most sets now hold both. That is an honest answer of networks that were trained on another sky: *we mostly do not know*. (Trained on observed galaxies they know far more: lesson 02.)
#
# And look at the galaxies of the figure. All folds agree, and P is beyond 0.05 or 0.95. Where there are labels, these are the ones that are **wrong and yet certain**: the label says otherwise. Judge for yourself which of the two is right. "Elliptical" of Galaxy Zoo 1 means smooth, and smooth is not elliptical: many of these are small and blue, and a volunteer could not have seen their arms ([further/03f](further/03f_doubt_in_full.ipynb) counts). Either way, no scatter of folds could have warned.
#
# ## Quiz

# %%
gm.course.quiz("03")

# %% [markdown]
# ## In practice
#
# - The published catalogue has ten folds and about 10,000 training galaxies a question; on a GPU this notebook takes ten folds and 20,000 galaxies without an edit.
# - Write down on which galaxies a probability, a temperature or a threshold was calibrated. It is worth nothing elsewhere.
# - A few hundred labels of the new kind, kept away from training, are worth more than ten more folds.
# - Conformal sets promise for all galaxies together. If a science case rests on one class or one bin, calibrate in it.
# - The scatter of the folds is the right ± for one question: how far would another training sample move this number?
#
# ## Further reading
#
# - Domínguez Sánchez et al. 2022, *SDSS-IV DR17: final release of MaNGA PyMorph photometric and deep-learning morphological catalogues*, [doi:10.1093/mnras/stab3089](https://doi.org/10.1093/mnras/stab3089)
# - Guo et al. 2017, *On calibration of modern neural networks*, [arXiv:1706.04599](https://arxiv.org/abs/1706.04599)
# - Sadinle, Lei & Wasserman 2019, *Least ambiguous set-valued classifiers with bounded error levels*, [arXiv:1609.00451](https://arxiv.org/abs/1609.00451): the score used here
# - *Beyond point estimates* (2026), [arXiv:2606.07771](https://arxiv.org/abs/2606.07771): for galaxy properties from a foundation model, conformal intervals cover within one per cent of the promised 90 %, where deep ensembles and dropout do not
# - Walls et al. 2026, [arXiv:2603.20000](https://arxiv.org/abs/2603.20000): conformal sets for radio galaxies whose experts disagree, and the price of labels that say how much
#
# ## What this lesson claims

# %% tags=["claims"]
def worst(what):
    """Of five stored seeds, the largest distance of a coverage from the promised 90 %."""
    return np.round(np.max(np.abs(seeds["value"][seeds["what"] == f"{what} coverage"] - 0.9)), 4)


promised = "conformal, 90 % promised"
claims.check(
    "scatter of P where P is 0.3 to 0.7, over that beyond 0.1 and 0.9",
    peaks["probabilities"],
    at_least=3,
    control=("the same of the logits", peaks["logits"]),
    fails_if="the peak were not made by the logistic function",
)
claims.check(
    "chance that a wrong class has the larger scatter of the folds",
    finds["scatter of the folds"],
    at_least=0.7,
    control=("scatter of other galaxies", finds["scatter, shuffled"]),
    fails_if="scatter and errors were strangers",
)
claims.check(
    "finds errors: closeness to one half minus scatter of the folds",
    finds["closeness to one half, mean"] - finds["scatter of the folds"],
    at_least=0,
    control=(
        "scatter of the logits minus scatter of the folds",
        finds["scatter of the logits"] - finds["scatter of the folds"],
    ),
    fails_if="the scatter knew more than the mean does",
)
claims.check(
    "calibration error with the temperature of the bright sky, two magnitudes fainter minus"
    " same sky",
    off["fainter"][1] - off["same sky"][1],
    at_least=0.008,
    control=("same sky, after minus before", off["same sky"][1] - off["same sky"][0]),
    fails_if="one number from the bright sky mended the faint one",
)
claims.check(
    "coverage of 90 % sets, same sky",
    same[promised],
    between=(0.87, 0.93),
    control=("likeliest class", same["likeliest class"]),
    fails_if="calibration and test galaxies were of two kinds",
)
claims.check(
    "the same in five stored seeds, largest distance from 90 %",
    worst("test"),
    at_most=0.015,
    control=("likeliest class", worst("likeliest class")),
    fails_if="the promise hung on the seed",
)
claims.check(
    "coverage missing two magnitudes fainter, one threshold",
    0.9 - left["fainter by two magnitudes"],
    at_least=0.025,
    control=("same sky", 0.9 - same[promised]),
    fails_if="the promise held for galaxies of another kind",
)
claims.check(
    "coverage on DES pictures, one threshold",
    left["DES pictures"],
    at_most=0.8,
    control=("same sky", same[promised]),
    fails_if="the promise held for pictures of another survey",
)
claims.check(
    "coverage two magnitudes fainter, a threshold a bin",
    fixed["a threshold a bin"],
    between=(0.87, 0.93),
    control=("one threshold", left["fainter by two magnitudes"]),
    fails_if="bins of magnitude did not mend it",
)
claims.check(
    "the same in five stored seeds, largest distance from 90 %, mended",
    worst("fainter, mended"),
    at_most=0.02,
    control=("one threshold", worst("fainter")),
    fails_if="the repair hung on the seed",
)
claims.check(
    "purity, models agree minus T-Type alone",
    pure["models agree"] - pure["T-Type alone"],
    at_least=0,
    control=("P of other galaxies", pure["agree, P of other galaxies"] - pure["T-Type alone"]),
    fails_if="the second and third model told nothing new",
)
claims.check(
    "late or early, stored seeds: AUC lost without arms, bars and knots",
    lost,
    at_most=0.02,
    control=("by guessing, AUC 0.5", auc["test"].mean() - 0.5),
    fails_if="the networks went by arms, bars or knots",
)
nobody = pure["P_LTG and P_S0, nobody left out"]
claims.check(
    "purity, models agree minus P_LTG and P_S0 with nobody left out",
    pure["models agree"] - nobody,
    at_most=0.03,
    control=("half left out", pure["the same, half of them: P far from 0.5"] - nobody),
    fails_if="agreement by itself made classes pure",
)
claims.identity(
    "conformal sets by hand that differ from the helper's",
    np.mean(sets != gm.metrics.conformal_sets(p_known, kind[known], p_test)),
    at_most=0,
)
if observed:
    claims.origins.append(observed.origin)
if observed and own == 500:  # fewer scatter by more than the bounds allow
    claims.check(
        "observed SDSS: coverage, calibrated on mock galaxies",
        theirs["calibrated on mock galaxies"],
        at_most=0.8,
        control=("calibrated on 500 of their own", theirs["on 500 of their own"]),
        about="observed",
        fails_if="mock galaxies were like observed ones for these networks",
    )
    claims.check(
        "observed SDSS: coverage, calibrated on 500 of their own",
        theirs["on 500 of their own"],
        between=(0.86, 0.94),
        control=("on mock galaxies", theirs["calibrated on mock galaxies"]),
        about="observed",
        fails_if="the 500 were of another kind than the rest",
    )
gm.plots.show_claims(claims.report())
