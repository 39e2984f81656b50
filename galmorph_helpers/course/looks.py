"""What a list of checks says of a sample before anybody trains on it or classifies it: one function an item."""

from typing import NamedTuple

import numpy as np
from scipy.stats import chi2_contingency

from ..learning.clusters import cramers_v
from ..measure.copies import near_duplicates
from ..measure.features import morphology_features

OK, LOOK, UNKNOWN = "ok", "look", "cannot know"
#: Columns that say where, when or by whom an image was taken or a label given.
GROUPS = ("group", "field", "tile", "plate", "survey", "telescope", "camera", "instrument", "run", "night", "date",
          "time", "mjd", "observer", "labeller", "volunteer")  # fmt: skip
IDENTIFIERS = ("file", "objid", "id_str", "id", "name", "ra", "dec")
MOST_CLASSES, FEW, TOLERATED = 12, 50, 0.05
SMALL, LARGE = 2.5, 25.0  # radii in pixels of a stamp of 64: half, and four fifths, of the light inside


class Item(NamedTuple):
    """A line of the checklist: what was asked, "ok", "look" or "cannot know", what was found, and what to do next."""

    what: str
    says: str
    found: str
    next: str = ""


def look_at_reading(n, warned):
    """Could all images be read? `warned`: what the reader said of those that could not."""
    said = " ".join(str(w) for w in warned)
    if said:
        return Item("images", LOOK, f"{n} were read. {said}", "mend or remove what cannot be read; say how many")
    return Item("images", OK, f"all {n} that were tried can be read")


def look_at_copies(images):
    """Is one image there twice? Images (N, C, H, W), 64 pixels a side."""
    galaxy = near_duplicates(images)
    copies = len(galaxy) - len(np.unique(galaxy))
    if copies:
        twice = np.flatnonzero(np.bincount(galaxy)[galaxy] > 1)[:6]
        return Item("copies", LOOK, f"{copies} of {len(galaxy)} images show what another one shows, such as rows "
                    f"{', '.join(str(row + 1) for row in twice)}", "keep copies in one fold: "
                    "gm.fit_folds(..., groups=gm.measure.near_duplicates(images))")  # fmt: skip
    return Item("copies", OK, f"no two of {len(galaxy)} images share their noise (two exposures would not show here)",
                "compare positions on the sky, too")  # fmt: skip


def look_at_sizes(images):
    """Are galaxies so small that no shape is left, or so large that the frame cuts them?"""
    if images.shape[1] not in (1, 3):
        return Item("sizes", UNKNOWN, f"{images.shape[1]} bands: one or three can be measured", "choose three bands")
    table = morphology_features(images)
    small, large = np.mean(table["r50"] < SMALL), np.mean(table["r80"] > LARGE)
    found = (
        f"half of the light lies within {np.median(table['r50']):.1f} pixels (median, stamps of 64); {small:.0%} "
        f"of the galaxies are unresolved (below {SMALL:g}), {large:.0%} reach the frame"
    )
    if max(small, large) > TOLERATED:
        return Item("sizes", LOOK, found, "cut stamps in proportion to the galaxy (lesson 02), or leave these out")
    return Item("sizes", OK, found)


