"""One image file as a stamp: FITS or a picture, as its first bytes say, cropped, resized, in one order of rows."""

import numpy as np
import torch
from PIL import Image, ImageOps

from ..fitsfiles import looks_like_fits
from ..imaging.fits_images import read_image

MOST_PIXELS = 1 << 26  # of a picture: 8192 x 8192; a kilobyte of PNG can claim more
FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP", "PPM")
DEPTHS = {"I;16": 65535, "I;16L": 65535, "I;16B": 65535, "I;16N": 65535}  # what is white in these modes of Pillow


def read_stamp(file, *, size, crop=None, zero_point=None, hdu=None):
    """The centre of an image, resized by averaging; row 0 is the top of the picture.

    Parameters
    ----------
    file : str or Path
    size : int
        Side, pixels.
    crop : int, optional
        Central part that is taken, pixels of the file; by default the largest square.
    zero_point, hdu
        Of FITS files, as in `read_image`.

    Returns
    -------
    pixels : array (C, size, size)
        uint8; float32 in 0 to 1 for a picture of 16 bits; float32 nanomaggies a pixel for FITS.
    kind : {"colour", "flux", "counts"}
        A picture; FITS in nanomaggies; FITS that does not say what a count is.

    Raises
    ------
    ValueError, OSError
        Where the file is damaged, or does not say what its pixels are.
    """
    with open(file, "rb") as opened:
        head = opened.read(16)
    if looks_like_fits(head):
        return _read_fits(file, size, crop, zero_point, hdu)
    try:
        return _read_picture(file, head, size, crop), "colour"
    except (ValueError, OSError):
        raise
    except Exception as error:  # of Pillow, whose decoders raise many kinds for damaged files
        raise ValueError(f"damaged, or a claim of too many pixels ({type(error).__name__}: {error})") from error


def _read_picture(file, head, size, crop):
    try:
        opened = Image.open(file, formats=FORMATS)
    except Image.UnidentifiedImageError as error:
        raise ValueError(
            f"neither FITS nor one of {', '.join(FORMATS)}: it begins with {head[:16]!r}; packed files must be unpacked"
        ) from error
    with opened as image:
        if image.width * image.height > MOST_PIXELS:
            raise ValueError(f"{image.width} x {image.height} pixels, at most {MOST_PIXELS:,} are read: cut it first")
        if getattr(image, "n_frames", 1) > 1:
            raise ValueError(f"it holds {image.n_frames} pictures in one file, one is needed")
        image = ImageOps.exif_transpose(_understood(image))  # as viewers turn it
        top, left, bottom, right = central(image.height, image.width, crop)
        box = (left, top, right, bottom)
        if image.mode in DEPTHS:
            deep = Image.fromarray(np.asarray(image, np.float32) / DEPTHS[image.mode])
            pixels = np.asarray(deep.resize((size, size), Image.Resampling.BOX, box=box)).clip(0, 1)
        else:
            pixels = np.asarray(image.resize((size, size), Image.Resampling.BOX, box=box))
    return np.ascontiguousarray(pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1))


def _understood(image):
    """The picture in a mode whose white is known, without loss; others are an error."""
    mode = image.mode
    if mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        seen = image.convert("RGBA")
        if seen.getextrema()[3][0] < 255:
            raise ValueError("it is transparent in part: fill or cut those pixels first")
        return seen.convert("L" if mode in ("LA", "La", "L") else "RGB")
    if mode in ("L", "RGB", *DEPTHS):
        return image
    if mode == "I" and image.format in ("PNG", "PPM"):  # 16 bits at most, which Pillow may keep in 32
        return Image.fromarray(np.asarray(image).astype(np.uint16))
    if mode in ("1", "P", "YCbCr"):
        return image.convert("L" if mode == "1" else "RGB")
    raise ValueError(f"its pixels are of mode {mode}, whose white is not known: save it as grey or RGB, or as FITS")


def _read_fits(file, size, crop, zero_point, hdu):
    image = read_image(file, hdu=hdu, zero_point=zero_point)
    top, left, bottom, right = central(*image.flux.shape[-2:], crop)
    upright = image.flux[:, ::-1][:, top:bottom, left:right]  # row 0 of FITS is the bottom
    stamp = torch.from_numpy(upright.copy())[None]
    resized = torch.nn.functional.interpolate(stamp, size=(size, size), mode="area")[0].numpy()
    return resized, "flux" if image.calibrated else "counts"


def central(height, width, crop):
    """Top, left, bottom, right of the largest central square, or of the central `crop`."""
    side = min(height, width) if crop is None else crop
    if side > min(height, width):
        raise ValueError(f"a crop of {side} pixels does not fit in {height} x {width}")
    top, left = (height - side) // 2, (width - side) // 2
    return top, left, top + side, left + side
