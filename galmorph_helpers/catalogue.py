"""A catalogue of any size: shards of stamps, classified by k networks on a Dask cluster, one file a shard.

    python -m galmorph_helpers.catalogue simulate sky --galaxies 10000
    python -m galmorph_helpers.catalogue classify sky ltg.safetensors catalogue --workers 2

The second command is resumed by repeating it. It ends non-zero if a shard could not be classified, and names it.
"""

import argparse
import contextlib
import json
import logging
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.table import QTable

from .classifier import ClassifierError, load_classifier, logits_and_features, save_classifier
from .domain import out_of_domain
from .robust import FLAGS, robust_flag
from .runtime import progress
from .shards import ShardError, find_shards, read_shard, repeated, simulate_shard

#: Columns of the catalogue: type, unit ("" is none), description.
COLUMNS = {
    "ID": (pa.int64(), "", "number of the galaxy in its survey"),
    "P_LTG": (pa.float32(), "", "probability of late rather than early type, mean of the folds"),
    "P_LTG_std": (pa.float32(), "", "standard deviation of P_LTG over the folds"),
    "FLAG_LTG": (pa.int8(), "", "; ".join(f"{number} {what}" for number, what in FLAGS.items())),
    "OOD": (pa.float32(), "", "distance from the training galaxies; 99 % of galaxies like them are below 1"),
}
SCHEMA = pa.schema(
    [pa.field(n, t, nullable=False, metadata={"unit": u, "description": d}) for n, (t, u, d) in COLUMNS.items()]
)
__all__ = ["classify", "classify_shard", "cluster", "load_classifier", "read_parts", "save_classifier", "simulate"]
KEY = b"galmorph"  # of what a part says of its making


# ---------------------------------------------------------------- one shard


