"""One population of neurons, driven by currents and uniforms that a check chooses."""

import copy
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from spikefa.backends import Scope
from spikefa.backends.capturable import check_capturable
from spikefa.neurons import Population, PopulationState
from spikefa.testing.tape import Recorded
from spikefa.utils.replicas import side_by_side
from spikefa.utils.seeding import generator
from spikefa.utils.tensors import copy_into, named_tensors

STREAMS, STEPS = 3, 6
INPUTS = ("drive", "uniforms")
"""What a population reads, and others write."""


@dataclass(frozen=True)
class Shown:
    """What the neurons are given in each step, `[steps, ..., streams, n]`.

    Attributes
    ----------
    drive, uniforms : Tensor
    """

    drive: Tensor
    uniforms: Tensor

    def stack(self, other: "Shown") -> "Shown":
        """Return what two replicas are given."""
        return Shown(
            *(torch.stack([getattr(each, name) for each in (self, other)], 1) for name in INPUTS)
        )


def shown(population: Population, name: str = "activity", streams: int = STREAMS) -> Shown:
    """Return random drive and uniforms for a population, always the same for a name."""
    source = generator(0, "conformance", name)
    shape = (STEPS, streams, population.size)

    def uniform() -> Tensor:
        return torch.rand(shape, generator=source, dtype=torch.float64)

    return Shown(4 * uniform() - 2, uniform())


class NeuronTrial:
    """A copy of a population with a state, so that no trial changes the next.

    Attributes
    ----------
    population : Population
    state : PopulationState
    """

    def __init__(
        self,
        population: Population,
        streams: int = STREAMS,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float64,
        replicas: int | None = None,
    ):
        self.population = copy.deepcopy(population)
        self.device = torch.device(device)
        single = self.population.state(streams, self.device, dtype)
        self.state: PopulationState = side_by_side(single, replicas)

    def tensors(self) -> dict[str, Tensor]:
        """Return the whole state by name."""
        return named_tensors(self.state)

    def snapshot(self) -> dict[str, Tensor]:
        """Return a copy of what a step leaves behind, by name: of all but the inputs."""
        return {name: t.clone() for name, t in self.tensors().items() if name not in INPUTS}

    def step(self, drive: Tensor, uniforms: Tensor) -> None:
        """Take a step."""
        self._give(drive, uniforms)
        self.population.step(self.state)

    def run(
        self, given: Shown, steps: range = range(STEPS), captured: bool = False
    ) -> list[dict[str, Tensor]]:
        """Take some steps; return what each leaves behind.

        With `captured`, only the first runs the code of the population, and the others repeat its
        operations from a tape, as a CUDA graph does.
        """

        def work() -> None:
            self.population.step(self.state)

        step = Recorded(work, self.device) if captured else work
        left = []
        for number in steps:
            self._give(given.drive[number], given.uniforms[number])
            step()
            left.append(self.snapshot())
        return left

    def check_capturable(self) -> None:
        """Check that a step can be captured, as the graph backend does before a run."""
        scope = Scope(lambda: self.tensors(), objects=[self.population, self.state])
        check_capturable(lambda: self.population.step(self.state), scope, self.device)

    def resume(self, other: "NeuronTrial") -> None:
        """Go on from the state of another trial, as from a checkpoint."""
        copy_into(self.tensors(), other.tensors())

    def _give(self, drive: Tensor, uniforms: Tensor) -> None:
        self.state.drive.copy_(drive)
        if self.state.uniforms.numel():
            self.state.uniforms.copy_(uniforms)


NAMES = tuple(item.name for item in fields(PopulationState) if item.type is Tensor)
"""The tensors that every population has."""
