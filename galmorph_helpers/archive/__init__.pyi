from . import (
    addresses,
    columns,
    contents,
    costs,
    download,
    errors,
    fetching,
    layout,
    registry,
    services,
    session,
    set_table,
)
from .columns import join_by_position
from .costs import estimate
from .errors import ArchiveError
from .fetching import fetch
from .layout import verify
