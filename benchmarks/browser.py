#!/usr/bin/env python3
"""How soon a slider or the explorer answers in JupyterLab: benchmarks/browser.md, measured in Chromium.

browser.py                   all lessons that have sliders, and the explorer
browser.py 02 explorer       some of them; rows of the others are kept
"""

import argparse
import os
import re
import statistics
import sys
import tempfile
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import psutil
from nbformat import v4

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import browsing  # noqa: E402
import lessons  # noqa: E402

MOVES = 10
TABLE = ROOT / "benchmarks" / "browser.md"
HEAD = """# How soon the page answers

Seconds from letting a slider go (the button of the mouse, or pressing a key) until the new picture is painted, in
JupyterLab and Chromium on one machine: median of ten moves, and the quickest. `python benchmarks/browser.py` writes
this table. The goal is 0.3 s on an idle machine. Where others compute at the same time, which the load shows (how many
programs wanted one of the cores in the last minute), medians say more about them than about the course; the kernel's
processor time of a move says less of them. The rest is the browser's: it paints a picture some hundredths of a second
after the kernel has drawn it.

| lesson | what is moved | mouse, median | quickest | key, median | quickest | kernel, processor | load | cores | day |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""
#: As in lesson 07: 150 galaxies of five maps.
EXPLORER = """import numpy as np, galmorph_helpers as gm
rng = np.random.default_rng(0)
gm.course.click_through(rng.normal(size=(150, 2)), rng.normal(size=(150, 5, 32, 32)), groups=["E", "S0", "S"] * 50,
    near=rng.integers(0, 150, (150, 3)), channels=list("abcde"), label="noise")"""
#: A click on each of some points, and when what it shows has been painted.
CLICKS = """const end = arguments[arguments.length - 1], [kind, n] = arguments, times = [];
const plane = document.getElementById('plane'), points = plane.querySelectorAll('circle');
const next = i => {
    if (i == n) return end(times);
    const from = performance.now();
    if (kind == 'click') points[7 * i + 3].dispatchEvent(new MouseEvent('click', {bubbles: true}));
    else plane.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}));
    requestAnimationFrame(() => setTimeout(() => { times.push((performance.now() - from) / 1000); next(i + 1); }, 0));
};
next(0);"""


def spent():
    """Processor time of the kernels so far, seconds."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if "ipykernel_launcher" in " ".join(process.cmdline()):
                total += sum(process.cpu_times()[:2])
    return total


def row(lesson, what, mouse, key, processor):
    """A row of the table, from the seconds that each move took and the processor time of all moves."""
    numbers = [f"{f(times):.2f} s" for times in (mouse, key) for f in (statistics.median, min)]
    numbers.append(f"{processor / (len(mouse) + len(key)):.2f} s")
    load, day = f"{os.getloadavg()[0]:.0f}", datetime.now(UTC).strftime("%d %B %Y")
    return f"| {' | '.join([lesson, what, *numbers, load, str(os.cpu_count()), day])} |"


def sliders(notebook, lesson):
    """A row for each slider of a lesson, whose cells before it are run."""
    cells = [i for i, source in enumerate(notebook.sources()) if "gm.course.explore(" in source]
    for number in cells:
        notebook.run(up_to=number)
        if said := notebook.errors():
            raise RuntimeError(f"lesson {lesson}: {said}")
        names = [label.text for label in notebook.widgets(number, ".widget-slider .widget-label")]
        for name, handle in zip(names, notebook.find(number, ".noUi-handle"), strict=True):
            times, before = {"mouse": [], "key": []}, spent()
            for i in range(MOVES):
                away = 25 if i % 2 else -20
                times["mouse"].append(
                    notebook.answers(number, lambda h=handle, d=away: browsing.drag(notebook.driver, h, d))
                )
            for i in range(MOVES):
                arrow = "ARROW_RIGHT" if i % 2 else "ARROW_LEFT"
                times["key"].append(notebook.answers(number, lambda h=handle, k=arrow: browsing.press(h, k)))
            yield row(lesson, name, times["mouse"], times["key"], spent() - before)


def explorer(notebook):
    """The row of the explorer, which asks no kernel."""
    notebook.run()
    notebook.driver.switch_to.frame(notebook.widgets(0, "iframe")[0])
    before = spent()
    mouse, key = (notebook.driver.execute_async_script(CLICKS, kind, MOVES) for kind in ("click", "key"))
    notebook.driver.switch_to.default_content()
    return row("explorer", "a point of 150, as in lesson 07", mouse, key, spent() - before)


def measure(wanted):
    """Rows of the table, for the numbers of lessons or "explorer"."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        root = folder / "course"
        root.mkdir()
        found = {each.number: each for each in lessons.find(ROOT, further=True)}
        for number in set(wanted) & set(found):
            nbformat.write(lessons.read_source(found[number].source), root / f"{number}.ipynb")
        page = v4.new_notebook(cells=[v4.new_code_cell(EXPLORER)], metadata={"kernelspec": lessons.KERNEL})
        nbformat.write(page, root / "explorer.ipynb")
        address = stack.enter_context(browsing.lab(root, folder))
        driver = stack.enter_context(browsing.browser(folder / "profile"))
        for name in wanted:
            notebook = browsing.Notebook(driver, address, f"{name}.ipynb")
            yield from [explorer(notebook)] if name == "explorer" else sliders(notebook, name)
            notebook.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wanted", nargs="*", help="numbers of lessons, such as 02 or 03f, or explorer")
    having = [e.number for e in lessons.find(ROOT, further=True) if "gm.course.explore(" in e.source.read_text("utf-8")]
    wanted = parser.parse_args().wanted or [*having, "explorer"]
    old = TABLE.read_text(encoding="utf-8") if TABLE.exists() else ""
    rows = [line for line in re.findall(r"^\| (?!lesson|---).*$", old, flags=re.M) if line.split()[1] not in wanted]
    for new in measure(wanted):
        print(new, flush=True)
        rows.append(new)
        lessons.write_whole(TABLE, HEAD + "\n".join(sorted(rows)) + "\n")


if __name__ == "__main__":
    main()
