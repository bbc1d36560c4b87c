"""The angle to pseudobackpropagation, which uses the pseudoinverse of the current weights."""

from collections.abc import Callable

from torch import Tensor

from spikefa.analysis.delta_angles import Reference
from spikefa.feedback import PseudoBackprop
from spikefa.simulation.simulation import Simulation


def angle_to_pseudobackprop(simulation: Simulation, rtol: float = 1e-6) -> Callable[[], Tensor]:
    """Return a function that measures the mean angle of the deltas to those of pseudobackprop.

    The network has one hidden population. The function returns the angle in degrees at the last
    look. Singular values below `rtol` times the largest one are treated as 0.
    """
    pseudo = PseudoBackprop(rtol=rtol, tau=1.0)
    state = simulation.held_out.state
    reference = Reference(simulation.network, pseudo, len(state.error))

    def angle() -> Tensor:
        pseudo.refresh()
        reference.watch(state)
        return reference.angles(state)[0]

    return angle
