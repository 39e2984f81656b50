from . import cubes, gradients, manga_files, spectroscopy
from .cubes import elliptical_radius, lambda_r, radial_spectra
from .gradients import activity, gradient, passive_ridge, principal_components, project
from .manga_files import read_cube, read_maps, read_sdss_spectrum
from .spectroscopy import d4000, equivalent_width, extinction, flag_spikes, log_grid, normalise, rest_frame
