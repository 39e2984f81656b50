"""What downloads must survive: servers that refuse, stall, cut, lie or redirect; full disks; archives that escape."""

import errno
import gzip
import io
import tarfile
import threading
import time
import zipfile
import zlib

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image

import galmorph_helpers as gm
from galmorph_helpers.archive.errors import ArchiveError, BadContent, DiskFull, NotThere, Refused

JPEG = "https://skyserver.sdss.org/dr17/SkyServerWS/ImgCutout/getjpeg?ra=120.1&dec=1&scale=0.4&width=48&height=48"
FITS = "https://data.sdss.org/sas/dr17/cube/manga-7443-1901-LOGCUBE.fits.gz"


def refuse(status, **headers):
    return lambda handler: handler.send(b"busy", status, headers)


def stall(handler):
    body = handler.answer()[0]
    handler.send(body[: len(body) // 2], length=len(body))
    time.sleep(1.0)


def cut(handler):
    """Half the body, then the connection is closed."""
    body = handler.answer()[0]
    handler.send(body[: len(body) // 2], length=len(body))
    handler.close_connection = True


def drop(handler):
    handler.close_connection = True


def send(body, **headers):
    return lambda handler: handler.send(body, 200, headers)


ERROR_PAGE = b"<!DOCTYPE html><html><head><title>Server Error in '/dr17'</title></head><body>sorry</body></html>"


@pytest.mark.parametrize(
    "fault",
    [
        refuse(429),
        refuse(429, **{"Retry-After": "1"}),
        refuse(500),
        refuse(503, **{"Retry-After": "0"}),
        stall,
        cut,
        drop,
        send(ERROR_PAGE),
        send(b""),
        send(b"\xff\xd8\xff but not a picture"),
    ],
    ids=["429", "429 with Retry-After", "500", "503", "stalled", "cut", "dropped", "web page", "empty", "not a JPEG"],
)
def test_one_fault_costs_a_second_attempt_and_nothing_else(site, tmp_path, fault):
    site.faults.append(("getjpeg", fault))
    start = time.monotonic()
    record = gm.archive.download.download(site.session(), JPEG, tmp_path / "a.jpg", kind="jpeg")
    assert (tmp_path / "a.jpg").read_bytes() in site.pictures
    assert record["bytes"] == (tmp_path / "a.jpg").stat().st_size and len(record["sha256"]) == 64
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == ["a.jpg"]
    assert time.monotonic() - start < 4


def test_the_servers_retry_after_is_waited_for(site, tmp_path):
    site.faults.append(("getjpeg", refuse(429, **{"Retry-After": "1"})))
    start = time.monotonic()
    gm.archive.download.download(site.session(), JPEG, tmp_path / "a.jpg", kind="jpeg")
    assert 1 <= time.monotonic() - start < 3


def test_there_is_a_pause_before_every_further_attempt(site, tmp_path):
    site.faults += [("getjpeg", refuse(429))] * 2
    start = time.monotonic()
    gm.archive.download.download(site.session(pause=0.3), JPEG, tmp_path / "a.jpg", kind="jpeg")
    assert time.monotonic() - start >= 0.3 + 0.6


def test_a_retry_after_of_hours_is_not_slept_through(site, tmp_path, monkeypatch):
    monkeypatch.setattr(gm.archive.session, "LONGEST_WAIT", 0.1)
    site.faults.append(("getjpeg", refuse(503, **{"Retry-After": "86400"})))
    start = time.monotonic()
    gm.archive.download.download(site.session(), JPEG, tmp_path / "a.jpg", kind="jpeg")
    assert time.monotonic() - start < 3


@pytest.mark.parametrize("fault, kind", [(send(ERROR_PAGE), BadContent), (refuse(500), Refused), (cut, Refused)])
def test_a_service_that_stays_broken_is_an_error_that_says_where_and_what_next(site, tmp_path, fault, kind):
    site.faults += [("getjpeg", fault)] * 50
    with pytest.raises(kind, match=r"getjpeg.*(3 attempts).*again"):
        gm.archive.download.download(site.session(tries=3), JPEG, tmp_path / "a.jpg", kind="jpeg")
    assert not (tmp_path / "a.jpg").exists() and len(site.log) == 3, "a service in trouble is not asked more often"


def test_a_web_page_is_quoted(site, tmp_path):
    site.faults += [("getjpeg", send(ERROR_PAGE))] * 9
    with pytest.raises(BadContent, match="a web page that says \"Server Error in '/dr17'\""):
        gm.archive.download.download(site.session(tries=2), JPEG, tmp_path / "a.jpg", kind="jpeg")


def test_what_is_not_there_is_asked_for_once(site, tmp_path):
    with pytest.raises(NotThere, match="404"):
        gm.archive.download.download(site.session(), "https://data.example/nothing", tmp_path / "a")
    assert len(site.log) == 1


def test_a_drip_is_a_stall(site, tmp_path, monkeypatch):
    monkeypatch.setattr(gm.archive.download, "PATIENCE", 0.2)
    site.bodies["/data.sdss.org/drip"] = bytes(400_000)

    def drip(handler):
        handler.send(b"", length=400_000)
        for _ in range(40):
            handler.wfile.write(bytes(5000))
            time.sleep(0.02)
        handler.close_connection = True

    monkeypatch.setattr(gm.archive.download, "SLOWEST", 1e6)
    site.faults += [("drip", drip)] * 2
    with pytest.raises(ArchiveError, match="stalled"):
        gm.archive.download.download(site.session(tries=2), "https://data.sdss.org/drip", tmp_path / "a")


def test_a_truncated_gzip_is_noticed_and_fetched_again(site, tmp_path):
    path = "/" + FITS.removeprefix("https://")
    whole = site_answer(site, FITS)
    site.log.clear()
    site.bodies[path] = whole
    site.faults.append(("LOGCUBE", send(whole[: len(whole) // 2])))  # with the length of the half: no one else can tell
    gm.archive.download.download(site.session(), FITS, tmp_path / "cube.fits.gz", kind="fits")
    assert (tmp_path / "cube.fits.gz").read_bytes() == whole
    assert site.fetched("LOGCUBE")[path] == 2


def site_answer(site, url):
    import requests

    return requests.get(f"{site.url}/{url.removeprefix('https://')}", headers={"Accept-Encoding": "identity"}).content


def test_a_wrong_hash_is_never_renamed_into_place(site, tmp_path):
    with pytest.raises(BadContent, match=r"SHA-256 .*, 0000.* was expected.*maintainers"):
        gm.archive.download.download(site.session(tries=2), JPEG, tmp_path / "a.jpg", kind="jpeg", sha256="0" * 64)
    assert list(tmp_path.glob("a.jpg*")) == []


def test_a_large_file_goes_on_where_it_was_cut(site, tmp_path):
    body = np.random.default_rng(0).bytes(300_000)
    site.bodies["/data.sdss.org/big"] = body
    site.faults.append(("big", lambda handler: (handler.send(body[:200_000], length=len(body)), drop(handler))))
    gm.archive.download.download(site.session(), "https://data.sdss.org/big", tmp_path / "big")
    assert (tmp_path / "big").read_bytes() == body
    assert [status for _, status, _ in site.log] == [200, 200]  # the second ETag differs: the file is taken anew
    site.log.clear()
    (tmp_path / "big2.part").write_bytes(body[:200_000])
    (tmp_path / "big2.part.etag").write_text(f'"{hash(body) & 0xFFFFFFFF:x}"')
    gm.archive.download.download(site.session(), "https://data.sdss.org/big", tmp_path / "big2")
    assert (tmp_path / "big2").read_bytes() == body and [status for _, status, _ in site.log] == [206]


def test_a_part_is_not_gone_on_with_at_another_place(site, tmp_path):
    body = np.random.default_rng(0).bytes(300_000)
    site.bodies["/data.sdss.org/big"] = body
    (tmp_path / "big.part").write_bytes(b"x" * 1000)
    (tmp_path / "big.part.etag").write_text('"old"')
    site.faults.append(
        ("big", lambda handler: handler.send(body[500:], 206, {"Content-Range": "bytes 500-299999/300000"}))
    )
    gm.archive.download.download(site.session(), "https://data.sdss.org/big", tmp_path / "big")
    assert (tmp_path / "big").read_bytes() == body
    site.faults.append(("big", refuse(416)))
    (tmp_path / "big.part").write_bytes(b"x" * 1000)
    (tmp_path / "big.part.etag").write_text('"old"')
    gm.archive.download.download(site.session(), "https://data.sdss.org/big", tmp_path / "big")
    assert (tmp_path / "big").read_bytes() == body


@pytest.mark.parametrize("target", ["https://127.0.0.1/x", "ftp://127.0.0.1/x", "file:///etc/hosts"])
def test_a_redirect_to_another_scheme_is_refused(site, tmp_path, target):
    site.faults.append(("getjpeg", refuse(302, Location=target)))
    with pytest.raises(ArchiveError, match="redirects to .*not followed"):
        gm.archive.download.download(site.session(), JPEG, tmp_path / "a.jpg", kind="jpeg")
    assert list(tmp_path.glob("a*")) == []


def test_a_redirect_on_the_same_scheme_is_followed(site, tmp_path):
    site.faults.append(("getjpeg", refuse(302, Location=f"{site.url}/{JPEG.removeprefix('https://')}&moved=1")))
    gm.archive.download.download(site.session(), JPEG, tmp_path / "a.jpg", kind="jpeg")
    assert (tmp_path / "a.jpg").exists()


@pytest.mark.parametrize("url", ["http://skyserver.sdss.org/x", "ftp://cdsarc/x", "file:///etc/passwd"])
def test_only_https_is_asked(url, tmp_path):
    with pytest.raises(ArchiveError, match="not an https address"):
        gm.archive.download.download(gm.archive.session.Session(), url, tmp_path / "a")


def test_a_full_disk_stops_at_once_and_leaves_no_half_file(site, tmp_path, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(gm.archive.download, "_copy", full)
    with pytest.raises(DiskFull, match="no space left while writing .*goes on from here"):
        gm.archive.download.download(site.session(), JPEG, tmp_path / "a.jpg", kind="jpeg")
    assert len(site.log) == 1 and list(tmp_path.glob("a*")) == []


def test_space_is_checked_before(tmp_path):
    with pytest.raises(DiskFull, match=r"MB free, and this needs about .*--n"):
        gm.archive.download.need_space(tmp_path, 1e18)


# ---------------------------------------------------------------- manners


def test_requests_name_the_project_and_keep_the_rate(site, tmp_path):
    session = site.session(rate=50)
    start = time.monotonic()
    threads = [
        threading.Thread(target=gm.archive.download.download, args=(session, f"{JPEG}&k={k}", tmp_path / f"{k}.jpg"))
        for k in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - start >= 19 / 50
    assert all(agent.startswith("galmorph-helpers") for _, _, agent in site.log)


def test_a_public_archive_is_never_asked_faster_than_the_registry_allows():
    session = gm.archive.session.Session(rate=1000)
    assert session._throttle("skyserver.sdss.org").interval > 1
    assert gm.archive.session.Session(rate=0.1)._throttle("skyserver.sdss.org").interval == pytest.approx(10)
    assert gm.archive.session.Session()._throttle("unknown.example").interval == 1


# ---------------------------------------------------------------- contents


def test_blank_images_and_cut_ones_are_not_taken(tmp_path):
    Image.new("RGB", (32, 32), (60, 60, 60)).save(tmp_path / "blank.jpg")
    with pytest.raises(BadContent, match="the survey has nothing at this place"):
        gm.archive.contents.check(tmp_path / "blank.jpg", "jpeg")
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "whole.jpg")
    gm.archive.contents.check(tmp_path / "whole.jpg", "jpeg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:2000])
    with pytest.raises(BadContent, match="damaged jpeg"):
        gm.archive.contents.check(tmp_path / "cut.jpg", "jpeg")


def test_fits_is_read_to_its_end_and_its_shape_is_compared(tmp_path):
    fits.PrimaryHDU(np.arange(4800, dtype=np.float32).reshape(3, 40, 40)).writeto(tmp_path / "a.fits")
    gm.archive.contents.check(tmp_path / "a.fits", "fits", shape=(3, 40, 40))
    with pytest.raises(BadContent, match=r"\(3, 40, 40\), \(3, 50, 50\) was asked for"):
        gm.archive.contents.check(tmp_path / "a.fits", "fits", shape=(3, 50, 50))
    (tmp_path / "cut.fits").write_bytes((tmp_path / "a.fits").read_bytes()[:9000])
    with pytest.raises(BadContent, match="damaged fits"):
        gm.archive.contents.check(tmp_path / "cut.fits", "fits")
    fits.PrimaryHDU(np.zeros((3, 40, 40), np.float32)).writeto(tmp_path / "blank.fits")
    with pytest.raises(BadContent, match="blank image"):
        gm.archive.contents.check(tmp_path / "blank.fits", "fits", shape=(3, 40, 40))
    fits.PrimaryHDU().writeto(tmp_path / "none.fits")
    with pytest.raises(BadContent, match="neither an image nor a table"):
        gm.archive.contents.check(tmp_path / "none.fits", "fits")


@pytest.mark.parametrize("name", ["../evil.txt", "/tmp/evil.txt", "a/../../evil.txt", "..\\evil.txt", "C:\\evil.txt"])
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_archive_members_cannot_leave_the_folder(tmp_path, name, kind):
    bundle = tmp_path / f"bundle.{kind}"
    if kind == "tar":
        with tarfile.open(bundle, "w:gz") as out:
            for member in ("good.txt", name):
                info = tarfile.TarInfo(member)
                info.size = 2
                out.addfile(info, io.BytesIO(b"hi"))
    else:
        with zipfile.ZipFile(bundle, "w") as out:
            out.writestr("good.txt", "hi")
            out.writestr(name, "hi")
    (tmp_path / "to").mkdir()
    with pytest.raises(ArchiveError, match="is not unpacked: .*evil"):
        gm.archive.contents.unpack(bundle, tmp_path / "to")
    assert list((tmp_path / "to").iterdir()) == [] and not (tmp_path / "evil.txt").exists()


def test_links_in_an_archive_are_refused_and_plain_files_unpacked(tmp_path):
    link = tarfile.TarInfo("link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with tarfile.open(tmp_path / "link.tar.gz", "w:gz") as out:
        out.addfile(link)
    with pytest.raises(ArchiveError, match="'link'"):
        gm.archive.contents.unpack(tmp_path / "link.tar.gz", tmp_path / "to")
    with tarfile.open(tmp_path / "good.tar.gz", "w:gz") as out:
        info = tarfile.TarInfo("folder/table.csv")
        info.size = 2
        out.addfile(info, io.BytesIO(b"hi"))
    assert gm.archive.contents.unpack(tmp_path / "good.tar.gz", tmp_path / "to") == ["folder/table.csv"]
    assert (tmp_path / "to" / "folder" / "table.csv").read_text() == "hi"


@pytest.mark.parametrize("text", ["../../etc/passwd", "/abs", "a b/c", "587722981736906813", ".hidden", "J1+2.5"])
def test_file_names_stay_in_the_folder(text):
    name = gm.archive.contents.safe_name(text)
    assert "/" not in name and not name.startswith(".")


def test_an_empty_name_is_an_error():
    with pytest.raises(ArchiveError, match="identifiers"):
        gm.archive.contents.safe_name(" .. ")


# ---------------------------------------------------------------- servers without an end, and what unpacks without one


def open_ended(send):
    """An answer without a length, whose body is what `send` writes until the client goes away."""

    def fault(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.close_connection = True
        try:
            send(handler.wfile)
        except OSError:  # the client has gone away
            handler.server.hung_up.append(True)

    return fault


@pytest.fixture
def endless(site):
    site.hung_up = []
    return site


def test_a_body_without_an_end_is_stopped(endless, tmp_path, monkeypatch):
    monkeypatch.setitem(gm.archive.download.MOST, "jpeg", 1 << 20)

    def forever(out):
        for _ in range(4000):  # 400 MB, if nobody stops it
            out.write(bytes(100_000))

    endless.faults += [("getjpeg", open_ended(forever))] * 2
    with pytest.raises(BadContent, match="sends over 1 MB, more than such a file has"):
        gm.archive.download.download(endless.session(tries=2), JPEG, tmp_path / "a.jpg", kind="jpeg")
    assert list(tmp_path.glob("a.jpg*")) == []


def test_a_body_without_a_length_is_taken(endless, tmp_path):
    picture = endless.pictures[0]
    endless.faults.append(("getjpeg", open_ended(lambda out: out.write(picture))))
    gm.archive.download.download(endless.session(), JPEG, tmp_path / "a.jpg", kind="jpeg")
    assert (tmp_path / "a.jpg").read_bytes() == picture


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_an_encoded_body_that_grows_without_an_end_is_stopped(site, tmp_path, monkeypatch, encoding):
    monkeypatch.setitem(gm.archive.download.MOST, "jpeg", 1 << 20)
    bomb = (gzip.compress if encoding == "gzip" else zlib.compress)(bytes(1 << 26))
    site.faults += [("getjpeg", send(bomb, **{"Content-Encoding": encoding}))] * 2
    with pytest.raises(BadContent, match="sends over 1 MB"):
        gm.archive.download.download(site.session(tries=2), JPEG, tmp_path / "a.jpg", kind="jpeg")
    assert list(tmp_path.glob("a.jpg*")) == []


def test_an_encoded_body_that_was_not_asked_for_is_taken(site, tmp_path):
    picture = site.pictures[0]
    site.faults.append(("getjpeg", send(gzip.compress(picture), **{"Content-Encoding": "gzip"})))
    gm.archive.download.download(site.session(), JPEG, tmp_path / "a.jpg", kind="jpeg")
    assert (tmp_path / "a.jpg").read_bytes() == picture and len(site.log) == 1


def test_a_damaged_encoding_is_asked_for_again(site, tmp_path):
    site.faults.append(("getjpeg", send(b"\x1f\x8b no gzip", **{"Content-Encoding": "gzip"})))
    gm.archive.download.download(site.session(), JPEG, tmp_path / "a.jpg", kind="jpeg")
    assert (tmp_path / "a.jpg").read_bytes() in site.pictures and len(site.log) == 2


def test_a_byte_at_a_time_is_noticed(endless, tmp_path, monkeypatch):
    monkeypatch.setattr(gm.archive.download, "PATIENCE", 0.3)

    def drip(out):
        for _ in range(100):
            out.write(b"x")
            time.sleep(0.05)

    endless.faults += [("getjpeg", open_ended(drip))] * 2
    with pytest.raises(Refused, match=r"stalled: \d+ bytes in"):
        gm.archive.download.download(endless.session(tries=2), JPEG, tmp_path / "a.jpg", kind="jpeg")


@pytest.mark.parametrize("length", ["lots", "-5", "1e3", "12.5", "9" * 40, "", "5, 6"])
def test_a_length_that_is_no_number_is_said(site, tmp_path, length):
    def fault(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", length)
        handler.end_headers()
        handler.wfile.write(handler.answer()[0])
        handler.close_connection = True

    site.faults += [("getjpeg", fault)] * 9
    with pytest.raises(ArchiveError, match="getjpeg.*attempts"):
        gm.archive.download.download(site.session(tries=2), JPEG, tmp_path / "a.jpg", kind="jpeg")
    assert not (tmp_path / "a.jpg").exists()


def test_a_file_has_its_time(site, tmp_path):
    site.faults += [("getjpeg", cut)] * 9
    start = time.monotonic()
    with pytest.raises(Refused, match="did not come in [1-4] attempts"):
        gm.archive.download.download(site.session(pause=0.2, tries=9, within=1.0), JPEG, tmp_path / "a.jpg")
    assert time.monotonic() - start < 10 and len(site.log) < 6


def test_a_gzip_that_unpacks_without_an_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(gm.archive.contents, "MOST_UNPACKED", 1 << 20)
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(bytes(1 << 24)))
    with pytest.raises(BadContent, match="unpacks to over 0.0 GB"):
        gm.archive.contents.check(tmp_path / "a.tar.gz", "tar")


@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_an_archive_of_too_much_is_not_unpacked(tmp_path, monkeypatch, kind):
    path = tmp_path / f"a.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
            out.writestr("zeros", bytes(1 << 21))
    else:
        with tarfile.open(path, "w:gz") as out:
            info = tarfile.TarInfo("zeros")
            info.size = 1 << 21
            out.addfile(info, io.BytesIO(bytes(1 << 21)))
    monkeypatch.setattr(gm.archive.contents, "MOST_UNPACKED", 1 << 20)
    with pytest.raises(ArchiveError, match="is not unpacked: it holds over"):
        gm.archive.contents.unpack(path, tmp_path / "to")
    monkeypatch.setattr(gm.archive.contents, "MOST_UNPACKED", 1 << 22)
    monkeypatch.setattr(gm.archive.contents, "MOST_MEMBERS", 0)
    with pytest.raises(ArchiveError, match="is not unpacked: it holds over"):
        gm.archive.contents.unpack(path, tmp_path / "to")
    assert not (tmp_path / "to").exists()


def test_a_picture_that_claims_too_many_pixels_is_refused(tmp_path, monkeypatch):
    Image.new("RGB", (400, 400)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(BadContent, match="damaged png"):
        gm.archive.contents.check(tmp_path / "a.png", "png")
