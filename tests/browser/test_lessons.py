"""Lessons as somebody uses them: opened in JupyterLab, run, touched, saved, opened again; without a network.

Of 00, 02 and 07 the cells up to what can be touched are run, and the quiz; with ``GALMORPH_BROWSER=whole`` all of them.
"""

import os

import nbformat
import pytest

import browsing
import checking
import lessons
from browsing import complaints

pytestmark = pytest.mark.browser

#: The last cell that is run, if not all are.
UP_TO = {
    "00_start_here": 'gm.course.yours("00.1")',
    "02_train_a_cnn": "gm.course.explore(",
    "06_gradients_without_labels": None,
    "07_cluster_without_labels": "gm.course.click_through(",
}


@pytest.mark.parametrize("name", UP_TO)
def test_a_lesson_is_opened_run_touched_saved_and_opened_again(name, driver, lab, course):
    notebook = browsing.Notebook(driver, lab, f"notebooks/{name}.ipynb")
    assert complaints(driver) == []
    last = None if os.environ.get("GALMORPH_BROWSER") == "whole" else UP_TO[name]
    notebook.run(up_to=None if last is None else notebook.cell(last))
    assert notebook.errors() == []
    try_quiz(notebook, name[:2])
    for mark, touch in TOUCHED.items():
        for number in [i for i, source in enumerate(notebook.sources()) if f"gm.course.{mark}" in source]:
            touch(notebook, number)
    assert complaints(driver) == [] and notebook.errors() == []
    assert notebook.js(WITHOUT_WORDS) == []
    figures = notebook.js(FIGURES)
    assert figures > 0
    notebook.save()
    notebook.reload()
    assert complaints(driver) == [] and notebook.errors() == [] and notebook.js(FIGURES) == figures
    notebook.close()


FIGURES = "return cells.flatMap(c => c.outputArea?.model.toJSON() ?? [])" \
    ".filter(o => (o.data?.['text/html'] ?? '').includes('<img ')).length"  # fmt: skip
WITHOUT_WORDS = """
return [...panel.node.querySelectorAll('img')].filter(i => !i.getAttribute('alt')).map(i => i.outerHTML.slice(0, 80))
    .concat([...panel.node.querySelectorAll('iframe')].filter(i => !i.title).map(i => i.outerHTML.slice(0, 80)))"""


def move_sliders(notebook, number):
    """Each slider by mouse and by key: a new picture each time, one picture at a time, no traceback below it."""
    for handle in notebook.widgets(number, ".noUi-handle"):
        before = handle.get_attribute("aria-valuetext")
        assert 0 < notebook.answers(number, lambda h=handle: browsing.drag(notebook.driver, h, 25)) < 60
        dragged = handle.get_attribute("aria-valuetext")
        assert 0 < notebook.answers(number, lambda h=handle: browsing.press(h, "ARROW_LEFT")) < 60
        assert before != dragged != handle.get_attribute("aria-valuetext")
    assert len(notebook.find(number, "img")) == 1 and "Traceback" not in notebook.text(number)


def click_galaxies(notebook, number):
    """A click on a button below a galaxy is counted."""
    buttons = notebook.widgets(number, "button.widget-toggle-button")
    galaxies = notebook.find(number, "img")
    assert galaxies and len(buttons) % len(galaxies) == 0
    buttons[0].click()
    browsing.wait(lambda: f"1 of {len(galaxies)} answered" in notebook.text(number), "one is answered")


def click_points(notebook, number):
    """A click on a point of the explorer, or an arrow key, shows another galaxy."""
    driver = notebook.driver
    driver.switch_to.frame(notebook.widgets(number, "iframe")[0])
    try:
        points, seen = driver.find_elements("css selector", "circle"), driver.find_element("id", "seen")
        first = seen.text
        assert len(points) > 10 and first
        click = "arguments[0].dispatchEvent(new MouseEvent('click', {bubbles: true}))"  # points lie over each other
        driver.execute_script(click, points[5])
        clicked = seen.text
        browsing.press(driver.find_element("id", "plane"), "ARROW_RIGHT")
        assert len({first, clicked, seen.text}) == 3
        maps = seen.find_elements("css selector", '[role="img"]')
        assert len(maps) > 1 and all(element.get_attribute("aria-label") for element in maps)
    finally:
        driver.switch_to.default_content()


def try_quiz(notebook, lesson):
    """An answer to the quiz says something; formulae elsewhere on the page are still JupyterLab's own."""
    number = notebook.cell(f'gm.course.quiz("{lesson}")')
    notebook.run_cell(number)
    notebook.widgets(number, ".MCButton")[0].click()
    browsing.wait(lambda: any(said.text for said in notebook.find(number, ".Feedback")), "the quiz says why")


TOUCHED = {"explore(": move_sliders, "classify_by_eye(": click_galaxies, "click_through(": click_points}


def test_opening_and_saving_a_lesson_leaves_it_as_its_source_says(driver, lab, course):
    name = "03_folds_and_catalogues"
    notebook = browsing.Notebook(driver, lab, f"notebooks/{name}.ipynb")
    notebook.save()
    notebook.close()
    saved = nbformat.read(course / "notebooks" / f"{name}.ipynb", as_version=4)
    assert saved.metadata.language_info.get("version")  # JupyterLab has written into it
    source = lessons.read_source(course / "notebooks" / "source" / f"{name}.py")
    assert checking.sync_problems(source, saved) == []
