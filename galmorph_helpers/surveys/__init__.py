"""Surveys as a camera sees them, and how deep their images are."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
