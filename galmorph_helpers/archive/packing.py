"""Make a bundle: for a class, a memory stick, a server in the room, or the release of the course."""

import csv
import hashlib
import io
import json
import re
import tarfile
from pathlib import Path

import pooch

from ..files import inside, whole_file
from . import layout
from .bundle_index import FORMAT, INDEX, in_words, read_bundle
from .choosing import in_turn, read_rows
from .contents import MAGIC, check, safe_name
from .errors import ArchiveError, BadContent
from .registry import known_set, load_registry

SOURCE = "SOURCE.txt"  # of a set that was not fetched: where it is from, its licence, whom to cite


def pack(folders, out, *, n=600):
    """Write a bundle of the labelled stamps of some sets: the same folders give the same bytes.

    Of each set an equal share of each kind is taken (`choosing.kind_of`), images byte for byte as they are. Those that
    are missing, damaged or blank are passed over.

    Parameters
    ----------
    folders : sequence of str or Path
        Sets in the folder layout. `FOLDER:300` takes 300 of that one.
    out : str or Path
        The bundle, a .tar file; a bundle of that name is replaced.
    n : int
        Galaxies of each set, at most.

    Returns
    -------
    dict
        Name of the set -> {kind: galaxies}.

    Raises
    ------
    ArchiveError
        If a folder is none, has no table, or does not say whose its images are; if `out` cannot be written.
    """
    out = Path(out)
    if out.exists() and not _is_bundle(out):
        raise ArchiveError(f"{out} is there and is no bundle: it is not replaced; choose another --out.")
    sets, files, counts = {}, {}, {}
    for given in folders:
        number = re.fullmatch(r"(.+):(\d+)", str(given))
        path, most = (Path(number[1]), int(number[2])) if number else (Path(given), n)
        name = safe_name(path.resolve().name)
        if most < 1 or name in sets:
            raise ArchiveError(f"{given}: at least one galaxy of each set is packed, and each set once.")
        sets[name], files[name], counts[name] = _one_set(path, most)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(out) as part:
            _write(part, sets, files)
            read_bundle(part)  # nobody could open one that breaks its own rules, such as 20,000 files at most
    except OSError as error:
        raise ArchiveError(f"cannot write {out} ({error}): choose another --out.") from error
    return counts


def _is_bundle(file):
    try:
        return bool(read_bundle(file))
    except ArchiveError:
        return False


def _one_set(path, most):
    """Manifest, {name: path or bytes} and {kind: galaxies} of one set."""
    if not path.is_dir():
        raise ArchiveError(f"{path} is not a folder: name one that holds a labels.csv and images.")
    tables = [path / "labels.csv"] if (path / "labels.csv").exists() else sorted(path.glob("*.csv"))
    if len(tables) != 1:
        raise ArchiveError(f"{path} has no labels.csv, and {len(tables)} other tables: write its labels.csv.")
    rows, columns = read_rows(tables[0])
    about = _about(path)
    chosen, kinds, files = [], {}, {}
    for row, kind in in_turn(rows):
        if len(chosen) == most:
            break
        source = inside(path, row["file"].strip())
        name = f"images/{safe_name(Path(row['file'].strip()).name)}"
        if name not in files and source is not None and _usable(source):
            files[name] = source
            chosen.append(row | {"file": name})
            kinds[kind] = kinds.get(kind, 0) + 1
    if not chosen:
        raise ArchiveError(f"{path} has no image that could be packed: its table names {len(rows)}.")
    chosen.sort(key=lambda row: hashlib.sha256(row["file"].encode()).digest())  # every fourth row is not one kind
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(chosen)
    files["labels.csv"] = text.getvalue().encode()
    if (path / SOURCE).exists():
        files[SOURCE] = path / SOURCE
    records = {name: _record(files[name]) for name in sorted(files)}
    settings = {"kind": "stamps", "of": len(rows), "kinds": dict(sorted(kinds.items()))}
    return about | {"complete": True, "settings": settings, "missing": {}, "files": records}, files, kinds


def _about(path):
    """Whose the images are: by the manifest of a fetch, by SOURCE.txt beside them, or by the registry."""
    if (path / layout.MANIFEST).exists():
        known = layout.read_manifest(path)
        return {key: known[key] for key in ("set", "what", "licence", "citation", "updated") if key in known}
    if (path / SOURCE).exists():
        where = f"{path.resolve().name}/{SOURCE}"
        about = {"set": path.resolve().name, "what": f"as {where} says"}
        return about | {"licence": [f"as {where} says"], "citation": [f"those whom {where} names"]}
    if path.name in load_registry()["sets"]:
        entry = known_set(path.name)
        return {"set": path.name} | {key: entry[key] for key in ("what", "licence", "citation")}
    raise ArchiveError(
        f"{path} does not say whose its images are: write a {SOURCE} there that says where they are from, under "
        "what licence, and whom to cite."
    )


def _usable(source):
    """Is this a whole JPEG, PNG or FITS image with something in it?"""
    try:
        with open(source, "rb") as opened:
            head = opened.read(8)
        kind = next(kind for kind in ("jpeg", "png", "fits", "gzip") if head.startswith(MAGIC[kind]))
        check(source, "fits" if kind == "gzip" else kind, url=source.name)
    except (OSError, StopIteration, BadContent):
        return False
    return True


def _record(source):
    if isinstance(source, bytes):
        return {"bytes": len(source), "sha256": hashlib.sha256(source).hexdigest()}
    return {"bytes": source.stat().st_size, "sha256": pooch.file_hash(str(source))}


def _write(part, sets, files):
    """A plain tar without times and owners: nothing in it depends on when, where and by whom it was made."""
    index = json.dumps({"format": FORMAT, "sets": sets}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    with tarfile.open(part, "w", format=tarfile.USTAR_FORMAT) as tar:
        _add(tar, INDEX, index.encode())
        for name in sorted(sets):
            for path in sets[name]["files"]:
                _add(tar, f"{name}/{path}", files[name][path])


def _add(tar, name, source):
    data = source if isinstance(source, bytes) else source.read_bytes()
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), 0o644
    tar.addfile(member, io.BytesIO(data))


def how_to_use(counts, out):
    """What to tell a class, in lines: how many galaxies of which kind, and what GALMORPH_DATA may be."""
    out = Path(out)
    digest = pooch.file_hash(str(out))
    lines = [f"{name}: " + ", ".join(f"{k} {kind}".strip() for kind, k in c.items()) for name, c in counts.items()]
    return [
        *lines,
        f"{out}: {in_words(read_bundle(out)[0])}, {out.stat().st_size / 1e6:.1f} MB, SHA-256 {digest}",
        f"on a memory stick:        GALMORPH_DATA=/path/to/{out.name}",
        f"from a server in the room: GALMORPH_DATA='http://ADDRESS:8000/{out.name}#sha256={digest}'",
        f"from the web:             GALMORPH_DATA='https://ADDRESS/{out.name}#sha256={digest}'",
    ]
