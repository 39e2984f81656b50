"""Weights that ship with the course: small, safetensors, each with a card (`data/weights/NAME.md`)."""

from importlib import metadata
from pathlib import Path

import pooch
from safetensors.torch import load_file

FOLDER = Path(__file__).parents[1] / "data" / "weights"


def load_weights(network, name):
    """Start a network from shipped weights: every layer whose shape fits is copied, the others stay as they are.

    Parameters
    ----------
    network : torch.nn.Module
        Such as `CompactCNN`; changed in place.
    name : str
        "mock_trunk": the compact network, trained to read sixteen properties off mock galaxies;
        "mock_tides": the same, trained to find tidal features in one deep band (`detector_input`).

    Returns
    -------
    torch.nn.Module
        The same network.

    Raises
    ------
    ValueError
        If no layer fits.
    """
    stored = load_file(_find(name))
    own = network.state_dict()
    fitting = {key: value for key, value in stored.items() if key in own and own[key].shape == value.shape}
    if not fitting:
        raise ValueError(f"none of the layers of {name!r} fits this network: it is made for three bands of 64 pixels.")
    network.load_state_dict(own | fitting)
    return network


def _find(name):
    """Path of a weights file: in the repository, else fetched from there once (a wheel has no data/)."""
    file = FOLDER / f"{name}.safetensors"
    if file.exists():
        return file
    urls = dict(url.split(", ", 1) for url in metadata.metadata("galmorph-helpers").get_all("Project-URL") or [])
    if "Repository" not in urls:
        raise FileNotFoundError(f"no weights {name!r} in {FOLDER}; `make weights` trains them.")
    url = urls["Repository"].replace("github.com", "raw.githubusercontent.com") + f"/main/data/weights/{file.name}"
    return pooch.retrieve(url, known_hash=HASHES[name], path=pooch.os_cache("galmorph_helpers"), fname=file.name)


#: SHA-256 of each file, checked after a download (tested against the files in the repository).
HASHES = {
    "mock_trunk": "908503bf85041af3aae0f5bf826bcc8be71e9ff2b4f8f4704cd41d073f42b6ee",
    "mock_tides": "caf310e4184194abeb199a8abe7c88086e369e0849f36ac85e44fd5eec943206",
}
