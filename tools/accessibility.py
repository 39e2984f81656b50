"""What keeps someone from reading the built site: the checks of axe (deque.com) that need no browser."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from bs4 import BeautifulSoup, Tag

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def problems(page: str) -> list[str]:
    """What is wrong with an HTML page: images without alt text, controls without a name, headings out of order ...

    An image that is there for its looks has alt="" and is passed over.
    """
    soup = BeautifulSoup(page, "html.parser")
    found = [] if (soup.html or {}).get("lang") else ["html-has-lang: the page does not say its language"]
    if not (soup.title and soup.title.get_text(strip=True)):
        found.append("document-title: the page has no title")
    found += [f"image-alt: {short(img)}" for img in soup.find_all("img") if not described(img)]
    found += [f"svg-img-alt: {short(svg)}" for svg in soup.find_all("svg", role="img") if not name(svg)]
    found += [f"link-name: {short(a)}" for a in soup.find_all("a", href=True) if seen(a) and not name(a)]
    found += [f"button-name: {short(b)}" for b in soup.find_all("button") if seen(b) and not name(b)]
    labelled = {label.get("for") for label in soup.find_all("label")}
    for field in soup.find_all(["input", "select", "textarea"]):
        if field.get("type") not in ("hidden", "submit", "button") and seen(field):
            if field.get("id") not in labelled and not field.find_parent("label") and not name(field):
                found.append(f"label: {short(field)}")
    ids = Counter(tag["id"] for tag in soup.find_all(id=True))
    found += [f"duplicate-id: {what}" for what, count in ids.items() if count > 1]
    headings = [h for h in soup.find_all(HEADINGS) if h.find_parent("main") and not h.find_parent(class_="onlyprint")]
    levels = [int(heading.name[1]) for heading in headings]
    if levels.count(1) != 1:
        found.append(f"page-has-heading-one: {levels.count(1)} of level 1")
    steps = zip(levels, levels[1:], strict=False)
    return found + [f"heading-order: level {below} under level {above}" for above, below in steps if below > above + 1]


def described(img: Tag) -> bool:
    """Whether it has alt text that is more than the file's name, which Sphinx writes where there is none."""
    alt = img.get("alt")
    return alt is not None and not alt.endswith((".png", ".svg", ".jpg", ".jpeg", ".gif"))


def name(tag: Tag) -> str:
    """What a screen reader calls a thing: its label, its title, its text, or the alt text of a picture in it."""
    pictures = [img.get("alt", "") for img in tag.find_all("img")]
    said = [tag.get("aria-label"), tag.get("aria-labelledby"), tag.get("title"), tag.get("placeholder"), *pictures]
    return " ".join(filter(None, [*said, tag.get_text(" ", strip=True)])).strip()


def seen(tag: Tag) -> bool:
    return not any(t.get("aria-hidden") == "true" or t.has_attr("hidden") for t in [tag, *tag.parents] if t.name)


def short(tag: Tag) -> str:
    return " ".join(str(tag).split())[:100]


def problems_of(site: Path) -> list[str]:
    """Those of all pages of a built site."""
    pages = [page for page in sorted(site.rglob("*.html")) if page.relative_to(site).parts[0] != "_static"]
    return [f"{p.relative_to(site)}: {what}" for p in pages for what in problems(p.read_text(encoding="utf-8"))]
