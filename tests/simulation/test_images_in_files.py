"""A training on photographs in files is, bit for bit, that on the same photographs in memory."""

import h5py
import numpy as np
import pytest

import spikefa as sf
from spikefa.errors import SpikefaError
from spikefa.testing import check_stimulus
from tests.helpers.photograph_folder import SIZE, files_of, plainly_read, write_folder
from tests.helpers.photograph_training import assert_same, data_of, simulate, trained


@pytest.fixture
def root(tmp_path):
    return write_folder(tmp_path / "insects")


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


@pytest.mark.slow
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
