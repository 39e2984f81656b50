"""Train the network of lesson 04 on SDSS pictures of the mock sky, and write it with its card to data/weights.

python tools/weights_sdss.py                 (part of make weights; about five minutes on two cores)
python tools/weights_sdss.py --galaxies 2000 --epochs 1 --out /tmp/try
"""

import numpy as np
import torch

import galmorph_helpers as gm
from galmorph_helpers.labels import QUESTIONS
from galmorph_helpers.learning.transfer import answered_loss
from galmorph_helpers.mock.volunteers import answers
from shipping import options, ship

SEED = 910_000  # far from the seeds of the lessons: no galaxy of theirs was seen
CARD = """# sdss_questions

The compact network (`galmorph_helpers.CompactCNN`, 64 pixels, three bands, three outputs) trained to answer three
questions on SDSS pictures of mock galaxies, stamps of 4.24 R90: disc (features) or smooth, edge-on, bar. The answers
are those of mock volunteers where they agree (over 70 % or under 30 %), r < 17.77.

| | |
| --- | --- |
| trained on | {galaxies:,} mock galaxies (`gm.mock_sample`, seed {seed}), {epochs} epochs; no observed galaxy |
| AUC, {validation:,} other mock galaxies | {score} |
| command | `python tools/weights_sdss.py --galaxies {galaxies} --epochs {epochs}` |
| made | {today}, {machine}, torch {torch} |
| SHA-256 | `{digest}` |
| licence | CC-BY-4.0 |

What it is not for: it has never seen an observed galaxy, nor another survey's look. What happens there is lesson 04.
"""


def main():
    given = options(__doc__, galaxies=24_000, epochs=10, kilobytes=49)
    sky = gm.mock_sample(given.galaxies + 2000, seed=SEED)
    target = answers(sky.table, seed=SEED)
    torch.manual_seed(SEED)
    network = gm.CompactCNN(outputs=len(QUESTIONS))
    held = (sky.images[:2000], target[:2000])
    gm.fit(
        network, sky.images[2000:], target[2000:], validation=held, epochs=given.epochs, loss=answered_loss, seed=SEED
    )
    probability = gm.predict(network, held[0])
    known = np.isfinite(held[1])
    rows = {q: (held[1][known[:, k], k], probability[known[:, k], k]) for k, q in enumerate(QUESTIONS)}
    score = ", ".join(f"{row['name']} {row['auc']:.3f}" for row in gm.metrics_table(rows))
    print(score)
    ship(
        network.state_dict(), "sdss_questions", CARD, given.out, galaxies=given.galaxies, seed=SEED,
        epochs=given.epochs, score=score, validation=2000,
    )  # fmt: skip


if __name__ == "__main__":
    main()
