"""Readers that do not guess: layouts of surveys, every depth, axis order, unit and encoding, and damaged files.

`GALMORPH_FUZZ=20000 pytest tests/test_readers.py -k fuzz` tries that many damaged files, within 2 s and 1 GB each.
"""

import bz2
import functools
import gzip
import io
import lzma
import math
import os
import re
import shutil
import tempfile
import time
import warnings
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import test_catalogue
import torch
from astropy.io import fits
from astropy.wcs import WCS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import galmorph_helpers as gm
from galmorph_helpers.datasets.stamps import read_stamp
from galmorph_helpers.fitsfiles import Unreadable, open_fits
from galmorph_helpers.imaging.fits_images import read_image
from galmorph_helpers.runtime import peak_memory_mb

FORMATS = (Path(__file__).parents[1] / "data" / "FORMATS.md").read_text(encoding="utf-8")
SIDE = 40
DES = gm.DES
R_ONLY = replace(DES, bands=("r",), psf_fwhm=DES.psf_fwhm[1:2], sky_sigma=(0.0036,), electrons=(9000.0,))
MOVE = {"z": 0.03, "z_new": 0.04, "psf": 0.6, "survey": R_ONLY, "k_correction": False, "noise": False}


def sky(side=SIDE, seed=1):
    """A galaxy that is neither round nor centred, so that every turn of it shows."""
    y, x = np.mgrid[:side, :side]
    light = np.exp(-np.hypot(x - side / 2 - 2, (y - side / 2 + 4) * 1.5) / 5)
    return (light + np.random.default_rng(seed).normal(0, 0.01, (side, side))).astype(np.float32)


def header(words=(), *, side=SIDE, scale=0.262, ctype="TAN"):
    s = scale / 3600
    keys = {"CTYPE1": f"RA---{ctype}", "CTYPE2": f"DEC--{ctype}", "CRVAL1": 150.0, "CRVAL2": 30.0}
    keys |= {"CRPIX1": (side + 1) / 2, "CRPIX2": (side + 1) / 2, "CD1_1": -s, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": s}
    made = fits.Header(keys)
    for key, value in dict(words).items():
        made["HIERARCH " + key if "." in key else key] = value
    return made


def write(path, data, words=(), **options):
    fits.writeto(path, data, header(words, side=np.shape(data)[-1], **options), overwrite=True)
    return path


def table(title):
    """Rows of the table of FORMATS.md below a heading, as lists of cells."""
    part = FORMATS.split(f"## {title}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


# ---------------------------------------------------------------- layouts of surveys


def _hdus(name, data, words):
    """The HDUs of a file in the layout of that name, and pixels that it calls missing."""
    head, hole = header(words), np.ones_like(data)
    hole[3:6, 7:9] = 0

    def beside(*names, values=None):
        return [fits.ImageHDU(hole.astype(np.float32) if values is None else values, name=each) for each in names]

    if name == "SDSS frame":
        return [fits.PrimaryHDU(data, head), fits.ImageHDU(np.ones(SIDE)), fits.BinTableHDU.from_columns([])], 0
    if name == "Legacy cutout":
        return [fits.PrimaryHDU(np.stack([data, 2 * data, 3 * data]), head)], 0
    if name == "Legacy viewer subimage":
        inverse = beside("", values=hole)
        inverse[0].header["IMAGETYP"] = "invvar"
        inverse[0].name = "INVVAR"
        return [fits.PrimaryHDU(data, head), *inverse], 6
    if name == "Pan-STARRS asinh":
        magnitudes = 2.5 / math.log(10) * np.arcsinh((data - 0.5) / 4.0)
        tiles = fits.CompImageHDU(magnitudes.astype(np.float32), head, quantize_level=-1e-7)  # in steps of that
        return [fits.PrimaryHDU(), tiles], 0
    if name in ("HSC", "LSST"):
        mask = fits.ImageHDU(((hole == 0) * 2**8).astype(np.int32) | 4, name="MASK")
        mask.header["MP_NO_DATA"] = 8
        own = header() if name == "HSC" else head
        primary = fits.PrimaryHDU(header=fits.Header(dict(words)) if name == "HSC" else None)
        return [primary, fits.ImageHDU(data, own, name="IMAGE"), mask, *beside("VARIANCE")], 6
    if name == "JWST i2d":
        return [fits.PrimaryHDU(), fits.ImageHDU(data, head, name="SCI"), *beside("ERR", "CON", "WHT")], 6
    if name == "DES cutout":
        return [fits.PrimaryHDU(), fits.ImageHDU(data, head, name="SCI"), *beside("MSK", "WGT")], 0
    if name == "HST drizzled":
        return [fits.PrimaryHDU(), fits.ImageHDU(data, head, name="SCI"), *beside("WHT")], 6
    if name == "HST exposure":
        for axis in (1, 2):
            head[f"CPDIS{axis}"] = "Lookup"
            for record in (f"EXTVER: {axis}", "NAXES: 2", "AXIS.1: 1", "AXIS.2: 2"):
                head.append((f"DP{axis}", record), end=True)
        tables = [fits.ImageHDU(np.full((9, 9), 0.3 * (v == 1), np.float32), name="WCSDVARR", ver=v) for v in (1, 2)]
        for each in tables:
            each.header.update(CRPIX1=1.0, CRPIX2=1.0, CRVAL1=1.0, CRVAL2=1.0, CDELT1=6.0, CDELT2=6.0)
        return [fits.PrimaryHDU(), fits.ImageHDU(data, head, name="SCI"), *beside("ERR", "DQ"), *tables], 0
    if name == "MAST cutout":
        return [fits.PrimaryHDU(), *(fits.ImageHDU(data, head, name="CUTOUT") for _ in range(3))], 0
    if name == "UKIDSS or VISTA":
        head = header(words, ctype="ZPN")
        head["PV2_1"], head["PV2_3"] = 1.0, -60.0
        return [fits.PrimaryHDU(), fits.ImageHDU(data, head)], 0
    return [fits.PrimaryHDU(data, head)], 0


@pytest.mark.parametrize("row", table("Images of surveys (FITS)"), ids=lambda row: row[0])
def test_layouts_are_read_as_the_page_says(row, tmp_path):
    name, _, words, count, _ = row
    words = dict(re.findall(r"`([\w.]+) = ([^`]*)`", words))
    words = {key: value.strip("'") if "'" in value else float(value) for key, value in words.items()}
    data = sky()
    hdus, missing = _hdus(name, data, words)
    fits.HDUList(hdus).writeto(tmp_path / "a.fits")
    if count.startswith("refused"):
        with pytest.raises(ValueError, match=count.removeprefix("refused: ")):
            gm.imaging.read_fits(tmp_path / "a.fits")
        return
    flux, mask, scale, _ = gm.imaging.read_fits(tmp_path / "a.fits", missing="mask")
    assert mask.sum() == missing and scale == pytest.approx(0.262) and len(flux) == (3 if "Legacy c" in name else 1)
    np.testing.assert_allclose(flux[0].numpy()[~mask], float(count) * data[~mask], rtol=3e-5, atol=2e-6 * float(count))


def test_zero_points_agree_with_their_definitions():
    """The numbers of the page, by hand: HST's zero point of F606W in 2002 is 26.49 (AB), one jansky is 8.9 mag."""
    rows = {row[0]: float(row[3]) for row in table("Images of surveys (FITS)") if row[3][0] != "r"}
    assert 22.5 - 2.5 * math.log10(rows["HST drizzled"]) == pytest.approx(26.49, abs=0.03)
    assert 22.5 - 2.5 * math.log10(rows["LSST"]) == pytest.approx(8.9 + 22.5, abs=1e-3)
    assert rows["JWST i2d"] == pytest.approx(2e-14 * 1e6 / 3631e-9, rel=1e-5)


def test_hdus_are_chosen_by_number_or_name_and_make_a_cube(tmp_path):
    hdus, _ = _hdus("MAST cutout", sky(), {"BUNIT": "nJy"})
    hdus[2].data = 2 * hdus[2].data
    fits.HDUList(hdus).writeto(tmp_path / "a.fits")
    cube = gm.imaging.read_fits(tmp_path / "a.fits", hdu=(1, 2, 3))[0]
    assert len(cube) == 3 and torch.allclose(cube[1], 2 * cube[0]) and torch.equal(cube[2], cube[0])
    assert torch.equal(gm.imaging.read_fits(tmp_path / "a.fits", hdu="CUTOUT")[0][0], cube[0])
    with pytest.raises(ValueError, match="no HDU 7"):
        gm.imaging.read_fits(tmp_path / "a.fits", hdu=7)
    whole = (tmp_path / "a.fits").read_bytes()
    sample = folder(tmp_path / "set", [lambda p: p.write_bytes(whole)] * 2, hdu=(1, 2, 3))
    assert torch.equal(sample.images[0].flip(-2), cube) and sample.pixels == "flux"
    with pytest.raises(ValueError, match="holds 3 images.*hdu="):
        folder(tmp_path / "set", [lambda p: None] * 2)


# ---------------------------------------------------------------- units


def factor(tmp_path, words, **options):
    data = np.full((SIDE, SIDE), 2.0, np.float32)
    return float(gm.imaging.read_fits(write(tmp_path / "a.fits", data, words), **options)[0][0, 3, 3]) / 2


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ({"BUNIT": "nanomaggies"}, 1),
        ({"BUNIT": "NMGY"}, 1),
        ({"BUNIT": "nanomaggy/pixel"}, 1),
        ({"BUNIT": "uJy"}, 0.2754),
        ({"BUNIT": "mJy"}, 275.4),
        ({"BUNIT": "Jy/pixel"}, 275406.2),
        ({"BUNIT": "erg/s/cm2/Hz"}, 1e23 * 275406.2),
        ({"MAGZERO": 25.0}, 0.1),
        ({"MAGZPT": 25.0}, 0.1),
        ({"ZP": 25.0}, 0.1),
        ({"PHOTZP": 30.0, "BUNIT": "adu"}, 0.001),
        ({"BUNIT": "nanomaggy", "MAGZERO": 22.5}, 1),
        ({"BUNIT": "MJy/sr"}, 1e6 * (0.262 / 206264.806) ** 2 / 3631e-9),
    ],
)
def test_units_and_zero_points(tmp_path, words, count):
    assert factor(tmp_path, words) == pytest.approx(count, rel=1e-3)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({}, "BUNIT.*zero_point"),
        ({"BUNIT": "adu"}, "'adu'.*zero_point"),
        ({"BUNIT": "counts/s"}, "'counts/s'.*zero_point"),
        ({"BUNIT": "Jy/beam"}, "Jy/beam.*zero_point"),
        ({"BUNIT": "K"}, "'K'.*zero_point"),
        ({"BUNIT": "nanomaggy", "MAGZERO": 30.0}, "contradict each other.*BUNIT 22.5.*MAGZERO 30"),
        ({"MAGZPT": 24.0, "INSTRUME": "VIRCAM"}, "Vega.*zero_point"),
        ({"MAGZERO": 25.0, "MAGSYS": "VEGA"}, "Vega.*zero_point"),
        ({"PHOTFLAM": 7.7e-20, "BUNIT": "ELECTRONS/S"}, "PHOTPLAM.*zero_point"),
        ({"PHOTFLAM": 7.7e-20, "PHOTPLAM": 5919.0, "PHOTZPT": -21.1}, "BUNIT.*26.5"),
        ({"PHOTFLAM": 7.7e-20, "PHOTPLAM": 5919.0, "BUNIT": "ELECTRONS"}, "EXPTIME"),
        ({"BSOFTEN": 2.0, "FPA.ZP": 25.0}, "BOFFSET"),
        ({"FPA.ZP": 25.0}, "EXPTIME"),
    ],
)
def test_a_unit_that_cannot_be_known_is_asked_for(tmp_path, words, says):
    with pytest.raises(ValueError, match=says):
        factor(tmp_path, words)
    if "BSOFTEN" not in words:
        assert factor(tmp_path, words, zero_point=25.0) == pytest.approx(0.1)


