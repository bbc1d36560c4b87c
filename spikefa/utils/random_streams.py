"""The random numbers of a stream: which part draws from which generator."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from spikefa.utils.seeding import generator


class RandomStreams:
    """Draws the uniforms of each part of a network, each from a generator of its own.

    Replicas draw one after another, each from its own generators: so each gets the numbers that a
    single network with its seed would.

    Parameters
    ----------
    uniforms : mapping of str to Tensor
        What is drawn, by part; nothing for a part that uses no randomness.
    paths : mapping of str to tuple of str
        The random stream of each part, below `name`.
    seeds : sequence of int
        Of each replica, or of the one network.
    name : str
        Of the stream.
    replicated : bool
        Whether the names of the generators tell the replica.
    device : torch.device

    Attributes
    ----------
    generators : dict of torch.Generator
        By part; of replica r their names begin with ``r/``. Whoever puts another in the place of
        one lets the part draw from that.
    """

    def __init__(
        self,
        uniforms: Mapping[str, Tensor],
        paths: Mapping[str, tuple[str, ...]],
        seeds: Sequence[int],
        name: str,
        replicated: bool,
        device: torch.device,
    ):
        def label(part: str, number: int) -> str:
            return f"{number}/{part}" if replicated else part

        self.generators = {
            label(part, number): generator(seed, name, *path, device=device)
            for number, seed in enumerate(seeds)
            for part, path in paths.items()
        }
        self._drawn = {
            part: [
                (own, label(part, number))
                for number, own in enumerate(numbers.view(len(seeds), -1))
            ]
            for part, numbers in uniforms.items()
            if numbers.numel()
        }

    def draw(self, part: str) -> None:
        """Draw the uniforms of a part anew, if it has any."""
        for uniforms, label in self._drawn.get(part, ()):
            uniforms.uniform_(generator=self.generators[label])

    def states(self) -> dict[str, Tensor]:
        """Return a copy of the state of every generator."""
        return {name: source.get_state() for name, source in self.generators.items()}

    def set_states(self, states: Mapping[str, Tensor]) -> None:
        """Set every generator back to a state that `states` returned."""
        for name, source in self.generators.items():
            source.set_state(states[name])
