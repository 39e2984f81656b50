"""The exercises of lesson 07: views, contrastive loss, k-means, the Rand index, a probe, a table that is mixed up."""

import numpy as np
import torch
from torch.nn import functional as F

from ..checks import Exercise


def another_view(maps, turns, mirror, grain):
    """Maps turned by quarter turns, mirrored if wanted, with noise on every pixel that is not masked (0)."""
    maps = torch.rot90(maps, turns, (-2, -1))
    if mirror:
        maps = maps.flip(-1)
    return torch.where(maps != 0, maps + grain, maps)


def partners(n):
    """Row of the other view of the same galaxy, for N first views followed by N second views."""
    return torch.cat([torch.arange(n, 2 * n), torch.arange(n)])


def nt_xent(first, second, temperature=0.5, *, itself=-torch.inf, unit=True):
    """Normalised temperature-scaled cross-entropy of two views of N galaxies."""
    z = torch.cat([first, second])
    z = F.normalize(z, dim=1) if unit else z
    similarity = z @ z.T / temperature
    similarity.fill_diagonal_(itself)
    return F.cross_entropy(similarity, partners(len(first)))


def kmeans_step(features, centres):
    """Each galaxy goes to the nearest centre; each centre moves to the mean of its galaxies: the new centres."""
    distance = np.linalg.norm(features[:, None] - centres[None], axis=2)
    labels = distance.argmin(axis=1)
    return np.array([features[labels == k].mean(axis=0) for k in range(len(centres))])


def rand_by_counts(first, second):
    """Adjusted Rand index of two groupings into two (0 or 1), from pairs of galaxies."""
    counts = np.array([[np.sum((first == i) & (second == j)) for j in (0, 1)] for i in (0, 1)])
    together, rows, columns = _pairs(counts), _pairs(counts.sum(1)), _pairs(counts.sum(0))
    expected = rows * columns / _pairs(np.sum(counts))
    return (together - expected) / ((rows + columns) / 2 - expected)


def probe(features, answers, others, penalty=1.0):
    """What a linear fit to yes (1) and no (0), with a penalty on its weights, answers for other galaxies: 0 or 1."""
    middle = features.mean(axis=0)
    x, y = features - middle, answers - answers.mean()
    weights = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y)
    return ((others - middle) @ weights + answers.mean() > 0.5).astype(int)


def mixed_up(tables, answers, shuffles):
    """Number of the table of features (0 ...) whose rows do not belong to the answers: the one that knows no more."""
    score = [_score(table, answers) for table in tables]
    p = [np.mean([_score(t, answers[rows]) >= s for rows in shuffles]) for t, s in zip(tables, score, strict=True)]
    return int(np.argmax(p))


def _moved(features, centres, nearest):
    """Centres after a step in which galaxies go where `nearest` of their distances says."""
    labels = nearest(np.linalg.norm(features[:, None] - centres[None], axis=2), axis=1)
    return np.array([features[labels == k].mean(axis=0) for k in range(len(centres))])


def _by_squares(first, second):
    counts = np.array([[np.sum((first == i) & (second == j)) for j in (0, 1)] for i in (0, 1)])
    together, rows, columns = (np.sum(c**2) for c in (counts, counts.sum(1), counts.sum(0)))
    expected = rows * columns / np.sum(counts) ** 2
    return (together - expected) / ((rows + columns) / 2 - expected)


def _pairs(counts):
    return np.sum(counts * (counts - 1) / 2)


def _score(features, answers):
    half = len(answers) // 2
    return np.mean(probe(features[:half], answers[:half], features[half:]) == answers[half:])


def _toy(seed=0, n=160):
    """Three tables of features of the same galaxies, the second with its rows permuted; answers; and shuffles."""
    rng = np.random.default_rng(seed)
    answers = rng.integers(0, 2, n)
    tables = [np.c_[answers + rng.normal(0, 0.7, n), rng.normal(0, 1, (n, 2))] for _ in range(3)]
    tables[1] = tables[1][rng.permutation(n)]
    return tables, answers, np.array([rng.permutation(n) for _ in range(99)])


def _case(n, width, seed=0):
    return torch.randn(n, width, generator=torch.Generator().manual_seed(seed))


def _groups(*counts):
    """Two groupings with these counts of (0, 0), (0, 1), (1, 0), (1, 1)."""
    pairs = np.repeat([(0, 0), (0, 1), (1, 0), (1, 1)], counts, axis=0)
    return pairs[:, 0], pairs[:, 1]


_MAPS = torch.arange(1, 33).reshape(2, 1, 4, 4).float() * (torch.arange(4) > 0)
_RNG = np.random.default_rng(1)
_FEATURES = _RNG.normal(0, 1, (40, 3)) + np.repeat([0, 3], 20)[:, None]
_ANSWERS = np.repeat([0, 1], 20)

