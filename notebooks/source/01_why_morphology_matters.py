# %% [markdown]
# # See why morphology matters
#
# **What you'll do:** draw Hubble's tuning fork, turn its types into numbers, and find out what a galaxy's shape says about its mass, its colour, its stars and its motion; then see why people alone cannot look at all galaxies.
#
# **What you'll learn**
# - how a Hubble type becomes a T-Type, and how mixing two scales turns lenticulars into ellipticals
# - which properties go with shape, by how much, on a mock sky and in observed catalogues
# - how to read a catalogue with suspicion: two faults of a real table, found in a few lines
# - how long 27 million galaxies take by eye, by a crowd and by a network
#
# **What you'll need:** lesson 00; 35 minutes to read, under a minute to run on two cores, 1 GB of memory. No deep learning yet.

# %%
# On Colab, install the helper package without touching the torch and numpy that are there. Elsewhere this does nothing.
import sys

if "google.colab" in sys.modules:
    # %pip install -q --no-deps "galmorph-helpers @ git+https://github.com/galmorph/galaxy-morphology-course"
    # %pip install -q "photutils>=2" "pooch" "pyongc"
    pass

# %% tags=["setup"]
import time

import numpy as np
from astropy.cosmology import FlatLambdaCDM
from astropy.table import Table, vstack
from scipy.stats import kstest

import galmorph_helpers as gm
from galmorph_helpers.published import GALAXY_ZOO_2, LABEL_SOURCES, LARGEST_CATALOGUE, TALK_WALL, WORKS

seed = gm.start()
claims = gm.Claims("01", origins=("mock", "OpenNGC"))

# %% [markdown]
# ## Draw the tuning fork
#
# [Hubble (1926)](https://doi.org/10.1086/143018) sorted galaxies by their look, and the order stuck. **Ellipticals** have no structure but their flattening: E*n* has an axis ratio $b/a = 1 - n/10$. **Lenticulars** (S0) add a disc without arms. **Spirals** have arms, wound tightly around a large bulge in Sa and loosely around a small one in Sc; about a third have a clear **bar** as well (SB). **Irregulars** (Im) have no order to speak of.
#
# `gm.mock.specimens` picks a typical mock galaxy of each type and tidies it up; `gm.mock.portraits` draws it alone, without neighbours or noise. Sky surveys never show it that clean.

# %%
names = ["E0", "E4", "E7", "S0", "Sa", "Sb", "Sc", "SB0", "SBa", "SBb", "SBc", "Im"]
fork = gm.mock.portraits(gm.mock.specimens(names, inclination=40, seed=seed), size=160, noise=False)
gm.plots.tuning_fork(fork, alt="Hubble's tuning fork in twelve drawn galaxies. On the handle yellow ellipticals E0, E4, E7, then S0; above the spirals Sa, Sb, Sc with ever looser, bluer arms; below the barred SB0, SBa, SBb, SBc; on the right an irregular. The T axis below runs from -3 to 10.")
claims.check("Hubble types drawn and labelled", len(set(fork.table["hubble_type"])), at_least=8, because="a type could not be drawn")

# %% [markdown]
# The fork is not a life story: galaxies do not walk from left to right. "Early" and "late" are Hubble's words for simple and complex, and they stuck too: **early types** (ETG) are E and S0, **late types** (LTG) are Sa to Im.
#
# ## Number the types
#
# A network needs numbers. The **T-Type** counts along the fork. There are two scales in use, and they differ just where it hurts, among the early types: de Vaucouleurs' (the RC3 catalogue; Nair & Abraham and EFIGI follow it) and that of Domínguez Sánchez et al. 2018 (DS18), which the talk and this course use.

# %%
classes = ["E", "S0-", "S0", "S0/a", "Sa", "Sab", "Sb", "Sbc", "Sc", "Scd", "Sd", "Sdm", "Sm", "Im"]
ds18 = np.array([gm.hubble.read_hubble_type(name).t_type for name in classes], float)
rc3 = gm.hubble.convert_t_type(ds18, "DS18", to="RC3")
gm.plots.show_table(Table({"scale": ["RC3, Nair & Abraham, EFIGI", "DS18, the talk, this course"], **{c: [f"{a:.0f}", f"{b:.0f}"] for c, a, b in zip(classes, rc3, ds18, strict=True)}}), caption="The T-Type of each class on both scales")

# %% [markdown]
# `gm.hubble.convert_t_type` goes from one to the other. It is linear between classes, since networks predict fractions; there and back must be the same number. And catalogues hide codes among their types: 99 is "unknown", not a very late galaxy. Codes become NaN.

