"""The one thing that flows through the course: a `GalaxySample`, and its split into parts that no galaxy crosses."""

from dataclasses import dataclass, field, replace

import numpy as np
import torch
from astropy.table import QTable

from .surveys import Survey

ORIGINS = ("mock", "deep field", "folder", "archive")
#: What the pixels of a sample are, and what captions say of them.
PIXELS = {
    "colour": "{} pictures",
    "flux": "flux in nanomaggies a pixel",
    "surface brightness": "surface brightness in nanomaggies arcsec⁻²",
}


@dataclass(frozen=True)
class GalaxySample:
    """Images of galaxies and what is known about each.

    Attributes
    ----------
    images : torch.Tensor, float32 (N, C, H, W)
        What its numbers are is said by `pixels`.
    table : astropy.table.QTable
        One row a galaxy, with units.
    survey : Survey or None
        None where the folder does not say.
    origin : {"mock", "deep field", "folder", "archive"}
    name : str
        What captions call it.
    pixels : {"colour", "flux", "surface brightness"}
        "colour": a stretched picture in 0 to 1, red, green, blue or one grey channel; "flux": nanomaggies per pixel,
        bands from blue to red; "surface brightness": nanomaggies per square arcsecond, bands from blue to red.
    psf : float, sequence of C floats, or array (h, w), optional
        PSF of the images where it is not that of their survey: FWHM, arcsec, of a Moffat profile without the pixel, or
        an image, at the stamps' pixel scale, of what a point becomes, pixel included.
    """

    images: torch.Tensor
    table: QTable
    survey: Survey | None
    origin: str
    name: str = ""
    pixels: str = field(kw_only=True)
    psf: float | tuple | np.ndarray | None = field(default=None, kw_only=True)

    def __post_init__(self):
        if self.images.ndim != 4:
            raise ValueError(f"images must be (N, C, H, W), got shape {tuple(self.images.shape)}.")
        if len(self.images) != len(self.table):
            raise ValueError(f"{len(self.images)} images but {len(self.table)} table rows: one row a galaxy is needed.")
        if self.origin not in ORIGINS:
            raise ValueError(f"origin must be one of {ORIGINS}, got {self.origin!r}.")
        if self.pixels not in PIXELS:
            raise ValueError(f"pixels must be one of {tuple(PIXELS)}, got {self.pixels!r}: say what the images hold.")

    def __len__(self):
        return len(self.table)

    def __getitem__(self, rows):
        """The galaxies selected by a slice, a boolean mask or an array of indices."""
        rows = rows if isinstance(rows, slice) else np.atleast_1d(np.asarray(rows))
        index = rows if isinstance(rows, slice) else torch.as_tensor(rows)
        return replace(self, images=self.images[index], table=self.table[rows])

    def __repr__(self):
        n, c, h, w = self.images.shape
        return f"<{n} galaxies, {c} x {h} x {w} pixels, {self.caption}>"

    @property
    def caption(self):
        """What captions say of origin and pixels: no mock galaxy is taken for an observed one."""
        galaxies = "mock galaxies" if self.origin == "mock" else "observed galaxies"
        shown = PIXELS[self.pixels].format("grey" if self.images.shape[1] == 1 else "colour")
        return f"{galaxies} ({self.name or self.origin}), {shown}"


def check_pixels(sample, wanted, *, what):
    """An error unless the pixels of a sample are those that are wanted.

    Parameters
    ----------
    sample : GalaxySample
    wanted : str
        Key of `PIXELS`.
    what : str
        Who asks for them.

    Raises
    ------
    ValueError
    """
    if sample.pixels != wanted:
        raise ValueError(
            f"{what} needs {PIXELS[wanted].format('colour')}, and these are {sample.caption}: make or read the sample "
            f"with {wanted} in its pixels."
        )


def split(sample, *, by=None, fractions=(0.7, 0.1, 0.2), seed=0):
    """Random disjoint parts of a sample that no galaxy crosses.

    Parameters
    ----------
    sample : GalaxySample or Table
    by : str, optional
        Column that identifies a galaxy: rows that share its value stay together. By default `objid`, `id_str` or `id`,
        whichever is there; without one, every row is a galaxy.
    fractions : tuple of float
        Share of galaxies in each part, summing to 1.
    seed : int

    Returns
    -------
    list of numpy.ndarray
        Sorted row indices of each part, to be used as ``sample[train]``.

    Raises
    ------
    ValueError
        If the fractions do not sum to 1, or there are too few galaxies to fill each part.
    KeyError
        For a column that the table does not have.

    Examples
    --------
    >>> table = QTable({"objid": [1, 1, 2, 3, 4, 5, 5, 6, 7, 8]})
    >>> [len(part) for part in split(table, fractions=(0.5, 0.25, 0.25), seed=1)]
    [6, 2, 2]
    """
    table = getattr(sample, "table", sample)
    fractions = np.asarray(fractions, float)
    if (fractions <= 0).any() or abs(fractions.sum() - 1) > 1e-6:
        raise ValueError(f"fractions must be positive and sum to 1, got {fractions.tolist()}.")
    groups = group_rows(table, by=by)
    n_groups = groups.max() + 1
    edges = np.rint(np.cumsum(fractions)[:-1] * n_groups).astype(int)
    if len(np.unique(np.r_[0, edges, n_groups])) != len(fractions) + 1:
        raise ValueError(f"{n_groups} galaxies are too few for parts of {fractions.tolist()}: one part would be empty.")
    order = np.random.default_rng(seed).permutation(n_groups)
    return [np.flatnonzero(np.isin(groups, part)) for part in np.split(order, edges)]


def group_rows(table, *, by=None):
    """Number of the galaxy that each row belongs to, 0 to n-1; `by` as in `split`."""
    if len(table) == 0:
        raise ValueError("an empty sample cannot be split.")
    if by is not None and by not in table.colnames:
        raise KeyError(f"no column {by!r} to split by; the table has {table.colnames}.")
    by = by or next((name for name in ("objid", "id_str", "id") if name in table.colnames), None)
    if by is None:
        return np.arange(len(table))
    return np.unique(np.asarray(table[by]), return_inverse=True)[1]


# Side of a size-matched stamp in R90: the inner half of Galaxy Zoo's 424 pixels of 0.02 R90 each (Willett+2013).
R90_CUTOUT = 4.24
