# ---
# minutes: 50
# ---

# %% [markdown]
# # Find activity gradients without labels
#
# Below is one galaxy, a lenticular (a disc without arms, type S0), seen in four maps and two spectra. Its outskirts still form stars; its centre has stopped. **Could you find such galaxies among a thousand, without looking at each, and without telling the computer what to look for?**
#
# **You will do:** bring a thousand mock spectra to a state in which they can be compared, reduce each to two numbers, find the galaxies that have stopped forming stars though nobody says which they are, and measure where in each galaxy it happened.
#
# **You will learn**
# - what a principal component of galaxy spectra means, and what it does not
# - how a line of the BPT diagram tells what makes gas glow
# - how a profile becomes a gradient with a sign, and why the error from noise alone is wrong
#
# **You need:** lesson 00 and some linear algebra. 25 minutes to read, 25 for six exercises; about a minute of computing on two cores, 1.2 GB of memory.
#
# The talk shows the gradients of about 1,000 lenticulars of the MaNGA survey; the method is that of [Tous et al. 2020](https://doi.org/10.48550/arXiv.2005.09016), [2023](https://doi.org/10.48550/arXiv.2211.09697) and [2024](https://doi.org/10.48550/arXiv.2401.03970).

# %% tags=["setup"]
# On Colab, install the helper package without touching the torch and numpy that are there.
# Elsewhere this does nothing.
import sys

if "google.colab" in sys.modules:
    # %pip install -q --no-deps git+https://github.com/galmorph/galaxy-morphology-course
    # %pip install -q "photutils>=2" "pooch" "safetensors" "galsim>=2.5" "jupyterquiz>=2.8"
    pass

# %% tags=["setup"]
import tempfile

import numpy as np
from astropy.table import Table
from scipy.stats import permutation_test, spearmanr

import galmorph_helpers as gm
from galmorph_helpers.published import MANGA_S0
from galmorph_helpers.spectra.indices import line_flux
from galmorph_helpers.spectra.spectroscopy import LINES

seed = gm.start()
claims = gm.Claims("06", origins=("mock", "observed spectra"))
marked = ("Ca K", "Hδ", "Hγ", "Hβ", "[O III] 5008", "Mg b", "Na D", "Hα", "[S II] 6718")
marks = {name: LINES[name] for name in marked}
n2_axis = np.linspace(-0.75, 0.2)
per_re, plane_limits = "activity gradient (per $R_e$)", ((-8, 18), (-6, 10))


def farther(a, b):
    """Share of pairs of which the first is larger."""
    return np.mean(np.subtract.outer(a, b) > 0)


def stored_places():
    """Places of the observed spectra in the plane, as stored (data/observed_spectra.md)."""
    stored = Table.read(gm.files.shipped("observed_spectra.csv"))
    return {str(row["spectrum"]): np.array([row["pc1"], row["pc2"]]) for row in stored}

# %%
with tempfile.TemporaryDirectory() as folder:
    files = gm.mock.write_manga(folder, kind="inside-out", seed=seed)
    cube, maps = gm.spectra.read_cube(files[0]), gm.spectra.read_maps(files[1])
half = cube.flux.shape[1] * 0.5 / 2  # spaxels, the pixels of a cube, are 0.5" wide
gm.plots.maps(
    {"light": np.nanmean(cube.flux, axis=0), "Hα flux": maps.halpha,
     "stellar velocity (km/s)": maps.stellar_velocity, "Dn4000": maps.d4000},
    symmetric=("stellar velocity (km/s)",), extent=(-half, half, -half, half),
    caption="One lenticular in four maps — mock galaxy in MaNGA's layout",
    alt="Four hexagonal maps of a mock lenticular: smooth light, H-alpha, rotating stars, and a "
        "4000 angstrom break that falls outwards.")

