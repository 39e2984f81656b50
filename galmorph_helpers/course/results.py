"""What the lessons found, read back: here, where they were run, or as they are stored with the course."""

import difflib
import json

import numpy as np
from astropy.table import Table

from ..files import DATA
from .claims import results_folder

STORED = DATA / "results"  # copied there when the notebooks are built


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
        `lesson`, `what`, `published`, `measured`, `low`, `high` (95 % interval or NaN), `verdict`.
    """
    rows = []
    for lesson, result in results.items():
        for row in result["published"]:
            low, high = row["interval"] or (np.nan, np.nan)
            published = np.nan if row["published"] is None else row["published"]
            said = verdict(published, row["measured"], low, high)
            rows.append((lesson, row["what"], published, row["measured"], low, high, said))
    names = ("lesson", "what", "published", "measured", "low", "high", "verdict")
    return Table(rows=rows, names=names, dtype=(str, str, float, float, float, float, str))


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
