"""Segment Anything: models of the three generations, asked for the mask of one image.

Kirillov+2023 (arXiv:2304.02643) has published weights that `load_sam` reads; of SAM 2 and 3 any model that the library
`transformers` loads will do (`Sam2Model`, and `Sam3TrackerModel` from its release 5).
"""

import re
from pathlib import Path

import numpy as np
import pooch
import torch
from torch.nn.functional import interpolate

from ..files import cache_folder

SAM_URL = "https://dl.fbaipublicfiles.com/segment_anything/sam_vit_b_01ec64.pth"  # 375 MB, Apache 2.0
SAM_SHA256 = "ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912"
_IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
#: Mean and scatter of the photographs that each generation was trained on, by the name in its configuration.
PHOTOGRAPHS = {"sam": _IMAGENET, "sam2": _IMAGENET, "sam3_tracker": ((0.5,) * 3, (0.5,) * 3)}


def load_sam(file=None, *, download=False):
    """Segment Anything (ViT-B), from its published weights, as a `transformers.SamModel`.

    Parameters
    ----------
    file : str or Path, optional
        ``sam_vit_b_01ec64.pth``; by default the copy that an earlier download left in the cache.
    download : bool
        Fetch the file (375 MB) if it is not there; its SHA-256 is checked either way.

    Raises
    ------
    FileNotFoundError
        If there is no file and `download` is False, or it cannot be fetched; the message says what to do.
    ImportError
        If `transformers` is not installed.
    """
    given = file is not None
    file = Path(file) if given else cache_folder(Path(SAM_URL).name)
    if not file.exists() and download and not given:
        try:
            pooch.retrieve(SAM_URL, known_hash=f"sha256:{SAM_SHA256}", path=file.parent, fname=file.name)
        except OSError as error:
            raise FileNotFoundError(f"{SAM_URL} cannot be fetched ({error}); segment() works without it.") from error
    if not file.exists():
        raise FileNotFoundError(
            f"no weights at {file.name}: call load_sam(download=True) once with a network (375 MB), or put "
            f"{SAM_URL} in {'that place' if given else 'the cache of the course'}; segment() works without it."
        )
    if pooch.file_hash(str(file)) != SAM_SHA256:
        raise ValueError(f"{file.name} is not the published file (SHA-256 differs): delete it and fetch it again.")
    try:
        from transformers import SamConfig, SamModel
    except ImportError as error:
        raise ImportError("Segment Anything needs a library: pip install 'galmorph-helpers[segment]'") from error
    model = SamModel(SamConfig())
    model.load_state_dict(renamed(torch.load(file, weights_only=True)))
    return model.eval()


#: Names of layers in the published file, and in `transformers`.
_NAMES = (
    (r"^image_encoder\.", "vision_encoder."),
    (r"patch_embed\.proj\.", "patch_embed.projection."),
    (r"^(vision_encoder)\.blocks\.", r"\1.layers."),
    (r"^(vision_encoder\.layers\.\d+)\.norm(\d)", r"\1.layer_norm\2"),
    (r"neck\.0\.", "neck.conv1."),
    (r"neck\.1\.", "neck.layer_norm1."),
    (r"neck\.2\.", "neck.conv2."),
    (r"neck\.3\.", "neck.layer_norm2."),
    (r"prompt_encoder\.pe_layer\.positional_encoding_gaussian_matrix", "shared_image_embedding.positional_embedding"),
    (r"point_embeddings\.", "point_embed."),
    (r"mask_downscaling\.0\.", "mask_embed.conv1."),
    (r"mask_downscaling\.1\.", "mask_embed.layer_norm1."),
    (r"mask_downscaling\.3\.", "mask_embed.conv2."),
    (r"mask_downscaling\.4\.", "mask_embed.layer_norm2."),
    (r"mask_downscaling\.6\.", "mask_embed.conv3."),
    (r"(mask_decoder\.transformer\.layers\.\d+)\.norm(\d)", r"\1.layer_norm\2"),
    (r"norm_final_attn", "layer_norm_final_attn"),
    (r"output_upscaling\.0\.", "upscale_conv1."),
    (r"output_upscaling\.1\.", "upscale_layer_norm."),
    (r"output_upscaling\.3\.", "upscale_conv2."),
    (r"(hypernetworks_mlps\.\d+|iou_prediction_head)\.layers\.0\.", r"\1.proj_in."),
    (r"(hypernetworks_mlps\.\d+|iou_prediction_head)\.layers\.1\.", r"\1.layers.0."),
    (r"(hypernetworks_mlps\.\d+|iou_prediction_head)\.layers\.2\.", r"\1.proj_out."),
)


def renamed(state):
    """State dict of the published file with the names that `transformers.SamModel` uses."""
    out = {}
    for key, value in state.items():
        if key in ("pixel_mean", "pixel_std"):
            continue
        for old, new in _NAMES:
            key = re.sub(old, new, key)
        out[key] = value
    positions = out["shared_image_embedding.positional_embedding"]  # one matrix, used in two places
    return out | {"prompt_encoder.shared_embedding.positional_embedding": positions}


@torch.no_grad()
def ask_sam(model, image, points, labels):
    """The best of the masks that Segment Anything offers for the points.

    Parameters
    ----------
    model : transformers.SamModel, Sam2Model or Sam3TrackerModel
    image : array (H, W)
        Linear brightness; shown grey with an asinh stretch, filled up to a square of the size that the model expects.
    points : array (K, 2)
        x and y, pixels.
    labels : array (K,) of bool
        False where a point is not to be in the mask.

    Returns
    -------
    numpy.ndarray of bool (H, W)

    Raises
    ------
    ValueError
        If the model is of a kind that answers no points.
    """
    kind = getattr(getattr(model, "config", None), "model_type", type(model).__name__)
    if kind not in PHOTOGRAPHS:
        raise ValueError(f"a model {kind!r} cannot be asked by points; take one of {', '.join(PHOTOGRAPHS)}.")
    where, side = next(model.parameters()).device, model.config.prompt_encoder_config.image_size
    low, high = np.percentile(image, [1, 99.8])
    grey = np.arcsinh(30 * ((image - low) / max(high - low, 1e-12)).clip(0, 1)) / np.arcsinh(30)
    zoom = side / max(image.shape)
    height, width = (round(s * zoom) for s in image.shape)
    picture = torch.as_tensor(grey, dtype=torch.float32)[None, None].expand(1, 3, -1, -1)
    picture = interpolate(picture, size=(height, width), mode="bilinear", align_corners=False)
    mean, std = (torch.tensor(v)[None, :, None, None] for v in PHOTOGRAPHS[kind])
    padded = torch.zeros(1, 3, side, side)
    padded[..., :height, :width] = (picture - mean) / std
    prompts = torch.as_tensor((points + 0.5) * zoom, dtype=torch.float32)[None, None]
    signs = torch.as_tensor(labels, dtype=torch.long)[None, None]
    out = model(pixel_values=padded.to(where), input_points=prompts.to(where), input_labels=signs.to(where))
    best = out.pred_masks[0, 0, out.iou_scores[0, 0].argmax()][None, None]
    logits = interpolate(best, size=(side, side), mode="bilinear", align_corners=False)[..., :height, :width]
    logits = interpolate(logits, size=image.shape, mode="bilinear", align_corners=False)
    return (logits[0, 0] > 0).cpu().numpy()
