"""What 8 bits and JPEG leave of pictures: colours that are even, no colour noise; against Pillow's JPEG, by hand."""

import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

import galmorph_helpers as gm
from galmorph_helpers.imaging import jpeg, stretch
from galmorph_helpers.imaging.jpeg import compressed
from galmorph_helpers.surveys import SDSS_LOOK

PLAIN = replace(SDSS_LOOK, saturation=(1.0, 1.0))
UNROUNDED = replace(PLAIN, chroma_steps=0.0)
LUMA = torch.tensor([0.299, 0.587, 0.114])[:, None, None]
LEVEL = 1 / 255
DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here"))]


def chroma(picture):
    """JFIF's Cb and Cr by their definition: blue and red less the brightness, scaled to +-1/2."""
    light = (picture * LUMA.to(picture.device)).sum(-3)
    return torch.stack((picture[..., 2, :, :] - light, picture[..., 0, :, :] - light), -3) / torch.tensor(
        [1.772, 1.402], device=picture.device
    ).view(2, 1, 1)


def even(values, shape=(20, 20)):
    return torch.tensor(values)[:, None, None].expand(3, *shape)[None].clone()


def smooth(height=40, width=40):
    """Colours that change slowly across the stamp."""
    x, y = torch.linspace(0, 1, width).expand(height, width), torch.linspace(0, 1, height)[:, None].expand(-1, width)
    return torch.stack((0.3 + 0.4 * x, 0.4 + 0.1 * x * y, 0.6 - 0.3 * y))[None]


def noisy(n=4, shape=(64, 64), level=0.1, sigma=0.006, seed=0):
    return level + sigma * torch.randn((n, 3, *shape), generator=torch.Generator().manual_seed(seed))


def natives(*values):
    return torch.tensor(values)


# ---------------------------------------------------------------- what stays


@pytest.mark.parametrize("native", [0.35, 1.0, 2.5])
@pytest.mark.parametrize("values", [(0.6, 0.3, 0.1), (0.2, 0.25, 0.5), (0.1, 0.1, 0.1)])
def test_even_colours_stay_even_and_themselves(native, values):
    """Their mean is kept to half a step of 9 / 8 levels, in each rounding; then the grain, and 8 bits."""
    picture = even(values)
    left = compressed(picture, natives(native), PLAIN)
    colour = 1.772 * (1 + PLAIN.chroma_steps) * 9 / 8 / 2  # levels of blue, which Cb moves most
    torch.testing.assert_close(left, picture, atol=(colour + 0.8 + 0.5) * LEVEL, rtol=0)
    assert (left.amax((2, 3)) - left.amin((2, 3))).max() < 1.01 * LEVEL


@pytest.mark.parametrize("native", [0.35, 1.0, 2.5])
def test_without_steps_smooth_colours_are_left_alone_up_to_8_bits(native):
    """Two pairs of native pixels from its edge; there, a stamp's colour goes on as it is."""
    picture, edge = smooth(64, 64), int(4 * native) + 2
    left = compressed(picture, natives(native), UNROUNDED)
    inside = (..., slice(edge, -edge), slice(edge, -edge))
    torch.testing.assert_close(left[inside], picture[inside], atol=0.6 * LEVEL, rtol=0)
    flat = even((0.6, 0.3, 0.1))
    torch.testing.assert_close(compressed(flat, natives(native), UNROUNDED), flat, atol=0.501 * LEVEL, rtol=0)


