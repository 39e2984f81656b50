"""Observed galaxies from public archives, fetched politely into the folder layout that `read_folder` reads.

On the command line ``python -m galmorph_helpers.archive list``, then ``fetch NAME`` and ``verify DIR``; ``pack`` and
``unpack`` make one file of some sets, for a class, and folders of it; the same as functions here. What can be fetched,
from where and whom to cite stands in `data/registry.toml`.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
