"""The folder that a fetch writes: `labels.csv`, `images/`, `catalogue.ecsv`, `source/`, and a manifest of all of it."""

import json
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pooch
from filelock import FileLock, Timeout

from ..files import inside, sweep, whole_file
from .errors import ArchiveError
from .session import user_agent

MANIFEST = "manifest.json"
EVERY = 5.0  # s between two writings of the manifest during a fetch: what a kill can cost (the images stay)


class Folder:
    """A folder being filled, and its manifest; see `open_folder`."""

    def __init__(self, path, manifest):
        self.path, self.manifest = path, manifest
        self.saved = time.monotonic()

    @property
    def files(self):
        """Files that are complete: name in the folder -> {bytes, sha256, url}."""
        return self.manifest["files"]

    def has(self, name, check):
        """Whether a file is there and whole: its hash is the manifest's, or it passes `check` (a kill came in between).

        Parameters
        ----------
        name : str
            Relative to the folder.
        check : callable
            Given the path; raises `ArchiveError` if the file is not what it should be.
        """
        path = self.path / name
        if not path.exists():
            self.files.pop(name, None)
            return False
        digest = pooch.file_hash(str(path))
        if name in self.files:
            if self.files[name]["sha256"] == digest:
                return True
            del self.files[name]  # changed since: fetch it again
            return False
        try:
            check(path)
        except ArchiveError:
            return False
        self.files[name] = {"bytes": path.stat().st_size, "sha256": digest}
        return True

    def add(self, name, record=None):
        """Put a complete file into the manifest."""
        path = self.path / name
        record = record or {"bytes": path.stat().st_size, "sha256": pooch.file_hash(str(path))}
        self.files[name] = record
        self.manifest["missing"].pop(name, None)

    def write(self, name, text):
        """Write a text file beside and rename it: never half a file behind that name."""
        with whole_file(self.path / name) as part:
            part.write_text(text, encoding="utf-8")

    def write_table(self, name, table, **options):
        """Write a table likewise, and put it into the manifest."""
        with whole_file(self.path / name) as part:
            table.write(part, overwrite=True, **options)
        self.add(name)

    def save(self, **changes):
        """Write the manifest, with changes."""
        self.manifest |= changes | {"updated": now()}
        self.manifest["files"] = dict(sorted(self.files.items()))
        self.write(MANIFEST, as_text(self.manifest))
        self.saved = time.monotonic()

    def due(self):
        """Whether it is time to save again."""
        return time.monotonic() - self.saved > EVERY


@contextmanager
def open_folder(path, entry):
    """Make or go on with the folder of a set, alone: a second process gets an error, not a mixture.

    Parameters
    ----------
    path : Path
    entry : dict
        Of the registry (`known_set`).

    Yields
    ------
    Folder

    Raises
    ------
    ArchiveError
        If the folder cannot be written, is in use, or holds another set or other settings.
    """
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        (path / ".writable").touch()
        (path / ".writable").unlink()
    except OSError as error:
        raise ArchiveError(
            f"cannot write in {path} ({error.strerror}). Choose a folder that you can write to: --out DIR."
        ) from error
    lock = FileLock(path / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise ArchiveError(
            f"another process is fetching into {path}. "
            "Let it finish (nothing is left to do then), or choose another --out."
        ) from error
    for place in (path, path / "images"):
        sweep(place)
    try:
        yield Folder(path, _start(path, entry))
    finally:
        lock.release()  # the file stays: removing it would let a third process in beside a second


def _start(path, entry):
    settings = {key: entry[key] for key in ("kind", "where", "order", "url", "designs", "files") if key in entry}
    settings["catalogue"] = entry.get("catalogue", {}).get("name")
    settings["cutouts"] = {
        key: value
        for key, value in entry.get("cutouts", {}).items()
        if key not in ("what", "licence", "citation", "checked")
    }
    if (path / MANIFEST).exists():
        manifest = read_manifest(path)
        if manifest["set"] != entry["name"] or manifest["settings"] != settings:
            raise ArchiveError(
                f"{path} holds the set {manifest['set']!r}, with other settings than {entry['name']!r} has now. "
                "Choose another --out, or move that folder away."
            )
        return manifest
    others = sorted(p.name for p in path.iterdir() if p.name != ".lock" and not p.match(f".{MANIFEST}.*.part"))
    if others:
        raise ArchiveError(
            f"{path} is not empty ({', '.join(others[:3])}...) and has no {MANIFEST}: nothing is written among your "
            "files. Choose a new or empty folder with --out."
        )
    return {
        "format": 1,
        "set": entry["name"],
        "what": entry["what"],
        "complete": False,
        "started": now(),
        "updated": now(),
        "made_by": user_agent(),
        "licence": entry["licence"],
        "citation": entry["citation"],
        "settings": settings,
        "asked": 0,
        "counts": {},
        "sources": [],
        "missing": {},
        "files": {},
    }


def now():
    """The time, UTC, to the second, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def read_manifest(path):
    """The manifest of a folder, as a dict."""
    file = Path(path) / MANIFEST
    if not file.exists():
        raise ArchiveError(
            f"{path} has no {MANIFEST}: "
            "`python -m galmorph_helpers.archive fetch` did not write it, or it is another folder."
        )
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
        check_manifest(manifest)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ArchiveError(
            f"{file} is damaged ({error}). Delete it only if you fetch the set anew into another folder."
        ) from error
    return manifest


def check_manifest(manifest):
    """Raise KeyError or TypeError unless all is there that is read of it."""
    for name, kind in (("set", str), ("complete", bool), ("files", dict), ("settings", dict), ("missing", dict)):
        if not isinstance(manifest[name], kind):
            raise TypeError(f"{name!r} is {str(manifest[name])[:40]!r}")


def as_text(manifest):
    """A manifest as it is written: readable, one line a value."""
    return json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"


def verify_folder(path):
    """Compare every file of a fetched folder with the manifest.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    problems : list of str
        One sentence a file that is missing or changed; empty if all is well.
    summary : str
        What is there, and whether the set is complete.
    """
    path, manifest = Path(path), read_manifest(path)
    problems = []
    for name, record in manifest["files"].items():
        file = inside(path, name)
        if file is None:
            problems.append(f"{name} is not in the folder, by its name or by a link: it is not looked at")
        elif not file.is_file():
            problems.append(f"{name} is missing")
        elif file.stat().st_size != record["bytes"]:
            problems.append(f"{name} has {file.stat().st_size} bytes, {record['bytes']} were fetched")
        elif pooch.file_hash(str(file)) != record["sha256"]:
            problems.append(f"{name} was changed: its SHA-256 is not the one that was recorded")
    unlisted = sum(
        f"images/{file.name}" not in manifest["files"] for file in path.glob("images/*") if file.suffix != ".part"
    )
    total = sum(record["bytes"] for record in manifest["files"].values())
    summary = f"{manifest['set']}: {len(manifest['files'])} files, {total / 1e6:.1f} MB"
    summary += f", updated {manifest['updated']}" if "updated" in manifest else ""
    if not manifest["complete"]:
        usable = manifest["settings"].get("kind") != "images" or (path / "labels.csv").exists()
        summary += f"; PARTIAL, {'yet' if usable else 'not yet'} usable: the same fetch again goes on"
        summary += f" ({unlisted} newer images are not in labels.csv yet)" if unlisted else ""
    if manifest["missing"]:
        summary += f"; {len(manifest['missing'])} galaxies have no file (the manifest says why)"
    return problems, summary
