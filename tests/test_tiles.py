"""From tiles to shards: what is found, how it is cut, what is flagged, and a sentence for each bad tile."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from astropy.io import fits
from astropy.nddata import block_reduce
from astropy.wcs import WCS
from photutils.background import Background2D
from photutils.segmentation import detect_sources
from scipy import ndimage
from scipy.spatial import cKDTree

import galmorph_helpers as gm
from galmorph_helpers.catalogue import finding, tiles
from galmorph_helpers.catalogue.__main__ import main
from galmorph_helpers.catalogue.cutting import place_numbers
from galmorph_helpers.catalogue.shards import shard_words
from galmorph_helpers.imaging import cut_out
from galmorph_helpers.measure.detection import detect, sizes, sky_levels, sky_noise, subtract_sky
from galmorph_helpers.measure.sources import eroded, grown


@pytest.fixture(scope="module")
def tile():
    return gm.mock.mock_tile(49, seed=4, side=768)


@pytest.fixture(scope="module")
def small():
    return gm.mock.mock_tile(4, seed=1, side=192)


@pytest.fixture
def written(small, tmp_path):
    return gm.catalogue.write_tile(tmp_path / "one.fits", small)


def rewritten(path, change):
    """The tile's file after `change(hdu)` of its first HDU."""
    with fits.open(path) as hdus:
        image = fits.PrimaryHDU(hdus[0].data.copy(), hdus[0].header.copy())
    image = change(image) or image
    (image if isinstance(image, fits.HDUList) else fits.HDUList([image])).writeto(path, overwrite=True)


def columns(shard):
    table = pq.read_table(shard)
    return {name: table[name].to_numpy() for name in table.column_names if name != "image"}


# ---------------------------------------------------------------- the mock tile


def test_a_tile_is_the_same_with_the_same_seed(small):
    again = gm.mock.mock_tile(4, seed=1, side=192)
    assert torch.equal(small.flux, again.flux)
    assert not torch.equal(small.flux, gm.mock.mock_tile(4, seed=2, side=192).flux)


def test_a_tile_holds_the_light_of_its_table(tile):
    """The flux in wide apertures is that of the table, for galaxies away from stars: the median says so."""
    x, y, r90 = (np.asarray(getattr(tile.table[c], "value", tile.table[c])) for c in ("x", "y", "r90"))
    rows, columns = np.indices(tile.flux.shape[1:])
    radius = 1.3 * r90 / gm.SDSS.pixel_scale
    apertures = [np.hypot(columns - a, rows - b) < r for a, b, r in zip(x, y, radius, strict=True)]
    magnitude = [22.5 - 2.5 * np.log10(tile.flux[1].numpy()[inside].sum()) for inside in apertures]
    assert abs(np.median(magnitude - tile.table["r_mag"].value)) < 0.1


def test_the_sky_of_a_tile_is_as_noisy_as_the_survey(tile):
    """By differences of neighbouring pixels, to which what lies in the field adds little."""
    steps = np.diff(tile.flux.numpy()) / 2**0.5
    noise = [1.4826 * np.median(np.abs(band - np.median(band))) for band in steps]
    np.testing.assert_allclose(noise, gm.SDSS.sky_sigma, rtol=0.05)


def test_tiles_of_different_numbers_touch():
    a, b = (gm.mock.mock_tile(1, seed=1, side=128, number=n).wcs for n in (0, 1))
    np.testing.assert_allclose(a.wcs_pix2world([[63.5, 127.5]], 0), b.wcs_pix2world([[63.5, -0.5]], 0), atol=1e-6)


def test_a_tile_too_small_for_its_galaxies_is_refused():
    with pytest.raises(ValueError, match="16 pixels for each"):
        gm.mock.mock_tile(100, side=64)


# ---------------------------------------------------------------- cutting out


