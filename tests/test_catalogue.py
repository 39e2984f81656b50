"""A catalogue from shards: every galaxy once, whatever is killed or spoilt; folds at once; prediction folded."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import galmorph_helpers as gm
from galmorph_helpers.catalogue.__main__ import main
from galmorph_helpers.catalogue.classifier import ClassifierError
from galmorph_helpers.learning.networks import fused

SIZE = 16


def compact(seed=0, **options):
    """A network whose normalisations have something to fold."""
    torch.manual_seed(seed)
    network = gm.CompactCNN(size=SIZE, **options)
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_mean.normal_()
            layer.running_var.uniform_(0.5, 2)
    return network.eval()


@pytest.fixture(scope="module")
def stamps():
    return torch.rand(600, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def classifier(tmp_path_factory, stamps):
    path = tmp_path_factory.mktemp("weights") / "ltg.safetensors"
    return gm.catalogue.save_classifier(path, [compact(i) for i in range(2)], stamps)


@pytest.fixture
def sky(tmp_path, stamps):
    """Six shards of 40 galaxies."""
    folder = tmp_path / "sky"
    folder.mkdir()
    for number in range(6):
        path = folder / f"s{number}.parquet"
        gm.catalogue.write_shard(path, 40 * number + np.arange(40), stamps[:40], pixels="colour")
    return folder


# ---------------------------------------------------------------- prediction


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("outputs", [1, 3])
def test_folded_network_predicts_the_same(outputs, layout):
    network, images = compact(outputs=outputs).to(memory_format=layout), torch.randn(70, 3, SIZE, SIZE)
    with torch.no_grad():
        plain = network(images).numpy()
    np.testing.assert_allclose(gm.learning.predict_value(network, images, views=1), plain, atol=2e-6)
    quick = fused(network, (3, SIZE, SIZE))
    assert not any(isinstance(layer, torch.nn.BatchNorm2d) for layer in quick)
    kept = images.clone()
    quick(images)
    assert torch.equal(images, kept), "prediction writes over the images"


def test_eight_views_are_the_mean_of_eight():
    network, images = compact(), torch.rand(9, 3, SIZE, SIZE)
    each = [
        gm.learning.predict_value(network, torch.rot90(images.flip(-1) if k % 2 else images, k // 2, (2, 3)), views=1)
        for k in range(8)
    ]
    np.testing.assert_allclose(gm.learning.predict_value(network, images), np.mean(each, 0), atol=1e-6)


def test_a_network_with_hooks_or_its_own_forward_is_left_alone():
    network = compact()
    network.stretch.register_forward_hook(lambda *_: None)
    assert fused(network, (3, SIZE, SIZE)) is network

    class Own(torch.nn.Sequential):
        def forward(self, x):
            return 2 * super().forward(x)

    own = Own(torch.nn.Flatten(), torch.nn.Linear(3 * SIZE**2, 1))
    assert fused(own, (3, SIZE, SIZE)) is own


@given(st.lists(st.integers(0, 7), min_size=1, max_size=9))
def test_each_image_is_turned_as_drawn(drawn):
    images = torch.rand(len(drawn), 2, 5, 5)
    turned = gm.learning.augmentation.turned_each(images, torch.tensor(drawn))
    assert torch.equal(turned, gm.learning.augmentation.turned_by_bits(images, torch.tensor(drawn)))
    for image, k, out in zip(images, drawn, turned, strict=True):
        assert torch.equal(out, gm.learning.augmentation.turned(image[None], k)[0])


# ---------------------------------------------------------------- folds at once


@pytest.mark.parametrize(
    "n, options",
    [
        (90, {}),
        (91, {"batch_size": 16}),  # folds of unequal size
        (90, {"augmented": None, "loss": "mse"}),
    ],
)
def test_folds_together_are_folds_in_turn(n, options, monkeypatch):
    """In double precision, where rounding stays small: the draws and the arithmetic are the same."""
    images = torch.rand(n, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    target = (np.arange(n) % 2).astype(float)

    def checked(x, y, what, *, missing=False):
        return torch.as_tensor(x), torch.as_tensor(np.asarray(y))

    monkeypatch.setattr(gm.learning.training, "checked", checked)
    monkeypatch.setattr(gm.learning.together, "checked", checked)
    runs = [
        gm.fit_folds(lambda: gm.CompactCNN(size=SIZE).double(), images, target, k=3, epochs=2, together=way, **options)
        for way in (False, True)
    ]
    outputs = [gm.predict_folds(run.networks, images, views=1) for run in runs]
    np.testing.assert_allclose(outputs[1], outputs[0], atol=1e-7)
    assert np.ptp(outputs[0], axis=0).max() > 1e-3, "the folds differ"
    for one, other in zip(*(run.histories for run in runs), strict=True):
        np.testing.assert_allclose(one.training, other.training, rtol=1e-7)
        np.testing.assert_allclose(one.validation, other.validation, rtol=1e-7)
        assert one.best_epoch == other.best_epoch and one.loss == other.loss


@pytest.mark.parametrize("augmented", ["turns", "any"])
def test_folds_together_in_single_precision_for_one_step(augmented):
    images, target = torch.rand(96, 3, SIZE, SIZE), (np.arange(96) % 2).astype(float)
    runs = [
        gm.fit_folds(lambda: gm.CompactCNN(size=SIZE), images, target, k=3, epochs=1, augmented=augmented, together=way)
        for way in (False, True)
    ]
    one, other = (gm.predict_folds(run.networks, images, views=1) for run in runs)
    np.testing.assert_allclose(one, other, atol=1e-4)


def test_networks_of_unequal_steps_are_not_trained_together():
    images, target = torch.rand(40, 3, SIZE, SIZE), np.arange(40) % 2
    networks, rows = [gm.CompactCNN(size=SIZE) for _ in range(2)], np.arange(40)
    states = [gm.learning.together.random_state(False)] * 2
    with pytest.raises(ValueError, match="as many steps an epoch"):
        gm.learning.together.fit_together(
            networks, images, target, [(rows[:33], rows[33:]), (rows[:32], rows[33:])], seeds=[0, 1], states=states,
            batch_size=32,
        )  # fmt: skip


# ---------------------------------------------------------------- shards


def test_a_shard_gives_back_what_was_written(tmp_path, stamps):
    path = gm.catalogue.write_shard(tmp_path / "a.parquet", np.arange(600), stamps, rows=256, pixels="colour")
    parts = list(gm.catalogue.read_shard(path, bands=gm.catalogue.shards.COLOUR_BANDS, size=SIZE))
    assert [len(ids) for ids, _ in parts] == [256, 256, 88]
    images = torch.cat([part[1] for part in parts])
    assert images.dtype == torch.float32 and (images - stamps).abs().max() <= 0.5 / 255 + 1e-6
    flux = stamps * 40 - 3
    path = gm.catalogue.write_shard(tmp_path / "b.parquet", np.arange(600), flux, pixels="flux")
    assert torch.equal(torch.cat([part[1] for part in gm.catalogue.read_shard(path)]), flux)


def test_a_survey_is_the_same_on_any_machine(tmp_path):
    for name in ("one", "two"):
        assert gm.catalogue.simulate(tmp_path / name, galaxies=70, per_shard=40, seed=3, size=SIZE) == 2
    one, two = (gm.catalogue.find_shards(tmp_path / name) for name in ("one", "two"))
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]
    ids = np.concatenate([ids for path in one for ids, _ in gm.catalogue.read_shard(path)])
    np.testing.assert_array_equal(ids, np.arange(70))


def test_bad_shards_cannot_be_written(tmp_path, stamps):
    with pytest.raises(ValueError, match="600 ids"):
        gm.catalogue.write_shard(tmp_path / "a.parquet", np.arange(600), stamps[:5])
    with pytest.raises(FileNotFoundError, match="no shards"):
        gm.catalogue.find_shards(tmp_path)


@pytest.mark.parametrize("at_once", [10, 1000])
def test_repeated_galaxies_are_found_in_parts(tmp_path, stamps, at_once):
    for name, ids in (("a", [1, 2, 3]), ("b", [4, 5, 5]), ("c", [6, 2, 7]), ("d", [8, 9, 10])):
        gm.catalogue.write_shard(tmp_path / f"{name}.parquet", ids, stamps[:3])
    found = gm.catalogue.repeated(gm.catalogue.find_shards(tmp_path), at_once=at_once)
    assert {path.name: reason for path, reason in found.items()} == {
        "b.parquet": "has galaxy 5 twice",
        "c.parquet": "has galaxy 2 that is in a.parquet already",
    }


# ---------------------------------------------------------------- the catalogue


def test_the_catalogue_is_what_predict_says(sky, classifier, stamps, tmp_path):
    run = gm.catalogue.classify(sky, classifier, tmp_path / "out")
    assert len(run.done) == 6 and run.galaxies == 240 and not run.failed
    table = gm.catalogue.read_parts(tmp_path / "out")
    assert sorted(table["ID"]) == list(range(240))
    p = np.stack([gm.predict(compact(i), (stamps[:40] * 255).round() / 255, views=1) for i in range(2)])
    for name, expected in (("P_LTG", p.mean(0)), ("P_LTG_std", p.std(0)), ("FLAG_LTG", gm.metrics.robust_flag(p))):
        np.testing.assert_allclose(table[name][np.argsort(table["ID"])][:40], expected, atol=1e-6)
    assert 0.9 < np.mean(table["OOD"] < 1) <= 1
    field = pq.read_schema(tmp_path / "out" / "s0.parquet").field("P_LTG")
    assert field.metadata[b"description"].startswith(b"probability of late") and field.metadata[b"unit"] == b""


def test_a_run_is_resumed_by_repeating_it(sky, classifier, stamps, tmp_path):
    out = tmp_path / "out"
    gm.catalogue.classify(sky, classifier, out)
    written = {path.name: path.stat().st_mtime_ns for path in out.glob("s*.parquet")}
    (out / "s2.parquet").unlink()
    (out / "s3.parquet").write_bytes(b"")  # a disk that lost power
    for name, age in ((".s4.parquet.99.part", 2), (".s4.parquet.98.part", 0)):
        (out / name).write_bytes(b"by a worker that was killed long ago; by one that may be at work")
        os.utime(out / name, (time.time() - age * 86_400,) * 2)
    gm.catalogue.write_shard(sky / "s5.parquet", 200 + np.arange(40), stamps[40:80], pixels="colour")  # changed since
    run = gm.catalogue.classify(sky, classifier, out)
    assert sorted(run.done) == ["s2.parquet", "s3.parquet", "s5.parquet"] and len(run.found) == 3
    assert all((out / name).stat().st_mtime_ns == written[name] for name in run.found)
    assert [path.name for path in out.glob(".*")] == [".s4.parquet.98.part"]
    assert sorted(gm.catalogue.read_parts(out)["ID"]) == list(range(240))


def spoil(sky, stamps):
    """A bad shard of every kind, and a word of its reason."""
    raw = bytearray((sky / "s1.parquet").read_bytes())
    raw[len(raw) // 2] ^= 1
    (sky / "s1.parquet").write_bytes(raw)
    (sky / "t_cut.parquet").write_bytes(raw[:900])
    ids = 10_000 + np.arange(40)
    gm.catalogue.write_shard(sky / "t_small.parquet", ids, stamps[:40, :, ::2, ::2], pixels="colour")
    gm.catalogue.write_shard(sky / "t_bands.parquet", ids + 100, stamps[:40], bands=("g", "r", "i"), pixels="colour")
    gm.catalogue.write_shard(sky / "t_empty.parquet", ids[:0], stamps[:0], pixels="colour")
    gm.catalogue.write_shard(sky / "t_twice.parquet", [7, *(ids[1:] + 200)], stamps[:40], pixels="colour")
    flux = torch.where(torch.rand(40, 3, SIZE, SIZE) < 0.1, torch.nan, 5.0)
    gm.catalogue.write_shard(sky / "t_nan.parquet", ids + 300, flux, pixels="flux")
    pq.write_table(pq.read_table(sky / "s0.parquet").replace_schema_metadata(None), sky / "t_plain.parquet")
    return {
        "s1": "damaged", "t_cut": "cannot be read", "t_small": "size 8", "t_bands": "bands", "t_empty": "empty",
        "t_twice": "galaxy 7 that is in", "t_nan": "not finite", "t_plain": "already",
    }  # fmt: skip


def test_bad_shards_are_named_and_the_rest_goes_on(sky, classifier, stamps, tmp_path):
    out = tmp_path / "out"
    gm.catalogue.classify(sky, classifier, out)
    reasons = spoil(sky, stamps)
    run = gm.catalogue.classify(sky, classifier, out)
    assert set(run.failed) == {f"{name}.parquet" for name in reasons}
    for name, word in reasons.items():
        assert word in run.failed[f"{name}.parquet"], run.failed
    assert len(run.found) == 5
    assert sorted(gm.catalogue.read_parts(out)["ID"]) == sorted({*range(240)} - {*range(40, 80)}), "s1 is not kept"
    (sky / "s0.parquet").unlink()
    assert "shard is gone" in gm.catalogue.classify(sky, classifier, out).failed["s0.parquet"]


def test_the_command_line_ends_non_zero(sky, classifier, tmp_path, capsys):
    arguments = ["classify", str(sky), str(classifier), str(tmp_path / "out"), "--workers", "0"]
    assert main(arguments) == 0
    shutil.copy(sky / "s0.parquet", sky / "x.parquet")
    assert main(arguments) == 1
    assert "x.parquet: has galaxy 0 that is in s0.parquet already" in capsys.readouterr().out
    made = main(["simulate", str(tmp_path / "mock"), "--galaxies", "20", "--per-shard", "10", "--workers", "0"])
    assert made == 0 and len(gm.catalogue.find_shards(tmp_path / "mock")) == 2


def test_a_killed_command_is_resumed(sky, classifier, tmp_path):
    out = tmp_path / "out"
    code = (
        "import os, sys; from galmorph_helpers.catalogue import __main__ as m, survey as c\n"
        "real, n = c.pq.write_table, []\n"
        "def dies(*a, **k):\n"
        "    n.append(real(*a, **k))\n"
        "    len(n) == 3 and os.kill(os.getpid(), 9)\n"
        "c.pq.write_table = dies\n"
        "m.main(sys.argv[1:])"
    )
    arguments = ["classify", str(sky), str(classifier), str(out), "--workers", "0"]
    done = subprocess.run([sys.executable, "-c", code, *arguments], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(list(out.glob("s*.parquet"))) == 2 and len(list(out.glob(".*.part"))) == 1
    run = gm.catalogue.classify(sky, classifier, out)
    assert len(run.found) == 2 and len(run.done) == 4
    assert sorted(gm.catalogue.read_parts(out)["ID"]) == list(range(240))


@pytest.fixture(scope="module")
def client():
    pytest.importorskip("distributed")
    with gm.catalogue.dask_client(2) as found:
        yield found


def test_a_killed_worker_loses_no_galaxy(sky, classifier, tmp_path, client, monkeypatch):
    whole = gm.catalogue.classify_shard

    def slow_shard(*task):
        import time

        time.sleep(0.4)
        return whole(*task)

    monkeypatch.setattr(gm.catalogue.survey, "classify_shard", slow_shard)
    victim = next(iter(client.run(os.getpid).values()))
    timer = threading.Timer(0.6, os.kill, (victim, signal.SIGKILL))
    timer.start()
    run = gm.catalogue.classify(sky, classifier, tmp_path / "out", client=client)
    timer.join()
    assert not psutil.pid_exists(victim)
    assert not run.failed and sorted(run.done) == [f"s{i}.parquet" for i in range(6)]
    assert sorted(gm.catalogue.read_parts(tmp_path / "out")["ID"]) == list(range(240))


def test_a_worker_without_the_weights_is_named_by_its_shards(sky, classifier, tmp_path, client, monkeypatch):
    """All see them as the run starts; then the disk of the workers goes."""
    lost = tmp_path / "lost.safetensors"
    shutil.copy(classifier, lost)
    whole = gm.catalogue.repeated

    def then_lose(paths):
        lost.unlink()
        return whole(paths)

    monkeypatch.setattr(gm.catalogue.survey, "repeated", then_lose)
    run = gm.catalogue.classify(sky, lost, tmp_path / "out", client=client)
    assert len(run.failed) == 6 and "No such file" in run.failed["s0.parquet"]


def test_a_cluster_here_is_not_open_to_the_network(client):
    here = psutil.Process()
    open_at = {
        connection.laddr.ip
        for process in (here, *here.children(recursive=True))
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    assert open_at == {"127.0.0.1"}


# ---------------------------------------------------------------- what a run must not touch


def contents(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("way", ["same", "relative", "link", "slash", "inside"])
def test_a_catalogue_never_replaces_its_shards(sky, classifier, tmp_path, way, monkeypatch, capsys):
    monkeypatch.chdir(sky)
    (tmp_path / "link").symlink_to(sky)
    places = {"same": sky, "relative": ".", "link": tmp_path / "link", "slash": f"{sky}/../sky/", "inside": tmp_path}
    place = places[way]
    before = contents(tmp_path)
    assert main(["classify", str(sky), str(classifier), str(place), "--workers", "0"]) == 2
    assert "choose another folder" in capsys.readouterr().err
    if way == "link":
        assert main(["classify", str(place), str(classifier), str(sky), "--workers", "0"]) == 2
    assert contents(tmp_path) == before


def test_a_catalogue_below_its_shards_is_allowed(sky, classifier):
    assert not gm.catalogue.classify(sky, classifier, sky / "out").failed
    assert len(gm.catalogue.read_parts(sky / "out")) == 240 and len(gm.catalogue.find_shards(sky)) == 6


@pytest.mark.parametrize("what", ["shard", "table", "text"])
def test_what_is_no_part_is_never_replaced(sky, classifier, tmp_path, what):
    out = tmp_path / "out"
    out.mkdir()
    for name in ("s1.parquet", "mine.parquet"):
        if what == "shard":
            shutil.copy(sky / "s1.parquet", out / name)
        elif what == "table":
            pq.write_table(pa.table({"ID": [1], "x": [2.0]}), out / name)
        else:
            (out / name).write_bytes(b"half")
    before = contents(out)
    run = gm.catalogue.classify(sky, classifier, out)
    assert len(run.done) == 5 and set(run.failed) == {"s1.parquet", "mine.parquet"}
    assert all("no part of a catalogue" in reason for reason in run.failed.values()) and "move it away" in str(run)
    assert contents(out) | before == contents(out)
    by_hand = gm.catalogue.classify_shard(str(sky / "s1.parquet"), str(classifier), str(out))
    assert "no part of a catalogue" in by_hand["error"] and contents(out) | before == contents(out)
    with pytest.raises(ValueError, match="2 files that are no parts"):
        gm.catalogue.read_parts(out)


def rewritten(classifier, path, **changes):
    """The classifier with other facts, or arrays."""
    from safetensors.torch import load_file, safe_open, save_file

    tensors = load_file(classifier)
    with safe_open(classifier, "pt") as file:
        facts = json.loads(file.metadata()["galmorph"])
    for name, value in changes.items():
        if name in facts:
            facts[name] = value
        else:
            tensors[name.replace("_", ".")][...] = value
    save_file(tensors, path, metadata={"galmorph": json.dumps(facts)})


BAD_CLASSIFIERS = {
    "missing": (None, "No such file"),
    "text": (b"no weights", "no usable classifier"),
    "reach 0": ({"reach": 0.0}, "reach"),
    "reach NaN": ({"reach": float("nan")}, "reach"),
    "no folds": ({"folds": 0}, "0 folds"),
    "one fold of two": ({"folds": 1}, "holds 2"),
    "domain NaN": ({"domain_mean": float("nan")}, "domain.mean"),
    "precision inf": ({"domain_precision": float("inf")}, "domain.precision"),
    "weights NaN": ({"1_2.weight": float("nan")}, "not finite"),
    "other size": ({"size": 48}, "no usable classifier"),
}


@pytest.mark.parametrize("kind", BAD_CLASSIFIERS)
def test_a_run_that_cannot_start_changes_nothing(sky, classifier, tmp_path, kind, capsys):
    what, word = BAD_CLASSIFIERS[kind]
    out, bad = tmp_path / "out", tmp_path / "bad.safetensors"
    assert main(["classify", str(sky), str(classifier), str(out), "--workers", "0"]) == 0
    if isinstance(what, bytes):
        bad.write_bytes(what)
    elif what is not None:
        changes = {k.replace("1_2.weight", weight_of(classifier)): v for k, v in what.items()}
        rewritten(classifier, bad, **changes)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    for place in (out, tmp_path / "new"):
        assert main(["classify", str(sky), str(bad), str(place), "--workers", "0"]) == 2
        said = capsys.readouterr().err
        assert word in said and "Nothing was changed" in said
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before and not (tmp_path / "new").exists()


def weight_of(classifier):
    from safetensors.torch import load_file

    return next(name for name in load_file(classifier) if name.startswith("1.") and name.endswith("weight"))


def test_a_classifier_that_says_nothing_is_not_written(stamps, tmp_path):
    with pytest.raises(ValueError, match="reach"):
        gm.catalogue.save_classifier(tmp_path / "a.safetensors", [compact()], stamps[:1].expand(500, -1, -1, -1))
    with torch.no_grad():
        network = compact()
        network.head[0].bias.fill_(torch.nan)
    with pytest.raises(ValueError, match="not finite"):
        gm.catalogue.save_classifier(tmp_path / "a.safetensors", [network], stamps)
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_replaced_is_kept_and_never_mixed(sky, classifier, stamps, tmp_path):
    out, other = tmp_path / "out", tmp_path / "other.safetensors"
    gm.catalogue.classify(sky, classifier, out)
    old = (out / "s1.parquet").read_bytes()
    gm.catalogue.save_classifier(other, [compact(7)], stamps)
    good = (sky / "s1.parquet").read_bytes()
    (sky / "s1.parquet").write_bytes(good[:900])
    run = gm.catalogue.classify(sky, other, out)
    assert run.stale == ["s1.parquet"] and len(run.done) == 5 and not run.found
    assert "set aside as .s1.parquet.stale" in str(run)
    assert (out / ".s1.parquet.stale").read_bytes() == old and not (out / "s1.parquet").exists()
    assert len(gm.catalogue.read_parts(out)) == 200
    (sky / "s1.parquet").write_bytes(good)
    run = gm.catalogue.classify(sky, other, out)
    assert run.done == ["s1.parquet"] and not list(out.glob(".*")) and len(gm.catalogue.read_parts(out)) == 240


def test_a_run_that_ends_half_way_is_not_read_as_one_catalogue(sky, classifier, stamps, tmp_path):
    out, other = tmp_path / "out", tmp_path / "other.safetensors"
    gm.catalogue.classify(sky, classifier, out)
    gm.catalogue.save_classifier(other, [compact(7)], stamps)
    gm.catalogue.classify_shard(str(sky / "s0.parquet"), str(other), str(out))
    with pytest.raises(ValueError, match="parts by 2 classifiers"):
        gm.catalogue.read_parts(out)


def test_a_run_that_fails_everywhere_leaves_the_catalogue(sky, classifier, stamps, tmp_path, monkeypatch):
    out, other = tmp_path / "out", tmp_path / "other.safetensors"
    gm.catalogue.classify(sky, classifier, out)
    gm.catalogue.save_classifier(other, [compact(7)], stamps)
    before = contents(out)
    monkeypatch.setattr(
        gm.catalogue.survey, "classify_shard", lambda shard, *_: {"shard": shard, "error": "the worker is lost"}
    )
    run = gm.catalogue.classify(sky, other, out)
    assert len(run.failed) == len(run.stale) == 6 and "stays, and is not current" in str(run)
    assert contents(out) == before and len(gm.catalogue.read_parts(out)) == 240


def test_two_runs_at_once_leave_each_other_alone(sky, classifier, tmp_path, monkeypatch):
    """The second begins and ends while the first has written a part that has not its name yet."""
    out, write, second = tmp_path / "out", pq.write_table, []

    def interrupted(*arguments, **options):
        write(*arguments, **options)
        if not second:
            second.append(None)
            second.append(gm.catalogue.classify(sky, classifier, out))

    monkeypatch.setattr(gm.catalogue.survey.pq, "write_table", interrupted)
    first = gm.catalogue.classify(sky, classifier, out)
    assert not first.failed and not second[1].failed and len(second[1].done) == 6
    assert len(gm.catalogue.read_parts(out)) == 240 and not list(out.glob(".*"))


@pytest.mark.parametrize("change", [{"seed": 4}, {"size": 32}, {"galaxies": 80}, {"per_shard": 35}])
def test_two_surveys_are_not_mixed(tmp_path, change):
    asked = {"galaxies": 70, "per_shard": 40, "seed": 3, "size": SIZE}
    gm.catalogue.simulate(tmp_path / "sky", **asked)
    before = contents(tmp_path)
    with pytest.raises(gm.catalogue.CannotStart, match="another survey .*choose another folder"):
        gm.catalogue.simulate(tmp_path / "sky", **(asked | change))
    assert contents(tmp_path) == before
    (tmp_path / "sky" / "sky_000001.parquet").unlink()
    assert gm.catalogue.simulate(tmp_path / "sky", **asked) == 2 and contents(tmp_path) == before


def test_a_survey_is_not_simulated_among_other_shards(sky, capsys):
    before = contents(sky)
    assert main(["simulate", str(sky), "--galaxies", "20", "--workers", "0"]) == 2
    assert "it does not say which" in capsys.readouterr().err and contents(sky) == before


# ---------------------------------------------------------------- shards that look right


def spoilt(table, kind):
    """A shard's table with one fault, and words of its reason."""
    ids, images = (table[name].combine_chunks() for name in ("id", "image"))
    ids = ids.chunk(0) if isinstance(ids, pa.ChunkedArray) else ids
    images = images.chunk(0) if isinstance(images, pa.ChunkedArray) else images
    gap = pa.array([row == 13 for row in range(len(ids))])
    columns = {"id": ids, "image": images}
    if kind == "null image":
        columns["image"] = pa.array([None if row == 13 else v for row, v in enumerate(images.to_pylist())], images.type)
    elif kind == "null id":
        columns["id"] = pa.compute.if_else(gap, None, ids)
    elif kind == "variable":
        columns["image"] = pa.array(images.to_pylist(), pa.binary())
    elif kind == "width":
        columns["image"] = pa.array([v[:-1] for v in images.to_pylist()], pa.binary(images.type.byte_width - 1))
    elif kind == "text id":
        columns["id"] = ids.cast(pa.string())
    elif kind == "float id":
        columns["id"] = ids.cast(pa.float64())
    elif kind.startswith("no "):
        del columns[kind.removeprefix("no ")]
    words = table.schema.metadata
    if kind == "words":
        words = {b"galmorph": b'{"bands": 3, "size": 16, "stored": "uint8"}'}
    if kind == "stored":
        words = {b"galmorph": json.dumps(json.loads(words[b"galmorph"]) | {"stored": "float64"}).encode()}
    return pa.table(columns).replace_schema_metadata(words)


