# ---
# minutes: 50
# ---

# %% [markdown]
# # Start here: your eye, one number, and a network
#
# Below are two rows of galaxies. A program drew the first row; the Hubble Space Telescope observed the second. **Which of them are discs that we see from the side?** You can tell in a second. In this lesson you answer that question three times: by eye, with one number that you measure yourself, and with a network that you train. Then you find out who is right, and where each of them errs.
#
# **You will do:** sort sixteen galaxies, measure how thin they are, train a network, and let all three compete.
#
# **You will learn**
# - what the mock sky is, what an observed galaxy is, and how you can always tell which one you see
# - the words of every training: batch, gradient, epoch, validation, AUC
# - why a score means nothing without a simple rival beside it
# - that a network answers any picture, also where it should not
#
# **You will need:** some Python and NumPy; no connection to the internet, no graphics card. 50 minutes: 20 to read, 30 for six short exercises. All cells together run for a minute or two on two cores, in 1.2 GB of memory. Words in *italics* are explained where they first appear, and again in the [glossary](../guide/glossary.md).

# %% tags=["setup"]
# On Colab the helper package is installed, without touching the torch and numpy that are there.
import sys

if "google.colab" in sys.modules:
    # %pip install -q --no-deps git+https://github.com/galmorph/galaxy-morphology-course
    # %pip install -q "photutils>=2" "pooch" "safetensors"
    pass

import math

import numpy as np
import torch
from astropy.table import Table
from scipy import ndimage

import galmorph_helpers as gm
from galmorph_helpers.published import BINARY_MODELS

seed = gm.start()
claims = gm.Claims("00", origins=("mock", "deep field"))

# %%
table = gm.population(gm.pick(cpu=3000, gpu=20_000), seed=seed, magnitude_limit=16)
sky = gm.mock_sample(table=table, seed=seed)
deep = gm.deep_field()
large = np.flatnonzero(sky.table["r90"].value > 6)[:16]
gm.plots.gallery(sky, large, caption="Drawn by the course",
                 alt="Sixteen mock galaxies: round ones, spirals, thin discs from the side.")
largest = np.argsort(-deep.table["radius"])[:16]
gm.plots.gallery(deep, largest, caption="Observed by Hubble, the sixteen largest",
                 alt="Sixteen sources of the deep field: spirals, round ones, stars with spikes.")

# %% [markdown]
# The line above each figure says where its galaxies come from; all figures of the course have one. The very first line of the page says what the code runs on, and the *seed*: with the same seed, the same random numbers, and so the same galaxies and scores.
#
# - **Mock galaxies** are drawn by the course: a catalogue with the masses, types, sizes and colours of observed galaxies, photographed as the Sloan Digital Sky Survey (SDSS) would. Their truth is known.
# - **Observed galaxies**: the Hubble eXtreme Deep Field comes with the package scikit-image. A program, photutils, finds what shines in it and cuts it out, each galaxy in a picture of its own. It takes a few stars for galaxies, and nobody has *labelled* them, that is, said what each of them is. Larger sets, with labels, are used when the variable `GALMORPH_DATA` names their folder ([how](../data/README.md)).
#
# Even a star, which is a point, comes out as a blur: atmosphere and telescope smear all light with their *PSF* (point-spread function), in the SDSS about 1.3 arcseconds wide (an arcsecond is a 3600th of a degree). So a thin disc never looks as thin as it is.
#
# ## 1. Sort sixteen galaxies by eye
#
# A disc seen from the side, such as a coin held level with the eye, is called *edge-on*. Who says which galaxies are? For the survey's galaxies, volunteers of the project Galaxy Zoo; for the mock ones, forty simulated volunteers. Where fewer than 70 % of them agree, there is no answer (`NaN`), and the galaxy is left out. That flatters all scores: the hard cases are gone.
#
# You get sixteen of them. They are no fair draw: they come from the thinner half of the galaxies, so that there is something to decide.
#
# **Predict:** how many of the sixteen will you get right?
#
# **Do:** click.

