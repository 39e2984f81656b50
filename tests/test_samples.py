"""Folders, splits and the cache, with the bad input that people have."""

import os
import re
import subprocess
import sys
import time
import warnings
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import QTable
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import galmorph_helpers as gm


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Forty small colour images with labels, and a cache of its own."""
    monkeypatch.setenv("GALMORPH_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "set"
    (path / "images").mkdir(parents=True)
    rng = np.random.default_rng(0)
    lines = ["objid,class_name,file"]
    for i in range(40):
        Image.fromarray(rng.integers(0, 255, (50, 50, 3), dtype=np.uint8)).save(path / f"images/{i}.png")
        lines.append(f"{587725469063118926 + i},{'disc' if i % 2 else 'smooth'},images/{i}.png")
    (path / "labels.csv").write_text("\n".join(lines))
    return path


def test_reads_pixels_labels_and_origin(folder):
    sample = gm.read_folder(folder, size=25)
    assert sample.images.shape == (40, 3, 25, 25) and sample.origin == "folder"
    assert sample.table["objid"][0] == 587725469063118926  # 64-bit identifiers survive
    original = np.asarray(Image.open(folder / "images/7.png"), float) / 255
    expected = original.reshape(25, 2, 25, 2, 3).mean((1, 3)).transpose(2, 0, 1)
    np.testing.assert_allclose(sample.images[7], expected, atol=1 / 255)  # channels first, not scrambled


def test_crop_takes_the_centre(folder):
    sample = gm.read_folder(folder, size=10, crop=10)
    original = np.asarray(Image.open(folder / "images/3.png"), float)[20:30, 20:30].transpose(2, 0, 1) / 255
    np.testing.assert_allclose(sample.images[3], original, atol=1e-6)


def test_rows_alone_are_read(folder):
    whole = gm.read_folder(folder, size=32)
    some = gm.read_folder(folder, size=32, rows=[0, 2])
    np.testing.assert_array_equal(some.images, whole.images[[0, 2]])
    assert list(some.table["file"]) == list(whole.table["file"][[0, 2]])
    assert len(gm.read_folder(folder, size=32, rows=np.arange(len(whole)) > 0)) == len(whole) - 1
    with pytest.raises(ValueError, match="none of the galaxies"):
        gm.read_folder(folder, size=32, rows=[])


def test_second_reading_comes_from_the_cache_and_changes_are_seen(folder):
    first = gm.read_folder(folder, size=20)
    (cached,) = (folder.parent / "cache").glob("*.npz")
    stamp = cached.stat().st_mtime_ns
    again = gm.read_folder(folder, size=20)
    assert cached.stat().st_mtime_ns == stamp and bool((first.images == again.images).all())
    time.sleep(0.01)
    Image.fromarray(np.random.default_rng(9).integers(0, 255, (50, 50, 3), dtype=np.uint8)).save(
        folder / "images/0.png"
    )
    assert not bool((gm.read_folder(folder, size=20).images[0] == first.images[0]).all())


def test_a_damaged_cache_is_made_again(folder):
    first = gm.read_folder(folder, size=20)
    (cached,) = (folder.parent / "cache").glob("*.npz")
    cached.write_bytes(cached.read_bytes()[:1000])
    assert bool((gm.read_folder(folder, size=20).images == first.images).all())


def test_a_killed_run_leaves_no_cache_to_trust(folder):
    """Kill a reading while it writes; what is left must not be read as whole."""
    code = (
        "import os, sys, numpy as np; import galmorph_helpers.datasets.folders as s\n"
        "def slow(file, **k):\n    file.write(b'PK half'); file.flush(); os.kill(os.getpid(), 9)\n"
        "np.savez = slow; s.read_folder(sys.argv[1], size=20)"
    )
    assert (
        subprocess.run([sys.executable, "-c", code, str(folder)], env=os.environ, capture_output=True).returncode == -9
    )
    assert not list((folder.parent / "cache").glob("[0-9a-f]*[0-9a-f].npz")) or all(
        ".part" in p.name for p in (folder.parent / "cache").iterdir()
    )
    assert len(gm.read_folder(folder, size=20)) == 40


def test_an_unwritable_cache_warns_and_nothing_is_lost(folder, monkeypatch):
    (folder.parent / "blocked").write_text("a file where the cache folder should be")
    monkeypatch.setenv("GALMORPH_CACHE", str(folder.parent / "blocked"))
    with pytest.warns(UserWarning, match="GALMORPH_CACHE"):
        assert len(gm.read_folder(folder, size=20)) == 40


def _spoil_missing(path):
    (path / "images/5.png").unlink()


def _spoil_truncated(path):
    file = path / "images/5.png"
    file.write_bytes(file.read_bytes()[:500])


def _spoil_grey(path):
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (50, 50), dtype=np.uint8)).save(path / "images/5.png")


def _spoil_constant(path):
    Image.fromarray(np.full((50, 50, 3), 7, np.uint8)).save(path / "images/5.png")


def _spoil_html(path):
    (path / "images/5.png").write_text("<html>503 Service Unavailable</html>")


@pytest.mark.parametrize(
    "spoil, says",
    [
        (_spoil_missing, "is missing"),
        (_spoil_truncated, "cannot be read"),
        (_spoil_grey, "1 channel"),
        (_spoil_constant, "is constant"),
        (_spoil_html, "cannot be read"),
    ],
)
def test_one_bad_image_is_left_out_counted_and_named(folder, spoil, says):
    spoil(folder)
    for _ in range(2):  # from the files, then from the cache: the warning must not be lost
        with pytest.warns(UserWarning, match=rf"1 of 40 images.*5\.png \(row 6\).*{says}"):
            sample = gm.read_folder(folder, size=20)
        assert len(sample) == 39 and not any(sample.table["file"] == "images/5.png")


@pytest.mark.parametrize(
    "cell", ["../secret.png", "{parent}/secret.png", "C:secret.png", "images\\5.png", "out/secret.png"]
)
def test_an_image_outside_the_folder_is_left_out_counted_and_named(folder, cell):
    pixels = np.random.default_rng(1).integers(0, 255, (50, 50, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(folder.parent / "secret.png")
    for name in ("C:secret.png", "images\\5.png"):  # names that a file of this system can have
        Image.fromarray(pixels).save(folder / name)
    (folder / "out").symlink_to(folder.parent)
    cell = cell.format(parent=folder.parent)
    labels = folder / "labels.csv"
    labels.write_text(labels.read_text(encoding="utf-8").replace("images/5.png", cell), encoding="utf-8")
    for _ in range(2):
        with pytest.warns(UserWarning, match=rf"1 of 40 images.*{re.escape(cell)} \(row 6\) is not in the folder"):
            sample = gm.read_folder(folder, size=20)
        assert len(sample) == 39 and cell not in sample.table["file"]


def test_a_link_that_leads_out_later_is_not_read_from_the_cache(folder):
    gm.read_folder(folder, size=20)
    (folder / "images/5.png").rename(folder.parent / "secret.png")
    (folder / "images/5.png").symlink_to(folder.parent / "secret.png")
    with pytest.warns(UserWarning, match=r"images/5\.png \(row 6\) is not in the folder"):
        assert len(gm.read_folder(folder, size=20)) == 39


def test_a_row_without_a_file_name_is_left_out(folder):
    labels = folder / "labels.csv"
    labels.write_text(labels.read_text(encoding="utf-8").replace("images/5.png", ""), encoding="utf-8")
    with pytest.warns(UserWarning, match=r"an empty name \(row 6\) is missing"):
        assert len(gm.read_folder(folder, size=20)) == 39


def test_many_bad_images_are_an_error(folder):
    for i in range(10):
        (folder / f"images/{i}.png").unlink()
    with pytest.raises(ValueError, match="10 of 40 images.*check that the folder is complete"):
        gm.read_folder(folder, size=20)


def test_fits_with_nan_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setenv("GALMORPH_CACHE", str(tmp_path / "cache"))
    rng = np.random.default_rng(0)
    for i in range(30):
        data = rng.normal(size=(3, 20, 20)).astype(np.float32)
        data[0, 3, 3] = np.nan if i == 4 else 0
        fits.writeto(tmp_path / f"{i}.fits", data)
    QTable({"file": [f"{i}.fits" for i in range(30)]}).write(tmp_path / "labels.csv")
    with pytest.warns(UserWarning, match=r"4\.fits \(row 5\) has pixels that are not finite"):
        sample = gm.read_folder(tmp_path, size=10)
    assert sample.images.shape == (29, 3, 10, 10) and sample.pixels == "flux"
    data = fits.getdata(tmp_path / "0.fits")
    upright = data[:, ::-1]  # as pictures are: row 0 is the top
    np.testing.assert_allclose(sample.images[0], upright.reshape(3, 10, 2, 10, 2).mean((2, 4)), atol=1e-6)


def test_bad_folders_say_what_to_do(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match="not a folder"):
        gm.read_folder(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="write a labels.csv"):
        gm.read_folder(tmp_path / "empty")
    with pytest.raises(ValueError, match="size=0"):
        gm.read_folder(folder, size=0)
    with pytest.raises(TypeError, match="no 'zeropoint': FITS files are read by zero_point"):
        gm.read_folder(folder, zeropoint=22.5)
    with pytest.raises(ValueError, match="row 2: class_name 'disc' is not one of"):
        gm.read_folder(folder, classes=["smooth"])
    with pytest.raises(ValueError, match="does not fit"):
        gm.read_folder(folder, crop=400)
    (folder / "labels.csv").write_text("name\nx\n")
    with pytest.raises(ValueError, match="'file' column"):
        gm.read_folder(folder)


@settings(max_examples=40, deadline=None)
@given(st.integers(20, 300), st.integers(1, 4), st.integers(0, 1000))
def test_no_galaxy_is_in_two_parts(n, copies, seed):
    table = QTable({"objid": np.repeat(np.arange(n), copies), "other": np.arange(n * copies)})
    parts = gm.split(table, fractions=(0.6, 0.2, 0.2), seed=seed)
    assert sorted(np.concatenate(parts)) == list(range(n * copies))
    galaxies = [set(table["objid"][p]) for p in parts]
    assert not (galaxies[0] & galaxies[1] or galaxies[0] & galaxies[2] or galaxies[1] & galaxies[2])
    assert abs(len(galaxies[0]) - 0.6 * n) <= 1


def test_bad_splits_say_what_is_wrong():
    table = QTable({"id": np.arange(2)})
    with pytest.raises(ValueError, match="too few"):
        gm.split(table, fractions=(0.7, 0.1, 0.2))
    with pytest.raises(ValueError, match="sum to 1"):
        gm.split(table, fractions=(0.7, 0.7))
    with pytest.raises(KeyError, match="no column 'name'"):
        gm.split(table, by="name", fractions=(0.5, 0.5))
    with pytest.raises(ValueError, match="empty"):
        gm.split(table[:0], fractions=(0.5, 0.5))


def test_a_sample_checks_itself():
    sample = gm.mock_sample(4, size=16)
    assert len(sample[[0, 2]]) == 2 and len(sample[np.array([True, False, False, True])]) == 2 and len(sample[:3]) == 3
    with pytest.raises(ValueError, match="one row a galaxy"):
        gm.GalaxySample(sample.images, sample.table[:3], gm.SDSS, "mock", pixels="colour")
    with pytest.raises(ValueError, match="origin"):
        gm.GalaxySample(sample.images, sample.table, gm.SDSS, "dream", pixels="colour")


def test_deep_field_galaxies_are_there_without_a_network():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sample = gm.deep_field()
    assert 150 < len(sample) < 900 and sample.images.shape[1:] == (3, 64, 64) and sample.origin == "deep field"
    centre = sample.images[:, :, 24:40, 24:40].mean((1, 2, 3))
    assert (centre > sample.images.mean((1, 2, 3))).float().mean() > 0.95  # the galaxy is in the middle


# ---------------------------------------------------------------- what the pixels are


def test_every_sample_says_what_its_pixels_are(folder, monkeypatch, tmp_path):
    monkeypatch.setenv("GALMORPH_CACHE", str(tmp_path / "cache"))
    table = gm.population(2, seed=0)
    made = {
        "colour": [gm.mock_sample(table=table, size=16), gm.deep_field(16, smallest=400),
                   gm.mock.portraits(table, size=16),
                   gm.read_folder(folder, size=16), gm.mock.seen_by(table, gm.DES)],
        "flux": [gm.mock_sample(table=table, size=16, look="flux")],
        "surface brightness": [gm.mock.tidal_sample(gm.mock.tidal_population(2, seed=0), 28.0, size=32)],
    }  # fmt: skip
    for pixels, samples in made.items():
        for sample in samples:
            assert sample.pixels == sample[:1].pixels == pixels, sample
            assert pixels in sample.caption and sample.caption in repr(sample)
    near = gm.mock_sample(table=table, survey=gm.DES, look="flux", field_of_view=30.0)
    far = gm.emulate(near, z_new=0.1 + near.table["redshift"])
    moved = [far.pixels, gm.imaging.coloured(far).pixels]
    assert moved == ["flux", "colour"]


def test_a_grey_picture_is_not_called_colour():
    sample = gm.mock_sample(2, size=16)
    assert "grey pictures" in replace(sample, images=sample.images[:, :1]).caption


def test_pixels_must_be_said_and_be_known():
    sample = gm.mock_sample(2, size=16)
    with pytest.raises(TypeError, match="pixels"):
        gm.GalaxySample(sample.images, sample.table, gm.SDSS, "mock")
    with pytest.raises(ValueError, match="pixels must be one of.*got 'magnitudes'"):
        replace(sample, pixels="magnitudes")


def test_what_needs_flux_refuses_a_picture():
    picture = gm.mock_sample(2, survey=gm.DES, size=64)
    with pytest.raises(ValueError, match="emulate needs flux.*colour pictures"):
        gm.emulate(picture, z_new=0.5)
    deep = gm.mock.tidal_sample(gm.mock.tidal_population(2, seed=0), 28.0, size=32)
    with pytest.raises(ValueError, match="emulate needs flux.*surface brightness"):
        gm.emulate(deep, z_new=0.5)
    with pytest.raises(ValueError, match="needs surface brightness.*colour pictures"):
        gm.imaging.detector_input(picture)
    assert gm.imaging.detector_input(deep).shape == (2, 3, 32, 32)
