"""Exercises: each check is fed the right answer, the typical mistakes, and nonsense, and has a sentence for each."""

import base64
import importlib
import json
import re
from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
import torch
from IPython.display import Javascript
from sklearn.metrics import roc_auc_score

import galmorph_helpers as gm
from galmorph_helpers.course import checks, quizzes

SAMPLE = Path(__file__).with_name("sample")
GIVEN = (np.array([1, 0, 0, 1, 0]),)  # of the sample's third exercise


def packaged(folder, pattern):
    return sorted(path.stem for path in Path(folder).glob(pattern))


@pytest.fixture(autouse=True)
def sample(monkeypatch):
    """The sample's exercises stand beside those of the lessons."""
    package = importlib.import_module("galmorph_helpers.course.exercises")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(SAMPLE)])


def numbers():
    """Every exercise of the package, and those of the sample."""
    folder = Path(checks.__file__).with_name("exercises")
    found = [*packaged(folder, "lesson_*.py"), *packaged(SAMPLE, "lesson_*.py")]
    sources = {name: next(p for p in (folder / f"{name}.py", SAMPLE / f"{name}.py") if p.exists()) for name in found}
    return [n for path in sources.values() for n in re.findall(r'^    "(\w+\.\d+)": Exercise', path.read_text(), re.M)]


def given_of(found):
    """What the check of a value is handed: the example that comes with it."""
    return found.cases[0] if found.value else ()


def said(number, answer, found, capsys):
    capsys.readouterr()
    verdict = gm.course.check(number, answer, given=given_of(found))
    return verdict, capsys.readouterr().out.strip()


def test_there_are_exercises_to_test():
    assert {"98.1", "98.2", "98.3"} <= set(numbers())


@pytest.mark.parametrize("number", numbers())
def test_right_answers_are_right_and_each_mistake_gets_its_own_hint(number, capsys):
    found = checks.exercise(number)
    own = found.right(*given_of(found)) if found.value else lambda *case: found.right(*case)
    assert said(number, own, found, capsys) == (checks.Verdict(f"{number}: right.", 1, 1), f"{number}: right.")
    assert len(found.mistakes) >= 2, "name two typical mistakes or more"
    for hint, wrong in found.mistakes.items():
        verdict, sentence = said(number, wrong(*given_of(found)) if found.value else wrong, found, capsys)
        assert not verdict and sentence.endswith(hint)


def raises(*_):
    raise ValueError("too dark")


NONSENSE = {
    "text": ("lots", "the text 'lots'"),
    "nothing": (None, "not answered yet|returns nothing yet"),
    "nan": (float("nan"), "NaN|nan"),
    "shape": (np.zeros((4, 5)), r"shape \(4, 5\)"),
    "type": ({"a": 1}, "a dict"),
    "raises": (raises, "raises ValueError: too dark|a function"),
}


@pytest.mark.parametrize("kind", NONSENSE)
@pytest.mark.parametrize("number", numbers())
def test_nonsense_gets_a_fitting_sentence(number, kind, capsys):
    found, (thing, pattern) = checks.exercise(number), NONSENSE[kind]
    answer = thing if found.value or kind == "raises" else lambda *_: thing
    verdict, sentence = said(number, answer, found, capsys)
    assert not verdict and re.search(pattern, sentence), sentence
    assert "Traceback" not in sentence and "\n" not in sentence


@pytest.mark.parametrize("number", numbers())
def test_no_sentence_gives_the_expected_number_away(number, capsys):
    found = checks.exercise(number)
    for case in found.cases:
        right = found.right(*case)
        parts = np.concatenate([np.ravel(part) for part in (right if isinstance(right, tuple) else (right,))])
        parts = parts[np.isfinite(parts)].astype(float)
        for thing in (*found.mistakes.values(), lambda *_: 1.2345):
            answer = thing(*given_of(found)) if found.value else thing
            _, sentence = said(number, answer, found, capsys)
            shown = {float(x) for x in re.findall(r"\d+\.\d+", sentence.replace(number, ""))}
            assert not any(abs(x - y) < 1e-3 for x in shown for y in parts if y != round(y)), sentence


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        (torch.tensor(0.4), True),
        (np.float32(0.4), True),
        (0.4 * u.dimensionless_unscaled, False),  # plain numbers are asked for
        (0.4 * u.mag, False),
        ([0.4], False),
        (True, False),
        (0.4 + 0j, False),
        (lambda edge_on: 0.4, False),
    ],
)
def test_a_value_may_come_in_any_dress_that_means_it(answer, right, capsys):
    assert bool(gm.course.check("98.3", answer, given=GIVEN)) is right
    assert "0.4" not in capsys.readouterr().out.replace("98.3", "") or right


def test_an_answer_is_found_in_the_lesson_by_its_name(capsys):
    lesson = {"gm": gm}
    exec("verdict = gm.course.check('98.1')", lesson)
    assert "98.1: not answered yet. Write `to_flux`" in capsys.readouterr().out
    exec("def to_flux(m):\n    return 10 ** (0.4 * (22.5 - m))\nverdict = gm.course.check('98.1', points=2)", lesson)
    assert capsys.readouterr().out == "98.1: right.\n"
    assert repr(lesson["verdict"]) == "2" and "2 of 2 points" in lesson["verdict"]._repr_html_()


def test_the_lesson_goes_on_with_the_learners_function_only_if_it_is_right(capsys):
    def mine(magnitude):
        return 10 ** (0.4 * (22.5 - magnitude))

    assert gm.course.yours("98.1", mine) is mine
    assert capsys.readouterr().out == ""
    for answer in (None, 3, raises, lambda m: None, lambda m: m):
        use = gm.course.yours("98.1", answer)
        assert use(22.5) == 1
        assert capsys.readouterr().out.count("goes on with the helper's `to_flux`") == 1
    assert gm.course.yours("98.3", "text", given=GIVEN) == 0.4
    capsys.readouterr()
    assert not gm.course.check("98.1", use), "the helper's function is no answer, though the lesson took it"


