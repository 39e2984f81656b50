"""The out-of-domain score."""

import numpy as np
import pytest
import torch

import galmorph_helpers as gm


def test_one_in_a_hundred_like_the_training_galaxies_and_all_far_ones_are_out():
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0] * [1, 2, 3, 0.1, 1, 1]
    domain = gm.learning.fit_domain(rng.normal(size=(4000, 6)) @ turn)
    inside = gm.learning.out_of_domain(domain, rng.normal(size=(4000, 6)) @ turn)
    assert 0.003 < np.mean(inside > 1) < 0.03
    assert (gm.learning.out_of_domain(domain, (rng.normal(size=(50, 6)) + [0, 0, 0, 9, 0, 0]) @ turn) > 1).all()


def test_features_are_means_of_the_maps():
    network = gm.CompactCNN(size=32)
    images = torch.rand(5, 3, 32, 32)
    features = gm.learning.image_features(network, images, batch_size=2)
    assert features.shape == (5, features.shape[1]) and features.min() >= 0
    torch.testing.assert_close(torch.tensor(features), torch.tensor(gm.learning.image_features(network, images)))


def test_bad_input():
    domain = gm.learning.fit_domain(np.random.default_rng(1).normal(size=(600, 3)))
    with pytest.raises(ValueError, match="at least 500"):
        gm.learning.fit_domain(np.zeros((20, 3)))
    with pytest.raises(ValueError, match=r"must be \(N, 3\)"):
        gm.learning.out_of_domain(domain, np.zeros((5, 4)))
