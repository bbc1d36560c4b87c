"""Shared code of figures 3d and s6: networks that learn a 30-20-10-10 tanh target network."""

from collections.abc import Sequence

from spikefa.datasets.functions import tanh_teacher
from spikefa.feedback import FeedbackCircuit
from spikefa.models import rate_network
from spikefa.network.optimiser import MakeOptimiser
from spikefa.runs.settings import Placed
from spikefa.simulation.simulation import Simulation
from spikefa.stimulus import FunctionStimulus
from spikefa.utils.devices import choose_device

TEACHER = (30, 20, 10, 10)


def student_simulation(
    place: Placed,
    sizes: Sequence[int],
    circuit: FeedbackCircuit,
    rate: float,
    batch: int,
    seed: int | Sequence[int],
    scale: float,
    bias: float,
    optimiser: MakeOptimiser | None = None,
) -> Simulation:
    """Return a simulation of a tanh network with linear outputs that learns the target's function.

    Parameters
    ----------
    place : Placed
        Settings that determine where the network runs.
    sizes : sequence of int
        Sizes of the layers, from 30 inputs to 10 outputs.
    circuit : FeedbackCircuit
    rate : float
        eta per example; updates are summed over the batch.
    batch : int
    seed : int or sequence of int
        Determines the target, examples and initial weights; several seeds make as many replicas.
    scale, bias : float
        Half-ranges of the initial weights and biases.
    optimiser : callable, optional
        A class of torch.optim that updates the weights.
    """
    seeds = [seed] if isinstance(seed, int) else seed
    replicas = None if isinstance(seed, int) else len(seeds)
    network = rate_network(
        sizes,
        circuit,
        rate,
        weight_scale=scale,
        bias=bias,
        optimiser=optimiser,
        device=choose_device(place.device),
        replicas=replicas,
    )
    stimulus = FunctionStimulus([tanh_teacher(TEACHER, own) for own in seeds])
    return Simulation(network, stimulus, batch_size=batch, seed=seeds, backend=place.backend)