def gaussian(x, y, width=4.0, side=120):
    rows, columns = np.indices((side, side - 20))
    values = np.exp(-0.5 * ((columns - x) ** 2 + (rows - y) ** 2) / width**2) / (2 * np.pi * width**2)
    return torch.as_tensor(values[None], dtype=torch.float32)


@pytest.mark.parametrize("step", [0.5, 1.0, 1.37, 3.0])
def test_a_cutout_keeps_flux_and_place(step):
    stamp = cut_out(gaussian(50.3, 61.8), [50.3], [61.8], [step])[0, 0].numpy()
    along = (np.arange(64) - 31.5) * step
    assert stamp.sum() == pytest.approx(1, abs=0.01)
    assert stamp.sum(0) @ along == pytest.approx(0, abs=0.05) and stamp.sum(1) @ along == pytest.approx(0, abs=0.05)
    # Blurred by the mean over the stamp's pixel, a box of variance step² / 12, and hardly by the interpolation.
    assert 16 <= stamp.sum(0) @ along**2 <= 16 + step**2 / 12 + 0.3


def test_a_cutout_of_an_even_sky_is_even():
    stamp = cut_out(torch.full((2, 200, 200), 0.3), [99.2], [100.7], [1.9])[0]
    np.testing.assert_allclose(stamp, 0.3 * 1.9**2, rtol=1e-3)


def test_many_cutouts_are_each_alone(tile):
    rng = np.random.default_rng(0)
    x, y, step = rng.uniform(0, 767, 40), rng.uniform(0, 767, 40), rng.uniform(0.3, 6, 40)
    together = cut_out(tile.flux, x, y, step, size=32)
    for i in (0, 7, 39):
        alone = cut_out(tile.flux, x[i : i + 1], y[i : i + 1], step[i : i + 1], size=32)[0]
        torch.testing.assert_close(together[i], alone)


def test_beyond_the_edge_there_is_nothing():
    stamp = cut_out(torch.ones(1, 64, 64), [0.0], [500.0], [1.0], size=16)
    assert not stamp.any()
    half = cut_out(torch.ones(1, 64, 64), [-0.5], [31.5], [1.0], size=16)[0, 0]
    assert not half[:, :5].any() and torch.allclose(half[:, 11:], torch.ones(()), atol=1e-3)


@pytest.mark.parametrize("step", [0.3, 1.0, 2.6])
def test_a_cutout_of_a_slope_is_that_slope(step):
    """Interpolation by cubics, and a mean over a pixel, keep a straight line as it is."""
    rows, columns = np.indices((300, 300), np.float32)
    flux = torch.as_tensor(np.stack((1 + 0.01 * columns, 2 - 0.02 * rows + 0.01 * columns)))
    x, y = np.array([120.3, 150.0, 171.9]), np.array([160.8, 149.5, 131.2])
    found = cut_out(flux, x, y, np.full(3, step), size=40).double()
    away = torch.as_tensor((np.arange(40) - 19.5) * step)
    across, down = torch.as_tensor(x)[:, None, None] + away, torch.as_tensor(y)[:, None, None] + away[:, None]
    expected = torch.stack((1 + 0.01 * across + 0 * down, 2 - 0.02 * down + 0.01 * across), 1)
    torch.testing.assert_close(found / step**2, expected, rtol=2e-3, atol=1e-4)


def test_patches_of_all_sizes_are_cut_in_order():
    """Galaxies are sorted by size for the work, and come back in their own order."""
    rng = np.random.default_rng(3)
    flux = torch.arange(200 * 200, dtype=torch.float32).view(1, 200, 200)
    x, y, step = rng.integers(90, 110, 50), rng.integers(90, 110, 50), rng.uniform(0.2, 4, 50)
    middle = cut_out(flux, x, y, step, size=17)[:, 0, 8, 8].numpy() / step**2
    np.testing.assert_allclose(middle, 200 * y + x, rtol=1e-3)


@pytest.mark.parametrize("step", [0.0, -1.0, np.nan, np.inf])
def test_a_step_that_cannot_be_is_refused(step):
    with pytest.raises(ValueError, match="steps above 0"):
        cut_out(torch.ones(1, 64, 64), [3.0], [3.0], [step])


