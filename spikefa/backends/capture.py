"""A piece of work that is recorded once and repeated at the price of one launch."""

import warnings
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import torch


class Capture(Protocol):
    """Work that was recorded: the same operations, on the same tensors, with the same numbers."""

    def record(self, work: Callable[[], None]) -> None:
        """Take note of what `work` does. What the tensors hold afterwards means nothing."""

    def replay(self) -> None:
        """Do it again, from what the tensors hold now."""


class CudaCapture:
    """A CUDA graph of some work.

    The generators are registered with the graph: a replay draws the numbers that eager would have
    drawn, and the generators are then where eager would have left them.

    Parameters
    ----------
    device : torch.device
    generators : iterable of torch.Generator
        From which the work draws.
    pool : optional
        Memory for what the work allocates, shared by captures that do not run at the same time.
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
        """Do the work once, so that libraries are loaded and have their memory; then capture it.

        Other threads, such as the recorder's, may go on using the device meanwhile.
        """
        with torch.cuda.device(self._device):
            here, aside = torch.cuda.current_stream(), torch.cuda.Stream()
            aside.wait_stream(here)
            with torch.cuda.stream(aside):
                work()
            here.wait_stream(aside)
            with torch.cuda.graph(self._graph, pool=self._pool, capture_error_mode="thread_local"):
                work()

    def replay(self) -> None:
        """Launch the graph on the current stream."""
        self._graph.replay()


def shared_pool(device: torch.device) -> Any:
    """Return memory that several captures can share, None where there is no CUDA."""
    return torch.cuda.graph_pool_handle() if device.type == "cuda" else None
