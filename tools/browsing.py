"""A lesson in JupyterLab, in a real browser: Debian's Chromium, driven by Selenium. For tests and for measurements."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

#: Seconds to wait for anything; a machine with other work to do is slow.
PATIENCE = 900
#: What JupyterLab knows of a notebook: `panel` is what its tab shows.
PANEL = (
    "const panel = [...(window.jupyterapp?.shell.widgets('main') ?? [])].find(w => w.context?.path == PATH), "
    "cells = [...(panel?.content.widgets ?? [])];"
)


def chromium() -> str | None:
    """The browser's program, if it and its driver are there; else Selenium would fetch them from the network."""
    names = ("chromium", "google-chrome", "chrome")
    browser = next(filter(None, map(shutil.which, names)), None)
    return browser if browser and shutil.which("chromedriver") else None


@contextmanager
def browser(folder: Path, *, width: int = 1280, height: int = 1000, offline: bool = False) -> Iterator:
    """A Chromium without a window, which notes what goes wrong in its pages; `offline`, it finds this machine alone."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium()
    size = f"--window-size={width},{height}"
    for option in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", size, f"--user-data-dir={folder}"):
        options.add_argument(option)
    if offline:
        options.add_argument("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.unhandled_prompt_behavior = "accept"
    driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
    driver.set_script_timeout(PATIENCE)
    driver.command_executor.client_config.timeout = PATIENCE
    try:
        yield driver
    finally:
        driver.quit()


@contextmanager
def lab(root: Path, folder: Path) -> Iterator[str]:
    """JupyterLab on the folder `root`, with settings of its own in `folder`: its address. It imports this checkout."""
    settings = folder / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True, exist_ok=True)
    no_news = {"fetchNews": "false", "checkForUpdates": False}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(no_news), encoding="utf-8")
    here = {name: str(folder / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    here |= {"JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"), "PYTHONPATH": str(Path(__file__).parents[1])}
    here["GALMORPH_RESULTS"] = str(folder / "results")
    kept = {name: value for name, value in os.environ.items() if name not in ("GALMORPH_QUIET", "GALMORPH_STRICT")}
    options = ["--no-browser", "--allow-root", f"--notebook-dir={root}", "--ServerApp.port=0"]
    options += ["--IdentityProvider.token=", "--ServerApp.terminals_enabled=False"]
    options += ["--LabApp.expose_app_in_browser=True"]
    log = folder / "lab.log"
    with log.open("w", encoding="utf-8") as file:
        command = [sys.executable, "-m", "jupyterlab", *options]
        server = subprocess.Popen(command, env={**kept, **here}, stdout=file, stderr=file, cwd=root)
    try:
        yield _address(server, log)
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _address(server: subprocess.Popen, log: Path) -> str:
    """Where a server listens, once it answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        found = re.search(r"http://(?:localhost|127\.0\.0\.1):(\d+)/lab", log.read_text(encoding="utf-8"))
        if found:
            with urlopen(f"http://127.0.0.1:{found[1]}/api", timeout=PATIENCE):
                return f"http://127.0.0.1:{found[1]}"
        time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start: {log.read_text(encoding='utf-8')[-2000:]}")


