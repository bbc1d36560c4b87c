"""Base class of feedback circuits; subclass `FeedbackCircuit` to write your own."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from spikefa.feedback.correlation import Correlation
from spikefa.feedback.projection import Projection
from spikefa.feedback.shown import circuit_in_html
from spikefa.feedback.state import FeedbackState
from spikefa.feedback.wiring import Wiring
from spikefa.neurons import Population, PopulationState
from spikefa.synapses import Skipping, Synapses
from spikefa.utils.tensors import Variable


class FeedbackCircuit(ABC):
    """Base class of circuits that turn the output error into modulators.

    A circuit owns the error populations and their weights.

    The network calls `connect` and `check` once, `initialise` once, and `state` for every batch of
    streams. In each step of simulated time it calls `observe_target` and `step` after the forward
    sweep, `learn` after the forward synapses have changed, and `maintain` before weights decay.
    Circuits whose error populations are connected by hops should subclass `Wired`, which implements
    most of these methods.

    Attributes
    ----------
    wiring : Wiring
        The error populations and the hops between them. It is empty before `connect`, and in
        circuits that do not describe their wiring.
    sweep_only : bool
        Whether a backend may replace the sweep with its own implementation. This requires that
        `step` only writes the output error into the drive of the error population beside the output
        and calls ``wiring.sweep``, that `observe_target` and `maintain` do nothing, and that
        `learn` reads activity but no forward synapses. Each class declares this for itself, as in
        ``class FA(Wired, sweep_only=True)``; subclasses do not inherit it, since they may do more.
    reads_weights : bool
        Whether the error of a step depends on the forward weights, which real error synapses cannot
        know. The conformance kit checks this.
    serves_shared : bool
        Whether it serves a chain in which synapses share weights, as those of `Conv` do. It may if
        it leaves the products of its matrices, and what they learn, to `Synapses.sharing`, or if
        the sizes of the populations are all that it reads.
    serves_residual : bool
        Whether it serves networks with populations whose input is normalised, and with shortcuts.
        It may if its errors take the way of ``wiring.sweep``, which passes both, and if what it
        learns reads the modulators and gains of `learn` alone. The matrices of a class that
        estimates derivatives of the forward network would lack what normalises it.
    reads_activity : bool
        Whether error neurons receive synapses from forward populations, so that the modulator of a
        neuron depends on the activity of other neurons in its population or in those below.
    """

    wiring: Wiring = Wiring()
    sweep_only: ClassVar[bool] = False
    reads_weights: ClassVar[bool] = False
    serves_shared: ClassVar[bool] = False
    serves_residual: ClassVar[bool] = False
    reads_activity: ClassVar[bool] = False

    def __init_subclass__(cls, *, sweep_only: bool = False, **others: Any):
        super().__init_subclass__(**others)
        cls.sweep_only = sweep_only
        if "learn" in vars(cls) and "correlations" not in vars(cls):  # a base's are of its `learn`
            cls.correlations = FeedbackCircuit.correlations  # type: ignore[method-assign]

    def _repr_html_(self) -> str:
        return circuit_in_html(self, self.wiring)

    @property
    def needs_host(self) -> bool:
        """Whether steps may need the host, to draw numbers or make decisions; False by default.

        Such steps cannot be captured as a CUDA graph. The conformance kit checks this.
        """
        return False

    @abstractmethod
    def connect(
        self, forward: Sequence[Synapses], device: torch.device, dtype: torch.dtype
    ) -> None:
        """Allocate the circuit's tensors for these forward synapses.

        Parameters
        ----------
        forward : sequence of Synapses
            Forward synapses from the input upwards; their `n_post` are the population sizes.
        device, dtype
            Device and data type of the circuit's tensors.

        Raises
        ------
        SpikefaError
            If the circuit does not support these sizes, or is already part of another network.
        """

    def carry_past(self, layouts: Sequence[tuple[int, int, Skipping]]) -> None:  # noqa: B027
        """Let the error go back along shortcuts too; by default nothing is to be done.

        Called once, after `connect`, if the network has shortcuts and this `serves_residual`.

        Parameters
        ----------
        layouts : sequence of (int, int, Skipping)
            For each shortcut the populations at which it ends and begins, where 0 is the first
            hidden one, and which of their neurons it connects.
        """

    def check(self, populations: Sequence[Population]) -> None:  # noqa: B027
        """Check the forward populations, from the first hidden one upwards; accept all by default.

        Called once, after `connect`. A circuit may store information about them for later use.

        Raises
        ------
        SpikefaError
            If the circuit does not support these neurons.
        """

    @abstractmethod
    def initialise(self, seed: int) -> None:
        """Draw the feedback weights from the streams ``feedback/...`` of `seed`.

        The forward weights have already been drawn.
        """

    @abstractmethod
    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> FeedbackState:
        """Return error populations at rest for `batch` streams."""

    def observe_target(self, state: FeedbackState, target: Tensor) -> None:  # noqa: B027
        """Receive the target of this step, before `step`; do nothing by default.

        Parameters
        ----------
        state : FeedbackState
        target : Tensor [..., batch, n_out]
            Desired activity of the output.
        """

    @abstractmethod
    def step(self, state: FeedbackState, error: Tensor, forward: Sequence[PopulationState]) -> None:
        """Advance the error populations by one step, in place.

        Parameters
        ----------
        state : FeedbackState
        error : Tensor [..., batch, n_out]
            Output minus target in this step.
        forward : sequence of PopulationState
            The forward populations after their sweep. A circuit may read quantities that are local
            to the neuron it modulates, such as its gain.
        """

    def learn(self, state: FeedbackState, projections: Sequence[Projection]) -> None:  # noqa: B027
        """Update the circuit's own synapses in place; do nothing by default.

        Parameters
        ----------
        state : FeedbackState
            State after `step`.
        projections : sequence of Projection
            Forward projections in this step, from the input upwards. The forward synapses have
            already changed.
        """

    def maintain(self) -> None:  # noqa: B027
        """Do what takes the host, between two steps of learning; by default nothing.

        It is called after `learn`, and may read the forward weights. It is never part of a CUDA
        graph, which holds no more steps at once than `free_steps`.
        """

    @property
    def free_steps(self) -> int | None:
        """Number of steps after which `maintain` next changes anything; None if it never does."""
        return None

    def correlations(self) -> Sequence[Correlation]:
        """Return what `learn` does, if it does nothing but add outer products; empty by default.

        A backend may then add them itself, later, in place of calling `learn`. In a class that
        overrides `learn` but not this, it is empty again.
        """
        return []

    @property
    def decays(self) -> bool:
        """Whether some weights decay with the forward weights, i.e. `decay` is overridden."""
        return type(self).decay is not FeedbackCircuit.decay

    def decay(self, factor: float) -> None:  # noqa: B027
        """Multiply the weights that decay with the forward weights by `factor`: none by default."""

    def layer_matrices(self) -> list[Tensor]:
        """Return the matrix into each hidden population, if the error descends layer by layer.

        The list runs from the lowest hidden population upwards. Each matrix is [n_{l+1}, n_l] and
        remains the same tensor during the whole run, so that its angle to the forward weights can
        be recorded. By default the list is empty.
        """
        return []

    def paths(self) -> Sequence[Variable]:
        """Return the effective matrix of the error's path into each hidden population.

        The list runs from the lowest hidden population upwards. Each matrix is [n_{l+1}, n_l]. It
        is a tensor that remains the same during the whole run or, if the error crosses a further
        population, a function that computes the matrix. `Network.alignment` and probes report its
        angle to the transposed forward weights. By default these are the `layer_matrices`.
        """
        return self.layer_matrices()

    def variables(self, state: FeedbackState) -> Sequence[Mapping[str, Variable]]:
        """Return further variables that can be probed, by name, for each forward population.

        The list runs from the first hidden population upwards and is empty by default. It need not
        include the error populations.
        """
        return []

    @abstractmethod
    def tensors(self) -> dict[str, Tensor]:
        """Return the circuit's weights by name, for checkpoints."""
