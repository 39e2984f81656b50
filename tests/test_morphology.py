"""Types as names and numbers, specimens, observed catalogues, and the mock catalogue beside published relations."""

import gzip

import numpy as np
import pytest
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st
from IPython.display import HTML

import galmorph_helpers as gm
from galmorph_helpers.hubble import T_TYPE_DS18
from galmorph_helpers.mock.known import RELATIONS
from galmorph_helpers.mock.relations import describe, shen_radius


@pytest.fixture
def shown(monkeypatch):
    """Everything that a figure or a table displays."""
    out = []
    monkeypatch.setattr(gm.plots.style, "display", out.append)
    monkeypatch.setattr(gm.plots.tables, "display", out.append)
    return out


@pytest.fixture(scope="module")
def catalogue():
    return gm.population(20_000, seed=3)


# ---------------------------------------------------------------- types


@given(st.lists(st.floats(-3.5, 10.5), min_size=1), st.sampled_from(["RC3", "NA10", "EFIGI"]))
def test_t_types_go_to_another_scale_and_back(t, scale):
    there = gm.hubble.convert_t_type(t, "DS18", to=scale)
    np.testing.assert_allclose(gm.hubble.convert_t_type(there, scale), t, atol=1e-9)
    order = np.argsort(t, kind="stable")
    assert (np.diff(there[order]) >= -1e-9).all()  # earlier stays earlier


def test_t_types_of_the_classes_are_those_of_the_catalogues():
    np.testing.assert_allclose(gm.hubble.convert_t_type([-5, -3, -2, 0, 1, 4, 10]), [-3, -2, -1, 0, 1, 4, 10])
    np.testing.assert_allclose(gm.hubble.convert_t_type([-3, -2, -1, 0, 5], "DS18", to="RC3"), [-5, -3, -2, 0, 5])
    assert gm.hubble.convert_t_type(3.0, "RC3", to="NA10") == 3  # one scale under two names


def test_codes_are_no_types():
    assert np.isnan(gm.hubble.convert_t_type([90, 99], "RC3")).all() and np.isnan(gm.hubble.convert_t_type(99, "NA10"))
    assert np.isnan(gm.hubble.convert_t_type([11, np.nan], "EFIGI")).all()
    np.testing.assert_array_equal(
        gm.hubble.nearest_class([-3.4, -2.5, -0.5, 0.5, 10.4, np.nan]), [-3, -3, -1, 0, 10, np.nan]
    )


def test_t_types_of_the_wrong_scale_are_refused():
    with pytest.raises(ValueError, match="-5 is not on the DS18 scale"):
        gm.hubble.convert_t_type([0, -5], "DS18", to="RC3")
    with pytest.raises(ValueError, match="99 is not on the EFIGI scale"):
        gm.hubble.convert_t_type(99, "EFIGI")
    with pytest.raises(ValueError, match="got 'Hubble'"):
        gm.hubble.convert_t_type(0, "Hubble")


@pytest.mark.parametrize(
    "name, expected",
    [("E", (-3, 0, None)), ("E4", (-3, 0, 0.4)), ("E-S0", (-2, 0, None)), ("S0", (-1, 0, None)), ("SB0", (-1, 1, None)),
     ("S0-a", (0, 0, None)), ("SB0/a", (0, 1, None)), ("SABc", (5, 0.5, None)), ("SBbc", (4, 1, None)),
     ("Sdm", (8, 0, None)), ("SBm", (9, 1, None)), ("Im", (10, 0, None)), ("IB", (10, 1, None)), ("I", (10, 0, None))],
)  # fmt: skip
def test_hubble_types_are_read_as_catalogues_write_them(name, expected):
    assert gm.hubble.read_hubble_type(name) == expected


def test_every_class_is_read_as_its_own_t_type():
    assert {name: gm.hubble.read_hubble_type(name).t_type for name in T_TYPE_DS18} == T_TYPE_DS18


@given(st.text(max_size=6))
def test_any_other_name_is_refused_or_on_the_scale(name):
    try:
        kind = gm.hubble.read_hubble_type(name)
    except ValueError as error:
        assert "not a Hubble type" in str(error)
    else:
        assert -3 <= kind.t_type <= 10 and kind.bar in (0, 0.5, 1)


