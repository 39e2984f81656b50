from . import classifier, columns, parts, shards, survey, tables, workers
from .classifier import load_classifier, save_classifier
from .columns import faint_catalogue, morphology_catalogue
from .parts import read_parts
from .shards import ShardError, find_shards, read_shard, repeated, write_shard
from .survey import CannotStart, classify, classify_shard, simulate
from .tables import read_catalogue, write_catalogue
from .workers import dask_client
