"""The presentation under way: it is run to its end, also if the caller leaves it early."""

import inspect
import sys
from collections.abc import Callable, Generator, Iterator

from spikefa.errors import require
from spikefa.simulation.interrupts import unbroken

Steps = Generator[int, None, None]


class UnderWay:
    """Runs presentations, of which the next begins only after the last has ended.

    So the number of steps that a network has made is always that of whole presentations. A
    presentation whose iterator is closed early, as by `break` or by an error in the caller's loop,
    is finished at once. One whose iterator is kept is finished by `finish`.

    An error *within* a step leaves a state that belongs to no step. Then nothing goes on until
    `forget` is called, because another state has been restored.

    Parameters
    ----------
    broken : callable
        Called when a step has broken off.
    """

    def __init__(self, broken: Callable[[], None]):
        self._broken = broken
        self._steps: Steps | None = None
        self._why = ""

    @property
    def torn(self) -> bool:
        """Whether a step has broken off."""
        return self._steps is not None and _state(self._steps) == inspect.GEN_CLOSED

    def run(self, steps: Steps) -> Iterator[int]:
        """Yield what `steps` yields; finish it if this iterator is closed early.

        `steps` calls `forget` at its end. A Ctrl-C within a step is raised after it.
        """
        self._steps = steps
        try:
            while (number := self._next(steps)) is not None:
                yield number
        finally:
            if self._steps is steps and not self.torn and not sys.is_finalizing():
                self.finish()

    def finish(self) -> None:
        """Run the rest of the presentation under way, if there is one.

        Raises
        ------
        SpikefaError
            If a step has broken off, or is being made.
        """
        steps = self._steps
        if steps is None:
            return
        require(
            not self.torn,
            f"a step broke off in the middle ({self._why}), so that the state is that of no step: "
            "restore a checkpoint, or make another simulation",
        )
        require(
            _state(steps) != inspect.GEN_RUNNING,
            "a step is being made: wait until it has ended before you train, test, record or save",
        )
        while self._next(steps) is not None:
            pass

    def forget(self) -> None:
        """Forget the presentation under way: it has ended, or its state has been replaced."""
        steps, self._steps = self._steps, None
        if steps is not None and _state(steps) == inspect.GEN_SUSPENDED:
            steps.close()

    def _next(self, steps: Steps) -> int | None:
        try:
            return unbroken(lambda: next(steps, None))
        except BaseException as error:
            if self.torn:
                self._why = type(error).__name__
                self._broken()
            raise


def _state(steps: Steps) -> str:
    return inspect.getgeneratorstate(steps)
