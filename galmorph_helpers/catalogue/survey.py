"""A catalogue of any size: shards of stamps, classified by k networks on a Dask cluster, one file a shard.

    python -m galmorph_helpers.catalogue simulate sky --galaxies 10000
    python -m galmorph_helpers.catalogue cut tile_1.fits tile_2.fits sky --survey SDSS
    python -m galmorph_helpers.catalogue classify sky ltg.safetensors catalogue --workers 2

Each is resumed by repeating it. The last two end non-zero if a tile or shard could not be used, and name it. What
cannot be right (no usable classifier, a catalogue among its shards, two surveys in a folder) changes nothing and says
why.
"""

import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..files import sweep, whole_file
from ..learning.domain import out_of_domain
from ..metrics.flags import robust_flag
from .classifier import ClassifierError, load_classifier, logits_and_features
from .export import check_format, write_whole
from .parts import FOREIGN, KEY, SCHEMA, aside, is_current, is_foreign, made_from, making
from .pictures import holds_images, shards_of_images
from .shards import ShardError, find_shards, read_shard, repeated
from .workers import CannotStart, each

# ---------------------------------------------------------------- one shard


def classify_shard(shard, classifier, folder):
    """Classify one shard and write its part of the catalogue; the part appears under its name only when complete.

    Repeating it replaces the part: a galaxy is in the catalogue once, however often a worker is lost and replaced. No
    other file is replaced.

    Parameters
    ----------
    shard, classifier : str
        Files, as seen by this worker.
    folder : str
        Where the parts go.

    Returns
    -------
    dict
        `shard` (its name), `galaxies`, `seconds`, `memory_mb`; or `shard` and `error`, a reason in words.
    """
    begin, shard = time.perf_counter(), Path(shard)
    place = Path(folder) / shard.name
    if is_foreign(place):
        return {"shard": shard.name, "error": FOREIGN}
    try:
        facts, bodies, domain = load_classifier(classifier)
        made, columns = making(shard, classifier), []
        for ids, images in read_shard(shard, bands=facts["bands"], size=facts["size"]):
            logits, features = logits_and_features(bodies, images)
            p = 1 / (1 + np.exp(-logits))
            columns.append((ids, p.mean(0), p.std(0), robust_flag(p).astype(np.int8), out_of_domain(domain, features)))
    except ShardError as error:
        return {"shard": shard.name, "error": error.reason}
    except ClassifierError as error:
        return {"shard": shard.name, "error": str(error)}
    columns = [np.concatenate(c) for c in zip(*columns, strict=True)]
    table = pa.table([pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)
    with whole_file(place) as part:
        pq.write_table(table.replace_schema_metadata({KEY: json.dumps(made)}), part, write_page_checksum=True)
    aside(place).unlink(missing_ok=True)
    seconds = time.perf_counter() - begin
    return {"shard": shard.name, "galaxies": len(table), "seconds": seconds, "memory_mb": _memory_mb()}


def _memory_mb():
    """Resident memory of this process now. (Its peak is no use: a child starts with that of its parent.)"""
    import psutil  # comes with Dask's workers

    return psutil.Process().memory_info().rss / 2**20


# ---------------------------------------------------------------- all shards


@dataclass
class Run:
    """What a run did: shards classified now, found done, failed with a reason; galaxies classified now, seconds.

    `stale` are shards that failed and have a part of an earlier run, which is not current.
    """

    done: list = field(default_factory=list)
    found: list = field(default_factory=list)
    failed: dict = field(default_factory=dict)
    stale: list = field(default_factory=list)
    galaxies: int = 0
    seconds: float = 0.0
    whole: str = ""  # the catalogue in one file or folder, where another format than Parquet was asked for
    memory_mb: float = 0.0  # of the largest worker, resident, as it ended a shard

    def __str__(self):
        lines = [
            f"{self.galaxies:,} galaxies of {len(self.done)} shards in {self.seconds:.1f} s; {len(self.found)} shards "
            f"were done before, {len(self.failed)} failed"
        ]
        lines += [f"  all in {self.whole}"] if self.whole else []
        return "\n".join(lines + [f"  {name}: {reason}" for name, reason in sorted(self.failed.items())])


def classify(shards, classifier, folder, *, client=None, format="parquet"):
    """Classify all shards of a folder that are not classified yet; or all images of a folder of JPEG, PNG or FITS.

    Each part of the catalogue is written once its shard is done, so a run that is killed is resumed by repeating it. A
    shard that cannot be used is left out whole, with its reason; the others go on. What an earlier run made of it stays
    on the disk, but not among parts that are current: it is moved aside, to `.NAME.stale`, until it can be replaced.

    Parameters
    ----------
    shards : str or Path
        Folder of shards, as from `write_shard`, `simulate`, `cut`; or of images, as `read_folder` reads it: shards of
        them are made in the cache folder first, and a galaxy's number is its row.
    classifier : str or Path
        From `save_classifier`.
    folder : str or Path
        Of the catalogue; made if need be.
    client : dask.distributed.Client, optional
        As from `dask_client`; without one the work is done in this process.
    format : {"parquet", "fits", "hats"}
        "parquet": the parts alone. Else the whole catalogue is written, too, with places on the sky where shards have
        them: ``catalogue.fits``, or ``catalogue_hats`` (by lsdb, the extra `hats`).

    Returns
    -------
    Run

    Raises
    ------
    CannotStart
        If nothing could come of it: no usable classifier, or shards in, or below, the folder of the catalogue; a format
        that cannot be written, images that cannot be used.
    """
    begin, run, folder, left_out = time.perf_counter(), Run(), Path(folder), {}
    images = holds_images(shards)
    if not images:
        find_shards(shards)
    _check_start(Path(shards), classifier, folder)
    if images:
        facts = load_classifier(classifier)[0]
        shards, left_out = shards_of_images(shards, size=facts["size"], bands=tuple(facts["bands"]))
    check_format(folder, shards, format)
    paths = find_shards(shards)
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    with whole_file(folder / "_common_metadata") as part:
        pq.write_metadata(SCHEMA, part)
    twice = {path.name: reason for path, reason in repeated(paths).items()}
    run.failed = dict(twice)
    names = {path.name for path in paths}
    for part in folder.glob("[!._]*.parquet"):
        if is_foreign(part):
            run.failed[part.name] = FOREIGN
        elif part.name not in names:
            run.failed[part.name] = "is in the catalogue, but its shard is gone: bring it back, or remove the part"
    usable = {path.name: path for path in paths if path.name not in run.failed}
    run.found = [name for name, path in usable.items() if is_current(path, classifier, folder)]
    left = sorted(usable.keys() - set(run.found))
    tasks = {name: (str(usable[name]), str(classifier), str(folder)) for name in left}
    for name, result in each(classify_shard, tasks, client=client, what="shards classified"):
        if isinstance(result, BaseException):
            result = {"error": f"{type(result).__name__}: {result}"}
        if "error" in result:
            run.failed[name] = result["error"]
        else:
            run.done.append(name)
            run.galaxies += result["galaxies"]
            run.memory_mb = max(run.memory_mb, result["memory_mb"])
    failed = (path for path in paths if path.name in run.failed)
    _set_aside(run, [p for p in failed if p.name in twice or not is_current(p, classifier, folder)], folder)
    run.failed |= {f"{name}, images": reason for name, reason in left_out.items()}
    if format != "parquet" and (run.done or run.found):
        try:
            run.whole = str(write_whole(folder, shards, format))
        except ValueError as error:
            run.failed[format] = str(error)
    run.seconds = time.perf_counter() - begin
    return run


def _check_start(shards, classifier, folder):
    """Raise CannotStart if a run would write among the shards, or has no usable classifier."""
    if folder.exists():  # compared by what they are: the same folder has many names
        for place in (shards.resolve(), *shards.resolve().parents):
            if os.path.samefile(place, folder):
                raise CannotStart(
                    f"the shards {str(shards)!r} lie in the folder of the catalogue, {str(folder)!r}, where only its "
                    "parts can be: choose another folder for the catalogue. Nothing was changed."
                )
    try:
        load_classifier(classifier)
    except ClassifierError as error:
        raise CannotStart(f"{str(classifier)!r} cannot be used: {error}. Nothing was changed.") from error


def _set_aside(run, paths, folder):
    """Move parts of earlier runs out of a catalogue that has current ones; where it has none, all stay as they were."""
    for place in (folder / path.name for path in paths):
        if made_from(place) is None:
            continue
        run.stale.append(place.name)
        where = "stays, and is not current"
        if run.done or run.found:  # else old and new would be read as one
            os.replace(place, aside(place))
            where = f"is set aside as {aside(place).name}"
        run.failed[place.name] += f" (its part of an earlier run {where})"
