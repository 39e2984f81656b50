# ---
# minutes: 75
# ---

# %% [markdown]
# # Find tidal features in deep images
#
# Below is one galaxy, four times. In each picture the light is the same; only the noise differs. **In which of them does the galaxy have a stream around it?** If your answer changes from picture to picture, so will that of any expert, of any network, and of any catalogue.
#
# **You will do:** turn a depth into noise, make labels out of experts who disagree, judge a detector as papers do, correct a survey for what it misses, and point at faint light to get its pixels.
#
# **You will learn**
# - what a surface-brightness limit is
# - that "no tidal feature" is a statement about an image, not about a galaxy
# - how recall moves with depth and with the kind of debris
# - when a corrected number is better than a raw one, and when it is worse
# - what realistic surroundings cost, and what depth costs
#
# **You will need:** lesson 02. 75 minutes: 40 to read, 35 for six exercises. All cells together run for about a minute on two cores, in 1.2 GB. Words in *italics* are explained where they first appear, and in the [glossary](../guide/glossary.md).
#
# The talk's study is [Domínguez Sánchez et al. 2023](https://doi.org/10.48550/arXiv.2303.03407).

# %% tags=["setup"]
# On Colab the helper package is installed, without touching the torch and numpy that are there.
import sys

if "google.colab" in sys.modules:
    # %pip install -q --no-deps git+https://github.com/galmorph/galaxy-morphology-course
    # %pip install -q "photutils>=2" "pooch" "safetensors"
    pass
from itertools import product

import numpy as np
import torch
from astropy.table import Table
from scipy import ndimage
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import roc_auc_score

import galmorph_helpers as gm
from galmorph_helpers.imaging.stretch import stretched
from galmorph_helpers.mock.deep import debris_mask
from galmorph_helpers.mock.experts import features_seen
from galmorph_helpers.mock.tides import BRIGHTNESS, KINDS
from galmorph_helpers.published import (
    ARRAKIHS,
    FAINTEST_OUTLINES,
    RUBIN_STREAM,
    TIDAL_OBSERVED_AUC,
    TIDAL_RECALL,
    TIDAL_SINCE,
    TIDAL_TESTS,
)

seed = gm.start()
claims = gm.Claims("08")
LIMITS = np.array([26, 27, 28, 29, 30, 31, 33, 35.0])
detector = gm.load_weights(gm.CompactCNN(), "mock_tides")
tables = {
    name: Table.read(gm.files.shipped(f"tides_{name}.csv"))
    for name in ("detector", "kinds", "depth", "surveys", "domains")
}


DEPTHS_OF_SURVEYS = {
    "SDSS, one exposure, r": gm.surveys.surface_brightness_limit(
        gm.SDSS.sky_sigma[1], gm.SDSS.pixel_scale
    ),
    "the faintest outlines by hand": FAINTEST_OUTLINES,
    "Hyper Suprime-Cam, wide survey": (28.0, 28.5),
    "a stream in Rubin's first data, g": RUBIN_STREAM,
    "ARRAKIHS, the mission's pages": (30.0, 30.6),
    "ARRAKIHS, the talk": float(ARRAKIHS["limit, visible"]["talk"]),
}
PUBLISHED_BY_KIND = {
    "shells": f"{TIDAL_RECALL['shells']:.2f}",
    "stream": f"{TIDAL_RECALL['streams']:.2f}",
}
PUBLISHED_BY_KIND |= dict.fromkeys(("tails", "bridge", "merger"), "< 0.75")
FOUR_IMAGES = {
    "clean, μ = 31": (31.0, False),
    "realistic, μ = 31": (31.0, True),
    "clean, μ = 26": (26.0, False),
    "realistic, μ = 26": (26.0, True),
}
EXPERTS_AT = {"deep": "experts at the clean image of 31", "own": "experts at this image"}
LOST_BY = {"realism": "realistic, μ = 31", "depth": "clean, μ = 26", "both": "realistic, μ = 26"}
SCORES = {
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "auc": "AUC",
    "auc_depth": "AUC of the depth alone",
    "auc_matched": "AUC at one depth, mean",
    "recall_20": "recall at 20 %",
}


def detect(sample):
    """What the detector says of each image, 0 to 1."""
    return gm.predict(detector, gm.imaging.detector_input(sample), views=1)


def bar(table, kpc=20):
    """A scale bar for pictures of these galaxies: words, and lengths in pixels (64 are 12
    half-light radii)."""
    radius = table["half_light_radius"].to_value("arcsec")
    return f"{kpc} kpc", kpc / np.asarray(table["kpc_per_arcsec"]) / (12 * radius / 64)


def faint_stream(table):
    """Of galaxies with a stream fainter than 26.5, the one that shows most of it beside the
    galaxy's light."""
    stream, host = gm.mock.deep.debris_and_host(table)
    pixel = 12 * table["half_light_radius"].to_value("arcsec") / 64
    faintest = torch.from_numpy(10 ** (-0.4 * (28 - 22.5)) * pixel**2)[:, None, None]
    clear = ((stream > 2 * host) & (stream > faintest)).sum((1, 2)).numpy()
    return table[[int(np.argmax(clear * (table["tidal_brightness"] > 26.5)))]]


def mixed_depths(n, seed):
    """Three images in five of limits 30 and deeper, the others 26 to 28: label, probability,
    limit, kind."""
    rng = np.random.default_rng([seed, 1])
    limit = np.where(rng.random(n) < 0.62, rng.choice(LIMITS[4:], n), rng.choice(LIMITS[:3], n))
    sample = gm.mock.tidal_sample(
        gm.mock.tidal_population(n, seed=seed, with_features=0.48), limit, seed=seed
    )
    return (
        np.asarray(sample.table["label"]),
        detect(sample),
        limit,
        np.asarray(sample.table["tidal_kind"]),
    )


def published_mix(label, probability, limit, _, *, shallowest, positive):
    """Of galaxies with certain labels in images at least this deep, as many as give the published
    share of positives."""
    yes, no = (np.flatnonzero((label == y) & (limit >= shallowest)) for y in (1, 0))
    n = int(min(len(yes) / positive, len(no) / (1 - positive)))
    rows = np.sort(np.r_[yes[: round(n * positive)], no[: n - round(n * positive)]])
    return label[rows], probability[rows], limit[rows]


def over_seeds(table, column, **where):
    """Values of a stored column, one a seed."""
    kept = np.logical_and.reduce([table[name] == value for name, value in where.items()])
    return np.asarray(table[column][kept], float)


