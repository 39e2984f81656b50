"""Mock galaxies carried to fainter magnitudes, galaxies without parts, and the picture of a journey."""

import astropy.units as u
import numpy as np
import pytest
import torch

import galmorph_helpers as gm
from galmorph_helpers.mock import distant_samples, without


@pytest.fixture(scope="module")
def nearby():
    return gm.population(48, seed=11, seeing=gm.DES.seeing)


def test_galaxies_reach_their_magnitudes_in_the_order_of_the_catalogue(nearby):
    wanted = np.linspace(17.8, 21.0, len(nearby))
    near, far = distant_samples(nearby, [0, wanted], seed=3)
    assert (far.table["id"] == nearby["id"]).all() and (far.table["t_type"] == nearby["t_type"]).all()
    np.testing.assert_allclose(near.table["redshift"], nearby["redshift"])
    capped = np.isclose(far.table["redshift"], 12 * nearby["redshift"])
    reached = np.abs(far.table["r_mag"].value - np.maximum(wanted, nearby["r_mag"].value))
    assert np.median(reached[~capped]) < 0.05 and (~capped).mean() > 0.7
    assert far.images.shape == (48, 3, 64, 64)
    assert np.mean(np.asarray(far.table["covered"]) > 0.999) > 0.95, "but for the largest"
    width = 64 * far.table["pixel_scale"] / far.table["r90"]
    np.testing.assert_allclose(width, 4.24, rtol=1e-5)


def test_large_galaxies_do_not_ring(nearby):
    """On pixels wider than half a PSF a star must not leave a comb of dark and light pixels along its row."""
    rows = nearby[:12].copy()
    rows["r90"] = np.full(len(rows), 16.0) * u.arcsec  # one arcsec a pixel
    (kept,) = distant_samples(rows, [0], seed=3)
    wide = gm.mock_sample(table=rows, survey=gm.DES, size=384, field_of_view=101.0, look="flux", seed=3)
    plain = gm.imaging.coloured(gm.emulate(wide, z_new=rows["redshift"], seed=3))
    comb = (torch.arange(64) % 2 * 2.0 - 1.0)[None, None, None]
    found, rings = (((s.images - s.images.mean(-1, keepdim=True)) * comb).mean(-1).abs().mean() for s in (kept, plain))
    assert found < 0.6 * rings


@pytest.mark.parametrize("magnitudes", [[], [np.zeros(3)]])
def test_magnitudes_that_do_not_fit(nearby, magnitudes):
    with pytest.raises(ValueError, match="one a galaxy"):
        distant_samples(nearby, magnitudes)


def test_without_structure_a_face_on_galaxy_is_its_own_mirror_image():
    table = gm.mock.specimens(["Sc"], inclination=20, seed=1)
    same = {}
    for name, rows in {"arms": table, "none": without(table, "structure")}.items():
        image = gm.mock.portraits(rows, noise=False).images[0].mean(0)
        same[name] = float((image - image.flip(0, 1)).abs().sum() / image.sum())
    assert same["none"] < 0.02 < 0.05 < same["arms"]


def test_without_profile_all_galaxies_fall_off_alike(nearby):
    plain = without(nearby, "profile")
    assert len(set(zip(plain["bulge_to_total"], plain["sersic_index"], strict=True))) == 1
    assert (plain["bulge_radius"] == nearby["half_light_radius"]).all() and (plain["g_r"] == nearby["g_r"]).all()
    assert (nearby["bulge_to_total"] < 1).any(), "the catalogue that was given is left as it was"


def test_without_an_unknown_part(nearby):
    with pytest.raises(ValueError, match="structure"):
        without(nearby, "arms")


def test_journey_is_stretched_from_sky_to_brightest_and_has_words(capsys, monkeypatch):
    said = []
    monkeypatch.setattr("galmorph_helpers.plots.receding.show", lambda figure, alt: said.append((figure, alt)))
    y, x = np.mgrid[:32, :32] - 15.5
    pictures = [5 + scale * np.exp(-np.hypot(x, y) / 4) for scale in (100, 0.01)]
    for picture in pictures:
        drawn = gm.plots.stretched(picture)
        assert drawn.max() == pytest.approx(1) and abs(np.median(drawn[0])) < 0.05
    gm.plots.journey({"no noise": pictures}, ["near", "far"], width=[10, 5], bar=("10 kpc", [4, 2]), psf=1, alt="fades")
    figure, alt = said[0]
    circles = [patch for axis in figure.axes for patch in axis.patches]
    assert alt == "fades" and [c.radius for c in circles] == [0.5, 0.5]
    assert [float(np.ptp(axis.lines[0].get_xdata())) for axis in figure.axes] == pytest.approx([4, 2])
