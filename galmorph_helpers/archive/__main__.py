"""``python -m galmorph_helpers.archive``: list, fetch, verify."""

import argparse
import sys
from datetime import datetime, timedelta

from .costs import estimate
from .errors import ArchiveError
from .registry import known_set, load_registry

EXAMPLES = """\
examples:
  python -m galmorph_helpers.archive list
  python -m galmorph_helpers.archive fetch na10_sdss --n 500 --dry-run    what it would cost, without a request
  python -m galmorph_helpers.archive fetch na10_sdss --n 500              into galaxies/na10_sdss, or $GALMORPH_DATA
  python -m galmorph_helpers.archive verify galaxies/na10_sdss            is every file as it was fetched?

A fetch that was stopped, by whatever, goes on when the same command is given again; a larger --n adds galaxies.
An instructor fetches once and shares the folder: each learner sets GALMORPH_DATA to the folder that holds it.
data/README.md says what each set needs, and whom to cite.
"""


def parser():
    """The command line, as an `argparse.ArgumentParser`."""
    main = argparse.ArgumentParser(
        prog="python -m galmorph_helpers.archive",
        description="Fetch observed galaxies from public archives, politely, for the course.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = main.add_subparsers(dest="command", required=True, metavar="{list,fetch,verify}")
    commands.add_parser("list", help="what can be fetched")
    get = commands.add_parser("fetch", help="fetch a set, or go on with it")
    get.add_argument("name", metavar="NAME", help="a set, as `list` prints it")
    get.add_argument("--n", type=int, metavar="N", help="galaxies wanted (default: the number that `list` prints)")
    get.add_argument("--out", metavar="DIR", help="folder to write (default: $GALMORPH_DATA/NAME, or galaxies/NAME)")
    get.add_argument("--rate", type=float, metavar="R", help="requests a second, if fewer than the polite rate")
    get.add_argument("--mirror", metavar="URL", help="a server with copies, asked instead (default: $GALMORPH_MIRROR)")
    get.add_argument("--dry-run", action="store_true", help="say what it would cost, and stop")
    look = commands.add_parser("verify", help="compare a fetched folder with its manifest")
    look.add_argument("folder", metavar="DIR", help="a folder that fetch wrote")
    return main


def main(arguments=None):
    """Run a command; the exit status is 0 if all is well, 1 if not, 130 after Ctrl-C."""
    asked = parser().parse_args(arguments)
    try:
        return {"list": _list, "fetch": _fetch, "verify": _verify}[asked.command](asked)
    except ArchiveError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped. What is complete stays usable; the same command goes on from here.", file=sys.stderr)
        return 130


def _list(asked):
    for name in load_registry()["sets"]:
        cost = estimate(name)
        numbers = f"{cost['galaxies']:>7,} galaxies {cost['mb']:>6,.0f} MB {cost['minutes']:>5,.0f} min"
        print(f"{name:15s} {numbers}   {known_set(name)['what']}")
    print("\nNumbers are for the default --n, of order; `fetch NAME --n N --dry-run` shows those of another N.")
    print("Sets whose name ends in _sdss, _des or _legacy, and galaxy10, have images that gm.read_folder reads.")
    return 0


def _fetch(asked):
    if asked.rate is not None and not asked.rate > 0:
        raise ArchiveError(f"--rate must be above 0 requests a second, got {asked.rate}.")
    cost = estimate(asked.name, asked.n)
    minutes = f"about {cost['minutes']:.0f} minutes" if cost["minutes"] >= 1.5 else "about a minute"
    end = datetime.now() + timedelta(minutes=cost["minutes"])
    print(
        f"{asked.name}: {cost['galaxies']:,} galaxies, about {max(cost['mb'], 1):,.0f} MB, {cost['requests']:,} "
        f"requests to {', '.join(cost['hosts'])} at a polite rate, {minutes} (until {end:%H:%M})"
    )
    if asked.dry_run:
        print("dry run: nothing was fetched")
        return 0
    from .fetching import fetch  # takes seconds: only who fetches pays
    from .layout import read_manifest

    path = fetch(asked.name, asked.out, n=asked.n, rate=asked.rate, mirror=asked.mirror)
    manifest = read_manifest(path)
    print(f"done: {path}")
    print("please cite: " + "; ".join(manifest["citation"]))
    if (path / "labels.csv").exists():
        print(
            f"read it with  gm.read_folder({str(path)!r}), or set GALMORPH_DATA={path.resolve().parent} for the lessons"
        )
    return 0


def _verify(asked):
    from .layout import verify

    problems, summary = verify(asked.folder)
    print(summary)
    for problem in problems:
        print(f"wrong: {problem}")
    if problems:
        print(f"{len(problems)} wrong: run the fetch of this set into this folder again, it replaces them.")
        return 1
    print("ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
