"""Other libraries read the exports, and binned by them the spikes are the raster again."""

import sys
from dataclasses import replace

import h5py
import numpy as np
import pytest
import torch

from spikefa.errors import SpikefaError
from spikefa.recording import Probe, Recorder, Window, open_recording
from tests.helpers.toy_network import IMAGES, PROBES, WINDOWS

RASTERS = [probe.population for probe in PROBES if probe.variable == "spikes"]
TRACES = [(p.population, p.variable) for p in PROBES if p.variable != "spikes"]
STREAMS = sorted({probe.stream for probe in PROBES})


@pytest.fixture(params=["packed", "events"])
def recording(tmp_path, start, toy, request):
    spikes = [p for p in PROBES if p.variable == "spikes"]
    kept = [replace(p, encoding=request.param) if p in spikes else p for p in PROBES]
    with start(probes=kept, thumbnails=IMAGES) as recorder:
        toy.run(recorder, range(130))
    with open_recording(tmp_path / "run.h5") as recording:
        yield recording


def binned(steps, units, spike_steps, spike_units):
    """Put spikes, steps and units, back into a raster; every one must be in it."""
    raster = np.zeros((len(steps), len(units)), int)
    rows, columns = np.searchsorted(steps, spike_steps), np.searchsorted(units, spike_units)
    assert (steps[rows] == spike_steps).all()
    assert (units[columns] == spike_units).all()
    np.add.at(raster, (rows, columns), 1)
    return raster


@pytest.mark.parametrize("steps", [None, "middle", slice(17, 58)])
def test_sonata(recording, tmp_path, steps):
    libsonata = pytest.importorskip("libsonata", reason="libsonata is not installed")
    recording.to_sonata(tmp_path / "spikes.h5", steps=steps)
    reader = libsonata.SpikeReader(str(tmp_path / "spikes.h5"))
    assert set(reader.get_population_names()) == set(RASTERS)
    kept = recording.steps[recording.rows(steps)]
    for name in RASTERS:
        population = reader[name]
        assert population.sorting == "by_time"
        spikes = population.get_dict()
        time = np.asarray(spikes["timestamps"])
        assert (time == np.rint(time)).all()
        raster = binned(kept, recording.units(name), time.astype(int), spikes["node_ids"])
        np.testing.assert_array_equal(raster, recording.raster(name, steps=steps))
        assert (np.diff(time) >= 0).all()


def test_sonata_is_not_compressed_and_says_what_it_is(recording, tmp_path):
    recording.to_sonata(tmp_path / "spikes.h5", ["hidden1"])
    with h5py.File(tmp_path / "spikes.h5") as file:
        assert file.attrs["magic"] == 0x0A7A
        assert list(file["spikes"]) == ["hidden1"]
        group = file["spikes/hidden1"]
        sorting = group.attrs.get_id("sorting").dtype
        assert h5py.check_enum_dtype(sorting) == {"none": 0, "by_id": 1, "by_time": 2}
        assert group["timestamps"].attrs["units"] == "ms"
        assert group["timestamps"].compression is None


def test_bmtk_reads_sonata(recording, tmp_path):
    spike_trains = pytest.importorskip("bmtk.utils.reports.spike_trains", reason="needs bmtk")
    recording.to_sonata(tmp_path / "spikes.h5")
    spikes = spike_trains.SpikeTrains.load(str(tmp_path / "spikes.h5")).to_dataframe()
    for name in RASTERS:
        own = spikes[spikes["population"] == name]
        raster = binned(
            recording.steps,
            recording.units(name),
            own["timestamps"].to_numpy().astype(int),
            own["node_ids"].to_numpy(),
        )
        np.testing.assert_array_equal(raster, recording.raster(name))


