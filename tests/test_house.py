"""The house: files that say the same thing in two places say the same, and every notebook is fit to be read."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import checking
import executing
import exercising
import lessons

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REPOSITORY = PROJECT["urls"]["Repository"].removeprefix("https://github.com/")
LESSONS = lessons.find(ROOT, further=True) if list((ROOT / "notebooks" / "source").glob("[0-9][0-9]_*.py")) else []
CONDA_NAMES = {"pytorch-cpu": "torch", "matplotlib-base": "matplotlib"}


def texts():
    """Every text file of the project in which its address could stand."""
    tracked = [
        "README.md",
        "CONTRIBUTING.md",
        "CITATION.cff",
        "LICENSE-text.md",
        "data/README.md",
        "data/registry.toml",
        "Makefile",
    ]
    found = [ROOT / name for name in tracked]
    for folder, pattern in (("notebooks", "**/*.py"), ("notebooks", "**/*_*.ipynb"), ("galmorph_helpers", "**/*.py")):
        found += sorted((ROOT / folder).glob(pattern))
    return [path for path in found if path.is_file()]


# ---------------------------------------------------------------- installing


def floors(requirements):
    """{package: lowest release} of requirement strings."""
    parsed = [Requirement(r) for r in requirements]
    return {canonicalize_name(r.name): str(next(iter(r.specifier), "")) for r in parsed}


def conda_requirements(path):
    environment = yaml.safe_load(path.read_text())
    found = []
    for entry in environment["dependencies"]:
        found += entry["pip"] if isinstance(entry, dict) else [entry]
    names = (re.match(r"[\w.-]+", entry)[0] for entry in found)
    return [CONDA_NAMES.get(name, name) + entry[len(name) :] for name, entry in zip(names, found, strict=True)]


def test_both_conda_environments_are_the_same():
    first, second = (yaml.safe_load((ROOT / p).read_text()) for p in ("environment.yml", "binder/environment.yml"))
    assert first == second


def test_conda_environment_installs_what_pyproject_asks_for():
    conda = [r for r in conda_requirements(ROOT / "environment.yml") if r != "pip" and not r.startswith("python=")]
    extras = PROJECT["optional-dependencies"]
    assert floors(conda) == floors(PROJECT["dependencies"] + extras["notebooks"] + extras["archive"] + extras["scale"])


def test_constraints_pin_every_dependency_within_its_range():
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and line[0] != "#"]
    pins = {Requirement(line).name: Requirement(line).specifier for line in lines}
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][\w.]*", line) for line in lines), "only name==version lines"
    for requirement in map(Requirement, PROJECT["dependencies"] + sum(PROJECT["optional-dependencies"].values(), [])):
        pin = str(pins[canonicalize_name(requirement.name)]).removeprefix("==")
        assert requirement.specifier.contains(pin), f"{requirement} does not admit the tested {pin}"


def test_make_installs_the_tested_torch():
    pins = re.findall(r"^torch==.*$", (ROOT / "constraints.txt").read_text(), flags=re.M)
    assert [pin for pin in pins if pin not in (ROOT / "Makefile").read_text()] == []


def test_binder_scripts_stop_at_an_error_and_start_hands_over():
    build, start = ((ROOT / "binder" / name).read_text().splitlines() for name in ("postBuild", "start"))
    assert build[:2] == ["#!/usr/bin/env bash", "set -euo pipefail"]
    assert any("pip install --no-deps" in line for line in build)
    assert start[-1] == 'exec "$@"'


@pytest.mark.parametrize("told", ["", "/elsewhere"])
def test_binder_names_the_galaxies_that_came(tmp_path, told):
    home = {**os.environ, "HOME": str(tmp_path), "GALMORPH_DATA": told}
    command = [str(ROOT / "binder" / "start"), "sh", "-c", "echo $GALMORPH_DATA"]
    assert subprocess.run(command, env=home, text=True, capture_output=True).stdout.strip() == told
    (tmp_path / ".galmorph" / "gz2_small_sdss").mkdir(parents=True)
    said = subprocess.run(command, env=home, text=True, capture_output=True).stdout.strip()
    assert said == (told or str(tmp_path / ".galmorph"))


@pytest.mark.parametrize("answer", [0, 1, 124])
def test_binder_is_built_whether_the_galaxies_come_or_not(tmp_path, answer):
    """The scripts' commands are played: the one that fetches leaves half a set behind and ends with `answer`."""
    for name in ("python", "jupyter"):
        play = '#!/bin/sh\ncase "$*" in *observed_small*) mkdir -p "$HOME/.galmorph/gz2_small_sdss"; exit %d;; esac\n'
        (tmp_path / name).write_text(play % answer)
        (tmp_path / name).chmod(0o755)
    home = {**os.environ, "HOME": str(tmp_path), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    ended = subprocess.run([str(ROOT / "binder" / "postBuild")], env=home, cwd=tmp_path, capture_output=True)
    assert ended.returncode == 0 and (tmp_path / ".galmorph").exists() == (answer == 0)


@pytest.mark.parametrize("name", [".ci/run", "binder/postBuild", "binder/start", "tools/course.py"])
def test_scripts_are_executable(name):
    assert os.access(ROOT / name, os.X_OK), f"chmod +x {name}"


def test_start_limits_threads_to_what_the_server_grants():
    for limit, threads in (("2.0", "2"), ("0.5", "1"), ("", "1"), ("many", "1")):
        command = [str(ROOT / "binder" / "start"), "sh", "-c", "echo $OMP_NUM_THREADS"]
        done = subprocess.run(
            command, env={**os.environ, "CPU_LIMIT": limit}, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == threads


def test_version_is_the_same_everywhere():
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == PROJECT["version"]


def test_code_is_clean():
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--output-format=concise", "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


# ---------------------------------------------------------------- links


def test_links_that_open_the_course_name_the_one_repository():
    link = re.compile(
        r"mybinder\.org/v2/gh/([\w.-]+/[\w.-]+)"
        r"|colab\.research\.google\.com/github/([\w.-]+/[\w.-]+)"
        r"|git\+https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?(?=[@#\"'\s\\]|$)"
        r"|git clone https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?(?=\s|$)"
        rf"|github\.com/([\w.-]+/{re.escape(REPOSITORY.split('/')[1])})"
    )
    found = {}
    for path in texts():
        for match in link.finditer(path.read_text(encoding="utf-8")):
            name = next(group for group in match.groups() if group)
            found.setdefault(name, set()).add(str(path.relative_to(ROOT)))
    assert set(found) == {REPOSITORY}, f"pyproject.toml says {REPOSITORY}, these say something else: {found}"
    assert {"README.md", "CITATION.cff"} <= found[REPOSITORY]


def test_files_that_the_texts_link_to_exist():
    for path in texts():
        if path.suffix == ".md":
            for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text(encoding="utf-8")):
                assert (path.parent / target).exists(), (
                    f"{path.relative_to(ROOT)} links to {target}, which is not there"
                )


# ---------------------------------------------------------------- notebooks


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_notebook_is_its_source_executed_and_fit_to_read(lesson):
    assert checking.problems(lesson, ROOT) == []


def text_of(page):
    """All words of an HTML page: code, prose, and what attributes say."""
    soup = BeautifulSoup(page, "html.parser")
    said = [tag[name] for name in ("alt", "title", "value") for tag in soup.find_all(attrs={name: True})]
    return "\n".join([soup.get_text(), *map(str, said)])


def test_no_page_of_a_learner_gives_an_answer_away():
    sample = ROOT / "tests" / "sample" / "98_small.py"
    places = {lesson.source: lesson.notebook for lesson in LESSONS} | {sample: sample}
    for source, stored in places.items():
        solved = lessons.read_source(source, solved=True)
        if exercising.tasks(solved):
            learners = nbformat.read(stored, as_version=4) if stored != sample else lessons.read_source(sample)
            page = text_of(executing.page(learners, source.stem, ROOT / "notebooks"))
            assert checking.given_away(solved, page) == [], source.name
            assert exercising.BEGIN not in page
    page = text_of(executing.page(solved, "98_small", ROOT / "notebooks"))
    assert {number for number, _ in checking.given_away(solved, page)} == {"98.1", "98.2", "98.3"}, "the grep sees none"


def test_every_notebook_has_a_source():
    stored = {path for path in (ROOT / "notebooks").rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts}
    assert stored == {lesson.notebook for lesson in LESSONS}
    solved = {path for path in (ROOT / "solutions").rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts}
    assert solved <= {lesson.solution for lesson in LESSONS}


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_every_file_that_a_lesson_links_to_is_there(lesson):
    """A file, not a folder: of that, JupyterLab says that it is a directory."""
    links = re.findall(r"\]\((\.\./[^)#]+)\)", lesson.source.read_text(encoding="utf-8"))
    missing = [link for link in links if not (lesson.notebook.parent / link).is_file()]
    assert not missing, f"{lesson.source.name} links to files that are not there: {missing}"


def test_every_environment_variable_is_in_the_readme_s_table():
    folders = ("galmorph_helpers/**", "tools", "tests/**", "benchmarks", "notebooks/source/**")
    places = [path for folder in folders for path in ROOT.glob(f"{folder}/*.py")] + [ROOT / "Makefile"]
    name = re.compile(r"\bGALMORPH_[A-Z]+\b")
    used = {found for path in places for found in name.findall(path.read_text(encoding="utf-8"))}
    row = re.compile(r"^\| `(GALMORPH_[A-Z]+)` \| .+ \| .+ \|$", re.MULTILINE)
    listed = row.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(used) and len(used) >= 8


# ---------------------------------------------------------------- make


@pytest.fixture
def clone(tmp_path):
    """The Makefile in a folder with a .venv that is up to date: what `make -n` says and would do."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    for place in (".venv/bin/python", "notebooks/00_a.ipynb", "notebooks/02_b.ipynb", "notebooks/further/02f_c.ipynb"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).touch()
    (tmp_path / ".venv/bin/python").unlink()
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    (tmp_path / ".venv/.ready").write_text(f"{tmp_path}\n", encoding="utf-8")
    return tmp_path


def make(folder, *arguments):
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHON", "LESSON", "FOLDER", "MAKEFLAGS", "MAKELEVEL")}
    return subprocess.run(["make", "-n", *arguments], cwd=folder, env=kept, capture_output=True, text=True)


def test_the_address_that_make_lab_prints_opens_the_lesson(clone):
    assert "--LabApp.default_url=/lab/tree/notebooks/00_a.ipynb" in make(clone, "lab").stdout
    assert "--LabApp.default_url=/lab/tree/notebooks/02_b.ipynb" in make(clone, "lab", "LESSON=02").stdout
    assert "/lab/tree/notebooks/further/02f_c.ipynb" in make(clone, "lab", "LESSON=02f").stdout


def test_make_test_executes_what_goes_further_too(clone):
    assert "notebooks/02_b.ipynb notebooks/further/02f_c.ipynb" in make(clone, "test").stdout


def test_notebooks_can_be_run_by_nbmake_should_nbval_fail(clone):
    assert "--nbval" in make(clone, "test").stdout and "nbmake" not in make(clone, "test").stdout
    told = make(clone, "test", "NBMAKE=1").stdout
    assert "install" in told and "--nbmake --nbmake-timeout=300" in told and "--nbval" not in told
    assert "notebooks/02_b.ipynb notebooks/further/02f_c.ipynb" in told


def test_another_python_than_that_of_the_venv_is_spoken_of(clone):
    other = clone / "python3.99"
    other.write_text("#!/bin/sh\necho 3.99\n", encoding="utf-8")
    other.chmod(0o755)
    have = f"{sys.version_info[0]}.{sys.version_info[1]}"
    said = make(clone, "run", f"PYTHON={other}").stdout
    assert f"PYTHON={other} is not used: .venv has Python {have} already. To change that, do  rm -r .venv" in said
    assert "is not used" not in make(clone, "run", f"PYTHON={sys.executable}").stdout
    assert "is not used" not in make(clone, "run").stdout


def test_a_folder_that_was_moved_says_what_to_do(clone, tmp_path_factory):
    assert make(clone, "run").returncode == 0
    moved = tmp_path_factory.mktemp("elsewhere") / "a course"
    clone.rename(moved)
    done = make(moved, "run")
    assert done.returncode and "This folder was moved" in done.stderr and "rm -r .venv" in done.stderr
    assert make(moved, "clean").returncode == 0
    (moved / ".venv/.ready").write_text(f"{moved}\n", encoding="utf-8")
    assert make(moved, "run").returncode == 0
    (moved / ".venv/.ready").write_text("", encoding="utf-8")  # made before the place was written down
    assert make(moved, "run").returncode == 0


def test_make_grade_asks_for_a_folder(clone):
    assert "make grade FOLDER=" in make(clone, "grade").stderr
    assert 'course.py grade "my class"' in make(clone, "grade", "FOLDER=my class").stdout


def test_each_fault_of_the_documentation_has_its_test():
    page = (ROOT / "docs/faults.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| ") and "::" in line]
    named = [row[-1].removesuffix(" |").strip("`") for row in rows]
    assert len(rows) == len(set(named)) >= 100
    for name in named:
        file, test = name.split("::")
        assert f"\ndef {test}(" in (ROOT / "tests" / file).read_text(encoding="utf-8"), name
