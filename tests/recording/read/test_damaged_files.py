"""The reader meets files that it cannot trust."""

import h5py
import numpy as np
import pytest

from spikefa.errors import SpikefaError
from spikefa.recording import describe, open_recording
from tests.helpers.recorded_rows import read_everything
from tests.helpers.toy_network import IMAGES


@pytest.fixture
def path(tmp_path, start, toy):
    with start(thumbnails=IMAGES) as recorder:
        toy.run(recorder, range(130))
    return tmp_path / "run.h5"


@pytest.mark.parametrize(
    "content", [b"", b"<!DOCTYPE html><html>", b"\x89HDF\r\n\x1a\n", b"\0" * 99]
)
def test_what_is_no_hdf5_file_is_named(tmp_path, content):
    path = tmp_path / "page.h5"
    path.write_bytes(content)
    with pytest.raises(SpikefaError, match=r"page\.h5"):
        open_recording(path)


def test_what_is_no_file(tmp_path):
    for path in (tmp_path, tmp_path / "none.h5"):
        with pytest.raises(SpikefaError, match="there is no recording"):
            open_recording(path)


def test_a_folder_is_answered_with_what_to_open(tmp_path):
    with pytest.raises(SpikefaError, match=r"it is a folder, give the \.h5 file in it$"):
        open_recording(tmp_path)


def test_an_hdf5_file_of_something_else(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["data"] = np.arange(5)
    with pytest.raises(SpikefaError, match="no format version: spikefa did not write it"):
        open_recording(tmp_path / "x.h5")


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_truncated(path, part):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(SpikefaError, match=r"run\.h5"):
        read_everything(path)


def test_reading_leaves_the_file_as_it_was(path):
    before = path.read_bytes(), path.stat().st_mtime_ns
    path.chmod(0o400)
    with open_recording(path) as recording:
        describe(recording)
    assert before == (path.read_bytes(), path.stat().st_mtime_ns)


@pytest.mark.parametrize(
    "name",
    [
        "spikefa/committed_steps",
        "spikefa/status",
        "spikefa/step",
        "spikefa/stimulus",
        "spikefa/epochs",
        "spikefa/populations",
        "spikefa/populations/hidden1",
        "spikefa/raster/hidden1/packed",
        "spikefa/raster/hidden1/node_ids",
        "spikefa/images/pixels",
    ],
)
def test_something_is_missing(path, name):
    with h5py.File(path, "r+") as file:
        del file[name]
    with pytest.raises(SpikefaError, match=r"run\.h5"):
        read_everything(path)


def change(dataset, value):
    dataset[...] = value


def set_version(file, text):
    file.attrs["spikefa_schema"] = np.bytes_(text)


@pytest.mark.parametrize(
    ("edit", "answer"),
    [
        (lambda f: change(f["spikefa/committed_steps"], 99), "99 rows are committed"),
        (lambda f: change(f["spikefa/committed_steps"], 2**64 - 1), "rows are committed"),
        (lambda f: change(f["spikefa/status"], 77), "status 77"),
        (lambda f: change(f["spikefa/step"], 5), "ascending"),
        (lambda f: change(f["spikefa/raster/hidden1/node_ids"], 13), "below 13"),
        (lambda f: f["spikefa/raster/hidden1/packed"].resize(3, axis=0), "has 3"),
        (lambda f: f["spikefa/raster/hidden1/packed"].attrs.pop("batch_index"), "batch_index"),
        (lambda f: f["spikefa/populations/hidden1"].attrs.update(size=np.bytes_("many")), "many"),
        (lambda f: f.move("spikefa/populations/hidden1", "spikefa/populations/x"), "no population"),
        (lambda f: f.attrs.pop("spikefa_schema"), "no format version"),
        (lambda f: f.attrs.update(spikefa_schema=1.0), "format version"),
        (lambda f: f.attrs.update(spikefa_schema="1.0"), "no format version"),  # variable length
        (lambda f: set_version(f, "one"), "format version"),
        (lambda f: set_version(f, "0.9"), r"reads 1\.2"),
        (lambda f: set_version(f, "2.0"), "update spikefa"),
    ],
)
def test_something_is_wrong(path, edit, answer):
    with h5py.File(path, "r+") as file:
        edit(file)
    with pytest.raises(SpikefaError, match=answer) as caught:
        open_recording(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).count("cannot read") == 1


def test_a_newer_minor_version_is_read_with_a_warning(path):
    with h5py.File(path, "r+") as file:
        set_version(file, "1.7")
        file["spikefa/news"] = [1, 2]
    with pytest.warns(UserWarning, match=r"1\.7"):
        read_everything(path)


def test_rows_behind_the_counter_are_not_read(path):
    with h5py.File(path, "r+") as file:
        file["spikefa/committed_steps"][0] = 23
    with open_recording(path) as recording:
        assert (
            len(recording.steps) == len(recording.stimulus) == len(recording.raster("input")) == 23
        )
        assert len(recording.trace("hidden2", "gain", 23)) == 23
        assert set(recording.images) == set(recording.stimulus["image"].tolist())


FUZZ = """
import faulthandler, random, warnings
faulthandler.enable()
warnings.simplefilter("ignore")
from spikefa.errors import SpikefaError
from tests.helpers.recorded_rows import read_everything
content = open("run.h5", "rb").read()
refused = 0
for trial in range(300):
    chance = random.Random(trial)
    changed = bytearray(content)
    for _ in range(chance.choice([1, 4, 32])):
        at = chance.randrange(len(changed) if trial % 2 else 8000)
        changed[at] = chance.choice([0, 255, changed[at] ^ 1 << chance.randrange(8)])
    if trial % 10 == 9:
        del changed[chance.randrange(len(changed)):]
    name = f"mutant{trial % 2}.h5"
    open(name, "wb").write(changed)
    try:
        read_everything(name)
    except SpikefaError as error:
        refused += 1
        assert "\\n" not in str(error), error
print(refused)
"""


@pytest.mark.slow
def test_mutated_files_are_read_or_refused_but_nothing_breaks(path, python):
    done = python(FUZZ)
    assert done.returncode == 0, done.stderr[-3000:]
    assert int(done.stdout) > 40


def test_describe_is_one_screen(path):
    with open_recording(path) as recording:
        text = describe(recording)
    lines = text.split("\n")
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 110
    for part in ("run.h5", "1.1", "closed", "55 of 55", "late", "hidden2", "seed", "abc"):
        assert part in text


def test_an_empty_recording_is_described(tmp_path, start):
    start().close()
    with open_recording(tmp_path / "run.h5") as recording:
        assert "0 of 55" in describe(recording)
        assert recording.images == {}
        assert recording.raster("hidden1").shape == (0, 11)
