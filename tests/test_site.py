"""The site, built from tiny notebooks; its formulae, its links, its guide."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat import v4

import lessons

pytest.importorskip("myst_nb")
pytest.importorskip("sphinx_book_theme")
pytest.importorskip("latex2mathml")

import accessibility  # noqa: E402
import checking  # noqa: E402
import executing  # noqa: E402
import linking  # noqa: E402
import website  # noqa: E402
from formulae import markdown_html, mathml  # noqa: E402

ROOT = Path(__file__).parents[1]
CHROMIUM = Path("/usr/bin/chromium")
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

FIRST = """# Count the stars

The recall of a network, and its recall again. A formula, $q^2 = q_0^2$, and one on its own line:

$$H = -\\frac{1}{N}\\sum_i y_i \\ln p_i$$

[how](../data/README.md), [the loop](../galmorph_helpers/learning/training.py),
[names](../galmorph_helpers/__init__.pyi),
[a program](../benchmarks/speed.py), [next](01_more.ipynb#Add-them-up)"""
SECOND = "# More stars\n\nText.\n\n## Add them up\n\nThe end."


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def notebook(path, *cells):
    book = v4.new_notebook(
        cells=list(cells), metadata={"kernelspec": lessons.KERNEL, "language_info": lessons.LANGUAGE}
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(book, path)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The real pages of docs/ and guide/, beside two lessons of a few cells."""
    root = tmp_path_factory.mktemp("course")
    for folder in ("docs", "guide", "tools"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    for name in ("data/README.md", "data/weights/card.md", "benchmarks/speed.md"):
        write(root / name, "# A page\n\nText.\n")
    write(root / "benchmarks" / "speed.py", "")
    write(root / "galmorph_helpers" / "learning" / "training.py", "")
    write(root / "galmorph_helpers" / "__init__.pyi", "")
    figure = v4.new_output("display_data", {"image/png": DOT}, metadata={"image/png": {"alt": "one dot"}})
    linked = v4.new_output("display_data", {"text/markdown": "[to the sum](01_more.ipynb#Add-them-up)"})
    notebook(
        root / "notebooks" / "00_stars.ipynb",
        v4.new_markdown_cell(FIRST),
        v4.new_code_cell("dot()", execution_count=1, outputs=[figure, linked]),
        v4.new_code_cell("answer = 1", metadata={"tags": ["setup"]}),
    )
    notebook(root / "notebooks" / "01_more.ipynb", v4.new_markdown_cell(SECOND))
    back = v4.new_markdown_cell("# All stars\n\n[first](../00_stars.ipynb)")
    notebook(root / "notebooks" / "further" / "00f_all.ipynb", back)
    notebook(root / "solutions" / "00_stars.ipynb", v4.new_markdown_cell("# Count the stars, solved\n\nText."))
    sample = ROOT / "tests" / "sample" / "98_small.py"
    for folder in ("notebooks", "solutions"):
        small = lessons.read_source(sample, solved=folder == "solutions")
        lessons.write_notebook(small, root / folder / "98_small.ipynb")
    return root


@pytest.fixture(scope="module")
def site(course):
    # In a process of its own: Sphinx changes much of the one that it runs in.
    command = [sys.executable, ROOT / "tools" / "website.py", "--root", course]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr
    return course / "_build" / "site"


def page(site, name):
    return BeautifulSoup((site / name).read_text(encoding="utf-8"), "html.parser")


def test_site_holds_lessons_solutions_guide_and_reference(site):
    shown = {p.relative_to(site).as_posix() for p in site.rglob("*.html")}
    assert {"index.html", "search.html", "notebooks/00_stars.html", "solutions/00_stars.html"} <= shown
    assert {"guide/instructor.html", "guide/learners.html", "guide/glossary.html", "guide/sheets/08.html"} <= shown
    assert "recall" in (site / "searchindex.js").read_text(encoding="utf-8")
    names = [dt["id"] for dt in page(site, "reference/metrics.html").find_all("dt", id=True)]
    assert "galmorph_helpers.metrics.scores.metrics_table" in names
    listed = [a.text.strip() for a in page(site, "index.html").select("nav a.reference.internal")]
    assert {"00 Count the stars", "01 More stars", "00 Count the stars, solved", "00f All stars"} <= set(listed)
    assert page(site, "notebooks/further/00f_all.html").select_one('article a[href="../00_stars.html"]')


def test_a_lesson_page_has_formulae_alt_text_buttons_and_folded_solutions(site):
    lesson = page(site, "notebooks/00_stars.html")
    assert [m["display"] for m in lesson.find_all("math")] == ["inline", "block"]
    assert [image["alt"] for image in lesson.select(".cell_output img")] == ["one dot"]
    solution = next(cell for cell in lesson.select(".cell") if "answer" in cell.text)
    assert solution.find("details") is not None
    buttons = {a.get("href", "") for a in lesson.find_all("a")}
    place = "galmorph/galaxy-morphology-course"
    assert f"https://mybinder.org/v2/gh/{place}/main?urlpath=lab/tree/notebooks/00_stars.ipynb" in buttons
    assert f"https://colab.research.google.com/github/{place}/blob/main/notebooks/00_stars.ipynb" in buttons


def test_answers_stand_in_the_pages_of_solutions_alone(site):
    solved = lessons.read_source(ROOT / "tests" / "sample" / "98_small.py", solved=True)
    seen = {}
    for file in site.rglob("*.html"):
        text = file.read_text(encoding="utf-8")  # and as it is read, without the colours of code
        if found := checking.given_away(solved, text + BeautifulSoup(text, "html.parser").get_text()):
            seen[file.relative_to(site).as_posix()] = found
    assert list(seen) == ["solutions/98_small.html"] and len(seen["solutions/98_small.html"]) >= 4
    assert checking.given_away(solved, (site / "searchindex.js").read_text(encoding="utf-8")) == []


def test_links_of_a_lesson_lead_into_the_site_or_into_the_repository(site):
    links = {a.text.strip(): a["href"] for a in page(site, "notebooks/00_stars.html").select("article a[href]")}
    assert links["how"] == "../data/README.html"
    assert links["the loop"] == "../reference/learning.html#module-galmorph_helpers.learning.training"
    assert links["names"].endswith("#module-galmorph_helpers")
    assert links["a program"] == "https://github.com/galmorph/galaxy-morphology-course/blob/main/benchmarks/speed.py"
    assert links["next"] == links["to the sum"] == "01_more.html#add-them-up"


def test_the_first_use_of_a_word_leads_to_the_glossary(site):
    uses = [a for a in page(site, "notebooks/00_stars.html").select("article a") if a.text == "recall"]
    assert [a["href"] for a in uses] == ["../guide/glossary.html#term-recall"]


def test_site_leads_nowhere_wrong_and_asks_no_other_host(site):
    assert website.broken_links(site) == []


@pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium on this machine")
def test_a_browser_asks_no_other_host(site, tmp_path):
    write(tmp_path / "control.html", '<img src="https://example.org/x.png">')
    assert asked_by(tmp_path / "control.html", tmp_path) == ["https://example.org/x.png"]
    for name in ("index.html", "notebooks/00_stars.html"):
        assert asked_by(site / name, tmp_path) == []


def asked_by(page, folder):
    """What a browser without a network asks of other hosts for a page (not for itself, such as its updates)."""
    log = folder / "log.json"
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND", "--dump-dom"]
    options += ["--virtual-time-budget=5000", f"--log-net-log={log}", f"--user-data-dir={folder / 'profile'}"]
    subprocess.run([CHROMIUM, *options, page.as_uri()], check=True, capture_output=True, timeout=300)
    events = [event.get("params", {}) for event in json.loads(log.read_text(encoding="utf-8"))["events"]]
    return [e["url"] for e in events if "url" in e and e.get("initiator", "not an origin") != "not an origin"]


def test_everyone_can_read_the_site(site):
    assert accessibility.problems_of(site) == []
    pictures = [img["alt"] for p in site.rglob("notebooks/*.html") for img in page(site, p).select("article img")]
    assert pictures == ["one dot"]


GOOD_PAGE = """<html lang=en><title>Stars</title><main><h1>Stars</h1><img alt="one dot" src=a.png><h2>More</h2>
<a href=b.html>next</a><a href=c.html><img alt="home" src=c.png></a><button aria-label=search><svg></svg></button>
<label for=q>Find</label><input id=q></main></html>"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<html lang=en>", "<html>", "html-has-lang"),
        ("<title>Stars</title>", "", "document-title"),
        (' alt="one dot"', "", "image-alt"),
        ('alt="one dot"', 'alt="../_images/a1b2.png"', "image-alt"),
        (">next<", "><", "link-name"),
        (' alt="home"', ' alt=""', "link-name"),
        (" aria-label=search", "", "button-name"),
        ("for=q", "for=p", "label"),
        ("<h1>Stars</h1>", "", "page-has-heading-one"),
        ("<h2>More</h2>", "<h3>More</h3>", "heading-order"),
        ("<h2>More", "<h2 id=q>More", "duplicate-id"),
    ],
)  # fmt: skip
def test_what_keeps_someone_from_reading_a_page_is_found(old, new, said):
    assert accessibility.problems(GOOD_PAGE) == [] and GOOD_PAGE.count(old) == 1
    found = accessibility.problems(GOOD_PAGE.replace(old, new))
    assert [line.partition(":")[0] for line in found] == [said]


