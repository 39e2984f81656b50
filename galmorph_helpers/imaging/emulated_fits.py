"""FITS in, FITS out: an observed image emulated at a higher redshift, with a header that says what was done."""

from pathlib import Path

import numpy as np
import torch
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_scales
from scipy import ndimage

from ..files import whole_file
from ..surveys import DES, ZERO_POINT
from .cutouts import stamps
from .emulation import emulate
from .fits_images import read_image


def read_fits(path, *, zero_point=None, missing="error", hdu=None):
    """An image or cube in nanomaggies a pixel, with its pixel scale; data/FORMATS.md says what is read of which survey.

    Parameters
    ----------
    path : str or Path
        A FITS file, plain or compressed, with an image (H, W) or a cube (bands, H, W) and a celestial WCS.
    zero_point : float, optional
        AB magnitude of one count. Without it the header must say what a count is (see `calibration.nanomaggies`).
    missing : {"error", "mask"}
        Pixels that are missing in any band: refuse them, or take them as sky and say where they are. Missing are NaN,
        BLANK, pixels that the file's own mask or weight calls so, and exact zeros that fill a block of 5 x 5 or a line
        of 25 pixels; single zeros are counts as any other.
    hdu : int, str, or sequence of them, optional
        HDU of the image, or one a band; needed where a file holds several images.

    Returns
    -------
    flux : torch.Tensor, float32 (bands, H, W)
        Rows as in the file: row 0 is the bottom (`read_folder` turns images over, as pictures are).
    mask : array of bool (H, W)
        True where a pixel is missing.
    pixel_scale : float
        arcsec
    wcs : astropy.wcs.WCS
        Celestial, two axes, distortions with it.

    Raises
    ------
    ValueError
        Where the file does not say what it holds: the sentence names the keyword or the argument.
    """
    name = Path(path).name
    if missing not in ("error", "mask"):
        raise ValueError(f"missing must be 'error' or 'mask', got {missing!r}.")
    image = read_image(path, hdu=hdu, zero_point=zero_point, wcs=True)
    data, wcs = image.flux, image.wcs
    if not image.calibrated:
        raise ValueError(
            f"{name} does not say what a count is (BUNIT, MAGZERO and the like): give zero_point, the AB magnitude of "
            f"one count, {ZERO_POINT} if counts are nanomaggies."
        )
    try:
        sides = proj_plane_pixel_scales(wcs) * 3600
    except ValueError as error:
        raise ValueError(f"{name} has a WCS that cannot be used ({_first_line(error)}).") from error
    if not (np.isfinite(sides).all() and min(sides) > 0):
        raise ValueError(f"{name} has pixels of {sides[0]} x {sides[1]} arcsec by its WCS: mend CD or CDELT.")
    if not np.isclose(*sides, rtol=0.01):
        raise ValueError(f"{name} has pixels of {sides[0]:.3f} x {sides[1]:.3f} arcsec: resample to square ones.")
    lost = np.stack([~np.isfinite(band) | empty(band) for band in data])
    mask = lost.any(0)
    if mask.any() and missing == "error":
        raise ValueError(
            f"{name}: {mask.sum()} of {mask.size} pixels are missing (NaN, masked, or in a block of exact zeros, in "
            "some band); pass missing='mask' to take them as sky and get a MASK extension."
        )
    blank = np.flatnonzero(lost.all((1, 2)))
    if len(blank) and len(blank) < len(data):
        raise ValueError(f"{name}: band {blank[0] + 1} of {len(data)} is blank: leave it out, with hdu= or a new file.")
    if mask.all():
        raise ValueError(f"{name}: every pixel is missing.")
    data[:, mask] = 0
    return torch.as_tensor(data), mask, float(np.mean(sides)), wcs


def empty(band):
    """Where an image (H, W) is exactly 0 over a block of 5 x 5 pixels, or a line of 25: no sky does that by chance.

    Counts stored as integers, or compressed with quantisation, are 0 in many single pixels: those are data.
    """
    zero, found = band == 0, np.zeros(band.shape, bool)
    if zero.sum() < min(25, *band.shape):
        return found
    for height, width in ((5, 5), (1, 25), (25, 1)):
        block = np.ones((min(height, band.shape[0]), min(width, band.shape[1])), bool)
        found |= ndimage.binary_opening(zero, block)
    return found


