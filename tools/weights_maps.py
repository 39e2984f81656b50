"""Train an encoder on mock MaNGA maps without labels, and write it with its card to data/weights.

python tools/weights_maps.py                  (part of make weights; about three minutes on one core)
python tools/weights_maps.py --galaxies 500 --epochs 1 --out /tmp/try
"""

import galmorph_helpers as gm
from shipping import options, ship

SEED = 910_000  # far from the seeds of the lessons: no galaxy of theirs was seen
CARD = """# mock_maps_contrastive

The encoder of lesson 07 (`galmorph_helpers.Encoder(5, (24, 48, 96))`), trained without labels (NT-Xent) on maps of
light, age, metallicity, velocity and dispersion, prepared by `gm.learning.prepare_maps`, with the views of
`gm.learning.view`.

| | |
| --- | --- |
| trained on | {galaxies:,} galaxies of `gm.mock.mock_maps`, seed {seed}, {epochs} epochs; unlabelled, none observed |
| loss | {first:.2f} in the first epoch, {last:.2f} in the last |
| command | `python tools/weights_maps.py --galaxies {galaxies} --epochs {epochs}` |
| made | {today}, {machine}, torch {torch} |
| SHA-256 | `{digest}` |
| licence | CC-BY-4.0 |

What it is not for: it has never seen observed maps, and the mock has no bars, warps, bins or neighbours.
"""


def main():
    given = options(__doc__, galaxies=6000, epochs=20, kilobytes=40)
    maps = gm.learning.prepare_maps(gm.mock.mock_maps(given.galaxies, seed=SEED)[0])
    gm.runtime.seed_everything(SEED)
    encoder = gm.Encoder(5, (24, 48, 96))
    losses = gm.learning.fit_contrastive(encoder, maps, epochs=given.epochs, seed=SEED)
    ship(
        encoder.state_dict(), "mock_maps_contrastive", CARD, given.out, galaxies=given.galaxies, seed=SEED,
        epochs=given.epochs, first=losses[0], last=losses[-1],
    )  # fmt: skip


if __name__ == "__main__":
    main()
