"""The angle to pseudobackpropagation, whose pseudoinverse is that of the weights as they are."""

from collections.abc import Callable

from spikefa.simulation.exercise import Exercise
from torch import Tensor

from spikefa.analysis.delta_angles import Reference
from spikefa.feedback import PseudoBackprop


def angle_to_pseudobackprop(exercise: Exercise, rtol: float = 1e-6) -> Callable[[], Tensor]:
    """Return what gives the mean angle of the deltas to those of pseudobackprop, in degrees.

    Of networks with one hidden population, at the last look of the exercise; singular values below
    `rtol` times the largest count as 0.
    """
    pseudo = PseudoBackprop(rtol=rtol, tau=1.0)
    reference = Reference(exercise.network, pseudo, len(exercise.targets))

    def angle() -> Tensor:
        pseudo.refresh()
        reference.watch(exercise.test_state)
        return reference.angles(exercise.test_state)[0]

    return angle