# %%
votes = gm.mock.volunteer_votes(sky.table, sky.survey, seed=seed)
edge_on = gm.labels.certain(votes["edge_on"])  # 1 yes, 0 no, NaN where they disagree
train, validation, test = gm.split(sky, fractions=(0.6, 0.1, 0.3), seed=seed)
judged = test[np.isfinite(edge_on[test])]
thin_first = judged[np.argsort(sky.table["axis_ratio"][judged])]
sixteen = thin_first[np.linspace(0, len(judged) / 2, 16).astype(int)]
sixteen = np.random.default_rng(seed).permutation(sixteen)
answers = gm.course.classify_by_eye(sky, sixteen, choices=("edge-on", "other"),
                                    caption="Do we see this galaxy from the side?")  # fmt: skip

# %%
one = np.random.default_rng(seed).random(16) < votes["edge_on"][sixteen]  # often as the crowd
volunteer = np.where(one, "edge-on", "other")
called = gm.course.answered(answers, instead=volunteer, who="one simulated volunteer")
truth = np.where(edge_on[sixteen] == 1, "edge-on", "other")
print(called)

# %% [markdown]
# **Do:** count. A score needs a rival, so count two things: the share of galaxies that were called what the crowd calls them, and the share that a lazy person gets who says "other" to all of them. Both arguments are arrays of the words `"edge-on"` and `"other"`.


# %% tags=["exercise"]
def share_right(called, truth):
    """The share of right answers, and the share for somebody who always says "other"."""
    ### BEGIN SOLUTION
    right = np.mean(called == truth)
    lazy = np.mean(truth == "other")
    return right, lazy
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("00.1")

# %%
share_of = gm.course.yours("00.1")
by_eye, lazy = share_of(called, truth)
print(f"by eye: {by_eye:.0%} right; always 'other': {lazy:.0%} right")
titles = [word if said == word else f"{word}, not {said}"
          for word, said in zip(truth, called, strict=True)]  # fmt: skip
gm.plots.gallery(sky, sixteen, titles=titles, caption="What the crowd says",
                 alt="The sixteen galaxies with the crowd's answer; where yours differs, both.")

# %% [markdown]
# **Why** would anybody differ from the crowd? Some discs are tilted a little, and the PSF makes them thicker. Where the line lies between "edge-on" and "other" is a matter of taste, and each person draws it elsewhere. Labels of galaxies are opinions, and have a scatter. Remember it when a network is said to be "98 % right".
#
# ## 2. Measure one number
#
# What did your eye go by? Most likely by how thin the galaxy is: its *axis ratio*, thickness divided by length. It is 1 for a circle and near 0 for a line. A program can measure it from the pixels, without any training.
#
# **Predict:** with that number alone, does a program come near your score?
#
# **Do:** write it, in five steps.
# 1. Smooth the picture by one pixel, against noise: `ndimage.gaussian_filter(image, 1)`.
# 2. Mark what is `bright`: above 30 % of the smoothed value in the middle, `[32, 32]`.
# 3. The picture has neighbours. `ndimage.label(bright)` returns two things: a map in which each connected part has its own number, and how many there are. Keep the part to which the middle belongs.
# 4. `np.nonzero` gives rows and columns of its pixels, and `np.cov(rows, columns)` how widely they spread: a 2 × 2 table, the covariance.
# 5. `np.linalg.eigvalsh` of that table gives the spread across and along the galaxy, the smaller first, as *squares* of lengths.


# %% tags=["exercise"]
def axis_ratio(image):
    """Thickness over length of the galaxy in the middle of a grey picture (64, 64)."""
    ### BEGIN SOLUTION
    smooth = ndimage.gaussian_filter(image, 1)
    bright = smooth > 0.3 * smooth[32, 32]
    parts, _ = ndimage.label(bright)
    rows, columns = np.nonzero(parts == parts[32, 32])
    small, large = np.linalg.eigvalsh(np.cov(rows, columns))
    return np.sqrt(small / large)
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("00.2", points=2)

