"""Bundles: what is packed comes out again, byte for byte, and nothing else does; lines may be cut, files changed."""

import csv
import gzip
import io
import json
import os
import re
import shlex
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pooch
import pytest
from PIL import Image

import galmorph_helpers as gm
from galmorph_helpers.archive.__main__ import main
from galmorph_helpers.archive.bundle_index import INDEX, read_bundle
from galmorph_helpers.archive.choosing import in_turn, kind_of
from galmorph_helpers.archive.errors import ArchiveError
from galmorph_helpers.archive.layout import MANIFEST
from galmorph_helpers.datasets import bundle as bundles
from galmorph_helpers.datasets.named import GZ1_CLASSES

SOURCE = "Drawn for a test. Licence: none is needed. Cite nobody."
ADDRESS = "https://github.com/somebody/course.tar"


def make_set(folder, kinds=GZ1_CLASSES * 4, name="gz1_sdss_6446"):
    """A set of drawn galaxies, with the classes of Galaxy Zoo 1, and identifiers that need all their digits."""
    (folder / name / "images").mkdir(parents=True)
    y, x = np.mgrid[:216, :216] - 107.5
    rows = []
    for k, kind in enumerate(kinds):
        light = np.exp(-np.hypot(x, y * (1 + k / 9)) / 20)[..., None] * (255, 200 - k, 150)
        Image.fromarray(light.astype(np.uint8)).save(folder / name / "images" / f"{k}.jpeg", quality=80)
        rows.append((588848901532418163 + k, kind, f"images/{k}.jpeg"))
    with open(folder / name / "labels.csv", "w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([("objid", "class_name", "file"), *rows])
    (folder / name / "SOURCE.txt").write_text(SOURCE, encoding="utf-8")
    return folder / name


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """A set and its bundle, made once: tests copy what they change."""
    folder = tmp_path_factory.mktemp("packed")
    path = make_set(folder)
    gm.archive.pack([path], folder / "b.tar")
    return path, folder / "b.tar"


@pytest.fixture
def cached(tmp_path, monkeypatch):
    monkeypatch.setenv("GALMORPH_CACHE", str(tmp_path / "cache"))
    bundles._opened.cache_clear()
    yield tmp_path / "cache" / "bundles"
    bundles._opened.cache_clear()


def members(file):
    with tarfile.open(file) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


# ---------------------------------------------------------------- packing


def test_the_same_folders_give_the_same_bytes(packed, tmp_path, monkeypatch):
    path, file = packed
    for image in (path / "images").iterdir():
        os.utime(image, (1, 1))
    monkeypatch.chdir(path.parent)
    gm.archive.pack([path.name], tmp_path / "other.tar")
    assert (tmp_path / "other.tar").read_bytes() == file.read_bytes()


def test_images_and_cells_are_packed_as_they_are(packed):
    path, file = packed
    inside = members(file)
    assert len([name for name in inside if name.endswith(".jpeg")]) == 24
    for name, data in inside.items():
        if name.endswith(".jpeg"):
            assert data == (path.parent / name).read_bytes()
    rows = list(csv.DictReader(io.StringIO(inside["gz1_sdss_6446/labels.csv"].decode())))
    given = list(csv.DictReader(io.StringIO((path / "labels.csv").read_text(encoding="utf-8"))))
    assert sorted(rows, key=str) == sorted(given, key=str), "every digit of every cell"
    assert inside["gz1_sdss_6446/SOURCE.txt"].decode() == SOURCE


def test_an_equal_share_of_each_kind_and_the_rest_from_others(tmp_path):
    kinds = ["elliptical"] * 20 + ["edge_on"] * 9 + ["spiral_clockwise"] * 9 + ["merger"] * 2 + ["dont_know"] * 5
    path = make_set(tmp_path, kinds)
    counts = gm.archive.pack([f"{path}:20"], tmp_path / "b.tar")["gz1_sdss_6446"]
    assert counts == {"elliptical": 6, "edge-on spiral": 6, "face-on spiral": 6, "merger or odd": 2}
    smaller = gm.archive.pack([path], tmp_path / "a.tar", n=10)["gz1_sdss_6446"]
    assert sum(smaller.values()) == 10 and set(members(tmp_path / "a.tar")) < set(members(tmp_path / "b.tar"))
    assert gm.archive.pack([path], tmp_path / "c.tar")["gz1_sdss_6446"]["unsure"] == 5, "when nothing else is left"


VOTES = dict.fromkeys(("t0_smooth_or_featured__smooth", "t0_smooth_or_featured__features_or_disk"), "3.0")
EDGE, MERGE = "t2_could_this_be_a_disk_viewed_edgeon__", "t11_is_the_galaxy_merging_or_disturbed__"


@pytest.mark.parametrize(
    "row, kind",
    [
        ({"class_name": "merger"}, "merger or odd"),
        ({"class_name": "dont_know"}, "unsure"),
        ({"class_name": "ring"}, "ring"),
        ({"featured": "0.1", "edge_on": "0.9", "odd": "0.1"}, "elliptical"),
        ({"featured": "0.9", "edge_on": "0.9", "odd": "0.1"}, "edge-on spiral"),
        ({"featured": "0.9", "edge_on": "0.1", "odd": "0.1"}, "face-on spiral"),
        ({"featured": "0.9", "edge_on": "0.1", "odd": "0.6"}, "merger or odd"),
        ({"featured": "0.5", "edge_on": "0.1", "odd": "0.1"}, "unsure"),
        ({"featured": "", "edge_on": "", "odd": "nan"}, "unsure"),
        ({"t_type": "-2"}, "early"),
        ({"t_type": "4"}, "late"),
        ({"t_type": ""}, "unsure"),
        (VOTES, "unsure"),
        (VOTES | {"t0_smooth_or_featured__smooth": "9"}, "smooth"),
        (VOTES | {EDGE + "yes_edge_on_disk": "6", EDGE + "no_something_else": "5"}, "edge-on"),
        (VOTES | {EDGE + "yes_edge_on_disk": "2", EDGE + "no_something_else": "0"}, "unsure"),
        (VOTES | {MERGE + "merging": "3", MERGE + "major_disturbance": "3", MERGE + "none": "5"}, "merger or odd"),
        ({"name": "M 51"}, ""),
    ],
)
def test_kinds(row, kind):
    assert kind_of(row) == kind


def test_the_choice_does_not_depend_on_the_order_of_rows():
    rows = [{"file": f"{k}.jpg", "class_name": GZ1_CLASSES[k % 6]} for k in range(60)]
    assert in_turn(rows) == in_turn(rows[::-1]) and len(in_turn(rows)) == 60


def test_what_cannot_be_used_is_passed_over(tmp_path):
    path = make_set(tmp_path, ["elliptical"] * 9)
    (tmp_path / "secret.jpeg").write_bytes((path / "images/0.jpeg").read_bytes())
    (path / "images/1.jpeg").unlink()
    (path / "images/2.jpeg").write_bytes((path / "images/2.jpeg").read_bytes()[:900])
    (path / "images/3.jpeg").write_text("<html>no</html>")
    (path / "images/4.jpeg").unlink()
    (path / "images/4.jpeg").symlink_to(tmp_path / "secret.jpeg")
    text = (path / "labels.csv").read_text().replace("images/5.jpeg", "../secret.jpeg")
    (path / "labels.csv").write_text(text.replace("images/6.jpeg", "images/7.jpeg"))
    gm.archive.pack([path], tmp_path / "b.tar")
    inside = [name.rsplit("/", 1)[1] for name in members(tmp_path / "b.tar") if name.endswith("jpeg")]
    assert sorted(inside) == ["0.jpeg", "7.jpeg", "8.jpeg"]


def test_whose_the_images_are_must_be_known(tmp_path, site):
    path = make_set(tmp_path)
    (path / "SOURCE.txt").unlink()
    with pytest.raises(ArchiveError, match="does not say whose its images are: write a SOURCE.txt"):
        gm.archive.pack([path], tmp_path / "b.tar")
    fetched = gm.archive.fetch("gz2_sdss", tmp_path / "gz2_sdss", n=8, session=site.session())
    gm.archive.pack([fetched], tmp_path / "b.tar")
    about = read_bundle(tmp_path / "b.tar")[0]["gz2_sdss"]
    assert "Willett" in str(about["citation"]) and about["licence"] and about["settings"]["of"] == 8


@pytest.mark.parametrize(
    "change, says",
    [
        (lambda path: (path / "labels.csv").unlink(), "no labels.csv"),
        (lambda path: (path / "labels.csv").write_text("name,kind\na,b\n"), "a column 'file'"),
        (lambda path: (path / "labels.csv").write_text("file,kind\na.jpg\n"), "row 1, has not as many cells"),
        (lambda path: (path / "labels.csv").write_bytes(b"file,kind\n\xff\xfe,b\n"), "in UTF-8"),
        (lambda path: [image.unlink() for image in (path / "images").iterdir()], "no image that could be packed"),
    ],
)
def test_a_folder_that_cannot_be_packed_says_why(tmp_path, change, says):
    path = make_set(tmp_path, ["merger"])
    change(path)
    with pytest.raises(ArchiveError, match=says):
        gm.archive.pack([path], tmp_path / "b.tar")
    assert not list(tmp_path.glob("*.tar"))


def test_a_file_that_is_no_bundle_is_not_replaced(packed, tmp_path):
    (tmp_path / "thesis.tar").write_text("years of work")
    with pytest.raises(ArchiveError, match="is no bundle: it is not replaced"):
        gm.archive.pack([packed[0]], tmp_path / "thesis.tar")
    assert (tmp_path / "thesis.tar").read_text() == "years of work"


# ---------------------------------------------------------------- unpacking


def test_what_was_packed_comes_out_and_is_read(packed, tmp_path):
    sets = gm.archive.unpack(packed[1], tmp_path / "galaxies")
    assert list(sets) == ["gz1_sdss_6446"]
    assert [p.name for p in (tmp_path / "galaxies").iterdir()] == ["gz1_sdss_6446"]
    sample = gm.read_folder(tmp_path / "galaxies" / "gz1_sdss_6446", size=16, cache=False)
    assert len(sample) == 24 and sample.table["objid"].max() == 588848901532418163 + 23
    for path in (packed[1], tmp_path / "galaxies", tmp_path / "galaxies" / "gz1_sdss_6446"):
        problems, summary = gm.archive.verify(path)
        assert problems == [] and "26 files" in summary
    with pytest.raises(ArchiveError, match="has a gz1_sdss_6446 already"):
        gm.archive.unpack(packed[1], tmp_path / "galaxies")


@pytest.mark.parametrize("where", ["images/3.jpeg", "labels.csv", "SOURCE.txt"])
def test_one_changed_byte_is_noticed_and_nothing_is_left(packed, tmp_path, where):
    data = bytearray(packed[1].read_bytes())
    data[read_bundle(packed[1])[1][f"gz1_sdss_6446/{where}"][0] + 5] ^= 1
    (tmp_path / "b.tar").write_bytes(data)
    assert f"{where} was changed" in gm.archive.verify(tmp_path / "b.tar")[0][0]
    with pytest.raises(ArchiveError, match=f"{where} was changed"):
        gm.archive.unpack(tmp_path / "b.tar", tmp_path / "to")
    assert list((tmp_path / "to").iterdir()) == []


def test_a_full_disk_leaves_nothing(packed, tmp_path, monkeypatch):
    real = gm.archive.bundles._copy

    def copy(opened, place, out=None):
        if "9.jpeg" in out.name:
            raise OSError(28, "No space left on device")
        return real(opened, place, out)

    monkeypatch.setattr(gm.archive.bundles, "_copy", copy)
    with pytest.raises(ArchiveError, match="No space left.*free space"):
        gm.archive.unpack(packed[1], tmp_path / "to")
    assert list((tmp_path / "to").iterdir()) == []


def index_of(packed, **changes):
    with tarfile.open(packed[1]) as tar:
        index = json.load(tar.extractfile(INDEX))
    index["sets"]["gz1_sdss_6446"] |= changes
    return index


def tar_of(entries, kind=tarfile.USTAR_FORMAT):
    """A tar of (name or TarInfo, bytes)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=kind) as tar:
        for name, data in entries:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def evil(extra=(), names=(), kind=tarfile.USTAR_FORMAT, **about):
    """A bundle whose manifest lists `names` (of two bytes each) and which holds `extra`."""
    record = {"bytes": 2, "sha256": "8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"}  # of "hi"
    manifest = {"set": "s", "complete": True, "settings": {}, "missing": {}, "citation": [], "licence": []}
    manifest |= {"files": dict.fromkeys(("labels.csv", *names), record)} | about
    name = manifest.pop("folder", "s")
    index = json.dumps({"format": "galmorph bundle 1", "sets": {name: manifest}}).encode()
    return tar_of([(INDEX, index), (f"{name}/labels.csv", b"hi"), *extra], kind)


LONG = "s/" + "a" * 180
NAMES = ("../evil", "../../evil", "a/../../evil", "a/./b", "a//b", ".hidden", "-rf", "a\\b", "C:evil", "a b", "..")
NAMES += ("a.", "a./b", "nul", "images/COM1.jpg", "Aux.fits")  # of which Windows makes others
NO_FILES = {"set": "s", "complete": True, "settings": {}, "missing": {}, "citation": [], "licence": [], "files": {}}
NO_FILES = {"format": "galmorph bundle 1", "sets": {"../evil": NO_FILES}}
EVIL = {
    "empty": b"",
    "zeros": bytes(10240),
    "a web page": b"<html>Not here</html>" * 100,
    "gzip": gzip.compress(evil([("s/a", b"hi")], ["a"])),
    "no manifest": tar_of([("s/a", b"hi")]),
    "manifest last": tar_of([("s/a", b"hi"), (INDEX, b"{}")]),
    "manifest no JSON": tar_of([(INDEX, b"{")]),
    "manifest a list": tar_of([(INDEX, b"[]")]),
    "manifest of another version": tar_of([(INDEX, b'{"format": "galmorph bundle 9", "sets": {"s": {}}}')]),
    "manifest without sets": tar_of([(INDEX, b'{"format": "galmorph bundle 1", "sets": {}}')]),
    "manifest deep": tar_of([(INDEX, b"[" * 200_000)]),
    "a set outside, without files": tar_of([(INDEX, json.dumps(NO_FILES).encode())]),
    "a set outside": evil(folder="../s"),
    "a set below": evil(folder="s/t"),
    "a citation for a terminal": evil(citation=["\x1b[2J"]),
    "a citation that is a number": evil(citation=[5]),
    "no list of citations": evil(citation=None),
    "no licence": evil(licence="free"),
    "no labels": evil(files={"a": {"bytes": 2, "sha256": "0" * 64}}),
    "files a list": evil(files=[]),
    "files of no record": evil(files={"a": 3}),
    "size a text": evil(files={"a": {"bytes": "2", "sha256": "0" * 64}}),
    "size true": evil(files={"a": {"bytes": True, "sha256": "0" * 64}}),
    "size below zero": evil(files={"a": {"bytes": -2, "sha256": "0" * 64}}),
    "hash none": evil(files={"a": {"bytes": 2, "sha256": "x"}}),
    "bomb by its manifest": evil(files={"a": {"bytes": 1 << 40, "sha256": "0" * 64}}),
    "many files": evil(files={f"{k}": {"bytes": 0, "sha256": "0" * 64} for k in range(20_001)}),
    "two of one name, but for case": evil([("s/a", b"hi"), ("s/A", b"hi")], ["a", "A"]),
    "the manifest of the set": evil([(f"s/{MANIFEST}", b"hi")], [MANIFEST]),
    "listed, not there": evil([], ["a"]),
    "there, not listed": evil([("s/a", b"hi"), ("s/b", b"hi")], ["a"]),
    "twice": evil([("s/a", b"hi"), ("s/a", b"ho")], ["a"]),
    "longer than listed": evil([("s/a", b"hihi")], ["a"]),
    "cut": evil([("s/a", b"hi")], ["a"])[:1537],
    "a folder": evil([(special("s/b", tarfile.DIRTYPE), b""), ("s/a", b"hi")], ["a"]),
    "symbolic link": evil([(special("s/a", tarfile.SYMTYPE, "/etc/passwd"), b"")], ["a"]),
    "hard link": evil([(special("s/a", tarfile.LNKTYPE, "/etc/passwd"), b"")], ["a"]),
    "device": evil([(special("s/a", tarfile.CHRTYPE), b"")], ["a"]),
    "pipe": evil([(special("s/a", tarfile.FIFOTYPE), b"")], ["a"]),
    "sparse": evil([(special("s/a", tarfile.GNUTYPE_SPARSE), b"")], ["a"]),
    "long name of GNU": evil([(LONG, b"hi")], [LONG[2:]], tarfile.GNU_FORMAT),
    "long name of POSIX": evil([(LONG, b"hi")], [LONG[2:]], tarfile.PAX_FORMAT),
} | {f"name {name!r}": evil([(f"s/{name}", b"hi")], [name]) for name in NAMES}
for absolute in ("/tmp/evil", "../evil", "evil", "C:/evil"):
    EVIL[f"member {absolute!r}"] = evil([(absolute, b"hi")], ["a"])


@pytest.mark.parametrize("data", EVIL.values(), ids=EVIL)
def test_nothing_is_let_in(tmp_path, data):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b.tar").write_bytes(data)
    with pytest.raises(ArchiveError, match="b.tar is not used"):
        gm.archive.unpack(tmp_path / "in" / "b.tar", tmp_path / "in" / "to")
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["b.tar", "in"]


def test_the_makings_of_evil_are_otherwise_good(tmp_path):
    (tmp_path / "b.tar").write_bytes(evil([("s/a", b"hi"), ("s/images/b.jpg", b"hi")], ["a", "images/b.jpg"]))
    gm.archive.unpack(tmp_path / "b.tar", tmp_path / "to")
    assert (tmp_path / "to/s/images/b.jpg").read_text() == "hi"


def test_rows_stand_in_an_order_that_says_nothing_of_the_kind(packed, tmp_path):
    """Kinds are chosen in turn; were they written in turn, every fourth galaxy of a class's sample would be of one."""
    gm.archive.unpack(packed[1], tmp_path / "to")
    with open(tmp_path / "to" / "gz1_sdss_6446" / "labels.csv", encoding="utf-8") as opened:
        kinds = [kind_of(row) for row in csv.DictReader(opened)]
    assert all(len(set(kinds[start::step])) > 1 for step in (2, 3, 4, 5, 6) for start in range(step))


@pytest.mark.parametrize("seed", range(40))
def test_damaged_bytes_are_refused_in_a_sentence(packed, tmp_path, seed):
    rng = np.random.default_rng(seed)
    data = bytearray(packed[1].read_bytes())
    index = read_bundle(packed[1])[1]
    used = 512 * 30 if seed % 2 else max(offset + size for offset, size, _ in index.values())
    for place in rng.integers(0, used, 200):
        data[place] = rng.integers(256)
    (tmp_path / "b.tar").write_bytes(data[: rng.integers(600, len(data))] if seed % 3 == 0 else data)
    with pytest.raises(ArchiveError, match="b.tar is not used"):
        gm.archive.unpack(tmp_path / "b.tar", tmp_path / "to")
    assert not (tmp_path / "to").exists() or list((tmp_path / "to").iterdir()) == []


# ---------------------------------------------------------------- GALMORPH_DATA


def test_a_bundle_on_this_disk_serves_the_lessons(packed, cached, monkeypatch, capsys):
    monkeypatch.setenv("GALMORPH_DATA", str(packed[1]))
    sample, answers = gm.labelled_sdss("disc", "merger", size=16)
    assert len(sample) == 24 and np.nansum(answers["merger"]) == 4
    assert "please cite" in capsys.readouterr().out
    before = {p: p.stat().st_mtime_ns for p in cached.rglob("*.jpeg")}
    bundles._opened.cache_clear()
    gm.datasets.observed_root()
    assert {p: p.stat().st_mtime_ns for p in cached.rglob("*.jpeg")} == before and len(before) == 24


@pytest.mark.parametrize("harm", ["changed", "missing", "half unpacked"])
def test_a_cache_that_was_harmed_is_made_anew(packed, cached, monkeypatch, harm):
    monkeypatch.setenv("GALMORPH_DATA", str(packed[1]))
    root = gm.datasets.observed_root()
    victim = root / "gz1_sdss_6446" / "images" / "4.jpeg"
    good = victim.read_bytes()
    victim.write_bytes(bytes(reversed(good))) if harm == "changed" else victim.unlink()
    if harm == "half unpacked":
        (root / "whole").unlink()
    bundles._opened.cache_clear()
    assert gm.datasets.observed_root() == root and victim.read_bytes() == good


def test_a_file_that_is_no_bundle_is_an_error(cached, monkeypatch, tmp_path):
    (tmp_path / "notes.txt").write_text("no bundle")
    monkeypatch.setenv("GALMORPH_DATA", str(tmp_path / "notes.txt"))
    with pytest.raises(ArchiveError, match="notes.txt is not used"):
        gm.datasets.observed_root()


def serve(site, packed):
    site.bodies[f"/{ADDRESS.removeprefix('https://')}"] = packed[1].read_bytes()


def test_an_address_is_asked_once(site, packed, cached, monkeypatch):
    serve(site, packed)
    monkeypatch.setenv("GALMORPH_DATA", ADDRESS)
    root = gm.datasets.observed_root()
    assert len(gm.labelled_sdss("disc", size=16)[0]) == 24
    bundles._opened.cache_clear()
    assert gm.datasets.observed_root() == root and len(site.log) == 1
    assert not list(cached.glob("*.tar*")), "the file itself is not kept"


def test_a_hash_in_the_address_is_compared(site, packed, cached, monkeypatch, capsys):
    serve(site, packed)
    monkeypatch.setenv("GALMORPH_DATA", f"{ADDRESS}#sha256={pooch.file_hash(str(packed[1])).upper()}")
    assert gm.datasets.observed_root().name == pooch.file_hash(str(packed[1]))[:24]
    monkeypatch.setenv("GALMORPH_DATA", f"{ADDRESS}#sha256={'0' * 64}")
    assert gm.datasets.observed_root() is None
    assert f"{'0' * 64} was expected" in capsys.readouterr().out
    assert len(list(cached.glob("*/gz1_sdss_6446"))) == 1 and not list(cached.glob("*.tar*"))


def test_from_a_server_in_the_room_the_hash_is_needed(site, packed, cached, monkeypatch, capsys):
    site.bodies["/b.tar"] = packed[1].read_bytes()
    monkeypatch.delenv("GALMORPH_MIRROR")
    monkeypatch.setenv("GALMORPH_DATA", f"{site.url}/b.tar")
    assert gm.datasets.observed_root() is None and site.log == []
    assert "is not an https address" in capsys.readouterr().out
    monkeypatch.setenv("GALMORPH_DATA", f"{site.url}/b.tar#sha256={pooch.file_hash(str(packed[1]))}")
    assert (gm.datasets.observed_root() / "gz1_sdss_6446" / "labels.csv").exists()


@pytest.fixture
def large(tmp_path_factory, packed):
    """A bundle that is worth going on with: noise packs badly."""
    folder = tmp_path_factory.mktemp("large")
    path = make_set(folder, ["elliptical"])
    noise = np.random.default_rng(0).integers(0, 255, (480, 480, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path / "images/0.jpeg", quality=98)
    gm.archive.pack([path], folder / "b.tar")
    assert (folder / "b.tar").stat().st_size > 300_000
    return path, folder / "b.tar"


def test_a_cut_line_is_gone_on_with(site, large, cached):
    serve(site, large)
    body = large[1].read_bytes()

    def cut(handler):
        etag = f'"{hash(body) & 0xFFFFFFFF:x}"'
        handler.send(body[:200_000], 200, {"ETag": etag}, length=len(body))
        handler.close_connection = True

    site.faults.append(("course.tar", cut))
    root = bundles.from_address(ADDRESS, cached, session=site.session())
    assert [status for _, status, _ in site.log] == [200, 206]
    assert gm.archive.verify(root)[0] == []


def test_what_takes_too_long_is_gone_on_with_the_next_time(site, large, cached):
    serve(site, large)
    body = large[1].read_bytes()

    def slow(handler):
        import time

        etag = f'"{hash(body) & 0xFFFFFFFF:x}"'
        handler.send(body[:200_000], 200, {"ETag": etag}, length=len(body))
        for _ in range(20):
            time.sleep(0.1)
            handler.wfile.write(b"x")

    site.faults.append(("course.tar", slow))
    with pytest.raises(ArchiveError, match="did not come in time"):
        bundles.from_address(ADDRESS, cached, session=site.session(within=0.5))
    (part,) = cached.glob("*.part")
    part.write_bytes(body[:200_000])  # of the slow server's letters
    root = bundles.from_address(ADDRESS, cached, session=site.session())
    assert site.log[-1][1] == 206 and gm.archive.verify(root)[0] == []


@pytest.mark.parametrize("fault", ["not there", "a web page", "changed", "cut", "down"])
def test_an_address_that_gives_nothing_costs_a_line(site, packed, cached, monkeypatch, capsys, fault):
    body = packed[1].read_bytes()
    answers = {"a web page": b"<html><title>Sign in</title></html>", "changed": body.replace(b"a test", b"a fest", 1)}
    answers |= {"cut": body[: len(body) // 2]}
    if fault in answers:
        site.bodies[f"/{ADDRESS.removeprefix('https://')}"] = answers[fault]
    if fault == "down":
        site.close()
    monkeypatch.setattr(bundles, "Session", lambda **options: site.session(tries=2))
    monkeypatch.setenv("GALMORPH_DATA", ADDRESS)
    assert gm.datasets.observed_root() is None and gm.labelled_sdss("disc") == (None, {})
    said = capsys.readouterr().out
    assert said.count("This goes on without") == 1 and ADDRESS in said, "it is tried and told once"
    assert not list(cached.glob("*/gz1*")) and not list(cached.glob("*.tar"))
    assert gm.datasets.observed_galaxies("disc", size=16).sample.origin == "deep field"


@pytest.mark.parametrize("address", [f"{ADDRESS}#md5=0", f"{ADDRESS}#sha256=12", f"{ADDRESS}#"])
def test_what_stands_behind_an_address_is_understood_or_refused(site, packed, cached, address):
    serve(site, packed)
    if address.endswith("#"):
        assert bundles.from_address(address, cached, session=site.session())
    else:
        with pytest.raises(ArchiveError, match="is not understood"):
            bundles.from_address(address, cached, session=site.session())


@pytest.mark.parametrize("place", ["here", ADDRESS])
def test_a_cache_that_cannot_be_written_is_said(site, packed, monkeypatch, tmp_path, capsys, place):
    serve(site, packed)
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("GALMORPH_CACHE", str(tmp_path / "file"))
    monkeypatch.setenv("GALMORPH_DATA", str(packed[1]) if place == "here" else place)
    bundles._opened.cache_clear()
    if place == "here":
        with pytest.raises(ArchiveError, match="cannot be written .*GALMORPH_CACHE"):
            gm.datasets.observed_root()
    else:
        assert gm.datasets.observed_root() is None
        assert "GALMORPH_CACHE" in capsys.readouterr().out


def test_many_at_once_unpack_it_once(packed, cached, monkeypatch):
    real, calls = bundles.unpack, []

    def unpack(file, folder):
        calls.append(folder)
        return real(file, folder)

    monkeypatch.setattr(bundles, "unpack", unpack)
    with ThreadPoolExecutor(6) as pool:
        roots = set(pool.map(lambda _: bundles.from_file(packed[1], cached), range(12)))
    assert len(roots) == len(calls) == 1 and gm.archive.verify(roots.pop())[0] == []


# ---------------------------------------------------------------- the release's bundle, and the command line


def test_the_release_is_made_fetched_and_read(site, tmp_path, monkeypatch, capsys):
    from galmorph_helpers.archive.registry import known_set

    monkeypatch.setenv("GALMORPH_DATA", str(tmp_path))
    site.columns = {}
    gm.archive.fetch("gz2_small_sdss", tmp_path / "gz2_small_sdss", n=12, session=site.session())
    assert main(["pack", "gz2_small_sdss", "--n", "12", "--out", str(tmp_path / "observed_small.tar")]) == 0
    assert main(["verify", str(tmp_path / "observed_small.tar")]) == 0
    assert "sha256=" in capsys.readouterr().out
    url = known_set("observed_small")["url"]
    site.bodies[f"/{url.removeprefix('https://')}"] = (tmp_path / "observed_small.tar").read_bytes()
    for _ in range(2):  # the second time nothing is left to do
        assert main(["fetch", "observed_small", "--out", str(tmp_path / "new"), "--within", "30"]) == 0
    assert len(site.fetched("observed_small.tar")) == 1 and site.fetched("observed_small.tar").total() == 1
    assert "set GALMORPH_DATA=" in capsys.readouterr().out
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["gz2_small_sdss"]
    assert len(gm.read_folder(tmp_path / "new" / "gz2_small_sdss", size=16, cache=False)) == 12
    assert main(["unpack", str(tmp_path / "observed_small.tar"), "--out", str(tmp_path / "third")]) == 0
    assert main(["unpack", str(tmp_path / "observed_small.tar"), "--out", str(tmp_path / "third")]) == 1
    assert main(["fetch", "observed_small", "--within", "0"]) == 1


def test_commands_that_the_pages_show_are_understood():
    from galmorph_helpers.archive.__main__ import parser

    found = []
    pages = ("guide/own_bundle.md", "data/README.md", "README.md", "binder/postBuild", ".github/workflows/release.yml")
    for page in pages:
        text = (Path(__file__).parents[1] / page).read_text(encoding="utf-8")
        found += re.findall(r"python -m galmorph_helpers\.archive ((?:pack|unpack|fetch|verify) [^\n|`]*)", text)
    for command in found:
        words = shlex.split(re.split(r" {3,}| \|\| ", command)[0])
        assert parser().parse_args(words).command == words[0]
    assert {command.split()[0] for command in found} == {"pack", "unpack", "fetch", "verify"} and len(found) >= 10


def test_the_query_of_quarters_asks_for_each_kind_in_turn():
    from galmorph_helpers.archive.registry import known_set

    entry = known_set("gz2_small_sdss")
    query = entry["catalogue"]["query"].format(n=4, where=entry["where"], order=entry["order"])
    assert "ORDER BY ROW_NUMBER() OVER (PARTITION BY CASE" in query and "{" not in query


# ---------------------------------------------------------------- galaxies for every lesson


def test_galaxies_come_whatever_is_there(tmp_path, monkeypatch):
    monkeypatch.setenv("GALMORPH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("GALMORPH_DATA", raising=False)
    seen = gm.datasets.observed_galaxies("disc", size=16)
    assert seen.sample.origin == "deep field" and len(seen.sample) > 20 and not seen.has("disc")
    assert "not scored" in seen.known and set(seen.answers["called"]) == {"unlabelled"}
    path = make_set(tmp_path / "galaxies", ["ring"] * 3, "my_rings")
    monkeypatch.setenv("GALMORPH_DATA", str(path.parent))
    seen = gm.datasets.observed_galaxies("disc", size=16)
    assert seen.sample.name == "my_rings" and len(seen.answers["disc"]) == 3 and not seen.has("disc")
    make_set(tmp_path / "galaxies")
    seen = gm.datasets.observed_galaxies("disc", "bar", size=16)
    assert seen.sample.name == "gz1_sdss_6446" and seen.has("disc") and not seen.has("bar")
    assert "nobody was asked about bar" in seen.known and "Galaxy Zoo 1" in seen.known
    with pytest.raises(ValueError, match="no set answers colour"):
        gm.datasets.observed_galaxies("colour")


def test_on_colab_the_release_is_asked_and_nothing_is_lost_without(monkeypatch, capsys, cached, site):
    import sys

    from galmorph_helpers.archive.registry import known_set

    assert gm.runtime.RELEASED == known_set("observed_small")["url"]
    monkeypatch.setenv("GALMORPH_DATA", "set, so that it is reset")
    monkeypatch.delenv("GALMORPH_DATA")
    gm.start()
    assert "GALMORPH_DATA" not in os.environ
    monkeypatch.setitem(sys.modules, "google.colab", sys)
    gm.start()
    assert os.environ["GALMORPH_DATA"] == gm.runtime.RELEASED and site.log == []
    assert gm.labelled_sdss("disc") == (None, {}) and "This goes on without" in capsys.readouterr().out
