"""What the lessons found, read back: here, where they were run, or as they are stored with the course."""

import difflib
import json

import numpy as np
from astropy.table import Table

from ..files import DATA
from .claims import results_folder

STORED = DATA / "results"  # copied there when the notebooks are built

#: Rows that stand beside a published number and are no measurement of it: lesson, words in the name, what they are.
NO_MEASUREMENT = (
    ("03", "networks whose scatter is the uncertainty", "a setting"),
    ("09", "share of late types among robust ones", "the share in another sample"),
)
#: Where the lesson puts the scatter of training into its intervals itself, and where nothing is trained.
WIDENED, NOTHING_TRAINED = ("00", "02", "03"), ("01", "06")


def read_results(*, but=()):
    """The result of each lesson: what `Claims.report` wrote, and `where` it was computed.

    Parameters
    ----------
    but : iterable of str
        Lessons to leave out, such as the one that asks.

    Returns
    -------
    dict of str -> dict
        By the lesson's number, in order. `where` is "here" for lessons that were run in this copy of the course, and
        "stored" for those that were not: then it is the run of the notebook that is stored.

    Raises
    ------
    FileNotFoundError
        If no lesson has a result, neither here nor stored.
    """
    found = {}
    for where, folder in (("stored", STORED), ("here", results_folder())):
        for file in sorted(folder.glob("[0-9][0-9].json")):
            try:
                found[file.stem] = json.loads(file.read_text(encoding="utf-8")) | {"where": where}
            except ValueError:  # a run that was cut short
                continue
    found = {number: found[number] for number in sorted(found) if number not in but}
    if not found:
        raise FileNotFoundError(
            f"no lesson has a result, neither in {results_folder()} nor in {STORED}: run one (make run LESSON=00)."
        )
    return found


def claim_of(results, lesson, name):
    """Measured value of a claim, or NaN where its lesson has none of that name (such as without observed galaxies).

    Parameters
    ----------
    results : dict
        Of each lesson, as `read_results` gives them.
    lesson : str
        Two digits, such as "02".
    name : str
        Of the claim.

    Raises
    ------
    KeyError
        If the lesson is not there; a name that nearly fits one of its claims is an error, too: a claim was renamed.
    """
    if lesson not in results:
        raise KeyError(f"lesson {lesson} has no result, here or stored; there are {', '.join(results)}.")
    claims = {claim["name"]: claim["measured"] for claim in results[lesson]["claims"]}
    if name in claims:
        return claims[name]
    close = difflib.get_close_matches(name, claims, 1, 0.9)
    if close:
        raise KeyError(f"lesson {lesson} has no claim {name!r}. Is it {close[0]!r}?")
    return float("nan")


def claim_words(results, lesson, name):
    """Measured value of a claim as a reader wants it: a number, or that there is none.

    Parameters
    ----------
    results, lesson, name
        As of `claim_of`, and with its errors.

    >>> claim_words({"02": {"claims": [{"name": "AUC", "measured": 0.97654}]}}, "02", "AUC")
    '0.977'
    >>> claim_words({"02": {"claims": []}}, "02", "AUC, observed")
    'not measured in that run, which had no observed galaxies'
    """
    value = claim_of(results, lesson, name)
    return f"{value:.3g}" if np.isfinite(value) else "not measured in that run, which had no observed galaxies"


def published_table(results):
    """Every published number beside the measured one.

    Returns
    -------
    astropy.table.Table
        `lesson`, `what`, `published`, `measured`, `low`, `high` (95 % interval or NaN), `verdict`, and
        `trainings`: of how many the scatter is in the interval (0 where it is that of test galaxies alone).
    """
    rows = []
    for lesson, result in results.items():
        for row in result["published"]:
            low, high = row["interval"] or (np.nan, np.nan)
            published = np.nan if row["published"] is None else row["published"]
            said = verdict(published, row["measured"], low, high)
            trainings = len(row.get("by_seed", ()))
            rows.append((lesson, row["what"], published, row["measured"], low, high, said, trainings))
    names = ("lesson", "what", "published", "measured", "low", "high", "verdict", "trainings")
    return Table(rows=rows, names=names, dtype=(str, str, float, float, float, float, str, int))


def claims_with(results, lesson, *words):
    """The claims of a lesson whose names hold all of the words, whatever else they say; none is no error.

    Parameters
    ----------
    results : dict
        As of `read_results`.
    lesson : str
    *words : str

    Returns
    -------
    list of dict

    >>> found = {"08": {"claims": [{"name": "Recall gained from 26 to 31", "measured": 0.3}]}}
    >>> [row["measured"] for row in claims_with(found, "08", "recall", "gained")], claims_with(found, "05", "recall")
    ([0.3], [])
    """
    rows = results.get(lesson, {}).get("claims", [])
    return [row for row in rows if all(word.lower() in row["name"].lower() for word in words)]


def measured_table(results):
    """Published numbers beside measured ones, and apart from them the rows that measure nothing, or not how well.

    Returns
    -------
    (Table, Table)
        The first has the columns of `published_table`, and in place of `trainings` a column `training`: where the
        scatter of training again is ("in the interval", "not in it", "nothing trained"). The second has `lesson`,
        `what`, `published`, `measured`, and `why` the row stands apart: a setting, put into the mock sky, the share in
        another sample, no interval, nothing published.
    """
    table = published_table(results)
    why = [_apart(results, row) for row in table]
    training = [_training(row) for row in table]
    table.remove_column("trainings")
    table["training"], table["why"] = training, why
    kept = np.array([not reason for reason in why], bool)
    measured, apart = table[kept], table[~kept]
    measured.remove_column("why")
    return measured, apart["lesson", "what", "published", "measured", "why"]


def _apart(results, row):
    """Why a row of `published_table` is not among the measurements, or ""."""
    for lesson, words, why in NO_MEASUREMENT:
        if row["lesson"] == lesson and words in row["what"]:
            return why
    claims = claims_with(results, row["lesson"], row["what"])
    if any(claim["name"] == row["what"] and claim.get("kind") == "put in" for claim in claims):
        return "put into the mock sky"
    return row["verdict"] if row["verdict"] in ("no interval", "nothing published") else ""


def _training(row):
    if row["trainings"] or row["lesson"] in WIDENED:
        return "in the interval"
    return "nothing trained" if row["lesson"] in NOTHING_TRAINED else "not in it"


def verdict(published, measured, low, high):
    """In words, how a measured number compares with a published one.

    Parameters
    ----------
    published, measured : float
        NaN where there is none.
    low, high : float
        95 % interval of the measured number.

    >>> verdict(0.98, 0.97, 0.95, 0.99)
    'agrees'
    >>> verdict(0.98, 0.90, 0.88, 0.92)
    'lower'
    """
    if not np.isfinite(published):
        return "nothing published"
    if not (np.isfinite(low) and np.isfinite(high)):
        return "no interval"
    return "agrees" if low <= published <= high else "higher" if measured > published else "lower"
