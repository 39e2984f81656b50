from . import companions, copies, detection, features, forest, indices, photometry, segmentation, sources
from .companions import companion_features
from .copies import near_duplicates
from .features import morphology_features
from .forest import fit_forest
from .segmentation import load_sam, overlap, segment
