"""The promises of a feedback circuit, one function each."""

from collections.abc import Callable, Sequence

import torch

from spikefa.feedback import FeedbackCircuit
from spikefa.network.checks import check_modulators
from spikefa.testing.backends import OTHERS, Driven, can_compare
from spikefa.testing.circuit_locality import (
    learning_reads_no_weights,
    local,
    reads_no_weights,
    streams_are_independent,
)
from spikefa.testing.circuit_trial import (
    SIZES,
    STEPS,
    STREAMS,
    Captured,
    CircuitSubject,
    require_fresh,
)
from spikefa.testing.compare import (
    devices,
    expect,
    first_difference,
    reported,
    run_checks,
    same,
)
from spikefa.testing.in_replicas import circuit_in_replicas
from spikefa.utils.tensors import named_tensors

DIGITS = {torch.float32: 1e-4, torch.float64: 1e-12}
"""Relative rounding error that two backends may have."""


def check_feedback(
    circuit: FeedbackCircuit, checks: Sequence[str] | None = None, *, convolutional: bool = False
) -> None:
    """Check that a feedback circuit keeps the promises that the engine relies on.

    It carries the error of a network 7-12-10-8 of stochastic spiking neurons. In a convolutional
    network feedback synapses share weights as the forward synapses do. The promise of locality is
    the same for the neurons: a modulator may depend on what arrives over the synapses of its own
    neuron, and on nothing else of its population or of those below. A shared weight that learns
    sees the sum over its positions of the product of the two neurons there, and nothing else.

    Parameters
    ----------
    circuit : FeedbackCircuit
        Not part of a network yet. It is copied, and left as it is.
    checks : sequence of str, optional
        Names from `FEEDBACK_CHECKS`; default: all.
    convolutional : bool, default False
        Whether the synapses onto the hidden populations are `Conv`.

    Raises
    ------
    NotConformant
        An AssertionError: which promise is broken, and how.
    SpikefaError
        If the circuit cannot serve this network.
    """
    subject = CircuitSubject(circuit, convolutional)
    require_fresh(subject)
    run_checks(subject, FEEDBACK_CHECKS, checks, label=type(circuit).__name__)


def shapes_dtypes_devices(subject: CircuitSubject) -> None:
    """There is one modulator for each population, of its size, dtype and device."""
    for device in devices():
        for dtype in (torch.float32, torch.float64):
            trial = subject.trial(device, dtype)
            for steps in (range(0), range(2)):
                trial.run(steps)
                modulators = trial.state.feedback.modulators
                check_modulators(modulators, STREAMS, SIZES, dtype, trial.circuit)
            for name, tensor in trial.circuit.tensors().items():
                expect(
                    tensor.dtype == dtype or not tensor.is_floating_point(),
                    f"its {name!r} is {tensor.dtype}, expected {dtype}",
                )
                # what the host counts, so that it knows without a wait when to `maintain`
                counts = trial.circuit.free_steps is not None and not tensor.dim()
                expect(
                    tensor.device.type == device.type or counts,
                    f"its {name!r} is on {tensor.device}, not on {device}",
                )


def finite(subject: CircuitSubject) -> None:
    """Nothing becomes NaN or infinite."""
    trial = subject.trial()
    trial.run()
    for name, tensor in trial.tensors().items():
        expect(bool(torch.isfinite(tensor).all()), f"{name} is NaN or infinite after some steps")


def deterministic(subject: CircuitSubject) -> None:
    """The same seed leads to the same run; global random numbers are left alone."""
    before = torch.random.get_rng_state()
    first = subject.trial()
    first.run()
    torch.manual_seed(1)
    second = subject.trial()
    second.run()
    moved = not torch.equal(torch.random.get_rng_state(), torch.manual_seed(1).get_state())
    torch.random.set_rng_state(before)
    name = first_difference(first.tensors(), second.tensors())
    expect(name is None, f"{name} differs from run to run with the same seed")
    expect(not moved, "it draws from torch's global random generator: use spikefa.utils.seeding")


