"""Fetch a set: its table, then its files, in the folder layout, so that a run that is cut short can go on."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from astropy.table import QTable
from PIL import Image

from ..files import whole_file
from ..runtime import observed_place, progress
from .addresses import cutout
from .bundles import fetch_bundle
from .contents import check, safe_name, unpack
from .costs import disk_bytes, how_many
from .download import download, need_space, not_written
from .errors import ArchiveError, BadContent, NotThere, Refused
from .layout import open_folder
from .registry import known_set
from .session import Session
from .tables import get_catalogue, source_file

WORKERS = 3  # requests under way at once; the rate, not this, says how many a second
IN_A_ROW = 10  # failures without a success between them: then the service is down, not the galaxies odd


def fetch(name, out=None, *, n=None, rate=None, mirror=None, session=None):
    """Fetch an observed set into the folder layout that `read_folder` reads; run it again to go on or to get more.

    Parameters
    ----------
    name : str
        One of the sets in `data/registry.toml`.
    out : str or Path, optional
        Folder to write; by default `NAME` in the folder that `GALMORPH_DATA` names, or in `./galaxies`. A bundle of
        sets is unpacked beside the others: into that folder itself.
    n : int, optional
        Galaxies wanted. The choice is fixed: the first 50 of 100 are the 50 of a smaller fetch.
    rate : float, optional
        Requests a second, if fewer than the registry's.
    mirror : str, optional
        A server with copies (see `Session`); by default `GALMORPH_MIRROR`, if that is set.
    session : Session, optional
        Instead of one made of `rate` and `mirror`.

    Returns
    -------
    Path
        The folder: `labels.csv` and `images/` (image sets), `catalogue.ecsv`, `manifest.json`, `source/`.

    Raises
    ------
    ArchiveError
        With what happened, where, and what to do next. What is complete by then stays, and is usable.
    """
    entry = known_set(name)
    n = how_many(entry, n)
    session = session or Session(rate=rate, mirror=mirror or os.environ.get("GALMORPH_MIRROR") or None)
    place = observed_place()
    root = Path(place if place and os.path.isdir(place) else "galaxies")  # a bundle is no place to write to
    if entry["kind"] == "stamps":
        return fetch_bundle(entry, Path(out) if out else root, session)
    path = Path(out) if out else root / name
    with open_folder(path, entry) as folder:
        need_space(path, disk_bytes(entry, n) - sum(record["bytes"] for record in folder.files.values()))
        folder.save(complete=False)
        try:
            {"images": _images, "table": get_catalogue, "cubes": _cubes, "hdf5": _galaxy10, "bundle": _bundle}[
                entry["kind"]
            ](folder, entry, n, session)
        except BaseException as error:  # whatever ends the run, the manifest says what is there
            with suppress(OSError):
                folder.save()
            if isinstance(error, OSError):
                raise not_written(error, path) from error
            raise
        folder.save(complete=True)
    return path


def _images(folder, entry, n, session):
    table = get_catalogue(folder, entry, n, session)
    (folder.path / "images").mkdir(exist_ok=True)
    service = entry["cutouts"]
    names, jobs, scales = [], [], []
    for row in table:
        name = f"images/{safe_name(row['id'])}{service['suffix']}"
        place = (float(row["ra"].to_value("deg")), float(row["dec"].to_value("deg")))
        url, params, expected, scale = cutout(service, *place, float(row["petro_r90"].to_value("arcsec")))
        names.append(name)
        scales.append(scale)
        jobs.append((name, url, params, expected))
    whole = [folder.has(job[0], lambda path, e=job[3]: check(path, url=path.name, **e)) for job in jobs]
    wanted = [job for job, there in zip(jobs[:n], whole, strict=False) if not there]
    labels = QTable(table)
    labels["pixel_scale"] = np.array(scales)
    labels.add_column(names, name="file", index=0)

    def checkpoint():
        _write_labels(folder, labels)
        folder.save()

    with _room_for(checkpoint, folder.path / ".room", 1000 * len(labels)):
        _download_all(folder, wanted, session, entry["name"], checkpoint)
    there = sum(name in folder.files for name in names[:n])
    print(f"{there} of {len(names[:n])} galaxies have an image")
    if not there:
        raise ArchiveError(f"no image of {entry['name']} came: {folder.path}/manifest.json says why for each galaxy.")


@contextmanager
def _room_for(last, place, size):
    """Call `last` in the end, whatever that is (Ctrl-C, too), with `size` bytes of disk that were kept free for it."""
    try:
        place.write_bytes(os.urandom(size))  # what is all zeros may take no room
        yield
    except BaseException:
        place.unlink(missing_ok=True)
        with suppress(OSError):
            last()
        raise
    place.unlink()
    last()


def _download_all(folder, jobs, session, what, checkpoint):
    """Download (name, url, params, expected), a few at once; one that is not to be had is noted, the rest goes on."""
    failures = 0

    def one(job):
        name, url, params, expected = job
        try:
            return name, download(session, url, folder.path / name, params=params, **expected)
        except (NotThere, BadContent, Refused) as error:
            return name, error

    pool = ThreadPoolExecutor(WORKERS)
    try:
        for name, result in progress(pool.map(one, jobs), f"fetching {what}", total=len(jobs)):
            failures = failures + 1 if isinstance(result, Exception) else 0
            if failures:
                folder.manifest["missing"][name] = str(result)
            else:
                folder.add(name, result)
            if failures >= IN_A_ROW:
                raise ArchiveError(
                    f"{failures} galaxies in a row failed, the last: {result} What is complete stays usable; run the "
                    "same command again later, it goes on from here."
                )
            if folder.due():
                checkpoint()
    finally:  # whatever ends the loop: nothing queued is started any more
        pool.shutdown(cancel_futures=True)


def _write_labels(folder, labels):
    """`labels.csv`: one row for each image that is there, in the catalogue's order."""
    there = labels[[name in folder.files for name in labels["file"]]]
    if len(there):
        formats = {name: "%.8g" for name in there.colnames if there[name].dtype.kind == "f"}
        formats |= {name: "%.6f" for name in ("ra", "dec") if name in there.colnames}
        folder.write_table("labels.csv", there, format="ascii.csv", formats=formats)