REASONS = {
    "null image": "1 galaxies without image in row group 1",
    "null id": "1 galaxies without id in row group 1",
    "variable": "image of type binary in its 4 row groups",
    "width": "image of type fixed_size_binary[767] in its 4 row groups",
    "text id": "id of type string in its 4 row groups",
    "float id": "id of type double in its 4 row groups",
    "no id": "id must be there",
    "no image": "image must be there",
    "words": "does not say which stamps",
    "stored": "does not say which stamps",
}


@pytest.mark.parametrize("kind", REASONS)
def test_a_shard_that_looks_right_is_refused_by_name(sky, classifier, tmp_path, kind):
    table = spoilt(pq.read_table(sky / "s2.parquet"), kind)
    pq.write_table(table, sky / "s2.parquet", row_group_size=10, compression="none", use_dictionary=False)
    with pytest.raises(gm.catalogue.ShardError, match="^s2.parquet ") as error:
        list(gm.catalogue.read_shard(sky / "s2.parquet"))
    assert REASONS[kind] in str(error.value)
    run = gm.catalogue.classify(sky, classifier, tmp_path / "out")
    assert len(run.done) == 5 and REASONS[kind] in run.failed["s2.parquet"]


def test_memory_does_not_grow_with_the_survey(tmp_path, stamps):
    """From 10^4 to 10^5 galaxies, in this process."""
    from galmorph_helpers.catalogue.survey import _memory_mb

    images = stamps.repeat(17, 1, 1, 1)[:10_000]
    classifier = gm.catalogue.save_classifier(tmp_path / "one.safetensors", [compact()], stamps)
    sky = tmp_path / "sky"
    sky.mkdir()
    memory = []
    for first in range(0, 100_000, 10_000):
        gm.catalogue.write_shard(sky / f"s{first:06d}.parquet", first + np.arange(10_000), images, pixels="colour")
        if first in (0, 90_000):
            run = gm.catalogue.classify(sky, classifier, tmp_path / "out")
            assert not run.failed
            memory.append(_memory_mb())
    assert sum(pq.read_metadata(p).num_rows for p in (tmp_path / "out").glob("s*.parquet")) == 100_000
    assert memory[1] - memory[0] < 60, memory