# %%
t = np.linspace(-3.3, 10, 500)  # DS18's published types reach -3.3
worst = max(np.abs(gm.hubble.convert_t_type(gm.hubble.convert_t_type(t, "DS18", to=scale), scale) - t).max() for scale in ("RC3", "NA10", "EFIGI"))
print("a Nair & Abraham column [-5, -2, 3, 99] on the DS18 scale:", gm.hubble.convert_t_type([-5, -2, 3, 99], "NA10"))
claims.check("T-Type scales: largest error there and back", worst, at_most=1e-9, because="the conversion were not invertible")

# %% [markdown]
# What if you forget to convert? Take real galaxies. The package pyongc carries [OpenNGC](https://github.com/mattiaverga/OpenNGC): every galaxy of the New General and Index Catalogues, most with a Hubble type given by people. Write their types on the RC3 scale and read them as if they were DS18's, with $T \le -3$ for ellipticals:

# %%
ngc = gm.datasets.open_ngc()
as_rc3 = gm.hubble.convert_t_type(ngc["t_type"], "DS18", to="RC3")
called_e = as_rc3 <= -3
wrong = np.mean(ngc["t_type"][called_e] > -3)
print(f"{len(ngc):,} observed NGC and IC galaxies with a type; {called_e.sum():,} would be called elliptical, and {wrong:.0%} of those are lenticulars")
claims.check("OpenNGC: false ellipticals when the scales are mixed", wrong, at_least=0.2, because="the catalogue had few S0-")

# %% [markdown]
# ## Turn a galaxy
#
# Type is one thing, viewing angle another. Below, the same types from face-on to nearly edge-on. At 80° an Sa and an S0 look alike: the arms are hidden. A label given by eye is a label of *what could be seen*.

# %%
def turn(t_type=3, inclination=35, bar=0.0):
    """Draw one galaxy: T-Type (DS18), inclination in degrees, strength of its bar."""
    galaxy = gm.mock.specimens([t_type], inclination=inclination, bar=bar, seed=seed)
    gm.plots.gallery(gm.mock.portraits(galaxy), [0], titles=[f"{galaxy['hubble_type'][0]}, T = {t_type:.0f}, i = {inclination:.0f}°, bar {bar:.1f}"], size=4,
                  alt=f"A mock galaxy of T-Type {t_type:.0f}, inclined by {inclination:.0f} degrees, bar strength {bar:.1f}.")


# %%
angles, types = (0, 50, 80), ("E4", "S0", "Sa", "SBa", "Sb", "SBb", "Sc", "Im")
shown = [(angle, name) for angle in angles for name in types]
turned = vstack([gm.mock.specimens(types, inclination=angle, seed=seed) for angle in angles], metadata_conflicts="silent")
gm.plots.gallery(gm.mock.portraits(turned), range(len(shown)), titles=[f"{name}, {angle}°" for angle, name in shown], caption="The same types, ever more inclined",
              alt="Eight types in columns at inclinations of 0, 50 and 80 degrees: face-on, arms and bars are plain; at 80 degrees the discs are thin and their arms and bars are gone. The elliptical stays as it is.")

# %% [markdown]
# With a running kernel, turn the knobs yourself. From which angle on do you lose the bar?

# %%
_ = gm.course.explore(turn, t_type=(-3, 10, 1, 3), inclination=(0, 90, 5, 35), bar=(0, 1, 0.1, 0))

# %% [markdown]
# ## Ask what shape goes with
#
# The talk's claim: **spirals** are of intermediate or low mass, with young stars, still forming new ones, and rotate; **ellipticals** are the most massive, old and red, and their stars move at random. Measure it. The mock sky is a catalogue first, and its galaxies were given these relations; so first comes the question whether it was done right. `gm.mock.describe` sets the catalogue beside published relations, each with its stated scatter.

# %%
sky = gm.population(gm.pick(cpu=20_000, gpu=200_000), seed=seed)
described = gm.mock.describe(sky)
gm.plots.show_table(described["relation", "group", "n", "expected", "measured", "agrees", "source"], formats={"measured": ".3f"}, caption="The mock catalogue (flux-limited, r < 17.77) beside published relations")
tested = described[described["agrees"] != "too few"]
kept = np.mean(tested["agrees"] == "yes")
print(f"{kept:.0%} of the {len(tested)} relations that can be tested agree; {(described['agrees'] == 'too few').sum()} have too few galaxies")
claims.check("published relations that the mock catalogue keeps", kept, at_least=0.75, because="the population had drifted from observed galaxies")

# %% [markdown]
# A row that says NO is good to know before a network learns from the mock sky. Its bulges are a choice: they hold 0.6 of the light that Simien & de Vaucouleurs (1986) found by taking profiles apart, since fits to whole images find less, and with the full shares its spirals were more concentrated than observed SDSS spirals are. If colours of spirals say NO, that is a fault: many of its quiescent galaxies are spirals, which keeps a network from reading the type off the colour, and pulls their median to the red.