@pytest.mark.parametrize("name", ["S?", "E?", "", "E9", "Ia", "S", "SBcba", "dE"])
def test_uncertain_types_are_refused(name):
    with pytest.raises(ValueError, match="write it like E4"):
        gm.hubble.read_hubble_type(name)


# ---------------------------------------------------------------- specimens


def test_specimens_are_what_their_names_say():
    table = gm.mock.specimens(["E0", "E7", "S0", "SBb", "SABc", "Im", 5], inclination=60)
    np.testing.assert_array_equal(table["t_type"], [-3, -3, -1, 3, 5, 10, 5])
    np.testing.assert_allclose(table["axis_ratio"][:2], [1.0, 0.3])
    np.testing.assert_array_equal(table["bar"], [False, False, False, True, False, False, False])
    assert 0 < table["bar_light"][4] < table["bar_light"][3]
    assert (table["inclination"][2:].value == 60).all() and (table["r90"].value == pytest.approx(24))
    assert (np.diff(table["bulge_to_total"][[1, 2, 3, 5]]) < 0).all()
    assert table["hubble_type"][6] == "Sc" and set(gm.population(1).colnames) == set(table.colnames)


def test_portraits_show_the_galaxy_alone_and_the_knobs_turn_it():
    table = gm.mock.specimens(["E0", "E7", "Sb", "Sb"], inclination=0, bar=0)
    table["bar_light"][3] = 0.26
    images = gm.mock.portraits(table, size=80, noise=False).images
    assert images.shape == (4, 3, 80, 80) and images.min() >= 0 and images.max() <= 1
    grey = images.mean(1)
    np.testing.assert_allclose(grey[0], grey[0].T, atol=0.02)  # E0 is round, E7 is not
    assert (grey[1] - grey[1].T).abs().max() > 0.1
    assert (grey[2] - grey[3]).abs().max() > 0.05  # a bar shows
    edge_on = gm.mock.portraits(gm.mock.specimens(["Sb"], inclination=85), size=80, noise=False).images.mean(1)[0]
    bright = [np.cov(np.nonzero((image > 0.2).numpy())) for image in (edge_on, grey[2])]
    flat, round_ = (np.sqrt(np.linalg.eigvalsh(covariance)) for covariance in bright)
    assert flat[0] < 0.45 * flat[1] and round_[0] > 0.75 * round_[1]  # widths of what is bright, across and along


@pytest.mark.parametrize("seed", [0, 1])
def test_specimens_show_what_the_lesson_says_of_their_types(seed):
    """A bulge without arms in it that shrinks from Sa to Sc, arms that only spirals have."""
    table = gm.mock.specimens(["S0", "Sa", "Sb", "Sc"], inclination=0, seed=seed)
    assert (np.diff(table["bulge_radius"] / table["disc_radius"])[1:] < -0.05).all()
    grey = gm.mock.portraits(table, size=96, width=3, noise=False).images.mean(1).numpy()
    y, x = np.mgrid[:96, :96] - 47.5
    radius = np.hypot(x, y) / 32  # R90
    rings = [(radius > r) & (radius < r + 0.06) for r in np.arange(0.15, 0.4, 0.06)]
    inner = [np.mean([image[ring].std() / image[ring].mean() for ring in rings]) for image in grey]
    assert inner[1] < inner[2] < inner[3]
    outer = [image[(radius > 0.6) & (radius < 0.7)] for image in grey]
    uneven = [ring.std() / ring.mean() for ring in outer]
    assert uneven[0] < 0.5 * min(uneven[2:])


def test_specimens_can_be_drawn_by_mock_sample_and_come_with_their_origin():
    sample = gm.mock_sample(table=gm.mock.specimens(["S0", "Im"]), size=16)
    assert len(sample) == 2 and "mock" in gm.mock.portraits(sample.table, size=16).caption


@pytest.mark.parametrize(
    "call, says",
    [(lambda: gm.mock.specimens([]), "empty"), (lambda: gm.mock.specimens(["Q"]), "not a Hubble type"),
     (lambda: gm.mock.specimens([12]), "-3 to 10"), (lambda: gm.mock.specimens(["Sb"], inclination=91), "0 to 90"),
     (lambda: gm.mock.specimens(["Sb"], bar=2), "0 to 1"), (lambda: gm.mock.specimens([float("nan")]), "-3 to 10"),
     (lambda: gm.mock.portraits(gm.mock.specimens(["Sb"]), size=4), "at least 8"),
     (lambda: gm.mock.portraits(gm.mock.specimens(["Sb"]), width=0), "width > 0")],
)  # fmt: skip
def test_bad_specimens_are_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()


