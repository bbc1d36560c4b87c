"""Data sets: MNIST, Fashion-MNIST, KMNIST and scikit-learn's digits, as NumPy arrays."""

from spikefa.datasets.catalogue import fetch, load, names
from spikefa.datasets.digits import digits
from spikefa.datasets.events import EventDataset, Events
from spikefa.datasets.frames import Frames
from spikefa.datasets.images import Dataset, Images
from spikefa.datasets.mnist import fashion_mnist, kmnist, mnist

__all__ = [
    "Dataset",
    "EventDataset",
    "Events",
    "Frames",
    "Images",
    "digits",
    "fashion_mnist",
    "fetch",
    "kmnist",
    "load",
    "mnist",
    "names",
]
