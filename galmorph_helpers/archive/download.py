"""Files that arrive whole and checked, or not at all."""

import errno
import os
import shutil
import time
from urllib.parse import urlsplit

import pooch
import requests

from ..runtime import progress
from .contents import check
from .errors import ArchiveError, BadContent, DiskFull, NotThere, Refused
from .session import LONGEST_WAIT

SLOWEST = 1000  # bytes/s: a transfer below this for PATIENCE seconds counts as stalled
PATIENCE = 30.0
CHUNK = 1 << 12  # bytes: small, since a slow server is only noticed between two of them
WORTH_A_BAR = 20e6  # bytes
WORTH_RESUMING = 1 << 18  # bytes: a smaller file is fetched anew
RESERVE = 200e6  # bytes of disk that a fetch leaves free


def download(session, url, path, *, params=None, kind=None, sha256=None, shape=None):
    """Fetch one file: written beside, checked, then renamed, so that `path` is always a whole and valid file.

    Parameters
    ----------
    session : Session
    url : str
    path : Path
    params : dict, optional
        Of the query.
    kind : {"jpeg", "fits", "gzip", "tar", "hdf5"}, optional
        What it must be (`contents.check`).
    sha256 : str, optional
        Its hash, where it is known.
    shape : tuple of int, optional
        Of the image in a FITS file.

    Returns
    -------
    dict
        `bytes`, `sha256` and `url`.

    Raises
    ------
    NotThere, BadContent, Refused, DiskFull
        A file that the service does not have; one that stays bad; one that does not come; no space for it.
    """
    part = path.with_name(path.name + ".part")  # no `whole_file`: a later run goes on with it; the folder has a lock
    last = None
    for attempt in range(session.tries):
        if attempt:
            time.sleep(min(session.pause * 2 ** (attempt - 1), LONGEST_WAIT))
        try:
            asked = _stream(session, url, part, params)
            check(part, kind, shape=shape, url=asked)
            digest = pooch.file_hash(str(part))
            if sha256 and digest != sha256:
                raise BadContent(f"{asked} has SHA-256 {digest}, the registry says {sha256}")
            os.replace(part, path)
            _tag(part).unlink(missing_ok=True)
            return {"bytes": path.stat().st_size, "sha256": digest, "url": asked}
        except BadContent as error:
            _discard(part)
            last = error
        except requests.RequestException as error:  # in the body: what came may be gone on with
            last = error
        except OSError as error:
            _discard(part)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull(
                    f"no space left while writing {path}. What is complete stays usable: free some space and run the "
                    "same command again, it goes on from here."
                ) from error
            raise ArchiveError(
                f"cannot write {path} ({error}). Choose a folder you can write to: --out DIR."
            ) from error
    if isinstance(last, BadContent):
        raise BadContent(f"{last}; {session.tries} attempts. Try again later; if it stays so, tell the maintainers.")
    raise Refused(_gave_up(url, session.tries, last)) from last


def _gave_up(url, tries, why):
    return (
        f"{url} did not come in {tries} attempts ({why}). Check the network and the service's status, then run the "
        "same command again: it goes on where it stopped."
    )


def _stream(session, url, part, params):
    """Write the body to `part`, going on from what is there if the server still has the same file; the full URL."""
    tag = _tag(part)
    have = part.stat().st_size if part.exists() and tag.exists() else 0
    headers = {"Accept-Encoding": "identity"}  # bytes as they lie on the server, so that hashes compare
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": tag.read_text(encoding="utf-8")}
    try:
        response = session.get(url, params=params, headers=headers, stream=True)
    except requests.RequestException as error:  # `Retry` has tried again by now
        raise Refused(_gave_up(url, session.tries, error)) from error
    with response:
        if response.status_code in (404, 410):
            raise NotThere(f"{response.url} is not there (status {response.status_code})")
        resumed = response.status_code == 206
        if response.status_code == 416 or (
            resumed and not response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        ):
            raise BadContent(f"{response.url} is not what the part already here belongs to; it is fetched anew")
        if response.status_code >= 400:
            raise Refused(_gave_up(response.url, session.tries, f"status {response.status_code} {response.reason}"))
        stored = urlsplit(url).path.endswith((".gz", ".tgz"))
        if stored:  # servers call such a file itself an encoding of another: it is wanted as it lies there
            response.raw.headers.pop("Content-Encoding", None)
        etag = response.headers.get("ETag", "")
        large = int(response.headers.get("Content-Length", 0)) > WORTH_RESUMING
        large &= stored or response.headers.get("Content-Encoding", "identity") == "identity"  # ranges count its bytes
        if etag and not etag.startswith("W/") and large:
            tag.write_text(etag, encoding="utf-8")
        elif not resumed:
            tag.unlink(missing_ok=True)
        _copy(response, part, resumed)
        return response.url


def _copy(response, part, resumed):
    start, got = time.monotonic(), 0
    expected = int(response.headers.get("Content-Length") or -1)
    chunks = response.iter_content(CHUNK)
    if expected > WORTH_A_BAR:
        chunks = progress(chunks, f"{part.stem} (pieces of {CHUNK // 1024} kB)", total=-(-expected // CHUNK))
    with open(part, "ab" if resumed else "wb") as out:
        for chunk in chunks:
            out.write(chunk)
            got = response.raw.tell()  # on the wire: what was encoded without being asked is longer by now
            seconds = time.monotonic() - start
            if seconds > PATIENCE and got < SLOWEST * seconds:
                raise requests.Timeout(f"stalled: {got} bytes in {seconds:.0f} s")
    if expected >= 0 and got != expected:
        raise requests.ConnectionError(f"cut off after {got} of {expected} bytes")


def _tag(part):
    return part.with_name(part.name + ".etag")


def _discard(part):
    for file in (part, _tag(part)):
        file.unlink(missing_ok=True)


def need_space(folder, needed):
    """Raise `DiskFull` unless `folder` has room for `needed` bytes and a reserve.

    Parameters
    ----------
    folder : Path
        An existing folder.
    needed : float
        Bytes.
    """
    free = shutil.disk_usage(folder).free
    if free < needed + RESERVE:
        raise DiskFull(
            f"{folder} has {free / 1e6:,.0f} MB free, and this needs about {needed / 1e6:,.0f} MB (and "
            f"{RESERVE / 1e6:.0f} MB to spare). Nothing was fetched: ask for fewer with --n, or choose another --out."
        )
