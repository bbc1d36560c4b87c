"""A training on photographs in files is, bit for bit, that on the same photographs in memory."""

import copy
import gc
import signal
import subprocess
import sys
import threading
import time

import h5py
import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.errors import MissingFileError, SpikefaError
from spikefa.stimulus.image_reader import ImageReader
from spikefa.testing import check_stimulus
from tests.helpers.photograph_folder import SIZE, files_of, plainly_read, write_folder

LIMIT = 20.0


@pytest.fixture
def root(tmp_path):
    return write_folder(tmp_path / "insects")


def data_of(root, in_memory=False, workers=2, **options):
    return sf.datasets.image_folder(root, SIZE, in_memory=in_memory, workers=workers, **options)


def simulate(data, replicas=None, batch=4, seed=3, device="cpu", **options):
    sizes = {"hidden": 9, "hidden_layers": 1, "outputs": 8, "n_inputs": data.n_inputs}
    network = sf.models.lillicrap2016.spiking_mnist(**sizes, replicas=replicas, device=device)
    options = {"steps_per_image": 2, "progress": False, **options}
    return sf.Simulation(network, data, batch_size=batch, seed=seed, **options)


def threads():
    return [each for each in threading.enumerate() if each.name.startswith("spikefa-worker")]


def wait_for(condition):
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def trained(sim, epochs):
    """Return the history of a training, without the time that it took."""
    rows = sim.train(epochs)
    return [{name: each for name, each in row.items() if name != "wall_seconds"} for row in rows]


def assert_same(one, other):
    a, b = one.tensors(), other.tensors()
    assert set(a) == set(b)
    for name in a:
        assert torch.equal(a[name], b[name]), name


AUGMENTATION = sf.CropAndFlip((SIZE, SIZE), crop=1)
SETTINGS = {
    "plain": {},
    "a single stream": {"batch": 1},
    "more streams than images": {"batch": 17},
    "replicas": {"replicas": 2},
    "seeds of its own": {"replicas": 2, "seed": [5, 2]},
    "augmented": {"augmentation": AUGMENTATION, "label_smoothing": 0.1, "test_steps": 3},
    "graded": {"encoding": sf.Graded((0.4, 0.5, 0.6), (2.0, 3.0, 4.0))},
    "latency": {"encoding": sf.stimulus.LatencyCode(), "steps_per_image": 4},
    "costs and averages": {"count_costs": True, "average_epochs": 1.0},
}


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("name", SETTINGS)
def test_the_results_are_those_in_memory(root, name, workers):
    sims = [
        simulate(data_of(root, in_memory, workers), **SETTINGS[name]) for in_memory in (True, False)
    ]
    kept, read = sims
    assert trained(kept, 3) == trained(read, 3)
    assert_same(kept, read)
    for more in ({}, {"batch": 3}, {"name": "other", "spikes": True}):
        scores = [sim.test(**more) for sim in sims]
        assert str(scores[0]) == str(scores[1])
    looks = [sim.look() for sim in sims]
    assert str(looks[0].score()) == str(looks[1].score())
    assert_same(kept, read)


def test_grey_images_too(root):
    kept, read = (simulate(data_of(root, in_memory, grey=True)) for in_memory in (True, False))
    assert trained(kept, 2) == trained(read, 2)
    assert_same(kept, read)
    score = read.test(data_of(root, grey=True).validation)
    assert str(score) == str(kept.test(data_of(root, in_memory=True, grey=True).validation))


def test_what_is_shown_is_what_pillow_reads(root):
    """Each presentation against a plain loop over the files."""
    sim = simulate(data_of(root))
    expected = np.array([plainly_read(file) for file, _ in files_of(root, "train")])
    labels = np.array([label for _, label in files_of(root, "train")])
    state, seen = sim.runner.stimulus_state, []
    for _ in range(13):
        for _ in sim.present():
            items = state.items.numpy()
            np.testing.assert_array_equal(state.shown.numpy(), expected[items].reshape(4, -1))
            np.testing.assert_array_equal(state.labels.numpy(), labels[items])
        seen += items.tolist()
    assert sorted(seen) == sorted(list(range(13)) * 4)


