"""Run lessons with several seeds and write how each claim fared: a claim is committed only if it holds over five.

    python benchmarks/seeds.py 02 --seeds 0 1 2 3 4      (make seeds LESSON=02)

Writes benchmarks/seeds_NN.md. Set GALMORPH_DATA first to include the observed sections.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import torch

from galmorph_helpers.course.counting import bound_words

ROOT = Path(__file__).parents[1]


def run(lesson, seed):
    """The result that a lesson writes, with this seed; None if it failed before its claims."""
    result = ROOT / "_build" / "results" / f"{lesson}.json"
    result.unlink(missing_ok=True)
    command = [sys.executable, str(ROOT / "tools" / "course.py"), "run", "--lesson", lesson, "--force", "--once"]
    subprocess.run(command, env={**os.environ, "GALMORPH_SEED": str(seed)}, check=False)
    return json.loads(result.read_text()) if result.exists() else None


def table(lesson, results):
    """Markdown: one row a claim, one column a seed."""
    names = [c["name"] for c in next(iter(results.values()))["claims"]]
    lines = [f"# Lesson {lesson} over {len(results)} seeds", ""]
    lines += [f"{date.today()}, {os.cpu_count()} cores ({platform.machine()}), {torch.__version__}, command:"]
    lines += [f"`make seeds LESSON={lesson} SEEDS='{' '.join(map(str, results))}'`.", ""]
    lines += ["| claim | bound | " + " | ".join(f"seed {s}" for s in results) + " | mean | holds |"]
    lines += ["| --- | --- |" + " ---: |" * (len(results) + 2)]
    for name in names:
        found = [next((c for c in r["claims"] if c["name"] == name), None) for r in results.values()]
        measured = [c["measured"] if c else float("nan") for c in found]
        bound = bound_words(found[0])
        holds = sum(bool(c and c["holds"]) for c in found)
        cells = " | ".join(f"{m:.4g}" for m in measured)
        lines.append(f"| {name} | {bound} | {cells} | {np.mean(measured):.4g} | {holds}/{len(found)} |")
    cost = " | ".join(f"{r['seconds']:.0f} s, {r['peak_mb']} MB" for r in results.values())
    lines.append(f"| seconds and memory of the run | | {cost} | | |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lessons", nargs="+", help="lesson numbers, such as 02")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    arguments = parser.parse_args()
    for lesson in arguments.lessons:
        results = {seed: run(lesson, seed) for seed in arguments.seeds}
        failed = [seed for seed, result in results.items() if result is None]
        if failed:
            sys.exit(f"lesson {lesson} failed before its claims with seeds {failed}: nothing written")
        file = ROOT / "benchmarks" / f"seeds_{lesson}.md"
        file.write_text(table(lesson, results), encoding="utf-8")
        print(f"wrote {file.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
