"""Compiles the fused backend's kernels and reports their resources; no GPU is needed.

``python -m spikefa.backends.compiled`` compiles each kernel that a step of the network of figure 4
starts, and prints registers per thread, stack bytes per thread (spilled registers) and shared
memory per program.
"""

import argparse
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from spikefa.backends.compiling import Launch, compiled, distinct
from spikefa.backends.fused import Fused
from spikefa.backends.launcher import Launcher
from spikefa.backends.tiling import STAGES, Tiles
from spikefa.feedback import FA, FeedbackCircuit
from spikefa.network.network import Network
from spikefa.neurons import StochasticBinary
from spikefa.plasticity import ThreeFactor

FLAGS = ("PENDING", "GATED", "LEARNS", "KIND", "PHI", "PRECISION")


class Collecting(Launcher):
    """Collects the kernel launches instead of starting them."""

    def __init__(self, *arguments: Any):
        super().__init__(*arguments)
        self.launches: list[Launch] = []

    def start(self, kernel: Any, grid: tuple[int, ...], *arguments: Any, **constants: Any) -> None:
        """Add the launch to the list."""
        given = dict(zip(kernel.arg_names, arguments, strict=False)) | constants
        options = {"num_warps": self.tiles.warps, "num_stages": STAGES}
        self.launches.append(Launch(kernel, given, options))


def launches(
    sizes: Sequence[int],
    batch: int,
    circuit: FeedbackCircuit | None = None,
    precision: str = "float32",
    tiles: Tiles | None = None,
) -> list[Launch]:
    """Return the distinct launches of two steps of a network and a flush.

    Parameters
    ----------
    sizes : sequence of int
        Sizes of the input, the hidden populations and the output.
    batch : int
    circuit : FeedbackCircuit, optional
        Default: FA.
    precision, tiles
        As for `Fused`.
    """
    populations = {f"layer{n}": StochasticBinary(size) for n, size in enumerate(sizes[1:])}
    network = Network(sizes[0], populations, circuit or FA(), ThreeFactor())
    state = network.state(batch)
    backend = Fused(network, state, 0, "compiled", precision, tiles=tiles, launcher=Collecting)
    assert isinstance(backend.launcher, Collecting)
    inputs, target = torch.zeros(batch, sizes[0]), torch.zeros(batch, sizes[-1])
    for _ in range(2):
        backend.step(inputs, target)
    backend.flush()
    return distinct(backend.launcher.launches)


def table(
    sizes: Sequence[int], batch: int, capability: int, precision: str, tiles: Tiles | None
) -> Iterator[str]:
    """Yield one line for each kernel."""
    for launch in launches(sizes, batch, precision=precision, tiles=tiles):
        made = compiled(launch, capability)
        yield f"{launch.name(*FLAGS):70} {made.registers:4} {made.stack:6} {made.shared:8}"


def main() -> None:
    """Print the resources of the kernels, by default for the network of figure 4."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[784, 1500, 1500, 1500, 1000])
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--capability", type=int, default=90)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--tiles", type=int, nargs=5)
    given = parser.parse_args()
    tiles = Tiles(*given.tiles) if given.tiles else None
    print(f"{'kernel':70} {'reg.':>4} {'stack':>6} {'shared':>8}")
    for line in table(given.sizes, given.batch_size, given.capability, given.precision, tiles):
        print(line, flush=True)


if __name__ == "__main__":
    main()
