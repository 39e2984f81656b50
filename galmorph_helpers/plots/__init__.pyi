from . import classifiers, deep, doubt, fork, images, lines, network, people, receding, scatter, style, tables
from .classifiers import confusion_gallery, reliability, roc_curves, threshold_figure
from .deep import deep_row, depth_scale
from .doubt import rejection, uncertainty
from .fork import tuning_fork
from .images import gallery, images_row, map_grid, maps
from .lines import histograms, intervals, learning_curve, limits, spectra, trends
from .network import anatomy, descent
from .people import confusion, decision_tree
from .receding import journey, stretched
from .scatter import clouds, plane, planes, scatter_regression
from .tables import show_claims, show_metrics, show_table
