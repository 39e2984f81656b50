from . import (
    classifier,
    columns,
    cut_run,
    cutting,
    export,
    finding,
    parts,
    pictures,
    shards,
    simulation,
    survey,
    tables,
    tiles,
    workers,
)
from .classifier import load_classifier, save_classifier
from .columns import add_sets, faint_catalogue, morphology_catalogue
from .cut_run import CutRun, Cutting
from .cutting import cut, cut_tile
from .export import write_whole
from .finding import find_galaxies
from .parts import read_parts
from .pictures import shards_of_images
from .shards import ShardError, find_shards, read_shard, repeated, write_shard
from .simulation import simulate
from .survey import classify, classify_shard
from .tables import read_catalogue, write_catalogue
from .tiles import simulate_tiles, write_tile
from .workers import CannotStart, dask_client
