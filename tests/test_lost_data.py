"""What must not happen to a file: be half written, be lost to a second writer, or be read from outside its folder."""

import os
import threading
import time

import pytest

import galmorph_helpers as gm

# ---------------------------------------------------------------- whole files


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.txt"
    with gm.files.whole_file(path) as part:
        part.write_text("half", encoding="utf-8")
        assert not path.exists() and part.parent == tmp_path
    assert path.read_text(encoding="utf-8") == "half" and list(tmp_path.iterdir()) == [path]
    with pytest.raises(RuntimeError, match="stop"), gm.files.whole_file(path) as part:
        part.write_text("other", encoding="utf-8")
        raise RuntimeError("stop")
    assert path.read_text(encoding="utf-8") == "half" and list(tmp_path.iterdir()) == [path]
    with pytest.raises(FileNotFoundError), gm.files.whole_file(path):
        pass  # nothing written


def test_others_may_read_what_was_written(tmp_path):
    with gm.files.whole_file(tmp_path / "a") as part:
        part.write_bytes(b"x")
    (tmp_path / "b").write_bytes(b"x")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_two_writers_of_one_file_lose_nothing(tmp_path):
    """Threads share a process: its number does not tell two of them apart."""
    path, lost = tmp_path / "a", []
    path.write_text("0" * 1000, encoding="utf-8")

    def write(letter):
        for _ in range(500):
            try:
                with gm.files.whole_file(path) as part:
                    part.write_text(letter * 1000, encoding="utf-8")
                if len(set(path.read_text(encoding="utf-8"))) != 1 or path.stat().st_size != 1000:
                    lost.append("mixed")
            except OSError as error:
                lost.append(error)

    writers = [threading.Thread(target=write, args=(letter,)) for letter in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert not lost, f"{len(lost)} of 1000 writings lost, the first: {lost[0]}"
    assert list(tmp_path.iterdir()) == [path]


def test_only_what_nobody_writes_is_swept(tmp_path):
    old, new, other = (tmp_path / name for name in (".a.1.part", ".b.2.part", "c.part"))
    for path in (old, new, other):
        path.write_bytes(b"x")
    for path in (old, other):
        os.utime(path, (time.time() - 2 * gm.files.GONE,) * 2)
    gm.files.sweep(tmp_path)
    assert sorted(tmp_path.iterdir()) == [new, other]


# ---------------------------------------------------------------- the cache


def test_one_folder_is_the_cache_of_everything(tmp_path, monkeypatch):

    monkeypatch.setenv("GALMORPH_CACHE", str(tmp_path))
    asked = []

    def retrieve(url, *, known_hash, path, fname, **_):
        asked.append(path)
        return tmp_path / fname

    monkeypatch.setattr("pooch.retrieve", retrieve)
    with pytest.raises(FileNotFoundError):
        gm.measure.load_sam(download=True)
    assert asked == [str(tmp_path)] or asked == [tmp_path]
    assert gm.datasets.folders._cache_file("key").parent == tmp_path
    monkeypatch.delenv("GALMORPH_CACHE")
    monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / name)
    assert gm.files.cache_folder("pixels") == tmp_path / "galmorph" / "pixels"


# ---------------------------------------------------------------- names that lead out


@pytest.mark.parametrize(
    "name", ["../a.png", "x/../../a.png", "/etc/hosts", "C:a.png", "c:/a.png", "x\\a.png", "..\\a.png", "a\0b",
             "link.png", "linked/a.png"]
)  # fmt: skip
def test_names_that_lead_out_are_refused(tmp_path, name):
    folder = tmp_path / "set"
    folder.mkdir()
    (tmp_path / "a.png").write_bytes(b"x")
    (folder / "link.png").symlink_to(tmp_path / "a.png")
    (folder / "linked").symlink_to(tmp_path)
    assert gm.files.inside(folder, name) is None


def test_names_that_stay_are_paths(tmp_path):
    folder = tmp_path / "set"
    (folder / "images").mkdir(parents=True)
    (folder / "images" / "a..b.png").write_bytes(b"x")
    (folder / "link.png").symlink_to(folder / "images" / "a..b.png")
    (tmp_path / "other").symlink_to(folder)  # the folder itself may be a link
    for name in ("images/a..b.png", "./images/a..b.png", "link.png", "missing.png"):
        assert gm.files.inside(tmp_path / "other", name) == tmp_path / "other" / name