def test_a_folder_of_fits_says_what_its_units_are(tmp_path):
    with pytest.warns(UserWarning, match="2 FITS images do not say what a count is.*zero_point="):
        bare = folder(tmp_path / "a", [lambda p: write(p, sky())] * 2)
    assert torch.allclose(bare.images[0, 0], torch.tensor(sky()[::-1].copy()))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told = folder(tmp_path / "b", [lambda p: write(p, sky())] * 2, zero_point=25.0)
        said = folder(tmp_path / "c", [lambda p: write(p, sky(), {"MAGZERO": 25.0})] * 2)
    assert torch.allclose(told.images, 0.1 * bare.images) and torch.allclose(said.images, told.images)
    with pytest.raises(ValueError, match="'mag E.*zero_point"):
        folder(tmp_path / "d", [lambda p: write(p, sky(), {"BUNIT": "mag E(B-V)"})])


# ---------------------------------------------------------------- pictures: depths and modes


def folder(path, writers, names=None, *, size=SIDE, text=None, encoding="utf-8", **options):
    """Read a folder of such images, named as if they were something else."""
    path.mkdir(parents=True, exist_ok=True)
    names = names or [f"{i}.dat" for i in range(len(writers))]
    for name, writer in zip(names, writers, strict=True):
        writer(path / name)
    text = text or "file,id\n" + "".join(f"{name},{i}\n" for i, name in enumerate(names))
    (path / "labels.csv").write_bytes(text.encode(encoding))
    return gm.read_folder(path, size=size, cache=False, **options)


def levels(most, dtype):
    return (sky().clip(0, 1) * most).astype(dtype)


