"""Networks have parts with names, and the weights that ship with the course fit them."""

import pytest
import torch

import galmorph_helpers as gm
from galmorph_helpers.learning.networks import layers


def waves(channels, size):
    """One picture that any machine makes alike."""
    place = torch.arange(channels * size * size, dtype=torch.float32)
    return torch.sin(place / 7).abs().reshape(1, channels, size, size)


#: Network, what of it is asked, and the sum and the largest of the numbers that the shipped weights made of `waves`
#: when they were trained.
STORED = {
    "mock_trunk": (gm.CompactCNN(), "latent", (73.199509, 6.693924)),
    "mock_faint": (gm.CompactCNN(), "latent", (48.159294, 6.272365)),
    "mock_tides": (gm.CompactCNN(), "forward", (0.853517, 0.853517)),
    "sdss_questions": (gm.CompactCNN(outputs=3), "forward", (-2.049394, 2.128627)),
    "mock_maps_contrastive": (gm.learning.Encoder(5, (24, 48, 96)), "forward", (86.191788, 5.217062)),
    "mock_shapes_contrastive": (gm.learning.Encoder(1, (24, 48, 96), size=32), "forward", (133.937439, 6.530005)),
}


@pytest.mark.parametrize("name", STORED)
def test_shipped_weights_answer_as_when_they_were_trained(name):
    network, what, expected = STORED[name]
    network = gm.load_weights(network, name).eval()
    channels = next(network.parameters()).shape[1]
    with torch.no_grad():
        found = getattr(network, what)(waves(channels, 64 if isinstance(network, gm.CompactCNN) else 32))
    torch.testing.assert_close((found.sum().item(), found.abs().max().item()), expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(
    "network, parts, shape",
    [
        (gm.CompactCNN(), ["stretch", "trunk", "head"], (2, 3, 64, 64)),
        (gm.learning.DS18(), ["trunk", "head"], (2, 3, 69, 69)),
        (gm.learning.Encoder(), ["trunk", "head"], (2, 3, 32, 32)),
    ],
)
def test_a_network_is_its_named_parts_in_order(network, parts, shape):
    images = torch.rand(shape)
    network.eval()
    assert [name for name, _ in network.named_children()] == parts
    with torch.no_grad():
        step, each = images, images
        for part in parts:
            step = getattr(network, part)(step)
        for layer in layers(network):
            assert not isinstance(layer, torch.nn.Sequential)
            each = layer(each)
        assert torch.equal(step, network(images)) and torch.equal(each, network(images))


def test_a_chain_with_a_forward_of_its_own_is_one_layer():
    class Twice(torch.nn.Sequential):
        def forward(self, x):
            return 2 * super().forward(x)

    twice, last = Twice(torch.nn.Linear(2, 2)), torch.nn.Linear(2, 1)
    assert list(layers(torch.nn.Sequential(twice, last))) == [twice, last]
