"""Damaged lists of events are refused."""

import h5py
import pytest

from spikefa.errors import SpikefaError
from spikefa.recording import Recorder, open_recording
from tests.helpers.sparse_network import PROVENANCE, WINDOWS, Sparse, probes


def claim(name, place, value):
    def edit(file):
        file[name][place] = value

    edit.__name__ = f"{name}[{place}]={value}"
    return edit


def shorten(name):
    def edit(file):
        file[name].resize(3, axis=0)

    return edit


def swap(file):
    ids = file["spikefa/raster/output/events/node_ids"]
    ids[:2] = ids[:2][::-1]


def choose_the_other(file):
    file["spikefa/raster/input/encoding"][0] = 1


HELD = "spikefa/raster/output"


@pytest.mark.parametrize(
    ("edit", "answer"),
    [
        (claim(f"{HELD}/until", -1, 2**64 - 1), "18446744073709551615 spikes are committed"),
        (claim(f"{HELD}/until", -1, 0), "order of steps"),
        (claim(f"{HELD}/until", 20, 2**63), "order of steps"),
        (claim(f"{HELD}/until", 20, 3), "order of steps"),
        (claim(f"{HELD}/events/node_ids", 5, 20), "20 neurons'"),
        (shorten(f"{HELD}/events/node_ids"), "node_ids has 3"),
        (shorten(f"{HELD}/events/timestamps"), "timestamps has 3"),
        (shorten(f"{HELD}/until"), "60 rows are committed"),
        (swap, "order of steps"),
        (claim("spikefa/raster/input/encoding", 0, 77), "77"),
        (claim("spikefa/raster/input/encoding", 0, 0), "60 rows are committed"),
        (choose_the_other, "60 rows are committed"),
    ],
)
def test_damaged_events_are_refused(tmp_path, edit, answer):
    sparse, path = Sparse(), tmp_path / "run.h5"
    wanted = [probes()[0], probes("events")[2]]
    sparse.variables["output"]["spikes"][:] = 0
    with Recorder.create(path, wanted, WINDOWS, sparse.variables, PROVENANCE) as recorder:
        sparse.run(recorder, range(100))
    with h5py.File(path, "r+") as file:
        assert file[f"{HELD}/until"][0] > 1
        edit(file)
    for read in (lambda r: r.raster("output"), lambda r: r.events("output")):
        with pytest.raises(SpikefaError, match=answer), open_recording(path) as recording:
            read(recording)