def test_r90_of_a_known_profile():
    """A Gaussian of width s: 90 % of its light is inside 2.146 s, half inside 1.177 s."""
    found = sizes(gaussian(50, 50, 6.0)[:, 18:82, 18:82].numpy() * 1e4, np.array([0.01], np.float32))
    assert found["r90"][0] == pytest.approx(2.146 * 6, rel=0.03)
    assert found["r50"][0] == pytest.approx(1.177 * 6, rel=0.03)


# ---------------------------------------------------------------- the sky, and what stands above it


def sloping_sky(blank=None, shape=(600, 520)):
    """A tile of two bands with a sky that slopes by 3, noise of 0.1 and 0.2, and a square of 5 x 5 bright pixels."""
    noise = np.random.default_rng(2).normal(0, 1, (2, *shape)) * np.array([0.1, 0.2])[:, None, None]
    level = np.linspace(900, 901, shape[1]) + np.linspace(0, 2, shape[0])[:, None]
    flux = (level + noise).astype(np.float32)
    flux[:, 400:405, 450:455] += 50
    if blank is not None:
        flux[0][blank] = np.nan
    return flux


def test_the_sky_is_subtracted_and_the_bands_are_summed():
    flux = sloping_sky(shape=(1100, 1300))  # the last pieces of sky are smaller than the others
    total, blank = subtract_sky(flux)
    assert blank is None
    np.testing.assert_allclose(total, flux.sum(0), atol=1e-4)
    inner = flux[:, 384:896, 384:1152]  # beyond, medians of pieces see one side of the slope alone
    blocks = np.median(inner.reshape(2, 8, 64, 12, 64), (2, 4))
    assert abs(blocks).max() < 0.05, "of a sky that slopes by 1.5 there"
    assert flux[1, 402, 452] == pytest.approx(50, abs=1.0)
    assert sky_noise(total[384:896, 384:1152]) == pytest.approx(np.hypot(0.1, 0.2), rel=0.05)


def test_pieces_of_sky_are_those_of_photutils():
    flux = sloping_sky(shape=(512, 768))
    for band, level in zip(flux, sky_levels(flux), strict=True):
        found = Background2D(band[::8, ::8], 32, exclude_percentile=90).background_mesh
        np.testing.assert_allclose(level, found, rtol=1e-6)


def test_a_piece_without_sky_takes_its_neighbours_level_and_blank_pixels_are_zero():
    lacking = np.zeros((600, 520), bool)
    lacking[256:512, :256] = lacking[590:, 400] = True
    flux, whole = sloping_sky(lacking), sloping_sky()
    before = sky_levels(whole)
    level = sky_levels(flux)
    assert np.isfinite(level).all() and abs(level - before).max() < 1.0, "of a sky that slopes by 3"
    total, blank = subtract_sky(flux)
    np.testing.assert_array_equal(blank, lacking)
    assert not total[lacking].any() and not flux[:, lacking].any(), "blank in one band is blank in all"
    assert np.isfinite(flux).all() and np.isfinite(total).all()


def test_a_tile_without_a_pixel_has_no_level():
    assert not sky_levels(np.full((2, 300, 300), np.nan, np.float32)).any()


def test_sources_are_found_where_they_are():
    """Squares of known place, width and flux; of two that touch at a corner one is found, a small one is left out."""
    image = np.zeros((201, 301), np.float32)  # odd sides: the last row and column are left out
    image[40:52, 60:80] = 1.0
    image[46, 70] = 30.0
    image[100:110, 200:210] = image[110:120, 210:220] = 2.0
    image[150, 30] = 1.5
    found = detect(image, 0.1)
    order = np.argsort(found["y"])
    x, y, width, flux = (found[name][order] for name in ("x", "y", "width", "flux"))
    assert len(x) == 2
    assert (x[0], y[0]) == (70.5, 46.5)
    assert 20 <= width[0] <= 28 and 20 <= width[1] <= 28
    np.testing.assert_allclose(flux, [image[40:52, 60:80].sum(), image[100:120, 200:220].sum()], rtol=0.05)
    assert not len(detect(np.zeros((64, 64), np.float32), 0.1)["x"])


