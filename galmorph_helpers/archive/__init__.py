"""Observed galaxies from public archives, fetched politely into the folder layout that `read_folder` reads.

On the command line ``python -m galmorph_helpers.archive list``, then ``fetch NAME`` and ``verify DIR``; the same as
functions here. What can be fetched, from where and whom to cite stands in `data/registry.toml`.
"""

from .columns import join_by_position
from .errors import ArchiveError
from .fetching import estimate, fetch
from .layout import verify
from .registry import known_set, load_registry

__all__ = ["ArchiveError", "estimate", "fetch", "join_by_position", "known_set", "load_registry", "verify"]
