"""What benchmarks share: pages of sections, bars in words, and holes in discs."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import ladder  # noqa: E402
import pages  # noqa: E402


def test_a_section_is_written_and_the_others_stay(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Page\n\nSaid first.\n\n## One\n\nold\n\n## Two\n\nkept\n", encoding="utf-8")
    pages.written(page, "One", ["new", "", "more"])
    pages.written(page, "Three", ["last"])
    text = page.read_text(encoding="utf-8")
    assert text == "# Page\n\nSaid first.\n\n## One\n\nnew\n\nmore\n\n## Two\n\nkept\n\n## Three\n\nlast\n"


@pytest.mark.parametrize(
    ("value", "bar", "aim", "most", "said"),
    [
        (0.93, 0.92, 0.93, False, "reached, the aim too"),
        (0.926, 0.92, 0.93, False, "reached"),
        (0.929, 0.945, 0.96, False, "short by 0.016"),
        (0.72, 0.70, 0.60, True, "short by 0.020"),
        (0.0, 0.0, None, True, "reached"),
    ],
)
def test_a_bar_is_kept_or_missed_in_words(value, bar, aim, most, said):
    assert pages.verdict(value, bar, aim, most=most)[1] == said


def test_the_mean_of_the_seeds_is_held_against_the_bar():
    lines = pages.table({0: {"a": 0.9, "b": 1.0}, 1: {"a": 1.0, "b": 1.0}}, {"a": (0.96, None, False)})
    assert lines[2] == "| a | 0.900 | 1.000 | 0.950 | at least 0.96 | short by 0.010 |"
    assert lines[3] == "| b | 1.000 | 1.000 | 1.000 |  |  |"


def test_a_crater_is_a_hole_and_a_smooth_disc_has_none():
    y, x = np.mgrid[:64, :64] - 31.5
    noise = np.random.default_rng(0).normal(0, 0.01, (2, 3, 64, 64))
    discs = 0.1 + 0.6 * np.exp(-np.hypot(x, y) / 6) + noise
    discs[1, :, np.hypot(x - 4, y + 2) < 2] = 0.1
    shares = ladder.holes(discs, {"r_petrosian": np.array([18.0, 18.0])})
    assert shares[0] == 0 and 0.03 < shares[1] < 0.1
