"""The figure shows the data that it is given."""

import numpy as np
import pytest
import torch

from spikefa.analysis import figure4, save_figure
from spikefa.analysis.figure4 import traced_neuron
from spikefa.analysis.panels import MISSING, SILENT, SPIKE, SPIKE_OF_CLASS
from spikefa.errors import SpikefaError
from spikefa.recording import Probe, Recorder, figure_windows, open_recording

STEPS_PER_IMAGE = 5
PIXELS = np.random.default_rng(0).integers(0, 256, (60, 6, 6), dtype=np.uint8)


@pytest.fixture
def record(tmp_path):
    """Record noise in a network of the given number of hidden layers, up to `stop` steps."""

    def record(layers=2, images=60, stop=None, traces=True, outputs="all", pixels=PIXELS):
        names = ["input", *(f"hidden{n}" for n in range(1, layers + 1)), "output"]
        sizes = [36, *[30] * layers, 40]
        random = torch.Generator().manual_seed(1)
        variables = {
            name: {v: torch.zeros(1, size) for v in ("spikes", "potential", "modulator")}
            for name, size in zip(names, sizes, strict=True)
        }
        probes = [Probe(name, "spikes", 12) for name in names[1:-1]]
        probes.append(Probe("output", "spikes", outputs))
        if traces:
            probes += [Probe(n, v, 1) for n in names[1:] for v in ("potential", "modulator")]
        total = images * STEPS_PER_IMAGE
        path, windows = tmp_path / "run.h5", figure_windows(total, STEPS_PER_IMAGE)
        with Recorder.create(
            path, probes, windows, variables, {"seed": 3}, thumbnails=pixels
        ) as recorder:
            for step in range(total if stop is None else stop):
                for states in variables.values():
                    states["spikes"].bernoulli_(0.3, generator=random)
                    states["potential"].normal_(generator=random)
                    states["modulator"].normal_(generator=random)
                image = step // STEPS_PER_IMAGE
                recorder.observe(step, image, image % 10)
        return open_recording(path)

    return record


def panels(figure):
    return {axes.get_label(): axes for axes in figure.axes}


def test_panels_limits_and_data(record, tmp_path):
    with record() as recording:
        figure = figure4(recording)
        found = panels(figure)
        rows = ["images", "hidden1", "hidden2", "output", "potential", "modulator"]
        expected = [f"{w}/{row}" for w in ("early", "middle", "late") for row in rows]
        assert list(found) == expected
        population, unit = traced_neuron(recording)
        for window in recording.windows:
            for row in rows:
                limits = found[f"{window.label}/{row}"].get_xlim()
                assert limits == (window.start - 0.5, window.stop - 0.5)
            for name in ("hidden1", "hidden2"):
                (image,) = found[f"{window.label}/{name}"].images
                spikes = recording.raster(name, steps=window.label).T
                np.testing.assert_array_equal(image.get_array(), np.where(spikes, SPIKE, SILENT))
                assert image.get_interpolation() == "nearest"
                assert image.get_extent() == [window.start - 0.5, window.stop - 0.5, 11.5, -0.5]
            for variable in ("potential", "modulator"):
                line = found[f"{window.label}/{variable}"].lines[1]
                trace = recording.trace(population, variable, unit, window.label)
                np.testing.assert_array_equal(line.get_ydata(), trace)
                np.testing.assert_array_equal(line.get_xdata(), range(window.start, window.stop))
            assert len(found[f"{window.label}/images"].child_axes) == 10
            switches = [
                line.get_xdata()[0] for line in found[f"{window.label}/modulator"].lines[2:]
            ]
            assert switches == [window.start + 5 * n - 0.5 for n in range(1, 10)]
        limits = {found[f"{w}/potential"].get_ylim() for w in ("early", "middle", "late")}
        assert len(limits) == 1
        save_figure(figure, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")


def test_thumbnails_are_the_images_shown(record):
    with record() as recording:
        insets = panels(figure4(recording))["late/images"].child_axes
        for number, inset in enumerate(insets):
            np.testing.assert_array_equal(inset.images[0].get_array(), PIXELS[50 + number])


def test_pale_thumbnails_of_images_with_16_grey_levels(record):
    """The digits go up to 16, not 255: they were drawn all but white."""
    dim = (PIXELS // 16).astype(np.uint8)
    with record(pixels=dim) as recording:
        (first, *_) = panels(figure4(recording))["early/images"].child_axes
        brightest = max(pixels.max() for pixels in recording.images.values())
        assert first.images[0].get_clim() == (0, brightest)
        assert brightest <= 16


@pytest.mark.slow
def test_output_bands_and_the_class_shown(record):
    """40 outputs, 4 to a class; image k is of class k mod 10."""
    with record() as recording:
        axes = panels(figure4(recording))["early/output"]
        cells = axes.images[0].get_array()
        spikes = recording.raster("output", steps="early").T
        for unit in range(40):
            for column in range(50):
                lit = SPIKE_OF_CLASS if unit // 4 == (column // 5) % 10 else SPIKE
                assert cells[unit, column] == (lit if spikes[unit, column] else SILENT)
        np.testing.assert_array_equal(axes.get_yticks(), 4 * np.arange(10) + 1.5)
        assert [tick.get_text() for tick in axes.get_yticklabels()] == [str(n) for n in range(10)]


def test_rows_are_named_on_the_left_alone(record):
    with record() as recording:
        found = panels(figure4(recording))
    assert "hidden1" in found["early/hidden1"].get_ylabel()
    assert "12 of 30 units" in found["early/hidden1"].get_ylabel()
    assert "PSP" in found["early/potential"].get_ylabel()
    assert found["late/modulator"].get_xlabel() == "step"
    for label, axes in found.items():
        if not label.startswith("early/"):
            assert axes.get_ylabel() == ""


def test_steps_that_are_missing_are_marked(record):
    with record(stop=137) as recording:
        found = panels(figure4(recording))
        assert {label.split("/")[0] for label in found} == {"early", "middle"}
        cells = found["middle/hidden1"].images[0].get_array()
        assert (cells[:, :12] != MISSING).all()
        assert (cells[:, 12:] == MISSING).all()
        assert np.isnan(found["middle/potential"].lines[1].get_ydata()[12:]).all()


@pytest.mark.slow
@pytest.mark.parametrize("layers", [1, 5])
def test_other_networks_and_what_was_not_recorded(record, tmp_path, layers):
    with record(layers, traces=False, outputs=[0, 39], pixels=None) as recording:
        figure = figure4(recording)
        found = panels(figure)
        assert len(found) == 3 * (layers + 2)
        assert [text.get_text() for text in found["early/images"].texts] == list("0123456789")
        ticks = found["early/output"].get_yticklabels()
        assert [tick.get_text() for tick in ticks] == ["0", "9"]
        save_figure(figure, tmp_path / "figure.pdf")


def test_nothing_to_draw_is_said(record):
    with (
        record(stop=0) as recording,
        pytest.raises(SpikefaError, match="no step of its windows yet"),
    ):
        figure4(recording)