def words(values, digits=2):
    """Mean ± scatter of the seeds."""
    values = np.asarray(values)[np.isfinite(values)]
    return (
        f"{np.mean(values):.{digits}f} ± {np.std(values, ddof=1):.{digits}f}"
        if len(values) > 1
        else "–"
    )


def likely_mergers(folder):
    """Trees that learnt mergers from companions in four fifths of the galaxies, asked for the last
    fifth."""
    listed = Table.read(folder / "labels.csv")
    fold = gm.learning.fold_numbers(np.arange(len(listed)), 5, seed=seed)
    some = (fold == 0) | (listed["class_name"] == "merger") | (np.arange(len(listed)) % 3 == 0)
    wide = gm.read_folder(folder, size=96, crop=280, rows=some)
    merger = np.asarray(wide.table["class_name"]) == "merger"
    held = np.isin(wide.table["file"], listed["file"][fold == 0])
    found = gm.measure.companion_features(wide.images)
    found = np.array([found[c] for c in found.colnames], float).T
    trees = ExtraTreesClassifier(
        300, min_samples_leaf=2, class_weight="balanced", n_jobs=2, random_state=seed
    )
    chance = trees.fit(found[~held], merger[~held]).predict_proba(found[held])[:, 1]
    said = [str(c).replace("spiral_", "") for c in wide.table["class_name"][held]]
    claims.origins.append("folder")
    return wide[np.flatnonzero(held)], merger[held], chance, said


def neighbours_in_deep_field():
    """Galaxies of the Hubble deep field, and how much light of a neighbour there is: what can be
    had without labels."""
    field = gm.deep_field()
    light = np.asarray(gm.measure.companion_features(field.images)["light_ratio_1"])
    return field, None, light, ["not labelled"] * len(field)


def brightest_outside(image, inner=12):
    """Index of the brightest pixel outside of `inner` pixels: where one would point without taking
    the galaxy off."""
    away = np.hypot(*(np.indices(image.shape) - (len(image) - 1) / 2))
    return int(np.argmax(np.where(away > inner, ndimage.gaussian_filter(image, 1.5), -np.inf)))


def odd_even(kind):
    """Recall of a kind with the stored seeds 1 and 3 minus that with 0, 2 and 4: what chance
    makes."""
    mine = tables["kinds"][tables["kinds"]["kind"] == kind]
    share = [
        mine["found_all"][mine["seed"] % 2 == k].sum() / mine["all"][mine["seed"] % 2 == k].sum()
        for k in (1, 0)
    ]
    return share[0] - share[1]


def gain_of(column, shallow, deep):
    """What a stored column gains from one depth to another, mean of five seeds."""
    before, after = (over_seeds(tables["depth"], column, depth=d) for d in (shallow, deep))
    return np.mean(after - before)


def clear_debris(n):
    """Galaxies whose true debris covers more than 30 pixels outside of the galaxy, and the
    masks."""
    table = gm.mock.tidal_population(6 * n, seed=seed + 90, with_features=1.0)
    masks = debris_mask(table).numpy()
    rows = np.flatnonzero(masks.sum((1, 2)) > 30)[:n]
    return table[rows], masks[rows]


# %%
one = faint_stream(gm.mock.tidal_population(200, seed=seed + 5, kind="stream", with_features=1.0))
four = {mu: gm.mock.tidal_sample(one, mu, seed=seed) for mu in (26.0, 28.0, 31.0, 35.0)}
gm.plots.deep_row([stretched(s)[0, 0] for s in four.values()], [f"μ = {mu:g}" for mu in four],
                  bar=bar(one), caption="One galaxy at four depths — a mock galaxy",
                  alt="One mock galaxy: at 26 only its disc, deeper an arc of a stream beside it.")

# %% [markdown]
# These galaxies are simulated, and so is the sky. Dark is light, as deep images are printed. The number μ is the depth.
#
# ## Turn a depth into noise
#
# Galaxies grow by swallowing others. What is left of these is faint: streams (thin arcs), shells (sharp arcs, often on both sides), tails (broad, out of the disc), plumes (broad, on one side), bridges (to a neighbour), all called *tidal features* or *debris*. How faint an image can show is its *surface-brightness limit*: the brightness, in magnitudes per square arcsecond, that stands three times above the noise in a box of 10″ × 10″. Larger is fainter. A pixel of side $p$ (arcsec) with noise σ (in *nanomaggies*, units of flux in which magnitude 22.5 is 1) has
#
# $$\mu_\mathrm{lim} = -2.5 \log_{10} \frac{3\,\sigma}{p \times 10''} + 22.5 .$$
#
# **Predict:** by how much must the noise fall to see a magnitude deeper?
#
# **Do:** turn the formula round. Which noise does a pixel have in an image of a given limit?

# %% tags=["exercise"]
def noise_of(limit, pixel):
    """Noise of a pixel, nanomaggies, for a limit in mag arcsec^-2; the pixel's side in arcsec."""
    ### BEGIN SOLUTION
    faintest = 10 ** (-0.4 * (limit - 22.5))
    mean_over_box = faintest / 3
    return mean_over_box * pixel * 10
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("08.1")

# %%
noise = gm.course.yours("08.1")
cases = [(mu, p) for mu in (26, 28.5, 31) for p in (0.168, 1.0)]
mine = np.array([noise(*case) for case in cases])
helpers = np.array([gm.surveys.sky_sigma_for_limit(*case) for case in cases])
less = noise(26, 1) / noise(30, 1)
print(f"from μ = 26 to 30: {less:.0f} times less noise, {less**2:,.0f} times the exposure")
debris = {k: v for k, v in BRIGHTNESS.items() if k != "double nucleus"}
gm.plots.depth_scale(debris, DEPTHS_OF_SURVEYS,
                     caption="Debris of this lesson where it is brightest; how deep one sees",
                     alt="Tails and mergers begin at 23 to 24; streams reach beyond most limits.")

# %% [markdown]
# **Why:** a magnitude is a factor 2.5 in noise. Noise falls as the root of the exposure, so each magnitude costs 6.3 times the time. The pixel's side drops out: it is in the noise, too. So a limit compares surveys, whatever their pixels are.
#
# Two marks are no limits but things that were found: people drew outlines of debris by hand as faint as 27.8 ([Sola et al. 2025](https://arxiv.org/abs/2503.18480)), and Rubin's first data show a stream of 28.6 in the g band ([2026](https://arxiv.org/abs/2601.03080)). ARRAKIHS, a mission of ESA with four telescopes of 150 mm, will look at some hundred galaxies like the Milky Way. For its depth the talk said 31, the mission's pages say 30 to 30.6.
#
# ## Label as people do
#
# Five experts look at each image, and count the features that they see. The talk's study takes
#
# $$F_\mathrm{tidal} = \frac{\text{features counted, summed over the experts}}{\text{number of experts}},$$
#
# calls a galaxy *negative* where nobody saw anything ($F = 0$), *positive* where $F \geq 1$, and *uncertain* between. Uncertain galaxies train nothing, and are not tested on. They are still in the sky.
#
# **Predict:** as images get deeper, does the share of uncertain galaxies fall?
#
# **Do:** make F and labels from what was seen. An uncertain label is `np.nan`.

