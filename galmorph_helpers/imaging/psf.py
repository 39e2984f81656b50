"""The point-spread function: how a point is blurred. Its width in each band is the survey's (`Survey.psf_fwhm`)."""

from math import pi

import torch


def moffat_transform(k, fwhm):
    """Fourier transform of a Moffat PSF of index 3.5 and unit flux: (1 + x + x^2 / 3) exp(-x), x = 2 pi k alpha.

    Half-integer indices have such a closed form (the Matérn covariances); 3.5 lies in the observed range of 2.5 to 4.8.

    Parameters
    ----------
    k : torch.Tensor
        Spatial frequency, cycles per pixel.
    fwhm : torch.Tensor or float
        Full width at half maximum, pixels; alpha = fwhm / (2 sqrt(2^(1/3.5) - 1)).
    """
    x = k * (fwhm * (pi / (2 ** (1 / 3.5) - 1) ** 0.5))
    return torch.addcmul(x, x, x, value=1 / 3).add_(1).mul_(x.neg_().exp_())
