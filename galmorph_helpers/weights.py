"""Weights that ship with the course: small, safetensors, each with a card (`data/weights/NAME.md`)."""

from importlib import metadata
from pathlib import Path

import pooch
from safetensors.torch import load_file

from .files import cache_folder

FOLDER = Path(__file__).parents[1] / "data" / "weights"


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
    """
    stored = load_file(_find(name))
    own = network.state_dict()
    fitting = {key: value for key, value in stored.items() if key in own and own[key].shape == value.shape}
    if not fitting:
        raise ValueError(f"none of the layers of {name!r} fits this network: it is made for three bands of 64 pixels.")
    network.load_state_dict(own | fitting)
    return network


def _find(name):
    return shipped(f"weights/{name}.safetensors", HASHES[name])


def shipped(path, known_hash=None):
    """A file of the repository's data folder, by its path in there: on disk, else fetched once (a wheel has no data/).

    Parameters
    ----------
    path : str
    known_hash : str, optional
        SHA-256, checked after a download.

    Returns
    -------
    pathlib.Path
    """
    file = FOLDER.parent / path
    if file.exists():
        return file
    urls = dict(url.split(", ", 1) for url in metadata.metadata("galmorph-helpers").get_all("Project-URL") or [])
    if "Repository" not in urls:
        raise FileNotFoundError(
            f"no {path} in {FOLDER.parent}; `make weights` trains weights, the cards name commands."
        )
    url = urls["Repository"].replace("github.com", "raw.githubusercontent.com") + f"/main/data/{path}"
    return Path(pooch.retrieve(url, known_hash=known_hash, path=cache_folder(), fname=file.name))


#: SHA-256 of each file, checked after a download (tested against the files in the repository).
HASHES = {
    "mock_trunk": "908503bf85041af3aae0f5bf826bcc8be71e9ff2b4f8f4704cd41d073f42b6ee",
    "mock_faint": "55f7d06829cee50e5a81da3040b5e86b1dae4f1f0f0b0f9ef47a6dbd0af49416",
    "sdss_questions": "a7e0905bd406a3aff3c50f12d8c24984c4f503a421f88c24d4fbcd19f3604b4c",
    "mock_maps_contrastive": "80d95c9a73107384b2a14456ffbc73800fedf801fa6d0f190f60afc9c72107ec",
    "mock_shapes_contrastive": "4b120f58ada6a1347195e0aae1de4e2bc99be48c3d09b9a64a48eaac5a6bf9a6",
    "mock_tides": "caf310e4184194abeb199a8abe7c88086e369e0849f36ac85e44fd5eec943206",
}
