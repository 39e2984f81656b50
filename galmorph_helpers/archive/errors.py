"""What can go wrong between here and an archive. Every message says what happened, where, and what to do next."""


class ArchiveError(RuntimeError):
    """Anything that stops a fetch and that a person can do something about."""


class NotThere(ArchiveError):
    """The service answers, but has no such file: asking again does not help."""


class BadContent(ArchiveError):
    """Something came, but not what was asked for: an error page, a cut file, another format."""


class Refused(ArchiveError):
    """No answer, or a refusal, after several attempts: a service in trouble, or one file that it cannot make."""


class DiskFull(ArchiveError):
    """No space left: what is complete stays, and the same command goes on from there."""