# %%
quiescent, ltg = np.asarray(sky["quiescent"], bool), np.asarray(sky["ltg"], bool)
print(f"mock sky: {ltg[quiescent].mean():.0%} of the quiescent galaxies are spirals; {quiescent[ltg].mean():.0%} of the spirals are quiescent")

# %% [markdown]
# Now the medians. Brackets are 95 % intervals from resampling the galaxies.

# %%
s_sfr = sky["log_sfr"] - sky["log_mass"]
quantities = {"log stellar mass (solar)": sky["log_mass"], "rest-frame g − r (mag)": sky["rest_g_r"].value,
              "log sSFR (1/yr)": s_sfr, "V / σ": sky["rotation_to_dispersion"]}
t_type = np.asarray(sky["t_type"])
groups = {"E": t_type == -3, "S0": (t_type > -3) & (t_type <= 0), "Sa–Sb": (t_type > 0) & (t_type <= 3), "Sbc–Im": t_type > 3}
rng = np.random.default_rng(seed)


def median_interval(values):
    """Median and its 95 % interval by resampling."""
    values = np.asarray(values)
    low, high = np.percentile(np.median(values[rng.integers(0, len(values), (200, len(values)))], 1), [2.5, 97.5])
    return f"{np.median(values):.2f} [{low:.2f}, {high:.2f}]".replace("-", "−")


rows = {"type": list(groups), "galaxies": [int(m.sum()) for m in groups.values()]}
rows |= {name: [median_interval(values[m]) for m in groups.values()] for name, values in quantities.items()}
gm.plots.show_table(Table(rows), caption="Medians by type, mock catalogue")

# %%
early, late = t_type <= 0, t_type > 0
gm.plots.histograms({name: {"elliptical": values[groups["E"]], "lenticular": values[groups["S0"]], "spiral": values[late]} for name, values in quantities.items()},
                    title="Mock galaxies", limits={"V / σ": (0, 2.5)},
                    alt="Four histograms of mock ellipticals, lenticulars and spirals: ellipticals are most massive and slowest turning; ellipticals and lenticulars are red and form few stars; spirals are bluer and form stars, with a red, quiescent minority.")
gap = {name: np.median(values[early]) - np.median(values[late]) for name, values in quantities.items()}
for (name, value), sign, bound in zip(gap.items(), (1, 1, -1, -1), (0.15, 0.05, 1.0, 0.2), strict=True):
    claims.check(f"median {name}, {'ETG minus LTG' if sign > 0 else 'LTG minus ETG'}, mock sky", sign * value, at_least=bound, because="shape had nothing to do with it")
middle = np.array([[np.median(values[m]) for m in groups.values()] for values in quantities.values()])
disorder = sum(np.sum(np.diff(middle[k]) * sign < -0.05) for k, sign in ((0, -1), (1, -1), (3, 1)))
claims.check("steps from E to Sbc–Im in which mass, colour or V/σ go the wrong way by over 0.05", disorder, at_most=0, because="the medians were not ordered by type")

# %% [markdown]
# From E to Sbc–Im mass falls, colour turns blue and rotation grows, though lenticulars and early spirals weigh nearly the same. Ellipticals have two humps in V/σ, for some rotate after all (fast rotators) and the massive ones hardly do (slow rotators). And look at the overlap, not only at the medians: there are quiescent spirals and blue lenticulars; a mass or a colour tells you what is *likely*, not what is there. That is why shape has to be measured, too.
#
# ## Place the types on the main sequence
#
# The talk's plane: stars formed per year against stellar mass. Star-forming galaxies lie on a ridge, the **main sequence**, $\log \mathrm{SFR} = 0.76 \log M - 7.64$ ([Renzini & Peng 2015](https://doi.org/10.1088/2041-8205/801/2/L29)); below it lies a cloud of galaxies that have all but stopped. Each hexagon is coloured by its mean T-Type.

# %%
ridge = ("main sequence, Renzini & Peng (2015)", lambda m: 0.76 * m - 7.64)
divide = ("sSFR = 10⁻¹¹ per year", lambda m: m - 11)
plane = {"xlabel": "log stellar mass (solar)", "ylabel": "log SFR (solar masses a year)", "lines": (ridge, divide), "limits": (9.0, 11.8, -2.5, 1.6)}
gm.plots.planes({"mock galaxies": (sky["log_mass"], sky["log_sfr"], sky["t_type"])}, label="mean T-Type (dark: early)", **plane,
                alt="Star-formation rate against mass of mock galaxies: late types, bright, along the main sequence, latest at low mass; early types, dark, in the quiescent cloud below, which reaches the highest masses.")

