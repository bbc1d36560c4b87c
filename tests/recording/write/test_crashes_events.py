"""Recordings of events keep what was committed, whatever happens to writer, disk or file."""

import shutil
import time
from collections import namedtuple

import h5py
import numpy as np
import pytest
import torch

from spikefa.recording import Recorder, Window, open_recording, repair
from tests.helpers.sparse_network import (
    PROVENANCE,
    SIZES,
    WINDOWS,
    Sparse,
    potential,
    probes,
    raster,
)

KILLED_WHILE_WRITING = """
import sys
from tests.helpers.killed_writers import kill_writers
from tests.helpers.sparse_network import *
from spikefa.recording import *
torch.set_num_threads(1)
windows = [Window(str(n), 10 * n, 10 * n + 10) for n in range(4000)]
wanted = probes("auto")[:1] + probes("events")[1:]
def start(path):
    sparse = Sparse()
    return sparse, Recorder.create(path, wanted, windows, sparse.variables, PROVENANCE)
kill_writers(int(sys.argv[1]), start, steps=40000, longest=0.3)
"""


KILLED_WHILE_CLOSING = """
import os, signal, sys, threading, time
from tests.helpers.sparse_network import *
from spikefa.recording import *
torch.set_num_threads(1)
for trial in range(int(sys.argv[1])):
    child = os.fork()
    if child == 0:
        sparse = Sparse()
        given = (probes(), [Window("w", 0, 10)], sparse.variables, PROVENANCE)
        recorder = Recorder.create(f"{trial}.h5", *given)
        sparse.run(recorder, range(10))
        recorder.commit()
        pid, delay = os.getpid(), trial * 5e-5
        def kill():
            until = time.perf_counter() + delay
            while time.perf_counter() < until:
                pass
            os.kill(pid, signal.SIGKILL)
        threading.Thread(target=kill).start()
        recorder.close()
        time.sleep(9)
    os.waitpid(child, 0)
"""


def check_all(recording):
    """Every committed row of every population is bit-exact."""
    steps = recording.steps
    for name in SIZES:
        np.testing.assert_array_equal(recording.raster(name), raster(name, steps))
        row, column = np.nonzero(raster(name, steps))
        found = np.stack(recording.events(name))
        np.testing.assert_array_equal(found, [steps[row], column])
    units = recording.units("hidden1", "potential")
    expected = np.array([potential(step)[0][units] for step in steps]).reshape(-1, len(units))
    np.testing.assert_array_equal(recording.trace("hidden1", "potential"), expected)


def check_foreign_readers(path, sparse_populations):
    """Readers of SONATA find the spikes of the sparse populations, and the report."""
    libsonata = pytest.importorskip("libsonata", reason="libsonata is not installed")
    spike_trains = pytest.importorskip("bmtk.utils.reports.spike_trains", reason="needs bmtk")
    compartment = pytest.importorskip("bmtk.utils.reports.compartment", reason="needs bmtk")
    with open_recording(path) as recording:
        steps = recording.steps
        traces = recording.trace("hidden1", "potential")
    reader = libsonata.SpikeReader(str(path))
    assert set(reader.get_population_names()) == sparse_populations
    table = spike_trains.SpikeTrains.load(str(path)).to_dataframe()
    for name in sparse_populations:
        row, column = np.nonzero(raster(name, steps))
        assert reader[name].sorting == "by_time"
        found = reader[name].get_dict()
        np.testing.assert_array_equal(found["timestamps"], steps[row])
        np.testing.assert_array_equal(found["node_ids"], column)
        own = table[table["population"] == name].sort_values(["timestamps", "node_ids"])
        np.testing.assert_array_equal(own["timestamps"], steps[row])
        np.testing.assert_array_equal(own["node_ids"], column)
    report = libsonata.ElementReportReader(str(path))["hidden1"].get()
    np.testing.assert_array_equal(np.asarray(report.data), traces)
    report = compartment.CompartmentReport(str(path), "r")
    np.testing.assert_array_equal(np.squeeze(report.data(population="hidden1")), traces)


@pytest.mark.slow
@pytest.mark.parametrize("trials", [5, pytest.param(50, marks=pytest.mark.long)])
def test_a_killed_writer(tmp_path, python, trials):
    done = python(KILLED_WHILE_WRITING, str(trials))
    assert done.returncode == 0, done.stderr
    acknowledged = [int(line) for line in done.stdout.split()]
    assert len(acknowledged) == trials
    for trial, rows in enumerate(acknowledged):
        path = tmp_path / f"{trial}.h5"
        with open_recording(path) as recording:
            assert recording.status == "open"
            assert rows <= len(recording.steps) <= rows + 10
            assert recording.encoding("input") == "events"
            check_all(recording)
            held = recording.steps
        assert repair(path)
        repaired = path.read_bytes()
        assert not repair(path)
        assert path.read_bytes() == repaired
        with open_recording(path) as recording:
            assert recording.status == "repaired"
            np.testing.assert_array_equal(recording.steps, held)
            check_all(recording)
        with h5py.File(path) as file:  # nothing but what was committed
            count = file["spikefa/raster/input/until"][-1]
            assert len(file["spikes/input/timestamps"]) == count == raster("input", held).sum()


