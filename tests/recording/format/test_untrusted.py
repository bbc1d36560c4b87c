"""Files that claim what cannot be, found by the mutants."""

import h5py
import numpy as np
import pytest

from spikefa.errors import SpikefaError
from spikefa.recording import open_recording
from tests.helpers.toy_network import IMAGES


@pytest.fixture
def path(tmp_path, start, toy):
    with start(thumbnails=IMAGES) as recorder:
        toy.run(recorder, range(130))
    return tmp_path / "run.h5"


def link_elsewhere(file):
    del file["spikefa/step"]
    file["spikefa/step"] = h5py.ExternalLink("/dev/zero", "/step")


def link_a_group(file):
    del file["spikefa/raster"]
    file["spikefa/raster"] = h5py.ExternalLink("/dev/zero", "/raster")


def link_softly(file):
    file.move("spikefa/step", "spikefa/other")
    file["spikefa/step"] = h5py.SoftLink("/spikefa/other")


def keep_outside(file):
    del file["spikefa/step"]
    file.create_dataset("spikefa/step", (55,), "<u8", external=[("/dev/zero", 0, 440)])


def make_virtual(file):
    del file["spikefa/step"]
    file.create_virtual_dataset("spikefa/step", h5py.VirtualLayout((55,), "<u8"))


def claim_rows(file):
    def grow(name, item):
        if isinstance(item, h5py.Dataset) and item.maxshape == (None, *item.shape[1:]):
            item.resize(10**7, axis=0)

    file.visititems(grow)
    file["spikefa/committed_steps"][0] = 10**7


def claim_units(file):
    del file["spikefa/raster/hidden1/node_ids"]
    file.create_dataset("spikefa/raster/hidden1/node_ids", (10**9,), "<u8")


def claim_classes(file):
    file["spikefa/populations/output"].attrs["n_classes"] = 2**40


def claim_neurons(file):
    file["spikefa/populations/output"].attrs["size"] = np.uint64(2**64 - 1)


@pytest.mark.parametrize(
    ("edit", "answer"),
    [
        (link_elsewhere, "spikefa/step lies in another file"),
        (link_a_group, "spikefa/raster lies in another file"),
        (link_softly, "leads elsewhere"),
        (keep_outside, "lies in another file"),
        (make_virtual, "lies in another file"),
        (claim_rows, "10000000 rows"),
        (claim_units, "1000000000 rows"),
        (claim_classes, "1099511627776 classes"),
        (claim_neurons, "18446744073709551615 neurons"),
    ],
)
def test_it_is_refused_before_it_is_read(path, edit, answer):
    with h5py.File(path, "r+") as file:
        edit(file)
    with pytest.raises(SpikefaError, match=answer):
        open_recording(path)


@pytest.mark.parametrize("name", ["index", "pixels"])
def test_thumbnails_that_are_not_there(path, name):
    with h5py.File(path, "r+") as file:
        file[f"spikefa/images/{name}"].resize(4, axis=0)
    with open_recording(path) as recording, pytest.raises(SpikefaError, match="but keeps 4"):
        _ = recording.images


def test_sound_files_are_as_before(path):
    with open_recording(path) as recording:
        assert len(recording.steps) == 55
        assert np.array_equal(recording.images[0], IMAGES[0])
