# ---
# minutes: 75
# ---

# %% [markdown]
# # See why morphology matters
#
# **Two galaxies weigh the same. One is a flat disc with arms, the other a smooth ball of stars. What else do you know about them, from their shape alone?** Below are the shapes, in the order that Edwin Hubble gave them. At the end of this lesson you can say what goes with them, how well people can tell them apart, and why machines must help.
#
# **You will do:** type twelve galaxies by eye; turn types into numbers; and measure on 10,000 observed galaxies what shape has to do with light, colour and star formation.
#
# **You will learn**
# - what Hubble's types are, and how far two people who type the same galaxy are apart
# - why a table of types is wrong if its scale is forgotten
# - what a galaxy's shape says about its stars, and what it does not say
# - how a number can be made by the cut that was meant to clean it
#
# **You will need:** lesson 00; 45 minutes to read and look, 30 for six exercises; under a minute of computing on two cores, 1 GB of memory. No deep learning yet.

# %% tags=["setup"]
# On Colab, install the helper package without touching the torch and numpy that are there.
# Elsewhere this does nothing.
import sys

if "google.colab" in sys.modules:
    # %pip install -q --no-deps git+https://github.com/galmorph/galaxy-morphology-course
    # %pip install -q "photutils>=2" "pooch" "safetensors" "pyongc" "jupyterquiz"
    pass

import os
import time

import numpy as np
from astropy.table import Table
from scipy.stats import gaussian_kde, kstest, uniform

import galmorph_helpers as gm
from galmorph_helpers.published import GALAXY_ZOO_2, LABEL_SOURCES, LARGEST_CATALOGUE, TALK_PAPERS

seed = gm.start()
rng = np.random.default_rng(seed)
claims = gm.Claims("01", origins=("mock", "OpenNGC", "SDSS"))
ALT = {
    "fork": (
        "Hubble's tuning fork in twelve drawn galaxies. On the handle yellow ellipticals E0, E4,"
        " E7, then S0; above the spirals Sa, Sb, Sc with ever looser, bluer arms and a smaller"
        " bulge; below the barred SB0, SBa, SBb, SBc; on the right an irregular. The T axis below"
        " runs from -3 to 10."
    ),
    "faces": (
        "Observed galaxies, smaller, noisier and less clear than the drawn ones of the tuning"
        " fork."
    ),
    "confusion": (
        "Two tables of counts. Left, what twelve mock galaxies are against what they were called."
        " Right, 1,770 observed galaxies in two catalogues: most counts lie on the diagonal, and"
        " those beside it are in the next class, hardly ever two classes away."
    ),
    "outlines": (
        "Shares of galaxies flatter than b/a. The curve of observed late spirals lies close to the"
        " law of randomly inclined discs, that of ellipticals far to the right, since few of them"
        " are flat; lenticulars lie between."
    ),
    "shape": (
        "Observed NGC and IC galaxies by type. Left, the colour B minus V falls from 0.96 for"
        " ellipticals to 0.44 for irregulars. Right, the K-band luminosity is largest for"
        " ellipticals, nearly level from lenticulars to Sb, and falls steeply after Sc. The bands"
        " of neighbouring types overlap widely."
    ),
    "plane": (
        "Star formation against mass of mock galaxies: late types, bright, lie along a rising"
        " ridge; early types, dark, in a cloud below it that reaches the highest masses."
    ),
    "tree": (
        "The eleven questions of Galaxy Zoo 2. Two thirds of all looks at observed galaxies say"
        " smooth and go to the question how round; 28 per cent see features; 23 per cent reach the"
        " questions about bar, arms and bulge, and 13 per cent those about how tight and how many"
        " arms."
    ),
    "papers": (
        "Papers on deep learning that one slide of the talk lists: two in 2015, a top of eighteen"
        " in 2019, eight in 2022."
    ),
    "groups": (
        "Star formation against mass of observed galaxies in groups: where star formation is high,"
        " most votes say spiral; in the quiet cloud below, fewer do."
    ),
}

# %%
names = ["E0", "E4", "E7", "S0", "Sa", "Sb", "Sc", "SB0", "SBa", "SBb", "SBc", "Im"]
fork = gm.mock.specimens(names, inclination=40, seed=seed)
gm.plots.tuning_fork(gm.mock.portraits(fork, size=160, noise=False), alt=ALT["fork"])

# %% [markdown]
# ## Train your eye
#
# [Hubble (1926)](https://doi.org/10.1086/143018) sorted galaxies by their look. His order, to which he later added the lenticulars, is still in use:
#
# - **Ellipticals** (E) are smooth. The number says how flat they look: E*n* has an axis ratio $b/a = 1 - n/10$, short axis over long axis.
# - **Lenticulars** (S0) have a flat **disc** around a round **bulge**, and no arms.
# - **Spirals** (S) have arms in the disc. From Sa to Sc the bulge gets smaller, the arms get looser and bluer. With a straight **bar** through the centre they are SB.
# - **Irregulars** (Im) have no order.
#
# E and S0 together are **early types** (ETG), all others **late types** (LTG). That is Hubble's way to say *simple* and *complex*; it is no order in time.
#
# The fork is drawn by this course, with no noise and nothing in front. Observed galaxies look like this (words below them, if any, are what volunteers called them; a *merger* is two galaxies that become one):

