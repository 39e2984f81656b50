"""Emulation: photometry, sizes, noise, PSFs, FITS; each bad input; the rooms around it."""

import os
from dataclasses import replace
from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
import torch
from astropy.cosmology import FlatLambdaCDM
from astropy.io import fits
from astropy.table import QTable
from astropy.wcs import WCS
from hypothesis import given, settings
from hypothesis import strategies as st

import galmorph_helpers as gm
from galmorph_helpers.imaging import stamps
from galmorph_helpers.imaging.camera import observe
from galmorph_helpers.imaging.kcorrection import FAMILY, family_magnitudes, template
from galmorph_helpers.mock.demographics import smoothed
from galmorph_helpers.mock.rendering import light

COSMOLOGY = FlatLambdaCDM(70, 0.3)  # not the helper's object: an independent one
R_ONLY = replace(gm.DES, bands=("r",), psf_fwhm=(0.96,), sky_sigma=(0.0036,), electrons=(9000.0,))
SCALE = 0.263


@pytest.fixture(scope="module")
def clean():
    """Noise-free, lonely DES galaxies at z near 0.05 on native pixels, and the catalogue they were drawn from."""
    table = gm.population(40, seed=3, magnitude_limit=17.77, seeing=0.96)
    table["redshift"] = np.linspace(0.05, 0.1, 40)
    table["half_light_radius"] = table["half_light_radius"].clip(1.5 * u.arcsec, 3.0 * u.arcsec)
    for part in ("bulge_radius", "disc_radius"):
        table[part] = table[part].clip(0.8 * u.arcsec, 3.0 * u.arcsec)
    scale = np.full(len(table), SCALE)
    spectrum = light(table, scale, size=160, seed=3, field=False)
    images = observe(spectrum, gm.DES, torch.as_tensor(scale), size=160, noise=False)
    rows = table.copy()
    rows["pixel_scale"] = scale * u.arcsec
    rows.remove_column("r90")
    return gm.GalaxySample(images, rows, gm.DES, "mock", "clean", pixels="flux"), table


def radius(images, pixel_scale):
    """Half-light radius, arcsec, of circles about the stamp's centre."""
    side = images.shape[-1]
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    order = np.argsort(np.hypot(x, y).ravel(), kind="stable")
    r = np.hypot(x, y).ravel()[order]
    out = []
    for image in np.asarray(images, float):
        growth = np.cumsum(image.ravel()[order])
        out.append(np.interp(0.5, growth / growth[-1], r) * pixel_scale)
    return np.array(out)


# ---------------------------------------------------------------- the laws


@pytest.mark.parametrize("z_new", [0.1, 0.3, 0.5, 1.0])
def test_magnitudes_fall_by_the_luminosity_distance(clean, z_new):
    sample, _ = clean
    k = np.array([0.4, 0.2, 0.1])
    moved = gm.emulate(sample, z_new=z_new, noise=False, k_correction=k)
    z = sample.table["redshift"]
    measured = -2.5 * np.log10((moved.images.sum((2, 3)) / sample.images.sum((2, 3))).numpy())
    distance = 5 * np.log10(COSMOLOGY.luminosity_distance(z_new) / COSMOLOGY.luminosity_distance(z))
    np.testing.assert_allclose(measured, distance[:, None] + k, atol=0.02)


def test_the_other_distance_would_be_noticed():
    wrong = 5 * np.log10(COSMOLOGY.angular_diameter_distance(0.5) / COSMOLOGY.angular_diameter_distance(0.05))
    assert gm.imaging.dimming(0.05, 0.5) - wrong > 1