# %%
ratio_of = gm.course.yours("00.2")
ratio = np.array([ratio_of(image) for image in sky.images.mean(1).numpy()])
groups = {"edge-on": ratio[edge_on == 1], "other": ratio[edge_on == 0]}
gm.plots.histograms({"axis ratio, thickness over length": groups}, title=sky.caption,
                    alt="Edge-on galaxies lie at small axis ratios and overlap little with others.")

# %% [markdown]
# **See:** two heaps with a small overlap. To answer "yes" or "no", a program needs a **cut** between them, and somebody has to choose it.
#
# **On which galaxies?** If you try many cuts on some galaxies and keep the best, its score on *those* galaxies is partly luck. So the sky is split in three: *training* galaxies, from which something is learnt (a network will need them), *validation* galaxies, by which one chooses, and *test* galaxies, which are used once, at the end. Your sixteen are test galaxies.
#
# **Do:** write the choice. `ratio` and `edge_on` (1 or 0) have one number a galaxy; `cuts` is what to try. A galaxy below the cut is called edge-on.


# %% tags=["exercise"]
def best_cut(ratio, edge_on, cuts):
    """The cut that gives the most right answers, and the share of galaxies that are then right."""
    ### BEGIN SOLUTION
    right = [np.mean((ratio < cut) == edge_on) for cut in cuts]
    best = np.argmax(right)
    return cuts[best], right[best]
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("00.3", points=2)

# %%
cut_of = gm.course.yours("00.3")
known = {name: rows[np.isfinite(edge_on[rows])]
         for name, rows in (("validation", validation), ("test", test))}  # fmt: skip
cuts = np.linspace(0.2, 0.8, 61)
cut, chosen_on = cut_of(ratio[known["validation"]], edge_on[known["validation"]], cuts)
right = np.mean((ratio[known["test"]] < cut) == edge_on[known["test"]])
nobody = np.mean(edge_on[known["test"]] == 0)
print(f"cut at {cut:.2f}: {chosen_on:.1%} right on validation galaxies")
print(f"on test galaxies {right:.1%}; always 'other': {nobody:.1%}")

# %% [markdown]
# **Why** is always "other" right so often? Discs point anywhere, and few of them happen to show us their side. Where one answer is rare, a high share of right answers, the *accuracy*, is cheap.
#
# ## 3. Teach a network
#
# Your axis ratio works because *you* knew that thinness is what counts. A **network** is not told. It gets pictures and answers, and has some 290,000 numbers, each of them a *weight*, all random at first. From a picture it computes a number between 0 and 1, the probability of "yes". Then:
#
# - A *batch* of a few galaxies is shown. A formula, the *loss*, says in one number how wrong the answers are.
# - The *gradient* says, for each weight, whether the loss would grow or shrink if the weight were a little larger. Each weight then takes one small step in the direction in which the loss shrinks.
# - Next batch. When all training galaxies have been shown once, an *epoch* is over, and the next begins.
# - After each epoch the loss on the *validation* galaxies is computed, from which nothing is learnt. The weights of the best epoch are kept.
#
# That is all; lesson 02 takes it apart.
#
# **Do:** how often will the weights change? If the number of galaxies is no multiple of the batch, the last batch of an epoch is smaller, and counts.


# %% tags=["exercise"]
def count_steps(galaxies, batch_size, epochs):
    """How often the weights are changed in a training."""
    ### BEGIN SOLUTION
    batches = math.ceil(galaxies / batch_size)
    return epochs * batches
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("00.4")