def test_a_run_goes_on_where_it_was_stopped(root, tmp_path):
    path = tmp_path / "run.ckpt"
    whole = simulate(data_of(root, in_memory=True))
    whole.learn(11)
    stopped = simulate(data_of(root))
    stopped.learn(5)
    stopped.save(path)
    stopped.learn(2)  # which the next one does not see
    again = simulate(data_of(root, workers=1))
    again.restore(path)
    again.learn(6)
    assert_same(whole, again)
    stopped.restore(path)
    stopped.learn(6)
    assert_same(whole, stopped)


def test_a_run_does_not_go_on_with_other_photographs(root, tmp_path):
    path = tmp_path / "run.ckpt"
    sim = simulate(data_of(root))
    sim.learn(2)
    sim.save(path)
    with files_of(root, "train")[4][0].open("ab") as end:
        end.write(b"more")
    other = simulate(data_of(root))
    with pytest.raises(SpikefaError, match="is of another run: its bytes of the images"):
        other.restore(path)


def test_recordings_are_the_same(root, tmp_path):
    """With the pictures of what was shown, in grey."""
    paths = {name: tmp_path / f"{name}.h5" for name in ("kept", "read")}
    for name, path in paths.items():
        with simulate(data_of(root, in_memory=name == "kept")) as sim:
            sim.record(
                path, [sf.Probe("hidden1", "spikes", units="all")], [sf.Window("all", 0, 20)]
            )
            sim.learn(7)
    found = {name: {} for name in paths}
    for name, path in paths.items():
        with h5py.File(path) as file:
            file.visititems(
                lambda key, node, into=found[name]: (
                    into.__setitem__(key, node[()]) if isinstance(node, h5py.Dataset) else None
                )
            )
    assert set(found["kept"]) == set(found["read"])
    pictures = [key for key in found["kept"] if found["kept"][key].shape[1:] == (SIZE, SIZE)]
    assert len(pictures) == 1
    for key in found["kept"]:
        if "time" not in key and found["kept"][key].dtype.kind in "uif":
            np.testing.assert_array_equal(found["kept"][key], found["read"][key], err_msg=key)


def test_the_conformance_kit_passes(root):
    check_stimulus(sf.ImageStimulus(data_of(root).train), 4)


# -- ahead ---------------------------------------------------------------------------------------


def test_the_next_presentation_is_read_while_this_one_is_shown(root, monkeypatch):
    """Between two steps the next photographs are read to the end, and loading waits for none."""
    read = []
    decode = sf.datasets.ImageFiles.decode

    def noted(self, number, out):
        decode(self, number, out)
        read.append(number)

    monkeypatch.setattr(sf.datasets.ImageFiles, "decode", noted)
    sim = simulate(data_of(root))
    presented = sim.present()
    next(presented)
    wait_for(lambda: len(read) == 8)
    time.sleep(0.05)
    sampler = sim.training.sampler
    following = [sorted(sampler.items(number).tolist()) for number in (0, 1)]
    assert [sorted(read[:4]), sorted(read[4:])] == following  # and no more than these
    assert sampler.items(0).device.type == "cpu"
    presented.close()
    sim.learn(5)
    wait_for(lambda: len(read) >= 28)
    time.sleep(0.05)
    assert len(read) == 28  # six presentations and the next one, each once


@pytest.mark.parametrize(("batch", "workers", "ahead"), [(1, 3, 6), (4, 3, 2), (8, 4, 1)])
def test_no_more_is_read_ahead_than_keeps_the_workers_busy(root, batch, workers, ahead):
    sim = simulate(data_of(root, workers=workers), batch=batch)
    for _ in range(9):
        sim.learn(1)
        assert len(sim.runner.stimulus_state.reader._begun) == ahead