# %%
edges = np.arange(0, 1.51, 0.25)  # of six rings, in units of the half-light radius
annuli, _, _ = gm.spectra.radial_spectra(cube, maps, edges=edges, correlated=False)
gm.plots.spectra(
    gm.spectra.log_grid(), {"centre": annuli[0], "at one half-light radius": annuli[4]}, offset=1.0,
    marks=marks, limits=(0, 4), title="The same galaxy: its centre, and one step above it, outside",
    alt="Two spectra of the mapped galaxy: the centre red with absorption lines, the outside bluer "
        "with H-alpha in emission.")

# %% [markdown]
# Four words for what you see:
#
# - **Hα** is light of glowing hydrogen at 6565 Å. Where it is strong, hot young stars (or a nucleus) light up gas. Its strength is given as **equivalent width (EW)**: how many Å of the starlight beside it hold as much light as the line.
# - **Dn4000**, the *4000 Å break*, is the starlight just red of 4000 Å over that just blue of it: about 1.2 where stars are young, 1.8 where they are old.
# - The **half-light radius** $R_e$ holds half of the galaxy's light. All radii below are in units of it.
# - MaNGA is an *integral-field* survey: a bundle of fibres takes a spectrum at each point of a galaxy. 10,000 galaxies were observed like this.
#
# This galaxy stopped forming stars from the **inside out**. To find such galaxies among a thousand is the task.
#
# ## 1. Bring spectra to a state in which they can be compared
#
# Draw a thousand mock lenticulars, each with the spectrum of a central fibre and of six rings (**annuli**) around it. A mock spectrum is a mixture: old stars, younger ones, and gas that glows as in star formation, as in a **Seyfert nucleus** (gas heated by matter that falls into a black hole), or as in a **LINER** (weak lines of a kind that old, hot stars can make, too). How much of each depends on radius by a known *activity* profile: flat, falling, rising, or a ring. Then comes what makes it hard: metals, dust, blurring, noise, missing pixels, and one galaxy in a hundred with a wrong redshift.

# %%
n_galaxies = 1000
table = gm.mock.lenticulars(n_galaxies, seed=seed)
observed = gm.mock.mock_spectra(table, seed=seed)
kinds = np.asarray(table["kind"])
print({str(kind): int((kinds == kind).sum()) for kind in np.unique(kinds)})
print("galaxies, spectra of each, wavelengths:", observed.flux.shape)

# %% [markdown]
# **Predict.** Two galaxies at redshifts .02 and .08 have the same stars. At which observed wavelength is Hα in each, and what would happen if you subtracted one spectrum from the other as they are?
#
# To compare spectra, put all on one grid of *rest* wavelengths. Its steps are equal in $\log_{10}$: then a velocity is the same number of pixels everywhere.

# %% tags=["exercise"]
def log_grid(low, high, step):
    """Wavelengths from `low` up to `high` (Å) in equal steps of log10: low, low x 10^step, ..."""
    ### BEGIN SOLUTION
    steps = np.log10(high / low) / step
    count = int(np.floor(steps + 1e-9)) + 1
    return low * 10 ** (step * np.arange(count))
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("06.1")


# %% tags=["exercise"]
def at_rest(wavelength, flux, redshift, grid):
    """Flux of an observed spectrum, read off at the rest wavelengths of `grid` (see np.interp)."""
    ### BEGIN SOLUTION
    rest_wavelength = wavelength / (1 + redshift)
    return np.interp(grid, rest_wavelength, flux)
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("06.2")

# %%
grid = gm.course.yours("06.1")(3800, 7200, 1e-4)
to_rest = gm.course.yours("06.2")
pair = np.argsort(table["true_redshift"])[[20, -20]]
as_seen = {f"z = {table['redshift'][i]:.3f}": observed.flux[i, 0] for i in pair}
moved = {z: to_rest(observed.wavelength, f, table["redshift"][i], grid)
         for i, (z, f) in zip(pair, as_seen.items(), strict=True)}
gm.plots.spectra(
    grid, {z: f / np.median(f) for z, f in moved.items()}, offset=1.0, marks=marks, limits=(0, 4),
    title="Two galaxies far apart in redshift, on your grid: the lines agree — mock lenticulars",
    alt="Two mock spectra at rest on one grid: their lines stand at the same marked wavelengths.")

