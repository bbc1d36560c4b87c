"""The promises of a population of neurons that the engine relies on, one function each."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from spikefa.network.parts import check_kind
from spikefa.neurons import Population, PopulationState
from spikefa.testing.compare import devices, expect, first_difference, reported, run_checks, same
from spikefa.testing.in_replicas import ADVICE
from spikefa.testing.neuron_activity_checks import (
    gain_is_the_derivative,
    local,
    perturbation_is_the_noise,
    probability_is_the_mean,
    silent_without_uniforms,
    spikes_are_zero_or_one,
    streams_are_independent,
)
from spikefa.testing.neuron_trial import INPUTS, NAMES, STEPS, STREAMS, NeuronTrial, Shown, shown


def check_neuron(population: Population, checks: Sequence[str] | None = None) -> None:
    """Check that a population of neurons keeps the promises that the engine relies on.

    Parameters
    ----------
    population : Population
        It is copied, and left as it is. A few neurons are enough.
    checks : sequence of str, optional
        Names from `NEURON_CHECKS`; default: all.

    Raises
    ------
    NotConformant
        An AssertionError: which promise is broken, and how.
    SpikefaError
        If it is no population.
    """
    check_kind("what is checked", population, Population)
    run_checks(population, NEURON_CHECKS, checks)


def shapes_dtypes_devices(population: Population) -> None:
    """Every tensor of the state has the right shape, dtype and device, before and after steps."""
    for device in devices():
        for dtype in (torch.float32, torch.float64):
            trial = NeuronTrial(population, device=device, dtype=dtype)
            given = shown(population)
            for steps in (range(0), range(2)):
                trial.run(given, steps)
                _check_state(trial.state, population.size)
                for name, tensor in trial.tensors().items():
                    _check_tensor(name, tensor, device, dtype)


def _check_state(state: object, size: int) -> None:
    expect(
        isinstance(state, PopulationState),
        f"its state is a {type(state).__name__}: return a PopulationState, or a dataclass that "
        "subclasses it",
    )
    for name in NAMES:
        shape = list(getattr(state, name).shape)
        fits = shape == [STREAMS, size] or (name == "uniforms" and shape == [0])
        expect(
            fits,
            f"{name} has shape {shape}, expected {[STREAMS, size]} ({STREAMS} streams, {size} "
            f"neurons){', or [0] without randomness' if name == 'uniforms' else ''}",
        )


def _check_tensor(name: str, tensor: Tensor, device: torch.device, dtype: torch.dtype) -> None:
    right = tensor.dtype == dtype or not tensor.is_floating_point()
    expect(right, f"{name} is {tensor.dtype}, expected {dtype}")
    expect(tensor.device.type == device.type, f"{name} is on {tensor.device}, not on {device}")


def finite(population: Population) -> None:
    """Nothing becomes NaN or infinite, not even in silence or under a strong drive."""
    for label, factor in (("ordinary", 1.0), ("no", 0.0), ("strong", 100.0)):
        given = shown(population)
        trial = NeuronTrial(population)
        trial.run(Shown(factor * given.drive, given.uniforms))
        for name, tensor in trial.tensors().items():
            good = bool(torch.isfinite(tensor).all())
            expect(good, f"{name} is NaN or infinite with {label} drive")


def deterministic(population: Population) -> None:
    """The same drive and uniforms lead to the same steps; global random numbers are left alone."""
    before = torch.random.get_rng_state()
    given = shown(population)
    first = NeuronTrial(population).run(given)
    torch.manual_seed(1)
    second = NeuronTrial(population).run(given)
    moved = not torch.equal(torch.random.get_rng_state(), torch.manual_seed(1).get_state())
    torch.random.set_rng_state(before)
    differs = _first_unequal(first, second)
    expect(differs is None, f"{differs} differs from run to run")
    expect(not moved, "it draws from torch's global random generator: use the uniforms")


def one_population_for_all(population: Population) -> None:
    """It remembers nothing in itself: one object serves any number of states."""
    given, other = shown(population), shown(population, "other")
    alone = NeuronTrial(population).run(given)
    trial, second = NeuronTrial(population), NeuronTrial(population)
    second.population = trial.population
    together = []
    for step in range(STEPS):
        together += trial.run(given, range(step, step + 1))
        second.run(other, range(step, step + 1))
    differs = _first_unequal(alone, together)
    expect(
        differs is None,
        f"{differs} depends on other states that the same object has served: what is remembered "
        "must be in the state, where every run has its own",
    )


def state_in_place(population: Population) -> None:
    """All tensors stay the same, and drive and uniforms are read only.

    A probe, a checkpoint and a captured graph hold on to them.
    """
    given, trial = shown(population), NeuronTrial(population)
    before = trial.tensors()
    addresses = {name: tensor.data_ptr() for name, tensor in before.items()}
    trial.run(given)
    after = trial.tensors()
    new = sorted(set(after) ^ set(before))
    expect(not new, f"{new[:1]} comes or goes while it runs: make all of the state in `state`")
    for name, tensor in after.items():
        expect(
            tensor.data_ptr() == addresses[name],
            f"it puts another tensor in the place of {name}: write into it, with copy_ or out=",
        )
    for name in INPUTS:
        tensor = after[name]
        kept = not tensor.numel() or torch.equal(tensor, getattr(given, name)[-1])
        expect(kept, f"it writes to {name}, which others write")


def checkpoint_round_trip(population: Population) -> None:
    """Everything that it needs to go on is in its state."""
    given, half = shown(population), STEPS // 2
    whole, second = NeuronTrial(population), NeuronTrial(population)
    whole.run(given, range(half))
    second.resume(whole)
    rest = range(half, STEPS)
    differs = _first_unequal(whole.run(given, rest), second.run(given, rest))
    expect(
        differs is None,
        f"after a checkpoint is restored it goes on differently, first in {differs}: what changes "
        "from step to step must be a tensor of the state",
    )


def no_look_at_data(population: Population) -> None:
    """It makes no decision that depends on data: no `if` on a tensor, no `.item()`."""
    with reported(
        "it asks for the value of a tensor (if, while, .item(), float(), a mask as index), which "
        "makes the host wait for the device and cannot be captured; use torch.where"
    ):
        trial = NeuronTrial(population, device="meta")
        trial.population.step(trial.state)


def can_be_captured(population: Population) -> None:
    """What it does is the same at every step, so that a CUDA graph of one step repeats it."""
    with reported("a step cannot be captured"):
        NeuronTrial(population).check_capturable()
    given = shown(population)
    eager = NeuronTrial(population).run(given)
    differs = _first_unequal(eager, NeuronTrial(population).run(given, captured=True))
    expect(
        differs is None,
        f"{differs} is another one if the operations of the first step are repeated: it decides, "
        "or makes numbers, in Python, where a tensor is needed",
    )


def works_in_replicas(population: Population) -> None:
    """It serves networks side by side: each does what it would do alone."""
    given = [shown(population), shown(population, "other")]
    with reported(f"it fails for networks side by side: {ADVICE}"):
        together = NeuronTrial(population, replicas=2).run(given[0].stack(given[1]))
    for number, own in enumerate(given):
        for one, both in zip(NeuronTrial(population).run(own), together, strict=True):
            for name, tensor in one.items():
                expect(
                    same(tensor, both[name][number] if both[name].dim() else both[name]),
                    f"{name} of one of two networks side by side is not what it is alone: {ADVICE}",
                )


def _first_unequal(
    one: Sequence[dict[str, Tensor]], other: Sequence[dict[str, Tensor]]
) -> str | None:
    """Return the name of the first tensor that differs, and in which of the steps."""
    for step, (a, b) in enumerate(zip(one, other, strict=True)):
        name = first_difference(a, b)
        if name is not None:
            return f"{name} in step {step}"
    return None


NEURON_CHECKS: dict[str, Callable[[Population], None]] = {
    check.__name__: check
    for check in (
        shapes_dtypes_devices,
        finite,
        deterministic,
        one_population_for_all,
        state_in_place,
        checkpoint_round_trip,
        no_look_at_data,
        can_be_captured,
        streams_are_independent,
        local,
        spikes_are_zero_or_one,
        silent_without_uniforms,
        probability_is_the_mean,
        gain_is_the_derivative,
        perturbation_is_the_noise,
        works_in_replicas,
    )
}
"""What is checked of a population, by name."""