def test_bad_input_is_named(stamps, tmp_path):
    with pytest.raises(ValueError, match="at least 500 images"):
        gm.catalogue.save_classifier(tmp_path / "c.safetensors", [compact()], stamps[:100])
    with pytest.raises(ValueError, match=r"got \['DS18'\]"):
        gm.catalogue.save_classifier(tmp_path / "c.safetensors", [gm.learning.DS18(size=SIZE)], stamps)
    with pytest.raises(ValueError, match="0 to 1"):
        gm.metrics.robust_flag([[0.2, 3.0]])


# ---------------------------------------------------------------- where there is a GPU


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
@pytest.mark.parametrize("way", [False, True])
def test_a_gpu_and_a_cpu_say_the_same(way, monkeypatch, stamps):
    target = (np.arange(len(stamps)) % 2).astype(float)
    outputs, options = [], {"k": 3, "epochs": 1, "batch_size": 600, "together": way}
    for name in ("cpu", "cuda"):
        monkeypatch.setenv("GALMORPH_DEVICE", name)
        network = compact().to(gm.device())
        outputs.append(gm.predict(network, stamps))
        folds = gm.fit_folds(lambda: gm.CompactCNN(size=SIZE), stamps, target, **options)
        assert next(folds.networks[0].parameters()).device.type == name
        outputs.append(gm.predict_folds(folds.networks, stamps, views=1))
    np.testing.assert_allclose(outputs[0], outputs[2], atol=2e-3)  # convolutions round to ten bits on a GPU
    np.testing.assert_allclose(outputs[1], outputs[3], atol=2e-2)