def test_sources_are_those_of_photutils(tile):
    total, _ = subtract_sky(tile.flux.numpy().copy())
    noise = sky_noise(total)
    smooth = ndimage.gaussian_filter(block_reduce(total, 2, np.mean), 0.8, truncate=3)
    label = detect_sources(smooth, 3 * noise / 2 / (2 * np.pi**0.5 * 0.8), 5)
    found = detect(total, noise)
    assert len(found["x"]) == label.n_labels
    boxes = ndimage.find_objects(label.data)
    width = [2 * max(a.stop - a.start, b.stop - b.start) for a, b in boxes]
    np.testing.assert_array_equal(found["width"], width)
    np.testing.assert_allclose(found["flux"], 4 * ndimage.sum(smooth, label.data, label.labels), rtol=1e-3)


@pytest.mark.parametrize("shape", [(5, 32, 32), (3, 17, 40), (4, 2, 5), (2, 1, 1)])
def test_masks_are_eroded_and_grown_as_scipy_does(shape):
    for share in (0.1, 0.5, 0.9):
        mask, square = np.random.default_rng(1).random(shape) < share, np.ones((1, 3, 3))
        np.testing.assert_array_equal(eroded(mask), ndimage.binary_erosion(mask, square))
        np.testing.assert_array_equal(grown(mask), ndimage.binary_dilation(mask, square))


# ---------------------------------------------------------------- what is found


def test_bright_galaxies_are_found_as_large_and_bright_as_they_are(tile):
    table = finding.find_galaxies(tile.flux.numpy().copy(), tile.wcs).table
    size = tile.table["r90"].to_value("arcsec")
    away, nearest = cKDTree(np.c_[table["x"], table["y"]]).query(np.c_[tile.table["x"], tile.table["y"]])
    found = away < np.maximum(3, 0.3 * size / gm.SDSS.pixel_scale)
    bright = tile.table["r_mag"].value < 17.5
    assert found[bright].mean() > 0.8
    ratio = table["r90"].value[nearest[found]] / size[found]
    assert 0.85 < np.median(ratio) < 1.15 and np.std(np.log(ratio)) < 0.35
    apart = table["mag"][nearest[found]] - tile.table["r_mag"].value[found]
    assert abs(np.median(apart)) < 0.1
    sky = tile.wcs.wcs_world2pix(table["ra"], table["dec"], 0)
    np.testing.assert_allclose(sky, [table["x"], table["y"]], atol=1e-3)
    assert len(table) < 1.25 * found.sum(), "stars, or pieces of galaxies, pass for galaxies"


def test_pictures_look_like_those_of_the_mock_sky(tile):
    pictures = finding.find_galaxies(tile.flux.numpy().copy(), tile.wcs).pictures.float() / 255
    stamps = gm.mock_sample(300, seed=9).images
    for where in (slice(None), slice(28, 36), slice(0, 6)):  # all, the middle, the sky
        ours, theirs = (p[:, :, where].mean((1, 2, 3)) for p in (pictures, stamps))
        assert abs(ours.median() - theirs.median()) < 0.6 * theirs.std()


def test_work_in_batches_changes_nothing(tile, monkeypatch):
    whole = finding.find_galaxies(tile.flux.numpy().copy(), tile.wcs)
    monkeypatch.setattr(finding, "BATCH", 5)
    parts = finding.find_galaxies(tile.flux.numpy().copy(), tile.wcs)
    np.testing.assert_allclose(parts.table["mag"], whole.table["mag"], atol=1e-3)
    assert (parts.pictures != whole.pictures).float().mean() < 1e-3


