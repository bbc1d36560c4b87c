"""Watch for NaN and infinity, and find the step and the population where they began."""

from torch import Tensor

from spikefa.simulation.course import Course
from spikefa.utils.tensors import all_finite, copy_into


class Guard:
    """Keeps the last good state of a course, and goes back to it when a later one is not.

    Looking at every step would make the host wait for the device, so the guard looks now and
    then. If it finds NaN or infinity it restores the last good state, which also restores the
    random generators, and runs again, this time looking after every step: the same step fails
    again and can be named.

    Parameters
    ----------
    course : Course
    every : int, default 100
        Presentations between two looks.

    Attributes
    ----------
    kept : dict of Tensor
        Copy of the state at the last look.
    """

    def __init__(self, course: Course, every: int = 100):
        self.course = course
        self.every = every
        self.kept = {name: tensor.clone() for name, tensor in course.tensors().items()}
        self.generators = course.stream.generator_states()
        self.presentation = course.presentation

    def look(self) -> str | None:
        """Keep the present state if it is good; else go back and say where it went bad.

        Returns
        -------
        str or None
            What became NaN or infinite, and at which step. The course is then at the last
            good presentation.
        """
        if all_finite(self._watched()):
            self._keep()
            return None
        bad = self.course.presentation
        self._go_back()
        while self.course.presentation < bad:
            failure = self._find_in_next_presentation()
            if failure is not None:
                self._go_back()
                return failure
            self._keep()
        return "the state became NaN or infinite, but not again when the steps were repeated"

    def _watched(self) -> dict[str, Tensor]:
        network, stream = self.course.network, self.course.stream
        state, names = stream.state, list(network.populations)
        watched = {
            f"potential of population {name!r}": population.potential
            for name, population in zip(names, state.populations, strict=True)
        }
        for name, modulator in zip(names, state.feedback.modulators, strict=True):
            watched[f"modulator of population {name!r}"] = modulator
        return watched | network.tensors()

    def _find_in_next_presentation(self) -> str | None:
        for step in self.course.present(record=False):
            self.course.stream.settle()
            for name, tensor in self._watched().items():
                if not all_finite({name: tensor}):
                    return f"{name}{self._whose(tensor)} became NaN or infinite at step {step}"
        return None

    def _whose(self, tensor: Tensor) -> str:
        """Return the words for the first replica, if there are any, in which a tensor is bad."""
        if self.course.network.replicas is None or tensor.dim() == 0:
            return ""
        bad = [not all_finite({"": own}) for own in tensor]
        return f" of replica {bad.index(True)}"

    def _keep(self) -> None:
        copy_into(self.kept, self.course.tensors())
        self.generators = self.course.stream.generator_states()
        self.presentation = self.course.presentation

    def _go_back(self) -> None:
        self.course.set_state(self.kept, self.generators, self.presentation)
