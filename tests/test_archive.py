"""Fetching whole sets from an archive on loopback: what is written, what is counted, and what a run survives."""

import json
import os
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pooch
import pytest
from astropy import units as u
from astropy.table import QTable, Table
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st
from test_archive_transfer import ERROR_PAGE, send

import galmorph_helpers as gm
from galmorph_helpers.archive.__main__ import main
from galmorph_helpers.archive.errors import ArchiveError, BadContent, DiskFull


def contents_of(folder):
    """Every file but the manifest, which has dates in it."""
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name != gm.archive.layout.MANIFEST
    }


# ---------------------------------------------------------------- what is written


@pytest.mark.parametrize("name", ["na10_sdss", "ds18_sdss", "gz2_sdss", "gz2_legacy", "gz2_s82_des"])
def test_a_set_with_images_is_a_folder_that_read_folder_reads(site, tmp_path, name):
    path = gm.archive.fetch(name, tmp_path / name, n=12, session=site.session())
    sample = gm.read_folder(path, size=24, cache=False)
    assert len(sample) == 12 and sample.origin == "archive" and sample.images.shape[1] == 3
    assert {"id", "ra", "dec", "petro_r90", "pixel_scale"} <= set(sample.table.colnames)
    assert gm.archive.verify(path)[0] == []
    manifest = gm.archive.layout.read_manifest(path)
    assert manifest["complete"] and manifest["set"] == name and manifest["citation"] and manifest["licence"]
    assert all(len(record["sha256"]) == 64 for record in manifest["files"].values())


def test_cutouts_are_as_wide_as_the_galaxy_asks_for(site, tmp_path):
    path = gm.archive.fetch("gz2_sdss", tmp_path / "a", n=5, session=site.session())
    table = QTable.read(path / "labels.csv", format="ascii.csv")
    assert np.allclose(table["pixel_scale"] * 424, 8.48 * table["petro_r90"], rtol=1e-6)
    asked = next(iter(site.fetched("ImgCutout")))
    assert "width=424" in asked and "height=424" in asked and "scale=" in asked


@pytest.mark.parametrize("name, rows", [("na10", 300), ("ds18", 70), ("gz2", 70), ("mass_sfr", 70), ("manga_dl", 4)])
def test_a_table_is_whole_and_has_units(site, tmp_path, name, rows):
    path = gm.archive.fetch(name, tmp_path / name, n=None if rows in (4, 300) else rows, session=site.session())
    table = QTable.read(path / "catalogue.ecsv")
    assert len(table) == rows > 3, "VizieR's 50 rows are not the answer"
    if "ra" in table.colnames:
        assert table["ra"].unit == u.deg


def test_what_the_archive_does_not_know_is_nan(site, tmp_path):
    path = gm.archive.fetch("gz2", tmp_path / "a", n=20, session=site.session())
    mass = QTable.read(path / "catalogue.ecsv")["log_mass"]
    assert np.isnan(mass[2::5]).all() and np.isfinite(mass).sum() == 16


def test_types_come_on_the_ds18_scale(site, tmp_path):
    path = gm.archive.fetch("na10_sdss", tmp_path / "a", n=60, session=site.session())
    types = QTable.read(path / "labels.csv", format="ascii.csv")["t_type"]
    assert set(np.unique(types)) <= {-3, -2, -1, 0, 1, 3, 5, 9} and -3 in types and not np.isnan(types).any()
    table = QTable.read(gm.archive.fetch("na10", tmp_path / "b", session=site.session()) / "catalogue.ecsv")
    assert np.isnan(table["t_type"]).sum() == 33, "99 is no type"


def test_a_smaller_fetch_is_the_beginning_of_a_larger_one(site, tmp_path):
    small = gm.archive.fetch("na10_sdss", tmp_path / "small", n=10, session=site.session())
    before = set(os.listdir(small / "images"))
    large = gm.archive.fetch("na10_sdss", tmp_path / "small", n=25, session=site.session())
    assert large == small and before < set(os.listdir(large / "images"))
    assert max(site.fetched("ImgCutout").values()) == 1
    assert len(QTable.read(large / "labels.csv", format="ascii.csv")) == 25
    fresh = gm.archive.fetch("na10_sdss", tmp_path / "fresh", n=25, session=site.session())
    assert contents_of(large) == contents_of(fresh)


