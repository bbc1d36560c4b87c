"""Fixed one-to-one synapses past populations, as in residual networks."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch

from spikefa.errors import require
from spikefa.plasticity.base import Change
from spikefa.synapses.base import Synapses
from spikefa.synapses.sharing import Sharing
from spikefa.synapses.skipping import Skipping


@dataclass(eq=False)
class Skip(Synapses):
    """Synapses that pass activity on as it is, one to one, and do not learn: a shortcut.

    Used in a `Connection` past some populations, as in residual networks (He et al. 2016). The
    error comes back along it, one to one as well, in circuits in which it descends layer by layer.

    Parameters
    ----------
    n_pre, n_post : int
        Sizes of the two populations; they must be those of the layout.
    layout : Skipping
        Shapes of the two populations, and stride.
    device, dtype
        As in `Synapses`, of which no other parameter has a meaning here.

    Raises
    ------
    SpikefaError
        If the sizes are not those of the layout.

    Examples
    --------
    >>> layout = Skipping((16, 32, 32), 32, stride=2)
    >>> layout.out_shape
    (32, 16, 16)
    """

    plastic: ClassVar[bool] = False

    layout: Skipping = field(kw_only=True)

    def __post_init__(self) -> None:
        require(
            isinstance(self.layout, Skipping),
            f"the layout of Skip is {self.layout!r}: give a Skipping(shape, channels)",
        )
        require(
            (self.n_pre, self.n_post) == (self.layout.n_pre, self.layout.n_post),
            f"a shortcut of {self.layout.n_pre} onto {self.layout.n_post} neurons, and the "
            f"populations have {self.n_pre} and {self.n_post}",
        )
        super().__post_init__()
        require(
            not (self.held or self.norm),
            "Skip synapses have no weights that a norm or constraints could hold: leave them out",
        )

    def arrangement(self) -> Sharing:
        """Return the layout."""
        return self.layout

    def initialise(self, generator: torch.Generator) -> None:
        """Draw nothing."""

    def apply(self, change: Change) -> None:
        """Stay as they are."""

    def constrain(self) -> None:
        """Restore nothing."""