def test_what_lies_outside_is_a_share_of_the_stamp():
    """A stamp of 8 pixels at a corner of the tile: a quarter of it lies inside."""
    outside, blank = finding._missing(None, (50, 60), np.array([-0.5, 30.0]), np.array([49.5, 20.0]), np.ones(2), 8)
    np.testing.assert_array_equal(outside, [0.75, 0])
    assert not blank.any()
    empty = np.zeros((50, 60), bool)
    empty[:, 30:] = True
    _, blank = finding._missing(empty, (50, 60), np.array([29.5]), np.array([20.0]), np.ones(1), 8)
    np.testing.assert_array_equal(blank, [0.5])


def test_galaxies_beyond_the_limit_have_no_picture(tile):
    every = finding.find_galaxies(tile.flux.numpy().copy(), tile.wcs)
    some = finding.find_galaxies(tile.flux.numpy().copy(), tile.wcs, limit=17.0)
    kept = every.table["mag"] <= 17.0
    assert 0 < kept.sum() < len(kept) and len(some.pictures) == len(some.table) == kept.sum()
    np.testing.assert_allclose(some.table["x"], every.table["x"][kept], atol=1e-4)
    assert (some.pictures != every.pictures[torch.as_tensor(np.asarray(kept))]).float().mean() < 1e-2


def test_blank_pixels_and_edges_are_flagged(tile):
    flux = tile.flux.numpy().copy()
    before = finding.find_galaxies(flux.copy(), tile.wcs).table
    inner = (abs(before["x"] - 384) < 200) & (abs(before["y"] - 384) < 200)
    row = np.flatnonzero(inner & (before["blank"] == 0))[0]
    x, y, r90 = before["x"][row], before["y"][row], before["r90"].value[row] / gm.SDSS.pixel_scale
    flux[0, :, int(x + 1.2 * r90) : int(x + 1.2 * r90) + 40] = np.nan  # in one band: the stamp lacks it all the same
    after = finding.find_galaxies(flux, tile.wcs)
    again = np.argmin(np.hypot(after.table["x"] - x, after.table["y"] - y))
    assert 0.02 < after.table["blank"][again] < 0.5
    assert not before["blank"].any()
    cut = tile.flux.numpy()[:, :, int(x) - 3 :].copy()  # the edge now runs through the galaxy
    wcs = tile.wcs.deepcopy()
    wcs.wcs.crpix[0] -= int(x) - 3
    edge = finding.find_galaxies(cut, wcs).table
    nearest = edge[np.argmin(np.hypot(edge["x"], edge["y"] - y))]
    assert nearest["outside"] > 0.2
    assert before["outside"][row] == 0


def test_noise_alone_holds_no_galaxy(tile, tmp_path):
    noise = np.random.default_rng(1).normal(0, 0.03, (3, 256, 256)).astype(np.float32)
    path = gm.catalogue.write_tile(tmp_path / "noise.fits", replace(tile, flux=torch.from_numpy(noise)))
    run = gm.catalogue.cut([path], tmp_path / "sky")
    assert run.empty == ["noise.fits"] and not run.failed and not list((tmp_path / "sky").glob("[!._]*"))


# ---------------------------------------------------------------- from tiles to shards


def test_a_tile_becomes_a_shard_that_classify_reads(written, tmp_path):
    run = gm.catalogue.cut([written], tmp_path / "sky")
    assert run.done == ["one.fits"] and run.galaxies > 0 and not run.failed
    shard = tmp_path / "sky" / "one.parquet"
    ids, images = next(gm.catalogue.read_shard(shard, bands=("i", "r", "g"), size=64))
    assert len(ids) == run.galaxies and images.shape[1:] == (3, 64, 64)
    table = columns(shard)
    np.testing.assert_array_equal(ids, place_numbers(table["ra"], table["dec"]))
    assert set(table) == {"id", "ra", "dec", "x", "y", "r90", "mag", "outside", "blank"}


