"""What a synapse must not know: neurons and weights other than its own."""

from dataclasses import replace

import torch
from torch import Tensor

from spikefa.synapses import Sharing
from spikefa.testing.compare import expect, same
from spikefa.testing.rule_trial import LAYOUT, STREAMS, Activity, RuleSubject, RuleTrial


def local(subject: RuleSubject) -> None:
    """The change of a synapse depends on its own two neurons and nothing else.

    That of a weight which synapses share depends on the neurons of all of them.
    """
    shown, other = subject.activity(), subject.activity("other")
    i, j = subject.weight
    what_learns, whose = f"the synapse from neuron {i} to neuron {j}", f"neuron {j}"
    if subject.convolutional:
        what_learns, whose = f"the weight {i} onto channel {j}", f"channel {j}"
    expected = subject.trial().learn(shown)
    for what, perturbed in _perturbations(subject, shown, other).items():
        changes = subject.trial().learn(perturbed)
        for step, ((weight, bias), (weight0, bias0)) in enumerate(
            zip(changes, expected, strict=True)
        ):
            expect(
                same(weight0[i, j], weight[i, j]),
                f"it is not local: in step {step} the change of {what_learns} depends on the "
                f"{what}, which it cannot see",
            )
            expect(
                same(bias0[j], bias[j]),
                f"it is not local: in step {step} the change of the bias of {whose} depends on the "
                f"{what}, which it cannot see",
            )


def shared_weights_learn_the_sum(subject: RuleSubject) -> None:
    """What synapses share learns the sum of what each would learn if it were alone."""
    if not subject.convolutional:
        return
    shown = subject.activity()
    alone = torch.zeros(LAYOUT.n_pre, LAYOUT.n_post, dtype=torch.float64)
    _spread(LAYOUT, shown.weight, alone)
    each = RuleTrial(subject.rule, n_post=LAYOUT.n_post).learn(replace(shown, weight=alone))
    together = subject.trial().learn(shown)
    for step, ((weight, bias), (own, own_bias)) in enumerate(zip(together, each, strict=True)):
        summed = torch.zeros_like(weight)
        for i, j in torch.cartesian_prod(*map(torch.arange, weight.shape)).tolist():
            summed[i, j] = own[_synapses(LAYOUT, i, j)].sum()
        good = same(summed, weight) and same(LAYOUT.gathered(own_bias), bias)
        expect(
            good,
            f"in step {step} a weight that {STREAMS} streams and several synapses share does not "
            "learn the sum of what each synapse would learn",
        )


def _perturbations(subject: RuleSubject, shown: Activity, other: Activity) -> dict[str, Activity]:
    """Return the activity with everything replaced that the weight cannot see, by kind."""
    seen = _synapses(subject.layout, *subject.weight)
    before, after = seen.any(1), seen.any(0)

    def keep(name: str, units: Tensor) -> Activity:
        mixed = torch.where(units, getattr(shown, name), getattr(other, name))
        return replace(shown, **{name: mixed})

    weight = other.weight.clone()
    weight[subject.weight] = shown.weight[subject.weight]
    return {
        "activity of other presynaptic neurons": keep("pre", before),
        "potential of other postsynaptic neurons": keep("potential", after),
        "spikes of other postsynaptic neurons": keep("spikes", after),
        "gain of other postsynaptic neurons": keep("gain", after),
        "modulator of other postsynaptic neurons": keep("modulator", after),
        "weights of other synapses": replace(shown, weight=weight),
    }


def _synapses(layout: Sharing, i: int, j: int) -> Tensor:
    """Return where the weight `[i, j]` stands, a bool `[n_pre, n_post]`."""
    one = torch.zeros(layout.weight_shape, dtype=torch.float64)
    one[i, j] = 1
    found = torch.zeros(layout.n_pre, layout.n_post, dtype=torch.float64)
    _spread(layout, one, found)
    return found != 0


def _spread(layout: Sharing, weight: Tensor, out: Tensor) -> None:
    """Write the weight of each pair of neurons: what each alone sends to the others."""
    layout.drive(torch.eye(layout.n_pre, dtype=weight.dtype), weight, out)
