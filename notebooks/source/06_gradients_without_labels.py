# %% [markdown]
# # Find activity gradients without labels
#
# **What you'll do:** reduce the spectra of a thousand mock lenticulars to two numbers each with a principal component analysis, find the passive galaxies without being told which they are, and tell galaxies that form stars outside from galaxies that form stars inside.
#
# **What you'll learn**
# - how to bring spectra to a state in which they can be compared: at rest, unreddened, on one grid, normalised
# - what a principal component of galaxy spectra means, and how to find it where pixels are missing
# - how a profile in the plane of two components becomes a gradient with a sign and an error, and why the error from noise alone is wrong
# - where observed spectra fall in a plane that only mock galaxies have seen
#
# **What you'll need:** lesson 00; some linear algebra; 40 minutes to read, about 1 minute to run on two cores, 1.5 GB of memory. The talk shows the gradients of about 1,000 lenticulars (S0) of the MaNGA survey; the method is that of [Tous et al. 2020](https://doi.org/10.48550/arXiv.2005.09016), [2023](https://doi.org/10.48550/arXiv.2211.09697) and [2024](https://doi.org/10.48550/arXiv.2401.03970).

# %%
# On Colab, install the helper package without touching the torch and numpy that are there. Elsewhere this does nothing.
import sys

if "google.colab" in sys.modules:
    # %pip install -q --no-deps "galmorph-helpers @ git+https://github.com/galmorph/galaxy-morphology-course"
    # %pip install -q "photutils>=2" "pooch" "safetensors" "galsim>=2.5"
    pass

# %% tags=["setup"]
import tempfile

import numpy as np
from astropy.io import fits
from scipy.linalg import subspace_angles
from scipy.stats import ks_2samp, spearmanr
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score

import galmorph_helpers as gm
from galmorph_helpers.published import MANGA_S0
from galmorph_helpers.spectra.spectroscopy import LINES

seed = gm.start()
claims = gm.Claims("06")

# %% [markdown]
# ## See a galaxy in four maps
#
# An integral-field unit takes a spectrum at each point of a galaxy. MaNGA did so for 10,000 galaxies: the spectra are in a LOGCUBE file, and what a pipeline measured on them in a MAPS file. The course writes both for one mock lenticular, in the layout of the survey's last release, and reads them as it would read observed ones. On this mock galaxy Hα and the 4000 Å break are measured; the velocities are the true ones, blurred, with noise.

# %%
with tempfile.TemporaryDirectory() as folder:
    cube_file, maps_file = gm.mock.write_manga(folder, kind="inside-out", seed=seed)
    cube, maps = gm.spectra.read_cube(cube_file), gm.spectra.read_maps(maps_file)

half = cube.flux.shape[1] * 0.5 / 2  # spaxels are 0.5" wide
gm.plots.maps({"Hα flux": maps.halpha, "gas velocity (km/s)": maps.gas_velocity, "stellar velocity (km/s)": maps.stellar_velocity, "Dn4000": maps.d4000},
            symmetric=("gas velocity (km/s)", "stellar velocity (km/s)"), extent=(-half, half, -half, half), caption="One lenticular, four maps — mock galaxy in MaNGA's layout",
            alt="Four hexagonal maps of a mock lenticular: H-alpha light, gas and stars that rotate alike, and a 4000 angstrom break that falls outwards, where stars are younger.")

# %% [markdown]
# Gas and stars turn; the break is strong in the middle, where stars are old, and weak outside. This galaxy stops forming stars from the inside out. To find such galaxies among a thousand, without looking at each and without deciding beforehand what to look for, is the task.
#
# ## Draw a thousand lenticulars
#
# A mock spectrum is a mixture: old stars (the mean elliptical of Coleman, Wu & Weedman 1980, with narrow absorption lines added), stars of intermediate age (their Sbc), A stars (Vega), O and B stars (a black body with weak lines), and gas with the line ratios of star formation, of LINERs or of Seyfert nuclei. How much of each, depends on radius through a known *activity* profile: flat, falling, rising, or a ring at one half-light radius $R_e$.
#
# Then comes what makes it hard: metals that change with radius, dust, velocity dispersion, gas that does not follow the stars, seeing that mixes neighbouring annuli, reddening by our Galaxy (known to 16 %), calibration errors, noise, masked pixels, cosmic rays that nobody flagged, and one galaxy in a hundred with a wrong redshift.

# %%
n_galaxies = gm.pick(cpu=1000, gpu=1000)
table = gm.mock.lenticulars(n_galaxies, seed=seed)
observed = gm.mock.mock_spectra(table, seed=seed)
kinds = np.asarray(table["kind"])
print({str(kind): int((kinds == kind).sum()) for kind in np.unique(kinds)})
print("spectra (galaxies, the fibre and six annuli, wavelengths):", observed.flux.shape)

# %% [markdown]
# ## Bring spectra to rest
#
# To compare spectra pixel by pixel, undo what has nothing to do with the galaxy: flag spikes, remove the reddening, move to rest wavelengths, resample to one logarithmic grid (3,800 to 7,200 Å in steps of 0.0001 dex, 69 km/s), and divide by the mean flux in windows *without* emission lines. The emission lines themselves stay: they are the signal. Pixels that were masked, or never observed, stay missing; their inverse variance is zero.

