"""Whole runs on the graph backend: recorded, stopped, resumed, given up; each as eager has it."""

import json

import h5py
import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.cli import main
from spikefa.errors import SpikefaError
from spikefa.recording import (
    Always,
    EveryImage,
    ImageWindow,
    Probe,
    Trigger,
    Window,
    WrongGuess,
    open_recording,
)
from tests.helpers.fused_pairs import DEVICE
from tests.helpers.graph_pairs import agree, simulate

pytestmark = pytest.mark.usefixtures("captured")

PROBES = [
    Probe("input", "spikes", "all", stream=2),
    Probe("hidden1", "spikes", "all", stream=2),
    Probe("hidden2", "potential", 3, stream=2),
    Probe("output", "modulator", "all", stream=2),
    Probe("output", "class_spikes_summed", "all", stream=2),
]
SLOW = [Probe("output", "weights", 5, every=7), Probe("output", "alignment", every=10)]


def strong(variables):
    return variables["hidden1"]["potential"][2].amax() > 0.6


WINDOWS = {
    "always": (Always(), []),
    "windows": ([Window("early", 3, 9), ImageWindow("late", 5, 7)], []),
    "every third image": (EveryImage(3), []),
    "slow and computed": ([Window("early", 0, 12), Window("late", 31, 44)], SLOW),
    "triggers": ([Trigger(WrongGuess(), before=4, after=2), Trigger(strong, after=3)], SLOW),
}


def contents(path):
    """Return every dataset of a recording, by name."""
    found = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: found.update({name: item[:]}) if hasattr(item, "dtype") else None
        )
    return found


def same_rows(one, other):
    expected, given = contents(one), contents(other)
    assert expected.keys() == given.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(values, given[name], err_msg=name)
    return expected


@pytest.mark.parametrize("windows", WINDOWS)
def test_a_recording_is_that_of_eager(tiny, tmp_path, windows):
    chosen, further = WINDOWS[windows]
    bare = simulate(tiny, "eager")
    bare.train(6)
    for backend in ("eager", "graph"):
        with simulate(tiny, backend) as simulation:
            simulation.record(tmp_path / backend, PROBES + further, chosen)
            simulation.train(6)
        agree(bare, simulation)
    rows = same_rows(tmp_path / "eager", tmp_path / "graph")
    assert any(len(values) for values in rows.values())
    kinds = {key[0] for key in simulation.runner.backend.captured}
    landed = any(isinstance(kind, tuple) and kind[1] is not None for kind in kinds)
    assert landed == (windows not in ("triggers", "slow and computed"))
    with open_recording(tmp_path / "graph") as recording:
        assert recording.provenance["backend"] == "graph"


@pytest.mark.parametrize("second", ["eager", "graph"])
@pytest.mark.parametrize("first", ["eager", "graph"])
def test_stopped_and_resumed_by_either_is_one_run(tiny, tmp_path, first, second):
    """Generators, decay and recording go on where the other backend has left them."""
    whole = simulate(tiny, "eager")
    with whole:
        whole.record(tmp_path / "whole.h5", PROBES, EveryImage(2))
        whole.train(4)
    with simulate(tiny, first) as halved:
        halved.record(tmp_path / "parts.h5", PROBES, EveryImage(2))
        halved.train(2)
        halved.save(tmp_path / "c.pt")
    resumed = simulate(tiny, second)
    for _ in resumed.present():  # has captured, and got to somewhere else
        pass
    resumed.restore(tmp_path / "c.pt")
    with resumed:
        resumed.resume_recording(tmp_path / "parts.h5")
        resumed.train(2)
    agree(whole, resumed)
    same_rows(tmp_path / "whole.h5", tmp_path / "parts.h5")


class Exploding(sf.ThreeFactor):
    def update(self, pre, post, modulator, state):
        return sf.Outer(pre, modulator.sign() * 3e38)


def test_the_step_at_which_a_run_breaks_is_found(tiny):
    """The watch for NaN goes back, and looks after each step, which the graph takes one by one."""
    told = []
    for backend in ("eager", "graph"):
        broken = simulate(tiny, backend, None, Exploding(1e-2))
        with pytest.raises(SpikefaError, match="became NaN or infinite at step") as error:
            broken.train(3)
        told.append(str(error.value))
    assert told[0] == told[1]


def test_graph_goes_on_where_a_presentation_was_broken_off(tiny):
    pair = [simulate(tiny, backend) for backend in ("eager", "graph")]
    for each in pair:
        for n in each.present():
            if n == 2:
                break
        for _ in each.present(each=False):
            pass
    agree(*pair)


@pytest.mark.slow
def test_a_run_says_what_ran(tmp_path, capsys):
    def run(name, *options):
        folder = tmp_path / name
        small = "--dataset digits --hidden 6 --outputs 10 --epochs 1 --test-images 20".split()
        command = ["run", "lillicrap2016.fig4", *small, "--train-images", "100", *options]
        assert main([*command, "--device", DEVICE, "--backend", "graph", "--out", str(folder)]) == 0
        return json.loads((folder / "summary.json").read_text())

    assert run("captured")["backend"] == "graph"
    assert "warning" not in capsys.readouterr().err
    assert run("not", "--feedback.procedural", "true")["backend"] == "eager"
    assert "random_matrix.py, line" in capsys.readouterr().err


@pytest.mark.parametrize("captured", [pytest.param("cuda", marks=pytest.mark.gpu)], indirect=True)
def test_nothing_waits_for_the_device(tiny):
    simulation = simulate(tiny, "graph", batch=2)  # all within an epoch
    for each in (True, False):  # capture both kinds of work
        for _ in simulation.present(each=each):
            pass
    torch.cuda.set_sync_debug_mode("error")
    try:
        for each in (True, False):
            for _ in simulation.present(each=each):
                pass
    finally:
        torch.cuda.set_sync_debug_mode("default")