def test_a_smaller_number_than_before_fetches_no_more_than_that(site, tmp_path):
    session = site.session(tries=1)
    site.faults += [(f"ra={ra:.6f}", send(ERROR_PAGE)) for ra in site.sky["ra"][5:40]]
    with pytest.raises(ArchiveError, match="in a row"):
        gm.archive.fetch("gz2_sdss", tmp_path / "a", n=40, session=session)
    site.faults.clear()
    gm.archive.fetch("gz2_sdss", tmp_path / "a", n=10, session=session)
    assert len(gm.read_folder(tmp_path / "a", size=16, cache=False)) == 10


def test_manga_cubes_are_of_small_bundles(site, tmp_path):
    path = gm.archive.fetch("manga_cubes", tmp_path / "a", n=2, session=site.session())
    table = QTable.read(path / "galaxies.ecsv")
    assert list(table["plateifu"]) == ["7443-1901", "7443-3701"]
    assert all((path / name).exists() for row in table for name in (row["maps"], row["cube"]))
    with pytest.raises(ArchiveError, match="at least 1 and at most 20 for manga_cubes, got 200"):
        gm.archive.fetch("manga_cubes", tmp_path / "b", n=200, session=site.session())


def test_galaxy10_becomes_a_folder(site, tmp_path, monkeypatch):
    pixels = np.random.default_rng(0).integers(0, 255, (6, 16, 16, 3), dtype=np.uint8)
    with h5py.File(tmp_path / "g.h5", "w") as file:
        file["images"], file["ans"] = pixels, np.array([0, 1, 5, 8, 9, 2])
        file["ra"], file["dec"], file["redshift"], file["pxscale"] = np.zeros((4, 6))
    entry = gm.archive.registry.load_registry()["sets"]["galaxy10"]
    site.bodies["/zenodo.org/records/10845026/files/Galaxy10_DECals.h5"] = (tmp_path / "g.h5").read_bytes()
    with pytest.raises(BadContent, match="19aefc.* was expected"):
        gm.archive.fetch("galaxy10", tmp_path / "bad", n=4, session=site.session(tries=2))
    monkeypatch.setitem(entry, "sha256", None)
    path = gm.archive.fetch("galaxy10", tmp_path / "a", n=4, session=site.session())
    sample = gm.read_folder(path, size=16, cache=False)
    assert list(sample.table["class_name"]) == ["disturbed", "merging", "barred_spiral", "edge_on_without_bulge"]
    assert np.allclose(sample.images[2].permute(1, 2, 0).numpy() * 255, pixels[2], atol=1), "channels stay channels"
    gm.archive.fetch("galaxy10", tmp_path / "a", n=6, session=site.session())
    assert gm.archive.verify(path)[0] == [] and len(site.fetched("Galaxy10")) == 1


def test_a_bundle_is_unpacked(site, tmp_path):
    import io
    import tarfile

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as bundle:
        info = tarfile.TarInfo("sdss/readme.txt")
        info.size = 2
        bundle.addfile(info, io.BytesIO(b"hi"))
    url = gm.archive.registry.load_registry()["sets"]["ds23"]["url"]
    site.bodies["/" + url.removeprefix("https://")] = out.getvalue()
    path = gm.archive.fetch("ds23", tmp_path / "a", session=site.session())
    assert (path / "source" / "sdss" / "readme.txt").read_text() == "hi" and gm.archive.verify(path)[0] == []


# ---------------------------------------------------------------- odd answers


@pytest.mark.parametrize(
    "name, old, new",
    [
        ("na10", "TT", "TType"),
        ("na10", "TT", "tt"),
        ("manga_dl", "T-Type", "TTYPE"),
        ("manga_dl", "P_edge", "P_EDGE_ON"),
    ],
)
def test_another_name_of_a_column_is_understood(site, tmp_path, name, old, new):
    site.columns[old] = new
    path = gm.archive.fetch(name, tmp_path / "a", session=site.session())
    assert "t_type" in QTable.read(path / "catalogue.ecsv").colnames


