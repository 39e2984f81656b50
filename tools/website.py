#!/usr/bin/env python3
"""Build the course's site into _build/site: lessons, solutions, guide and reference, without a network.

website.py            build from notebooks/*.ipynb as they are stored; nothing is executed
"""

from __future__ import annotations

import argparse
import os
import pkgutil
import re
import shutil
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
from nbformat import NotebookNode

import accessibility
import lessons

# What the site shows beside notebooks/, solutions/ and guide/; the rest of the project is a link to the repository.
PAGES = ("data/*.md", "data/weights/*.md", "benchmarks/*.md")
LESSON = "[0-9][0-9]_*.ipynb", f"{lessons.FURTHER}/[0-9][0-9]f_*.ipynb"
NOTEBOOKS = [f"{folder}/{name}" for folder in ("notebooks", "solutions") for name in LESSON]
LOADED = (
    "stylesheet",
    "icon",
    "shortcut icon",
    "preload",
    "modulepreload",
    "manifest",
)  # what a browser fetches of <link>
# How style sheets and scripts fetch: url(), @import, import ... from, import(), fetch(), importScripts(), .src =
LOADS = re.compile(
    r"""(?:\burl\(\s*['"]?|@import\s*['"]|\bfrom\s*['"]|\bimport\s*\(?\s*['"]|\bfetch\(['"]|Scripts\(['"]|\.src\s*=\s*['"])"""
    r"""((?:https?:)?//[\w.-]+\.\w[^'"\s)]*)"""
)
LINK = re.compile(r"(?<!!)\]\((?!https?:|mailto:|#)([^)\s]+)\)")


def assemble(root: Path, folder: Path, *, repository: str) -> None:
    """Copy what the site shows into an empty `folder`, notebooks and links made ready for Sphinx."""
    shutil.rmtree(folder, ignore_errors=True)
    pages = [page for pattern in PAGES for page in root.glob(pattern)]
    pages += sorted((root / "guide").rglob("*.md"))
    notebooks = [path for pattern in NOTEBOOKS for path in sorted(root.glob(pattern))]
    shown = {path.relative_to(root).as_posix() for path in [*pages, *notebooks]}

    def links(text: str, path: Path) -> str:
        return LINK.sub(lambda found: f"]({target(found[1], path)})", text)

    def target(link: str, path: Path) -> str:
        """Where a relative link leads: to a page of the site, to the reference, or into the repository."""
        where, _, _ = link.partition("#")
        inside = os.path.relpath(path.parent / where, root).replace(os.sep, "/")
        if inside in shown or not (root / inside).exists():  # what does not exist stays, and Sphinx says so
            return link
        if inside.startswith("galmorph_helpers"):
            module = re.sub(r"(/__init__)?\.pyi?$", "", inside)
            return f"#{module.replace('/', '.')}"
        return f"{repository}/{'tree' if (root / inside).is_dir() else 'blob'}/main/{inside}"

    for path in pages:
        lessons.write_whole(folder / path.relative_to(root), links(path.read_text(encoding="utf-8"), path))
    titles = {}
    for path in notebooks:
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = links(cell.source, path)
            elif cell.cell_type == "code":
                dress(cell)
        for _, output in lessons.outputs(notebook):
            if text := output.get("data", {}).get("text/markdown"):
                output.data["text/markdown"] = links(text, path)
        titles[path.relative_to(root).with_suffix("").as_posix()] = lessons.title(notebook)
        lessons.write_notebook(notebook, folder / path.relative_to(root))
    for path in (root / "docs").glob("*.md"):
        lessons.write_whole(folder / path.name, contents(path.read_text(encoding="utf-8"), titles))
    for name, text in reference().items():
        lessons.write_whole(folder / "reference" / f"{name}.md", text)


def contents(text: str, titles: dict[str, str]) -> str:
    """A page whose lists, such as `notebooks/*`, name each lesson with its title; an empty list is left out."""

    def listed(found: re.Match[str]) -> str:
        patterns = re.findall(r"^((?:notebooks|solutions)(?:/\w+)?)/\*$", found[0], flags=re.M)
        text, named = found[0], not patterns
        for folder in patterns:
            names = [n for n in titles if n.rpartition("/")[0] == folder]
            entries = [f"{Path(n).name.partition('_')[0]} {titles[n]} <{n}>" for n in names]
            text = text.replace(f"{folder}/*\n", "".join(f"{entry}\n" for entry in entries))
            named = named or bool(entries)
        return text if named else ""

    return re.sub(r"^```\{toctree\}.*?^```\n", listed, text, flags=re.M | re.S)


