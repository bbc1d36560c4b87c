"""Random streams: a generator for each part of a network that uses randomness."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.utils.seeding import generator


@dataclass(eq=False)
class RandomStreams:
    """Draws the uniforms of each part of a network from a generator of its own.

    Each replica has its own generators, and therefore receives the numbers that a single network
    with its seed would receive.

    Parameters
    ----------
    uniforms : mapping of str to Tensor
        The tensors to fill, by part. They are empty for parts without randomness.
    paths : mapping of str to tuple of str
        The path of the random stream of each part, below `name`.
    seeds : sequence of int
        One for each replica, or the one of a single network.
    name : str
        First name of all random streams.
    replicated : bool
        Whether the names of the generators begin with the number of the replica.
    device : torch.device

    Attributes
    ----------
    generators : dict of torch.Generator
        By part; for replica r their names begin with ``r/``. If a generator is replaced, the part
        draws from the new one.
    """

    uniforms: Mapping[str, Tensor]
    paths: Mapping[str, tuple[str, ...]]
    seeds: Sequence[int]
    name: str
    replicated: bool
    device: torch.device
    generators: dict[str, torch.Generator] = field(init=False)
    _drawn: dict[str, list[tuple[Tensor, str]]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.generators = {
            self._label(part, number): generator(seed, self.name, *path, device=self.device)
            for number, seed in enumerate(self.seeds)
            for part, path in self.paths.items()
        }
        self._drawn = {
            part: [
                (own, self._label(part, number))
                for number, own in enumerate(numbers.view(len(self.seeds), -1))
            ]
            for part, numbers in self.uniforms.items()
            if numbers.numel()
        }

    def _label(self, part: str, replica: int) -> str:
        return f"{replica}/{part}" if self.replicated else part

    def draw(self, part: str) -> None:
        """Draw new uniforms for a part, if it uses any."""
        for uniforms, label in self._drawn.get(part, ()):
            uniforms.uniform_(generator=self.generators[label])

    def states(self) -> dict[str, Tensor]:
        """Return a copy of the state of every generator."""
        return {name: source.get_state() for name, source in self.generators.items()}

    def set_states(self, states: Mapping[str, Tensor]) -> None:
        """Set every generator back to a state that `states` returned."""
        for name, source in self.generators.items():
            source.set_state(states[name])
