"""Masks from prompts: grown, and asked of a tiny Segment Anything of the real class."""

import hashlib

import numpy as np
import pytest
import torch

import galmorph_helpers as gm
from galmorph_helpers.measure.segment_anything import SAM_SHA256, SAM_URL, renamed

Y, X = np.indices((64, 64)) - 31.5


def arc(noise=0.0, seed=0):
    """A round galaxy with an arc of light beside it, and the true mask of the arc."""
    radius, angle = np.hypot(X, Y), np.arctan2(Y, X)
    truth = (np.abs(radius - 22) < 3) & (np.abs(angle) < 0.8)
    image = 50 * np.exp(-radius / 3) + np.exp(-0.5 * ((radius - 22) / 2) ** 2) * (np.abs(angle) < 0.8)
    return image + np.random.default_rng(seed).normal(0, noise, image.shape), truth


POINTS = [(53, 31), (51, 40)]


def test_an_arc_is_traced():
    image, truth = arc(0.02)
    mask = gm.measure.segment(image, POINTS)
    assert mask.dtype == bool and mask.shape == (64, 64)
    assert gm.measure.overlap(mask, truth) > 0.6


def test_noise_takes_it_away():
    found = [
        np.mean([gm.measure.overlap(gm.measure.segment(arc(s, k)[0], POINTS), arc()[1]) for k in range(5)])
        for s in (0.02, 0.6, 4.0)
    ]
    assert found[0] > found[1] > found[2]


def test_a_mask_holds_only_what_is_pointed_at():
    image, _ = arc(0.02)
    image = image + np.exp(-0.5 * (np.hypot(X + 22, Y) / 2) ** 2)  # another patch, on the other side
    mask = gm.measure.segment(image, [(53, 20)] if False else [(51, 22)])
    assert not mask[31, 8:12].any()


def test_masks_turn_with_the_image():
    image, _ = arc(0.02)
    turned = gm.measure.segment(image[:, ::-1].copy(), [(63 - x, y) for x, y in POINTS])
    assert (gm.measure.segment(image, POINTS) == turned[:, ::-1]).mean() > 0.98


def test_overlap():
    _, truth = arc()
    assert gm.measure.overlap(truth, truth) == 1 and gm.measure.overlap(np.zeros_like(truth), truth) == 0
    with pytest.raises(ValueError, match="empty"):
        gm.measure.overlap(truth, np.zeros_like(truth))
    with pytest.raises(ValueError, match="shapes"):
        gm.measure.overlap(truth, truth[:10])


@pytest.mark.parametrize("point", [(-1, 5), (5, 64), (200, 200), (np.nan, 3)])
def test_prompts_outside_the_image(point):
    with pytest.raises(ValueError, match="outside the image"):
        gm.measure.segment(arc()[0], [point])


@pytest.mark.parametrize("points", [[], [(1, 2, 3)], 5])
def test_prompts_of_another_shape(points):
    with pytest.raises(ValueError, match="points"):
        gm.measure.segment(arc()[0], points)


@pytest.mark.parametrize(
    "image", [np.zeros((32, 32)), np.full((32, 32), np.nan), np.ones((3, 32, 32)), np.ones((8, 8))]
)
def test_images_without_flux_or_of_another_shape(image):
    with pytest.raises(ValueError):
        gm.measure.segment(image, [(4, 4)])


def test_nothing_there_gives_an_empty_mask():
    image = np.random.default_rng(1).normal(0, 1, (64, 64)) + 200 * np.exp(-np.hypot(X, Y))
    assert gm.measure.segment(image, [(3, 60)], significance=8).sum() == 0


# ---------------------------------------------------------------- Segment Anything


@pytest.fixture(scope="module")
def tiny():
    """A model of the real class with random weights: wrong answers, of the right kind."""
    transformers = pytest.importorskip("transformers")
    vision = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=128, patch_size=16)
    vision |= dict(output_channels=32, num_pos_feats=16, window_size=3, global_attn_indexes=[1], mlp_dim=64)
    prompts = dict(hidden_size=32, image_size=128, patch_size=16)
    decoder = dict(hidden_size=32, num_attention_heads=2, mlp_dim=64, iou_head_hidden_dim=32)
    torch.manual_seed(0)
    config = transformers.SamConfig(vision_config=vision, prompt_encoder_config=prompts, mask_decoder_config=decoder)
    return transformers.SamModel(config).eval()


