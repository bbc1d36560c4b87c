"""The gradient of a spiking network's expected loss, and how near to it the modulators point."""

from typing import Literal

import torch
from torch import Tensor

from spikefa.analysis.alignment import row_angles
from spikefa.analysis.delta_angles import shown
from spikefa.datasets import Images
from spikefa.errors import require
from spikefa.network.network import Network
from spikefa.network.state import NetworkState
from spikefa.neurons import StochasticBinary
from spikefa.utils.seeding import generator

Loss = Literal["probability", "spikes"]


def expected_modulators(
    network: Network,
    state: NetworkState,
    target: Tensor,
    samples: int = 64,
    loss: Loss = "probability",
    seed: int = 0,
) -> list[Tensor]:
    """Return what each hidden neuron's spike is worth: what a perfect circuit would deliver.

    A neuron that spikes at random has no derivative, but its probability has: whatever L is made
    of the spikes, ::

        dE[L] / dV_j = Psi(V_j) (E[L | s_j = 1] - E[L | s_j = 0])

    This returns the difference in brackets, in the place of the modulator. The expectation is over
    the other neurons of the population and over all that are above, in this step; the potentials of
    the population are what they are. The effect on later steps, through potentials that leak, is
    left out: no circuit here carries errors back in time. It is estimated by drawing these spikes
    anew, with the same random numbers on both sides of the difference.

    Parameters
    ----------
    network : Network
        Of `StochasticBinary` populations.
    state : NetworkState
        After `Network.forward`; not changed.
    target : Tensor [batch, n_out]
    samples : int, default 64
        Draws for each neuron and stream; the error of the estimate falls with its square root.
    loss : {"probability", "spikes"}, default "probability"
        ``1/2 |p - y|^2`` of the output's probabilities, the gradient of which at the output is the
        mean of ``s - y``, from which the circuits start; or ``1/2 |s - y|^2`` of its spikes.
    seed : int, default 0
        The stream ``expected_gradient`` of it is used.

    Returns
    -------
    list of Tensor [batch, n_l]
        One for each hidden population, from the first.

    Raises
    ------
    SpikefaError
        If a population is of another kind, or an argument is out of range.
    """
    require(samples >= 1, f"samples must be at least 1, {samples} given")
    require(loss in ("probability", "spikes"), f"loss is 'probability' or 'spikes', not {loss!r}")
    for name, population in network.populations.items():
        require(
            type(population) is StochasticBinary,
            f"the expected loss is known for StochasticBinary neurons; {name!r} is {population}",
        )
    source = generator(seed, "expected_gradient", device=network.device)
    hidden = range(len(state.populations) - 1)
    worth = [torch.zeros_like(state.populations[layer].spikes) for layer in hidden]
    for layer in hidden:
        for stream in range(len(target)):
            for _ in range(samples):
                losses = _losses(network, state, target, layer, stream, loss, source)
                worth[layer][stream].add_(losses[1] - losses[0], alpha=1 / samples)
    return worth


def gradient_angles(
    network: Network,
    images: Images,
    full_scale: int,
    n_classes: int,
    steps: int = 5,
    samples: int = 64,
    seed: int = 0,
) -> dict[str, float]:
    """Return the angle between the deltas delivered and the gradient of the expected loss.

    As `delta_angles`, but held against the true gradient, see `expected_modulators`, in place of
    what backpropagation through the spikes that fell would deliver. What is delivered in one step
    starts from the spikes of that step, so that even a perfect circuit is not at 0.

    Parameters
    ----------
    network : Network
        Of `StochasticBinary` populations.
    images : Images
        All are shown once, from rest; tens are enough, and the time grows with them.
    full_scale, n_classes : int
        Pixel value that means 1, number of classes.
    steps : int, default 5
        Steps for which the images are shown; the last one is looked at.
    samples : int, default 64
    seed : int, default 0

    Returns
    -------
    dict of float
        Degrees, by hidden population; 90 is chance, nan if no error reaches it.
    """
    stream = shown(network, images, full_scale, n_classes, steps, seed, "gradient_angles")
    state = stream.state
    worth = expected_modulators(network, state, stream.target, samples, seed=seed)
    hidden = list(network.populations)[:-1]
    parts = zip(hidden, worth, state.feedback.modulators, state.populations, strict=False)
    return {
        name: float(row_angles(delivered * here.gain, true * here.gain).nanmean())
        for name, true, delivered, here in parts
    }


def _losses(
    network: Network,
    state: NetworkState,
    target: Tensor,
    layer: int,
    stream: int,
    loss: Loss,
    source: torch.Generator,
) -> Tensor:
    """Return L `[2, n]` for each neuron of a layer silent, and spiking, in one draw of the rest."""
    here = state.populations[layer]
    others = _draw(here.probability[stream], source)
    forced = torch.arange(2, device=others.device, dtype=others.dtype)
    above = list(zip(network.synapses.values(), state.populations, strict=True))[layer + 1 :]
    tau = [population.tau for population in network.populations.values()][layer + 1 :]
    weight = above[0][0].weight
    base = above[0][1].potential[stream] + tau[0] * ((others - here.spikes[stream]) @ weight)
    change = (forced.unsqueeze(-1) - others).unsqueeze(-1)
    probability = torch.sigmoid(base + tau[0] * change * weight)  # [2, n, n_above]
    for (_, below), (synapses, population), weighed in zip(above, above[1:], tau[1:], strict=False):
        uniforms = torch.rand(below.spikes.shape[-1:], generator=source, device=others.device)
        spikes = (uniforms.to(others.dtype) < probability).to(others.dtype)
        moved = (spikes - below.spikes[stream]) @ synapses.weight
        probability = torch.sigmoid(population.potential[stream] + weighed * moved)
    wanted = target[stream]
    if loss == "spikes":
        return 0.5 * (probability * (1 - 2 * wanted) + wanted.square()).sum(-1)
    return 0.5 * (probability - wanted).square().sum(-1)


def _draw(probability: Tensor, source: torch.Generator) -> Tensor:
    uniforms = torch.rand(
        probability.shape, generator=source, device=probability.device, dtype=probability.dtype
    )
    return (uniforms < probability).to(probability.dtype)
