"""Observed sets that lessons know by name: which is there, and what its labels answer."""

from pathlib import Path

import numpy as np
from astropy.table import QTable, Table

from .catalogues import read_mass_sfr
from .folders import read_folder
from .mock.volunteers import certain
from .runtime import observed_root
from .surveys import SDSS

GZ1_CLASSES = ("elliptical", "edge_on", "spiral_clockwise", "spiral_anticlockwise", "merger", "dont_know")
#: Sets of SDSS stamps in the order of preference, the questions that their labels answer, and who answered.
SDSS_SETS = {
    "gz1_sdss_6446": (("disc", "edge-on", "clockwise", "merger"), "volunteers of Galaxy Zoo 1"),
    "gz2_sdss": (("disc", "edge-on", "bar"), "volunteers of Galaxy Zoo 2"),
    "na10_sdss": (("disc", "bar", "T-Type"), "experts, Nair & Abraham 2010"),
}
#: What `galmorph_helpers.archive` fetches, among the sets that lessons ask for (a test compares).
FETCHED = ("gz2_sdss", "na10_sdss", "gz2", "manga_dl", "manga_cubes", "gz2_s82_sdss", "gz2_s82_des")


def labelled_sdss(*questions, size=64):
    """Observed SDSS galaxies, framed as mock ones, with people's answers, from a set of `GALMORPH_DATA`.

    Parameters
    ----------
    *questions : str
        Among "disc" (1: disc, 0: smooth; from experts: T-Type above 0), "edge-on", "bar", "clockwise", "merger" and
        "T-Type" (DS18 scale).
    size : int
        Side of the stamps, pixels.

    The first of `SDSS_SETS` that is there and answers all the questions is read.

    Returns
    -------
    (GalaxySample, dict)
        The answers are arrays (N,), NaN where people disagreed or were not asked; "called" is one word a galaxy, for
        titles. (None, {}) where no set has them: a line says how to fetch one.
    """
    unknown = set(questions) - {q for known, _ in SDSS_SETS.values() for q in known}
    if unknown:
        raise ValueError(f"no set answers {', '.join(sorted(unknown))}; see SDSS_SETS for what each answers.")
    fitting = [name for name, (known, _) in SDSS_SETS.items() if set(questions) <= set(known)]
    path = find_set(*fitting)
    if path is None:
        return None, {}
    classes = GZ1_CLASSES if path.name.startswith("gz1") else None
    sample = read_folder(path, size=size, crop=212, survey=SDSS, classes=classes)
    answers = {"gz1": _gz1, "gz2": gz2_answers, "na1": _na10}[path.name[:3]](sample.table)
    print(f"{sample}, answers of {SDSS_SETS[path.name][1]}")
    return sample, answers


def find_set(*names):
    """Folder of the first of these sets that `GALMORPH_DATA` holds; without one, says how to get it, and None."""
    root = observed_root()
    for name in names if root else ():
        if (Path(root) / name).is_dir():
            return Path(root) / name
    where = "is not set" if root is None else f"has no {' or '.join(names)}"
    command = "python -m galmorph_helpers.archive fetch {0} --out galaxies/{0}"
    how = [command.format(name) for name in names if name in FETCHED][:1]
    how = f"Fetch it once with `{how[0]}` and set GALMORPH_DATA to the folder galaxies" if how else "See data/README.md"
    print(f"No observed set for this: GALMORPH_DATA {where}. {how}; the lesson goes on without.")
    return None


def observed_mass_sfr():
    """Observed masses, star-formation rates and votes: SDSS groups, or what was fetched with Galaxy Zoo 2.

    Returns
    -------
    astropy.table.QTable or None
        `log_mass`, `log_sfr`, `p_spiral` (share of votes for a spiral; from Galaxy Zoo 2: for features or a disc).
    """
    path = find_set("sdss_mass_sfr_groups", "gz2_sdss", "gz2")
    if path is None or path.name.startswith("sdss"):
        return path and read_mass_sfr(path)
    table = QTable.read(path / "catalogue.ecsv")
    new = QTable({name: _plain(table[name]) for name in ("log_mass", "log_sfr")})
    new["p_spiral"] = _plain(table["featured"])
    return new[np.isfinite(new["log_mass"]) & np.isfinite(new["log_sfr"])]


def manga_classes():
    """T-Types, probabilities and visual classes of MaNGA galaxies (Domínguez Sánchez+2022) for `combined_classes`.

    Returns
    -------
    astropy.table.Table or None
        The fetched set `manga_dl` under the published names `T-Type`, `P_LTG`, `P_S0`, `Visual_Class`, `Visual_Flag`.
    """
    path = find_set("manga_dl")
    if path is None:
        return None
    found = QTable.read(path / "catalogue.ecsv")
    names = {"t_type": "T-Type", "p_ltg": "P_LTG", "p_s0": "P_S0"}
    names |= {"visual_class": "Visual_Class", "visual_flag": "Visual_Flag"}
    return Table({new: _plain(found[old]) for old, new in names.items()})


def _plain(column):
    return np.ma.filled(np.ma.asarray(getattr(column, "value", column)).astype(float), np.nan)


def _gz1(table):
    kind = np.asarray(table["class_name"]).astype(str)
    spiral = np.char.startswith(kind, "spiral")
    edge, judged = kind == "edge_on", spiral | np.isin(kind, ("edge_on", "elliptical"))
    return {
        "disc": np.where(judged, edge | spiral, np.nan),
        "edge-on": np.where(judged, edge, np.nan),
        "clockwise": np.where(spiral, kind == "spiral_clockwise", np.nan),
        "merger": (kind == "merger").astype(float),
        "called": np.char.replace(np.array([k.split("_")[0] for k in kind]), "edge", "edge-on"),
    }


def gz2_answers(table):
    """What volunteers of Galaxy Zoo 2 agreed on: answers as in `labelled_sdss`, from vote fractions of a table."""
    featured, edge, bar = (_plain(table[name]) for name in ("featured", "edge_on", "bar"))
    disc = certain(featured)
    # Only those who saw a disc were asked whether it is on edge, and only those who saw none on edge about a bar.
    edge_on = np.where(disc == 0, 0.0, np.where(featured > 0.5, certain(edge), np.nan))
    return {
        "disc": disc,
        "edge-on": edge_on,
        "bar": np.where((disc == 1) & (edge_on == 0), certain(bar), np.nan),
        "called": np.select([edge_on == 1, disc == 1, disc == 0], ["edge-on", "disc", "smooth"], "unsure"),
    }


def _na10(table):
    t_type = _plain(table["t_type"])
    known = np.isfinite(t_type)
    return {
        "disc": np.where(known, t_type > 0, np.nan),
        "bar": np.where(np.isfinite(_plain(table["bar"])), _plain(table["bar"]) > 0, np.nan),
        "T-Type": t_type,
        "called": np.array([f"T {t:.0f}" if np.isfinite(t) else "unsure" for t in t_type]),
    }