# %% tags=["exercise"]
def label_of(seen):
    """F (N,) and label (N,): 0, 1 or NaN. `seen` (N, experts) are whole numbers of features."""
    ### BEGIN SOLUTION
    f_tidal = seen.sum(axis=1) / seen.shape[1]
    label = np.full(len(seen), np.nan)
    label[f_tidal == 0] = 0
    label[f_tidal >= 1] = 1
    return f_tidal, label
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("08.2")

# %%
labels_of = gm.course.yours("08.2")
sky = gm.mock.tidal_population(1500, seed=seed, with_features=0.5)
depth = np.random.default_rng(seed).choice(LIMITS, len(sky))
sample = gm.mock.tidal_sample(sky, depth, seed=seed)
f_tidal, label = labels_of(features_seen(sample.table["signal_to_noise"], seed=seed))
helpers_f = np.asarray(sample.table["f_tidal"])
there = np.asarray(sky["tidal_kind"]) != "none"
groups = {"negative": label == 0, "uncertain": np.isnan(label), "positive": label == 1}
curves = {name: (LIMITS, [g[depth == d].mean() for d in LIMITS]) for name, g in groups.items()}
positives = dict(zip(LIMITS, curves["positive"][1], strict=True))
gm.plots.trends({"What five experts say — mock galaxies": curves}, ylabels=["share of galaxies"],
                xlabel="limit μ (mag arcsec⁻²)", level=("with debris", there.mean()),
                alt="Positives grow with depth, and stay far below the share with debris.")
hidden = {d: there[(depth == d) & (label == 0)].mean() for d in (26, 35)}
print(", ".join(f"μ = {d}: {v:.0%} of the negatives have debris" for d, v in hidden.items()))

# %% [markdown]
# **Why:** these experts are a formula. Each sees debris with a probability that rises with its *signal-to-noise*, against the noise of the sky *and* against the galaxy's own light. So the curves are put in, but the lesson in them is not: at μ = 26 about half of the galaxies that nobody doubts to be undisturbed have debris, and even at 35 about one in five. "No tidal feature" belongs to the image. And the uncertain do not become few: as what was doubtful becomes clear, what was invisible becomes doubtful.
#
# ## Judge the detector
#
# The detector is the small network of lesson 02, for one band. It was trained beforehand on the certain ones of 22,000 mock galaxies at all depths ([card](../data/weights/mock_tides.md); training one yourself is in [lesson 08f](../notebooks/further/08f_more_faint_light.ipynb)). It looks at three views of the image: the image itself; the image less itself turned by 180°, which leaves what is lopsided; the image less its local mean, which leaves what is sharp.
#
# Now repeat the talk's table. *Original* are images of 30 and deeper, *shallow* those of 26 to 28. So that scores can be compared, negatives are left out until the share of positives is the published one. The threshold of each row is the one with the best F1 on other galaxies.

# %%
tune, test = mixed_depths(1500, seed + 40), mixed_depths(1700, seed + 50)
rows, depth_alone, threshold = {}, {}, {}
for name, shallowest in {"original": 30, "original + shallow": 20}.items():
    mix = {"shallowest": shallowest, "positive": TIDAL_TESTS[name]["positive"]}
    threshold[name] = gm.choose_threshold(*published_mix(*tune, **mix)[:2])
    y, p, d = published_mix(*test, **mix)
    rows[name] = y, p, threshold[name]
    depth_alone[name] = roc_auc_score(y, d)
rows_judged, judged = rows, gm.metrics_table(rows)
gm.plots.show_metrics(judged, metrics=("accuracy", "precision", "recall", "f1", "auc"),
                      published=TIDAL_TESTS, caption="Labels of mock experts — mock galaxies")
print("AUC of the depth alone:", ", ".join(f"{k} {v:.2f}" for k, v in depth_alone.items()))

# %% [markdown]
# **Why:** read "always no" first: who never sees debris is right for two of three galaxies. Then read AUC, which needs no threshold. Adding shallow images *raises* it, as it raises the accuracy in the talk. Is the detector better there? No: the depth of the image alone, without a look at the galaxy, reaches an AUC of 0.68. Shallow images are nearly all negatives and easy to call so. At one depth at a time nothing is gained (0.87 and 0.86 over five seeds: table in *The talk and you*). When a label depends on the depth, the depth is a cue: compare at matched depths.
#
# A threshold is a matter of taste. Since then papers fix it: they report the recall at a *contamination* of 20 %. Here contamination is the share of the negatives that are called, also known as the *false-positive rate*. Negatives are galaxies labelled 0, or, where the truth is known, those without debris.
#
# **Predict:** is the recall at 20 % higher or lower than the recall in the table?
#
# **Do:** find the score above which the wanted share of the galaxies labelled 0 lies, then the share of those labelled 1 above it. `np.quantile(scores, q)` gives the score below which a share q lies.


# %% tags=["exercise"]
def recall_at(score, label, contamination=0.2):
    """Recall where this share of the galaxies labelled 0 is called; score and label are (N,)."""
    ### BEGIN SOLUTION
    of_negatives = score[label == 0]
    of_positives = score[label == 1]
    threshold = np.quantile(of_negatives, 1 - contamination)
    return np.mean(of_positives > threshold)
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("08.3")

# %%
recall_of = gm.course.yours("08.3")
label, p, limit, kind = test
deep, rows = limit >= 30, []
for k in KINDS:
    seeds = tables["kinds"][tables["kinds"]["kind"] == k]
    sure = deep & (((kind == k) & (label == 1)) | (label == 0))
    every = deep & ((kind == k) | (kind == "none"))
    rows.append({"debris": k, "this run, sure": recall_of(p[sure], label[sure]),
                 "five seeds, sure": seeds["found_certain"].sum() / seeds["certain"].sum(),
                 "this run, all": recall_of(p[every], (kind == k)[every]),
                 "five seeds, all": seeds["found_all"].sum() / seeds["all"].sum(),
                 "talk's paper": PUBLISHED_BY_KIND.get(k, "")})
