"""The checklist for a folder of somebody's own galaxies: what it finds, what it cannot know, how it refuses."""

import numpy as np
import pytest
import torch
from astropy.table import QTable, Table
from PIL import Image

import galmorph_helpers as gm
from galmorph_helpers.course import checklist, looks


@pytest.fixture(autouse=True)
def no_observed_galaxies(monkeypatch):
    monkeypatch.delenv("GALMORPH_DATA", raising=False)


@pytest.fixture(scope="module")
def galaxies():
    return gm.mock_sample(24, seed=5)


def write(place, images, **columns):
    """Pictures, and a table beside them if there are columns."""
    names = [f"{row:02d}.png" for row in range(len(images))]
    for name, picture in zip(names, (255 * images.permute(0, 2, 3, 1)).byte().numpy(), strict=True):
        Image.fromarray(picture).save(place / name)
    if columns:
        QTable({"file": names} | columns).write(place / "labels.csv", format="ascii.csv")
    return place


def says(items, what):
    return next(item for item in items if item.what.startswith(what))


def test_a_folder_with_faults(tmp_path, galaxies, monkeypatch):
    monkeypatch.setattr(checklist, "N_TRAINING", 500)
    images = torch.cat([galaxies.images, galaxies.images[:3].flip(-1)])
    kind = np.where(np.arange(27) < 12, "disc", "smooth")
    night = np.where(np.arange(27) < 12, "first", "second")
    items = gm.course.check_folder(write(tmp_path, images, kind=kind, night=night))
    assert says(items, "images")[1:3] == ("ok", "all 27 that were tried can be read")
    assert says(items, "copies").says == "look" and says(items, "copies").found.startswith("3 of 27")
    assert says(items, "labels kind").says == "look"  # the rarest class has twelve
    assert "disc 44%, smooth 56%" in says(items, "labels kind").found and "56%;" in says(items, "labels kind").found
    assert says(items, "groups night").says == "look" and "V 1.00" in says(items, "groups night").found
    assert says(items, "like the mock SDSS sky").says in ("ok", "look")
    assert says(items, "like observed").says == says(items, "the share on the sky").says == "cannot know"


def test_images_without_a_table_and_one_that_cannot_be_read(tmp_path, galaxies, monkeypatch):
    monkeypatch.setattr(checklist, "_familiarity", lambda sample, seed: [])
    write(tmp_path, galaxies.images)
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "x.jpg").write_bytes(b"no picture")
    items = gm.course.check_folder(tmp_path)
    assert says(items, "images").says == "look" and "later/x.jpg" in says(items, "images").found
    assert says(items, "copies").says == "ok"
    assert says(items, "labels").says == says(items, "groups").says == "cannot know"
    items = gm.course.check_folder(tmp_path, most=5, seed=1)
    assert "5" in says(items, "images").found


def test_what_is_unfamiliar_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(checklist, "N_TRAINING", 500)
    noise = torch.rand(8, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    items = gm.course.check_folder(write(tmp_path, noise))
    assert says(items, "like the mock SDSS sky").says == "look"
    assert "100% of the galaxies lie outside" in says(items, "like the mock SDSS sky").found


def test_grey_images_cannot_be_compared(tmp_path, galaxies):
    grey = galaxies.images[:6].mean(1).mul(255).byte().numpy()
    for row, picture in enumerate(grey):
        Image.fromarray(picture).save(tmp_path / f"{row}.png")
    item = says(gm.course.check_folder(tmp_path), "familiar")
    assert item.says == "cannot know" and "three bands" in item.found


def test_sizes_in_pixels():
    y, x = np.indices((64, 64)) - 31.5
    discs = [np.exp(-1.678 * np.hypot(x, y) / r50) for r50 in (1.2, 1.2, 6, 6)]
    item = looks.look_at_sizes(torch.tensor(np.array(discs), dtype=torch.float32)[:, None])
    assert item.says == "look" and "50% of the galaxies are unresolved" in item.found
    item = looks.look_at_sizes(torch.tensor(np.array(discs[2:]), dtype=torch.float32)[:, None])
    assert item.says == "ok" and "0% of the galaxies are unresolved" in item.found


def test_which_columns_are_labels():
    table = Table({"file": list("abcdef"), "ra": [1.0, 2, 3, 4, 5, 6], "edge_on": [0, 1, 0, 1, 1, 0],
                   "kind": ["a", "b", "", "a", "b", "a"], "mag": [15.1, 15.2, 15.3, 15.4, 15.5, 15.6],
                   "night": [1, 1, 1, 2, 2, 2], "one": [1, 1, 1, 1, 1, 1]})  # fmt: skip
    found = looks.label_columns(table)
    assert list(found) == ["edge_on", "kind"]
    assert list(found["edge_on"]) == list("010110") and list(found["kind"])[2] == ""


def test_missing_labels_are_not_a_class():
    table = Table({"kind": np.ma.masked_array([1.0, 0.0, 1.0, 0.0, 1.0, 0.0], mask=[0, 0, 0, 0, 1, 1])})
    (item,) = looks.look_at_labels(looks.label_columns(table))
    assert "4 labels: 0 50%, 1 50%" in item.found


def test_groups_and_times_that_go_with_the_class_or_do_not():
    rng = np.random.default_rng(0)
    kind = np.repeat(["a", "b"], 100).astype(object)
    table = Table({"mjd": np.arange(200.0), "field": rng.permutation(np.repeat(["x", "y"], 100))})
    time, place = looks.look_at_groups(table, {"kind": kind})
    assert time.says == "look" and "earlier half 100%, later half 0%" in time.found
    assert place.says == "ok"
    (item,) = looks.look_at_groups(table["field",], {})
    assert item.says == "ok" and "split by it" in item.next


def test_the_command(tmp_path, galaxies, monkeypatch, capsys):
    monkeypatch.setattr(checklist, "_familiarity", lambda sample, seed: [])
    write(tmp_path, galaxies.images)
    assert checklist.main([str(tmp_path), "--n", "10", "--crop", "48"]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[0].startswith("ok           images: all 10") and "next: " in said
    assert said.splitlines()[-1].endswith("that these files cannot say.")
    with pytest.raises(SystemExit) as stopped:
        checklist.main(["--help"])
    assert stopped.value.code == 0 and "labels.csv" in capsys.readouterr().out


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda place: place / "nowhere", "is not a folder"),
        (lambda place: place, "no image in"),
        (lambda place: (place / "labels.csv").write_text("name,kind\na,b\n") and place, "'file' column"),
    ],
)
def test_errors_are_a_sentence(tmp_path, capsys, make, words):
    assert checklist.main([str(make(tmp_path))]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ") and words in said and "Traceback" not in said


def test_one_galaxy_is_too_few_to_ask_for(tmp_path):
    with pytest.raises(ValueError, match="two or more"):
        gm.course.check_folder(tmp_path, most=1)
