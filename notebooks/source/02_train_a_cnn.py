# ---
# minutes: 60
# ---

# %% [markdown]
# # Train a network to classify galaxies
#
# Sixteen galaxies, 64 × 64 pixels each. **Which of them are discs that we see from the side?** You can tell in a second. How does a program tell, to which nobody has given a rule?
#
# **You will do:** write the five pieces that every such program is made of, train it on a mock sky and on galaxies that the Sloan Digital Sky Survey (SDSS) observed, and find out when a simpler method does as well.
#
# **You will learn**
# - how pixels become a probability: convolution, weights, layers
# - how weights move: loss, gradient, learning rate, optimiser, batch, epoch
# - how a network deceives its owner: over-fitting, and what validation is for
# - how to judge the answers: precision, recall, F1, AUC, calibration, and a rival
#
# **You will need:** lesson 00, and Python with NumPy. An hour: 30 minutes to read, 30 for six exercises. All cells together run for two or three minutes on two idle cores, in 1.5 GB. Each word in *italics* is explained where it first appears, and again in the [glossary](../guide/glossary.md).
#
# The talk that this course rebuilds is H. Domínguez Sánchez, *Deep learning for galaxy morphology* (2023); the method of this lesson is that of [Domínguez Sánchez et al. 2018](https://doi.org/10.1093/mnras/sty338), DS18 from here on.

# %% tags=["setup"]
# On Colab the helper package is installed, without touching the torch and numpy that are there.
import sys

if "google.colab" in sys.modules:
    # %pip install -q --no-deps git+https://github.com/galmorph/galaxy-morphology-course
    # %pip install -q "photutils>=2" "pooch" "safetensors"
    pass
import time

import numpy as np
import torch
from astropy.table import Table, join, vstack
from torch.nn import functional as F

import galmorph_helpers as gm
from galmorph_helpers.published import BINARY_MODELS, DS18_PARAMETERS

seed = gm.start()
claims = gm.Claims("02")

# %%
table = gm.population(gm.pick(cpu=2000, gpu=30_000), seed=seed, magnitude_limit=16)
answers = gm.mock.answers(table, seed=seed)[:, :2]
agreed = np.isfinite(answers).all(1)
sky = gm.mock_sample(table=table[agreed], seed=seed)
disc, edge_on = answers[agreed].T
train, validation, test = gm.split(sky, fractions=(0.6, 0.1, 0.3), seed=seed)
large = np.flatnonzero(sky.table["r90"].value > 6)
some = np.concatenate([large[edge_on[large] == 1][:6], large[edge_on[large] == 0][:10]])
some = np.random.default_rng(seed).permutation(some)
gm.plots.gallery(sky, some, caption="Six of them are discs seen from the side",
                 alt="Sixteen mock galaxies: six thin ones among round and spiral ones.")

# %% [markdown]
# These galaxies are simulated: a *mock sky* with the masses, types, sizes and colours of observed galaxies, photographed as the SDSS would. Even a star, a point, comes out as a blur some 1.3 arcseconds wide: atmosphere and telescope smear all light with their *PSF* (point-spread function), so a thin disc never looks as thin as it is. Each picture is 4.24 times as wide as the galaxy's R90, the radius that holds 90 % of its Petrosian light (light within a circle set by the galaxy's own profile), so near and far galaxies fill it alike. All are brighter than r = 16, as galaxies are that experts have typed by eye: [Nair & Abraham (2010)](https://doi.org/10.1088/0067-0049/186/2/427) took those brighter than g = 16.
#
# **Who says which is which?** Volunteers, in the mock sky simulated ones, who answer as those of [Galaxy Zoo 2](https://doi.org/10.1093/mnras/stt1458) did: is it smooth, or does it show a disc or other features? Is it edge-on? Where fewer than 70 % agree, DS18 left the galaxy out, and so do we. That flatters all scores, theirs and ours: the hard cases are gone.
#
# ## 1. Lay nine numbers on the picture
#
# A *convolution* lays a small block of numbers, the *kernel*, on a place of the picture, multiplies each number with the pixel below it, and sums. Then it moves on by one pixel. The result is a new picture, a *map*: large where the picture looks like the kernel.
#
# **Predict:** the kernel below has −1 in its left column, +1 in its right one. Where will its map be far from zero: inside a galaxy, at its edges, in the sky?
#
# **Do:** write one pixel of that map. The middle of the kernel lies on the pixel `image[row, column]`.