# %%
def main_sequence(log_mass, log_sfr, low=9.0, high=11.5):
    """Slope of log SFR with log mass of galaxies above sSFR = 1e-11 per year, and its standard error."""
    use = (log_sfr - log_mass > -11) & (log_mass > low) & (log_mass < high)
    (slope, _), covariance = np.polyfit(log_mass[use], log_sfr[use], 1, cov=True)
    return slope, covariance[0, 0] ** 0.5


slope, error = main_sequence(sky["log_mass"], sky["log_sfr"])
steps = [-14, -11, -10.5, -10.2, -9.9, -9.5]
by_activity = np.array([t_type[(s_sfr > a) & (s_sfr <= b)].mean() for a, b in zip(steps[:-1], steps[1:], strict=True)])
print(f"slope of the main sequence, mock sky: {slope:.3f} ± {error:.3f} (published 0.76)")
print("mean T-Type in steps of rising sSFR:", np.round(by_activity, 2))
claims.check("slope of the main sequence off 0.76, mock sky", abs(slope - 0.76), at_most=0.1, because="star formation did not follow mass")
claims.check("smallest rise of the mean T-Type from one step of sSFR to the next, mock sky", np.diff(by_activity).min(), at_least=0.05, because="type did not follow star formation")
claims.compare("slope of the main sequence, mock sky", 0.76, slope, (slope - 1.96 * error, slope + 1.96 * error))

# %% [markdown]
# A word of caution: on the mock sky, type depends on mass and on *whether* a galaxy is quiescent, and on nothing else. So at fixed mass there is no trend *within* the main sequence, while in the sky there may well be one. What the mock sky was not given, it cannot teach.
#
# ## Count the types of real galaxies
#
# How often does each type occur? It depends on who was asked, and what was in the catalogue. OpenNGC holds what visual observers of the 19th century could see; EFIGI was put together to have plenty of every type; the mock sky is limited in flux. None of the three is "the" mix of the universe.

# %%
efigi_folder = gm.find_set("efigi_catalogue")
seen = sky["inclination"].value < 70  # nobody sees a bar from the side: not counted there
catalogues = {"mock sky": (t_type, np.where(seen, sky["bar"], np.nan)), "OpenNGC": (np.asarray(ngc["t_type"]), np.asarray(ngc["bar"] == 1, float))}
if efigi_folder:
    efigi = gm.datasets.read_efigi(efigi_folder)
    catalogues["EFIGI"] = (gm.hubble.nearest_class(efigi["t_type"]), np.where(np.isnan(efigi["bar"]), np.nan, efigi["bar"] >= 0.5))
    claims.origins.append("folder")

# %%
stages = np.arange(-3, 11)
shares = {name: (stages, [np.mean(t == k) for k in stages]) for name, (t, _) in catalogues.items()}
barred = {}
for name, (t, bar) in catalogues.items():
    enough = [k for k in stages if np.sum((t == k) & np.isfinite(bar)) >= 50]
    barred[name] = (enough, [np.nanmean(bar[t == k]) for k in enough])
gm.plots.trends({"how often each type occurs": shares, "how many of them have a clear bar": barred}, xlabel="Hubble type", ylabels=["share of galaxies", "barred share"], ticks=([-3, -1, 1, 3, 5, 7, 10], ["E", "S0", "Sa", "Sb", "Sc", "Sd", "Im"]),
                alt="Left: the share of each Hubble type in the mock catalogue and in OpenNGC, with ellipticals and spirals most frequent and irregulars rare, and in EFIGI, which is flatter. Right: the share of barred galaxies among spirals is near a quarter, with no bars recorded for early types in OpenNGC.")

# %%
spiral = (ngc["t_type"] > 0) & (ngc["t_type"] <= 7)
ngc_barred = np.mean(ngc["bar"][spiral] == 1)
spread = 1.96 * np.sqrt(ngc_barred * (1 - ngc_barred) / spiral.sum())
print(f"OpenNGC spirals with a strong bar (SB): {ngc_barred:.1%} of {spiral.sum():,}; with any (SAB, too): {np.mean(ngc['bar'][spiral] > 0):.1%}")
claims.compare("barred share of spirals, OpenNGC (SB)", 0.294, ngc_barred, (ngc_barred - spread, ngc_barred + spread))
claims.check("barred share of observed spirals, OpenNGC (SB and SAB)", np.mean(ngc["bar"][spiral] > 0), at_least=0.25, because="the catalogue's types did not record bars")