def _animated(path):
    frames = [Image.fromarray(levels(255, "u1") // (k + 1)) for k in range(3)]
    frames[0].save(path, format="gif", save_all=True, append_images=frames[1:])


def _alpha(mode, least):
    picture = Image.fromarray(levels(255, "u1")).convert(mode)
    alpha = np.full((SIDE, SIDE), 255, np.uint8)
    alpha[0, 0] = least
    picture.putalpha(Image.fromarray(alpha))
    return lambda path: picture.save(path, format="png")


def _saved(picture, kind="png"):
    return lambda path: picture.save(path, format=kind)


PICTURES = {
    "8 bits grey": lambda: _saved(Image.fromarray(levels(255, "u1"))),
    "8 bits RGB": lambda: _saved(Image.fromarray(np.dstack([levels(255, "u1")] * 3))),
    "16 bits grey": lambda: _saved(Image.fromarray(levels(65535, "u2"))),
    "palette": lambda: _saved(Image.fromarray(levels(255, "u1")).convert("RGB").convert("P", palette=1, colors=256)),
    "black and white": lambda: _saved(Image.fromarray(sky() > 0.3)),
    "opaque RGBA": lambda: _alpha("RGB", 255),
    "opaque LA": lambda: _alpha("L", 255),
    "transparent": lambda: _alpha("RGB", 0),
    "32 bits": lambda: _saved(Image.fromarray(sky()), "tiff"),
    "CMYK": lambda: _saved(Image.fromarray(levels(255, "u1")).convert("CMYK"), "tiff"),
    "several frames": lambda: _animated,
}


@pytest.mark.parametrize("row", table("Pictures"), ids=lambda row: row[0])
def test_pictures_are_read_as_the_page_says(row, tmp_path):
    mode, how = row
    if how.startswith("refused"):
        with pytest.raises(ValueError, match=how.removeprefix("refused: ")):
            folder(tmp_path / "a", [PICTURES[mode]()])
        return
    sample = folder(tmp_path / "a", [PICTURES[mode]()])
    assert sample.images.shape[1] == (3 if "three" in how else 1) and sample.pixels == "colour"
    expected = (sky() > 0.3).astype(float) if mode == "black and white" else sky().clip(0, 1)
    tolerance = {"16 bits grey": 2 / 65535, "palette": 0.06}.get(mode, 2 / 255)
    np.testing.assert_allclose(sample.images[0, 0], expected, atol=tolerance)


def test_the_page_names_every_mode_that_is_tried():
    assert {row[0] for row in table("Pictures")} == set(PICTURES)


@pytest.mark.parametrize("kind", ["tiff", "ppm"])
def test_16_bits_of_other_formats(tmp_path, kind):
    sample = folder(tmp_path / "a", [_saved(Image.fromarray(levels(65535, "u2")), kind)])
    np.testing.assert_allclose(sample.images[0, 0], sky().clip(0, 1), atol=2 / 65535)


def test_depths_are_not_mixed(tmp_path):
    writers = [PICTURES["8 bits grey"]()] * 30 + [PICTURES["16 bits grey"]()]
    with pytest.warns(UserWarning, match="30.dat .row 31. is a picture of 16 bits .* each a picture of 8"):
        assert len(folder(tmp_path / "a", writers)) == 30
    with pytest.warns(UserWarning, match="30.dat .row 31. is a FITS image where the others are each a picture"):
        folder(tmp_path / "b", [*writers[:30], lambda p: write(p, sky(), {"BUNIT": "nJy"})])


# ---------------------------------------------------------------- type by content


PLAIN = {"BUNIT": "nanomaggy"}


@pytest.mark.parametrize("name", ["a_flc.fits.png", "NGC1300.fitted.png", "a.fits", "a.fit.gz", "a", "a.jpeg"])
def test_a_picture_is_a_picture_whatever_its_name(tmp_path, name):
    assert folder(tmp_path, [PICTURES["8 bits grey"]()], [name]).pixels == "colour"


@pytest.mark.parametrize("name", ["a.fits", "a.png", "a.JPG", "a", "a.fits.gz", "a.fts"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_fits_is_fits_whatever_its_name_and_packing(tmp_path, name, pack):
    data = write(tmp_path / "plain", sky(), PLAIN).read_bytes()
    sample = folder(tmp_path / "set", [lambda p: p.write_bytes(pack(data))], [name])
    np.testing.assert_allclose(sample.images[0, 0], sky()[::-1], atol=1e-6)
    assert gm.imaging.read_fits(tmp_path / "set" / name)[0].shape == (1, SIDE, SIDE)


@pytest.mark.parametrize(
    "body", [b"<html>busy</html>", b"PK\x03\x04zip", gzip.compress(b"no FITS in here", mtime=0), b"", b"\0" * 5000]
)
def test_what_is_neither_is_named(tmp_path, body):
    with pytest.raises(ValueError, match="a.png .row 1. cannot be read .*begins with b"):
        folder(tmp_path, [lambda p: p.write_bytes(body)], ["a.png"])


# ---------------------------------------------------------------- axes and orientation


@pytest.mark.parametrize(
    ("shape", "bands"),
    [((SIDE, SIDE), 1), ((1, SIDE, SIDE), 1), ((3, SIDE, SIDE), 3), ((1, 1, SIDE, SIDE), 1), ((1, 3, SIDE, SIDE), 3),
     ((SIDE, SIDE, 3), 0), ((SIDE, SIDE, 1), 0), ((SIDE, 3, SIDE), 0), ((90, SIDE, SIDE), 0), ((2, 3, SIDE, SIDE), 0),
     ((SIDE,), 0)],
)  # fmt: skip
def test_axes_are_bands_rows_columns_or_refused(tmp_path, shape, bands):
    data = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    path = write(tmp_path / "a.fits", data, PLAIN)
    if bands:
        assert gm.imaging.read_fits(path)[0].shape == (bands, SIDE, SIDE)
        assert read_stamp(path, size=SIDE)[0].shape == (bands, SIDE, SIDE)
        return
    for read in (gm.imaging.read_fits, lambda p: read_stamp(p, size=8)):
        with pytest.raises(ValueError, match=r"shape|no image"):
            read(path)


def test_a_sky_on_other_axes_is_refused(tmp_path):
    head = header(PLAIN)
    head["CTYPE1"], head["CTYPE2"], head["CTYPE3"] = "FREQ", "RA---TAN", "DEC--TAN"
    fits.writeto(tmp_path / "a.fits", np.stack([sky()] * 3), head)
    with pytest.raises(ValueError, match="first two axes"):
        gm.imaging.read_fits(tmp_path / "a.fits")


@pytest.mark.parametrize(("side", "crop"), [(SIDE, None), (SIDE + 1, None), (SIDE + 1, 20), (SIDE, 20)])
def test_fits_and_png_of_one_sky_have_one_order_of_rows(tmp_path, side, crop):
    light = sky(side)[:, :SIDE]
    picture = Image.fromarray((light[::-1].clip(0, 1) * 65535).astype("u2"))  # as a viewer shows that FITS
    ours = folder(tmp_path / "a", [lambda p: write(p, light, PLAIN)], size=20, crop=crop).images
    theirs = folder(tmp_path / "b", [_saved(picture)], size=20, crop=crop).images
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.995
    assert np.corrcoef(ours.flip(-2).ravel(), theirs.ravel())[0, 1] < 0.9
    assert torch.allclose(gm.imaging.read_fits(tmp_path / "a" / "0.dat")[0][0], torch.tensor(light))


def test_a_picture_is_turned_as_its_orientation_says(tmp_path):
    upright = Image.fromarray(levels(255, "u1"))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    turned = upright.transpose(Image.Transpose.ROTATE_90)
    sample = folder(tmp_path, [lambda p: turned.save(p, format="png", exif=exif), _saved(upright)])
    assert torch.equal(sample.images[0], sample.images[1])


@pytest.mark.parametrize("ctypes", [("RA---TAN", "DEC--TAN"), ("DEC--TAN", "RA---TAN"), ("GLON-CAR", "GLAT-CAR")])
def test_the_wcs_belongs_to_the_rows_and_columns_of_the_data(tmp_path, ctypes):
    head = header(PLAIN)
    head["CTYPE1"], head["CTYPE2"] = ctypes
    if ctypes[0].startswith("DEC"):
        head["CRVAL1"], head["CRVAL2"] = 30.0, 150.0
    fits.writeto(tmp_path / "a.fits", sky(), head)
    wcs = gm.imaging.read_fits(tmp_path / "a.fits")[3]
    np.testing.assert_allclose(wcs.wcs_pix2world([[3, 9]], 0), WCS(head).wcs_pix2world([[3, 9]], 0))


# ---------------------------------------------------------------- projections


def moved(tmp_path, hdus, **options):
    """Emulate a file and compare the place on the sky of three pixels near the centre: arcsec apart."""
    fits.HDUList(hdus).writeto(tmp_path / "in.fits", overwrite=True)
    out = gm.imaging.emulate_fits(tmp_path / "in.fits", tmp_path / "out.fits", overwrite=True, **MOVE, **options)
    with fits.open(tmp_path / "in.fits") as opened, fits.open(out) as made:
        image = next(h for h in opened if h.data is not None)
        old, new = WCS(image.header, opened), WCS(made[0].header)
        assert list(new.wcs.ctype) == ["RA---TAN", "DEC--TAN"]
        ratio = 0.263 / 0.262
        far, middle = np.array([[0, 0], [4, 0], [0, 4]]), [(n - 1) / 2 for n in image.data.shape[::-1]]
        centre = [(n - 1) / 2 for n in made[0].data.shape[::-1]]
        before = old.all_pix2world(far * ratio + middle, 0)
        after = new.all_pix2world(far + centre, 0)
    return np.abs((after - before) * [np.cos(np.deg2rad(30)), 1]).max() * 3600


@pytest.mark.parametrize("ctype", ["TAN", "ZPN", "SIN", "TPV", "TAN-SIP", "ARC", "STG", "ZEA", "AZP"])
def test_any_projection_becomes_a_plain_one_about_the_centre(tmp_path, ctype):
    head = header(PLAIN, ctype=ctype)
    head["CRPIX1"], head["CD1_2"], head["CD2_1"] = 10.0, -2e-5, -2e-5
    norm = 0.262 / 3600 / math.sqrt((0.262 / 3600) ** 2 + 4e-10)
    for key in ("CD1_1", "CD1_2", "CD2_1", "CD2_2"):
        head[key] *= norm
    if ctype == "ZPN":
        head["PV2_1"], head["PV2_3"] = 1.0, -60.0
    if ctype == "TPV":
        head["PV1_1"], head["PV2_1"], head["PV1_4"] = 1.0, 1.0, 1e-4
    if ctype == "AZP":
        head["PV2_1"] = 2.0
    if ctype == "TAN-SIP":
        head["A_ORDER"], head["B_ORDER"], head["A_2_0"], head["B_0_2"] = 2, 2, 1e-6, 1e-6
    assert moved(tmp_path, [fits.PrimaryHDU(sky(), head)]) < 1e-3


def test_a_lookup_distortion_shifts_the_sky(tmp_path):
    hdus, _ = _hdus("HST exposure", sky(), PLAIN)
    assert moved(tmp_path, hdus) < 1e-3
    wcs = gm.imaging.read_fits(tmp_path / "in.fits")[3]
    shift = wcs.all_pix2world([[20, 20]], 0) - wcs.wcs_pix2world([[20, 20]], 0)
    assert abs(shift[0, 0]) * 3600 == pytest.approx(0.3 * 0.262 / np.cos(np.deg2rad(30)), rel=0.01)


@pytest.mark.parametrize(("key", "value"), [("CRVAL2", 900.0), ("CD1_1", 0.0), ("CRPIX1", 1e30), ("CD1_1", 1e300)])
def test_a_wcs_that_leads_nowhere_is_a_sentence(tmp_path, key, value):
    head = header(PLAIN)
    head[key] = value
    fits.writeto(tmp_path / "a.fits", sky(), head)
    with pytest.raises(ValueError, match=r"a\.fits.*(WCS|arcsec)") as error:
        gm.imaging.emulate_fits(tmp_path / "a.fits", tmp_path / "b.fits", **MOVE)
    assert "\n" not in str(error.value)


# ---------------------------------------------------------------- missing pixels


@pytest.mark.parametrize("kind", ["int16", "int32", "rice", "gzip tiles"])
def test_zeros_of_quantised_counts_are_data(tmp_path, kind):
    counts = np.rint(np.random.default_rng(2).normal(0, 1.5, (128, 128)))
    assert (counts == 0).mean() > 0.2
    words = {"MAGZERO": 30.0}
    if "int" in kind:
        path = write(tmp_path / "a.fits", counts.astype(kind), words)
    else:
        how = {"rice": "RICE_1", "gzip tiles": "GZIP_2"}[kind]
        image = fits.CompImageHDU(counts.astype(np.int32), header(words, side=128), compression_type=how)
        fits.HDUList([fits.PrimaryHDU(), image]).writeto(path := tmp_path / "a.fits.fz")
    flux, mask, *_ = gm.imaging.read_fits(path)
    assert not mask.any() and torch.allclose(flux[0], torch.tensor(0.001 * counts, dtype=torch.float32))


@pytest.mark.parametrize(
    ("hole", "size"), [((slice(9), slice(None)), 9 * SIDE), ((slice(None), 7), SIDE), ((slice(3, 9), slice(3, 9)), 36)]
)
def test_holes_of_exact_zeros_are_missing(tmp_path, hole, size):
    data = sky()
    data[hole] = 0
    path = write(tmp_path / "a.fits", data, PLAIN)
    with pytest.raises(ValueError, match=f"{size} of 1600 pixels are missing.*missing='mask'"):
        gm.imaging.read_fits(path)
    assert gm.imaging.read_fits(path, missing="mask")[1].sum() == size


@pytest.mark.parametrize("shape", [(600, 300), (3, 601, 300), (1, 1, 257, 300)])
@pytest.mark.parametrize("kind", ["f4", "f8", "i2", "scaled", "packed"])
def test_an_image_of_many_rows_is_read_as_it_is(tmp_path, shape, kind):
    """It is read some rows at a time, and comes out as it was written."""
    data = np.random.default_rng(1).normal(100, 30, shape).astype("f8" if kind == "f8" else "f4")
    data = np.round(data).astype("i2") if kind in ("i2", "scaled", "packed") else data
    hdu = (fits.CompImageHDU if kind == "packed" else fits.ImageHDU)(data.copy(), header({"MAGZERO": 22.5}))
    if kind == "scaled":
        hdu.scale("int16", bscale=0.5, bzero=10)
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(tmp_path / "a.fits")
    found = read_image(tmp_path / "a.fits").flux
    assert found.dtype == np.float32 and found.dtype.isnative
    np.testing.assert_array_equal(found, data.astype("f4").reshape((-1, *shape[-2:])))


@pytest.mark.parametrize(("dtype", "blank"), [("i2", -32768), ("u2", 5), ("i4", -1), ("u1", 255)])
def test_blank_integers_are_missing(tmp_path, dtype, blank):
    raw = np.arange(SIDE * SIDE).reshape(SIDE, SIDE) % 100 + 6
    hdu = fits.PrimaryHDU(raw.astype(dtype), header({"MAGZERO": 22.5}))
    hdu.header["BLANK"] = blank
    hdu.writeto(tmp_path / "a.fits")
    spoilt = bytearray((tmp_path / "a.fits").read_bytes())
    width = np.dtype(dtype).itemsize
    spoilt[2880 : 2880 + width] = int(blank).to_bytes(width, "big", signed=blank < 0)  # the first pixel as it is stored
    (tmp_path / "a.fits").write_bytes(spoilt)
    flux, mask, *_ = gm.imaging.read_fits(tmp_path / "a.fits", missing="mask")
    assert mask.sum() == 1 and mask[0, 0]
    np.testing.assert_allclose(flux[0].numpy()[~mask], raw[~mask])


@pytest.mark.parametrize("value", [0, np.nan, 7])
def test_a_blank_band_is_named(tmp_path, value):
    cube = np.stack([sky(), np.full((SIDE, SIDE), value), sky()]).astype(np.float32)
    path = write(tmp_path / "set" / "a.fits" if (tmp_path / "set").mkdir() else tmp_path / "set/a.fits", cube, PLAIN)
    if value != 7:
        with pytest.raises(ValueError, match="band 2 of 3 is blank"):
            gm.imaging.read_fits(path, missing="mask")
    with pytest.raises(ValueError, match="blank in band 2 of 3|not finite"):
        folder(tmp_path / "set", [lambda p: None], ["a.fits"])


# ---------------------------------------------------------------- tables


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"])
@pytest.mark.parametrize("between", [",", ";", "\t"])
@pytest.mark.parametrize("line", ["\n", "\r\n"])
def test_tables_of_any_encoding_and_separator(tmp_path, encoding, between, line):
    text = line.join(["file,id,place", "é.png,587722981741363294,Orléans", "1.png,2,x", ""]).replace(",", between)
    sample = folder(tmp_path, [PICTURES["8 bits grey"]()] * 2, ["é.png", "1.png"], text=text, encoding=encoding)
    assert list(sample.table["file"]) == ["é.png", "1.png"] and sample.table["id"][0] == 587722981741363294
    assert sample.table["place"][0] == "Orléans" and sample.table.colnames == ["file", "id", "place"]


@pytest.mark.parametrize("name", ["587722981741363294", "000123", "1e5", "nan", "True", "0x1F", "-7", "1.50", "inf"])
def test_names_of_files_are_text(tmp_path, name):
    assert list(folder(tmp_path, [PICTURES["8 bits grey"]()], [name]).table["file"]) == [name]


def test_an_empty_cell_and_a_null_among_integers(tmp_path):
    text = "file,n\n" + "".join(f"{i if i else ''},{'' if i == 3 else i}\n" for i in range(40))
    with pytest.warns(UserWarning, match=r"1 of 40 images.*an empty name \(row 1\) is missing"):
        sample = folder(tmp_path, [PICTURES["8 bits grey"]()] * 40, [str(i) for i in range(40)], text=text)
    assert len(sample) == 39 and list(np.ma.getmaskarray(sample.table["n"]).nonzero()[0]) == [2]
    assert sample.table["n"].dtype.kind == "i"


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04\0\0workbook",
        "file,id\na.png,1\n".encode("utf-16-le"),
        b"\xff\xfea",
        b"file,id\na,1,2,3\n",
        b"file,i" * 70_000,  # 70,001 columns: minutes, were they read
    ],
)
def test_a_table_that_is_none_says_so(tmp_path, data):
    (tmp_path / "labels.csv").write_bytes(data)
    with pytest.raises(ValueError, match="cannot be read as a table.*save it as CSV, in UTF-8"):
        gm.read_folder(tmp_path, cache=False)


@pytest.mark.parametrize("name", ["a" * 5000, "a/" * 3000 + "b", "\x01", "?", ".", ""])
def test_impossible_names_are_counted(tmp_path, name):
    text = f"file,id\n{name},1\n" + "".join(f"{i},2\n" for i in range(30))
    with pytest.warns(UserWarning, match="1 of 31 images"):
        folder(tmp_path, [PICTURES["8 bits grey"]()] * 30, [str(i) for i in range(30)], text=text)


def test_a_name_without_an_end_is_not_repeated_whole(tmp_path):
    (tmp_path / "labels.csv").write_text(f"file,id\n{'b.png' * 2000},1\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"bb?\S*\.\.\. \(row 1\) ") as error:
        gm.read_folder(tmp_path, size=8, cache=False)
    assert len(str(error.value)) < 600


# ---------------------------------------------------------------- MaNGA


def manga_maps(path, planes, *, side=6, channels=("resolution difference", "fit")):
    """A MAPS file by hand; the correction differs from spaxel to spaxel."""
    correction = 40 + np.arange(side, dtype=float)[:, None] + np.zeros((side, side))
    primary = fits.PrimaryHDU()
    primary.header["SCINPVEL"] = 9000.0
    ones = np.ones((side, side))
    found = {
        "SPX_ELLCOO": (np.stack([ones, 0.5 * ones, ones]), ("Elliptical radius", "R/Re", "Elliptical azimuth")),
        "SPX_MFLUX": (ones, ()),
        "STELLAR_VEL": (ones, ()),
        "STELLAR_SIGMA": (100 * ones, ()),
        "STELLAR_SIGMACORR": (correction if planes == 0 else np.stack([correction + 9 * p for p in range(planes)]), ()),
        **{name: (np.stack([0 * ones, ones]), ("OIII-5008", "Ha-6564")) for name in ("EMLINE_GFLUX", "EMLINE_GEW")},
        "EMLINE_GVEL": (np.stack([0 * ones, ones]), ("OIII-5008", "Ha-6564")),
        "SPECINDEX": (np.stack([0 * ones, ones]), ("D4000", "Dn4000")),
    }
    hdus = [primary]
    for name, (data, names) in found.items():
        hdus.append(fits.ImageHDU(data, name=name))
        for number, channel in enumerate(names):
            hdus[-1].header[f"C{number + 1:02d}"] = channel
    fits.HDUList(hdus).writeto(path, overwrite=True)
    return path, np.sqrt(100**2 - correction**2)


def manga_cube(path, names=("FLUX", "IVAR", "MASK", "WAVE"), *, waves=30, side=6, shape=None):
    primary = fits.PrimaryHDU()
    primary.header["EBVGAL"] = 0.02
    values = {"WAVE": 3600.0 + np.arange(waves), "MASK": np.zeros(shape or (waves, side, side), np.int32)}
    ones = np.ones(shape or (waves, side, side), np.float32)
    fits.HDUList([primary, *(fits.ImageHDU(values.get(n, ones), name=n) for n in names)]).writeto(path, overwrite=True)
    return path


@pytest.mark.parametrize("planes", [0, 1, 2])
def test_dispersions_are_corrected_by_one_plane_or_the_first_of_two(tmp_path, planes):
    path, sigma = manga_maps(tmp_path / "a.fits", planes)
    np.testing.assert_allclose(gm.spectra.read_maps(path).stellar_sigma, sigma)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("STELLAR_SIGMACORR", np.ones((3, 6, 6))),
        ("STELLAR_SIGMACORR", np.ones((6, 1))),
        ("STELLAR_SIGMACORR", np.ones(6)),
        ("STELLAR_VEL", np.ones((2, 6, 6))),
        ("STELLAR_SIGMA", np.ones((6, 1))),
        ("EMLINE_GFLUX", np.ones((6, 6))),
        ("EMLINE_GVEL", np.ones((2, 1, 6))),
        ("EMLINE_GEW", np.ones((1, 6, 6))),
        ("SPX_ELLCOO", np.ones((3, 5, 5))),
    ],
)
def test_shapes_are_compared_before_they_are_broadcast(tmp_path, name, data):
    path, _ = manga_maps(tmp_path / "a.fits", 2)
    with fits.open(path) as hdus:
        hdus[name].data = data
        hdus.writeto(tmp_path / "b.fits")
    with pytest.raises(ValueError, match=f"{name}"):
        gm.spectra.read_maps(tmp_path / "b.fits")


def test_manga_files_are_read_or_refused_as_the_page_says(tmp_path):
    said = {row[0]: row[1] for row in table("MaNGA")}
    assert gm.spectra.read_cube(manga_cube(tmp_path / "a.fits")).ebv == 0.02
    refused = {
        "DAP model LOGCUBE": manga_cube(tmp_path / "b.fits", ("FLUX", "IVAR", "MASK", "WAVE", "REDCORR", "MODEL")),
        "DRP RSS": manga_cube(tmp_path / "c.fits", shape=(19, 30)),
    }
    for name, path in refused.items():
        with pytest.raises(ValueError, match=said[name].removeprefix("refused: ")):
            gm.spectra.read_cube(path)
    with fits.open(tmp_path / "a.fits") as hdus:
        del hdus[0].header["EBVGAL"]
        hdus.writeto(tmp_path / "d.fits")
    with pytest.raises(ValueError, match="EBVGAL"):
        gm.spectra.read_cube(tmp_path / "d.fits")


# ---------------------------------------------------------------- shards, prediction, coarse pixels


@pytest.mark.parametrize(
    ("ids", "says"),
    [
        (np.array([1.0, 2.0]), "float64"),
        (np.array([np.nan, 2.0]), "float64"),
        (np.array([2**63 + 5, 2], np.uint64), "uint64"),
        (np.array(["1", "2"]), "<U1"),
        ([2**70, 1], "object"),
        (np.array([True, False]), "bool"),
        (np.ma.masked_array([1, 2], [True, False]), "1 of 2 ids are missing"),
    ],
)
def test_numbers_of_galaxies_that_are_no_integers_are_refused(tmp_path, ids, says):
    with pytest.raises(ValueError, match=says):
        gm.catalogue.write_shard(tmp_path / "a.parquet", ids, torch.rand(2, 3, 8, 8))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("dtype", ["i8", "i4", "u4", "u8", "i2"])
def test_integers_of_any_width_are_numbers_of_galaxies(tmp_path, dtype):
    ids = np.array([1, 2], dtype) if dtype[1] != "8" else np.array([1237650000000000001, 1237650000000000102], dtype)
    path = gm.catalogue.write_shard(tmp_path / "a.parquet", ids, torch.rand(2, 3, 8, 8))
    assert list(next(gm.catalogue.read_shard(path))[0]) == list(ids)


def test_faint_flux_keeps_its_levels_in_a_shard(tmp_path):
    flux = 1e-3 + 0.02 * torch.rand(4, 3, 8, 8)
    path = gm.catalogue.write_shard(tmp_path / "a.parquet", range(4), flux, bands=("g", "r", "z"))
    assert torch.equal(next(gm.catalogue.read_shard(path))[1], flux)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.uint8, torch.int32])
