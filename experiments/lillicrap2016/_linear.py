"""The linear network of supplementary notes 10 to 15, with deterministic learning.

The paper writes h = A x and y = W h with column vectors, so its matrices are the transposes of the
matrices here.
"""

import torch
from torch import Tensor

from spikefa.datasets.functions import uniform
from spikefa.feedback import FA
from spikefa.models import rate_network
from spikefa.network.network import Network
from spikefa.runs.settings import Placed
from spikefa.utils.devices import choose_device
from spikefa.utils.seeding import generator


class Deterministic:
    """A linear network trained on all inputs at once: dW = eta E A^T, dA = eta B E (eqs. 6 and 7).

    The streams of the batch are the unit vectors, whose summed covariance is the identity.

    Parameters
    ----------
    place : Placed
        Settings that determine where the network runs.
    sizes : tuple of int
        Numbers of inputs, hidden neurons and outputs.
    rate : float
        eta. As it goes to 0, the dynamics approach those of the paper, in continuous time.
    seed : int
    start : float
        Half-range of the initial weights; 0 starts from zero weights.
    feedback_scale : float, default 0.5
        Half-range of B.

    Attributes
    ----------
    target : Tensor [n_inputs, n_outputs]
        T, drawn from U[-1, 1].
    """

    def __init__(
        self,
        place: Placed,
        sizes: tuple[int, int, int],
        rate: float,
        seed: int,
        start: float,
        feedback_scale: float = 0.5,
    ):
        self.rate = rate
        self.circuit = FA(feedback_scale, tau=1.0)
        self.network: Network = rate_network(
            *(sizes, self.circuit, rate, "linear", "linear", start),
            bias=False,
            device=choose_device(place.device),
        )
        self.network.initialise(seed)
        self.inputs = torch.eye(sizes[0], dtype=torch.float64, device=self.network.device)
        target = uniform((sizes[0], sizes[2]), 1.0, generator(seed, "teacher"))
        self.target = target.to(self.network.device)
        self.state = self.network.state(sizes[0])

    @property
    def first(self) -> Tensor:
        """A, [n_inputs, n_hidden]."""
        return self.network.synapses["hidden1"].weight

    @property
    def second(self) -> Tensor:
        """W, [n_hidden, n_outputs]."""
        return self.network.synapses["output"].weight

    @property
    def back(self) -> Tensor:
        """B, [n_outputs, n_hidden]."""
        return self.circuit.matrices[0]

    def learn(self, time: float, frozen: tuple[int, ...] = ()) -> None:
        """Train A (0) and W (1) for some time, except those that are frozen."""
        self.network.set_learning_rates(
            self.state, [0.0 if layer in frozen else 1.0 for layer in (0, 1)]
        )
        for _ in range(round(time / self.rate)):
            self.network.step(self.state, self.inputs, self.target)

    def error(self) -> float:
        """Return ``|E|^2 / |T|^2``, where E = T - W A."""
        left = self.target - self.first @ self.second
        return float(left.square().sum() / self.target.square().sum())

    def constant(self) -> Tensor:
        """Return ``C = B W + W^T B^T - A A^T``, [n_hidden, n_hidden]."""
        both = self.second @ self.back
        return both + both.mT - self.first.mT @ self.first
