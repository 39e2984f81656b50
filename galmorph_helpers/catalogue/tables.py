"""A morphology catalogue as the public ones are: columns, combined classes, files that say what is in them."""

import os
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import QTable

from ..files import whole_file

FORMATS = {".fits": "fits", ".parquet": "parquet"}


def write_catalogue(catalogue, path, *, overwrite=False):
    """Write a catalogue as FITS or Parquet, by the ending of the name; units and descriptions go with it.

    Written beside and renamed at the end: a run that is stopped leaves no half of a file.

    Parameters
    ----------
    catalogue : Table
        Each column with a description (``catalogue["Z"].info.description``).
    path : str or Path
        Ends in ``.fits`` or ``.parquet``.
    overwrite : bool
        Replace a file of that name.

    Returns
    -------
    Path
    """
    path = Path(path)
    silent = [name for name in catalogue.colnames if not catalogue[name].info.description]
    if silent:
        raise ValueError(f"columns without a description: {silent}; set catalogue[name].info.description of each.")
    if path.suffix not in FORMATS:
        raise ValueError(f"the name must end in {' or '.join(FORMATS)}, got {path.name!r}.")
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path.name} is there already; pass overwrite=True to replace it, or take another name.")
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise OSError(f"cannot write into the folder {str(path.parent)!r}: it is not there, or not writable.")
    if path.suffix == ".fits":  # has no signed bytes: astropy would store them as yes or no
        narrow = [name for name in catalogue.colnames if catalogue[name].dtype == np.int8]
        catalogue = catalogue.copy(copy_data=False) if narrow else catalogue
        for name in narrow:
            said = catalogue[name].info.description
            catalogue[name] = catalogue[name].astype(np.int16)
            catalogue[name].info.description = said
    with whole_file(path) as part:
        catalogue.write(part, format=FORMATS[path.suffix], overwrite=True)
        if path.suffix == ".fits":
            _describe(part, catalogue)
    return path


def _describe(file, catalogue):
    """Descriptions as TCOMM keywords, too: astropy's own way, in comments, other programs do not read."""
    with fits.open(file, mode="update") as hdus:
        for number, name in enumerate(catalogue.colnames, start=1):
            hdus[1].header[f"TCOMM{number}"] = catalogue[name].info.description


def read_catalogue(path):
    """Read what `write_catalogue` wrote: a QTable with units and descriptions, text as str, native byte order."""
    path = Path(path)
    if path.suffix not in FORMATS:
        raise ValueError(f"the name must end in {' or '.join(FORMATS)}, got {path.name!r}.")
    if not path.exists():
        raise FileNotFoundError(f"no catalogue {path.name!r} in {str(path.parent)!r}.")
    table = QTable.read(path, format=FORMATS[path.suffix])
    table.convert_bytestring_to_unicode()
    for name in table.colnames:
        column = table[name]
        if not column.dtype.isnative:  # FITS is big-endian
            table[name] = column.astype(column.dtype.newbyteorder("="))
            table[name].info.description = column.info.description
    return table
