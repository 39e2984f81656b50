# ---
# minutes: 30
# ---

# %% [markdown]
# # Look twice at catalogues
#
# **A table says that a galaxy is passive. Should you believe it?** This notebook goes on where lesson 01 ends. It finds two faults in a published table, compares how three catalogues count types and bars, and shows what a type given by eye depends on.
#
# **You will do:** find the faults, count types and bars, read EFIGI's notes on bulges and arms, turn a mock galaxy, and set the mock sky beside published relations.
#
# **You will learn**
# - to look at a table before you plot it
# - that "how many galaxies are barred" has no answer without "says who"
# - what a viewing angle hides
#
# **You will need:** lesson 01; 30 minutes with one exercise, half a minute of computing. Some sections need observed sets (`GALMORPH_DATA`) and say so.

# %% tags=["setup"]
# On Colab, install the helper package without touching the torch and numpy that are there.
# Elsewhere this does nothing.
import sys

if "google.colab" in sys.modules:
    # %pip install -q --no-deps git+https://github.com/galmorph/galaxy-morphology-course
    # %pip install -q "photutils>=2" "pooch" "safetensors" "pyongc"
    pass

import numpy as np
from astropy.table import Table, vstack
from scipy.stats import spearmanr

import galmorph_helpers as gm
from galmorph_helpers.published import WORKS

seed = gm.start()
rng = np.random.default_rng(seed)
claims = gm.Claims("01f", origins=("mock", "OpenNGC"))
ALT = {
    "types": (
        "Left, the share of each type in the mock catalogue and in OpenNGC, with ellipticals and"
        " spirals most frequent and irregulars rare, and in EFIGI, which is flatter. Right, the"
        " share of barred galaxies among spirals, a quarter to a half depending on the catalogue;"
        " OpenNGC records none for early types."
    ),
    "efigi": (
        "What experts noted for observed galaxies of each type, on a scale from 0 to 1: the"
        " bulge's share of the light falls from 1 for ellipticals to 0 for irregulars; the"
        " strength of arms rises from 0 to its top at Sc and falls again."
    ),
    "turned": (
        "Eight types in columns at inclinations of 0, 50 and 80 degrees: face-on, arms and bars"
        " are plain; at 80 degrees the discs are thin and their arms and bars are gone. The"
        " elliptical stays as it is."
    ),
    "medians": (
        "Four histograms of mock ellipticals, lenticulars and spirals: ellipticals are most"
        " massive and slowest turning; ellipticals and lenticulars are red and form few stars;"
        " spirals are bluer and form stars, with a red, quiescent minority."
    ),
}

# %% [markdown]
# ## Find two faults in a table
#
# A table of SDSS galaxies in groups has masses, star-formation rates, and votes of Galaxy Zoo. Somebody joined it from two tables. Look at it before you plot it: do the words in the column `sSFR_status` fit the numbers beside them? (sSFR: the star-formation rate over the mass.)

# %%
folder = gm.find_set("sdss_mass_sfr_groups")
raw = Table.read(folder / "Control4C_Gals_processed.csv", format="ascii.csv") if folder else None
word_of = {}
if folder:
    print(f"{len(raw):,} rows, {len(np.unique(raw['objid'])):,} galaxies: some stand there twice")
    good = np.ma.filled((raw["lgm"] > 6) & (raw["sfr"] > -10), False)
    for word in ("Starforming", "Passive"):
        word_of[word] = np.median(np.asarray(raw["sSFR"])[good & (raw["sSFR_status"] == word)])
        print(f"median log sSFR of the rows called {word}: {word_of[word]:.1f}")

# %% [markdown]
# The words stand for each other: those called star-forming form the fewest stars. That is the first fault.
#
# The second is harder to see. The tables were joined by an identifier with 19 digits. Somewhere it had become a **floating-point number** (64 bits, of which 53 hold digits: about 16 decimal ones).
#
# **Predict.** Two identifiers differ by 60. Are they still two numbers as floats?
#
# **Do.** Say for each identifier whether another one becomes the same float.


