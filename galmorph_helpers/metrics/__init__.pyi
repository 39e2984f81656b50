from . import corrections, flags, regression, scores, uncertainty
from .corrections import corrected_fraction, galaxies_needed, shift_prior
from .flags import combined_classes, purity_table, robust_flag
from .regression import regression_table
from .scores import binary_metrics, calibration_curve, choose_threshold, metrics_table
from .uncertainty import (
    calibration_interval,
    fit_temperature,
    interval_with_training,
    spread_by_probability,
    uncertainty_table,
)