def test_what_is_wrong_with_a_site_is_found(tmp_path):
    write(
        tmp_path / "a.html",
        '<h1 id="top">A</h1><a href="b.html#there">b</a><a href="c.html">c</a><a href="#top">top</a>',
    )
    write(
        tmp_path / "b.html",
        '<a href="https://example.org">elsewhere</a><img src="//example.org/x.png"><script src="http://example.org/x.js"></script>',
    )
    write(
        tmp_path / "d.html",
        "<script>import x from 'https://example.org/x.js'</script><link rel='stylesheet' href='https://example.org/x.css'>",
    )
    write(tmp_path / "s.css", "/* from https://example.org/ */ @font-face { src: url(https://example.org/x.woff2) }")
    assert sorted(website.broken_links(tmp_path)) == [
        "a.html: b.html#there leads to no place of that page",
        "a.html: c.html leads to no file of the site",
        "b.html: loads //example.org/x.png from another host",
        "b.html: loads http://example.org/x.js from another host",
        "d.html: loads https://example.org/x.css from another host",
        "d.html: loads https://example.org/x.js from another host",
        "s.css: loads https://example.org/x.woff2 from another host",
    ]


def test_a_dead_link_is_an_error_of_the_build(tmp_path):
    for folder in ("docs", "tools"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    write(tmp_path / "docs" / "index.md", "# Stars\n\n```{toctree}\nguide/one\nreference/galmorph_helpers\n```\n")
    write(tmp_path / "guide" / "one.md", "# One\n\n[gone](../data/gone.md)\n")
    program = """if True:
        import sys, website
        website.reference = lambda: {"galmorph_helpers": "# The package"}
        sys.exit(website.main())"""
    command = [sys.executable, "-c", program, "--root", tmp_path]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    )
    assert done.returncode == 1 and "../data/gone.md" in done.stderr


