"""Momentum for feedback weights that learn."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.utils.checking import check_fields
from spikefa.utils.ranges import ShareBelowOne
from spikefa.utils.tensors import add_product, flush


@dataclass(eq=False)
class Momentum:
    """Momentum updates of a matrix B: ``v <- momentum v + sent received``, ``dB = -eta v``.

    Parameters
    ----------
    momentum : float
        Momentum, in [0, 1).
    symbol : str
        Name of the matrices in error messages.

    Attributes
    ----------
    velocities : list of Tensor
        Velocity v of each matrix; empty without momentum.

    Raises
    ------
    SpikefaError
        If the momentum is out of range.
    """

    momentum: ShareBelowOne
    symbol: str
    velocities: list[Tensor] = field(init=False, repr=False, default_factory=list)

    def __post_init__(self) -> None:
        check_fields(self, of=f" of {self.symbol}")

    def __bool__(self) -> bool:
        """Return whether the momentum is nonzero."""
        return bool(self.momentum)

    def connect(self, matrices: Sequence[Tensor]) -> None:
        """Allocate a velocity for each matrix, if the momentum is nonzero."""
        self.velocities = [torch.zeros_like(each) for each in matrices if self.momentum]

    def rest(self) -> None:
        """Set all velocities to 0."""
        for velocity in self.velocities:
            velocity.zero_()

    def step(
        self, number: int, matrix: Tensor, sent: Tensor, received: Tensor, rate: Tensor
    ) -> None:
        """Update a velocity and its matrix with the product ``sent received``.

        Parameters
        ----------
        number : int
            Index of the matrix.
        matrix : Tensor [..., n_from, n_to]
            Matrix to change in place.
        sent : Tensor [..., n_from, batch]
            Factor of the sending neurons.
        received : Tensor [..., batch, n_to]
            Factor of the receiving neurons.
        rate : Tensor
            Learning rate eta, a scalar.
        """
        velocity = flush(self.velocities[number].mul_(self.momentum))
        add_product(velocity, sent, received)
        matrix.addcmul_(velocity, rate, value=-1)

    def tensors(self) -> dict[str, Tensor]:
        """Return the velocities by name; ``v1`` is for the matrix into the first hidden layer."""
        return {f"v{layer}": each for layer, each in enumerate(self.velocities, start=1)}