by_kind = Table(rows)
gm.plots.show_table(by_kind, caption="Recall at 20 % contamination, limits 30 and deeper")

# %% [markdown]
# **Why:** the prediction first. Over five seeds the recall at 20 % is a little higher, 0.77 beside 0.73 (table in *The talk and you*): the threshold of best F1 calls fewer of the negatives, about one in seven. Now the kinds. *Sure* counts only galaxies in which the experts saw the debris, as the talk's paper does; *all* counts every galaxy that has it. In *sure* the order is nearly the published one: shells before streams, streams before tails and bridges. (In *all*, over five seeds, tails come before streams: many streams are too faint for anybody.) The level is lower: 0.87 for shells, not 1.00, although the paper's threshold calls fewer of the negatives (16 %, by its table). **One kind changes places: mergers come first here, and among the last there.** A mock merger brings tails, a halo and a second galaxy at once, and in full light. How bright and how wide each kind is was a choice of this course, so the order is no finding of astronomy. What carries over: **recall is a function of kind.** A merger rate from a mixture of kinds is bent by it. Of all bridges only one in ten is called, since galaxies without debris have neighbours by chance, too; a second nucleus drowns in the pixels.
#
# ## Follow recall and precision with depth
#
# The question of a survey: of the galaxies that *have* debris, which share is found? Observe the same galaxies at each depth, and compare with the truth, which only a mock sky has.

# %%
same = gm.mock.tidal_population(500, seed=seed + 60, with_features=0.5)
truth, depths = np.asarray(same["tidal_kind"]) != "none", (26.0, 28.0, 30.0, 31.0, 33.0)
chance = {d: detect(gm.mock.tidal_sample(same, d, seed=seed + 60)) for d in depths}
called = {d: c >= threshold["original"] for d, c in chance.items()}
scores = {"recall": [called[d][truth].mean() for d in depths],
          "called, without debris": [called[d][~truth].mean() for d in depths],
          "precision": [np.mean(truth[called[d]]) if called[d].any() else np.nan for d in depths],
          "recall at 20 %": [recall_of(chance[d], truth) for d in depths]}
curves = {name: (depths, values) for name, values in scores.items()}
gm.plots.trends({"500 mock galaxies at each depth, against the truth": curves}, ylabels=["share"],
                xlabel="limit μ (mag arcsec⁻²)", level=("a guess at 20 %", 0.2),
                alt="Recall rises steeply with depth; so do calls of galaxies without debris.")
at = {name: dict(zip(depths, values, strict=True)) for name, values in scores.items()}
print("calls:", ", ".join(f"μ = {d:g}: {c.sum()}" for d, c in called.items()))

# %% [markdown]
# **Why:** the recall collapses in shallow images, as in the talk: what is below the noise is not in the image. But look at the second curve. In deep images the detector also calls more galaxies *without* debris. A deep image may show much that looks like debris and is none; or the network has learnt that deep images are labelled positive more often. This was not told apart. At a fixed contamination the recall rises too, by much less. So part of the famous rise is not seeing more, but saying yes more often: from 26 to 31 the recall gains 0.39 over five seeds, and 0.23 less what the false alarms gain. Quote recall with the false alarms beside it, or at a fixed contamination.
#
# The talk calls purity (precision) more stable than recall; in this run it is. Precision moves by more than the 0.12 that was hoped for. Where the calls are few, as at 26, it says little. From 28 on it falls, since false alarms grow faster than finds.
#
# ## Correct a survey for what it misses
#
# A survey reports the share $c$ of galaxies that it calls. Of the true share $f$ it finds $R$ (the recall), of the others it calls $b$ by mistake: $c = f R + (1 - f)\, b$. Solve for $f$, and you have the correction of [Rogan & Gladen (1978)](https://doi.org/10.1093/oxfordjournals.aje.a112510).
#
# **Predict:** the correction is exact on average. Is it then nearer to the truth than the raw share?
#
# **Do:** write the correction, and its error from counting $n$ galaxies: that of $c$ is $\sqrt{c\,(1-c)/n}$.

# %% tags=["exercise"]
def share_and_error(called, recall, wrong, n):
    """True share, and its error, from the share called, R, b and the number of galaxies."""
    ### BEGIN SOLUTION
    gap = recall - wrong
    share = (called - wrong) / gap
    counting = np.sqrt(called * (1 - called) / n)
    return share, counting / gap
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("08.4")

