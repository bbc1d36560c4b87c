"""Every export has the times at which each variable was read.

An export that is added without an entry fails the test of completeness.
"""

import numpy as np
import pytest

import spikefa as sf
from spikefa.recording import export
from tests.helpers.clock_table import SPIKES, TRACES, turns
from tests.helpers.clock_truth import near, spike_steps


def times_of(real, clock):
    return real.steps(clock).astype(float)


def read_neo(r, tmp_path):
    """Return the spikes by population and unit, and times and values of traces, in ms."""
    pytest.importorskip("neo")
    found, signals = {}, {}
    for segment in r.to_neo().segments:
        for train in segment.spiketrains:
            key = train.annotations["population"], train.annotations["unit"]
            times = train.rescale("ms").magnitude.tolist()
            length = (train.t_stop - train.t_start).rescale("ms").item()
            read = int(np.ceil(length / train.annotations["every"]))
            spent, known = found.get(key, ([], 0))
            found[key] = spent + times, known + read
        for signal in (*segment.analogsignals, *segment.irregularlysampledsignals):
            key = signal.annotations["population"], signal.annotations["variable"]
            times, values = signals.setdefault(key, ([], []))
            times.extend(signal.times.rescale("ms").magnitude)
            values.extend(signal.magnitude)
    return found, signals


def read_pynapple(r, tmp_path):
    pytest.importorskip("pynapple")
    exported = r.to_pynapple()
    found = {
        (name, unit): ((exported[name][unit].t * 1000).round(6).tolist(), _length(exported[name]))
        for name in SPIKES
        for unit in exported[name]
    }
    frames = {name: exported["/".join(name)] for name in TRACES}
    return found, {name: (frame.t * 1000, frame.values) for name, frame in frames.items()}


def _length(group):
    return round(group.time_support.tot_length("ms"))


def read_nwb(r, tmp_path):
    pynwb = pytest.importorskip("pynwb")
    r.to_nwb(tmp_path / "r.nwb")
    with pynwb.NWBHDF5IO(str(tmp_path / "r.nwb"), "r") as file:
        nwb = file.read()
        table = nwb.units.to_dataframe()
        found = {
            (row.population, row.node_id): (
                (np.asarray(row.spike_times) * 1000).round(6).tolist(),
                round(1000 * np.diff(row.obs_intervals, axis=1).sum()),
            )
            for row in table.itertuples()
        }
        held = {name: nwb.acquisition[" ".join(name)] for name in TRACES}
        signals = {
            name: (series.timestamps[:] * 1000, series.data[:]) for name, series in held.items()
        }
    assert not pynwb.validate(path=str(tmp_path / "r.nwb"))
    return found, signals


def read_dataframe(r, tmp_path):
    """The number of steps that were read is no part of a table of spikes."""
    pytest.importorskip("pandas")
    spikes, values = r.to_dataframe(), r.to_dataframe("series")
    found, signals = {}, {}
    for population, unit in ((name, unit) for name in SPIKES for unit in range(20)):
        rows = spikes[(spikes.population == population) & (spikes.unit == unit)]
        found[population, unit] = rows.step.tolist(), len(r.steps_of(population))
    for key, rows in values.groupby(["population", "variable"], observed=True):
        table = rows.pivot(index="step", columns="unit", values="value")
        signals[key] = table.index.to_numpy(), table.to_numpy()
    return found, signals


READERS = {
    "to_neo": read_neo,
    "to_pynapple": read_pynapple,
    "to_nwb": read_nwb,
    "to_dataframe": read_dataframe,
}


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
def test_exports(recording, real, clock, reader, tmp_path):
    found, signals = READERS[reader](recording, tmp_path)
    for name in SPIKES:
        for unit, steps in enumerate(spike_steps(real, clock, name)):
            assert found[name, unit] == (steps, len(real.steps(clock)))
    assert set(signals) == set(TRACES)
    for name, (times, values) in signals.items():
        near(times, times_of(real, clock))
        np.testing.assert_array_equal(values, real.values[name][real.steps(clock)])


def check_sonata(r, real, clock, tmp_path):
    libsonata = pytest.importorskip("libsonata")
    r.to_sonata(tmp_path / "s.h5")
    for name in SPIKES:
        found = libsonata.SpikeReader(str(tmp_path / "s.h5"))[name].get_dict()
        pairs = sorted(zip(found["node_ids"].tolist(), found["timestamps"].tolist(), strict=True))
        expected = enumerate(spike_steps(real, clock, name))
        assert pairs == [(unit, step) for unit, steps in expected for step in steps]


def check_sonata_report(r, real, clock, tmp_path):
    """One regular block in a file; gaps between windows are refused."""
    libsonata = pytest.importorskip("libsonata")
    windows, every = real.windows(clock), 3 if clock == "every" else 1
    if len(windows) > 1:
        with pytest.raises(sf.SpikefaError, match=r"windows with gaps .* give steps, such as"):
            r.to_sonata_report(tmp_path / "none.h5", "hidden1")
    for number, (label, span) in enumerate(windows.items()):
        path = tmp_path / f"{number}.h5"
        r.to_sonata_report(path, "hidden1", steps=label)
        population = libsonata.ElementReportReader(str(path))["hidden1"]
        assert population.times == (span[0], span[-1] + every, every)
        held = population.get()
        np.testing.assert_allclose(held.times, list(span))
        np.testing.assert_array_equal(held.data, real.values["hidden1", "potential"][list(span)])


EXPORTS = {"to_sonata": check_sonata, "to_sonata_report": check_sonata_report}


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPORTS)
def test_exports_to_files_of_sonata(recording, real, clock, name, tmp_path):
    EXPORTS[name](recording, real, clock, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
def test_exports_of_variables_with_different_clocks(mixed, real, reader, tmp_path):
    clocks = turns()
    with sf.open(mixed) as recording:
        found, signals = READERS[reader](recording, tmp_path)
    for name in SPIKES:
        clock = clocks[name, "spikes"]
        for unit, steps in enumerate(spike_steps(real, clock, name)):
            assert found[name, unit] == (steps, len(real.steps(clock)))
    for name, (times, values) in signals.items():
        near(times, times_of(real, clocks[name]))
        np.testing.assert_array_equal(values, real.values[name][real.steps(clocks[name])])


def test_every_export_has_an_entry():
    assert set(export.__all__) == READERS.keys() | EXPORTS.keys()
