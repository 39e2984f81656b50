from . import bundle, folders, label_tables, named, observed, stamps, tables, xdf
from .bundle import observed_root
from .folders import read_folder
from .named import find_set, labelled_sdss, manga_classes, observed_mass_sfr, observed_pair, observed_target
from .observed import observed_galaxies
from .tables import open_ngc, read_efigi, read_mass_sfr
from .xdf import deep_field
