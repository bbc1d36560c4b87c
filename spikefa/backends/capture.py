"""Captures: work that is recorded once and then repeated with a single launch."""

import gc
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple, Protocol

import torch


class Capture(Protocol):
    """Recorded work: the same operations, on the same tensors, with the same Python numbers."""

    def record(self, work: Callable[[], None]) -> None:
        """Record the operations of `work`; the tensors hold arbitrary values afterwards."""

    def replay(self) -> None:
        """Repeat the work on the present values of the tensors."""


class Room(NamedTuple):
    """Memory for the allocations of captures that do not run at the same time, and their stream.

    What one of them has freed, the next one gets only on the same stream.
    """

    pool: Any
    stream: torch.cuda.Stream


class CudaCapture:
    """A CUDA graph of some work.

    The generators are registered with the graph: a replay draws the same numbers as eager, and
    leaves the generators in the same state.

    Parameters
    ----------
    device : torch.device
    generators : iterable of torch.Generator
        The generators from which the work draws.
    room : Room, optional
        Shared with other captures; default: its own.
    """

    def __init__(
        self,
        device: torch.device,
        generators: Iterable[torch.Generator] = (),
        room: Room | None = None,
    ):
        self._device = device
        self._room = room or Room(torch.cuda.graph_pool_handle(), torch.cuda.Stream(device))
        self._graph = torch.cuda.CUDAGraph()
        with warnings.catch_warnings():  # newer versions of torch find the generators themselves
            warnings.simplefilter("ignore")
            for generator in generators if hasattr(self._graph, "register_generator_state") else ():
                if generator.device.type == "cuda":  # what the host draws is not captured
                    self._graph.register_generator_state(generator)

    def record(self, work: Callable[[], None]) -> None:
        """Run the work once, so that libraries load and allocate their memory; then capture it.

        Other threads, such as the recorder's, may use the device at the same time. If the capture
        fails, it is ended before the error is passed on, so that the next one can succeed.
        """
        with torch.cuda.device(self._device), _without_collection():
            current, side = torch.cuda.current_stream(), self._room.stream
            side.wait_stream(current)
            with torch.cuda.stream(side):
                work()
            current.wait_stream(side)
            torch.cuda.synchronize()
            torch.cuda.empty_cache()
            with torch.cuda.stream(side):
                self._graph.capture_begin(self._room.pool, capture_error_mode="thread_local")
                try:
                    self._work_and_end(work)
                except BaseException:
                    _forget_error()
                    raise

    def replay(self) -> None:
        """Launch the graph on the current stream."""
        self._graph.replay()

    def _work_and_end(self, work: Callable[[], None]) -> None:
        """Do the work and end the capture, also if the work has failed."""
        try:
            work()
        except BaseException:
            with suppress(RuntimeError):  # the same error, in words that say less
                self._graph.capture_end()
            raise
        self._graph.capture_end()


def _forget_error() -> None:
    """Let the device report the error of a failed capture once more, with which it is forgotten.

    Whatever it reports after that is another failure.
    """
    with suppress(RuntimeError):
        torch.cuda.synchronize()
    torch.cuda.synchronize()


@contextmanager
def _without_collection() -> Iterator[None]:
    """Collect garbage first, and none in the block: to free another graph would end a capture."""
    gc.collect()
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def shared_room(device: torch.device) -> Room | None:
    """Return room that several captures can share, None where there is no CUDA."""
    if device.type != "cuda":
        return None
    return Room(torch.cuda.graph_pool_handle(), torch.cuda.Stream(device))
