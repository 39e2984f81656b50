"""Workers on this machine or on a Dask cluster, and work dealt to them."""

import contextlib
import logging

from ..runtime import progress


class CannotStart(ValueError):
    """Why a run was refused before it changed anything."""


@contextlib.contextmanager
def dask_client(workers=2, address=None):
    """A Dask client: of the cluster at `address`, or of `workers` processes with one thread each on this machine.

    Parameters
    ----------
    workers : int
        0 gives None: the work is then done in this process, without Dask.
    address : str, optional
        Such as "tcp://127.0.0.1:8786", as ``dask scheduler`` prints it. Its workers must see the same files. Whoever
        reaches a scheduler or a worker runs code as its owner, and by themselves they listen on every network: start
        them with ``--host 127.0.0.1``, their dashboards, too, and on more than one machine with TLS ("tls://...",
        https://distributed.dask.org/en/stable/tls.html). What is started here listens on this machine alone.
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
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,  # what fails is said once, by who asked
        ) as local,
        Client(local) as client,
    ):
        yield client


def each(function, tasks, *, client=None, what="shards"):
    """Results of `function(*task)` for every task (a dict by name), in the order in which they end: (name, result).

    At most four tasks a worker are under way, so that a survey of any size fits the scheduler. A task whose worker dies
    is given to another; what fails for good comes as the exception.

    Parameters
    ----------
    function : callable
    tasks : dict of str -> tuple
        Arguments of each call, by its name.
    client : dask.distributed.Client, optional
        Without one the calls are made here, one after another.
    what : str
        Beside the progress bar.

    Yields
    ------
    (str, object)
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