def test_the_brightness_moves_by_its_grain_and_8_bits_alone():
    """Of a slope, which a turn of the pixels leaves as it is: .8 of a level at most, and no block, no blur."""
    grain = 0.8
    ramp = torch.linspace(0.2, 0.6, 64).expand(64, 64) + torch.linspace(0, 0.1, 64)[:, None]
    picture, scale = ramp.expand(1, 3, 64, 64).clone(), natives(1.0)
    inside = (..., slice(2, -2), slice(2, -2))
    moved = (compressed(picture, scale, PLAIN) * LUMA).sum(1) - ramp
    assert moved[inside].abs().max() < (grain + 0.5) * LEVEL * 1.01
    # Two even draws; then the rounding to a level, which three equal colours share.
    expected = np.sqrt(2 * grain**2 / 12 + 1 / 12)
    assert moved[inside].std().item() == pytest.approx(expected * LEVEL, rel=0.05)
    assert abs(moved[inside].mean().item()) < 0.03 * LEVEL
    without = (compressed(noisy(), scale.expand(4), UNROUNDED) * LUMA).sum(1) - (noisy() * LUMA).sum(1)
    assert without.abs().max() < 0.501 * LEVEL


@pytest.mark.parametrize("native", [0.5, 1.0])
def test_a_turn_to_the_north_blurs_the_brightness_as_bilinear_interpolation_does(native):
    """Between two pixels, u from the one, it has the variance u (1 - u): on average 1 / 6 of a squared native pixel."""
    at = torch.arange(40.0) - 19.5
    spot = torch.exp(-(at**2 + at[:, None] ** 2) / (2 * 2.5**2))[None]
    turned = jpeg._turned_north(spot, natives(native))
    assert turned.sum().item() == pytest.approx(spot.sum().item(), rel=1e-4)
    for axis in (1, 2):
        after, before = ((z.sum(axis) * at**2).sum().item() / z.sum().item() for z in (turned, spot))
        assert after - before == pytest.approx(native**2 / 6, abs=0.002)
    left = (compressed(spot.expand(1, 3, 40, 40), natives(native), PLAIN)[0] * LUMA).sum(0)
    assert (left - turned[0]).abs().max() < (0.8 + 0.5) * LEVEL * 1.01 < (spot - turned).abs().max()


def test_a_picture_is_not_changed_in_place():
    picture = noisy(2)
    before = picture.clone()
    compressed(picture, natives(0.7, 1.4), SDSS_LOOK)
    assert torch.equal(picture, before)


# ---------------------------------------------------------------- what goes


@pytest.mark.parametrize("native", [0.5, 1.0, 2.0])
def test_colour_noise_of_single_pixels_goes(native):
    sky = noisy(8)
    left, before = (chroma(z).std() for z in (compressed(sky, natives(native).expand(8), PLAIN), sky))
    # What 8 bits put back by themselves: a rounding of each of three colours, as Cb and Cr have it.
    bits = chroma((sky * 255).round() / 255 - sky).std()
    assert left < 0.5 * before and bits < 0.5 * before


def test_a_spot_of_colour_spreads_over_pairs_of_native_pixels():
    """Half resolution of native pixels, however many of them a stamp has; and a spot's colour is not lost."""
    peaks, totals = [], []
    for native in (0.35, 1.0, 2.0, 3.5):
        spot = even((0.3, 0.3, 0.3), (48, 48))
        spot[:, 0, 20:26, 20:26] += 0.4
        red = chroma(compressed(spot, natives(native), UNROUNDED))[0, 1]
        totals.append(red.sum().item() / chroma(spot)[0, 1].sum().item())
        spot[:, 0, 20:26, 20:26] -= 0.4
        spot[:, 0, 23:25, 23:25] += 0.4
        peaks.append(chroma(compressed(spot, natives(native), UNROUNDED))[0, 1].max().item())
    assert (np.diff(peaks) < 0).all() and peaks[-1] < 0.3 * peaks[0]
    np.testing.assert_allclose(totals, 1, rtol=0.1)


def test_a_look_fades_blue_against_yellow_and_red_against_green_apart():
    picture = smooth()
    before = chroma(compressed(picture, natives(1.0), UNROUNDED))
    for pair in ((0.5, 0.8), (1.0, 0.0), (0.0, 0.0)):
        after = chroma(compressed(picture, natives(1.0), replace(UNROUNDED, saturation=pair)))
        torch.testing.assert_close(after, before * torch.tensor(pair)[:, None, None], atol=1.1 * LEVEL, rtol=0)