def test_neo(recording):
    pytest.importorskip("neo", reason="neo is not installed")
    block = recording.to_neo()
    assert [segment.name for segment in block.segments] == [window.label for window in WINDOWS]
    for segment, window in zip(block.segments, WINDOWS, strict=True):
        steps = recording.steps[recording.rows(window.label)]
        for name in RASTERS:
            trains = [t for t in segment.spiketrains if t.annotations["population"] == name]
            assert [t.annotations["unit"] for t in trains] == recording.units(name).tolist()
            times = [train.rescale("ms").magnitude for train in trains]
            units = np.repeat(recording.units(name), [len(each) for each in times])
            raster = binned(steps, recording.units(name), np.concatenate(times), units)
            np.testing.assert_array_equal(raster, recording.raster(name, steps=window.label))
        signals = {
            (s.annotations["population"], s.annotations["variable"]): s
            for s in segment.analogsignals
        }
        assert set(signals) == set(TRACES)
        for (name, variable), signal in signals.items():
            np.testing.assert_array_equal(
                signal.magnitude, recording.trace(name, variable, steps=window.label)
            )
            np.testing.assert_allclose(signal.times.rescale("ms").magnitude, steps, rtol=1e-12)
            np.testing.assert_array_equal(
                signal.array_annotations["unit"], recording.units(name, variable)
            )
        shown = recording.stimulus[recording.rows(window.label)]
        assert [epoch.annotations["stream"] for epoch in segment.epochs] == STREAMS
        for epoch in segment.epochs:
            again = np.repeat(epoch.labels.astype(int), epoch.durations.magnitude.astype(int))
            np.testing.assert_array_equal(again, shown["label"])


def test_elephant_bins_neo_to_the_raster(recording):
    conversion = pytest.importorskip("elephant.conversion", reason="elephant is not installed")
    from quantities import ms

    for segment in recording.to_neo().segments:
        trains = [t for t in segment.spiketrains if t.annotations["population"] == "hidden2"]
        binned = conversion.BinnedSpikeTrain(trains, bin_size=1 * ms).to_array()
        np.testing.assert_array_equal(binned.T, recording.raster("hidden2", steps=segment.name))


@pytest.mark.parametrize("steps", [None, "late", slice(17, 58)])
def test_pynapple(recording, steps):
    pytest.importorskip("pynapple", reason="pynapple is not installed")
    found = recording.to_pynapple(steps)
    stimuli = [f"stimulus of stream {number}" for number in STREAMS]
    assert set(found) == {*RASTERS, *(f"{n}/{v}" for n, v in TRACES), *stimuli}
    for name in RASTERS:
        counted = found[name].count(bin_size=1, time_units="ms")
        assert counted.columns.tolist() == recording.units(name).tolist()
        np.testing.assert_array_equal(counted.values, recording.raster(name, steps=steps))
    for name, variable in TRACES:
        trace = found[f"{name}/{variable}"]
        np.testing.assert_array_equal(trace.values, recording.trace(name, variable, steps=steps))
        assert trace.columns.tolist() == recording.units(name, variable).tolist()
    shown = recording.stimulus[recording.rows(steps)]
    for name in stimuli:
        np.testing.assert_array_equal(found[name]["image"].values, shown["image"])
        np.testing.assert_allclose(found[name].t * 1000, shown["step"])


def test_nwb(recording, tmp_path):
    pynwb = pytest.importorskip("pynwb", reason="pynwb is not installed")
    path = tmp_path / "run.nwb"
    recording.to_nwb(path)
    with pynwb.NWBHDF5IO(str(path), "r") as file:
        nwb = file.read()
        assert nwb.identifier == recording.provenance["uuid"]
        table = nwb.units.to_dataframe()
        for name in RASTERS:
            own = table[table["population"] == name]
            assert own["node_id"].tolist() == recording.units(name).tolist()
            time = np.concatenate(list(own["spike_times"])) * 1000
            np.testing.assert_allclose(time, np.rint(time), rtol=1e-12)
            units = np.repeat(own["node_id"].to_numpy(), [len(t) for t in own["spike_times"]])
            steps = np.rint(time).astype(int)
            raster = binned(recording.steps, recording.units(name), steps, units)
            np.testing.assert_array_equal(raster, recording.raster(name))
        observed = np.asarray(table["obs_intervals"].iloc[0]) * 1000
        np.testing.assert_allclose(observed, [(w.start, w.stop) for w in WINDOWS])
        for name, variable in TRACES:
            series = nwb.acquisition[f"{name} {variable}"]
            np.testing.assert_array_equal(series.data[:], recording.trace(name, variable))
            np.testing.assert_allclose(np.asarray(series.timestamps) * 1000, recording.steps)
        trials, shown = nwb.trials.to_dataframe(), recording.stimulus
        assert sorted(set(trials["stream"])) == STREAMS
        for _, own in trials.groupby("stream"):
            length = np.rint((own["stop_time"] - own["start_time"]) * 1000).astype(int)
            np.testing.assert_array_equal(np.repeat(own["image"], length), shown["image"])
            np.testing.assert_array_equal(np.repeat(own["label"], length), shown["label"])
    assert not pynwb.validate(path=str(path))


