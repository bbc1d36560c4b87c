"""Files that look like those of CIFAR, with few images."""

import io
import pickle
import tarfile
from pathlib import Path

import numpy as np

PIXELS = 3 * 32 * 32


class Python2(pickle._Pickler):
    """Writes bytes as Python 2 wrote its strings, as in the published files."""

    dispatch = pickle._Pickler.dispatch.copy()

    def save_string(self, content):
        short = len(content) < 256
        head = pickle.SHORT_BINSTRING if short else pickle.BINSTRING
        self.write(head + len(content).to_bytes(1 if short else 4, "little") + content)
        self.memoize(content)

    dispatch[bytes] = save_string


def as_python_2(held):
    """Return a pickle of protocol 2 in which all text and bytes are strings of Python 2."""
    file = io.BytesIO()
    Python2(file, protocol=2).dump(held)
    return file.getvalue()


def records(count, seed, kinds):
    """Return pixels [count, 3072] and labels by kind."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (count, PIXELS), dtype=np.uint8)
    labels = {kind: random.integers(0, n, count).tolist() for kind, n in kinds.items()}
    return pixels, labels


def binary(pixels, labels):
    """Return a file of records: a loop over images."""
    out = bytearray()
    for place, image in enumerate(pixels):
        for each in labels.values():
            out.append(each[place])
        out += image.tobytes()
    return bytes(out)


def pickled(pixels, labels, names, dump=as_python_2):
    """Return a file of a dictionary, as the Python form has it."""
    held = {b"batch_label": b"training batch 1 of 5"}
    held |= {names[kind].encode(): each for kind, each in labels.items()}
    held |= {b"data": pixels, b"filenames": [b"a_%d.png" % n for n in range(len(pixels))]}
    return dump(held)


SETS = {
    "cifar10": {
        "kinds": {"fine": 10},
        "names": {"fine": "labels"},
        "binary": ("cifar-10-batches-bin", [f"data_batch_{n}.bin" for n in range(1, 6)]),
        "python": ("cifar-10-batches-py", [f"data_batch_{n}" for n in range(1, 6)]),
        "archives": {"binary": "cifar-10-binary.tar.gz", "python": "cifar-10-python.tar.gz"},
        "tests": {"binary": "test_batch.bin", "python": "test_batch"},
    },
    "cifar100": {
        "kinds": {"coarse": 20, "fine": 100},
        "names": {"coarse": "coarse_labels", "fine": "fine_labels"},
        "binary": ("cifar-100-binary", ["train.bin"]),
        "python": ("cifar-100-python", ["train"]),
        "archives": {"binary": "cifar-100-binary.tar.gz", "python": "cifar-100-python.tar.gz"},
        "tests": {"binary": "test.bin", "python": "test"},
    },
}


def write(folder: Path, name="cifar10", form="binary", count=4, dump=as_python_2):
    """Write a data set into a folder; return pixels and labels, training first."""
    about = SETS[name]
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for number, file in enumerate([*about[form][1], about["tests"][form]]):
        pixels, labels = records(count, number, about["kinds"])
        if form == "binary":
            content = binary(pixels, labels)
        else:
            content = pickled(pixels, labels, about["names"], dump)
        (folder / file).write_bytes(content)
        parts.append((pixels, labels))
    return parts


def pack(folder: Path, archive: Path, inside: str, besides=()):
    """Pack a folder as the published archives are."""
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(folder, inside)
        for member, content in besides:
            packed.addfile(member, io.BytesIO(content))
