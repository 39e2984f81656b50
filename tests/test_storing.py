"""The tables that benchmarks fill."""

import sys
from pathlib import Path

import pytest
from astropy.table import Table, TableMergeError

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from storing import store  # noqa: E402

CARD = "seeds {seeds}, {n} galaxies, best {best}, torch {torch}"


def rows_of(seed, auc):
    return [{"way": way, "seed": seed, "auc": auc} for way in ("plain", "any")]


def test_a_run_replaces_its_own_rows_and_no_others(tmp_path):
    file = tmp_path / "table.csv"
    for seed, auc in ((1, 0.5), (0, 0.123456), (1, 0.75)):
        store(file, rows_of(seed, auc), CARD, n=10, best=lambda table: max(table["auc"]))
    table = Table.read(file)
    assert list(table["seed"]) == [0, 0, 1, 1] and list(table["way"]) == ["plain", "any"] * 2
    assert list(table["auc"]) == [0.1235, 0.1235, 0.75, 0.75]
    assert file.with_suffix(".md").read_text(encoding="utf-8").startswith("seeds 0 1, 10 galaxies, best 0.75, torch ")


def test_rows_of_other_keys_stay(tmp_path):
    file = tmp_path / "table.csv"
    store(file, rows_of(0, 0.5), CARD, n=10, best="none")
    store(file, rows_of(0, 0.25)[1:], CARD, keys=("way", "seed"), n=10, best="none")
    assert dict(Table.read(file)["way", "auc"].iterrows()) == {"plain": 0.5, "any": 0.25}


def test_rows_with_other_columns_are_not_mixed(tmp_path):
    file = tmp_path / "table.csv"
    store(file, rows_of(0, 0.5), CARD, n=10, best="none")
    before = file.read_bytes()
    with pytest.raises(TableMergeError):
        store(file, [{"way": "plain", "seed": 1, "accuracy": 0.5}], CARD, n=10, best="none")
    assert file.read_bytes() == before
