"""A few questions on what people often get wrong, at the end of a lesson: `quiz/NN.json`, in jupyterquiz's format."""

import base64
import json
import os
import secrets
from html import escape
from pathlib import Path
from unittest.mock import patch

from IPython.display import HTML, Javascript, display

FOLDER = Path(__file__).with_name("quiz")


def quiz(lesson):
    """Show the quiz of a lesson: click an answer, and it says why it is right or wrong.

    A notebook that is executed to be stored (``GALMORPH_QUIET=1``), or a place without jupyterquiz, gets the questions
    as a list. The answers are nowhere in the text of the page: jupyterquiz reads them from a base64 code.

    Parameters
    ----------
    lesson : str
        Such as "02".

    Raises
    ------
    LookupError
        If the lesson has no quiz.
    """
    questions = read_quiz(lesson)
    try:
        from jupyterquiz import display_quiz
    except ImportError:
        display_quiz = None
    if os.environ.get("GALMORPH_QUIET") == "1" or display_quiz is None:
        how = "run this cell to answer" if display_quiz else "pip install jupyterquiz, then run this cell to answer"
        display(HTML(as_list(questions, how)))
        return
    name = f"quiz-{lesson}-{secrets.token_hex(4)}"  # of its own: a cell can be run twice
    code = base64.b64encode(json.dumps(questions).encode()).decode()
    display(HTML(f'<span id="{name}" hidden>{code}</span>'))
    parts = []
    with patch.dict(display_quiz.__globals__, display=parts.append):
        display_quiz(f"#{name}")
    for part in parts:
        display(_alone(part))


def _alone(part):
    """A part of jupyterquiz's page, whose script knows of no MathJax.

    It would take JupyterLab's for its own: replace its settings, ask another host for a copy, and stumble. No question
    of the course has a formula.
    """
    if not isinstance(part, Javascript):
        return part
    return Javascript(f"(() => {{\nconst MathJax = undefined;\n{part.data}\n}})()")


def as_list(questions, how):
    """The questions and what can be answered, without saying what is right.

    Parameters
    ----------
    questions : list of dict
    how : str
        What to do to answer, in words.
    """
    items = []
    for question in questions:
        answers = "".join(f"<li>{escape(str(a['answer']))}</li>" for a in question["answers"])
        items.append(f"<li>{escape(question['question'])}<ul>{answers}</ul></li>")
    return f"<p><b>Quiz</b> ({escape(how)})</p><ol>{''.join(items)}</ol>"


def read_quiz(lesson):
    """The questions of a lesson, as jupyterquiz takes them.

    Returns
    -------
    list of dict
        `question`, `type` ("multiple_choice" has one correct answer, "many_choice" any number), and `answers`: each
        with `answer`, `correct`, and `feedback`, which says why.

    Raises
    ------
    LookupError
        If the lesson has no quiz.
    ValueError
        If a question cannot be answered, or an answer does not say why.
    """
    file = FOLDER / f"{lesson}.json"
    if not file.is_file():
        raise LookupError(f"lesson {lesson!r} has no quiz: it would be galmorph_helpers/course/quiz/{lesson}.json.")
    questions = json.loads(file.read_text(encoding="utf-8"))
    for question in questions:
        said, answers = question["question"], question["answers"]
        right = sum(bool(a["correct"]) for a in answers)
        if question["type"] not in ("multiple_choice", "many_choice"):
            raise ValueError(f"{said!r} is of type {question['type']!r}: take multiple_choice or many_choice.")
        if not right or (question["type"] == "multiple_choice" and right > 1):
            raise ValueError(f"{said!r} has {right} correct answers: multiple_choice has one, many_choice some.")
        if not all(a.get("feedback") for a in answers):
            raise ValueError(f"{said!r} has an answer without feedback: say why it is right or wrong.")
    return questions
