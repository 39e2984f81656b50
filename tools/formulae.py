"""Formulae as MathML: browsers draw it by themselves, without a script and without a network."""

from __future__ import annotations

import re

from latex2mathml.converter import convert
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

# A prime is a raised sign already: the converter raises it again, and it all but vanishes.
PRIME = re.compile(r"<msup>(<m[in]>[^<]*</m[in]>)<mi>(&#x0203[2-4];)</mi></msup>")


def mathml(tex: str, *, display: bool = False) -> str:
    """The formula `tex` (LaTeX, without dollars) as a MathML element; `display` sets it on a line of its own.

    Raises ValueError for a command that the converter does not know, which would else be printed as it stands.
    """
    element = PRIME.sub(r'\1<mo lspace="0" rspace="0">\2</mo>', convert(tex, display="block" if display else "inline"))
    if "\\" in element:
        unknown = element[element.index("\\") :].partition("<")[0]
        raise ValueError(f"the formula {tex!r} has {unknown!r}, which cannot be made into MathML: write it another way")
    return element


class Renderer(IPythonRenderer):
    """Markdown as nbconvert renders it, but for formulae, which it leaves to a script of another host."""

    def block_math(self, body: str) -> str:
        return mathml(body, display=True)

    def inline_math(self, body: str) -> str:
        return mathml(body)


def markdown_html(source: str, *, folder: str = "") -> str:
    """A markdown cell as HTML that needs no other file; its images are looked for in `folder`."""
    return MarkdownWithMath(renderer=Renderer(escape=False, embed_images=True, path=folder)).render(source)
