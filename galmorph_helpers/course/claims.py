"""The findings of a lesson as measured inequalities, and the file that the rest of the course reads them from."""

import json
import math
import os
import time
from pathlib import Path

from astropy.table import Table

from ..files import whole_file
from ..metrics.uncertainty import interval_with_training
from ..runtime import device, peak_gpu_mb, peak_memory_mb
from .counting import KINDS, SIDES, bound_words, control_words, keeps, standing, summary


class Claims:
    """The findings of a lesson, each a measured number, the bound it must keep, and a control that breaks the bound.

    >>> claims = Claims("02")
    >>> claims.check("edge-on AUC, mock sky", 0.97, at_least=0.95, control=("shuffled labels", 0.51), hoped=0.98,
    ...              fails_if="training taught nothing of the shape")
    >>> claims.identity("cross-entropy by hand minus torch's", 1e-9, at_most=1e-6)
    >>> claims.put_in("smooth mock galaxies without arms", 1.0, at_least=0.9)
    >>> claims.report()  # doctest: +SKIP

    A row that does not hold is red for a learner who changed a number, an error where ``GALMORPH_STRICT=1`` (tests).
    A name that is recorded again, as when a cell is run twice, takes the place of its older row.
    """

    def __init__(self, lesson, *, origins=("mock",)):
        self.lesson, self.origins = lesson, list(origins)
        self._claims, self._published = {}, {}
        self._start = time.perf_counter()

    @property
    def claims(self):
        """The rows so far, as `report` writes them."""
        return list(self._claims.values())

    @property
    def published(self):
        """The published numbers beside the measured ones, as `report` writes them."""
        return list(self._published.values())

    def check(self, name, measured, *, control=None, hoped=None, fails_if="", short="", about=None, **bound):
        """Record a finding: `measured` keeps a bound that its control, measured in the same run, breaks.

        Parameters
        ----------
        name : str
            Of the finding, one of its kind in the lesson.
        measured : float
            NaN never holds.
        control : (str, float), optional
            What shows that the bound could be broken (shuffled labels, an untrained network, the best simpler method),
            and the number it gives. A finding whose control keeps the bound does not hold.
        hoped : float, optional
            The published value or the course's goal: the row says reached or short, and holds in either case.
        fails_if : str
            What would break it, in words.
        about : str, optional
            The galaxies it is about, such as "mock".
        short : str, optional
            For a finding that does not hold: the sentence of the lesson's text that says so, word for word. The row is
            red and counts as not held, but is no error; the tools refuse a lesson whose text lacks the sentence, and
            one whose finding holds after all.
        **bound
            Exactly one of `at_least=0.9`, `at_most=0.1`, `between=(0.1, 0.9)`. (`because` is `fails_if`'s name of old.)
            `kind`, "finding" unless given, is set by `identity` and `put_in`.

        Raises
        ------
        ValueError
            If there is not one bound, or `hoped`, `control` or `short` do not fit it.
        """
        fails_if, kind = bound.pop("because", "") or fails_if, bound.pop("kind", "finding")
        bounds = {key: value for key, value in bound.items() if value is not None}
        if len(bounds) != 1 or not bounds.keys() <= set(SIDES):
            given = " and ".join(bounds) or "none"
            raise ValueError(f"claim {name!r} has {given}: give exactly one of {', '.join(SIDES)}.")
        if kind not in KINDS:
            raise ValueError(f"claim {name!r} is of kind {kind!r}: it can be {', '.join(KINDS)}.")
        if hoped is not None and "between" in bounds:
            raise ValueError(f"claim {name!r} has hoped={hoped} and between: a hope needs at_least or at_most.")
        if control is not None and (isinstance(control, str) or len(control) != 2):
            raise ValueError(f'claim {name!r} has control={control!r}: give a name and a value, ("shuffled", 0.51).')
        if short and kind != "finding":
            raise ValueError(f"claim {name!r} has short and is of kind {kind!r}: only a finding may fall short.")
        ((side, bound),) = bounds.items()
        bound = [float(x) for x in bound] if side == "between" else float(bound)
        row = {"name": name, "kind": kind, "measured": float(measured), side: bound}
        row["holds"] = keeps(row["measured"], side, bound)
        if control is not None:
            value = float(control[1])
            breaks = not math.isnan(value) and not keeps(value, side, bound)
            row["control"] = {"what": control[0], "value": value, "breaks": breaks}
            row["holds"] = row["holds"] and breaks
        if hoped is not None:
            row |= {"hoped": float(hoped), "reached": keeps(row["measured"], side, float(hoped))}
        self._claims[name] = row | {"fails_if": fails_if, "about": about} | ({"short": short} if short else {})

    def identity(self, name, measured, **bound):
        """Record a check: what must come out, such as by hand = library. It is listed apart and not counted."""
        self.check(name, measured, kind="check", **bound)

    def put_in(self, name, measured, **bound):
        """Record what the mock sky was built to show. It is listed apart and not counted."""
        self.check(name, measured, kind="put in", **bound)

    def compare(self, what, published, measured, interval=None, *, by_seed=None):
        """Record a published number beside the measured one, with its 95 % interval; no bound is implied.

        Parameters
        ----------
        what : str
            Of the row, one of its name in the lesson.
        published : float or None
        measured : float
        interval : (float, float), optional
            95 %, over test galaxies.
        by_seed : sequence of float, optional
            Of a trained network: the scores of networks that differ only in the seed of training. `measured` is the
            first of them, or their mean. Their scatter widens the interval (`gm.metrics.interval_with_training`), which
            the verdict, agrees, higher or lower, follows.

        Raises
        ------
        ValueError
            If `by_seed` comes without an interval, or `measured` is neither its first score nor its mean.
        """
        interval = None if interval is None else [float(x) for x in interval]
        row = {"what": what, "published": None if published is None else float(published), "measured": float(measured)}
        if by_seed is not None:
            scores = [float(x) for x in by_seed]
            of_mean = math.isclose(measured, sum(scores) / len(scores), abs_tol=1e-9)
            if interval is None or not (of_mean or math.isclose(measured, scores[0], abs_tol=1e-9)):
                raise ValueError(
                    f"{what!r} has by_seed: give an interval over test galaxies, too, and as measured the first score "
                    f"or their mean, not {measured:g}."
                )
            interval = list(interval_with_training(scores, interval, mean=of_mean))
            row["by_seed"] = scores
        self._published[what] = row | {"interval": interval}

    def report(self):
        """Write `NN.json` to the results folder, say how many findings hold, and return the rows as a table.

        Raises
        ------
        AssertionError
            If a row does not hold, its text does not say so (`short`), and ``GALMORPH_STRICT=1``.
        """
        record = {
            "lesson": self.lesson,
            "seconds": round(time.perf_counter() - self._start, 1),
            "peak_mb": round(peak_memory_mb()),
            "device": device().type,
            "origins": list(dict.fromkeys(self.origins)),  # a cell that is run again names them again
            "published": self.published,
            "claims": self.claims,
        }
        if device().type == "cuda":
            print(f"peak memory of the GPU: {peak_gpu_mb():.0f} MB")
        file = results_folder() / f"{self.lesson}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(file) as part:
            part.write_text(json.dumps(record, indent=1, ensure_ascii=False), encoding="utf-8")
        broken = [c["name"] for c in self.claims if not c["holds"] and not c.get("short")]
        if broken and os.environ.get("GALMORPH_STRICT") == "1":
            raise AssertionError(
                f"lesson {self.lesson}: {len(broken)} of {len(self.claims)} claims do not hold: {'; '.join(broken)}"
            )
        print(summary(self.claims))
        return self.table()

    def table(self):
        """The rows so far: findings, findings without a control yet, checks, and what was put in, in this order."""
        order = ("finding", "without control yet", "check", "put in")
        rows = sorted(self.claims, key=lambda row: order.index(standing(row)))
        return Table(
            rows=[
                {
                    "claim": row["name"],
                    "is": standing(row),
                    "measured": row["measured"],
                    "control": control_words(row),
                    "bound": bound_words(row),
                    "hoped": f"{row['hoped']:g}: {'reached' if row['reached'] else 'short'}" if "hoped" in row else "",
                    "holds": "yes" if row["holds"] else "NO",
                    "it would fail if": row["fails_if"],
                }
                for row in rows
            ]
        )


def results_folder():
    """`GALMORPH_RESULTS`, or `_build/results` of the project that the working directory lies in."""
    if os.environ.get("GALMORPH_RESULTS"):
        return Path(os.environ["GALMORPH_RESULTS"])
    here = Path.cwd()
    root = next((p for p in (here, *here.parents) if (p / "pyproject.toml").exists()), here)
    return root / "_build" / "results"
