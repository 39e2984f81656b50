"""Where a cutout has its galaxy, and what pixels and their resampling do to a star and to noise: by direct sums."""

from dataclasses import replace

import galsim
import numpy as np
import pytest
import torch

import galmorph_helpers as gm
from galmorph_helpers.imaging.camera import CENTRING, frequency_reach, observe
from galmorph_helpers.imaging.fourier import frequencies

SILENT = replace(gm.SDSS, sky_sigma=(0.0,) * 3, electrons=(1e9,) * 3, registration=0.0)


def point(size, n=1, *, reach=1.0, sigma=0.0):
    """Spectrum of a star, or of a round Gaussian, in the middle of a stamp."""
    kx, ky = frequencies(size, reach=reach)
    spectrum = torch.exp(-2 * (np.pi * sigma) ** 2 * (kx**2 + ky**2) - 1j * np.pi * (size - 1) * (kx + ky))
    return spectrum[:, None].expand(n, 3, -1, -1).to(torch.complex64)


def places(survey, size, n, pixel=None, **options):
    """Where a galaxy is found, stamp pixels from the middle, (n, bands, 2)."""
    scale = torch.full((n,), pixel or survey.pixel_scale)
    generator = torch.Generator().manual_seed(2)
    image = observe(1e3 * point(size, n, sigma=3.0), survey, scale, size=size, generator=generator, **options)
    at, total = torch.arange(size) - (size - 1) / 2, image.sum((2, 3))
    return torch.stack([(image.sum(axis) * at).sum(2) / total for axis in (2, 3)], -1)


# ---------------------------------------------------------------- centring


@pytest.mark.parametrize(("size", "pixel"), [(48, None), (64, 0.25), (96, 0.6)])
def test_a_cutout_is_always_off_by_a_share_of_its_side_and_scatters_by_another(size, pixel):
    """In sides of the stamp, whatever its pixels; right and down by as much; alike in all bands."""
    found = places(SILENT, size, 500, pixel) / size
    always, scatter = CENTRING
    torch.testing.assert_close(found[:, 0], found[:, 2], atol=1e-4, rtol=0)
    for axis in (0, 1):
        off = found[:, 1, axis]
        assert off.mean().item() == pytest.approx(always, abs=4 * scatter / 500**0.5)  # 4 sigma of the mean
        assert off.std().item() == pytest.approx(scatter, rel=0.13)  # 4 sigma of a width
    assert abs(np.corrcoef(found[:, 1].T)[0, 1]) < 4 / 500**0.5


def test_a_stamp_is_off_by_half_a_pixel_of_64_on_the_average():
    """Pixels are counted from their corners: the galaxy of a stamp of 64 lies at the corner of its middle pixels."""
    assert CENTRING[0] * 64 == pytest.approx(0.5, abs=0.02)


def test_without_noise_a_galaxy_is_in_the_middle():
    assert places(SILENT, 64, 2, noise=False).abs().max() < 2e-3


def test_bands_are_off_against_each_other_and_the_cutout_off_for_all():
    """Registration is a share of a native pixel, in arcsec; centring adds the same to every band."""
    survey = replace(SILENT, registration=0.6)
    found = places(survey, 64, 500, 0.3)
    width = 0.6 / 0.3  # stamp pixels
    apart = (found[:, 0] - found[:, 2]).ravel()
    assert apart.std().item() == pytest.approx(width / 6**0.5, rel=0.1)
    assert found[:, 1].mean().item() == pytest.approx(0.008 * 64, abs=4 * width / 12**0.5 / 1000**0.5)


# ---------------------------------------------------------------- pixels, and pixels of pixels


def weights(native, size, count, boxes=1):
    """What each of `count` native pixels gives to each of `size` stamp pixels along a row, about a common middle.

    Bicubic interpolation (Keys 1981, a = -1/2) at 40 points of a stamp pixel, and their mean; a second box blurs the
    points by a pixel more.
    """
    points = (np.arange(40) + 0.5) / 40 - 0.5
    if boxes == 2:
        points = (points[:, None] + points).ravel()
    out = np.zeros((size, count))
    for p in points:
        place = (np.arange(size) - (size - 1) / 2 + p) / native + (count - 1) / 2
        d = np.abs(place[:, None] - np.arange(count))
        near, far = 1.5 * d**3 - 2.5 * d**2 + 1, -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2
        out += np.where(d < 1, near, np.where(d < 2, far, 0)) / len(points)
    return out


def resampled_star(pixel, size, boxes=1):
    """A star of r = 15, drawn by GalSim on native pixels, then resampled as a sum over them."""
    scale = gm.SDSS.pixel_scale
    count = 2 * int(np.ceil(size * pixel / scale / 2)) + 8
    psf = galsim.Moffat(3.5, fwhm=gm.SDSS.psf_fwhm[1], flux=1000)
    native = psf.drawImage(nx=count, ny=count, scale=scale).array
    rows = weights(scale / pixel, size, count, boxes)
    return rows @ native @ rows.T * (pixel / scale) ** 2


@pytest.mark.parametrize("pixel", [0.2, 0.3, 0.45, 0.6])
def test_a_star_is_as_wide_as_a_sum_over_native_pixels_makes_it(pixel):
    """Interpolated, and averaged once: 1 % in L1, as against GalSim, and its size to .5 %; twice would be seen."""
    size = 64
    reach = float(frequency_reach(gm.SDSS, np.array([pixel]))[0])
    star = 1000 * point(size, reach=reach)
    mine = observe(star, gm.SDSS, torch.tensor([pixel]), size=size, noise=False)[0, 1].double().numpy()
    once, twice = (resampled_star(pixel, size, boxes) for boxes in (1, 2))
    off = np.abs(mine - once).sum() / once.sum()
    assert off < 0.01
    assert pixel < 0.25 or np.abs(mine - twice).sum() / once.sum() > max(0.01, 2 * off)  # .2": a box of little width
    at = np.arange(size) - (size - 1) / 2
    near = np.hypot(at, at[:, None]) * pixel < 3  # arcsec: all but its wings
    wide, expected = (
        np.sqrt((image * near * (at**2 + at[:, None] ** 2)).sum() / (image * near).sum()) for image in (mine, once)
    )
    assert wide == pytest.approx(expected, rel=0.005)


@pytest.mark.parametrize("pixel", [0.2, 0.3, 0.45, 0.6])
def test_noise_of_a_resampling_is_that_of_a_sum_over_native_pixels(pixel):
    """White noise of native pixels, interpolated and averaged: how strong, and how like its neighbour's."""
    native = gm.SDSS.pixel_scale / pixel
    images = observe(
        torch.zeros(200, 3, 80, 41, dtype=torch.complex64),
        gm.SDSS,
        torch.full((200,), pixel),
        generator=torch.Generator().manual_seed(0),
    )
    images = images - images.mean((2, 3), keepdim=True)
    rows = weights(native, 64, int(64 / native) + 8)
    one = (rows**2).sum(1).mean()
    expected = np.array(gm.SDSS.sky_sigma) * one / native**2
    np.testing.assert_allclose(images.std((0, 2, 3)), expected, rtol=0.03)
    lag = (images[..., 1:] * images[..., :-1]).mean() / images.square().mean()
    assert lag.item() == pytest.approx((rows[1:] * rows[:-1]).sum(1).mean() / one, abs=0.03)