# %% tags=["exercise"]
def shares_float(identifiers):
    """For each of some different whole numbers: does another one become the same 64-bit float?"""
    ### BEGIN SOLUTION
    rounded = np.asarray(identifiers).astype(float)
    values, where, times = np.unique(rounded, return_inverse=True, return_counts=True)
    return times[where] > 1
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("01f.1", points=2)

# %%
shares_float = gm.course.yours("01f.1")
identifiers = np.array([1237648704057573661, 1237648704057573721, 1237648704058573661])
step = int(np.spacing(float(identifiers[0])))
print(f"a float of this size is followed by one that is {step} larger")
if folder:
    identifiers = np.unique(raw["objid"])
shared = shares_float(identifiers)
print(f"{shared.sum()} of {len(identifiers):,} galaxies share their float with another")

# %% [markdown]
# Neighbours on the sky have neighbouring identifiers, and so got each other's votes. `gm.datasets.read_mass_sfr` mends both: it ignores the column of words, and keeps votes only where the identifier is unambiguous. **Read identifiers as integers or as text.**
#
# ## Count types and bars
#
# How often does each type occur? It depends on what was in the catalogue. OpenNGC holds what observers of the 19th century could see; EFIGI was put together to have plenty of every type; the mock sky is limited in brightness. None of them is "the" mix of the universe.

# %%
sky = gm.population(gm.pick(cpu=20_000, gpu=200_000), seed=seed)
t_type, ngc = np.asarray(sky["t_type"]), gm.datasets.open_ngc()
seen = sky["inclination"].value < 70  # nobody sees a bar from the side: not counted there
catalogues = {"mock sky": (t_type, np.where(seen, sky["bar"], np.nan))}
catalogues["OpenNGC"] = (np.asarray(ngc["t_type"]), np.asarray(ngc["bar"] == 1, float))
efigi_folder = gm.find_set("efigi_catalogue")
if efigi_folder:
    efigi = gm.datasets.read_efigi(efigi_folder)
    long_bar = np.where(np.isnan(efigi["bar"]), np.nan, efigi["bar"] >= 0.5)
    catalogues["EFIGI"] = (gm.hubble.nearest_class(efigi["t_type"]), long_bar)

# %%
stages = np.arange(-3, 11)
shares = {name: (stages, [np.mean(t == k) for k in stages]) for name, (t, _) in catalogues.items()}
barred = {}
for name, (t, bar) in catalogues.items():
    enough = [k for k in stages if np.sum((t == k) & np.isfinite(bar)) >= 50]
    barred[name] = (enough, [np.nanmean(bar[t == k]) for k in enough])
ticks = ([-3, -1, 1, 3, 5, 7, 10], ["E", "S0", "Sa", "Sb", "Sc", "Sd", "Im"])
panels = {"how often each type occurs": shares, "how many of them have a clear bar": barred}
units = ["share of galaxies", "barred share"]
gm.plots.trends(panels, xlabel="type", ylabels=units, ticks=ticks, alt=ALT["types"])

# %%
t_ngc, bar = np.asarray(ngc["t_type"]), np.asarray(ngc["bar"])
spiral = (t_ngc > 0) & (t_ngc <= 7)
strong, any_bar = np.mean(bar[spiral] == 1), np.mean(bar[spiral] > 0)
print(f"{spiral.sum():,} OpenNGC spirals: {strong:.1%} SB, {any_bar:.1%} SB or SAB (a weak bar)")

# %% [markdown]
# The published share, 29.4 % of Galaxy Zoo 2 discs ([Masters et al. 2011](https://doi.org/10.1111/j.1365-2966.2010.17834.x)), lies between the two. In the infrared, where dust does not hide them, more are found. OpenNGC's zero for lenticulars is no measurement: its types do not say "SB0", nor do they know Sdm, whose share is zero on the left. A missing entry that looks like a number is an old trap.
#
# ## Read what experts noted
#
# Lesson 01 says that from Sa to Sc the bulge gets smaller. Did experts see it? EFIGI has notes on every galaxy, each from 0 to 1: how much of the light is in the bulge, how strong the arms are. (Drawn where the set *efigi_catalogue* is at hand.)