@pytest.mark.parametrize(
    ("pixels", "stored"),
    [(None, "float32"), ("colour", "uint8"), ("flux", "float32"), ("surface brightness", "float32")],
)
def test_pixels_decide_how_a_shard_is_stored(tmp_path, stamps, pixels, stored):
    """Faint flux lies in 0 to 1, too, and 256 steps of it are no measurement."""
    path = gm.catalogue.write_shard(tmp_path / "a.parquet", np.arange(5), 1e-3 * stamps[:5], pixels=pixels)
    assert json.loads(pq.read_schema(path).metadata[gm.catalogue.shards.KEY])["stored"] == stored


def test_a_picture_outside_0_to_1_is_refused(tmp_path, stamps):
    for wrong in (3 * stamps[:5], stamps[:5] - 1, torch.full_like(stamps[:5], torch.nan)):
        with pytest.raises(ValueError, match="0 to 1.*pixels='flux'"):
            gm.catalogue.write_shard(tmp_path / "a.parquet", np.arange(5), wrong, pixels="colour")
    with pytest.raises(ValueError, match="pixels must be one of"):
        gm.catalogue.write_shard(tmp_path / "a.parquet", np.arange(5), stamps[:5], pixels="counts")
    assert not list(tmp_path.iterdir())


def test_a_classifier_written_again_is_read_again(stamps, tmp_path, monkeypatch):
    path = tmp_path / "ltg.safetensors"
    gm.catalogue.save_classifier(path, [compact(0)], stamps)
    before = gm.catalogue.load_classifier(path)
    monkeypatch.chdir(tmp_path)
    assert gm.catalogue.load_classifier("ltg.safetensors") is before, "it is read once a process, whatever it is called"
    gm.catalogue.save_classifier(path, [compact(1)], stamps)
    after = gm.catalogue.load_classifier(path)
    assert after is not before
    assert not torch.equal(next(before[1][0].parameters()), next(after[1][0].parameters()))


@pytest.mark.parametrize("content", [None, b"", b"no safetensors"])
def test_a_classifier_that_cannot_be_read_is_no_broken_shard(tmp_path, content):
    path = tmp_path / "ltg.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ClassifierError, match="ltg.safetensors"):
        gm.catalogue.load_classifier(path)
