"""Segmentation by prompt: point at faint light, get the pixels that belong to it.

`segment(image, points)` grows a region, everywhere and at once; with a model from `load_sam` the same call asks Segment
Anything (Kirillov+2023, arXiv:2304.02643).
"""

import re
from pathlib import Path

import numpy as np
import pooch
import torch
from astropy.stats import mad_std
from scipy import ndimage
from skimage.measure import label

from ..files import cache_folder

SAM_URL = "https://dl.fbaipublicfiles.com/segment_anything/sam_vit_b_01ec64.pth"  # 375 MB, Apache 2.0
SAM_SHA256 = "ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912"
SAM_MEAN, SAM_STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)  # of the photographs that it was trained on


def segment(image, points, *, model=None, significance=2.0, share=0.3):
    """Mask of the light that the points lie on.

    Parameters
    ----------
    image : array (H, W)
        Linear brightness; the galaxy in the middle.
    points : array (K, 2)
        Prompts, x and y in pixels, 0 at the centre of the first.
    model : transformers.SamModel, optional
        From `load_sam`. Without one, a region is grown: what looks the same turned by 180 degrees is taken for
        the galaxy and removed; then pixels connected with a point belong if they are brighter than `share` of the
        brightness there and than `significance` times the noise of the smoothed image.

    Returns
    -------
    numpy.ndarray of bool (H, W)
        May be empty: then there was nothing above the noise at the points.
    """
    image, points = _checked(image, points)
    if model is not None:
        return _ask_sam(model, image, points)
    smooth = ndimage.gaussian_filter(image, 1.0)
    left = _without_galaxy(smooth)
    edge = np.concatenate([smooth[:4].ravel(), smooth[-4:].ravel(), smooth[:, :4].ravel(), smooth[:, -4:].ravel()])
    noise = mad_std(edge)
    column, row = np.rint(points).astype(int).T
    there = np.median(left[row, column])
    # Brighter by far than the points is something else: what is left of the galaxy's core, a star.
    member = (left > max(share * there, significance * noise)) & (left < there / share)
    regions = label(member)
    wanted = np.unique(regions[row, column])
    return np.isin(regions, wanted[wanted > 0])


def _without_galaxy(smooth):
    """The image less its part that looks the same turned by 180 degrees about the galaxy's centre."""
    side = min(smooth.shape)
    middle = centre = (np.array(smooth.shape) - 1) / 2
    y, x = np.indices(smooth.shape)
    for _ in range(10):  # a window that follows the core
        weight = smooth.clip(min=0) * np.exp(-((y - centre[0]) ** 2 + (x - centre[1]) ** 2) / (2 * (side / 20) ** 2))
        if weight.sum() <= 0:
            break
        found = np.array([(weight * y).sum(), (weight * x).sum()]) / weight.sum()
        centre = np.clip(centre + 1.7 * (found - centre), middle - side / 10, middle + side / 10)
    turned = ndimage.affine_transform(smooth, -np.eye(2), offset=2 * centre, order=3, mode="nearest")
    return smooth - np.minimum(smooth, turned)


def overlap(mask, truth):
    """Intersection over union of two masks, 0 to 1.

    Raises
    ------
    ValueError
        If shapes differ, or `truth` is empty: then there is nothing to find.
    """
    mask, truth = np.asarray(mask, bool), np.asarray(truth, bool)
    if mask.shape != truth.shape:
        raise ValueError(f"masks have shapes {mask.shape} and {truth.shape}; they must be the same.")
    if not truth.any():
        raise ValueError("the true mask is empty: there is nothing to find. Choose a galaxy with debris.")
    return float((mask & truth).sum() / (mask | truth).sum())


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
def _ask_sam(model, image, points):
    """The best of three masks that Segment Anything offers for the points."""
    where, side = next(model.parameters()).device, model.config.vision_config.image_size
    low, high = np.percentile(image, [1, 99.8])
    grey = np.arcsinh(30 * ((image - low) / max(high - low, 1e-12)).clip(0, 1)) / np.arcsinh(30) * 255
    zoom = side / max(image.shape)
    size = [round(s * zoom) for s in image.shape]
    picture = torch.as_tensor(grey, dtype=torch.float32)[None, None].expand(1, 3, -1, -1)
    picture = torch.nn.functional.interpolate(picture, size=size, mode="bilinear", align_corners=False)
    mean, std = (torch.tensor(v)[None, :, None, None] for v in (SAM_MEAN, SAM_STD))
    padded = torch.zeros(1, 3, side, side)
    padded[..., : size[0], : size[1]] = (picture - mean) / std
    prompts = torch.as_tensor((points + 0.5) * zoom, dtype=torch.float32)[None, None]
    labels = torch.ones(prompts.shape[:3], dtype=torch.long)
    out = model(pixel_values=padded.to(where), input_points=prompts.to(where), input_labels=labels.to(where))
    best = out.pred_masks[0, 0, out.iou_scores[0, 0].argmax()][None, None]
    logits = torch.nn.functional.interpolate(best, size=(side, side), mode="bilinear", align_corners=False)
    logits = logits[..., : size[0], : size[1]]
    logits = torch.nn.functional.interpolate(logits, size=image.shape, mode="bilinear", align_corners=False)
    return (logits[0, 0] > 0).cpu().numpy()


def _checked(image, points):
    image = np.asarray(image, float)
    points = np.atleast_2d(np.asarray(points, float))
    if image.ndim != 2 or min(image.shape) < 16:
        raise ValueError(f"one image (H, W) of at least 16 pixels a side is needed, got shape {image.shape}.")
    if not np.isfinite(image).all() or image.max() <= 0 or image.max() == image.min():
        raise ValueError("the image has no flux, or pixels that are not finite.")
    if points.shape[-1] != 2 or points.size == 0:
        raise ValueError(f"points must be (K, 2), x and y, with K > 0; got shape {points.shape}.")
    height, width = image.shape
    outside = ~((points >= -0.5) & (points <= np.array([width, height]) - 0.5)).all(1)
    if outside.any():
        x, y = points[outside][0]
        raise ValueError(
            f"point ({x:g}, {y:g}) lies outside the image: x from 0 to {width - 1}, y from 0 to {height - 1}."
        )
    return image, points.clip(0, np.array([width, height]) - 1)
