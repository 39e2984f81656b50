"""A bundle: labelled stamps of some sets in one plain tar file, with a manifest that says what every byte should be.

Its first member is `bundle.json`: for each set where it is from, its licence, whom to cite, and the size and SHA-256 of
every file. What is not listed there is not let in, nor is anything but plain files: no links, no devices, no packed or
sparse data, no name that leaves the folder. So nothing is written that is larger than the manifest says, and the sizes
in the manifest have limits.
"""

import hashlib
import json
import re
import tarfile
import tempfile
from pathlib import Path

from . import layout
from .download import download, need_space
from .errors import ArchiveError

FORMAT = "galmorph bundle 1"
INDEX = "bundle.json"
BLOCK = tarfile.BLOCKSIZE
MOST_FILES = 20_000
MOST_BYTES = 2 << 30  # of all files
MOST_INDEX = 16 << 20  # of the manifest
PLAIN = re.compile(r"(?:[A-Za-z0-9_+][A-Za-z0-9._+-]{0,99}/)*[A-Za-z0-9_+][A-Za-z0-9._+-]{0,99}")


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
                raise ArchiveError(_not(file, f"it begins with {name[:99]!r} of {size} bytes, {INDEX} comes first"))
            opened.seek(offset)
            sets = _index(opened.read(size), file)
            listed = _listed(sets, file)
            found = {}
            for name, offset, size in members:
                if name not in listed or name in found or size != listed[name]["bytes"]:
                    raise ArchiveError(_not(file, f"{name[:99]!r} of {size} bytes is not what its manifest lists"))
                found[name] = (offset, size, listed[name]["sha256"])
    except OSError as error:
        raise ArchiveError(f"{file} cannot be read ({error}): give the path of a bundle.") from error
    lacking = [name for name in listed if name not in found]
    if lacking:
        raise ArchiveError(_not(file, f"{len(lacking)} of {len(listed)} files are missing, such as {lacking[0]}"))
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
            raise ArchiveError(_not(file, f"at byte {place} is no header of a plain tar file ({error})")) from error
        count += 1
        if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or not PLAIN.fullmatch(member.name):
            raise ArchiveError(_not(file, f"{member.name[:99]!r} is a link, no plain file, or leaves the folder"))
        if count > MOST_FILES or not 0 <= member.size <= MOST_BYTES:
            raise ArchiveError(_not(file, f"file {count} has {member.size} bytes; the most are {MOST_FILES} files"))
        if place + BLOCK + member.size > end:
            raise ArchiveError(_not(file, f"it is cut in {member.name}"))
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
        raise ArchiveError(_not(file, f"its {INDEX} is damaged or of another version ({error})")) from error


def _listed(sets, file):
    """{SET/NAME: its record} of all sets, checked."""
    listed = {}
    for name, manifest in sets.items():
        try:
            layout.check_manifest(manifest)
            for path, record in manifest["files"].items():
                whole, size, digest = f"{name}/{path}", record["bytes"], record["sha256"]
                if not PLAIN.fullmatch(whole) or "/" in name or path == layout.MANIFEST:
                    raise ValueError(f"the name {whole[:99]!r} is not allowed")
                if type(size) is not int or size < 0 or not re.fullmatch("[0-9a-f]{64}", digest):
                    raise ValueError(f"{whole} has a size of {size!r} and a SHA-256 of {str(digest)[:99]!r}")
                listed[whole] = record
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ArchiveError(_not(file, f"its manifest of {str(name)[:40]!r} is damaged ({error})")) from error
    total = sum(record["bytes"] for record in listed.values())
    if len(listed) > MOST_FILES or total > MOST_BYTES or len({name.lower() for name in listed}) < len(listed):
        much = f"{len(listed):,} files of {total / 1e6:,.0f} MB"
        raise ArchiveError(_not(file, f"{much}, or two of one name; {MOST_BYTES / 1e6:,.0f} MB are the most"))
    return listed


def _not(file, why):
    return f"{file.name} is not used: {why}. Ask who made it for another copy, or fetch it again."


