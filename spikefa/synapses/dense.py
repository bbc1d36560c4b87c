"""All-to-all synapses."""

from dataclasses import dataclass

from spikefa.synapses.base import Synapses


@dataclass(eq=False)
class Dense(Synapses):
    """All-to-all synapses with a bias: ``drive = s_pre W + b``.

    Parameters
    ----------
    n_pre, n_post : int
        Sizes of the two populations.
    scale : float, default 0.05
        Half-range of the uniform distribution from which the weights are drawn (Lillicrap et al.
        2016, Methods). Biases start at 0.
    norm : float, optional
        Length that the weights onto each neuron keep, see `Synapses`. By default they are free.
    biased : bool, default True
        Whether the postsynaptic neurons have biases, see `Synapses`.
    constraints : sequence of Constraint, optional
        Such as ``(Dale(0.8), Bits(4))``, see `Synapses`.
    device, dtype
        Where the weights live, and as what.

    Attributes
    ----------
    weight : Tensor [n_pre, n_post]
    bias : Tensor [n_post]

    Raises
    ------
    SpikefaError
        If a size or number is out of range.
    """

    @property
    def standard(self) -> bool:
        """Whether no subclass has changed them, with biases, without norm and constraints."""
        plain = self.biased and self.norm is None and not self.held
        return type(self) is Dense and plain

    def constrain(self) -> None:
        """Restore the constraints and the norm, if there are any."""
        self.keep_constraints()
        self.keep_norm()
