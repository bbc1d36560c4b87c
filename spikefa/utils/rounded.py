"""Copies of matrices in half precision, which products read in their place."""

from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass(eq=False)
class RoundedCopy:
    """A matrix as products read it: rounded to half precision, in half the bytes.

    The matrix itself stays as it is, and whoever changes it renews the copy, or lets
    `renew_if_changed` find out.

    Parameters
    ----------
    of : Tensor [..., n_from, n_to]
        The matrix, float32.
    dtype : torch.dtype
        torch.bfloat16, of 8 significant bits, or torch.float16, of 11.
    """

    of: Tensor
    dtype: torch.dtype
    half: Tensor = field(init=False, repr=False)
    _version: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.half = torch.empty_like(self.of, dtype=self.dtype)
        self.renew()

    def renew(self) -> None:
        """Round the present matrix."""
        self.half.copy_(self.of)
        self._version = self.of._version

    def renew_if_changed(self) -> None:
        """Round the matrix again if the host has changed it since; the device is not asked.

        What the replay of a CUDA graph changes is not noticed: the graph must renew the copy.
        """
        if self.of._version != self._version:
            self.renew()

    def product(self, sent: Tensor, out: Tensor) -> None:
        """Write ``sent matrix`` into `out`, float32; `sent` is rounded too, sums are not.

        A CPU multiplies the rounded numbers in float32, since its products in half precision would
        round their sums.
        """
        sent = sent.to(self.dtype)
        if out.is_cuda:
            multiply = torch.mm if out.dim() == 2 else torch.bmm
            multiply(sent, self.half, out_dtype=out.dtype, out=out)
        else:
            torch.matmul(sent.to(out.dtype), self.half.to(out.dtype), out=out)
