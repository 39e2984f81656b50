"""Links of the pages in _build/: from where a page lies, not its notebook, and from page to page."""

from __future__ import annotations

import os
import re
from html import escape
from pathlib import Path
from urllib.parse import quote, unquote

import lessons

HREF = re.compile(r'(<a\b[^>]*?\bhref=")(?![a-zA-Z]+:|//|#)([^"#]+)')
NAV = re.compile(r'\n<nav aria-label="Lessons">.*?</nav>', flags=re.S)


def from_page(text: str, folder: Path, page: Path) -> str:
    """The HTML of a notebook that lies in `folder`, its relative links written from `page`."""

    def moved(found: re.Match[str]) -> str:
        where = os.path.relpath(folder / unquote(found[2]), page.parent).replace(os.sep, "/")
        return found[1] + quote(where)

    return HREF.sub(moved, text)


def join(root: Path) -> None:
    """Link the pages of _build/ that are there: a row of all at the top, and links to notebooks that have a page."""
    found = [(each, root / "_build" / f"{each.name}.html") for each in lessons.find(root, further=True)]
    there = [(each, page) for each, page in found if page.exists()]
    for _, page in there:
        for file in (page, root / "_build" / "solutions" / page.name):
            if file.exists():
                text = file.read_text(encoding="utf-8")
                linked = joined(text, there, file)
                if linked != text:
                    lessons.write_whole(file, linked)


def joined(text: str, there: list[tuple[lessons.Lesson, Path]], file: Path) -> str:
    """The text of a page with the row of all pages at its top, and links to them in place of links to notebooks."""

    def to(place: Path) -> str:
        return quote(os.path.relpath(place, file.parent).replace(os.sep, "/"))

    for each, page in there:
        text = text.replace(f'href="{to(each.notebook)}', f'href="{to(page)}')
    row = " ".join(f'<a href="{to(page)}">{escape(each.number)}</a>' for each, page in there)
    nav = f'\n<nav aria-label="Lessons">Lessons: {row}</nav>'
    return re.sub(r"<body[^>]*>", lambda found: found[0] + nav, NAV.sub("", text), count=1)
