"""Execute a lesson's notebook, and print it as a page."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from lessons import KERNEL, LANGUAGE, OWN, first_line, outputs, place, root_of, title

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
WIDGET_TEXT = "(an interactive widget: run this cell to use it)"


@dataclass(frozen=True)
class Run:
    """What executing a notebook took, and the first thing that went wrong in it ("" when nothing did)."""

    seconds: float
    peak_mb: float
    error: str


def execute(
    notebook: NotebookNode,
    *,
    folder: Path,
    environment: dict[str, str],
    timeout: int = 600,
    go_on: bool = False,
    tick: Callable[[str], None] = lambda text: None,
) -> Run:
    """Execute in place, with `folder` as working directory. `tick` is told, a few times a second, the cell at work.

    With `go_on`, cells after one that fails, or that takes longer than `timeout` seconds, are executed, too.
    The notebook runs in a thread of its own: this one samples memory and hears Ctrl-C, which then ends the kernel too.
    """
    at: dict[str, int] = {}
    failure: list[Exception] = []
    client = NotebookClient(
        notebook,
        timeout=timeout,
        allow_errors=go_on,
        interrupt_on_timeout=go_on,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        store_widget_state=False,
        extra_arguments=["--log-level=ERROR"],  # the kernel's own advice is not for the reader
        on_cell_start=lambda cell, cell_index: at.update(index=cell_index),
    )

    def work() -> None:
        try:
            client.execute(env=kernel_environment(environment, root_of(folder)))
        except Exception as error:  # a broken cell, a dead kernel, a timeout: told below, in the lesson's line
            failure.append(error)

    start, peak_mb = time.perf_counter(), 0.0
    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    try:
        while worker.is_alive():
            worker.join(0.2)
            peak_mb = max(peak_mb, children_mb())
            tick(f"cell {at.get('index', 0) + 1}/{len(notebook.cells)}")
    except KeyboardInterrupt:
        end_kernel(client)
        worker.join(10)  # it sees that the kernel is gone; Python aborts where a thread still writes at its end
        raise
    seconds = time.perf_counter() - start
    clean(notebook)
    return Run(seconds, max(peak_mb, children_mb()), first_error(notebook, at.get("index", 0), failure, timeout))


def kernel_environment(extra: dict[str, str], root: Path) -> dict[str, str]:
    env = {**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1", "JUPYTER_PLATFORM_DIRS": "1", **extra}
    # The package of this checkout, wherever the one that is installed lies: another checkout, a folder that was moved.
    places = [str(root.resolve()), str(OWN), os.environ.get("PYTHONPATH", "")]
    env["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(filter(None, places)))
    env.pop("MPLBACKEND", None)  # figures belong into the notebook, whatever the caller draws with
    return env


def children_mb() -> float:
    """Memory of this process's children now; without psutil, the peak of the largest child that has ended."""
    try:
        import psutil
    except ImportError:
        import resource

        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    total = 0
    for child in psutil.Process().children(recursive=True):
        try:
            held = child.memory_full_info()
            total += getattr(held, "pss", held.rss)  # Linux: what processes share, such as torch's code, counts once
        except psutil.Error:  # it ended between the two calls
            pass
    return total / 2**20


def end_kernel(client: NotebookClient) -> None:
    process_id = getattr(getattr(client.km, "provisioner", None), "pid", None)
    if process_id:
        try:
            os.kill(process_id, signal.SIGKILL)
        except ProcessLookupError:
            pass


def first_error(notebook: NotebookNode, last: int, failure: list[Exception], timeout: int) -> str:
    if failure and "Timeout" in type(failure[0]).__name__:  # the cell itself shows the KeyboardInterrupt that ended it
        return f"{place(notebook, last)}: no answer within {timeout} s"
    for index, output in outputs(notebook):
        if output.output_type == "error":
            return f"{place(notebook, index)}: {output.ename}: {first_line(output.evalue)}"
    if not failure:
        return ""
    if not notebook.cells:
        return f"{type(failure[0]).__name__}: {failure[0]}"
    return f"{place(notebook, last)}: {type(failure[0]).__name__}: {first_line(str(failure[0]))}"


def clean(notebook: NotebookNode) -> None:
    """Take out what differs from run to run though the lesson is the same: kernel details, times, widget models."""
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": LANGUAGE})
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if "outputs" in cell:
            cell.outputs = join_streams(cell.outputs)
    for _, output in outputs(notebook):
        if WIDGET_VIEW in output.get("data", {}):
            output.data = nbformat.from_dict({"text/plain": WIDGET_TEXT})


def join_streams(cell_outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Prints that follow each other as one output, without what a carriage return overwrote."""
    joined: list[NotebookNode] = []
    for output in cell_outputs:
        if joined and output.output_type == "stream" and joined[-1].get("name") == output.name:
            joined[-1].text += output.text
        else:
            joined.append(output)
    for output in joined:
        if output.output_type == "stream":
            lines = output.text.replace("\r\n", "\n").split("\n")
            output.text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)
    return joined


PAGE = """{% extends 'lab/index.html.j2' %}
{% block html_head_js %}{% endblock %}
{% block html_head_js_mathjax %}{% endblock %}
{% block html_head_js_mermaidjs %}{% endblock %}
{% block input_group %}
{%- if cell.metadata.get('jupyter', {}).get('source_hidden') -%}
<details><summary>Show the code</summary>{{ super() }}</details>
{%- else -%}{{ super() }}{%- endif -%}
{% endblock input_group %}
{% block data_png scoped %}
{%- set alt = output.metadata.get('image/png', {}).get('alt') or cell.metadata.get('alt') -%}
{%- if alt -%}
{{ super() | replace('<img ', '<img alt="' ~ (alt | escape_html) ~ '" ', 1) }}
{%- else -%}{{ super() }}{%- endif -%}
{% endblock data_png %}
"""


def page(notebook: NotebookNode, name: str, folder: Path) -> str:
    """The notebook as one HTML page that needs no other file and no network: pictures and formulae inside, setup and
    claims folded, alt text kept."""
    from jinja2 import DictLoader
    from nbconvert import HTMLExporter

    from formulae import markdown_html

    exporter = HTMLExporter(
        extra_loaders=[DictLoader({"page.html.j2": PAGE})],
        template_file="page.html.j2",
        embed_images=True,
        filters={"markdown2html": partial(markdown_html, folder=str(folder))},
    )
    resources = {"metadata": {"name": title(notebook) or name, "path": str(folder)}}
    return exporter.from_notebook_node(notebook, resources=resources)[0]
