from . import bundle, folders, label_tables, named, observed, people, stamps, tables, xdf
from .bundle import observed_root
from .folders import read_folder, read_images
from .named import find_set, labelled_sdss, manga_classes, observed_mass_sfr, observed_pair, observed_target
from .observed import observed_galaxies
from .people import (
    GALAXY_ZOO_TREE,
    count_masses,
    count_votes,
    galaxy_zoo_votes,
    pair_types,
    stored_mass_sfr,
    two_typings,
)
from .tables import open_ngc, read_efigi, read_mass_sfr
from .xdf import deep_field
