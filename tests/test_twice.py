"""Every cell of a lesson can be run twice: none needs what it has changed itself. Read, not run."""

import ast
from pathlib import Path

import pytest

import lessons

LESSONS = lessons.find(Path(__file__).parents[1], further=True)


def names(node, context):
    """Names that a statement reads (`ast.Load`), binds (`ast.Store`) or deletes, but for those of its own loops."""
    own = set()
    for part in ast.walk(node):
        if isinstance(part, ast.comprehension):
            own |= {name.id for name in ast.walk(part.target) if isinstance(name, ast.Name)}
        elif isinstance(part, ast.Lambda):
            own |= {argument.arg for argument in (*part.args.args, *part.args.kwonlyargs)}
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, context)} - own


def follow(body, bound, read):
    """Go through statements: `read` grows by names that are read before these statements have bound them."""
    for line in body:
        if isinstance(line, ast.FunctionDef | ast.ClassDef):
            bound.add(line.name)
            continue
        parts = [getattr(line, name, []) for name in ("body", "orelse", "finalbody")]
        parts += [handler.body for handler in getattr(line, "handlers", [])]
        heads = {ast.For: ("iter", "target"), ast.If: ("test",), ast.While: ("test",)}.get(type(line), ())
        whole = [getattr(line, head) for head in heads] or getattr(line, "items", []) or ([] if any(parts) else [line])
        for part in whole:
            read |= names(part, ast.Load) - bound
            if isinstance(part, ast.AugAssign):
                read |= names(part.target, ast.Store) - bound
            bound |= names(part, ast.Store)
        for part in parts:
            follow(part, bound, read)


def not_twice(source):
    """Names that a cell changes and needs as they were: x = f(x), x += 1, del x."""
    tree = ast.parse("\n".join(line for line in source.splitlines() if not line.lstrip().startswith("%")))
    bound, read = set(), set()
    follow(tree.body, bound, read)
    return (read & bound) | (names(tree, ast.Del) - bound)


@pytest.mark.parametrize(
    ("cell", "needs"),
    [
        ("sky = sky[:100]", {"sky"}),
        ("n += 1", {"n"}),
        ("print(len(sky))\ndel sky", {"sky"}),
        ("for k in range(3):\n    print(rows)\n    rows = [k]", {"rows"}),
        ("if x > 1:\n    x = 0", {"x"}),
        ("with open(name) as file:\n    name = file.read()", {"name"}),
        ("few = sky[:100]\nfew = few[few.bright]\ndel few", set()),
        ("rows = [row for row in table]\nrow = rows[0]", set()),
        ("def f(x):\n    x = x + 1\n    return x", set()),
        ("best = max(rows, key=lambda row: row[1])\nrow = best", set()),
    ],
)
def test_what_cannot_be_run_twice_is_found(cell, needs):
    assert not_twice(cell) == needs


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_every_cell_can_be_run_twice(lesson):
    cells = [c.source for c in lessons.read_source(lesson.source, solved=True).cells if c.cell_type == "code"]
    assert cells and {number: needs for number, cell in enumerate(cells) if (needs := not_twice(cell))} == {}