@pytest.mark.parametrize("z_new", [0.1, 0.3, 1.0])
def test_sizes_shrink_by_the_angular_diameter_distance(clean, z_new):
    # A survey whose PSF and pixel shrink alike: what changes is the galaxy's size alone.
    sample = clean[0][:8]
    sample.table["redshift"] = np.full(8, 0.1)
    shrunk = (COSMOLOGY.angular_diameter_distance(0.1) / COSMOLOGY.angular_diameter_distance(z_new)).value
    sharp = replace(gm.DES, psf_fwhm=tuple(shrunk * f for f in gm.DES.psf_fwhm), pixel_scale=SCALE * shrunk)
    moved = gm.emulate(sample, z_new=z_new, survey=sharp, noise=False)
    ratio = radius(moved.images[:, 1], sharp.pixel_scale) / radius(sample.images[:, 1], SCALE)
    np.testing.assert_allclose(ratio, shrunk, rtol=0.03)


def test_bolometric_surface_brightness_falls_as_one_plus_z_to_the_fourth(clean):
    sample, _ = clean
    sample = sample[:8]
    sample.table["redshift"] = np.full(8, 0.05)
    for z_new in (0.1, 0.5, 1.0):
        shrunk = float(gm.imaging.shrinkage(0.05, z_new))
        sharp = replace(gm.DES, psf_fwhm=tuple(shrunk * f for f in gm.DES.psf_fwhm), pixel_scale=SCALE * shrunk)
        moved = gm.emulate(sample, z_new=z_new, survey=sharp, k_correction=False, noise=False)
        middle = slice(70, 90)
        before = sample.images[:, 1, middle, middle].sum((1, 2)) / SCALE**2
        after = moved.images[:, 1, middle, middle].sum((1, 2)) / sharp.pixel_scale**2
        np.testing.assert_allclose(after / before, ((1 + z_new) / 1.05) ** -4, rtol=0.03)


def test_agrees_with_galaxies_drawn_at_the_new_redshift(clean):
    """Truth that no emulated pixel enters: the catalogue drawn again, smaller and fainter."""
    sample, table = clean
    z_new = 0.3
    moved = gm.emulate(sample, z_new=z_new, k_correction=False, noise=False)
    far, shrunk = table.copy(), gm.imaging.shrinkage(table["redshift"], z_new)
    for part in ("half_light_radius", "bulge_radius", "disc_radius"):
        far[part] = far[part] * shrunk
    far["r_mag"] = far["r_mag"] + gm.imaging.dimming(table["redshift"], z_new) * u.mag
    # Arms and knots are drawn at random per drawing, and so are shells and companions.
    same = (table["t_type"] == -3) & (table["shell_light"] == 0) & (table["satellites"] == 0)
    smooth = np.flatnonzero(np.asarray(same))
    assert len(smooth) >= 4
    side, scale = moved.images.shape[-1], np.full(len(smooth), SCALE)
    drawn = observe(
        light(far[smooth], scale, size=side, field=False), gm.DES, torch.as_tensor(scale), size=side, noise=False
    )
    difference = (moved.images[smooth] - drawn)[:, 1].abs().sum((1, 2)) / drawn[:, 1].sum((1, 2))
    assert difference.max() < 0.02


@pytest.mark.parametrize("pixel", [0.3, 0.45])
def test_stamps_of_other_than_native_pixels_are_freed_of_what_made_them(pixel):
    """Moved nowhere, from resampled stamps to native pixels behind a wider PSF: as if drawn there, to .1 %."""
    table = gm.population(60, seed=5, magnitude_limit=16.0)
    table = smoothed(table[table["t_type"] == -3][:6])  # what is drawn on pixels is other on others
    for name in ("half_light_radius", "bulge_radius", "disc_radius"):
        table[name] = table[name].clip(0.6 * u.arcsec, 0.8 * u.arcsec)  # all of their light is in the stamp
    target = replace(gm.SDSS, psf_fwhm=(2.0, 2.0, 2.0))

    def drawn(survey, scale, side):
        reach = float(gm.imaging.camera.frequency_reach(survey, [scale])[0])
        spectrum = light(table, np.full(len(table), scale), size=side, field=False, reach=reach)
        return observe(spectrum, survey, torch.full((len(table),), scale), size=side, noise=False)

    rows = table.copy()
    rows["pixel_scale"] = np.full(len(table), pixel) * u.arcsec
    rows.remove_column("r90")
    near = gm.GalaxySample(drawn(gm.SDSS, pixel, 160), rows, gm.SDSS, "mock", "near", pixels="flux")
    moved = gm.emulate(
        near, z_new=np.asarray(table["redshift"]), survey=target, k_correction=False, noise=False, size=96
    )
    expected = drawn(target, gm.SDSS.pixel_scale, 96)
    difference = (moved.images - expected)[:, 1].abs().sum((1, 2)) / expected[:, 1].sum((1, 2))
    assert difference.max() < 0.001  # .0001 and .0002; .002 to .006 were pixels averaged twice