def test_prediction_takes_what_training_takes(dtype):
    images = (torch.rand(8, 3, 64, 64) * 200).to(dtype)
    network = gm.CompactCNN(outputs=1)
    target = torch.tensor([0.0, 1.0] * 4)
    gm.fit(network, images, target, validation=(images, target), epochs=1)
    np.testing.assert_array_equal(gm.predict(network, images), gm.predict(network, images.float()))


def test_coarse_pixels_are_a_sentence_before_memory_is_asked_for(tmp_path):
    path = write(tmp_path / "a.fits", sky(200), PLAIN, scale=90)
    with pytest.raises(ValueError, match=r"would be \d+ x \d+ pixels and need \d+ GB.*90 arcsec are coarse for DES"):
        gm.imaging.emulate_fits(path, tmp_path / "b.fits", **MOVE | {"psf": 180})
    with pytest.raises(ValueError, match="coarse for DES"):
        coarse = gm.imaging.stamps(torch.rand(2, 3, 200, 200), redshift=0.03, pixel_scale=90, psf=180)
        gm.emulate(coarse, z_new=0.04, k_correction=False)


# ---------------------------------------------------------------- an archive's answers


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip"])
@pytest.mark.parametrize("name", ["a.fits.gz", "a.tar.gz", "a.fits"])
def test_a_packed_file_arrives_as_it_lies_on_the_server(site, tmp_path, encoding, name):
    fits.PrimaryHDU(sky()).writeto(tmp_path / "plain.fits")
    plain = (tmp_path / "plain.fits").read_bytes()
    packed = gzip.compress(plain)
    site.faults.append(("", lambda handler: handler.send(packed, 200, {"Content-Encoding": encoding})))
    url, kind = f"https://data.sdss.org/x/{name}", "tar" if "tar" in name else "fits"
    gm.archive.download.download(site.session(), url, tmp_path / name, kind=kind)
    assert (tmp_path / name).read_bytes() == (packed if name.endswith("gz") else plain) and len(site.log) == 1


