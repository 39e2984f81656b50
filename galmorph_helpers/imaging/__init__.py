"""From light to pixels: PSF, camera, stretch, distance, emulation. It knows no mock sky."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