@pytest.mark.parametrize(
    "name, old, message", [("na10", "TT", "no column TT or TType"), ("manga_dl", "P_LTG", "no column P_LTG")]
)
def test_a_missing_column_is_named_with_those_that_are_there(site, tmp_path, name, old, message):
    site.columns[old] = "other"
    with pytest.raises(ArchiveError, match=rf"{message}.*it has .*other.*registry.toml"):
        gm.archive.fetch(name, tmp_path / "a", session=site.session())


def test_an_empty_answer_is_an_error_that_says_where(site, tmp_path):
    site.sky = site.sky[:0]
    for name, service in (("na10", "VizieR"), ("gz2", "SkyServer")):
        with pytest.raises(ArchiveError, match=f"{service} .*(no rows|no galaxies).*again later"):
            gm.archive.fetch(name, tmp_path / name, session=site.session())


@pytest.mark.parametrize(
    "name, where", [("na10", "vizier"), ("gz2", "X_SQL"), ("na10_sdss", "X_Results"), ("gz2", "sql")]
)
def test_a_web_page_instead_of_a_table_is_said(site, tmp_path, name, where):
    site.faults += [(where, send(ERROR_PAGE)), (where.replace("X_SQL", "skyserver"), send(ERROR_PAGE))]
    site.faults += [("skyserver", send(ERROR_PAGE))] * (name == "gz2")
    with pytest.raises(BadContent, match="did not send a table"):
        gm.archive.fetch(name, tmp_path / "a", n=20, session=site.session())
    site.faults.clear()
    gm.archive.fetch(name, tmp_path / "a", n=20, session=site.session())  # nothing wrong was kept anywhere


def test_repeated_galaxies_and_those_without_a_position_are_left_out_and_counted(site, tmp_path):
    site.sky = Table(site.sky[[0, 1, 1, 2, 3, 3, 3, 4]])
    path = gm.archive.fetch("na10", tmp_path / "a", session=site.session())
    assert gm.archive.layout.read_manifest(path)["counts"] == {"rows": 8, "no_position": 0, "duplicates": 3}
    rows = Table({"ra": [1.0, 1.0, np.nan, 2.0], "dec": [0.0, 0.0001, 0.0, 90.0]})
    kept, counts = gm.archive.columns.one_row_a_galaxy(rows)
    assert len(kept) == 2 and counts == {"no_position": 1, "duplicates": 1}


def test_missing_objects_are_counted_and_the_others_come(site, tmp_path, capsys):
    everything = site.sky
    site.sky = everything[:40]
    original = type(site.sky)

    def forget(handler):  # SkyServer knows 30 of the 40 galaxies that VizieR lists
        site.sky = original(everything[:30])
        handler.send(handler.answer()[0])
        site.sky = everything[:40]

    site.faults.append(("X_Results", forget))
    path = gm.archive.fetch("na10_sdss", tmp_path / "a", n=40, session=site.session())
    counts = gm.archive.layout.read_manifest(path)["counts"]
    assert counts["asked"] == counts["joined"] + counts["without_partner"] and counts["without_partner"] > 5
    assert f"{counts['without_partner']} have none" in capsys.readouterr().out


def test_a_galaxy_without_an_image_is_noted_and_the_rest_goes_on(site, tmp_path, capsys):
    ra = f"ra={site.sky['ra'][3]:.6f}"
    site.faults += [(ra, lambda handler: handler.send(b"none", 404))]
    path = gm.archive.fetch("gz2_sdss", tmp_path / "a", n=8, session=site.session())
    missing = gm.archive.layout.read_manifest(path)["missing"]
    assert list(missing) == [f"images/{site.sky['objid'][3]}.jpg"] and "404" in next(iter(missing.values()))
    assert len(gm.read_folder(path, size=16, cache=False)) == 7
    assert (
        "1 galaxies have no file" in gm.archive.verify(path)[1]
        and "7 of 8 galaxies have an image" in capsys.readouterr().out
    )
    gm.archive.fetch(
        "gz2_sdss", tmp_path / "a", n=8, session=site.session()
    )  # it came back: nothing is missing any more
    assert (
        gm.archive.layout.read_manifest(path)["missing"] == {} and len(gm.read_folder(path, size=16, cache=False)) == 8
    )


