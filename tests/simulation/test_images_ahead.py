"""Photographs are read while a network learns those before them."""

import time

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.errors import SpikefaError
from spikefa.stimulus.image_reader import ImageReader
from tests.helpers.photograph_folder import SIZE, write_folder
from tests.helpers.photograph_training import data_of, simulate, wait_for


@pytest.fixture
def root(tmp_path):
    return write_folder(tmp_path / "insects")


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
