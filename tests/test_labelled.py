"""Sets that lessons know by name: fetched from an archive on loopback, or laid out by hand."""

import numpy as np
import pytest
from PIL import Image

import galmorph_helpers as gm
from galmorph_helpers.archive.registry import load_registry
from galmorph_helpers.datasets.named import FETCHED, GZ1_CLASSES, observed_pair
from galmorph_helpers.labels import gz2_answers


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("GALMORPH_DATA", str(tmp_path / "galaxies"))
    monkeypatch.setenv("GALMORPH_CACHE", str(tmp_path / "pixels"))
    (tmp_path / "galaxies").mkdir()
    return tmp_path / "galaxies"


def test_every_set_that_a_lesson_names_a_command_for_can_be_fetched():
    assert set(FETCHED) <= set(load_registry()["sets"])


def test_without_a_set_a_line_names_the_command(monkeypatch, capsys, root):
    assert gm.labelled_sdss("disc", "bar") == (None, {})
    assert "archive fetch gz2_sdss" in capsys.readouterr().out
    assert gm.labelled_sdss("T-Type") == (None, {})
    assert "archive fetch na10_sdss" in capsys.readouterr().out
    assert gm.datasets.manga_classes() is None
    monkeypatch.delenv("GALMORPH_DATA")
    assert gm.labelled_sdss("disc") == (None, {})
    assert "not set" in capsys.readouterr().out
    assert gm.find_set("efigi_catalogue") is None
    assert "data/README.md" in capsys.readouterr().out


def test_without_a_set_masses_and_votes_are_those_that_are_stored(root):
    """What its galaxies say is what the set itself says: votes for spiral are frequent where stars form."""
    found = gm.datasets.observed_mass_sfr()
    spiral, forming = found["p_spiral"], found["log_sfr"] - found["log_mass"] > -11
    voted = np.isfinite(spiral)
    assert len(found) == 2816 and voted.sum() == 653 and "cells of 0.1 dex" in found.meta["origin"]
    assert np.mean(spiral[voted & forming]) - np.mean(spiral[voted & ~forming]) == pytest.approx(0.33, abs=0.01)


def test_a_question_that_no_set_answers_is_refused():
    with pytest.raises(ValueError, match="no set answers colour"):
        gm.labelled_sdss("disc", "colour")


def test_answers_of_galaxy_zoo_1(root):
    folder = root / "gz1_sdss_6446"
    (folder / "images").mkdir(parents=True)
    noise = np.random.default_rng(0).integers(0, 255, (6, 212, 212, 3), dtype=np.uint8)
    lines = ["objid,class_name,file"]
    for number, (name, pixels) in enumerate(zip(GZ1_CLASSES, noise, strict=True)):
        Image.fromarray(pixels).save(folder / "images" / f"{number}.png")
        lines.append(f"{number},{name},images/{number}.png")
    (folder / "labels.csv").write_text("\n".join(lines))
    sample, answers = gm.labelled_sdss("disc", "edge-on", size=16)
    assert len(sample) == 6
    nan = np.nan
    np.testing.assert_array_equal(answers["disc"], [0, 1, 1, 1, nan, nan])
    np.testing.assert_array_equal(answers["edge-on"], [0, 1, 0, 0, nan, nan])
    np.testing.assert_array_equal(answers["clockwise"], [nan, nan, 1, 0, nan, nan])
    np.testing.assert_array_equal(answers["merger"], [0, 0, 0, 0, 1, 0])
    assert list(answers["called"]) == ["elliptical", "edge-on", "spiral", "spiral", "merger", "dont"]


@pytest.mark.parametrize(
    "name, questions", [("gz2_sdss", ("disc", "edge-on")), ("na10_sdss", ("disc", "T-Type", "bar"))]
)
def test_a_fetched_set_answers(site, root, name, questions):
    gm.archive.fetch(name, root / name, n=30, session=site.session())
    for file in (root / name / "images").iterdir():  # the archive on loopback answers with small pictures
        Image.open(file).resize((424, 424)).save(file)
    sample, answers = gm.labelled_sdss(*questions, size=16)
    assert len(sample) == 30 and sample.origin == "archive"
    for question in questions:
        known = answers[question][np.isfinite(answers[question])]
        assert len(answers[question]) == 30 and len(known) > 0
        assert question == "T-Type" or set(known) <= {0.0, 1.0}
    if name == "na10_sdss":
        known = np.isfinite(answers["T-Type"])
        np.testing.assert_array_equal(answers["disc"][known], answers["T-Type"][known] > 0)


def test_galaxies_that_two_surveys_saw_are_paired(site, root):
    assert observed_pair() == (None, None, None)
    for name, n in (("gz2_s82_sdss", 6), ("gz2_s82_des", 4)):
        gm.archive.fetch(name, root / name, n=n, session=site.session())
        for file in (root / name / "images").iterdir():
            Image.open(file).resize((424, 424)).save(file)
    sdss, des, answers = observed_pair()
    assert list(sdss.table["id"]) == list(des.table["id"]) and len(set(des.table["id"])) == len(des) == 4
    assert answers.shape == (4, 2)


def test_votes_of_galaxy_zoo_2_answer_what_was_asked():
    votes = {
        "featured": [0.1, 0.9, 0.9, 0.9, 0.6],
        "edge_on": [0.9, 0.9, 0.1, 0.1, 0.1],
        "bar": [0.9, 0.9, 0.9, 0.5, 0.9],
    }
    answers, nan = gz2_answers(votes), np.nan
    np.testing.assert_array_equal(answers["disc"], [0, 1, 1, 1, nan])
    np.testing.assert_array_equal(answers["edge-on"], [0, 1, 0, 0, 0])  # a smooth galaxy is no disc on edge
    np.testing.assert_array_equal(answers["bar"], [nan, nan, 1, nan, nan])  # nobody sees a bar from the side
    assert list(answers["called"]) == ["smooth", "edge-on", "disc", "disc", "unsure"]


def test_fetched_tables_serve_the_lessons(site, root):
    gm.archive.fetch("gz2", root / "gz2", n=20, session=site.session())
    table = gm.datasets.observed_mass_sfr()
    assert len(table) == 16 and np.isfinite(table["log_sfr"]).all() and (table["p_spiral"] <= 1).all()
    gm.archive.fetch("manga_dl", root / "manga_dl", session=site.session())
    classes = gm.metrics.combined_classes(gm.datasets.manga_classes())
    assert set(classes) <= {"", "E", "S0", "S1", "S2"} and len(classes) == 4
