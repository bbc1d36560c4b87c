"""A plain torch loop, which a user would write instead of using a simulator."""

from dataclasses import dataclass

import torch

from spikefa.bench.peers.peer import RATE, Peer, Run, steps_for
from spikefa.bench.plain_variants import WARM_UP, plain_step
from spikefa.bench.step_times import STEPS_PER_IMAGE
from spikefa.network.network import Network
from spikefa.utils.timing import milliseconds


@dataclass(eq=False)
class PlainTorch(Peer):
    """A variant of the plain loop.

    Parameters
    ----------
    compiles, captures, tf32 : bool, default False
        See `plain_steps`.
    """

    compiles: bool = False
    captures: bool = False
    tf32: bool = False

    package = "torch"
    install = "see pytorch.org"
    computes = (
        "eqs. 5 to 8 on all synapses in every step, in place; compiled by torch.compile, or "
        "captured as a CUDA graph of 5 steps, or both, in float32 or TF32"
    )
    leaves_out = "weight decay, labels, new images, the guard, a recorder"

    def __post_init__(self) -> None:
        words = ["torch.compile"] * self.compiles + ["graph"] * self.captures + ["TF32"] * self.tf32
        self.name = ", ".join(["plain torch loop", *words])

    def load(self) -> None:
        """Do nothing: torch is there."""

    def prepare(self, network: Network, batch: int) -> Run:
        """Make the loop; compile and capture it."""
        target = torch.zeros(batch, network.n_outputs, device=network.device)
        probability = target.new_full((batch, network.n_inputs), RATE)
        step = plain_step(network, probability, target, self.compiles, self.captures, self.tf32)
        for _ in range(WARM_UP * STEPS_PER_IMAGE):
            step()
        steps = STEPS_PER_IMAGE * max(1, steps_for(network, batch) // STEPS_PER_IMAGE)
        return lambda: milliseconds(step, steps, network.device)