# %% tags=["exercise"]
def one_pixel(image, kernel, row, column):
    """One pixel of a convolution, a number: of image (H, W) with kernel (3, 3)."""
    ### BEGIN SOLUTION
    total = 0.0
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            total += kernel[1 + dy, 1 + dx] * image[row + dy, column + dx]
    return total
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("02.1", points=2)

# %%
pixel_of = gm.course.yours("02.1")
galaxy = sky.images[large[edge_on[large] == 1][0]]
grey = galaxy.mean(0).numpy()
kernels = {"left–right": np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
           "down–up": np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]]),
           "bright point": np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]])}
inside = range(1, 63)
maps = [np.array([[pixel_of(grey, k, y, x) for x in inside] for y in inside])
        for k in kernels.values()]
gm.plots.images_row([galaxy, *maps], ["the picture", *kernels], symmetric=True,
                    caption=f"One galaxy, three kernels — {sky.caption}",
                    alt="A thin galaxy: two kernels mark its edges, the third noise and stars.")
first = torch.tensor(kernels["left–right"])[None, None].float()
in_torch = F.conv2d(torch.tensor(grey)[None, None], first)  # nine products and a sum, as yours

# %% [markdown]
# **Why:** where neighbours are alike, minus and plus cancel. What remains are edges, and the kernel's shape decides which. Nobody has to invent kernels for arms or bars: a network starts with random numbers in them, its *weights*, and *learns* numbers that help.
#
# One convolution sees 3 × 3 pixels. The network of this course has three in a chain. Each takes large steps across the map before it (four pixels, then two, and two: a *strided* convolution), so maps get smaller and each of their pixels knows a larger part of the galaxy. A last *dense layer* weighs what was found where, and the head sums it into one number, the *logit* $x$; then $p = 1/(1+e^{-x})$ is a probability.

# %%
gm.plots.anatomy(gm.CompactCNN(), galaxy, caption=f"The compact network, untrained — {sky.caption}",
                 alt="From a 3 × 64 × 64 picture over ever smaller maps to one number.")

# %% [markdown]
# Read the shapes from left to right: 3 bands of 64 × 64 pixels, 48 maps of 16 × 16, 96 of 8 × 8, 128 of 4 × 4, then 64 numbers, then one. Of some 290,000 weights (the network's [code](../galmorph_helpers/learning/networks.py) has a comment a line) the dense layer holds nearly half. At the start they are random, and so is the answer.
#
# ## 2. Say how wrong it is
#
# To improve, the network needs one number that says how wrong it is: the *loss*. A galaxy that is edge-on ($y=1$) and got the probability $p$ costs $-\ln p$; one that is not ($y=0$) costs $-\ln(1-p)$. The mean over galaxies is the *cross-entropy*; the talk shows it, too:
#
# $$H = -\frac{1}{N}\sum_i \left[\, y_i \ln p_i + (1-y_i)\ln(1-p_i) \,\right]$$
#
# **Predict:** what does a network cost that says 0.5 to everything? And one that says 0.001 to a galaxy that *is* edge-on?


# %% tags=["exercise"]
def cross_entropy(truth, probability):
    """Mean cost of the answers; truth is 0 or 1, probability between them, arrays (N,)."""
    ### BEGIN SOLUTION
    cost_of_yes = -truth * np.log(probability)
    cost_of_no = -(1 - truth) * np.log(1 - probability)
    return np.mean(cost_of_yes + cost_of_no)
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("02.2")

