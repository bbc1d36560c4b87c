"""The sound files from which mutants are made."""

import gzip
import json
import shutil
import struct
from pathlib import Path

import numpy as np

import spikefa as sf
from spikefa.cli import main
from spikefa.datasets import Dataset, Images
from spikefa.recording import Recorder
from spikefa.runs.studies.file import checksum
from tests.helpers import toy_network
from tests.helpers.hostile.archives import gzip_bomb
from tests.helpers.small_run import SMALL
from tests.helpers.sparse_network import WINDOWS, Sparse, probes
from tests.helpers.toy_network import IMAGES, PROBES, PROVENANCE, Toy

EXPERIMENT = "lillicrap2016.fig4"
STUDY = "lillicrap2016.n11"
SPLIT_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
RESULTS = Path(__file__).resolve().parents[3] / "docs" / "results"


def small_simulation() -> sf.Simulation:
    """Return a simulation of 12 inputs and a few neurons."""
    random = np.random.default_rng(1)

    def images(count: int) -> Images:
        labels = (np.arange(count) % 2).astype(np.uint8)
        return Images(random.integers(0, 256, (count, 3, 4)).astype(np.uint8), labels, n_classes=2)

    network = sf.models.lillicrap2016.spiking_mnist(6, 2, 4, n_inputs=12)
    return sf.Simulation(network, Dataset("tiny", images(20), images(10)), batch_size=2, seed=1)


def make_recordings(folder: Path) -> None:
    """Make recordings with bits and with events, closed and as a killed process leaves them."""
    toy, sparse = Toy(), Sparse()
    auto, every = probes("auto"), probes("events", stream="all")
    both = [auto[0], every[1], *auto[2:]]  # of the first, events are chosen
    for name, network, given in (
        ("", toy, (PROBES, toy_network.WINDOWS, toy.variables)),
        ("sparse_", sparse, (both, WINDOWS, sparse.variables)),
    ):
        path = folder / "run.h5"
        with Recorder.create(path, *given, PROVENANCE, thumbnails=IMAGES) as recorder:
            network.run(recorder, range(110))
            recorder.commit()
            shutil.copy(path, folder / f"{name}killed.h5")  # while it is open
            network.run(recorder, range(110, 130))
        path.rename(folder / f"{name}closed.h5")


def make(folder: Path) -> None:
    """Make one original of every kind."""
    make_recordings(folder)
    simulation = small_simulation()
    simulation.train(2)
    simulation.save(folder / "checkpoint.pt")
    _run_commands(folder)
    target = json.loads((RESULTS / "lillicrap2016.s10" / "result.json").read_text())
    target["quick"] = False
    target["checksum"] = checksum(target)
    (folder / "bomb.gz").write_bytes(gzip_bomb())
    (folder / "result.json").write_text(json.dumps(target))
    _make_mnist(folder / "mnist")
    random = np.random.default_rng(2)
    parts = {}
    for split, count in (("train", 30), ("test", 12)):
        parts[f"{split}_inputs"] = random.normal(size=(count, 39)).astype("f4")
        parts[f"{split}_labels"] = np.arange(count) % 6
    np.savez(folder / "stops.npz", **parts)


def _run_commands(folder: Path) -> None:
    assert main([*SMALL, "--epochs", "2", "--out", str(folder / "run")]) == 0
    assert main(["run", STUDY, "--quick", "--out", str(folder / "study")]) == 0
    for unwanted in ("figures", "result.json", "summary.json"):
        path = folder / "study" / unwanted
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (folder / "study" / "figures").mkdir()


def _make_mnist(folder: Path) -> None:
    folder.mkdir()
    random = np.random.default_rng(3)
    for name in SPLIT_FILES:
        if "images" in name:
            content = struct.pack(">IIII", 0x803, 20, 28, 28) + random.bytes(20 * 28 * 28)
        else:
            labels = [5, 0, 4, 1, 9, 2, 1, 3, 1, 4, 3, 5, 3, 6, 1, 7, 2, 8, 6, 9]
            content = struct.pack(">II", 0x801, 20) + bytes(labels)
        packed = gzip.compress(content) if name.endswith(".gz") else content
        (folder / name).write_bytes(packed)