def test_labels_stay_and_columns_follow(clean):
    sample, _ = clean
    moved = gm.emulate(sample, z_new=0.4, noise=False)
    assert (moved.table["ltg"] == sample.table["ltg"]).all() and (moved.table["redshift"] == 0.4).all()
    np.testing.assert_allclose(
        (moved.table["r_mag"] - sample.table["r_mag"]).value, moved.table["magnitudes_lost"][:, 1].value
    )
    np.testing.assert_allclose(
        moved.table["half_light_radius"], sample.table["half_light_radius"] * moved.table["shrinkage"]
    )
    assert moved.survey is gm.DES and moved.origin == "mock" and len(moved) == len(sample)


@settings(max_examples=10, deadline=None)
@given(side=st.integers(64, 90), width=st.integers(64, 90), z_new=st.floats(0.05, 0.15))
def test_flux_and_centre_of_odd_and_even_stamps(side, width, z_new):
    y, x = np.mgrid[:side, :width]
    r2 = (x - (width - 1) / 2) ** 2 + (y - (side - 1) / 2) ** 2
    image = torch.as_tensor(np.exp(-r2 / 18)[None, None], dtype=torch.float32)
    sample = stamps(image, redshift=0.05, pixel_scale=SCALE, psf=0.9)
    moved = gm.emulate(sample, z_new=z_new, survey=R_ONLY, noise=False)
    expected = image.sum() * 10 ** (-0.4 * gm.imaging.dimming(0.05, z_new))
    out = moved.images[0, 0]
    assert out.sum() == pytest.approx(float(expected), rel=0.01)
    position = out.sum(0) @ torch.arange(out.shape[1]).float() / out.sum() - (out.shape[1] - 1) / 2
    assert abs(float(position)) < 0.02


def test_evolution_is_added_to_the_templates_k_correction(clean):
    sample = clean[0][:4]
    k = gm.imaging.sample_k_correction(sample, z_new=0.4)
    as_ever, plain = (gm.emulate(sample, z_new=0.4, noise=False, k_correction=k_) for k_ in (True, k))
    brighter = gm.emulate(sample, z_new=0.4, noise=False, k_correction=k - 0.5)
    torch.testing.assert_close(as_ever.images, plain.images)
    torch.testing.assert_close(brighter.images, plain.images * 10**0.2)


def test_pictures_of_a_sample_in_flux(clean):
    sample = clean[0][:3]
    picture = gm.imaging.coloured(sample)
    scale = torch.full((3,), SCALE)
    torch.testing.assert_close(picture.images, gm.colour_image(sample.images, gm.DES, scale))
    assert picture.pixels == "colour" and sample.pixels == "flux"
    with pytest.raises(ValueError, match="coloured needs flux"):
        gm.imaging.coloured(picture)
    with pytest.raises(ValueError, match="survey of the sample is not known"):
        gm.imaging.coloured(replace(sample, survey=None))


def test_same_place_same_image(clean):
    sample, _ = clean
    moved = gm.emulate(sample[:5], z_new=sample.table["redshift"][:5], noise=False)
    torch.testing.assert_close(moved.images, sample.images[:5], atol=2e-3, rtol=1e-2)


# ---------------------------------------------------------------- noise


