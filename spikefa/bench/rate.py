"""Updates a second of a rate network and its replicas, beside plain torch with autograd."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.datasets.examples import Examples
from spikefa.feedback import FA, Backprop, FeedbackCircuit
from spikefa.models import rate_network
from spikefa.plasticity import ThreeFactor
from spikefa.simulation.simulation import Simulation
from spikefa.stimulus import ExampleStimulus
from spikefa.utils.seeding import generator
from spikefa.utils.timing import interleaved, ratio

SIZES = (784, 800, 800, 10)
COUNTS = (1, 10, 30)
RATE = 1e-4
CIRCUITS: dict[str, Callable[[], FeedbackCircuit]] = {
    "FA": lambda: FA(0.05, tau=1.0),
    "backprop": lambda: Backprop(tau=1.0),
}
PLAIN = "plain torch + autograd"


@dataclass(frozen=True)
class RateTiming:
    """The time in which every replica is updated once.

    Attributes
    ----------
    what : str
        What was timed: a circuit and the backend that ran it, or plain torch.
    replicas, batch : int
        Number of networks side by side, and examples of each update.
    milliseconds : list of float
        For each repetition.
    times_plain : float
        Median over the repetitions of the updates a second, of all replicas, divided by those of
        plain torch, which updates one network.
    """

    what: str
    replicas: int
    batch: int
    milliseconds: list[float]
    times_plain: float

    @property
    def updates_per_second(self) -> float:
        """Updates of all replicas together, in the median repetition."""
        return 1e3 * self.replicas / statistics.median(self.milliseconds)

    def __str__(self) -> str:
        low, high = (1e3 * self.replicas / each(self.milliseconds) for each in (max, min))
        return (
            f"{self.what:24} {self.replicas:3} replicas, batch {self.batch}: "
            f"{self.updates_per_second:9.1f} updates/s (min {low:.1f}, max {high:.1f}, "
            f"n = {len(self.milliseconds)}), {self.times_plain:.2f} of {PLAIN}"
        )


def time_rate(
    device: torch.device,
    batch: int,
    sizes: Sequence[int] = SIZES,
    counts: Sequence[int] = COUNTS,
    updates: int = 10,
    repetitions: int = 9,
) -> Iterator[RateTiming]:
    """Time whole updates in turns: the next examples, forward, backward, weights, measures.

    Parameters
    ----------
    device : torch.device
    batch : int
        Examples of each update.
    sizes : sequence of int, default (784, 800, 800, 10)
    counts : sequence of int, default (1, 10, 30)
        Numbers of replicas.
    updates : int, default 10
        Updates of each replica in one repetition.
    repetitions : int, default 9
        Number of repetitions of each, after a first one that is not counted.
    """
    examples = _examples(sizes, 10 * batch)
    made: dict[str, tuple[int, Callable[[], None]]] = {}
    for name, circuit in CIRCUITS.items():
        for count in counts:
            simulation = _simulation(examples, sizes, circuit(), device, batch, count)
            label = f"{name}, {simulation.backend}"
            made[f"{label}/{count}"] = count, _update(simulation)
    plain = PlainNetwork(sizes, examples, device, batch)
    timed = {label: step for label, (_, step) in made.items()} | {PLAIN: plain.update}
    times = interleaved(timed, updates, repetitions, device)
    yield RateTiming(PLAIN, 1, batch, times[PLAIN], 1.0)
    for label, (count, _) in made.items():
        share = count * ratio(times[PLAIN], times[label])
        yield RateTiming(label.partition("/")[0], count, batch, times[label], share)


def _examples(sizes: Sequence[int], count: int) -> Examples:
    source = generator(0, "benchmark")
    inputs = torch.rand(count, sizes[0], generator=source)
    labels = torch.randint(sizes[-1], (count,), generator=source)
    return Examples(inputs, torch.eye(sizes[-1])[labels], labels)


def _simulation(
    examples: Examples,
    sizes: Sequence[int],
    circuit: FeedbackCircuit,
    device: torch.device,
    batch: int,
    replicas: int,
) -> Simulation:
    network = rate_network(
        sizes,
        circuit,
        ThreeFactor(RATE),
        "tanh",
        "linear",
        0.05,
        device=device,
        dtype=torch.float32,
        replicas=None if replicas == 1 else replicas,
    )
    return Simulation(network, ExampleStimulus(examples), batch_size=batch)


def _update(simulation: Simulation) -> Callable[[], None]:
    def update() -> None:
        for _ in simulation.present(each=False):
            pass

    return update


@dataclass(eq=False)
class PlainNetwork:
    """The same network and loss as a user of torch writes them, trained by plain descent.

    Parameters
    ----------
    sizes : sequence of int
    examples : Examples
    device : torch.device
    batch : int
    """

    sizes: Sequence[int]
    examples: Examples
    device: torch.device
    batch: int
    layers: list[tuple[Tensor, Tensor]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        source = generator(0, "plain")
        self.layers = []
        for n_pre, n_post in zip(self.sizes[:-1], self.sizes[1:], strict=True):
            weight = torch.rand(n_pre, n_post, generator=source).sub_(0.5).mul_(0.1)
            bias = torch.zeros(n_post, device=self.device)
            self.layers.append((weight.to(self.device).requires_grad_(), bias.requires_grad_()))
        self.inputs = self.examples.inputs.to(self.device)
        self.targets = self.examples.targets.to(self.device)

    def loss(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Return half the squared error, summed over the batch."""
        activity = inputs
        for weight, bias in self.layers[:-1]:
            activity = torch.tanh(torch.addmm(bias, activity, weight))
        weight, bias = self.layers[-1]
        return (torch.addmm(bias, activity, weight) - targets).square().sum() / 2

    def update(self) -> None:
        """Take random examples, and one step of gradient descent."""
        chosen = torch.randint(len(self.inputs), (self.batch,), device=self.device)
        self.loss(self.inputs[chosen], self.targets[chosen]).backward()
        with torch.no_grad():
            for parameters in self.layers:
                for each in parameters:
                    assert each.grad is not None
                    each.sub_(each.grad, alpha=RATE)
                    each.grad.zero_()
