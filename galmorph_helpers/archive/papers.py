"""How many papers a year use a word: asked of NASA's Astrophysics Data System (ADS), for who has a token."""

import os

from .errors import ArchiveError, BadContent
from .session import Session

ADS = "https://api.adsabs.harvard.edu/v1/search/query"
TOKEN = "ADS_DEV_KEY"  # the environment variable that astroquery reads, too


def count_papers(word, years, *, session=None):
    """Refereed papers of astronomy with a word in their abstract, year by year.

    Parameters
    ----------
    word : str
        Such as "convolutional".
    years : iterable of int
        One request each.
    session : Session, optional

    Returns
    -------
    dict of int -> int, or None
        Papers by year; None where the environment variable `ADS_DEV_KEY` has no token: a line says so.

    Raises
    ------
    ArchiveError
        If ADS refuses the token, or answers something else than a count.
    """
    if not word.isalpha():
        raise ValueError(f"word must be one word of letters, got {word!r}.")
    token = os.environ.get(TOKEN)
    if not token:
        print(f"No count of papers: {TOKEN} has no token of NASA's ADS (free: ui.adsabs.harvard.edu, settings).")
        return None
    session = session or Session()
    return {int(year): _count(session, word, int(year), token) for year in years}


def _count(session, word, year, token):
    asked = {"q": f"abstract:{word} year:{year} property:refereed database:astronomy", "rows": "1", "fl": "bibcode"}
    # A mirror is another server than the one that the token is for.
    headers = {} if session.mirror else {"Authorization": f"Bearer {token}"}
    response = session.get(ADS, params=asked, headers=headers)
    if response.status_code != 200:
        raise ArchiveError(
            f"ADS answers with status {response.status_code} for {year}: check that {TOKEN} holds a valid token."
        )
    try:
        return int(response.json()["response"]["numFound"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadContent(f"ADS answers something else than a count for {year}: try again later.") from error
