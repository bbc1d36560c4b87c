"""A small network that carries its error back by a circuit, with noise that a check chooses."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor

from spikefa.backends import Scope
from spikefa.backends.capturable import check_capturable
from spikefa.errors import require
from spikefa.feedback import FeedbackCircuit
from spikefa.network.network import Network
from spikefa.network.state import NetworkState
from spikefa.neurons import StochasticBinary
from spikefa.plasticity import ThreeFactor
from spikefa.synapses import Conv, Convolution
from spikefa.testing.tape import Recorded
from spikefa.utils.seeding import generator
from spikefa.utils.tensors import copy_into, named_tensors

N_INPUTS, SIZES, STREAMS, STEPS = 7, (12, 10, 8), 3, 6
LAYER1 = Convolution((1, 1, N_INPUTS), 3, (1, 4))  # onto 3 x 1 x 4
LAYER2 = Convolution(LAYER1.out_shape, 5, (1, 2), stride=(1, 2))  # onto 5 x 1 x 2

Backend = Callable[[Network, NetworkState, Tensor, Tensor], None]


@dataclass(eq=False)
class CircuitTrial:
    """A network 7-12-10-8 of spiking neurons with a copy of a circuit.

    If it is convolutional, both hidden populations are a row of pixels, with 3 channels and with 5.

    Inputs, targets and the numbers from U[0, 1) are the same in every trial with the same seed.

    Parameters
    ----------
    circuit : FeedbackCircuit
        It is copied; the attribute is the copy.
    device, dtype
        Where the network lives, and as what.
    streams : int
    initialised : bool
        Whether weights are drawn.
    seed : int or sequence of int
        Several seeds make as many networks side by side.
    convolutional : bool, default False
        Whether the synapses onto the hidden populations share their weights.

    Attributes
    ----------
    network : Network
    state : NetworkState
    """

    circuit: FeedbackCircuit
    device: torch.device | str = "cpu"
    dtype: torch.dtype = torch.float64
    streams: int = STREAMS
    initialised: bool = True
    seed: int | Sequence[int] = 0
    convolutional: bool = False
    network: Network = field(init=False, repr=False)
    state: NetworkState = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.circuit = copy.deepcopy(self.circuit)
        populations = {f"layer{n}": StochasticBinary(size) for n, size in enumerate(SIZES, 1)}
        shared = {"layer1": LAYER1, "layer2": LAYER2} if self.convolutional else {}
        self.network = Network(
            N_INPUTS,
            populations,
            self.circuit,
            ThreeFactor(0.05),
            {name: partial(Conv, convolution=each) for name, each in shared.items()},
            device=self.device,
            dtype=self.dtype,
            replicas=None if isinstance(self.seed, int) else len(self.seed),
        )
        if self.initialised:
            self.network.initialise(self.seed)
            for synapses in self.network.synapses.values():
                synapses.weight.mul_(10)  # so that activity, error and gain differ between neurons
        self.state = self.network.state(self.streams)

    def tensors(self) -> dict[str, Tensor]:
        """Return all weights and all state by name."""
        return named_tensors({"network": self.network.tensors(), "state": self.state})

    def draw(self, step: int) -> tuple[Tensor, Tensor]:
        """Draw the numbers of this step; return inputs and targets."""
        if isinstance(self.seed, int):
            return _draw(self.state, self.seed, step)
        states = map(self.state.replica, range(len(self.seed)))
        drawn = [_draw(state, seed, step) for state, seed in zip(states, self.seed, strict=True)]
        inputs, targets = zip(*drawn, strict=True)
        return torch.stack(inputs), torch.stack(targets)

    def run(self, steps: range = range(STEPS), backend: Backend = Network.step) -> None:
        """Let the network learn for some steps."""
        for step in steps:
            inputs, target = self.draw(step)
            backend(self.network, self.state, inputs, target)

    def twin(self, subject: "CircuitSubject") -> "CircuitTrial":
        """Return another trial that has been brought to the same weights and state."""
        other = subject.trial(self.network.device, self.network.dtype)
        copy_into(other.tensors(), self.tensors())
        other.state.steps = self.state.steps
        for trial in (self, other):  # as a simulation does before every presentation
            trial.network.set_learning_rates(trial.state)
        return other


@dataclass(frozen=True)
class CircuitSubject:
    """What is checked: a circuit, in one kind of network.

    Attributes
    ----------
    circuit : FeedbackCircuit
    convolutional : bool
        As in `CircuitTrial`.
    """

    circuit: FeedbackCircuit
    convolutional: bool = False

    def trial(
        self,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float64,
        **more: Any,
    ) -> CircuitTrial:
        """Return a new trial of a copy of the circuit."""
        return CircuitTrial(self.circuit, device, dtype, convolutional=self.convolutional, **more)


def _draw(state: NetworkState, seed: int, step: int) -> tuple[Tensor, Tensor]:
    """Draw the numbers of one step of a single network."""
    source = generator(seed, "conformance", step)
    streams = state.error.shape[0]

    def uniform(n: int) -> Tensor:
        return torch.rand(streams, n, generator=source, dtype=torch.float64)

    inputs = (uniform(N_INPUTS) < 0.5).to(state.error)
    target = (uniform(SIZES[-1]) < 0.3).to(state.error)
    for population in state.populations:
        population.uniforms.copy_(uniform(population.uniforms.shape[-1]))
    for numbers in state.feedback.uniforms().values():
        drawn = torch.rand(numbers.shape, generator=source, dtype=torch.float64)
        numbers.copy_(drawn)
    return inputs, target


@dataclass(eq=False)
class Captured:
    """A step that runs the code of the network once, and repeats its operations from then on.

    Weight decay is left outside, as the graph backend does.
    """

    network: Network
    state: NetworkState
    inputs: Tensor = field(init=False, repr=False)
    target: Tensor = field(init=False, repr=False)
    _learn: Recorded = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.inputs = torch.zeros(len(self.state.error), N_INPUTS, dtype=self.network.dtype)
        self.target = torch.zeros_like(self.state.error)
        self._learn = Recorded(self._step, self.network.device)

    def check(self) -> None:
        """Check that a step can be captured, as the graph backend does before a run."""
        everything = self.network.feedback, self.state
        scope = Scope(
            lambda: named_tensors({"network": self.network.tensors(), "state": self.state}),
            objects=everything,
        )
        check_capturable(self._step, scope, self.network.device)

    def _step(self) -> None:
        self.network.forward(self.state, self.inputs)
        self.network.feed_back(self.state, self.target)
        self.network.learn(self.state, self.inputs)

    def __call__(
        self, network: Network, state: NetworkState, inputs: Tensor, target: Tensor
    ) -> None:
        """Take a step of `network`, which is the one that was given."""
        self.inputs.copy_(inputs)
        self.target.copy_(target)
        self._learn()
        self.network.finish(self.state)


def require_fresh(subject: CircuitSubject) -> None:
    """Raise `SpikefaError` if the circuit is part of a network already."""
    try:
        subject.trial()
    except Exception as error:
        require(
            "part of a network" not in str(error),
            "give check_feedback a circuit that is not part of a network yet",
        )
        raise
