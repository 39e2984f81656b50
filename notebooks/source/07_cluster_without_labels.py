# %% [markdown]
# # Cluster galaxies without labels
#
# **What you'll do:** train a network on maps of galaxies that nobody has labelled, by asking it only which two views show the same galaxy; then look for groups in what it has learnt, and ask what they have to do with morphology and physics.
#
# **What you'll learn**
# - how the contrastive loss works, in twelve lines
# - why the choice of views decides what a representation knows, and how to test that it forgot the instrument
# - how to ask how many clusters the data want, and what UMAP and t-SNE may and may not tell you
# - how many labels self-supervision saves, and where it saves none
# - whether mock and observed galaxies lie on one manifold
#
# **What you'll need:** lessons 00 and 02; 45 minutes to read, about 2 minutes to run on two cores, 1.5 GB of memory. The talk shows the clustering of MaNGA maps of [Sarmiento et al. 2021](https://doi.org/10.3847/1538-4357/ac1dac); the method is SimCLR ([Chen et al. 2020](https://doi.org/10.48550/arXiv.2002.05709)).

# %%
# On Colab, install the helper package without touching the torch and numpy that are there. Elsewhere this does nothing.
import sys

if "google.colab" in sys.modules:
    # %pip install -q --no-deps "galmorph-helpers @ git+https://github.com/galmorph/galaxy-morphology-course"
    # %pip install -q "photutils>=2" "pooch" "umap-learn"
    pass

# %% tags=["setup"]
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.manifold import TSNE
from sklearn.metrics import adjusted_rand_score, roc_auc_score, silhouette_score
from sklearn.model_selection import cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of other packages, while they load
    from umap import UMAP

import galmorph_helpers as gm
from galmorph_helpers import charts, checks, plots, widgets
from galmorph_helpers.mock.maps import CHANNELS
from galmorph_helpers.published import MANGA_CLUSTERS

seed = gm.start()
claims = gm.Claims("07", origins=["mock", "deep field"])

# %% [markdown]
# ## See a galaxy in five maps
#
# An integral-field survey such as MaNGA gives maps of each galaxy: light, age and metallicity of the stars, their mean velocity and their velocity dispersion. The mock galaxies here come in five kinds. Some massive ellipticals are **slow rotators**: their stars move at random, and hardly turn as a whole. All others, from some ellipticals through lenticulars (S0) to late spirals, are **fast rotators**, which differ in the ages of their discs, in arms and in bulges. The kinds overlap, and what tells them apart is put in by the course.
#
# Then the instrument comes in. A bundle of 19 to 127 fibres covers the galaxy to about 1.5 or 2.5 half-light radii, the atmosphere blurs it by 2.5″, faint spaxels are noisy, some are lost. Which bundle a galaxy gets has *nothing* to do with its kind: whatever a method says about the bundle, it says about the instrument.

# %%
n_train, n_test = gm.pick(cpu=1500, gpu=6000), 2000
raw_train, _ = gm.mock_maps(n_train, seed=seed + 50_000)
raw, table = gm.mock_maps(n_test, seed=seed)
kind, morphology, slow = (np.asarray(table[name]) for name in ("kind", "morphology", "slow"))
examples = [int(np.flatnonzero(kind == name)[j]) for name in ("E, slow", "E, fast", "S0", "Sa-Sb", "Sc-Sd") for j in (0, 1)]
charts.map_grid(raw[examples].log10().where(torch.arange(5)[:, None, None] == 0, raw[examples]), [f"{kind[i]}\n{table['fibres'][i]} fibres" for i in examples],
                ("log flux", "log age\n(Gyr)", "metallicity\n(dex)", "velocity\n(km/s)", "dispersion\n(km/s)"), symmetric=("velocity\n(km/s)",), caption="Two galaxies of each kind — mock galaxies in hexagonal bundles",
                alt="Five maps each of ten mock galaxies. Slow rotators are old, hot and hardly turn; lenticulars turn; spirals turn fastest and show arms in their ages.")

