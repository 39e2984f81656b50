"""A bundle: labelled stamps of some sets in one plain tar file, with a manifest that says what every byte should be.

Its first member is `bundle.json`: for each set where it is from, its licence, whom to cite, and the size and SHA-256 of
every file. What is not listed there is not let in, nor is anything but plain files: no links, no devices, no packed or
sparse data, no name that leaves the folder. So nothing is written that is larger than the manifest says, and the sizes
in the manifest have limits.
"""

import json
import re
import tarfile
from pathlib import Path

from . import layout
from .errors import ArchiveError

FORMAT = "galmorph bundle 1"
INDEX = "bundle.json"
BLOCK = tarfile.BLOCKSIZE
MOST_FILES = 20_000
MOST_BYTES = 2 << 30  # of all files
MOST_INDEX = 16 << 20  # of the manifest
PART = r"(?!(?:con|nul|aux|prn|com\d|lpt\d)(?:\.|/|$))\w(?:[\w.+-]{0,98}[\w+-])?"  # Windows makes others of some names
NAME, PLAIN = (re.compile(pattern, re.ASCII | re.IGNORECASE) for pattern in (PART, rf"(?:{PART}/)*{PART}"))


def read_bundle(file):
    """The manifest of a bundle, and where each file lies in it.

    Parameters
    ----------
    file : str or Path

    Returns
    -------
    sets : dict
        Name of the set -> its manifest, as a fetch writes it.
    places : dict
        Name of the file (`SET/images/1.jpg`) -> offset, bytes, sha256.

    Raises
    ------
    ArchiveError
        If the file is no bundle, is cut, or holds anything that it should not: the message names it.
    """
    file = Path(file)
    try:
        with open(file, "rb") as opened:
            members = _members(opened, file)
            name, offset, size = next(members, ("nothing", 0, 0))
            if name != INDEX or size > MOST_INDEX:
                raise ArchiveError(not_used(file, f"it begins with {name[:99]!r} of {size} bytes, {INDEX} comes first"))
            opened.seek(offset)
            sets = _index(opened.read(size), file)
            listed = _listed(sets, file)
            found = {}
            for name, offset, size in members:
                if name not in listed or name in found or size != listed[name]["bytes"]:
                    raise ArchiveError(not_used(file, f"{name[:99]!r} of {size} bytes is not what its manifest lists"))
                found[name] = (offset, size, listed[name]["sha256"])
    except OSError as error:
        raise ArchiveError(f"{file} cannot be read ({error}): give the path of a bundle.") from error
    lacking = [name for name in listed if name not in found]
    if lacking:
        raise ArchiveError(not_used(file, f"{len(lacking)} of {len(listed)} files are missing, such as {lacking[0]}"))
    return sets, found


def _members(opened, file):
    """Name, offset and size of each member. The headers are read one by one: `tarfile` itself would follow
    extensions of any size and kind."""
    end, place, count = file.stat().st_size, 0, 0
    while place + BLOCK <= end:
        opened.seek(place)
        header = opened.read(BLOCK)
        if not header.strip(b"\0"):
            return
        try:
            member = tarfile.TarInfo.frombuf(header, "ascii", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError, ValueError) as error:
            raise ArchiveError(not_used(file, f"at byte {place} is no header of a plain tar file ({error})")) from error
        count += 1
        if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or not PLAIN.fullmatch(member.name):
            raise ArchiveError(not_used(file, f"{member.name[:99]!r} is a link, no plain file, or leaves the folder"))
        if count > MOST_FILES or not 0 <= member.size <= MOST_BYTES:
            raise ArchiveError(not_used(file, f"file {count} has {member.size} bytes; the most are {MOST_FILES} files"))
        if place + BLOCK + member.size > end:
            raise ArchiveError(not_used(file, f"it is cut in {member.name}"))
        yield member.name, place + BLOCK, member.size
        place += BLOCK + -(-member.size // BLOCK) * BLOCK


def _index(text, file):
    try:
        index = json.loads(text)
        if index["format"] != FORMAT:
            raise ValueError(f"its format is {str(index['format'])[:40]!r}")
        if not index["sets"] or not isinstance(index["sets"], dict):
            raise ValueError("it lists no sets")
        return index["sets"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ArchiveError(not_used(file, f"its {INDEX} is damaged or of another version ({error})")) from error


def _listed(sets, file):
    """{SET/NAME: its record} of all sets, checked."""
    listed = {}
    for name, manifest in sets.items():
        try:
            layout.check_manifest(manifest)
            said = [*manifest["licence"], *manifest["citation"]]
            if not NAME.fullmatch(name) or "labels.csv" not in manifest["files"]:
                raise ValueError("its name is not allowed, or it has no labels.csv")
            if not all(isinstance(manifest[key], list) for key in ("licence", "citation")) or not all(
                isinstance(words, str) and words.isprintable() for words in said
            ):
                raise ValueError("licence and citation must be lists of plain sentences")
            for path, record in manifest["files"].items():
                whole, size, digest = f"{name}/{path}", record["bytes"], record["sha256"]
                if not PLAIN.fullmatch(whole) or path == layout.MANIFEST:
                    raise ValueError(f"the name {whole[:99]!r} is not allowed")
                if type(size) is not int or size < 0 or not re.fullmatch("[0-9a-f]{64}", digest):
                    raise ValueError(f"{whole} has a size of {size!r} and a SHA-256 of {str(digest)[:99]!r}")
                listed[whole] = record
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ArchiveError(not_used(file, f"its manifest of {str(name)[:40]!r} is damaged ({error})")) from error
    total = sum(record["bytes"] for record in listed.values())
    if len(listed) > MOST_FILES or total > MOST_BYTES or len({name.lower() for name in listed}) < len(listed):
        much = f"{len(listed):,} files of {total / 1e6:,.0f} MB"
        raise ArchiveError(not_used(file, f"{much}, or two of one name; {MOST_BYTES / 1e6:,.0f} MB are the most"))
    return listed


def not_used(file, why):
    return f"{file.name} is not used: {why}. Ask who made it for another copy, or fetch it again."


def in_words(sets):
    """How many galaxies of which sets a bundle has."""
    counts = {name: sum(path.startswith("images/") for path in manifest["files"]) for name, manifest in sets.items()}
    return ", ".join(f"{count:,} galaxies of {name}" for name, count in counts.items())