# %% [markdown]
# The published share, 29.4 % of Galaxy Zoo 2 discs ([Masters et al. 2011](https://doi.org/10.1111/j.1365-2966.2010.17834.x)), lies between what OpenNGC calls SB and what it calls SB or SAB. In the near infrared, where dust does not hide them, more are found. OpenNGC's zero for lenticulars is no measurement: its types do not say "SB0", nor do they know Sdm, whose share is zero on the left. A missing entry that looks like a number is the oldest trap of catalogue work.
#
# ## Tell discs from spheroids by their outlines
#
# Discs point anywhere. If a disc has thickness $q_0$ and its inclination is random ($\cos i$ uniform), its apparent axis ratio is
#
# $$q^2 = q_0^2 + (1 - q_0^2)\cos^2 i ,$$
#
# so the share of discs that look flatter than $q$ follows without any further assumption ([Hubble 1926](https://doi.org/10.1086/143018)). Compare it with OpenNGC's axis ratios: no image, no network, two columns of an old catalogue.

# %%
def random_discs(q, q0=0.2):
    """Share of randomly inclined discs of thickness q0 with an axis ratio below q: the cosine of the inclination at q."""
    return np.sqrt(np.clip((np.asarray(q) ** 2 - q0**2) / (1 - q0**2), 0, 1))


# %%
q = np.linspace(0.02, 1, 60)
panels, distance = {}, {}
for title, table in (("observed: OpenNGC", ngc), ("mock galaxies", sky)):
    kinds = {"elliptical": table["t_type"] == -3, "lenticular": (table["t_type"] > -3) & (table["t_type"] < 0), "spiral": (table["t_type"] > 3) & (table["t_type"] <= 6)}
    ratios = {name: np.asarray(table["axis_ratio"][m & np.isfinite(table["axis_ratio"])]) for name, m in kinds.items()}
    panels[title] = {name: (q, [np.mean(r < x) for x in q]) for name, r in ratios.items()} | {"discs at random, q₀ = 0.2": (q, random_discs(q))}
    distance[title] = {name: kstest(r, random_discs).statistic for name, r in ratios.items()}
gm.plots.trends(panels, xlabel="axis ratio b/a", ylabels=["share of galaxies flatter than this", ""],
                alt="Cumulative axis ratios. Mock discs follow the law of randomly inclined discs, observed late spirals lie close to it, observed lenticulars between it and the ellipticals, which are far rounder.")
for title, found in distance.items():
    print(f"{title}: largest gap to the law (Kolmogorov–Smirnov),", ", ".join(f"{name}s {d:.2f}" for name, d in found.items()))

# %%
b_a = np.asarray(ngc["axis_ratio"])[(ngc["t_type"] > 3) & (ngc["t_type"] <= 6)]
b_a = b_a[np.isfinite(b_a)]
print(f"OpenNGC Sbc–Scd flatter than 0.3: {np.mean(b_a < 0.3):.0%} (law: {random_discs(0.3):.0%}); rounder than 0.9: {np.mean(b_a > 0.9):.0%} (law: {1 - random_discs(0.9):.0%})")
real = distance["observed: OpenNGC"]
claims.check("OpenNGC spirals (Sbc–Scd): largest gap in b/a to discs at random", real["spiral"], at_most=0.15, because="spirals were not discs")
claims.check("OpenNGC ellipticals: largest gap in b/a to discs at random", real["elliptical"], at_least=0.3, because="ellipticals were discs, too")
claims.check("mock spirals: largest gap in b/a to discs at random", distance["mock galaxies"]["spiral"], at_most=0.12, because="mock discs were not inclined at random")

# %% [markdown]
# The observed spirals lie close to the law and not on it: fewer are very flat than it says, and fewer perfectly round. Real discs are not perfect circles, a bulge rounds the outline of a disc on edge, and a galaxy whose arms cannot be seen may have been given another type. The mock discs were made by the law, with discs of lenticulars thicker than those of spirals; observed lenticulars are rounder still, for large bulges round their outline, and the axis ratio in the mock catalogue is that of the disc alone. And among the E of any catalogue there are discs seen face-on: an outline alone does not settle it.
#
# ## Play with the mix through time
#
# The talk shows the observed mix of types and their star formation since the universe was young ([Huertas-Company et al. 2016](https://doi.org/10.1093/mnras/stw1866)): far back, more irregulars and fewer spheroids. Below is **a toy, with three made-up rates and no data**: everything starts irregular at $z = 5$; irregulars settle into discs, discs grow bulges, and mergers turn anything into spheroids. Change a rate and see what moves.

# %%
def toy_mix(settle=0.4, bulge=0.12, merge=0.06):
    """TOY. Redshift and shares of irregulars, discs, discs with spheroid and spheroids; rates per Gyr, from z = 5 on."""
    z = np.linspace(5, 0, 501)
    age = FlatLambdaCDM(H0=70, Om0=0.3).age(z).value
    mix = np.zeros((len(z), 4))
    mix[0, 0] = 1
    for k, dt in enumerate(np.diff(age)):
        irregular, disc, both, _ = mix[k]
        flow = np.array([settle * irregular, bulge * disc]) * dt
        merged = merge * dt * mix[k, :3]
        mix[k + 1] = mix[k] + [-flow[0] - merged[0], flow[0] - flow[1] - merged[1], flow[1] - merged[2], merged.sum()]
    return z, mix