def classify_shard(shard, classifier, folder):
    """Classify one shard and write its part of the catalogue; the part appears under its name only when complete.

    Repeating it replaces the part: a galaxy is in the catalogue once, however often a worker is lost and replaced.

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
    try:
        facts, bodies, domain = load_classifier(classifier)
        making, columns = _making(shard, classifier), []
        for ids, images in read_shard(shard, bands=facts["bands"], size=facts["size"]):
            logits, features = logits_and_features(bodies, images)
            p = 1 / (1 + np.exp(-logits))
            columns.append((ids, p.mean(0), p.std(0), robust_flag(p).astype(np.int8), out_of_domain(domain, features)))
    except (ShardError, ClassifierError) as error:
        return {"shard": shard.name, "error": str(error)}
    columns = [np.concatenate(c) for c in zip(*columns, strict=True)]
    table = pa.table([pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)
    part, place = Path(folder) / f".{shard.name}.{os.getpid()}.part", Path(folder) / shard.name
    pq.write_table(table.replace_schema_metadata({KEY: making}), part, write_page_checksum=True)
    os.replace(part, place)
    return {
        "shard": shard.name,
        "galaxies": len(table),
        "seconds": time.perf_counter() - begin,
        "memory_mb": _memory_mb(),
    }


def _memory_mb():
    """Resident memory of this process now. (Its peak is no use: a child starts with that of its parent.)"""
    import psutil  # comes with Dask's workers

    return psutil.Process().memory_info().rss / 2**20


def _making(shard, classifier):
    """What a part is made from: shard and classifier, each with its size and time of change, as make would ask."""
    stats = [os.stat(path) for path in (shard, classifier)]
    return json.dumps(
        [[Path(p).name, s.st_size, s.st_mtime_ns] for p, s in zip((shard, classifier), stats, strict=True)]
    )


def _current(shard, classifier, folder):
    """Is the part of this shard there, complete, and made from this shard by this classifier?"""
    try:
        return pq.read_schema(Path(folder) / shard.name).metadata[KEY].decode() == _making(shard, classifier)
    except (OSError, pa.ArrowException, KeyError, TypeError):
        return False


# ---------------------------------------------------------------- all shards


@dataclass
class Run:
    """What a run did: shards classified now, found done, failed with a reason; galaxies classified now, seconds."""

    done: list = field(default_factory=list)
    found: list = field(default_factory=list)
    failed: dict = field(default_factory=dict)
    galaxies: int = 0
    seconds: float = 0.0
    memory_mb: float = 0.0  # of the largest worker, resident, as it ended a shard

    def __str__(self):
        lines = [
            f"{self.galaxies:,} galaxies of {len(self.done)} shards in {self.seconds:.1f} s; {len(self.found)} shards "
            f"were done before, {len(self.failed)} failed"
        ]
        return "\n".join(lines + [f"  {name}: {reason}" for name, reason in sorted(self.failed.items())])


@contextlib.contextmanager
def cluster(workers=2, address=None):
    """A Dask client: of the cluster at `address`, or of `workers` processes with one thread each on this machine.

    Parameters
    ----------
    workers : int
        0 gives None: the work is then done in this process, without Dask.
    address : str, optional
        Such as "tcp://10.0.0.1:8786", as ``dask scheduler`` prints it. Its workers must see the same files.
    """
    if not address and not workers:
        yield None
        return
    from dask.distributed import Client, LocalCluster

    if address:
        with Client(address) as client:
            yield client
        return
    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.ERROR
        ) as local,
        Client(local) as client,
    ):
        yield client


def each(function, tasks, *, client=None, what="shards"):
    """Results of `function(*task)` for every task (a dict by name), in the order in which they end: (name, result).

    At most four tasks a worker are under way, so that a survey of any size fits the scheduler. A task whose worker dies
    is given to another; what fails for good comes as the exception.
    """
    if client is None:
        for name, task in progress(tasks.items(), what):
            yield name, function(*task)
        return
    from dask.distributed import as_completed

    waiting, under_way = iter(tasks.items()), {}
    ended = as_completed()

    def submit():
        for name, task in waiting:
            future = client.submit(function, *task, pure=False)
            under_way[future.key] = name
            ended.add(future)
            return

    for _ in range(4 * max(1, len(client.scheduler_info(n_workers=-1)["workers"]))):
        submit()
    with progress(range(len(tasks)), what) as bar:
        for future in ended:
            submit()
            bar.update()
            yield under_way.pop(future.key), future.exception() or future.result()
            future.release()


def classify(shards, classifier, folder, *, client=None):
    """Classify all shards of a folder that are not classified yet.

    Each part of the catalogue is written once its shard is done, so a run that is killed is resumed by repeating it. A
    shard that cannot be used is left out whole, with its reason; the others go on.

    Parameters
    ----------
    shards : str or Path
        Folder of shards, as from `write_shard`.
    classifier : str or Path
        From `save_classifier`.
    folder : str or Path
        Of the catalogue; made if need be.
    client : dask.distributed.Client, optional
        As from `cluster`; without one the work is done in this process.

    Returns
    -------
    Run
    """
    begin, run = time.perf_counter(), Run()
    paths, folder = find_shards(shards), Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(".*.part"):  # by workers that were killed
        left.unlink()
    pq.write_metadata(SCHEMA, folder / "_common_metadata")
    run.failed = {path.name: reason for path, reason in repeated(paths).items()}
    names = {path.name for path in paths}
    for part in folder.glob("[!._]*.parquet"):
        if part.name not in names:
            run.failed[part.name] = "is in the catalogue, but its shard is gone: bring it back, or remove the part"
    usable = [path for path in paths if path.name not in run.failed]
    run.found = [path.name for path in usable if _current(path, classifier, folder)]
    done = set(run.found)
    tasks = {p.name: (str(p), str(classifier), str(folder)) for p in usable if p.name not in done}
    for name, result in each(classify_shard, tasks, client=client, what="shards classified"):
        if isinstance(result, BaseException):
            result = {"error": f"{type(result).__name__}: {result}"}
        if "error" in result:
            run.failed[name] = result["error"]
        else:
            run.done.append(name)
            run.galaxies += result["galaxies"]
            run.memory_mb = max(run.memory_mb, result["memory_mb"])
    for name in names & set(run.failed):  # what an earlier run made of such a shard says nothing now
        (folder / name).unlink(missing_ok=True)
    run.seconds = time.perf_counter() - begin
    return run


def read_parts(folder):
    """The whole catalogue as a QTable with units and descriptions; for one too large for that, use Dask or pyarrow."""
    table = pq.read_table(folder, schema=SCHEMA)
    out = QTable({name: table[name].to_numpy() for name in table.column_names})
    for name, (_, unit, description) in COLUMNS.items():
        out[name].info.description = description
        if unit:
            out[name].unit = unit
    return out


def simulate(folder, *, galaxies, per_shard=1000, seed=0, size=64, client=None):
    """A survey of the mock sky, shard by shard; each is drawn with a seed of its own, so any machine makes the same."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    tasks = {}
    for number, first in enumerate(range(0, galaxies, per_shard)):
        path = Path(folder) / f"sky_{number:06d}.parquet"
        tasks[path.name] = (str(path), min(per_shard, galaxies - first), seed * 1_000_003 + number, first, size)
    for name, result in each(simulate_shard, tasks, client=client, what="shards simulated"):
        if isinstance(result, BaseException):
            raise RuntimeError(f"{name} could not be simulated") from result
    return len(tasks)


def main(arguments=None):
    """The command line; returns its exit status."""
    parser = argparse.ArgumentParser(
        "python -m galmorph_helpers.catalogue",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    draw = commands.add_parser("simulate", help="write shards of the mock sky")
    draw.add_argument("folder")
    draw.add_argument("--galaxies", type=int, required=True)
    draw.add_argument("--per-shard", type=int, default=1000)
    draw.add_argument("--seed", type=int, default=0)
    work = commands.add_parser("classify", help="classify the shards of a folder; repeat it to resume")
    work.add_argument("shards")
    work.add_argument("classifier", help="file of save_classifier")
    work.add_argument("folder", help="of the catalogue, one Parquet file a shard")
    for command in (draw, work):
        command.add_argument("--workers", type=int, default=os.cpu_count(), help="processes here; 0 is without Dask")
        command.add_argument("--scheduler", help="address of a Dask cluster, instead of processes here")
    given = parser.parse_args(arguments)
    with cluster(given.workers, given.scheduler) as client:
        if given.command == "simulate":
            options = {"galaxies": given.galaxies, "per_shard": given.per_shard, "seed": given.seed}
            print(simulate(given.folder, **options, client=client), "shards")
            return 0
        run = classify(given.shards, given.classifier, given.folder, client=client)
    print(run)
    return 1 if run.failed else 0


if __name__ == "__main__":
    from galmorph_helpers import catalogue  # workers import it by this name, not as __main__

    sys.exit(catalogue.main())
