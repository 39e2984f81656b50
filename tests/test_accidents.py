"""Where things go wrong around the course: other users, odd folders, two runs at once, a kill, a full disk."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from test_course_tool import COURSE, GOOD, make_course, with_cell  # noqa: F401 (a fixture)

ROOT = Path(__file__).parents[1]
SMALL = 100_000  # bytes: the largest file that a "full disk" takes
posix = pytest.mark.skipif(os.name != "posix", reason="users, masks, signals and limits of POSIX")


def start(root, *arguments, **told):
    command = [sys.executable, str(COURSE), "--root", str(root), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **told)


def result(root, number="01"):
    return json.loads((root / "_build" / "results" / f"{number}.json").read_text(encoding="utf-8"))


def full_disk():
    """No file of this process grows beyond `SMALL` bytes; writing more is an OSError, as on a full disk."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, SMALL))


def powerless():
    """Root, too, may write only what its owner may write: gives CAP_DAC_OVERRIDE up at the next exec."""
    import ctypes

    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(24, 1)  # PR_CAPBSET_DROP


# ---------------------------------------------------------------- users and folders


@pytest.fixture
def clone():
    """A copy of package and data that anybody may read and nobody may change, in a folder with a space."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "galaxy course"
        for part in ("galmorph_helpers", "data"):
            shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__", "results"))
        for path in (Path(name), *Path(name).rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        yield root
        for path in (Path(name), *Path(name).rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)


@posix
def test_a_user_without_a_home_in_a_folder_that_cannot_be_written(clone):
    """As on a shared server: HOME is not there, the package read-only, nothing beside it can be made."""
    env = {"PATH": os.environ["PATH"], "HOME": "/nowhere/at all", "PYTHONPATH": str(clone), "GALMORPH_DATA": ""}
    told = {"cwd": clone, "env": env, "capture_output": True, "text": True, "preexec_fn": powerless}
    if subprocess.run([sys.executable, "-c", "open('x', 'w')"], **told).returncode == 0:
        pytest.skip("this user may write anywhere")
    code = "import galmorph_helpers as gm; gm.start(); s = gm.mock_sample(8); print(gm.__file__, len(s.images))"
    done = subprocess.run([sys.executable, "-c", code], **told)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"{clone / 'galmorph_helpers/__init__.py'} 8"
    assert not list(clone.rglob("__pycache__"))


def test_a_course_in_a_folder_with_spaces_and_accents(make_course, tmp_path):  # noqa: F811
    root = tmp_path / "Vía Láctea, 2. März"
    make_course(lesson_01=GOOD).rename(root)
    runner = start(root, "run")
    out, err = runner.communicate(timeout=120)
    assert runner.returncode == 0, out + err
    assert "1/1 claims hold" in out and result(root)["claims"][0]["measured"] == 2


@posix
def test_a_private_mask_keeps_files_private_and_everything_works(make_course):  # noqa: F811
    root = make_course(lesson_01=GOOD)
    runner = start(root, "run", preexec_fn=lambda: os.umask(0o077))
    out, err = runner.communicate(timeout=120)
    assert runner.returncode == 0, out + err
    assert (root / "_build" / "01_tiny.html").stat().st_mode & 0o077 == 0


# ---------------------------------------------------------------- two at once, a kill, a full disk


def test_two_runs_at_once_leave_whole_results(make_course):  # noqa: F811
    root = make_course(lesson_01=GOOD, lesson_02=GOOD)
    runners = [start(root, "run", "--force") for _ in range(2)]
    for runner in runners:
        out, err = runner.communicate(timeout=240)
        assert runner.returncode == 0, out + err
    assert all(result(root, number)["claims"][0]["holds"] for number in ("01", "02"))
    assert not list((root / "_build").rglob("*.part"))
    third = start(root, "run")
    assert third.communicate(timeout=120)[0].count("(current)") == 2


@posix
def test_a_run_that_was_killed_is_run_again(make_course):  # noqa: F811
    """SIGKILL cannot be caught: what is left behind must not pass for a result."""
    psutil = pytest.importorskip("psutil")
    root = make_course(lesson_01=with_cell("import pathlib, time; pathlib.Path('here').touch(); time.sleep(60)"))
    runner = start(root, "run")
    for _ in range(600):
        if list(root.rglob("here")):
            break
        time.sleep(0.1)
    left = psutil.Process(runner.pid).children(recursive=True)
    runner.kill()
    runner.communicate(timeout=60)
    for process in left:
        process.kill()
    assert not list((root / "_build").rglob("01.stamp")) and not list((root / "_build").rglob("01.json"))
    make_course(lesson_01=GOOD)
    again = start(root, "run")
    out, err = again.communicate(timeout=120)
    assert again.returncode == 0 and "(current)" not in out, out + err
    assert result(root)["claims"][0]["holds"]


@posix
def test_a_full_disk_stops_a_run_in_a_sentence(make_course):  # noqa: F811
    root = make_course(lesson_01=GOOD)
    runner = start(root, "run", preexec_fn=full_disk)
    out, err = runner.communicate(timeout=120)
    assert runner.returncode, out
    assert "Traceback" not in err and "01_tiny.html" in err, err
    assert not list((root / "_build").rglob("*.stamp"))


@posix
def test_a_full_disk_leaves_no_shard_and_no_part(tmp_path):
    def catalogue(*arguments, **told):
        command = [sys.executable, "-m", "galmorph_helpers.catalogue", *map(str, arguments)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, **told)

    full = catalogue("simulate", tmp_path / "sky", "--galaxies", 64, "--per-shard", 64, preexec_fn=full_disk)
    assert full.returncode and "Traceback" not in full.stderr, full.stderr
    assert "sky" in full.stderr and not list(tmp_path.rglob("*.parquet"))
    empty = catalogue("simulate", tmp_path / "sky", "--galaxies", 64, "--per-shard", 64)
    assert empty.returncode == 0, empty.stderr
    assert len(list(tmp_path.rglob("*.parquet"))) == 1
