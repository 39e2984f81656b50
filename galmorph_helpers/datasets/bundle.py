"""What `GALMORPH_DATA` names, as a folder: one of sets, or a bundle of them, on this disk or at an address."""

import hashlib
import os
import re
import shutil
from functools import cache
from pathlib import Path

import pooch
from filelock import FileLock, Timeout

from ..archive.bundle_index import in_words
from ..archive.bundles import unpack, verify
from ..archive.download import download
from ..archive.errors import ArchiveError
from ..archive.layout import read_manifest
from ..archive.session import Session
from ..files import cache_folder
from ..runtime import observed_place

WITHIN = 180.0  # s: a lesson waits no longer for a bundle; what came by then is gone on with the next time


def observed_root():
    """The folder of observed sets that ``GALMORPH_DATA`` names; a bundle is unpacked into the cache first.

    An address is asked once: what came whole stays in the cache (below `GALMORPH_CACHE`), and is compared with its
    manifest each time a program opens it. After `#sha256=` in an address stands the hash that the file must have; an
    address in plain http needs it. Where nothing comes, or not what the hashes say, a line says so, and the lesson goes
    on without.

    Returns
    -------
    pathlib.Path or None
        None if the variable is not set, or its address gave nothing.

    Raises
    ------
    FileNotFoundError
        If the variable names a folder or a file that is not there.
    ArchiveError
        If it names a file that is not a whole bundle.
    """
    place = observed_place()
    if place is None or Path(place).is_dir():
        return place and Path(place)
    return _opened(place, cache_folder("bundles"))


@cache
def _opened(place, folder):
    """The folder that holds a bundle's sets, once a program: what did not come is not waited for again."""
    address = place.startswith(("https://", "http://"))
    try:
        root = from_address(place, folder) if address else from_file(Path(place), folder)
    except (ArchiveError, OSError) as error:
        if isinstance(error, OSError):
            error = f"{folder} cannot be written ({error.strerror}): GALMORPH_CACHE may name another folder."
        if not address:
            raise ArchiveError(str(error)) from None
        print(f"No observed sets: GALMORPH_DATA names {place.partition('#')[0]}, and {error} This goes on without.")
        return None
    sets = {path.parent.name: read_manifest(path.parent) for path in sorted(root.glob("*/manifest.json"))}
    works = dict.fromkeys(work for manifest in sets.values() for work in manifest["citation"])
    print(f"observed galaxies of a bundle: {in_words(sets)} (please cite {'; '.join(works)})")
    return root


def from_file(file, folder, *, digest=None):
    """Unpack a bundle below `folder`, unless it is there and whole.

    Parameters
    ----------
    file, folder : Path
    digest : str, optional
        Its SHA-256, if that is known already.

    Returns
    -------
    Path
        `folder/` and the beginning of its SHA-256.
    """
    root = folder / (digest or pooch.file_hash(str(file)))[:24]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / f"{root.name}.lock", timeout=WITHIN):
            if not _whole(root):
                shutil.rmtree(root, ignore_errors=True)
                unpack(file, root)
                (root / "whole").touch()
    except Timeout as error:
        raise ArchiveError(f"another process has been unpacking {file.name} for {WITHIN:.0f} s.") from error
    return root


def _whole(root):
    return (root / "whole").exists() and not verify(root)[0]


def from_address(address, folder, *, session=None):
    """Fetch a bundle, unless it is in the cache, and unpack it below `folder`.

    Parameters
    ----------
    address : str
        https, or http with `#sha256=` and the hash behind it.
    folder : Path
    session : Session, optional

    Returns
    -------
    Path
        The folder that holds its sets.
    """
    url, _, said = address.partition("#")
    known = re.fullmatch(r"sha256=([0-9a-fA-F]{64})", said)
    if said and not known:
        raise ArchiveError(f"#{said[:80]} is not understood: #sha256= and 64 digits may stand there.")
    digest = known and known[1].lower()
    file = folder / f"{hashlib.sha256(url.encode()).hexdigest()[:24]}.tar"
    note = file.with_suffix(".sha256")  # of what this address gave
    kept = digest or (note.read_text(encoding="utf-8") if note.exists() else None)
    if kept and _whole(folder / kept[:24]):
        return folder / kept[:24]
    mirror = os.environ.get("GALMORPH_MIRROR") if url.startswith("https") else None
    session = session or Session(mirror=mirror or None, tries=3, timeout=(5, 20), within=WITHIN, http=bool(digest))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(file.with_suffix(".lock"), timeout=WITHIN):
            got = download(session, url, file, kind="bundle", sha256=digest)["sha256"]
            try:
                root = from_file(file, folder, digest=got)
            finally:
                file.unlink()
            note.write_text(got, encoding="utf-8")
    except Timeout as error:
        raise ArchiveError(f"another process has been fetching it for {WITHIN:.0f} s.") from error
    return root
