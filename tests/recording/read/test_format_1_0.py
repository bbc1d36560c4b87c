"""Recordings of format 1.0, which held what one stream saw and no boundaries.

The files were written by the code of that time, with `Toy`: all its streams see the same.
``one_stream.h5`` has probes of stream 2 alone, ``several_streams.h5`` of the streams 0 and 2, with
windows of their own and a trigger.
"""

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from spikefa import analysis
from spikefa.errors import SpikefaError
from spikefa.recording import Recorder, describe, open_recording, repair
from tests.helpers.recorded_rows import read_everything
from tests.helpers.toy_network import IMAGES, Toy, shown, truth

FOLDER = Path(__file__).parents[1] / "format_1_0"


@pytest.fixture
def copy(tmp_path):
    """Return the path of a copy of one of the files."""
    return lambda name: Path(shutil.copy(FOLDER / f"{name}.h5", tmp_path))


def expected(steps):
    return [(step, *shown(step)) for step in steps]


def check_spikes(recording, population, stream):
    units, steps = recording.units(population), recording.steps_of(population).tolist()
    spikes = [truth(step)[population]["spikes"][stream][units].astype(bool) for step in steps]
    np.testing.assert_array_equal(recording.raster(population), spikes)


def test_one_stream():
    with open_recording(FOLDER / "one_stream.h5") as recording:
        steps = [*range(18), *range(42, 83)]
        assert recording.steps.tolist() == steps
        assert recording.streams == (2,)
        check_spikes(recording, "hidden1", 2)
        for name in ("hidden1", "output"):
            assert recording.stimulus_of(name).tolist() == expected(steps)
        assert recording.stimulus.tolist() == expected(steps)
        assert recording.stream_of(("hidden1", "potential"), ("output", "spikes")) == 2
        found = recording.presentations("output")
        assert found.start.tolist() == [0, 5, 10, 15, 42, *range(45, 83, 5)]  # 40 is not known
        assert set(recording.images) == {shown(step)[0] for step in steps}
        whole = analysis.presentations(recording, steps_per_image=5)
        assert recording.steps[whole.start].tolist() == [0, 5, 10, *range(45, 80, 5)]
        analysis.raster_figure(recording, steps="all")
        assert "early" in describe(recording)


def test_labels_of_one_stream_do_not_judge_another():
    with open_recording(FOLDER / "several_streams.h5") as recording:
        assert recording.streams == (0,)
        check_spikes(recording, "hidden1", 2)
        steps = recording.steps.tolist()
        assert recording.stimulus_of("output").tolist() == expected(steps)
        refused = "'spikes' of 'hidden1' is of stream 2, and what was shown was recorded of stream"
        for read in (recording.stimulus_of, recording.presentations):
            with pytest.raises(SpikefaError, match=refused):
                read("hidden1")
        with pytest.raises(SpikefaError, match=refused):
            analysis.class_rates(recording, "hidden1")
        with pytest.raises(SpikefaError, match=refused):
            analysis.selectivity(recording, "hidden1")
        with pytest.raises(SpikefaError, match=refused):
            analysis.triggered_images(recording, "hidden1", images=IMAGES)
        assert analysis.unit_rates(recording, "hidden1").shape == (11,)


@pytest.mark.parametrize("name", ["one_stream", "several_streams"])
def test_everything_can_be_read(copy, name):
    if name == "one_stream":
        read_everything(copy(name))
    with open_recording(copy(name)) as recording:
        assert recording.provenance["spikefa_schema"] == "1.0"
        recording.to_sonata(recording.path.with_name("spikes.h5"))


@pytest.mark.parametrize("name", ["one_stream", "several_streams"])
@pytest.mark.parametrize("step", [0, 50, 90])
def test_it_is_resumed_in_the_present_format(copy, name, step):
    path, toy = copy(name), Toy()
    predicates = {"high": lambda v: v["hidden1"]["potential"][1, 0] > 1.2}
    given = predicates if name == "several_streams" else {}
    with open_recording(path) as recording:
        before = recording.steps.tolist()
    with Recorder.resume(
        path, toy.variables, step, thumbnails=IMAGES, predicates=given
    ) as recorder:
        toy.run(recorder, range(step, 90))
    with open_recording(path) as recording:
        assert recording.provenance["spikefa_schema"] == "1.1"
        assert recording.steps.tolist() == before
        check_spikes(recording, "hidden1", 2)
        check_spikes(recording, "output", recording.streams[0])
        assert recording.stimulus_of("output").tolist() == expected(before)
        assert set(recording.images) == {shown(step)[0] for step in before}
        starts = recording.presentations("output").start
        later = {each - each % 5 for each in before if each - each % 5 >= step}
        assert set(starts[starts >= step].tolist()) == later


def test_it_is_repaired(copy):
    path = copy("several_streams")
    with open_recording(path) as recording:
        steps, images = recording.steps, set(recording.images)
    with h5py.File(path, "r+") as file:
        file["spikefa/status"][0] = 0
    assert repair(path, force=True)
    with open_recording(path) as recording:
        assert recording.status == "repaired"
        np.testing.assert_array_equal(recording.steps, steps)
        assert set(recording.images) == images
        assert recording.stimulus_of("output").tolist() == expected(steps.tolist())