def test_other_readers_open_what_was_repaired(tmp_path, python):
    done = python(KILLED_WHILE_WRITING, "1")
    assert done.returncode == 0, done.stderr
    path = tmp_path / "0.h5"
    with pytest.raises(OSError, match="open"):
        h5py.File(path)
    assert repair(path)
    check_foreign_readers(path, {"input", "hidden1", "output"})


@pytest.mark.parametrize("encoding", ["auto", "events"])
def test_other_readers_open_what_was_closed(tmp_path, encoding):
    """They do not see the dense populations, which they would take for silent."""
    sparse, path = Sparse(), tmp_path / "run.h5"
    # A report cannot tell of a gap, so it has one window here.
    given = (probes(encoding), [Window("w", 7, 60)], sparse.variables, PROVENANCE)
    with Recorder.create(path, *given) as recorder:
        sparse.run(recorder, range(100))
    check_foreign_readers(path, set(SIZES) if encoding == "events" else {"input"})


@pytest.mark.slow
@pytest.mark.parametrize("trials", [8, pytest.param(200, marks=pytest.mark.long)])
def test_a_writer_killed_while_it_closes(tmp_path, python, trials):
    done = python(KILLED_WHILE_CLOSING, str(trials))
    assert done.returncode == 0, done.stderr
    for trial in range(trials):
        path = tmp_path / f"{trial}.h5"
        for _ in range(2):
            with open_recording(path) as recording:
                assert len(recording.steps) == 10
                check_all(recording)
            repair(path)
        with h5py.File(path) as file:
            assert set(file["spikes"]) <= {"input"}


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["auto", "events"])
@pytest.mark.parametrize("stream", [1, "all"])
@pytest.mark.parametrize("step", [0, 7, 60, 95])
def test_resumed_is_uninterrupted(tmp_path, encoding, stream, step):
    sparse = Sparse()
    given = (probes(encoding, stream), WINDOWS, sparse.variables, PROVENANCE)
    with Recorder.create(tmp_path / "whole.h5", *given) as recorder:
        sparse.run(recorder, range(100))
    path = tmp_path / "parts.h5"
    with Recorder.create(path, *given) as recorder:
        sparse.run(recorder, range(85))
    with Recorder.resume(path, sparse.variables, step) as recorder:
        with open_recording(path) as recording:
            assert (recording.steps < step).all()
            chosen = recording.encoding("input"), recording.encoding("hidden1")
            assert chosen == ("events", "packed" if encoding == "auto" else "events")
        sparse.run(recorder, range(step, 100))
    with h5py.File(tmp_path / "whole.h5") as whole, h5py.File(path) as parts:
        names = []
        whole.visit(names.append)
        assert set(names) >= {"spikes", "spikefa/raster/input/events/timestamps"}
        assert list(whole["spikes"]) == list(parts["spikes"])
        for name in names:
            if isinstance(whole[name], h5py.Dataset) and step <= 85:
                np.testing.assert_array_equal(whole[name][:], parts[name][:], err_msg=name)


def test_a_reader_beside_the_writer(tmp_path):
    """It may open the file before the encoding is chosen."""
    sparse, path = Sparse(), tmp_path / "run.h5"
    given = (probes(), [Window("w", 0, 300)], sparse.variables, PROVENANCE)
    with Recorder.create(path, *given) as recorder, open_recording(path) as recording:
        assert recording.encoding("input") == "auto"
        for first in range(0, 300, 50):
            sparse.run(recorder, range(first, first + 50))
            recorder.commit()
            assert recording.refresh() == first + 50
            assert recording.encoding("input") == "events"
            check_all(recording)


def test_a_disk_nearly_full_is_seen_before_events_need_more_than_bits(tmp_path, monkeypatch):
    """Dense events, though bits would fit."""
    Usage = namedtuple("Usage", "total used free")
    sparse, messages, path = Sparse(), [], tmp_path / "run.h5"
    windows = [Window("w", 0, 2000)]
    given = (probes("events")[1:2], windows, sparse.variables, PROVENANCE)
    with Recorder.create(path, *given, warn=messages.append) as recorder:
        sparse.run(recorder, range(10))
        recorder.commit()
        usage = Usage(1, 1, (1 << 20) + 2 * 1000 * 25)  # of 1000 rows of 200 bits
        monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
        sparse.run(recorder, range(10, 1200))
    assert len(messages) == 1
    assert "free" in messages[0]
    with open_recording(path) as recording:
        assert recording.status == "failed"
        assert len(recording.steps) == 10


def test_a_large_silent_population_takes_the_room_and_time_of_its_spikes(tmp_path):
    state = torch.zeros(1, 200_000)
    state[0, ::5000] = 1
    given = (
        probes(stream=0)[:1],
        [Window("w", 0, 1000)],
        {"input": {"spikes": state}},
        {"seed": 0},
    )
    path = tmp_path / "run.h5"
    with Recorder.create(path, *given) as recorder:
        for step in range(1000):
            recorder.observe(step, 0, 0)
    with open_recording(path) as recording:
        began = time.perf_counter()
        step, _ = recording.events("input")
        assert time.perf_counter() - began < 5
        assert len(step) == 40_000
        assert path.stat().st_size < 5_000_000  # bits would be 25