# %%
grid = gm.spectra.log_grid()


def reduced(spectra, *, ebv="ebv", redshift="redshift"):
    """Normalised flux and inverse variance (N, B, P) at rest on the grid."""
    flux, ivar = np.empty((2, *spectra.flux.shape[:2], len(grid)), np.float32)
    z, reddening = (np.asarray(spectra.table[c]) if c else np.zeros(len(flux)) for c in (redshift, ebv))
    for i in range(len(flux)):
        weight = gm.spectra.flag_spikes(spectra.flux[i], spectra.ivar[i])
        at_rest = gm.spectra.rest_frame(spectra.wavelength, spectra.flux[i], weight, z[i], grid=grid, ebv=reddening[i])
        flux[i], ivar[i] = gm.spectra.normalise(grid, *at_rest)
    return flux, ivar


flux, ivar = reduced(observed)
radius = observed.radius[:, 1:]
del observed
print(f"{(ivar == 0).mean():.1%} of the pixels are missing")

# %%
fibre, fibre_ivar = flux[:, 0], ivar[:, 0]
examples = {"flat, passive": "passive", "outside-in": "star-forming centre"}
shown = {name: next(i for i in np.flatnonzero(kinds == kind) if table["ionisation"][i] != "Seyfert" and table["weak_emission"][i] == 0) for kind, name in examples.items()}
nucleus = np.flatnonzero(table["ionisation"] == "Seyfert")
shown["Seyfert nucleus"] = nucleus[np.argmax(table["nucleus"][nucleus])]
marks = {name: LINES[name] for name in ("Ca K", "Hδ", "Hγ", "Hβ", "[O III] 5008", "Mg b", "Na D", "Hα", "[S II] 6718")}
gm.plots.spectra(grid, {name: np.where(fibre_ivar[i] > 0, fibre[i], np.nan) for name, i in shown.items()}, offset=1.2, marks=marks, limits=(0, 6.5),
               title="Three centres, each a step above the last — mock lenticulars", alt="Spectra of three mock centres: a passive one with absorption lines only, a star-forming one with strong H-alpha, a Seyfert nucleus with strong oxygen lines; gaps mark missing pixels.")

# %% [markdown]
# ## Find the directions in which spectra differ
#
# A spectrum of 2,776 pixels is a point in a space of 2,776 dimensions. Galaxies do not fill that space: they differ in few ways. Take the mean away and look for the direction along which the points spread most, then for the next, at a right angle. These directions are the right singular vectors of the matrix of spectra. They are spectra themselves: **eigenspectra**. Following Tous et al., learn them from the central fibre, one spectrum a galaxy.

# %%
complete = np.where(fibre_ivar > 0, fibre, np.nan)
complete = np.where(np.isnan(complete), np.nanmean(complete, axis=0), complete)[:400]  # holes filled with the mean, for now

mean = complete.mean(axis=0)
u, s, vt = np.linalg.svd(complete - mean, full_matrices=False)  # spectra = mean + u · s · vt
eigenspectra = vt[:4]
share = s**2 / np.sum(s**2)  # of the variance, along each

library = PCA(n_components=4, svd_solver="full").fit(complete)
helper = gm.spectra.principal_components(complete, n_components=4, clip=np.inf)
off = [max(np.abs(a - np.sign(a @ b) * b).max() for a, b in zip(eigenspectra, other, strict=True)) for other in (library.components_, helper.components)]
print(f"largest difference from scikit-learn {off[0]:.1e}, from the helper {off[1]:.1e}; the sign of an eigenspectrum is a matter of taste")
claims.check("eigenspectra by SVD minus scikit-learn's, absolute, up to sign", off[0], at_most=1e-5, because="the mean was not taken away")
claims.check("eigenspectra by SVD minus the helper's, absolute, up to sign", off[1], at_most=1e-5, because="the helper's shortcut were wrong")

# %% [markdown]
# ### Mend holes, distrust outliers
#
# Holes filled with the mean pull galaxies towards the mean, and a wrong redshift or a broken calibration makes a direction of its own. `gm.spectra.principal_components` fills holes with what the components say of them, again and again until they settle, and leaves out spectra that the components cannot describe ([read it](../galmorph_helpers/spectra/eigenspectra.py)). How much does that matter? Hide a tenth of each spectrum, break every thirtieth, and see by which angle the plane of the first two eigenspectra turns.

