"""Training by epochs: progress, a row of metrics, a checkpoint, and stops on request."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from spikefa.errors import SpikefaError
from spikefa.simulation.epoch_lines import EpochLines
from spikefa.simulation.guard import Diverged, Guard
from spikefa.simulation.history import History, Row
from spikefa.simulation.interrupts import Interrupt, Stopped, interruptible
from spikefa.simulation.resuming import Checkpoints
from spikefa.simulation.together import on_any_rank
from spikefa.simulation.training import Training
from spikefa.stimulus.answers import Score
from spikefa.utils.numbers import whole_number
from spikefa.utils.progress import progress_bar, shown_as
from spikefa.utils.showing import Progress


class Stopwatch:
    """Adds the time that passes to the seconds of a history, whenever it is read."""

    def __init__(self, history: History):
        self.history = history
        self.started = self.last = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return time.perf_counter() - self.started

    def read(self) -> None:
        """Add the time since the last reading."""
        now = time.perf_counter()
        self.history.seconds += now - self.last
        self.last = now


@dataclass
class Epochs:
    """Trains by epochs.

    Parameters
    ----------
    training : Training
    history : History
        Gets a row after each epoch.
    validate : callable
        Returns the score of a validation, or None without one.
    checkpoints : Checkpoints
        Written at once, after each epoch, after some time within an epoch, and before the training
        is given up for NaN.
    progress : {"auto", "bar", "log", "none"} or bool, default "auto"
        See `spikefa.utils.progress.shown_as`.
    """

    training: Training
    history: History
    validate: Callable[[], Score | None]
    checkpoints: Checkpoints
    progress: bool | Progress = "auto"

    def run(self, epochs: int, after_epoch: Callable[[list[Row]], None] | None) -> None:
        """Train for `epochs` more epochs, see `Simulation.train`."""
        epochs = whole_number(epochs, "the number of epochs", 1)
        self.training.finish()
        done = len(self.history.shown)
        guard, lines = Guard(self.training), EpochLines(self.progress, done + epochs)
        with interruptible() as interrupt:
            self.checkpoints.begin()
            for epoch in range(done + 1, done + epochs + 1):
                speed = self._train(epoch, done + epochs, guard, interrupt)
                finished = self.training.presentation >= self._end(epoch)
                if finished:
                    headline = self.training.metrics.headline()
                    self._add_row(epoch)
                    lines.write(epoch, headline, self.history.shown[-1], speed)
                self.checkpoints.write()
                if finished and after_epoch is not None:
                    after_epoch(self.history.shown)
                if on_any_rank(self.training, interrupt.requested):
                    raise Stopped(f"stopped at step {self.training.step}")

    def _end(self, epoch: int) -> int:
        """Return the number of presentations after which an epoch is complete."""
        return self.training.sampler.presentations(epoch)

    def _train(self, epoch: int, last: int, guard: Guard, interrupt: Interrupt) -> float:
        """Train up to the end of an epoch, or to the first presentation after an interrupt.

        Returns
        -------
        float
            Steps a second.
        """
        training, end = self.training, self._end(epoch)
        began, watch = training.step, Stopwatch(self.history)

        def speed() -> float:
            return (training.step - began) / watch.seconds

        def note() -> str:
            """Return the text beside the progress bar."""
            return f"{training.metrics.headline()}  {speed():.0f} steps/s"

        def after() -> None:
            """Show the progress; write a checkpoint if it is time, of a state that is checked."""
            bar.advance(1, note)
            if on_any_rank(training, self.checkpoints.due):
                guard.check()
                watch.read()
                self.checkpoints.write()

        label, remaining = f"epoch {epoch}/{last}", end - training.presentation
        drawn = shown_as(self.progress) == "bar"  # a log gets `EpochLines`
        try:
            with progress_bar(label, remaining, drawn, keep=True) as bar:
                guard.run_until(end, after, lambda: interrupt.requested)
            return speed()
        except Diverged as failure:
            watch.read()
            self.checkpoints.write()
            path = self.checkpoints.path
            saved = f"; the last good state is in {path}" if path is not None else ""
            raise SpikefaError(f"{failure}{saved}") from None
        finally:
            watch.read()

    def _add_row(self, epoch: int) -> None:
        training = self.training
        position = {
            "epoch": float(epoch),
            "images": float(training.presentation * training.batch_size),
            "step": float(training.step),
        }
        own = training.runner.state.learning_rates.own.tolist()
        factors = training.factors.row(training.epoch, own)
        self.history.add(
            position, self.validate(), factors | {"wall_seconds": self.history.seconds}
        )