# %%
def teach(answers, start):
    """A new network, and what happened while it learnt from the training galaxies."""
    torch.manual_seed(start)  # other random weights for another start
    learn, choose = (rows[np.isfinite(answers[rows])] for rows in (train, validation))
    network = gm.CompactCNN()
    held = (sky.images[choose], answers[choose])
    history = gm.fit(network, sky.images[learn], answers[learn], validation=held,
                     epochs=6, batch_size=64, seed=start)  # fmt: skip
    return network, history


# %%
taught = [teach(edge_on, seed + 1000 * k) for k in range(3)]
networks = [network for network, _ in taught]
steps = gm.course.yours("00.4")(np.isfinite(edge_on[train]).sum(), 64, 6)
gm.plots.learning_curve({f"{steps} steps, six epochs": taught[0][1]},
                        alt="The loss falls steeply in the first epochs, then slowly.")

# %% [markdown]
# **See:** the loss (the *cross-entropy*, which lesson 02 explains; a coin toss has 0.69) falls from epoch to epoch, on training galaxies and on the others. Why three networks? They differ only in the random start and the order of the galaxies. If their scores differ, that much of a score is luck.
#
# ## 4. Let all three compete
#
# With a cut, the network's probability becomes "yes" or "no", too. But the share of right answers depends on where the cut is, and on how rare "yes" is. The *AUC* does not. (It is short for "area under the curve", after a figure that you will meet in lesson 02.)
#
# **Take one galaxy that is edge-on and one that is not. Does the first have the higher score?** The AUC is the share of such pairs in which it has: 1 for a perfect order, 0.5 for scores given by a coin.
#
# **Do:** write it. `yes` and `no` are arrays with the scores of both kinds; all pairs count, and a tie is half a pair.


# %% tags=["exercise"]
def auc(yes, no):
    """Share of pairs in which the "yes" has the higher score; a tie counts as half a pair."""
    ### BEGIN SOLUTION
    difference = yes[:, None] - no[None, :]
    higher, tied = np.mean(difference > 0), np.mean(difference == 0)
    return higher + tied / 2
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("00.5", points=2)

# %% [markdown]
# **Predict:** you found one number, the network had 290,000. Who wins? And what will a network get that was taught with *shuffled* answers, each galaxy with the answer of another one?

# %%
def compete(truth, images, networks, rivals):
    """Scores beside each other; the network's interval holds what another start would change."""
    some = np.isfinite(truth)
    tables = []
    for network in networks:  # views=1: it sees each picture once, as it lies
        rows = {"network": gm.predict(network, images[some], views=1)}
        rows |= {name: score[some] for name, score in rivals.items()}
        tables.append(gm.metrics_table({name: (truth[some], p) for name, p in rows.items()}))
    return gm.metrics.table_with_training(tables)


# %%
auc_of = gm.course.yours("00.5")
test_known = known["test"]
yes = edge_on[test_known] == 1
given = [gm.predict(network, sky.images[test_known], views=1) for network in networks]
by_hand = [auc_of(p[yes], p[~yes]) for p in given]
print("AUC of the three networks:", ", ".join(f"{value:.4f}" for value in by_hand))
shuffled, asked = edge_on.copy(), np.isfinite(edge_on)
shuffled[asked] = np.random.default_rng(seed).permutation(edge_on[asked])
misled, _ = teach(shuffled, seed)
nothing = gm.predict(misled, sky.images[test], views=1)
low, high = np.percentile(nothing, [2.5, 97.5])
print(f"shuffled answers: 95 % of the galaxies get a probability from {low:.2f} to {high:.2f}")
rivals = {"axis ratio alone": 1 - ratio[test], "network, shuffled answers": nothing}
on_edge = compete(edge_on[test], sky.images[test], networks, rivals)
gm.plots.show_metrics(on_edge, metrics=("auc",), caption="Edge-on or not, mock test galaxies")