# %% [markdown]
# `gm.spectra.comparable` does the same for all, and three things more: it takes out spikes (cosmic rays), removes the reddening by our own Galaxy, and divides each spectrum by its mean flux in windows *without* emission lines. The lines stay: they are the signal. Pixels that were masked or never observed stay missing.

# %%
flux, ivar = gm.spectra.comparable(observed, grid=grid)  # ivar: inverse variance, 0 where missing
radius, fibre, fibre_ivar = observed.radius[:, 1:], flux[:, 0], ivar[:, 0]
print(f"{(ivar == 0).mean():.1%} of the pixels are missing")

# %% [markdown]
# ## 2. Find the directions in which spectra differ
#
# A spectrum of 2,776 pixels is a point in a space of 2,776 dimensions. Galaxies do not fill that space. Take the mean spectrum away, look for the direction along which the points spread most, then for the next one at a right angle to it, and so on. This is **principal component analysis** (PCA). Each direction is a spectrum itself, an **eigenspectrum**. How far a galaxy reaches along one is its *coefficient*. `gm.spectra.principal_components` finds the directions by a singular value decomposition; it fills missing pixels with what the components say of them, again and again until they settle, and leaves out spectra that the components cannot describe ([why that matters](further/06f_gradients_in_depth.ipynb)).
#
# **Predict.** If galaxies differed in one thing only, say the age of their stars, how many numbers would describe a spectrum?

# %% tags=["exercise"]
def project(spectra, mean, eigenspectra):
    """Coefficients (N, K) of spectra (N, P), less the mean (P,), along eigenspectra (K, P)."""
    ### BEGIN SOLUTION
    away = spectra - mean
    return away @ eigenspectra.T
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("06.3")

# %%
observed = None  # make room
eigen = gm.spectra.principal_components(fibre, fibre_ivar)
first_two = eigen.variance_ratio[:2].sum()
filled = np.where(fibre_ivar > 0, fibre, eigen.mean)  # holes as the mean, for this comparison
yours = gm.course.yours("06.3")(filled, eigen.mean, eigen.components[:2])
theirs = gm.spectra.project(eigen, filled, np.ones_like(filled))[0][:, :2]
off = np.abs(yours - theirs).max()
print(f"coefficients by hand and the helper's differ by {off:.0e} at most")
print("shares of the variance:", *(f"{share:.1%}" for share in eigen.variance_ratio[:4]), "...")
gm.plots.spectra(
    grid, {f"PC{i + 1}": v for i, v in enumerate(eigen.components[:2])}, offset=None, marks=marks,
    ylabel="loading", title="Two eigenspectra — mock lenticulars",
    alt="Two eigenspectra: the first has a blue continuum and emission lines, the second emission "
        "lines on a red continuum.")

# %% [markdown]
# An eigenspectrum is not a galaxy. It says which pixels rise together, and which fall meanwhile.
#
# - **PC1**: a blue continuum *and* emission lines. Young stars and the gas they light up, in one number.
# - **PC2**: emission lines on a *red* continuum: it tells gas from colour. A galaxy can be red because it is old, rich in metals, or dusty; lines say more.
#
# ## 3. Find the galaxies that have stopped
#
# Project every spectrum onto these two. **Passive** galaxies, which form no stars, look alike and lie on a narrow ridge; `gm.spectra.passive_ridge` finds it as the densest line. Nobody tells it who is passive. **Activity** is the distance from the ridge.
#
# **Predict.** Where will the Seyfert nuclei lie: on the ridge, or among the galaxies that form stars?

# %%
coefficients, covariance = gm.spectra.project(eigen, flux, ivar)
ridge = gm.spectra.passive_ridge(coefficients[:, 0])
activity, activity_error = gm.spectra.activity(coefficients, covariance, ridge)
gas, weak = np.asarray(table["ionisation"]), np.asarray(table["weak_emission"]) > 0
truth = {"no emission": (gas == "LINER") & ~weak, "weak, LINER-like": weak,
         "star formation": gas == "star formation", "Seyfert nucleus": gas == "Seyfert"}
