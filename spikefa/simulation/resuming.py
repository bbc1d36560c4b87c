"""Making a checkpoint of a training, and continuing from one."""

from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from spikefa.errors import require
from spikefa.simulation.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from spikefa.simulation.history import History
from spikefa.simulation.training import Training

DRAW_ALIKE = {"eager", "graph"}
"""Backends that draw the same numbers from the same generators, so that one may follow another."""


@dataclass
class Checkpoints:
    """Saves a training with its history, and restores both.

    Parameters
    ----------
    training : Training
    history : History
    path : path, optional
        The file that `write` writes.
    """

    training: Training
    history: History
    path: Path | str | None = None

    def save(self, path: Path | str) -> None:
        """Write a checkpoint from which `restore` continues bit for bit."""
        training = self.training
        content = Checkpoint(
            settings_of(training),
            training.tensors(),
            training.runner.random.states(),
            training.presentation,
            self.history.seconds,
            self.history.flat(),
        )
        save_checkpoint(Path(path), content)

    def restore(self, path: Path | str) -> None:
        """Continue from a checkpoint.

        Raises
        ------
        SpikefaError
            If the file is no checkpoint, is damaged, or is of another run; see `go_on`.
        """
        saved = load_checkpoint(Path(path))
        go_on(self.training, saved, Path(path))
        self.history.restore(saved.history, saved.wall_seconds)

    def write(self) -> None:
        """Write the file that was given, if any."""
        if self.path is not None:
            if self.training.recorder is not None:  # rows before a checkpoint must not be lost
                self.training.recorder.commit()
            self.save(self.path)


def go_on(training: Training, saved: Checkpoint, path: Path) -> None:
    """Set a training to the state of a checkpoint.

    Raises
    ------
    SpikefaError
        If settings, network, stimulus or kind of device differ, or the backend draws other random
        numbers.
    """
    here = settings_of(training)
    for name in {**here, **saved.settings}:
        now, before = here.get(name), saved.settings.get(name)
        require(
            now == before or (name == "backend" and {now, before} == DRAW_ALIKE),
            f"{path} is of another run: its {name} is {before}, here it is {now}",
        )
    training.set_state(saved.tensors, saved.generators, saved.presentation)


def describe(part: object) -> dict[str, Any]:
    """Return the class of a part of a network and, of a dataclass, its plain arguments."""
    cls = type(part)
    described: dict[str, Any] = {"class": f"{cls.__module__}.{cls.__qualname__}"}
    for item in fields(part) if is_dataclass(part) else ():
        value = getattr(part, item.name)
        if item.init and _is_plain(value):
            described[item.name] = list(value) if isinstance(value, tuple) else value
    return described


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | str)


def settings_of(training: Training) -> dict[str, Any]:
    """Return the settings that must be the same in the training that continues, as plain data."""
    network = training.network
    parts: dict[str, object] = {"the rule": network.rule, "the feedback": network.feedback}
    parts |= {f"population {name!r}": each for name, each in network.populations.items()}
    parts |= {f"the synapses onto {name!r}": each for name, each in network.synapses.items()}
    described = {
        f"{argument} of {name}": value
        for name, part in parts.items()
        for argument, value in describe(part).items()
    }
    return {
        "replicas": network.replicas,
        "seed": training.seeds if network.leading else training.seeds[0],
        "batch_size": training.batch_size,
        "device": network.device.type,
        "backend": training.runner.backend.name,
        **training.stimulus.fingerprint(),
        "output_error": network.output_error,
        **described,
    }
