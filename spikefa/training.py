"""The training loop: epochs, progress, the look for NaN, orderly stops, one row of metrics each."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from spikefa.errors import SpikefaError, require
from spikefa.guard import Guard
from spikefa.interrupts import Interrupt, interruptible
from spikefa.progress import progress_bar

if TYPE_CHECKING:
    from spikefa.simulation import Simulation

Row = dict[str, float]


class Stopped(KeyboardInterrupt):
    """The user stopped the run; the state is whole, and saved if a checkpoint file was given."""


def train(
    simulation: "Simulation", epochs: int, after_epoch: Callable[[list[Row]], None] | None = None
) -> list[Row]:
    """Train for so many epochs more; see `Simulation.train`."""
    require(epochs >= 1, f"epochs must be at least 1, {epochs} given")
    guard = Guard(simulation)
    done = len(simulation.history)
    with interruptible() as interrupt:
        for epoch in range(done + 1, done + epochs + 1):
            end = simulation.order.presentations(epoch)
            _run_to(simulation, end, f"epoch {epoch}/{done + epochs}", guard, interrupt)
            finished = simulation.presentation >= end
            if finished:
                simulation.history.append(_row(simulation, epoch))
                simulation.tally.clear()
            simulation.save_checkpoint()
            if finished and after_epoch is not None:
                after_epoch(simulation.history)
            if interrupt.requested:
                raise Stopped(f"stopped at step {simulation.step}")
    return simulation.history


def _run_to(
    simulation: "Simulation", end: int, label: str, guard: Guard, interrupt: Interrupt
) -> None:
    """Train up to presentation `end`, or to the first presentation after an interrupt."""
    started, began = time.perf_counter(), simulation.step

    def note() -> str:
        speed = (simulation.step - began) / (time.perf_counter() - started)
        return f"error {simulation.tally.errors()[1]:.2f} %  {speed:.0f} steps/s"

    todo = end - simulation.presentation
    with progress_bar(label, todo, simulation.progress, keep=True) as bar:
        while simulation.presentation < end and not interrupt.requested:
            for _ in simulation.present():
                pass
            bar.advance(1, note)
            if simulation.presentation % guard.every == 0:
                _check(simulation, guard)
    simulation.wall_seconds += time.perf_counter() - started
    _check(simulation, guard)


def _check(simulation: "Simulation", guard: Guard) -> None:
    """Give the run up, after saving its last good state, if NaN or infinity have come up."""
    failure = guard.look()
    if failure is not None:
        simulation.save_checkpoint()
        saved = simulation.checkpoint
        where = f"; the last good state is in {saved}" if saved else ""
        raise SpikefaError(f"{failure}: lower the learning rate or the feedback scale{where}")


def _row(simulation: "Simulation", epoch: int) -> Row:
    """Return the metrics of the epoch that has just ended."""
    last, summed = simulation.tally.errors()
    row: Row = {
        "epoch": float(epoch),
        "images": float(simulation.presentation * simulation.batch_size),
        "step": float(simulation.step),
        "train_error_percent": last,
        "train_error_percent_summed": summed,
    }
    if simulation.dataset.validation is not None:
        score = simulation.test(simulation.dataset.validation, "validation")
        row["validation_error_percent"] = score.error_percent
        row["validation_error_percent_summed"] = score.error_percent_summed
    row |= {f"rate_{name}": rate for name, rate in simulation.tally.mean_rates().items()}
    angles = simulation.network.alignment()
    row |= {f"alignment_{projection}": degrees for projection, degrees in angles.items()}
    row["learning_rate_factor"] = simulation.schedule(simulation.epoch)
    row["wall_seconds"] = simulation.wall_seconds
    return row