gm.plots.plane(
    {name: coefficients[rows, 0, :2].T for name, rows in truth.items()},
    line=(ridge.point, ridge.direction), xlabel="PC1", ylabel="PC2", limits=plane_limits,
    title="A plane that nobody labelled, coloured by the truth — mock lenticulars",
    alt="The plane of two components: galaxies without emission on a diagonal ridge, weak "
        "LINER-like ones beside it, star formation in a cloud, Seyfert nuclei in its upper part.")

# %%
centre = gm.mock.activity_profile(table, np.array([0.1]))[:, 0]
central = spearmanr(centre, activity[:, 0], nan_policy="omit")[0]
along = coefficients[:, 0, :2] @ ridge.direction
control = abs(spearmanr(centre, along, nan_policy="omit")[0])
width = gm.spectra.equivalent_width(grid, fibre, fibre_ivar)
simple = spearmanr(centre, width, nan_policy="omit")[0]
print(f"rank correlation with the true activity of the centre: distance from the ridge "
      f"{central:.2f}, place along it {control:.2f}, EW of Hα {simple:.2f}")

# %% [markdown]
# The distance from the ridge follows the truth; but so, nearly as well, does the place *along* the ridge, since galaxies with some young stars slide along it, too. And the third number, the equivalent width of one line, an old and simple measure, **follows the truth best**. If the activity of centres were all you wanted, you would not need the plane. What it has to offer is that nobody chose a line, and that stars count as well as gas.
#
# But *what* makes the gas of the active ones glow? Baldwin, Phillips & Terlevich (1981) put two ratios of neighbouring lines against each other: log [N II]/Hα ("n2") and log [O III]/Hβ ("o3"), the **BPT diagram**. Kewley et al. (2001) drew the line beyond which no stars suffice:
#
# $$ o3 = \frac{0.61}{n2 - 0.47} + 1.19 \qquad (n2 < 0.47). $$

# %% tags=["exercise"]
def beyond_stars(n2, o3):
    """True where line ratios (arrays) lie beyond the line of Kewley et al. (2001)."""
    ### BEGIN SOLUTION
    line = 0.61 / (n2 - 0.47) + 1.19
    above = o3 > line
    right = n2 >= 0.47
    return above | right
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("06.4")

# %%
quiet, names = np.abs(activity[:, 0]) < ridge.width, ("[N II] 6585", "Hα", "[O III] 5008", "Hβ")
starlight = np.mean(fibre[quiet], axis=0, where=fibre_ivar[quiet] > 0)  # its lines would hide Hβ
lines = [line_flux(grid, fibre - starlight, fibre_ivar, line=name, half_width=8) for name in names]
light = np.array([flux_of_line for flux_of_line, _ in lines])
active = (activity[:, 0] > 6 * ridge.width) & (light > 0).all(0)
n, h, o, b = light[:, active]
n2, o3 = np.log10(n / h), np.log10(o / b)
beyond, seyfert = gm.course.yours("06.4")(n2, o3), gas[active] == "Seyfert"
points = {"star formation": (n2[~seyfert], o3[~seyfert]), "Seyfert": (n2[seyfert], o3[seyfert])}
gm.plots.plane(
    points, xlabel="log [N II]/Hα", ylabel="log [O III]/Hβ", title="Active centres — mock galaxies",
    tracks={"Kewley et al. 2001": np.c_[n2_axis, 0.61 / (n2_axis - 0.47) + 1.19]},
    alt="BPT diagram of mock centres: star formation below the line of Kewley, Seyferts above.")
caught, wrongly = (beyond[rows].mean() for rows in (seyfert, ~seyfert))
print(f"beyond the line: {caught:.0%} of the Seyferts, {wrongly:.0%} of the others")

