"""The exercises of lesson 09: robust, familiar, recalibrated, cut out, done before, and how long it takes."""

import astropy.units as u
import numpy as np
from astropy.wcs import WCS
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from ..checks import Exercise


def robust(probability):
    """Whether the networks (first axis) are within 0.3 of each other, and their mean below 0.3 or above 0.7."""
    mean = probability.mean(0)
    return (np.ptp(probability, axis=0) < 0.3) & ((mean < 0.3) | (mean > 0.7))


def familiar(features, centre, precision, reach):
    """Whether a galaxy's Mahalanobis distance from the training galaxies is within their reach."""
    away = features - centre
    return np.sqrt(((away @ precision) * away).sum(1)) <= reach


def recalibrate(logit, label, new):
    """Platt's probabilities: a line through the logit, fitted to a few labels, and the logistic function of it."""
    line = LogisticRegression(C=1e6).fit(logit[:, None], label)
    return line.predict_proba(new[:, None])[:, 1]


def cutout(tile, wcs, ra, dec, half):
    """The square of 2 x half pixels around a place on the sky."""
    x, y = wcs.world_to_pixel_values(ra, dec)
    column, row = round(float(x)), round(float(y))
    return tile[:, row - half : row + half, column - half : column + half]


def done(now, parts):
    """Whether each shard's part is there and was made from the shard and the classifier of now."""
    return [parts.get(name) == made for name, made in now.items()]


def duration(galaxies, rate, cores):
    """Hours, with their unit."""
    return (galaxies / (rate * cores)).to(u.hour)


