from . import companions, copies, features, photometry, segmentation
from .companions import companion_features
from .copies import near_duplicates
from .features import fit_forest, morphology_features
from .segmentation import load_sam, overlap, segment