# %% [markdown]
# The plane of two components mixes both kinds in one cloud; two line ratios part them. That they part here was **put in**: the mock's gas has ratios of the one or the other kind.
#
# ## 4. Turn profiles into gradients
#
# Each galaxy has six annuli, and so a path through the plane from the inside out. Where it leads away from the ridge, activity rises outwards (*inside-out*); where it leads back, it falls. The **activity gradient** is the slope of a straight line through activity against radius.

# %%
steep = np.ptp(np.nan_to_num(activity[:, 1:]), axis=1) * (gas != "Seyfert")
example = {str(kind): np.flatnonzero(kinds == kind)[np.argsort(-steep[kinds == kind])[5]]
           for kind in np.unique(kinds)}
cloud = {"annuli of mock galaxies": coefficients[:, 1:, :2].reshape(-1, 2)[::5].T}
gm.plots.plane(
    cloud, line=(ridge.point, ridge.direction), xlabel="PC1", ylabel="PC2", limits=plane_limits,
    tracks={kind: coefficients[i, 1:, :2] for kind, i in example.items()},
    title="From the inside (marker) to the outside (arrow): the sixth steepest of each kind",
    alt="Paths of five mock galaxies: inside-out leads away from the ridge, outside-in back to "
        "it, a ring goes out and turns round, flat ones hardly move.")

# %% tags=["exercise"]
def slope(radius, value, error):
    """Slope of the straight line through (radius, value), weighted by 1/error^2, and its error."""
    ### BEGIN SOLUTION
    weight = 1 / error**2
    middle = np.sum(weight * radius) / np.sum(weight)
    x = radius - middle
    spread = np.sum(weight * x**2)
    best = np.sum(weight * x * value) / spread
    return best, 1 / np.sqrt(spread)
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("06.5")


# %% tags=["exercise"]
def sign_found(slope, error):
    """+1 or -1 for slopes (arrays) that exceed twice their error, 0 for those that do not."""
    ### BEGIN SOLUTION
    significant = np.abs(slope) > 2 * error
    return np.where(significant, np.sign(slope), 0)
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("06.6")

# %%
fit, sign_of = gm.course.yours("06.5"), gm.course.yours("06.6")
slopes, noise_error = gm.spectra.gradient(radius, activity[:, 1:], activity_error[:, 1:])
one = example["inside-out"]
mine = fit(radius[one], activity[one, 1:], activity_error[one, 1:])
print(f"one galaxy by hand: {mine[0]:.3f} ± {mine[1]:.3f}; by the helper, which takes a thousand "
      f"at once: {slopes[one]:.3f} ± {noise_error[one]:.3f}")
flat = np.char.startswith(kinds.astype(str), "flat")
naive = np.mean(sign_of(slopes, noise_error)[flat] != 0)
print(f"flat galaxies with a gradient of over 2 sigma of the noise: {naive:.0%}")

# %% [markdown]
# ### How wrong is the error?
#
# A flat galaxy should exceed twice its error in about 5 % of cases. It happens far more often: noise is not all that tilts a profile. Metals fall outwards in nearly all galaxies, and the calibration differs between annuli.
#
# So **calibrate**: draw *other* galaxies that are flat, measure them in the same way, and add to the error what makes 95 % of them agree with zero: a floor for passive galaxies, and a share of the activity for active ones. Surveys do the same with simulations; the error is then as good as the simulation.