# ---------------------------------------------------------------- formulae


def test_formulae_are_mathml():
    assert mathml("x^2").startswith("<math") and 'display="block"' in mathml("x", display=True)
    assert "<msup>" not in mathml("10''")  # a prime is a raised sign already
    with pytest.raises(ValueError, match=r"\\undefined"):
        mathml(r"\undefined x")
    assert markdown_html("Half: $x = 1/2$, and 5 $ more").count("<math") == 1


@pytest.mark.parametrize("lesson", lessons.find(ROOT, further=True), ids=lambda lesson: lesson.name)
def test_every_formula_of_the_lessons_can_be_drawn(lesson):
    for cell in lessons.read_source(lesson.source).cells:
        if cell.cell_type == "markdown":
            markdown_html(cell.source)


def test_the_printed_page_of_a_lesson_needs_no_network(tmp_path):
    book = v4.new_notebook(cells=[v4.new_markdown_cell("# Stars\n\n$$H = 1$$"), v4.new_code_cell("1")])
    text = executing.page(book, "00_stars", tmp_path)
    assert text.count("<math") == 1
    write(tmp_path / "page.html", text)
    assert website.broken_links(tmp_path) == []


def test_the_pages_of_a_run_lead_to_each_other_and_to_files_that_are_there(tmp_path):
    """In _build/, where links are followed from the page: a lesson that was not run is its notebook."""
    for name in ("00_stars", "01_more", "02_most"):
        write(tmp_path / "notebooks" / "source" / f"{name}.py", "# %% [markdown]\n# # Stars\n")
        write(tmp_path / "notebooks" / f"{name}.ipynb", "{}")
    write(tmp_path / "data" / "a table.md", "")
    text = "# Stars\n\n[more](01_more.ipynb#Sums), [most](02_most.ipynb), [how](../data/a%20table.md), " \
        "[there](#Stars), [else](https://example.org/00_stars.ipynb)"  # fmt: skip
    for name in ("00_stars", "01_more"):
        page = tmp_path / "_build" / f"{name}.html"
        html = executing.page(v4.new_notebook(cells=[v4.new_markdown_cell(text)]), name, tmp_path / "notebooks")
        write(page, linking.from_page(html, tmp_path / "notebooks", page))
    linking.join(tmp_path)
    first = (tmp_path / "_build" / "00_stars.html").read_text(encoding="utf-8")
    linking.join(tmp_path)  # twice is once
    assert (tmp_path / "_build" / "00_stars.html").read_text(encoding="utf-8") == first
    found = BeautifulSoup(first, "html.parser")
    links = {a.text: a["href"] for a in found.find_all("a", href=True)}
    assert [a["href"] for a in found.nav.find_all("a")] == ["00_stars.html", "01_more.html"]
    assert links["more"] == "01_more.html#Sums" and links["most"] == "../notebooks/02_most.ipynb"
    assert links["there"] == "#Stars" and links["else"] == "https://example.org/00_stars.ipynb"
    assert (tmp_path / "_build" / links["how"].replace("%20", " ")).resolve() == tmp_path / "data" / "a table.md"