def _sky():
    """A small tile, 2 bands, and its WCS, turned a little."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], [150.0, 2.0], [30.0, 20.0]
    turn, scale = np.deg2rad(12), 0.4 / 3600
    wcs.wcs.cd = scale * np.array([[-np.cos(turn), np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.arange(2 * 50 * 64.0).reshape(2, 50, 64), wcs


def _at(tile, wcs, ra, dec, half, *, how):
    """A cutout around the pixel that `how` makes of x and y."""
    column, row = how(*(float(v) for v in wcs.world_to_pixel_values(ra, dec)))
    return tile[:, row - half : row + half, column - half : column + half]


_RNG = np.random.default_rng(9)
_P = expit(_RNG.normal(0, 2, (1, 60)) + _RNG.normal(0, 0.6, (5, 60)))
_P[:, 0] = 0.98, 0.01, 0.02, 0.01, 0.02  # one network alone says late
_FEATURES = _RNG.normal(0, 1, (50, 4)) * (3, 1, 1, 0.2) + 1
_CENTRE, _PRECISION = _FEATURES.mean(0), np.linalg.inv(np.cov(_FEATURES.T))
_LOGIT = _RNG.normal(1, 2, 200)
_LABEL = (_RNG.random(200) < expit(0.7 * _LOGIT - 1.5)).astype(int)
_TILE, _WCS = _sky()
_PLACES = [tuple(float(v) for v in _WCS.pixel_to_world_values(*at)) for at in ((24.7, 20.2), (40.2, 27.8))]
_NOW = {"a": (10, 1.0, "net 2"), "b": (12, 2.0, "net 2"), "c": (9, 3.0, "net 2"), "d": (7, 1.0, "net 2")}
_PARTS = {"a": (10, 1.0, "net 2"), "b": (12, 2.0, "net 1"), "d": (7, 5.0, "net 2"), "e": (1, 1.0, "net 2")}

EXERCISES = {
    "09.1": Exercise(
        name="robust",
        right=robust,
        cases=[(_P,), (_P[:3, ::-1].copy(),)],
        mistakes={
            "Agreement is not enough: a mean near one half says nothing either.": lambda p: np.ptp(p, axis=0) < 0.3,
            "A mean far from one half is not enough: the networks must agree, too.": (
                lambda p: (p.mean(0) < 0.3) | (p.mean(0) > 0.7)
            ),
            "Late types can be robust, too: a mean above 0.7.": (
                lambda p: (np.ptp(p, axis=0) < 0.3) & (p.mean(0) < 0.3)
            ),
            "The range is the largest minus the smallest, not the standard deviation.": (
                lambda p: (p.std(0) < 0.3) & ((p.mean(0) < 0.3) | (p.mean(0) > 0.7))
            ),
        },
        hint="np.ptp(probability, axis=0) is largest minus smallest; & is and, | is or, each side in brackets.",
    ),
    "09.2": Exercise(
        name="familiar",
        right=familiar,
        cases=[(_FEATURES, _CENTRE, _PRECISION, 2.0), (_FEATURES + 0.3, _CENTRE, _PRECISION, 2.5)],
        mistakes={
            "This is the square of the distance: take its root.": (
                lambda f, c, p, r: (((f - c) @ p) * (f - c)).sum(1) <= r
            ),
            "Every direction counts alike here: the precision is not used.": (
                lambda f, c, p, r: np.sqrt(((f - c) ** 2).sum(1)) <= r
            ),
            "These are the unfamiliar ones: familiar is near.": lambda f, c, p, r: ~familiar(f, c, p, r),
            "Measure from the centre of the training galaxies, not from zero.": (
                lambda f, c, p, r: familiar(f, 0 * c, p, r)
            ),
        },
        hint="away = features - centre; (away @ precision) * away, summed over axis 1, is the squared distance.",
    ),
    "09.3": Exercise(
        name="recalibrate",
        right=recalibrate,
        cases=[(_LOGIT, _LABEL, np.linspace(-4, 5, 20)), (_LOGIT[::2], _LABEL[::2], _LOGIT[1::2])],
        tolerance=1e-3,
        mistakes={
            "This is the probability of label 0: take column 1.": lambda x, y, new: 1 - recalibrate(x, y, new),
            "The network's own probability comes back: nothing was learnt from the labels.": (
                lambda x, y, new: expit(new)
            ),
            "These are labels; probabilities are wanted: predict_proba.": (
                lambda x, y, new: (recalibrate(x, y, new) > 0.5).astype(int)
            ),
        },
        hint="scikit-learn wants columns: logit[:, None]; predict_proba gives two columns, of label 0 and of label 1.",
    ),
    "09.4": Exercise(
        name="cutout",
        right=cutout,
        cases=[(_TILE, _WCS, *place, 8) for place in _PLACES],
        mistakes={
            "x is the column and y the row: arrays want the row first.": (
                lambda *given: _at(*given, how=lambda x, y: (round(y), round(x)))
            ),
            "int() cuts off: 24.7 lies in pixel 25.": lambda *given: _at(*given, how=lambda x, y: (int(x), int(y))),
            "That is one pixel off: numpy counts from 0, FITS from 1.": (
                lambda *given: _at(*given, how=lambda x, y: (round(x) + 1, round(y) + 1))
            ),
        },
        hint="world_to_pixel_values gives x and y; rows are tile[:, y - half : y + half, ...].",
    ),
    "09.5": Exercise(
        name="done",
        right=done,
        cases=[(_NOW, _PARTS), (_NOW, {})],
        mistakes={
            "A part of that name may be of another classifier, or of an older shard: compare what it was made from.": (
                lambda now, parts: [name in parts for name in now]
            ),
            "Those are the shards that are left to do: the other way round.": (
                lambda now, parts: [parts.get(name) != made for name, made in now.items()]
            ),
            "One answer a shard is wanted, also where there is no part.": (
                lambda now, parts: [now[name] == parts[name] for name in now if name in parts]
            ),
        },
        hint="Go through now.items(); parts.get(name) is None where there is no part.",
    ),
    "09.6": Exercise(
        name="duration",
        right=duration,
        cases=[(1_000_000, 800 / u.s, 2), (27_000_000, 500 / u.s, 64)],
        mistakes={
            "These are seconds: .to(u.hour).": lambda n, rate, cores: (n / (rate * cores)).to(u.s),
            "More cores take less time, not more.": lambda n, rate, cores: (n / rate * cores).to(u.hour),
            "The cores are not used.": lambda n, rate, cores: (n / rate).to(u.hour),
            "Days are asked for nowhere: hours.": lambda n, rate, cores: (n / (rate * cores)).to(u.day),
        },
        hint="All cores together do rate * cores galaxies a second; .to(u.hour) converts.",
    ),
}