# %%
if efigi_folder:
    kinds = gm.hubble.nearest_class(efigi["t_type"])
    notes = {"bulge's share of the light": "bulge_to_total", "strength of the arms": "arm_strength"}
    curves = {}
    for name, column in notes.items():
        curves[name] = (stages, [np.nanmean(efigi[column][kinds == k]) for k in stages])
    panel = {f"EFIGI, {len(efigi):,} observed galaxies": curves}
    gm.plots.trends(panel, xlabel="type", ylabels=["mean note"], ticks=ticks, alt=ALT["efigi"])

# %% [markdown]
# They did. But mind the circle: the same eyes gave the type, and the bulge is one of the things a type is given by.
#
# ## Turn a galaxy
#
# Type is one thing, viewing angle another. Below, the same types from face-on to nearly edge-on. At 80° an Sa and an S0 have much the same outline: the arms are hidden. A label given by eye is a label of *what could be seen*.


# %%
def turn(t_type=3, inclination=35, bar=0.0):
    """Draw one galaxy: T-Type (DS18), inclination in degrees, strength of its bar."""
    galaxy = gm.mock.specimens([t_type], inclination=inclination, bar=bar, seed=seed)
    says = f"{galaxy['hubble_type'][0]}, T = {t_type:.0f}, i = {inclination:.0f}°, bar {bar:.1f}"
    gm.plots.gallery(gm.mock.portraits(galaxy), [0], titles=[says], size=4, alt=f"A mock {says}.")


angles, types = (0, 50, 80), ("E4", "S0", "Sa", "SBa", "Sb", "SBb", "Sc", "Im")
titles = [f"{name}, {angle}°" for angle in angles for name in types]
parts = [gm.mock.specimens(types, inclination=angle, seed=seed) for angle in angles]
turned = gm.mock.portraits(vstack(parts, metadata_conflicts="silent"))
gm.plots.gallery(turned, range(len(titles)), titles=titles, alt=ALT["turned"])

# %% [markdown]
# With a running kernel, turn the knobs yourself. From which angle on do you lose the bar?

# %%
knobs = {"t_type": (-3, 10, 1, 3), "inclination": (0, 90, 5, 35), "bar": (0, 1, 0.1, 0)}
_ = gm.course.explore(turn, **knobs)

# %% [markdown]
# ## Set the mock sky beside published relations
#
# The mock sky is a catalogue first, and its galaxies were *given* published relations. So the question is not what it shows, but whether it was done right. `gm.mock.describe` says so, relation by relation. A row that says NO is good to know before a network learns from the mock sky.

# %%
described = gm.mock.describe(sky)
shown = described["relation", "group", "n", "expected", "measured", "agrees", "source"]
caption = "The mock catalogue (r < 17.77) beside published relations"
gm.plots.show_table(shown, formats={"measured": ".3f"}, caption=caption)
judged = described[described["agrees"] != "too few"]
kept = np.mean(judged["agrees"] == "yes")
print(f"{kept:.0%} of the {len(judged)} relations that can be tested agree")

# %%
s_sfr = np.asarray(sky["log_sfr"] - sky["log_mass"])
quantities = {"log stellar mass (solar)": np.asarray(sky["log_mass"])}
quantities["rest-frame g − r (mag)"] = sky["rest_g_r"].value
quantities |= {"log sSFR (1/yr)": s_sfr, "V / σ": np.asarray(sky["rotation_to_dispersion"])}
groups = {"E": t_type == -3, "S0": (t_type > -3) & (t_type <= 0), "spiral": t_type > 0}
names = {"elliptical": "E", "lenticular": "S0", "spiral": "spiral"}
panels = {q: {n: v[groups[g]] for n, g in names.items()} for q, v in quantities.items()}
limits = {"V / σ": (0, 2.5)}
gm.plots.histograms(panels, title="Mock galaxies", limits=limits, alt=ALT["medians"])
rows = [[np.median(v[m]) for m in groups.values()] for v in quantities.values()]
table = Table([list(quantities), *np.transpose(rows)], names=("median of", *groups))
gm.plots.show_table(table, caption="Mock catalogue: what was put in")