# %%
z, mix = toy_mix()
kinds = ["irregular", "disc", "disc + spheroid", "spheroid"]
gm.plots.trends({"TOY: made-up rates, no data": {name: (z, mix[:, k]) for k, name in enumerate(kinds)}}, xlabel="redshift (today on the left)", ylabels=["share of galaxies"],
                alt="A toy of the mix of types against redshift: irregulars make up nearly all galaxies at redshift 5 and few today; discs, discs with spheroids and spheroids grow towards today.")
at = {redshift: mix[np.argmin(np.abs(z - redshift))] for redshift in (0, 3)}
claims.check("toy: share of irregulars, z = 3 minus z = 0", at[3][0] - at[0][0], at_least=0.2, because="the rates were so small that nothing settles")
claims.check("toy: share of spheroids, z = 0 minus z = 3", at[0][3] - at[3][3], at_least=0.1, because="nothing merged")

# %% [markdown]
# That irregulars rise with redshift and spheroids fall is built in; the observed curves are *not* derived from this. To get them, someone had to classify fifty thousand faint galaxies ([Huertas-Company et al. 2015](https://doi.org/10.1088/0067-0049/221/1/8)): by network.
#
# ## Find out why it has to be automatic
#
# Who has looked, so far? The numbers of the talk, and of the papers:

# %%
gm.plots.show_table(Table(rows=[{"source": name, "the talk says": row["talk"], "the paper says": row["paper"]} for name, row in LABEL_SOURCES.items()]), caption="Where labels come from")

# %% [markdown]
# The two counts of Galaxy Zoo 2 differ since its catalogue holds several samples; the talk probably counts the main one. Now take a catalogue of today: 27 million galaxies of the Dark Energy Survey. An expert who gives each ten seconds (our assumption), 1,600 hours a year; the crowd of Galaxy Zoo 2 at its pace, with many looks at each galaxy; and a small network on the machine that runs this notebook:

# %%
images = gm.mock_sample(600, seed=seed).images
network = gm.load_weights(gm.CompactCNN(), "mock_trunk")
begin = time.perf_counter()
gm.predict(network, images, views=1)
a_second = len(images) / (time.perf_counter() - begin)

# %%
looks = GALAXY_ZOO_2["classifications"] / GALAXY_ZOO_2["galaxies"]
per_year = {"one expert, 10 s a galaxy": 1600 * 3600 / 10,
            f"the crowd of Galaxy Zoo 2, {looks:.0f} looks each": GALAXY_ZOO_2["galaxies"] / (GALAXY_ZOO_2["months"] / 12),
            "a small network, this machine": a_second * 365.25 * 24 * 3600}
years = {name: LARGEST_CATALOGUE / rate for name, rate in per_year.items()}
gm.plots.show_table(Table({"who": list(years), "galaxies a year": [f"{rate:,.0f}" for rate in per_year.values()], "27 million take": [f"{y:,.0f} years" if y > 1 else f"{y * 365.25 * 24:.1f} hours" for y in years.values()]}),
                    caption=f"Looking at {LARGEST_CATALOGUE:,} galaxies; the network does {a_second:,.0f} a second once the stamps are in memory")
expert, crowd, machine = years.values()
claims.check("years that the crowd of Galaxy Zoo 2 would need for 27 million galaxies", crowd, at_least=50, because="the crowd had been far faster")
claims.check("the network is faster than the crowd by a factor of", crowd / machine, at_least=1000, because="the machine were very slow")

# %% [markdown]
# And it does not tire, and gives the same answer twice; experts differ by one to two T-Types among themselves ([Naim et al. 1995](https://doi.org/10.1093/mnras/274.4.1107)). What a network cannot do is look without having been shown: every one in this list learnt from people, or from structure in the images. A few of the works that this course rebuilds, entered by hand (a reading list, not a census):

# %%
gm.plots.show_table(Table(rows=[{"year": str(year), "work": work, "what it did": what} for year, work, what in WORKS]), caption="A reading list")
print("papers on one slide of the talk, by year:", ", ".join(f"{year}: {n}" for year, n in TALK_WALL.items()), "(the speaker's choice, not a census)")

# %% [markdown]
# ## What the talk found, what you found
#
# The talk's slide on spirals and ellipticals has words, no numbers. Here they are with the mock catalogue's medians, and the published numbers of this lesson beside yours.

# %%
def medians(name):
    """Median of ellipticals and of spirals."""
    return f"E {np.median(quantities[name][groups['E']]):.2f}, spirals {np.median(quantities[name][late]):.2f}".replace("-", "−")


