"""Where the package writes, and what it reads by a name that somebody else gave: every file goes through here."""

import os
import re
import secrets
import time
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

GONE = 86_400  # s: nobody still writes a file that was not touched for a day


@contextmanager
def whole_file(path):
    """A place to write to, which becomes `path` at the end: others see the old file or the whole new one, never half.

    Parameters
    ----------
    path : str or Path
        A file of that name is replaced.

    Yields
    ------
    Path
        `.NAME.RANDOM.part` beside it: no other writer has the same, be it a thread, a process, or another machine.
        (`tempfile.mkstemp` would do it, too, but only its owner may read what that makes.) After an error it is gone.
    """
    path = Path(path)
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        yield part
        os.replace(part, path)
    except OSError as error:
        if error.filename is None and error.errno is not None:  # as of a full disk
            error.filename = str(path)
        raise
    finally:
        with suppress(OSError):  # none is left if all went well
            part.unlink()


def sweep(folder):
    """Remove what killed writers left in a folder. What was touched within a day may be another's work, and stays.

    Parameters
    ----------
    folder : str or Path
    """
    for part in Path(folder).glob(".*.part"):
        with suppress(OSError):  # another process sweeps, too
            if time.time() - part.stat().st_mtime > GONE:
                part.unlink()


def cache_folder(*parts):
    """Folder (or a path in it) for what can be fetched or computed again; nothing is made there.

    Parameters
    ----------
    *parts : str
        Names below it.

    Returns
    -------
    Path
        Below `GALMORPH_CACHE` if that is set, else below the user's cache folder.
    """
    if os.environ.get("GALMORPH_CACHE"):
        return Path(os.environ["GALMORPH_CACHE"]).joinpath(*parts)
    import pooch  # brings the machinery of downloads: only who has no folder of his own pays

    return Path(pooch.os_cache("galmorph")).joinpath(*parts)


def leaves(name):
    """Could a file's name lead out of its folder: is it absolute, or has it `..`, a drive, or a backslash?

    Examples
    --------
    >>> leaves("../secret.txt"), leaves("images/1.jpg")
    (True, False)
    """
    parts = PurePosixPath(name)
    return parts.is_absolute() or ".." in parts.parts or bool(re.match(r"[A-Za-z]:|.*[\\\0]", name, re.DOTALL))


def inside(folder, name):
    """The path of a file that a table names, or None if it does not lie in the folder, by its name or by a link.

    Parameters
    ----------
    folder : str or Path
    name : str
        Relative to the folder, with `/` between folders.
    """
    if leaves(name) or not Path(os.path.realpath(Path(folder) / name)).is_relative_to(os.path.realpath(folder)):
        return None
    return Path(folder) / name


#: Stored results, weights, tables and the registry: in the package where it is installed, beside it in a clone.
DATA = Path(__file__).with_name("data")
DATA = DATA if DATA.is_dir() else Path(__file__).parents[1] / "data"


def shipped(path):
    """A file of the course's data folder, by its path in there, such as "transfer_mock.csv"; it ships with the package.

    Parameters
    ----------
    path : str

    Returns
    -------
    pathlib.Path

    Raises
    ------
    FileNotFoundError
        If the folder has no such file.

    Examples
    --------
    >>> shipped("registry.toml").name
    'registry.toml'
    """
    file = DATA / path
    if not file.exists():
        raise FileNotFoundError(
            f"no {path} in {DATA}: check the name, or make the file anew (`make weights`; the cards name commands)."
        )
    return file