# %%
share_of, rng, rows = gm.course.yours("08.4"), np.random.default_rng(seed), []
for n, f, mu in product((450, 5000), (0.1, 0.3), (28.0, 30.0, 33.0)):
    R, b = at["recall"][mu], at["called, without debris"][mu]
    c = (rng.binomial(n * f, R, 200) + rng.binomial(n * (1 - f), b, 200)) / n  # 200 surveys
    measured = [rng.binomial(n // 2, share, 200) / (n // 2) for share in (R, b)]  # in others
    better = np.clip(share_of(c, *measured, n)[0], 0, 1)
    rows.append({"galaxies": n, "truth": f, "μ": f"{mu:g}", "R": R, "b": b, "mean called": c.mean(),
                 "mean corrected": better.mean(), "rms, called": np.sqrt(np.mean((c - f) ** 2)),
                 "rms, corrected": np.sqrt(np.mean((better - f) ** 2))})
surveys = Table(rows)
gm.plots.show_table(surveys, formats=dict.fromkeys(surveys.colnames[3:], ".3f"),
                    caption="200 surveys each; R and b are measured on as many other galaxies")

# %% [markdown]
# **Why:** look at two columns. The mean corrected share is right to 0.02 in each row (a share below 0 is set to 0, which lifts the mean a little). The rms error, the typical distance of a *single* survey from the truth, is not always smaller. All errors are divided by $R - b$, which is 0.1 to 0.3 here, so they grow by a factor of 3 to 10. With 450 galaxies little is gained on the whole: where the raw share is far off, the correction helps; where it is not, the correction harms. At μ = 30 and a truth of 0.1 the raw share is even nearly right, by accident: what is missed and what is called wrongly nearly cancel. At another truth they do not. With 5,000 galaxies, and $R$ and $b$ measured on as many, the correction pays: the mean of the typical errors falls to about a third. Where the raw share was nearly right by accident, little is gained even then.
#
# Two things help: a threshold with a larger $R - b$, and the histogram of all scores in place of calls (lesson 08f). And one thing ruins it: $R$ and $b$ of other galaxies than those that are counted. On the sky nobody knows the right ones.
#
# ## Leave the clean images
#
# The talk's warning: on observed images of Hyper Suprime-Cam the detector reached an AUC of 0.64, even after transfer learning. The reasons it names: the labels are uncertain, the data shallower (μ = 26), and the simulations had another resolution (1″, not 0.167″), no background galaxies, no artefacts, no residuals of the sky. Here two things are changed one at a time, on the same galaxies: the depth, and the surroundings. *Realistic* images have stars, background galaxies, *cirrus* (thin clouds of dust in our own Galaxy), traces of the camera and residuals of the sky. Which costs more?

# %%
domain_sky = gm.mock.tidal_population(700, seed=seed + 80, with_features=0.6)
looks = {}
for name, (mu, real) in FOUR_IMAGES.items():
    looks[name] = gm.mock.tidal_sample(domain_sky, mu, seed=seed + 80, realistic=real)
answer = np.asarray(looks["clean, μ = 31"].table["label"])  # of experts who see the deep image
sure = np.flatnonzero(np.isfinite(answer))
auc = {name: roc_auc_score(answer[sure], detect(s[sure])) for name, s in looks.items()}
clear = looks["clean, μ = 26"].table["signal_to_noise"] * (domain_sky["tidal_kind"] == "shells")
shown = int(np.argmax(clear))
gm.plots.deep_row([stretched(s)[shown, 0] for s in looks.values()],
                  [f"{name}\nAUC of all galaxies {auc[name]:.2f}" for name in looks],
                  bar=bar(domain_sky[[shown]]), caption="One galaxy, four images — a mock galaxy",
                  alt="Shells in a clean deep image; stars, cirrus and noise hide them.")

# %%
rows, plain = [], {}
for whose, name in [(whose, name) for whose in EXPERTS_AT for name in FOUR_IMAGES]:
    where = {"limit": FOUR_IMAGES[name][0], "realistic": FOUR_IMAGES[name][1], "label": whose}
    columns = ("auc", "auc_tuned", "auc_panel", "positive")
    raw, tuned, panel, positive = (over_seeds(tables["domains"], c, **where) for c in columns)
    plain[name, whose] = raw, tuned, panel
    rows.append({"labels from": EXPERTS_AT[whose], "images": name, "detector": words(raw),
                 "fine-tuned": words(tuned), "other experts": words(panel),
                 "positives": f"{positive.mean():.0f}"})
gm.plots.show_table(Table(rows), caption="AUC, five seeds, mean ± scatter — mock galaxies")
first = plain["clean, μ = 31", "deep"][0]
lost = {what: first - plain[name, "deep"][0] for what, name in LOST_BY.items()}
print("AUC lost by", ", ".join(f"{what}: {words(v)}" for what, v in lost.items()))

# %% [markdown]
# **Why:** read the first four rows, which all ask for the labels of the deep clean image. **Depth alone costs most** (0.23 in AUC), surroundings alone cost 0.17, and both together hardly more than depth alone: what has sunk into the noise, no star can hide. That is the talk's 0.64, or nearly; but here the causes are the ones that we put in, and of the talk's μ = 26 it is not known whether it was the same kind of limit.
#
# Fine-tuning on some 450 galaxies of the new kind gives back 0.03 to 0.06. Little? Ask what the label allows. Five *other panels of experts* (the mean of their F) who look at the very same image reach about 0.70 at μ = 26. Of the way from the detector to them, fine-tuning goes nearly four fifths. **At 26 the detector is little worse than people. The label asks for more than people see in this image.** (They are no upper limit: with two of the five seeds the fine-tuned network is ahead of them. And mock experts are hardly distracted by stars and cirrus, so at μ = 31 their 1.00 is too good.)
#
# The last four rows ask for labels made on the image at hand. Other experts agree with them almost perfectly, but at 26 there is hardly a positive left: some sixteen in five hundred. Who never calls anything is right for 97 % of these, and each AUC stands on these few galaxies.
#
# ## Point at the light
#
# To measure debris one needs its pixels. *Promptable segmentation*: a person points, a program answers with a *mask*, the pixels that belong together. How good is a mask? Divide the pixels that it shares with the true one by those that are in either: the *intersection over union* (IoU), 1 for the same mask.
#
# **Predict:** what is the IoU of a mask that is right but only half as large as the true one?
#
# **Do:** write it. Masks are arrays of True and False; `&` is "both", `|` is "at least one".

# %% tags=["exercise"]
def iou(mask, truth):
    """Intersection over union of two masks (H, W)."""
    ### BEGIN SOLUTION
    both = np.sum(mask & truth)
    either = np.sum(mask | truth)
    return both / either
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("08.5")

# %% [markdown]
# A person who points needs to see where. What helps is a *residual*: the image less what belongs to the galaxy. A galaxy looks much the same when it is turned by 180°, debris rarely does. The image comes stretched, as in the pictures above: else the arms of a bright disc would win.
#
# **Do:** find a prompt. Take the turned image off (`image[::-1, ::-1]`), smooth the rest (`ndimage.gaussian_filter(…, 1.5)`), and give x and y of its brightest pixel outside of `inner` pixels from the middle. `np.unravel_index(np.argmax(a), a.shape)` gives row and column, that is y and x.


# %% tags=["exercise"]
def point_at(image, inner=12):
    """Where to point: array (x, y) in pixels, for an image (H, H) with the galaxy in the middle."""
    ### BEGIN SOLUTION
    left = ndimage.gaussian_filter(image - image[::-1, ::-1], 1.5)
    y, x = np.indices(image.shape)
    middle = (len(image) - 1) / 2
    left[np.hypot(x - middle, y - middle) <= inner] = -np.inf
    row, column = np.unravel_index(np.argmax(left), left.shape)
    return np.array([column, row])
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("08.6", points=2)

# %% [markdown]
# Two programs answer. `gm.measure.segment(image, points)` takes off what looks the same turned by 180°, and grows a region from the points ([read it](../galmorph_helpers/measure/segmentation.py)); nothing in it is learnt. With `model=gm.learning.prompt_network()` the same call asks a network of this course, a small *U-Net* (a network that shrinks the image to see the whole, then enlarges it again to answer for each pixel). It gets image and points, and was trained on true masks of mock debris at all depths ([card](../data/weights/mock_prompts.md)). The talk tried Segment Anything, a network of 375 MB trained on photographs; with its weights the same call asks it, too (lesson 08f). There are two controls: the points of another galaxy on this image, and these points on the image of another galaxy.

# %%
overlap, point = gm.course.yours("08.5"), gm.course.yours("08.6")
(pool, masks), network = clear_debris(30), gm.learning.prompt_network()
rng, found, answers, own = np.random.default_rng(seed), {}, {}, {}
inside = [np.argwhere(m)[rng.choice(m.sum(), 3)][:, ::-1] for m in masks]  # a person who knows
for mu in (28.0, 30.0, 31.0, 35.0):
    sample = gm.mock.tidal_sample(pool, mu, seed=seed + 90)
    images, own[mu] = sample.images[:, 0].numpy(), [point(s[0].numpy()) for s in stretched(sample)]
    asked = {"region grower": (images, inside, None), "network": (images, inside, network),
             "network, your points": (images, own[mu], network),
             "network, another's points": (images, inside[1:] + inside[:1], network),
             "network, another's image": (np.roll(images, 1, axis=0), inside, network)}
    for name, (*given, model) in asked.items():
        got = [gm.measure.segment(*pair, model=model) for pair in zip(*given, strict=True)]
        answers[name, mu], pairs = got, zip(got, masks, strict=True)
        found[name, mu] = [overlap(*pair) for pair in pairs]

# %%
mean = {name: [np.mean(found[name, mu]) for mu in own] for name in asked}
error = {name: [np.std(found[name, mu]) / len(pool) ** 0.5 for mu in own] for name in asked}
curves = {name: (list(own), mean[name], error[name]) for name in asked}
gm.plots.trends({f"{len(pool)} mock galaxies with debris, three points each": curves},
                xlabel="limit μ (mag arcsec⁻²)", ylabels=["intersection over union"],
                alt="The network is highest; from μ = 30 on the others lie close together.")
for name in ("network", "network, another's image"):
    at_depth = zip(own, mean[name], strict=True)
    print(name, "IoU:", ", ".join(f"μ = {mu:g}: {v:.2f}" for mu, v in at_depth))
hit = {mu: np.mean([m[q[1], q[0]] for m, q in zip(masks, own[mu], strict=True)]) for mu in own}
hit_unturned = np.mean([m.flat[brightest_outside(i)] for m, i in zip(masks, images, strict=True)])
print("your point lies on debris:", ", ".join(f"μ = {mu:g}: {v:.0%}" for mu, v in hit.items()))

# %%
best = np.argsort(found["network", 31.0])[[-3, len(pool) // 2, 2]]
images = stretched(gm.mock.tidal_sample(pool, 31.0, seed=seed + 90))[best, 0]
outlines = [{"true": masks[i], "network": answers["network", 31.0][i],
             "region grower": answers["region grower", 31.0][i]} for i in best]
titles = [f"{pool['tidal_kind'][i]}: IoU {found['network', 31.0][i]:.2f}, "
          f"grower {found['region grower', 31.0][i]:.2f}" for i in best]
gm.plots.deep_row(images, titles, bar=bar(pool[best]), outlines=outlines, size=2.8,
                  points=[inside[i] for i in best],
                  caption="A good, a middling and a poor answer, μ = 31 — mock galaxies",
                  alt="Outlines of true and found masks: nearly the same left, hardly alike right.")

# %% [markdown]
# **Why:** the network is far above the region grower, at all depths, by more than the 0.05 to 0.10 that was hoped for. But that is a low mark: plain discs of the best radius around the points, drawn without a look at the image, are above the region grower, too (IoU 0.30, [five seeds](../data/prompts.md)). The network is above these discs by 0.11 at μ = 28, and by nearly 0.2 in deeper images. Read the other controls as well. With another's points it is no better than the region grower: it does not find debris, **you** do. And with another's *image* it still reaches 0.2 to 0.3: a blob drawn around three points that lie on debris is a fair guess. What the image adds is the difference of the two curves, 0.1 to 0.3. A benchmark without that control would have praised the points.
#
# And who points? Your residual hits debris in a sixth to a third of the galaxies, by depth and seed; the brightest place of the plain image hits next to none. With your points the network does hardly better than with another galaxy's. Spiral arms are lopsided, too. A mask is not much better than its prompt.
#
# The mask itself is not the last word either: the mean IoU stays near 0.5 even in the deepest images, and even the true mask has a threshold (here 0.3 of the brightest part, and half of the galaxy's light).
#
# ## The talk and you
#
# A run depends on its seed: galaxies and the panel of experts are drawn with it. So here are five seeds beside the published numbers, computed by [`benchmarks/tides.py`](../benchmarks/tides.py) ([card](../data/tides_detector.md)).

# %%
rows = []
for name, published in TIDAL_TESTS.items():
    for column, what in SCORES.items():
        said = f"{published.get(column, np.nan):.2f}"
        rows.append({"row": name, "score": what, "published": said,
                     "five seeds": words(over_seeds(tables["detector"], column, row=name))})
for paper, value in TIDAL_SINCE.items():
    rows.append({"row": paper, "score": "recall at 20 to 22 %", "published": f"{value:.2f}"})
for row in rows:
    row["published"] = row["published"].replace("nan", "")
    row.setdefault("five seeds", "")
gm.plots.show_table(Table(rows), caption="Here: mock galaxies, mean ± scatter of five seeds")

# %% [markdown]
# - **Accuracy and recall.** The talk's accuracy of 0.84 is not reached here on average, nor its recall of 0.85. This course had hoped for 0.80 and 0.75 and an AUC of 0.85: on average of five seeds accuracy and AUC get there, and the recall falls a little short. All scatter from seed to seed; your run may lie on either side.
# - **Adding shallow images.** The talk's recall falls by 0.10; here it hardly moves on average: it falls with three seeds and rises with two. The AUC rises here. At one depth at a time it does not: the depth is the cue.
# - **Recall at a contamination of 20 %.** Papers since the talk reach 0.96 and more on observed images. The mock experts here see debris that the network of 64 pixels does not: about 0.77.
# - **Kinds.** Shells, streams, then tails and bridges, as published; mergers out of order.
# - **Real images.** 0.64 there, 0.68 here after fine-tuning, for reasons that we put in.
#
# ## On observed galaxies
#
# Observed images with labels of *faint debris* are rare. With labels of mergers there are: Galaxy Zoo 1. Of the 5,000 SDSS galaxies of the table below 86 are mergers, so "no" is right for 98.3 %. The pictures are shallow JPEGs in colour, and our detector of linear one-band images does not fit them. What fits is to ask whether there is a second galaxy, and whether light joins it to the first (`gm.measure.companion_features`), and to let decision trees choose. Without the set (`GALMORPH_DATA` says where it is), galaxies of the Hubble deep field with neighbours take its place, unlabelled.

# %%
folder = gm.find_set("gz1_sdss_6446")
held, is_merger, likely, said = likely_mergers(folder) if folder else neighbours_in_deep_field()
top = np.argsort(-likely)[:12]
what = "likeliest mergers, and what volunteers said" if folder else "with most light beside them"
gm.plots.gallery(held, top, titles=[said[i] for i in top], columns=6, caption=f"The twelve {what}",
                 alt="Twelve galaxies with close neighbours; a few may be mergers.")
stored = Table.read(gm.files.shipped("observed_mergers.csv"))
names = {"auc": "AUC", "average_precision": "average precision"}
methods = dict.fromkeys(stored["method"])
merging = Table([{"features": m} | {n: stored[c][stored["method"] == m].mean()
                                    for c, n in names.items()} for m in methods])
gm.plots.show_table(merging, formats=dict.fromkeys(names.values(), ".3f"),
                    caption="Mergers or not, five folds, mean over seeds — observed galaxies")

# %% [markdown]
# Look at the twelve: which are chance pairs, stars in front, flaws of the image, and which mergers? In the table read the *average precision*, the mean of the precision over all recalls: where 2 % are positive, it falls with every chance pair among the likeliest, while the AUC hardly notices. By chance it would be 0.017. The last two rows are controls: trees that know only brightness and colour, and trees whose labels were dealt anew among galaxies as bright. The first are as good as chance, the second little better (an AUC of 0.55; a single deal may reach 0.68, for mergers lie close together among the features, and labels dealt at random may fall near them). So it is not the brightness that gives mergers away. But shape alone (the *hand-made features*) has nearly the AUC of both sets; the neighbours show in the average precision. The table was [computed beforehand](../data/observed_mergers.md); no network is in it.
#
# ## Quiz

# %%
gm.course.quiz("08")

# %% [markdown]
# ## In practice
#
# - Report recall by kind, brightness and depth, from debris injected into *your* images, at a stated contamination.
# - Experts who disagree are data: keep $F_\mathrm{tidal}$ in the catalogue, and the depth of the image beside it.
# - Before you correct a share, compare its error with the bias that it removes.
# - Programs that subtract a local sky remove debris before any network sees them. Ask how the sky was made.
# - Redshift, what the network looked at, training one, a calculator for exposures, galaxies of JWST, M51 and Segment Anything: [lesson 08f](../notebooks/further/08f_more_faint_light.ipynb).
#
# ## Further reading
#
# - Domínguez Sánchez et al. 2023, *Identification of tidal features in deep optical galaxy images with convolutional neural networks*, [doi:10.48550/arXiv.2303.03407](https://doi.org/10.48550/arXiv.2303.03407)
# - Martin et al. 2022, MNRAS 513, 1459, [doi:10.1093/mnras/stac1003](https://doi.org/10.1093/mnras/stac1003)
# - Desmons et al. 2024, *Detecting galaxy tidal features using self-supervised representation learning*, [arXiv:2308.07962](https://arxiv.org/abs/2308.07962)
# - Gordon et al. 2024, *Uncovering tidal treasures*, [arXiv:2404.06487](https://arxiv.org/abs/2404.06487)
# - Román, Trujillo & Montes 2020, A&A 644, A42 (how depth is defined), [doi:10.1051/0004-6361/201936111](https://doi.org/10.1051/0004-6361/201936111)
#
# ## What this lesson claims

# %% tags=["claims"]
claims.identity(
    "noise by hand over the helper's, minus 1, largest",
    np.abs(mine / helpers - 1).max(),
    at_most=1e-9,
)
claims.identity("labels by hand unlike the helper's", np.abs(f_tidal - helpers_f).max(), at_most=0)
claims.put_in(
    "positives at 31 minus positives at 26, share of galaxies",
    positives[31.0] - positives[26.0],
    at_least=0.05,
)
for row in judged:
    for metric in ("accuracy", "precision", "recall", "f1"):
        claims.compare(
            f"{row['name']}: {metric}",
            TIDAL_TESTS[row["name"]][metric],
            row[metric],
            (row[f"{metric}_low"], row[f"{metric}_high"]),
            by_seed=[row[metric], *over_seeds(tables["detector"], metric, row=row["name"])[1:]],
        )
original = judged[0]
y, p, _ = rows_judged["original"]
guess = np.random.default_rng(seed).permutation(p)  # as many calls, for other galaxies
claims.check(
    "original: accuracy",
    original["accuracy"],
    at_least=0.69,
    hoped=0.8,
    about="mock",
    control=("always no", original["always_no"]),
    fails_if="the detector knew nothing of debris",
)
claims.check(
    "original: recall",
    original["recall"],
    at_least=0.58,
    hoped=0.75,
    about="mock",
    control=("as many calls at random", np.mean(guess[y == 1] >= threshold["original"])),
    fails_if="experts saw what the network cannot",
)
claims.check(
    "original: AUC",
    original["auc"],
    at_least=0.75,
    hoped=0.85,
    about="mock",
    control=("the depth alone", depth_alone["original"]),
    fails_if="it had learnt depth, not debris",
)
by_row = {
    name: [over_seeds(tables["detector"], c, row=name).mean() for c in ("auc", "auc_matched")]
    for name in TIDAL_TESTS
}
gained, matched = np.subtract(by_row["original + shallow"], by_row["original"])
claims.check(
    "AUC gained by adding shallow images, five seeds",
    gained,
    at_least=0.015,
    about="mock",
    control=("at one depth at a time", matched),
    fails_if="the depth of an image were no cue",
)
dealt = np.random.default_rng(seed).permutation(truth)  # debris in other galaxies
apart = {d: called[d][dealt].mean() - called[d][~dealt].mean() for d in (26.0, 31.0)}
claims.check(
    "recall gained from 26 to 31, less what false alarms gain, five seeds",
    gain_of("recall", 26, 31) - gain_of("called_wrongly", 26, 31),
    at_least=0.15,
    hoped=0.15,
    control=("debris dealt to other galaxies, this run", apart[31.0] - apart[26.0]),
    about="mock",
    fails_if="deep images were only called more often",
)
claims.check(
    "recall at 20 % gained from 26 to 31, five seeds",
    gain_of("recall_20", 26, 31),
    at_least=0.08,
    hoped=0.15,
    control=(
        "the larger of: from 31 to 35; debris dealt to other galaxies, this run",
        max(
            gain_of("recall_20", 31, 35),
            recall_of(chance[31.0], dealt) - recall_of(chance[26.0], dealt),
        ),
    ),
    about="mock",
    fails_if="depth changed the calls, not the order of the galaxies",
)
moves = {
    name: np.ptp([v for v in at[name].values() if np.isfinite(v)])
    for name in ("precision", "recall")
}
claims.check(
    "precision: largest minus smallest over depths",
    moves["precision"],
    at_most=0.12,
    hoped=0.12,
    control=("recall", moves["recall"]),
    about="mock",
    fails_if="false alarms grew with depth",
    short="Precision moves by more than the 0.12 that was hoped for.",
)
pooled = {r["debris"]: r["five seeds, all"] for r in by_kind}
claims.check(
    "recall of shells minus that of bridges, all that have them, five seeds",
    pooled["shells"] - pooled["bridge"],
    at_least=0.3,
    control=("shells of odd minus even seeds", odd_even("shells")),
    about="mock",
    fails_if="the shape of debris did not matter",
)
sure_of = {r["debris"]: r["five seeds, sure"] for r in by_kind}
for name, published in (("shells", 1.0), ("stream", 0.87)):  # of mergers: below 0.75
    n_sure = tables["kinds"]["certain"][tables["kinds"]["kind"] == name].sum()
    half = 1.96 * np.sqrt(sure_of[name] * (1 - sure_of[name]) / n_sure)
    claims.compare(
        f"recall of {name} at 20 %, five seeds",
        published,
        sure_of[name],
        (sure_of[name] - half, sure_of[name] + half),
    )
typical = {
    (n, c): surveys[f"rms, {c}"][surveys["galaxies"] == n].mean()
    for n in (450, 5000)
    for c in ("called", "corrected")
}
ratio = {n: typical[n, "corrected"] / typical[n, "called"] for n in (450, 5000)}
claims.check(
    "error of the corrected share over that of the share called, 5,000 galaxies",
    ratio[5000],
    at_most=0.7,
    control=("450 galaxies", ratio[450]),
    about="mock",
    fails_if="variance ate what the correction gains",
)
names = list(auc)
again = gm.mock.tidal_sample(domain_sky[sure], 31.0, seed=seed + 81)  # another night
lost_again = auc[names[0]] - roc_auc_score(answer[sure], detect(again))
claims.check(
    "AUC lost from clean and deep to realistic",
    auc[names[0]] - auc[names[3]],
    at_least=0.15,
    hoped=0.15,
    about="mock",
    control=("by observing the clean deep images again", lost_again),
    fails_if="debris were seen whatever lies around and however deep",
)
claims.check(
    "AUC lost by depth minus AUC lost by realism, five seeds",
    np.mean(lost["depth"] - lost["realism"]),
    at_least=0.05,
    control=(
        "two standard errors of the five seeds",
        2 * np.std(lost["depth"] - lost["realism"], ddof=1) / 5**0.5,
    ),
    about="mock",
    fails_if="surroundings cost as much as depth, or the seeds told nothing",
)
raw, tuned, panel = (np.mean(v) for v in plain["realistic, μ = 26", "deep"])
known_raw, known_tuned, known_panel = (np.mean(v) for v in plain["clean, μ = 31", "deep"])
claims.check(
    "fine-tuning gives back, of what other experts reach at this image",
    (tuned - raw) / (panel - raw),
    at_least=0.35,
    control=(
        "on clean images of 31, which the detector knew",
        (known_tuned - known_raw) / (known_panel - known_raw),
    ),
    about="mock",
    fails_if="few labels taught nothing, or training on gave as much where nothing was new",
)
claims.compare(
    "AUC on realistic images of 26, fine-tuned (published: observed images)",
    TIDAL_OBSERVED_AUC,
    tuned,
)
for mu, hoped in ((28.0, 0.05), (30.0, 0.1), (31.0, 0.1), (35.0, 0.05)):
    of = {name: np.mean(found[name, mu]) for name in asked}
    claims.check(
        f"IoU of the network minus the region grower's, μ = {mu:g}",
        of["network"] - of["region grower"],
        at_least=0.1,
        hoped=hoped,
        about="mock",
        fails_if="nothing was learnt that symmetry does not tell",
        control=(
            "with another galaxy's points",
            of["network, another's points"] - of["region grower"],
        ),
    )
    claims.check(
        f"IoU of the network minus that with another's image, μ = {mu:g}",
        of["network"] - of["network, another's image"],
        at_least=0.05,
        about="mock",
        fails_if="the points told all, the image nothing",
        control=(
            "with another's points",
            of["network, another's points"] - of["network, another's image"],
        ),
    )
prompts = Table.read(gm.files.shipped("prompts.csv"))
prompts = prompts[(prompts["kind"] == "all") & (prompts["limit"] == 30)]
iou = {name: prompts["iou"][prompts["method"] == name].mean() for name in set(prompts["method"])}
discs = iou["discs about the points, best radius"]
claims.check(
    "IoU of the network minus that of plain discs about the points, μ = 30, five stored seeds",
    iou["network"] - discs,
    at_least=0.1,
    about="mock",
    fails_if="discs drawn without a look at the image did as well",
    control=("with the image of another galaxy", iou["network, image of another galaxy"] - discs),
)
others = own[31.0][1:] + own[31.0][:1]
hit_by_others = np.mean([m[q[1], q[0]] for m, q in zip(masks, others, strict=True)])
claims.check(
    "your point lies on debris, μ = 31",
    hit[31.0],
    at_least=0.15,
    about="mock",
    control=(
        "the larger of: the brightest place of the image itself; another galaxy's point",
        max(hit_unturned, hit_by_others),
    ),
    fails_if="debris were as symmetric as galaxies",
)
of_mergers = {row["features"]: row for row in merging}
weaker = [name for name in of_mergers if "control" in name or name == "hand-made features"]
claims.check(
    "observed mergers, five folds, stored: AUC",
    of_mergers["both"]["AUC"],
    at_least=0.94,
    hoped=0.949,
    about="observed",
    control=(
        "the best of: shape alone; brightness and colour alone; labels dealt anew",
        max(of_mergers[name]["AUC"] for name in weaker),
    ),
    fails_if="mergers were told by brightness, or by shape without a neighbour",
)
claims.check(
    "observed mergers, five folds, stored: average precision",
    of_mergers["both"]["average precision"],
    at_least=0.35,
    hoped=0.399,
    control=(
        "the best of: shape alone; brightness and colour alone; labels dealt anew",
        max(of_mergers[name]["average precision"] for name in weaker),
    ),
    about="observed",
    fails_if="chance pairs could not be told from mergers",
)
gm.plots.show_claims(claims.report())