OUTAGE = b"""<?xml version="1.0"?><VOTABLE xmlns="http://www.ivoa.net/xml/VOTable/v1.3" version="1.4">
<INFO name="Error" value=" " /><INFO ID="Error" name="Error" value="The database is not currently reachable." />
<INFO name="QUERY_STATUS" value="ERROR">-- no connection</INFO><RESOURCE></RESOURCE></VOTABLE>"""


@pytest.mark.parametrize("answer", [OUTAGE, OUTAGE.replace(b"INFO", b"n:INFO"), OUTAGE.replace(b'ID="Error" ', b"")])
def test_an_outage_is_told_in_the_services_own_words(site, answer):
    site.faults.append(("", lambda handler: handler.send(answer, 200, {"Content-Type": "text/xml"})))
    with pytest.raises(gm.archive.errors.BadContent, match="The database is not currently reachable"):
        gm.archive.services.vizier_table(site.session(), "J/ApJS/186/427/table2", -1)


# ---------------------------------------------------------------- bombs and damage


def _patched(path, key, value, *, number=0):
    """A FITS file with a card of a header replaced, or added, byte by byte: astropy would not write it."""
    data = bytearray(path.read_bytes())
    card = f"{key:8}= {value:>20}".ljust(80)[:80].encode()
    at = data.find(f"{key:8}=".encode())
    at = data.find(b"END" + b" " * 77) if at < 0 else at
    data[at : at + 80] = card
    if b"END" + b" " * 77 not in data[: len(data) // 2880 * 2880]:
        data[at + 80 : at + 160] = b"END".ljust(80)
    path.write_bytes(data)
    return path


CLAIMS = [
    ("NAXIS", 10**6), ("NAXIS", 99999999), ("NAXIS", -1), ("NAXIS", "T"), ("NAXIS1", 10**9), ("NAXIS1", 10**17),
    ("NAXIS2", 10**12), ("NAXIS1", -5), ("NAXIS1", 1.5), ("BITPIX", 12), ("BITPIX", 10**9), ("PCOUNT", 10**12),
    ("GCOUNT", 10**12), ("WCSAXES", 10**8), ("A_ORDER", 10**6), ("NAXIS2", "'a'"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value"), CLAIMS, ids=str)
def test_a_header_that_claims_too_much_is_refused_before_anything_is_made(tmp_path, key, value):
    path = _patched(write(tmp_path / "a.fits", sky(), PLAIN), key, value)
    for read in (gm.imaging.read_fits, gm.spectra.read_maps, gm.spectra.read_cube, lambda p: read_stamp(p, size=8)):
        with pytest.raises(Unreadable, match=f"{key}|NAXISn|MB|cut off"):
            read(path)


def test_tiles_that_claim_too_much_are_refused(tmp_path):
    image = fits.CompImageHDU(sky(), header(PLAIN))
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(tmp_path / "a.fits")
    for key in ("ZNAXIS1", "ZTILE1"):
        copy = tmp_path / f"{key}.fits"
        copy.write_bytes((tmp_path / "a.fits").read_bytes())
        with pytest.raises(Unreadable, match="MB"):
            gm.imaging.read_fits(_patched(copy, key, 10**9))


def test_a_gzip_of_zeros_is_not_unpacked(tmp_path):
    zeros, packed = b"\0" * (1 << 20), io.BytesIO()
    whole = write(tmp_path / "plain", sky(), PLAIN).read_bytes()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as out:
        out.write(whole)
        for _ in range(800):
            out.write(zeros)
    (tmp_path / "tail.fits.gz").write_bytes(packed.getvalue())  # zeros behind the image: never read
    assert gm.imaging.read_fits(tmp_path / "tail.fits.gz")[0].shape == (1, SIDE, SIDE)
    (tmp_path / "zeros.fits.gz").write_bytes(gzip.compress(zeros * 50))
    with pytest.raises(Unreadable, match="begins with"):
        gm.imaging.read_fits(tmp_path / "zeros.fits.gz")
    claim = _patched(write(tmp_path / "big", sky(), PLAIN), "NAXIS2", 10**6).read_bytes()
    (tmp_path / "claim.fits.gz").write_bytes(gzip.compress(claim + zeros * 30))
    with pytest.raises(Unreadable, match="160 MB|cut off"):
        gm.imaging.read_fits(tmp_path / "claim.fits.gz")


def test_many_hdus_are_refused(tmp_path):
    empty = fits.ImageHDU().header.tostring().encode().ljust(2880)
    first = fits.PrimaryHDU().header.tostring().encode()
    (tmp_path / "a.fits.gz").write_bytes(gzip.compress(first + empty * 5000))
    with pytest.raises(Unreadable, match="more than 500 HDUs"):
        gm.imaging.read_fits(tmp_path / "a.fits.gz")


def test_a_header_without_an_end_is_refused(tmp_path):
    (tmp_path / "a.fits").write_bytes(b"SIMPLE  =                    T".ljust(80) + b" " * 4_000_000)
    with pytest.raises(Unreadable, match="does not end|cut off"):
        gm.imaging.read_fits(tmp_path / "a.fits")


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.7])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_cut_files_are_named(tmp_path, share, pack):
    data = pack(write(tmp_path / "plain", sky(), PLAIN).read_bytes())
    (tmp_path / "a.fits").write_bytes(data[: int(share * len(data))])
    with pytest.raises(Unreadable, match=r"a\.fits.*(cut off|cannot be read|begins with)"):
        gm.imaging.read_fits(tmp_path / "a.fits")


def test_a_flipped_bit_of_a_gzip_is_noticed(tmp_path):
    data = bytearray(gzip.compress(write(tmp_path / "plain", sky(), PLAIN).read_bytes()))
    data[len(data) // 2] ^= 1
    (tmp_path / "a.fits.gz").write_bytes(data)
    with pytest.raises(Unreadable, match="a.fits.gz"):
        gm.imaging.read_fits(tmp_path / "a.fits.gz")


def test_a_picture_that_claims_too_much_is_refused(tmp_path):
    for side in (9_000, 12_000, 60_000):
        Image.new("1", (8, 8)).save(tmp_path / "a.png")
        data = bytearray((tmp_path / "a.png").read_bytes())
        data[16:24] = side.to_bytes(4, "big") * 2
        import zlib

        data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
        with warnings.catch_warnings(), pytest.raises(ValueError, match="a.png .row 1. cannot be read .*pixels"):
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            folder(tmp_path / str(side), [lambda p, d=bytes(data): p.write_bytes(d)], ["a.png"])


def test_a_bad_file_in_a_folder_is_counted_and_named(tmp_path):
    good = write(tmp_path / "good", sky(), PLAIN).read_bytes()
    _patched(write(tmp_path / "bad", sky(), PLAIN), "NAXIS", 99999999)
    writers = [lambda p: p.write_bytes(good)] * 30 + [lambda p: p.write_bytes((tmp_path / "bad").read_bytes())]
    with pytest.warns(UserWarning, match=r"1 of 31 images.*30\.dat \(row 31\).*NAXIS = 99999999"):
        assert len(folder(tmp_path / "set", writers)) == 30


def test_a_file_that_is_not_there_is_an_oserror(tmp_path):
    with pytest.raises(FileNotFoundError), open_fits(tmp_path / "nothing.fits"):
        pass


# ---------------------------------------------------------------- the kinds, counted


def cases_of(test):
    """How many cases a test is run with."""
    given = [mark.args[1] for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
    return math.prod(len(values) for values in given)


def test_every_kind_that_was_misread_has_tests_of_its_own():
    """As many as the page says; 17 kinds were reported."""
    tests, total = {**vars(test_catalogue), **globals()}, 0
    for what, _, named in table("Kinds that were once misread"):
        number, _, names = named.partition(": ")
        found = [cases_of(tests[f"test_{name}"]) for name in re.findall(r"`(\w+)`", names)]
        assert sum(found) == int(number), what
        total += sum(found)
    assert len(table("Kinds that were once misread")) == 17 and f"17 kinds, {total} cases" in FORMATS and total >= 60


# ---------------------------------------------------------------- damaged at random


TRIES = int(os.environ.get("GALMORPH_FUZZ", 300))
KEYS = (
    "SIMPLE XTENSION BITPIX NAXIS NAXIS1 NAXIS2 NAXIS3 PCOUNT GCOUNT EXTEND GROUPS BSCALE BZERO BLANK BUNIT MAGZERO "
    "CTYPE1 CTYPE2 CUNIT1 CRVAL1 CRPIX2 CD1_1 CD2_2 PV2_1 PV2_99 WCSAXES WCSNAME A_ORDER A_0_2 CPDIS1 LONPOLE RADESYS "
    "EQUINOX MJD-OBS TFIELDS TFORM1 TFORM2 TTYPE1 TDIM1 THEAP ZIMAGE ZBITPIX ZNAXIS ZNAXIS1 ZTILE1 ZTILE2 ZCMPTYPE "
    "ZNAME1 ZVAL1 ZVAL2 ZQUANTIZ ZDITHER0 ZBLANK EXTNAME EXTVER END PHOTFLAM BSOFTEN BOFFSET C01 SCINPVEL EBVGAL"
).split()
VALUES = st.one_of(
    st.sampled_from(["T", "F", "0", "1", "-1", "2", "7", "9", "1000000", "99999999", "1E308", "-1E-308", "NaN", "''"]),
    st.sampled_from(["2147483647", "9223372036854775807", "'RA---TAN-SIP'", "'DEC--ZPN'", "'GLON-TAB'", "'Lookup'"]),
    st.sampled_from(["'1PE(9999999)'", "'99999999J'", "'RICE_1'", "'GZIP_2'", "'HCOMPRESS_1'", "'PLIO_1'", "'nJy'"]),
    st.integers(-(10**10), 10**10).map(str),
    st.text("ABC'/=() 019.E-", max_size=12),
)
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("card"), st.sampled_from(KEYS), VALUES, st.integers(0, 3)),
        st.tuples(st.just("bytes"), st.floats(0, 1), st.binary(min_size=1, max_size=8)),
        st.tuples(st.just("cut"), st.floats(0, 1)),
        st.tuples(st.just("repeat"), st.floats(0, 1), st.integers(1, 300)),
    ),
    max_size=4,
)


