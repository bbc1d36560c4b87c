"""The graph backend: a step, or a whole presentation, captured as a CUDA graph."""

from collections.abc import Callable, Hashable, Mapping
from typing import ClassVar

import torch
from torch import Tensor

from spikefa.backends import capture
from spikefa.backends.base import Backend
from spikefa.backends.capturable import check_capturable
from spikefa.backends.scope import Scope
from spikefa.backends.trace import NotCapturable
from spikefa.errors import SpikefaError
from spikefa.network.network import Network
from spikefa.network.state import NetworkState
from spikefa.network.variables import Variable
from spikefa.utils import notices

MOST = 16
"""Number of graphs that are captured with an optimiser, where each learning rate needs its own."""


class Graph(Backend):
    """Launches all operations of another backend's steps together, as a CUDA graph.

    The graph backend captures eager, with any rule and circuit that can be captured. The fused
    backend is captured too, because its kernels run faster than they can be launched one by one.

    Each kind of work is captured once and then replayed: a single step, or a whole presentation;
    each again for every set of frozen projections. Decisions of the host stay outside the graph:
    learning rates are tensors, and weight decay, which is applied every few steps, takes place
    between two pieces of work, as in eager.

    Parameters
    ----------
    network : Network
    state : NetworkState
    inner : Backend, optional
        The backend whose steps are captured; default: eager.

    Attributes
    ----------
    captured : dict of Capture
        By kind of work and frozen projections.
    """

    captures: ClassVar[bool] = True

    def __init__(self, network: Network, state: NetworkState, inner: Backend | None = None):
        super().__init__(network, state)
        self.inner = inner or Backend(network, state)
        self.name = "graph" if inner is None else inner.name
        self.draws, self.foresees = self.inner.draws, self.inner.foresees
        self.captured: dict[Hashable, capture.Capture] = {}
        self._told = False
        self._scope = Scope()
        self._room = capture.shared_room(network.device)

    def prepare(self, work: Callable[[], None], scope: Scope) -> None:
        """Check that `work` can be captured, by capturing it once on trial."""
        self._scope = scope
        self.inner.prepare(work, scope)
        try:
            check_capturable(self._flushed(work), scope, self.network.device)
            reason = self.inner.no_capture()  # without file and line, so after the check
            if reason is not None:
                raise NotCapturable(reason)
            self._record(work)
        except (NotCapturable, SpikefaError, torch.cuda.OutOfMemoryError):
            raise
        except Exception as error:
            scope.renew_generators()
            raise NotCapturable(_first_line(error)) from error

    def step(self, inputs: Tensor, target: Tensor) -> None:
        """Advance by one step without what the host schedules, which `run` does."""
        self.inner.advance(inputs, target)

    def foresee(self, inputs: Tensor) -> None:
        """Take the inputs of the steps that come."""
        self.inner.foresee(inputs)

    def rest(self, inputs: Tensor) -> None:
        """Advance by one step with plasticity arrested, which is not captured."""
        self.inner.rest(inputs)

    def run(self, work: Callable[[], None], steps: int = 1, kind: Hashable = "step") -> None:
        """Replay the work of this kind, captured at its first use; then do what is due."""
        key = self._key(kind)
        if key not in self.captured and self._has_enough():
            self._run_uncaptured(work, steps)
            return
        if key not in self.captured:
            try:
                self.captured[key] = self._record(work, self._room)
            except torch.cuda.OutOfMemoryError:
                raise
            except RuntimeError as error:
                raise SpikefaError(
                    f"the device could not capture {steps} steps ({_first_line(error)}): "
                    "use --backend eager"
                ) from error
        self.inner.ready()
        self.captured[key].replay()
        for _ in range(steps):
            self.network.finish(self.state)

    def _has_enough(self) -> bool:
        """Return whether the learning rates of an optimiser have taken too many values."""
        return self.network.optimiser is not None and len(self.captured) >= MOST

    def _run_uncaptured(self, work: Callable[[], None], steps: int) -> None:
        """Do the work as the inner backend does; say so the first time."""
        if not self._told:
            notices.warn(
                f"each learning rate of {self.network.optimiser!r} needs a graph of its own, and "
                f"{MOST} have been captured: with further learning rates the steps run one by one",
                stacklevel=2,
            )
        self._told = True
        self.inner.ready()
        self._flushed(work)()
        for _ in range(steps):
            self.network.finish(self.state)

    def probed(
        self, variables: Mapping[str, Mapping[str, Variable]]
    ) -> dict[str, dict[str, Variable]]:
        """Return the variables as a probe may read them, also within a graph."""
        return self.inner.probed(variables)

    def can_run(self, steps: int) -> bool:
        """Return whether the host has nothing to do before the last of `steps` steps."""
        learning_rates, free = self.state.learning_rates, self.network.feedback.free_steps
        left = int(learning_rates.wait) - int(learning_rates.waited)
        return steps <= (left if free is None else min(left, free))

    def new_capture(self, room: capture.Room | None = None) -> capture.Capture:
        """Return a new, empty CUDA graph, which can record and replay work."""
        generators = self._scope.generators.values()
        return capture.CudaCapture(self.network.device, generators, room)

    def _key(self, kind: Hashable) -> Hashable:
        """Return what a graph is for: learning rates are Python numbers to an optimiser."""
        rates = self.state.learning_rates.rates
        given = (rate == 0 for rate in rates) if self.network.optimiser is None else rates
        return kind, *given

    def _record(
        self, work: Callable[[], None], room: capture.Room | None = None
    ) -> capture.Capture:
        """Capture the work and restore all state."""
        made = self.new_capture(room)
        with self._scope.unchanged():
            made.record(self._flushed(work))
        return made

    def _flushed(self, work: Callable[[], None]) -> Callable[[], None]:
        """Return the work followed by a flush, so that each graph starts with nothing postponed."""

        def whole() -> None:
            work()
            self.inner.flush()

        return whole


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
