"""Files that arrive whole and checked, or not at all."""

import errno
import os
import re
import shutil
import time
from urllib.parse import urlsplit

import pooch
import requests
from urllib3.exceptions import HTTPError

from ..runtime import progress
from .contents import check
from .errors import ArchiveError, BadContent, DiskFull, NotThere, Refused
from .session import LONGEST_WAIT

SLOWEST = 1000  # bytes/s: a transfer below this for PATIENCE seconds counts as stalled
PATIENCE = 30.0
CHUNK = 1 << 16  # bytes read at once, at most
MOST = {"jpeg": 1 << 26, "fits": 1 << 30, "bundle": 1 << 31}  # bytes of a file: an answer may have no end
MOST_ELSE = 4 << 30
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
    kind : {"jpeg", "png", "fits", "gzip", "tar", "hdf5", "bundle"}, optional
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
    last, end = None, time.monotonic() + session.within
    for attempt in range(session.tries):
        if attempt:
            pause = min(session.pause * 2 ** (attempt - 1), LONGEST_WAIT)
            if time.monotonic() + pause > end:
                raise Refused(_gave_up(url, attempt, last)) from last
            time.sleep(pause)
        try:
            asked = _stream(session, url, part, params, end, MOST.get(kind, MOST_ELSE))
            check(part, kind, shape=shape, url=asked)
            digest = pooch.file_hash(str(part))
            if sha256 and digest != sha256:
                raise BadContent(f"{asked} has SHA-256 {digest}, {sha256} was expected")
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
            raise not_written(error, path) from error
    if isinstance(last, BadContent):
        raise BadContent(f"{last}; {session.tries} attempts. Try again later; if it stays so, tell the maintainers.")
    raise Refused(_gave_up(url, session.tries, last)) from last


def not_written(error, path):
    """The `ArchiveError` for an `OSError`."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(
            f"no space left while writing {path}. What is complete stays usable: free some space and run the same "
            "command again, it goes on from here."
        )
    return ArchiveError(f"cannot write {path} ({error}). Choose a folder you can write to: --out DIR.")


def _gave_up(url, tries, why):
    return (
        f"{url} did not come in {tries} attempts ({why}). Check the network and the service's status, then run the "
        "same command again: it goes on where it stopped."
    )


def _stream(session, url, part, params, end, most):
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
        large = (_length(response) or 0) > WORTH_RESUMING
        large &= stored or response.headers.get("Content-Encoding", "identity") == "identity"  # ranges count its bytes
        if etag and not etag.startswith("W/") and large:
            tag.write_text(etag, encoding="utf-8")
        elif not resumed:
            tag.unlink(missing_ok=True)
        _copy(response, part, resumed, end, most)
        return response.url


def _length(response):
    """Bytes that the server says it sends; None where it does not say."""
    text = response.headers.get("Content-Length")
    if text is not None and not re.fullmatch("[0-9]{1,15}", text.strip()):
        raise BadContent(f"{response.url} says that its length is {text[:40]!r}")
    return None if text is None else int(text)


def _copy(response, part, resumed, end, most):
    start, got = time.monotonic(), 0
    expected = _length(response)
    with open(part, "ab" if resumed else "wb") as out:
        large = (expected or 0) > WORTH_A_BAR
        bar = progress(None, f"{part.stem} (bytes)", total=expected) if large else None
        for piece in _pieces(response):
            out.write(piece)
            if bar is not None:
                bar.update(len(piece))
            got = response.raw.tell()  # on the wire: what was encoded without being asked is longer by now
            now = time.monotonic()
            if out.tell() > most:
                raise BadContent(f"{response.url} sends over {most / 1e6:,.0f} MB, more than such a file has")
            if now > end:
                raise Refused(f"{response.url} did not come in time ({got} bytes in {now - start:.0f} s): ask later")
            if now - start > PATIENCE and got < SLOWEST * (now - start):
                raise requests.Timeout(f"stalled: {got} bytes in {now - start:.0f} s")
        if bar is not None:
            bar.close()
    if expected is not None and got != expected:
        raise requests.ConnectionError(f"cut off after {got} of {expected} bytes")


def _pieces(response):
    """What has come, as soon as it has come: who waits for a whole piece does not notice a byte a second."""
    if not hasattr(response.raw, "read1"):  # urllib3 before 2.1
        yield from response.iter_content(1 << 10)
        return
    try:
        while piece := response.raw.read1(CHUNK, decode_content=True):
            yield piece
    except (HTTPError, ValueError) as error:
        raise requests.ConnectionError(str(error)) from error


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
