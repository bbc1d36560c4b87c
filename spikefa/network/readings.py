"""What can be read of a network: variables to probe, and the alignment of its weights."""

from collections.abc import Mapping, Sequence

from spikefa.errors import require
from spikefa.feedback import FeedbackCircuit
from spikefa.network.connections import Route
from spikefa.network.division import Divisible
from spikefa.network.replicas import Replicated
from spikefa.network.state import NetworkState
from spikefa.network.variables import Variables, alignments, in_a_row, network_variables
from spikefa.neurons import Population
from spikefa.plasticity import Rules
from spikefa.synapses import Synapses


class Readable(Replicated, Divisible):
    """The variables and the alignment of a network."""

    populations: dict[str, Population]
    projections: dict[str, Synapses]
    routes: Sequence[Route]
    rules: Rules
    feedback: FeedbackCircuit

    @property
    def synapses(self) -> Mapping[str, Synapses]:
        """The synapses of the chain, by the name of the postsynaptic population."""
        return {name: self.projections[name] for name in self.populations}

    def variables(self, state: NetworkState) -> Variables:
        """Return the variables to probe, by population and name; see `network_variables`.

        With replicas, their streams are concatenated: `[replicas * batch, n]`, or `[replicas, n]`
        for variables that the streams of a replica share. Of a network over ranks, those of the
        neurons of this rank.
        """
        if self.leading:
            pairs = zip(self.each(), state.each(), strict=True)
            return in_a_row([one.variables(own) for one, own in pairs])
        parts = self.populations, self.projections, self.routes, self.feedback, self.rules
        return network_variables(*parts, state, aligned=self.ranks is None)

    def alignment(self) -> dict[str, float]:
        """Return the angle between W and B^T, in degrees, by postsynaptic population.

        B is the matrix of the error's whole path, see `FeedbackCircuit.paths`; without one there is
        no angle. Random matrices give 90 degrees, backpropagation 0. Over ranks all must ask, since
        the weights are joined for it.
        """
        require(not self.leading, "with replicas, ask one of them: network.replica(0).alignment()")
        whole = self.joined()
        return alignments(whole.synapses, whole.feedback)
