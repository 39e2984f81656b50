"""Train an encoder on grey mock pictures without labels, and write it with its card to data/weights.

python tools/weights_shapes.py                (part of make weights; about four minutes on one core)
python tools/weights_shapes.py --galaxies 500 --epochs 1 --out /tmp/try
"""

from functools import partial

from torch.nn import functional as F

import galmorph_helpers as gm
from shipping import options, ship

SEED = 920_000  # far from the seeds of the lessons: no galaxy of theirs was seen
VIEWS = dict(turn="any", crop=0.85, blur=1.0, noise=0.08, gain=0.4)  # nothing that changes an axis ratio
CARD = """# mock_shapes_contrastive

An encoder for grey stamps of 32 pixels (`galmorph_helpers.Encoder(1, (24, 48, 96), size=32)`), trained without labels
(NT-Xent) on views that leave a galaxy's shape alone: {views}.

| | |
| --- | --- |
| trained on | {galaxies:,} mock galaxies (`gm.mock_sample`, seed {seed}, mean of bands), {epochs} epochs; no label |
| loss | {first:.2f} in the first epoch, {last:.2f} in the last |
| command | `python tools/weights_shapes.py --galaxies {galaxies} --epochs {epochs}` |
| made | {today}, {machine}, torch {torch} |
| SHA-256 | `{digest}` |
| licence | CC-BY-4.0 |

What it is not for: it has never seen an observed galaxy; lesson 07f trains it on, without labels, on the pictures that
it is to describe.
"""


def main():
    given = options(__doc__, galaxies=5000, epochs=12, kilobytes=60)
    grey = gm.mock_sample(given.galaxies, seed=SEED).images.mean(1, keepdim=True)
    gm.runtime.seed_everything(SEED)
    encoder = gm.Encoder(1, (24, 48, 96), size=32)
    small = F.interpolate(grey, size=(32, 32), mode="area")
    losses = gm.learning.fit_contrastive(
        encoder, small, views=partial(gm.learning.view, **VIEWS), epochs=given.epochs, seed=SEED
    )
    ship(
        encoder.state_dict(), "mock_shapes_contrastive", CARD, given.out, galaxies=given.galaxies, seed=SEED,
        epochs=given.epochs, first=losses[0], last=losses[-1], views=VIEWS,
    )  # fmt: skip


if __name__ == "__main__":
    main()
