"""Weights that ship with the course: small, safetensors, each with a card (`data/weights/NAME.md`)."""

from safetensors.torch import load_file

from ..files import shipped


def load_weights(network, name):
    """Start a network from shipped weights: every layer whose shape fits is copied, the others stay as they are.

    Parameters
    ----------
    network : torch.nn.Module
        Such as `CompactCNN`; changed in place.
    name : str
        "mock_trunk": the compact network, trained to read sixteen properties off mock galaxies;
        "mock_faint": the same, trained further on mock galaxies emulated to r = 21.5;
        "mock_tides": the same network, trained to find tidal features in one deep band (`detector_input`);
        "sdss_questions": the same network with three answers (disc, edge-on, bar), on mock SDSS pictures.
        "mock_maps_contrastive": `Encoder(5, (24, 48, 96))`, trained without labels on mock MaNGA maps (`prepare_maps`).
        "mock_shapes_contrastive": `Encoder(1, (24, 48, 96), size=32)`, the same on grey mock pictures: shapes.

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
