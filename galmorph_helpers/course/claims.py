"""The findings of a lesson as measured inequalities, and the file that the rest of the course reads them from."""

import json
import os
import time
from pathlib import Path

from astropy.table import Table

from ..files import whole_file
from ..runtime import device, peak_gpu_mb, peak_memory_mb


class Claims:
    """The findings of a lesson, each a measured number and the bound it must keep.

    >>> claims = Claims("02")
    >>> claims.check("edge-on accuracy on the mock sky", 0.97, at_least=0.95)
    >>> claims.report()  # doctest: +SKIP

    A broken claim is a red row for a learner who changed a number, and an error where ``GALMORPH_STRICT=1`` (tests).
    """

    def __init__(self, lesson, *, origins=("mock",)):
        self.lesson, self.origins, self.claims, self.published = lesson, list(origins), [], []
        self._start = time.perf_counter()

    def check(self, name, measured, *, at_least=None, at_most=None, because=""):
        """Record that `measured` is at least, or at most, a bound; `because` says what would make it fail."""
        if (at_least is None) == (at_most is None):
            raise ValueError(f"claim {name!r} needs exactly one of at_least and at_most.")
        measured = float(measured)
        holds = measured >= at_least if at_most is None else measured <= at_most  # False for NaN
        bound = {"at_least": float(at_least)} if at_most is None else {"at_most": float(at_most)}
        self.claims.append({"name": name, "measured": measured, **bound, "holds": bool(holds), "because": because})

    def compare(self, what, published, measured, interval=None):
        """Record a published number beside the measured one, with its 95 % interval; no bound is implied."""
        interval = None if interval is None else [float(x) for x in interval]
        self.published.append(
            {
                "what": what,
                "published": None if published is None else float(published),
                "measured": float(measured),
                "interval": interval,
            }
        )

    def report(self):
        """Write `NN.json` to the results folder and return the claims as a table.

        Raises
        ------
        AssertionError
            If a claim is broken and ``GALMORPH_STRICT=1``.
        """
        record = {
            "lesson": self.lesson,
            "seconds": round(time.perf_counter() - self._start, 1),
            "peak_mb": round(peak_memory_mb()),
            "device": device().type,
            "origins": self.origins,
            "published": self.published,
            "claims": self.claims,
        }
        if device().type == "cuda":
            print(f"peak memory of the GPU: {peak_gpu_mb():.0f} MB")
        file = results_folder() / f"{self.lesson}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(file) as part:
            part.write_text(json.dumps(record, indent=1, ensure_ascii=False), encoding="utf-8")
        broken = [c["name"] for c in self.claims if not c["holds"]]
        if broken and os.environ.get("GALMORPH_STRICT") == "1":
            raise AssertionError(
                f"lesson {self.lesson}: {len(broken)} of {len(self.claims)} claims do not hold: {'; '.join(broken)}"
            )
        return self.table()

    def table(self):
        """The claims so far, one row each: `claim`, `measured`, `expected`, `holds`."""
        return Table(
            rows=[
                {
                    "claim": c["name"],
                    "measured": c["measured"],
                    "expected": f"≥ {c['at_least']:g}" if "at_least" in c else f"≤ {c['at_most']:g}",
                    "holds": "yes" if c["holds"] else "NO",
                    "it would fail if": c["because"],
                }
                for c in self.claims
            ]
        )


def results_folder():
    """`GALMORPH_RESULTS`, or `_build/results` of the project that the working directory lies in."""
    if os.environ.get("GALMORPH_RESULTS"):
        return Path(os.environ["GALMORPH_RESULTS"])
    here = Path.cwd()
    root = next((p for p in (here, *here.parents) if (p / "pyproject.toml").exists()), here)
    return root / "_build" / "results"
