"""Catalogues: columns, rules, files; and what experts would say of mock galaxies."""

import os
from dataclasses import replace

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import QTable, Table

import galmorph_helpers as gm
from galmorph_helpers.catalogue.columns import COLUMNS, MORPHOLOGY


def columns(n=8, **changed):
    rng = np.random.default_rng(0)
    out = {name: rng.random(n) for name in MORPHOLOGY}
    out |= {"INTID": np.arange(n), "Visual_Class": np.arange(n) % 4, "Visual_Flag": np.zeros(n, int)}
    return out | changed


def with_more(n=8):
    catalogue = gm.catalogue.morphology_catalogue(columns(n))
    for name, values in (("R_HL", np.linspace(1, 9, n) * u.arcsec), ("CLASS", np.array(["E", ""] * (n // 2)))):
        catalogue[name] = values
        catalogue[
            name
        ].info.description = f"what {name} is, in so many words that a header card of 68 characters is too short"
    return catalogue  # fmt: skip


@pytest.mark.parametrize("ending", ["fits", "parquet"])
def test_catalogue_comes_back_as_it_was(tmp_path, ending):
    catalogue = with_more()
    file = gm.catalogue.write_catalogue(catalogue, tmp_path / f"x.{ending}")
    again = gm.catalogue.read_catalogue(file)
    assert again.colnames == catalogue.colnames and isinstance(again, QTable)
    for name in catalogue.colnames:
        np.testing.assert_array_equal(again[name], catalogue[name])
        assert again[name].dtype.kind == catalogue[name].dtype.kind and again[name].dtype.isnative
        assert again[name].info.unit == catalogue[name].info.unit
        assert again[name].info.description == catalogue[name].info.description
    assert sorted(os.listdir(tmp_path)) == [f"x.{ending}"], "nothing else is left behind"


def test_fits_says_to_every_program_what_is_in_it(tmp_path):
    file = gm.catalogue.write_catalogue(with_more(), tmp_path / "x.fits")
    with fits.open(file) as hdus:
        header, names = hdus[1].header, hdus[1].columns.names
        assert names[:4] == ["INTID", "Z", "T-Type", "T-Type_std"]
        for number, name in enumerate(names, start=1):
            expected = COLUMNS[name][1] if name in COLUMNS else f"what {name} is"
            assert header[f"TCOMM{number}"].startswith(expected)
        assert header[f"TUNIT{names.index('R_HL') + 1}"] == "arcsec"
        hdus.verify("exception")


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"P_LTG": np.full(8, np.nan)}, "P_LTG: 8 of 8 values are not finite"),
        ({"P_S0": np.linspace(0.5, 1.05, 8)}, "P_S0: 1 of 8 .* 0 to 1; the first is row 7, 1.05"),
        ({"P_bar": np.linspace(-0.1, 1, 8)}, "P_bar: 1 of 8"),
        ({"T-Type": np.full(8, np.inf)}, "T-Type: 8 of 8"),
        ({"P_edge_std": np.full(8, -0.1)}, "P_edge_std: .* 0 to inf"),
        ({"Visual_Class": np.full(8, 4)}, "Visual_Class: .* 0 to 3"),
        ({"Visual_Flag": np.full(8, 2)}, "Visual_Flag: .* 0 to 1"),
        ({"P_LTG": np.zeros(7)}, "same length"),
        ({"INTID": np.zeros(8, int)}, "stands for two galaxies"),
    ],
)
def test_bad_columns_are_named(changed, message):
    with pytest.raises(ValueError, match=message):
        gm.catalogue.morphology_catalogue(columns(**changed))


def test_missing_unknown_and_empty_columns_are_named():
    short = columns()
    del short["P_bar"]
    with pytest.raises(KeyError, match="missing: \\['P_bar'\\]; not known: none"):
        gm.catalogue.morphology_catalogue(short)
    with pytest.raises(KeyError, match="not known: \\['TType'\\]"):
        gm.catalogue.morphology_catalogue(columns(TType=np.zeros(8)))
    with pytest.raises(ValueError, match="at least 1"):
        gm.catalogue.morphology_catalogue({name: [] for name in MORPHOLOGY})