def test_the_items_that_come_decide_and_not_those_announced(root):
    files = data_of(root).train.files
    expected = files.read().reshape(13, -1)
    reader, out = ImageReader(files), torch.zeros(3, 3 * SIZE * SIZE, dtype=torch.uint8)
    random = np.random.default_rng(2)

    def some():
        return torch.tensor(random.integers(0, 13, 3))

    right = some()
    for number in range(60):
        wanted = right if number % 3 else some()
        reader.write(wanted, out)
        np.testing.assert_array_equal(out.numpy(), expected[wanted.numpy()])
        right = some()
        following = [right, some(), some()]
        reader.expect(following[: 1 + number % 3], False)
        if number % 5 == 0:
            following = [right, some()]
            reader.expect(following, False)
        for begun, items in zip(reader._begun, following, strict=False):
            np.testing.assert_array_equal(begun.items, items.numpy())
        assert reader._begun


def test_an_item_in_several_streams_is_read_once(root, monkeypatch):
    read = []
    decode = sf.datasets.ImageFiles.decode

    def noted(self, number, out):
        read.append(number)
        decode(self, number, out)

    monkeypatch.setattr(sf.datasets.ImageFiles, "decode", noted)
    files = data_of(root).train.files
    out = torch.zeros(5, 3 * SIZE * SIZE, dtype=torch.uint8)
    ImageReader(files).write(torch.tensor([4, 2, 4, 4, 2]), out)
    assert sorted(read) == [2, 4]
    np.testing.assert_array_equal(out.numpy(), files.read(np.array([4, 2, 4, 4, 2])).reshape(5, -1))


@pytest.mark.parametrize("items", [[0, 13, 1], [0, -1, 1]])
def test_items_that_are_not_there_are_refused(root, items):
    stimulus = sf.ImageStimulus(data_of(root).train)
    state = stimulus.state(3, 4, torch.device("cpu"), torch.float32)
    with pytest.raises(SpikefaError, match="the items to show are not all from 0 to 12"):
        stimulus.load(state, 0, torch.tensor(items), {})
    stimulus.load(state, 0, torch.tensor([12, 0, 12], dtype=torch.int32), {})
    assert state.items.tolist() == [12, 0, 12]


def test_tests_show_no_more_than_a_device_holds(root, monkeypatch):
    """Many images of many pixels one after the other, also where all are tested at once."""
    module = "spikefa.simulation.evaluation"
    monkeypatch.setattr(f"{module}.streams_by_default", lambda device, items: items)
    monkeypatch.setattr(f"{module}.AT_ONCE", 2)
    for most, batch in ((3 * 108, 3), (3 * 108 - 1, 2), (0, 2), (10**6, 7)):
        monkeypatch.setattr(f"{module}.MOST_INPUTS", most)
        scores = []
        for in_memory in (True, False):
            sim = simulate(data_of(root, in_memory))
            test = sf.simulation.Evaluation(sim.network, sim.stimuli.test)
            assert test.batch == batch
            scores.append(str(test.run().score()))
        assert scores[0] == scores[1]


# -- what goes wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["damaged", "gone"])
def test_a_photograph_that_fails_in_the_midst_of_training_is_named(root, fault, tmp_path):
    sim = simulate(data_of(root), batch=1)
    path = tmp_path / "run.ckpt"
    sim.learn(2)
    sim.save(path)
    order = [int(sim.training.sampler.items(number)) for number in range(13)]
    file = files_of(root, "train")[order[11]][0]
    content = file.read_bytes()
    if fault == "gone":
        file.unlink()
    else:
        file.write_bytes(content[:-20] if file.suffix == ".jpg" else content[:60])
    kind, says = {
        "gone": (MissingFileError, "is not there any more: put it there again"),
        "damaged": (SpikefaError, "cannot read the photograph"),
    }[fault]
    with pytest.raises(kind, match=says) as refused:
        sim.train(1)
    assert str(file) in str(refused.value)
    assert sim.training.presentation == 11
    file.write_bytes(content)
    sim.restore(path)
    sim.learn(11)
    whole = simulate(data_of(root, in_memory=True), batch=1)
    whole.learn(13)
    assert_same(whole, sim)