# %% [markdown]
# A coin toss costs $\ln 2 = 0.69$. A sure and wrong answer costs 7, and without limit more if it is surer: the loss punishes false certainty.
#
# ## 3. Let one weight move
#
# Before 290,000 weights, take one. Someone has measured how elongated each galaxy is, $x$ (its *ellipticity*, minus the mean, divided by the scatter). Our "network" is $p = 1/(1+e^{-wx})$ with a single weight $w$. For each $w$ there is a loss: a valley. To walk down, one needs the *slope* of the ground under one's feet. For this network it is
#
# $$\frac{dH}{dw} = \frac{1}{N}\sum_i (p_i - y_i)\, x_i$$
#
# (With many weights, the list of their slopes is called the *gradient*.) A step goes against the slope: **new $w$ = old $w$ − learning rate × slope**. The *learning rate* is how boldly one steps.
#
# **Predict:** what happens if the learning rate is a hundred times too small? A hundred times too large?


# %% tags=["exercise"]
def descend(weight, x, truth, learning_rate, steps):
    """The weight before the first step and after each: an array of steps + 1 numbers."""
    ### BEGIN SOLUTION
    path = [weight]
    for _ in range(steps):
        p = 1 / (1 + np.exp(-path[-1] * x))
        slope = np.mean((p - truth) * x)
        path.append(path[-1] - learning_rate * slope)
    return np.array(path)
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("02.3", points=2)

# %%
walk_down, entropy_of = gm.course.yours("02.3"), gm.course.yours("02.2")
features = gm.morphology_features(sky.images)
ellipticity = np.asarray(features["ellipticity"])
x = (ellipticity[train] - ellipticity[train].mean()) / ellipticity[train].std()


def loss_of(weight):
    """Cross-entropy of the network of one weight, on the training galaxies."""
    p = 1 / (1 + np.exp(-weight * x))
    return entropy_of(edge_on[train], p.clip(1e-9, 1 - 1e-9))  # no logarithm of zero


walks = {f"{rate:g}": walk_down(0.0, x, edge_on[train], rate, 12) for rate in (0.2, 2, 35)}
gm.plots.descent(loss_of, walks, xlabel="weight w", limits=(-1, 15), title="Mock sky",
                 alt="A valley of the loss; three walks: too timid, well chosen, too bold.")

# %% [markdown]
# Choose the learning rate yourself (with a running kernel): where does the walk begin to leap across the valley?

# %%
_ = gm.course.explore(
    lambda learning_rate: gm.plots.descent(
        loss_of, {f"{learning_rate:.2g}": walk_down(0.0, x, edge_on[train], learning_rate, 12)},
        xlabel="weight w", limits=(-1, 15), alt="The walk with the learning rate that you chose."),
    learning_rate=(0.1, 50.0, "log", 2.0))

# %% [markdown]
# **Why:** the slope tells the direction, and only for a small step. Too timid, and nothing happens in the time there is; too bold, and one lands on the other side of the valley, or beyond.
#
# ## 4. Let all weights move
#
# A network of 290,000 weights learns in the same way. torch finds all slopes in one sweep back through the layers (*backpropagation*). The rule that turns slopes into steps is the *optimiser*; ours, AdamW, gives each weight a step of its own length. Slopes are not taken over all galaxies but over a *batch* of 64 or so: less exact, but one gets many steps for the price of one. When every training galaxy has been shown once, an *epoch* is over.
#
# **Do:** write an epoch. For each batch: find the loss; set the old slopes to zero with the optimiser's method `zero_grad` (torch adds new slopes to old ones); find the new slopes with the loss's method `backward`; let the optimiser `step`. torch's name for your cross-entropy, taken of logits, is `F.binary_cross_entropy_with_logits(logits, truth)`; the method `item` makes a plain number of a loss.


# %% tags=["exercise"]
def train_epoch(network, batches, optimiser):
    """Show each batch (images, truth) once; returns the list of their losses, as plain numbers."""
    ### BEGIN SOLUTION
    losses = []
    for images, truth in batches:
        loss = F.binary_cross_entropy_with_logits(network(images), truth)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("02.4", points=3)

# %% [markdown]
# Try it on the real thing: **DS18's own network**, with four convolutions at full resolution and 2,602,849 weights (the sum that follows from its layers), which the authors trained on thousands of galaxies for some fifty epochs. One epoch of 240 galaxies is what we can spare here.