def emulate_fits(path_in, path_out, *, z, z_new, psf, survey=DES, overwrite=False, **options):
    """Move the galaxy of a FITS image to a higher redshift and write what the survey would have recorded.

    Parameters
    ----------
    path_in, path_out : str or Path
        See `read_fits`; the bands are those of `survey`, in its order.
    z, z_new : float
    psf : float, sequence of float or array (h, w)
        PSF of the image, as in `GalaxySample`.
    survey : Survey
    overwrite : bool
        Replace a file of that name.
    **options
        Passed on to `read_fits`: zero_point, missing, hdu; and to `emulate`: k_correction, noise, seed, psf_new.

    Returns
    -------
    Path
        Of a file with the image (nanomaggies a pixel; WCS centred on the same point of the sky; Z, Z_ORIG, PIXSCALE;
        HISTORY) and, if pixels were missing, a MASK extension: 1 where a missing pixel reaches within one PSF.
    """
    path_out = Path(path_out)
    if path_out.exists() and not overwrite:
        raise FileExistsError(f"{path_out.name} is there already; pass overwrite=True, or take another name.")
    reading = {name: options.pop(name) for name in ("zero_point", "missing", "hdu") if name in options}
    flux, mask, scale, wcs = read_fits(path_in, **reading)
    if len(flux) != len(survey.bands):
        raise ValueError(f"{Path(path_in).name} has {len(flux)} bands, {survey.name} {survey.bands}: choose its bands.")
    centre = _local(wcs, mask.shape, Path(path_in).name)  # before the work: a WCS may be good for nothing
    moved = emulate(stamps(flux[None], redshift=z, pixel_scale=scale, psf=psf), z_new=z_new, survey=survey, **options)
    image, row, shape = moved.images[0].numpy(), moved.table[0], moved.images.shape[-2:]
    header = _centred(centre, shape, survey.pixel_scale).to_header()
    header["BUNIT"], header["SURVEY"], header["BANDS"] = "nanomaggy", survey.name, "".join(survey.bands)
    header["Z"], header["Z_ORIG"] = (float(z_new), "redshift emulated"), (float(z), "redshift observed")
    header["PIXSCALE"] = (survey.pixel_scale, "arcsec")
    lost = ", ".join(f"{b} {m:.3f}" for b, m in zip(survey.bands, row["magnitudes_lost"].value, strict=True))
    header["HISTORY"] = f"galmorph_helpers.emulate_fits of {Path(path_in).name}"
    header["HISTORY"] = f"dimmed by distance, K-correction, evolution [mag]: {lost}"
    header["HISTORY"] = f"shrunk by {row['shrinkage']:.4f}; pixels {scale:.4f} -> {survey.pixel_scale:.4f} arcsec"
    header["HISTORY"] = "PSF matched in Fourier space to " + (
        "the image given as psf_new" if options.get("psf_new") is not None else f"Moffat, FWHM {survey.psf_fwhm} arcsec"
    )
    noisy = options.get("noise", True)
    header["HISTORY"] = (
        f"sky and photon noise of {survey.name} added, seed {options.get('seed', 0)}; own noise left, in units of it: "
        f"{row['noise_kept']:.3f}" if noisy else "no noise added"
    )  # fmt: skip
    hdus = [fits.PrimaryHDU(image if len(image) > 1 else image[0], header)]
    if mask.any():
        step = survey.pixel_scale / (scale * row["shrinkage"])  # a new pixel in old ones
        reach = step * max(survey.psf_fwhm) / survey.pixel_scale
        hdus.append(fits.ImageHDU(_moved_mask(mask, shape, step, reach), name="MASK"))
        hdus[0].header["HISTORY"] = f"{mask.sum()} missing pixels taken as sky; see extension MASK"
    with whole_file(path_out) as part:
        fits.HDUList(hdus).writeto(part, overwrite=True)
    return path_out


def _local(wcs, shape, name):
    """A plain tangential projection about the centre of an image, whatever projection and distortions `wcs` has."""
    x, y = (shape[1] + 1) / 2, (shape[0] + 1) / 2
    try:
        sky = wcs.all_pix2world([[x, y], [x - 0.5, y], [x + 0.5, y], [x, y - 0.5], [x, y + 0.5]], 1)
        new = WCS(naxis=2)
        new.wcs.ctype = [kind[:5] + "TAN" for kind in wcs.wcs.ctype]
        new.wcs.radesys, new.wcs.equinox = wcs.wcs.radesys, wcs.wcs.equinox
        new.wcs.crval, new.wcs.crpix, new.wcs.cd = sky[0], [0, 0], np.eye(2)
        offset = new.wcs_world2pix(sky, 0) + 1  # degrees on the tangential plane, in the order of CTYPE
    except ValueError as error:  # of wcslib, which dumps its call stack
        raise ValueError(f"{name} has a WCS that cannot be used at its centre ({_first_line(error)}).") from error
    matrix = np.stack([offset[2] - offset[1], offset[4] - offset[3]], 1)
    if not (np.isfinite(matrix).all() and abs(np.linalg.det(matrix)) > 0):
        raise ValueError(f"{name}: the centre of the image is not on the sky by its WCS: mend CRPIX and CRVAL.")
    new.wcs.cd = matrix
    return new


def _centred(local, shape_new, pixel_scale):
    """A WCS of new pixels with the orientation of the old one, both stamps centred on the same point of the sky."""
    new, matrix = local.deepcopy(), local.wcs.cd
    new.wcs.crpix = [(shape_new[1] + 1) / 2, (shape_new[0] + 1) / 2]
    new.wcs.cd = matrix * pixel_scale / 3600 / np.sqrt(abs(np.linalg.det(matrix)))
    return new


def _first_line(error):
    return (str(error).strip().splitlines() or [type(error).__name__])[-1][:200]


def _moved_mask(mask, shape, step, reach):
    """1 where a missing pixel is within `reach` old pixels of a new pixel's centre; new pixels are `step` old ones."""
    near = ndimage.distance_transform_edt(~mask) <= reach
    where = [(np.arange(n) - (n - 1) / 2) * step + (side - 1) / 2 for n, side in zip(shape, mask.shape, strict=True)]
    rows, columns = (np.clip(np.rint(x), 0, side - 1).astype(int) for x, side in zip(where, mask.shape, strict=True))
    return near[np.ix_(rows, columns)].astype(np.uint8)
