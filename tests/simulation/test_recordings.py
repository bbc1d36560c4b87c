"""Recordings of a simulation: a second one, windows that are over, and windows that never come."""

from subprocess import PIPE

import pytest

import spikefa as sf
from spikefa.recording import (
    Always,
    ClassShown,
    EveryImage,
    ImageWindow,
    Probe,
    RateLeaves,
    Trigger,
    Window,
    open_recording,
)
from spikefa.simulation import Stopped
from tests.helpers.processes import start_python

PROBE = Probe("hidden1", "spikes", "all")
STEPS = 10  # of an epoch: 2 presentations of 5 steps


def simulate(dataset):
    net = sf.models.lillicrap2016.spiking_mnist(hidden=4, hidden_layers=1, outputs=4, n_inputs=12)
    return sf.Simulation(net, dataset, batch_size=11, progress=False)


@pytest.fixture
def simulation(tiny):
    return simulate(tiny)


def held(path):
    with open_recording(path) as recording:
        return recording.status, recording.steps.tolist()


def test_the_second_recording_closes_the_first(simulation, tmp_path):
    """The first one stayed open and empty until the process ended."""
    one, two = tmp_path / "one.h5", tmp_path / "two.h5"
    with simulation:
        first = simulation.record(one, [PROBE], Always())
        simulation.train(1)
        simulation.record(two, [Probe("output", "spikes", "all")], Always())
        assert held(one) == ("closed", list(range(STEPS)))
        simulation.train(1)
        first.close()
    assert held(one) == ("closed", list(range(STEPS)))
    assert held(two) == ("closed", list(range(STEPS, 2 * STEPS)))


def test_a_second_recording_that_is_refused_leaves_the_first(simulation, tmp_path):
    with simulation:
        simulation.record(tmp_path / "one.h5", [PROBE], Always())
        simulation.train(1)
        for path, probes in ((tmp_path / "one.h5", [PROBE]), (tmp_path / "two.h5", [])):
            with pytest.raises(sf.SpikefaError):
                simulation.record(path, probes, Always())
        simulation.train(1)
    assert held(tmp_path / "one.h5") == ("closed", list(range(2 * STEPS)))


@pytest.mark.parametrize(
    "window",
    [
        Window("w", 0, 10),
        [Window("w", 5, 10), Window("later", 15, 20)],
        ImageWindow("w", 0, 2),
        [Always(), ImageWindow("w", 1, 2)],
    ],
)
def test_a_window_that_is_over_is_refused(simulation, tmp_path, window):
    simulation.train(1)
    with pytest.raises(
        sf.SpikefaError, match=r"window 'w' \(\d+:10\) is over: the next step is 10"
    ):
        simulation.record(tmp_path / "run.h5", [PROBE], window)
    own = Probe("hidden1", "spikes", "all", window=window)
    with pytest.raises(sf.SpikefaError, match="window 'w'"):
        simulation.record(tmp_path / "run.h5", [own], Always())
    assert not (tmp_path / "run.h5").exists()


def test_a_window_whose_last_reading_is_over_is_refused(simulation, tmp_path):
    simulation.train(1)
    rare = Probe("hidden1", "potential", "all", every=10, window=Window("w", 2, 12))
    with pytest.raises(sf.SpikefaError, match=r"\(2:12\), read every 10 steps, is over"):
        simulation.record(tmp_path / "run.h5", [rare], Always())


def test_what_is_left_of_a_window_is_recorded(simulation, tmp_path):
    simulation.train(1)
    with simulation:
        simulation.record(tmp_path / "run.h5", [PROBE], Window("w", 3, 12))
        simulation.train(1)
    assert held(tmp_path / "run.h5") == ("closed", [10, 11])


@pytest.mark.parametrize(
    ("late", "start"),
    [
        (Window("late", 10, 20), 10),
        (ImageWindow("late", 40, 41), 200),
        (EveryImage(3, first=7, label="late"), 35),
    ],
)
def test_windows_that_never_come_are_told(simulation, tmp_path, late, start):
    simulation.record(tmp_path / "run.h5", [PROBE], [Window("early", 0, 4), late])
    simulation.train(1)
    says = f"nothing of 'late', from step {start} on: the run ended"
    with pytest.warns(UserWarning, match=says), simulation:
        pass
    assert held(tmp_path / "run.h5") == ("closed", [0, 1, 2, 3])


@pytest.mark.parametrize(("failure", "status"), [(Stopped, "closed"), (ValueError, "failed")])
def test_a_run_that_is_stopped_may_go_on_to_its_windows(
    simulation, tmp_path, failure, status, recwarn
):
    windows = [Window("early", 0, 4), Window("late", 50, 60)]
    simulation.record(tmp_path / "run.h5", [PROBE], windows)
    simulation.train(1)
    with pytest.raises(failure), simulation:
        raise failure
    assert held(tmp_path / "run.h5")[0] == status
    assert not [each for each in recwarn if "nothing of" in str(each.message)]


