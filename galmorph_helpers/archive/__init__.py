"""Observed galaxies from public archives, fetched politely into the folder layout that `read_folder` reads.

On the command line ``python -m galmorph_helpers.archive list``, then ``fetch NAME`` and ``verify DIR``; the same as
functions here. What can be fetched, from where and whom to cite stands in `data/registry.toml`.
"""

from .errors import ArchiveError
from .fetching import estimate, fetch
from .layout import verify
from .registry import find_set, load_registry
from .tables import join_by_position

__all__ = ["ArchiveError", "estimate", "fetch", "find_set", "join_by_position", "load_registry", "verify"]
