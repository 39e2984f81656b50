"""Exercises in a lesson's source: a cell tagged `exercise` holds the solution, one tagged `check` after it the check.

    # %% tags=["exercise"]
    def to_flux(magnitude):
        ### BEGIN SOLUTION
        return 10 ** (0.4 * (22.5 - magnitude))
        ### END SOLUTION

    # %% tags=["check"]
    gm.course.check("02.1", points=2)

From it come the learner's notebook (a stub that blocks nothing), the solved one, and what nbgrader wants to know.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from nbformat import NotebookNode

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


@dataclass(frozen=True)
class Task:
    """One exercise of a lesson: its number, what it is worth, and its two cells."""

    number: str
    points: float
    answer: NotebookNode
    check: NotebookNode


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def tasks(notebook: NotebookNode) -> list[Task]:
    """The exercises, in order: each exercise cell with the check that follows it."""
    found, answer = [], None
    for cell in notebook.cells:
        if "exercise" in tags(cell):
            answer = cell
        elif "check" in tags(cell) and answer is not None and asked(cell.source):
            number, points = asked(cell.source)
            found.append(Task(number, points, answer, cell))
            answer = None
    return found


def asked(source: str) -> tuple[str, float] | None:
    """Number and points of the check that a cell ends in; None if it does not end in one."""
    try:
        last = ast.parse(source).body[-1].value
        if last.func.attr != "check" or not isinstance(last.args[0].value, str):
            return None
        worth = {k.arg: ast.literal_eval(k.value) for k in last.keywords if k.arg == "points"}
    except (SyntaxError, ValueError, IndexError, AttributeError):
        return None
    return last.args[0].value, worth.get("points", 1)


def prepare(notebook: NotebookNode, *, solved: bool) -> None:
    """Write nbgrader's metadata, and in the learner's notebook a stub in place of each solution."""
    for task in tasks(notebook):
        name = task.number.replace(".", "-")  # nbgrader allows no dot
        plain = {"schema_version": 3, "task": False}
        answer = {"grade": False, "grade_id": f"exercise-{name}", "locked": False, "solution": True}
        check = {"grade": True, "grade_id": f"check-{name}", "locked": True, "points": task.points, "solution": False}
        task.answer.metadata["nbgrader"], task.check.metadata["nbgrader"] = {**plain, **answer}, {**plain, **check}
        if not solved:
            task.answer.source = stub(task.answer.source)


def stub(source: str) -> str:
    """A cell with a line to fill in where the solution is: `...` in a function, a comment outside of one."""
    lines, inside, count = [], False, 0
    for line in source.splitlines():
        if BEGIN in line:
            inside, count = True, 0
        elif END in line:
            inside = False
            indent = line[: len(line) - len(line.lstrip())]
            how_many = f"{count} line{'s' * (count > 1)}"
            lines.append(f"{indent}...  # your code here: {how_many}" if indent else f"# Your code here: {how_many}.")
        elif inside:
            count += bool(line.strip()) and not line.strip().startswith("#")
        else:
            lines.append(line)
    return "\n".join(lines)


def solution(source: str) -> str:
    """A solved cell without the marks."""
    return "\n".join(line for line in source.splitlines() if BEGIN not in line and END not in line)


def hidden_lines(source: str) -> list[str]:
    """The lines of a solution that would give it away."""
    regions = re.findall(rf"{BEGIN}\n(.*?)\n\s*{END}", source, flags=re.S)
    lines = [line.strip() for region in regions for line in region.splitlines()]
    return [line for line in lines if len(line) >= 12 and not line.startswith("#")]


def verdict(check: NotebookNode, number: str) -> tuple[float, str]:
    """Points and sentence of an executed check cell; no points where it did not end."""
    points, said = 0.0, ""
    for output in check.get("outputs", []):
        if output.output_type == "execute_result":
            points = float(output.data["text/plain"])
        elif output.output_type == "stream":
            said = next((line for line in output.text.splitlines() if line.startswith(f"{number}: ")), said)
        elif output.output_type == "error":
            stopped = output.ename == "KeyboardInterrupt"
            why = "it did not end in time" if stopped else f"it stopped with {output.ename}: {output.evalue}"
            return 0.0, f"{number}: {why}"
    return points, said


def problems(notebook: NotebookNode) -> list[str]:
    """What is wrong with the exercises of a (solved) lesson, as the ends of sentences; each with its cell's index."""
    complete = {id(cell) for task in tasks(notebook) for cell in (task.answer, task.check)}
    numbers = [task.number for task in tasks(notebook)]
    found = []
    for index, cell in enumerate(notebook.cells):
        marks = [BEGIN in line for line in cell.source.splitlines() if BEGIN in line or END in line]
        if "exercise" in tags(cell):
            if not marks or marks != [True, False] * (len(marks) // 2):
                found.append((index, f"an exercise holds its solution between {BEGIN} and {END}"))
            elif id(cell) not in complete:
                found.append((index, 'an exercise is followed by a cell tagged "check"'))
        elif marks:
            found.append((index, 'marks of a solution in a cell that is not tagged "exercise"'))
        elif "check" in tags(cell) and id(cell) not in complete:
            found.append((index, 'a check follows an exercise and ends in gm.course.check("NN.1")'))
        if id(cell) in complete and "check" in tags(cell) and numbers.count(asked(cell.source)[0]) > 1:
            found.append((index, "another exercise has this number"))
    return found
