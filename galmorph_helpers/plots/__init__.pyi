from . import doubt, fork, images, lines, scatter, style, tables
from .doubt import rejection, uncertainty
from .fork import tuning_fork
from .images import gallery, images_row, map_grid, maps
from .lines import (
    curves,
    efficiency,
    histograms,
    intervals,
    learning_curve,
    profiles,
    reliability,
    spectra,
    threshold_figure,
    trends,
)
from .scatter import clouds, plane, planes, scatter_regression
from .tables import show_claims, show_metrics, show_table
