from . import checks, claims, exercises, explorer, quizzes, results, widgets
from .checks import Exercise, check, solution, yours
from .claims import Claims
from .explorer import click_through
from .quizzes import quiz
from .results import claim_of, claim_words, published_table, read_results, verdict
from .widgets import answered, classify_by_eye, explore
