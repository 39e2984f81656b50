"""Bundles as files and folders: compare one with its manifest, unpack it, fetch it (`bundle_index` says what it is)."""

import hashlib
import tempfile
from pathlib import Path

from . import layout
from .bundle_index import in_words, not_used, read_bundle
from .download import download, need_space
from .errors import ArchiveError


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
    download(session, entry["url"], file, kind="bundle", sha256=entry.get("sha256"))
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
                raise ArchiveError(not_used(file, f"{name} was changed, its SHA-256 is not that of the manifest"))
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
