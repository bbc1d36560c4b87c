"""Synapses from each neuron to one other, which no circuit carries errors through."""

from spikefa.errors import SpikefaError
from spikefa.synapses.sharing import Sharing


class OneToOne(Sharing):
    """Base class of sharings in which a neuron receives from one other, and sends to one."""

    @property
    def shares(self) -> bool:
        """Several synapses have one weight, or none."""
        return True

    @property
    def fans(self) -> tuple[int, int]:
        """One synapse meets at a neuron, and one leaves it."""
        return 1, 1

    def widened(self, columns: int) -> Sharing:
        """Refuse another number of neurons."""
        raise SpikefaError("one-to-one synapses lead to as many neurons as they come from")

    def column_by_column(self, columns: int) -> Sharing:
        """Refuse another number of neurons."""
        return self.widened(columns)
