"""The spiking network with its error populations as equations of Brian2."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from spikefa.bench.peers.peer import RATE, sizes_of
from spikefa.bench.work import feedback_matrices
from spikefa.network.network import Network

Way = Literal["summed", "events"]

SENT: dict[Way, dict[str, Any]] = {
    "summed": {"model": "w : 1\ndrive_post = w * s_pre : 1 (summed)"},
    "events": {
        "model": "w : 1",
        "on_pre": {"up": "drive_post += w", "learn": "w -= eta * change_post"},
    },
}
FORWARD = """
V = (1 - tau) * V + tau * (drive + b)
p = 1 / (1 + exp(-V))
s = int({uniform} < p)
gain = p * (1 - p)
"""


@dataclass
class BrianNetwork:
    """The parts of the network; see `brian_network`.

    Attributes
    ----------
    populations, errors : list of brian2.NeuronGroup
        Forward populations, from the input upwards, and error populations, from the first hidden
        one upwards.
    projections, feedback : list of brian2.Synapses
        Synapses with forward weights ``w`` and with feedback weights ``B``, lowest first.
    slots : list of str
        The phases of a step, in order.
    """

    populations: list[Any] = field(default_factory=list)
    errors: list[Any] = field(default_factory=list)
    projections: list[Any] = field(default_factory=list)
    feedback: list[Any] = field(default_factory=list)
    slots: list[str] = field(default_factory=lambda: ["start"])

    def slot(self, name: str) -> str:
        """Append a phase to the step and return its name."""
        self.slots.append(name)
        return name

    def network(self) -> Any:
        """Return a brian2.Network of all objects, whose step runs through the slots."""
        import brian2

        objects = [*self.populations, *self.errors, *self.projections, *self.feedback]
        network = brian2.Network(objects)
        network.schedule = [*self.slots, "groups", "thresholds", "synapses", "resets", "end"]
        return network


def brian_network(
    network: Network,
    way: Way,
    uniform: str = "rand()",
    rate: float = RATE,
    values: Mapping[str, Any] | None = None,
) -> BrianNetwork:
    """Build a network of stochastic binary neurons with an `FA` circuit in Brian2.

    A step of the clock consists of a sweep up, the output error, a sweep down, and plasticity on
    all synapses, as here. The target is 0, and there is no weight decay.

    Parameters
    ----------
    network : Network
        Sizes, tau, learning rate and the ranges of weights and feedback weights are taken from it.
    way : {"summed", "events"}
        Spikes reach the synapses as summed variables over all synapses, or as events that visit
        only the synapses of neurons that spiked. The results are the same.
    uniform : str, default "rand()"
        Code for a uniform random number, in which ``{layer}`` stands for the population.
    rate : float, default 0.13
        Probability that an input neuron spikes in a step.
    values : mapping, optional
        Values of names that `uniform` uses.
    """
    feedback_matrices(network)  # refuses other circuits
    names = {
        "tau": next(iter(network.populations.values())).tau,
        "eta": network.rules.rates()[0],
        "rate": rate,
        **(values or {}),
    }
    made = BrianNetwork()
    sizes = sizes_of(network)
    _input(made, sizes[0], uniform, names)
    for layer, size in enumerate(sizes[1:], start=1):
        _population(made, layer, size, uniform, names)
        _projection(made, layer, way, names)
    _feed_back(made, names)
    _learn(made, way)
    return made


def _input(made: BrianNetwork, size: int, uniform: str, names: dict[str, Any]) -> None:
    import brian2

    group = brian2.NeuronGroup(size, "s : 1", threshold="s > 0.5", reset="", namespace=names)
    drawn = uniform.format(layer=0)
    group.run_regularly(f"s = int({drawn} < rate)", when=made.slot("input"))
    group.thresholder["spike"].when = made.slot("input spikes")
    made.populations.append(group)


def _population(
    made: BrianNetwork, layer: int, size: int, uniform: str, names: dict[str, Any]
) -> None:
    """Make a forward population and its error population."""
    import brian2

    variables = "V : 1\np : 1\ns : 1\ngain : 1\ndrive : 1\nb : 1\nchange : 1\nU : 1 (linked)"
    group = brian2.NeuronGroup(size, variables, threshold="s > 0.5", reset="", namespace=names)
    error = brian2.NeuronGroup(size, "U : 1\ndrive : 1\ns : 1 (linked)", namespace=names)
    group.U, error.s = brian2.linked_var(error, "U"), brian2.linked_var(group, "s")
    made.slot(f"drive {layer}")
    code = FORWARD.format(uniform=uniform.format(layer=layer))
    group.run_regularly(code, when=made.slot(f"population {layer}"))
    group.thresholder["spike"].when = made.slot(f"spikes {layer}")
    made.populations.append(group)
    made.errors.append(error)


def _projection(made: BrianNetwork, layer: int, way: Way, names: dict[str, Any]) -> None:
    import brian2

    pre, post = made.populations[-2:]
    synapses = brian2.Synapses(pre, post, **SENT[way], namespace=names)
    synapses.connect()
    if way == "summed":
        (updater,) = synapses.summed_updaters.values()
        updater.when = f"drive {layer}"
    else:
        synapses.up.when = f"drive {layer}"
        # Events add to the drive, so it is reset after use.
        post.run_regularly("drive = 0", when=f"spikes {layer}")
    made.projections.append(synapses)


def _feed_back(made: BrianNetwork, names: dict[str, Any]) -> None:
    """Compute the output error and carry it down from one error population to the next."""
    import brian2

    output = "U = (1 - tau) * U + tau * s"  # minus a target of 0
    made.errors[-1].run_regularly(output, when=made.slot("output error"))
    for layer in range(len(made.errors) - 2, -1, -1):
        below = made.errors[layer]
        model = "B : 1\ndrive_post = B * U_pre : 1 (summed)"
        synapses = brian2.Synapses(made.errors[layer + 1], below, model, namespace=names)
        synapses.connect()
        (updater,) = synapses.summed_updaters.values()
        updater.when = made.slot(f"carry {layer}")
        below.run_regularly("U = (1 - tau) * U + tau * drive", when=made.slot(f"error {layer}"))
        made.feedback.insert(0, synapses)


def _learn(made: BrianNetwork, way: Way) -> None:
    made.slot("change")
    made.slot("learn")
    for post, synapses in zip(made.populations[1:], made.projections, strict=True):
        post.run_regularly("change = U * gain\nb -= eta * change", when="change")
        if way == "events":
            synapses.learn.when = "learn"
        else:
            synapses.run_regularly("w -= eta * s_pre * change_post", when="learn")