# %%
flat_kinds = {"flat, passive": 0.6, "flat, active": 0.4}
spare_table = gm.mock.lenticulars(600, seed=seed + 10_000, kinds=flat_kinds)
spare = gm.mock.mock_spectra(spare_table, seed=seed + 10_000)
at = gm.spectra.project(eigen, *gm.spectra.comparable(spare, grid=grid))
spare_activity, spare_error = (a[:, 1:] for a in gm.spectra.activity(*at, ridge))
spare_fit = gm.spectra.gradient(spare.radius[:, 1:], spare_activity, spare_error)
resting = np.asarray(spare_table["kind"]) == "flat, passive"
floor, share = gm.spectra.beyond_noise(*spare_fit, np.nanmean(spare_activity, axis=1), resting)
level = np.nanmean(activity[:, 1:], axis=1).clip(0)
error = np.sqrt(noise_error**2 + floor**2 + (share * level) ** 2)
signs = sign_of(slopes, error)
false_now = np.mean(signs[flat] != 0)
typical = np.nanmedian(noise_error)
print(f"error: noise {typical:.3f}, floor {floor:.3f}, {share:.0%} of the activity")
print(f"false gradients in flat galaxies: {naive:.0%} before, {false_now:.1%} now")

# %% [markdown]
# ## 5. Compare with the truth
#
# The true gradient is that of the same galaxies without noise, dust, blurring and reddening, seen through the same two eigenspectra. **Predict:** will the sizes of the gradients be right, or only their signs?

# %%
ideal = gm.mock.mock_spectra(table, seed=seed, noise=False)
clean = gm.spectra.comparable(ideal, grid=grid, ebv=None, redshift="true_redshift")
true_activity = gm.spectra.activity(*gm.spectra.project(eigen, *clean), ridge)[0][:, 1:]
middle = np.broadcast_to((np.arange(6) + 0.5) / 4, radius.shape)  # of the annuli
true_slope, _ = gm.spectra.gradient(middle, true_activity, activity_error[:, 1:])
clear = np.abs(true_slope) > 2 * error
right = np.mean(np.sign(slopes) == np.sign(true_slope), where=clear)
order = np.tile(np.arange(1, 7), (n_galaxies, 1))
order = np.random.default_rng(seed).permuted(order, axis=1)
mixed = [np.take_along_axis(a, order, axis=1) for a in (activity, activity_error)]
blind = np.sign(gm.spectra.gradient(radius, *mixed)[0]) == np.sign(true_slope)
blind = np.mean(blind, where=clear)
print(f"signs right: {right:.1%} of {clear.sum()}; with the annuli in random order {blind:.0%}")
print(f"measured over true gradient, median: {np.nanmedian((slopes / true_slope)[clear]):.2f}")

# %%
ew = gm.spectra.equivalent_width(grid, *(a.reshape(-1, len(grid)) for a in (flux, ivar)))
ew_slope, _ = gm.spectra.gradient(radius, ew.reshape(n_galaxies, -1)[:, 1:], np.ones(radius.shape))
both = np.isfinite(slopes + ew_slope)
rank = spearmanr(slopes[both], ew_slope[both])[0]
others = spearmanr(slopes[both], np.roll(ew_slope[both], 1))[0]
by_width = np.mean(np.sign(ew_slope) == np.sign(true_slope), where=clear)
groups = {kind: slopes[kinds == kind] for kind in ("inside-out", "outside-in", "ring")}
print(f"rank correlation with the gradient of EW(Hα): {rank:.2f}; another galaxy's: {others:.2f}")
print(f"signs right by EW(Hα) alone: {by_width:.1%}; by activity: {right:.1%}")
print(f"rings whose line rises: {np.mean(groups['ring'] > 0):.0%}")
gm.plots.histograms(
    {per_re: {"flat": slopes[flat], **groups}}, bins=49, limits={per_re: (-8, 8)},
    title="Measured gradients by what was put in (end bins hold the rest) — mock galaxies",
    alt="Histograms of gradients: flat at zero, inside-out and rings above, outside-in below it.")

# %% [markdown]
# Signs are right, sizes are not: blurring mixes the annuli, and gradients come out too shallow. (The second judge, EW(Hα) alone, does well at signs, too: the truth here is activity without noise in the same plane, which favours the plane a little.) And a straight line through a ring near $1\,R_e$ mostly rises, so rings count as inside-out. Tous et al. (2023) find rings mostly in galaxies with positive gradients; here that is geometry alone. Is it there, too?
#
# ## The talk and you

