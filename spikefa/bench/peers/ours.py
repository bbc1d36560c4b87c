"""spikefa itself, timed as its peers are."""

import torch

from spikefa import __version__
from spikefa.backends import choose_backend
from spikefa.bench.peers.peer import RATE, Peer, Run, steps_for
from spikefa.bench.step_times import ENGINE, STEPS_PER_IMAGE
from spikefa.bench.steps import engine_step
from spikefa.network.network import Network
from spikefa.utils.timing import milliseconds


class Ours(Peer):
    """The backend that "auto" chooses."""

    name = "spikefa, auto"
    package = "spikefa"
    install = "it is here"
    computes = "eqs. 5 to 8 on all synapses in every step, by the backend that auto chooses"
    leaves_out = "labels, new images, a recorder"

    def load(self) -> None:
        """Do nothing: it is here."""

    def prepare(self, network: Network, batch: int) -> Run:
        """Capture 5 steps, where the backend captures."""
        target = torch.zeros(batch, network.n_outputs, device=network.device)
        probability = target.new_full((batch, network.n_inputs), RATE)
        backend = choose_backend("auto", network, batch).name
        at_once = 1 if backend == ENGINE else STEPS_PER_IMAGE
        step = engine_step(backend, network, probability, target, at_once)
        steps = STEPS_PER_IMAGE * max(2, steps_for(network, batch) // STEPS_PER_IMAGE)
        return lambda: milliseconds(step, steps, network.device)

    @property
    def version(self) -> str:
        """The version of this code."""
        return __version__
