from . import companions, copies, features, forest, indices, photometry, segment_anything, segmentation, sources
from .companions import companion_features
from .copies import near_duplicates
from .features import morphology_features
from .forest import fit_forest
from .segment_anything import load_sam
from .segmentation import overlap, segment, without_galaxy
