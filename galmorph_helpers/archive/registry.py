"""What can be fetched: `data/registry.toml`, read once."""

import difflib
import tomllib
from functools import cache

from ..files import shipped
from .errors import ArchiveError

POLITE = 1.0  # requests a second to a host that the registry does not name


@cache
def load_registry():
    """The registry as a dict: `rates` (requests a second by host), `cutouts`, `catalogues` and `sets`."""
    return tomllib.loads(shipped("registry.toml").read_text(encoding="utf-8"))


def known_set(name):
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