# ---------------------------------------------------------------- the guide

MUST_EXPLAIN = (
    "PSF AUC epoch gradient batch optimiser over-fitting validation precision recall F1 calibration k-fold T-Type "
    "ETG LTG K-correction MMD DANN domain NT-Xent ARI Rogan-Gladen"
).split() + ["Sérsic index", "learning rate", "linear probe", "Cramér's V", "conformal set", "surface-brightness limit"]


def glossary():
    """{word: explanation} of guide/glossary.md."""
    text = (ROOT / "guide" / "glossary.md").read_text(encoding="utf-8")
    return re.findall(r"^([^\s:#].*)\n((?:  .+\n)+)", text, flags=re.M)


def test_glossary_explains_each_word_once():
    words = [word for word, _ in glossary()]
    assert sorted(words) == sorted(set(words))
    assert [word for word in MUST_EXPLAIN if word not in words] == []
    assert [word for word, text in glossary() if len(text.split()) < 8] == []


def test_guide_names_the_sections_that_the_lessons_have():
    text = (ROOT / "guide" / "instructor.md").read_text(encoding="utf-8")
    parts = dict(re.findall(r"^### (\d\d) .*\n((?:(?!^###? ).*\n)*)", text, flags=re.M))
    assert sorted(parts) == [lesson.number for lesson in lessons.find(ROOT)]
    for lesson in lessons.find(ROOT):
        there = [
            t
            for c in lessons.read_source(lesson.source).cells
            if c.cell_type == "markdown"
            for _, t in lessons.headings(c.source)
        ]
        row = r"^\| (.+?)(?: \([^|]*\))? \| \d+ \| (?:core|optional) \|$"
        named = re.findall(row, parts[lesson.number], flags=re.M)
        assert named and [name for name in named if name not in there] == [], f"lesson {lesson.number}"


def test_there_is_a_sheet_for_each_lesson():
    for lesson in lessons.find(ROOT):
        text = (ROOT / "guide" / "sheets" / f"{lesson.number}.md").read_text(encoding="utf-8")
        assert all(f"**{part}**" in text for part in ("Three ideas", "The formula", "The exercise", "What to look at"))
