from . import (
    adaptation,
    clusters,
    contrastive,
    domain,
    embedding,
    explain,
    folds,
    networks,
    together,
    training,
    transfer,
    weights,
)
from .adaptation import adapt, domain_accuracy, domain_labels, latent, mmd, normalised_for, ramp, reverse_gradient
from .clusters import (
    cluster_features,
    cluster_table,
    cramers_v,
    group_medians,
    match_labels,
    nearest_point,
    neighbours,
    oddness,
)
from .contrastive import fit_contrastive, nt_xent, prepare_maps, represent, represent_layers, view
from .domain import Domain, domain_warning, fit_domain, image_features, out_of_domain
from .explain import occlusion_map, saliency
from .folds import Folds, fit_folds, fold_numbers, predict_dropout, predict_folds
from .networks import DS18, CompactCNN, Encoder, count_parameters
from .together import fit_together, random_state
from .training import History, augment, fit, predict, predict_value
from .transfer import answer_scores, answered_loss, draw_labelled, freeze, observed_source, one_answer, retrain
from .weights import load_weights