# %% [markdown]
# N galaxies were judged, *positive* is the share of them that is edge-on, and *always “no”* the share that a lazy person gets right. Brackets are 95 % intervals: where the score may lie with other test galaxies and, for the network, with another start.
#
# **See:** network and axis ratio are level, to a hundredth or two. For this question one number that a person thought of does nearly all that 290,000 weights do. Part of that is put in: our simulated volunteers look at how thin a galaxy appears, just as your function does. People may look at more; wait for the observed galaxies.
#
# The third row is a *control*, a measurement in which the thing claimed is absent. Read even that row with care. A network that learnt nothing still computes something from each picture, and that may go with how long or how bright a galaxy is. Its probabilities differ by little (the line above the table), yet the AUC sees only their order. Change the seed of the permutation, and the row may land near 0.5, far above, or below. So a score "above 0.5" proves little by itself. What the network learnt from the answers is the distance between the first row and the third.
#
# **Do:** a score says how often, not where. Sort the galaxies by how wrong their scores are: one that is edge-on and got 0.02 is worse than one that got 0.4. `score` lies between 0 and 1, `truth` is 0 or 1.


# %% tags=["exercise"]
def worst_first(score, truth):
    """Row numbers of the galaxies, the most confidently wrong first."""
    ### BEGIN SOLUTION
    off = np.abs(score - truth)
    order = np.argsort(off)
    return order[::-1]
    ### END SOLUTION


# %% tags=["check"]
gm.course.check("00.6")

# %%
worst_of = gm.course.yours("00.6")
soft = 1 / (1 + np.exp((ratio[test_known] - cut) / 0.05))  # 0 to 1, and 0.5 at your cut
for who, score in (("network", given[0]), ("axis ratio", soft)):
    worst = worst_of(score, edge_on[test_known])[:8]
    titles = [f"{'edge-on' if yes[i] else 'other'}: {score[i]:.2f}" for i in worst]
    gm.plots.gallery(sky, test_known[worst], titles=titles, caption=f"Worst of the {who}",
                     alt=f"The eight galaxies with the worst scores of the {who}.")

# %% [markdown]
# **See**, before you blame either of them: would you have said what the crowd says? Some of these labels look odd, and then the "error" is the crowd's. What fools the axis ratio: a neighbour that touches the galaxy, a ragged disc, a bright round middle (a *bulge*) that outshines a thin disc? And does the network fail on the same galaxies?
#
# Now the sixteen that you sorted, by all three:

# %%
p = gm.predict(networks[0], sky.images[sixteen], views=1)
by_network = np.where(p > 0.5, "edge-on", "other")
by_ratio = np.where(ratio[sixteen] < cut, "edge-on", "other")
board = {"by eye": called, "axis ratio": by_ratio, "network": by_network}
shares = [share_of(words, truth)[0] for words in board.values()]
names = [*board, "always 'other'"]
gm.plots.show_table(Table({"who": names, "share right": [*shares, lazy]}),
                    caption="Sixteen mock galaxies: one galaxy more or less is 0.06")

# %% [markdown]
# Sixteen galaxies decide little: one galaxy more or less is 6 %. That is why the tables above have hundreds of them, and brackets.
#
# ## 5. Change the question
#
# So why train a network at all? Because next time you may not know which number to measure. Ask something else: **is the galaxy smooth, or does it show features** such as a disc, spiral arms, or a bar (a straight beam of stars through the middle)? That was the first question of Galaxy Zoo.
#
# **Predict:** how well does the axis ratio do now? And the network: what has to be changed in its program?

# %%
features = gm.labels.certain(votes["features"])
answers_changed = [teach(features, seed + 1000 * k)[0] for k in range(3)]
middle = sky.images[test][:, :, 16:48, 16:48].mean((2, 3)).numpy()
blue = 1 - middle[:, 0] / middle.sum(1)  # the first band is the reddest
rivals = {"axis ratio alone": 1 - ratio[test], "colour alone": blue}
on_features = compete(features[test], sky.images[test], answers_changed, rivals)
gm.plots.show_metrics(on_features, metrics=("auc",),
                      caption="Features or smooth, mock test galaxies")

