"""Compiles the kernels and reports their resources; no GPU is needed.

``python -m spikefa.backends.fused_deferred.resources`` compiles each kernel that the presentations
of the network of figure 4 start, and prints registers per thread, stack bytes per thread (spilled
registers) and shared memory per program.
"""

import argparse
from collections.abc import Sequence
from typing import Any

import torch

from spikefa.backends.compiling import Launch, compiled, distinct
from spikefa.backends.fused_deferred.backend import FusedDeferred
from spikefa.backends.fused_deferred.launcher import Launcher
from spikefa.backends.fused_deferred.tiling import TABLE, Tiles
from spikefa.feedback import FA, FeedbackCircuit
from spikefa.network.network import Network
from spikefa.neurons import StochasticBinary
from spikefa.plasticity import ThreeFactor

FLAGS = ("ERRS", "PHI", "KIND", "HALF", "EARLY", "UNIT")


class Collecting(Launcher):
    """Collects the kernel launches instead of starting them."""

    def __init__(self, dependent: bool):
        super().__init__(torch.device("cpu"), dependent)
        self.launches: list[Launch] = []

    def launch(
        self,
        kernel: Any,
        grid: tuple[int, ...],
        arguments: tuple[Any, ...],
        constants: dict[str, Any],
        options: dict[str, Any],
    ) -> None:
        """Add the launch to the list."""
        given = dict(zip(kernel.arg_names, arguments, strict=False)) | constants
        self.launches.append(Launch(kernel, given, options))


def launches(
    sizes: Sequence[int],
    batch: int,
    circuit: FeedbackCircuit | None = None,
    factors: str = "float32",
    tiles: Tiles | None = None,
    dependent: bool = False,
) -> list[Launch]:
    """Return the distinct launches of a presentation of two steps.

    Parameters
    ----------
    sizes : sequence of int
        Sizes of the input, the hidden populations and the output.
    batch : int
    circuit : FeedbackCircuit, optional
        Default: FA.
    factors, tiles
        As for `FusedDeferred`.
    dependent : bool, default False
        Whether kernels are launched while the one before still runs.
    """
    populations = {f"layer{n}": StochasticBinary(size) for n, size in enumerate(sizes[1:])}
    network = Network(sizes[0], populations, circuit or FA(), ThreeFactor())
    launcher = Collecting(dependent)
    parts = network, network.state(batch), 0, "compiled", 2, factors
    backend = FusedDeferred(*parts, tiles=tiles, launcher=launcher)
    inputs, target = torch.zeros(batch, sizes[0]), torch.zeros(batch, sizes[-1])
    if backend.foresees:
        backend.foresee(inputs.expand(2, -1, -1).contiguous())
    for _ in range(2):
        backend.step(inputs, target)
    backend.flush()
    return distinct(launcher.launches)


def main() -> None:
    """Print the resources of the kernels, by default for the network of figure 4."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[784, 1500, 1500, 1500, 1000])
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--capability", type=int, default=90)
    parser.add_argument("--factors", choices=list(TABLE), default="float32")
    given = parser.parse_args()
    print(f"{'kernel':70} {'reg.':>4} {'stack':>6} {'shared':>8}")
    for each in launches(given.sizes, given.batch_size, factors=given.factors, dependent=True):
        made = compiled(each, given.capability)
        numbers = f"{made.registers:4} {made.stack:6} {made.shared:8}"
        print(f"{each.name(*FLAGS):70} {numbers}", flush=True)


if __name__ == "__main__":
    main()