def test_files_are_not_lost_or_misnamed(tmp_path):
    catalogue = gm.catalogue.morphology_catalogue(columns())
    file = gm.catalogue.write_catalogue(catalogue, tmp_path / "x.fits")
    before = file.read_bytes()
    with pytest.raises(FileExistsError, match="overwrite=True"):
        gm.catalogue.write_catalogue(catalogue, file)
    assert file.read_bytes() == before
    gm.catalogue.write_catalogue(catalogue[:3], file, overwrite=True)
    assert len(gm.catalogue.read_catalogue(file)) == 3
    with pytest.raises(ValueError, match="must end in .fits or .parquet, got 'x.csv'"):
        gm.catalogue.write_catalogue(catalogue, tmp_path / "x.csv")
    with pytest.raises(ValueError, match="must end in"):
        gm.catalogue.read_catalogue(tmp_path / "x.txt")
    with pytest.raises(FileNotFoundError, match="no catalogue 'y.fits'"):
        gm.catalogue.read_catalogue(tmp_path / "y.fits")
    catalogue["extra"] = np.zeros(8)
    with pytest.raises(ValueError, match="without a description: \\['extra'\\]"):
        gm.catalogue.write_catalogue(catalogue, tmp_path / "z.fits")


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    catalogue = gm.catalogue.morphology_catalogue(columns())
    with pytest.raises(OSError, match="not there, or not writable"):
        gm.catalogue.write_catalogue(catalogue, tmp_path / "nowhere" / "x.fits")
    monkeypatch.setattr(os, "access", lambda *_: False)  # what a read-only folder answers, for root, too
    with pytest.raises(OSError, match="not there, or not writable"):
        gm.catalogue.write_catalogue(catalogue, tmp_path / "x.fits")


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    catalogue = gm.catalogue.morphology_catalogue(columns())
    file = gm.catalogue.write_catalogue(catalogue, tmp_path / "x.fits")
    before = file.read_bytes()
    monkeypatch.setattr(
        "galmorph_helpers.catalogue.tables._describe", lambda *_: (_ for _ in ()).throw(OSError("disc full"))
    )
    with pytest.raises(OSError, match="disc full"):
        gm.catalogue.write_catalogue(catalogue, file, overwrite=True)
    assert file.read_bytes() == before and os.listdir(tmp_path) == ["x.fits"]


def rule_table(rows):
    return Table(rows=rows, names=["P_LTG", "T-Type", "P_S0", "Visual_Class", "Visual_Flag"])


def test_combined_classes_follow_the_published_rules():
    cases = {
        "E": [(0.1, -2.5, 0.1, 1, 0)],
        "S0": [(0.1, -1.0, 0.9, 2, 0)],
        "S1": [(0.9, 2.0, 0.5, 3, 0), (0.9, 2.0, 0.1, 3, 1)],
        "S2": [(0.9, 5.0, 0.5, 3, 0)],
        "": [
            (0.1, -2.5, 0.1, 2, 0),  # the trap: an elliptical is seen as E (1), not as S0 (2)
            (0.1, -2.5, 0.1, 1, 1),  # the eye is not sure
            (0.1, 0.5, 0.1, 1, 0),  # P_LTG and T-Type contradict each other
            (0.9, -1.0, 0.9, 3, 0),
            (0.9, 2.0, 0.5, 1, 0),
            (0.9, 3.0, 0.5, 3, 0),  # on the line between S1 and S2
            (0.1, -1.0, 0.9, 1, 0),
        ],
    }
    for expected, rows in cases.items():
        assert gm.metrics.combined_classes(rule_table(rows)).tolist() == [expected] * len(rows)
    assert gm.metrics.combined_classes(rule_table(cases[""]), visual=False).tolist() == [
        "E",
        "E",
        "",
        "",
        "S1",
        "",
        "S0",
    ]


