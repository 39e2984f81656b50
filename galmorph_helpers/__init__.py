"""Helpers of the course *Galaxy morphology with deep learning*: ``import galmorph_helpers as gm``."""

from .catalogues import open_ngc, read_efigi, read_mass_sfr
from .claims import Claims
from .describe import describe
from .evaluation import binary_metrics, calibration_curve, choose_threshold, metrics_table, regression_table
from .features import fit_forest, morphology_features
from .folders import read_folder
from .hubble import convert_t_type, nearest_class, read_hubble_type
from .mock.population import population
from .mock.volunteers import certain, expert_t_types, volunteer_votes
from .networks import DS18, CompactCNN, count_parameters, occlusion_map
from .observe import colour_image, observe
from .runtime import device, observed_root, peak_memory_mb, pick, progress, seed_everything, start
from .samples import GalaxySample, group_rows, split
from .sources import deep_field, mock_sample
from .specimens import portraits, specimens
from .surveys import DES, SDSS, Survey, sky_sigma_for_limit, surface_brightness_limit
from .training import History, augment, fit, predict, predict_value
from .weights import load_weights

__version__ = "0.1.0"