def dress(cell: NotebookNode) -> None:
    """Fold what the notebook folds, and tell Sphinx the alt text of a figure."""
    if lessons.FOLDED.intersection(lessons.tags(cell)):
        cell.metadata["tags"] = [*lessons.tags(cell), "hide-input"]
    alts = [output.get("metadata", {}).get("image/png", {}).get("alt") for output in cell.outputs]
    if alt := next(filter(None, alts), None):
        cell.metadata["mystnb"] = {"image": {"alt": alt}}


def reference() -> dict[str, str]:
    """A page a room of the package, one section a module: rooms load lazily, so each module is named."""
    import galmorph_helpers

    pages = {}
    found = list(pkgutil.walk_packages(galmorph_helpers.__path__, "galmorph_helpers."))
    rooms = {"galmorph_helpers": [m.name for m in found if not m.ispkg and m.name.count(".") == 1]}
    top = [m.name for m in found if m.ispkg and m.name.count(".") == 1]
    rooms |= {room: [n.name for n in found if n.name.startswith(f"{room}.")] for room in top}
    for room, modules in rooms.items():
        parts = [f"# {room.removeprefix('galmorph_helpers.')}\n", automodule(room, members=False)]
        for module in modules:
            if not module.endswith("__main__"):
                parts += [f"## {module.removeprefix('galmorph_helpers.')}\n", automodule(module)]
        pages[room.removeprefix("galmorph_helpers.")] = "\n".join(parts)
    return pages


def automodule(name: str, *, members: bool = True) -> str:
    return f"```{{eval-rst}}\n.. automodule:: {name}\n{'' if members else '   :no-members:'}\n```\n"


class Links(HTMLParser):
    """The anchors of a page, the places it leads to, and the files it loads by itself."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.anchors, self.leads, self.loads = set(), set(), set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.anchors |= {found.get("id"), found.get("name")} - {None}
        if tag == "a":
            self.leads |= {found.get("href")} - {None}
        elif tag != "link" or found.get("rel") in LOADED:
            self.loads |= {found.get("src"), found.get("href"), found.get("data")} - {None}


def broken_links(site: Path) -> list[str]:
    """What leads nowhere in a built site, and what opening it would ask of another host."""
    pages = {page: Links(page) for page in sorted(site.rglob("*.html")) if page.relative_to(site).parts[0] != "_static"}
    wrong = []
    for page, links in pages.items():
        here = page.relative_to(site)
        for link in sorted(links.leads | links.loads):
            address = urlsplit(link)
            if address.scheme or address.netloc:
                if link in links.loads and address.scheme != "data":
                    wrong.append(f"{here}: loads {link} from another host")
                continue
            file = page if not address.path else Path(os.path.normpath(page.parent / unquote(address.path)))
            anchor = unquote(address.fragment)
            if not file.is_file():
                wrong.append(f"{here}: {link} leads to no file of the site")
            elif anchor and file in pages and anchor not in pages[file].anchors:
                wrong.append(f"{here}: {link} leads to no place of that page")
    for file in sorted([*site.rglob("*.css"), *site.rglob("*.js"), *pages]):
        found = LOADS.findall(file.read_text(encoding="utf-8"))
        wrong += [f"{file.relative_to(site)}: loads {address} from another host" for address in found]
    return wrong


def build(root: Path) -> int:
    """The site in _build/site; a warning, a link that leads nowhere or a picture without words is an error."""
    from sphinx.cmd.build import main as sphinx

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    source, site = root / "_build" / "site-source", root / "_build" / "site"
    assemble(root, source, repository=project["urls"]["Repository"])
    shutil.rmtree(site, ignore_errors=True)
    folders = ["-c", str(root / "docs"), "-d", f"{site}-cache", str(source), str(site)]
    failed = sphinx(["-b", "html", "-W", "--keep-going", "-q", "-E", *folders])
    shutil.rmtree(site / "_sources", ignore_errors=True)  # the notebooks once more: the repository has them
    wrong = [] if failed else broken_links(site) + accessibility.problems_of(site)
    print(*wrong, sep="\n", end="\n" if wrong else "", file=sys.stderr)
    return int(bool(failed or wrong))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = Path(__file__).parents[1]
    parser.add_argument("--root", type=Path, default=here, help="folder of the course (default: this one)")
    root = parser.parse_args(arguments).root.resolve()
    failed = build(root)
    if not failed:
        print(f"{root / '_build' / 'site' / 'index.html'}: open it in a browser; it needs no network")
    return failed


if __name__ == "__main__":
    sys.exit(main())