def test_a_service_that_is_down_stops_the_run_and_leaves_a_usable_part(site, tmp_path):
    session = site.session(tries=1)
    path = tmp_path / "a"
    wanted = {f"ra={ra:.6f}" for ra in site.sky["ra"][12:40]}
    site.faults += [(ra, send(ERROR_PAGE)) for ra in wanted]
    with pytest.raises(ArchiveError, match="10 galaxies in a row failed, the last: .*a web page.*goes on from here"):
        gm.archive.fetch("gz2_sdss", path, n=40, session=session)
    problems, summary = gm.archive.verify(path)
    assert problems == [] and "PARTIAL, yet usable" in summary
    with_images = len(gm.read_folder(path, size=16, cache=False))
    assert 5 <= with_images <= 12
    site.faults.clear()
    gm.archive.fetch("gz2_sdss", path, n=40, session=site.session())
    assert len(gm.read_folder(path, size=16, cache=False)) == 40 and "PARTIAL" not in gm.archive.verify(path)[1]
    assert max(site.fetched(f"{min(wanted)}").values()) <= 2


# ---------------------------------------------------------------- the disk and the folder


@pytest.mark.parametrize("name", ["../secret.txt", "images/out.png"])
def test_a_manifest_that_leads_out_of_its_folder_is_not_followed(site, tmp_path, name):
    path = gm.archive.fetch("gz2_sdss", tmp_path / "a", n=4, session=site.session())
    (tmp_path / "secret.txt").write_bytes(b"secret")
    (path / "images/out.png").symlink_to(tmp_path / "secret.txt")
    manifest = gm.archive.layout.read_manifest(path)
    manifest["files"][name] = {"bytes": 6, "sha256": pooch.file_hash(str(tmp_path / "secret.txt"))}
    (path / gm.archive.layout.MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    (problem,) = gm.archive.verify(path)[0]
    assert problem.startswith(f"{name} is not in the folder")


def test_a_disk_that_fills_leaves_a_usable_part(site, tmp_path, monkeypatch):
    real, calls = gm.archive.download._copy, []

    def copy(response, part, *rest):
        calls.append(part)
        if len(calls) > 9:
            raise OSError(28, "No space left on device")
        real(response, part, *rest)

    monkeypatch.setattr(gm.archive.download, "_copy", copy)
    with pytest.raises(DiskFull, match="free some space and run the same command again"):
        gm.archive.fetch("gz2_sdss", tmp_path / "a", n=30, session=site.session())
    assert len(calls) < 20, "the other galaxies are not tried on a full disk"
    monkeypatch.undo()
    problems, summary = gm.archive.verify(tmp_path / "a")
    assert problems == [] and "PARTIAL" in summary
    gm.archive.fetch("gz2_sdss", tmp_path / "a", n=30, session=site.session())
    assert len(gm.read_folder(tmp_path / "a", size=16, cache=False)) == 30


def test_a_disk_that_fills_before_the_first_labels_still_gets_them(site, tmp_path, monkeypatch):
    """Nothing more fits on the disk than what was kept free for the end."""
    real, calls = gm.archive.download._copy, []

    def copy(response, part, *rest):
        calls.append(part)
        if len(calls) > 4:
            raise OSError(28, "No space left on device")
        real(response, part, *rest)

    real_write = gm.archive.layout.Folder.write_table

    def write_table(folder, name, table, **options):
        if name == "labels.csv" and (folder.path / ".room").exists():
            raise OSError(28, "No space left on device")
        real_write(folder, name, table, **options)

    monkeypatch.setattr(gm.archive.download, "_copy", copy)
    monkeypatch.setattr(gm.archive.layout.Folder, "write_table", write_table)
    with pytest.raises(DiskFull):
        gm.archive.fetch("gz2_sdss", tmp_path / "a", n=30, session=site.session())
    problems, summary = gm.archive.verify(tmp_path / "a")
    assert problems == [] and "PARTIAL, yet usable" in summary and not (tmp_path / "a" / ".room").exists()
    assert 2 <= len(gm.read_folder(tmp_path / "a", size=16, cache=False)) <= 4
    (tmp_path / "a" / "labels.csv").unlink()
    assert "not yet usable" in gm.archive.verify(tmp_path / "a")[1]


def test_a_disk_that_fills_at_a_table_is_a_sentence(site, tmp_path, monkeypatch):
    def write_table(folder, name, table, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gm.archive.layout.Folder, "write_table", write_table)
    with pytest.raises(DiskFull, match="free some space and run the same command again"):
        gm.archive.fetch("gz2", tmp_path / "a", n=30, session=site.session())


def test_too_little_space_is_said_before_a_request(site, tmp_path, monkeypatch):
    monkeypatch.setattr(gm.archive.download.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1e6}))
    with pytest.raises(DiskFull, match="1 MB free.*Nothing was fetched"):
        gm.archive.fetch("gz2_sdss", tmp_path / "a", n=2000, session=site.session())
    assert site.log == []


