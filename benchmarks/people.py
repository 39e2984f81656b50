"""What people said of observed galaxies, counted: votes down Galaxy Zoo's tree, types in two catalogues.

Writes data/galaxy_zoo_tree.csv and data/two_typings.csv, which lesson 01 reads, and their cards.

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


def main():
    votes = gm.datasets.count_votes(gm.find_set("gz2_stripe82_catalogue"))
    pairs = gm.datasets.pair_types(gm.find_set("efigi_catalogue"))
    table = gm.find_set("gz2_stripe82_catalogue") / "table5.csv.gz"
    galaxies = len(pandas.read_csv(table, usecols=["objid"]))
    looks = int(np.sum(votes["votes"][votes["question"] == 1]))
    today = date.today().isoformat()
    cards = {
        "galaxy_zoo_tree": (votes, TREE_CARD.format(galaxies=galaxies, looks=looks, today=today)),
        "two_typings": (pairs, TYPES_CARD.format(galaxies=int(pairs["galaxies"].sum()), today=today)),
    }
    for name, (table, card) in cards.items():
        table.write(DATA / f"{name}.csv", format="ascii.csv", overwrite=True)
        (DATA / f"{name}.md").write_text(card, encoding="utf-8")
        print(DATA.name, name, len(table), "rows")


if __name__ == "__main__":
    main()
