"""What a fetch would cost: known without a request, and without what a fetch needs."""

from .errors import ArchiveError
from .registry import POLITE, known_set, load_registry


def how_many(entry, n):
    """The number of galaxies to fetch: `n` if it is allowed, or the set's own number."""
    most = entry.get("max_n", entry.get("galaxies"))
    n = entry.get("n", entry.get("galaxies", 1)) if n is None else n
    if n < 1 or (most and entry["kind"] == "cubes" and n > most):
        raise ArchiveError(
            f"--n must be at least 1{f' and at most {most}' if most else ''} for {entry['name']}, got {n}."
        )
    return min(n, most) if most else n


def estimate(name, n=None):
    """What a fetch would cost, without a request: `galaxies`, `requests`, `mb` on disk, `minutes`, and the `hosts`.

    Parameters
    ----------
    name : str
    n : int, optional

    Examples
    --------
    >>> estimate("na10_sdss", 100)["requests"]
    101
    """
    entry = known_set(name)
    n = how_many(entry, n)
    registry = load_registry()["rates"]
    files = [*entry.get("files", {}).values(), entry.get("cutouts", {}).get("url"), entry.get("url")]
    files = [url.split("/")[2] for url in files if url]
    catalogue = entry.get("catalogue", {})
    hosts = {"vizier": "vizier.cds.unistra.fr", "sql": "skyserver.sdss.org", "fits": "data.sdss.org"}
    per_galaxy = {"images": 1, "cubes": 2}.get(entry["kind"], 0)
    seconds = per_galaxy * n / registry.get(files[0] if files else None, POLITE)
    seconds += disk_bytes(entry, n) / 5e6  # of order 5 MB/s on top
    return {
        "galaxies": n,
        "requests": per_galaxy * n + 1,
        "mb": disk_bytes(entry, n) / 1e6,
        "minutes": seconds / 60,
        "hosts": sorted({*files, *([hosts[catalogue["service"]]] if catalogue else [])}),
    }


def disk_bytes(entry, n):
    """Bytes that `n` galaxies of a set take, of order: what is downloaded once, and what comes with each galaxy."""
    return entry.get("download_mb", 0) * 1e6 + entry.get("kb", 0) * 1e3 * n
