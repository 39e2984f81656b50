"""How benchmarks fill data/: a table, in which a run replaces its own rows, and a card that says how it was made."""

import os
import platform
from datetime import date

import numpy as np
import torch
from astropy.table import Table, vstack

from galmorph_helpers.files import whole_file


def store(file, rows, card, *, keys=("seed",), **facts):
    """Put rows into a stored table, in place of those with the same keys, and write the card beside it.

    Parameters
    ----------
    file : pathlib.Path
        Of the table, .csv. Numbers are rounded to four digits.
    rows : list of dict
        Names and values of a row.
    card : str
        Text with fields in braces: those of `facts`, and seeds, today, machine, cores, torch.
    keys : sequence of str
        Columns that tell a row from others.
    **facts
        Values of the card's fields; a function is called with the whole table.
    """
    table = _joined(file, Table(rows=rows), list(keys))
    with whole_file(file) as part:
        table.write(part, format="ascii.csv", overwrite=True)
    facts = {name: fact(table) if callable(fact) else fact for name, fact in facts.items()}
    facts |= {"today": date.today(), "machine": platform.machine(), "cores": os.cpu_count(), "torch": torch.__version__}
    if "seed" in table.colnames:
        facts["seeds"] = " ".join(map(str, np.unique(table["seed"])))
    file.with_suffix(".md").write_text(card.format(**facts), encoding="utf-8")
    print(f"wrote {file}", flush=True)


def _joined(file, table, keys):
    """New rows, and those of the file that they do not replace, in the order of the seeds or else of the keys."""
    for column in table.itercols():
        if column.dtype.kind == "f":
            table[column.name] = column.round(4)
    if file.exists():
        stored = Table.read(file, format="ascii.csv")
        new = {tuple(row) for row in table[keys].iterrows()}
        kept = [tuple(row) not in new for row in stored[keys].iterrows()]
        table = vstack([stored[kept], table], join_type="exact")
    return table[np.argsort(table[["seed"] if "seed" in keys else keys], kind="stable")]
