"""Where observed spectra lie in lesson 06's plane of mock galaxies: writes data/observed_spectra.csv and its card.

GALMORPH_DATA=/path/to/my_galaxies python benchmarks/observed_spectra.py     (some minutes)

The lesson's own cells are run, up to its plane, and those that read the observed spectra.
"""

import contextlib
import io
import os
import re
import sys
from pathlib import Path

import numpy as np
from storing import store

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import galmorph_helpers as gm  # noqa: E402
import lessons  # noqa: E402

CARD = """# observed_spectra.csv

Where {n} observed spectra lie in the plane of the first two eigenspectra of lesson 06, which saw mock galaxies alone:
mean spectra by type (Kinney+1996, ApJ 467, 38; starbursts: Calzetti+1994, ApJ 429, 582) and ten galaxies of the SDSS,
named by their fibre. Columns: spectrum, pc1, pc2. The eigenspectra are those of seed 0; with seed 1 the same spectra
lie up to {worst:.1f} widths of the ridge nearer or farther (median: {median:.2f}).

Made {today} from the sets kinney_calzetti_templates and sdss_spectra_10 by `python benchmarks/observed_spectra.py`.
"""


def lesson_plane(seed):
    """{name: place}, and distances from the ridge in its widths, as lesson 06 finds them with this seed."""
    os.environ.update(GALMORPH_SEED=str(seed), GALMORPH_QUIET="1")
    (lesson,) = lessons.find(ROOT, ["06"])
    cells = [c.source for c in lessons.read_source(lesson.source, solved=True).cells if c.cell_type == "code"]
    last = next(i for i, source in enumerate(cells) if "passive_ridge(" in source)
    readers = [source for source in cells if source.startswith("sets = [gm.find_set")]
    names = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for source in (*cells[: last + 1], *readers):
            exec(re.sub(r"(?m)^ *%.*", "", source), names)  # without Jupyter's commands
    eigen, ridge, seen = names["eigen"], names["ridge"], names["spectra_seen"]
    place = {name: gm.spectra.project(eigen, *spectrum)[0][0, :2] for name, spectrum in seen.items()}
    return place, {name: float((p - ridge.point) @ ridge.normal / ridge.width) for name, p in place.items()}


def main():
    place, away = lesson_plane(0)
    if not place:
        raise SystemExit("the sets kinney_calzetti_templates and sdss_spectra_10 are needed: see data/README.md")
    other = lesson_plane(1)[1]
    off = np.abs([other[name] - away[name] for name in away])
    rows = [{"spectrum": name, "pc1": float(p[0]), "pc2": float(p[1])} for name, p in place.items()]
    facts = {"n": len(rows), "worst": off.max(), "median": np.median(off)}
    store(ROOT / "data" / "observed_spectra.csv", rows, CARD, keys=("spectrum",), **facts)
    for name in sorted(away, key=away.get):
        print(f"{name:15s} {away[name]:+8.2f} {other[name]:+8.2f}")


if __name__ == "__main__":
    main()
