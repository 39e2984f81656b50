"""How faithful the mock sky is: networks that only saw mock galaxies, on observed ones. Writes benchmarks/fidelity.md.

    GALMORPH_DATA=/path/to/sets python benchmarks/fidelity.py --seeds 0 1 2        (ten minutes on two cores)

Set gz1_sdss_6446: disc against elliptical, edge-on against the rest. Labels on the mock sky are the votes of its mock
volunteers. With 100 observed labels: 80 to train on, 20 to choose the epoch; all others are the test.
"""

import argparse
import os
import platform
import sys
from datetime import date
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import average_precision_score, roc_auc_score

import galmorph_helpers as gm

QUESTIONS = ("disc", "edge-on")


def observed_sample():
    """Images and answers (N, 2) of the galaxies that volunteers called elliptical, spiral or edge-on."""
    sample = gm.read_folder(Path(gm.datasets.observed_root()) / "gz1_sdss_6446", size=64, crop=212)
    kind = np.asarray(sample.table["class_name"]).astype(str)
    edge_on, spiral = kind == "edge_on", np.char.startswith(kind, "spiral")
    keep = edge_on | spiral | (kind == "elliptical")
    return sample.images[keep], np.stack([edge_on | spiral, edge_on], 1)[keep].astype(float)


def trained(network, images, answers, *, share=0.1, **how):
    """The network, trained; the last `share` of the galaxies choose the epoch."""
    cut = round(len(images) * (1 - share))
    held = (images[cut:], answers[cut:])
    gm.fit(network, images[:cut], answers[:cut], validation=held, loss="bce", **how)
    return network


def scores(network, images, answers):
    p = gm.predict(network, images)
    return [roc_auc_score(answers[:, k], p[:, k]) for k in (0, 1)] + [average_precision_score(answers[:, 1], p[:, 1])]


def measure(images, answers, seed, galaxies):
    """{name: value} of one seed."""
    sky = gm.mock_sample(galaxies, seed=1000 + seed)
    votes = gm.mock.volunteer_votes(sky.table, gm.SDSS, seed=seed)
    torch.manual_seed(seed)
    taught = gm.load_weights(gm.CompactCNN(outputs=2), "mock_trunk")
    trained(
        taught, sky.images, np.stack([votes["features"], votes["edge_on"]], 1), epochs=3, learning_rate=1e-3, seed=seed
    )
    found = dict(zip(("disc, mock only", "edge-on, mock only", "edge-on, mock only, average precision"),
                     scores(taught, images, answers), strict=True))  # fmt: skip
    order = np.random.default_rng(seed).permutation(len(images))
    few, test = order[:100], order[2000:]
    tuned = trained(
        taught, images[few], answers[few], share=0.2, epochs=25, learning_rate=5e-4, batch_size=16, seed=seed
    )
    torch.manual_seed(seed)
    scratch = trained(
        gm.CompactCNN(outputs=2), images[few], answers[few], share=0.2, epochs=40, batch_size=16, seed=seed
    )
    torch.manual_seed(seed)
    many = order[:1000]
    thousand = trained(gm.CompactCNN(outputs=2), images[many], answers[many], share=0.2, epochs=20, seed=seed)
    for name, network in {
        "100 on the mock's": tuned,
        "100 from scratch": scratch,
        "1,000 from scratch": thousand,
    }.items():
        for question, value in zip(QUESTIONS, scores(network, images[test], answers[test]), strict=False):
            found[f"{question}, {name}"] = value
    for question in QUESTIONS:
        found[f"{question}, gain with 100"] = (
            found[f"{question}, 100 on the mock's"] - found[f"{question}, 100 from scratch"]
        )
    n = min(len(images), len(sky), 4000)
    both = torch.cat([images[order[:n]], sky.images[:n]])
    which = np.repeat([1.0, 0.0], n)
    shuffled = np.random.default_rng(seed).permutation(2 * n)
    learn, rest = shuffled[: round(1.4 * n)], shuffled[round(1.4 * n) :]
    torch.manual_seed(seed)
    judge = trained(gm.CompactCNN(), both[learn], which[learn], epochs=4, seed=seed)
    found["mock or observed?"] = roc_auc_score(which[rest], gm.predict(judge, both[rest]))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--galaxies", type=int, default=6000, help="mock galaxies that each seed trains on")
    options = parser.parse_args()
    if gm.datasets.observed_root() is None:
        sys.exit("set GALMORPH_DATA to the folder that holds gz1_sdss_6446 (data/README.md says what it looks like)")
    images, answers = observed_sample()
    results = [measure(images, answers, seed, options.galaxies) for seed in options.seeds]
    file = Path(__file__).with_suffix(".md")
    said = file.read_text(encoding="utf-8").split("## What moved the figures", 1)[1:] if file.exists() else []
    lines = [
        "# How faithful the mock sky is", "",
        f"{date.today()}, {os.cpu_count()} cores ({platform.machine()}), torch {torch.__version__};",
        f"{len(images):,} observed galaxies of gz1_sdss_6446. AUC unless said. Command:", "",
        f"    python benchmarks/fidelity.py --seeds {' '.join(map(str, options.seeds))} --galaxies {options.galaxies}",
        "",
        "| measure | " + " | ".join(f"seed {s}" for s in options.seeds) + " | mean |",
        "| --- |" + " ---: |" * (len(options.seeds) + 1),
    ]  # fmt: skip
    for name in results[0]:
        values = [r[name] for r in results]
        lines.append(f"| {name} | " + " | ".join(f"{v:.3f}" for v in values) + f" | {np.mean(values):.3f} |")
    text = "\n".join(lines) + "\n" + "".join("\n## What moved the figures" + rest for rest in said)
    file.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