# %% [markdown]
# What should a network see? If mass and mean age are left in, they will make the clusters, and one needs no maps for that. `gm.prepare_maps` keeps the *structure inside* a galaxy: light, age and metallicity lose their mean; velocity and dispersion are divided by the same number, the rms of all motion, so that V/σ stays while mass goes. Spaxels that are lost in one map are masked in all: they become 0.

# %%
train, maps = gm.prepare_maps(raw_train), gm.prepare_maps(raw)
print(f"{len(train)} galaxies to learn from, {len(maps)} others to test on; the labels of the first are thrown away")

# %% [markdown]
# ## Write the loss
#
# Make two views of each of N galaxies. The network maps each of the 2N views to a vector; only its direction counts. For each view, one of the other 2N − 1 shows the same galaxy. Guess which, by similarity: a classification with 2N − 1 classes that needs no labels. Its cross-entropy is the **NT-Xent** loss,
#
# $$\ell_{ij} = -\log \frac{\exp(\mathbf{z}_i \cdot \mathbf{z}_j / \tau)}{\sum_{k \neq i} \exp(\mathbf{z}_i \cdot \mathbf{z}_k / \tau)}.$$

# %%
def nt_xent(first, second, temperature=0.5):
    z = F.normalize(torch.cat([first, second]), dim=1)  # 2N directions
    similarity = z @ z.T / temperature
    similarity.fill_diagonal_(-torch.inf)  # no view is its own partner
    n = len(first)
    partner = torch.cat([torch.arange(n, 2 * n), torch.arange(n)])
    return F.cross_entropy(similarity, partner)


a, b = torch.randn(2, 64, 32)
off = abs(nt_xent(a, b) - gm.nt_xent(a, b)).item()
print(f"random views: {nt_xent(a, b):.3f}, near log(2N - 1) = {np.log(127):.3f}; identical views: {nt_xent(a, a):.3f}; difference from the helper {off:.0e}")
claims.check("NT-Xent of this cell minus the helper's (tests compare that with a library's)", off, at_most=1e-6, because="a view were its own partner")

# %% [markdown]
# ## Choose what shall not matter
#
# The network will learn whatever helps to tell galaxies apart *and* survives from one view to the other. So the views decide. Each thing that the instrument or the direction of view could have changed, is changed at random:
#
# | view | what it stands for | what stays |
# | --- | --- | --- |
# | quarter turn, mirror image | orientation on the sky | all of it; velocities need no change of sign |
# | crop to 60–100 % of the frame | bundle that reaches 1.5 or 2.5 half-light radii | profiles inside |
# | noise | exposure, distance | what is above the noise |
# | blur, after the noise | bundle size: few fibres make blurred maps | all larger than the blur |
#
# What is *not* changed is physics: V/σ, gradients of age, concentration.

# %%
one = maps[[examples[6]]]
generator = torch.Generator().manual_seed(seed)
shown = torch.cat([one, *(gm.view(one, generator=generator) for _ in range(5))])
charts.map_grid(shown, ["as observed", *(f"view {i + 1}" for i in range(5))], CHANNELS, caption="One galaxy, five views — mock galaxy, prepared maps", alt="Five views of one mock spiral: turned, mirrored, cropped, blurred and noisy, yet the arms in age and the rotation are still there.")

# %% [markdown]
# ## Train without labels
#
# The encoder is small: three strided convolutions and a mean, 96 features. A head of two layers projects them to the 32 numbers that the loss sees; it is thrown away afterwards.

# %%
def pretrain(images, *, epochs, widths=(24, 48, 96), **views):
    """An encoder trained on views of `images`, and the loss of each epoch."""
    gm.seed_everything(seed)
    encoder = gm.Encoder(images.shape[1], widths)
    losses = gm.fit_contrastive(encoder, images, views=partial(gm.view, **views), epochs=epochs, seed=seed)
    return encoder, losses


