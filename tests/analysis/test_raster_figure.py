"""The raster picture shows the spikes that were recorded, of the units and steps asked for."""

from importlib import import_module

import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg

from spikefa.analysis import figure4, raster_figure, save_figure
from spikefa.analysis.panels import MISSING, SILENT, SPIKE, SPIKE_OF_CLASS
from spikefa.errors import SpikefaError
from spikefa.recording import Probe, Recorder, Window, open_recording
from tests.helpers.readable import check_readable

PIXELS = np.random.default_rng(0).integers(0, 17, (60, 6, 6), dtype=np.uint8)
WINDOWS = (Window("early", 0, 50), Window("$late", 100, 150))
SIZES = {"input": 36, "hidden1": 30, "output": 40}


@pytest.fixture
def record(tmp_path):
    """Record noise of the given rate; unit 0 of hidden1 is silent. Image k is of class k % 10."""

    def record(rate=0.3, windows=WINDOWS, stop=150):
        random = torch.Generator().manual_seed(1)
        variables = {name: {"spikes": torch.zeros(1, size)} for name, size in SIZES.items()}
        probes = [
            Probe("hidden1", "spikes", [0, 3, *range(10, 20)]),
            Probe("output", "spikes", "all"),
        ]
        path = tmp_path / "run.h5"
        with Recorder.create(
            path, probes, windows, variables, {"seed": 3}, thumbnails=PIXELS
        ) as recorder:
            for step in range(stop):
                for states in variables.values():
                    states["spikes"].bernoulli_(rate, generator=random)
                variables["hidden1"]["spikes"][0, 0] = 0
                recorder.observe(step, step // 5 % 60, step // 5 % 10)
        return open_recording(path)

    return record


def panels(figure):
    return {axes.get_label(): axes for axes in figure.axes}


def test_by_default_all_units_of_the_first_window(record):
    with record() as recording:
        found = panels(raster_figure(recording))
        assert list(found) == ["images", "raster/hidden1", "raster/output"]
        spikes = recording.raster("hidden1", steps="early").T
        (image,) = found["raster/hidden1"].images
        np.testing.assert_array_equal(image.get_array(), np.where(spikes, SPIKE, SILENT))
        assert image.get_extent() == [-0.5, 49.5, 11.5, -0.5]
        spikes = recording.raster("output", steps="early").T
        target = np.arange(40)[:, None] // 4 == np.arange(50)[None, :] // 5 % 10
        expected = np.where(spikes & target, SPIKE_OF_CLASS, np.where(spikes, SPIKE, SILENT))
        np.testing.assert_array_equal(found["raster/output"].images[0].get_array(), expected)


def test_image_switches_and_labels_are_marked(record):
    with record() as recording:
        found = panels(raster_figure(recording))
    ends = [line.get_xdata() for line in found["raster/output"].lines]
    switches = [x[0] for x in ends if len(x) == 2 and x[0] == x[1]]
    assert switches == [5 * n - 0.5 for n in range(1, 10)]
    assert [text.get_text() for text in found["images"].texts] == [str(n) for n in range(10)]
    for number, inset in enumerate(found["images"].child_axes):
        np.testing.assert_array_equal(inset.images[0].get_array(), PIXELS[number])


@pytest.mark.slow
@pytest.mark.parametrize("stop", [65, 75, 150, 740])
def test_of_many_images_those_drawn_stand_over_their_steps(record, stop):
    """They were drawn beside them, in the middle of the steps of several images."""
    with record(windows=(Window("all", 0, stop),), stop=stop) as recording:
        figure = raster_figure(recording)
    top = panels(figure)["images"]
    count = -(-stop // 5)
    stride = -(-count // 12)
    expected = [(5 * n, n) for n in range(0, count, stride)]
    bars = [tuple(line.get_xdata()) for line in top.lines]
    assert bars == [(start - 0.5, start + 4.5) for start, _ in expected]
    assert len(top.child_axes) == len(top.texts) == len(expected) <= 12
    FigureCanvasAgg(figure).draw()
    for inset, text, (start, number) in zip(top.child_axes, top.texts, expected, strict=True):
        np.testing.assert_array_equal(inset.images[0].get_array(), PIXELS[number % 60])
        assert text.get_text() == str(number % 60 % 10)
        assert text.get_position()[0] == start + 2
        box = inset.get_window_extent()
        middle = top.transData.transform((start + 2, 0))[0]
        assert (box.x0 + box.x1) / 2 == pytest.approx(middle, abs=1)
    said = "".join(text.get_text() for text in figure.texts)
    assert f"{len(expected)} of {count} images drawn, over their steps" in said
    check_readable(figure)


def test_images_that_have_room_get_no_bars(record):
    with record() as recording:
        figure = raster_figure(recording)
    assert not panels(figure)["images"].lines
    assert "10 images" in "".join(text.get_text() for text in figure.texts)


def of_many_classes(path, n_classes, n_outputs):
    """Record outputs of so many classes, of which three of ten spike in every step."""
    states = {name: {"spikes": torch.zeros(1, n_outputs)} for name in ("input", "output")}
    probes, about = [Probe("output", "spikes", "all")], {"n_classes": n_classes}
    with Recorder.create(path, probes, WINDOWS, states, {"seed": 3}, **about) as recorder:
        for step in range(50):
            states["output"]["spikes"].bernoulli_(0.3)
            recorder.observe(step, step // 5, step // 5)
    return open_recording(path)


def test_of_many_classes_the_labels_are_apart(tmp_path):
    """62 classes of letters and digits stood on each other."""
    with of_many_classes(tmp_path / "run.h5", 62, 124) as recording:
        check_readable(raster_figure(recording))
        check_readable(figure4(recording))


@pytest.mark.parametrize(("n_classes", "lines"), [(10, 9), (300, 0)])
def test_lines_between_classes_do_not_cover_their_spikes(n_classes, lines, tmp_path):
    """Of 300 classes with a neuron each, the lines left nothing to be seen."""
    with of_many_classes(tmp_path / "run.h5", n_classes, 300) as recording:
        axes = panels(raster_figure(recording))["raster/output"]
    drawn = [line.get_ydata() for line in axes.lines if line.get_label() != "silent"]
    assert len([y for y in drawn if y[0] == y[1]]) == lines


def test_silent_units_keep_their_row_and_get_a_ring(record):
    with record() as recording:
        axes = panels(raster_figure(recording, ["hidden1"]))["raster/hidden1"]
    assert axes.images[0].get_array().shape[0] == 12
    (rings,) = [line for line in axes.lines if line.get_label() == "silent"]
    assert rings.get_ydata().tolist() == [0]
    assert "12 of 30 units" in axes.get_ylabel()
    assert "1 silent" in axes.get_ylabel()


def test_below_a_tenth_each_spike_is_a_mark(record, tmp_path):
    with record(rate=0.05) as recording:
        figure = raster_figure(recording, steps="0:150")
        axes = panels(figure)["raster/output"]
        assert not axes.images
        spikes = recording.raster("output")
        marks = [line for line in axes.lines if line.get_marker() == "|"]
        drawn = {(int(x), int(y)) for line in marks for x, y in line.get_xydata()}
        rows, units = np.nonzero(spikes)
        assert drawn == set(zip(recording.steps[rows].tolist(), units.tolist(), strict=True))
        assert sum(len(line.get_xdata()) for line in marks) == spikes.sum()
        labels = recording.stimulus["label"]
        right = int(spikes[np.arange(40)[None, :] // 4 == labels[:, None]].sum())
        assert len(marks[1].get_xdata()) == right > 0
        (gap,) = (path for each in axes.collections for path in each.get_paths())
        assert (gap.vertices[:, 0].min(), gap.vertices[:, 0].max()) == (49.5, 99.5)
        assert axes.get_ylim() == (39.5, -0.5)
        for suffix, start in ((".png", b"\x89PNG"), (".pdf", b"%PDF"), (".svg", b"<?xml")):
            save_figure(figure, tmp_path / f"x{suffix}")
            assert (tmp_path / f"x{suffix}").read_bytes().startswith(start)


def test_steps_between_the_windows_are_grey(record):
    with record() as recording:
        figure = raster_figure(recording, ["hidden1"], steps=slice(40, 110))
        cells = panels(figure)["raster/hidden1"].images[0].get_array()
    assert cells.shape == (12, 70)
    assert (cells[:, 10:60] == MISSING).all()
    assert not (cells[:, :10] == MISSING).any()
    assert not (cells[:, 60:] == MISSING).any()
    assert "grey: not recorded" in figure.texts[-1].get_text()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ("all", [0, 3, *range(10, 20)]),
        ("2", [0, 19]),
        (3, [0, 14, 19]),
        ("99", [0, 3, *range(10, 20)]),
        ("3,", [3]),
        ("15,3,3", [3, 15]),
        ([19, 10], [10, 19]),
    ],
)
def test_which_units(record, units, expected):
    with record() as recording:
        axes = panels(raster_figure(recording, ["hidden1"], units))["raster/hidden1"]
        spikes = recording.raster("hidden1", expected, "early").T
        np.testing.assert_array_equal(axes.images[0].get_array(), np.where(spikes, SPIKE, SILENT))
        assert [tick.get_text() for tick in axes.get_yticklabels()] == [str(n) for n in expected]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("steps", "limits"),
    [
        (None, (-0.5, 49.5)),
        ("$late", (99.5, 149.5)),
        ("7:21", (6.5, 20.5)),
        ("40:", (39.5, 149.5)),
        (":60", (-0.5, 49.5)),
        ("all", (-0.5, 149.5)),
        (slice(120, None), (119.5, 149.5)),
    ],
)
def test_which_steps(record, steps, limits, tmp_path):
    with record() as recording:
        figure = raster_figure(recording, steps=steps)
    assert panels(figure)["raster/output"].get_xlim() == limits
    save_figure(figure, tmp_path / "x.png")  # a $ in a label is no formula


def test_a_long_first_window_is_drawn_up_to_a_thousand_steps(record):
    with record(windows=[Window("always", 0, 1500)], stop=1200) as recording:
        figure = raster_figure(recording)
    assert panels(figure)["raster/hidden1"].get_xlim() == (-0.5, 999.5)
    assert "steps 0 to 999" in figure.texts[0].get_text()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"populations": ["hidden2"]},
            r"'hidden2' \(did you mean 'hidden1'\?\): it holds those of hidden1, output",
        ),
        ({"populations": ["input"]}, "no spikes of 'input'"),
        ({"units": "4,"}, "'hidden1' was not recorded of unit 4: the units are 0, 3, 10"),
        ({"units": "some"}, "such as 50"),
        ({"units": ""}, "such as 50"),
        ({"units": "0"}, "1 or more"),
        ({"steps": "60:90"}, r"no step of 60:90: it holds early \(0:50\), \$late \(100:150\)"),
        ({"steps": "1000:"}, r"no step of 1000:: it holds early"),
        ({"steps": "50:20"}, "no step of 50:20"),
        ({"steps": "5-:"}, "START:STOP"),
        ({"steps": "middle"}, r"'middle' given: .* early \(0:50\)"),
    ],
)
def test_what_there_is_not_is_answered_with_what_there_is(record, given, message):
    with record() as recording, pytest.raises(SpikefaError, match=message):
        raster_figure(recording, **given)


def test_a_recording_without_rows(record):
    with record(stop=0) as recording, pytest.raises(SpikefaError, match="no recorded step yet"):
        raster_figure(recording)


def test_more_cells_than_a_picture_shows(record, monkeypatch):
    module = import_module("spikefa.analysis.limits")
    monkeypatch.setattr(module, "MOST_CELLS", 1000)
    with record() as recording, pytest.raises(SpikefaError, match="fewer units or steps"):
        raster_figure(recording)
