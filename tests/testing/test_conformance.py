"""All built-in rules and circuits keep the promises of the conformance kit."""

import inspect
import json

import pytest

import spikefa as sf
from spikefa.plugins.classes import SEAMS, built_in
from spikefa.testing import FEEDBACK_CHECKS, RULE_CHECKS, NotConformant, check_feedback, check_rule


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
        pytest.param(cls, options, id=f"{name}-{json.dumps(options)}")
        for name, cls in built_in(SEAMS[kind]).items()
        for options in variants(cls)
    ]


@pytest.mark.parametrize(("cls", "options"), cases("rules"))
def test_built_in_rules_conform(cls, options):
    check_rule(cls(**options))


@pytest.mark.parametrize(("cls", "options"), cases("feedback"))
def test_built_in_circuits_conform(cls, options):
    check_feedback(cls(**options))


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
