"""The promises of a stimulus, one function each."""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor

from spikefa.backends import Scope
from spikefa.backends.capturable import check_capturable
from spikefa.backends.trace import NotCapturable
from spikefa.stimulus.base import Stimulus
from spikefa.stimulus.state import StimulusState
from spikefa.testing.compare import devices, expect, first_difference, run_checks
from spikefa.testing.stimulus_trial import BATCH, StimulusTrial
from spikefa.utils.tensors import copy_into


@dataclass(frozen=True)
class Subject:
    """A stimulus, and the outputs of the networks that it is tried on."""

    stimulus: Stimulus
    n_outputs: int

    def trial(self, **options: Any) -> StimulusTrial:
        """Return a fresh trial."""
        return StimulusTrial(self.stimulus, self.n_outputs, **options)


def check_stimulus(
    stimulus: Stimulus, n_outputs: int = 10, checks: Sequence[str] | None = None
) -> None:
    """Check that a stimulus keeps the promises that the engine relies on.

    Parameters
    ----------
    stimulus : Stimulus
    n_outputs : int, default 10
        Output neurons of a network that it fits.
    checks : sequence of str, optional
        Names from `STIMULUS_CHECKS`; default: all.

    Raises
    ------
    NotConformant
        An AssertionError: which promise is broken, and how.
    """
    subject = Subject(stimulus, n_outputs)
    name = type(stimulus).__name__
    run_checks(subject, STIMULUS_CHECKS, checks, name)


def shapes_dtypes_devices(subject: Subject) -> None:
    """Inputs and targets have the right shapes, dtype and device, and are finite."""
    for device in devices():
        for dtype in (torch.float32, torch.float64):
            state = subject.stimulus.state(BATCH, subject.n_outputs, device, dtype)
            _check_state(state, subject, device, dtype)
            trial = subject.trial(device=device, dtype=dtype)
            trial.present()
            _check_state(trial.runner.stimulus_state, subject, device, dtype)


def _check_state(
    state: StimulusState, subject: Subject, device: torch.device, dtype: torch.dtype
) -> None:
    wanted = {"inputs": subject.stimulus.n_inputs, "target": subject.n_outputs}
    for name, size in wanted.items():
        given = getattr(state, name)
        expect(
            given.shape == (BATCH, size),
            f"{name} has shape {list(given.shape)}, expected {[BATCH, size]}",
        )
        expect(given.dtype == dtype, f"{name} is {given.dtype}, expected {dtype}")
        expect(given.device.type == device.type, f"{name} is on {given.device}")
        expect(bool(torch.isfinite(given).all()), f"{name} holds NaN or infinity")
    for name in ("items", "labels"):
        given = getattr(state, name)
        right = given.shape == (BATCH,) and given.dtype == torch.int64
        expect(right, f"{name} must be int64 [{BATCH}], one for each stream")


def items(subject: Subject) -> None:
    """It has items, labels within its classes, and as many measures as it names."""
    stimulus = subject.stimulus
    expect(len(stimulus) >= 1, "it has no items")
    expect(stimulus.steps >= 1, f"a presentation has {stimulus.steps} steps, at least 1 is needed")
    labels = stimulus.labels([0])
    right = labels in [[label] for label in range(max(1, stimulus.n_classes))]
    expect(
        right, f"the labels of item 0 are {labels!r}, expected [0] to [{stimulus.n_classes - 1}]"
    )
    trial = subject.trial()
    trial.present()
    measured = stimulus.measure(trial.runner.stimulus_state, trial.runner.outputs)
    wanted = [len(stimulus.measures), BATCH]
    expect(
        list(measured.shape) == wanted,
        f"measure returns a tensor {list(measured.shape)}, expected {wanted} for "
        f"{stimulus.measures}",
    )


def deterministic(subject: Subject) -> None:
    """The same seed shows the same; another network does not change it."""
    before = torch.random.get_rng_state()
    first = subject.trial().presentations()
    torch.manual_seed(1)
    second = subject.trial().presentations()
    moved = not torch.equal(torch.random.get_rng_state(), torch.manual_seed(1).get_state())
    torch.random.set_rng_state(before)
    for step, (one, other) in enumerate(zip(first, second, strict=True)):
        name = first_difference(one, other)
        expect(name is None, f"{name} of step {step} differs from run to run")
    expect(
        not moved,
        "it draws from torch's global random generator: declare `uniforms`, or a stream in "
        "`host_streams`",
    )


