from . import (
    archive,
    catalogue,
    course,
    datasets,
    files,
    hubble,
    imaging,
    labels,
    learning,
    measure,
    metrics,
    mock,
    plots,
    published,
    runtime,
    samples,
    spectra,
    surveys,
)
from .course.claims import Claims
from .datasets.folders import read_folder
from .datasets.named import find_set, labelled_sdss
from .datasets.xdf import deep_field
from .imaging.camera import observe
from .imaging.emulation import emulate
from .imaging.stretch import colour_image
from .learning.folds import fit_folds, predict_folds
from .learning.networks import CompactCNN, Encoder
from .learning.training import fit, predict
from .learning.weights import load_weights
from .measure.features import morphology_features
from .metrics.scores import choose_threshold, metrics_table
from .mock.demographics import population
from .mock.sample import mock_sample
from .runtime import device, pick, start
from .samples import GalaxySample, split
from .surveys import DES, SDSS
