"""Train a network on observed SDSS galaxies with classes of Galaxy Zoo 1, and write it with its card to data/weights.

GALMORPH_DATA=/path/to/sets python tools/weights_observed.py       (two minutes on two cores)
python tools/weights_observed.py --epochs 1 --out /tmp/try

The set is gz1_sdss_6446. Galaxies that `galmorph_helpers.learning.unseen` names are not shown to the network: they are
the test set of this card, and of every lesson. Without the set nothing is written.
"""

import numpy as np
import torch

import galmorph_helpers as gm
from galmorph_helpers.learning.transfer import answered_loss
from galmorph_helpers.learning.weights import OBSERVED_QUESTIONS, unseen
from shipping import options, ship

SEED = 930_000
CARD = """# observed_sdss

The compact network (`galmorph_helpers.CompactCNN`, 64 pixels, three bands, three outputs) trained on observed SDSS
galaxies: disc or smooth, edge-on, merger. Stamps of 4.24 R90 (the central 212 of 423 pixels of the pictures that
volunteers saw). The answers are the classes of volunteers of Galaxy Zoo 1 (Lintott et al. 2008, MNRAS 389, 1179; 2011,
MNRAS 410, 166), whose "elliptical" means smooth: lenticulars and featureless discs are among them.

| | |
| --- | --- |
| trained on | {galaxies:,} galaxies of `gz1_sdss_6446`: {spirals:,} spirals, {edges:,} on edge, {mergers:,} mergers |
| start, epochs | `mock_trunk`, {epochs} epochs; the best of {validation:,} further galaxies of the set kept |
| split | by a hash of the SDSS identifier (`galmorph_helpers.learning.unseen`): a fifth was never shown |
| AUC, {tested:,} galaxies never shown | {score} |
| the same, a network that has seen the mock sky alone (`sdss_questions`) | {before} |
| the same, the forest on features by hand, trained on the same galaxies | {forest} |
| command | `python tools/weights_observed.py --epochs {epochs}` |
| made | {today}, {machine}, torch {torch} |
| SHA-256 | `{digest}` |
| licence | CC-BY-4.0; no image is in it. Please acknowledge SDSS and Galaxy Zoo |

Where the forest's AUC is the higher, as for mergers on the day this was made, the forest is the better choice.
As a start for another camera it gained nothing over `sdss_questions` when tried: [starts](../../benchmarks/starts.md).

What it is not for: stamps of another width, calibrated flux, another camera. {mergers_tested} mergers are among the
galaxies never shown: the AUC of that question is uncertain by several hundredths. In this set, and in a bundle of it,
a class is as frequent as whoever chose the galaxies made it: the numbers are no probabilities for the sky at large.
"""


def scores(target, probability, questions):
    """AUC with its interval, in words, of each question."""
    known = np.isfinite(target)
    rows = {q: (target[known[:, k], k], probability[known[:, k], k]) for k, q in enumerate(questions)}
    table = gm.metrics_table(rows, n_boot=500)
    return ", ".join(f"{row['name']} {row['auc']:.3f} ({row['auc_low']:.3f} to {row['auc_high']:.3f})" for row in table)


def main():
    given = options(__doc__, galaxies=0, epochs=16, kilobytes=49)
    sample, found = gm.labelled_sdss(*OBSERVED_QUESTIONS, "clockwise")
    if sample is None:
        print("observed_sdss is not trained again: that needs the set gz1_sdss_6446 in GALMORPH_DATA (data/README.md).")
        return
    target = np.stack([found[question] for question in OBSERVED_QUESTIONS], 1)
    test = unseen(sample)
    shown = np.random.default_rng(SEED).permutation(np.flatnonzero(~test))
    validation, train = shown[: len(shown) // 10], shown[len(shown) // 10 :]
    torch.manual_seed(SEED)
    network = gm.load_weights(gm.CompactCNN(outputs=len(OBSERVED_QUESTIONS)), "mock_trunk").to(gm.device())
    held = (sample.images[validation], target[validation])
    gm.fit(network, sample.images[train], target[train], validation=held, loss=answered_loss, epochs=given.epochs,
           learning_rate=2e-3, seed=SEED)  # fmt: skip
    mock = gm.load_weights(gm.CompactCNN(outputs=3), "sdss_questions").to(gm.device())
    features = gm.morphology_features(sample.images)
    by_hand = np.full((test.sum(), 3), np.nan)
    for k in range(3):
        rows = shown[np.isfinite(target[shown, k])]
        forest = gm.measure.fit_forest(features[rows], target[rows, k], seed=0)
        by_hand[:, k] = forest.predict_proba(features[test])[:, 1]
    facts = {
        "galaxies": len(train), "validation": len(validation), "tested": int(test.sum()), "epochs": given.epochs,
        "score": scores(target[test], gm.predict(network, sample.images[test]), OBSERVED_QUESTIONS),
        "before": scores(target[test][:, :2], gm.predict(mock, sample.images[test])[:, :2], OBSERVED_QUESTIONS[:2]),
        "forest": scores(target[test], by_hand, OBSERVED_QUESTIONS),
        "spirals": int(np.isfinite(found["clockwise"][train]).sum()), "edges": int((target[train, 1] == 1).sum()),
        "mergers": int(target[train, 2].sum()), "mergers_tested": int(target[test, 2].sum()),
    }  # fmt: skip
    print(facts)
    ship(network.state_dict(), "observed_sdss", CARD, given.out, **facts)


if __name__ == "__main__":
    main()