def test_an_unwritable_folder_is_said(site, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ArchiveError, match="cannot write in .*--out"):
        gm.archive.fetch("gz2_sdss", tmp_path / "file" / "set", n=2, session=site.session())


def test_a_second_process_on_the_folder_is_refused(site, tmp_path):
    (tmp_path / "a").mkdir()
    with FileLock(tmp_path / "a" / ".lock"):
        with pytest.raises(ArchiveError, match="another process is fetching into"):
            gm.archive.fetch("gz2_sdss", tmp_path / "a", n=2, session=site.session())
    gm.archive.fetch("gz2_sdss", tmp_path / "a", n=2, session=site.session())


def test_nothing_is_written_among_a_persons_files_or_into_another_set(site, tmp_path):
    (tmp_path / "thesis.tex").write_text("do not touch")
    with pytest.raises(ArchiveError, match="not empty .*thesis.tex"):
        gm.archive.fetch("gz2_sdss", tmp_path, n=2, session=site.session())
    gm.archive.fetch("gz2_sdss", tmp_path / "a", n=2, session=site.session())
    with pytest.raises(ArchiveError, match="holds the set 'gz2_sdss'"):
        gm.archive.fetch("gz2_legacy", tmp_path / "a", n=2, session=site.session())


def test_a_damaged_manifest_is_said(site, tmp_path):
    path = gm.archive.fetch("gz2_sdss", tmp_path / "a", n=2, session=site.session())
    (path / gm.archive.layout.MANIFEST).write_text('{"set": ')
    with pytest.raises(ArchiveError, match="manifest.json is damaged"):
        gm.archive.verify(path)


def test_a_damaged_image_is_found_and_fetched_again(site, tmp_path):
    path = gm.archive.fetch("gz2_sdss", tmp_path / "a", n=4, session=site.session())
    before = contents_of(path)
    images = sorted((path / "images").iterdir())
    images[0].write_bytes(images[0].read_bytes()[:-1] + b"x")
    images[1].unlink()
    problems, _ = gm.archive.verify(path)
    assert sorted(problems) == sorted(
        [
            f"images/{images[0].name} was changed: its SHA-256 is not the one that was recorded",
            f"images/{images[1].name} is missing",
        ]
    )
    site.log.clear()
    gm.archive.fetch("gz2_sdss", path, n=4, session=site.session())
    assert contents_of(path) == before and sum(site.fetched().values()) == 2


# ---------------------------------------------------------------- a class: the command line, a kill, a changed byte


