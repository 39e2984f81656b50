"""What the archives are asked: queries through astroquery.

Checked against the code of astroquery 0.4.11: `Vizier` returns 50 rows unless `row_limit` says otherwise, and an empty
list where nothing matches; an answer that is no table comes back as None; answers are cached for a week, wrong ones,
too, unless that is switched off. `SDSS.query_sql` returns None for an empty answer; `SDSS.query_crossid` matches
positions to the nearest primary object within 3 arcmin at most.
"""

import html
import re
import warnings

from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table, vstack

from .errors import ArchiveError, BadContent

ROWS_A_QUERY = 200  # positions or identifiers in one query to SkyServer
MOST_ROWS = 500_000  # of one SkyServer query


def astroquery_service(name):
    """The class of astroquery behind "vizier", "sdss" or "hips2fits"."""
    try:
        if name == "vizier":
            from astroquery.vizier import Vizier as service
        elif name == "sdss":
            from astroquery.sdss import SDSSClass as service
        else:
            from astroquery.hips2fits import hips2fitsClass as service
    except ImportError as error:
        raise ArchiveError(
            "fetching from archives needs astroquery: pip install 'galmorph-helpers[archive]', or astroquery."
        ) from error
    return service


def _uncached():
    from astroquery import cache_conf

    return cache_conf.set_temp("cache_active", False)


def vizier_table(session, table, n):
    """A table of VizieR, all columns and computed positions, the first `n` rows.

    Parameters
    ----------
    session : Session
    table : str
        Such as "J/ApJS/186/427/table2".
    n : int
        -1 for all rows.

    Returns
    -------
    astropy.table.Table
    """
    query = astroquery_service("vizier")(columns=["**", "_RA", "_DE"], row_limit=n)
    query._session = session  # our manners, for its requests
    try:
        with warnings.catch_warnings(), _uncached():
            warnings.simplefilter("ignore")  # units that VizieR writes and the VO standard does not know
            answer = query.get_catalogs_async(table)
            _refuse_outage(answer.text, table)
            found = query._parse_result(answer)
    except ArchiveError:
        raise
    except Exception as error:  # astroquery and astropy raise many kinds for an answer that is no VOTable
        raise BadContent(_no_answer("VizieR", table, error)) from error
    if found is None:
        raise BadContent(_no_answer("VizieR", table, "the answer is not a table"))
    if not len(found) or not len(found[0]):
        raise ArchiveError(
            f"VizieR has no rows for {table!r}. Look at https://vizier.cds.unistra.fr/viz-bin/VizieR?-source={table}: "
            "if the table is there, try again later; if it has moved, tell the maintainers."
        )
    return found[0]


def _refuse_outage(text, table):
    """VizieR reports its own trouble as a table without rows: the words are in INFO elements."""
    said = re.findall(r"<(?:\w+:)?INFO\b(?=[^>]*\bname=\"Error\")[^>]*\bvalue=\"([^\"]*)\"", text)
    said = [html.unescape(words).strip() for words in said if words.strip()]
    if said or re.search(r"<(?:\w+:)?INFO\b(?=[^>]*\bname=\"QUERY_STATUS\")[^>]*\bvalue=\"ERROR\"", text):
        raise BadContent(_no_answer("VizieR", table, f"it says {(said or ['ERROR'])[0]!r}"))


def sdss_sql(session, query, what):
    """The answer of SkyServer (DR17) to an SQL query.

    Parameters
    ----------
    session : Session
    query : str
    what : str
        In words, for messages.

    Returns
    -------
    astropy.table.Table

    Raises
    ------
    BadContent
        If what came is no table.
    ArchiveError
        If it has no rows.
    """
    service = _sdss(session)
    try:
        with _uncached():
            answer = service.query_sql_async(query, data_release=17, cache=False, timeout=300)
        found = _csv(answer, "SkyServer", what)
    except ArchiveError:
        raise
    except Exception as error:  # as above
        raise BadContent(_no_answer("SkyServer", what, error)) from error
    if not len(found):
        raise ArchiveError(
            f"SkyServer found no galaxies for {what}. Try again later; if it stays so, tell the maintainers."
        )
    return found


def sdss_crossid(session, ra, dec, *, within=3.0):
    """SDSS objects nearest to positions: `objID`, `ra`, `dec`, `petroR90_r`, `petroMag_r`; no row where there is none.

    Parameters
    ----------
    session : Session
    ra, dec : array
        Degrees.
    within : float
        Arcsec.

    Returns
    -------
    astropy.table.Table
    """
    service, parts = _sdss(session), []
    for start in range(0, len(ra), ROWS_A_QUERY):
        rows = slice(start, start + ROWS_A_QUERY)
        what = f"positions {start + 1} to {start + len(ra[rows])}"
        try:
            with _uncached():
                answer = service.query_crossid_async(
                    SkyCoord(ra[rows], dec[rows], unit="deg"),
                    radius=within * u.arcsec,
                    photoobj_fields=["objID", "ra", "dec", "petroR90_r", "petroMag_r"],
                    data_release=17,
                    cache=False,
                )
            parts.append(_csv(answer, "SkyServer", what))
        except ArchiveError:
            raise
        except Exception as error:  # as above
            raise BadContent(_no_answer("SkyServer", what, error)) from error
    parts = [part for part in parts if len(part)]
    if not parts:
        raise ArchiveError("SkyServer knows none of these positions: are they in the SDSS footprint?")
    return vstack(parts, metadata_conflicts="silent")


def sdss_objects(session, objids):
    """Positions and sizes of DR7 objects: `objid`, `ra`, `dec`, `petroR90_r`, `petroMag_r` from PhotoObjDR7."""
    parts = []
    for start in range(0, len(objids), ROWS_A_QUERY):
        some = ", ".join(str(int(objid)) for objid in objids[start : start + ROWS_A_QUERY])
        query = f"SELECT dr7objid AS objid, ra, dec, petroR90_r, petroMag_r FROM PhotoObjDR7 WHERE dr7objid IN ({some})"
        parts.append(sdss_sql(session, query, f"objects {start + 1} to {start + ROWS_A_QUERY}"))
    return vstack(parts, metadata_conflicts="silent")


def _sdss(session):
    service = astroquery_service("sdss")()
    service._session = session
    return service


def _csv(response, service, what):
    """SkyServer's CSV (a comment line `#Table1`, then the header) as a Table, empty where it has no rows."""
    text = response.text
    if response.status_code >= 400:
        raise BadContent(_no_answer(service, what, f"status {response.status_code}"))
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if "error_message" in text or not lines or "<" in lines[0] or lines[0].lower().startswith("no objects"):
        if lines and lines[0].lower().startswith("no objects"):
            return Table()
        raise BadContent(_no_answer(service, what, f"it says {text.strip()[:120]!r}"))
    return Table.read(lines, format="ascii.csv", fill_values=[("null", "0"), ("", "0")])  # masked, so NaN later


def _no_answer(service, what, why):
    return (
        f"{service} did not send a table for {what} ({str(why).strip()[:200]}). "
        "It may be busy, or this computer offline: try again later."
    )