def _cubes(folder, entry, n, session):
    table = get_catalogue(folder, entry, entry["galaxies"], session)
    small = [str(plateifu).split("-")[-1] in entry["designs"] for plateifu in table["plateifu"]]
    table = table[small][:n]
    jobs = []
    for kind, address in entry["files"].items():
        (folder.path / kind).mkdir(exist_ok=True)
        for plateifu in table["plateifu"]:
            plate, ifu = str(plateifu).split("-")
            url = address.format(plate=plate, ifu=ifu)
            jobs.append((f"{kind}/{safe_name(url.rsplit('/', 1)[1])}", url, None, {"kind": "fits"}))
    names = np.array([job[0] for job in jobs]).reshape(len(entry["files"]), len(table))
    wanted = [job for job in jobs if not folder.has(job[0], lambda path: check(path, "fits", url=path.name))]
    _download_all(folder, wanted, session, entry["name"], folder.save)
    table = QTable(table)
    for kind, column in zip(entry["files"], names, strict=True):
        table[kind] = [name if name in folder.files else "" for name in column]
    folder.write_table("galaxies.ecsv", table, format="ascii.ecsv")


def _galaxy10(folder, entry, n, session):
    try:
        import h5py
    except ImportError as error:
        raise ArchiveError(
            "galaxy10 comes as HDF5: pip install 'galmorph-helpers[archive]', or pip install h5py."
        ) from error
    file = source_file(folder, entry["url"], session, kind="hdf5", sha256=entry["sha256"])
    (folder.path / "images").mkdir(exist_ok=True)
    with h5py.File(file) as stored:
        lacking = sorted({"images", "ans", "ra", "dec"} - set(stored))
        if lacking:
            raise ArchiveError(
                f"{file} has no {', '.join(lacking)}; it has {', '.join(stored)}. Was it replaced upstream?"
            )
        n = min(n, len(stored["ans"]))
        classes = stored["ans"][:n]
        labels = QTable({"file": [f"images/{row:05d}.png" for row in range(n)], "id": np.arange(n)})
        labels["class_id"], labels["class_name"] = classes, np.array(entry["classes"])[classes]
        for ours, theirs in (("ra", "ra"), ("dec", "dec"), ("redshift", "redshift"), ("pixel_scale", "pxscale")):
            if theirs in stored:
                labels[ours] = stored[theirs][:n]
        for row, name in enumerate(progress(labels["file"], "unpacking galaxy10", total=n)):
            if not folder.has(name, lambda path: _refuse_half(path)):
                with whole_file(folder.path / name) as part:
                    Image.fromarray(stored["images"][row]).save(part, format="png")
                folder.add(name)
            if folder.due():
                _write_labels(folder, labels)
                folder.save()
    _write_labels(folder, labels)
    folder.manifest["asked"] = max(folder.manifest["asked"], n)


def _refuse_half(path):
    """Made here, not fetched: a picture that the manifest does not know yet is made again."""
    raise ArchiveError(f"{path} is made again.")


def _bundle(folder, entry, n, session):
    file = source_file(folder, entry["url"], session, kind="tar")
    for name in unpack(file, folder.path / "source"):
        folder.add(f"source/{name}")