def test_purity_and_completeness_by_hand():
    truth = np.array(["E", "E", "E", "S0", "S1", "S2"])
    chosen = np.array(["E", "E", "S0", "S0", "", "E"])
    table = {row["name"]: row for row in gm.metrics.purity_table(truth, chosen)}
    assert table["E"]["n"] == 3 and table["E"]["purity"] == pytest.approx(2 / 3)
    assert table["E"]["completeness"] == pytest.approx(2 / 3)
    assert table["S0"]["purity"] == 0.5 and table["S0"]["completeness"] == 1
    assert np.isnan(table["S1"]["purity"]) and table["S1"]["completeness"] == 0
    assert table["all"]["n"] == 5 and table["all"]["purity"] == 0.6 and table["all"]["completeness"] == 0.5
    assert table["E"]["purity_low"] < 2 / 3 < table["E"]["purity_high"]
    with pytest.raises(ValueError, match="6 true classes but 5"):
        gm.metrics.purity_table(truth, chosen[:5])


def test_single_sersic_index_of_pure_components_is_theirs():
    table = gm.population(6, seed=1)
    table["disc_radius"] = table["bulge_radius"] = np.full(6, 3.0) * u.arcsec
    table["sersic_index"] = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 4.0])
    table["bulge_to_total"] = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 0.0])
    np.testing.assert_allclose(gm.mock.single_sersic_index(table), [1, 2, 3, 4, 5, 1], rtol=0.03)
    table["bulge_radius"] *= 0.3
    table["sersic_index"], table["bulge_to_total"] = 4.0, np.linspace(0, 0.5, 6)
    assert (np.diff(gm.mock.single_sersic_index(table)) > 0).all(), "the larger the bulge, the more concentrated"


def test_experts_are_good_but_not_perfect_and_see_more_in_sharper_images():
    table = gm.population(4000, seed=2, magnitude_limit=17)
    seen, flag = gm.mock.visual_classes(table, gm.SDSS, seed=1)
    again, _ = gm.mock.visual_classes(table, gm.SDSS, seed=1)
    np.testing.assert_array_equal(seen, again)
    t = np.asarray(table["t_type"])
    truth = np.select([t == -3, t <= 0], [1, 2], 3)
    assert set(seen) <= {0, 1, 2, 3} and set(flag) == {0, 1}
    for value in (1, 2, 3):
        assert 0.6 < np.mean(seen[truth == value] == value) < 0.97
    assert np.mean(flag) < 0.3
    spiral = (t > 0) & (t < 8)
    blurred = replace(gm.SDSS, psf_fwhm=tuple(2 * width for width in gm.SDSS.psf_fwhm))
    missed, _ = gm.mock.visual_classes(table, blurred, seed=1)
    assert np.mean(missed[spiral] == 3) < np.mean(seen[spiral] == 3) - 0.03


def test_figures_of_doubt_have_alt_text(monkeypatch, alt_text):
    shown = []
    monkeypatch.setattr(gm.plots.style, "display", shown.append)
    rng = np.random.default_rng(0)
    target = rng.integers(0, 2, 200)
    probability = np.clip(target * 0.6 + 0.4 * rng.random(200), 0, 1)
    spread = 0.1 * rng.random(200)
    gm.plots.uncertainty(
        target, probability, spread, gm.metrics.spread_by_probability(probability, spread), title="t", alt="peaks"
    )
    gm.plots.rejection({"folds": (target, probability, spread)}, keep=0.5)
    curve = gm.metrics.calibration_curve(target, probability)
    gm.plots.reliability(*curve, title="t", alt="two curves", after=curve)
    alts = [alt_text(image) for image in shown]
    assert len(alts) == 3 and all(alts) and "50%" in alts[1]
