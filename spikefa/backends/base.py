"""The seam: how the steps in which a network learns are executed."""

from collections.abc import Callable, Hashable, Mapping
from typing import ClassVar

from torch import Tensor

from spikefa.backends.scope import Scope
from spikefa.network.network import Network
from spikefa.network.state import NetworkState
from spikefa.network.variables import Variable


class Backend:
    """Executes the steps of one set of streams; this one as they are written, in plain torch.

    It is the reference for all others, which subclass it. A backend may put off the change of the
    synapses until the weights are needed again: then `flush` makes up for it. A `Runner` flushes
    at the end of every presentation, so that tests, checkpoints, alignment and the watch for NaN,
    which come between two presentations, find the weights of the present step. Whoever reads
    weights between two steps of a presentation calls `Runner.flush` first; probes of weights do.

    Parameters
    ----------
    network : Network
    state : NetworkState
        Of the streams; updated in place.

    Attributes
    ----------
    name : str
        What `--backend` and the files of a run call it.
    draws : bool
        Whether the populations' uniforms have to be drawn, each from its generator, before a step.
    captures : bool
        Whether it gains by several steps that are one piece of work.
    """

    name: str = "eager"
    draws: bool = True
    captures: ClassVar[bool] = False

    def __init__(self, network: Network, state: NetworkState):
        self.network = network
        self.state = state

    def prepare(self, work: Callable[[], None], scope: Scope) -> None:
        """Get ready for a step, which `work` does; leave everything as it is.

        Parameters
        ----------
        work : callable
            What `run` will be given: draws, `step`, readout.
        scope : Scope
            All that it may change.

        Raises
        ------
        NotCapturable
            If this backend cannot do it, with the reason; eager can.
        """

    def run(self, work: Callable[[], None], steps: int = 1, kind: Hashable = "step") -> None:
        """Do a piece of work, in which the network learns for so many steps.

        Parameters
        ----------
        work : callable
            It calls `step` for each of them, and does what belongs to it.
        steps : int, default 1
        kind : hashable, default "step"
            Work of the same kind does the same; a backend may repeat what it has seen.
        """
        self.ready()
        work()

    def ready(self) -> None:
        """Take over what the host has decided since the last piece of work."""

    def can_run(self, steps: int) -> bool:
        """Return whether the next so many steps can be one piece of work."""
        return True

    def step(self, inputs: Tensor, target: Tensor) -> None:
        """Advance by one step in which the network learns; see `Network.step`."""
        self.advance(inputs, target)
        self.network.decay(self.state)

    def advance(self, inputs: Tensor, target: Tensor) -> None:
        """Advance by one step, but for its weight decay, of which the host decides."""
        self.network.advance(self.state, inputs, target)

    def rest(self, inputs: Tensor) -> None:
        """Advance by one step with plasticity arrested; see `Network.forward`."""
        self.network.forward(self.state, inputs)

    def flush(self) -> None:
        """Change the weights as far as the last step asked for; nothing was put off here."""

    def no_capture(self) -> str | None:
        """Return why its steps cannot be captured in a CUDA graph, as far as it can be told."""
        if self.network.optimiser is not None:
            return "its synapses change by an optimiser, which works with numbers"
        if self.network.feedback.needs_host:
            return f"a step of {self.network.feedback} needs the host"
        return None

    def probed(
        self, variables: Mapping[str, Mapping[str, Variable]]
    ) -> dict[str, dict[str, Variable]]:
        """Return the variables as a probe may read them between two steps."""
        return {population: dict(of) for population, of in variables.items()}
