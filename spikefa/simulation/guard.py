"""Detects NaN and infinity, and finds the step and the population where they began."""

from collections.abc import Callable

from torch import Tensor

from spikefa.errors import SpikefaError, require
from spikefa.simulation.interrupts import Stopped, interruptible
from spikefa.simulation.saturation import SaturatedOutputs
from spikefa.simulation.together import first_said, on_any_rank
from spikefa.simulation.training import Training
from spikefa.utils.checking import ranged
from spikefa.utils.progress import Bar
from spikefa.utils.ranges import CountOrZero
from spikefa.utils.tensors import all_finite, copy_into

CHECK_EVERY = 100
"""Presentations between two checks, by default."""


class Diverged(SpikefaError):
    """The state has become NaN or infinite; the training was set back to its last good state."""


class Guard:
    """Checks a training for NaN and infinity, and restores its last good state if it finds them.

    It also warns of outputs that have saturated, see `SaturatedOutputs`.

    A check at every step would make the host wait for the device, so the guard checks at
    intervals. If it finds NaN or infinity, it restores the last good state, including the random
    generators, and repeats the steps with a check after each: the same step fails again and can be
    named.

    Parameters
    ----------
    training : Training
    every : int, default 100
        Presentations between two checks.

    Attributes
    ----------
    kept : dict of Tensor
        Copy of the state at the last check.

    Raises
    ------
    SpikefaError
        If the state is not finite to begin with.
    """

    def __init__(self, training: Training, every: int = CHECK_EVERY):
        self.training = training
        self.every = every
        self.outputs = SaturatedOutputs(training)
        self.kept = {name: tensor.clone() for name, tensor in training.tensors().items()}
        self.generators = training.runner.random.states()
        self.presentation = training.presentation
        bad = first_said(training, not_finite(training))
        require(
            bad is None,
            f"{bad} is NaN or infinite before the first step: initialise the network anew, or "
            "restore a good checkpoint",
        )

    def run_until(
        self,
        end: int,
        after: Callable[[], None] = lambda: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """Do presentations up to number `end`, or until `stop` returns True; check at intervals.

        Parameters
        ----------
        end : int
        after : callable, optional
            Called after each presentation.
        stop : callable, optional
            Called before each presentation.

        Raises
        ------
        Diverged
            If a check finds NaN or infinity.
        """
        training = self.training
        while training.presentation < end and not on_any_rank(training, stop()):
            for _ in self.training.present(each=False):
                pass
            self.outputs.look()
            after()
            if self.training.presentation % self.every == 0:
                self.check()
        self.check()

    def check(self) -> None:
        """Keep the present state if it is finite; otherwise go back and find where it failed.

        Raises
        ------
        Diverged
            With the variable that became NaN or infinite and the step. The training is then at the
            last good presentation.
        """
        self.training.runner.in_place.check()
        if not on_any_rank(self.training, not all_finite(watched(self.training))):
            self._keep()
            self.outputs.judge()
            return
        bad = self.training.presentation
        self._go_back()
        while self.training.presentation < bad:
            failure = self._find_in_next_presentation()
            if failure is not None:
                self._go_back()
                raise Diverged(f"{failure}: lower the learning rate or the feedback scale")
            self._keep()
        raise Diverged(
            "the state became NaN or infinite, but not again when the steps were repeated: lower "
            "the learning rate or the feedback scale"
        )

    def _find_in_next_presentation(self) -> str | None:
        for step in self.training.present(record=False):
            self.training.runner.flush()
            bad = first_said(self.training, self._bad())
            if bad is not None:
                self.training.forget()
                return f"{bad} became NaN or infinite at step {step}"
        return None

    def _bad(self) -> str | None:
        """Return what a message calls the first tensor that is not finite."""
        found = watched(self.training).items()
        names = (name + self._whose(each) for name, each in found if not all_finite({"": each}))
        return next(names, None)

    def _whose(self, tensor: Tensor) -> str:
        """Name the first replica, if there are any, in which a tensor is bad."""
        if not self.training.network.leading or tensor.dim() == 0:
            return ""
        bad = [not all_finite({"": own}) for own in tensor]
        return f" of replica {bad.index(True)}"

    def _keep(self) -> None:
        copy_into(self.kept, self.training.tensors())
        self.generators = self.training.runner.random.states()
        self.presentation = self.training.presentation

    def _go_back(self) -> None:
        self.training.set_state(self.kept, self.generators, self.presentation)


def watched(training: Training) -> dict[str, Tensor]:
    """Return the tensors that must be finite, by what a message calls them."""
    network, state = training.network, training.runner.state
    names = list(network.populations)
    potentials = {
        f"potential of population {name!r}": population.potential
        for name, population in zip(names, state.populations, strict=True)
    }
    modulators = {
        f"modulator of population {name!r}": modulator
        for name, modulator in zip(names, state.feedback.modulators, strict=True)
    }
    return potentials | modulators | network.tensors()


def not_finite(training: Training) -> str | None:
    """Return what a message calls the first tensor with NaN or infinity, if there is one."""
    tensors = watched(training)
    if all_finite(tensors):  # one wait for the device
        return None
    return next((name for name, tensor in tensors.items() if not all_finite({"": tensor})), None)


@ranged
def do_presentations(training: Training, presentations: CountOrZero, bar: Bar) -> None:
    """Do so many presentations, guarded if there are enough of them for a check.

    Raises
    ------
    Diverged
        If a check finds NaN or infinity.
    Stopped
        On Ctrl-C or SIGTERM, after the presentation under way.
    """
    training.finish()
    end = training.presentation + presentations
    with interruptible() as interrupt:
        if presentations >= CHECK_EVERY:
            guard = Guard(training)
            guard.run_until(end, lambda: bar.advance(1), lambda: interrupt.requested)
        while training.presentation < end and not on_any_rank(training, interrupt.requested):
            for _ in training.present(each=False):
                pass
            bar.advance(1)
        if on_any_rank(training, interrupt.requested):
            raise Stopped(f"stopped at step {training.step}")
