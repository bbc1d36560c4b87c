"""The promises about the activity of a population: its values, mean, derivative and noise."""

from collections.abc import Callable

import torch
from torch import Tensor

from spikefa.neurons import Population, noiseless
from spikefa.testing.compare import expect, same
from spikefa.testing.neuron_trial import STEPS, NeuronTrial, Shown, shown

DRAWS = 1000
"""Uniforms over which an average is taken, evenly spaced in [0, 1)."""
UNIT = 0
"""The neuron whose activity may depend on nothing else."""


def streams_are_independent(population: Population) -> None:
    """What happens in a stream does not depend on other streams."""
    given, other = shown(population), shown(population, "other")
    mixed = Shown(given.drive.clone(), given.uniforms.clone())
    mixed.drive[:, 1:], mixed.uniforms[:, 1:] = other.drive[:, 1:], other.uniforms[:, 1:]
    name = _first_unequal(population, given, mixed, lambda tensor: tensor[0])
    expect(name is None, f"{name} of one stream depends on the drive or uniforms of other streams")


def local(population: Population) -> None:
    """A neuron does not depend on others, unless `normalised` says that the activity is."""
    if population.normalised:
        return
    given, other = shown(population), shown(population, "other")
    mixed = Shown(other.drive.clone(), other.uniforms.clone())
    mixed.drive[..., UNIT], mixed.uniforms[..., UNIT] = (
        given.drive[..., UNIT],
        given.uniforms[..., UNIT],
    )
    name = _first_unequal(population, given, mixed, lambda tensor: tensor[..., UNIT])
    expect(
        name is None,
        f"{name} of a neuron depends on the drive or uniforms of others, and a population is of "
        "neurons without connections: say so with a property `normalised`, if it is a softmax",
    )


def _first_unequal(
    population: Population, one: Shown, other: Shown, part: Callable[[Tensor], Tensor]
) -> str | None:
    """Return the name of the first tensor of which a part differs between two runs."""
    runs = zip(NeuronTrial(population).run(one), NeuronTrial(population).run(other), strict=True)
    for a, b in runs:
        for name, tensor in a.items():
            if tensor.dim() > 1 and not same(part(tensor), part(b[name])):
                return name
    return None


def spikes_are_zero_or_one(population: Population) -> None:
    """Spikes are 0 or 1, unless `spiking` says that the activity is a rate."""
    trial = NeuronTrial(population)
    if not population.spiking:
        expect(
            "activity" in population.variables(trial.state),
            "it says that it is not spiking, and does not declare its activity: return "
            '{"activity": state.spikes} in `variables`, since a probe of "spikes" records 0 or 1',
        )
        return
    for left in trial.run(shown(population)):
        spikes = left["spikes"]
        good = bool(((spikes == 0) | (spikes == 1)).all())
        expect(good, "its spikes are not 0 or 1: for rates, let a property `spiking` be False")


def silent_without_uniforms(population: Population) -> None:
    """Without uniforms, as in a `noiseless` state, the activity is its mean."""
    trial = NeuronTrial(population)
    trial.state = noiseless(trial.state)
    for left in trial.run(shown(population)):
        expect(
            torch.equal(left["spikes"], left["probability"]),
            "without uniforms its activity is not `probability`, though nothing is random then",
        )


def probability_is_the_mean(population: Population) -> None:
    """Averaged over the uniforms of a step, the activity is `probability`."""
    for drive in shown(population).drive[:, 0]:
        trial = _spread(population, drive)
        mean, expected = trial.state.spikes.mean(0), trial.state.probability[0]
        expect(
            _close(mean, expected),
            f"averaged over its uniforms, the activity of a neuron is {float(mean[0]):.4f} where "
            f"`probability` is {float(expected[0]):.4f}",
        )


def perturbation_is_the_noise(population: Population) -> None:
    """``perturbation`` is ``(s - p) / Var(s)``; 0 unless the population is `stochastic`."""
    for drive in shown(population).drive[:, 0]:
        trial = _spread(population, drive)
        noise = torch.full_like(trial.state.spikes, torch.nan)
        population.perturbation(trial.state, noise)
        if not population.stochastic:
            expect(not bool(noise.any()), "its perturbation is not 0, and it is not `stochastic`")
            continue
        product = (noise * (trial.state.spikes - trial.state.probability)).mean(0)
        expect(
            _close(noise.mean(0), torch.zeros_like(product))
            and _close(product, torch.ones_like(product)),
            "its perturbation is not (s - p) / Var(s), the noise over its variance",
        )


def _spread(population: Population, drive: Tensor) -> NeuronTrial:
    """Return a trial after a step in which the uniforms are evenly spread over the streams."""
    trial = NeuronTrial(population, streams=DRAWS)
    spread = (torch.arange(DRAWS, dtype=torch.float64).unsqueeze(-1) + 0.5) / DRAWS
    trial.step(drive, spread)
    return trial


def _close(one: Tensor, other: Tensor) -> bool:
    return torch.allclose(one, other, rtol=20 / DRAWS, atol=5 / DRAWS)


def gain_is_the_derivative(population: Population) -> None:
    """The gain is dp/dV, checked by differences, unless `gain_is_derivative` says otherwise."""
    if not population.gain_is_derivative:
        return
    given, half = shown(population), 1e-6
    for step in range(STEPS):
        below, here, above = (
            _silent(population, given.drive[step] + shift) for shift in (-half, 0.0, half)
        )
        run = above.state.potential - below.state.potential
        rise = above.state.probability - below.state.probability
        moved = run.abs() > half * 1e-3
        expect(bool(moved.any()), "its potential does not depend on its drive")
        slope, gain = (rise / run)[moved], here.state.gain[moved]
        expect(
            torch.allclose(slope, gain, rtol=1e-4, atol=1e-6),
            f"its gain is {float(gain[0]):.6f} where the derivative of `probability` with respect "
            f"to the potential is {float(slope[0]):.6f}: if it is another factor, let a property "
            "`gain_is_derivative` be False",
        )


def _silent(population: Population, drive: Tensor) -> NeuronTrial:
    """Return a trial after a step without noise."""
    trial = NeuronTrial(population)
    trial.state = noiseless(trial.state)
    trial.step(drive, drive)
    return trial
