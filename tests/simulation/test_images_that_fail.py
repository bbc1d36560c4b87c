"""Photographs that cannot be read end a training with their names; threads end with it."""

import copy
import gc
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.errors import MissingFileError, SpikefaError
from spikefa.stimulus.image_reader import ImageReader
from tests.helpers.photograph_folder import SIZE, files_of, write_folder
from tests.helpers.photograph_training import (
    assert_same,
    data_of,
    simulate,
    threads,
    wait_for,
)


@pytest.fixture
def root(tmp_path):
    return write_folder(tmp_path / "insects")


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
from tests.helpers.photograph_training import data_of, simulate
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


@pytest.mark.slow
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
