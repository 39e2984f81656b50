from . import checks, claims, results, widgets
from .checks import check
from .claims import Claims
from .results import claim_of, published_table, read_results, verdict
from .widgets import explore