# %%
show_all = gm.course.yours("02.4")
few = gm.mock_sample(table=sky.table[train[:240]], seed=seed, size=69)
truth = torch.tensor(edge_on[train[:240]], dtype=torch.float32)
batches = list(zip(few.images.split(30), truth.split(30), strict=True))
torch.manual_seed(seed)
ds18 = gm.learning.DS18().train()
begin = time.perf_counter()
losses = show_all(ds18, batches, torch.optim.Adam(ds18.parameters(), lr=1e-3))
seconds = (time.perf_counter() - begin) / len(losses)
print(f"loss of batch 1: {losses[0]:.2f}, of batch {len(losses)}: {losses[-1]:.2f}; "
      f"a step of 30 galaxies takes {seconds:.2f} s: 50 epochs of 5,000 galaxies, "
      f"{seconds * 5000 / 30 * 50 / 3600:.0f} hours here")
del few, batches

# %% [markdown]
# The compact network needs a small part of that, so we go on with it. `gm.fit` is your loop with four things added, on [one screen](../galmorph_helpers/learning/training.py): galaxies come in a new order in each epoch, turned and mirrored at random; the learning rate rises, then falls to zero; and after each epoch the loss is taken on *validation* galaxies, which the weights are not fitted to. The weights of the best epoch are kept. We train three times, from three random starts, since a score of one training is partly luck.

# %%
networks, histories = [], {}
for start in range(3):
    torch.manual_seed(start)
    network = gm.CompactCNN()
    held = sky.images[validation], edge_on[validation]
    histories[f"start {start}"] = gm.fit(network, sky.images[train], edge_on[train],
                                         validation=held, epochs=6, seed=start)
    networks.append(network)
all_galaxies = histories["start 0"]
gm.plots.learning_curve(histories, alt="Training and validation loss of three starts fall alike.")

# %% [markdown]
# Why does the training loss lie above the other one in the middle of the training, where one would expect it below? While it trains, the network is handicapped: galaxies are turned, and *dropout* silences some of its units at random, so that none is relied upon.
#
# ### How a network deceives its owner
#
# **Predict:** now only a hundred galaxies to learn from, 25 epochs, never turned. How far will the training loss fall? And the loss on other galaxies?

# %%
small, few_histories = train[:100], {}
for name, turns, start in (("as they are", None, 0), ("another start", None, 1),
                           ("turned and mirrored", "turns", 0)):
    torch.manual_seed(start)
    few_histories[name] = gm.fit(gm.CompactCNN(), sky.images[small], edge_on[small], seed=start,
                                 epochs=25, batch_size=25, augmented=turns, validation=held)
gm.plots.learning_curve(few_histories, alt="Training loss falls to zero, validation loss does not.")
last = {name: h.validation[-1] for name, h in few_histories.items()}
print(f"training loss {few_histories['as they are'].training[-1]:.3f}; validation loss",
      ", ".join(f"{name} {value:.2f}" for name, value in last.items()))

# %% [markdown]
# **Over-fitting:** the network has learnt its hundred galaxies by heart, and what it learnt does not hold for others. The training loss cannot show that; only galaxies apart can. Three cures: stop at the epoch with the lowest validation loss (`gm.fit` does), more galaxies (section 6), or the same galaxies shown otherwise: *augmentation*. Orientation says nothing of being edge-on, so turning and mirroring give new pictures for nothing. How much they help differs from one draw of a hundred galaxies to the next (compare the third panel with the first two, which differ by nothing but their random start); in some draws, hardly at all.
#
# **But not for every question.** Does a spiral turn clockwise? In the mirror it turns the other way: there, a mirror image needs the opposite label. Write that.


# %% tags=["exercise"]
def with_mirrors(images, clockwise):
    """The images (N, 3, H, W) and then their left-right mirror images; labels (N,) of all 2N."""
    ### BEGIN SOLUTION
    mirrored = torch.flip(images, dims=(-1,))
    turns = 1 - clockwise
    return torch.cat([images, mirrored]), torch.cat([clockwise, turns])
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("02.5")

