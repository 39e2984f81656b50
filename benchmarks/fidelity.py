"""How faithful the mock sky is, beside observed galaxies of set gz1_sdss_6446. Writes into benchmarks/fidelity.md.

    GALMORPH_DATA=/path/to/sets python benchmarks/fidelity.py --seeds 0 1 2        (ten minutes on two cores)
    GALMORPH_DATA=/path/to/sets python benchmarks/fidelity.py --parts ladder faces        (three of them)

- networks: trained on mock galaxies, asked of observed ones: disc against elliptical, edge-on against the rest. Labels
  on the mock sky are the votes of its mock volunteers. With 100 observed labels: 80 to train on, 20 to choose the
  epoch; all others are the test.
- among: the same with edge-on asked only among discs, as volunteers are asked.
- ladder: two-sample tests from what is cheapest to see upwards. A forest learns to tell mock from observed stamps by
  one family of numbers; its cross-validated AUC is 0.5 where this family gives nothing away.
- faces: how many spirals seen face-on have holes in their discs, mock ones beside observed ones as bright.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from ladder import faces, ladder, mock, observed
from pages import made, table, written
from sklearn.metrics import average_precision_score, roc_auc_score

import galmorph_helpers as gm

QUESTIONS = ("disc", "edge-on")
LEAST_ASKED = 0.3  # share of volunteers who saw features; fewer say little of edge-on or not
STAMPS = 2000  # of either sky in `ladder` and `faces`
# {measure: (bar, aim, whether the bar is an upper limit)}, set before anything was measured.
BARS = {
    "sky in the corners": (0.70, 0.60, True),
    "colour noise in the corners": (0.70, 0.60, True),
    "colours in four annuli": (0.75, 0.65, True),
    "power spectra": (0.85, 0.75, True),
    "8 x 8 pixels": (0.80, 0.70, True),
    "hand-made features": (0.90, 0.80, True),
    "mock share minus observed": (0.01, None, True),
    "disc, mock only": (0.92, 0.93, False),
    "edge-on, mock only": (0.945, 0.96, False),
    "edge-on, asked among discs": (0.945, 0.96, False),
    "mock or observed?": (0.97, 0.85, True),
    "disc, 100 on the mock's minus 1,000 from scratch": (0.0, None, False),
    "edge-on, 100 on the mock's minus 1,000 from scratch": (0.0, None, False),
}


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
        with_100 = found[f"{question}, 100 on the mock's"]
        found[f"{question}, gain with 100"] = with_100 - found[f"{question}, 100 from scratch"]
        found[f"{question}, 100 on the mock's minus 1,000 from scratch"] = (
            with_100 - found[f"{question}, 1,000 from scratch"]
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


def among(images, answers, seed, galaxies):
    """{name: value} of a network that is asked as volunteers are: is it a disc? And among those, is it edge-on?

    The vote for edge-on is a share of those who saw features; the score is P(features) P(edge-on among featured).
    """
    sky = gm.mock_sample(galaxies, seed=1000 + seed)
    votes = gm.mock.volunteer_votes(sky.table, gm.SDSS, seed=seed)
    features, edge_on = np.asarray(votes["features"]), np.asarray(votes["edge_on"])
    asked = np.where(features > LEAST_ASKED, edge_on / np.maximum(features, 1e-3), edge_on)
    torch.manual_seed(seed)
    network = gm.load_weights(gm.CompactCNN(outputs=2), "mock_trunk")
    trained(network, sky.images, np.stack([features, asked], 1), epochs=3, learning_rate=1e-3, seed=seed)
    p = gm.predict(network, images)
    both, names = p[:, 0] * p[:, 1], ("edge-on, asked among discs", "edge-on, asked among discs, average precision")
    return {
        "disc, beside it": roc_auc_score(answers[:, 0], p[:, 0]),
        names[0]: roc_auc_score(answers[:, 1], both),
        names[1]: average_precision_score(answers[:, 1], both),
        "edge-on, without the factor P(features)": roc_auc_score(answers[:, 1], p[:, 1]),
    }


HEADINGS = {
    "networks": "Networks of the mock sky, on observed galaxies",
    "among": "Edge-on, asked as volunteers are asked",
    "ladder": "A ladder of two-sample tests",
    "faces": "Holes in the discs of spirals seen face-on",
}
ABOUT = {
    "networks": "AUC unless said. Some bars are upper limits: to tell mock from observed should be hard.",
    "among": "AUC unless said; networks as above, trained on the mock sky only. The second answer is the share of\n"
    "edge-on votes among those who saw features; what ranks galaxies is the product of both answers.",
    "ladder": "AUC of telling mock from observed stamps, 2,000 of each: 0.5 is the best that a mock sky can do.",
    "faces": "Spirals by (mock) volunteers, measured axis ratio 0.7 or more, each beside one as bright. Counted:\n"
    "those with over 3 % of the disc, from 3 pixels to half the Petrosian radius, at the level of the stamp's corners.",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--galaxies", type=int, default=6000, help="mock galaxies that each network trains on")
    parser.add_argument("--parts", nargs="+", choices=HEADINGS, default=list(HEADINGS))
    options = parser.parse_args()
    if gm.datasets.observed_root() is None:
        sys.exit("set GALMORPH_DATA to the folder that holds gz1_sdss_6446 (data/README.md says what it looks like)")
    found = {part: {} for part in options.parts}
    asked, beside = found.keys() & {"networks", "among"}, found.keys() & {"ladder", "faces"}
    sample = observed_sample() if asked else None
    for seed in options.seeds:
        both = (observed(STAMPS), mock(STAMPS, seed)) if beside else None
        for part in beside:
            found[part][seed] = {"ladder": ladder, "faces": faces}[part](*both)
        for part in asked:
            found[part][seed] = {"networks": measure, "among": among}[part](*sample, seed, options.galaxies)
    command = f"python benchmarks/fidelity.py --parts {{}} --seeds {' '.join(map(str, options.seeds))}"
    for part, results in found.items():
        more = f" --galaxies {options.galaxies}" if part in asked else ""
        lines = made(command.format(part) + more) + [ABOUT[part], "", *table(results, BARS)]
        written(Path(__file__).with_suffix(".md"), HEADINGS[part], lines)
        print("\n".join(lines))


if __name__ == "__main__":
    main()