said = {"ellipticals are the most massive": "log stellar mass (solar)", "ellipticals have red, old stars": "rest-frame g − r (mag)",
        "spirals are forming stars": "log sSFR (1/yr)", "spirals rotate, in ellipticals dispersion dominates": "V / σ"}
gm.plots.show_table(Table(rows=[{"the talk says": words, "measured, mock sky": name, "medians": medians(name)} for words, name in said.items()]))
gm.plots.show_table(Table(rows=[{"what": row["what"], "published": row["published"], "yours": row["measured"], "95 % interval": "[{:.3f}, {:.3f}]".format(*row["interval"])} for row in claims.published]),
                    formats={"published": ".3f", "yours": ".3f"})

# %% [markdown]
# The slope comes out a little below the 0.76 that the mock sky was given, and that the table of relations finds among the galaxies that truly form stars. The cut at $10^{-11}$ per year lets some quiescent galaxies pass, most of them massive, and they pull the line down there: a slope belongs to its selection. And how strong a bar must be to count is a choice, too: with SB alone OpenNGC has fewer than Galaxy Zoo, with SAB more.
#
# ## On observed galaxies
#
# Does the plane of mass and star formation look like that in the sky? A table of SDSS galaxies in groups has masses, rates and Galaxy Zoo votes. Before you plot a table that someone else made, look at it.

# %%
groups = gm.find_set("sdss_mass_sfr_groups")
if groups:
    raw = Table.read(groups / "Control4C_Gals_processed.csv", format="ascii.csv")
    print(f"{len(raw):,} rows, {len(np.unique(raw['objid'])):,} galaxies: some stand there several times, with different votes")
    good = np.ma.filled((raw["lgm"] > 6) & (raw["sfr"] > -10), False)
    for word in ("Starforming", "Passive"):
        print(f"median log sSFR of the rows called {word}: {np.median(np.asarray(raw['sSFR'])[good & (raw['sSFR_status'] == word)]):.1f}")

# %%
if groups:
    votes, rounded = {}, {}
    for objid, p in zip(np.asarray(raw["objid"]), np.ma.filled(raw["p_S"].astype(float), -1), strict=True):
        votes.setdefault(int(objid), set()).add(float(p))
        rounded.setdefault(float(objid), set()).add(int(objid))
    shared = [sorted(ids) for ids in rounded.values() if len(ids) > 1]
    alike = sum(all(votes[i] == votes[ids[0]] for i in ids) for ids in shared)
    print(f"identifiers kept as floating-point numbers: {len(shared)} stand for several galaxies; in {alike} of these cases all have the same votes")
    print("step from one such number to the next:", int(np.spacing(float(raw["objid"][0]))))

# %% [markdown]
# Two faults, one lesson. The words in `sSFR_status` stand for each other: those called star-forming form the fewest stars. And someone joined two tables by a 19-digit identifier that had become a floating-point number, whose steps there are 256 wide: neighbours on the sky got each other's votes. `gm.datasets.read_mass_sfr` mends both: it ignores that column, and keeps votes only where the identifier is unambiguous. **Read identifiers as integers or as text.**

# %%
observed = gm.datasets.observed_mass_sfr()
if observed:
    known = np.isfinite(observed["p_spiral"])
    gm.plots.planes({"mock galaxies: late types": (sky["log_mass"], sky["log_sfr"], sky["ltg"]), f"observed: {known.sum():,} SDSS galaxies, spiral votes": (observed["log_mass"], observed["log_sfr"], observed["p_spiral"])},
                    label="mean share of late types, or of spiral votes", cells=18, **plane,
                    alt="Two planes of star formation against mass. Left, mock galaxies: late types on the main sequence, early ones below. Right, observed galaxies: spiral votes are high on the main sequence and low in the quiescent cloud.")
    activity = observed["log_sfr"] - observed["log_mass"]
    observed_slope, observed_error = main_sequence(observed["log_mass"], observed["log_sfr"], high=11.0)
    votes_active, votes_quiet = (np.mean(observed["p_spiral"][known & side]) for side in (activity > -11, activity <= -11))
    print(f"slope of the main sequence, observed: {observed_slope:.2f} ± {observed_error:.2f}; on the mock sky, cut alike: {main_sequence(sky['log_mass'], sky['log_sfr'], high=11.0)[0]:.2f}")
    print(f"mean share of spiral votes above sSFR = 1e-11: {votes_active:.2f}, below: {votes_quiet:.2f}")
    claims.compare("slope of the main sequence, observed", 0.76, observed_slope, (observed_slope - 1.96 * observed_error, observed_slope + 1.96 * observed_error))
    claims.check("slope of the main sequence off 0.76, observed", abs(observed_slope - 0.76), at_most=0.1, because="the sample held few normal galaxies")
    claims.check("share of spiral votes, star-forming minus quiescent, observed", votes_active - votes_quiet, at_least=0.2, because="votes were joined to the wrong galaxies")

