"""What people said of observed galaxies: votes down the tree of Galaxy Zoo 2, types of two catalogues, votes by mass.

All are counted once, by `python benchmarks/people.py`, and stored as small tables, so that every install has them.
"""

import re
from pathlib import Path

import numpy as np
from astropy.table import QTable, Table

from ..files import shipped
from ..hubble import nearest_class
from .tables import open_ngc, read_efigi, read_mass_sfr

STEP = 0.1  # dex: side of the cells in which galaxies are counted by mass and star formation
#: The decision tree of Galaxy Zoo 2 (Willett+2013, MNRAS 435, 2835, table 2): by number of the question, its name here
#: and where each answer leads (0: the end). Answers are spelt as in the table's columns.
GALAXY_ZOO_TREE = {
    1: ("smooth or features?", {"smooth": 7, "features_or_disk": 2, "star_or_artifact": 0}),
    2: ("edge-on disc?", {"yes": 9, "no": 3}),
    3: ("bar?", {"bar": 4, "no_bar": 4}),
    4: ("spiral arms?", {"spiral": 10, "no_spiral": 5}),
    5: ("how large a bulge?", {"no_bulge": 6, "just_noticeable": 6, "obvious": 6, "dominant": 6}),
    6: ("anything odd?", {"yes": 8, "no": 0}),
    7: ("how round?", {"completely_round": 6, "in_between": 6, "cigar_shaped": 6}),
    8: ("what is odd?", {"ring": 0, "lens_or_arc": 0, "disturbed": 0, "irregular": 0, "other": 0, "merger": 0,
                         "dust_lane": 0}),
    9: ("bulge of which shape?", {"rounded": 6, "boxy": 6, "no_bulge": 6}),
    10: ("arms how tight?", {"tight": 11, "medium": 11, "loose": 11}),
    11: ("how many arms?", {"1": 5, "2": 5, "3": 5, "4": 5, "more_than_4": 5, "cant_tell": 5}),
}  # fmt: skip


def count_votes(folder):
    """Votes for each answer of the decision tree, all galaxies of a Galaxy Zoo 2 table added up.

    Parameters
    ----------
    folder : str or Path
        Holds `table5.csv.gz` (Willett+2013, the co-added images of Stripe 82), with columns such as
        `t03_bar_a06_bar_count`.

    Returns
    -------
    astropy.table.Table
        `question` (1 to 11), `answer`, `votes`, in the order of `GALAXY_ZOO_TREE`.

    Raises
    ------
    FileNotFoundError
        If the folder has no such table.
    KeyError
        If the table lacks an answer.
    """
    import pandas

    file = Path(folder) / "table5.csv.gz"
    if not file.exists():
        raise FileNotFoundError(f"no {file.name} in {Path(folder).name}: data/README.md says where the set comes from.")
    columns = pandas.read_csv(file, nrows=0).columns
    found = filter(None, (re.fullmatch(r"t(\d\d)_.*_a\d\d_(\w+)_count", column) for column in columns))
    names = {(int(column[1]), column[2]): column[0] for column in found}
    wanted = [(number, answer) for number, (_, answers) in GALAXY_ZOO_TREE.items() for answer in answers]
    missing = [f"t{number:02d} {answer}" for number, answer in wanted if (number, answer) not in names]
    if missing:
        raise KeyError(f"{file.name} has no count of {', '.join(missing)}: is it a table of Galaxy Zoo 2?")
    total = pandas.read_csv(file, usecols=[names[key] for key in wanted]).sum()
    rows = [(number, answer, int(total[names[number, answer]])) for number, answer in wanted]
    return Table(rows=rows, names=("question", "answer", "votes"))


