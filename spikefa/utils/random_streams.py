"""The random numbers of a run: which part of it draws from which generator."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from spikefa.utils.seeding import generator


class RandomStreams:
    """Draws the uniforms of each part of a run, each from a generator of its own.

    Replicas draw one after another, each from its own generators: so each gets the numbers that a
    single network with its seed would.

    Parameters
    ----------
    uniforms : mapping of str to Tensor
        What is drawn, by part; nothing for a part that uses no randomness.
    paths : mapping of str to tuple of str
        The random stream of each part.
    seeds : sequence of int
        Of each replica, or of the one network.
    replicated : bool
        Whether the names of the generators tell the replica.
    device : torch.device
    host : mapping of str to tuple of str, default {}
        Further parts, with their random streams, that draw for themselves, on the CPU.

    Attributes
    ----------
    generators : dict of torch.Generator
        By part; those of replica r have names that begin with ``r/``. Replacing one lets the part
        draw from the new one.
    """

    def __init__(
        self,
        uniforms: Mapping[str, Tensor],
        paths: Mapping[str, tuple[str, ...]],
        seeds: Sequence[int],
        replicated: bool,
        device: torch.device,
        host: Mapping[str, tuple[str, ...]] | None = None,
    ):
        def labels(part: str) -> list[str]:
            return [f"{n}/{part}" if replicated else part for n in range(len(seeds))]

        self.generators = {
            label: generator(seed, *path, device=where)
            for where, streams in ((device, paths), (torch.device("cpu"), host or {}))
            for part, path in streams.items()
            for label, seed in zip(labels(part), seeds, strict=True)
        }
        self._labels = {part: labels(part) for part in (*paths, *(host or {}))}
        self._drawn = {
            part: list(zip(numbers.view(len(seeds), -1), labels(part), strict=True))
            for part, numbers in uniforms.items()
            if numbers.numel()
        }

    def draw(self, part: str) -> None:
        """Draw the uniforms of a part anew, if it has any."""
        for uniforms, label in self._drawn.get(part, ()):
            uniforms.uniform_(generator=self.generators[label])

    def of(self, part: str) -> list[torch.Generator]:
        """Return the generators of a part, one for each replica."""
        return [self.generators[label] for label in self._labels[part]]

    def states(self) -> dict[str, Tensor]:
        """Return a copy of the state of every generator."""
        return {name: source.get_state() for name, source in self.generators.items()}

    def set_states(self, states: Mapping[str, Tensor]) -> None:
        """Set every generator back to a state that `states` returned."""
        for name, source in self.generators.items():
            source.set_state(states[name])