def holds_no_state(subject: Subject) -> None:
    """It remembers nothing in itself: one object serves training and tests at once."""
    before = dict(_plain(subject.stimulus))
    alone = subject.trial().presentations()
    one, other = subject.trial(), subject.trial(seed=7)
    together = []
    for _ in range(len(alone) // subject.stimulus.steps):
        together += one.present()
        other.present()
    for step, (mine, now) in enumerate(zip(alone, together, strict=True)):
        name = first_difference(mine, now)
        expect(
            name is None,
            f"{name} of step {step} depends on what else the stimulus is shown to: keep what "
            "changes in the state",
        )
    after = dict(_plain(subject.stimulus))
    changed = [name for name in after if name not in before or after[name] != before[name]]
    expect(not changed, f"it changes its own attribute {changed[:1]}: keep it in the state")


def state_in_place(subject: Subject) -> None:
    """The tensors of its state stay the tensors that they were."""
    trial = subject.trial()
    state = trial.runner.stimulus_state
    before = {item.name: getattr(state, item.name) for item in fields(state)}
    addresses = {name: tensor.data_ptr() for name, tensor in trial.tensors().items()}
    trial.presentations()
    for name, held in before.items():
        expect(
            getattr(state, name) is held,
            f"it puts another object in the place of state.{name}: update it in place, such as "
            f"state.{name}.copy_(...)",
        )
    for name, tensor in trial.tensors().items():
        expect(tensor.data_ptr() == addresses.get(name), f"state.{name} became another tensor")


def state_is_complete(subject: Subject) -> None:
    """A run goes on, bit for bit, from its tensors, its generators and its number alone."""
    whole, first = subject.trial(), subject.trial()
    expected = whole.presentations(4)[2 * subject.stimulus.steps :]
    first.presentations(2)
    second = subject.trial()
    second.presentations(1)
    copy_into(second.tensors(), {name: each.clone() for name, each in first.tensors().items()})
    second.runner.random.set_states(first.runner.random.states())
    second.number = first.number
    for step, (right, given) in enumerate(
        zip(expected, second.presentations(2), strict=True), start=2 * subject.stimulus.steps
    ):
        name = first_difference(right, given)
        expect(
            name is None,
            f"{name} of step {step} differs in a run that was resumed: what changes must be a "
            "tensor of the state, and not declared constant",
        )


def capturable(subject: Subject) -> None:
    """What it does on the device can be captured in a CUDA graph: no look at data."""
    trial = subject.trial()
    trial.present()
    runner, state = trial.runner, trial.runner.stimulus_state

    def work() -> None:
        subject.stimulus.show(state)
        for _ in range(subject.stimulus.steps):
            subject.stimulus.step(state)
            subject.stimulus.read(state, runner.outputs)
        subject.stimulus.measure(state, runner.outputs)

    scope = Scope(runner.tensors, runner.random.generators, [subject.stimulus, state])
    try:
        check_capturable(work, scope, trial.network.device)
    except NotCapturable as reason:
        expect(False, f"show, step, read or measure cannot be captured: {reason}")


def replicas(subject: Subject) -> None:
    """Each replica of a network is shown what a single network with its seed would be."""
    wide = subject.trial(replicas=2).presentations()
    for number in range(2):
        alone = subject.trial(seed=number).presentations()
        own = slice(number * BATCH, (number + 1) * BATCH)
        for step, (right, given) in enumerate(zip(alone, wide, strict=True)):
            name = first_difference(right, {key: each[own] for key, each in given.items()})
            expect(name is None, f"{name} of step {step} differs in replica {number}")


def _plain(stimulus: Stimulus) -> Iterator[tuple[str, Any]]:
    """Yield the attributes that can be compared, copied."""
    for name, value in vars(stimulus).items():
        plain = isinstance(value, bool | int | float | str | tuple | list | dict)
        if plain and not any(isinstance(each, Tensor) for each in _members(value)):
            yield name, copy.deepcopy(value)


def _members(value: Any) -> Sequence[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, tuple | list) else []


STIMULUS_CHECKS: dict[str, Callable[[Subject], None]] = {
    check.__name__: check
    for check in (
        shapes_dtypes_devices,
        items,
        deterministic,
        holds_no_state,
        state_in_place,
        state_is_complete,
        capturable,
        replicas,
    )
}
"""What is checked of a stimulus, by name."""