@functools.cache
def seeds(place):
    """Small whole files of every kind that is read, {name: bytes}; each is read once, for the imports that takes."""
    place.mkdir()
    made = {}
    write(place / "image", sky(), PLAIN)
    write(place / "integers", (100 * sky()).astype("i2"), {"MAGZERO": 25.0, "BLANK": 0})
    write(place / "cube of bands", np.stack([sky()] * 3), PLAIN)
    for kind in ("RICE_1", "GZIP_2", "HCOMPRESS_1"):
        image = fits.CompImageHDU((100 * sky()).astype(np.int32), header({"MAGZERO": 25.0}), compression_type=kind)
        fits.HDUList([fits.PrimaryHDU(), image]).writeto(place / kind)
    quantised = fits.CompImageHDU(sky(), header(PLAIN), quantize_level=4)
    fits.HDUList([fits.PrimaryHDU(), quantised]).writeto(place / "quantised")
    fits.HDUList(_hdus("HST exposure", sky(), PLAIN)[0]).writeto(place / "lookup")
    manga_maps(place / "maps", 2)
    manga_cube(place / "manga")
    coadd = fits.BinTableHDU(np.zeros(9, [("loglam", "f4"), ("flux", "f4"), ("ivar", "f4")]), name="COADD")
    galaxy = fits.BinTableHDU(np.zeros(1, [("Z", "f4"), ("SUBCLASS", "S9")]), name="SPECOBJ")
    fits.HDUList([fits.PrimaryHDU(), coadd, galaxy]).writeto(place / "spectrum")
    packed_seeds(place)
    PICTURES["8 bits RGB"]()(place / "png")
    PICTURES["16 bits grey"]()(place / "png of 16 bits")
    for kind in ("jpeg", "gif", "tiff", "webp", "bmp"):
        Image.fromarray(np.dstack([levels(255, "u1")] * 3)).save(place / kind, format=kind)
    for file in place.iterdir():
        made[file.name] = file.read_bytes()
    made |= {f"{name}, packed": pack(made["image"]) for name, pack in
             (("gzip", gzip.compress), ("bzip2", bz2.compress), ("xz", lzma.compress))}  # fmt: skip
    made["nothing"] = b""
    made["table"] = "file,id,x\na.png,1,é\nb.png,2,\n".encode()
    made["table of a spreadsheet"] = 'file;id;x\r\n"a;b.png";1;2,5\r\n'.encode("utf-16")
    for name, body in made.items():
        for read in _readers(name, place, body):
            with suppress(ValueError, OSError, gm.archive.ArchiveError):
                read()
    return made


