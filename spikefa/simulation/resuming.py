"""Making a checkpoint of a training, and continuing from one."""

import logging
import time
from dataclasses import replace
from pathlib import Path

import torch

from spikefa.errors import require
from spikefa.simulation.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from spikefa.simulation.fingerprint import Fingerprint
from spikefa.simulation.guard import not_finite, watched
from spikefa.simulation.history import History
from spikefa.simulation.stimuli import Stimuli
from spikefa.simulation.together import first_said, own_tensors, whole_tensors, writes
from spikefa.simulation.training import Training
from spikefa.utils import notices
from spikefa.utils.files import remove_leftovers
from spikefa.utils.scalars import real
from spikefa.utils.tensors import all_finite, check_same

LOG = logging.getLogger(__name__)
MINUTES = 5.0
"""Between two checkpoints within an epoch, by default."""


class Checkpoints:
    """Saves a training with its history, and restores both.

    Parameters
    ----------
    training : Training
    history : History
    stimuli : Stimuli
    path : path, optional
        The file that `write` writes.
    minutes : float, default 5
        Time after which a checkpoint is `due`.

    Raises
    ------
    SpikefaError
        If the time is not positive.
    """

    def __init__(
        self,
        training: Training,
        history: History,
        stimuli: Stimuli,
        path: Path | str | None = None,
        minutes: float = MINUTES,
    ):
        self.training = training
        self.history = history
        self.fingerprint = Fingerprint(training, stimuli)
        self.path = path
        self.minutes = real(minutes, "checkpoint_minutes")
        require(self.minutes > 0, f"checkpoint_minutes must be positive, {minutes} given")
        self._held: tuple[Path, int] | None = None  # the file of this training, and what it holds
        self._written = time.monotonic()

    def save(self, path: Path | str) -> None:
        """Write a checkpoint from which `restore` continues bit for bit.

        Raises
        ------
        SpikefaError
            If a step has broken off, potentials or weights are NaN or infinite, or the file cannot
            be written; an older file is left as it was.
        """
        training = self.training
        training.check_whole()
        bad = first_said(training, not_finite(training))
        require(bad is None, f"{bad} is NaN or infinite: {path} was not written")
        content = Checkpoint(
            self.fingerprint.settings(),
            self.fingerprint.notes(),
            whole_tensors(training),
            training.runner.random.states(),
            training.presentation,
            self.history.seconds,
            self.history.flat(),
        )
        if writes(training):
            save_checkpoint(Path(path), content)
        LOG.info("checkpoint of step %d written to %s", training.step, path)
        self._hold(path)

    def restore(self, path: Path | str) -> None:
        """Continue from a checkpoint; warn of what differs but may differ, such as schedules.

        Raises
        ------
        SpikefaError
            If the file is no checkpoint, is damaged, or holds NaN or infinity; if settings,
            network, stimulus or kind of device differ, or the backend draws other random numbers.
        """
        saved = load_checkpoint(Path(path))
        self.fingerprint.compare(saved.settings, saved.notes, Path(path))
        saved = replace(saved, tensors=own_tensors(self.training, saved.tensors))
        check_same(self.training.tensors(), saved.tensors)
        _check_finite(self.training, saved, Path(path))
        own = self.training.runner.state.learning_rates.own.clone()
        self.training.set_state(saved.tensors, saved.generators, saved.presentation)
        if not torch.equal(own, torch.ones_like(own)) and not torch.equal(
            own, self.training.runner.state.learning_rates.own
        ):
            notices.warn(
                f"the learning rates that were set are those of {path} from here on: set them "
                "after restoring",
                stacklevel=3,
            )
        self.history.restore(saved.history, saved.wall_seconds)
        LOG.info("going on from step %d in %s", self.training.step, path)
        self._hold(path)

    @property
    def due(self) -> bool:
        """Whether there is a file to write, and the last one is `minutes` old."""
        return self.path is not None and time.monotonic() - self._written > 60 * self.minutes

    def begin(self) -> None:
        """Write the file before the first step, unless this state was restored from it.

        Raises
        ------
        SpikefaError
            If there is a file that this training has neither written nor restored.
        """
        if self.path is None:
            return
        place = Path(self.path).resolve()
        held, presentation = self._held or (None, None)
        if writes(self.training):
            require(
                held == place or not place.exists(),
                f"{self.path} exists, and is not of this training: restore it to go on, move it, "
                "or give another name",
            )
            remove_leftovers(place.parent, place.stem)
        if (held, presentation) != (place, self.training.presentation):
            self.write()

    def write(self) -> None:
        """Write the file that was given, if any."""
        if self.path is not None:
            if self.training.recorder is not None:  # rows before a checkpoint must not be lost
                self.training.recorder.commit()
            self.save(self.path)

    def _hold(self, path: Path | str) -> None:
        self._held = (Path(path).resolve(), self.training.presentation)
        self._written = time.monotonic()


def _check_finite(training: Training, saved: Checkpoint, path: Path) -> None:
    """Refuse a checkpoint in which something that is watched is not finite."""
    must = {id(tensor) for tensor in watched(training).values()}
    for name, tensor in training.tensors().items():
        if id(tensor) in must:
            require(
                all_finite({name: saved.tensors[name]}),
                f"{path} holds NaN or infinity in {name!r}: there is no good state in it to go on "
                "from",
            )
