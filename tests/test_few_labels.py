"""What a few labels of a new sample do: a network trained on, and two numbers for its probabilities."""

import numpy as np
import pytest
import torch
from scipy.special import expit

import galmorph_helpers as gm


@pytest.fixture(scope="module")
def patches():
    """Bright or dark images, and an untrained network."""
    target = np.arange(60) % 2
    noise = np.random.default_rng(0).normal(0, 0.1, (60, 1, 16, 16))
    torch.manual_seed(0)
    return gm.CompactCNN(channels=1, size=16), torch.tensor(noise + target[:, None, None, None]).float(), target


def test_a_network_trained_on_learns_and_leaves_the_other_as_it_was(patches):
    network, images, target = patches
    before = gm.predict(network, images, views=1)
    tuned = gm.learning.train_on(network, images[:40], target[:40], epochs=12, seed=0)
    assert np.array_equal(gm.predict(network, images, views=1), before)
    after = gm.predict(tuned, images[40:], views=1)
    assert after[target[40:] == 1].mean() - after[target[40:] == 0].mean() > 0.2


def test_few_labels_that_are_too_few_or_too_many(patches):
    network, images, target = patches
    with pytest.raises(ValueError, match="9 images and 9 labels"):
        gm.learning.train_on(network, images[:9], target[:9])
    with pytest.raises(ValueError, match="20 images and 60 labels"):
        gm.learning.train_on(network, images[:20], target)


def test_two_numbers_mend_a_scale_and_a_share_and_keep_the_order():
    rng = np.random.default_rng(0)
    true = rng.normal(-1, 2, 6000)
    target = rng.uniform(size=6000) < expit(true)
    logit = 3 * true + 4  # too sure, and too many
    mended = gm.learning.two_numbers(target[:3000], logit[:3000], logit[3000:])
    assert np.abs(mended - expit(true[3000:])).max() < 0.05
    assert np.array_equal(np.argsort(mended), np.argsort(logit[3000:]))
    raw, two = (gm.metrics.calibration_curve(target[3000:], p)[1] for p in (expit(logit[3000:]), mended))
    assert two < 0.03 < raw


def test_two_numbers_need_both_answers():
    with pytest.raises(ValueError, match="two numbers"):
        gm.learning.two_numbers([1, 1], [0.5, 2.0], [0.0])
