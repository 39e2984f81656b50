"""What a worker needs to classify: k networks in one file, with what their training galaxies look like to them."""

import functools
import json
import math
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from .. import runtime
from ..files import whole_file
from ..learning.domain import Domain, fit_domain, out_of_domain, output_and_features
from ..learning.networks import CompactCNN, SignedRoot, fused
from .shards import COLOUR_BANDS


def save_classifier(path, networks, images, *, bands=COLOUR_BANDS):
    """Write k networks and what their training galaxies look like to them: all that a worker needs, in one file.

    Parameters
    ----------
    path : str or Path
        Ends in ``.safetensors``.
    networks : list of CompactCNN
        Of one output, as from `fit_folds`.
    images : torch.Tensor (N, C, H, H)
        Galaxies of the kind that the networks were trained on, at least 500. Half of them say where such galaxies lie
        in the space of features, the other half how far out they reach.
    bands : tuple of str

    Returns
    -------
    Path
    """
    if len(images) < 500:
        raise ValueError(f"at least 500 images are needed to say where the training galaxies lie, got {len(images)}.")
    wrong = [type(n).__name__ for n in networks if not isinstance(n, CompactCNN)]
    if wrong or not networks or images.shape[1] != len(bands):
        raise ValueError(
            f"compact networks of {images.shape[1]} bands are needed, got {wrong or networks} and {bands}."
        )
    bodies = [_body(network, images.shape[1:]) for network in networks]
    _, features = logits_and_features(bodies, images)
    domain = fit_domain(features)
    tensors = {
        f"{i}.{name}": value.cpu().contiguous()
        for i, n in enumerate(networks)
        for name, value in n.state_dict().items()
    }
    tensors["domain.mean"] = torch.tensor(domain.mean)
    tensors["domain.precision"] = torch.tensor(domain.precision)
    words = {"folds": len(networks), "bands": list(bands), "size": images.shape[-1], "reach": domain.reach}
    _check_numbers(words, tensors)
    with whole_file(path) as part:
        save_file(tensors, part, metadata={"galmorph": json.dumps(words)})
    return Path(path)


class ClassifierError(ValueError):
    """A classifier that cannot be used, and why."""


def load_classifier(path):
    """What `save_classifier` wrote: facts, network bodies on this machine's device, place of the training galaxies.

    It is read once a process, and anew when the file has changed.

    Raises
    ------
    ClassifierError
        If it is no file of `save_classifier`, or one whose numbers cannot be right: no folds, weights or a domain that
        are not finite, a reach that is not above 0.
    """
    path = Path(path).resolve()
    try:
        stat = path.stat()
    except OSError as error:
        raise ClassifierError(
            f"No such file here: {path.name}; a classifier is a file that save_classifier wrote"
        ) from error
    return _loaded(path, stat.st_mtime_ns, stat.st_size)


@functools.lru_cache(maxsize=1)
def _loaded(path, modified, size):
    try:
        with safe_open(path, "pt") as file:
            facts = json.loads(file.metadata()["galmorph"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        _check_numbers(facts, tensors)
        domain = Domain(tensors["domain.mean"].numpy(), tensors["domain.precision"].numpy(), facts["reach"])
        shape, bodies = (len(facts["bands"]), facts["size"], facts["size"]), []
        for i in range(facts["folds"]):
            network, prefix = CompactCNN(channels=shape[0], size=shape[1]), f"{i}."
            network.load_state_dict({k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)})
            bodies.append(_body(network.to(runtime.device()), shape))
        logits, features = logits_and_features(bodies, torch.zeros(1, *shape))
        if not np.isfinite([*logits.ravel(), *out_of_domain(domain, features)]).all():
            raise ValueError("its networks answer an empty image with numbers that are not finite")
    except (OSError, SafetensorError, KeyError, TypeError, AttributeError, RuntimeError, ValueError) as error:
        why = str(error).splitlines()[0] if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        raise ClassifierError(f"{path.name} is no usable classifier ({why}): make it with save_classifier") from error
    return facts, bodies, domain


def _check_numbers(facts, tensors):
    """A sentence as ValueError if a classifier of such facts and tensors could only give nonsense."""
    folds = len({name.split(".")[0] for name in tensors} - {"domain"})
    if facts["folds"] < 1 or facts["folds"] != folds:
        raise ValueError(f"it says {facts['folds']} folds and holds {folds}, at least one is needed")
    if not (math.isfinite(facts["reach"]) and facts["reach"] > 0):
        raise ValueError(f"the reach of its training galaxies is {facts['reach']}, it must be above 0")
    odd = sorted(name for name, values in tensors.items() if not torch.isfinite(values).all())
    if odd:
        raise ValueError(f"{odd[0]} and {len(odd) - 1} other arrays of it hold numbers that are not finite")


def _body(network, shape):
    """A compact network folded for prediction, without its square root, which all folds share."""
    root, *others = fused(network.to(memory_format=torch.channels_last), shape)
    return torch.nn.Sequential(*others)


@torch.inference_mode()
def logits_and_features(bodies, images, batch_size=None):
    """What k networks answer, and what the first of them sees: the mean of each map of each convolution.

    Parameters
    ----------
    bodies : list of torch.nn.Module
        As from `load_classifier`.
    images : torch.Tensor (N, C, H, H)
    batch_size : int, optional
        By default what fits the cache of a CPU core (64), or fills a GPU (4096).

    Returns
    -------
    numpy.ndarray (k, N)
        Logits.
    numpy.ndarray (N, F)
        Features.
    """
    device = next(bodies[0].parameters()).device
    root, logits, features = SignedRoot(), [], []
    for batch in images.split(batch_size or (64 if device.type == "cpu" else 4096)):
        stretched = root(batch.to(device, non_blocking=True).contiguous(memory_format=torch.channels_last))
        first, seen = output_and_features(bodies[0], stretched)
        features.append(seen)
        logits.append(torch.stack([first, *(body(stretched) for body in bodies[1:])]))
    return torch.cat(logits, 1).cpu().numpy(), torch.cat(features).cpu().numpy()
