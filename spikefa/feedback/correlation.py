"""Changes of feedback matrices that are outer products of two activities."""

from dataclasses import dataclass

from spikefa.feedback.matrix import Matrix
from spikefa.feedback.state import Site


@dataclass(frozen=True, eq=False)
class Correlation:
    """The change ``dB = -eta sent^T s`` of a feedback matrix, summed over the batch.

    Attributes
    ----------
    matrix : Matrix
        B.
    source : Site
        Error population that sends.
    gated : bool
        Whether `sent` is phi_delta(U) Psi(V), not phi_delta(U).
    layer : int
        Forward population that spikes (s); eta is that of the synapses that start there.
    """

    matrix: Matrix
    source: Site
    gated: bool
    layer: int