def packed_seeds(place):
    """Shards, a classifier, a bundle: what a catalogue and a class hand round."""
    pictures = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    gm.catalogue.write_shard(place / "shard", range(4), pictures, bands=("g", "r", "z"))
    gm.catalogue.write_shard(place / "shard of pictures", range(4), pictures, pixels="colour", rows=2)
    many = torch.rand(500, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    gm.catalogue.save_classifier(place / "classifier", [gm.CompactCNN(size=16)], many)
    with tempfile.TemporaryDirectory() as own:
        (Path(own) / "set" / "images").mkdir(parents=True)
        PICTURES["8 bits RGB"]()(Path(own) / "set" / "images" / "a.png")
        (Path(own) / "set" / "labels.csv").write_text("file,id\nimages/a.png,1\n", encoding="utf-8")
        (Path(own) / "set" / "SOURCE.txt").write_text("Drawn for a test.", encoding="utf-8")
        gm.archive.pack([Path(own) / "set"], place / "bundle")


def damaged(data, changes):
    for what, *how in changes:
        data = bytearray(data)
        at = int(how[0] * len(data)) if what != "card" else 0
        if what == "card":
            key, value, which = how
            cards = [m.start() for m in re.finditer(rf"{key:8}".encode(), bytes(data)) if m.start() % 80 == 0]
            spare = [m.start() for m in re.finditer(rb"COMMENT|CRVAL2|EXTEND|BUNIT|CD1_2|CD2_1", bytes(data))]
            places = [place for place in (cards or spare) if place % 80 == 0]
            if places:
                place = places[which % len(places)]
                data[place : place + 80] = f"{key:8}= {value}".ljust(80)[:80].encode()
        elif what == "bytes":
            data[at : at + len(how[1])] = how[1]
        elif what == "cut":
            data = data[:at]
        else:
            data[at:at] = data[at : at + 80] * how[1]
    return bytes(data)


WORST = {"seconds": 0.0, "read": 0, "refused": 0}


@settings(max_examples=TRIES, suppress_health_check=list(HealthCheck), deadline=None, derandomize=TRIES <= 300)
@given(data=st.data())
def test_fuzz_whatever_comes_is_read_or_refused_in_a_sentence(data, tmp_path_factory):
    place = tmp_path_factory.getbasetemp() / "seeds"
    whole = seeds(place)
    name = data.draw(st.sampled_from(sorted(whole)))
    body = damaged(whole[name], data.draw(CHANGES))
    if data.draw(st.booleans()) and data.draw(st.booleans()):
        body = gzip.compress(body)
    before = peak_memory_mb()
    for read in _readers(name, place, body):
        start = time.process_time()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                read()
            WORST["read"] += 1
        except (ValueError, OSError, gm.archive.ArchiveError) as error:
            WORST["refused"] += 1
            said = str(error)
            assert " " in said.strip() and len(said) < 2500, said
        seconds = time.process_time() - start
        WORST["seconds"] = max(WORST["seconds"], seconds)
        if TRIES > 1000:
            (place / "worst.txt").write_text(f"{WORST}, {before} MB in all", encoding="utf-8")
            assert seconds < 2, (name, seconds)
    assert peak_memory_mb() - before < 1000, "more than 1 GB"


def _readers(name, place, body):
    if "table" in name:
        (place / "labels.csv").write_bytes(body)
        return [lambda: gm.read_folder(place, size=8, cache=False)]
    file = place / "a.fits"
    file.write_bytes(body)
    if "shard" in name:
        return [lambda: list(gm.catalogue.read_shard(file)), lambda: gm.catalogue.shards.shard_words(file)]
    if name == "classifier":
        return [lambda: gm.catalogue.load_classifier(file)]
    if name == "bundle":
        shutil.rmtree(place / "unpacked", ignore_errors=True)
        return [lambda: gm.archive.unpack(file, place / "unpacked"), lambda: gm.archive.verify(file)]
    found = [lambda: read_stamp(file, size=8)]
    if "maps" in name:
        found.append(lambda: gm.spectra.read_maps(file))
    elif "manga" in name:
        found.append(lambda: gm.spectra.read_cube(file))
    elif "spectrum" in name:
        found.append(lambda: gm.spectra.read_sdss_spectrum(file))
    else:
        found.append(lambda: gm.imaging.read_fits(file, missing="mask"))
    if name in ("image", "integers", "lookup", "quantised"):
        move = MOVE | {"zero_point": 25.0, "missing": "mask"}
        found.append(lambda: gm.imaging.emulate_fits(file, place / "moved", overwrite=True, **move))
    return found