# ---------------------------------------------------------------- describe


def test_describe_judges_every_published_relation(catalogue):
    table = describe(catalogue)
    assert len(table) == len(RELATIONS) and all(table["source"])
    np.testing.assert_array_equal(table["relation"], [r.name for r in RELATIONS])
    judged = table[table["agrees"] != "too few"]
    bulges = judged["relation"] == "median B/T"
    assert np.sum(~bulges) >= 25 and np.mean(judged["agrees"] == "yes") >= 0.95
    assert np.sum(bulges) == 6 and all(judged["agrees"][bulges] == "yes")
    inside = (judged["low"] <= judged["measured"]) & (judged["measured"] <= judged["high"])
    np.testing.assert_array_equal(inside, judged["agrees"] == "yes")


def verdict(table, relation, group):
    row = table[(table["relation"] == relation) & (table["group"] == group)]
    assert len(row) == 1
    return row["agrees"][0]


def test_describe_notices_what_is_wrong(catalogue):
    broken = catalogue.copy()
    broken["log_sfr"] = broken["log_sfr"] + 0.5 * (broken["log_mass"] - 10.5)
    broken["axis_ratio"] = 1.0
    broken["bar"] = False
    broken["half_light_radius"] = 2 * broken["half_light_radius"]
    table = describe(broken)
    spoilt = {
        "slope of the main sequence": "star-forming",
        "median b/a": "discs",
        "barred fraction": "discs, i < 70°",
        "median ln(R50 / R50 at its mass)": "ETG",
    }
    for relation, group in spoilt.items():
        assert verdict(describe(catalogue), relation, group) == "yes" and verdict(table, relation, group) == "NO"


def test_describe_does_not_judge_what_it_cannot():
    few = describe(gm.population(30, seed=0, magnitude_limit=16))
    assert verdict(few, "median redshift", "r < 17.77") == "too few"
    assert verdict(few, "median rest g - r", "Im") == "too few"
    with pytest.raises(KeyError, match="missing: .*spin"):
        describe(Table({"redshift": [0.1]}))


def test_sizes_of_shen():
    np.testing.assert_allclose(shen_radius([11, 11], [True, False]), [4.16, 4.75], atol=0.01)


# ---------------------------------------------------------------- catalogues


def test_open_ngc_holds_real_galaxies():
    ngc = gm.datasets.open_ngc()
    assert len(ngc) > 9000 and len(np.unique(ngc["name"])) == len(ngc)
    m31 = ngc[ngc["name"] == "NGC0224"]
    assert m31["t_type"][0] == 3 and 0.2 < m31["axis_ratio"][0] < 0.5
    known = ngc["axis_ratio"][np.isfinite(ngc["axis_ratio"])]
    assert 0 < known.min() and known.max() <= 1
    assert not any("?" in name for name in ngc["hubble_type"])
    assert m31["pgc"][0] == 2557  # the number of the Andromeda galaxy in the Principal Galaxies Catalogue
    assert 3 < m31["v_mag"][0] < m31["b_mag"][0] < 5 and m31["k_mag"][0] < 2