def test_a_run_of_cut_is_resumed_by_repeating_it(written, small, tmp_path):
    gm.catalogue.cut([written], tmp_path / "sky")
    shard = tmp_path / "sky" / "one.parquet"
    before = shard.stat().st_mtime_ns
    run = gm.catalogue.cut([written], tmp_path / "sky")
    assert run.found == ["one.fits"] and not run.done and shard.stat().st_mtime_ns == before
    gm.catalogue.write_tile(written, gm.mock.mock_tile(5, seed=8, side=192))
    assert gm.catalogue.cut([written], tmp_path / "sky").done == ["one.fits"]
    assert shard.stat().st_mtime_ns != before


def test_a_frame_is_read_anew_when_its_tile_has_changed(written, small):
    before = tiles.frame(written)[0]
    assert tiles.frame(written)[0] is before
    gm.catalogue.write_tile(written, gm.mock.mock_tile(4, seed=1, side=192, number=3))
    after = tiles.frame(written)[0]
    assert after.wcs.crval[1] > before.wcs.crval[1]


def test_a_tile_that_went_bad_leaves_no_old_shard(written, tmp_path):
    gm.catalogue.cut([written], tmp_path / "sky")
    written.write_bytes(written.read_bytes()[:4000])
    run = gm.catalogue.cut([written], tmp_path / "sky")
    assert "one.fits" in run.failed and not list((tmp_path / "sky").glob("[!._]*.parquet"))
    assert (tmp_path / "sky" / ".one.parquet.stale").exists()


def test_a_kill_while_writing_leaves_no_half(written, tmp_path, monkeypatch):
    def killed(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(pq, "write_table", killed)
    with pytest.raises(KeyboardInterrupt):
        gm.catalogue.cut([written], tmp_path / "sky")
    assert not [p for p in (tmp_path / "sky").iterdir() if p.suffix in (".parquet", ".part")]


def test_a_galaxy_in_two_tiles_is_cut_once(tile, tmp_path):
    whole = finding.find_galaxies(tile.flux.numpy().copy(), tile.wcs).table
    paths = []
    for number, first in enumerate((0, 268)):
        wcs = tile.wcs.deepcopy()
        wcs.wcs.crpix[0] -= first
        part = replace(tile, flux=tile.flux[:, :, first : first + 500].clone(), wcs=wcs)
        paths.append(gm.catalogue.write_tile(tmp_path / f"part{number}.fits", part))
    alone = sum(gm.catalogue.cut([path], tmp_path / f"alone{i}").galaxies for i, path in enumerate(paths))
    run = gm.catalogue.cut(paths, tmp_path / "sky")
    assert alone > run.galaxies > 0 and abs(run.galaxies - len(whole)) <= 2
    found = [columns(path) for path in gm.catalogue.find_shards(tmp_path / "sky")]
    places = np.concatenate([np.c_[table["ra"], table["dec"]] for table in found])
    away = cKDTree(places).query(places, k=2)[0][:, 1] * 3600
    assert away.min() > 1.5
    assert len({*np.concatenate([table["id"] for table in found])}) == run.galaxies


def test_counts_get_a_zero_point(written, small, tmp_path):
    def counts(hdu):
        del hdu.header["BUNIT"]
        hdu.data = hdu.data * 100  # a count is 0.01 nanomaggies: magnitude 27.5

    gm.catalogue.cut([written], tmp_path / "as_is")
    rewritten(written, counts)
    run = gm.catalogue.cut([written], tmp_path / "sky")
    assert "--zero-point" in run.failed["one.fits"]
    run = gm.catalogue.cut([written], tmp_path / "told", gm.catalogue.Cutting(zero_point=27.5))
    assert not run.failed
    a, b = (columns(tmp_path / name / "one.parquet")["mag"] for name in ("as_is", "told"))
    np.testing.assert_allclose(a, b, atol=1e-3)


def test_one_band_an_hdu(written, tmp_path):
    def apart(hdu):
        planes = [fits.ImageHDU(plane, hdu.header, name=name) for name, plane in zip("gri", hdu.data, strict=True)]
        return fits.HDUList([fits.PrimaryHDU(), *planes])

    expected = gm.catalogue.cut([written], tmp_path / "as_is").galaxies
    rewritten(written, apart)
    run = gm.catalogue.cut([written], tmp_path / "sky")
    assert "hdu" in run.failed["one.fits"]
    run = gm.catalogue.cut([written], tmp_path / "told", gm.catalogue.Cutting(hdu=("g", "r", "i")))
    assert run.galaxies == expected and not run.failed


# ---------------------------------------------------------------- tiles that cannot be used


def without_wcs(hdu):
    for key in [key for key in hdu.header if key[:5] in ("CTYPE", "CRVAL", "CRPIX", "CDELT", "CUNIT")]:
        del hdu.header[key]


def all_nan(hdu):
    hdu.data[:] = np.nan


def one_band_nan(hdu):
    hdu.data[1] = np.nan


def five_planes(hdu):
    hdu.data = np.concatenate((hdu.data, hdu.data[:2]))


def one_plane(hdu):
    hdu.data = hdu.data[0]


def filled(hdu):
    hdu.data[:, :, : hdu.data.shape[2] * 2 // 3] = 0


def two_images(hdu):
    return fits.HDUList([hdu, fits.ImageHDU(hdu.data, name="OTHER")])


def only_a_table(hdu):
    return fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns([fits.Column("a", "J", array=[1])])])


