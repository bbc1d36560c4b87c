"""Brian2: the network compiled to a C++ program, which is timed while it runs."""

import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from spikefa.bench.peers.brian_network import BrianNetwork, Way, brian_network
from spikefa.bench.peers.peer import Peer, Run, steps_for
from spikefa.bench.work import feedback_matrices
from spikefa.network.network import Network


@dataclass(eq=False)
class Brian(Peer):
    """Brian2 in its "C++ standalone" mode, in float32.

    Parameters
    ----------
    way : {"summed", "events"}
        See `brian_network`.
    openmp : bool, default False
        Whether the program uses as many threads as torch instead of one.
    """

    way: Way
    openmp: bool = False

    package = "brian2"
    install = "pip install 'spikefa[bench]'"
    computes = (
        "the same equations on all synapses in every step, spike for spike (a test compares them), "
        "as a C++ program (-O3 -march=native) in float32, on one thread except with OpenMP; the "
        "time is that of its loop over the steps, without compiling and making the synapses"
    )
    leaves_out = "batches, weight decay, labels"
    by_torch = False

    def __post_init__(self) -> None:
        self.name = f"Brian2, {self.way}" + (", OpenMP" if self.openmp else "")

    def load(self) -> None:
        """Import brian2 without the warnings of its own imports."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import brian2  # noqa: F401

    def obstacle(self, network: Network, batch: int) -> str:
        """Refuse batches, and OpenMP with a single thread."""
        if batch > 1:
            return "it has no batch of streams that share their weights"
        return "torch has one thread" if self.openmp and torch.get_num_threads() == 1 else ""

    def prepare(self, network: Network, batch: int) -> Run:
        """Compile the program in a temporary folder, which exists as long as the result."""
        steps = steps_for(network, batch)
        folder = TemporaryDirectory()
        with _standalone(Path(folder.name), torch.get_num_threads() if self.openmp else 0):
            _compile(brian_network(network, self.way), network, steps, Path(folder.name))
        return lambda: 1e3 * _seconds(Path(folder.name)) / steps


@contextmanager
def _standalone(folder: Path, threads: int) -> Iterator[None]:
    """Generate a C++ program within the block, and restore Brian2's settings afterwards."""
    import brian2

    before = brian2.get_device()
    brian2.prefs.core.default_float_dtype = np.float32
    brian2.prefs.devices.cpp_standalone.openmp_threads = threads
    # By default make starts as many jobs as there are files.
    brian2.prefs.devices.cpp_standalone.extra_make_args_unix = ["-j2"]
    brian2.set_device("cpp_standalone", build_on_run=False, directory=str(folder))
    brian2.defaultclock.dt = 1 * brian2.ms
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        brian2.device.reinit()
        brian2.set_device(before)
        brian2.prefs.core.default_float_dtype = np.float64


def _compile(made: BrianNetwork, network: Network, steps: int, folder: Path) -> None:
    import brian2

    brian2.seed(0)
    scales = [synapses.scale for synapses in network.synapses.values()]
    for synapses, scale in zip(made.projections, scales, strict=True):
        synapses.w = f"{scale} * (2 * rand() - 1)"
    for synapses, matrix in zip(made.feedback, feedback_matrices(network), strict=True):
        synapses.B = f"{float(matrix.abs().max())} * (2 * rand() - 1)"
    made.network().run(steps * brian2.ms)
    brian2.device.build(directory=str(folder), compile=True, run=False)


def _seconds(folder: Path) -> float:
    """Run the program and return the seconds of its loop over the steps."""
    results = folder / "results"
    results.mkdir(exist_ok=True)
    subprocess.run(
        ["./main", "--results_dir", f"{results}/"], cwd=folder, check=True, capture_output=True
    )
    seconds, _ = (results / "last_run_info.txt").read_text().split()
    return float(seconds)