def test_coarser_steps_leave_less_colour_noise():
    sky = noisy(8, sigma=0.02)
    left = [
        chroma(compressed(sky, natives(1.0).expand(8), replace(PLAIN, chroma_steps=s))).std().item()
        for s in (0.0, 1.0, 4.0)
    ]
    assert (np.diff(left) < -0.1 * left[0]).all()


# ---------------------------------------------------------------- where blocks begin


def corner(picture, number):
    """The same picture, whose first green pixel says that blocks begin at `number`, 0 to 63."""
    picture = picture.clone()
    picture[:, 1, 0, 0] = (2560 + number + 0.5) / 1e4  # a multiple of 64
    return picture


def test_what_is_left_depends_on_where_blocks_begin():
    """By a good part of what compression changes at all; the same place gives the same."""
    picture = noisy(1, sigma=0.05, level=0.3)
    numbers = (3, 3 + 8 * 5, 4, 3, 3 + 64)  # down and right; down; again; a whole block on
    colours = [chroma(compressed(corner(picture, b), natives(1.0), PLAIN))[..., 1:, 1:] for b in numbers]
    assert torch.equal(colours[0], colours[3])
    changed = (colours[0] - chroma(picture)[..., 1:, 1:]).abs().mean()
    for other in colours[1:3]:
        assert (colours[0] - other).abs().mean() > 0.1 * changed
    assert (colours[0] - colours[4]).abs().mean() < 0.01 * changed  # the corner's green itself is other by .0006


