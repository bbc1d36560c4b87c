"""The populations that a step visits, as the kernels see them."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import Tensor

from spikefa.backends.fused_deferred.operands import Rows
from spikefa.neurons import PopulationState


class Moment(NamedTuple):
    """The present step, counted from the last time that the weights were written.

    Attributes
    ----------
    row : int
        First row of this step.
    rows : int
        Earlier rows whose changes wait.
    since : int
        Steps since the clock was set.
    """

    row: int
    rows: int
    since: int


@dataclass(eq=False)
class Neurons:
    """A forward population.

    Attributes
    ----------
    state : PopulationState
    tau : float
    packed : uint8 Tensor [replicas * batch, ceil(n/8)]
        Its spikes as bits.
    seeds : int64 Tensor [replicas]
    sent : Rows, optional
        Its spikes, for the synapses that start here.
    """

    state: PopulationState
    tau: float
    packed: Tensor
    seeds: Tensor
    sent: Rows | None

    def tensors(self) -> tuple[Any, ...]:
        """Return the arguments of a kernel, up to the seeds."""
        here = self.state
        kept = None if here.dropout is None else here.dropout.kept
        return (
            *(here.potential, here.probability, here.spikes, here.gain, self.packed),
            *(values_of(self.sent), here.uniforms, kept, self.seeds),
        )


@dataclass(eq=False)
class Errors:
    """An error population.

    Attributes
    ----------
    potential, activity : Tensor
    gain : Tensor
        Psi(V) of the forward population beside it.
    tau : float
    phi : str
    sent, factor : Rows, optional
        phi_delta(U) and phi_delta(U) Psi(V), if somebody reads them.
    trace, rate : Tensor, optional
        ``-eta phi_delta(U) Psi(V)``, which is a trace of the rule, and eta.
    frozen : bool
        Whether the trace stays as it is.
    """

    potential: Tensor
    activity: Tensor
    gain: Tensor
    tau: float
    phi: str
    sent: Rows | None
    factor: Rows | None
    trace: Tensor | None = None
    rate: Tensor | None = None
    frozen: bool = False

    def freeze(self, frozen: bool) -> None:
        """Let the synapses onto the neurons beside this population learn, or not."""
        self.frozen = frozen

    def tensors(self) -> tuple[Any, ...]:
        """Return the arguments of a kernel from the potential on."""
        trace = None if self.frozen else self.trace
        rows = values_of(self.sent), values_of(self.factor)
        return self.potential, self.activity, *rows, trace, self.rate


class OutputError(NamedTuple):
    """What forms the error of the output (eq. 7).

    Attributes
    ----------
    target, error : Tensor [..., batch, n_out]
    errors : Errors
        The population beside the output.
    spikes : bool
        Whether the error is of the spikes, not of their probability.
    """

    target: Tensor
    error: Tensor
    errors: Errors
    spikes: bool

    def tensors(self) -> tuple[Any, ...]:
        """Return the arguments of a kernel."""
        return self.target, self.error, *self.errors.tensors()


def values_of(rows: Rows | None) -> Tensor | None:
    """Return the tensor of some rows."""
    return None if rows is None else rows.values


def output_arguments(output: OutputError | None) -> tuple[tuple[Any, ...], float, dict[str, Any]]:
    """Return the tensors, the leak and the constants of the output's error; or of none."""
    if output is None:
        return (None,) * 8, 0.0, {"ERRS": False, "PHI": "identity", "SPIKES": True}
    errors = output.errors
    constants = {"ERRS": True, "PHI": errors.phi, "SPIKES": output.spikes}
    return output.tensors(), errors.tau, constants
