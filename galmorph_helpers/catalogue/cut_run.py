"""How tiles are cut, and what a run of it did."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cutting:
    """How tiles are cut.

    Attributes
    ----------
    survey : str
        Name of the survey whose bands, look, seeing and magnitude limit count: one of `gm.surveys.SURVEYS`.
    size : int
        Side of the stamps, pixels: that of the classifier.
    limit : float, optional
        Faintest magnitude in the survey's reference band; by default that of the survey's labels.
    seeing : float, optional
        FWHM of the tiles' PSF, arcsec; by default the survey's.
    zero_point, hdu
        As of `read_image`, where the headers do not say them.
    """

    survey: str = "SDSS"
    size: int = 64
    limit: float | None = None
    seeing: float | None = None
    zero_point: float | None = None
    hdu: int | str | tuple | None = None


@dataclass
class CutRun:
    """What a run did: tiles cut now, found done, empty (no galaxy), failed with a reason; counts, seconds."""

    done: list = field(default_factory=list)
    found: list = field(default_factory=list)
    empty: list = field(default_factory=list)
    failed: dict = field(default_factory=dict)
    counts: dict = field(default_factory=dict)  # by tile: galaxies, pixels, galaxies with pixels missing
    seconds: float = 0.0

    @property
    def galaxies(self):
        """Galaxies of the tiles that were cut now."""
        return self.total("galaxies")

    def add(self, name, result):
        """Note what became of a tile: what `cut_tile` gave, or an exception."""
        if isinstance(result, BaseException):
            result = {"error": f"{type(result).__name__}: {result}"}
        self.done, self.empty = ([n for n in names if n != name] for names in (self.done, self.empty))
        if "error" in result:
            self.failed[name] = result["error"]
            return
        (self.done if result["galaxies"] else self.empty).append(name)
        self.counts[name] = result

    def total(self, what):
        """Sum over the tiles that were cut now: "galaxies", "pixels" read, or "flagged" galaxies."""
        return sum(self.counts[name][what] for name in (*self.done, *self.empty))

    def __str__(self):
        million, flagged = self.total("pixels") / 1e6, self.total("flagged")
        lines = [
            f"{self.galaxies:,} galaxies of {len(self.done)} tiles ({million:,.1f} million pixels) in "
            f"{self.seconds:.1f} s, {flagged:,} of them with pixels missing; {len(self.found)} tiles were cut before, "
            f"{len(self.empty)} hold no galaxy, {len(self.failed)} failed"
        ]
        return "\n".join(lines + [f"  {name}: {reason}" for name, reason in sorted(self.failed.items())])