@pytest.fixture
def late(tmp_path):
    """Silent, busy and random units, two days into a run of 1 ms steps, and one step alone."""
    first = 180_000_007
    windows = [Window("a", first, first + 333), Window("b", first + 333, first + 340)]
    windows.append(Window("alone", first + 1000, first + 1001))
    variables = {
        "input": {"spikes": torch.zeros(1, 3)},
        "output": {"spikes": torch.zeros(1, 3)},
    }
    random = torch.Generator().manual_seed(0)
    probes = [Probe("output", "spikes", "all")]
    with Recorder.create(tmp_path / "late.h5", probes, windows, variables, {"seed": 1}) as recorder:
        for step in range(first, first + 1001):
            spikes = variables["output"]["spikes"]
            spikes[0, 1] = 1
            spikes[0, 2].bernoulli_(0.5, generator=random)
            recorder.observe(step, 0, 0)
    with open_recording(tmp_path / "late.h5") as recording:
        yield recording


def test_step_numbers_of_a_long_run_survive_seconds(late, tmp_path):
    nap = pytest.importorskip("pynapple", reason="pynapple is not installed")
    pytest.importorskip("pynwb", reason="pynwb is not installed")
    raster = late.raster("output")
    assert len(raster) == 341
    np.testing.assert_array_equal(
        late.to_pynapple()["output"].count(bin_size=1, time_units="ms").values, raster
    )
    late.to_nwb(tmp_path / "late.nwb")
    units = nap.load_file(str(tmp_path / "late.nwb"))["units"]  # pynapple reads NWB itself
    assert units["node_id"].tolist() == [0, 1, 2]
    for number in range(3):
        steps = np.rint(units[number].t * 1000).astype(int)
        np.testing.assert_array_equal(steps, late.steps[raster[:, number]])


def test_silent_units_of_a_long_run_in_sonata_and_neo(late, tmp_path):
    libsonata = pytest.importorskip("libsonata", reason="libsonata is not installed")
    pytest.importorskip("neo", reason="neo is not installed")
    late.to_sonata(tmp_path / "late_spikes.h5")
    spikes = libsonata.SpikeReader(str(tmp_path / "late_spikes.h5"))["output"].get_dict()
    steps = np.asarray(spikes["timestamps"]).astype(int)
    raster = binned(late.steps, np.arange(3), steps, spikes["node_ids"])
    np.testing.assert_array_equal(raster, late.raster("output"))
    block = late.to_neo()
    assert [len(segment.spiketrains[1]) for segment in block.segments] == [340, 1]
    assert all(len(segment.spiketrains[0]) == 0 for segment in block.segments)


def test_a_file_is_never_overwritten(recording, tmp_path):
    (tmp_path / "there").write_text("mine")
    for export in (recording.to_sonata, recording.to_nwb):
        with pytest.raises(SpikefaError, match=r"exists already|pynwb"):
            export(tmp_path / "there")
    assert (tmp_path / "there").read_text() == "mine"


def test_what_cannot_be_exported_leaves_no_file(recording, tmp_path):
    before = sorted(tmp_path.iterdir())
    with pytest.raises(SpikefaError, match="nothing to export"):
        recording.to_sonata(tmp_path / "x.h5", steps=slice(30, 40))
    with pytest.raises(SpikefaError, match="no population 'hidden7'"):
        recording.to_sonata(tmp_path / "x.h5", ["hidden7"])
    with pytest.raises(SpikefaError, match="cannot write"):
        recording.to_sonata(tmp_path / "none" / "x.h5")
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("library", ["neo", "pandas", "pynapple", "pynwb"])
def test_a_library_that_is_not_there_is_named(recording, tmp_path, monkeypatch, library):
    monkeypatch.setitem(sys.modules, library, None)
    exports = {
        "neo": recording.to_neo,
        "pandas": recording.to_dataframe,
        "pynapple": recording.to_pynapple,
        "pynwb": lambda: recording.to_nwb(tmp_path / "x.nwb"),
    }
    with pytest.raises(SpikefaError, match=rf"needs {library}.*spikefa\[export\]"):
        exports[library]()


@pytest.mark.slow
def test_reading_imports_none_of_them(python):
    script = (
        "import sys, spikefa.recording.read.reader\n"
        "print(sorted({'neo', 'pandas', 'pynapple', 'pynwb', 'quantities'} & set(sys.modules)))"
    )
    assert python(script).stdout.strip() == "[]"