def test_a_function_cannot_change_what_others_are_tried_with(capsys):
    def greedy(magnitude):
        magnitude *= 2
        return magnitude

    gm.course.check("98.1", greedy)
    assert checks.exercise("98.1").cases[1][0][0, 0] == 17


def test_a_solution_is_shown_when_asked(tmp_path, monkeypatch, capsys):
    (tmp_path / "lesson_97.py").write_text("EXERCISES = {}", encoding="utf-8")
    (tmp_path / "97.json").write_text(json.dumps({"97.1": "x = 1  # ≥"}), encoding="utf-8")
    package = importlib.import_module("galmorph_helpers.course.exercises")
    monkeypatch.setattr(package, "__path__", [str(tmp_path)])
    gm.course.solution("97.1")
    assert capsys.readouterr().out == "x = 1  # ≥\n"
    with pytest.raises(LookupError, match="no solution of '97.2'; its lesson has 97.1"):
        gm.course.solution("97.2")


@pytest.mark.parametrize("number", ["98.7", "96.1", "exercise 1"])
def test_an_exercise_that_is_not_there(number):
    with pytest.raises(LookupError, match="there is no exercise"):
        gm.course.check(number)


def test_what_lesson_00_writes_by_hand_is_what_the_libraries_say():
    first = importlib.import_module("galmorph_helpers.course.exercises.lesson_00")
    rng = np.random.default_rng(0)
    truth, score = rng.integers(0, 2, 200), rng.integers(0, 20, 200) / 20  # with ties
    assert first.auc(score[truth == 1], score[truth == 0]) == pytest.approx(roc_auc_score(truth, score))
    for thickness in (3, 6):
        light = first.ellipse(length=9, thickness=thickness, angle=40, neighbour=True)
        measured = gm.morphology_features(light[None, None])["ellipticity_30"][0]
        assert first.axis_ratio(light) == pytest.approx(1 - measured, abs=0.02)
        assert first.axis_ratio(light) == pytest.approx(np.hypot(thickness, 1) / np.hypot(9, 1), abs=0.03)
    assert first.axis_ratio(light) == pytest.approx(first.axis_ratio(light[::-1, :]), abs=0.02)


# ---------------------------------------------------------------- quiz

QUIZ = [
    {
        "question": "What is recall?",
        "type": "multiple_choice",
        "answers": [
            {"answer": "the share of the positives that is found", "correct": True, "feedback": "Splendid"},
            {"answer": "the share of the found that is positive", "correct": False, "feedback": "precision it is"},
        ],
    }
]


@pytest.fixture
def quiz(tmp_path, monkeypatch):
    monkeypatch.setattr(quizzes, "FOLDER", tmp_path)
    (tmp_path / "98.json").write_text(json.dumps(QUIZ), encoding="utf-8")
    shown = []
    monkeypatch.setattr(quizzes, "display", shown.append)
    monkeypatch.delenv("GALMORPH_QUIET", raising=False)
    return shown


def test_a_quiz_keeps_its_answers_out_of_the_text(quiz):
    gm.course.quiz("98")
    page = "".join(str(part.data) for part in quiz)
    assert "Splendid" not in page and "precision it is" not in page and "share of the positives" not in page
    name, code = re.search(r'id="(quiz-98-\w+)" hidden>([^<]+)<', page).groups()
    assert f'getElementById("{name}")' in page
    assert json.loads(base64.b64decode(code)) == QUIZ


def test_a_quiz_leaves_the_formulae_of_the_page_alone(quiz):
    """jupyterquiz would take JupyterLab's MathJax, which has no `typeset`, for one of its own, and fetch another."""
    gm.course.quiz("98")
    (script,) = [part.data for part in quiz if isinstance(part, Javascript)]
    hidden, uses = script.index("const MathJax = undefined"), [m.start() for m in re.finditer("MathJax", script)]
    assert uses[0] == hidden + len("const ") and len(uses) > 2


@pytest.mark.parametrize("lesson", packaged(quizzes.FOLDER, "*.json"))
def test_no_quiz_needs_formulae(lesson):
    assert "$" not in (quizzes.FOLDER / f"{lesson}.json").read_text(encoding="utf-8")


def test_readers_without_a_kernel_get_a_list_without_answers(quiz, monkeypatch):
    monkeypatch.setenv("GALMORPH_QUIET", "1")
    gm.course.quiz("98")
    (shown,) = quiz
    assert "What is recall?" in shown.data and "share of the found" in shown.data
    assert "Splendid" not in shown.data and "correct" not in shown.data.lower()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"type": "numeric"}, "multiple_choice or many_choice"),
        ({"answers": [{"answer": "a", "correct": False, "feedback": "b"}]}, "0 correct answers"),
        ({"answers": [{"answer": "a", "correct": True}]}, "without feedback"),
    ],
)
def test_a_bad_question_is_refused(quiz, change, says):
    (quizzes.FOLDER / "98.json").write_text(json.dumps([QUIZ[0] | change]), encoding="utf-8")
    with pytest.raises(ValueError, match=says):
        gm.course.quiz("98")


def test_a_lesson_without_a_quiz():
    with pytest.raises(LookupError, match="lesson '96' has no quiz"):
        quizzes.read_quiz("96")


@pytest.mark.parametrize("lesson", packaged(quizzes.FOLDER, "*.json"))
def test_every_quiz_of_the_course_has_three_sound_questions(lesson):
    assert len(quizzes.read_quiz(lesson)) == 3
