from . import (
    arms,
    deep,
    demographics,
    distant,
    examples,
    experts,
    field,
    foreground,
    kinematics,
    known,
    manga,
    profiles,
    relations,
    rendering,
    s0_galaxies,
    s0_spectra,
    sample,
    stellar_maps,
    structure,
    templates,
    tides,
    tiles,
    vipers,
    volunteers,
)
from .deep import tidal_sample
from .demographics import population
from .distant import distant_samples, without
from .examples import portraits, specimens
from .experts import expert_t_types, single_sersic_index, visual_classes
from .kinematics import rotators
from .manga import write_manga
from .relations import describe
from .s0_galaxies import activity_profile, lenticulars
from .s0_spectra import mock_spectra
from .sample import mock_sample, seen_by
from .stellar_maps import mock_maps
from .tides import tidal_population
from .tiles import MockTile, mock_tile
from .vipers import spectral_classes
from .volunteers import answers, volunteer_votes
