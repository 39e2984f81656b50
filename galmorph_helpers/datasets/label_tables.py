"""The table of labels beside a folder's images, as spreadsheets and people save it."""

import re

from astropy.io import ascii as text_tables
from astropy.table import QTable

MOST_COLUMNS = 1000  # the time that reading takes grows with their square


#: Endings of files that are taken for images where no table names them; what a file is, its first bytes say.
IMAGE = re.compile(r"(?!\.).*\.(jpe?g|png|tiff?|webp|gif|bmp|fi?ts?|fits?\.(gz|bz2|xz|fz))", re.IGNORECASE)


def images_in(path):
    """Names of the image files in a folder, by their endings, in order; those of folders below it are not looked at."""
    return sorted(p.name for p in path.iterdir() if IMAGE.fullmatch(p.name) and p.is_file())


def read_labels(path, labels=None):
    """The table beside the images of a folder, and its path: `labels`, `labels.csv`, or the only CSV with a `file`.

    With labels=False: a table of the folder's images alone, and None.
    """
    if not path.is_dir():
        raise FileNotFoundError(f"{path} is not a folder. It should hold a CSV with a 'file' column, and the images.")
    if labels is False:
        names = images_in(path)
        if not names:
            raise FileNotFoundError(f"no images (JPEG, PNG, FITS ...) in {path}: give the folder that holds them.")
        return QTable({"file": names}), None
    names = (
        [labels]
        if labels
        else ["labels.csv"]
        if (path / "labels.csv").exists()
        else sorted(p.name for p in path.glob("*.csv"))
    )
    if not names or not all((path / name).exists() for name in names):
        raise FileNotFoundError(
            f"no labels in {path}: write a labels.csv with a column 'file' (path of each image in the folder)."
        )
    tables = {name: _read_csv(path / name) for name in names}
    tables = {name: table for name, table in tables.items() if "file" in table.colnames}
    if len(tables) != 1:
        raise ValueError(
            f"{path} has {len(tables)} CSV files with a 'file' column (looked at {names}); name one with labels=."
        )
    ((name, table),) = tables.items()
    if len(table) == 0:
        raise ValueError(f"{path / name} has no rows.")
    return table, path / name


def _read_csv(file):
    """A table of any of the usual encodings and separators, the column `file` as text."""
    data = file.read_bytes()
    marks = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe\0\0": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    encoding = next((name for mark, name in marks.items() if data.startswith(mark)), "utf-8")
    try:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            if encoding != "utf-8":
                raise
            text = data.decode("latin-1")  # of an older spreadsheet; every byte is a letter there
        if "\0" in text:
            raise ValueError("it has zero bytes, as a workbook or UTF-16 without a byte order mark has")
        head = next((line for line in text.splitlines() if line.strip()), "")
        between = max(",;\t", key=lambda mark: "file" in [name.strip().strip('"') for name in head.split(mark)])
        if head.count(between) >= MOST_COLUMNS:
            raise ValueError(f"its first line has {head.count(between) + 1:,} names, at most {MOST_COLUMNS:,} are read")
        return QTable.read(
            text.splitlines() if "\n" not in text else text,
            format="ascii.csv",
            delimiter=between,
            guess=False,
            converters={"file": [text_tables.convert_numpy(str)]},
        )
    except Exception as error:  # the parts of a table reader raise many kinds
        why = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise ValueError(f"{file} cannot be read as a table ({why}): save it as CSV, in UTF-8.") from error


def check_classes(table, classes, csv):
    """An error that names the first row whose `class_name` is none of `classes`."""
    if "class_name" not in table.colnames:
        raise KeyError(f"{csv} has no column 'class_name' to check against {sorted(classes)}.")
    for row, value in enumerate(table["class_name"]):
        if str(value) not in classes:
            raise ValueError(f"{csv}, row {row + 1}: class_name {str(value)!r} is not one of {sorted(classes)}.")
