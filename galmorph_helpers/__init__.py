"""Helpers of the course *Galaxy morphology with deep learning*: ``import galmorph_helpers as gm``.

What is used daily stands here; the rest by its room, such as ``gm.spectra.principal_components``.
Everything is loaded when it is first used, so importing costs nothing.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)

__version__ = "0.1.0"