# %% [markdown]
# **See:** only the answers were exchanged, not a line of the network's program, and it is well ahead of both numbers. That is what networks are for: they find what to measure. It is not said that *no* set of measured numbers would do. Many of them together are a strong rival, and lesson 02 lets them compete.
#
# ## The talk and you
#
# This course rebuilds a talk, H. Domínguez Sánchez, *Deep learning for galaxy morphology* (2023). Its network for edge-on galaxies was tested on 98,561 galaxies. For scores that need a cut, yours is the best one on the validation galaxies. *Precision*: of those called edge-on, the share that is. *Recall*: of those that are edge-on, the share that is found.

# %%
chosen = known["validation"]
tables = []
for network, p in zip(networks, given, strict=True):
    guess = gm.predict(network, sky.images[chosen], views=1)
    threshold = gm.choose_threshold(edge_on[chosen], guess)
    tables.append(gm.metrics_table({"edge-on": (edge_on[test_known], p, threshold),
        "axis ratio alone": (edge_on[test_known], 1 - ratio[test_known], 1 - cut)}))  # fmt: skip
talk = gm.metrics.table_with_training(tables)
metrics = ("accuracy", "precision", "recall")
gm.plots.show_metrics(talk, published=BINARY_MODELS, metrics=metrics,
                      caption="Yours on mock galaxies; in italics the talk's, on observed ones")

# %% [markdown]
# **Read it with care.** The talk's galaxies were observed, yours were drawn; 14 % of them were edge-on, and more of yours; precision rises with that share by itself. Is the talk's number inside your brackets? They are wide, since some hundred galaxies and three trainings are few. Where yours is lower, it fell short of what was hoped, and the claims below say so. And look at the last row before you praise a network.
#
# ## On observed galaxies
#
# Does what was learnt on drawn galaxies hold on the sky? First the deep field, which everyone has. Nobody labelled it, but photutils, which found them, has measured how elongated each one is: its *ellipticity*, 1 minus the axis ratio.
#
# **Predict:** the network has never seen a galaxy from another telescope. Will it put the thin ones first?

# %%
deep_ratio = np.array([ratio_of(image) for image in deep.images.mean(1).numpy()])
scores = {"axis ratio (1 minus it)": 1 - deep_ratio,
          "network": gm.predict(networks[0], deep.images, views=1),
          "network, shuffled answers": gm.predict(misled, deep.images, views=1)}  # fmt: skip
order = np.argsort(-scores["network"])
shown = order[np.linspace(0, len(order) - 1, 24).astype(int)]
gm.plots.gallery(deep, shown, titles=[f"{scores['network'][i]:.2f}" for i in shown],
                 caption="From edge-on to not, says the network",
                 alt="Twenty-four observed galaxies in the order of the network; some misplaced.")
agreement = gm.metrics.regression_table(
    {name: (deep.table["ellipticity"], score) for name, score in scores.items()})  # fmt: skip
gm.plots.show_metrics(agreement, metrics=("spearman",),
                      caption="Deep field: does the order follow photutils' ellipticity?")

# %% [markdown]
# The number is a rank correlation, *Spearman*'s: 1 if both orders are the same, 0 if they have nothing to do with each other.
#
# **See** where the network's order goes wrong. These galaxies are far away, seen in light of other colours and ten times sharper, and often two share a picture. In the table, compare its row with that of the network that learnt nothing: the distance between them is what the mock sky taught. But this is one network, and one shuffle; others would give other numbers, so do not ask the table which of two rows that are near each other is the better one. Your axis ratio needed no training, and follows the ellipticity well on the pictures of another telescope, too.
#
# The network gave each of them a number all the same, because it must: **it cannot say "I have never seen such a thing"**.
#
# **Predict:** what does it say to pure noise, and to a white stripe?

