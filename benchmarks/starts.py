"""Which start is better for another camera: the network that saw the mock sky, or the one that saw observed galaxies?

    GALMORPH_DATA=/path/to/sets python benchmarks/starts.py          (some minutes; writes benchmarks/starts.md)

JWST F200W galaxies (ceers_jwst_f200w_4055), question: is it edge-on? AUC on 1,000 others, as they come, and after
training on N labels drawn at random; the same draws and the same training for both starts.
"""

import argparse
import os
import platform
from datetime import date
from pathlib import Path

import numpy as np
import torch

import galmorph_helpers as gm
from galmorph_helpers.datasets.named import observed_target
from galmorph_helpers.learning import answer_scores, draw_labelled, observed_network, one_answer, retrain

LABELS = (50, 200)


def starts():
    """Both networks, with the one answer that is asked for here."""
    mock = gm.load_weights(gm.CompactCNN(outputs=3), "sdss_questions").to(gm.device())
    return {"mock sky": one_answer(mock, 1), "observed SDSS": one_answer(observed_network(), 1)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    seeds = parser.parse_args().seeds
    sample, target, question = observed_target("JWST")
    if sample is None:
        raise SystemExit("Set GALMORPH_DATA to the folder that holds the set; data/README.md says how.")
    test = np.random.default_rng(0).permutation(len(sample))[:1000]
    rest = np.setdiff1d(np.arange(len(sample)), test)
    found = {}
    for start, network in starts().items():
        held = sample.images[test], target[test]
        found[start, 0] = [answer_scores(network, *held, questions=(question,))[question]["auc"]]
        for n in LABELS:
            for seed in seeds:
                rows = rest[draw_labelled(target[rest], n, seed=seed)]
                trained = retrain(network, sample.images[rows], target[rows], seed=seed)
                auc = answer_scores(trained, *held, questions=(question,))[question]["auc"]
                found.setdefault((start, n), []).append(auc)
                print(start, n, seed, round(auc, 4), flush=True)
    lines = [
        "# The better start for another camera", "",
        f"{date.today()}, {os.cpu_count()} cores ({platform.machine()}), torch {torch.__version__}; JWST F200W, "
        f"edge-on or not, AUC on {len(test):,} galaxies.",
        f"Command: `python benchmarks/starts.py --seeds {' '.join(map(str, seeds))}`.", "",
        "| start | labels | " + " | ".join(f"seed {seed}" for seed in seeds) + " | mean |",
        "| --- | ---: |" + " ---: |" * (len(seeds) + 1),
    ]  # fmt: skip
    for (start, n), values in found.items():
        each = values if n else values + ["as before"] * (len(seeds) - 1)
        cells = [value if isinstance(value, str) else f"{value:.3f}" for value in each]
        lines.append(f"| {start} | {n} | " + " | ".join(cells) + f" | {np.mean(values):.3f} |")
    text = "\n".join(lines) + "\n"
    Path(__file__).with_suffix(".md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