def state_in_place(subject: CircuitSubject) -> None:
    """All tensors stay what they were, and the forward weights, error and activity are read only.

    A probe, a checkpoint and a captured graph hold on to them.
    """
    trial = subject.trial()
    before = trial.tensors()
    addresses = {name: tensor.data_ptr() for name, tensor in before.items()}
    trial.run()
    after = trial.tensors()
    new = sorted(set(after) ^ set(before))
    expect(not new, f"{new[:1]} comes or goes while it runs: make all state in connect and state")
    for name, tensor in after.items():
        expect(
            tensor.data_ptr() == addresses[name],
            f"it puts another tensor in the place of {name}: write into it, with copy_ or out=",
        )
    inputs, target = trial.draw(9)
    trial.network.forward(trial.state, inputs)
    watched = named_tensors({"populations": trial.state.populations, "target": target})
    kept = {name: tensor.clone() for name, tensor in watched.items()}
    trial.network.feed_back(trial.state, target)
    written = first_difference(kept, watched)
    expect(written is None, f"its step writes to {written}, which is not its own")


def checkpoint_round_trip(subject: CircuitSubject) -> None:
    """What it needs to go on is all in its weights and its state."""
    whole = subject.trial()
    whole.run(range(3))
    second = whole.twin(subject)
    whole.run(range(3, 6))
    second.run(range(3, 6))
    name = first_difference(whole.tensors(), second.tensors())
    expect(
        name is None,
        f"after a checkpoint is restored it goes on differently, first in {name}: what learns must "
        "be in `tensors`, what changes from step to step in the state",
    )


def no_look_at_data(subject: CircuitSubject) -> None:
    """It makes no decision that depends on data: no `if` on a tensor, no `.item()`."""
    with reported(
        "it asks for the value of a tensor (if, while, .item(), float(), a mask as index), which "
        "makes the host wait for the device and cannot be captured; use torch.where"
    ):
        trial = subject.trial("meta", torch.float32, initialised=False)
        inputs = torch.zeros(STREAMS, 7, device="meta")
        trial.network.step(trial.state, inputs, torch.zeros(STREAMS, SIZES[-1], device="meta"))


def works_in_replicas(subject: CircuitSubject) -> None:
    """It serves networks side by side: each does what it would do alone."""
    circuit_in_replicas(subject)


def can_be_captured(subject: CircuitSubject) -> None:
    """Unless it says so in `needs_host`, a CUDA graph of one step can repeat what it does."""
    if subject.circuit.needs_host:
        return
    reference, trial = subject.trial(), subject.trial()
    captured = Captured(trial.network, trial.state)
    with reported("a step cannot be captured"):
        captured.check()
    reference.run()
    trial.run(backend=captured)
    name = first_difference(reference.tensors(), trial.tensors())
    expect(
        name is None,
        f"{name} is another one if the operations of the first step are repeated: it decides, or "
        "makes numbers, in Python, where a tensor is needed; or say `needs_host`",
    )


def backends_agree(subject: CircuitSubject) -> None:
    """Every backend that serves it computes what eager computes."""
    for name, make in OTHERS.items():
        fused = name == "fused"
        dtype = torch.float32 if fused else torch.float64  # fused serves nothing else
        steps = range(3 if fused else STEPS)  # its kernels are slow without a GPU
        device = devices()[-1]
        reference, trial = (subject.trial(device, dtype) for _ in range(2))
        if not can_compare(name, trial.network):
            continue
        driven = Driven(make(trial.network, trial.state))
        reference.run(steps)
        trial.run(steps, driven)
        driven.backend.flush()
        given = trial.tensors()
        for label, tensor in reference.tensors().items():
            expect(
                label.endswith("drive") or same(tensor, given[label], DIGITS[dtype]),
                f"{label} differs between the backends eager and {name}",
            )


FEEDBACK_CHECKS: dict[str, Callable[[CircuitSubject], None]] = {
    check.__name__: check
    for check in (
        shapes_dtypes_devices,
        finite,
        deterministic,
        state_in_place,
        checkpoint_round_trip,
        no_look_at_data,
        streams_are_independent,
        reads_no_weights,
        learning_reads_no_weights,
        local,
        works_in_replicas,
        can_be_captured,
        backends_agree,
    )
}
"""What is checked of a circuit, by name."""
