"""Momentum of feedback weights that learn."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.utils.tensors import add_product


@dataclass(eq=False)
class Momentum:
    """Steps of a matrix B with momentum: ``v <- momentum v + sent received``, ``dB = -eta v``.

    Parameters
    ----------
    momentum : float
        In [0, 1).
    symbol : str
        What the matrices are called in messages.

    Attributes
    ----------
    velocities : list of Tensor
        v of each matrix; empty without momentum.

    Raises
    ------
    SpikefaError
        If the momentum is out of range.
    """

    momentum: float
    symbol: str
    velocities: list[Tensor] = field(init=False, repr=False, default_factory=list)

    def __post_init__(self) -> None:
        require(
            0 <= self.momentum < 1,
            f"the momentum of {self.symbol} must be in [0, 1), {self.momentum} given",
        )

    def __bool__(self) -> bool:
        """Return whether there is any."""
        return bool(self.momentum)

    def connect(self, matrices: Sequence[Tensor]) -> None:
        """Make a velocity for each matrix, if there is momentum."""
        self.velocities = [torch.zeros_like(each) for each in matrices if self.momentum]

    def rest(self) -> None:
        """Let nothing move."""
        for velocity in self.velocities:
            velocity.zero_()

    def step(
        self, number: int, matrix: Tensor, sent: Tensor, received: Tensor, rate: Tensor
    ) -> None:
        """Change a matrix by the product of what its sources sent and its targets received.

        Parameters
        ----------
        number : int
            Which of the matrices this is.
        matrix : Tensor [..., n_from, n_to]
        sent : Tensor [..., n_from, batch]
        received : Tensor [..., batch, n_to]
        rate : Tensor
            eta, a scalar.
        """
        velocity = self.velocities[number].mul_(self.momentum)
        add_product(velocity, sent, received)
        matrix.addcmul_(velocity, rate, value=-1)

    def tensors(self) -> dict[str, Tensor]:
        """Return the velocities, ``v1`` being that of the matrix into the first hidden layer."""
        return {f"v{layer}": each for layer, each in enumerate(self.velocities, start=1)}
