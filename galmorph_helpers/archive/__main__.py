"""``python -m galmorph_helpers.archive``: list, fetch, pack, unpack, verify."""

import argparse
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

from .costs import estimate
from .errors import ArchiveError
from .registry import known_set, load_registry

EXAMPLES = """\
examples:
  python -m galmorph_helpers.archive list
  python -m galmorph_helpers.archive fetch na10_sdss --n 500 --dry-run    what it would cost, without a request
  python -m galmorph_helpers.archive fetch na10_sdss --n 500              into galaxies/na10_sdss, or $GALMORPH_DATA
  python -m galmorph_helpers.archive verify galaxies/na10_sdss            is every file as it was fetched?
  python -m galmorph_helpers.archive pack galaxies/na10_sdss --n 600 --out bundle.tar    one file for a class
  python -m galmorph_helpers.archive unpack bundle.tar --out galaxies

A fetch that was stopped, by whatever, goes on when the same command is given again; a larger --n adds galaxies.
An instructor fetches once and shares the folder: each learner sets GALMORPH_DATA to the folder that holds it.
data/README.md says what each set needs, and whom to cite; guide/own_bundle.md, how to make a bundle for a class.
"""


def parser():
    """The command line, as an `argparse.ArgumentParser`."""
    main = argparse.ArgumentParser(
        prog="python -m galmorph_helpers.archive",
        description="Fetch observed galaxies from public archives, politely, for the course.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = main.add_subparsers(dest="command", required=True, metavar="{list,fetch,pack,unpack,verify}")
    commands.add_parser("list", help="what can be fetched")
    get = commands.add_parser("fetch", help="fetch a set, or go on with it")
    get.add_argument("name", metavar="NAME", help="a set, as `list` prints it")
    get.add_argument("--n", type=int, metavar="N", help="galaxies wanted (default: the number that `list` prints)")
    get.add_argument("--out", metavar="DIR", help="folder to write (default: $GALMORPH_DATA/NAME, or galaxies/NAME)")
    get.add_argument("--rate", type=float, metavar="R", help="requests a second, if fewer than the polite rate")
    get.add_argument("--mirror", metavar="URL", help="a server with copies, asked instead (default: $GALMORPH_MIRROR)")
    get.add_argument("--within", type=float, metavar="S", help="seconds for each file, then go on another time")
    get.add_argument("--dry-run", action="store_true", help="say what it would cost, and stop")
    tie = commands.add_parser("pack", help="make one file of the labelled stamps of some sets")
    tie.add_argument("sets", nargs="+", metavar="SET", help="folder, or its name in $GALMORPH_DATA; SET:300 takes 300")
    tie.add_argument("--n", type=int, default=600, metavar="N", help="galaxies of each set, at most (default: 600)")
    tie.add_argument("--out", default="bundle.tar", metavar="FILE", help="bundle to write (default: bundle.tar)")
    untie = commands.add_parser("unpack", help="unpack a bundle, one folder a set")
    untie.add_argument("bundle", metavar="FILE", help="a file that pack wrote")
    untie.add_argument("--out", default="galaxies", metavar="DIR", help="folder to write (default: galaxies)")
    look = commands.add_parser("verify", help="compare a fetched folder or a bundle with its manifest")
    look.add_argument("folder", metavar="PATH", help="a folder that fetch wrote, or a file that pack wrote")
    return main


def main(arguments=None):
    """Run a command; the exit status is 0 if all is well, 1 if not, 130 after Ctrl-C."""
    asked = parser().parse_args(arguments)
    try:
        work = {"list": _list, "fetch": _fetch, "pack": _pack, "unpack": _unpack, "verify": _verify}
        return work[asked.command](asked)
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
    print("gm.read_folder reads images: sets whose name ends in _sdss, _des or _legacy, observed_small, galaxy10.")
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

    path = fetch(asked.name, asked.out, n=asked.n, session=_session(asked))
    print(f"done: {path}")
    if not (path / "manifest.json").exists():
        print("please cite: " + "; ".join(known_set(asked.name)["citation"]))
        print(f"set GALMORPH_DATA={path.resolve()} for the lessons")
        return 0
    manifest = read_manifest(path)
    print("please cite: " + "; ".join(manifest["citation"]))
    if (path / "labels.csv").exists():
        print(
            f"read it with  gm.read_folder({str(path)!r}), or set GALMORPH_DATA={path.resolve().parent} for the lessons"
        )
    return 0


def _session(asked):
    from .session import Session

    if asked.within is not None and not asked.within > 0:
        raise ArchiveError(f"--within must be above 0 seconds, got {asked.within}.")
    mirror = asked.mirror or os.environ.get("GALMORPH_MIRROR") or None
    return Session(rate=asked.rate, mirror=mirror, within=asked.within or float("inf"))


def _pack(asked):
    from .packing import how_to_use, pack

    root = Path(os.environ.get("GALMORPH_DATA") or ".")
    there = [given if Path(given.rsplit(":", 1)[0]).is_dir() else str(root / given) for given in asked.sets]
    print("\n".join(how_to_use(pack(there, asked.out, n=asked.n), asked.out)))
    return 0


def _unpack(asked):
    from .bundle_index import in_words
    from .bundles import unpack

    sets = unpack(asked.bundle, asked.out)
    print(f"{in_words(sets)}: set GALMORPH_DATA={Path(asked.out).resolve()} for the lessons")
    print("please cite: " + "; ".join(dict.fromkeys(work for known in sets.values() for work in known["citation"])))
    return 0


def _verify(asked):
    from .bundles import verify

    problems, summary = verify(asked.folder)
    print(summary)
    for problem in problems:
        print(f"wrong: {problem}")
    if problems:
        print(f"{len(problems)} wrong: fetch this set into this folder again, or get another copy of the bundle.")
        return 1
    print("ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