encoder, losses = pretrain(train, epochs=gm.pick(cpu=14, gpu=60))
print("loss:", " → ".join(f"{v:.2f}" for v in losses[::3]), f"(chance: {np.log(2 * 128 - 1):.2f})")
h = gm.represent(encoder, maps)
pca = PCA(h.shape[1], random_state=seed).fit(train.flatten(1))  # as many numbers, for comparison
linear = pca.transform(maps.flatten(1))
print("features of length 1:", h.shape, "| principal components of the pixels:", linear.shape)

# %% [markdown]
# ## Look for groups
#
# Four tools, often mixed up. **PCA** turns the axes and keeps distances. **UMAP** and **t-SNE** draw a plane in which neighbours stay neighbours; distances and sizes of islands in it mean little. **k-means** makes clusters, of the features and not of the plane, and makes as many as it is told. Colours below are k-means with k = 2; then come the true kind, and two quantities that no view was told.

# %%
two = gm.cluster(h, 2, seed=seed)
planes = {"UMAP": UMAP(n_neighbors=20, random_state=seed, n_jobs=1).fit_transform(h), "t-SNE": TSNE(random_state=seed, init="pca").fit_transform(h[:1200]), "PCA": PCA(2).fit_transform(h)}
charts.clouds({name: (plane, np.array([f"cluster {k}" for k in two[: len(plane)]])) for name, plane in planes.items()}, title="One representation, three planes, two clusters — mock galaxies",
              alt="UMAP, t-SNE and PCA planes of the representation; the two k-means clusters share each plane with a clear border.")
charts.clouds({"true kind": (planes["UMAP"], kind), "rotation": (planes["UMAP"], np.asarray(table["lambda_r"]), "λ_R"), "mass": (planes["UMAP"], np.asarray(table["log_mass"]), "log mass (solar)"),
               "bundle": (planes["UMAP"], np.asarray(table["diameter"].value), "diameter (arcsec)")},
              title="The UMAP plane of the representation — mock galaxies", alt="The UMAP plane four times: kinds lie in a sequence from slow ellipticals to late spirals, rotation rises and mass falls along it, bundle sizes are mixed.")

# %% [markdown]
# ### How many clusters do the data want?
#
# k-means never refuses. Two judges: the **silhouette** (is a galaxy nearer to its own cluster than to the next?) and the **stability** (do halves of the sample lead to the same clusters?).

# %%
wanted = gm.cluster_table(h, seed=seed)
best = int(wanted["k"][np.argmax(wanted["silhouette"])])
rivals = {"contrastive": h, "PCA of pixels": linear, "PCA of pixels, 10": linear[:, :10], "untrained encoder": None}
gm.seed_everything(seed)
rivals["untrained encoder"] = gm.represent(gm.Encoder(5, (24, 48, 96)), maps)
rows = []
for name, features in rivals.items():
    labels = gm.cluster(features, 2, seed=seed)
    rows.append({"features": name, "silhouette, k = 2": silhouette_score(features, labels), "ARI with slow / fast": adjusted_rand_score(slow, labels), "Cramér's V with morphology": gm.cramers_v(labels, morphology)})
charts.show_table(wanted, caption=f"How many clusters? The silhouette prefers {best}")
charts.show_table(gm.Table(rows), caption="k = 2 on other features of the same galaxies")
claims.compare("clusters in maps of internal structure", MANGA_CLUSTERS, best)
claims.check("ARI of two clusters with slow and fast rotators", rows[0]["ARI with slow / fast"], at_least=0.5, because="views erased rotation, or ages outweighed it")
claims.check("ARI: contrastive minus PCA of pixels", rows[0]["ARI with slow / fast"] - rows[1]["ARI with slow / fast"], at_least=0.3, because="orientation were fixed, so that PCA saw rotation")
claims.check("two clusters are stable: ARI of halves", wanted["stability"][0], at_least=0.8, because="the border ran through a crowd")
again = gm.match_labels(gm.cluster(h, 2, seed=seed + 1), two)
claims.check("k-means with another start, matched: same cluster", np.mean(again == two), at_least=0.98, because="k-means ended elsewhere")
