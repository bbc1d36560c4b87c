"""Small files that claim more than a figure can show are refused, or drawn without the excess."""

from dataclasses import replace

import h5py
import pytest

from spikefa.analysis import figure4, raster_figure
from spikefa.analysis.limits import MOST_PANELS, check_panels
from spikefa.errors import SpikefaError
from spikefa.recording import Recorder, open_recording
from tests.helpers.toy_network import PROBES, PROVENANCE, WINDOWS, Toy


@pytest.fixture
def path(tmp_path):
    toy, probes = Toy(), [replace(probe, stream=0) for probe in PROBES]
    path = tmp_path / "run.h5"
    with Recorder.create(path, probes, WINDOWS, toy.variables, PROVENANCE) as recorder:
        toy.run(recorder, range(130))
    return path


def test_a_window_of_3e8_steps_that_holds_a_few_is_not_drawn(path):
    with h5py.File(path, "r+") as file:
        table = file["spikefa/epochs"][:1]
        table["stop_step"] = 3 * 10**8
        del file["spikefa/epochs"]
        file["spikefa/epochs"] = table
    with open_recording(path) as recording:
        with pytest.raises(SpikefaError, match="too many for a figure"):
            figure4(recording)
        raster_figure(recording, steps="0:300000000")  # which draws what there is


def test_a_label_with_a_formula_and_control_characters(path, tmp_path):
    with h5py.File(path, "r+") as file:
        table = file["spikefa/epochs"][:]
        table["label"][0] = b"$\\frac{$ \x1b[2J\x00x"
        file["spikefa/epochs"][...] = table
    with open_recording(path) as recording:
        figure4(recording).savefig(tmp_path / "x.svg")
    assert not set("\x00\x1b") & set((tmp_path / "x.svg").read_text(encoding="utf-8"))


def test_panels():
    check_panels(MOST_PANELS)
    with pytest.raises(SpikefaError, match="at most 60"):
        check_panels(MOST_PANELS + 1)
