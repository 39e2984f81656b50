"""Checks of the exercises: they tell what is wrong, not only that something is, and never what is right.

A lesson needs three lines of code for an exercise, after the cell in which a learner writes a function `to_flux`:

    gm.course.check("02.1")              # says whether it is right, or what may be wrong
    to_flux = gm.course.yours("02.1")    # the learner's if it is right, else the helper's: the lesson goes on
    # gm.course.solution("02.1")         # for who asks
"""

import copy
import importlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .answers import describe, fault, same

_EXERCISES = "galmorph_helpers.course.exercises"


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """What is asked for, and what its check knows.

    Parameters
    ----------
    name : str
        Of the function (or the value) that the learner's cell defines.
    right : callable
        The helper's function; for a value, a function that gives it from what the lesson hands over (`given`).
    cases : sequence of tuple
        Arguments that a function is tried with; for a value, an example of `given`, for tests.
    value : bool
        A value is asked for, not a function.
    mistakes : dict of str -> callable
        Hint -> the function that somebody would have written who needs it. Two or more.
    hint : str
        Printed when no mistake fits.
    tolerance : float
        Relative, and absolute near zero.
    """

    name: str
    right: Callable
    cases: Sequence[tuple]
    mistakes: Mapping[str, Callable]
    value: bool = False
    hint: str = ""
    tolerance: float = 1e-6


@dataclass(frozen=True)
class Verdict:
    """Of a check: true if right. Its text is the number of points, which is where nbgrader looks for them."""

    sentence: str
    points: float
    of: float

    def __bool__(self):
        return self.points > 0

    def __repr__(self):
        return f"{self.points:g}"

    def _repr_html_(self):
        return f"<small>{self.points:g} of {self.of:g} point{'s' * (self.of != 1)}</small>"


_FROM_LESSON = object()  # the answer is what the lesson's namespace holds under the exercise's name


def check(number, answer=_FROM_LESSON, expected=None, *, points=1, given=(), tolerance=1e-6, hint=""):
    """Say whether an exercise is solved, and if not, what may be wrong.

    Parameters
    ----------
    number : str
        Of the exercise, such as "02.1".
    answer : function or value, optional
        What the lesson defines under the exercise's name, unless given here.
    points : float
        What a right answer is worth.
    given : tuple
        What an exercise that asks for a value is computed from.
    expected, tolerance, hint
        For lessons whose exercises are not in the package yet: `answer` is compared with `expected`.

    Returns
    -------
    Verdict
        True if right.
    """
    if expected is not None:
        return _compare(number, answer, expected, tolerance, hint)
    found = exercise(number)
    answer = _in_lesson(found.name, sys._getframe(1)) if answer is _FROM_LESSON else answer
    wrong = _wrong(found, answer, given)
    verdict = Verdict(f"{number}: {wrong or 'right.'}", 0 if wrong else points, points)
    print(verdict.sentence)
    return verdict


def yours(number, answer=_FROM_LESSON, *, given=()):
    """The learner's function (or value) if it is there and right; else a line says that the lesson takes the helper's.

    Parameters
    ----------
    number, answer, given
        As in `check`.
    """
    found = exercise(number)
    answer = _in_lesson(found.name, sys._getframe(1)) if answer is _FROM_LESSON else answer
    if not _wrong(found, answer, given):
        return answer
    print(f"{number}: the lesson goes on with the helper's `{found.name}` until yours is right.")
    return found.right(*given) if found.value else found.right


def solution(number):
    """Print how an exercise can be solved. Try it yourself first: the check's hints are there for you.

    Raises
    ------
    LookupError
        If the course has no such exercise.
    """
    stored = Path(_module(number).__file__).with_name(f"{_lesson(number)}.json")
    solutions = json.loads(stored.read_text(encoding="utf-8")) if stored.is_file() else {}
    if number not in solutions:
        raise LookupError(f"there is no solution of {number!r}; its lesson has {', '.join(solutions) or 'none'}.")
    print(solutions[number])


def exercise(number):
    """The `Exercise` of a number such as "02.1".

    Raises
    ------
    LookupError
        If the course has no such exercise.
    """
    exercises = _module(number).EXERCISES
    if number not in exercises:
        raise LookupError(f"there is no exercise {number!r}; its lesson has {', '.join(exercises)}.")
    return exercises[number]


def _module(number):
    name = f"{_EXERCISES}.lesson_{_lesson(number)}"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:  # the module is there, what it imports is not
            raise
        raise LookupError(f"there is no exercise {number!r}: its lesson has none. A number is like '02.1'.") from None


def _lesson(number):
    return str(number).partition(".")[0]


def _in_lesson(name, frame):
    return frame.f_globals.get(name)


def _wrong(found, answer, given):
    """What is wrong with an answer, in a sentence; "" if nothing is."""
    if answer is None or answer is ... or answer is found.right:
        return f"not answered yet. Write `{found.name}` in the cell above, run it, then this one again."
    if found.value:
        return _wrong_value(found, answer, given)
    if not callable(answer):
        return f"`{found.name}` is {describe(answer)}, a function is needed: keep the line that starts with def."
    results, right = [], []
    for case in found.cases:
        try:
            results.append(answer(*copy.deepcopy(case)))
        except NotImplementedError:
            return f"not answered yet. Write the lines of `{found.name}` in the cell above, then run it and this one."
        except Exception as error:  # whatever a beginner's function can raise
            said = f"{type(error).__name__}: {error}".rstrip(": ")
            return f"`{found.name}` raises {said} (called with {', '.join(map(describe, case))}). {found.hint}".strip()
        if results[-1] is None or results[-1] is ...:
            return f"`{found.name}` returns nothing yet. Write its lines, and end with `return`."
        right.append(found.right(*copy.deepcopy(case)))
        problem = fault(results[-1], right[-1])
        if problem:
            return f"`{found.name}` returns {problem} {_mistake(found, results, found.cases)}".strip()
    off = [i for i, pair in enumerate(zip(results, right, strict=True)) if not same(*pair, found.tolerance)]
    if not off:
        return ""
    with_what = ", ".join(map(describe, found.cases[off[0]]))
    said = f"not yet: called with {with_what}, `{found.name}` is off."
    return f"{said} {_mistake(found, results, found.cases)}".strip()


def _wrong_value(found, answer, given):
    right = found.right(*copy.deepcopy(given))
    problem = fault(answer, right)
    if problem:
        return f"`{found.name}` is {problem} {_mistake(found, [answer], [given])}".strip()
    if same(answer, right, found.tolerance):
        return ""
    return f"not yet: `{found.name}` is off. {_mistake(found, [answer], [given])}".strip()


def _mistake(found, results, cases):
    """The hint of the mistake that gives these results, else the general one."""
    for hint, wrong in found.mistakes.items():
        try:
            theirs = [wrong(*copy.deepcopy(case)) for case in cases[: len(results)]]
        except Exception:  # a mistake that this case does not allow
            continue
        if all(same(*pair, found.tolerance) for pair in zip(results, theirs, strict=True)):
            return hint
    return found.hint


def _compare(name, answer, expected, tolerance, hint):
    """The check of lessons whose exercises are not in the package yet."""
    if answer is None or answer is ...:
        print(f"{name}: not answered yet. Fill in the cell above, then run this one again.")
        return False
    wrong = fault(answer, expected)
    if not wrong and same(answer, expected, tolerance):
        print(f"{name}: right.")
        return True
    print(f"{name}: {f'the answer is {wrong}' if wrong else 'not yet; the answer is off.'} {hint}".rstrip())
    return False