# %% [markdown]
# Whether a network learns handedness with your function, and what it learns if the labels are *not* flipped, [lesson 02f](further/02f_more_questions.ipynb) tries.
#
# ## 5. Turn probabilities into a class
#
# A probability becomes a "yes" above a *threshold*. Then each galaxy falls into one of four boxes: rightly called yes (true positive), wrongly called yes (false positive), missed (false negative), rightly called no (true negative). From their counts:
#
# - *precision*: of those called yes, which share is? (Catalogues say *purity*.)
# - *recall*: of those that are, which share is called yes? (*Completeness*.)
# - *F1*, $2PR/(P+R)$: near the smaller of the two.
#
# **Predict:** raise the threshold. Which of precision and recall grows?


# %% tags=["exercise"]
def scores(truth, called):
    """Precision, recall and F1 of two arrays (N,) of 0 and 1."""
    ### BEGIN SOLUTION
    true_positive = np.sum((truth == 1) & (called == 1))
    false_positive = np.sum((truth == 0) & (called == 1))
    false_negative = np.sum((truth == 1) & (called == 0))
    precision = true_positive / (true_positive + false_positive)
    recall = true_positive / (true_positive + false_negative)
    return precision, recall, 2 * precision * recall / (precision + recall)
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("02.6", points=2)

# %%
scores_of, found = gm.course.yours("02.6"), []
for network in networks:  # the threshold is chosen on validation galaxies, and then frozen
    cut = gm.choose_threshold(edge_on[validation], gm.predict(network, held[0]), by="f1")
    found.append((edge_on[test], gm.predict(network, sky.images[test]), cut))
truth, p, cut = found[0]
called = (p >= cut).astype(int)
order = np.argsort(-np.abs(p - cut))  # the surest first, so the worst mistakes
gm.plots.confusion_gallery(sky[test[order]], truth[order], called[order],
                           names=("not edge-on", "edge-on"), caption="The surest of each kind",
                           alt="Edge-on galaxies are thin; the mistakes are small or flattish.")
print("precision {:.3f}, recall {:.3f}, F1 {:.3f}".format(*scores_of(truth, called)))

# %% [markdown]
# **Why:** look at the mistakes. Most are neither thin nor round: tilted so that volunteers themselves begin to differ. There the label draws the line, not the network.
#
# Two scores need no threshold. The *AUC* is the probability that a random edge-on galaxy gets a higher number than a random other one: 0.5 is chance, 1 perfect order. And *calibration* asks whether, of the galaxies that got 0.8, 80 % are edge-on. Order can be perfect where calibration is not.

# %%
mean_p = np.mean([p for _, p, _ in found], 0)
curve, error = gm.metrics.calibration_curve(truth, mean_p, bins=5)
gm.plots.reliability(curve, error, title=f"Edge-on — {sky.caption}",
                     alt="Share of edge-on galaxies against the probability they got.")

# %% [markdown]
# ## 6. Ask how many galaxies it takes
#
# People sorted galaxies by numbers long before networks: how concentrated, lopsided, clumpy, elongated, red. A *random forest* (400 decision trees that vote) on thirty-odd such numbers, `gm.morphology_features`, is the rival. The question is now Galaxy Zoo's first: a disc or other features, or smooth?
#
# **Predict:** with a hundred labelled galaxies, which is better, forest or network? With four thousand?

# %%
forest = gm.measure.fit_forest(features[small], disc[small], seed=seed)
network = gm.learning.fit_labelled(sky.images[small], disc[small], seed=seed)
hundred = gm.metrics_table({
    "forest, 100 galaxies": (disc[test], forest.predict_proba(features[test])[:, 1]),
    "network, 100 galaxies": (disc[test], gm.predict(network, sky.images[test])),
})
gm.plots.show_metrics(hundred, metrics=("accuracy", "auc"), caption="Disc or smooth, mock sky")

