"""What synapses with holes have in common: a mask."""

from dataclasses import dataclass, field

from torch import Tensor

from spikefa.synapses.base import Synapses


@dataclass(eq=False, kw_only=True)
class Sparse(Synapses):
    """Synapses between some of the pairs of neurons: ``drive = s_pre (M * W) + b``.

    `weight` is a whole matrix that is exactly 0 where M is 0, through updates, decay and
    optimisers, so that a feedback circuit can read it like any other. The circuit's own matrices
    have holes of their own, see `FA`. Drive and updates cost what dense ones do, and an update one
    pass over the weights more. What a rule remembers per synapse it also remembers for the holes,
    without effect.

    A subclass makes the mask.

    Attributes
    ----------
    weight, mask : Tensor [n_pre, n_post]
        The mask is 1 where there is a synapse, else 0.
    bias : Tensor [n_post]
    """

    mask: Tensor = field(init=False, repr=False)

    def constrain(self) -> None:
        """Set the weights of missing synapses to 0; restore constraints and norm, if there are any.

        A constraint without a weight of 0, such as a single bit, gives missing synapses one.
        """
        self.weight.mul_(self.mask)
        if self.held:
            self.keep_constraints()
            self.weight.mul_(self.mask)
        self.keep_norm()

    def tensors(self) -> dict[str, Tensor]:
        """Return what learning changes, and the mask, by name."""
        return {**super().tensors(), "mask": self.mask}
