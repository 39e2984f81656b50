"""What an encoder of stellar maps learns without labels, over several seeds, beside two that learn nothing: lesson 07.

    python benchmarks/without_labels.py --seeds 0 1 2 3 4       data/without_labels.csv: about a minute a seed

A seed draws galaxies, trains an encoder without labels, and asks: how many groups are stable, what have two groups to
do with what is known of the galaxies, and what does a linear probe reach with few labels? The same is asked of the
encoder before training, of principal components of the pixels, of means in rings, and of a network from scratch.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score
from storing import store

import galmorph_helpers as gm
from galmorph_helpers.course.exercises.lesson_07 import probe

DATA = Path(__file__).parents[1] / "data"
N_TRAIN, N_TEST, EPOCHS, WIDTHS = 1500, 1600, 10, (24, 48, 96)
LABELS, DRAWS, SCRATCH_DRAWS, PENALTY = (10, 30, 100, 300), 6, 3, 10
CARD = """# without_labels

Mock stellar maps (`gm.mock.mock_maps`): {n_train:,} galaxies to train on without labels, {n_test:,} others, a seed.

| | |
| --- | --- |
| command | `python benchmarks/without_labels.py --seeds {seeds}` |
| columns | `seed`, `features` (trained, untrained; pixels: principal components; rings: means; scratch: labels only), |
| | `stable_k` (the k from 2 to 6 whose clusters of halves agree best), `silhouette_k` (with the best silhouette), |
| | of two clusters `ari_slow` (against slow rotators), `ari_late` (against spirals), `cramers_v` (against types), |
| | accuracy of "spiral or not" with N labels, mean of draws: `labels_10` ... `labels_300` |
| made | {today}, {machine}, torch {torch}, {seconds:.0f} s a seed |
| licence | CC-BY-4.0 |
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--out", type=Path, default=DATA)
    given = parser.parse_args()
    for seed in given.seeds:
        begin, rows = time.perf_counter(), of_seed(seed)
        print(*rows, sep="\n")
        seconds = time.perf_counter() - begin
        store(given.out / "without_labels.csv", rows, CARD, n_train=N_TRAIN, n_test=N_TEST, seconds=seconds)


def of_seed(seed):
    """Five rows: an encoder trained without labels, the same before, pixels, rings, and a network from scratch."""
    train = gm.learning.prepare_maps(gm.mock.mock_maps(N_TRAIN, seed=seed + 50_000)[0])
    raw, table = gm.mock.mock_maps(N_TEST, seed=seed)
    maps = gm.learning.prepare_maps(raw)
    late = np.isin(table["kind"], ("Sa-Sb", "Sc-Sd")).astype(int)
    gm.runtime.seed_everything(seed)
    encoder = gm.Encoder(5, WIDTHS)
    untrained = gm.learning.represent(encoder, maps)
    gm.learning.fit_contrastive(encoder, train, epochs=EPOCHS, seed=seed)
    pixels = PCA(WIDTHS[-1], random_state=seed).fit(train.flatten(1)).transform(maps.flatten(1))
    features = {"trained": gm.learning.represent(encoder, maps), "untrained": untrained, "pixels": pixels}
    features["rings"] = gm.learning.ring_means(maps)
    rows = [{"seed": seed, "features": name} | groups(f, table, late, seed) for name, f in features.items()]
    blank = dict.fromkeys(rows[0], np.nan) | {"stable_k": -1, "silhouette_k": -1}
    rows.append(blank | {"seed": seed, "features": "scratch"})
    half = N_TEST // 2
    scaled = {name: standard(f, whole=name == "pixels") for name, f in features.items()}
    for n in LABELS:
        draws = [np.random.default_rng([seed, t]).permutation(half)[:n] for t in range(DRAWS)]
        for row, f in zip(rows, scaled.values(), strict=False):
            called = [probe(f[some], late[some], f[half:], PENALTY) for some in draws]
            row[f"labels_{n}"] = np.mean([np.mean(c == late[half:]) for c in called])
        rows[-1][f"labels_{n}"] = np.nan
    rows[-1]["labels_100"] = np.mean([
        from_scratch(maps, late, np.random.default_rng([seed, t]).permutation(half)[:100], seed + t)
        for t in range(SCRATCH_DRAWS)
    ])  # fmt: skip
    return rows


def groups(features, table, late, seed):
    """How many groups are stable, and what two groups have to do with what is known."""
    wanted = gm.learning.cluster_table(features, ks=range(2, 7), seed=seed)
    two = gm.learning.cluster_features(features, 2, seed=seed)
    return {
        "stable_k": int(wanted["k"][np.argmax(wanted["stability"])]),
        "silhouette_k": int(wanted["k"][np.argmax(wanted["silhouette"])]),
        "ari_slow": adjusted_rand_score(table["slow"], two), "ari_late": adjusted_rand_score(late, two),
        "cramers_v": gm.learning.cramers_v(two, np.asarray(table["morphology"])),
    }  # fmt: skip


def standard(features, *, whole=False):
    """Features of mean 0 and scatter 1, each or (`whole`) all together, so that large components stay larger."""
    centred = features - features.mean(0)
    return centred / (centred.std() if whole else centred.std(0).clip(1e-6))


def from_scratch(maps, answers, rows, seed):
    """Accuracy on the second half of a network that learns from `rows` alone; a fifth of them chooses the epoch."""
    gm.runtime.seed_everything(seed)
    held = rows[::5]
    taught = np.setdiff1d(rows, held)
    network = torch.nn.Sequential(gm.Encoder(5, WIDTHS), torch.nn.Linear(WIDTHS[-1], 1), torch.nn.Flatten(0))
    gm.fit(
        network, maps[taught], answers[taught].astype(float), validation=(maps[held], answers[held].astype(float)),
        epochs=40, batch_size=32,
    )  # fmt: skip
    half = len(maps) // 2
    return np.mean((gm.learning.predict_value(network, maps[half:]) > 0) == answers[half:])


if __name__ == "__main__":
    main()