EXERCISES = {
    "07.1": Exercise(
        name="another_view",
        right=another_view,
        cases=[(_MAPS, 1, True, torch.full((2, 1, 4, 4), 0.5)), (_MAPS, 2, False, torch.ones(2, 1, 4, 4))],
        mistakes={
            "Pixels that are 0 are masked: no noise belongs there.": lambda m, t, f, g: (
                another_view(m, t, f, 0 * g) + g
            ),
            "The number of quarter turns is not used.": lambda m, t, f, g: another_view(m, 0, f, g),
            "Mirror the maps where mirror says so, and only there.": lambda m, t, f, g: another_view(m, t, not f, g),
        },
        hint="torch.rot90 turns the last two axes, flip(-1) mirrors, torch.where keeps the mask.",
    ),
    "07.2": Exercise(
        name="partners",
        right=partners,
        cases=[(3,), (5,)],
        mistakes={
            "Row 0 and row 1 show different galaxies: the second views come after all first views.": lambda n: (
                torch.arange(2 * n) ^ 1
            ),
            "No view is its own partner.": lambda n: torch.arange(2 * n),
            "Second views have partners, too: 2N numbers are needed, from both halves.": lambda n: torch.cat(
                [torch.arange(n, 2 * n)] * 2
            ),
        },
        hint="With three galaxies, the rows 0 1 2 are first views and 3 4 5 second ones.",
    ),
    "07.3": Exercise(
        name="contrastive_loss",
        right=nt_xent,
        cases=[(_case(6, 4), _case(6, 4, 1)), (_case(4, 3, 2) * 3, _case(4, 3, 3))],
        tolerance=1e-5,
        mistakes={
            "A view is not among its own choices: put -infinity on the diagonal.": lambda a, b: nt_xent(a, b, itself=2),
            "Only directions count: bring all vectors to length 1.": lambda a, b: nt_xent(a, b, unit=False),
            "Divide the similarity by the temperature.": lambda a, b: nt_xent(a, b, 1.0),
        },
        hint="F.normalize, products of all with all, the diagonal, then F.cross_entropy with your partners.",
    ),
    "07.4": Exercise(
        name="kmeans_step",
        right=kmeans_step,
        cases=[(_FEATURES, _FEATURES[[0, 30]]), (_FEATURES[::-1], _FEATURES[[1, 22]])],
        mistakes={
            "The centres have not moved: each goes to the mean of its galaxies.": lambda x, c: c,
            "Take the nearest centre, not the farthest.": lambda x, c: _moved(x, c, np.argmax),
            "A centre goes to the mean of its own galaxies, not of all.": lambda x, c: x.mean(0) + 0 * c,
        },
        hint="Distances of all galaxies to all centres, argmin over centres, then a mean for each number.",
    ),
    "07.5": Exercise(
        name="rand_by_counts",
        right=rand_by_counts,
        cases=[_groups(30, 5, 8, 17), _groups(10, 2, 1, 40)],
        mistakes={
            "That is the share of pairs; chance is not taken off yet.": lambda a, b: np.mean(
                [(a[i] == a[j]) == (b[i] == b[j]) for i in range(len(a)) for j in range(i)]
            ),
            "Which cluster is called 0 means nothing: count pairs, not galaxies that agree.": lambda a, b: np.mean(
                a == b
            ),
            "Of n galaxies there are n (n - 1) / 2 pairs, not n squared.": lambda a, b: _by_squares(a, b),
        },
        hint="Pairs that are together in both; what chance gives; and the largest value there could be.",
    ),
    "07.6": Exercise(
        name="probe",
        right=probe,
        cases=[
            (_FEATURES[::2] + 5, _ANSWERS[::2], _FEATURES[1::2] + 5),
            (_FEATURES[5:], _ANSWERS[5:], np.linspace(-2, 5, 30)[:, None] + np.zeros(3)),
        ],
        mistakes={
            "Yes is where the fit is above one half.": lambda x, y, new: 1 - probe(x, y, new),
            "Take the mean of the features off, of both samples the same.": lambda x, y, new: probe(
                x, y, new - new.mean(0)
            ),
        },
        hint="Centre features and answers, solve (x.T x + penalty) w = x.T y, add the mean answer, compare with 0.5.",
    ),
    "07.7": Exercise(
        name="suspect",
        value=True,
        right=mixed_up,
        cases=[_toy()],
        mistakes={
            "That table answers far better than shuffled answers do: it is in order.": lambda *given: 2,
            "That table, too, does better than chance: look at the p-value of each.": lambda *given: 0,
        },
        hint="Score each table, then the same table with shuffled answers: where is the score like those?",
    ),
}
