"""Tables of pandas, against rasters, traces and the run; refused before they are too large."""

import numpy as np
import pytest

from spikefa.errors import SpikefaError
from spikefa.recording import Always, Trigger, open_recording
from tests.helpers.toy_network import MIXED_PROBES, PROBES, shown, truth

pd = pytest.importorskip("pandas", reason="pandas is not installed")


@pytest.fixture(params=["several streams", "all streams, other clocks"])
def recording(tmp_path, start, toy, request):
    probes = PROBES if request.param == "several streams" else MIXED_PROBES
    with start(probes=probes) as recorder:
        toy.run(recorder, range(130))
    with open_recording(tmp_path / "run.h5") as recording:
        yield recording


@pytest.mark.slow
@pytest.mark.parametrize("steps", [None, "middle", slice(4, 58)])
@pytest.mark.parametrize("rows", [4000, 3])
def test_spikes(recording, steps, rows, monkeypatch):
    monkeypatch.setattr("spikefa.recording.export.dataframe.BLOCK_ROWS", rows)
    table = recording.to_dataframe(steps=steps)
    assert list(table.columns) == ["step", "stream", "population", "unit"]
    expected = []
    for name in recording.populations:
        series = recording.series(name)
        batch = series.channel.batch
        values = series.values(steps=steps, stream="all" if batch else None)
        values = values if batch else values[:, None]
        held = series.steps[series.rows(steps)]
        for row, stream, column in np.argwhere(values):
            number = stream if batch else series.channel.stream
            expected.append((held[row], number, name, series.units[column]))
    assert list(table.itertuples(index=False, name=None)) == expected


def test_values(recording):
    table = recording.to_dataframe("series")
    for (population, variable), rows in table.groupby(["population", "variable"], observed=True):
        series = recording.series(population, variable)
        batch = series.channel.batch
        values = series.values(stream="all" if batch else None)
        np.testing.assert_array_equal(rows.value, values.ravel())
        assert sorted(set(rows.unit)) == series.units.tolist()
        assert sorted(set(rows.step)) == series.steps.tolist()
        streams = list(range(batch)) if batch else [series.channel.stream]
        assert sorted(set(rows.stream)) == streams
        for state, stream in enumerate(streams):
            own = rows[rows.stream == stream].pivot(index="step", columns="unit", values="value")
            np.testing.assert_array_equal(own, values[:, state] if batch else values)


def test_some_populations(recording):
    table = recording.to_dataframe("series", ["hidden1"])
    assert set(table.population) == {"hidden1"}
    with pytest.raises(SpikefaError, match="no population 'hidden7'"):
        recording.to_dataframe("spikes", ["hidden7"])
    with pytest.raises(SpikefaError, match="holds nothing of 'input' there for this table"):
        recording.to_dataframe("series", ["input"])


def test_presentations_join_the_spikes(recording):
    table = recording.to_dataframe("presentations")
    assert set(table.stream) == set(recording.streams)
    for row in table.itertuples():
        assert (row.image, row.label) == shown(row.start)
        assert row.start % 5 == 0
        assert row.start <= row.first <= row.last < row.start + 5
    spikes = recording.to_dataframe()
    joined = pd.merge_asof(
        spikes.sort_values("step"),
        table.sort_values("start"),
        left_on="step",
        right_on="start",
        by="stream",
    )
    assert [shown(step) for step in joined.step] == list(
        zip(joined.image, joined.label, strict=True)
    )


def _spiked(variables):
    return variables["hidden2"]["spikes"][0, 0] > 0


def test_triggers(tmp_path, start, toy):
    trigger = Trigger(_spiked, before=2, after=4, label="first unit", edge=False)
    with start(windows=[Always(), trigger]) as recorder:
        toy.run(recorder, range(130))
    with open_recording(tmp_path / "run.h5") as recording:
        table = recording.to_dataframe("triggers")
        fired = [step for step in range(130) if truth(step)["hidden2"]["spikes"][0, 0]]
        assert table.step.tolist() == fired
        assert table.trigger.tolist() == ["first unit"] * len(fired)
        for row in table.itertuples():
            window = recording.window(f"{row.trigger} #{row.firing}")
            assert (row.start, row.stop) == (window.start, window.stop)
        late = recording.to_dataframe("triggers", steps=slice(fired[1], None))
        assert late.firing.tolist() == list(range(2, len(fired) + 1))


def test_a_recording_without_triggers_has_an_empty_table(recording):
    table = recording.to_dataframe("triggers")
    assert list(table.columns) == ["trigger", "firing", "step", "start", "stop"]
    assert len(table) == 0


def test_a_table_that_does_not_fit_is_refused(recording, monkeypatch):
    monkeypatch.setattr("spikefa.utils.memory.free_bytes", lambda device: 500)
    for name in ("spikes", "series"):
        with pytest.raises(SpikefaError, match=r"the table of [\d,]+ .* fewer populations"):
            recording.to_dataframe(name)


def test_what_there_is_not_is_said(recording):
    with pytest.raises(SpikefaError, match="the table is 'rates': give 'spikes', 'series'"):
        recording.to_dataframe("rates")
    with pytest.raises(SpikefaError, match="'triggers' are of all of them"):
        recording.to_dataframe("triggers", ["hidden1"])
    with pytest.raises(SpikefaError, match="nothing to export"):
        recording.to_dataframe(steps=slice(2000, 3000))
