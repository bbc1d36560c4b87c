"""Momentum for feedback weights that learn."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.feedback.matrix import PlasticMatrix
from spikefa.utils.checking import check_fields
from spikefa.utils.ranges import ShareBelowOne
from spikefa.utils.tensors import flush


@dataclass(eq=False)
class Momentum:
    """Momentum updates of a matrix B: ``v <- momentum v + sent^T received``, ``dB = -eta v``.

    Parameters
    ----------
    momentum : float
        Momentum, in [0, 1).
    symbol : str
        Name of the matrices in error messages.

    Attributes
    ----------
    matrices : list of PlasticMatrix
        What learns.
    velocities : list of Tensor
        Velocity v of each matrix; empty without momentum.

    Raises
    ------
    SpikefaError
        If the momentum is out of range.
    """

    momentum: ShareBelowOne
    symbol: str
    matrices: list[PlasticMatrix] = field(init=False, repr=False, default_factory=list)
    velocities: list[Tensor] = field(init=False, repr=False, default_factory=list)

    def __post_init__(self) -> None:
        check_fields(self, of=f" of {self.symbol}")

    def __bool__(self) -> bool:
        """Return whether the momentum is nonzero."""
        return bool(self.momentum)

    def connect(self, matrices: Sequence[PlasticMatrix]) -> None:
        """Allocate a velocity for each matrix, if the momentum is nonzero."""
        self.matrices = list(matrices)
        self.velocities = [torch.zeros_like(each.stored) for each in matrices if self.momentum]

    def rest(self) -> None:
        """Set all velocities to 0."""
        for velocity in self.velocities:
            velocity.zero_()

    def step(self, number: int, sent: Tensor, received: Tensor, rate: Tensor) -> None:
        """Update a velocity and its matrix with the product ``sent^T received``.

        Parameters
        ----------
        number : int
            Index of the matrix.
        sent : Tensor [..., batch, n_from]
            Factor of the sending neurons.
        received : Tensor [..., batch, n_to]
            Factor of the receiving neurons.
        rate : Tensor
            Learning rate eta, a scalar.
        """
        velocity = flush(self.velocities[number].mul_(self.momentum))
        matrix = self.matrices[number]
        matrix.sharing.add_outer_back(velocity, sent, received)
        matrix.stored.addcmul_(velocity, rate, value=-1)

    def tensors(self) -> dict[str, Tensor]:
        """Return the velocities by name; ``v1`` is for the matrix into the first hidden layer."""
        return {f"v{layer}": each for layer, each in enumerate(self.velocities, start=1)}
