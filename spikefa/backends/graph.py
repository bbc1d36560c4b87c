"""The graph backend: a step, or a whole presentation, captured as a CUDA graph."""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, ClassVar

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
        self.draws = self.inner.draws
        self.captured: dict[Hashable, capture.Capture] = {}
        self._scope = Scope()
        self._pool = capture.shared_pool(network.device)

    def prepare(self, work: Callable[[], None], scope: Scope) -> None:
        """Check that `work` can be captured, by capturing it once on trial."""
        self._scope = scope
        reason = self.inner.no_capture()
        if reason is not None:
            raise NotCapturable(reason)
        self.inner.prepare(work, scope)
        try:
            check_capturable(self._flushed(work), scope, self.network.device)
            self._record(work)
        except (NotCapturable, SpikefaError, torch.cuda.OutOfMemoryError):
            raise
        except Exception as error:
            scope.renew_generators()
            raise NotCapturable(_first_line(error)) from error

    def step(self, inputs: Tensor, target: Tensor) -> None:
        """Advance by one step without weight decay, which `run` applies."""
        self.inner.advance(inputs, target)

    def rest(self, inputs: Tensor) -> None:
        """Advance by one step with plasticity arrested, which is not captured."""
        self.inner.rest(inputs)

    def run(self, work: Callable[[], None], steps: int = 1, kind: Hashable = "step") -> None:
        """Replay the work of this kind, captured at its first use; then let weights decay."""
        key = self._key(kind)
        if key not in self.captured:
            try:
                self.captured[key] = self._record(work, self._pool)
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
            self.network.decay(self.state)

    def probed(
        self, variables: Mapping[str, Mapping[str, Variable]]
    ) -> dict[str, dict[str, Variable]]:
        """Return the variables as a probe may read them, also within a graph."""
        return self.inner.probed(variables)

    def can_run(self, steps: int) -> bool:
        """Return whether no weight decay is due before the last of `steps` steps."""
        learning_rates = self.state.learning_rates
        return int(learning_rates.waited) + steps <= int(learning_rates.wait)

    def new_capture(self, pool: Any = None) -> capture.Capture:
        """Return a new, empty CUDA graph, which can record and replay work."""
        generators = self._scope.generators.values()
        return capture.CudaCapture(self.network.device, generators, pool)

    def _key(self, kind: Hashable) -> Hashable:
        return kind, *(rate == 0 for rate in self.state.learning_rates.rates)

    def _record(self, work: Callable[[], None], pool: Any = None) -> capture.Capture:
        """Capture the work and restore all state."""
        made = self.new_capture(pool)
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
