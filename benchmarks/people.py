"""What people said of observed galaxies, counted: votes down Galaxy Zoo's tree, types in two catalogues, votes by mass.

Writes data/galaxy_zoo_tree.csv, data/two_typings.csv and data/mass_sfr.csv, which lesson 01 reads, and their cards.

GALMORPH_DATA=/path/to/my_galaxies python benchmarks/people.py
"""

from datetime import date
from pathlib import Path

import numpy as np
import pandas

import galmorph_helpers as gm

DATA = Path(__file__).parents[1] / "data"
TREE_CARD = """# galaxy_zoo_tree.csv

Votes of volunteers for each answer of the decision tree of Galaxy Zoo 2, all galaxies added up, raw counts, neither
weighted nor corrected. Columns: question (1 to 11), answer, votes; where an answer leads stands in
`gm.datasets.GALAXY_ZOO_TREE`.

Source: table 5 of Willett+2013, MNRAS 435, 2835: {galaxies:,} galaxies on the co-added images of Stripe 82, which are
deeper than those of the main survey; {looks:,} looks at a galaxy in all, each of which answers the first question.

Made {today} from the set gz2_stripe82_catalogue by `python benchmarks/people.py`.
"""
TYPES_CARD = """# two_typings.csv

How many observed galaxies have which type in OpenNGC (M. Verga; its types are mostly HyperLEDA's) and in EFIGI
(Baillard+2011, A&A 532, A74), both given by eye, for the {galaxies:,} galaxies in both. Columns: open_ngc, efigi
(T-Types on the scale of Domínguez Sánchez+2018, rounded to classes), galaxies. Whether those who typed one catalogue
knew the other is not recorded.

Made {today} from the set efigi_catalogue and pyongc by `python benchmarks/people.py`.
"""
MASS_CARD = """# mass_sfr.csv

How many observed galaxies have which stellar mass and star-formation rate: {galaxies:,} SDSS galaxies in groups, in
cells of 0.1 dex, of which {voted:,} have votes of Galaxy Zoo 1. Columns: log_mass (log10 of solar masses, middle of the
cell), log_sfr (of solar masses a year), galaxies, voted (how many of them have votes), p_spiral (their mean share of
votes for a spiral). What was left out, and why, says `gm.datasets.read_mass_sfr`.

Source: SDSS and Galaxy Zoo 1 (Lintott+2011, MNRAS 410, 166), as joined in the set sdss_mass_sfr_groups.

Made {today} by `python benchmarks/people.py`.
"""


def main():
    votes = gm.datasets.count_votes(gm.find_set("gz2_stripe82_catalogue"))
    pairs = gm.datasets.pair_types(gm.find_set("efigi_catalogue"))
    masses = gm.datasets.count_masses(gm.find_set("sdss_mass_sfr_groups"))
    table = gm.find_set("gz2_stripe82_catalogue") / "table5.csv.gz"
    galaxies = len(pandas.read_csv(table, usecols=["objid"]))
    looks = int(np.sum(votes["votes"][votes["question"] == 1]))
    today = date.today().isoformat()
    cards = {
        "galaxy_zoo_tree": (votes, TREE_CARD.format(galaxies=galaxies, looks=looks, today=today)),
        "two_typings": (pairs, TYPES_CARD.format(galaxies=int(pairs["galaxies"].sum()), today=today)),
        "mass_sfr": (
            masses,
            MASS_CARD.format(galaxies=int(masses["galaxies"].sum()), voted=int(masses["voted"].sum()), today=today),
        ),
    }
    for name, (table, card) in cards.items():
        table.write(DATA / f"{name}.csv", format="ascii.csv", overwrite=True)
        (DATA / f"{name}.md").write_text(card, encoding="utf-8")
        print(DATA.name, name, len(table), "rows")


if __name__ == "__main__":
    main()
