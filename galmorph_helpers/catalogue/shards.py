"""Stamps of a survey in shards: Parquet files small enough to hold in memory, each complete in itself."""

import json
import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from ..files import whole_file
from ..samples import PIXELS

COLOUR_BANDS = ("i", "r", "g")  #: what red, green and blue of a colour image show
KEY = b"galmorph"  # of the file's own words about its stamps


class ShardError(ValueError):
    """A shard that cannot be used, and why: the sentence begins with the shard's name, `reason` is the rest of it."""

    def __init__(self, reason, path=""):
        super().__init__(f"{Path(path).name} {reason}".lstrip())
        self.reason = reason


def write_shard(path, ids, images, *, bands=COLOUR_BANDS, origin="mock", rows=256, pixels=None, table=None):
    """Write stamps and their numbers to one Parquet file; it appears under its name only when it is complete.

    Parameters
    ----------
    path : str or Path
    ids : array (N,)
        Number of each galaxy in its survey: integers below 2**63, each once. Floats are refused: they have lost digits.
    images : torch.Tensor (N, C, H, H)
        As `pixels` says; uint8 is taken for colour pictures as they are stored.
    bands : tuple of str
        Of the C channels, in their order.
    origin : str
        As of a `GalaxySample`.
    rows : int
        Galaxies a row group: what a reader holds in memory at once.
    pixels : {"colour", "flux", "surface brightness"}, optional
        As of a `GalaxySample`. What is said to be colour pictures, in 0 to 1, is stored as bytes (in steps of 1/255, as
        JPEGs are), all else as float32: faint flux lies in 0 to 1, too.
    table : QTable of N rows, optional
        More about each galaxy, such as `ra` and `dec`; its `meta` goes into the shard, too.

    Returns
    -------
    Path
    """
    path, images = Path(path), torch.as_tensor(images)
    n, channels, size, width = images.shape
    if len(ids) != n or channels != len(bands) or size != width:
        raise ValueError(
            f"square images (N, {len(bands)}, H, H) and N ids are needed for bands {tuple(bands)}, "
            f"got {tuple(images.shape)} and {len(ids)} ids."
        )
    ids = _whole_numbers(ids)
    if pixels is not None and pixels not in PIXELS:
        raise ValueError(f"pixels must be one of {tuple(PIXELS)}, got {pixels!r}.")
    whole = images.dtype == torch.uint8
    colour = pixels == "colour" or (whole and pixels is None)
    if colour and n and not whole and not (images.min() >= 0 and images.max() <= 1):
        raise ValueError(
            f"colour pictures must be in 0 to 1, got {float(images.min()):g} to {float(images.max()):g}: say what they "
            "are, such as pixels='flux'."
        )
    values = images if whole and colour else (images * 255).round().to(torch.uint8) if colour else images.float()
    stored = "uint8" if colour else "float32"
    words = {"bands": list(bands), "size": size, "stored": stored, "origin": origin}
    words |= {} if table is None else {"about": dict(table.meta)}
    kind = pa.binary(channels * size * size * (1 if colour else 4))
    buffer = pa.py_buffer(np.ascontiguousarray(values.numpy()).tobytes())
    columns = {"id": pa.array(ids), "image": pa.FixedSizeBinaryArray.from_buffers(kind, n, [None, buffer])}
    for name in () if table is None else table.colnames:
        columns[name] = pa.array(np.asarray(getattr(table[name], "value", table[name])))
    stored_table = pa.table(columns).replace_schema_metadata({KEY: json.dumps(words)})
    # Noise does not compress; a checksum a page finds the bit that fell over.
    options = {"compression": "none", "use_dictionary": False, "write_page_checksum": True}
    with whole_file(path) as part:
        pq.write_table(stored_table, part, row_group_size=rows, **options)
    return path


def _whole_numbers(ids):
    """The numbers of galaxies as int64, or an error: what has been a float is another galaxy's number."""
    given = np.ma.asarray(ids)
    if len(given) == 0:
        return np.zeros(0, np.int64)
    if np.ma.is_masked(given):
        raise ValueError(f"{np.ma.count_masked(given)} of {len(given)} ids are missing: leave those galaxies out.")
    given = np.asarray(given)
    if given.dtype.kind not in "iu" or given.max() >= 2**63:
        raise ValueError(
            f"ids must be integers below 2**63, got {given.dtype} such as {given[0]}: read them as integers "
            "(a float keeps 15 digits, an SDSS objid has 19)."
        )
    return given.astype(np.int64)


def shard_words(path):
    """What a shard says of its stamps: `bands`, `size`, `stored`, `origin`, and `about` (the `meta` of its table).

    Returns
    -------
    dict or None
        None where there is no shard of `write_shard`.
    """
    try:
        words = json.loads((pq.read_schema(path).metadata or {})[KEY])
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return None
    return words if isinstance(words, dict) and "stored" in words else None


