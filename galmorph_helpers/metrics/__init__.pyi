from . import conformal, corrections, flags, regression, scores, uncertainty
from .conformal import conformal_sets, conformal_sets_by_group, coverage_table, set_names
from .corrections import corrected_fraction, galaxies_needed, shift_prior
from .flags import combined_classes, purity_table, robust_flag
from .regression import regression_table
from .scores import binary_metrics, calibration_curve, choose_threshold, metrics_table
from .uncertainty import fit_temperature, spread_by_probability, uncertainty_table
