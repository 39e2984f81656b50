"""Helpers of the course *Galaxy morphology with deep learning*: ``import galmorph_helpers as gm``."""

from .catalogues import open_ngc, read_efigi, read_mass_sfr
from .claims import Claims
from .clusters import (
    cluster,
    cluster_table,
    cramers_v,
    group_medians,
    match_labels,
    nearest_point,
    neighbours,
    oddness,
)
from .companions import companion_features
from .contrastive import fit_contrastive, nt_xent, prepare_maps, represent, represent_layers, view
from .cubes import elliptical_radius, lambda_r, radial_spectra, read_cube, read_maps, read_sdss_spectrum
from .describe import describe
from .domain import Domain, domain_warning, fit_domain, image_features, out_of_domain
from .emulate import dimming, emulate, redshift_for_magnitude, shrinkage
from .emulated_fits import emulate_fits, read_fits
from .evaluation import binary_metrics, calibration_curve, choose_threshold, metrics_table, regression_table
from .features import fit_forest, morphology_features
from .folders import read_folder
from .folds import Folds, fit_folds, fold_numbers, near_duplicates, predict_dropout, predict_folds
from .gradients import activity, gradient, passive_ridge, principal_components, project
from .hubble import convert_t_type, nearest_class, read_hubble_type
from .kcorrection import k_correction, spectral_family
from .labelled import find_set, labelled_sdss, manga_classes, observed_mass_sfr
from .mock.experts import expert_t_types, single_sersic_index, visual_classes
from .mock.manga import write_manga
from .mock.maps import mock_maps
from .mock.population import population
from .mock.rotators import rotators
from .mock.spectra import activity_profile, lenticulars, mock_spectra
from .mock.tides import tidal_light, tidal_population
from .mock.vipers import spectral_classes
from .mock.volunteers import certain, volunteer_votes
from .networks import DS18, CompactCNN, Encoder, count_parameters, occlusion_map
from .observe import colour_image, observe
from .publishing import (
    combined_classes,
    morphology_catalogue,
    purity_table,
    read_catalogue,
    write_catalogue,
)
from .results import claim_of, published_table, read_results
from .robust import faint_catalogue, robust_flag, shift_prior
from .runtime import device, observed_root, peak_memory_mb, pick, progress, seed_everything, start
from .samples import GalaxySample, group_rows, split
from .segment import load_sam, overlap, segment
from .sources import deep_field, mock_sample
from .specimens import portraits, specimens
from .spectroscopy import d4000, equivalent_width, extinction, flag_spikes, log_grid, normalise, rest_frame
from .surveys import DES, SDSS, Survey, depth_of_exposure, sky_sigma_for_limit, surface_brightness_limit
from .tidal import corrected_fraction, deep_survey, detector_input, saliency, tidal_labels, tidal_sample
from .training import History, augment, fit, predict, predict_value
from .uncertainty import fit_temperature, spread_by_probability, uncertainty_table
from .weights import load_weights

__version__ = "0.1.0"
