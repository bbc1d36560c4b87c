"""The angle to pseudobackpropagation, whose pseudoinverse is that of the weights as they are."""

from collections.abc import Callable

from torch import Tensor

from spikefa.analysis.delta_angles import Reference
from spikefa.feedback import PseudoBackprop
from spikefa.simulation.simulation import Simulation


def angle_to_pseudobackprop(simulation: Simulation, rtol: float = 1e-6) -> Callable[[], Tensor]:
    """Return a function that measures the mean angle of the deltas to those of pseudobackprop.

    The network has one hidden population. The angle is in degrees, at the last look; singular
    values below `rtol` times the largest count as 0.
    """
    pseudo = PseudoBackprop(rtol=rtol, tau=1.0)
    state = simulation.held_out.state
    reference = Reference(simulation.network, pseudo, len(state.error))

    def angle() -> Tensor:
        pseudo.refresh()
        reference.watch(state)
        return reference.angles(state)[0]

    return angle
