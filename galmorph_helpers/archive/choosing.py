"""Which galaxies of a set go into a bundle: an equal share of each kind, by what people said, always the same ones."""

import csv
import hashlib
import io
import math

from .errors import ArchiveError

UNSURE = "unsure"  # taken last
GZ1 = {
    "elliptical": "elliptical",
    "edge_on": "edge-on spiral",
    "spiral_clockwise": "face-on spiral",
    "spiral_anticlockwise": "face-on spiral",
    "merger": "merger or odd",
}
CEERS = {  # kind: the votes for it, all votes on that question
    "merger or odd": ("t11_is_the_galaxy_merging_or_disturbed__", ("merging", "major_disturbance")),
    "edge-on": ("t2_could_this_be_a_disk_viewed_edgeon__", ("yes_edge_on_disk",)),
    "smooth": ("t0_smooth_or_featured__", ("smooth",)),
    "featured": ("t0_smooth_or_featured__", ("features_or_disk",)),
}
FEWEST_VOTES = 5


def read_rows(file):
    """Rows of a CSV as dicts of text (numbers keep all their digits), and the names of its columns.

    Parameters
    ----------
    file : Path
        In UTF-8, with commas; it needs a column `file`.
    """
    try:
        reader = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline=""), strict=True)
        rows, names = list(reader), list(reader.fieldnames or [])
    except (OSError, ValueError, csv.Error) as error:
        raise ArchiveError(f"{file} cannot be read ({error}): save it as CSV, in UTF-8, with commas.") from error
    if "file" not in names or not rows:
        raise ArchiveError(f"{file} has {len(rows)} rows and the columns {names}: it needs rows and a column 'file'.")
    ragged = next((number for number, row in enumerate(rows) if None in row or None in row.values()), None)
    if ragged is not None:
        raise ArchiveError(f"{file}, row {ragged + 1}, has not as many cells as there are columns: mend the table.")
    return rows, names


def kind_of(row):
    """The kind of a galaxy in one word or two, by the columns that its table has; "" where no table is known.

    Parameters
    ----------
    row : dict
        Of text: a class of Galaxy Zoo 1, vote fractions of Galaxy Zoo 2, votes of Galaxy Zoo CEERS, or a T-Type.

    Examples
    --------
    >>> kind_of({"class_name": "spiral_clockwise"}), kind_of({"t_type": "-2.5"}), kind_of({"name": "M 51"})
    ('face-on spiral', 'early', '')
    """
    if "class_name" in row:
        return GZ1.get(row["class_name"], row["class_name"] if row["class_name"] not in ("", "dont_know") else UNSURE)
    if {"featured", "edge_on", "odd"} <= set(row):
        return _zoo_2(*(_number(row[name]) for name in ("featured", "edge_on", "odd")))
    if CEERS["smooth"][0] + "smooth" in row:
        return next((kind for kind in CEERS if _agreed(row, *CEERS[kind])), UNSURE)
    if "t_type" in row:
        t_type = _number(row["t_type"])
        return UNSURE if math.isnan(t_type) else "late" if t_type > 0 else "early"
    return ""


def _zoo_2(featured, edge_on, odd):
    """Over 70 % or under 30 % of the votes, as in `labels.certain`; half of them for what is odd, which is rare."""
    if odd > 0.5:
        return "merger or odd"
    if featured < 0.3:
        return "elliptical"
    if featured > 0.7 and edge_on > 0.7:
        return "edge-on spiral"
    return "face-on spiral" if featured > 0.7 and edge_on < 0.3 else UNSURE


def _agreed(row, question, answers):
    votes = {name: _number(count) for name, count in row.items() if name.startswith(question)}
    asked = sum(count for count in votes.values() if count > 0)
    said = sum(votes.get(question + answer, 0) for answer in answers)
    return asked >= FEWEST_VOTES and said > 0.5 * asked


def _number(text):
    try:
        return float(text)
    except (TypeError, ValueError):
        return math.nan


def in_turn(rows):
    """Rows in the order in which they are taken: one of each kind in turn, within a kind by a hash of `file`.

    Parameters
    ----------
    rows : list of dict

    Returns
    -------
    list of (dict, str)
        Each with its kind. The first 50 of 100 are the 50 of a smaller choice.
    """
    kinds = {}
    for row in sorted(rows, key=lambda row: hashlib.sha256(row["file"].encode()).digest()):
        kinds.setdefault(kind_of(row), []).append(row)
    last = [(row, UNSURE) for row in kinds.pop(UNSURE, [])]
    queues = [[(row, kind) for row in kinds[kind]] for kind in sorted(kinds)]
    turns = max(map(len, queues), default=0)
    return [queue[turn] for turn in range(turns) for queue in queues if turn < len(queue)] + last
