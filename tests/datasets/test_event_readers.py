"""Files of events, published and own, against loops over their bytes and the readers of others."""

import struct

import h5py
import numpy as np
import pytest

import spikefa as sf
from spikefa.datasets import Events, events_of, load_events, nmnist, shd
from spikefa.datasets.nmnist import read_file


def bin_file(path, seed, events=50, overflows=0):
    """Write events as N-MNIST has them; return x, y, p and t of each in the order of the file."""
    random = np.random.default_rng(seed)
    times = np.sort(random.integers(0, 1 << 23, events))
    rows = [(*random.integers(0, 34, 2), random.integers(0, 2), t) for t in times.tolist()]
    for place in sorted(random.integers(1, events, overflows).tolist()):
        rows.insert(place, (0, 240, 0, 0))
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        for x, y, p, t in rows:
            file.write(bytes([x, y]) + struct.pack(">I", int(p) << 23 | t)[1:])
    return rows


def by_hand(rows):
    clock, found = 0, []
    for x, y, p, t in rows:
        if y == 240:
            clock += 8192
        else:
            found.append((t + clock, p * 1156 + y * 34 + x))
    return sorted(found, key=lambda pair: pair[0])


@pytest.mark.parametrize("overflows", [0, 3])
def test_a_file_of_nmnist_is_read_event_by_event(tmp_path, overflows):
    rows = bin_file(tmp_path / "0.bin", 1, overflows=overflows)
    times, units = read_file(tmp_path / "0.bin")
    assert list(zip(times.tolist(), units.tolist(), strict=True)) == by_hand(rows)


@pytest.mark.parametrize("overflows", [0, 3])
def test_a_file_of_nmnist_is_read_as_tonic_reads_it(tmp_path, overflows):
    io = pytest.importorskip("tonic.io", reason="tonic is missing: pip install 'spikefa[events]'")
    bin_file(tmp_path / "0.bin", 2, events=300, overflows=overflows)
    kind = np.dtype([("x", int), ("y", int), ("t", int), ("p", int)])
    theirs = io.read_mnist_file(str(tmp_path / "0.bin"), dtype=kind)
    theirs = theirs[np.argsort(theirs["t"], kind="stable")]
    times, units = read_file(tmp_path / "0.bin")
    assert (times == theirs["t"]).all()
    polarity, place = np.divmod(units, 34 * 34)
    assert (polarity == theirs["p"]).all()
    assert (np.stack(np.divmod(place, 34)) == [theirs["y"], theirs["x"]]).all()


@pytest.fixture
def nmnist_folder(tmp_path):
    written = {}
    for split, count in (("Train", 2), ("Test", 1)):
        for label in range(10):
            for number in range(count):
                path = tmp_path / "nmnist" / split / str(label) / f"{number:05}.bin"
                written[split, label, number] = bin_file(path, 100 * label + number, events=5)
    return tmp_path, written


def test_nmnist_is_read_class_by_class(nmnist_folder, monkeypatch):
    folder, written = nmnist_folder
    for data in (nmnist(folder), nmnist(folder / "nmnist")):
        assert (len(data.train), len(data.test), data.n_units) == (20, 10, 2312)
        for number in range(20):
            label = data.train.labels[number]
            times, units = data.train.sample(number)
            expected = by_hand(written["Train", label, number % 2])
            assert list(zip(times.tolist(), units.tolist(), strict=True)) == expected
    monkeypatch.setenv("SPIKEFA_DATA", str(folder))
    assert load_events("nmnist").name == "nmnist"


def test_files_that_are_missing_are_named_with_where_to_get_them(tmp_path, nmnist_folder):
    with pytest.raises(sf.SpikefaError, match=r"Train and Test are not in .*468j46mzdv"):
        nmnist(tmp_path / "elsewhere")
    with pytest.raises(sf.SpikefaError, match=r"shd_train.h5 and shd_test.h5 .*zenkelab.org"):
        shd(tmp_path)
    for file in (nmnist_folder[0] / "nmnist/Test/7").iterdir():
        file.unlink()
    with pytest.raises(sf.SpikefaError, match=r"Test/7 holds no .bin files"):
        nmnist(nmnist_folder[0])


@pytest.mark.parametrize(
    "content", [b"", b"1234", bytes([34, 0, 0, 0, 0]), bytes([0, 99, 0, 0, 0])]
)
def test_a_damaged_file_of_nmnist_is_refused(tmp_path, content):
    (tmp_path / "0.bin").write_bytes(content)
    with pytest.raises(sf.SpikefaError, match="put the published file there"):
        read_file(tmp_path / "0.bin")


def spoken(path, seed, samples=6):
    random = np.random.default_rng(seed)
    counts = random.integers(3, 30, samples)
    times = [np.sort(random.uniform(0, 1, n)).astype(np.float16) for n in counts]
    units = [random.integers(0, 700, n).astype(np.uint16) for n in counts]
    labels = random.integers(0, 20, samples).astype(np.uint16)
    with h5py.File(path, "w") as file:
        for name, kind, arrays in (("times", np.float16, times), ("units", np.uint16, units)):
            made = file.create_dataset(f"spikes/{name}", (samples,), h5py.vlen_dtype(kind))
            for number, each in enumerate(arrays):
                made[number] = each
        file["labels"] = labels
    return times, units, labels