def test_a_photograph_that_fails_in_a_test_is_named(root):
    data = data_of(root)
    sim = simulate(data)
    file = files_of(root, "test")[2][0]
    content = file.read_bytes()
    file.write_bytes(b"no picture")
    for _ in range(2):
        with pytest.raises(SpikefaError, match="cannot read the photograph") as refused:
            sim.test()
        assert str(file) in str(refused.value)
    file.write_bytes(content)
    assert str(sim.test()) == str(simulate(data_of(root, in_memory=True)).test())


def test_a_photograph_that_was_mended_is_read_again(root):
    files = data_of(root).train.files
    reader, out = ImageReader(files), torch.zeros(2, 3 * SIZE * SIZE, dtype=torch.uint8)
    content = files.path(5).read_bytes()
    files.path(5).write_bytes(b"no picture")
    items = torch.tensor([3, 5])
    reader.expect([items], False)
    for _ in range(2):
        with pytest.raises(SpikefaError, match="cannot read the photograph"):
            reader.write(items, out)
    files.path(5).write_bytes(content)
    reader.write(items, out)
    np.testing.assert_array_equal(out.numpy(), files.read(items.numpy()).reshape(2, -1))


def test_a_photograph_that_fails_ends_a_recording_and_the_training(root, tmp_path):
    sim = simulate(data_of(root), batch=1)
    sim.record(
        tmp_path / "x.h5", [sf.Probe("hidden1", "spikes", units="all")], [sf.Window("all", 0, 40)]
    )
    order = [int(sim.training.sampler.items(number)) for number in range(13)]
    files_of(root, "train")[order[9]][0].unlink()
    with pytest.raises(MissingFileError, match="is not there any more"):
        sim.learn(13)
    sim.training.close(None, None, None)
    with sf.open(tmp_path / "x.h5") as recording:
        assert recording.status == "failed"


# -- threads -------------------------------------------------------------------------------------


def test_threads_end_with_the_simulation(root):
    gc.collect()
    wait_for(lambda: threads() == [])
    data = data_of(root, workers=3)
    sim = simulate(data)
    assert threads() == []  # nothing has been read yet
    sim.learn(1)
    assert len(threads()) == 3
    sim.test()
    assert len(threads()) == 3  # those of the test have ended with it
    state = copy.deepcopy(sim.runner.stimulus_state)
    state.reader.write(state.items, state.shown)
    assert torch.equal(state.shown, sim.runner.stimulus_state.shown)
    assert len(threads()) == 6
    del sim, state
    gc.collect()
    wait_for(lambda: threads() == [])


STOPPED = """
import sys, time
import spikefa as sf
from tests.simulation.test_images_in_files import data_of, simulate
decode = sf.datasets.ImageFiles.decode
def slowly(self, number, out):
    time.sleep(0.05)
    decode(self, number, out)
sf.datasets.ImageFiles.decode = slowly
sim = simulate(data_of(sys.argv[1]), checkpoint=sys.argv[2])
next(sim.present())
print("began", flush=True)
sim.train(10_000)
"""


def test_ctrl_c_stops_a_training_that_waits_for_photographs(root, tmp_path):
    path = tmp_path / "run.ckpt"
    command = [sys.executable, "-c", STOPPED, str(root), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout.readline() == b"began\n"
        time.sleep(0.5)
        run.send_signal(signal.SIGINT)
        said = run.communicate(timeout=60)[1].decode()
    assert run.returncode != 0
    assert said.rstrip().splitlines()[-1].startswith("spikefa.simulation.interrupts.Stopped")
    assert "Exception ignored" not in said
    again, whole = simulate(data_of(root)), simulate(data_of(root, in_memory=True))
    again.restore(path)
    whole.learn(again.training.presentation)
    assert again.training.presentation > 0
    expected = whole.network.tensors()
    for name, found in again.network.tensors().items():
        assert torch.equal(found, expected[name]), name


@pytest.mark.gpu
@pytest.mark.parametrize("backend", ["eager", "graph"])
def test_the_results_are_those_in_memory_on_a_gpu(root, backend):
    sims = [
        simulate(data_of(root, in_memory), backend=backend, device="cuda")
        for in_memory in (True, False)
    ]
    kept, read = sims
    assert trained(kept, 3) == trained(read, 3)
    assert_same(kept, read)
    assert str(kept.test()) == str(read.test())
