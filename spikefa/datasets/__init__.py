"""Data sets as NumPy arrays: images such as MNIST, and spike trains such as N-MNIST and SHD."""

from spikefa.datasets.catalogue import fetch, load, names
from spikefa.datasets.cifar import cifar10, cifar100
from spikefa.datasets.digits import digits
from spikefa.datasets.event_catalogue import load_events
from spikefa.datasets.events import EventDataset, Events
from spikefa.datasets.frames import Frames
from spikefa.datasets.image_files import ImageFiles
from spikefa.datasets.image_folders import image_folder
from spikefa.datasets.images import Dataset, Images
from spikefa.datasets.mnist import fashion_mnist, kmnist, mnist
from spikefa.datasets.nmnist import nmnist
from spikefa.datasets.recorded_events import events_of
from spikefa.datasets.saccades import saccade_dataset, saccades
from spikefa.datasets.shd import shd

__all__ = [
    "Dataset",
    "EventDataset",
    "Events",
    "Frames",
    "ImageFiles",
    "Images",
    "cifar10",
    "cifar100",
    "digits",
    "events_of",
    "fashion_mnist",
    "fetch",
    "image_folder",
    "kmnist",
    "load",
    "load_events",
    "mnist",
    "names",
    "nmnist",
    "saccade_dataset",
    "saccades",
    "shd",
]