@pytest.mark.parametrize("correlated", [False, True])
def test_noise_of_the_old_image_counts_towards_the_new_sky(correlated):
    sky = torch.randn((24, 1, 128, 128), generator=torch.Generator().manual_seed(1)) * 0.012
    if correlated:
        sky = torch.nn.functional.avg_pool2d(sky, 3, 1, 1) * 2
    sky = stamps(sky, redshift=0.1, pixel_scale=SCALE, psf=0.96)
    options = {"z_new": 0.16, "survey": R_ONLY}
    moved = gm.emulate(sky, **options)
    inner = moved.images[:, 0, 20:-20, 20:-20]
    inner = inner - inner.mean((1, 2), keepdim=True)
    kept = moved.table["noise_kept"]
    assert 0.2 < kept.mean() < 0.95, "the test must have noise to handle"
    assert float(inner.std()) == pytest.approx(0.0036, rel=0.1 if correlated else 0.05)
    alone = gm.emulate(sky, **options, noise=False).images[:, 0, 20:-20, 20:-20]
    assert float(alone.std()) / 0.0036 == pytest.approx(kept.mean(), rel=0.2 if correlated else 0.1)


def test_seeds_repeat(clean):
    sample, _ = clean
    first, again, other = (gm.emulate(sample[:2], z_new=0.2, seed=s).images for s in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)


# ---------------------------------------------------------------- bad input


def bad(match, images=None, *, z_new=0.2, **known):
    images = torch.rand(2, 1, 64, 64) if images is None else images
    sample = stamps(images, **{"redshift": 0.1, "pixel_scale": SCALE, "psf": 0.96} | known)
    with pytest.raises(ValueError, match=match):
        gm.emulate(sample, z_new=z_new, survey=R_ONLY)


def test_z_new_below_z():
    bad("z_new must be at least the galaxy's redshift.*galaxy 1 has 0.05", z_new=[0.2, 0.05])


@pytest.mark.parametrize("z", [0.0, -0.1, np.nan])
def test_z_not_positive(z):
    bad("redshift must be > 0", redshift=z)


@pytest.mark.parametrize("scale", [0.0, -0.263])
def test_pixel_scale_not_positive(scale):
    bad("pixel_scale must be > 0", pixel_scale=scale)


def test_nan_pixels():
    images = torch.rand(3, 1, 64, 64)
    images[1, 0, 3, 4] = float("nan")
    bad("1 images have pixels that are not finite, the first is number 1", images=images)


def test_stamp_too_small_once_shrunk():
    bad("stamp of galaxy 0 is only .* native pixels wide", redshift=0.02, z_new=0.9)


def test_psf_that_cannot_be_matched():
    bad("PSF of galaxy 0.*broader than the new survey's", psf=3.0)


def test_plain_images_wrong_bands_and_empty_psfs():
    with pytest.raises(ValueError, match="images alone have no redshift"):
        gm.emulate(torch.rand(1, 1, 64, 64), z_new=0.2)
    bad("images of 3 bands", images=torch.rand(1, 3, 64, 64))
    bad("finite, with a positive sum", psf=np.zeros((5, 5)))


# ---------------------------------------------------------------- spectra


def test_k_correction_is_zero_at_rest_and_largest_for_old_stars_in_the_blue():
    z = [0.0, 0.3]
    none = gm.imaging.k_correction(z, z, family=[0.0, 2.0], survey=gm.DES)
    np.testing.assert_allclose(none, 0, atol=1e-12)
    old, young = (gm.imaging.k_correction([0.0], [0.3], family=[f], survey=gm.SDSS)[0] for f in (0.0, 3.0))
    assert old[0] > old[1] > old[2] > -0.1 and old[0] > 1 and (young < old).all()


def ab_magnitude(wavelength, flux, curve, *, redshift=0.0):
    """AB magnitude of a spectrum moved to a redshift (Hogg+2002), by a sum over the filter's own wavelengths."""
    at = np.linspace(curve.wavelength[0], curve.wavelength[-1], 600)
    response = np.interp(at, curve.wavelength, curve.response)
    seen = np.interp(at / (1 + redshift), wavelength, flux) / (1 + redshift)
    return -2.5 * np.log10(np.sum(at * seen * response) / np.sum(response / at))