# %% [markdown]
# The same picture: spiral votes are high on the main sequence and low in the cloud below. Not all that is quiescent is an elliptical, though: many of the votes there still say spiral. And these are galaxies in groups within $z < 0.05$, not a fair sample of anything.

# %%
faces, answers = gm.labelled_sdss("disc")
if faces:
    called = answers["called"]
    chosen = np.concatenate([np.flatnonzero(called == word)[:4] for word in ["elliptical", "smooth", "edge-on", "disc", "spiral", "merger"]])
    gm.plots.gallery(faces, chosen, titles=list(called[chosen]), caption="As people called them",
                  alt="Sixteen observed SDSS galaxies, four each called elliptical, edge-on, clockwise spiral and merger by volunteers: smaller and noisier than the drawn ones of the tuning fork.")
    del faces

# %% [markdown]
# ## Exercises
#
# **1. Convert by hand.** A table in the RC3 scale lists an elliptical, an S0 and an Sbc: $T = -5, -2, 4$. Which are their T-Types on the DS18 scale?

# %%
converted = ...

# %%
_ = gm.course.check("exercise 1", converted, [-3, -1, 4], hint="Look at the table of both scales: from S0/a on they agree.")

# %% tags=["solution", "nbval-check-output"]
converted = gm.hubble.convert_t_type([-5, -2, 4], "RC3", to="DS18")
_ = gm.course.check("exercise 1", converted, [-3, -1, 4])

# %% [markdown]
# **2. Half of the discs.** Discs have a thickness of 0.25. Below which axis ratio lie half of them?

# %%
half = ...

# %%
_ = gm.course.check("exercise 2", half, np.sqrt(0.25**2 + (1 - 0.25**2) * 0.5**2), tolerance=1e-3, hint="cos i is uniform, so half of the discs have cos i below 0.5.")

# %% tags=["solution", "nbval-check-output"]
ratios = np.linspace(0.25, 1, 2000)
half = np.interp(0.5, random_discs(ratios, q0=0.25), ratios)  # the law above, read backwards
_ = gm.course.check("exercise 2", half, np.sqrt(0.25**2 + (1 - 0.25**2) * 0.5**2), tolerance=1e-3)

# %% [markdown]
# **3. Read the names.** Which share of OpenNGC's spirals (T from 1 to 7) do people call barred at all, SB or SAB?

# %%
any_bar = ...

# %%
_ = gm.course.check("exercise 3", any_bar, np.mean(ngc["bar"][(ngc["t_type"] >= 1) & (ngc["t_type"] <= 7)] > 0), hint="The column `bar` is 0.5 for SAB and 1 for SB.")

# %% tags=["solution", "nbval-check-output"]
any_bar = np.mean(ngc["bar"][spiral] > 0)
_ = gm.course.check("exercise 3", any_bar, np.mean(ngc["bar"][(ngc["t_type"] >= 1) & (ngc["t_type"] <= 7)] > 0))

# %% [markdown]
# ## In practice
#
# - Say which T scale you use, convert before you mix, and turn codes into NaN. Keep identifiers as integers or text.
# - Types given by eye depend on the image: depth, blur and inclination hide arms and bars.
# - The mock sky has the relations it was given, and only those. `gm.mock.describe` says which; it is no evidence about the universe.
# - Next: lesson 02, *train a network to classify galaxies*.
#
# ## Further reading
#
# - Hubble 1926, *Extragalactic nebulae*, [doi:10.1086/143018](https://doi.org/10.1086/143018)
# - Roberts & Haynes 1994, *Physical parameters along the Hubble sequence*, [doi:10.1146/annurev.aa.32.090194.000555](https://doi.org/10.1146/annurev.aa.32.090194.000555)
# - Nair & Abraham 2010, *A catalog of detailed visual morphological classifications*, [doi:10.1088/0067-0049/186/2/427](https://doi.org/10.1088/0067-0049/186/2/427)
# - Baillard et al. 2011, *The EFIGI catalogue of 4458 nearby galaxies with detailed morphology*, [doi:10.1051/0004-6361/201016423](https://doi.org/10.1051/0004-6361/201016423)
# - Willett et al. 2013, *Galaxy Zoo 2*, [doi:10.1093/mnras/stt1458](https://doi.org/10.1093/mnras/stt1458)
# - Renzini & Peng 2015, *An objective definition for the main sequence of star-forming galaxies*, [doi:10.1088/2041-8205/801/2/L29](https://doi.org/10.1088/2041-8205/801/2/L29)
#
# ## What this lesson claims

# %% tags=["claims"]
gm.plots.show_claims(claims.report())
