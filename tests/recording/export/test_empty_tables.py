"""Exports of recordings in which a table would be empty: no spikes, no traces, no rows."""

import warnings

import numpy as np
import pytest
import torch

from spikefa.errors import SpikefaError
from spikefa.recording import Probe, Recorder, Window, open_recording

SPIKES = [Probe("hidden1", "spikes", "all"), Probe("output", "spikes", "all")]
TRACE = [Probe("hidden1", "potential", 2)]
WINDOWS = (Window("early", 0, 8), Window("late", 50, 60))
STEPS = 20


@pytest.fixture
def recording(tmp_path, request):
    """Record probes of silent populations in `STEPS` steps: only the early window has begun."""
    opened = []

    def recording(probes, stop=STEPS, windows=WINDOWS, fires=()):
        variables = {
            "input": {"spikes": torch.zeros(1, 3)},
            "hidden1": {"spikes": torch.zeros(1, 4), "potential": torch.zeros(1, 4)},
            "output": {"spikes": torch.zeros(1, 5)},
        }
        variables["hidden1"]["spikes"][0, list(fires)] = 1
        path = tmp_path / "empty.h5"
        with Recorder.create(path, probes, windows, variables, {"seed": 1}) as recorder:
            for step in range(stop):
                recorder.observe(step, 7, 3)
        opened.append(open_recording(path))
        return opened[0]

    yield recording
    for each in opened:
        each.close()


def read_neo(r, path, steps=None):
    pytest.importorskip("neo")
    block = r.to_neo(steps)
    trains = [train for segment in block.segments for train in segment.spiketrains]
    signals = [signal for segment in block.segments for signal in segment.analogsignals]
    return _counts((train.annotations["population"], len(train)) for train in trains), [
        len(signal) for signal in signals
    ]


def read_pynapple(r, path, steps=None):
    pytest.importorskip("pynapple")
    found = r.to_pynapple(steps)
    assert len(found.pop("stimulus")) == 8
    groups = {name: value for name, value in found.items() if "/" not in name}
    trains = [(name, len(group[unit])) for name, group in groups.items() for unit in group]
    return _counts(trains), [len(value) for name, value in found.items() if "/" in name]


def read_nwb(r, path, steps=None):
    pynwb = pytest.importorskip("pynwb")
    path = path.with_suffix(".nwb")
    r.to_nwb(path, steps)
    with pynwb.NWBHDF5IO(str(path), "r") as file:
        nwb = file.read()
        table = [] if nwb.units is None else nwb.units.to_dataframe().itertuples()
        counts = _counts((row.population, len(row.spike_times)) for row in table)
        assert len(nwb.trials) == 1
        held = [len(series.timestamps) for series in nwb.acquisition.values()]
    assert not pynwb.validate(path=str(path))
    return counts, held


def read_sonata(r, path, steps=None):
    libsonata = pytest.importorskip("libsonata")
    r.to_sonata(path, steps=steps)
    reader = libsonata.SpikeReader(str(path))
    found = {}
    for name in reader.get_population_names():
        ids = np.asarray(reader[name].get_dict()["node_ids"], int)
        found[name] = np.bincount(ids, minlength=len(r.units(name))).tolist()
    return found, []


def _counts(trains):
    """Return the spikes of each unit by population."""
    found = {}
    for name, count in trains:
        found.setdefault(name, []).append(count)
    return found


READERS = [read_neo, read_pynapple, read_nwb, read_sonata]
SILENT = {"hidden1": [0] * 4, "output": [0] * 5}


@pytest.fixture(autouse=True)
def no_warning():
    with warnings.catch_warnings():
        warnings.filterwarnings("error", module="spikefa")
        yield


@pytest.mark.parametrize("read", READERS)
def test_no_unit_fires(recording, read, tmp_path):
    found, held = read(recording([*SPIKES, *TRACE]), tmp_path / "out")
    assert found == SILENT
    assert held == ([] if read is read_sonata else [8])


@pytest.mark.parametrize("read", READERS)
def test_some_units_never_fire(recording, read, tmp_path):
    found, _ = read(recording(SPIKES, fires=[1]), tmp_path / "out")
    assert found == SILENT | {"hidden1": [0, 8, 0, 0]}


@pytest.mark.parametrize("read", READERS)
def test_spikes_of_which_there_are_no_traces(recording, read, tmp_path):
    assert read(recording(SPIKES), tmp_path / "out") == (SILENT, [])


@pytest.mark.parametrize("read", READERS[:-1])
def test_potentials_without_spikes(recording, read, tmp_path):
    """NWB refused a table of units without rows in a traceback (neuroconv 422)."""
    assert read(recording(TRACE), tmp_path / "out") == ({}, [8])


def test_sonata_without_spikes(recording, tmp_path):
    """A file without /spikes is one that libsonata cannot open."""
    with pytest.raises(SpikefaError, match="holds no spikes there: nothing to export"):
        recording(TRACE).to_sonata(tmp_path / "out.h5")
    assert not (tmp_path / "out.h5").exists()


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("encoding", ["packed", "events", "auto"])
def test_no_row(recording, read, encoding, tmp_path):
    probes = [Probe("hidden1", "spikes", "all", encoding=encoding), *TRACE]
    with pytest.raises(SpikefaError, match="no such steps: nothing to export"):
        read(recording(probes, stop=0), tmp_path / "out")
    assert [file.name for file in tmp_path.iterdir()] == ["empty.h5"]


@pytest.mark.parametrize("read", READERS)
def test_a_window_without_a_step(recording, read, tmp_path):
    opened = recording([*SPIKES, *TRACE])
    with pytest.raises(SpikefaError, match="no such steps: nothing to export"):
        read(opened, tmp_path / "out", "late")
    assert read(opened, tmp_path / "out", "early")[0] == SILENT


@pytest.mark.parametrize("read", READERS)
def test_a_variable_whose_window_has_not_begun_is_left_out(recording, read, tmp_path):
    """A table of its units would say that they were silent."""
    later = Probe("output", "spikes", "all", window=WINDOWS[1])
    trace = Probe("hidden1", "potential", 2, window=WINDOWS[1])
    found, held = read(recording([SPIKES[0], later, trace]), tmp_path / "out")
    assert (found, held) == ({"hidden1": [0] * 4}, [])


def test_a_report_without_a_row(recording, tmp_path):
    opened = recording(TRACE)
    for steps in ("late", slice(8, 50)):
        with pytest.raises(SpikefaError, match="holds no steps of"):
            opened.to_sonata_report(tmp_path / "out.h5", "hidden1", steps=steps)
    with pytest.raises(SpikefaError, match="no report: use to_sonata"):
        opened.to_sonata_report(tmp_path / "out.h5", "hidden1", "spikes")
    assert not (tmp_path / "out.h5").exists()


@pytest.mark.parametrize("units", [[0], [0, 3]])
def test_a_population_asked_for_whose_window_has_not_begun(recording, units, tmp_path):
    later = Probe("output", "spikes", units, window=WINDOWS[1])
    opened = recording([SPIKES[0], later])
    with pytest.raises(SpikefaError, match=r"'spikes' of 'output'.*every step of late \(50:60\)"):
        opened.to_sonata(tmp_path / "out.h5", ["output"])
    assert not (tmp_path / "out.h5").exists()
