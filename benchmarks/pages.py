"""Pages that several measurements share: each writes its own section and leaves the others as they are."""

import os
import platform
import re
from datetime import date

import torch


def written(file, heading, lines):
    """Put `lines` under the heading "## ..." of a page of markdown: in place of what stood there, or at the end."""
    text = file.read_text(encoding="utf-8") if file.exists() else f"# {file.stem}\n"
    parts = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    section = f"## {heading}\n\n" + "\n".join(lines).strip() + "\n\n"
    here = [k for k, part in enumerate(parts) if part.splitlines()[:1] == [f"## {heading}"]]
    if here:
        parts[here[0]] = section
    else:
        parts[-1] = parts[-1].rstrip() + "\n\n"
        parts.append(section)
    file.write_text("".join(parts).rstrip() + "\n", encoding="utf-8")


def made(command):
    """When, on what machine and by what command: two lines of a page."""
    day = f"{date.today()}, {os.cpu_count()} cores ({platform.machine()}), torch {torch.__version__}."
    return [f"{day} Command:", "", f"    {command}", ""]


def verdict(value, bar, aim=None, *, most=False):
    """A bar in words, and whether a value keeps it: ("at least 0.92, aim 0.93", "reached").

    Parameters
    ----------
    value, bar : float
    aim : float, optional
        What was hoped for beyond the bar.
    most : bool
        The bar is an upper limit, not a lower one.
    """
    sign = -1 if most else 1
    said = f"at {'most' if most else 'least'} {bar:g}" + ("" if aim is None else f", aim {aim:g}")
    if sign * (value - bar) < 0:
        return said, f"short by {abs(value - bar):.3f}"
    return said, "reached" if aim is None or sign * (value - aim) < 0 else "reached, the aim too"


def table(results, bars, *, form="{:.3f}"):
    """Lines of a table, one row a measure, one column a seed, their mean, its bar, and "reached" or "short".

    Parameters
    ----------
    results : dict of {seed: {measure: float}}
    bars : dict of {measure: (bar, aim or None, most)}
        See `verdict`; measures without one stay without.
    form : str
    """
    head = ["measure", *(f"seed {seed}" for seed in results), "mean", "bar", "the mean has"]
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(results) + 1) + " --- | --- |"]
    for name in next(iter(results.values())):
        values = [found[name] for found in results.values()]
        mean = sum(values) / len(values)
        bar, aim, most = bars.get(name, (None, None, False))
        said = ("", "") if bar is None else verdict(mean, bar, aim, most=most)
        lines.append("| " + " | ".join([name, *(form.format(v) for v in [*values, mean]), *said]) + " |")
    return lines