def verify(path):
    """Compare every file of a bundle, of a fetched set, or of a folder of such sets with its manifest.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    problems : list of str
        One sentence a file that is missing or changed; empty if all is well.
    summary : str
    """
    path = Path(path)
    if path.is_file():
        return _verify_file(path)
    below = sorted(p.parent for p in path.glob(f"*/{layout.MANIFEST}"))
    if (path / layout.MANIFEST).exists() or not below:
        return layout.verify_folder(path)
    found = [layout.verify_folder(folder) for folder in below]
    return [problem for problems, _ in found for problem in problems], "\n".join(summary for _, summary in found)


def _verify_file(file):
    sets, places = read_bundle(file)
    with open(file, "rb") as opened:
        problems = [
            f"{name} was changed: its SHA-256 is not that of the manifest"
            for name, place in places.items()
            if _copy(opened, place) != place[2]
        ]
    return problems, f"{file.name}: {len(places)} files, {file.stat().st_size / 1e6:.1f} MB; {in_words(sets)}"


def in_words(sets):
    """How many galaxies of which sets a bundle has."""
    counts = {name: sum(path.startswith("images/") for path in manifest["files"]) for name, manifest in sets.items()}
    return ", ".join(f"{count:,} galaxies of {name}" for name, count in counts.items())


def unpack(file, folder):
    """Unpack a bundle into `folder`, one folder a set; nothing appears there before all of it was compared.

    Parameters
    ----------
    file, folder : str or Path
        Folders of sets that are there already are not touched: they are an error.

    Returns
    -------
    dict
        Name of the set -> its manifest.

    Raises
    ------
    ArchiveError
        As `read_bundle`; if a file is not what the manifest says; if a set is there already, or the disk is full.
    """
    file, folder = Path(file), Path(folder)
    sets, places = read_bundle(file)
    there = [name for name in sets if (folder / name).exists()]
    if there:
        raise ArchiveError(f"{folder} has a {there[0]} already: choose another --out, or move that folder away.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        need_space(folder, sum(size for _, size, _ in places.values()))
        with tempfile.TemporaryDirectory(dir=folder, prefix=".", suffix=".part", ignore_cleanup_errors=True) as beside:
            _write(file, sets, places, Path(beside))
            for name in sets:
                (Path(beside) / name).rename(folder / name)
    except OSError as error:
        raise ArchiveError(
            f"cannot unpack {file.name} into {folder} ({error}): free space, or choose another --out."
        ) from error
    return sets


def fetch_bundle(entry, folder, session):
    """Fetch a bundle that the registry names, and unpack it into `folder`; sets that are there and whole stay.

    Parameters
    ----------
    entry : dict
        Of the registry: `url`, and `sha256` where it is known.
    folder : Path
    session : Session

    Returns
    -------
    Path
        The folder.
    """
    if entry["holds"] and all((folder / name / layout.MANIFEST).exists() for name in entry["holds"]):
        if not any(layout.verify_folder(folder / name)[0] for name in entry["holds"]):
            return folder
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / entry["url"].rsplit("/", 1)[1]
    download(session, entry["url"], file, kind="stamps", sha256=entry.get("sha256"))
    unpack(file, folder)
    file.unlink()
    return folder


def _write(file, sets, places, folder):
    with open(file, "rb") as opened:
        for name, place in places.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "xb") as out:
                digest = _copy(opened, place, out)
            if digest != place[2]:
                raise ArchiveError(_not(file, f"{name} was changed, its SHA-256 is not that of the manifest"))
    for name, manifest in sets.items():
        (folder / name).mkdir(exist_ok=True)
        (folder / name / layout.MANIFEST).write_text(layout.as_text(manifest), encoding="utf-8")


def _copy(opened, place, out=None):
    """The SHA-256 of a member, written to `out` on the way."""
    offset, left, _ = place
    opened.seek(offset)
    digest = hashlib.sha256()
    while left and (piece := opened.read(min(left, 1 << 20))):
        digest.update(piece)
        left -= len(piece)
        if out:
            out.write(piece)
    return digest.hexdigest()
