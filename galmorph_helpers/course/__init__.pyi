from . import checklist, checks, claims, exercises, explorer, quizzes, results, widgets
from .checklist import check_folder
from .checks import Exercise, check, solution, yours
from .claims import Claims
from .explorer import click_through
from .quizzes import quiz
from .results import claim_of, claim_words, claims_with, measured_table, published_table, read_results, verdict
from .widgets import answered, classify_by_eye, explore