# %%
torch.manual_seed(seed)
noise, stripe = torch.rand(1, 3, 64, 64), torch.zeros(1, 3, 64, 64)
stripe[:, :, 28:36, :] = 1.0
nonsense = [gm.predict(network, torch.cat([noise, stripe]), views=1) for network in networks]
for name, said in zip(("pure noise", "a white stripe"), np.array(nonsense).T, strict=True):
    print(f"{name}: edge-on with a probability of", ", ".join(f"{p:.2f}" for p in said))

# %% [markdown]
# Numbers as for any galaxy, and nothing in them says that neither picture shows one. What a network is worth outside of what it was trained on is the subject of lessons 04 and 05.
#
# Now the test that counts: galaxies of the SDSS, which volunteers of Galaxy Zoo have looked at ([Lintott et al. 2011](https://doi.org/10.1111/j.1365-2966.2010.17432.x)). No network of this lesson has seen any of them. "Disc" is their nearest answer to "features": spiral or edge-on, not elliptical.

# %%
observed, said = gm.labelled_sdss("edge-on", "disc")
if observed:
    some = np.random.default_rng(seed).permutation(len(observed))[:1500]
    pictures = observed.images[some]
    seen_ratio = np.array([ratio_of(image) for image in pictures.mean(1).numpy()])
    rivals = {"axis ratio alone": 1 - seen_ratio,
              "network, shuffled answers": gm.predict(misled, pictures, views=1)}  # fmt: skip
    zoo = compete(said["edge-on"][some], pictures, networks, rivals)
    zoo_disc = compete(said["disc"][some], pictures, answers_changed, rivals)
    gm.plots.show_metrics(zoo, metrics=("auc",), caption="Edge-on or not, observed SDSS galaxies")
    gm.plots.show_metrics(zoo_disc, metrics=("auc",), caption="Disc or not, observed SDSS galaxies")

# %% [markdown]
# **See** (with observed galaxies at hand): the same picture as on the mock sky. For *edge-on*, the network and your one number are level again, within the brackets, this time with people as judges. For *disc or not* the network is ahead of it, but its score is lower than on the mock sky: the mock sky is not the sky. A network that is trained on observed galaxies themselves comes in lesson 02, and what can be carried from one sky to another in lesson 04.
#
# ## Quiz

# %%
gm.course.quiz("00")

# %% [markdown]
# ## What this lesson claims
#
# Each lesson ends with its *findings*: a measured number, a bound that it must keep, and a control that breaks the bound. If the control kept the bound as well, nothing would have been shown. *Hoped* is a published number, or the goal: a finding can hold and still fall short of it. Change a number above, run the cells again, and see what breaks.

# %% tags=["claims"]
value = {"mock": on_edge["auc"], "features": on_features["auc"]}  # rows: network, axis ratio, rival
lead = {name: auc[0] - auc[1] for name, auc in value.items()}
claims.check(
    "edge-on AUC of a network, mock sky",
    value["mock"][0],
    at_least=0.97,
    control=("network taught with shuffled answers", value["mock"][2]),
    hoped=0.99,
    fails_if="training taught little of the shape",
    about="mock",
)
claims.check(
    "edge-on AUC, mock sky: network minus axis ratio",
    lead["mock"],
    between=(-0.02, 0.02),
    control=("the same difference for features or smooth", lead["features"]),
    fails_if="the network sees more of a disc than its thinness, or has learnt too little",
    about="mock",
)
claims.check(
    "features AUC, mock sky: network minus the better of axis ratio and colour",
    value["features"][0] - max(value["features"][1:]),
    at_least=0.04,
    control=("network minus axis ratio for edge-on", lead["mock"]),
    fails_if="one number tells features from smooth as well as a network does",
    about="mock",
)
claims.check(
    "edge-on accuracy of a network, mock sky",
    talk["accuracy"][0],
    at_least=0.93,
    control=("always no", talk["always_no"][0]),
    hoped=BINARY_MODELS["edge-on"]["accuracy"],
    fails_if="the network is hardly better than saying no",
    about="mock",
)
claims.check(
    "deep field: rank correlation of 1 minus axis ratio with photutils' ellipticity",
    agreement["spearman"][0],
    at_least=0.5,
    control=("network taught with shuffled answers", agreement["spearman"][2]),
    fails_if="neighbours decide the axis ratio",
    about="deep field",
)
for name in ("accuracy", "precision", "recall"):
    around = (talk[f"{name}_low"][0], talk[f"{name}_high"][0])
    claims.compare(f"edge-on {name}", BINARY_MODELS["edge-on"][name], talk[name][0], around)
