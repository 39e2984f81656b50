"""Observed galaxies to carry a network between: SDSS with Galaxy Zoo 1 classes, DECam with rings, JWST with votes."""

from dataclasses import replace

import numpy as np
import torch

from .folders import read_folder
from .labelled import find_set, gz2_answers, labelled_sdss
from .mock.volunteers import certain
from .networks import CompactCNN
from .runtime import device
from .samples import split
from .training import fit
from .transfer import answered_loss, scores
from .weights import load_weights

#: Output of the source network that answers the question of a task (0 disc, 1 edge-on); None: it was never asked.
TASKS = {"DECam": None, "JWST": 1}


def observed_source(*, seed=0, epochs=5):
    """The network to carry: trained on observed SDSS galaxies, from the shipped weights of the mock sky.

    Returns
    -------
    (network, dict)
        Two outputs, disc and edge-on; and its `transfer.scores` on galaxies held back. (None, {}) without such a set:
        a line says how to fetch one.
    """
    sample, found = labelled_sdss("disc", "edge-on")
    if sample is None:
        return None, {}
    target = np.stack([found["disc"], found["edge-on"]], 1)
    train, validation, test = split(sample, fractions=(0.72, 0.08, 0.20), seed=seed)
    torch.manual_seed(seed)
    network = load_weights(CompactCNN(outputs=2), "sdss_questions").to(device())
    held = (sample.images[validation], target[validation])
    fit(network, sample.images[train], target[train], validation=held, loss=answered_loss, epochs=epochs,
        learning_rate=2e-3, seed=seed)  # fmt: skip
    return network, scores(network, sample.images[test], target[test], questions=("disc", "edge-on"))


def observed_target(task):
    """Galaxies of another camera with one question each.

    Parameters
    ----------
    task : {"DECam", "JWST"}
        "DECam": colour pictures of the camera of DES, question "ring". "JWST": NIRCam F200W, grey, which fills three
        channels alike; question "edge-on", where over 70 % or under 30 % of at least five volunteers said yes.

    Returns
    -------
    (GalaxySample, array (N, 1), str)
        The answers are 0 or 1; the name of the question. (None, None, "") without that set: a line says so.
    """
    if task not in TASKS:
        raise ValueError(f"task must be one of {tuple(TASKS)}, got {task!r}.")
    path = find_set({"DECam": "decals_rings_470", "JWST": "ceers_jwst_f200w_4055"}[task])
    if path is None:
        return None, None, ""
    if task == "DECam":
        sample = read_folder(path, size=64, crop=212)
        return sample, np.asarray(sample.table["ring"], float)[:, None], "ring"
    sample = read_folder(path, size=64, crop=300)
    question = "t2_could_this_be_a_disk_viewed_edgeon__"
    yes, no = (np.asarray(sample.table[question + a], float) for a in ("yes_edge_on_disk", "no_something_else"))
    target = np.where(yes + no >= 5, certain(yes / np.maximum(yes + no, 1)), np.nan)
    rows = np.flatnonzero(np.isfinite(target))
    chosen = sample[rows]
    images = chosen.images.expand(-1, 3, -1, -1).contiguous()
    return replace(chosen, images=images), target[rows, None], "edge-on"


def observed_pair():
    """The same galaxies as SDSS and as DES saw them, with what volunteers of Galaxy Zoo 2 said of the SDSS pictures.

    Returns
    -------
    (GalaxySample, GalaxySample, array (N, 2))
        SDSS, DES, and the answers on disc and edge-on: 0, 1, or NaN where people disagreed. Three times None where a
        set is missing: a line says how to fetch it.
    """
    paths = [find_set(name) for name in ("gz2_s82_sdss", "gz2_s82_des")]
    if None in paths:
        return None, None, None
    sdss, des = (read_folder(path, size=64, crop=212) for path in paths)
    _, first, second = np.intersect1d(sdss.table["id"], des.table["id"], return_indices=True)
    found = gz2_answers(sdss.table[first])
    return sdss[first], des[second], np.stack([found["disc"], found["edge-on"]], 1)
