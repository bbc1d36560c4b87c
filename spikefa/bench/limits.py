"""The limits of the machine, measured by a large matrix product and a large copy."""

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from spikefa.utils.timing import milliseconds


@dataclass(frozen=True)
class Limits:
    """Measured rates of one device.

    Attributes
    ----------
    flops : float
        Floating point operations per second in a large product of float32 matrices.
    bandwidth : float
        Bytes read and written per second in a large copy.
    """

    flops: float
    bandwidth: float

    def __str__(self) -> str:
        return (
            f"machine     {self.flops / 1e9:.4g} GFLOP/s in a large float32 product, "
            f"{self.bandwidth / 1e9:.4g} GB/s in a large copy"
        )


def measure_limits(device: torch.device, repetitions: int = 5) -> Limits:
    """Measure the limits of a device by the best of several repetitions."""
    large = device.type == "cuda"
    n, size = (8192, 1 << 28) if large else (2048, 1 << 26)
    a, b = torch.ones(n, n, device=device), torch.ones(n, n, device=device)
    product = torch.empty_like(a)
    source = torch.ones(size, device=device)
    target = torch.empty_like(source)

    def best(step: Callable[[], object], calls: int) -> float:
        return min(milliseconds(step, calls, device) for _ in range(repetitions))

    calls = 10 if large else 2
    multiply = best(lambda: torch.matmul(a, b, out=product), calls)
    copy = best(lambda: target.copy_(source), calls)
    return Limits(2e3 * n**3 / multiply, 1e3 * 2 * size * source.element_size() / copy)


def fraction(least: float, times: list[float]) -> float:
    """Return the least possible time as a fraction of the median measured time."""
    return least / statistics.median(times)


def free_memory(device: torch.device) -> float:
    """Return the free memory of a device in bytes; infinity if the system does not report it."""
    if device.type == "cuda":
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + kept  # torch keeps what was freed
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return math.inf
    free = next((line for line in lines if line.startswith("MemAvailable:")), None)
    return math.inf if free is None else 1024.0 * int(free.split()[1])
