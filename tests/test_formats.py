"""A folder of images classified as a survey is, and catalogues as Parquet, FITS and HATS."""

import sys

import numpy as np
import pytest
import torch
from astropy.io import fits
from astropy.table import QTable
from PIL import Image

import galmorph_helpers as gm
from galmorph_helpers.catalogue import pictures
from galmorph_helpers.catalogue.__main__ import main
from galmorph_helpers.datasets import label_tables

SIZE = 16


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GALMORPH_CACHE", str(tmp_path / "cache"))


def made(path, channels=3, bands=("i", "r", "g")):
    torch.manual_seed(0)
    networks = [gm.CompactCNN(size=SIZE, channels=channels).eval() for _ in range(2)]
    return gm.catalogue.save_classifier(path, networks, torch.rand(500, channels, SIZE, SIZE), bands=bands)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    return made(tmp_path_factory.mktemp("weights") / "ltg.safetensors")


@pytest.fixture(scope="module")
def stamps():
    return torch.rand(7, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def images(tmp_path, stamps):
    """Seven PNG, numbered against the order of their names."""
    folder = tmp_path / "images"
    folder.mkdir()
    for number, stamp in enumerate(stamps):
        save(folder / f"g{9 - number}.png", stamp)
    return folder


def save(path, stamp):
    values = (stamp * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    Image.fromarray(values.squeeze()).save(path)


@pytest.fixture
def sky(tmp_path, stamps):
    """Two shards with places on the sky."""
    folder = tmp_path / "sky"
    folder.mkdir()
    for number in range(2):
        ids = 7 * number + np.arange(7)
        table = QTable({"ra": 10.0 + ids, "dec": -1.0 * ids, "blank": np.float32(ids) / 20})
        path = folder / f"s{number}.parquet"
        gm.catalogue.write_shard(path, ids[::-1].copy(), stamps, pixels="colour", table=table[::-1])
    return folder


def classify(*arguments):
    return main(["classify", *map(str, arguments), "--workers", "0"])


# ---------------------------------------------------------------- a folder of images


def test_a_folder_of_images_is_classified_as_shards_are(images, classifier, stamps, tmp_path):
    (tmp_path / "shards").mkdir()
    gm.catalogue.write_shard(tmp_path / "shards" / "a.parquet", np.arange(7), stamps.flip(0), pixels="colour")
    gm.catalogue.classify(tmp_path / "shards", classifier, tmp_path / "one")
    run = gm.catalogue.classify(images, classifier, tmp_path / "two", format="fits")
    assert run.galaxies == 7 and not run.failed
    a, b = (gm.catalogue.read_parts(tmp_path / name) for name in ("one", "two"))
    np.testing.assert_array_equal(a["ID"], b["ID"])
    np.testing.assert_allclose(a["P_LTG"], b["P_LTG"], atol=1e-6)
    table = gm.catalogue.read_catalogue(tmp_path / "two" / "catalogue.fits")
    assert list(table["FILE"]) == [f"g{n}.png" for n in range(3, 10)]
    assert not list(images.glob("*.parquet")), "nothing is written among the images"


def test_a_table_beside_the_images_says_which(images, classifier, tmp_path):
    (images / "labels.csv").write_text("file\ng4.png\ng9.png\n", encoding="utf-8")
    run = gm.catalogue.classify(images, classifier, tmp_path / "out", format="fits")
    assert run.galaxies == 2
    assert list(gm.catalogue.read_catalogue(tmp_path / "out" / "catalogue.fits")["FILE"]) == ["g4.png", "g9.png"]


def test_images_are_read_again_only_when_they_change(images, classifier, stamps, tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "AT_ONCE", 3)
    assert len(gm.catalogue.classify(images, classifier, tmp_path / "out").done) == 3
    run = gm.catalogue.classify(images, classifier, tmp_path / "out")
    assert len(run.found) == 3 and not run.done
    save(images / "g9.png", stamps[3])
    run = gm.catalogue.classify(images, classifier, tmp_path / "out")
    assert len(run.found) == 2 and run.done == ["images_00000006.parquet"]


def test_a_table_is_read_once_however_many_shards_there_are(images, classifier, tmp_path, monkeypatch):
    names = sorted(path.name for path in images.glob("*.png"))
    (images / "labels.csv").write_text("\n".join(["file", *names]), encoding="utf-8")
    reads, once = [], label_tables._read_csv
    monkeypatch.setattr(label_tables, "_read_csv", lambda file: reads.append(file) or once(file))
    monkeypatch.setattr(pictures, "AT_ONCE", 2)
    run = gm.catalogue.classify(images, classifier, tmp_path / "out", format="fits")
    assert len(run.done) == 4 and reads == [images / "labels.csv"]
    table = gm.catalogue.read_catalogue(tmp_path / "out" / "catalogue.fits")
    assert dict(zip(table["ID"].tolist(), table["FILE"], strict=True)) == dict(enumerate(names))


def test_a_bad_image_is_named_and_the_others_go_on(images, classifier, tmp_path, capsys):
    for number in range(30):
        (images / f"h{number:02d}.png").write_bytes((images / "g5.png").read_bytes())
    (images / "g5.png").write_bytes(b"no picture")
    for _ in range(2):  # also when its shard is found, not made
        assert classify(images, classifier, tmp_path / "out") == 1
        assert "g5.png" in capsys.readouterr().out
    ids = np.asarray(gm.catalogue.read_parts(tmp_path / "out")["ID"])
    assert len(ids) == 36 and 2 not in ids and 36 in ids


def all_bad(folder):
    for path in folder.glob("*.png"):
        path.write_bytes(b"no picture")
    return "too many to leave out"


def grey(folder):
    for path in folder.glob("*.png"):
        Image.open(path).convert("L").save(path)
    return "have 1 channels"


def missing(folder):
    (folder / "labels.csv").write_text("file\nnone.png\nnor_this.png\n", encoding="utf-8")
    return "cannot be used"


def outside(folder):
    (folder / "labels.csv").write_text("file\n../a.png\n../b.png\n", encoding="utf-8")
    return "is not in the folder"


def no_file_column(folder):
    (folder / "labels.csv").write_text("name\ng4.png\n", encoding="utf-8")
    return "'file' column"


def flux_without_wcs(folder):
    for path in folder.glob("*.png"):
        path.unlink()
    header = fits.Header({"BUNIT": "nanomaggy"})
    fits.writeto(folder / "a.fits", np.random.default_rng(0).normal(size=(3, 20, 20)).astype(np.float32), header)
    return "no celestial WCS"


@pytest.mark.parametrize("spoil", [all_bad, grey, missing, outside, no_file_column, flux_without_wcs],
                         ids=lambda f: f.__name__)  # fmt: skip
def test_images_that_cannot_be_used_change_nothing(spoil, images, classifier, tmp_path, capsys):
    reason = spoil(images)
    assert classify(images, classifier, tmp_path / "out") == 2
    said = capsys.readouterr().err
    assert reason in said and "Nothing was changed" in said and not (tmp_path / "out").exists()


def test_an_empty_folder_is_named(tmp_path, classifier, capsys):
    (tmp_path / "none").mkdir()
    assert classify(tmp_path / "none", classifier, tmp_path / "out") == 2
    assert "no shards" in capsys.readouterr().err


def test_a_catalogue_is_not_written_into_its_images(images, classifier, capsys):
    assert classify(images, classifier, images) == 2
    assert "choose another folder" in capsys.readouterr().err


def test_fits_images_get_the_look_of_the_survey(tmp_path):
    tile = gm.mock.mock_tile(1, seed=3, side=64)
    folder = tmp_path / "fits"
    folder.mkdir()
    gm.catalogue.write_tile(folder / "a.fits", tile)
    place, left_out = gm.catalogue.shards_of_images(folder, size=32, bands=("i", "r", "g"))
    _, images = next(gm.catalogue.read_shard(next(place.glob("*.parquet"))))
    flux = torch.nn.functional.avg_pool2d(tile.flux.flip(1), 2)[None]
    # As `read_folder` has it: the mean of the pixels that one of the stamp holds.
    expected = gm.imaging.colour_image(flux, gm.SDSS, torch.tensor([2 * gm.SDSS.pixel_scale]))
    assert not left_out and (images - expected).abs().max() < 0.01


# ---------------------------------------------------------------- formats


def test_fits_holds_what_parts_and_shards_say(sky, classifier, tmp_path):
    run = gm.catalogue.classify(sky, classifier, tmp_path / "out", format="fits")
    assert run.whole.endswith("catalogue.fits") and "catalogue.fits" in str(run)
    table, parts = QTable.read(run.whole), gm.catalogue.read_parts(tmp_path / "out")
    assert sorted(table["ID"]) == list(range(14))
    np.testing.assert_array_equal(table["RA"].value, 10.0 + table["ID"])
    np.testing.assert_array_equal(table["DEC"].value, -1.0 * table["ID"])
    np.testing.assert_allclose(table["BLANK"], np.asarray(table["ID"]) / 20, rtol=1e-6)
    np.testing.assert_array_equal(table["P_LTG"], parts["P_LTG"])
    assert str(table["RA"].unit) == "deg" and "declination" in table["DEC"].info.description
    assert [name.strip() for name in table["SHARD"].astype(str)] == [f"s{i // 7}.parquet" for i in table["ID"]]


def test_flags_are_numbers_in_fits(sky, classifier, tmp_path):
    """FITS has no signed bytes: astropy makes them yes or no, and flags 0 to 5 were lost."""
    run = gm.catalogue.classify(sky, classifier, tmp_path / "out", format="fits")
    flags = QTable.read(run.whole)["FLAG_LTG"]
    assert flags.dtype.kind == "i"
    np.testing.assert_array_equal(flags, gm.catalogue.read_parts(tmp_path / "out")["FLAG_LTG"])


def test_a_format_that_is_not_known_changes_nothing(sky, classifier, tmp_path, capsys):
    assert classify(sky, classifier, tmp_path / "out", "--format", "hdf5") == 2
    assert "one of parquet, fits, hats" in capsys.readouterr().err and not (tmp_path / "out").exists()


@pytest.mark.parametrize("name, kind", [("catalogue.fits", "fits"), ("catalogue_hats", "hats")])
def test_what_is_no_catalogue_of_ours_is_never_replaced(name, kind, sky, classifier, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    place = tmp_path / "out" / name
    if kind == "fits":
        fits.writeto(place, np.zeros((3, 3)))
    else:
        place.mkdir()
        (place / "mine.txt").write_text("mine", encoding="utf-8")
    assert classify(sky, classifier, tmp_path / "out", "--format", kind) == 2
    assert "move it away" in capsys.readouterr().err
    assert fits.getdata(place).shape == (3, 3) if kind == "fits" else (place / "mine.txt").exists()


def test_fits_is_written_again(sky, classifier, tmp_path):
    first = gm.catalogue.classify(sky, classifier, tmp_path / "out", format="fits")
    again = gm.catalogue.classify(sky, classifier, tmp_path / "out", format="fits")
    assert again.whole == first.whole and not again.failed and len(QTable.read(again.whole)) == 14


def test_a_bad_shard_is_not_in_the_fits(sky, classifier, tmp_path):
    (sky / "s1.parquet").write_bytes(b"nothing")
    run = gm.catalogue.classify(sky, classifier, tmp_path / "out", format="fits")
    assert list(run.failed) == ["s1.parquet"] and sorted(QTable.read(run.whole)["ID"]) == list(range(7))


def test_hats_without_lsdb_says_what_to_install(sky, classifier, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "lsdb", None)
    assert classify(sky, classifier, tmp_path / "out", "--format", "hats") == 2
    assert "pip install lsdb" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_hats_needs_places_on_the_sky(sky, classifier, stamps, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "lsdb", object())
    gm.catalogue.write_shard(sky / "bare.parquet", 100 + np.arange(7), stamps, pixels="colour")
    assert classify(sky, classifier, tmp_path / "out", "--format", "hats") == 2
    assert "bare.parquet has no ra and dec" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_lsdb_opens_what_was_written(sky, classifier, tmp_path):
    lsdb = pytest.importorskip("lsdb")
    for _ in range(2):  # the second replaces the first
        run = gm.catalogue.classify(sky, classifier, tmp_path / "out", format="hats")
    table = lsdb.open_catalog(run.whole).compute().sort_values("ID")
    parts = gm.catalogue.read_parts(tmp_path / "out")
    np.testing.assert_array_equal(table["ID"], np.sort(parts["ID"]))
    np.testing.assert_allclose(table["P_LTG"], parts["P_LTG"][np.argsort(parts["ID"])])
    near = lsdb.open_catalog(run.whole).cone_search(ra=13.0, dec=-3.0, radius_arcsec=60).compute()
    assert list(near["ID"]) == [3]
    assert [p.name for p in (tmp_path / "out").glob(".*")] == []