def test_blocks_begin_anywhere_in_stamps_of_the_mock_sky(monkeypatch):
    """Eight places down and eight right, each in an eighth of 640 stamps: 80, within 4 of their 8.4."""
    seen = []
    monkeypatch.setattr(stretch, "compressed", lambda picture, *_: seen.append(picture) or picture)
    gm.mock_sample(640, seed=3, size=8)
    begin = (torch.cat(seen)[:, 1, 0, 0] * 1e4).long()
    for place in (begin % 8, begin // 8 % 8):
        counts = torch.bincount(place, minlength=8)
        assert counts.sum() == 640 and (counts - 80).abs().max() < 4 * 8.4


def test_a_row_and_a_column_of_blocks_are_alike():
    """A picture on its side, whose blocks begin as far down as right, is compressed as it was upright."""
    picture = corner(noisy(1, shape=(40, 56), sigma=0.05, level=0.3), 3 + 8 * 3)
    upright, lying = (compressed(z, natives(0.8), PLAIN) for z in (picture, picture.mT.contiguous()))
    assert upright.shape == (1, 3, 40, 56) and lying.shape == (1, 3, 56, 40)
    assert ((upright - lying.mT).abs() > 1.1 * LEVEL).float().mean() < 1e-3  # a sum in another order, rounded


# ---------------------------------------------------------------- shapes, devices, batches


@pytest.mark.parametrize("shape", [(8, 8), (15, 16), (64, 33), (120, 64)])
def test_any_shape_and_scale_is_compressed(shape):
    scales = natives(0.05, 0.3, 0.61, 1.0, 4.0, 9.0)
    left = compressed(noisy(6, shape=shape, level=0.3), scales, SDSS_LOOK)
    assert left.shape == (6, 3, *shape) and left.dtype == torch.float32
    assert torch.isfinite(left).all() and left.min() >= 0 and left.max() <= 1
    torch.testing.assert_close(left * 255, (left * 255).round(), atol=1e-4, rtol=0)


def test_bounds_hold_for_colours_that_rounding_carries_beyond_them():
    picture = even((1.0, 1.0, 0.0))
    picture[:, :, :10] = torch.tensor([0.0, 0.0, 1.0])[:, None, None]
    left = compressed(picture, natives(1.0), replace(PLAIN, saturation=(2.0, 2.0)))
    assert left.min() == 0 and left.max() == 1


def test_stamps_in_a_batch_do_not_see_each_other():
    picture, scales = noisy(5, sigma=0.03, level=0.3), natives(2.0, 0.5, 1.0, 0.5, 2.0)
    together = compressed(picture, scales, SDSS_LOOK)
    for i in range(5):
        alone = compressed(picture[i : i + 1], scales[i : i + 1], SDSS_LOOK)[0]
        assert ((alone - together[i]).abs() > 1.1 * LEVEL).float().mean() < 1e-3  # a sum in another order, rounded


@pytest.mark.parametrize("device", DEVICES)
def test_a_device_gives_what_the_processor_gives(device):
    picture, scales = noisy(4, sigma=0.03, level=0.3), natives(0.5, 1.0, 1.0, 2.0)
    there = compressed(picture.to(device), scales.to(device, torch.float64), SDSS_LOOK)
    assert there.device.type == device and there.dtype == torch.float32
    here = compressed(picture, scales, SDSS_LOOK)
    assert ((there.cpu() - here).abs() > 1.1 * LEVEL).float().mean() < 0.02  # blocks whose rounding hangs on a last bit


# ---------------------------------------------------------------- against Pillow


def saved(picture):
    """An RGB picture (H, W, 3), 0 to 1, as a JPEG file of quality 75 gives it back."""
    file = io.BytesIO()
    pixels = (picture.clip(0, 1) * 255).round().astype(np.uint8)
    Image.fromarray(pixels).save(file, "JPEG", quality=75, subsampling=2)
    return np.asarray(Image.open(file)) / 255


def resized(picture, side, how):
    bands = [Image.fromarray(band.astype(np.float32)).resize((side, side), how) for band in np.moveaxis(picture, 2, 0)]
    return np.stack([np.asarray(band) for band in bands], -1)


def chain(native, begin, keep):
    """A stamp (3, 58, 58) of a cutout of the 56 native pixels that begin some pairs down and right in the archive's
    picture; as files keep both pictures, or without files."""
    down, right = 2 * begin[0], 2 * begin[1]
    part = (saved(native) if keep else native)[down : down + 56, right : right + 56]
    cutout = resized(part, jpeg.CUTOUT, Image.BICUBIC)
    if keep:  # the blocks of its file begin as far up and left
        cutout = saved(np.pad(cutout, ((down, 0), (right, 0), (0, 0)), "edge"))[down:, right:]
    return torch.from_numpy(np.moveaxis(resized(cutout, 58, Image.BOX), 2, 0).copy()).float()


@pytest.mark.parametrize("begin", [(0, 0), (3, 0), (2, 5)])
def test_compression_is_that_of_the_files_of_an_archive(begin):
    """Colours of a picture saved, cut out, saved again, averaged: ours are nearer to Pillow's than half of the loss."""
    rng, x = np.random.default_rng(0), np.linspace(0, 1, 80)
    native = np.stack((0.2 + 0.5 * np.outer(x, x), 0.3 + 0.2 * np.outer(x, 1 + 0 * x), 0.4 * np.outer(1 - x, x)), -1)
    native = (native + rng.normal(0, 0.04, native.shape)).clip(0.02, 0.98)
    theirs, plain = (chain(native, begin, keep) for keep in (True, False))
    scale = 58 / 56
    assert abs(scale / jpeg._SCALES[11] - 1) < 1e-3  # blocks are kept for this scale

    def off(row, column):
        stamp = corner(plain[None], row + 8 * column)
        mine = compressed(stamp, natives(scale), replace(PLAIN, chroma_steps=1.0))[0]
        return (chroma(mine) - chroma(theirs))[..., 2:-2, 2:-2].abs().mean()

    lost = (chroma(plain) - chroma(theirs))[..., 2:-2, 2:-2].abs().mean()
    assert off(*begin) < 0.5 * lost
    assert off((begin[0] + 4) % 8, (begin[1] + 4) % 8) > 1.2 * off(*begin)  # half a block off they are others
