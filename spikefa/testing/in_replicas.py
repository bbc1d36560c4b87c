"""A promise of rules and circuits alike: they work with a dimension in front of all others."""

from dataclasses import fields

import torch

from spikefa.testing.circuit_trial import STEPS, CircuitSubject
from spikefa.testing.compare import expect, reported, same
from spikefa.testing.rule_trial import Activity, RuleSubject
from spikefa.utils.tensors import named_tensors

SEEDS = (0, 1)
ADVICE = "count dimensions from the last, -1 for neurons and -2 for streams, and use .mT and @"


def rule_in_replicas(subject: RuleSubject) -> None:
    """Networks side by side learn what each would learn alone."""
    shown = [subject.activity(), subject.activity("other")]
    both = Activity(
        **{
            item.name: torch.stack([getattr(each, item.name) for each in shown], _place(item.name))
            for item in fields(Activity)
        }
    )
    with reported(f"it fails for networks side by side: {ADVICE}"):
        together = subject.trial(replicas=len(shown)).learn(both)
    for number, own in enumerate(shown):
        alone = subject.trial().learn(own)
        for step, (one, all_) in enumerate(zip(alone, together, strict=True)):
            for name, change, changes in zip(("weights", "biases"), one, all_, strict=True):
                expect(
                    same(change, changes[number]),
                    f"in step {step} the change of the {name} of one of two networks side by side "
                    f"is not what it is alone: {ADVICE}",
                )


def _place(name: str) -> int:
    """Return the dimension of the replicas, which is before the streams, or the synapses."""
    return 0 if name == "weight" else 1


def circuit_in_replicas(subject: CircuitSubject) -> None:
    """Networks side by side do what each would do alone."""
    with reported(f"it fails for networks side by side: {ADVICE}"):
        together = subject.trial(seed=SEEDS)
        together.run()
    state, network = together.state, together.network
    for number, seed in enumerate(SEEDS):
        alone = subject.trial(seed=seed)
        alone.run(range(STEPS))
        tensors = {"network": network.replica(number).tensors(), "state": state.replica(number)}
        there = named_tensors(tensors)
        for name, tensor in alone.tensors().items():
            expect(
                name in there and same(tensor, there[name]),
                f"{name} of one of two networks side by side is not what it is alone: {ADVICE}",
            )