# %%
rng = np.random.default_rng(seed)
hidden = fibre_ivar.copy()
start = rng.integers(0, len(grid) * 9 // 10, (n_galaxies, 1))
hidden[(np.arange(len(grid)) >= start) & (np.arange(len(grid)) < start + len(grid) // 10)] = 0
broken = fibre.copy()
broken[::30] *= 1 + 1.5 * np.sin(grid / 90)  # ripples, as from light that interferes in the spectrograph
mean_filled = PCA(n_components=2).fit(np.where(hidden > 0, broken, np.nanmean(np.where(hidden > 0, broken, np.nan), axis=0))).components_
mended = gm.spectra.principal_components(broken, hidden)
eigen = gm.spectra.principal_components(fibre, fibre_ivar)
turned = {name: np.rad2deg(subspace_angles(v[:2].T, eigen.components[:2].T)[0]) for name, v in {"mean-filled": mean_filled, "mended": mended.components}.items()}
print({name: f"{angle:.0f}°" for name, angle in turned.items()}, f"| left out: {(~mended.kept).sum()}, of which broken: {(~mended.kept)[::30].sum()} of {len(mended.kept[::30])}")
claims.check("holes and outliers turn the plane by, mended (degrees)", turned["mended"], at_most=12, because="holes or outliers bent the eigenspectra")
claims.check("holes and outliers: mean-filled turns more than mended by (degrees)", turned["mean-filled"] - turned["mended"], at_least=10, because="plain PCA coped with holes and outliers")

# %% [markdown]
# ### How many directions are there?
#
# Noise spreads over all 2,776 directions, and it counts. The survey's inverse variance says how much there is (resampling smooths a third of it away), so it can be taken out.

# %%
good = fibre_ivar > 0
total = np.nanvar(np.where(good, fibre, np.nan)[eigen.kept], axis=0).sum()
noise = 2 / 3 * np.mean([np.mean(1 / fibre_ivar[i][good[i]]) for i in np.flatnonzero(eigen.kept)]) * len(grid) / total
first_two = eigen.variance_ratio[:2].sum()
print("shares of the variance:", ", ".join(f"PC{i + 1} {v:.1%}" for i, v in enumerate(eigen.variance_ratio[:5])), f"| noise {noise:.1%}")
print(f"PC1 + PC2: {first_two:.1%} of all variance, {first_two / (1 - noise):.1%} of what is not noise")
claims.check("PC1 + PC2, share of the variance with the noise", first_two, at_least=0.75, because="spectra were noisier, or differed in more ways")
claims.check("PC1 + PC2, share of the variance that is not noise", first_two / (1 - noise), at_least=0.85, because="spectra differed in more than two ways")

# %% [markdown]
# Two directions hold most of it. With the noise counted they stay below the 85 % that we hoped for; that share depends on the signal-to-noise of the spectra more than on galaxies.
#
# ## Read an eigenspectrum
#
# An eigenspectrum is not a galaxy. It says which pixels rise together, and which fall meanwhile.

# %%
gm.plots.spectra(grid, {f"PC{i + 1}": v for i, v in enumerate(eigen.components[:4])}, offset=None, marks=marks, ylabel="loading",
               title="Four eigenspectra — mock lenticulars", alt="Four eigenspectra. The first: a blue continuum with Balmer absorption, and emission lines. The second: emission lines on a red continuum. The third and fourth: oxygen against hydrogen lines, and lines that are shifted or widened.")
emission = [np.abs(v[np.abs(grid - LINES["Hα"]) < 8]).max() / np.abs(np.median(v[grid < 4000])) for v in eigen.components[:2]]
print(f"height of Hα over the blue continuum: PC1 {emission[0]:.0f}, PC2 {emission[1]:.0f}")

# %% [markdown]
# - **PC1**: a blue continuum, higher Balmer lines in absorption (A stars) *and* emission lines (gas that O stars ionise). Young stars, in one number.
# - **PC2**: emission lines on a *red* continuum: it tells gas from colour. A galaxy can be red because it is old or metal-rich or dusty; lines say more.
# - **PC3 and PC4** share what is left: how strong oxygen is against hydrogen, which parts nuclei from star formation, and a shape like a derivative at each line, which is no kind of galaxy at all: gas that moves a little faster or slower than the stars. A component is a direction of variance, nothing more.
#
# ## Find the passive galaxies in the plane
#
# Project every spectrum, fibre and annuli, onto the first two eigenspectra. Missing pixels are left out by least squares, which also gives the errors. Passive galaxies lie on a narrow ridge, the *passive sequence*: along it they differ in metals and reddening. `gm.spectra.passive_ridge` finds the ridge as the densest line; nobody tells it which galaxies are passive. **Activity** is the distance from the ridge, positive on the other galaxies' side.

# %%
def projected(flux, ivar):
    """Coefficients (N, B, 2) and their covariance, of spectra (N, B, P): ten components are fitted, two are kept."""
    n, b, p = flux.shape
    coefficients, covariance = gm.spectra.project(eigen, flux.reshape(n * b, p), ivar.reshape(n * b, p))
    return coefficients.reshape(n, b, -1)[..., :2], covariance.reshape(n, b, *covariance.shape[1:])[..., :2, :2]


coefficients, covariance = projected(flux, ivar)
ridge = gm.spectra.passive_ridge(coefficients[:, 0])
activity, activity_error = gm.spectra.activity(coefficients, covariance, ridge)
zone = np.digitize(activity[:, 0] / ridge.width, [3, 6])  # in widths of the ridge: passive, in transition, active
print(f"width of the ridge {ridge.width:.2f}; central fibres: " + ", ".join(f"{name} {np.mean(zone == k):.0%}" for k, name in enumerate(("passive", "in transition", "active"))))

# %%
zones = {name: coefficients[zone == k, 0].T for k, name in enumerate(("passive sequence (< 3 widths)", "transition (3 to 6)", "active cloud (> 6)"))}
gm.plots.plane(zones, line=(ridge.point, ridge.direction), xlabel="PC1", ylabel="PC2", title="Central fibres, sorted by nobody — mock lenticulars", limits=((-8, 18), (-6, 10)),
             alt="The plane of the first two components: a narrow diagonal ridge of passive galaxies on the left, a cloud of active ones to the right, and a region between them.")

# %% [markdown]
# The limits of 3 and 6 widths are a choice of this course. Nothing in the making of this plane knew the truth; the mock does. Do its zones mean what their names say?

# %%
truth = {"no emission": (table["ionisation"] == "LINER") & (table["weak_emission"] == 0), "weak, LINER-like": table["weak_emission"] > 0,
         "star formation": table["ionisation"] == "star formation", "Seyfert nucleus": table["ionisation"] == "Seyfert"}
gm.plots.plane({name: coefficients[rows, 0].T for name, rows in truth.items()}, line=(ridge.point, ridge.direction), xlabel="PC1", ylabel="PC2", limits=((-8, 18), (-6, 10)),
             title="The same plane with the truth — mock lenticulars", alt="The same plane by true ionisation: galaxies without emission lie on the ridge, weak LINER-like ones beside it, star formation fills the cloud, Seyfert nuclei its upper part.")
centre = gm.mock.activity_profile(table, np.array([0.1]))[:, 0]
central = spearmanr(centre, activity[:, 0], nan_policy="omit")[0]
print(f"rank correlation of the measured and the true activity of the centres: {central:.2f}")
claims.check("activity of the centres, rank correlation with the truth", central, at_least=0.7, because="the ridge was not that of the passive galaxies")

# %% [markdown]
# ## Turn profiles into vectors
#
# Each galaxy has six annuli, and so six points in the plane: a path from the inside out. Where it leads away from the ridge, activity rises outwards (stars died inside first, *inside-out* quenching); where it leads back, activity falls.

# %%
example = {kind: np.flatnonzero((kinds == kind) & (table["ionisation"] != "Seyfert"))[np.argsort(-np.ptp(activity[(kinds == kind) & (table["ionisation"] != "Seyfert"), 1:], axis=1))[5]] for kind in np.unique(kinds)}


def path(galaxy=0):
    """The annuli of a galaxy in the plane, from the inside out."""
    track = coefficients[int(galaxy), 1:]
    gm.plots.plane({"all annuli": coefficients[:, 1:].reshape(-1, 2)[::5].T}, line=(ridge.point, ridge.direction), tracks={str(kinds[int(galaxy)]): track[np.isfinite(track).all(1)]}, xlabel="PC1", ylabel="PC2",
                 limits=((-8, 18), (-6, 10)), title=f"Galaxy {int(galaxy)}: {kinds[int(galaxy)]}", alt="The path of one mock galaxy through the plane of the first two components.")


gm.plots.plane({"all annuli": coefficients[:, 1:].reshape(-1, 2)[::5].T}, line=(ridge.point, ridge.direction), tracks={kind: coefficients[i, 1:] for kind, i in example.items()}, xlabel="PC1", ylabel="PC2", limits=((-6, 16), (-5, 7)), title="Five galaxies from the inside (marker) to the outside (arrow) — mock lenticulars",
             alt="Paths of five mock galaxies: inside-out leads away from the passive ridge, outside-in back to it, a ring goes out and turns round, flat ones stay where they are.")

# %% [markdown]
# Any galaxy's path (needs a running kernel):

# %%
_ = gm.course.explore(path, galaxy=(0, n_galaxies - 1, 1, 0))

# %%
profiles = {kind: (radius[i], activity[i, 1:], activity_error[i, 1:]) for kind, i in example.items()}
gm.plots.trends({"Their activity profiles; error bars of the noise are smaller than most symbols": profiles},
                xlabel="radius ($R / R_e$)", ylabels=["activity (distance from the ridge)"], level=("the ridge", 0), alt="Activity against radius of five mock galaxies: one rises, one falls, a ring peaks near one half-light radius, two are flat.")

# %% [markdown]
# The **activity gradient** is the slope of a straight line through a profile, weighted by its errors, per $R_e$. Positive: more active outside.
#
# ### Find out how wrong the errors are
#
# A gradient counts as found when it exceeds twice its error: a flat galaxy should then get a false one in about 5 % of cases. But the noise is not all that can tilt a profile. Metals fall outwards in nearly all galaxies; calibration differs between annuli. What do the errors from noise alone lead to, in galaxies that are flat by construction?

# %%
slope, slope_error = gm.spectra.gradient(radius, activity[:, 1:], activity_error[:, 1:])
flat = np.char.startswith(kinds.astype(str), "flat")
naive = np.mean(np.abs(slope[flat]) > 2 * slope_error[flat])
print(f"false gradients in flat galaxies with errors from noise alone: {naive:.0%}, not 5 %")
claims.check("false gradients in flat galaxies, errors from noise alone", naive, at_least=0.2, because="noise were all that tilts a profile")

# %% [markdown]
# So calibrate: draw *other* galaxies that are flat, measure them in the same way, and add to the error what makes 95 % of them agree with zero: a floor for passive galaxies, and a fraction of the activity for active ones. Real surveys do the same with simulations; the price is that the error is then only as good as the simulation.

# %%
spare_table = gm.mock.lenticulars(600, seed=seed + 10_000, kinds={"flat, passive": 0.6, "flat, active": 0.4})
spare = gm.mock.mock_spectra(spare_table, seed=seed + 10_000)
spare_activity, spare_error = gm.spectra.activity(*projected(*reduced(spare)), ridge)
spare_slope, spare_slope_error = gm.spectra.gradient(spare.radius[:, 1:], spare_activity[:, 1:], spare_error[:, 1:])
quiet = np.asarray(spare_table["kind"]) == "flat, passive"
excess = (spare_slope / 2) ** 2 - spare_slope_error**2  # what twice the error of the noise leaves uncovered
floor = np.sqrt(np.nanquantile(excess[quiet], 0.95).clip(0))
excess = (excess - floor**2) / np.nanmean(spare_activity[:, 1:], axis=1) ** 2
fraction = np.sqrt(np.nanquantile(excess[~quiet], 0.95).clip(0))
del spare

level = np.nanmean(activity[:, 1:], axis=1).clip(0)
error = np.sqrt(slope_error**2 + floor**2 + (fraction * level) ** 2)
found = np.abs(slope) > 2 * error
print(f"error of a gradient: noise {np.nanmedian(slope_error):.3f}, floor {floor:.3f}, and {fraction:.0%} of the mean activity")
print(f"false gradients in flat galaxies now: {np.mean(found[flat]):.1%}; found among the others: {np.mean(found[~flat]):.0%}")
claims.check("false gradients in flat galaxies at 2 sigma (stated: about 5 %)", np.mean(found[flat]), at_most=0.10, because="the galaxies that set the error differed from those measured")

# %% [markdown]
# ## Compare with the truth
#
# The true gradient is that of the same galaxies without noise, dust, seeing, reddening and errors of velocity, seen through the same two eigenspectra. A second judge knows nothing of components: the profile of star formation that was put in (it does not count Seyfert nuclei, which make some gradients negative). A third is classical: the gradient of the equivalent width of Hα, measured on the same spectra by sums.

# %%
ideal = gm.mock.mock_spectra(table, seed=seed, noise=False)
true_radius = np.broadcast_to((np.arange(6) + 0.5) / 4, radius.shape)
true_activity, _ = gm.spectra.activity(*projected(*reduced(ideal, ebv=None, redshift="true_redshift")), ridge)
del ideal
true_slope, _ = gm.spectra.gradient(true_radius, true_activity[:, 1:], activity_error[:, 1:])
put_in, _ = gm.spectra.gradient(true_radius, gm.mock.activity_profile(table, true_radius), np.ones(radius.shape))
width = gm.spectra.equivalent_width(grid, *(a.reshape(-1, len(grid)) for a in (flux, ivar))).reshape(n_galaxies, -1)[:, 1:]
width_slope, _ = gm.spectra.gradient(radius, width, np.ones(radius.shape))

clear = np.abs(true_slope) > 2 * error
right = np.mean(np.sign(slope) == np.sign(true_slope), where=clear)
right_found = np.mean(np.sign(slope) == np.sign(put_in), where=found & ~flat)
both = np.isfinite(slope + width_slope)
rank = spearmanr(slope[both], width_slope[both])[0]
print(f"sign right for {right:.1%} of {clear.sum()} galaxies with a true gradient above 2 sigma; of the found ones, {right_found:.1%} have the sign that was put in")
print(f"rank correlation with the gradient of EW(Hα): {rank:.2f}; with the gradient put in: {spearmanr(slope[both], put_in[both])[0]:.2f}")
claims.check("sign of the gradient right where the truth exceeds 2 sigma", right, at_least=0.90, because="seeing or noise hid the gradients")
claims.check("sign of found gradients as put in", right_found, at_least=0.85, because="nuclei, which are no part of the profile put in, were more common")
claims.check("rank correlation of the activity gradient with that of EW(Hα)", rank, at_least=0.8, because="activity measured something other than gas")

# %%
groups = {name: slope[rows] for name, rows in {"flat": flat, "inside-out": kinds == "inside-out", "outside-in": kinds == "outside-in", "ring": kinds == "ring"}.items()}
gm.plots.histograms({"activity gradient (per $R_e$)": groups}, bins=49, limits={"activity gradient (per $R_e$)": (-8, 8)}, title="Measured gradients by what was put in (end bins hold the rest) — mock lenticulars",
                  alt="Histograms of measured gradients: flat galaxies in a narrow peak at zero, inside-out and most rings positive, outside-in negative.")
ratio = np.nanmedian((slope / true_slope)[clear])
print(f"measured over true gradient, median: {ratio:.2f}")

# %% [markdown]
# Signs are right, sizes are not: seeing mixes the annuli and dust dims young stars and gas, so gradients come out too shallow. A paper that compares slopes, and not only signs, has to correct for that.
#
# And note what the rings do. A straight line through a ring near $1\,R_e$ rises: most rings count as inside-out. Tous et al. (2023) find rings mostly in galaxies with positive gradients. Here part of that is geometry; is there, too?
#
# ## Follow one cube to its gradient
#
# So far the annuli came ready. `gm.spectra.radial_spectra` makes them from a cube: each spaxel is moved to rest by its own velocity from the maps, then summed with others at like elliptical radius. The galaxy of the four maps above:

# %%
annuli, annuli_ivar, annuli_radius = gm.spectra.radial_spectra(cube, maps, edges=np.arange(0, 1.51, 0.25), correlated=False)
cube_activity, cube_error = gm.spectra.activity(*projected(annuli[None], annuli_ivar[None]), ridge)
cube_slope, cube_slope_error = (x[0] for x in gm.spectra.gradient(annuli_radius[None], cube_activity, cube_error))
cube_total = np.sqrt(cube_slope_error**2 + floor**2 + (fraction * max(np.nanmean(cube_activity), 0)) ** 2)
gm.plots.trends({f"Gradient {cube_slope:+.2f} ± {cube_total:.2f} per $R_e$ — mock galaxy, kind inside-out": {"from the cube": (annuli_radius, cube_activity[0], cube_error[0])}},
                xlabel="radius ($R / R_e$)", ylabels=["activity"], level=("the ridge", 0), alt="The activity of the mapped galaxy rises from the passive ridge in the centre outwards.")
claims.check("gradient of the inside-out cube, in sigma", cube_slope / cube_total, at_least=2, because="velocities or radii were wrong")

# %% [markdown]
# Here `correlated=False`: the noise of this mock cube is independent from spaxel to spaxel. In MaNGA neighbours share fibres, and the sum over an annulus is noisier than that.
#
# ## Tell fast-rotating ellipticals from lenticulars
#
# The talk's other result on lenticulars: fast-rotating ellipticals (E-FR) and S0s are *not the same objects*. Both rotate, so eyes and spin mix them. How would one show a difference? With two samples, a number for each galaxy, and a test that knows how much two samples of one kind would differ.
#
# The galaxies here are toys: a hot bulge and a cold disc seen at any angle. That bulges weigh more in E-FR, and that the masses of S0s have two peaks, is **put in**. What follows from it, through projection and noise, is $\lambda_R$ (the share of rotation in all motion) and how fast the dispersion falls with radius.

# %%
def kinematics(sample):
    """λ_R, and the slope of the dispersion: log10 of that at one half-light radius over that in the centre."""
    flat_maps = (a.reshape(len(a), -1) for a in (sample.flux, sample.radius, sample.velocity, sample.dispersion))
    profile = np.nanmean(sample.dispersion, axis=2)
    return {"λ_R": gm.spectra.lambda_r(*flat_maps), "log σ(Re) / σ(0)": np.log10(profile[:, 9:11].mean(1) / profile[:, :2].mean(1))}


toys = {kind: gm.mock.rotators(n, kind, seed=seed) for kind, n in (("E-FR", 250), ("S0", 400))}
measured = {kind: kinematics(sample) for kind, sample in toys.items()}
quantities = {name: {kind: measured[kind][name] for kind in toys} for name in measured["S0"]}
quantities["log mass (solar)"] = {kind: np.asarray(toys[kind].table["log_mass"]) for kind in toys}
gm.plots.histograms(quantities, bins=25, limits={"λ_R": (0, 0.8), "log σ(Re) / σ(0)": (-0.35, 0.1), "log mass (solar)": (9.8, 11.8)},
                  title="Fast-rotating ellipticals and lenticulars — toy galaxies", alt="Histograms of spin, dispersion slope and mass: lenticulars spin more, their dispersion falls faster and their masses have two peaks; the distributions overlap.")
for name, groups in quantities.items():
    test, null = ks_2samp(groups["E-FR"], groups["S0"], nan_policy="omit"), ks_2samp(groups["S0"][::2], groups["S0"][1::2], nan_policy="omit")
    print(f"{name:17s} KS distance {test.statistic:.2f} (p = {test.pvalue:.0e}); two halves of the S0s: {null.statistic:.2f} (p = {null.pvalue:.2f})")
    claims.check(f"E-FR against S0, {name}: KS distance", test.statistic, at_least=0.2, because="both kinds had like bulges, discs and masses")
heavy = {kind: np.abs(np.asarray(toys[kind].table["log_mass"]) - 10.9) < 0.2 for kind in toys}
matched = ks_2samp(*(measured[kind]["λ_R"][heavy[kind]] for kind in toys)).pvalue
claims.check("E-FR against S0 of like mass, λ_R: log10 of p", np.log10(matched), at_most=-3, because="mass explained the difference in spin")

# %% [markdown]
# The medians differ, the tests are clear, and yet the histograms overlap: *not the same objects* is a statement about samples. λ_R alone would misplace many single galaxies. At like mass (within 0.2 dex of $10^{10.9}$) the difference remains, so it is not mass in disguise.
#
# ## On observed galaxies
#
# Now the hardest question: is this plane, made of mock galaxies alone, a map of real ones? Twelve mean spectra of observed galaxies by type (Kinney et al. 1996; starbursts: Calzetti et al. 1994), and ten galaxies of the SDSS, some classified as star-forming by the survey's pipeline. No component and no limit is learnt from them.

# %%
sets = [gm.find_set(name) for name in ("kinney_calzetti_templates", "sdss_spectra_10")]
stars = {}
if all(sets):
    for file in sorted(sets[0].glob("*_template.fits")):
        rows = fits.getdata(file)
        there = np.isfinite(rows["FLUX"]) & (rows["FLUX"] > 0)
        spectrum = gm.spectra.rest_frame(rows["WAVELENGTH"], rows["FLUX"][None] * 1e14, there[None].astype(float), 0.0, grid=grid)
        stars[file.stem.removesuffix("_template")] = gm.spectra.normalise(grid, *spectrum)
    for file in sorted(sets[1].glob("spec-*.fits")):
        wavelength, spectrum, weight, z, subclass = gm.spectra.read_sdss_spectrum(file)
        name = f"SDSS {file.stem[-4:]}{' (star-forming)' if 'STARFORMING' in subclass else ''}"
        stars[name] = gm.spectra.normalise(grid, *gm.spectra.rest_frame(wavelength, spectrum, gm.spectra.flag_spikes(spectrum, weight), z, grid=grid))
    place = {name: gm.spectra.project(eigen, *pair)[0][0, :2] for name, pair in stars.items()}
    distance = {name: (point - ridge.point) @ ridge.normal / ridge.width for name, point in place.items()}

# %%
if stars:
    short = {name.replace("SDSS ", "").replace(" (star-forming)", " SF").replace("elliptical", "E").replace("starb", "starburst "): point for name, point in place.items()}
    gm.plots.plane(zones, line=(ridge.point, ridge.direction), tracks=short, xlabel="PC1", ylabel="PC2", title="Observed spectra (stars) in the plane of the mock galaxies",
                 alt="Observed spectra in the mock plane: elliptical, S0 and bulge templates beside the passive ridge, starbursts far out in the active cloud, SDSS galaxies mostly on the ridge and star-forming ones off it.")
    print("distance from the passive sequence in its widths:")
    print(", ".join(f"{name} {d:+.1f}" for name, d in sorted(distance.items(), key=lambda pair: pair[1])))

# %%
if stars:
    claims.origins.append("folder")
    passive = [abs(distance[name]) for name in ("elliptical", "s0", "bulge")]
    bursts = [distance[name] for name in distance if name.startswith("starb")]
    sdss = {name: d for name, d in distance.items() if name.startswith("SDSS")}
    forming = ["star-forming" in name for name in sdss]
    ordered = roc_auc_score(forming, list(sdss.values()))
    print(f"{sum(forming)} star-forming SDSS galaxies against {len(sdss) - sum(forming)} others: AUC {ordered:.2f}")
    claims.check("observed E, S0 and bulge templates: farthest from the passive sequence, in its widths", max(passive), at_most=3, because="mock old stars had other colours than observed ones")
    claims.check("observed starburst templates: nearest to the passive sequence, in its widths", min(bursts), at_least=5, because="mock gas and young stars did not resemble observed ones")
    claims.check("observed SDSS spectra: AUC of activity for the survey's star-forming class", ordered, at_least=0.85, because="what is active on the mock sky were not so on the observed one")

# %% [markdown]
# Templates of ellipticals and lenticulars fall on the passive sequence of galaxies that were never observed, and starbursts far into the cloud. Two warnings. The ridge is a straight line fitted where mock galaxies are; observed red galaxies, whose Galactic reddening was not removed here, lie beyond its end, where it is an extrapolation. And ten galaxies are ten galaxies.
#
# **A real cube.** This cell measures the gradients of MaNGA galaxies: a LOGCUBE and a MAPS file each, of small bundles, as the command fetches them.

# %%
bundles = gm.find_set("manga_cubes")
cubes = sorted(bundles.rglob("manga-*-LOGCUBE.fits*")) if bundles else []
for file in cubes[:5]:
    name = "-".join(file.name.split("-")[:3])
    pair = gm.spectra.read_cube(file), gm.spectra.read_maps(next(bundles.rglob(f"{name}-MAPS-*")))
    annuli, weight, r = gm.spectra.radial_spectra(*pair, edges=np.arange(0, 1.51, 0.25))
    a, e = gm.spectra.activity(*projected(annuli[None], weight[None]), ridge)
    g, ge = (x[0] for x in gm.spectra.gradient(r[None], a, e))
    print(f"{name}: centre {a[0, 0] / ridge.width:+.1f} widths, gradient {g:+.2f} ± {np.sqrt(ge**2 + floor**2 + (fraction * max(np.nanmean(a), 0)) ** 2):.2f} per Re")

# %% [markdown]
# ## What the talk found, what you found
#
# | talk and papers, observed galaxies | here, mock galaxies |
# | --- | --- |
# | ~1,000 MaNGA cubes, radially binned, projected into the first two components | the same steps on 1,000 mock lenticulars, and on one cube |
# | the orientation of the vectors gives the sign of the gradient | signs right, measured above; sizes too shallow |
# | positive, negative and flat gradients comparable in number (Tous et al. 2023) | put in: no finding |
# | passive S0s mostly flat, active ones mostly negative (Tous et al. 2024) | not reproduced: kinds are drawn independently of mass and mean activity |
# | E-FR and S0 are not the same objects | shown with toys in which the difference is put in: how to test, not that it is so |
#
# The shares below are what went into the mock and came out again, no more; a survey's shares are its finding.

# %%
signs = {"positive": found & (slope > 0), "negative": found & (slope < 0), "no gradient found": ~found}
print(f"Tous et al. (2023), {MANGA_S0['galaxies']} MaNGA S0s: rings in {MANGA_S0['rings'][0]:.0%} to {MANGA_S0['rings'][1]:.0%}; here put in: {np.mean(kinds == 'ring'):.0%}")
print("signs here: " + ", ".join(f"{name} {np.mean(rows):.0%}" for name, rows in signs.items()))
claims.compare("share of S0s with a ring (published: lower end; here put in)", MANGA_S0["rings"][0], np.mean(kinds == "ring"))

# %% [markdown]
# **What this mock cannot show.** Its galaxies have five kinds of stars, so two components must do well. It has no shocks, no old stars with hot atmospheres that ionise gas in some places only, no true star-formation histories, no sky subtraction that fails over whole ranges, no bars. Activity is one profile that moves young stars and gas together; in real galaxies they part. What it does show is that the method survives noise, holes, outliers, dust, seeing and metals, and how its errors must be set.
#
# ## Exercises
#
# **1. Explain the ridge.** Which share of the squared length of the ridge's direction lies along PC1? (If it were 1, PC2 alone would measure activity.)

# %%
along_first = ...

# %%
_ = gm.course.check("exercise 1", along_first, ridge.direction[0] ** 2, hint="A direction is a unit vector: its components squared sum to one.")

# %% tags=["solution"]
along_first = ridge.direction[0] ** 2
_ = gm.course.check("exercise 1", along_first, ridge.direction[0] ** 2)

# %% [markdown]
# **2. Find the rings.** A straight line cannot see a ring. Define the *bump* of a profile: the mean activity of the annuli from 0.75 to 1.25 $R_e$ minus the mean of the first and the last annulus. What is the AUC of the bump, divided by the mean activity plus the width of the ridge, for being a ring?

# %%
ring_auc = ...

# %%
bump = activity[:, 4:6].mean(axis=1) - activity[:, [1, 6]].mean(axis=1)
usable = np.isfinite(bump + level)
expected = roc_auc_score(kinds[usable] == "ring", (bump / (level + ridge.width))[usable])
_ = gm.course.check("exercise 2", ring_auc, expected, tolerance=1e-3, hint="Column 0 of activity is the fibre; annuli are columns 1 to 6, each 0.25 Re wide.")

# %% tags=["solution"]
ring_auc = roc_auc_score(kinds[usable] == "ring", (bump / (level + ridge.width))[usable])
_ = gm.course.check("exercise 2", ring_auc, expected, tolerance=1e-3)
print(f"AUC {ring_auc:.2f}")

# %% [markdown]
# **3. Leave a step out.** Run the lesson without `flag_spikes`, without the reddening correction (`ebv=None`), or with velocities that are wrong by 150 km/s. Which of the claims break, and why does reddening matter so little for *gradients*? (No check.)
#
# ## In practice
#
# - The eigenspectra of Tous et al. come from 68,043 SDSS spectra; a thousand suffice for two components, not for ten.
# - A cube of MaNGA holds up to 74 × 74 spectra; reading and binning one takes seconds. The fluxes alone of a thousand such cubes are 100 GB: bin on the machine that holds them, and keep the annuli.
# - Report how errors were set. "2 sigma" of the noise would have found gradients in a large part of the flat galaxies here.
# - Principal components are linear. Lesson 07 learns a representation that need not be.
#
# ## Further reading
#
# - Tous, Solanes & Perea 2020, *The local Universe in the era of large surveys I: spectral classification of S0 galaxies*, [doi:10.48550/arXiv.2005.09016](https://doi.org/10.48550/arXiv.2005.09016)
# - Tous, Domínguez Sánchez, Solanes & Perea 2023, *The origin of star-forming rings in S0 galaxies*, [doi:10.48550/arXiv.2211.09697](https://doi.org/10.48550/arXiv.2211.09697)
# - Tous et al. 2024, *The local Universe in the era of large surveys III: radial activity profiles of S0 galaxies*, [doi:10.48550/arXiv.2401.03970](https://doi.org/10.48550/arXiv.2401.03970)
# - Yip et al. 2004, *Distributions of galaxy spectral types in the SDSS*, [doi:10.1086/422429](https://doi.org/10.1086/422429)
# - Emsellem et al. 2007, *The kinematic classification of early-type galaxies*, [doi:10.1111/j.1365-2966.2007.11752.x](https://doi.org/10.1111/j.1365-2966.2007.11752.x)
#
# ## What this lesson claims

# %% tags=["claims"]
gm.plots.show_claims(claims.report())