def test_a_flat_spectrum_in_frequency_brightens_by_one_plus_z():
    # f_nu constant: L_nu(nu (1+z)) (1+z) = L_nu (1+z), K = -2.5 log10(1+z).
    from speclite.filters import load_filter

    wavelength = np.linspace(800, 20000, 8000)
    curve = load_filter("decam2014-r")
    at_rest, moved = (ab_magnitude(wavelength, wavelength**-2, curve, redshift=z) for z in (0, 1.0))
    assert moved - at_rest == pytest.approx(-2.5 * np.log10(2), abs=1e-3)


@pytest.mark.parametrize("survey", [gm.SDSS, gm.DES], ids=lambda s: s.name)
def test_k_corrections_are_those_of_a_sum_by_hand(survey):
    from speclite.filters import load_filter

    z = np.arange(0, 1.5, 0.1)
    ours = family_magnitudes(z, survey)
    for k, name in enumerate(FAMILY):
        for b, band in enumerate(survey.bands):
            curve = load_filter(f"{survey.filters}-{band}")
            by_hand = np.array([ab_magnitude(*template(name), curve, redshift=one) for one in z])
            np.testing.assert_allclose(ours[:, k, b] - ours[0, k, b], by_hand - by_hand[0], atol=0.005)


def test_spectral_family_finds_the_template_back():
    from speclite.filters import load_filter

    for number, name in enumerate(FAMILY):
        g, r = (ab_magnitude(*template(name), load_filter(f"decam2014-{b}"), redshift=0.1) for b in "gr")
        assert gm.imaging.kcorrection.spectral_family([g - r], [0.1], gm.DES)[0] == pytest.approx(number, abs=0.05)


def test_redshift_for_magnitude(clean):
    _, table = clean
    z = gm.imaging.redshift_for_magnitude(table, 20.5, survey=gm.DES)
    family = gm.imaging.kcorrection.spectral_family(table["g_r"].value, table["redshift"], gm.DES)
    k = gm.imaging.k_correction(table["redshift"], z, family=family, survey=gm.DES)[:, 1]
    np.testing.assert_allclose(table["r_mag"].value + gm.imaging.dimming(table["redshift"], z) + k, 20.5, atol=0.01)
    with pytest.raises(ValueError, match="no filter curves .* give the survey `filters`"):
        gm.imaging.kcorrection.spectral_family([0.5], [0.1], replace(gm.DES, filters=None))
    with pytest.raises(ValueError, match="redshifts 0 to 1.5"):
        gm.imaging.k_correction([0.1], [2.0], family=[0], survey=gm.DES)


# ---------------------------------------------------------------- FITS


@pytest.fixture
def stored(tmp_path):
    """A small FITS image with a WCS, and what its header says."""
    y, x = np.mgrid[:81, :90]
    data = np.exp(-((x - 44.5) ** 2 + (y - 40) ** 2) / 50).astype(np.float32) + 1e-6
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], [150.0, 2.0], [30.0, 20.0]
    wcs.wcs.cd = np.array([[-0.263, 0.0], [0.0, 0.263]]) / 3600
    header = wcs.to_header()
    header["BUNIT"] = "nanomaggy"
    path = tmp_path / "in.fits"

    def write(data=data, header=header):
        fits.writeto(path, data, header, overwrite=True)
        return path

    write.data, write.header, write.out = data, header, tmp_path / "out.fits"
    return write


FITS = {"z": 0.05, "z_new": 0.15, "psf": 0.9, "survey": R_ONLY}


def test_fits_in_fits_out(stored):
    path = gm.imaging.emulate_fits(stored(), stored.out, noise=False, **FITS)
    with fits.open(path) as hdus:
        header, image = hdus[0].header, hdus[0].data
    lost = float(gm.imaging.dimming(0.05, 0.15))
    assert image.sum() == pytest.approx(stored.data.sum() * 10 ** (-0.4 * lost), rel=0.01)
    assert (header["BUNIT"], header["Z"], header["Z_ORIG"]) == ("nanomaggy", 0.15, 0.05)
    assert header["PIXSCALE"] == 0.263 and any(f"{lost:.3f}" in line for line in header["HISTORY"])
    old, new = WCS(stored.header), WCS(header)
    centre = [[(n - 1) / 2 for n in shape[::-1]] for shape in (stored.data.shape, image.shape)]
    np.testing.assert_allclose(new.wcs_pix2world([centre[1]], 0), old.wcs_pix2world([centre[0]], 0), atol=1e-7)
    np.testing.assert_allclose(new.pixel_scale_matrix * 3600, [[-0.263, 0], [0, 0.263]], atol=1e-6)
    with pytest.raises(FileExistsError, match="overwrite=True"):
        gm.imaging.emulate_fits(stored(), stored.out, **FITS)


