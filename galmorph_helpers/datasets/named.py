"""Observed sets that the course knows by name."""

from dataclasses import replace

import numpy as np
from astropy.table import QTable, Table

from ..labels import certain, gz2_answers, plain_array
from ..runtime import observed_place
from ..surveys import SDSS
from .bundle import observed_root
from .folders import read_folder
from .people import stored_mass_sfr
from .tables import read_mass_sfr

GZ1_CLASSES = ("elliptical", "edge_on", "spiral_clockwise", "spiral_anticlockwise", "merger", "dont_know")
#: Sets of SDSS stamps in the order of preference, the questions that their labels answer, and who answered.
SDSS_SETS = {
    "gz1_sdss_6446": (("disc", "edge-on", "clockwise", "merger"), "volunteers of Galaxy Zoo 1"),
    "gz2_sdss": (("disc", "edge-on", "bar"), "volunteers of Galaxy Zoo 2"),
    "gz2_small_sdss": (("disc", "edge-on", "bar"), "volunteers of Galaxy Zoo 2"),
    "na10_sdss": (("disc", "bar", "T-Type"), "experts, Nair & Abraham 2010"),
}
#: What `galmorph_helpers.archive` fetches, among the sets that lessons ask for (a test compares).
FETCHED = ("gz2_sdss", "gz2_small_sdss", "na10_sdss", "gz2", "manga_dl", "manga_cubes", "gz2_s82_sdss", "gz2_s82_des")


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
    check_questions(questions)
    fitting = [name for name, (known, _) in SDSS_SETS.items() if set(questions) <= set(known)]
    path = find_set(*fitting)
    if path is None:
        return None, {}
    sample, answers = read_labelled(path, size=size)
    print(f"{sample}, answers of {SDSS_SETS[path.name][1]}")
    return sample, answers


def check_questions(questions):
    """An error that names a question which none of `SDSS_SETS` answers."""
    unknown = set(questions) - {q for known, _ in SDSS_SETS.values() for q in known}
    if unknown:
        raise ValueError(f"no set answers {', '.join(sorted(unknown))}; see SDSS_SETS for what each answers.")


def read_labelled(path, *, size):
    """The galaxies of one of `SDSS_SETS`, and what people said of them, as in `labelled_sdss`."""
    classes = GZ1_CLASSES if path.name.startswith("gz1") else None
    sample = read_folder(path, size=size, crop=212, survey=SDSS, classes=classes)
    return sample, {"gz1": _gz1, "gz2": gz2_answers, "na1": _na10}[path.name[:3]](sample.table)


def find_set(*names):
    """Folder of the first of these sets that `GALMORPH_DATA` holds; without one, says how to get it, and None."""
    root = observed_root()
    for name in names if root else ():
        if (root / name).is_dir():
            return root / name
    unset = "names nothing that came" if observed_place() else "is not set"
    where = unset if root is None else f"has no {' or '.join(names)}"
    command = "python -m galmorph_helpers.archive fetch {0} --out galaxies/{0}"
    how = [command.format(name) for name in names if name in FETCHED][:1]
    how = f"Fetch it once with `{how[0]}` and set GALMORPH_DATA to the folder galaxies" if how else "See data/README.md"
    print(f"No observed set for this: GALMORPH_DATA {where}. {how}; the lesson goes on without.")
    return None


def observed_mass_sfr():
    """Observed masses, star-formation rates and votes: SDSS groups, or what was fetched with Galaxy Zoo 2.

    Without either, the groups in cells of 0.1 dex, as stored (`people.stored_mass_sfr`).

    Returns
    -------
    astropy.table.QTable
        `log_mass`, `log_sfr`, `p_spiral` (share of votes for a spiral; from Galaxy Zoo 2: for features or a disc).
        `meta["origin"]`: whose galaxies these are, in words.
    """
    path = find_set("sdss_mass_sfr_groups", "gz2_sdss", "gz2")
    if path is None or path.name.startswith("sdss"):
        found = read_mass_sfr(path) if path else stored_mass_sfr()
        found.meta["origin"] = "galaxies in groups" + ("" if path else ", counted in cells of 0.1 dex")
        return found
    table = QTable.read(path / "catalogue.ecsv")
    new = QTable({name: plain_array(table[name]) for name in ("log_mass", "log_sfr")})
    new["p_spiral"] = plain_array(table["featured"])
    new = new[np.isfinite(new["log_mass"]) & np.isfinite(new["log_sfr"])]
    new.meta["origin"] = "galaxies of Galaxy Zoo 2"
    return new


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
    return Table({new: plain_array(found[old]) for old, new in names.items()})


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


def _na10(table):
    t_type = plain_array(table["t_type"])
    known = np.isfinite(t_type)
    return {
        "disc": np.where(known, t_type > 0, np.nan),
        "bar": np.where(np.isfinite(plain_array(table["bar"])), plain_array(table["bar"]) > 0, np.nan),
        "T-Type": t_type,
        "called": np.array([f"T {t:.0f}" if np.isfinite(t) else "unsure" for t in t_type]),
    }


#: Output of the source network that answers the question of a task (0 disc, 1 edge-on); None: it was never asked.
TASKS = {"DECam": None, "JWST": 1}


def observed_target(task):
    """Galaxies of another camera with one question each.

    Parameters
    ----------
    task : {"DECam", "JWST"}
        "DECam": colour pictures of the camera of DES, question "ring". "JWST": NIRCam F200W, grey, which fills three
        channels alike; question "edge-on", where over 70 % or under 30 % of at least five volunteers said yes.

    Returns
    -------
    (GalaxySample, array (N, 1), str)
        The answers are 0 or 1; the name of the question. (None, None, "") without that set: a line says so.
    """
    if task not in TASKS:
        raise ValueError(f"task must be one of {tuple(TASKS)}, got {task!r}.")
    path = find_set({"DECam": "decals_rings_470", "JWST": "ceers_jwst_f200w_4055"}[task])
    if path is None:
        return None, None, ""
    if task == "DECam":
        sample = read_folder(path, size=64, crop=212)
        return sample, np.asarray(sample.table["ring"], float)[:, None], "ring"
    sample = read_folder(path, size=64, crop=300)
    question = "t2_could_this_be_a_disk_viewed_edgeon__"
    yes, no = (np.asarray(sample.table[question + a], float) for a in ("yes_edge_on_disk", "no_something_else"))
    target = np.where(yes + no >= 5, certain(yes / np.maximum(yes + no, 1)), np.nan)
    rows = np.flatnonzero(np.isfinite(target))
    chosen = sample[rows]
    images = chosen.images.expand(-1, 3, -1, -1).contiguous()
    return replace(chosen, images=images), target[rows, None], "edge-on"


def observed_pair():
    """The same galaxies as SDSS and as DES saw them, with what volunteers of Galaxy Zoo 2 said of the SDSS pictures.

    Returns
    -------
    (GalaxySample, GalaxySample, array (N, 2))
        SDSS, DES, and the answers on disc and edge-on: 0, 1, or NaN where people disagreed. Three times None where a
        set is missing: a line says how to fetch it.
    """
    paths = [find_set(name) for name in ("gz2_s82_sdss", "gz2_s82_des")]
    if None in paths:
        return None, None, None
    sdss, des = (read_folder(path, size=64, crop=212) for path in paths)
    _, first, second = np.intersect1d(sdss.table["id"], des.table["id"], return_indices=True)
    found = gz2_answers(sdss.table[first])
    return sdss[first], des[second], np.stack([found["disc"], found["edge-on"]], 1)
