"""What all tests share: no window is opened, property tests give the same cases on every machine."""

import re
from html import unescape
from importlib.util import find_spec

import matplotlib
import pytest
from hypothesis import settings

matplotlib.use("Agg")
settings.register_profile("course", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("course")


@pytest.fixture
def site(monkeypatch, tmp_path):
    """An archive on loopback (`archive_server`), asked by `site.session()` and, as a mirror, by the command line."""
    from archive_server import Archive

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    archive = Archive()
    monkeypatch.setenv("GALMORPH_MIRROR", archive.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield archive
    archive.close()


@pytest.fixture
def alt_text():
    """The alt text of a figure that was displayed."""

    def read(shown):
        return unescape(re.search(r'^<img alt="([^"]*)" src="data:image/png;base64,', shown.data)[1])

    return read


collect_ignore = ["sample"]  # a lesson that tests build: no test itself
if find_spec("selenium") is None:
    collect_ignore.append("browser")
