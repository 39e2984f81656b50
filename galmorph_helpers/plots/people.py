"""What people said of galaxies: who called what how, and the way of the votes down a decision tree."""

import matplotlib.pyplot as plt
import numpy as np

from .style import BLUE, show

#: Where the decision tree of Galaxy Zoo 2 puts a question (its number): columns from left to right, rows upwards.
PLACES = {1: (0, 1), 7: (1, 2), 2: (1, 0), 9: (2, 1), 3: (2, -0.6), 4: (3, -0.6), 10: (4, 0.3), 11: (5, 0.3),
          5: (6.1, -0.6), 6: (7, 1), 8: (8, 1)}  # fmt: skip


def confusion(panels, *, classes, alt, title=""):
    """How often one called what another called otherwise: counts in squares, shaded by the share of the row.

    Parameters
    ----------
    panels : dict of str -> (counts, rows, columns)
        By title: an array (K, K), and who calls what the rows and the columns say.
    classes : sequence of str (K,)
    alt, title : str
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(3.9 * len(panels), 3.6), squeeze=False, layout="constrained")
    for axis, (name, (counts, rows, columns)) in zip(axes.flat, panels.items(), strict=True):
        counts = np.asarray(counts)
        share = counts / counts.sum(1, keepdims=True).clip(1)
        axis.imshow(share, cmap="cividis", vmin=0, vmax=1)
        for (i, j), n in np.ndenumerate(counts):
            axis.text(j, i, f"{n:.0f}", ha="center", va="center", color="k" if share[i, j] > 0.5 else "w", fontsize=9)
        axis.set_xticks(range(len(classes)), classes, fontsize=8)
        axis.set_yticks(range(len(classes)), classes, fontsize=8)
        axis.set(xlabel=columns, ylabel=rows)
        axis.set_title(name, fontsize=9)
    figure.suptitle(title, fontsize=10)
    show(figure, alt)


def decision_tree(tree, votes, *, alt, title=""):
    """The questions of Galaxy Zoo 2 as boxes, arrows as wide as the share of all looks that goes along them.

    Parameters
    ----------
    tree : dict of int -> (str, dict of str -> int)
        As `datasets.GALAXY_ZOO_TREE`: the question, and where each answer leads.
    votes : Table
        As `datasets.galaxy_zoo_votes` gives them: `question`, `answer`, `votes`.
    alt, title : str
    """
    counts = {(int(row["question"]), str(row["answer"])): int(row["votes"]) for row in votes}
    asked = {number: sum(counts[number, answer] for answer in answers) for number, (_, answers) in tree.items()}
    figure, axis = plt.subplots(figsize=(13, 6), layout="constrained")
    for number, (question, answers) in tree.items():
        x, y = PLACES[number]
        leads = {}
        for answer, to in answers.items():
            leads.setdefault(to, []).append(answer)
        for to, some in leads.items():
            if to:
                share = sum(counts[number, answer] for answer in some) / asked[1]
                arrow = {"arrowstyle": "-", "color": BLUE, "lw": max(26 * share, 0.6), "alpha": 0.35}
                axis.annotate("", PLACES[to], (x, y), arrowprops=arrow, zorder=1)
        lines = [f"{_words(answer)} {counts[number, answer] / asked[number]:.0%}" for answer in answers]
        axis.text(x, y + 0.1, f"{question}\n{asked[number] / asked[1]:.0%} of looks", ha="center", va="bottom",
                  fontsize=10, weight="bold", zorder=3)  # fmt: skip
        axis.text(x, y - 0.08, "\n".join(lines), ha="center", va="top", fontsize=9, zorder=3)
        axis.plot([x], [y], "o", color=BLUE, ms=6, zorder=2)
    axis.set(xlim=(-0.6, 8.5), ylim=(-1.6, 2.7))
    axis.axis("off")
    figure.suptitle(title, fontsize=10)
    show(figure, alt)


def _words(answer):
    return answer.replace("_", " ").replace("cant", "can't")
