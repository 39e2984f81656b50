"""The table behind a set: asked for, renamed, on the DS18 scale, with positions and sizes where images need them."""

import warnings

import numpy as np
from astropy.table import QTable, Table
from astropy.utils.exceptions import AstropyWarning

from ..hubble import RANGES, convert_t_type
from .columns import join_by_position, name_galaxies, one_row_a_galaxy, pick_columns, shuffled, with_units
from .contents import check
from .download import download
from .errors import ArchiveError
from .layout import now
from .services import MOST_ROWS, sdss_crossid, sdss_objects, sdss_sql, vizier_table

FILE = "catalogue.ecsv"


def get_catalogue(folder, entry, n, session):
    """The first `n` galaxies of a set, from the folder if it has as many already, else from the archive.

    Parameters
    ----------
    folder : Folder
    entry : dict
    n : int
    session : Session

    Returns
    -------
    astropy.table.QTable
    """
    if folder.manifest["asked"] >= n and folder.has(FILE, lambda path: QTable.read(path)):
        return QTable.read(folder.path / FILE)
    table, counts = _ask(folder, entry, n, session)
    folder.write_table(FILE, with_units(table), format="ascii.ecsv")
    folder.save(asked=n, counts=counts, complete=False)
    print(_sentence(counts, len(table)))
    return QTable.read(folder.path / FILE)


def _ask(folder, entry, n, session):
    catalogue = entry["catalogue"]
    images = entry["kind"] == "images"
    raw, source = _raw(folder, entry, n, session)
    table = pick_columns(
        raw,
        catalogue["columns"],
        optional=catalogue.get("optional"),
        source=source,
        null=catalogue.get("null"),
    )
    counts = {"rows": len(raw)}
    if "t_type" in table.colnames:
        table["t_type"] = _on_ds18_scale(table["t_type"], catalogue["scale"])
        if images:  # a label is what an image is fetched for
            counts["no_type"] = int(np.isnan(table["t_type"]).sum())
            table = table[~np.isnan(table["t_type"])]
    if images and catalogue.get("sizes") == "dr7objid":
        table, joined = _by_objid(table, sdss_objects(session, table["objid"]))
        counts |= joined
    if "ra" in table.colnames:
        table, left_out = one_row_a_galaxy(table)
        counts |= left_out
    if catalogue["service"] != "sql" and "objid" not in table.colnames and images:
        table = shuffled(name_galaxies(table))
    table = table[:n]
    if images and catalogue.get("sizes") == "crossid":
        table, joined = join_by_position(table, _sizes(sdss_crossid(session, table["ra"], table["dec"])))
        counts |= joined
    if images:
        sized = np.isfinite(table["petro_r90"]) & (table["petro_r90"] > 0)
        counts["no_size"] = int((~sized).sum())
        table = table[sized]
    if not len(table):
        raise ArchiveError(
            f"no galaxy is left of {entry['name']} ({counts}): the archive's answer is not what was expected."
        )
    return name_galaxies(table), counts


def _raw(folder, entry, n, session):
    catalogue = entry["catalogue"]
    if catalogue["service"] == "vizier":
        source = f"VizieR {catalogue['table']}"
        print(f"asking {source} ...")
        whole = catalogue.get("sizes") == "crossid"  # a small table, so that a fixed shuffle can choose
        raw = vizier_table(session, catalogue["table"], -1 if whole else n)
    elif catalogue["service"] == "sql":
        if n > MOST_ROWS:
            raise ArchiveError(f"SkyServer gives {MOST_ROWS:,} rows at most, {n:,} were asked for: use a smaller --n.")
        source = f"SkyServer DR17, query {catalogue['name']}"
        print(f"asking {source} (a minute or two) ...")
        query = catalogue["query"].format(n=n, where=entry.get("where", ""), order=entry.get("order", ""))
        raw = sdss_sql(session, query, entry["name"])
    else:
        source = catalogue["url"]
        file = source_file(folder, catalogue["url"], session, kind="fits")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AstropyWarning)  # units that the FITS standard does not know
            raw = Table.read(file, hdu=catalogue["hdu"])
    folder.manifest["sources"].append({"what": source, "when": now(), "rows": len(raw)})
    return raw, source


def source_file(folder, url, session, *, kind, sha256=None):
    """A file as the archive has it, kept in `source/`; fetched only if it is not there.

    Parameters
    ----------
    folder : Folder
    url : str
    session : Session
    kind : {"fits", "tar", "hdf5"}
        What it must be.
    sha256 : str, optional

    Returns
    -------
    Path
    """
    name = f"source/{url.rsplit('/', 1)[1]}"
    (folder.path / "source").mkdir(exist_ok=True)
    if not folder.has(name, lambda path: check(path, kind, url=name)):
        folder.add(name, download(session, url, folder.path / name, kind=kind, sha256=sha256))
        folder.manifest["sources"].append({"what": url, "when": now()})
        folder.save()
    return folder.path / name


def _on_ds18_scale(t_type, scale):
    if scale == "DS18":  # a network's values may lie beyond the classes
        return np.asarray(t_type, float)
    values, (low, high) = np.array(t_type, float), RANGES[scale]
    values[(values < low) | (values > high)] = np.nan  # codes for what is no type; they are counted
    return convert_t_type(values, scale)


def _sizes(found):
    columns = {"ra": ["ra"], "dec": ["dec"], "petro_r90": ["petroR90_r"]}
    more = {"objid": ["objID"], "petro_mag_r": ["petroMag_r"]}
    return pick_columns(found, columns, optional=more, source="SkyServer")


def _by_objid(table, found):
    """Rows whose `objid` SkyServer knows, in the order of `table`, with its position and size."""
    found = _sizes(found)
    row_of = {int(objid): row for row, objid in enumerate(found["objid"])}
    rows = np.array([row_of.get(int(objid), -1) for objid in table["objid"]])
    joined = table[rows >= 0]
    for name in found.colnames:
        if name not in joined.colnames:
            joined[name] = found[name][rows[rows >= 0]]
    return joined, {"asked": len(table), "joined": len(joined), "without_partner": int((rows < 0).sum())}


def _sentence(counts, kept):
    words = {
        "rows": "rows came",
        "no_type": "have no type",
        "no_position": "have no position",
        "duplicates": "are repeated",
        "asked": "asked for a partner",
        "joined": "have one",
        "without_partner": "have none",
        "shared_partner": "share one with a nearer galaxy",
        "no_size": "have no size",
    }
    said = ", ".join(f"{counts[key]:,} {word}" for key, word in words.items() if counts.get(key))
    return f"catalogue: {said}; {kept:,} galaxies remain"
