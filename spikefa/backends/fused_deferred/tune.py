"""Times the kernels with other tiles, on the device that there is.

``python -m spikefa.backends.fused_deferred.tune`` runs presentations of the network of figure 4
with the tiles of the table (see `spikefa.backends.fused_deferred.tiling`) and with each number in
it doubled and halved, and prints microseconds for a presentation: of all kernels together, in a
CUDA graph. Copy what is faster into the table.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median

import torch

from spikefa.backends.fused_deferred.backend import FusedDeferred
from spikefa.backends.fused_deferred.launcher import can_depend
from spikefa.backends.fused_deferred.tiling import TABLE, Tiles
from spikefa.feedback import FA
from spikefa.network.network import Network
from spikefa.neurons import StochasticBinary
from spikefa.plasticity import ThreeFactor

USED = {True: ("drive", "learn_one"), False: ("transmit", "arrive", "learn")}
"""Kernels of the table that a single stream, and that many streams use."""
RUNS = 50


def neighbours(tiles: Tiles, single: bool) -> Iterator[tuple[str, Tiles]]:
    """Yield the tiles with one number doubled or halved, and what was changed."""
    for kernel in USED[single]:
        own = getattr(tiles, kernel)
        for name, number in own._asdict().items():
            if name == "stages" and kernel.startswith("learn"):
                continue  # must not be pipelined
            for other in (number * 2, number // 2):
                if other:
                    changed = own._replace(**{name: other})
                    yield f"{kernel}.{name} = {other}", tiles._replace(**{kernel: changed})


def presentation(
    sizes: Sequence[int], batch: int, steps: int, factors: str, tiles: Tiles
) -> Callable[[], None]:
    """Return a function that replays a presentation, captured as a CUDA graph."""
    device = torch.device("cuda")
    populations = {f"layer{n}": StochasticBinary(size) for n, size in enumerate(sizes[1:])}
    network = Network(sizes[0], populations, FA(), ThreeFactor(), device=device)
    network.initialise(0)
    state = network.state(batch)
    backend = FusedDeferred(network, state, 0, "tune", steps, factors, tiles=tiles)
    inputs = (torch.rand(steps, batch, sizes[0], device=device) < 0.1).float()
    target = torch.zeros(batch, sizes[-1], device=device)
    backend.ready()

    def present() -> None:
        if backend.foresees:
            backend.foresee(inputs)
        for own in inputs:
            backend.advance(own, target)
        backend.flush()

    present()  # compiles
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        present()
    return graph.replay


def microseconds(work: Callable[[], None]) -> float:
    """Return the median time of `work`."""
    times = []
    for _ in range(RUNS):
        torch.cuda.synchronize()
        begun = time.perf_counter()
        work()
        torch.cuda.synchronize()
        times.append(time.perf_counter() - begun)
    return 1e6 * median(times)


def main() -> None:
    """Print the times, by default for the network of figure 4."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[784, 1500, 1500, 1500, 1000])
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--factors", choices=list(TABLE), default="float16")
    given = parser.parse_args()
    if not torch.cuda.is_available():
        parser.error("there is no CUDA device to time the kernels on")
    print(torch.cuda.get_device_name())
    table = TABLE[given.factors].for_launch(can_depend(torch.device("cuda")))
    single = given.batch_size == 1
    for name, tiles in [("the table", table), *neighbours(table, single)]:
        try:
            shape = given.sizes, given.batch_size, given.steps, given.factors
            spent = f"{microseconds(presentation(*shape, tiles)):9.1f}"
        except Exception as error:  # tiles that do not fit
            spent = f"{type(error).__name__:>9}"
        print(f"{name:30} {spent}", flush=True)


if __name__ == "__main__":
    main()
