"""What a circuit must not know: other streams, forward weights, neurons that it does not serve."""

import copy

from torch import Tensor

from spikefa.feedback import Projection
from spikefa.testing.circuit_trial import SIZES, CircuitSubject, CircuitTrial
from spikefa.testing.compare import expect, first_difference, same
from spikefa.utils.tensors import named_tensors

WARM = range(3)
"""Steps before a check, in which the circuit and the forward synapses learn."""


def _before_feedback(subject: CircuitSubject) -> tuple[CircuitTrial, Tensor]:
    """Return a network after the forward sweep of a step, and the target."""
    trial = subject.trial()
    trial.run(WARM)
    inputs, target = trial.draw(len(WARM))
    trial.network.forward(trial.state, inputs)
    return trial, target


def _modulators(trial: CircuitTrial) -> list[Tensor]:
    return [modulator.clone() for modulator in trial.state.feedback.modulators]


def streams_are_independent(subject: CircuitSubject) -> None:
    """The modulators of a stream do not depend on the error or the activity of other streams."""
    trial, target = _before_feedback(subject)
    other, other_target = _before_feedback(subject)
    trial.network.feed_back(trial.state, target)
    other_target[1:] = 1 - other_target[1:]
    for population in other.state.populations:
        for tensor in named_tensors(population).values():
            if tensor.dim() > 1:
                tensor[1:] = 1 - tensor[1:]
    other.network.feed_back(other.state, other_target)
    for layer, (one, two) in enumerate(zip(_modulators(trial), _modulators(other), strict=True), 1):
        expect(
            same(one[0], two[0]),
            f"the modulator of population {layer} in one stream depends on the error or activity "
            "of other streams",
        )


def reads_no_weights(subject: CircuitSubject) -> None:
    """Unless it says so in `reads_weights`, its error does not depend on forward weights."""
    if subject.circuit.reads_weights:
        return
    trial, target = _before_feedback(subject)
    other, _ = _before_feedback(subject)
    for synapses in other.network.synapses.values():
        synapses.weight.mul_(-0.5).add_(0.1)
    for one in (trial, other):
        one.network.feed_back(one.state, target)
    for layer, (a, b) in enumerate(zip(_modulators(trial), _modulators(other), strict=True), 1):
        expect(
            same(a, b),
            f"the modulator of population {layer} depends on the forward weights, which error "
            "neurons cannot see: declare `reads_weights = True`, or do not read them",
        )


def learning_reads_no_weights(subject: CircuitSubject) -> None:
    """Nor does what its own synapses learn; it may send activity through forward synapses."""
    if subject.circuit.reads_weights:
        return
    changed = []
    for perturbed in (False, True):
        trial, target = _before_feedback(subject)
        trial.network.feed_back(trial.state, target)
        inputs, _ = trial.draw(len(WARM))
        seen = trial.network.layers(trial.state, inputs)
        hidden = [_hidden(projection, perturbed) for projection in seen]
        trial.circuit.learn(trial.state.feedback, hidden)
        trial.circuit.maintain()
        changed.append({name: tensor.clone() for name, tensor in trial.circuit.tensors().items()})
    name = first_difference(*changed)
    expect(
        name is None,
        f"what its weights {name} learn depends on the forward weights, which they cannot see: "
        "declare `reads_weights = True`, or learn from activity",
    )


def _hidden(projection: Projection, perturbed: bool) -> Projection:
    """Return a projection that works as before, but whose weights, if read, are others."""
    synapses = projection.synapses
    honest = copy.deepcopy(synapses)
    synapses.drive = honest.drive  # type: ignore[method-assign]
    if perturbed:
        synapses.weight.mul_(-0.5).add_(0.1)
    return projection


def local(subject: CircuitSubject) -> None:
    """The modulator of a neuron does not depend on others of its population, nor on those below.

    Unless it says in `reads_activity` that error neurons receive synapses from forward populations.
    """
    if subject.circuit.reads_activity:
        return
    for layer in range(len(SIZES)):
        unit = 4
        trial, target = _before_feedback(subject)
        other, _ = _before_feedback(subject)
        error = trial.state.populations[-1].spikes - target
        for below, population in enumerate(other.state.populations[: layer + 1]):
            for tensor in named_tensors(population).values():
                if tensor.dim() > 1:
                    own = tensor[:, unit].clone()
                    tensor.copy_(1 - tensor)
                    if below == layer:
                        tensor[:, unit] = own
        for one in (trial, other):
            one.circuit.observe_target(one.state.feedback, target)
            one.state.error.copy_(error)
            one.circuit.step(one.state.feedback, one.state.error, one.state.populations)
        expect(
            same(
                trial.state.feedback.modulators[layer][:, unit],
                other.state.feedback.modulators[layer][:, unit],
            ),
            f"the modulator of a neuron of population {layer + 1} depends on what other neurons of "
            "its population or of those below do, without a synapse from them: declare "
            "`reads_activity = True` if there is one",
        )
