"""Observed galaxies for every lesson, whatever is on this disk, with what is known about them."""

from typing import NamedTuple

import numpy as np

from ..samples import GalaxySample
from .bundle import observed_root
from .folders import read_folder
from .named import SDSS_SETS, check_questions, read_labelled
from .xdf import deep_field


class Observed(NamedTuple):
    """Observed galaxies, and what people said of them.

    Parameters
    ----------
    sample : GalaxySample
    answers : dict
        Question -> array (N,), NaN where nobody was asked or people disagreed; "called": a word for each galaxy.
    known : str
        In a sentence: whose answers these are, or that there are none, and what then cannot be known.
    """

    sample: GalaxySample
    answers: dict
    known: str

    def has(self, question):
        """Whether there is an answer to this question for any galaxy."""
        return bool(np.isfinite(self.answers[question]).any())


def observed_galaxies(*questions, size=64):
    """Observed galaxies, always: the set that answers most of the questions, else any folder, else the deep field.

    Parameters
    ----------
    *questions : str
        As in `labelled_sdss`; each has an array of answers, which is NaN throughout where nobody gave any.
    size : int
        Side of the stamps, pixels.

    Returns
    -------
    Observed

    Examples
    --------
    A lesson writes its prose from what came::

        seen = gm.datasets.observed_galaxies("disc", "edge-on")
        print(seen.known)
        if seen.has("disc"):
            print(gm.metrics.auc(...))
    """
    check_questions(questions)
    root = observed_root()
    there = [name for name in SDSS_SETS if root and (root / name).is_dir()]
    if there:
        name = max(there, key=lambda name: len(set(questions) & set(SDSS_SETS[name][0])))  # the first of equals
        sample, found = read_labelled(root / name, size=size)
        nobody = [q for q in questions if q not in SDSS_SETS[name][0]]
        known = f"{len(sample):,} galaxies of SDSS with answers of {SDSS_SETS[name][1]}"
        known += f"; nobody was asked about {' or '.join(nobody)}." if nobody else "."
        return Observed(sample, _filled(found, questions, len(sample)), known)
    sample = _any_folder(root, size) if root else None
    if sample is None:
        sample = deep_field(size)
        known = f"{len(sample):,} galaxies of the {sample.name}, of which nobody's answers are here"
    else:
        known = f"{len(sample):,} galaxies of {sample.name}, whose table answers none of the questions asked here"
    known += ": what a network says of them can be looked at, but not scored."
    return Observed(sample, _filled({}, questions, len(sample)), known)


def _filled(found, questions, n):
    answers = {question: np.asarray(found.get(question, np.full(n, np.nan)), float) for question in questions}
    return answers | {"called": found.get("called", np.full(n, "unlabelled"))}


def _any_folder(root, size):
    """The first set of colour pictures that can be read, or None."""
    for path in sorted(p for p in root.iterdir() if p.is_dir()):
        try:
            sample = read_folder(path, size=size)
        except (ValueError, OSError, KeyError):
            continue
        if sample.pixels == "colour" and sample.images.shape[1] == 3:
            return sample
    return None