def test_fits_without_wcs(stored):
    with pytest.raises(ValueError, match="no celestial WCS"):
        gm.imaging.emulate_fits(stored(header=fits.Header()), stored.out, **FITS)


def test_fits_with_missing_pixels(stored):
    data = stored.data.copy()
    data[:6, :6], data[10, 10] = 0, np.nan
    with pytest.raises(ValueError, match="37 of 7290 pixels are missing"):
        gm.imaging.emulate_fits(stored(data=data), stored.out, **FITS)
    with fits.open(gm.imaging.emulate_fits(stored(data=data), stored.out, missing="mask", **FITS)) as hdus:
        mask = hdus["MASK"].data
        assert mask.shape == hdus[0].data.shape and mask[0, 0] == 1 and mask[len(mask) // 2, len(mask) // 2] == 0
        assert np.isfinite(hdus[0].data).all()
    one_band = np.stack([stored.data] * 3)
    one_band[0, 40:, :] = 0  # missing in g alone: a hole, not a red galaxy
    assert gm.imaging.read_fits(stored(data=one_band), missing="mask")[1].sum() == 41 * 90


def test_fits_of_another_unit_or_shape(stored):
    header = stored.header.copy()
    header["BUNIT"] = "ELECTRONS"
    with pytest.raises(ValueError, match="give zero_point"):
        gm.imaging.emulate_fits(stored(header=header), stored.out, **FITS)
    assert gm.imaging.emulate_fits(stored(header=header), stored.out, zero_point=25.0, **FITS).exists()
    with pytest.raises(ValueError, match="no image"):
        gm.imaging.read_fits(stored(data=np.zeros((2, 2, 8, 8), np.float32)))
    with pytest.raises(ValueError, match="bands"):
        gm.imaging.emulate_fits(stored(), stored.out.with_name("b.fits"), **FITS | {"survey": gm.DES})
    with pytest.raises(ValueError, match="missing must be"):
        gm.imaging.read_fits(stored(), missing="drop")


def test_hubble_galaxy_agrees_with_galsim():
    """Pixel by pixel with GalSim's own deconvolution and convolution, on a real galaxy with real PSFs."""
    folder = Path(os.environ.get("GALMORPH_DATA", "")) / "galsim_hst_examples"
    if not os.environ.get("GALMORPH_DATA") or not folder.is_dir():
        pytest.skip("needs galsim_hst_examples in GALMORPH_DATA")
    import galsim

    name = "147246.0_150.416558_1.998697"
    image, psf, sdss = (
        fits.getdata(folder / f"{name}{part}.fits").astype(np.float32) for part in ("_masknoise", ".psf", ".sdsspsf")
    )
    sdss -= np.median(sdss[:4])  # SDSS stores PSFs on a pedestal
    survey = replace(gm.SDSS, bands=("i",), psf_fwhm=(1.2,), sky_sigma=(0.043,), electrons=(700.0,))
    sample = stamps(image[None, None], redshift=0.3, pixel_scale=0.03, psf=psf)
    ours = gm.emulate(sample, z_new=0.3, psf_new=sdss, survey=survey, noise=False).images[0, 0].numpy()
    galaxy, old, new = (
        galsim.InterpolatedImage(galsim.Image(a, scale=s)) for a, s in ((image, 0.03), (psf, 0.03), (sdss, 0.396))
    )
    theirs = galsim.Convolve(galaxy, galsim.Deconvolve(old.withFlux(1)), new.withFlux(1)).drawImage(
        nx=ours.shape[1], ny=ours.shape[0], scale=0.396, method="no_pixel"
    )
    assert np.abs(ours - theirs.array).sum() < 0.02 * np.abs(theirs.array).sum()


# ---------------------------------------------------------------- the rooms around it


def test_robust_flags():
    probability = np.array([[0.05, 0.1, 0.45, 0.40, 0.55, 0.60, 0.9], [0.1, 0.5, 0.40, 0.55, 0.4, 0.65, 0.95],
                            [0.2, 0.2, 0.35, 0.45, 0.6, 0.70, 0.99]])  # fmt: skip
    assert gm.metrics.robust_flag(probability, [0.5] * 3).tolist() == [4, 0, 2, 0, 1, 3, 5]
    with pytest.raises(ValueError, match="threshold"):
        gm.metrics.robust_flag(probability, [0.5])
    with pytest.raises(ValueError, match="0 to 1"):
        gm.metrics.robust_flag(probability + 1, [0.5] * 3)


def test_faint_catalogue_is_written_and_read(tmp_path):
    table = QTable({"id": [1, 2], "redshift": [0.3, 0.4], "r_mag": [20.0, 21.0] * u.mag})
    probability = np.array([[0.1, 0.9], [0.2, 0.8]])
    catalogue = gm.catalogue.faint_catalogue(table, probability, gm.metrics.robust_flag(probability, [0.5, 0.5]))
    again = gm.catalogue.read_catalogue(gm.catalogue.write_catalogue(catalogue, tmp_path / "faint.fits"))
    assert again.colnames == ["ID", "Z", "MAG_R", "P1_LTG", "P2_LTG", "MP_LTG", "FLAG_LTG"]
    assert again["FLAG_LTG"].tolist() == [4, 5] and again["MAG_R"].unit == u.mag


@given(st.floats(0.01, 0.99), st.floats(0.05, 0.95), st.floats(0.05, 0.95))
def test_prior_shift_is_bayes_and_undoes_itself(p, prior, new):
    moved = gm.metrics.shift_prior(p, prior, new)
    odds = p / (1 - p) * (new / (1 - new)) / (prior / (1 - prior))
    assert moved == pytest.approx(odds / (1 + odds))
    assert gm.metrics.shift_prior(moved, new, prior) == pytest.approx(p)
    with pytest.raises(ValueError, match="prior_new"):
        gm.metrics.shift_prior(p, prior, 1.0)


def test_domain_warning_speaks_only_of_the_strange():
    assert gm.learning.domain_warning(np.full(100, 0.9)) == ""
    assert "50% of these galaxies" in gm.learning.domain_warning(np.repeat([0.5, 1.5], 50))


def test_spectral_classes_are_what_the_spectra_say():
    table = gm.population(3000, seed=1)
    number = gm.mock.spectral_classes(table, seed=1)
    assert number.min() >= 1 and number.max() <= 12
    red, blue = (np.median(table["u_r"][where].value) for where in ((number <= 3), (number >= 7) & (number < 12)))
    assert red > 2.4 > 2.0 > blue and (number == gm.mock.spectral_classes(table, seed=1)).all()
    without = np.asarray(table["log_sfr"] - table["log_mass"]) < -12
    assert (number[without] <= 4).mean() > 0.95  # no star formation, no lines: not 5 to 11, however blue


def test_a_picture_is_not_written_as_nanomaggies(stored):
    with pytest.raises(TypeError, match="look"):
        gm.imaging.emulate_fits(stored(), stored.out, look="colour", **FITS)
    assert not stored.out.exists()


@pytest.mark.parametrize("function", [gm.imaging.dimming, gm.imaging.shrinkage])
@pytest.mark.parametrize("z", [(0, 0.3), (-0.5, 0.3), (0.1, 0.0), ([0.1, np.nan], 0.3), (0.1, np.inf)])
def test_a_redshift_without_a_distance_is_refused(function, z):
    with pytest.raises(ValueError, match="redshift must be > 0"):
        function(*z)
