"""What figures 3d and s6 share: students of the 30-20-10-10 tanh network that is the target."""

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
    """Return a simulation of tanh neurons with linear outputs that learn the target's function.

    Parameters
    ----------
    place : Placed
        Settings that say where it runs.
    sizes : sequence of int
        From 30 inputs to 10 outputs.
    circuit : FeedbackCircuit
    rate : float
        eta for one example: the update is the sum over the batch.
    batch : int
    seed : int or sequence of int
        Target, examples and first weights follow from it; several make as many replicas.
    scale, bias : float
        Half-range of the first weights and of the first biases.
    optimiser : callable, optional
        A class of torch.optim that takes the steps.
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
