"""Parts of a catalogue, one file a shard: what their columns are, what each was made from, and reading all of them."""

import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from astropy.table import QTable

from .columns import COLUMNS

#: Columns of a part, and how each is stored; `columns.COLUMNS` says what they are.
STORED = {
    "ID": pa.int64(),
    "P_LTG": pa.float32(),
    "P_LTG_std": pa.float32(),
    "FLAG_LTG": pa.int8(),
    "OOD": pa.float32(),
}


def _field(name, kind):
    unit, description, *_ = COLUMNS[name]
    said = {"unit": "" if unit is None else str(unit), "description": description}
    return pa.field(name, kind, nullable=False, metadata=said)


SCHEMA = pa.schema([_field(name, kind) for name, kind in STORED.items()])
KEY = b"galmorph"  # of what a part says of its making
FOREIGN = (
    "the file of that name in the catalogue's folder is no part of a catalogue: it stays; move it away, then repeat"
)


def making(shard, classifier):
    """What a part is made from: shard and classifier, each with its size and time of change, as make would ask."""
    stats = [os.stat(path) for path in (shard, classifier)]
    return [[Path(p).name, s.st_size, s.st_mtime_ns] for p, s in zip((shard, classifier), stats, strict=True)]


def made_from(part):
    """What a part says that it was made from (as `making`); None if there is no part of ours at that place."""
    try:
        schema = pq.read_schema(part)
        made = json.loads(schema.metadata[KEY])
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError):
        return None
    ours = isinstance(made, list) and len(made) == 2 and schema.names == SCHEMA.names  # a shard's words are a dict
    return made if ours else None


def is_foreign(place):
    """Is something there that is no part of ours, and not empty?"""
    return place.exists() and place.stat().st_size > 0 and made_from(place) is None


def aside(place):
    """Where a part that is not current is kept until it can be replaced: no reader takes that for a part."""
    return place.with_name(f".{place.name}.stale")


def is_current(shard, classifier, folder):
    """Is the part of this shard there, complete, and made from this shard by this classifier?

    Parameters
    ----------
    shard, classifier, folder : str or Path

    Returns
    -------
    bool
    """
    try:
        return made_from(Path(folder) / shard.name) == making(shard, classifier)
    except OSError:
        return False


def read_parts(folder):
    """The whole catalogue as a QTable with descriptions; for one too large for that, use Dask or pyarrow.

    Raises
    ------
    ValueError
        If it holds parts by more than one classifier, as while a run with a new one is not at its end, or other files.
    """
    paths = sorted(Path(folder).glob("[!._]*.parquet")) if Path(folder).is_dir() else [Path(folder)]
    made = {path.name: made_from(path) for path in paths}
    makers = {tuple(origin[1]) for origin in made.values() if origin}
    if len(makers) != 1 or None in made.values():
        foreign = [name for name, origin in made.items() if origin is None]
        raise ValueError(
            f"{str(folder)!r} holds parts by {len(makers)} classifiers and {len(foreign)} files that are no parts "
            f"({', '.join(foreign[:3]) or 'none'}), not one catalogue: move other files away and repeat `classify`."
        )
    table = pq.read_table(paths, schema=SCHEMA)
    out = QTable({name: table[name].to_numpy() for name in table.column_names})
    for name in out.colnames:
        out[name].info.description = COLUMNS[name].description
    return out
