"""Networks, training, prediction."""

import numpy as np
import pytest
import torch

import galmorph_helpers as gm
from galmorph_helpers.published import DS18_PARAMETERS


@pytest.fixture(scope="module")
def blobs():
    """Round against stretched blobs: a task that a network learns in seconds."""
    rng = np.random.default_rng(0)
    axis = np.arange(32) - 15.5
    target = rng.integers(0, 2, 300)
    q, angle = np.where(target, 0.4, 0.95), rng.uniform(0, np.pi, 300)
    x, y = axis[None, None, :], axis[None, :, None]
    c, s = np.cos(angle)[:, None, None], np.sin(angle)[:, None, None]
    r2 = (x * c + y * s) ** 2 + ((y * c - x * s) / q[:, None, None]) ** 2
    images = np.exp(-r2 / 30)[:, None] + rng.normal(0, 0.05, (300, 3, 32, 32))
    return torch.tensor(images, dtype=torch.float32), target


def test_ds18_has_the_published_number_of_weights():
    network = gm.learning.DS18()
    assert gm.learning.count_parameters(network) == DS18_PARAMETERS == 2_602_849
    assert network(torch.zeros(2, 3, 69, 69)).shape == (2,)


@pytest.mark.parametrize("size", [32, 48, 64, 69])
@pytest.mark.parametrize("channels", [1, 3])
def test_compact_network_takes_the_sizes_it_promises(size, channels):
    assert gm.CompactCNN(channels, size=size)(torch.zeros(2, channels, size, size)).shape == (2,)
    assert gm.CompactCNN(channels, outputs=3, size=size)(torch.zeros(2, channels, size, size)).shape == (2, 3)


def test_compact_network_says_that_a_stamp_is_too_small():
    with pytest.raises(ValueError, match="at least 16 pixels"):
        gm.CompactCNN(size=8)


def _trained(blobs, seed=0, **kwargs):
    images, target = blobs
    torch.manual_seed(seed)
    network = gm.CompactCNN(size=32)
    history = gm.fit(
        network,
        images[:200],
        target[:200],
        validation=(images[200:250], target[200:250]),
        epochs=6,
        batch_size=32,
        seed=seed,
        **kwargs,
    )
    return network, history


def test_fit_learns_and_keeps_the_best_epoch(blobs):
    images, target = blobs
    network, history = _trained(blobs)
    accuracy = np.mean((gm.predict(network, images[250:]) > 0.5) == target[250:])
    assert accuracy > 0.9
    assert history.validation[history.best_epoch] == min(history.validation)
    logits = gm.learning.training._outputs(network, images[200:250])
    kept = torch.nn.functional.binary_cross_entropy_with_logits(logits, torch.tensor(target[200:250]).float()).item()
    assert kept == pytest.approx(min(history.validation), abs=1e-5)


def test_a_network_of_n_labels_learns_and_answers_as_many_questions(blobs):
    images, target = blobs
    both = np.stack([target, 1 - target], 1)
    network = gm.learning.fit_labelled(images[:200], both[:200], epochs=5)
    p = gm.predict(network, images[200:], views=1)
    assert p.shape == (100, 2) and np.mean((p > 0.5) == both[200:]) > 0.85
    with pytest.raises(ValueError, match="10 labelled galaxies are too few"):
        gm.learning.fit_labelled(images[:10], target[:10])