# %% [markdown]
# One point each, with one draw of a hundred galaxies. The whole curve takes longer than a lesson: [`benchmarks/learning_curve.py`](../benchmarks/learning_curve.py) computed it, most points from several splits of 5,000 galaxies of either sky (the last column of the table below); [the card](../data/learning_curve.md) says how. N counts every label, those that choose the epoch, too.

# %%
stored = Table.read(gm.files.shipped("learning_curve.csv"))
panels = {}
for where in ("mock", "observed"):
    rows = stored[(stored["sky"] == where) & (stored["question"] == "disc")]
    panels[f"disc or smooth, {where}"] = curves = {}
    for method in ("forest", "network"):
        each = rows[rows["method"] == method].group_by("labelled")
        auc = each["labelled", "auc"].groups.aggregate(np.mean)
        spread = [np.std(group["auc"], ddof=1) if len(group) > 1 else 0 for group in each.groups]
        curves[method] = auc["labelled"], auc["auc"], np.array(spread)
gm.plots.trends(panels, xlabel="labelled galaxies N", ylabels=["AUC"] * 2, log=True,
                alt="The forest leads with few labels; the network catches up.")

# %%
pair = [stored[stored["method"] == method] for method in ("forest", "network")]
keys = ["sky", "question", "labelled", "split"]
both = join(*pair, keys=keys, table_names=["forest", "network"])
both["lead"] = both["auc_network"] - both["auc_forest"]  # split by split
columns, lead = ["auc_forest", "auc_network", "lead"], both.group_by(keys[:3])
spread = [np.std(group["lead"], ddof=1) if len(group) > 1 else np.nan for group in lead.groups]
splits = [len(group) for group in lead.groups]
lead = lead[keys[:3] + columns].groups.aggregate(np.mean)
lead["scatter"], lead["splits"] = spread, splits
gm.plots.show_table(lead, caption="AUC, and the network's lead over the forest, split by split",
                    formats=dict.fromkeys([*columns, "scatter"], ".3f"))

# %% [markdown]
# **Why:** whoever chose those thirty numbers put a century of looking at galaxies into them; the forest has to learn only how to weigh them. The network has to find out what to look for, too, and for that a hundred labels are few: there the forest is ahead, most clearly on observed galaxies. With more labels the gap closes. On observed galaxies the network from scratch draws level with all 3,900 labels of this set, within the scatter of the splits. So within the range computed here it does **not** overtake the forest by more than that scatter; with 1,900 labels the forest is still ahead at disc or smooth, on average over the splits. What a head start changes, the last section and lesson 04 say.
#
# ## The talk and you
#
# The talk's edge-on network was tested on 98,561 galaxies. Beside each score of yours stands what costs nothing: always "no", and one measured number, the ellipticity, with a threshold. Brackets are 95 % intervals; those of the network hold both the scatter of test galaxies and that of the three trainings.

# %%
metrics = ("accuracy", "precision", "recall", "f1", "auc")
tables = [gm.metrics_table({"edge-on": row}) for row in found]
ours = gm.metrics.table_with_training(tables, mean=True)
cut = gm.choose_threshold(edge_on[validation], ellipticity[validation], by="f1")
alone = gm.metrics_table({"ellipticity alone": (edge_on[test], ellipticity[test], cut)})
gm.plots.show_metrics(vstack([ours, alone]), metrics=metrics, published=BINARY_MODELS,
                      caption="Edge-on: yours, mock sky; published, observed galaxies")
for name in metrics[:4]:
    claims.compare(f"edge-on {name}", BINARY_MODELS["edge-on"][name], ours[name][0],
                   (ours[f"{name}_low"][0], ours[f"{name}_high"][0]))
ds18_table = Table.read(gm.files.shipped("ds18.csv"))
columns = ["network", "weights", "galaxies", "epochs", "seed", "training", "validation", "auc"]
gm.plots.show_table(ds18_table[columns], caption="DS18 and the compact network, observed galaxies",
                    formats=dict.fromkeys(columns[5:], ".3f"))

