"""The command line of catalogues: ``python -m galmorph_helpers.catalogue``."""

import argparse
import os
import sys


def main(arguments=None):
    """The command line; returns its exit status."""
    given = _parser().parse_args(arguments)
    from .workers import CannotStart, dask_client  # the work takes seconds to import: who asks for help does not wait

    work = {"simulate": _simulate, "tile": _tile, "cut": _cut, "classify": _classify}[given.command]
    try:
        with dask_client(given.workers, given.scheduler) as client:
            return work(given, client)
    except (CannotStart, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 2


def _parser():
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
    tile = commands.add_parser("tile", help="write tiles of the mock sky: FITS images with a WCS")
    tile.add_argument("folder")
    tile.add_argument("--tiles", type=int, default=1)
    tile.add_argument("--galaxies", type=int, default=256, help="in each tile")
    tile.add_argument("--side", type=int, default=2048, help="pixels")
    tile.add_argument("--seed", type=int, default=0)
    cut = commands.add_parser("cut", help="find the galaxies of tiles and cut them into shards; repeat it to resume")
    cut.add_argument("tiles", nargs="+", help="FITS images with a WCS, one plane a band of the survey, blue to red")
    cut.add_argument("folder", help="of the shards, one a tile")
    cut.add_argument("--size", type=int, default=64, help="side of the stamps, pixels: that of the classifier")
    cut.add_argument("--limit", type=float, help="faintest magnitude (default: that of the survey's labels)")
    cut.add_argument("--seeing", type=float, help="FWHM of the tiles' PSF, arcsec (default: the survey's)")
    cut.add_argument("--zero-point", type=float, help="AB magnitude of one count, where the headers do not say it")
    cut.add_argument("--hdu", nargs="+", help="HDU of the image, or one a band; end the list with --")
    for command in (tile, cut):
        command.add_argument("--survey", default="SDSS", help="whose bands, seeing, depth and look count")
    work = commands.add_parser("classify", help="classify the shards of a folder; repeat it to resume")
    work.add_argument("shards", help="folder of shards, or of images (JPEG, PNG, FITS)")
    work.add_argument("classifier", help="file of save_classifier")
    work.add_argument("folder", help="of the catalogue, one Parquet file a shard")
    work.add_argument("--format", default="parquet", help="parquet (one file a shard); fits or hats: also all in one")
    for command in (draw, tile, cut, work):
        command.add_argument("--workers", type=int, default=os.cpu_count(), help="processes here; 0 is without Dask")
        command.add_argument("--scheduler", help="address of a Dask cluster, instead of processes here")
    return parser


def _simulate(given, client):
    from .simulation import simulate

    options = {"galaxies": given.galaxies, "per_shard": given.per_shard, "seed": given.seed}
    print(simulate(given.folder, **options, client=client), "shards")
    return 0


def _tile(given, client):
    from .tiles import simulate_tiles, survey_named

    options = {"tiles": given.tiles, "galaxies": given.galaxies, "side": given.side, "seed": given.seed}
    print(len(simulate_tiles(given.folder, **options, survey=survey_named(given.survey), client=client)), "tiles")
    return 0


def _cut(given, client):
    from .cutting import Cutting, cut

    hdu = [int(one) if one.isdigit() else one for one in given.hdu or ()]
    hdu = (tuple(hdu) if len(hdu) > 1 else hdu[0]) if hdu else None
    how = Cutting(given.survey, given.size, given.limit, given.seeing, given.zero_point, hdu)
    run = cut(given.tiles, given.folder, how, client=client)
    print(run)
    return 1 if run.failed else 0


def _classify(given, client):
    from .survey import classify

    run = classify(given.shards, given.classifier, given.folder, client=client, format=given.format)
    print(run)
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