def label_columns(table):
    """Columns of a table that look like classes: few different values, each more than once on average."""
    names = [name for name in table.colnames if name.lower() not in (*IDENTIFIERS, *GROUPS)]
    found = {name: _words(table[name]) for name in names}
    return {
        name: words
        for name, words in found.items()
        if 2 <= len(set(words) - {""}) <= min(MOST_CLASSES, max(2, len(words) // 2))
    }


def look_at_labels(labels):
    """Which share has each class, what would the commonest get for nothing, and how well can a score be known?"""
    if not labels:
        return [Item("labels", UNKNOWN, "no column of classes: no score of any network can be measured here",
                     "label a hundred galaxies, chosen by chance")]  # fmt: skip
    return [_look_at_classes(name, words) for name, words in labels.items()]


def _look_at_classes(name, words):
    values, counts = np.unique([word for word in words if word], return_counts=True)
    n, shares = counts.sum(), ", ".join(f"{v} {c / counts.sum():.0%}" for v, c in zip(values, counts, strict=True))
    trivial, commonest = counts.max() / n, str(values[counts.argmax()])
    found = (
        f"{n} labels: {shares}. Always {commonest!r} is right for {trivial:.0%}; a score on all of them is "
        f"known to ±{1.96 * np.sqrt(trivial * (1 - trivial) / n):.1%}"
    )
    if counts.min() < FEW:
        return Item(f"labels {name}", LOOK, f"{found}. The rarest class has {counts.min()}",
                    "quote scores beside the trivial one; carry a network instead of training one")  # fmt: skip
    return Item(f"labels {name}", OK, found, "quote every score beside the trivial one")


def look_at_groups(table, labels):
    """Do the classes depend on where, when, or by whom? Then a network may learn the place instead of the class."""
    groups = {name: _parts(table[name]) for name in table.colnames if name.lower() in GROUPS}
    groups = {name: parts for name, parts in groups.items() if len(set(parts)) > 1}
    if not groups:
        return [Item("groups", UNKNOWN, "no column says in which field, when, or by whom images and labels were made",
                     f"write one down, such as {', '.join(GROUPS[:2])} or date, and split by it")]  # fmt: skip
    if not labels:
        return [Item(f"groups {name}", OK, f"{len(set(parts))} parts", f"split by it: gm.split(sample, by={name!r})")
                for name, parts in groups.items()]  # fmt: skip
    return [_look_at_group(g, parts, c, words) for g, parts in groups.items() for c, words in labels.items()]


def _look_at_group(group, parts, label, words):
    known = words != ""
    parts, words = parts[known], words[known]
    v, p = _association(parts, words)
    commonest = str(max(sorted(set(words)), key=list(words).count))
    shares = ", ".join(f"{g} {np.mean(words[parts == g] == commonest):.0%}" for g in sorted(set(parts))[:4])
    more = " ..." if len(set(parts)) > 4 else ""
    found = f"share of {commonest!r} by {group}: {shares}{more} (Cramér's V {v:.2f})"
    what = f"groups {group}, {label}"
    if p < 0.01 and v > 0.1:
        return Item(what, LOOK, found, f"a network may learn the {group}: test on one that it never saw")
    return Item(what, OK, found, f"split by it all the same: gm.split(sample, by={group!r})")


def _association(parts, words):
    """Cramér's V and the p-value of independence of two groupings; 0 and 1 where one has a single value."""
    a, b = (np.unique(x, return_inverse=True)[1] for x in (parts, words))
    counts = np.zeros((a.max(initial=0) + 1, b.max(initial=0) + 1))
    np.add.at(counts, (a, b), 1)
    if min(counts.shape) < 2:
        return 0.0, 1.0
    return cramers_v(a, b), chi2_contingency(counts).pvalue


def look_at_familiarity(scores):
    """How many galaxies lie outside each training sample? Name -> `out_of_domain` scores of the galaxies."""
    items = []
    for name, score in scores.items():
        away = np.mean(score > 1)
        found = f"{away:.0%} of the galaxies lie outside ({name}; 1 % would by chance)"
        if away > TOLERATED:
            items.append(Item(f"like {name}", LOOK, found, "no class of such a network is to be believed before a test"
                              " with labels; compare frame, pixels and stretch first"))  # fmt: skip
        else:
            items.append(Item(f"like {name}", OK, found, "familiar is no promise: a hundred labels tell"))
    return items


def not_in_the_files():
    """What no file can say, for every sample."""
    return [
        Item("the share on the sky", UNKNOWN, "how these galaxies were chosen is not in the files",
             "write down limits in brightness, size and redshift; correct shares (gm.metrics.corrected_fraction)"),
        Item("right or wrong", UNKNOWN, "whether labels are true, and what a network would get wrong among them",
             "look at fifty images with their labels; have thirty labelled twice"),
    ]  # fmt: skip


def _words(column):
    """Values as text; "" where there is none. Numbers that are whole are written as such."""
    values = np.ma.filled(np.ma.asarray(getattr(column, "value", column)).astype(object), "")
    words = ["" if v is None or v != v else str(v).strip() for v in values]
    return np.array([word.removesuffix(".0") for word in words], dtype=object)


def _parts(column):
    """Groups as text; of numbers with many values (times) the earlier and the later half."""
    values = np.ma.filled(np.ma.asarray(getattr(column, "value", column)).astype(object), "")
    try:
        numbers = np.array(values, float)
    except (TypeError, ValueError):
        return _words(column)
    if len(np.unique(numbers)) <= MOST_CLASSES:
        return _words(column)
    return np.where(numbers <= np.nanmedian(numbers), "earlier half", "later half").astype(object)
