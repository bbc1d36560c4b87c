"""The conformance kits: whether a rule, a circuit or a population keeps its promises.

In your own tests::

    import pytest
    from spikefa.testing import FEEDBACK_CHECKS, RULE_CHECKS, check_rule

    def test_my_rule():
        check_rule(MyRule(alpha=0.1))

    @pytest.mark.parametrize("check", RULE_CHECKS)      # or one test for each promise
    def test_my_rule_in_detail(check):
        check_rule(MyRule(alpha=0.1), [check])

`check_feedback` and `check_neuron` are used in the same way. A broken promise raises a
`NotConformant`, an AssertionError that says which promise is broken, and how.
"""

from spikefa.testing.circuit_checks import FEEDBACK_CHECKS, check_feedback
from spikefa.testing.compare import NotConformant
from spikefa.testing.neuron_checks import NEURON_CHECKS, check_neuron
from spikefa.testing.rule_checks import RULE_CHECKS, check_rule
from spikefa.testing.stimulus_checks import STIMULUS_CHECKS, check_stimulus
from spikefa.testing.tape import Tape

__all__ = [
    "FEEDBACK_CHECKS",
    "NEURON_CHECKS",
    "RULE_CHECKS",
    "STIMULUS_CHECKS",
    "NotConformant",
    "Tape",
    "check_feedback",
    "check_neuron",
    "check_rule",
    "check_stimulus",
]
