from . import (
    adaptation,
    answers,
    augmentation,
    clusters,
    contrastive,
    discrepancy,
    domain,
    embedding,
    explain,
    few_labels,
    folds,
    general,
    inputs,
    labelled,
    networks,
    prompts,
    questions,
    thresholds,
    together,
    training,
    transfer,
    views,
    votes,
    weights,
)
from .adaptation import adapt, latent, normalised_for
from .answers import answer_scores, probability_scores
from .clusters import (
    cluster_features,
    cluster_table,
    cramers_v,
    group_medians,
    match_labels,
    neighbours,
    oddness,
)
from .contrastive import fit_contrastive, nt_xent, represent, represent_layers, vicreg
from .discrepancy import domain_accuracy, domain_labels, mmd, neighbour_mixing, ramp, reverse_gradient, sinkhorn
from .domain import Domain, domain_warning, fit_domain, image_features, out_of_domain
from .explain import occlusion_map, saliency
from .few_labels import train_on, two_numbers
from .folds import Folds, fit_folds, fold_numbers, predict_dropout, predict_folds
from .general import load_general, represent_general
from .labelled import fit_labelled
from .networks import DS18, CompactCNN, Encoder, count_parameters
from .prompts import PromptUNet, prompt_network
from .questions import class_probabilities, five_loss, five_targets, read_five
from .thresholds import chosen_thresholds, probability_in_turn
from .training import History, Training, fit, predict, predict_value
from .transfer import (
    answered_loss,
    draw_labelled,
    freeze,
    observed_source,
    one_answer,
    retrain,
    some_answers,
)
from .views import prepare_maps, ring_means, view
from .votes import beta_binomial_loss, certain_votes_loss, expected_share
from .weights import load_weights, observed_network, unseen
