"""The seam for backends, which execute the steps in which a network learns."""

from collections.abc import Callable, Hashable, Mapping
from functools import partial
from typing import ClassVar

from torch import Tensor

from spikefa.backends.scope import Scope
from spikefa.network.network import Network
from spikefa.network.state import NetworkState
from spikefa.network.variables import Variable
from spikefa.utils.tensors import current


class Backend:
    """Executes the steps of one set of streams; this class does so in plain torch ("eager").

    It is the reference for all other backends, which subclass it. A backend may postpone the
    change of the synapses until the weights are needed again; `flush` applies it. A `Runner`
    flushes at the end of every presentation, so that tests, checkpoints, alignment and the guard
    against NaN, which run between presentations, see the weights of the present step. To read
    weights between two steps of a presentation, call `Runner.flush` first; probes of weights do.

    Parameters
    ----------
    network : Network
    state : NetworkState
        State of the streams; updated in place.

    Attributes
    ----------
    name : str
        Its name for `--backend` and in the files of a run.
    draws : bool
        Whether the `Runner` has to draw the uniforms of the populations before each step.
    captures : bool
        Whether it is faster if several steps are one piece of work.
    foresees : bool
        Whether it takes the inputs of all steps of a presentation at its beginning, see `foresee`.
    postpones : bool
        Whether it postpones changes of the synapses.
    """

    name: str = "eager"
    draws: bool = True
    captures: ClassVar[bool] = False
    foresees: bool = False
    postpones: ClassVar[bool] = False

    def __init__(self, network: Network, state: NetworkState):
        self.network = network
        self.state = state

    def prepare(self, work: Callable[[], None], scope: Scope) -> None:
        """Prepare to run `work`; leave all state as it is.

        Parameters
        ----------
        work : callable
            The same as for `run`: it draws random numbers, calls `step` and reads the output.
        scope : Scope
            Everything that `work` may change.

        Raises
        ------
        NotCapturable
            If this backend cannot run `work`, with the reason; eager can.
        """

    def run(self, work: Callable[[], None], steps: int = 1, kind: Hashable = "step") -> None:
        """Do a piece of work, in which the network learns for `steps` steps.

        Parameters
        ----------
        work : callable
            Calls `step` once for each step, and draws and reads what the step needs.
        steps : int, default 1
        kind : hashable, default "step"
            Work of the same kind does the same, so that a backend may repeat captured work.
        """
        self.ready()
        work()

    def ready(self) -> None:
        """Copy to the device what the host has decided since the last piece of work."""

    def foresee(self, inputs: Tensor) -> None:
        """Take the inputs of the steps that come, `[steps, ..., batch, n_inputs]`.

        It is called before the first step of a presentation, if the backend `foresees` and the
        stimulus is `foreseeable`. Each step is given its inputs again.
        """

    def can_run(self, steps: int) -> bool:
        """Return whether the next `steps` steps can be one piece of work."""
        return True

    def step(self, inputs: Tensor, target: Tensor) -> None:
        """Advance by one step in which the network learns; see `Network.step`."""
        self.advance(inputs, target)
        self.network.finish(self.state)

    def advance(self, inputs: Tensor, target: Tensor) -> None:
        """Advance by one step without what the host schedules; see `Network.finish`."""
        self.network.advance(self.state, inputs, target)

    def is_due(self) -> bool:
        """Return whether the end of this step changes weights, or may read them."""
        maintained = self.network.feedback.free_steps is not None
        return maintained or self.state.learning_rates.is_due()

    def rest(self, inputs: Tensor) -> None:
        """Advance by one step with plasticity arrested; see `Network.forward`."""
        self.network.forward(self.state, inputs, resting=True)

    def feed_back(self, target: Tensor) -> None:
        """Carry the error of this step, with plasticity arrested; see `Network.feed_back`."""
        self.network.feed_back(self.state, target)

    def activity(self) -> list[Tensor]:
        """Return the activity of each population in this step, `[..., batch, n]`."""
        return [population.spikes for population in self.state.populations]

    @property
    def outputs(self) -> Tensor:
        """Activity of the output neurons in this step, `[..., batch, n_out]`."""
        return self.state.populations[-1].spikes

    def flush(self) -> None:
        """Apply postponed changes of the weights; this backend postpones none."""

    def no_capture(self) -> str | None:
        """Return why its steps cannot be captured in a CUDA graph; None if no reason is known."""
        if self.network.feedback.needs_host:
            return f"a step of {self.network.feedback} needs the host"
        return None

    def probed(
        self, variables: Mapping[str, Mapping[str, Variable]]
    ) -> dict[str, dict[str, Variable]]:
        """Return the variables as a probe may read them between two steps.

        If changes are postponed, reading weights, or values computed from them, flushes first.
        """
        if not self.postpones:
            return {population: dict(own) for population, own in variables.items()}

        def flushed(variable: Variable) -> Tensor:
            self.flush()
            return current(variable)

        return {
            population: {
                name: partial(flushed, variable)
                if name == "weights" or not isinstance(variable, Tensor)
                else variable
                for name, variable in own.items()
            }
            for population, own in variables.items()
        }
