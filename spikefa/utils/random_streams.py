"""Random streams: a generator for each part of a run that uses randomness."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.errors import SpikefaError, require
from spikefa.utils.seeding import generator

Paths = Mapping[str, tuple[str, ...]]
"""The path of a random stream below the seed, by part."""


@dataclass(eq=False)
class RandomStreams:
    """Draws the uniforms of each part of a run from a generator of its own.

    Each replica has its own generators, and therefore receives the numbers that a single network
    with its seed would receive.

    Parameters
    ----------
    uniforms : mapping of str to Tensor
        The tensors to fill, by part. They are empty for parts without randomness. A part is called
        ``<group>/<name>``, or as its group, so that names of users have a space of their own.
    paths : mapping of str to tuple of str
        The random stream of each part.
    seeds : sequence of int
        One for each replica, or the one of a single network.
    replicated : bool
        Whether the names of the generators begin with the number of the replica.
    device : torch.device
    host : mapping of str to tuple of str, default {}
        The random streams of further parts, which draw for themselves on the CPU.

    Raises
    ------
    SpikefaError
        If two parts have the same random stream.

    Attributes
    ----------
    generators : dict of torch.Generator
        By part; for replica r their names begin with ``r/``. If a generator is replaced, the part
        draws from the new one.
    """

    uniforms: Mapping[str, Tensor]
    paths: Paths
    seeds: Sequence[int]
    replicated: bool
    device: torch.device
    host: Paths = field(default_factory=dict)
    generators: dict[str, torch.Generator] = field(init=False)
    _drawn: dict[str, list[tuple[Tensor, str]]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        paths = [*self.paths.items(), *self.host.items()]
        for number, (part, path) in enumerate(paths):
            for other, same in paths[:number]:
                require(
                    path != same,
                    f"{part!r} and {other!r} would draw the same random numbers, of the stream "
                    f"{'/'.join(path)!r}: give one of them another name",
                )
        self.generators = {
            label: generator(seed, *path, device=device)
            for device, paths in ((self.device, self.paths), (torch.device("cpu"), self.host))
            for part, path in paths.items()
            for label, seed in zip(self._labels(part), self.seeds, strict=True)
        }
        self._drawn = {}
        for part, numbers in self.uniforms.items():
            if numbers.numel():
                own = zip(numbers.view(len(self.seeds), -1), self._labels(part), strict=True)
                self._drawn.setdefault(part.partition("/")[0], []).extend(own)

    def _labels(self, part: str) -> list[str]:
        """Return the names of the generators of a part, one for each replica."""
        replicas = range(len(self.seeds))
        return [f"{number}/{part}" if self.replicated else part for number in replicas]

    def draw(self, group: str) -> None:
        """Draw new uniforms for all parts of a group, such as "spikes", that use any."""
        for uniforms, label in self._drawn.get(group, ()):
            uniforms.uniform_(generator=self.generators[label])

    def of(self, part: str) -> list[torch.Generator]:
        """Return the generators of a part, one for each replica."""
        return [self.generators[label] for label in self._labels(part)]

    def go_on_from(self, before: "RandomStreams") -> None:
        """Take over the generators of the parts that were there before."""
        self.generators |= {
            name: before.generators[name] for name in self.generators if name in before.generators
        }

    def states(self) -> dict[str, Tensor]:
        """Return a copy of the state of every generator."""
        return {name: source.get_state() for name, source in self.generators.items()}

    def set_states(self, states: Mapping[str, Tensor]) -> None:
        """Set every generator back to a state that `states` returned.

        Raises
        ------
        SpikefaError
            If it is the state of no generator.
        """
        for name, source in self.generators.items():
            try:
                source.set_state(states[name])
            except (RuntimeError, TypeError) as error:
                raise SpikefaError(f"the state of the generator {name!r} is damaged") from error
