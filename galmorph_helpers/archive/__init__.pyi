from . import (
    addresses,
    bundle_index,
    bundles,
    choosing,
    columns,
    contents,
    costs,
    download,
    errors,
    fetching,
    layout,
    packing,
    papers,
    registry,
    services,
    session,
    tables,
)
from .bundles import unpack, verify
from .columns import join_by_position
from .costs import estimate
from .errors import ArchiveError
from .fetching import fetch
from .packing import pack
from .papers import count_papers
