"""What can be fetched: `data/registry.toml`, read once."""

import difflib
import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path

import pooch

from ..weights import DATA
from .errors import ArchiveError

FILE = DATA / "registry.toml"

#: SHA-256 of the registry, checked where it has to be downloaded (tested against the file in the repository).
SHA256 = "5feee40cca47684e48384fe458d684408945efe5cf448a9597d791c3c550b428"


@cache
def load_registry():
    """The registry as a dict: `rates` (requests a second by host), `cutouts`, `catalogues` and `sets`.

    A wheel has no `data/`: then the file is fetched once from the repository and its hash is checked.
    """
    file = FILE if FILE.exists() else _download()
    return tomllib.loads(Path(file).read_text(encoding="utf-8"))


def find_set(name):
    """The entry of a set, with the catalogue and the cutout service that it names put in their places.

    Parameters
    ----------
    name : str
        As ``python -m galmorph_helpers.archive list`` prints it.

    Returns
    -------
    dict
        The entry, with `name`, `licence` and `citation` (lists, of everything it is made of).

    Raises
    ------
    ArchiveError
        If there is no such set; the message names those that are like it.
    """
    registry = load_registry()
    if name not in registry["sets"]:
        like = difflib.get_close_matches(str(name), registry["sets"], n=3, cutoff=0.4) or sorted(registry["sets"])
        raise ArchiveError(
            f"there is no set {name!r} to fetch. Did you mean {', '.join(like)}? "
            "`python -m galmorph_helpers.archive list` shows all of them."
        )
    entry = {"name": name, **registry["sets"][name]}
    for key, section in (("catalogue", "catalogues"), ("cutouts", "cutouts")):
        if key in entry:
            entry[key] = {"name": entry[key], **registry[section][entry[key]]}
    about = [
        part for part in (entry.get("about"), entry.get("catalogue", {}).get("about"), entry.get("cutouts")) if part
    ]
    entry["licence"] = list(dict.fromkeys(part["licence"] for part in about))
    entry["citation"] = list(dict.fromkeys(work for part in about for work in part["citation"]))
    return entry


def _download():
    urls = dict(url.split(", ", 1) for url in metadata.metadata("galmorph-helpers").get_all("Project-URL") or [])
    if "Repository" not in urls:
        raise ArchiveError(
            f"the list of sets is not at {FILE}. Reinstall the package, or work in a clone of the course."
        )
    url = urls["Repository"].replace("github.com", "raw.githubusercontent.com") + "/main/data/registry.toml"
    return pooch.retrieve(url, known_hash=SHA256, path=pooch.os_cache("galmorph_helpers"), fname="registry.toml")