def wait(condition, what: str, *, seconds: float = PATIENCE):
    """The first true answer of `condition`, asked ten times a second."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := condition():
            return answer
        time.sleep(0.1)
    raise TimeoutError(f"not within {seconds} s: {what}")


class Notebook:
    """A notebook that is open in JupyterLab."""

    def __init__(self, driver, address: str, path: str) -> None:
        self.driver, self.url = driver, f"{address}/lab/tree/{path}"
        self.panel = PANEL.replace("PATH", json.dumps(path))
        self.reload()

    def reload(self) -> None:
        """Open the page again, as somebody does who comes back; the kernel lives on."""
        self.driver.get(self.url)
        wait(lambda: self.js("return cells.length && panel.context.isReady"), f"{self.url} is open")
        self.js("jupyterapp.shell.activateById(panel.id)")
        idle = "const s = panel.sessionContext; return s.isReady && s.session?.kernel?.status == 'idle'"
        wait(lambda: self.js(idle), "the kernel is ready")

    def js(self, code: str, *arguments):
        """What a script returns that knows `panel` and its `cells`."""
        return self.driver.execute_script(self.panel + code, *arguments)

    def sources(self) -> list[str]:
        return self.js("return cells.map(c => c.model.sharedModel.getSource())")

    def cell(self, text: str) -> int:
        """The number of the first code cell that holds `text`."""
        kinds = self.js("return cells.map(c => c.model.type)")
        return next(i for i, source in enumerate(self.sources()) if kinds[i] == "code" and text in source)

    def finish(self, promise: str) -> None:
        """Have JupyterLab do something, an expression whose promise is waited for."""
        ended = "window.ended = ''; (%s).then(() => {window.ended = 'yes'}, e => {window.ended = String(e)})"
        self.js(ended % promise)
        said = wait(lambda: self.driver.execute_script("return window.ended"), promise)
        if said != "yes":
            raise RuntimeError(f"{promise}: {said}")

    def run(self, *, up_to: int | None = None) -> None:
        """Run all cells, or those before and with number `up_to`, and wait until the kernel has ended them."""
        if up_to is None:
            self.finish("jupyterapp.commands.execute('notebook:run-all-cells')")
        else:
            self.js("panel.content.activeCellIndex = arguments[0]", up_to + 1)
            self.finish("jupyterapp.commands.execute('notebook:run-all-above')")

    def run_cell(self, number: int) -> None:
        self.js("panel.content.activeCellIndex = arguments[0]; panel.content.deselectAll()", number)
        self.finish("jupyterapp.commands.execute('notebook:run-cell')")

    def save(self) -> None:
        self.finish("panel.context.save()")

    def close(self) -> None:
        """Close the notebook and end its kernel: its memory is free again."""
        self.finish("panel.sessionContext.shutdown()")
        self.js("panel.dispose()")

    def errors(self) -> list[str]:
        """The tracebacks in its cells, as "number: what"."""
        code = """return cells.flatMap((c, i) => c.model.type != 'code' ? [] : c.model.outputs.toJSON()
            .filter(o => o.output_type == 'error').map(o => `$${i}: $${o.ename}: $${o.evalue}`))"""
        return self.js(code.replace("$$", "$"))

    def show(self, number: int) -> None:
        """Bring a cell into the middle of the page; those far away have no layout."""
        self.finish(f"panel.content.scrollToItem({number}, 'center')")
        middle = "const [r, p] = [cells[arguments[0]], panel.content].map(w => w.node.getBoundingClientRect()); " \
            "return r.height > 0 && r.top < p.bottom - 40 && r.bottom > p.top + 40"  # fmt: skip
        wait(lambda: self.js(middle, number), f"cell {number} is seen")

    def text(self, number: int) -> str:
        """What the output of a cell reads on the page."""
        return self.js("return cells[arguments[0]].node.querySelector('.jp-Cell-outputWrapper').innerText", number)

    def find(self, number: int, selector: str) -> list:
        """The elements of a cell's output that a selector of CSS finds."""
        found = "return [...cells[arguments[0]].outputArea.node.querySelectorAll(arguments[1])]"
        return self.js(found, number, selector)

    def widgets(self, number: int, selector: str) -> list:
        """The same, waited for: widgets appear after the cell has ended."""
        self.show(number)
        return wait(lambda: self.find(number, selector), f"{selector} in the output of cell {number}")

    def answers(self, number: int, move: Callable[[], None]) -> float:
        """Seconds from the end of a move (the button of the mouse let go, a key pressed) to a new picture below."""
        self.js(WATCH, number)
        move()
        return wait(lambda: self.driver.execute_script("return window.answered"), "a new picture", seconds=120) / 1000


#: Notes when a button or a key is let go, and when the first picture after that has been decoded and is painted.
WATCH = """
const area = cells[arguments[0]].outputArea.node;
const seen = new Set([...area.querySelectorAll('img')].map(i => i.src));
let from = 0;
window.answered = 0;
for (const kind of ['pointerup', 'mouseup', 'keydown'])
    document.addEventListener(kind, () => { from = from || performance.now(); }, {capture: true, once: true});
const watcher = new MutationObserver(() => {
    const fresh = [...area.querySelectorAll('img')].find(i => !seen.has(i.src));
    if (!fresh || !from || fresh.galmorph) return;
    fresh.galmorph = true;
    fresh.decode().catch(() => {}).then(() => requestAnimationFrame(() => {
        window.answered = window.answered || performance.now() - from;
        watcher.disconnect();
    }));
});
watcher.observe(area, {childList: true, subtree: true, attributes: true});
"""


def drag(driver, handle, pixels: int) -> None:
    """Take the handle of a slider with the mouse, move it sideways, and let go."""
    from selenium.webdriver import ActionChains

    ActionChains(driver, duration=50).click_and_hold(handle).move_by_offset(pixels, 0).release().perform()


def press(handle, key: str) -> None:
    """Press a key on an element that has the focus, such as "ARROW_RIGHT"."""
    from selenium.webdriver.common.keys import Keys

    handle.send_keys(getattr(Keys, key))


#: What JupyterLab and Chromium say on their own account.
THEIRS = ("/lsp/status", "'beforeunload' confirmation panel", "Could not restore the debugger state")


def complaints(driver) -> list[str]:
    """What the page has reported as an error since the last call, and the widgets that could not be shown."""
    lost = "return [...document.querySelectorAll('.jp-OutputArea-output')].map(e => e.textContent)" \
        ".filter(t => t.includes('Error displaying widget')).map(t => t.slice(0, 200))"  # fmt: skip
    said = [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
    return [text for text in said if not any(word in text for word in THEIRS)] + driver.execute_script(lost)
