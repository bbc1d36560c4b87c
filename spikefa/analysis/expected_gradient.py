"""The gradient of a spiking network's expected loss, and its angle to the modulators."""

from typing import Literal

import torch
from torch import Tensor

from spikefa.analysis.alignment import row_angles
from spikefa.analysis.delta_angles import present_once
from spikefa.datasets import Images
from spikefa.errors import require
from spikefa.network.connections import require_chain
from spikefa.network.network import Network
from spikefa.network.state import NetworkState
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
    """Return how much each hidden neuron's spike changes the expected loss.

    The spike of a stochastic neuron has no derivative, but its probability has one. For any loss L
    of the spikes::

        dE[L] / dV_j = Psi(V_j) (E[L | s_j = 1] - E[L | s_j = 0])

    This function returns the difference in brackets, which a perfect circuit would deliver as
    modulator. The expectation is over the spikes, in this step, of the other neurons of the
    population and of all populations above, given the potentials of the population. The effect on
    later steps is left out, since no circuit carries errors back in time. The expectation is
    estimated by drawing these spikes again, with the same random numbers for both terms.

    Parameters
    ----------
    network : Network
        All its populations are `StochasticBinary`.
    state : NetworkState
        State after `Network.forward`; it is not changed.
    target : Tensor [batch, n_out]
    samples : int, default 64
        Draws for each neuron and stream. The error of the estimate falls with the square root.
    loss : {"probability", "spikes"}, default "probability"
        ``1/2 |p - y|^2`` of the output's probabilities, or ``1/2 |s - y|^2`` of its spikes. The
        gradient of the first at the output is the mean of ``s - y``, from which circuits start.
    seed : int, default 0
        Seeds the random stream ``expected_gradient``.

    Returns
    -------
    list of Tensor [batch, n_l]
        One for each hidden population, from the first.

    Raises
    ------
    SpikefaError
        If a population is of another type, the network has delays or connections beside the chain,
        or an argument is out of range.
    """
    require(samples >= 1, f"samples must be at least 1, {samples} given")
    require(loss in ("probability", "spikes"), f"loss is {loss!r}: give 'probability' or 'spikes'")
    for name, population in network.populations.items():
        require(
            population.standard and not population.silences,
            "the expected loss is defined for StochasticBinary neurons without dropout; "
            f"{name!r} is {population}",
        )
    require_chain(network.routes, "the expected gradient")
    network.require_whole("the expected gradient")
    for name, synapses in network.synapses.items():
        require(
            not synapses.sharing.shares,
            f"the expected gradient is computed from a weight for each pair of neurons, and the "
            f"synapses onto {name!r} share theirs: see delta_angles, which serves them",
        )
    source = generator(seed, "expected_gradient", device=network.device)
    hidden = range(len(state.populations) - 1)
    modulators = [torch.zeros_like(state.populations[layer].spikes) for layer in hidden]
    for layer in hidden:
        for stream in range(len(target)):
            for _ in range(samples):
                losses = _losses(network, state, target, layer, stream, loss, source)
                difference = losses[1] - losses[0]
                modulators[layer][stream].add_(difference, alpha=1 / samples)
    return modulators


def gradient_angles(
    network: Network,
    images: Images,
    *,
    steps: int = 5,
    samples: int = 64,
    seed: int = 0,
) -> dict[str, float]:
    """Return the angle between the deltas delivered and the gradient of the expected loss.

    Like `delta_angles`, but relative to the true gradient, see `expected_modulators`, instead of
    backpropagation through the spikes that were drawn. Since circuits start from the spikes of one
    step, even a perfect circuit is not at 0 degrees.

    Parameters
    ----------
    network : Network
        All its populations are `StochasticBinary`.
    images : Images
        All are shown once, from rest. Tens are enough; the time grows with their number.
    steps : int, default 5
        Steps for which the images are shown; the angle is taken at the last one.
    samples : int, default 64
    seed : int, default 0

    Returns
    -------
    dict of float
        Degrees, by hidden population; 90 is chance, nan means that no error reaches it.
    """
    runner = present_once(network, images, steps, seed, "gradient_angles")
    state = runner.state
    expected = expected_modulators(network, state, runner.target, samples, seed=seed)
    hidden = list(network.populations)[:-1]
    layers = zip(hidden, expected, state.feedback.modulators, state.populations, strict=False)
    return {
        name: float(row_angles(delivered * population.gain, true * population.gain).nanmean())
        for name, true, delivered, population in layers
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
    """Return L `[2, n]` with each neuron of a layer silent or spiking, in one draw of the rest."""
    here = state.populations[layer]
    drawn = _draw(here.probability[stream], source)
    forced = torch.arange(2, device=drawn.device, dtype=drawn.dtype)
    above = list(zip(network.synapses.values(), state.populations, strict=True))[layer + 1 :]
    tau = [population.tau for population in network.populations.values()][layer + 1 :]
    weight = above[0][0].weight
    base = above[0][1].potential[stream] + tau[0] * ((drawn - here.spikes[stream]) @ weight)
    change = (forced.unsqueeze(-1) - drawn).unsqueeze(-1)
    probability = torch.sigmoid(base + tau[0] * change * weight)  # [2, n, n_above]
    for (_, below), (synapses, population), rate in zip(above, above[1:], tau[1:], strict=False):
        uniforms = torch.rand(below.spikes.shape[-1:], generator=source, device=drawn.device)
        spikes = (uniforms.to(drawn.dtype) < probability).to(drawn.dtype)
        moved = (spikes - below.spikes[stream]) @ synapses.weight
        probability = torch.sigmoid(population.potential[stream] + rate * moved)
    y = target[stream]
    if loss == "spikes":
        return 0.5 * (probability * (1 - 2 * y) + y.square()).sum(-1)
    return 0.5 * (probability - y).square().sum(-1)


def _draw(probability: Tensor, source: torch.Generator) -> Tensor:
    uniforms = torch.rand(
        probability.shape, generator=source, device=probability.device, dtype=probability.dtype
    )
    return (uniforms < probability).to(probability.dtype)
