"""Evaluate the predicates of all triggers after each step."""

from collections.abc import Sequence

import torch
from torch import Tensor

from spikefa.recording.plan.clocks import Clock
from spikefa.recording.plan.predicates import Predicate
from spikefa.recording.plan.variables import Variables, state_device


class PredicateMonitor:
    """Evaluates every predicate once after each step, however many clocks use it.

    Parameters
    ----------
    clocks : sequence of Clock
        Their triggers have the predicates.
    variables : mapping
        The state, updated in place by the simulation.

    Attributes
    ----------
    device : torch.device
        The device of the answers.
    answers : list of Tensor or None
        The answer of each predicate after the last step: a bool tensor without dimensions, or None
        if it cannot be true at that step.
    """

    def __init__(self, clocks: Sequence[Clock], variables: Variables) -> None:
        self._predicates: list[Predicate] = []
        for clock in clocks:
            for trigger in clock.triggers:
                if trigger.watched not in self._predicates:
                    self._predicates.append(trigger.watched)
        self._variables = variables
        self.device = state_device(variables)
        self.answers: list[Tensor | None] = [None] * len(self._predicates)

    def read_from(self, variables: Variables) -> None:
        """Evaluate the predicates on these variables from now on."""
        self._variables = variables

    def number(self, predicate: Predicate) -> int:
        """Return the index of `predicate` in the answers."""
        return self._predicates.index(predicate)

    def evaluate(self, step: int) -> None:
        """Evaluate the predicates after `step`, without waiting for the device."""
        with torch.no_grad():
            for number, predicate in enumerate(self._predicates):
                holds = predicate(self._variables) if predicate.may_hold(step) else None
                self.answers[number] = holds
