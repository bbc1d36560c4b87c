"""Captures: work that is recorded once and then repeated with a single launch."""

import warnings
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import torch


class Capture(Protocol):
    """Recorded work: the same operations, on the same tensors, with the same Python numbers."""

    def record(self, work: Callable[[], None]) -> None:
        """Record the operations of `work`; the tensors hold arbitrary values afterwards."""

    def replay(self) -> None:
        """Repeat the work on the present values of the tensors."""


class CudaCapture:
    """A CUDA graph of some work.

    The generators are registered with the graph: a replay draws the same numbers as eager, and
    leaves the generators in the same state.

    Parameters
    ----------
    device : torch.device
    generators : iterable of torch.Generator
        The generators from which the work draws.
    pool : optional
        Memory for allocations, shared by captures that do not run at the same time.
    """

    def __init__(
        self, device: torch.device, generators: Iterable[torch.Generator] = (), pool: Any = None
    ):
        self._device = device
        self._pool = pool
        self._graph = torch.cuda.CUDAGraph()
        with warnings.catch_warnings():  # newer versions of torch find the generators themselves
            warnings.simplefilter("ignore")
            for generator in generators if hasattr(self._graph, "register_generator_state") else ():
                if generator.device.type == "cuda":  # what the host draws is not captured
                    self._graph.register_generator_state(generator)

    def record(self, work: Callable[[], None]) -> None:
        """Run the work once, so that libraries load and allocate their memory; then capture it.

        Other threads, such as the recorder's, may use the device at the same time.
        """
        with torch.cuda.device(self._device):
            current, side = torch.cuda.current_stream(), torch.cuda.Stream()
            side.wait_stream(current)
            with torch.cuda.stream(side):
                work()
            current.wait_stream(side)
            with torch.cuda.graph(self._graph, pool=self._pool, capture_error_mode="thread_local"):
                work()

    def replay(self) -> None:
        """Launch the graph on the current stream."""
        self._graph.replay()


def shared_pool(device: torch.device) -> Any:
    """Return memory that several captures can share, None where there is no CUDA."""
    return torch.cuda.graph_pool_handle() if device.type == "cuda" else None
