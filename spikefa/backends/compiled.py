"""Compiles the fused backend's kernels and reports their resources; no GPU is needed.

``python -m spikefa.backends.compiled`` compiles each kernel that a step of the network of figure 4
starts, and prints registers per thread, stack bytes per thread (spilled registers) and shared
memory per program.
"""

import argparse
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import triton
from torch import Tensor
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from spikefa.backends.fused import Fused
from spikefa.backends.launcher import Launcher
from spikefa.backends.tiling import STAGES, Tiles
from spikefa.feedback import FA, FeedbackCircuit
from spikefa.network.network import Network
from spikefa.neurons import StochasticBinary
from spikefa.plasticity import ThreeFactor

WARP = 32
TYPES = {torch.float32: "*fp32", torch.int32: "*i32", torch.int64: "*i64", torch.uint8: "*u8"}


@dataclass(frozen=True)
class Launch:
    """One start of a kernel, with its arguments by name."""

    kernel: Any
    arguments: dict[str, Any]
    tiles: Tiles

    @property
    def name(self) -> str:
        """The kernel's name and its flags."""
        flags = ("PENDING", "GATED", "LEARNS", "KIND", "PHI", "PRECISION")
        listed = [f"{flag}={self.arguments[flag]}" for flag in flags if flag in self.arguments]
        return f"{self.kernel.fn.__name__}({', '.join(listed)})"


@dataclass(frozen=True)
class Compiled:
    """A compiled kernel.

    Attributes
    ----------
    name : str
    registers : int
        Registers per thread, at most 255.
    stack : int
        Bytes per thread that are in memory instead.
    shared : int
        Bytes of shared memory per program.
    ttgir, ptx : str
        Its source in two intermediate languages.
    """

    name: str
    registers: int
    stack: int
    shared: int
    ttgir: str
    ptx: str


class Collecting(Launcher):
    """Collects the kernel launches instead of starting them."""

    def __init__(self, *arguments: Any):
        super().__init__(*arguments)
        self.launches: list[Launch] = []

    def start(self, kernel: Any, grid: tuple[int, ...], *arguments: Any, **constants: Any) -> None:
        """Add the launch to the list."""
        given = dict(zip(kernel.arg_names, arguments, strict=False)) | constants
        self.launches.append(Launch(kernel, given, self.tiles))


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
    return list({str(_signature(each)): each for each in backend.launcher.launches}.values())


def compiled(launch: Launch, capability: int) -> Compiled:
    """Compile a kernel for GPUs of compute capability `capability`, such as 90."""
    signature, constants, attributes = _signature(launch)
    source = ASTSource(launch.kernel, signature, constants, attributes)
    made = triton.compile(
        source,
        target=GPUTarget("cuda", capability, WARP),
        options={"num_warps": launch.tiles.warps, "num_stages": STAGES},
    )
    registers, stack = _usage(made.asm["cubin"])
    shared, asm = made.metadata.shared, made.asm
    return Compiled(launch.name, registers, stack, shared, asm["ttgir"], asm["ptx"])


def _signature(launch: Launch) -> tuple[dict[str, str], dict[Any, Any], dict[Any, Any]]:
    """Return types, constants and known divisors of the arguments, as a launch derives them."""
    types: dict[str, str] = {}
    constants: dict[Any, Any] = {}
    attributes: dict[Any, Any] = {}
    for place, parameter in enumerate(launch.kernel.params):
        name, value = parameter.name, launch.arguments[parameter.name]
        if parameter.is_constexpr or (isinstance(value, int) and value == 1):
            types[name], constants[(place,)] = "constexpr", value
            continue
        if isinstance(value, Tensor):
            types[name], whole = TYPES[value.dtype], value.data_ptr()
        else:
            types[name], whole = ("fp32", 1) if isinstance(value, float) else ("i32", value)
        if whole % 16 == 0:
            attributes[(place,)] = [["tt.divisibility", 16]]
    return types, constants, attributes


def _usage(cubin: bytes) -> tuple[int, int]:
    """Return registers and stack of the only kernel in `cubin`, from cuobjdump."""
    tool = Path(triton.__file__).parent / "backends" / "nvidia" / "bin" / "cuobjdump"
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(cubin)
        file.flush()
        printed = subprocess.run(
            [tool, "-res-usage", file.name], check=True, capture_output=True, text=True
        ).stdout
    found = re.search(r"REG:(\d+) STACK:(\d+)", printed)
    assert found is not None, printed
    return int(found[1]), int(found[2])


def table(
    sizes: Sequence[int], batch: int, capability: int, precision: str, tiles: Tiles | None
) -> Iterator[str]:
    """Yield one line for each kernel."""
    for launch in launches(sizes, batch, precision=precision, tiles=tiles):
        made = compiled(launch, capability)
        yield f"{made.name:70} {made.registers:4} {made.stack:6} {made.shared:8}"


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