# %%
faces, said = gm.labelled_sdss("disc")
if faces:
    words = [word for word in np.unique(said["called"]) if word not in ("dont", "unsure")]
    each = max(1, 12 // len(words))
    of_word = [np.flatnonzero(said["called"] == word) for word in words]
    rows = np.concatenate([rng.choice(one, each, replace=False) for one in of_word])
    faces, titles = faces[rows], list(said["called"][rows])
else:
    deep = gm.deep_field()
    faces, titles = deep[np.argsort(-deep.table["radius"])[:12]], None
caption = "What people called them" if titles else "The twelve largest"
look = {"titles": titles, "caption": caption, "columns": 6, "alt": ALT["faces"]}
gm.plots.gallery(faces, range(len(faces)), **look)

# %% [markdown]
# **Predict.** Two astronomers type the same galaxies, each alone. In how many out of ten do they agree on one of four types: E, S0, Sa–Sb, Sbc–Im? Write your guess down. Then be one of the two: type these twelve mock galaxies. (Their truth is known. Yours are noisy, some are seen from the side, others have a neighbour, as in a survey.)

# %%
classes = ["E", "S0", "Sa–Sb", "Sbc–Im"]


def kind(t_type):
    """One of the four classes, from T-Types (a number for each type: see below)."""
    return np.select([t_type < -2.5, t_type < 0.5, t_type < 3.5], classes[:3], classes[3])


bright = gm.population(2000, seed=seed + 1, magnitude_limit=15.5)
bright = bright[bright["r90"].value > 6]
rows = np.concatenate([np.flatnonzero(kind(bright["t_type"]) == c)[:3] for c in classes])
twelve = gm.mock_sample(table=bright[rng.permutation(rows)], size=96, seed=seed)
clicked = gm.course.classify_by_eye(twelve, range(12), choices=classes, columns=6)

# %% [markdown]
# **Do.** Who called what how? Count it in a **confusion matrix**: a square table with a row for each class of the truth and a column for each class of the call. The galaxies that are right stand on the diagonal.


# %% tags=["exercise"]
def confusion(truth, called, classes):
    """Counts (K, K): row, what a galaxy is; column, what it was called. `classes` is a list."""
    ### BEGIN SOLUTION
    counts = np.zeros((len(classes), len(classes)), int)
    for one, other in zip(truth, called, strict=True):
        counts[classes.index(one), classes.index(other)] += 1
    return counts
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("01.1", points=2)

# %% [markdown]
# **See.** Your table is on the left. (Where you have not clicked, a simulated expert answers.) On the right are real people: 1,770 galaxies that stand in two catalogues, [OpenNGC](https://github.com/mattiaverga/OpenNGC) and [EFIGI](https://doi.org/10.1051/0004-6361/201016423), each typed by eye. OpenNGC holds the galaxies of the New General and the Index Catalogue, found around 1900 and before; EFIGI has 4,458 nearby galaxies.

# %%
confusion = gm.course.yours("01.1")
expert = kind(gm.mock.expert_t_types(twelve.table, gm.SDSS, seed=seed))
called = gm.course.answered(clicked, instead=expert, who="a simulated expert")
mine = confusion(kind(twelve.table["t_type"]), called, classes)
both = gm.datasets.two_typings()
theirs = confusion(kind(both["open_ngc"]), kind(both["efigi"]), classes)
panels = {"twelve mock galaxies": (mine, "what they are", "what you call them")}
panels["observed galaxies in two catalogues"] = (theirs, "OpenNGC", "EFIGI")
gm.plots.confusion(panels, classes=classes, alt=ALT["confusion"])
apart = both["open_ngc"] - both["efigi"]
agree = np.trace(theirs) / theirs.sum()
print(f"right on the left: {np.trace(mine)} of {mine.sum()}; the catalogues agree for {agree:.0%}")
print(f"and differ by {apart.std():.2f} of the thirteen steps from E to Im (standard deviation)")

# %% [markdown]
# **Why.** The steps are small and the galaxies are not made for them: between Sa and Sab there is no gap. Six experts who typed the same galaxies differed by 1.3 to 2.3 steps, 1.8 typically ([Naim et al. 1995](https://doi.org/10.1093/mnras/274.4.1107)). The two catalogues are as far apart. (Whether those who typed one had seen the other is not recorded.) Two galaxies taken at random differ by nearly three times as much: the claims at the end say how far. So a network that learns from people has labels with an error of one to two steps. Judged by such labels, even a perfect network would seem to err by as much.
#
# ## Turn types into numbers
#
# A network needs numbers. The **T-Type** counts along the fork. Two scales are in use. The older one is that of de Vaucouleurs (his *Third Reference Catalogue*, RC3; Nair & Abraham and EFIGI follow it). The talk and this course use that of Domínguez Sánchez et al. 2018 (DS18). From S0/a on they agree. (S0⁻ are the lenticulars next to ellipticals, S0/a those next to spirals; Sab lies between Sa and Sb, Sbc between Sb and Sc; Sd comes after Sc.)

# %%
shown = ["E", "S0-", "S0", "S0/a", "Sa", "Sb", "Sc", "Sd", "Im"]
ds18 = np.array([gm.hubble.read_hubble_type(name).t_type for name in shown], float)
rc3 = gm.hubble.convert_t_type(ds18, "DS18", to="RC3")
scales = {name: [f"{a:.0f}", f"{b:.0f}"] for name, a, b in zip(shown, rc3, ds18, strict=True)}
gm.plots.show_table(Table({"scale": ["RC3", "DS18"], **scales}), caption="The T-Type of each class")

# %% [markdown]
# **Predict.** You read a table on the RC3 scale as if it were DS18, and call all with $T \le -3$ ellipticals. What goes wrong?
#
# **Do.** Write the conversion. Between the classes of the table it is a straight line, since networks predict fractions. Catalogues hide codes among their types: in RC3, 90 and 99 are no types. Make them NaN ("not a number").


# %% tags=["exercise"]
def to_ds18(t):
    """T-Types of the RC3 scale (an array) on the DS18 scale; codes 90 and 99 become NaN."""
    ### BEGIN SOLUTION
    known = np.where(np.isin(t, (90, 99)), np.nan, t)
    old = [-5, -3, -2, 0, 10]
    new = [-3, -2, -1, 0, 10]
    return np.interp(known, old, new)
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("01.2", points=2)

# %% [markdown]
# **See.** OpenNGC has 10,000 observed galaxies with a type. Here they are on the RC3 scale; which of them are called elliptical, without and with your conversion?

# %%
to_ds18 = gm.course.yours("01.2")
ngc = gm.datasets.open_ngc()
t_type = np.asarray(ngc["t_type"], float)
in_rc3 = gm.hubble.convert_t_type(t_type, "DS18", to="RC3")
false = {}
for how, t in (("scale forgotten", in_rc3), ("converted", to_ds18(in_rc3))):
    false[how] = np.mean(t_type[t <= -3] > -3)
    print(f"{how}: {np.sum(t <= -3):,} 'ellipticals', {false[how]:.0%} of them lenticulars")

# %% [markdown]
# **Why.** On the RC3 scale $-3$ is a lenticular (S0⁻), on the other an elliptical. Nobody gets an error message. So say which scale a column has, and convert before you mix.
#
# ## Tell discs from balls by their outlines
#
# A type says *what was seen*. An outline can be measured: the axis ratio $b/a$ of a galaxy on the sky. Let a disc have the thickness $q_0$, and be inclined by the angle $i$ ($i = 0$: face-on). Then
#
# $$(b/a)^2 = q_0^2 + (1 - q_0^2)\cos^2 i .$$
#
# If discs point anywhere, $\cos i$ takes every value from 0 to 1 equally often. So the share of discs that look flatter than some $q$ is simply the $\cos i$ that belongs to $b/a = q$. Nothing else is assumed, save the thickness: the same $q_0$ for all.
#
# **Predict.** Are more discs flatter than $b/a = 0.5$, or rounder?
#
# **Do.** Solve the formula for $\cos i$. A disc is never flatter than $q_0$: mind what is under the root.


# %% tags=["exercise"]
def flatter_than(q, q0):
    """Share of discs of thickness q0, inclined at random, with b/a below q (an array, 0 to 1)."""
    ### BEGIN SOLUTION
    cos2 = (q**2 - q0**2) / (1 - q0**2)
    cos2 = np.clip(cos2, 0, 1)
    return np.sqrt(cos2)
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("01.3", points=2)

# %%
flatter_than = gm.course.yours("01.3")
ratio = np.asarray(ngc["axis_ratio"])
q, measured = np.linspace(0.02, 1, 60), np.isfinite(ratio)
groups = {"elliptical": t_type == -3, "lenticular": (t_type > -3) & (t_type < 0)}
groups["spiral"] = (t_type >= 4) & (t_type <= 6)  # Sbc to Scd: hardly any bulge
curves = {n: (q, [np.mean(ratio[m & measured] < x) for x in q]) for n, m in groups.items()}
curves["discs at random, q₀ = 0.2"] = (q, flatter_than(q, 0.2))
title = "observed NGC and IC galaxies"
gm.plots.trends({title: curves}, xlabel="b/a", ylabels=["share flatter"], alt=ALT["outlines"])
tested = {n: kstest(ratio[m & measured], flatter_than, args=(0.2,)) for n, m in groups.items()}
gap = {n: found.statistic for n, found in tested.items()}
line = kstest(ratio[groups["spiral"] & measured], uniform(0.2, 0.8).cdf).statistic
print("largest vertical gap to the law:", ", ".join(f"{n}s {g:.2f}" for n, g in gap.items()))
print(f"late spirals to a straight line from 0.2 to 1: {line:.2f}")

# %% [markdown]
# **Why.** Late spirals lie far closer to the law than ellipticals: many look flat, and a ball never does. But they do not lie *on* it: fewer look flatter than 0.4 or nearly round than the law says, and a few are flatter than 0.2, which a law with one thickness for all forbids. Real discs are not perfect circles, a bulge rounds the outline of a disc on edge, and a disc on edge whose arms are hidden may have been given another type. A straight line from 0.2 to 1, with no physics in it, does even better than the law. So this is no proof of the formula; it says that late spirals are flat things, and ellipticals are not. For a single galaxy a round outline settles nothing: a disc seen face-on is as round as any ball.
#
# ## Ask what shape goes with
#
# The talk says: **spirals** are galaxies of intermediate or low mass, with young stars, and form new ones; **ellipticals** are the most massive, old and red. OpenNGC lets you test a part of it. **B − V** is a colour: the magnitude in blue minus that in yellow light. Larger is redder. Young stars are blue and die early, so a red galaxy has formed few stars of late. Light in the infrared **K** band comes mostly from old, light stars, which make up most of the mass: a galaxy bright in K is a heavy one. Its distance comes from its **redshift**, the stretch of its light by the expansion of the universe; distance and magnitude give its **absolute magnitude**, the magnitude that it would have at a fixed distance. Magnitudes run backwards: smaller is brighter.
#
# **Predict.** Draw with a finger: how do colour and mass run from E to Im?

# %%
colour = ngc["b_mag"] - ngc["v_mag"]
redshift = np.where(ngc["redshift"] > 0.002, ngc["redshift"], np.nan)
distance = redshift * 299_792 / 70  # megaparsec, from Hubble's law
luminosity = ngc["k_mag"] - 5 * np.log10(distance) - 25  # absolute magnitude
stages = [t for t in range(-3, 11) if np.sum((t_type == t) & np.isfinite(colour)) > 20]
panels = {}
for name, values in {"colour, B − V": colour, "luminosity in K": -luminosity}.items():
    parts = [np.nanpercentile(values[t_type == t], [50, 16, 84]) for t in stages]
    panels[name] = {"median, and the middle 68 %": (stages, *np.transpose(parts))}
ticks = ([-3, -1, 1, 3, 5, 7, 10], ["E", "S0", "Sa", "Sb", "Sc", "Sd", "Im"])
units = ["magnitudes (up: redder)", "magnitudes (up: brighter)"]
gm.plots.trends(panels, xlabel="type", ylabels=units, ticks=ticks, alt=ALT["shape"])

# %% [markdown]
# **See.** Colour falls from E to Im. Ellipticals are the brightest in K; then the curve is nearly level as far as Sb, and falls steeply from Sc on. (These are galaxies that telescopes around 1900 could see, not a fair sample. The further away, the brighter a galaxy must be to be in it; the claims therefore compare at equal redshift. And the magnitudes come from many hands: some are wrong, and make the bands wide.)
#
# Could you do without shapes, and just take the red ones for early types? Two numbers answer: **purity**, the share of early types among the red galaxies, and **completeness**, the share of red ones among the early types.
#
# **Do.** Write both.


# %% tags=["exercise"]
def cut_by_colour(colour, early, cut):
    """Purity and completeness of "redder than the cut" for early types (`early`: array of bool)."""
    ### BEGIN SOLUTION
    red = colour > cut
    purity = early[red].mean()
    completeness = red[early].mean()
    return purity, completeness
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("01.4", points=2)

# %%
cut_by_colour = gm.course.yours("01.4")
has = np.isfinite(colour) & (colour > 0) & (colour < 1.5)
blue_yellow, early = colour[has], t_type[has] <= 0
scores = [(cut, *cut_by_colour(blue_yellow, early, cut)) for cut in (0.75, 0.85, 0.95)]
table = Table(rows=scores, names=("red: B − V above", "purity", "completeness"))
base = f"{has.sum():,} observed galaxies with a colour; {early.mean():.0%} are early types"
gm.plots.show_table(table, caption=base)
disc, shape = (t_type[has] >= 1) & (t_type[has] <= 5), ratio[has]
sides = [np.median(blue_yellow[disc & side]) for side in (shape < 0.4, shape > 0.6)]
print(f"B − V of Sa to Sc: {sides[0]:.2f} where they look flat, {sides[1]:.2f} where round")
for name, t in (("E", t_type == -3), ("spirals", t_type > 0)):
    alike = t & (abs(luminosity + 23.5) < 0.5)
    print(f"B − V of {name} with a K magnitude near −23.5: {np.nanmedian(colour[alike]):.2f}")

# %% [markdown]
# **Why.** Colour says what is *likely*. With the cut at 0.85, a quarter of the red galaxies are late types all the same, and a quarter of the early types are missed; another cut trades one for the other. One reason: a disc seen from the side looks a little redder, for its dust lies in the way. Colour depends on age and dust, shape on something else: both have to be measured.
#
# The last two lines begin to answer the question at the top. Of two galaxies with the same light in K, so about the same mass, the ball is as a rule the redder one: most likely it has formed fewer stars of late. (*Spirals* are here, and in the table of the talk below, all late types, with the irregulars.)
#
# ### The main sequence, and a trap
#
# Plot the stars that form a year (SFR, star-formation rate, in solar masses a year) against stellar mass. Galaxies that form stars lie on a ridge, the **main sequence**: $\log \mathrm{SFR} = 0.76 \log M - 7.64$ ([Renzini & Peng 2015](https://doi.org/10.1088/2041-8205/801/2/L29)). Below it lies a cloud of **quiescent** galaxies, which form next to none. Here is the mock sky of this course. Its galaxies were *given* these relations, so this figure shows what was put in, and is no evidence.

# %%
sky = gm.population(gm.pick(cpu=20_000, gpu=200_000), seed=seed)
log_mass, log_sfr = np.asarray(sky["log_mass"]), np.asarray(sky["log_sfr"])
ridge_line = ("main sequence, Renzini & Peng (2015)", lambda m: 0.76 * m - 7.64)
divide = ("10⁻¹¹ of the mass a year", lambda m: m - 11)
axes = {"xlabel": "log stellar mass (solar)", "ylabel": "log SFR (solar masses a year)"}
axes |= {"lines": (ridge_line, divide), "limits": (9.0, 11.8, -2.5, 1.6)}
panel = {"mock galaxies": (log_mass, log_sfr, sky["t_type"])}
gm.plots.planes(panel, label="mean T-Type (dark: early)", **axes, alt=ALT["plane"])

# %% [markdown]
# **Do.** Fit the main sequence. Take the galaxies above the dashed line (SFR over mass, the *specific* rate, above $10^{-11}$ a year), fit a straight line to log SFR, and measure the scatter around it. Logarithms are to base ten: their unit is the **dex**, and 0.3 dex is a factor of two.


# %% tags=["exercise"]
def main_sequence(log_mass, log_sfr):
    """Slope of the main sequence, and the scatter of its galaxies around it (dex)."""
    ### BEGIN SOLUTION
    forming = log_sfr - log_mass > -11
    mass, rate = log_mass[forming], log_sfr[forming]
    slope, zero = np.polyfit(mass, rate, 1)
    scatter = np.std(rate - slope * mass - zero)
    return slope, scatter
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("01.5", points=2)

# %% [markdown]
# **Predict.** Now destroy the relation: give every galaxy the mass of another one, drawn at random. Which slope do you expect?

# %%
main_sequence = gm.course.yours("01.5")
slope, scatter = main_sequence(log_mass, log_sfr)
no_relation = main_sequence(rng.permutation(log_mass), log_sfr)[0]
print(f"mock sky: slope {slope:.2f}, scatter {scatter:.2f} dex")
print(f"masses shuffled: slope {no_relation:.2f}")


# %% [markdown]
# **Why.** There is no relation left, and yet the slope is far from zero: the *cut* makes it. The dashed line rises with mass, and whatever is cut along it rises with it. A cloud of points with no relation in it has two thirds of your slope: the slope alone is no evidence of a relation.
#
# Renzini & Peng therefore ask for a main sequence without a cut: the ridge of the star-forming peak. The next cell looks, in each step of mass, for the rate at which most stars form. (Each galaxy counts as much as it forms, so that the quiescent cloud has no say.)


# %%
def ridge(log_mass, log_sfr):
    """Slope of the ridge: in each quarter of a dex of mass, the SFR at which most stars form."""
    grid, peaks, steps = np.linspace(-3, 2, 251), [], np.arange(9, 11, 0.25)
    for low in steps:
        sfr = log_sfr[(log_mass > low) & (log_mass <= low + 0.25)]
        peaks.append(grid[gaussian_kde(sfr, weights=10**sfr)(grid).argmax()])
    return np.polyfit(steps, peaks, 1)[0]


no_ridge = ridge(rng.permutation(log_mass), log_sfr)
print(f"slope of the ridge: {ridge(log_mass, log_sfr):.2f}; masses shuffled: {no_ridge:.2f}")

# %% [markdown]
# With shuffled masses this slope is near zero, as it should be. With the true ones it is nearly that of your fit: the cut did little harm to this sky, but only the ridge shows it. *On observed galaxies* uses it.
#
# ## Find out why machines must help
#
# People have looked at many galaxies. The volunteers of [Galaxy Zoo 2](https://doi.org/10.1093/mnras/stt1458) answer questions along a tree; each look at a galaxy takes one way through it.
#
# **Predict.** Of a hundred looks, how many get to say how tightly the arms are wound?

# %%
votes = gm.datasets.galaxy_zoo_votes()
looks, arms = (votes["votes"][votes["question"] == number].sum() for number in (1, 10))
title = f"Galaxy Zoo 2: the way of {looks:,} looks at 19,761 observed galaxies"
gm.plots.decision_tree(gm.datasets.GALAXY_ZOO_TREE, votes, title=title, alt=ALT["tree"])
print(f"{looks / 19_761:.0f} looks at a galaxy; {arms / 19_761:.1f} of them get to its arms")

# %% [markdown]
# The finer the question, the fewer answer it: of twenty looks at a galaxy, two or three get to its arms. (This is the deep strip called Stripe 82, where many galaxies are small and faint; with brighter ones more is seen.)
#
# So astronomers turned to networks. One slide of the talk lists papers that use deep learning.
#
# **Do.** Count them by year. The names look like `"Walmsley+20"`.


# %% tags=["exercise"]
def papers_a_year(names):
    """Two arrays: the years, in order, and how many of the papers are of each."""
    ### BEGIN SOLUTION
    years = [2000 + int(name[-2:]) for name in names]
    years, papers = np.unique(years, return_counts=True)
    return years, papers
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("01.6")

# %%
papers_a_year = gm.course.yours("01.6")
years, papers = papers_a_year(TALK_PAPERS)
panels = {f"{papers.sum()} papers on one slide of the talk": {"papers": (years, papers)}}
counted = gm.archive.count_papers("convolutional", years) if "ADS_DEV_KEY" in os.environ else None
if counted:
    title = "refereed papers with 'convolutional' in the abstract (ADS)"
    panels[title] = {"papers": (years, list(counted.values()))}
units = ["papers"] * len(panels)
gm.plots.trends(panels, xlabel="year", ylabels=units, ticks=(years, years), alt=ALT["papers"])

# %% [markdown]
# (None is of 2016; the line runs over that year.) The fall after 2019 says nothing of the field: the speaker chose the papers, and a slide is no census. The talk also shows a census, all papers with "convolutional" in their abstract, from NASA's library ADS. With a token of your own (free; put it into the environment variable `ADS_DEV_KEY`) the cell above draws it, too.
#
# **See.** How long does a large catalogue take? An expert who gives each galaxy ten seconds (our assumption), 1,600 hours a year; the volunteers of Galaxy Zoo 2 at their pace; and a small network on this machine:

# %%
images = gm.mock_sample(400, seed=seed).images
network = gm.load_weights(gm.CompactCNN(), "mock_trunk")
begin = time.perf_counter()
gm.predict(network, images, views=1)
a_second = len(images) / (time.perf_counter() - begin)
crowd = GALAXY_ZOO_2["galaxies"] / GALAXY_ZOO_2["months"] * 12
per_year = {"an expert": 1600 * 3600 / 10, "the crowd of Galaxy Zoo 2": crowd}
per_year["a small network, this machine"] = a_second * 365.25 * 24 * 3600
took = {who: LARGEST_CATALOGUE / rate for who, rate in per_year.items()}
words = [f"{y:,.0f} years" if y > 1 else f"{y * 8766:.1f} hours" for y in took.values()]
caption = f"{LARGEST_CATALOGUE:,} galaxies of the Dark Energy Survey (stamps already in memory)"
gm.plots.show_table(Table({"who": list(took), "takes": words}), caption=caption)

# %% [markdown]
# **Why.** A network is fast, does not tire, and says the same twice. That does not make it right: it has learnt from people, with their scatter of one to two types, and from the galaxies that they were shown. What it does with others is what this course is about.
#
# ## The talk and you
#
# The talk's slide on spirals and ellipticals has words, no numbers. Here are yours. Rotation (V/σ: the speed of ordered turning over that of random motion) is not in OpenNGC: for it there is only the mock sky, where it was put in. Lesson 07 has observed velocities.

# %%
ellipticals, spirals = t_type == -3, t_type > 0
mock = np.asarray(sky["t_type"])
columns = ("log_mass", "rest_g_r", "log_sfr", "rotation_to_dispersion")
in_mock = [[np.median(np.asarray(sky[c])[m]) for m in (mock == -3, mock > 0)] for c in columns]
said = ["ellipticals: most massive", "ellipticals: red", "spirals form stars", "spirals rotate"]
in_sky = [[np.nanmedian(x[m]) for m in (ellipticals, spirals)] for x in (luminosity, colour)]
words = ["K: {:.1f}, {:.1f}", "B − V: {:.2f}, {:.2f}", "below, where the set is there", "–"]
seen = [w.format(*v) for w, v in zip(words, [*in_sky, (), ()], strict=True)]
words = ["log mass: {:.1f}, {:.1f}", "g − r: {:.2f}, {:.2f}", "log SFR: {:.1f}, {:.1f}"]
put_in = [w.format(*v) for w, v in zip([*words, "V/σ: {:.2f}, {:.2f}"], in_mock, strict=True)]
table = Table([said, seen, put_in], names=("the talk", "observed: E, spirals", "mock: E, spirals"))
gm.plots.show_table(table, caption="Medians of ellipticals and of spirals")
sources = [(n, row["talk"], row["paper"]) for n, row in LABEL_SOURCES.items()]
gm.plots.show_table(Table(rows=sources, names=("labels from", "the talk says", "the paper says")))

# %% [markdown]
# Two counts of Galaxy Zoo 2 differ, since its catalogue holds several samples; the talk probably counts the main one.
#
# The talk also looks back in time. [Huertas-Company et al. (2016)](https://doi.org/10.1093/mnras/stw1866) typed some 50,000 faint galaxies, by network. At redshift 2, ten billion years ago, 80 % of the mass of star-forming galaxies was in irregular ones; by redshift 0.5 irregulars led only below $10^9$ solar masses. The fork is a picture of today.
#
# ## On observed galaxies
#
# Masses and star-formation rates of galaxies in groups, from the Sloan Digital Sky Survey (SDSS), with the votes of Galaxy Zoo. Is the plane like that of the mock sky, and do the votes for *spiral* follow star formation?

# %%
observed = gm.datasets.observed_mass_sfr()
mass, rate, spiral = (np.asarray(observed[c]) for c in ("log_mass", "log_sfr", "p_spiral"))
known, forming = np.isfinite(spiral), rate - mass > -11
panel = {f"observed: {known.sum():,} SDSS galaxies with votes": (mass, rate, spiral)}
gm.plots.planes(panel, label="share of votes for spiral", cells=18, **axes, alt=ALT["groups"])
again = [rng.integers(0, len(mass), len(mass)) for _ in range(100)]
slopes = [ridge(mass[i], rate[i]) for i in again]
shuffled = [ridge(rng.permutation(mass), rate) for _ in range(20)]
print(f"{len(mass):,} {observed.meta['origin']}")
print(f"slope of the ridge: {ridge(mass, rate):.2f} ± {np.std(slopes):.2f}")
print(f"masses shuffled: {np.mean(shuffled):.2f}; mock sky: {ridge(log_mass, log_sfr):.2f}")
share = [np.mean(spiral[known & side]) for side in (forming, ~forming)]
print(f"votes for spiral: {share[0]:.0%} where stars form, {share[1]:.0%} where they do not")

# %% [markdown]
# The answer is: yes, roughly. There is a ridge, and its slope is clearly above that of shuffled masses, but it is lower than the published 0.76, by more than its error (the ±: how much the slope scatters when as many galaxies are drawn from these again and again, some of them twice). The galaxies of this course are in groups within redshift 0.05, no fair sample, and where the ridge lies depends on how rates were measured. Votes for *spiral* are much more frequent where stars form. (Volunteers saw colour pictures: blue may have helped them to say spiral.) Yet over a third of the votes on quiescent galaxies say spiral, too: shape and star formation go together, and are not the same. (Where the set *sdss_mass_sfr_groups* is not at hand, its galaxies come [counted in cells](../data/mass_sfr.md), which hardly changes a number; a set of Galaxy Zoo 2 that you fetched has numbers of its own.)
#
# The notebook [*Look twice at catalogues*](further/01f_look_twice_at_catalogues.ipynb) goes on: two faults in this very table, how often each type and each bar occurs in three catalogues, and how inclination hides arms.
#
# ## Check what you took along

# %%
gm.course.quiz("01")

# %% [markdown]
# ## In practice
#
# - Say which scale a T-Type is on, convert before you mix, turn codes into NaN.
# - A label given by eye has an error, too: one to two types. Ask who gave it, and what could be seen.
# - Before you believe a slope, shuffle one of the two columns and fit again.
# - The mock sky has the relations that it was given, and only those. It is no evidence about the universe.
# - Next: lesson 02, *train a network*.
#
# ## Further reading
#
# - Hubble 1926, *Extragalactic nebulae*, [doi:10.1086/143018](https://doi.org/10.1086/143018)
# - Roberts & Haynes 1994, *Physical parameters along the Hubble sequence*, [doi:10.1146/annurev.aa.32.090194.000555](https://doi.org/10.1146/annurev.aa.32.090194.000555)
# - Naim et al. 1995, *A comparative study of morphological classifications of APM galaxies*, [doi:10.1093/mnras/274.4.1107](https://doi.org/10.1093/mnras/274.4.1107)
# - Willett et al. 2013, *Galaxy Zoo 2*, [doi:10.1093/mnras/stt1458](https://doi.org/10.1093/mnras/stt1458)
# - Renzini & Peng 2015, *An objective definition for the main sequence of star-forming galaxies*, [doi:10.1088/2041-8205/801/2/L29](https://doi.org/10.1088/2041-8205/801/2/L29)
# - Huertas-Company et al. 2016, *Mass assembly and morphological transformations since z ∼ 3 from CANDELS*, [doi:10.1093/mnras/stw1866](https://doi.org/10.1093/mnras/stw1866)
#
# ## What this lesson claims

# %% tags=["claims"]
steps = np.array([0.002, 0.004, 0.006, 0.010, 0.014, 0.018, 0.025, 0.040])


def brighter(kinds):
    """How much brighter ellipticals are in K than spirals (magnitudes), mean over steps of equal
    redshift."""
    near = [(redshift > a) & (redshift <= b) for a, b in zip(steps[:-1], steps[1:], strict=True)]
    return np.mean(
        [
            np.nanmedian(luminosity[m & (kinds > 0)]) - np.nanmedian(luminosity[m & (kinds == -3)])
            for m in near
        ]
    )


def redder(kinds):
    """How much redder ellipticals are than spirals (magnitudes), mean over steps of equal K
    luminosity."""
    alike = [abs(luminosity - k) < 0.5 for k in (-25.5, -24.5, -23.5, -22.5, -21.5)]
    return np.mean(
        [
            np.nanmedian(colour[m & (kinds == -3)]) - np.nanmedian(colour[m & (kinds > 0)])
            for m in alike
        ]
    )


def by_chance():
    """The colour of flat discs minus that of round ones, with the axis ratios of other
    galaxies."""
    mixed = rng.permutation(shape[disc])
    return np.median(blue_yellow[disc][mixed < 0.4]) - np.median(blue_yellow[disc][mixed > 0.6])


def mean_of(draw, times=20):
    """Mean of what a function draws at random."""
    return np.mean([draw() for _ in range(times)])


purity, shuffled_purity = (
    cut_by_colour(blue_yellow, kinds, 0.85)[0] for kinds in (early, rng.permutation(early))
)
strangers = both["open_ngc"] - rng.permutation(both["efigi"])
described = gm.mock.describe(sky)
judged = described[described["agrees"] != "too few"]
ngc_barred = ngc["bar"][(t_type > 0) & (t_type <= 7)] == 1
there = gm.hubble.convert_t_type(
    gm.hubble.convert_t_type(np.linspace(-3.3, 10, 500), "DS18", to="RC3"), "RC3"
)
claims.check(
    "T-Types of two catalogues, galaxy by galaxy: standard deviation, observed",
    apart.std(),
    between=(1.3, 2.3),
    control=("types of other galaxies", strangers.std()),
    fails_if="people who type galaxies saw different things than the experts of Naim et al. 1995",
    about="observed",
)
claims.check(
    "OpenNGC: false ellipticals when the scales are mixed",
    false["scale forgotten"],
    at_least=0.2,
    control=("converted first", false["converted"]),
    fails_if="the catalogue had few S0-",
    about="observed",
)
claims.check(
    "OpenNGC spirals (Sbc–Scd): largest gap in b/a to discs at random",
    gap["spiral"],
    at_most=0.15,
    control=("ellipticals", gap["elliptical"]),
    fails_if="late spirals were not discs, or did not point anywhere",
    about="observed",
)
claims.check(
    "OpenNGC: purity of early types redder than B − V = 0.85",
    purity,
    at_least=0.65,
    control=("types shuffled", shuffled_purity),
    fails_if="colour had nothing to do with type",
    about="observed",
)
claims.check(
    "OpenNGC: ellipticals brighter in K than spirals at equal redshift, magnitudes",
    brighter(t_type),
    at_least=0.3,
    control=("types shuffled", mean_of(lambda: brighter(rng.permutation(t_type)))),
    fails_if="mass had nothing to do with type",
    about="observed",
)
claims.check(
    "OpenNGC: ellipticals redder than spirals at equal K luminosity, magnitudes",
    redder(t_type),
    at_least=0.15,
    control=("types shuffled", mean_of(lambda: redder(rng.permutation(t_type)))),
    fails_if="shape told nothing of the stars that mass does not",
    about="observed",
)
claims.check(
    "OpenNGC, Sa–Sc: B − V of the flat minus that of the round, magnitudes",
    sides[0] - sides[1],
    at_least=0.04,
    control=("axis ratios shuffled", mean_of(by_chance)),
    fails_if="dust did not redden discs on edge",
    about="observed",
)
claims.put_in(
    "published relations that the mock catalogue keeps",
    np.mean(judged["agrees"] == "yes"),
    at_least=0.9,
)
claims.put_in(
    "slope of the main sequence, mock sky", ridge(log_mass, log_sfr), between=(0.66, 0.86)
)
claims.put_in(
    "median log stellar mass (solar), E minus spirals, mock sky",
    in_mock[0][0] - in_mock[0][1],
    at_least=0.15,
)
claims.put_in(
    "median V / σ, spirals minus E, mock sky", in_mock[3][1] - in_mock[3][0], at_least=0.2
)
claims.put_in(
    "a slope of the main sequence made by the cut alone, masses shuffled, mock sky",
    no_relation,
    at_least=0.3,
)
claims.put_in("slope of the ridge, masses shuffled, mock sky", no_ridge, between=(-0.2, 0.2))
claims.identity("Hubble types drawn and labelled", len(set(fork["hubble_type"])), at_least=8)
claims.identity(
    "T-Type scales: largest error there and back",
    np.abs(there - np.linspace(-3.3, 10, 500)).max(),
    at_most=1e-9,
)
claims.identity(
    "years that the crowd of Galaxy Zoo 2 would need for 27 million galaxies",
    took["the crowd of Galaxy Zoo 2"],
    at_least=50,
)
half = [
    ridge(log_mass[i], log_sfr[i])
    for i in (rng.integers(0, len(log_mass), len(log_mass)) for _ in range(20))
]
claims.compare(
    "slope of the main sequence, mock sky",
    0.76,
    ridge(log_mass, log_sfr),
    np.percentile(half, [2.5, 97.5]),
)
spread = 1.96 * np.sqrt(ngc_barred.mean() * (1 - ngc_barred.mean()) / len(ngc_barred))
claims.compare(
    "barred share of spirals, OpenNGC (SB)",
    0.294,
    ngc_barred.mean(),
    (ngc_barred.mean() - spread, ngc_barred.mean() + spread),
)
claims.check(
    "slope of the main sequence's ridge, observed",
    ridge(mass, rate),
    at_least=0.4,
    control=("masses shuffled, mean of 20", np.mean(shuffled)),
    hoped=0.66,
    fails_if="star formation did not follow mass",
    about="observed",
)
mixed = rng.permutation(spiral[known])
claims.check(
    "share of spiral votes, star-forming minus quiescent, observed",
    share[0] - share[1],
    at_least=0.2,
    control=("votes shuffled", mixed[forming[known]].mean() - mixed[~forming[known]].mean()),
    fails_if=(
        "shape had nothing to do with star formation, or votes were joined to the wrong"
        " galaxies"
    ),
    about="observed",
)
claims.compare(
    "slope of the main sequence, observed",
    0.76,
    ridge(mass, rate),
    np.percentile(slopes, [2.5, 97.5]),
)
gm.plots.show_claims(claims.report())
