"""Before you use a network on galaxies of your own: ``python -m galmorph_helpers.course.checklist FOLDER``."""

import argparse
import contextlib
import io
import sys
import textwrap
import warnings
from pathlib import Path

import numpy as np

from ..datasets.folders import read_folder, read_images
from ..datasets.label_tables import read_labels
from ..datasets.named import labelled_sdss
from ..learning.domain import fit_domain, image_features, out_of_domain
from ..learning.networks import CompactCNN
from ..learning.weights import load_weights, observed_network
from ..mock.sample import mock_sample
from .looks import (
    LOOK,
    OK,
    UNKNOWN,
    Item,
    label_columns,
    look_at_copies,
    look_at_familiarity,
    look_at_groups,
    look_at_labels,
    look_at_reading,
    look_at_sizes,
    not_in_the_files,
)

HELP = """\
Each item says ok, look, or cannot know: the last where no file can answer, with labels or without.
The folder holds images (JPEG, PNG, FITS ...). Beside them may lie a labels.csv: a column `file` (path of each image in
the folder), columns of classes, and columns that say where, when or by whom (field, date, labeller ...).

  python -m galmorph_helpers.course.checklist my_galaxies
  python -m galmorph_helpers.course.checklist my_galaxies --crop 120     the middle of each image alone

Galaxies are compared with the mock SDSS sky, and with observed SDSS galaxies where GALMORPH_DATA has them.
"""
N_TRAINING = 1000  # galaxies of a training sample that say how far it reaches
MOCK, OBSERVED = "the mock SDSS sky", "observed SDSS galaxies"


def check_folder(folder, *, most=1000, crop=None, seed=0):
    """The checklist for a folder of galaxies.

    Parameters
    ----------
    folder : str or Path
        Images, with or without a table that has a column `file` (`read_folder`).
    most : int
        Galaxies that are looked at; of more, a random part. At least 2.
    crop : int, optional
        Central part of each image, pixels of the files.
    seed : int

    Returns
    -------
    list of Item
        `what`, `says` ("ok", "look", "cannot know"), `found` and `next`.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such folder, no image, or a table that cannot be read.
    """
    if most < 2:
        raise ValueError(f"most={most} galaxies: look at two or more.")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sample = _read(Path(folder), most, crop, seed)
    images, labels = sample.images, label_columns(sample.table)
    return [
        look_at_reading(len(sample), [w.message for w in caught if issubclass(w.category, UserWarning)]),
        look_at_copies(images) if len(images) > 1 else Item("copies", UNKNOWN, "a single image", "bring more"),
        look_at_sizes(images),
        *look_at_labels(labels),
        *look_at_groups(sample.table, labels),
        *_familiarity(sample, seed),
        *not_in_the_files(),
    ]


def as_words(items):
    """The checklist as text: a paragraph an item, and a last line that counts.

    >>> print(as_words([Item("copies", "ok", "no image is there twice")]))
    ok           copies: no image is there twice
    1 ok, 0 to look at, 0 that these files cannot say.
    """
    lines = []
    for item in items:
        lines += textwrap.wrap(f"{item.says:12s} {item.what}: {item.found}", 100, subsequent_indent=" " * 13)
        if item.next:
            lines += textwrap.wrap(f"next: {item.next}.", 100, initial_indent=" " * 13, subsequent_indent=" " * 13)
    n = {word: sum(item.says == word for item in items) for word in (OK, LOOK, UNKNOWN)}
    lines.append(f"{n[OK]} ok, {n[LOOK]} to look at, {n[UNKNOWN]} that these files cannot say.")
    return "\n".join(lines)


def _read(folder, most, crop, seed):
    """The sample of a folder, at most so many galaxies of it; without a table, its images alone."""
    if not folder.is_dir() or not any(folder.glob("*.csv")):
        return read_images(folder, crop=crop, most=most, seed=seed)
    n = len(read_labels(folder)[0])
    rows = np.sort(np.random.default_rng(seed).permutation(n)[:most])
    return read_folder(folder, crop=crop, rows=rows, cache=False)


def _familiarity(sample, seed):
    """Items on how familiar the galaxies are to networks of the course."""
    images = sample.images
    if images.shape[1] != 3 or sample.pixels != "colour":
        return [Item("familiar", UNKNOWN, f"the course's networks read pictures of three bands; this is {sample}",
                     "make pictures as data/FORMATS.md says, then ask again")]  # fmt: skip
    trunk = load_weights(CompactCNN(), "mock_trunk")
    scores = {MOCK: _scores(trunk, mock_sample(N_TRAINING, seed=seed).images, images)}
    with contextlib.redirect_stdout(io.StringIO()):  # how to fetch such a set: the item below says it shorter
        observed, _ = labelled_sdss("edge-on")
    if observed is None:
        missing = Item(f"like {OBSERVED}", UNKNOWN, "no such set is here", "name one in GALMORPH_DATA (data/README.md)")
        return [*look_at_familiarity(scores), missing]
    rows = np.random.default_rng(seed).permutation(len(observed))[:N_TRAINING]
    scores[OBSERVED] = _scores(observed_network(), observed.images[rows], images)
    return look_at_familiarity(scores)


def _scores(network, training, images):
    return out_of_domain(fit_domain(image_features(network, training)), image_features(network, images))


def parser():
    """The command line, as an `argparse.ArgumentParser`."""
    given = argparse.ArgumentParser(
        prog="python -m galmorph_helpers.course.checklist",
        description="What to check before you train or use a network on a folder of galaxies.",
        epilog=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    given.add_argument("folder", metavar="FOLDER", help="a folder of images, with or without a labels.csv")
    given.add_argument("--n", type=int, default=1000, metavar="N", help="galaxies looked at, at most (default: 1000)")
    given.add_argument("--crop", type=int, metavar="PIXELS", help="central part of each image (default: all of it)")
    return given


def main(arguments=None):
    """Print the checklist; the exit status is 0 if it could be made, 2 if not."""
    asked = parser().parse_args(arguments)
    try:
        items = check_folder(asked.folder, most=asked.n, crop=asked.crop)
    except (OSError, ValueError, KeyError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(as_words(items))
    return 0


if __name__ == "__main__":
    sys.exit(main())
