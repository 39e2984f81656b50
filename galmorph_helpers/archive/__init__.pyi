from . import (
    addresses,
    columns,
    contents,
    costs,
    download,
    errors,
    fetching,
    layout,
    papers,
    registry,
    services,
    session,
    tables,
)
from .columns import join_by_position
from .costs import estimate
from .errors import ArchiveError
from .fetching import fetch
from .layout import verify
from .papers import count_papers
