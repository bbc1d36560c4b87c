"""The network of figures 5, s9 and s14: 20-1000-20 tanh neurons that learn quadratic functions."""

from collections.abc import Callable

import numpy as np
import torch

from spikefa.analysis.alignment import row_angles
from spikefa.datasets.functions import quadratic
from spikefa.feedback import FA, FeedbackCircuit
from spikefa.models import rate_network
from spikefa.network import Network
from spikefa.runs.settings import Placed
from spikefa.simulation.simulation import Simulation
from spikefa.stimulus import FunctionStimulus
from spikefa.utils.devices import choose_device

N, HIDDEN = 20, 1000
BATCH = 10
RATE = 2e-4
FEEDBACK_SCALE = 0.5
FIRST_WEIGHTS = (0.1, 0.01)
FIRST_BIASES = 1.0
"""tanh is odd and the functions are even, so a network without biases could not learn them."""


def circuit() -> FA:
    """Return the feedback alignment circuit that all three figures use."""
    return FA(FEEDBACK_SCALE, tau=1.0)


def quadratic_simulation(
    place: Placed, feedback: FeedbackCircuit, hidden: int, seed: int
) -> Simulation:
    """Return a simulation of the network, with 10 examples per update."""
    network = rate_network(
        (N, hidden, N),
        feedback,
        RATE,
        weight_scale=FIRST_WEIGHTS,
        bias=FIRST_BIASES,
        device=choose_device(place.device),
        dtype=torch.float32,
    )
    stimulus = FunctionStimulus(quadratic(N, N, seed), tests=300)
    return Simulation(network, stimulus, batch_size=BATCH, seed=seed, backend=place.backend)


def neuron_angles(network: Network) -> Callable[[], np.ndarray]:
    """Return a function that measures the angle between each hidden neuron's row of W and B^T."""
    weight = network.synapses["output"].weight
    (back,) = network.feedback.layer_matrices()
    return lambda: row_angles(weight, back.mT).cpu().numpy()
