"""Weights that ship with the course: small, safetensors, each with a card (`data/weights/NAME.md`)."""

import hashlib

import numpy as np
from safetensors.torch import load_file

from ..files import shipped
from ..runtime import device
from .networks import CompactCNN

OBSERVED_QUESTIONS = ("disc", "edge-on", "merger")  # that "observed_sdss" answers
DR7 = "58"  # how identifiers of SDSS DR7 begin, which Galaxy Zoo 1 and 2 use


def load_weights(network, name):
    """Start a network from shipped weights: every layer whose shape fits is copied, the others stay as they are.

    Parameters
    ----------
    network : torch.nn.Module
        Such as `CompactCNN`; changed in place.
    name : str
        "mock_trunk": the compact network, trained to read sixteen properties off mock galaxies;
        "mock_faint": the same, trained further on mock galaxies emulated to r = 21.5;
        "mock_photometry": the compact network, trained to measure such galaxies, never asked for a type;
        "mock_tides": the same network, trained to find tidal features in one deep band (`detector_input`);
        "sdss_questions": the same network with three answers (disc, edge-on, bar), on mock SDSS pictures;
        "observed_sdss": the same with other answers (`OBSERVED_QUESTIONS`), on observed SDSS pictures.
        "mock_maps_contrastive": `Encoder(5, (24, 48, 96))`, trained without labels on mock MaNGA maps (`prepare_maps`).
        "mock_shapes_contrastive": `Encoder(1, (24, 48, 96), size=32)`, the same on grey mock pictures: shapes.
        "mock_prompts": `PromptUNet`, trained to mark mock debris that points lie on (`prompt_network`).

    Returns
    -------
    torch.nn.Module
        The same network.

    Raises
    ------
    ValueError
        If no layer fits.
    FileNotFoundError
        If there are no weights of this name.
    """
    stored = load_file(shipped(f"weights/{name}.safetensors"))
    own = network.state_dict()
    fitting = {key: value for key, value in stored.items() if key in own and own[key].shape == value.shape}
    if not fitting:
        raise ValueError(f"none of the layers of {name!r} fits this network: it is made for three bands of 64 pixels.")
    network.load_state_dict(own | fitting)
    return network


def observed_network():
    """The network that was trained on observed SDSS galaxies, ready to predict, where a lesson has none to train on.

    Returns
    -------
    CompactCNN
        Three outputs, `OBSERVED_QUESTIONS`. data/weights/observed_sdss.md says what it was shown, and how it did.
    """
    return load_weights(CompactCNN(outputs=len(OBSERVED_QUESTIONS)), "observed_sdss").to(device()).eval()


def unseen(sample):
    """Galaxies that `observed_network` was certainly not shown: a score of it on others says nothing.

    Parameters
    ----------
    sample : GalaxySample

    Returns
    -------
    numpy.ndarray of bool
        Of SDSS galaxies a fifth, by a hash of their identifiers of DR7 (column `objid`), whichever set they come in;
        none of those that have no such identifier. All of the mock sky, of the deep field, and of a sample that says
        that it is of another survey.
    """
    elsewhere = sample.survey is not None and sample.survey.name != "SDSS"
    if elsewhere or sample.origin in ("mock", "deep field"):
        return np.ones(len(sample), bool)
    if "objid" not in sample.table.colnames:
        return np.zeros(len(sample), bool)
    names = [str(objid) for objid in np.asarray(sample.table["objid"])]
    fifth = [int(hashlib.sha256(name.encode()).hexdigest(), 16) % 5 == 0 for name in names]
    return np.array([name.startswith(DR7) and chosen for name, chosen in zip(names, fifth, strict=True)], bool)