def test_open_ngc_says_what_to_install(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pyongc", None)
    with pytest.raises(ImportError, match="pip install 'pyongc"):
        gm.datasets.open_ngc()


def test_efigi_types_come_on_the_course_scale(tmp_path):
    header = "PGCname T T_inf T_sup Bulge_to_Total B_inf B_sup Bar_Length L_inf L_sup"
    lines = [
        "# a comment",
        header,
        "PGC1 -5 -5 -5 1 1 1 0 0 0",
        "PGC2 11 9 11 0 0 0 -1 -1 -1",
        "PGC3 3 3 4 .5 .5 .5 .75 .5 1",
    ]
    (tmp_path / "EFIGI_attributes.txt").write_text("\n".join(lines))
    table = gm.datasets.read_efigi(tmp_path)
    np.testing.assert_array_equal(table["t_type"], [-3, np.nan, 3])
    np.testing.assert_array_equal(table["bar"], [0, np.nan, 0.75])
    with pytest.raises(FileNotFoundError, match="EFIGI_attributes.txt"):
        gm.datasets.read_efigi(tmp_path / "elsewhere")


def test_votes_of_ambiguous_identifiers_are_not_used(tmp_path):
    base = 1237648704057573661
    rows = ["objid,z,lgm,sfr,p_E,p_S"]
    rows += [f"{base},0.04,11.1,-0.8,0.9,0.1", f"{base},0.04,11.1,-0.8,0.0,1.0"]  # twice, with different votes
    rows += [f"{base + 60},0.04,10.1,0.2,0.9,0.1"]  # the same 64-bit float
    rows += [f"{base + 10**6},0.04,10.2,0.1,0.2,0.8", f"{base + 2 * 10**6},0.04,10.3,0.1,,"]
    rows += [f"{base + 3 * 10**6},0.04,0,-9999,0.2,0.8"]  # no mass
    (tmp_path / "groups.csv").write_text("\n".join(rows))
    table = gm.datasets.read_mass_sfr(tmp_path, name="groups.csv")
    np.testing.assert_array_equal(table["objid"] - base, [0, 60, 10**6, 2 * 10**6])
    np.testing.assert_array_equal(table["p_spiral"], [np.nan, np.nan, 0.8, np.nan])
    with pytest.raises(FileNotFoundError, match="no other.csv"):
        gm.datasets.read_mass_sfr(tmp_path, name="other.csv")
    (tmp_path / "short.csv").write_text("objid,z\n1,0.1")
    with pytest.raises(KeyError, match="lgm"):
        gm.datasets.read_mass_sfr(tmp_path, name="short.csv")


def test_masses_are_counted_in_cells_and_come_back_a_row_a_galaxy(tmp_path, monkeypatch):
    rows = ["objid,z,lgm,sfr,p_E,p_S"]
    known = [(10.01, 0.02, 0.9), (10.08, 0.09, 0.5), (10.05, 0.05, ""), (10.11, 0.02, ""), (10.05, -0.05, 0.2)]
    rows += [f"{4000 * (k + 1)},0.04,{mass},{sfr},,{votes}" for k, (mass, sfr, votes) in enumerate(known)]
    (tmp_path / "Control4C_Gals_processed.csv").write_text("\n".join(rows), encoding="utf-8")
    cells = gm.datasets.count_masses(tmp_path)
    assert [tuple(row)[:4] for row in cells] == [(10.05, -0.05, 1, 1), (10.05, 0.05, 3, 2), (10.15, 0.05, 1, 0)]
    np.testing.assert_allclose(np.ma.filled(cells["p_spiral"], np.nan), [0.2, 0.7, np.nan])
    cells.write(tmp_path / "mass_sfr.csv", format="ascii.csv")
    monkeypatch.setattr(gm.datasets.people, "shipped", lambda name: tmp_path / name)
    back = gm.datasets.stored_mass_sfr()
    np.testing.assert_allclose(back["log_mass"], [10.05, 10.05, 10.05, 10.05, 10.15])
    np.testing.assert_allclose(back["log_sfr"], [-0.05, 0.05, 0.05, 0.05, 0.05])
    np.testing.assert_allclose(back["p_spiral"], [0.2, 0.7, 0.7, np.nan, np.nan])


def test_votes_are_counted_down_the_tree(tmp_path):
    tree = gm.datasets.GALAXY_ZOO_TREE
    wanted = [(number, answer) for number, (_, answers) in tree.items() for answer in answers]
    names = [f"t{number:02d}_question_a{k:02d}_{answer}_count" for k, (number, answer) in enumerate(wanted)]
    shuffled = np.random.default_rng(0).permutation(len(names))  # the order of columns does not matter
    rows = [",".join(["objid", *(names[k] for k in shuffled), "t01_question_a00_smooth_fraction"])]
    rows += [",".join(map(str, [galaxy, *(10 * galaxy + k for k in shuffled), 0.5])) for galaxy in (1, 2)]
    with gzip.open(tmp_path / "table5.csv.gz", "wt") as file:
        file.write("\n".join(rows))
    votes = gm.datasets.count_votes(tmp_path)
    assert [tuple(row) for row in votes] == [(*key, 30 + 2 * k) for k, key in enumerate(wanted)]
    with gzip.open(tmp_path / "table5.csv.gz", "wt") as file:
        file.write("t01_question_a00_smooth_count\n1")
    with pytest.raises(KeyError, match="t01 features_or_disk"):
        gm.datasets.count_votes(tmp_path)
    with pytest.raises(FileNotFoundError, match="table5"):
        gm.datasets.count_votes(tmp_path / "elsewhere")


def test_stored_votes_go_where_the_tree_leads():
    """Each question is asked as often as answers lead to it: the tree is that of the votes (a few people gave up)."""
    votes = gm.datasets.galaxy_zoo_votes()
    counts = {(int(row["question"]), str(row["answer"])): int(row["votes"]) for row in votes}
    led_to = dict.fromkeys(gm.datasets.GALAXY_ZOO_TREE, 0)
    for number, (_, answers) in gm.datasets.GALAXY_ZOO_TREE.items():
        for answer, to in answers.items():
            if to:
                led_to[to] += counts[number, answer]
    for number in list(led_to)[1:]:
        asked = sum(n for (question, _), n in counts.items() if question == number)
        assert asked == pytest.approx(led_to[number], rel=2e-3), number


def test_galaxies_of_two_catalogues_are_paired_by_their_number(tmp_path):
    header = "PGCname T T_inf T_sup Bar_Length L_inf L_sup"
    lines = [
        header,
        "PGC0002557 4 3 5 0 0 0",
        "PGC0050779 -5 -5 -5 0 0 0",
        "PGC9999999 3 3 3 0 0 0",
        "PGC0017223 11 9 11 0 0 0",
    ]
    (tmp_path / "EFIGI_attributes.txt").write_text("\n".join(lines))
    found = gm.datasets.pair_types(tmp_path)
    assert [tuple(row) for row in found] == [(3, -3, 1), (3, 4, 1)]  # Circinus and Andromeda, both Sb in OpenNGC


def test_stored_types_are_those_of_people():
    both = gm.datasets.two_typings()
    assert len(both) == 1770 and set(both["efigi"]) <= set(range(-3, 11))
    apart = both["open_ngc"] - both["efigi"]
    assert np.mean(apart == 0) > 3 * np.mean(both["open_ngc"] - np.roll(both["efigi"], 500) == 0)


def test_the_talks_papers_are_named_once_a_year():
    from galmorph_helpers.published import TALK_PAPERS

    assert len(TALK_PAPERS) == len(set(TALK_PAPERS)) == 72
    assert all(name[-3] == "+" and 15 <= int(name[-2:]) <= 22 for name in TALK_PAPERS)


# ---------------------------------------------------------------- figures


def test_confusion_and_tree_are_drawn(shown, alt_text):
    counts = np.array([[3, 1], [0, 5]])
    gm.plots.confusion({"a": (counts, "truth", "you"), "b": (0 * counts, "x", "y")}, classes=["E", "S"], alt="matrix")
    gm.plots.decision_tree(gm.datasets.GALAXY_ZOO_TREE, gm.datasets.galaxy_zoo_votes(), alt="tree")
    assert [alt_text(s) for s in shown] == ["matrix", "tree"]


def test_diagrams_have_alt_text_and_the_fork_names_its_origin(shown, alt_text):
    fork = gm.mock.portraits(gm.mock.specimens(["E0", "E4", "S0", "Sb", "SBb", "Im"]), size=16)
    gm.plots.tuning_fork(fork, alt="a fork")
    x = np.linspace(0, 1, 500)
    gm.plots.planes({"a": (x, x, x), "b": (x, x**2, np.where(x > 0.5, np.nan, x))}, xlabel="x", ylabel="y", label="z",
                    lines=[("one", lambda v: v)], alt="planes")  # fmt: skip
    gm.plots.histograms({"mass": {"elliptical": x, "other": x**2}}, title="t", alt="histograms")
    gm.plots.trends(
        {"t": {"spiral": (x, x), "band": (x, x, x - 1, x + 1)}}, xlabel="x", alt="trends", ticks=([0, 1], "ab")
    )
    assert [alt_text(s) for s in shown] == ["a fork", "planes", "histograms", "trends"]


def test_a_table_is_escaped_and_shows_a_no_in_red(shown):
    gm.plots.show_table(
        Table({"name": ["<b>", "x"], "value": [-1.5, np.nan], "agrees": ["yes", "NO"]}), caption="<script>"
    )
    (table,) = shown
    assert isinstance(table, HTML) and "<b>" not in table.data and "<script>" not in table.data
    assert "−1.50" in table.data and "–" in table.data and table.data.count("#fbd5d0") == 1