def vega(hdu):
    hdu.header["BUNIT"], hdu.header["MAGZERO"], hdu.header["MAGSYS"] = "adu", 25.0, "VEGA"


BAD = {
    without_wcs: "no celestial WCS", all_nan: "no pixel that was measured", one_band_nan: "no pixel that was measured",
    five_planes: "has 5 planes, and SDSS has the bands g, r, i", one_plane: "has 1 planes", filled: "must be NaN",
    two_images: "holds 2 images", only_a_table: "holds no image", vega: "zero_point",
}  # fmt: skip


@pytest.mark.parametrize("change", BAD, ids=lambda change: change.__name__)
def test_a_bad_tile_is_named_in_a_sentence_and_the_others_go_on(change, written, small, tmp_path, capsys):
    good = gm.catalogue.write_tile(tmp_path / "two.fits", small)
    rewritten(written, change)
    assert main(["cut", str(written), str(good), str(tmp_path / "sky"), "--workers", "0"]) == 1
    said = capsys.readouterr().out
    line = next(line for line in said.splitlines() if line.startswith("  one.fits: "))
    assert BAD[change] in line and "Traceback" not in said and len(said.splitlines()) == 2
    assert [p.name for p in gm.catalogue.find_shards(tmp_path / "sky")] == ["two.parquet"]


@pytest.mark.parametrize("content", [b"", b"no FITS", None], ids=["empty", "text", "missing"])
def test_what_is_no_tile_is_named(content, small, tmp_path):
    path, good = tmp_path / "bad.fits", gm.catalogue.write_tile(tmp_path / "two.fits", small)
    if content is not None:
        path.write_bytes(content)
    run = gm.catalogue.cut([path, good], tmp_path / "sky")
    assert list(run.failed) == ["bad.fits"] and run.done == ["two.fits"]


def start(tmp_path, written, kind):
    """Arguments of a run that cannot start, and a word of the reason."""
    sky = tmp_path / "sky"
    if kind == "survey":
        return [str(written), str(sky), "--survey", "none"], "choose one of SDSS"
    if kind == "twice":
        (tmp_path / "b").mkdir()
        other = gm.catalogue.write_tile(tmp_path / "b" / "one.fits", gm.mock.mock_tile(1, side=64))
        return [str(written), str(other), str(sky)], "needs a name of its own"
    if kind == "file":
        sky.write_text("mine", encoding="utf-8")
        return [str(written), str(sky)], "is a file"
    if kind == "size":
        return [str(written), str(sky), "--size", "2"], "at least 8 pixels"
    if kind == "seeing":
        return [str(written), str(sky), "--seeing", "0"], "seeing above 0"
    sky.mkdir()
    if kind == "mixed":
        gm.catalogue.cut([written], sky)
        return [str(written), str(sky), "--size", "32"], "choose another folder"
    if kind == "simulated":
        gm.catalogue.simulate(sky, galaxies=3, per_shard=3, size=16)
    else:
        (sky / "one.parquet").write_bytes(b"something of mine")
    return [str(written), str(sky)], "no shards of tiles"


