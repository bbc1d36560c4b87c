"""What an open recording says about itself: origin, populations, windows, streams."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from spikefa.recording.format.schema import Backpressure, RecordedPopulation
from spikefa.recording.format.trigger_memory import TriggerMemory
from spikefa.recording.plan.channels import Channel
from spikefa.recording.plan.triggers import Trigger
from spikefa.recording.plan.windows import Window
from spikefa.recording.read.contents import Contents
from spikefa.recording.read.origin import Origin
from spikefa.recording.read.parts_file import open_parts
from spikefa.recording.read.selection import Steps, Units
from spikefa.recording.read.shown import Shown


class RecordingContents(Shown):
    """All of a `Recording` but its rows; see there.

    Parameters
    ----------
    path : Path
    files : h5py.File
        Open for reading: one, or those of all ranks.
    """

    def __init__(self, path: Path, *files: h5py.File) -> None:
        self._file = open_parts(path, files)
        self._origin = Origin(self._file)
        self._contents = Contents(self._file)
        self.path = path
        self.layout = self._file.layout

    @property
    def status(self) -> str:
        """How it ended: closed, failed (early), repaired, or open (being written, or killed)."""
        return self._file.status

    @property
    def steps(self) -> np.ndarray:
        """The absolute step of each row, int64 [T], ascending."""
        return self._file.clock_steps[0]

    @property
    def clock_steps(self) -> list[np.ndarray]:
        """The absolute step of each row, int64 [T], for each clock of the layout."""
        return self._file.clock_steps

    @property
    def clock_firings(self) -> list[np.ndarray]:
        """The firings of the triggers of each clock as the file stores them; see `firings`."""
        return self._file.clock_firings

    def refresh(self) -> int:
        """Look again at a file that is being written; return the present number of rows."""
        self._file.refresh()
        return len(self.steps)

    @property
    def provenance(self) -> dict[str, Any]:
        """The attributes of the file: seed, versions, command and whatever else was given."""
        return self._origin.provenance

    @property
    def seed(self) -> int:
        """The seed of the experiment."""
        return self._origin.seed

    @property
    def replicas(self) -> int | None:
        """The number of replicas of the network; None for a single network."""
        return self._origin.replicas

    @property
    def seeds(self) -> list[int]:
        """The seed of each replica, or of the single network."""
        return self._origin.seeds

    @property
    def config(self) -> dict[str, Any]:
        """The configuration of the experiment; empty if none was given."""
        return self._origin.config

    @property
    def populations(self) -> dict[str, RecordedPopulation]:
        """The populations by name, input first."""
        return self._contents.populations

    def variables(self, population: str) -> tuple[str, ...]:
        """Return the names of the recorded variables of `population`."""
        return self._contents.variables(population)

    def channel(self, population: str, variable: str) -> Channel:
        """Return what was recorded of one variable: units, stream, clock, encoding."""
        return self._contents.channel(population, variable)

    def units(self, population: str, variable: str = "spikes", chosen: Units = None) -> np.ndarray:
        """Return the neurons, int64, in the columns of the arrays: all recorded, or `chosen`."""
        return self._contents.units(self._contents.channel(population, variable), chosen)

    def steps_of(self, population: str, variable: str = "spikes") -> np.ndarray:
        """Return the absolute steps, int64 [T], at which a variable was read."""
        return self._contents.steps_of(self._contents.channel(population, variable))

    @property
    def windows(self) -> tuple[Window, ...]:
        """The windows of the recording, the last of which may be incomplete.

        `EveryImage` gives those that have begun, ``"image #20"``; a trigger gives one for each
        firing, ``"<label> #1"``, and these may overlap.
        """
        return self._contents.windows_of(0)

    def window(self, label: str, clock: int = 0) -> Window:
        """Return the window called `label`: of a clock or, without one there, of another clock."""
        return self._contents.window(label, clock)

    def rows(self, steps: Steps = None, clock: int = 0) -> slice:
        """Return the rows, as a slice, that hold `steps`."""
        return self._contents.rows(steps, clock)

    def span(self, steps: Steps) -> slice | None:
        """Return `steps` as absolute steps; None for all."""
        return self._contents.span(steps)

    @property
    def triggers(self) -> tuple[Trigger, ...]:
        """The triggers of the recording and of its probes; their predicates are text."""
        return self._contents.triggers

    def firings(self, label: str) -> np.ndarray:
        """Return the steps after which a trigger fired, int64, ascending."""
        return self._contents.firings(label)

    def memories(self, clock: int) -> list[TriggerMemory]:
        """Return what the file remembers of undecided rows for the triggers of a clock."""
        return self._contents.memories(clock)

    @property
    def backpressure(self) -> Backpressure:
        """How often and how long the simulation had to wait for the disk, as last committed."""
        return self._contents.backpressure

    @property
    def writer(self) -> tuple[int, str]:
        """The process that wrote the file last, 0 if unknown, and its machine."""
        return self._contents.writer

    @property
    def streams(self) -> tuple[int, ...]:
        """The streams whose stimulus was recorded: all that a probe reads."""
        return self.layout.streams.numbers

    @property
    def steps_per_image(self) -> int | None:
        """Steps of a presentation; None if neither the file nor its configuration says it."""
        found = self.layout.steps_per_image or self.config.get("steps_per_image")
        return found if isinstance(found, int) and found >= 1 else None