# %%
share_of = {word: np.mean(signs == sign) for word, sign in (("+", 1), ("-", -1), ("none", 0))}
low, high = MANGA_S0["rings"]
rows = [
    ("PC1 + PC2, share of variance", "≥ 85 % hoped for", f"{first_two:.1%}", "one pixel: 0.04 %"),
    ("sign of the gradient", "orientation of vectors", f"right for {right:.1%}", f"{blind:.0%}"),
    ("signs of gradients", "as many + as - (2023)",
     ", ".join(f"{word} {value:.0%}" for word, value in share_of.items()), "put in"),
    ("S0s with a ring", f"{low:.0%} to {high:.0%}", f"{np.mean(kinds == 'ring'):.0%}", "put in"),
]
gm.plots.show_table(Table(rows=rows, names=("what", "talk and papers", "you", "trivial answer")))
claims.compare("PC1 + PC2, share of the variance with the noise", 0.85, first_two)

# %% [markdown]
# With the noise counted, two components stay short of the 85 % hoped for. That share says more about the noise of the spectra than about galaxies. Shares of signs and rings are what went into the mock and came out again: a survey's shares are its finding, these are not. That passive lenticulars are mostly flat and active ones mostly negative (Tous et al. 2024) is *not* reproduced: kinds were drawn independently of mass.
#
# ## On observed galaxies
#
# Is this plane, made of mock galaxies alone, a map of real ones? Ask mean spectra of observed galaxies by type (Kinney et al. 1996; starbursts: Calzetti et al. 1994) and ten galaxies of the SDSS. Nothing is learnt from them. Where these sets are not at hand, their [places in the plane](../data/observed_spectra.md), computed beforehand in the same way, are drawn.

# %%
sets = [gm.find_set(name) for name in ("kinney_calzetti_templates", "sdss_spectra_10")]
spectra_seen = {}
for file in sorted(sets[0].glob("*_template.fits")) if all(sets) else ():
    rest = gm.spectra.rest_frame(*gm.spectra.read_template(file), 0.0, grid=grid)
    spectra_seen[file.stem.removesuffix("_template")] = gm.spectra.normalise(grid, *rest)
for file in sorted(sets[1].glob("spec-*.fits")) if all(sets) else ():
    wave, seen, weight, z, subclass = gm.spectra.read_sdss_spectrum(file)
    name = file.stem[-4:] + (" SF" if "STARFORMING" in subclass else "")
    rest = gm.spectra.rest_frame(wave, seen, gm.spectra.flag_spikes(seen, weight), z, grid=grid)
    spectra_seen[name] = gm.spectra.normalise(grid, *rest)
print(len(spectra_seen) or "stored places of", "observed spectra")


# %%
place = {k: gm.spectra.project(eigen, *s)[0][0, :2] for k, s in spectra_seen.items()}
place = place or stored_places()
away = {k: float((p - ridge.point) @ ridge.normal / ridge.width) for k, p in place.items()}
gm.plots.plane(
    cloud, tracks=place, line=(ridge.point, ridge.direction), xlabel="PC1", ylabel="PC2",
    title="Observed spectra (stars) in the plane of the mock galaxies",
    alt="Observed spectra in the mock plane: ellipticals, S0s and bulges beside the ridge, "
        "starbursts far out, SDSS galaxies mostly on it.")
print("widths of the ridge:", *(f"{k} {away[k]:+.0f}," for k in sorted(away, key=away.get)))
sdss = {k: d for k, d in away.items() if k[0].isdigit()}
sdss = [[d for k, d in sdss.items() if ("SF" in k) == forms] for forms in (True, False)]
test = permutation_test(sdss, farther, alternative="greater")
print(f"star-forming SDSS galaxies lie farther out in {test.statistic:.0%} of the pairs "
      f"({len(sdss[0])} x {len(sdss[1])}); as much by chance: p = {test.pvalue:.3f}")