@pytest.mark.parametrize("kind", ["survey", "twice", "file", "size", "seeing", "mixed", "simulated", "foreign"])
def test_a_cut_that_cannot_start_changes_nothing(kind, written, tmp_path, capsys):
    arguments, reason = start(tmp_path, written, kind)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    assert main(["cut", *arguments, "--workers", "0"]) == 2
    assert reason in capsys.readouterr().err
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_tiles_are_not_mixed(tmp_path, capsys):
    make = ["tile", str(tmp_path / "sky"), "--galaxies", "1", "--side", "64", "--workers", "0"]
    assert main([*make, "--tiles", "1"]) == 0 and main([*make, "--tiles", "2"]) == 0
    assert sorted(p.name for p in (tmp_path / "sky").glob("*.fits")) == ["tile_0000.fits", "tile_0001.fits"]
    before = (tmp_path / "sky" / "tile_0000.fits").read_bytes()
    assert main([*make, "--seed", "5"]) == 2
    assert "holds other tiles" in capsys.readouterr().err
    assert main([*make[:2], "--side", "64", "--galaxies", "500", "--workers", "0"]) == 2
    assert (tmp_path / "sky" / "tile_0000.fits").read_bytes() == before


def test_the_truth_goes_with_the_tile(written, small):
    from astropy.table import QTable

    truth = QTable.read(written, hdu="TRUTH")
    np.testing.assert_allclose(truth["x"], small.table["x"])
    with fits.open(written) as hdus:
        header = WCS(hdus[0].header).celestial
        np.testing.assert_allclose(header.wcs_world2pix(truth["ra"], truth["dec"], 0)[0], truth["x"], atol=1e-3)


def test_the_shard_says_how_it_was_cut(written, tmp_path):
    gm.catalogue.cut([written], tmp_path / "sky", gm.catalogue.Cutting(limit=17.0))
    about = shard_words(tmp_path / "sky" / "one.parquet")["about"]
    assert about["how"]["limit"] == 17.0 and about["made"][0][0] == "one.fits"
    assert columns(tmp_path / "sky" / "one.parquet")["mag"].max() <= 17.0
    assert json.loads((tmp_path / "sky" / "_cut.json").read_text(encoding="utf-8"))["limit"] == 17.0


def test_help_names_all_commands_and_imports_no_torch():
    code = (
        "import sys; from galmorph_helpers.catalogue.__main__ import main\n"
        "try: main(['--help'])\nexcept SystemExit: print('torch' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    assert all(name in said for name in ("simulate", "tile", "cut", "classify")) and said.rstrip().endswith("False")


def test_a_tile_of_no_use_takes_no_galaxy_from_its_neighbour(written, small, tmp_path):
    """Both lie on one piece of sky; the first owns all of it, and then cannot be read."""
    good = gm.catalogue.write_tile(tmp_path / "two.fits", small)
    assert gm.catalogue.cut([written, good], tmp_path / "sky").empty == ["two.fits"]
    all_there = gm.catalogue.cut([good], tmp_path / "alone").galaxies
    rewritten(written, all_nan)
    for _ in range(2):
        run = gm.catalogue.cut([written, good], tmp_path / "sky")
        assert list(run.failed) == ["one.fits"] and len(columns(tmp_path / "sky" / "two.parquet")["ra"]) == all_there
    assert run.found == ["two.fits"], "what is done is done again"