def pair_types(folder):
    """Types of the galaxies that are in OpenNGC and in EFIGI, both given by eye, on the DS18 scale.

    Parameters
    ----------
    folder : str or Path
        Of EFIGI, as `read_efigi` takes it.

    Returns
    -------
    astropy.table.Table
        `open_ngc`, `efigi` (T-Types of whole classes), `galaxies`: how many have this pair.
    """
    efigi, ngc = read_efigi(folder), open_ngc()
    known = {int(name[3:]): t for name, t in zip(efigi["name"].astype(str), efigi["t_type"], strict=True)}
    other = np.array([known.get(int(number), np.nan) for number in ngc["pgc"]])
    both = np.isfinite(other)
    pairs = np.stack([ngc["t_type"][both], nearest_class(other[both])], 1).astype(int)
    kinds, galaxies = np.unique(pairs, axis=0, return_counts=True)
    return Table([*kinds.T, galaxies], names=("open_ngc", "efigi", "galaxies"))


def count_masses(folder):
    """How many observed galaxies have which mass and star-formation rate, in cells of 0.1 dex, and their votes.

    Parameters
    ----------
    folder : str or Path
        Of SDSS groups, as `read_mass_sfr` takes it.

    Returns
    -------
    astropy.table.Table
        `log_mass`, `log_sfr` (middle of the cell), `galaxies`, `voted` (of these, how many have votes), `p_spiral`
        (their mean share of votes for a spiral; masked where nobody voted).
    """
    known = read_mass_sfr(folder)
    spiral = np.asarray(known["p_spiral"], float)
    place = np.stack([np.floor(np.asarray(known[name], float) / STEP) for name in ("log_mass", "log_sfr")], 1)
    cells, cell, galaxies = np.unique(place, axis=0, return_inverse=True, return_counts=True)
    cell, has = cell.ravel(), np.isfinite(spiral)
    voted = np.bincount(cell[has], minlength=len(cells))
    total = np.bincount(cell[has], spiral[has], minlength=len(cells))
    share = np.ma.masked_where(voted == 0, np.round(total / np.maximum(voted, 1), 4))
    middle = np.round((cells + 0.5) * STEP, 2)
    names = ("log_mass", "log_sfr", "galaxies", "voted", "p_spiral")
    return Table([*middle.T, galaxies, voted, share], names=names)


def stored_mass_sfr():
    """Masses, star-formation rates and votes of observed galaxies, as stored (data/mass_sfr.md): see `count_masses`.

    Returns
    -------
    astropy.table.QTable
        One row a galaxy, in the middle of its cell: `log_mass`, `log_sfr`, `p_spiral` (the mean of the cell's galaxies
        with votes; NaN for those without).
    """
    stored = Table.read(shipped("mass_sfr.csv"), format="ascii.csv")
    galaxies = np.asarray(stored["galaxies"])
    rows = np.repeat(np.arange(len(stored)), galaxies)
    nth = np.arange(len(rows)) - np.repeat(np.cumsum(galaxies) - galaxies, galaxies)  # of its cell
    found = QTable({name: np.asarray(stored[name], float)[rows] for name in ("log_mass", "log_sfr")})
    share = np.ma.filled(np.ma.asarray(stored["p_spiral"]).astype(float), np.nan)[rows]
    found["p_spiral"] = np.where(nth < np.asarray(stored["voted"])[rows], share, np.nan)
    return found


def galaxy_zoo_votes():
    """Votes for each answer of Galaxy Zoo 2's decision tree, as stored (data/galaxy_zoo_tree.md): see `count_votes`."""
    return Table.read(shipped("galaxy_zoo_tree.csv"), format="ascii.csv")


def two_typings():
    """T-Types that two catalogues give the same observed galaxies, as stored (data/two_typings.md): see `pair_types`.

    Returns
    -------
    astropy.table.QTable
        One row a galaxy: `open_ngc`, `efigi`.
    """
    stored = Table.read(shipped("two_typings.csv"), format="ascii.csv")
    return QTable({name: np.repeat(stored[name], stored["galaxies"]) for name in ("open_ngc", "efigi")})