def test_all_windows_came(simulation, tmp_path, recwarn):
    with simulation:
        simulation.record(tmp_path / "run.h5", [PROBE], [Window("a", 0, 5), Window("b", 9, 10)])
        simulation.train(1)
    assert held(tmp_path / "run.h5")[1] == [0, 1, 2, 3, 4, 9]
    assert not [each for each in recwarn if "nothing of" in str(each.message)]


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (RateLeaves("hidden1", 0, 1), "which no rate of 'hidden1' leaves: give a narrower one"),
        (RateLeaves("output", -1.0, 2.0), "which no rate of 'output' leaves"),
        (ClassShown(1), "waits for class 1, which no item of tiny has"),
        (ClassShown(7), "waits for class 7: give 0 to 1"),
    ],
)
def test_a_trigger_that_cannot_fire_is_refused(tiny, tmp_path, event, says):
    zeros = tiny.train.part(tiny.train.labels == 0)
    net = sf.models.lillicrap2016.spiking_mnist(hidden=4, hidden_layers=1, outputs=4, n_inputs=12)
    only = sf.datasets.Dataset("tiny", zeros, tiny.test)
    simulation = sf.Simulation(net, only, batch_size=11, progress=False)
    own = Probe("hidden1", "potential", "all", window=[Trigger(event)])
    for probes, windows in (([PROBE], Trigger(event)), ([PROBE, own], Always())):
        with pytest.raises(sf.SpikefaError, match=says):
            simulation.record(tmp_path / "run.h5", probes, windows)
    assert not (tmp_path / "run.h5").exists()


def test_triggers_that_may_fire_are_taken(simulation, tmp_path):
    events = [RateLeaves("hidden1", 0, 0.99), RateLeaves("hidden1", 0.01, 1), ClassShown(1)]
    for number, event in enumerate(events):
        simulation.record(tmp_path / f"{number}.h5", [PROBE], Trigger(event)).close()


def test_an_error_that_never_arrives_has_no_potential(tiny, tmp_path):
    for circuit, refused in ((sf.feedback.Shallow(), True), (sf.FA(0.3), False)):
        net = sf.models.lillicrap2016.spiking_mnist(
            hidden=4, hidden_layers=1, outputs=4, n_inputs=12, feedback=circuit
        )
        simulation = sf.Simulation(net, tiny, batch_size=11, progress=False)
        path = tmp_path / f"{refused}.h5"
        simulation.record(path, [Probe("output", "error_potential", "all")], Always()).close()
        path.unlink()
        hidden = [Probe("hidden1", "error_potential", "all")]
        if refused:
            with pytest.raises(sf.SpikefaError, match="no error of Shallow reaches 'hidden1'"):
                simulation.record(path, hidden, Always())
        else:
            simulation.record(path, hidden, Always()).close()


def test_a_cell_run_twice_records_twice(simulation, tmp_path):
    """The recording under way at the same place is closed, and replaced by the new one."""
    path = tmp_path / "run.h5"
    for cell in range(3):
        simulation.record(path, [PROBE], Always(), overwrite=True)
        simulation.train(1)
        simulation.recorder.commit()
        with sf.open(path) as one, sf.open(path) as other:
            mine = list(range(STEPS * cell, STEPS * (cell + 1)))
            assert one.steps.tolist() == other.steps.tolist() == mine


def test_a_cell_run_twice_with_a_simulation_of_its_own(tiny, tmp_path):
    """The one before has the file open, and nobody has it any more."""
    path = tmp_path / "run.h5"
    for _ in range(3):
        again = simulate(tiny)
        again.record(path, [PROBE], Always(), overwrite=True)
        again.train(1)
    again.recorder.close()
    assert held(path) == ("closed", list(range(STEPS)))


def test_the_recording_of_a_simulation_in_use_is_not_replaced(simulation, tiny, tmp_path):
    path, other = tmp_path / "run.h5", simulate(tiny)
    with simulation:
        simulation.record(path, [PROBE], Always())
        simulation.train(1)
        with pytest.raises(sf.SpikefaError, match=r"is being written by process .* this one: let"):
            other.record(path, [PROBE], Always(), overwrite=True)
        simulation.train(1)
    assert held(path) == ("closed", list(range(2 * STEPS)))


def test_the_recording_of_another_process_is_not_replaced(simulation, tmp_path):
    path = tmp_path / "run.h5"
    with simulation:
        simulation.record(path, [PROBE], Always())
        simulation.train(1)
    before = path.read_bytes()
    script = (
        "import sys; from pathlib import Path; from spikefa.utils.locks import Lock, lock_path\n"
        "with Lock(lock_path(Path(sys.argv[1])), 'it'): print('held', flush=True); input()"
    )
    process = start_python(script, path, stdin=PIPE, stdout=PIPE)
    assert process.stdout.readline() == "held\n"
    with pytest.raises(sf.SpikefaError, match=f"is being written by process {process.pid}: let"):
        simulation.record(path, [PROBE], Always(), overwrite=True)
    process.communicate("\n")
    assert path.read_bytes() == before


def test_what_is_no_recording_is_not_replaced(simulation, tmp_path):
    (tmp_path / "run.h5").write_text("mine")
    with pytest.raises(sf.SpikefaError, match="is no recording, so it is not overwritten"):
        simulation.record(tmp_path / "run.h5", [PROBE], Always(), overwrite=True)
    assert (tmp_path / "run.h5").read_text() == "mine"
