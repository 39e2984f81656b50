"""The command line of catalogues: ``python -m galmorph_helpers.catalogue``."""

import argparse
import os
import sys


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
    from .simulation import simulate  # takes seconds: who asks for help does not wait
    from .survey import classify
    from .workers import CannotStart, dask_client

    try:
        with dask_client(given.workers, given.scheduler) as client:
            if given.command == "simulate":
                options = {"galaxies": given.galaxies, "per_shard": given.per_shard, "seed": given.seed}
                print(simulate(given.folder, **options, client=client), "shards")
                return 0
            run = classify(given.shards, given.classifier, given.folder, client=client)
    except (CannotStart, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 2
    except (OSError, RuntimeError) as error:  # such as a full disk
        print(error, file=sys.stderr)
        return 1
    print(run)
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
