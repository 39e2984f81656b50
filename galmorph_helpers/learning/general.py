"""A frozen general-purpose encoder: features of galaxies from a network that was trained on everyday pictures."""

import numpy as np
import torch
from torch.nn import functional as F

DINOV2 = "facebook/dinov2-small"  # Oquab+2023, arXiv:2304.07193
MEAN, SCATTER = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of everyday pictures (ImageNet), red green blue


def load_general(name=DINOV2, *, download=False):
    """A vision transformer with its published weights, by its name on huggingface.co.

    Parameters
    ----------
    name : str
    download : bool
        Fetch the weights if they are not on this machine yet.

    Raises
    ------
    ImportError
        If `transformers` is not installed.
    FileNotFoundError
        If the weights are neither on this machine nor to be had; the message says what to do.
    """
    try:
        from transformers import AutoModel
    except ImportError as error:
        raise ImportError("A general-purpose encoder needs a library: pip install transformers") from error
    try:
        return AutoModel.from_pretrained(name, local_files_only=not download).eval()
    except OSError as error:
        raise FileNotFoundError(
            f"the weights of {name} are not on this machine: call load_general(download=True) once with a network, "
            "or go on without."
        ) from error


def represent_general(model, images, *, side=224, batch_size=32):
    """Features of galaxies from a frozen vision transformer: its first token, each of length 1.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        A vision transformer, such as `load_general` gives. Nothing in it is changed.
    images : torch.Tensor (N, 1 or 3, H, W)
        0 to 1, as colour pictures of the course; one channel is taken for all three.
    side : int
        To which images are enlarged, pixels: a multiple of the model's patches (DINOv2: 14).
    batch_size : int

    Returns
    -------
    numpy.ndarray (N, hidden size of the model)
    """
    images = torch.as_tensor(images, dtype=torch.float32)
    if images.ndim != 4 or images.shape[1] not in (1, 3) or not torch.isfinite(images).all():
        raise ValueError(f"images must be finite, (N, 1, H, W) or (N, 3, H, W), got {tuple(images.shape)}.")
    if side % model.config.patch_size:
        raise ValueError(f"side must be a multiple of the model's patches, {model.config.patch_size}; got {side}.")
    middle, scatter = (torch.tensor(a)[:, None, None] for a in (MEAN, SCATTER))
    parts = []
    with torch.no_grad():
        for some in images.split(batch_size):
            some = F.interpolate(some.expand(-1, 3, -1, -1).clamp(0, 1), (side, side), mode="bilinear")
            parts.append(model(pixel_values=(some - middle) / scatter).last_hidden_state[:, 0])
    features = torch.cat(parts).numpy()
    return features / np.linalg.norm(features, axis=1, keepdims=True).clip(1e-12)