def read_shard(path, *, bands=None, size=None):
    """The galaxies of a shard, a row group at a time: pairs of ids (n,) and float32 images (n, C, H, H).

    Parameters
    ----------
    path : str or Path
    bands : sequence of str, optional
        What the reader expects; as `size`, pixels.

    Yields
    ------
    (numpy.ndarray of int (n,), torch.Tensor (n, C, H, H))

    Raises
    ------
    ShardError
        If it is no Parquet file or was changed since it was written, is empty, of another size, band order or type, or
        lacks a number or an image anywhere.
    """

    def unusable(reason):
        return ShardError(reason, path)

    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
        words = json.loads((file.schema_arrow.metadata or {}).get(KEY, b"null"))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise unusable(f"cannot be read ({_first_line(error)})") from error
    with file:
        reason = _misfit(file, words)
        if reason:
            raise unusable(reason)
        for name, found, wanted in (("bands", words["bands"], bands), ("size", words["size"], size)):
            if wanted is not None and found != (list(wanted) if name == "bands" else wanted):
                raise unusable(f"has {name} {found}, the classifier was trained on {wanted}")
        shape = (len(words["bands"]), words["size"], words["size"])
        for group in range(file.num_row_groups):
            try:
                rows = file.read_row_group(group, columns=["id", "image"], use_threads=False).combine_chunks()
            except (pa.ArrowException, OSError) as error:
                raise unusable(f"is damaged in row group {group} ({_first_line(error)})") from error
            if not len(rows):
                continue
            for name in ("id", "image"):  # in place of a null stand any bytes, such as those of its neighbour
                if rows[name].null_count:
                    raise unusable(f"has {rows[name].null_count} galaxies without {name} in row group {group}")
            column = rows["image"].chunk(0)
            flat = np.frombuffer(column.buffers()[1], words["stored"], len(rows) * math.prod(shape)).reshape(-1, *shape)
            # A writable copy, since torch asks for one; bytes become what they stand for.
            images = torch.from_numpy(flat.astype(np.float32))
            if words["stored"] == "uint8":
                images.mul_(1 / 255)
            elif not torch.isfinite(images.sum()):
                raise unusable(f"has pixels that are not finite in row group {group}")
            yield rows["id"].to_numpy(), images


def _misfit(file, words):
    """Why the columns of a file are not those of a shard, or are not what its own words say; "" if all fits."""
    try:
        values = len(words["bands"]) * words["size"] ** 2
        wanted = {"id": pa.int64(), "image": pa.binary(values * {"uint8": 1, "float32": 4}[words["stored"]])}
    except (KeyError, TypeError, ValueError, pa.ArrowException):
        return "does not say which stamps it holds: write it with write_shard"
    found, what = file.schema_arrow, f"in its {file.num_row_groups} row groups"
    lacking = [name for name in wanted if found.names.count(name) != 1]
    if lacking:
        return f"has columns {found.names} {what}: {' and '.join(lacking)} must be there, once"
    for name, kind in wanted.items():
        if found.field(name).type != kind:
            return f"has {name} of type {found.field(name).type} {what}, {kind} is needed: write it with write_shard"
    return "" if file.metadata.num_rows else "is empty"


def find_shards(folder):
    """Paths of the shards in a folder, in the order of their names."""
    found = sorted(Path(folder).glob("[!._]*.parquet"))
    if not found:
        raise FileNotFoundError(f"no shards (*.parquet) in {str(folder)!r}; write_shard or simulate makes them.")
    return found


def repeated(paths, *, at_once=4_000_000):
    """Shards with a galaxy that an earlier shard has, or the same shard earlier: {path: reason}.

    Galaxies are looked at in parts by the remainder of their number, so that memory stays bounded for any survey.
    Shards that cannot be read are left to whoever reads them next.

    Parameters
    ----------
    paths : list of Path
    at_once : int
        Numbers held in memory.
    """
    total = 0
    readable = []
    for path in paths:
        try:
            total += pq.read_metadata(path).num_rows
            readable.append(path)
        except (pa.ArrowException, OSError):
            continue
    parts, found = -(-total // at_once), {}
    for part in range(parts):
        ids, owner = [], []
        for number, path in enumerate(readable):
            if path in found:
                continue
            try:
                own = pq.read_table(path, columns=["id"], use_threads=False)["id"]
            except (pa.ArrowException, OSError, KeyError):
                continue
            if own.type != pa.int64() or own.null_count:
                continue
            own = own.to_numpy()
            own = own[own % parts == part]
            ids.append(own)
            owner.append(np.full(len(own), number, np.int32))
        if not ids:
            continue
        ids, owner = np.concatenate(ids), np.concatenate(owner)
        order = np.argsort(ids, kind="stable")
        ids, owner = ids[order], owner[order]
        for i in np.flatnonzero(ids[1:] == ids[:-1]):
            first, again = readable[owner[i]], readable[owner[i + 1]]
            where = "twice" if first == again else f"that is in {first.name} already"
            found.setdefault(again, f"has galaxy {ids[i]} {where}")
    return found


def _first_line(error):
    return (str(error).splitlines() or [type(error).__name__])[0][:120]
