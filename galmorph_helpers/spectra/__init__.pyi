from . import cubes, eigenspectra, gradients, indices, spectroscopy
from .cubes import elliptical_radius, lambda_r, radial_spectra, read_cube, read_maps, read_sdss_spectrum
from .eigenspectra import principal_components, project
from .gradients import activity, gradient, passive_ridge
from .indices import d4000, equivalent_width
from .spectroscopy import extinction, flag_spikes, log_grid, normalise, rest_frame
