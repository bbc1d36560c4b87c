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


def empty_an_attribute(file):
    file.attrs["note"] = h5py.Empty("f4")


def give_a_compound(file):
    file.attrs["note"] = np.array((1, 2.0), "i4,f8")


def give_text_for_a_number(file):
    file["spikefa/populations/output"].attrs["size"] = np.bytes_(b"20")


def give_a_list_for_a_number(file):
    file["spikefa/raster/hidden1/packed"].attrs["clock"] = [0, 0]


def give_another_role(file):
    file["spikefa/populations/output"].attrs["role"] = np.bytes_(b"\x1b[2Jboss")


def compress(file, chunk=55, **packing):
    values = file["spikefa/stimulus"][:]
    del file["spikefa/stimulus"]
    file.create_dataset(
        "spikefa/stimulus", data=values, chunks=(chunk,), maxshape=(None,), **packing
    )


def inflate(file):
    compress(file, 10**8, compression="gzip")


def pack(file):
    compress(file, compression="lzf")


def link_a_population(file):
    file["spikefa/populations/zero"] = h5py.ExternalLink("/dev/zero", "/x")


def claim_a_population(file):
    file["spikefa/populations/hidden2"].attrs["size"] = 2**30


def recur(file):
    kind = [("start_step", "<u8"), ("length", "<u8"), ("period", "<u8"), ("label", "S32")]
    table = np.ones(5000, kind)
    table["label"] = [f"r{n}".encode() for n in range(5000)]
    file["spikefa/recurring"] = table


def claim_a_picture(file):
    del file["spikefa/images/pixels"]
    shape = (55, 2**20, 2**20)
    file.create_dataset("spikefa/images/pixels", shape, "u1", chunks=(1, 1, 1))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("edit", "answer"),
    [
        (empty_an_attribute, "attribute 'note' is empty"),
        (give_a_compound, "attribute 'note' is"),
        (give_text_for_a_number, "'size' is '20', not an integer"),
        (give_a_list_for_a_number, "not an integer"),
        (give_another_role, "the role of its population 'output'"),
        (inflate, "stimulus is compressed"),
        (pack, "h5repack -f NONE"),
        (link_a_population, "zero lies in another file"),
        (claim_a_population, "not 1073741824"),
        (recur, "5000 windows that recur"),
        (claim_a_picture, "images have 1048576 x 1048576 pixels"),
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
    with pytest.raises(SpikefaError, match=answer) as caught:
        open_recording(path)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["index", "pixels"])
def test_thumbnails_that_are_not_there(path, name):
    with h5py.File(path, "r+") as file:
        file[f"spikefa/images/{name}"].resize(4, axis=0)
    with open_recording(path) as recording, pytest.raises(SpikefaError, match="but keeps 4"):
        _ = recording.images


def test_many_rows_that_share_a_wide_presentation(path):
    """What all streams saw at each step would be a thousand times what the file holds."""
    streams, rows = 50_000, 55
    with h5py.File(path, "r+") as file:
        del file["spikefa/streams"]
        file["spikefa/streams"] = np.arange(streams, dtype="<u4")
        for name, dtype in (("image", "<u4"), ("label", "u1")):
            where = f"spikefa/presentations/{name}"
            held = file[where].shape[0]
            del file[where]
            file.create_dataset(where, (held, streams), dtype, chunks=(1, streams))[...] = 0
    with open_recording(path) as recording:
        assert len(recording.steps) == rows
        module = "spikefa.recording.format.untrusted"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(f"{module}.UNFOLDED", 1 << 20)
            patch.setattr(f"{module}.DENSEST_ROWS", 1)
            with pytest.raises(SpikefaError, match="together they saw"):
                _ = recording.images


def test_sound_files_are_as_before(path):
    with open_recording(path) as recording:
        assert len(recording.steps) == 55
        assert np.array_equal(recording.images[0], IMAGES[0])