put_in = "edge-on AUC of the axis ratio, mock sky: its volunteers go by thinness"
claims.put_in(put_in, value["mock"][1], at_least=0.97)
claims.identity("AUC by hand minus the table's", abs(by_hand[0] - value["mock"][0]), at_most=1e-6)
if observed and len(observed) >= 1000:  # a bundle has fewer, in a mix of its own
    claims.origins = ["mock", "deep field", observed.origin]
    lead_seen = zoo["auc"][0] - zoo["auc"][1]
    claims.check(
        "edge-on AUC of a network taught on the mock sky, observed SDSS galaxies",
        zoo["auc"][0],
        at_least=0.88,
        control=("network taught with shuffled answers", zoo["auc"][2]),
        hoped=zoo["auc"][1],
        fails_if="the mock sky taught what is not in the sky (hoped: the axis ratio alone)",
        about="observed",
    )
    lead_disc = zoo_disc["auc"][0] - zoo_disc["auc"][1]
    claims.check(
        "edge-on AUC, observed SDSS galaxies: network minus axis ratio",
        lead_seen,
        between=(-0.04, 0.04),
        control=("the same difference for disc or not", lead_disc),
        fails_if="people see more of a disc than its thinness, and the network has learnt it",
        about="observed",
    )
    claims.check(
        "disc AUC, observed SDSS galaxies: network minus axis ratio",
        lead_disc,
        at_least=0.05,
        control=("the same difference for edge-on", lead_seen),
        fails_if="the mock sky's features are not those of observed galaxies",
        about="observed",
    )
gm.plots.show_claims(claims.report())

# %% [markdown]
# ## In practice
#
# - `make lab` opens the lessons, `make run LESSON=00` executes this one and prints time and memory. On a graphics card (GPU) the same cells take larger samples.
# - A check says what is wrong with an exercise, never what is right; `gm.course.solution("00.1")` shows a solution to those who ask. A lesson goes on with the helper's function until yours is right.
# - All images come as a `GalaxySample`: `images`, a `table` with units, the `survey`, and an `origin`, which is in the caption of every figure.
# - The plumbing is in [`galmorph_helpers`](../galmorph_helpers/__init__.pyi), worth reading too. How near the mock sky is to the observed one is in [`benchmarks/fidelity.md`](../benchmarks/fidelity.md).
#
# Next: lesson 01, *why morphology matters*.
#
# ## Further reading
#
# - H. Domínguez Sánchez 2023, *Deep learning for galaxy morphology*, IAP colloquium: the talk that this course rebuilds
# - Willett et al. 2013, *Galaxy Zoo 2*, [doi:10.1093/mnras/stt1458](https://doi.org/10.1093/mnras/stt1458): the questions, and how votes become labels
# - Illingworth et al. 2013, *The HST eXtreme Deep Field*, [doi:10.1088/0067-0049/209/1/6](https://doi.org/10.1088/0067-0049/209/1/6)
# - Huertas-Company & Lanusse 2023, *The Dawes Review 10: deep learning for galaxy surveys*, [doi:10.1017/pasa.2022.55](https://doi.org/10.1017/pasa.2022.55)
