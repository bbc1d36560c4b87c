"""A feedback matrix that is read rounded to half precision."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from spikefa.feedback.matrix import Matrix, Role, unshared
from spikefa.utils.rounded import RoundedCopy


@dataclass(eq=False)
class RoundedMatrix(Matrix):
    """A fixed matrix whose rounded copy carries the error.

    Parameters
    ----------
    stored : Tensor [..., n_from, n_to]
        The matrix itself.
    copy : RoundedCopy
    """

    role: ClassVar[Role] = "fixed"

    stored: Tensor
    copy: RoundedCopy

    def __post_init__(self) -> None:
        self.sharing = unshared(self.stored)

    def carry(self, sent: Tensor, out: Tensor) -> None:
        """Write ``sent B``, of rounded factors."""
        self.copy.product(sent, out)
