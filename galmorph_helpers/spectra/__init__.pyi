from . import cubes, eigenspectra, gradients, indices, manga_files, spectroscopy
from .cubes import elliptical_radius, lambda_r, radial_spectra
from .eigenspectra import principal_components, project
from .gradients import activity, beyond_noise, gradient, passive_ridge
from .indices import d4000, equivalent_width
from .manga_files import read_cube, read_maps, read_sdss_spectrum, read_template
from .spectroscopy import comparable, extinction, flag_spikes, log_grid, normalise, rest_frame
