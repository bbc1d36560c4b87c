"""Brian2: the network compiled to a C++ program, which is run and timed from outside."""

import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from spikefa.bench.peers.brian_network import BrianNetwork, Way, brian_network
from spikefa.bench.peers.peer import Peer, Run, steps_for
from spikefa.network.network import Network


class Brian(Peer):
    """Brian2 in its mode "C++ standalone", in float32.

    Parameters
    ----------
    way : {"summed", "events"}
        See `brian_network`.
    openmp : bool, default False
        Whether the program uses as many threads as torch; by default it uses one.
    """

    package = "brian2"
    install = "pip install 'spikefa[bench]'"
    computes = (
        "the same equations on all synapses in every step, spike for spike (a test compares them), "
        "as a C++ program (-O3 -march=native) in float32, on one thread but with OpenMP; its loop "
        "over the steps is timed, not compiling it nor making the synapses"
    )
    leaves_out = "batches, weight decay, labels"
    by_torch = False

    def __init__(self, way: Way, openmp: bool = False):
        self.way = way
        self.openmp = openmp
        self.name = f"Brian2, {way}" + (", OpenMP" if openmp else "")  # type: ignore[misc]

    def load(self) -> None:
        """Import brian2, which warns of what it imports itself."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import brian2  # noqa: F401

    def obstacle(self, network: Network, batch: int) -> str:
        """Refuse batches, and OpenMP for one thread."""
        if batch > 1:
            return "it has no batch of streams that share their weights"
        return "torch has one thread" if self.openmp and torch.get_num_threads() == 1 else ""

    def prepare(self, network: Network, batch: int) -> Run:
        """Generate and compile the program, in a folder that goes with what is returned."""
        steps = steps_for(network, batch)
        folder = TemporaryDirectory()
        with _standalone(Path(folder.name), torch.get_num_threads() if self.openmp else 0):
            _compile(brian_network(network, self.way), network, steps, Path(folder.name))
        return lambda: 1e3 * _seconds(Path(folder.name)) / steps


@contextmanager
def _standalone(folder: Path, threads: int) -> Iterator[None]:
    """Let what is written in the block be a C++ program, and leave Brian2 as it was."""
    import brian2
    import numpy as np

    before = brian2.get_device()
    brian2.prefs.core.default_float_dtype = np.float32
    brian2.prefs.devices.cpp_standalone.openmp_threads = threads
    brian2.prefs.devices.cpp_standalone.extra_make_args_unix = ["-j2"]  # its default is all at once
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
    for synapses, matrix in zip(made.feedback, network.feedback.layer_matrices(), strict=True):
        synapses.B = f"{float(matrix.abs().max())} * (2 * rand() - 1)"
    made.network().run(steps * brian2.ms)
    brian2.device.build(directory=str(folder), compile=True, run=False)


def _seconds(folder: Path) -> float:
    """Run the program; return what it says its loop over the steps took."""
    results = folder / "results"
    results.mkdir(exist_ok=True)
    subprocess.run(
        ["./main", "--results_dir", f"{results}/"], cwd=folder, check=True, capture_output=True
    )
    seconds, _ = (results / "last_run_info.txt").read_text().split()
    return float(seconds)