# %% [markdown]
# **Read it with care.** Look at the accuracy: how much of the way from always "no" to the talk's has your network come? A few hundred galaxies and a minute of training, three times, are what it comes from; the order of the galaxies (the AUC) is good. The ellipticity alone is about level with your network of 290,000 weights: on the mock sky, volunteers go by how thin a disc looks, and one number says that. So this row shows that training works, and not that a network is needed. The published network was tested on observed galaxies with 14 % positives, yours on mock ones with more: neighbours, not rivals. (The talk's row agrees with itself; its row on bars does not: audit it in lesson 02f.)
#
# The last table is a small training of DS18 itself by a stored [command](../benchmarks/ds18.py), beside the compact network on the same galaxies; [its card](../data/ds18.md) says which. With a tenth of the galaxies and a few of the fifty epochs it says what a beginning looks like, nothing of the published network.
#
# ## On observed galaxies
#
# Now the same calls on galaxies that the SDSS observed and volunteers of Galaxy Zoo classified ([Lintott et al. 2011](https://doi.org/10.1111/j.1365-2966.2010.17432.x)). Their "elliptical" means *smooth*: lenticulars are in it. One network answers two questions. It starts from weights that were trained on the mock sky ([their card](../data/weights/mock_trunk.md): a network that reads sixteen properties of mock galaxies, such as type, colour and axis ratio): lesson 04 is about such head starts. Without such a set (`GALMORPH_DATA` says where it is), the network that you trained is asked about the galaxies of the Hubble deep field instead, which nobody labelled.