def test_same_seed_same_network(blobs):
    first, second = (_trained(blobs, seed=3)[0] for _ in range(2))
    for a, b in zip(first.state_dict().values(), second.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_predict_ignores_orientation_batches_and_dropout(blobs):
    images, _ = blobs
    network, _ = _trained(blobs)
    whole = gm.predict(network, images[:40])
    np.testing.assert_allclose(whole, gm.predict(network, images[:40], batch_size=7), atol=1e-6)
    np.testing.assert_allclose(whole, gm.predict(network, torch.rot90(images[:40], 1, (2, 3)).flip(3)), atol=1e-5)
    noisy = torch.nn.Sequential(gm.CompactCNN(size=32), torch.nn.Dropout(0.9))
    np.testing.assert_array_equal(gm.predict(noisy, images[:9]), gm.predict(noisy, images[:9]))


def test_regression_and_several_outputs(blobs):
    images, target = blobs
    torch.manual_seed(0)
    network = gm.CompactCNN(size=32)
    values = np.where(target, 3.0, -1.0)
    history = gm.fit(
        network, images[:200], values[:200], validation=(images[200:250], values[200:250]), epochs=8, batch_size=32
    )
    assert history.loss == "mse"
    assert np.sqrt(np.mean((gm.learning.predict_value(network, images[250:]) - values[250:]) ** 2)) < 1.0
    pair = np.stack([target, 1 - target], 1)
    network = gm.CompactCNN(outputs=2, size=32)
    gm.fit(network, images[:200], pair[:200], validation=(images[200:250], pair[200:250]), epochs=2)
    assert gm.predict(network, images[:5]).shape == (5, 2)


def test_augment_keeps_light_where_it_belongs():
    stamp = torch.zeros(64, 1, 33, 33)
    stamp[:, :, 14:19, 14:19] = 1.0
    moved = gm.learning.augmentation.augment(stamp, how="any", generator=torch.Generator().manual_seed(0))
    assert moved.shape == stamp.shape
    assert (moved[:, :, 10:23, 10:23].sum((1, 2, 3)) / moved.sum((1, 2, 3))).min() > 0.95
    assert not torch.equal(moved[0], moved[1])
    with pytest.raises(ValueError, match="'turns' or 'any'"):
        gm.learning.augmentation.augment(stamp, how="sideways")


@pytest.mark.parametrize("how, bins", [("any", 6), ("turns", 4)])
def test_augment_shows_all_directions_and_both_hands(how, bins):
    arrow = torch.zeros(200, 1, 33, 33)
    arrow[:, :, 16, 16:30] = 1  # both hands and all directions are seen
    turned = gm.learning.augmentation.augment(arrow, how=how, generator=torch.Generator().manual_seed(1))
    axis = torch.arange(33.0) - 16
    angle = torch.atan2((turned * axis[:, None]).sum((1, 2, 3)), (turned * axis).sum((1, 2, 3)))
    assert np.histogram(np.mod(angle + 0.4, 2 * np.pi), bins=bins, range=(0, 2 * np.pi))[0].min() > 15
    corner = torch.zeros(200, 1, 32, 32)
    corner[:, :, 2:10, 2] = 1.0  # an L has a hand: eight views are eight images
    corner[:, :, 2, 2:6] = 1.0
    views = gm.learning.augmentation.augment(corner, how="turns", generator=torch.Generator().manual_seed(2))
    assert len(torch.unique(views.flatten(1), dim=0)) == 8


@pytest.mark.parametrize(
    "spoil, message",
    [
        (lambda x, y: (x[:, 0], y), r"\(N, C, H, W\)"),
        (lambda x, y: (x, y[:-1]), "200 training images but 199 targets"),
        (lambda x, y: (x, np.ones_like(y)), "both classes"),
        (lambda x, y: (x[:0], y[:0]), "N > 0"),
    ],
)
def test_bad_training_data_say_what_is_wrong(blobs, spoil, message):
    images, target = blobs
    x, y = spoil(images[:200], target[:200])
    with pytest.raises(ValueError, match=message):
        gm.fit(gm.CompactCNN(size=32), x, y, validation=(images[200:], target[200:]), epochs=1)


def test_nan_pixels_and_labels_are_named(blobs):
    images, target = blobs
    broken = images[:50].clone()
    broken[17, 1, 4, 4] = float("nan")
    with pytest.raises(ValueError, match="1 training images.*number 17"):
        gm.fit(gm.CompactCNN(size=32), broken, target[:50], validation=(images[50:], target[50:]), epochs=1)
    with pytest.raises(ValueError, match="target 3 is not finite"):
        gm.fit(
            gm.CompactCNN(size=32),
            images[:50],
            np.where(np.arange(50) == 3, np.nan, target[:50]),
            validation=(images[50:], target[50:]),
            epochs=1,
        )


def test_occlusion_map_finds_what_decides():
    class Corner(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(1))

        def forward(self, x):
            return self.weight * x[:, :, 4:10, 4:10].sum((1, 2, 3))

    image = torch.zeros(3, 32, 32)
    image[:, 4:10, 4:10] = 1.0
    fall = gm.learning.occlusion_map(Corner(), image, patch=6, stride=2)
    row, column = divmod(int(fall.argmax()), 32)
    assert 4 <= row < 10 and 4 <= column < 10 and fall[20:, 20:].abs().max() == 0
