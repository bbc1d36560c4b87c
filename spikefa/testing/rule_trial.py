"""One projection that learns by a rule, from activity that a check chooses."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor

from spikefa.feedback import ErrorPopulation, FeedbackCircuit, FeedbackState
from spikefa.network.network import Network
from spikefa.network.parts import MakeSynapses
from spikefa.network.state import NetworkState
from spikefa.neurons import PopulationState, StochasticBinary
from spikefa.plasticity import PlasticityRule
from spikefa.synapses import Conv, Convolution, Dense, Sharing, Synapses, Unshared
from spikefa.testing.tape import Recorded
from spikefa.utils.seeding import generator

N_PRE, N_POST, STREAMS, STEPS = 6, 5, 4, 6
DENSE = Unshared(N_PRE, N_POST)
LAYOUT = Convolution((2, 1, 3), 2, (1, 2))
"""Of as many presynaptic neurons, onto 2 channels of 2 pixels."""


@dataclass(frozen=True)
class Activity:
    """What the synapses see in each step, `[steps, ..., streams, n]`, and the weights they have.

    Attributes
    ----------
    pre, potential, spikes, gain, modulator : Tensor
    weight : Tensor [..., n_pre, n_post]
    """

    pre: Tensor
    potential: Tensor
    spikes: Tensor
    gain: Tensor
    modulator: Tensor
    weight: Tensor

    def streams(self, chosen: slice) -> "Activity":
        """Return the same for some of the streams."""
        names = ("pre", "potential", "spikes", "gain", "modulator")
        return replace(self, **{name: getattr(self, name)[:, chosen] for name in names})


def activity(
    name: str = "activity",
    dtype: torch.dtype = torch.float64,
    layout: Sharing = DENSE,
) -> Activity:
    """Return random activity like that of spiking neurons, always the same for a name."""
    n_post = layout.n_post
    source = generator(0, "conformance", name)

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=source, dtype=torch.float64).to(dtype)

    potential = 4 * uniform(STEPS, STREAMS, n_post) - 2
    p = torch.sigmoid(potential)
    return Activity(
        pre=(uniform(STEPS, STREAMS, N_PRE) < 0.5).to(dtype),
        potential=potential,
        spikes=(uniform(STEPS, STREAMS, n_post) < p).to(dtype),
        gain=p * (1 - p),
        modulator=uniform(STEPS, STREAMS, n_post) - 0.5,
        weight=uniform(*layout.weight_shape) - 0.5,
    )


class Imposed(FeedbackCircuit):
    """A circuit whose modulators are whatever was written into them."""

    serves_shared: ClassVar[bool] = True

    def connect(
        self, forward: Sequence[Synapses], device: torch.device, dtype: torch.dtype
    ) -> None:
        """Remember the sizes."""
        self.sizes = [synapses.n_post for synapses in forward]

    def initialise(self, seed: int) -> None:
        """Draw nothing."""

    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> FeedbackState:
        """Return error populations that stay as they are."""
        return FeedbackState(
            [ErrorPopulation(size).state(batch, device, dtype) for size in self.sizes]
        )

    def step(self, state: FeedbackState, error: Tensor, forward: Sequence[PopulationState]) -> None:
        """Leave everything as it is."""

    def tensors(self) -> dict[str, Tensor]:
        """Return nothing."""
        return {}


class RuleTrial:
    """One projection, by default of 6 x 5 synapses, that learns by a copy of a rule.

    Attributes
    ----------
    network : Network
    state : NetworkState
    rule : PlasticityRule
        A copy, so that what one trial leaves behind in it does not reach the next.
    """

    def __init__(
        self,
        rule: PlasticityRule,
        streams: int = STREAMS,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float64,
        replicas: int | None = None,
        n_post: int = N_POST,
        synapses: MakeSynapses = Dense,
    ):
        self.rule = copy.deepcopy(rule)
        if not isinstance(rule.learning_rate, int | float):
            self.rule.learning_rate = rule.learning_rate[0]
        self.network = Network(
            N_PRE,
            {"post": StochasticBinary(n_post)},
            Imposed(),
            self.rule,
            synapses,
            device=device,
            dtype=dtype,
            replicas=replicas,
        )
        self.state: NetworkState = self.network.state(streams)

    @property
    def synapses(self) -> Synapses:
        """The synapses that learn."""
        return self.network.synapses["post"]

    def learn(
        self,
        shown: Activity,
        steps: range = range(STEPS),
        look: Callable[[], None] | None = None,
        captured: bool = False,
    ) -> list[tuple[Tensor, Tensor]]:
        """Return the change of weights and biases in each step.

        Every step begins with the same weights, so that changes of several trials compare.

        Parameters
        ----------
        shown : Activity
        steps : range
        look : callable, optional
            Called after each step.
        captured : bool, default False
            Whether only the first step runs the code of the rule, and the others repeat its
            operations from a tape, as a CUDA graph does.
        """
        changes = []
        pre = torch.zeros_like(shown.pre[0], dtype=self.synapses.weight.dtype)

        def work() -> None:
            self.network.learn(self.state, pre)

        learn = Recorded(work, self.network.device) if captured else work
        population, synapses = self.state.populations[0], self.synapses
        for step in steps:
            synapses.weight.copy_(shown.weight)
            synapses.bias.zero_()
            pre.copy_(shown.pre[step])
            population.potential.copy_(shown.potential[step])
            population.spikes.copy_(shown.spikes[step])
            population.gain.copy_(shown.gain[step])
            self.state.feedback.errors[0].activity.copy_(shown.modulator[step])
            learn()
            changes.append(
                (synapses.weight - shown.weight.to(synapses.weight), synapses.bias.clone())
            )
            if look is not None:
                look()
        return changes


@dataclass(frozen=True)
class RuleSubject:
    """What is checked: a rule, for one kind of synapses.

    Attributes
    ----------
    rule : PlasticityRule
    convolutional : bool
        Whether synapses share weights, as those of a `Conv`.
    """

    rule: PlasticityRule
    convolutional: bool = False

    @property
    def layout(self) -> Sharing:
        """Which synapses share a weight."""
        return LAYOUT if self.convolutional else DENSE

    @property
    def n_post(self) -> int:
        """The number of postsynaptic neurons."""
        return self.layout.n_post

    @property
    def weight(self) -> tuple[int, int]:
        """The weight that a check looks at: its row and its column."""
        return (2, 1) if self.convolutional else (2, 3)

    def trial(self, streams: int = STREAMS, **more: Any) -> RuleTrial:
        """Return a new trial of a copy of the rule."""
        kind = partial(Conv, convolution=LAYOUT) if self.convolutional else Dense
        return RuleTrial(self.rule, streams, n_post=self.n_post, synapses=kind, **more)

    def activity(self, name: str = "activity", dtype: torch.dtype = torch.float64) -> Activity:
        """Return random activity, see `activity`."""
        return activity(name, dtype, self.layout)