def test_shd_is_read_as_h5py_has_it(tmp_path):
    written = {
        split: spoken(tmp_path / f"shd_{split}.h5", n) for n, split in enumerate(("train", "test"))
    }
    data = load_events("shd", tmp_path)
    assert (data.n_units, data.n_classes, data.train.time_unit) == (700, 20, "s")
    for split, (times, units, labels) in written.items():
        events = getattr(data, split)
        assert events.labels.tolist() == labels.tolist()
        for number in range(len(labels)):
            own = events.sample(number)
            assert (own[0] == times[number].astype(np.float32)).all()
            assert (own[1] == units[number]).all()


@pytest.mark.parametrize("fault", ["no file", "no part", "units"])
def test_a_damaged_file_of_shd_is_refused(tmp_path, fault):
    spoken(tmp_path / "shd_test.h5", 0)
    path = tmp_path / "shd_train.h5"
    spoken(path, 1)
    if fault == "no file":
        path.write_bytes(b"nothing of the kind")
    with h5py.File(path, "a") if fault != "no file" else open(path) as file:
        if fault == "no part":
            del file["labels"]
        if fault == "units":
            file["spikes/units"][0] = np.full(3, 700, np.uint16)
            file["spikes/times"][0] = np.zeros(3, np.float16)
    says = "expected 0 to 699" if fault == "units" else "put the published file there"
    with pytest.raises(sf.SpikefaError, match=says):
        shd(tmp_path)


ARRAYS = {
    "train_times": np.array([0, 5, 9]),
    "train_units": np.array([2, 0, 1]),
    "train_offsets": np.array([0, 2, 3]),
    "train_labels": np.array([0, 1]),
    "test_times": np.array([4]),
    "test_units": np.array([1]),
    "test_offsets": np.array([0, 1]),
    "test_labels": np.array([1]),
}


def test_own_spike_trains_are_read_from_an_npz_file(tmp_path):
    np.savez(tmp_path / "mine.npz", **ARRAYS)
    data = load_events(tmp_path / "mine.npz")
    assert (data.name, data.n_units, data.n_classes, len(data.train)) == ("mine", 3, 2, 2)
    options = {"n_units": 5, "n_classes": 4, "time_unit": "ms", "duration": 20.0}
    np.savez(tmp_path / "mine.npz", **ARRAYS, **options, may_be_empty=True)
    data = load_events(str(tmp_path / "mine.npz"))
    assert {name: getattr(data.test, name) for name in options} == options


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"train_offsets": None}, "only these, or also"),
        ({"validation_times": np.array([1])}, "only these, or also"),
        ({"train_units": np.array([2, 0, 7]), "n_units": 7}, "mine.npz, train: units are 0 to 7"),
        ({"time_unit": np.array([1])}, "time_unit is int64 of shape .1,.: give a word"),
        ({"duration": "long"}, "give one number"),
        ({"train_times": np.array([5, 0, 9])}, "out of order"),
    ],
)
def test_own_arrays_that_are_wrong_are_refused(tmp_path, changes, says):
    given = {name: each for name, each in (ARRAYS | changes).items() if each is not None}
    np.savez(tmp_path / "mine.npz", **given)
    with pytest.raises(sf.SpikefaError, match=says):
        load_events(tmp_path / "mine.npz")


FUNCTION = """
import spikefa as sf

def trains():
    one = sf.datasets.Events.of([([1], [0])], 2)
    return sf.datasets.EventDataset("mine", one, one)

def images():
    return sf.datasets.digits()
"""


def test_own_spike_trains_may_come_from_a_function(tmp_path):
    (tmp_path / "mine.py").write_text(FUNCTION)
    assert load_events(f"{tmp_path}/mine.py:trains").n_units == 2
    with pytest.raises(sf.SpikefaError, match="let it return an EventDataset"):
        load_events(f"{tmp_path}/mine.py:images")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nmnst", "did you mean 'nmnist'"),
        ("none.npz", "there is no file none.npz"),
    ],
)
def test_a_name_that_means_nothing_is_refused(name, says):
    with pytest.raises(sf.SpikefaError, match=says):
        load_events(name)


class Tonic:
    """A data set as tonic has them."""

    sensor_size = (4, 3, 2)
    kind = np.dtype([("x", np.int16), ("y", np.int16), ("t", np.int64), ("p", bool)])

    def __len__(self):
        return 5

    def __getitem__(self, index):
        random = np.random.default_rng(index)
        events = np.zeros(6, self.kind)
        for name, most in (("x", 4), ("y", 3), ("t", 100), ("p", 2)):
            events[name] = random.integers(0, most, 6)
        return events, index % 3


def test_data_sets_of_tonic_become_events():
    recorded = Tonic()
    events = events_of(recorded)
    assert isinstance(events, Events)
    assert (len(events), events.n_units, events.n_classes) == (5, 24, 3)
    for number in range(5):
        given, label = recorded[number]
        pairs = [(int(t), (int(p) * 3 + int(y)) * 4 + int(x)) for x, y, t, p in given]
        expected = sorted(pairs, key=lambda pair: pair[0])
        times, units = events.sample(number)
        assert list(zip(times.tolist(), units.tolist(), strict=True)) == expected
        assert events.labels[number] == label
    assert events_of(recorded, range(1, 3), n_classes=9).n_classes == 9


def test_other_data_sets_are_refused():
    class Transformed(Tonic):
        def __getitem__(self, index):
            return np.zeros((3, 2)), 0

    with pytest.raises(sf.SpikefaError, match="without transforms"):
        events_of(Transformed())
