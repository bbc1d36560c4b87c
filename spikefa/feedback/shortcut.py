"""The way of the error back along a shortcut past some populations."""

from dataclasses import dataclass

from torch import Tensor

from spikefa.feedback.error_population import ErrorState
from spikefa.neurons import PopulationState
from spikefa.synapses import Skipping


@dataclass(frozen=True, eq=False)
class Shortcut:
    """One-to-one synapses between error populations, beside those of the forward neurons.

    Attributes
    ----------
    source, target : int
        Error populations that send and receive; 0 is the one beside the first hidden population.
    layout : Skipping
        Which neurons are connected.
    gated : bool
        Whether the error is multiplied by the gain Psi(V) of the forward neurons beside the source.
    """

    source: int
    target: int
    layout: Skipping
    gated: bool

    def add(self, sender: ErrorState, beside: PopulationState, out: Tensor) -> None:
        """Add the error that arrives at the target in this step to `out`.

        Parameters
        ----------
        sender : ErrorState
            After its step; if gated, its drive is the product with the gain.
        beside : PopulationState
            The forward neurons beside the source. If their input is normalised, the error is that
            of the potential: the shortcut ends behind the normalisation.
        out : Tensor [..., batch, n]
        """
        if beside.dendrite is not None:
            sent = beside.dendrite.error
        else:
            sent = sender.drive if self.gated else sender.activity
        self.layout.add_back(sent, out)