# %% [markdown]
# Look at the figure and the list: the templates of ellipticals, lenticulars and bulges belong near the ridge, starbursts far from it. Where you see a *Sa* or *Sb* template on the ridge: such spirals have large old bulges in the small aperture of that survey. An *Sc* template far beyond the cloud, by dozens of widths, is bluer and richer in lines than any lenticular that the mock draws: distances out there are an extrapolation. And a p-value of ten galaxies is a hint.
#
# ## Quiz

# %%
gm.course.quiz("06")

# %% [markdown]
# ## In practice
#
# - Report how errors were set. "2 sigma of the noise" would have found gradients in a large part of the flat galaxies here.
# - The eigenspectra of Tous et al. come from 68,043 SDSS spectra; a thousand suffice for two components, not for ten.
# - The fluxes of a thousand MaNGA cubes are 100 GB: bin on the machine that holds them, and keep the annuli.
# - [For the second evening](further/06f_gradients_in_depth.ipynb): holes and outliers, from a cube to its gradient, fast-rotating ellipticals against lenticulars, your own cubes.
#
# ## Further reading
#
# - Tous, Solanes & Perea 2020, *The local Universe in the era of large surveys I: spectral classification of S0 galaxies*, [doi:10.48550/arXiv.2005.09016](https://doi.org/10.48550/arXiv.2005.09016)
# - Tous, Domínguez Sánchez, Solanes & Perea 2023, *The origin of star-forming rings in S0 galaxies*, [doi:10.48550/arXiv.2211.09697](https://doi.org/10.48550/arXiv.2211.09697)
# - Tous et al. 2024, *The local Universe in the era of large surveys III: radial activity profiles of S0 galaxies*, [doi:10.48550/arXiv.2401.03970](https://doi.org/10.48550/arXiv.2401.03970)
# - Kewley et al. 2001, *Theoretical modeling of starburst galaxies*, [doi:10.1086/321545](https://doi.org/10.1086/321545)
#
# ## What this lesson claims

# %% tags=["claims"]
claims.identity("coefficients by hand minus the helper's", off, at_most=1e-3)
claims.check(
    "activity of the centres: EW(Hα) minus distance from the ridge, rank correlation with the"
    " truth",
    simple - central,
    at_least=0.02,
    control=("place along the ridge minus distance", control - central),
    fails_if="the plane followed the truth as closely as one well-chosen line",
)
claims.check(
    "false gradients in flat galaxies at 2 sigma (stated: about 5 %)",
    false_now,
    at_most=0.10,
    hoped=0.07,
    control=("errors from noise alone", naive),
    fails_if="the galaxies that set the error differed from those measured",
)
claims.check(
    "sign of the gradient right where the truth exceeds 2 sigma",
    right,
    at_least=0.90,
    hoped=0.90,
    control=("annuli in random order", blind),
    fails_if="blurring or noise hid the gradients",
)
claims.check(
    "rank correlation of the activity gradient with that of EW(Hα)",
    rank,
    at_least=0.8,
    hoped=0.8,
    control=("another galaxy's EW(Hα)", others),
    fails_if="activity measured something other than gas",
)
claims.put_in(
    "Seyferts minus others beyond the line of Kewley et al.", caught - wrongly, at_least=0.5
)
claims.put_in("rings whose line rises", np.mean(groups["ring"] > 0), at_least=0.5)
passive, bursts = (
    max(abs(away[k]) for k in ("elliptical", "s0", "bulge")),
    min(d for k, d in away.items() if k.startswith("starb")),
)
claims.check(
    "observed E, S0 and bulge templates: farthest from the ridge, in its widths",
    passive,
    at_most=3,
    about="observed",
    control=("nearest starburst template", bursts),
    fails_if="mock old stars had other colours than observed ones",
)
claims.check(
    "observed starburst templates: nearest to the ridge, in its widths",
    bursts,
    at_least=5,
    about="observed",
    control=("farthest of E, S0 and bulge", passive),
    fails_if="mock gas and young stars did not resemble observed ones",
)
gm.plots.show_claims(claims.report())
