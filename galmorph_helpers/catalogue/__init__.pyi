from . import classifier, columns, parts, shards, simulation, survey, tables, workers
from .classifier import load_classifier, save_classifier
from .columns import add_sets, faint_catalogue, morphology_catalogue
from .parts import read_parts
from .shards import ShardError, find_shards, read_shard, repeated, write_shard
from .simulation import simulate
from .survey import classify, classify_shard
from .tables import read_catalogue, write_catalogue
from .workers import CannotStart, dask_client
