"""What a run would have cost on a chip, as numbers of operations."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple


class Operations(NamedTuple):
    """Synaptic operations of one projection, forward or feedback.

    Attributes
    ----------
    events : int
        Nonzero values that arrived, each at each synapse of its neuron: what a chip that is driven
        by events computes.
    dense : int
        Products of an activity and a weight in the equations, whether they are 0 or not.
    """

    events: int
    dense: int


class Changes(NamedTuple):
    """Changes of the weights of one projection.

    Attributes
    ----------
    events : int
        Pairs of a nonzero presynaptic and a nonzero postsynaptic factor at a synapse, in each
        stream by itself. Each reads and writes one weight.
    dense : int
        Products of two factors in the equations, whether they are 0 or not.
    shared : int
        Weights written if the streams are summed first: in each step, synapses between neurons
        whose factors are not 0 in any stream. With one stream it is `events`.
    """

    events: int
    dense: int
    shared: int


@dataclass(frozen=True)
class Costs:
    """Operations of a training so far, in all streams and replicas together; see docs/costs.md.

    Attributes
    ----------
    steps : int
        Steps of simulated time that were counted.
    streams : int
        Streams of all replicas; each step is made in each of them.
    neurons, error_neurons : int
        Neurons that are updated at every step in each stream, without the input.
    spikes : dict of int
        Nonzero activities that the input and each population sent.
    forward : dict of Operations
        By projection, which has the name of its postsynaptic population.
    backward : dict of Operations
        By hop of the error, such as ``errors/output > errors/hidden1``.
    plasticity : dict of Changes
        Of forward synapses, by projection.
    feedback_plasticity : dict of Changes
        Of feedback synapses that learn, by hop.
    uncounted : tuple of str
        What is not counted, in words.
    """

    steps: int
    streams: int
    neurons: int
    error_neurons: int
    spikes: dict[str, int]
    forward: dict[str, Operations]
    backward: dict[str, Operations]
    plasticity: dict[str, Changes]
    feedback_plasticity: dict[str, Changes]
    uncounted: tuple[str, ...] = ()

    @property
    def neuron_updates(self) -> int:
        """Updates of forward neurons and of error neurons: one of each at every step."""
        return self.steps * self.streams * (self.neurons + self.error_neurons)

    @property
    def weight_reads(self) -> int:
        """Weights read by a chip driven by events: one for each operation and each change."""
        arrived = [*self.forward.values(), *self.backward.values()]
        return sum(each.events for each in arrived) + self.weight_writes

    @property
    def weight_writes(self) -> int:
        """Weights written by a chip driven by events: one for each change in each stream."""
        return sum(each.events for each in self._changes())

    @property
    def shared_weight_writes(self) -> int:
        """Weights written if the streams are summed first; see `Changes`."""
        return sum(each.shared for each in self._changes())

    def _changes(self) -> list[Changes]:
        return [*self.plasticity.values(), *self.feedback_plasticity.values()]

    def describe(self) -> dict[str, Any]:
        """Return everything as plain data, which `from_description` reads."""
        found = asdict(self)
        for name in ("forward", "backward", "plasticity", "feedback_plasticity"):
            found[name] = {key: each._asdict() for key, each in getattr(self, name).items()}
        found["uncounted"] = list(self.uncounted)
        return found

    @classmethod
    def from_description(cls, given: Mapping[str, Any]) -> "Costs":
        """Return the costs that `describe` has described."""
        parts: dict[str, Any] = {"uncounted": tuple(given["uncounted"])}
        for name in ("forward", "backward"):
            parts[name] = {key: Operations(**each) for key, each in given[name].items()}
        for name in ("plasticity", "feedback_plasticity"):
            parts[name] = {key: Changes(**each) for key, each in given[name].items()}
        return cls(**{**given, **parts})