# %%
observed, said = gm.labelled_sdss("disc", "edge-on")
if observed:
    both = np.stack([said["disc"], said["edge-on"]], 1)
    usable = np.flatnonzero(np.isfinite(both).all(1))
    usable = np.random.default_rng(seed).permutation(usable)
    judge, learn = np.split(usable, [min(1000, len(usable) // 3)])
    begin = time.perf_counter()
    net = gm.learning.fit_labelled(observed.images[learn], both[learn], seed=seed,
                                   start="mock_trunk")
    seconds = time.perf_counter() - begin
    shown, p_shown = judge, gm.predict(net, observed.images[judge])[:, 1]
else:
    observed = gm.deep_field()
    shown = np.arange(len(observed))
    p_shown = np.mean([gm.predict(each, observed.images) for each in networks], 0)

# %%
order = np.argsort(-p_shown)[np.linspace(0, len(shown) - 1, 16).astype(int)]
words = [f"{said['called'][i]} " if said else "" for i in shown]
titles = [f"{words[i]}{p_shown[i]:.2f}" for i in order]
gm.plots.gallery(observed, shown[order], titles=titles, caption="From most to least edge-on",
                 alt="Sixteen observed galaxies, thin ones first, round ones last.")
if said:
    flat = np.asarray(gm.morphology_features(observed.images[judge])["ellipticity"]).clip(0, 1)
    p_both = gm.predict(net, observed.images[judge])
    observed_rows = {}
    for k, name in enumerate(("disc", "edge-on")):
        observed_rows[name] = both[judge, k], p_both[:, k]
        observed_rows[f"{name}, ellipticity alone"] = both[judge, k], flat
    on_observed = gm.metrics_table(observed_rows)
    gm.plots.show_metrics(on_observed, metrics=("accuracy", "auc", "average_precision"),
                          caption=f"{len(judge):,} observed galaxies ({seconds:.0f} s on others)")

# %% [markdown]
# **What was found** with 5,000 galaxies, of which 1,000 judge: on observed galaxies, too, the ellipticity alone orders edge-on galaxies well; the network is ahead of it by some hundredths, and far ahead at disc or smooth, where one number does not do. (A bundle of 600 teaches less and scatters more: the claims below ask nothing of it. Without labels nobody knows.) An interval is of the test galaxies only; the table of section 6 shows how much another split changes. And what limits the scores? "Elliptical" means smooth here, so discs without features are in it, and some galaxies called edge-on look round. Other networks, larger pictures and longer trainings came out alike ([`benchmarks/observed_sdss.md`](../benchmarks/observed_sdss.md)): the labels are part of the limit.
#
# ## Quiz

# %%
gm.course.quiz("02")

# %% [markdown]
# ## In practice
#
# - Before you train: always "no", one measured number, a forest. A network has to beat them where it matters to you.
# - Three samples: one to learn from, one to choose by (epoch, threshold, network), one to judge once.
# - Labels have errors and skip hard cases. The scores say how well the network agrees with the people who agreed with each other.
# - A good score on one survey says little of another: lesson 04. More questions (bars, lenticulars, T-Types), an audit of a published table, concentration, cutouts and handedness: [lesson 02f](further/02f_more_questions.ipynb).
#
# ## Further reading
#
# - Domínguez Sánchez et al. 2018, *Improving galaxy morphologies for SDSS with deep learning*, [doi:10.1093/mnras/sty338](https://doi.org/10.1093/mnras/sty338)
# - Dieleman, Willett & Dambre 2015, *Rotation-invariant convolutional neural networks for galaxy morphology prediction*, [doi:10.1093/mnras/stv632](https://doi.org/10.1093/mnras/stv632)
# - Willett et al. 2013, *Galaxy Zoo 2*, [doi:10.1093/mnras/stt1458](https://doi.org/10.1093/mnras/stt1458)
#
# ## What this lesson claims

# %% tags=["claims"]
by_hand = torch.tensor(maps[0])[None, None].float()
claims.identity(
    "convolution by hand minus torch's", (by_hand - in_torch).abs().max(), at_most=1e-5
)
logits, labels = np.linspace(-4, 4, 100), np.arange(100) % 2
off = entropy_of(labels, 1 / (1 + np.exp(-logits))) - F.binary_cross_entropy_with_logits(
    torch.tensor(logits), torch.tensor(labels).double()
)
claims.identity("cross-entropy by hand minus torch's", abs(off), at_most=1e-9)
weights = gm.learning.count_parameters(gm.learning.DS18())
claims.identity("weights of DS18's layers, off by", abs(weights - DS18_PARAMETERS), at_most=0)
claims.check(
    "edge-on accuracy, mock sky",
    ours["accuracy"][0],
    at_least=0.93,
    hoped=0.98,
    about="mock",
    control=('always "no"', ours["always_no"][0]),
    fails_if="training taught nothing of the shape",
)
red = np.asarray(features["colour"])[test]
level = {"ellipticity": ellipticity[test], "colour": (red - red.min()) / np.ptp(red)}
level = gm.metrics_table({name: (edge_on[test], value) for name, value in level.items()}, n_boot=2)
claims.check(
    "edge-on AUC, mock sky: the ellipticity alone above the network by",
    level["auc"][0] - ours["auc"][0],
    at_least=-0.02,
    about="mock",
    control=("colour alone", level["auc"][1] - ours["auc"][0]),
    fails_if="volunteers went by more than how thin a disc looks",
)
by_heart = few_histories["as they are"]
claims.check(
    "over-fitting with a hundred galaxies: validation minus training loss",
    about="mock",
    measured=last["as they are"] - by_heart.training[-1],
    at_least=0.15,
    control=("all training galaxies", all_galaxies.validation[-1] - all_galaxies.training[-1]),
    fails_if="a hundred galaxies were enough",
)
ahead = lead[(lead["sky"] == "observed") & (lead["question"] == "disc")]["lead"]  # by N
claims.check(
    "with 100 labels the forest is ahead by, AUC of disc or smooth, observed",
    -ahead[0],
    at_least=0.015,
    about="observed",
    control=("with all labels", -ahead[-1]),
    fails_if="a hundred labels were enough for the network",
)
if said:
    claims.origins.append(observed.origin)
if said and len(judge) == 1000:  # fewer scatter by more than the bounds allow
    real = {row["name"]: row["auc"] for row in on_observed}
    for name, hoped, bound in (("disc", 0.949, 0.93), ("edge-on", 0.957, 0.94)):
        claims.check(
            f"{name} AUC, observed SDSS",
            real[name],
            at_least=bound,
            hoped=hoped,
            about="observed",
            control=("ellipticity alone", real[f"{name}, ellipticity alone"]),
            fails_if="the network saw no more than how elongated a galaxy is",
        )
gm.plots.show_claims(claims.report())