# %% [markdown]
# V/σ is ordered rotation over random motion. Look at the overlap, not only at the medians: there are quiescent spirals and blue lenticulars.
#
# On the mock sky the type depends on mass and on *whether* a galaxy is quiescent, not on how fast it forms stars. So at fixed mass there is no trend of type *within* the main sequence, while in the sky there may well be one. What the mock sky was not given, it cannot teach.
#
# ## Look at the catalogue of the talk's author
#
# Where the set *manga_dl* has been fetched (Domínguez Sánchez et al. 2022), here is what its network says of each T-Type: the share that it takes for late types, and the visual class.

# %%
manga = gm.datasets.manga_classes()
if manga is not None:
    t = gm.hubble.nearest_class(manga["T-Type"])
    lines = [(k, np.sum(t == k), np.mean(manga["P_LTG"][t == k] > 0.5)) for k in np.unique(t)]
    table = Table(rows=lines, names=("T-Type", "galaxies", "share with P_LTG above 0.5"))
    gm.plots.show_table(table, caption="Observed MaNGA galaxies")

# %% [markdown]
# ## Read on
#
# A few of the works that this course rebuilds, entered by hand (a reading list, not a census):

# %%
works = [(str(year), work, what) for year, work, what in WORKS]
table = Table(rows=works, names=("year", "work", "what it did"))
gm.plots.show_table(table, caption="A reading list")

# %% [markdown]
# ## In practice
#
# - Look at a table before you plot it: repeated rows, codes, words against numbers, identifiers.
# - Say which catalogue a share comes from, and what was in it.
# - Types given by eye depend on the image: depth, blur and inclination hide arms and bars.
#
# ## What this notebook claims

# %% tags=["claims"]
middle = dict(zip(quantities, rows, strict=True))
for name, (first, last, bound) in {
    "log stellar mass (solar)": (0, 2, 0.15),
    "rest-frame g − r (mag)": (0, 2, 0.05),
    "log sSFR (1/yr)": (2, 0, 1.0),
    "V / σ": (2, 0, 0.2),
}.items():
    claims.put_in(
        f"median {name}, {'E minus spirals' if first == 0 else 'spirals minus E'}, mock sky",
        middle[name][first] - middle[name][last],
        at_least=bound,
    )
claims.put_in("published relations that the mock catalogue keeps", kept, at_least=0.9)
claims.check(
    "barred share of observed spirals, OpenNGC (SB and SAB)",
    any_bar,
    at_least=0.25,
    control=("lenticulars, where the types say nothing of bars", np.mean(bar[t_ngc == -1] > 0)),
    fails_if="the catalogue's types did not record bars",
    about="observed",
)
claims.identity("step from one 64-bit float to the next at an SDSS identifier", step, at_least=128)
if folder:
    claims.origins.append("folder")
    claims.check(
        "median log sSFR of rows called star-forming minus those called passive, as published",
        word_of["Starforming"] - word_of["Passive"],
        at_most=-1,
        control=("the two words exchanged", word_of["Passive"] - word_of["Starforming"]),
        fails_if="the words fitted the numbers",
        about="observed",
    )
    claims.check(
        "galaxies that share their identifier with another one as floats",
        shared.sum(),
        at_least=1000,
        control=("as integers", len(identifiers) - len(np.unique(identifiers))),
        fails_if="the identifiers were short",
        about="observed",
    )
if efigi_folder:
    noted = np.isfinite(efigi["bulge_to_total"]) & np.isfinite(kinds)
    falls = spearmanr(kinds[noted], efigi["bulge_to_total"][noted]).statistic
    by_chance = spearmanr(rng.permutation(kinds[noted]), efigi["bulge_to_total"][noted]).statistic
    claims.check(
        "EFIGI: rank correlation of T-Type and the bulge's share of the light",
        falls,
        at_most=-0.6,
        control=("types shuffled", by_chance),
        fails_if="experts did not see smaller bulges in later types",
        about="observed",
    )
gm.plots.show_claims(claims.report())
