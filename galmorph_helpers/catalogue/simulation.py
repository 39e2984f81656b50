"""A survey of the mock sky of any size, shard by shard."""

import json
from pathlib import Path

import numpy as np

from ..files import sweep, whole_file
from ..mock.sample import mock_sample
from .shards import write_shard
from .workers import CannotStart, each

PLAN = "_survey.json"  # beside the shards: what they were asked to be


def simulate(folder, *, galaxies, per_shard=1000, seed=0, size=64, client=None):
    """A survey of the mock sky, shard by shard; each is drawn with a seed of its own, so any machine makes the same.

    Repeating it makes what is missing.

    Parameters
    ----------
    folder : str or Path
        Made if need be.
    galaxies, per_shard : int
        In all, and in a shard.
    seed : int
    size : int
        Side of the stamps, pixels.
    client : dask.distributed.Client, optional

    Returns
    -------
    int
        The number of shards.

    Raises
    ------
    CannotStart
        If the folder holds another survey: its plan lies there.
    RuntimeError
        If a shard could not be made, such as on a full disk.
    """
    folder, tasks = Path(folder), {}
    plan = {"galaxies": galaxies, "per_shard": per_shard, "seed": seed, "size": size}
    for number, first in enumerate(range(0, galaxies, per_shard)):
        path = folder / f"sky_{number:06d}.parquet"
        tasks[path.name] = (str(path), min(per_shard, galaxies - first), seed * 1_000_003 + number, first, size)
    _check_plan(folder, plan, tasks)
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    with whole_file(folder / PLAN) as part:
        part.write_text(json.dumps(plan), encoding="utf-8")
    for name, result in each(simulate_shard, tasks, client=client, what="shards simulated"):
        if isinstance(result, BaseException):
            raise RuntimeError(
                f"{name} could not be simulated ({result}). Whole shards are kept: mend that, and repeat the command"
            ) from result
    return len(tasks)


def _check_plan(folder, plan, names):
    """Raise CannotStart unless the folder holds nothing, or shards of this very survey."""
    found = [path.name for path in folder.glob("[!._]*.parquet")]
    there = json.loads((folder / PLAN).read_text(encoding="utf-8")) if (folder / PLAN).exists() else None
    if (found and there is None) or (there not in (None, plan)) or set(found) - set(names):
        raise CannotStart(
            f"{str(folder)!r} holds {len(found)} shards of another survey ({there or 'it does not say which'}), not of "
            f"{plan}: choose another folder. Nothing was changed."
        )


def simulate_shard(path, n, seed, first_id, size):
    """Write a shard of the mock sky, unless it is there.

    Parameters
    ----------
    path : str or Path
    n, seed, first_id : int
        Galaxies, the seed that they are drawn with, and the number of the first.
    size : int
        Side of the stamps, pixels.

    Returns
    -------
    int
        The number of galaxies.
    """
    if not Path(path).exists():
        sample = mock_sample(n, seed=seed, size=size)
        write_shard(path, first_id + np.arange(n), sample.images, pixels=sample.pixels)
    return n
