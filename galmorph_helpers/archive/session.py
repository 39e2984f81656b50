"""Requests that wait their turn, try again, and say who they are.

Checked against requests 2.34 and urllib3 2.8: `Retry` repeats refused connections and the statuses below, with
back-off and the server's Retry-After, but only until the headers are there; what breaks later, in the body, is
repeated by `download`. `Retry-After` has an upper limit in urllib3 only since 2.6, hence the method below.
"""

import threading
import time
from importlib import metadata
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from .errors import ArchiveError
from .registry import POLITE, load_registry

TRY_AGAIN = (429, 500, 502, 503, 504)
LONGEST_WAIT = 120  # s: a server that wants a longer pause is asked again after this one


class Throttle:
    """Lets one caller through every 1/`rate` seconds, whichever thread it is in."""

    def __init__(self, rate):
        self.interval = 1 / rate
        self.next = 0.0
        self.lock = threading.Lock()

    def wait(self):
        """Sleep until it is this caller's turn."""
        with self.lock:
            now = time.monotonic()
            turn = max(now, self.next)
            self.next = turn + self.interval
        if turn > now:
            time.sleep(turn - now)


class _Patient(Retry):
    def get_retry_after(self, response):
        seconds = super().get_retry_after(response)
        return None if seconds is None else min(seconds, LONGEST_WAIT)

    def get_backoff_time(self):
        return max(self.backoff_factor, super().get_backoff_time())  # urllib3 makes no pause before the second attempt


class Session(requests.Session):
    """A `requests.Session` that is polite and cannot be led astray; astroquery is given one, too.

    Parameters
    ----------
    rate : float, optional
        Requests a second to each host; by default, and at most, what the registry says for it.
    mirror : str, optional
        Address of a server that has copies, such as ``http://192.168.0.2:8000``: `https://host/path` is asked of it
        as `mirror/host/path`, and the rate may be higher. Everything else must be https.
    tries : int
        How often a request is attempted in all, and how often a file of which too little or something else came.
    pause : float
        First pause before a second attempt, s; each further one is twice as long.
    timeout : (float, float)
        Seconds to connect, and without a byte.
    within : float
        Seconds for a file, all attempts together; what came by then is gone on with by the next run.
    http : bool
        Plain http is asked, too: for a file whose hash is known beforehand, from a server in the room.
    """

    def __init__(
        self, *, rate=None, mirror=None, tries=5, pause=1.0, timeout=(10, 60), within=float("inf"), http=False
    ):  # fmt: skip
        super().__init__()
        if mirror and urlsplit(mirror).scheme not in ("http", "https"):
            raise ArchiveError(f"the mirror {mirror!r} must be an address such as http://192.168.0.2:8000.")
        self.rate, self.mirror, self.tries, self.pause, self.timeout = rate, mirror, tries, pause, timeout
        self.within, self.http = within, http
        self.throttles, self.lock = {}, threading.Lock()
        self.headers["User-Agent"] = user_agent()
        retry = _Patient(
            total=tries - 1,
            backoff_factor=pause,
            status_forcelist=TRY_AGAIN,
            allowed_methods=None,  # VizieR's queries are POSTs that change nothing: they may be repeated, too
            raise_on_status=False,
        )
        self.adapters.clear()
        self.mount("https://", HTTPAdapter(max_retries=retry, pool_maxsize=8))
        if http or (mirror and mirror.startswith("http://")):
            self.mount("http://" if http else mirror, HTTPAdapter(max_retries=retry, pool_maxsize=8))

    def request(self, method, url, **options):
        """As `requests` does it, after waiting for a turn."""
        options.setdefault("timeout", self.timeout)
        parts = urlsplit(url)
        if parts.scheme != "https" and not (self.http and parts.scheme == "http"):
            raise ArchiveError(f"{url} is not an https address: archives are only asked over https.")
        self._throttle(parts.hostname).wait()
        if self.mirror:
            url = f"{self.mirror.rstrip('/')}/{parts.hostname}{url.split(parts.hostname, 1)[1]}"
        return super().request(method, url, **options)

    def get_redirect_target(self, resp):
        """Where a redirect leads; one to another scheme (https to http, file, ftp) is an error."""
        target = super().get_redirect_target(resp)
        scheme = urlsplit(target or "").scheme
        if scheme and scheme != urlsplit(resp.url).scheme:
            raise ArchiveError(
                f"{resp.url} redirects to {target}, from {urlsplit(resp.url).scheme} to {scheme}: not followed. "
                "The service may have moved: look at it in a browser, and tell the course's maintainers."
            )
        return target

    def _throttle(self, host):
        with self.lock:
            if host not in self.throttles:
                polite = load_registry()["rates"].get(host, POLITE)
                limit = self.rate if self.rate and (self.mirror or self.rate < polite) else polite
                self.throttles[host] = Throttle(limit)
            return self.throttles[host]


def user_agent():
    """How requests introduce themselves: the project, its release, and where to complain."""
    try:
        about = metadata.metadata("galmorph-helpers")
        urls = dict(url.split(", ", 1) for url in about.get_all("Project-URL") or [])
        return f"galmorph-helpers/{about['Version']} (+{urls.get('Repository', 'a course on galaxy morphology')})"
    except metadata.PackageNotFoundError:
        return "galmorph-helpers (a course on galaxy morphology)"
