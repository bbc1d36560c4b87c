"""The published files of MNIST, Fashion-MNIST and KMNIST: names, checksums and mirrors."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

TRAIN_IMAGES = "train-images-idx3-ubyte"
TRAIN_LABELS = "train-labels-idx1-ubyte"
TEST_IMAGES = "t10k-images-idx3-ubyte"
TEST_LABELS = "t10k-labels-idx1-ubyte"

FILES = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)
"""The four files of each data set, published with ``.gz`` added to these names."""


@dataclass(frozen=True)
class Source:
    """Where a data set of the MNIST family is published.

    Parameters
    ----------
    name : str
        The data set, and the folder that holds its files.
    md5 : mapping of str to str
        MD5 checksum of the published ``.gz`` of each of `FILES`. A copy that was gzipped again has
        another checksum.
    mirrors : tuple of str
        URLs of folders that hold the published files, best first; each ends in a slash.
    opening_labels : bytes
        The first training labels. They tell apart data sets that use the same file names; empty
        if not known.
    """

    name: str
    md5: Mapping[str, str]
    mirrors: tuple[str, ...]
    opening_labels: bytes = b""


def _md5(*checksums: str) -> Mapping[str, str]:
    return MappingProxyType(dict(zip(FILES, checksums, strict=True)))


MNIST = Source(
    name="mnist",
    md5=_md5(
        "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "d53e105ee54ea40749a09fcbcd1e9432",
        "9fb629c4189551a2d022fa330f9573f3",
        "ec29112dd5afa0611ce80d1b7f02629c",
    ),
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    opening_labels=bytes([5, 0, 4, 1, 9, 2, 1, 3, 1, 4, 3, 5, 3, 6, 1, 7, 2, 8, 6, 9]),
)

FASHION_MNIST = Source(
    name="fashion_mnist",
    md5=_md5(
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "25c81989df183df01b3e8a0aad5dffbe",
        "bef4ecab320f06d8554ea6380940ec79",
        "bb300cfdad3c16e7a12a480ee83cd310",
    ),
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
    opening_labels=bytes([9, 0, 0, 3, 0, 2, 7, 2, 5, 5, 0, 9, 5, 5, 7, 9, 1, 0, 6, 4]),
)

KMNIST = Source(
    name="kmnist",
    md5=_md5(
        "bdb82020997e1d708af4cf47b453dcf7",
        "e144d726b3acfaa3e44228e80efcd344",
        "5c965bf0a639b31b8f53240b1b52f4d7",
        "7320c461ea6c1c855c0b718fb2a4b134",
    ),
    mirrors=(
        "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        "https://storage.googleapis.com/kuzushiji-mnist/",
    ),
)

SOURCES = (MNIST, FASHION_MNIST, KMNIST)
"""Every data set that is published as files."""

EVENTS = ("nmnist", "shd")
"""Names of the data sets of spike trains, which users put in place themselves."""
