"""FITS in, FITS out: an observed image emulated at a higher redshift, with a header that says what was done."""

import warnings
from pathlib import Path

import numpy as np
import torch
from astropy.io import fits
from astropy.wcs import WCS, FITSFixedWarning
from astropy.wcs.utils import proj_plane_pixel_scales
from scipy import ndimage

from ..files import whole_file
from ..surveys import DES, ZERO_POINT
from .cutouts import stamps
from .emulation import emulate

UNITS = ("nanomaggy", "nanomaggies", "nmgy")  # what BUNIT may call them


def read_fits(path, *, zero_point=None, missing="error"):
    """An image or cube in nanomaggies a pixel, with its pixel scale.

    Parameters
    ----------
    path : str or Path
        The first HDU with data holds (H, W) or (bands, H, W) and a celestial WCS.
    zero_point : float, optional
        AB magnitude of one count. Without it, counts are nanomaggies, and a BUNIT that says otherwise is an error.
    missing : {"error", "mask"}
        Pixels that are NaN, or exactly 0, in any band: refuse them, or take them as sky and say where they are.

    Returns
    -------
    flux : torch.Tensor, float32 (bands, H, W)
    mask : array of bool (H, W)
        True where a pixel is missing.
    pixel_scale : float
        arcsec
    wcs : astropy.wcs.WCS
        Celestial, two axes.
    """
    path = Path(path)
    if missing not in ("error", "mask"):
        raise ValueError(f"missing must be 'error' or 'mask', got {missing!r}.")
    with fits.open(path) as hdus:
        hdu = next((h for h in hdus if h.is_image and h.data is not None), None)
        if hdu is None or hdu.data.ndim not in (2, 3):
            raise ValueError(f"{path.name} holds no image (H, W) and no cube (bands, H, W).")
        data, header = np.array(hdu.data, dtype=np.float32, ndmin=3), hdu.header
    with warnings.catch_warnings():  # of keywords in an older style, which astropy reads all the same
        warnings.simplefilter("ignore", FITSFixedWarning)
        wcs = WCS(header).celestial
    if not wcs.has_celestial:
        raise ValueError(f"{path.name} has no celestial WCS: add CTYPE, CRVAL, CRPIX and CD, or use gm.emulate.")
    sides = proj_plane_pixel_scales(wcs) * 3600
    if not np.isclose(*sides, rtol=0.01):
        raise ValueError(f"{path.name} has pixels of {sides[0]:.3f} x {sides[1]:.3f} arcsec: resample to square ones.")
    unit = str(header.get("BUNIT", UNITS[0])).strip().lower()
    if zero_point is None and unit not in UNITS:
        raise ValueError(f"{path.name} is in {unit!r}: give zero_point, the AB magnitude of one count.")
    mask = (~np.isfinite(data) | (data == 0)).any(0)
    if mask.any() and missing == "error":
        raise ValueError(
            f"{path.name}: {mask.sum()} of {mask.size} pixels are missing (NaN, or exactly 0, in some band); pass "
            "missing='mask' to take them as sky and get a MASK extension."
        )
    if mask.all():
        raise ValueError(f"{path.name}: every pixel is missing.")
    data[:, mask] = 0
    data *= 10 ** (0.4 * (ZERO_POINT - (ZERO_POINT if zero_point is None else zero_point)))
    return torch.as_tensor(data), mask, float(np.mean(sides)), wcs


def emulate_fits(
    path_in, path_out, *, z, z_new, psf, survey=DES, zero_point=None, missing="error", overwrite=False, **options
):
    """Move the galaxy of a FITS image to a higher redshift and write what the survey would have recorded.

    Parameters
    ----------
    path_in, path_out : str or Path
        See `read_fits`; the bands are those of `survey`, in its order.
    z, z_new : float
    psf : float, sequence of float or array (h, w)
        PSF of the image, as in `GalaxySample`.
    survey : Survey
    zero_point, missing
        As in `read_fits`.
    overwrite : bool
        Replace a file of that name.
    **options
        Passed on to `emulate`: k_correction, noise, seed, psf_new.

    Returns
    -------
    Path
        Of a file with the image (nanomaggies a pixel; WCS centred on the same point of the sky; Z, Z_ORIG, PIXSCALE;
        HISTORY) and, if pixels were missing, a MASK extension: 1 where a missing pixel reaches within one PSF.
    """
    path_out = Path(path_out)
    if path_out.exists() and not overwrite:
        raise FileExistsError(f"{path_out.name} is there already; pass overwrite=True, or take another name.")
    flux, mask, scale, wcs = read_fits(path_in, zero_point=zero_point, missing=missing)
    if len(flux) != len(survey.bands):
        raise ValueError(f"{Path(path_in).name} has {len(flux)} bands, {survey.name} {survey.bands}: choose its bands.")
    moved = emulate(stamps(flux[None], redshift=z, pixel_scale=scale, psf=psf), z_new=z_new, survey=survey, **options)
    image, row, shape = moved.images[0].numpy(), moved.table[0], moved.images.shape[-2:]
    header = _centred(wcs, mask.shape, shape, survey.pixel_scale).to_header()
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


def _centred(wcs, shape, shape_new, pixel_scale):
    """A WCS of new pixels with the orientation of the old one, both stamps centred on the same point of the sky."""
    new = WCS(naxis=2)
    new.wcs.ctype = wcs.wcs.ctype
    new.wcs.radesys, new.wcs.equinox = wcs.wcs.radesys, wcs.wcs.equinox
    new.wcs.crval = wcs.wcs_pix2world([[(shape[1] + 1) / 2, (shape[0] + 1) / 2]], 1)[0]
    new.wcs.crpix = [(shape_new[1] + 1) / 2, (shape_new[0] + 1) / 2]
    matrix = wcs.pixel_scale_matrix
    new.wcs.cd = matrix * pixel_scale / 3600 / np.sqrt(abs(np.linalg.det(matrix)))
    return new


def _moved_mask(mask, shape, step, reach):
    """1 where a missing pixel is within `reach` old pixels of a new pixel's centre; new pixels are `step` old ones."""
    near = ndimage.distance_transform_edt(~mask) <= reach
    where = [(np.arange(n) - (n - 1) / 2) * step + (side - 1) / 2 for n, side in zip(shape, mask.shape, strict=True)]
    rows, columns = (np.clip(np.rint(x), 0, side - 1).astype(int) for x, side in zip(where, mask.shape, strict=True))
    return near[np.ix_(rows, columns)].astype(np.uint8)