def test_killed_in_the_middle_then_resumed_nothing_is_fetched_twice(site, tmp_path, capsys, monkeypatch):
    out = tmp_path / "galaxies" / "na10_sdss"
    command = [sys.executable, "-m", "galmorph_helpers.archive", "fetch", "na10_sdss", "--n", "50", "--out", str(out)]
    running = subprocess.Popen(
        [*command, "--rate", "25"], stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    deadline = time.monotonic() + 60
    while len(list(out.glob("images/*.jpg"))) < 15 and time.monotonic() < deadline:
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.wait()
    got = len(list(out.glob("images/*.jpg")))
    assert 15 <= got < 50 and not gm.archive.layout.read_manifest(out)["complete"]
    assert "PARTIAL" in gm.archive.verify(out)[1]
    half = [path for path, status, _ in site.log if "ImgCutout" in path and status == 200]

    assert main(["fetch", "na10_sdss", "--n", "50", "--out", str(out), "--rate", "500"]) == 0
    said = capsys.readouterr().out
    assert "50 of 50 galaxies have an image" in said and "please cite: Nair & Abraham 2010" in said
    times = site.fetched("ImgCutout")
    assert len(times) == 50
    assert sum(times.values()) <= 50 + 3, "only what was under way at the kill (three at most) is asked for again"
    assert len(half) - got <= 3 and max(times.values()) <= 2

    whole = gm.archive.fetch("na10_sdss", tmp_path / "whole", n=50, session=site.session())
    assert contents_of(out) == contents_of(whole)
    sample = gm.read_folder(out)
    assert isinstance(sample, gm.GalaxySample) and len(sample) == 50

    assert main(["verify", str(out)]) == 0
    assert capsys.readouterr().out.rstrip().endswith("ok")
    victim = sorted((out / "images").iterdir())[7]
    data = bytearray(victim.read_bytes())
    data[100] ^= 1
    victim.write_bytes(data)
    assert main(["verify", str(out)]) == 1
    assert f"wrong: images/{victim.name} was changed" in capsys.readouterr().out


def test_ctrl_c_keeps_what_is_there(site, tmp_path, monkeypatch, capsys):
    real, calls = gm.archive.download.download, []

    def interrupted(*args, **options):
        calls.append(1)
        if len(calls) == 8:
            raise KeyboardInterrupt
        return real(*args, **options)

    monkeypatch.setattr(gm.archive.fetching, "download", interrupted)
    assert main(["fetch", "gz2_sdss", "--n", "30", "--out", str(tmp_path / "a"), "--rate", "500"]) == 130
    assert "the same command goes on from here" in capsys.readouterr().err
    assert gm.archive.layout.read_manifest(tmp_path / "a")["complete"] is False and len(calls) < 20


def test_two_thousand_cutouts_at_the_servers_rate_limit(site, tmp_path):
    """None lost, none corrupt, memory flat, and the server hardly ever has to say no."""
    from archive_server import sky

    site.sky, site.limit = sky(2000), 205
    session = site.session(rate=200)
    gm.archive.fetch("gz2_sdss", tmp_path / "a", n=300, session=session)
    before = gm.runtime.peak_memory_mb()
    start = time.monotonic()
    path = gm.archive.fetch("gz2_sdss", tmp_path / "a", n=2000, session=session)
    seconds, grown = time.monotonic() - start, gm.runtime.peak_memory_mb() - before
    files = sorted((path / "images").iterdir())
    assert (
        len(files) == 2000 and gm.archive.verify(path)[0] == [] and not gm.archive.layout.read_manifest(path)["missing"]
    )
    assert {file.read_bytes() for file in files} <= set(site.pictures)
    times = site.fetched("ImgCutout")
    assert len(times) == 2000 and max(times.values()) == 1
    print(f"1,700 cutouts in {seconds:.1f} s, {grown:.1f} MB more, refused {site.refused} times")
    assert grown < 40, "memory grows with the number of galaxies"


def test_the_command_line_says_what_it_would_do(site, tmp_path, capsys):
    assert main(["list"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in gm.archive.registry.load_registry()["sets"])
    assert main(["fetch", "na10_sdss", "--n", "100", "--dry-run", "--out", str(tmp_path / "a")]) == 0
    said = capsys.readouterr().out
    assert "100 galaxies" in said and "skyserver.sdss.org" in said and "nothing was fetched" in said
    assert site.log == [] and not (tmp_path / "a").exists()
    assert main(["fetch", "na10_sds"]) == 1
    assert "Did you mean na10_sdss" in capsys.readouterr().err
    assert main(["fetch", "na10_sdss", "--rate", "0"]) == 1
    assert main(["fetch", "na10_sdss", "--n", "0", "--dry-run"]) == 1
    assert main(["verify", str(tmp_path / "nothing")]) == 1
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0 and "verify galaxies/na10_sdss" in capsys.readouterr().out


def test_without_astroquery_the_message_says_what_to_install(site, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "astroquery.vizier", None)
    with pytest.raises(ArchiveError, match=r"pip install 'galmorph-helpers\[archive\]'"):
        gm.archive.fetch("na10", tmp_path / "a", session=site.session())


def test_a_mirror_without_a_scheme_is_an_error(capsys, tmp_path):
    assert main(["fetch", "na10", "--mirror", "192.168.0.2:8000", "--out", str(tmp_path / "a")]) == 1
    assert "'192.168.0.2:8000' must be an address such as http" in capsys.readouterr().err


def test_the_default_folder_is_in_galmorph_data(site, tmp_path, monkeypatch):
    monkeypatch.setenv("GALMORPH_DATA", str(tmp_path))
    assert gm.archive.fetch("gz2", n=5, session=site.session()) == tmp_path / "gz2"


# ---------------------------------------------------------------- tables and registry


@given(st.lists(st.integers(0, 60), min_size=1, max_size=12, unique=True), st.integers(0, 2**32 - 1))
def test_joins_by_position_find_each_galaxy_once(rows, seed):
    rng = np.random.default_rng(seed)
    ra, dec = np.arange(61) * 0.01, np.full(61, 30.0)
    other = Table({"ra": ra, "dec": dec, "k": np.arange(61)})
    table = Table({"ra": ra[rows] + rng.uniform(-1, 1, len(rows)) / 3600, "dec": dec[rows]})
    joined, counts = gm.archive.join_by_position(table, other, within=2.0)
    assert list(joined["k"]) == rows and counts["joined"] == len(rows) and np.all(joined["separation"] < 2)


def test_join_counts_those_without_a_partner_and_those_that_share_one():
    table = Table({"ra": [10.0, 10.0002, 50.0], "dec": [0.0, 0.0, 0.0]})
    other = Table({"ra": [10.00005], "dec": [0.0], "mass": [10.5]})
    joined, counts = gm.archive.join_by_position(table, other)
    assert counts == {"asked": 3, "joined": 1, "without_partner": 1, "shared_partner": 1}
    assert joined["ra"][0] == 10.0 and joined["mass"][0] == 10.5
    assert gm.archive.join_by_position(table, other[:0])[1]["without_partner"] == 3


def test_positions_across_the_origin_of_right_ascension_are_near():
    joined, counts = gm.archive.join_by_position(
        Table({"ra": [359.9999], "dec": [0.0]}), Table({"ra": [0.0001], "dec": [0.0], "k": [7]})
    )
    assert counts["joined"] == 1 and joined["k"][0] == 7


def test_nulls_masks_and_blanks_become_what_they_mean():
    table = Table({"N_S": [2.0, -999.0], "PLATEIFU": [b"7443-1901  ", b"8485-1902"]}, masked=True)
    table["m"] = [1, 2]
    table["m"].mask = [False, True]
    picked = gm.archive.columns.pick_columns(table, {"n": ["n-s"], "plateifu": ["PLATEIFU"], "m": ["M"]}, null=-999)
    assert picked["n"][0] == 2 and np.isnan(picked["n"][1]) and list(picked["plateifu"]) == ["7443-1901", "8485-1902"]
    assert picked["m"][0] == 1 and np.isnan(picked["m"][1])


def test_identifiers_keep_all_their_digits(site, tmp_path):
    path = gm.archive.fetch("ds18_sdss", tmp_path / "a", n=5, session=site.session())
    table = QTable.read(path / "labels.csv", format="ascii.csv")
    assert list(table["objid"]) == list(site.sky["objid"][:5])


def test_registry_is_complete():
    entries = gm.archive.registry.load_registry()
    for name in entries["sets"]:
        entry = gm.archive.registry.known_set(name)
        assert entry["what"] and entry["licence"] and entry["citation"], name
        cost = gm.archive.estimate(name)
        assert cost["mb"] > 0 and cost["minutes"] >= 0 and set(cost["hosts"]) <= set(entries["rates"]), name
    assert max(entries["rates"].values()) <= 3, "a few requests a second at most"
    for name, catalogue in entries["catalogues"].items():
        assert catalogue["columns"] and catalogue["about"]["checked"], name


# ---------------------------------------------------------------- with the network


# ---------------------------------------------------------------- papers


def asked_of_ads(year):
    return (
        f"/api.adsabs.harvard.edu/v1/search/query?q=abstract%3Aconvolutional+year%3A{year}+property%3Arefereed"
        "+database%3Aastronomy&rows=1&fl=bibcode"
    )


def test_papers_are_counted_year_by_year(site, monkeypatch, capsys):
    monkeypatch.setenv("ADS_DEV_KEY", "a-token")
    for year, papers in ((2015, 3), (2016, 12)):
        site.bodies[asked_of_ads(year)] = json.dumps({"response": {"numFound": papers, "docs": []}}).encode()
    count = gm.archive.count_papers
    assert count("convolutional", range(2015, 2017), session=site.session()) == {2015: 3, 2016: 12}
    site.bodies[asked_of_ads(2017)] = b"<html>busy</html>"
    with pytest.raises(BadContent, match="2017"):
        count("convolutional", [2017], session=site.session())
    with pytest.raises(ArchiveError, match="status 404 for 2018: check that ADS_DEV_KEY"):
        count("convolutional", [2018], session=site.session())
    with pytest.raises(ValueError, match="one word"):
        count("a OR b", [2015], session=site.session())
    monkeypatch.delenv("ADS_DEV_KEY")
    assert count("convolutional", [2015], session=site.session()) is None
    assert "has no token" in capsys.readouterr().out


def test_a_token_goes_to_ads_and_to_no_mirror(site, monkeypatch):
    sent = []

    class Answer:
        status_code = 200

        def json(self):
            return {"response": {"numFound": 1}}

    def get(self, url, *, params, headers):
        sent.append((url.split("/")[2], headers))
        return Answer()

    monkeypatch.setenv("ADS_DEV_KEY", "a-token")
    monkeypatch.setattr("galmorph_helpers.archive.session.Session.get", get)
    gm.archive.count_papers("convolutional", [2015])
    gm.archive.count_papers("convolutional", [2015], session=site.session())
    assert sent == [("api.adsabs.harvard.edu", {"Authorization": "Bearer a-token"}), ("api.adsabs.harvard.edu", {})]


@pytest.mark.live
@pytest.mark.parametrize(
    "name, n", [("na10_sdss", 3), ("ds18_sdss", 3), ("gz2_sdss", 3), ("gz2_legacy", 2), ("gz2_s82_des", 2)]
)
def test_live_images(name, n, tmp_path):
    path = gm.archive.fetch(name, tmp_path / name, n=n)
    assert len(gm.read_folder(path, size=32, cache=False)) >= n - 1


@pytest.mark.live
@pytest.mark.parametrize(
    "name, rows", [("na10", 14034), ("manga_dl", 10293), ("manga_pymorph", 10293), ("mass_sfr", 20)]
)
def test_live_tables(name, rows, tmp_path):
    path = gm.archive.fetch(name, tmp_path / name, n=20 if name == "mass_sfr" else None)
    assert gm.archive.layout.read_manifest(path)["counts"]["rows"] == rows
    print(
        json.dumps(
            {file: record["sha256"] for file, record in gm.archive.layout.read_manifest(path)["files"].items()},
            indent=1,
        )
    )
