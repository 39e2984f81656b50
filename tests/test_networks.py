"""Networks have parts with names, and the weights that ship with the course fit them."""

import numpy as np
import pytest
import torch
from astropy.table import QTable

import galmorph_helpers as gm
from galmorph_helpers.learning.networks import layers


def waves(channels, size):
    """One picture that any machine makes alike."""
    place = torch.arange(channels * size * size, dtype=torch.float32)
    return torch.sin(place / 7).abs().reshape(1, channels, size, size)


#: Network, what of it is asked, and the sum and the largest of the numbers that the shipped weights made of `waves`
#: when they were trained.
STORED = {
    "mock_trunk": (gm.CompactCNN(), "latent", (71.515022, 6.511339)),
    "mock_faint": (gm.CompactCNN(), "latent", (38.418545, 4.158319)),
    "mock_photometry": (gm.CompactCNN(), "latent", (28.141712, 4.260515)),
    "mock_tides": (gm.CompactCNN(), "forward", (1.343404, 1.343404)),
    "sdss_questions": (gm.CompactCNN(outputs=3), "forward", (3.168480, 8.143253)),
    "observed_sdss": (gm.CompactCNN(outputs=3), "forward", (3.239906, 2.597209)),
    "mock_prompts": (gm.learning.PromptUNet(), "forward", (1450.019043, 7.401902)),
    "mock_maps_contrastive": (gm.learning.Encoder(5, (24, 48, 96)), "forward", (88.325737, 5.476142)),
    "mock_shapes_contrastive": (gm.learning.Encoder(1, (24, 48, 96), size=32), "forward", (197.322723, 15.336185)),
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


def sdss(objids, **changes):
    table = QTable({"objid": objids}) if objids is not None else QTable({"x": [1.0]})
    facts = {"survey": gm.SDSS, "origin": "folder", "name": "x", "pixels": "colour"} | changes
    return gm.GalaxySample(torch.zeros(len(table), 3, 8, 8), table, **facts)


def test_galaxies_that_were_never_shown_are_the_same_in_every_set():
    objids = 588848901532418163 + np.arange(1000) * 7
    chosen = gm.learning.unseen(sdss(objids))
    assert 150 < chosen.sum() < 250
    np.testing.assert_array_equal(gm.learning.unseen(sdss(objids[::-1], survey=None)), chosen[::-1])
    assert not gm.learning.unseen(sdss(objids + 650_000_000_000_000_000)).any(), "numbers of another release"
    assert not gm.learning.unseen(sdss(None)).any()
    for changes in ({"origin": "mock"}, {"origin": "deep field", "survey": None}, {"survey": gm.DES}):
        assert gm.learning.unseen(sdss(objids, **changes)).all()


def test_the_network_that_saw_the_sky_answers_its_questions():
    network = gm.learning.observed_network()
    assert not network.training
    assert gm.predict(network, torch.rand(4, 3, 64, 64)).shape == (4, len(gm.learning.weights.OBSERVED_QUESTIONS))


@pytest.mark.skipif(gm.find_set("gz1_sdss_6446") is None, reason="needs gz1_sdss_6446 in GALMORPH_DATA")
def test_the_card_is_true_of_a_few_galaxies_never_shown():
    path = gm.find_set("gz1_sdss_6446")
    objid = np.loadtxt(path / "labels.csv", delimiter=",", skiprows=1, usecols=0, dtype=np.int64)
    rows = np.flatnonzero(gm.learning.unseen(sdss(objid)))[:300]
    sample = gm.read_folder(path, size=64, crop=212, survey=gm.SDSS, rows=rows, cache=False)
    kind = np.asarray(sample.table["class_name"]).astype(str)
    said = gm.predict(gm.learning.observed_network(), sample.images)
    mock = gm.predict(gm.load_weights(gm.CompactCNN(outputs=3), "sdss_questions"), sample.images)
    auc = [gm.metrics_table({"edge-on": (kind == "edge_on", p[:, 1])}, n_boot=1)["auc"][0] for p in (said, mock)]
    assert auc[0] > 0.9 and auc[0] > auc[1]