@pytest.mark.parametrize("shape", [(64, 64), (40, 96)])
def test_the_same_call_asks_segment_anything(tiny, shape):
    image = np.random.default_rng(0).random(shape)
    mask = gm.measure.segment(image, [(10, 20), (30, 30)], model=tiny)
    assert mask.shape == shape and mask.dtype == bool
    assert np.array_equal(mask, gm.measure.segment(image, [(10, 20), (30, 30)], model=tiny))


def published_names(state):
    """Names as in the published file, from those of `transformers`: the way back, written independently."""
    out = {}
    for key, value in state.items():
        if key.startswith("prompt_encoder.shared_embedding"):
            continue
        key = key.replace(
            "shared_image_embedding.positional_embedding", "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"
        )
        key = key.replace("vision_encoder.layers.", "image_encoder.blocks.").replace(
            "vision_encoder.", "image_encoder."
        )
        key = key.replace("patch_embed.projection", "patch_embed.proj").replace("point_embed.", "point_embeddings.")
        for name, number in (("conv1", 0), ("layer_norm1", 1), ("conv2", 2), ("layer_norm2", 3)):
            key = key.replace(f"neck.{name}.", f"neck.{number}.")
        for name, number in (("conv1", 0), ("layer_norm1", 1), ("conv2", 3), ("layer_norm2", 4), ("conv3", 6)):
            key = key.replace(f"mask_embed.{name}.", f"mask_downscaling.{number}.")
        for name, number in (("conv1", 0), ("layer_norm", 1), ("conv2", 3)):
            key = key.replace(f"upscale_{name}.", f"output_upscaling.{number}.")
        if "mlps" in key or "iou_prediction_head" in key:
            key = (
                key.replace(".layers.0.", ".layers.1.")
                .replace(".proj_in.", ".layers.0.")
                .replace(".proj_out.", ".layers.2.")
            )
        key = key.replace("layer_norm_final_attn", "norm_final_attn").replace(".layer_norm", ".norm")
        out[key] = value
    return out | {"pixel_mean": torch.zeros(3), "pixel_std": torch.ones(3)}


def test_published_weights_find_their_layers(tiny):
    names = published_names(tiny.state_dict())
    assert "mask_decoder.transformer.layers.1.norm4.weight" in names and "image_encoder.neck.3.bias" in names
    back = renamed(names)
    assert set(back) == set(tiny.state_dict())
    assert all(torch.equal(back[key], value) for key, value in tiny.state_dict().items())


def test_without_weights_a_clear_line(tmp_path, monkeypatch):
    pytest.importorskip("transformers")
    monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path)
    with pytest.raises(FileNotFoundError, match="download=True"):
        gm.measure.load_sam()
    with pytest.raises(FileNotFoundError, match="that place"):
        gm.measure.load_sam(tmp_path / "none.pth")

    def no_network(*args, **kwargs):
        raise OSError("no network")

    monkeypatch.setattr("pooch.retrieve", no_network)
    with pytest.raises(FileNotFoundError, match="cannot be fetched"):
        gm.measure.load_sam(download=True)


def test_another_file_is_refused_where_it_was_given_cached_or_fetched(tmp_path, monkeypatch):
    monkeypatch.setenv("GALMORPH_CACHE", str(tmp_path))
    file = tmp_path / SAM_URL.rsplit("/", 1)[1]
    monkeypatch.setattr("pooch.retrieve", lambda *args, **kwargs: file.write_bytes(b"not these weights"))
    for given in ({"download": True}, {}, {"file": file}):
        with pytest.raises(ValueError, match="SHA-256"):
            gm.measure.load_sam(**given)
    assert len(SAM_SHA256) == hashlib.sha256().digest_size * 2
