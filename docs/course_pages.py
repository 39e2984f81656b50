"""What the site adds to Sphinx: formulae as MathML, anchors as Jupyter writes them, words linked to the glossary."""

import re

from docutils import nodes
from sphinx import addnodes
from sphinx.errors import ExtensionError

from formulae import mathml

NO_LINK_INSIDE = (
    nodes.title,
    nodes.reference,
    nodes.literal,
    nodes.math,
    nodes.raw,
    addnodes.pending_xref,
    nodes.table,
)


def setup(app):
    app.add_html_math_renderer("mathml", (visit_inline_formula, None), (visit_formula, None))
    app.connect("doctree-read", link_first_uses)
    app.connect("autodoc-process-docstring", escape_bars)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def escape_bars(app, what, name, obj, options, lines):
    """In docstrings |V| is an absolute value, not a substitution; what stands in backticks is left alone."""
    text = re.sub(r"(`[^`]*`)|\|", lambda found: found[1] or r"\|", "\n".join(lines))
    lines[:] = text.split("\n")


def visit_inline_formula(writer, node):
    writer.body.append(formula(node, display=False))
    raise nodes.SkipNode


def visit_formula(writer, node):
    writer.body.append(f'<div class="formula">{formula(node, display=True)}</div>')
    raise nodes.SkipNode


def formula(node, *, display):
    try:
        return mathml(node.astext().strip(), display=display)
    except ValueError as error:
        raise ExtensionError(str(error)) from error


def anchor(heading):
    """The anchor of a heading as JupyterLab and nbconvert make it, so that links between lessons hold in both."""
    return heading.strip().replace(" ", "-")


def link_first_uses(app, doctree):
    """In a lesson, the first use of each word of the glossary becomes a link to it: the notebook itself stays plain."""
    if not app.env.docname.startswith(("notebooks/", "solutions/")):
        return
    words = glossary_words(app.env.doc2path("guide/glossary"))
    unseen = {word.lower(): word for word in words}
    # The longest first: "learning rate" before "learning".
    pattern = re.compile(
        r"(?<![\w-])(" + "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True)) + r")(?:e?s)?(?![\w-])",
        re.I,
    )
    for text in list(doctree.findall(nodes.Text)) if words else []:
        if inside(text, NO_LINK_INSIDE) or not inside(text, (nodes.paragraph,)):
            continue
        parts, end = [], 0
        for found in pattern.finditer(text):
            word = unseen.pop(found[1].lower(), None)
            # A capital word such as MAE or PSF is meant only where it is written in capitals.
            if word is None or (word.isupper() and found[1] != word):
                unseen |= {word.lower(): word} if word else {}
                continue
            parts += [nodes.Text(text[end : found.start()]), term_link(word, found[0], app.env.docname)]
            end = found.end()
        if parts:
            text.parent.replace(text, [*parts, nodes.Text(text[end:])])


def inside(node, kinds):
    while node := node.parent:
        if isinstance(node, kinds):
            return True
    return False


def term_link(word, shown, docname):
    link = addnodes.pending_xref(
        "", nodes.inline("", shown, classes=["xref", "std", "std-term"]),
        refdomain="std", reftype="term", reftarget=word, refexplicit=True, refwarn=True, refdoc=docname,
    )  # fmt: skip
    return link


def glossary_words(path):
    """The words that guide/glossary.md explains: each stands at the margin, above its indented explanation."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except FileNotFoundError:
        return []
    return [
        word
        for word, below in zip(lines, lines[1:], strict=False)
        if re.match(r"[^\s:#]", word) and below.startswith("  ")
    ]
