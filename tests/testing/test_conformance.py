"""All built-in rules, circuits and neurons keep the promises of the conformance kits."""

import inspect
import json
from functools import partial
from typing import get_args

import pytest
import snntorch

import spikefa as sf
from spikefa.neurons.rate import Activation
from spikefa.plugins.classes import SEAMS, built_in
from spikefa.testing import (
    FEEDBACK_CHECKS,
    NEURON_CHECKS,
    RULE_CHECKS,
    NotConformant,
    check_feedback,
    check_neuron,
    check_rule,
)


def variants(cls):
    """Return the arguments of a class with defaults, and every other choice of its words."""
    found = [{}]
    for name, parameter in inspect.signature(cls).parameters.items():
        words = getattr(parameter.annotation, "__args__", ())
        if all(isinstance(word, str) for word in words):
            found += [{name: word} for word in words if word != parameter.default]
        elif isinstance(parameter.default, bool):
            found.append({name: not parameter.default})
    return found


def cases(kind):
    return [
        pytest.param(
            cls,
            options,
            id=f"{name}-{json.dumps(options)}",
            marks=[pytest.mark.slow] if options else [],
        )
        for name, cls in built_in(SEAMS[kind]).items()
        for options in variants(cls)
    ]


@pytest.mark.parametrize(("cls", "options"), cases("rules"))
def test_built_in_rules_conform(cls, options):
    check_rule(cls(**options))


@pytest.mark.parametrize(("cls", "options"), cases("feedback"))
def test_built_in_circuits_conform(cls, options):
    check_feedback(cls(**options))


SNNTORCH = {
    "Leaky": partial(snntorch.Leaky, beta=0.9),
    "Leaky at once": partial(snntorch.Leaky, beta=0.9, reset_delay=False),
    "Leaky to 0": partial(snntorch.Leaky, beta=0.9, reset_mechanism="zero"),
    "Lapicque": partial(snntorch.Lapicque, beta=0.5),
    "Synaptic": partial(snntorch.Synaptic, alpha=0.6, beta=0.8),
    "Alpha": partial(snntorch.Alpha, alpha=0.8, beta=0.5),
    "RLeaky": partial(snntorch.RLeaky, beta=0.9, all_to_all=False, learn_recurrent=False),
    "RSynaptic": partial(
        snntorch.RSynaptic, alpha=0.8, beta=0.9, all_to_all=False, learn_recurrent=False
    ),
}


@pytest.mark.parametrize("tau", [0.9, 1.0])
def test_stochastic_binary_neurons_conform(tau):
    check_neuron(sf.StochasticBinary(5, tau=tau))


@pytest.mark.parametrize("steps", [1, 3])
def test_refractory_neurons_conform(steps):
    check_neuron(sf.Refractory(5, steps=steps))


@pytest.mark.parametrize("activation", get_args(Activation))
@pytest.mark.parametrize("options", [{}, {"tau": 0.3}, {"noise": 0.3}, {"dropout": 0.4}], ids=str)
def test_rate_neurons_conform(activation, options):
    check_neuron(sf.Rate(5, activation, **options))


@pytest.mark.parametrize("options", [{}, {"adaptation": 0, "memory": 0.5}, {"threshold": 0.2}])
def test_adaptive_neurons_conform(options):
    check_neuron(sf.ALIF(5, **options))


@pytest.mark.parametrize("make", SNNTORCH.values(), ids=SNNTORCH)
def test_neurons_of_snntorch_conform(make):
    check_neuron(sf.SnnTorch(make(threshold=0.3), 5))


def test_every_kind_of_neuron_is_checked():
    known = {"ALIF", "StochasticBinary", "Refractory", "Rate", "SnnTorch"}
    assert set(built_in(SEAMS["neurons"])) == known


@pytest.mark.parametrize("check", NEURON_CHECKS)
def test_checks_of_neurons_can_be_asked_for_one_by_one(check):
    check_neuron(sf.StochasticBinary(4), [check])


@pytest.mark.parametrize("check", RULE_CHECKS)
def test_checks_of_a_rule_can_be_asked_for_one_by_one(check):
    check_rule(sf.ThreeFactor([1e-3, 1e-2]), [check])


@pytest.mark.parametrize("check", FEEDBACK_CHECKS)
def test_checks_of_a_circuit_can_be_asked_for_one_by_one(check):
    check_feedback(sf.FA(), [check])


def test_what_is_checked_stays_as_it_was():
    circuit = sf.FA()
    check_feedback(circuit)
    assert circuit.matrices is not None
    sf.models.lillicrap2016.spiking_mnist(hidden=5, outputs=10, feedback=circuit)
    with pytest.raises(sf.SpikefaError, match="not part of a network yet"):
        check_feedback(circuit)


def test_no_such_check():
    with pytest.raises(sf.SpikefaError, match="no check called 'speed': there is"):
        check_rule(sf.ThreeFactor(), ["speed"])


def test_a_failed_check_is_a_failed_assertion():
    assert issubclass(NotConformant, AssertionError)


SHARED = [
    sf.Backprop(),
    sf.FA(),
    sf.DFA(),
    sf.DRTP(),
    sf.DKP(),
    sf.KP(),
    sf.KP(gated=True, momentum=0.5, sparsity=0.3),
    *(sf.SF(variant) for variant in ("uSF", "brSF", "frSF")),
    sf.PFA(2.0),
    sf.PFA(2.0, momentum=0.5),
    sf.PFAo(),
    sf.Shallow(),
    sf.NodePerturbation(),
    sf.Reward(),
]


@pytest.mark.slow
@pytest.mark.parametrize("circuit", SHARED, ids=str)
def test_circuits_conform_in_a_convolutional_network(circuit):
    assert circuit.serves_shared
    check_feedback(circuit, convolutional=True)


@pytest.mark.parametrize(
    "rule",
    [
        sf.ThreeFactor(0.1),
        sf.Homeostatic(0.1),
        sf.LowPassTraces(0.1),
        sf.Oja(0.1),
        sf.BCM(0.1),
        sf.STDP(0.1),
        sf.STLLR(0.1),
        sf.RoughThreeFactor(0.1),
    ],
    ids=str,
)
def test_rules_conform_for_synapses_that_share_weights(rule):
    check_rule(rule, convolutional=True)


@pytest.mark.parametrize("rule", [sf.Eligibility(0.1), sf.EProp(0.1)], ids=str)
def test_rules_with_a_number_for_each_synapse_are_refused(rule):
    with pytest.raises(sf.SpikefaError, match="keeps a number for each synapse"):
        check_rule(rule, convolutional=True)


def test_a_rule_that_looks_at_other_channels_is_caught():
    class Looks(sf.PlasticityRule):
        def update(self, pre, post, modulator, state):
            return sf.Outer(pre, 0.1 * modulator + post.gain.mean(-1, keepdim=True))

    with pytest.raises(NotConformant, match="the weight 2 onto channel 1 depends on the gain of"):
        check_rule(Looks(0.1), ["local"], convolutional=True)


def test_a_circuit_that_looks_at_other_images_is_caught():
    class Looks(sf.FA):
        def step(self, state, error, forward):
            super().step(state, error, forward)
            activity = state.errors[0].activity
            activity.add_(forward[0].spikes.mean(-2, keepdim=True))

    with pytest.raises(NotConformant, match="of other streams"):
        check_feedback(Looks(), ["streams_are_independent"], convolutional=True)
