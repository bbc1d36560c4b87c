"""What a recording holds: populations, variables, windows, triggers."""

import itertools
from pathlib import Path

import numpy as np

from spikefa.errors import SpikefaError
from spikefa.recording.format.schema import (
    BACKPRESSURE,
    BACKPRESSURE_PATH,
    WRITER,
    WRITER_PATH,
    Backpressure,
    RecordedPopulation,
)
from spikefa.recording.format.trigger_memory import TriggerMemory
from spikefa.recording.format.untrusted import dataset, inside
from spikefa.recording.plan.channels import Channel
from spikefa.recording.plan.triggers import Trigger
from spikefa.recording.plan.windows import Window
from spikefa.recording.read.recording_file import RecordingFile
from spikefa.recording.read.selection import (
    Steps,
    Stream,
    Units,
    absolute,
    rows_of,
    stream_index,
    units_of,
)
from spikefa.recording.read.trigger_reading import memories_of
from spikefa.utils.suggesting import did_you_mean


class Contents:
    """Finds populations, variables, windows and firings by their names.

    Parameters
    ----------
    file : RecordingFile
    """

    def __init__(self, file: RecordingFile) -> None:
        self._file = file

    @property
    def path(self) -> Path:
        """The file."""
        return self._file.path

    @property
    def populations(self) -> dict[str, RecordedPopulation]:
        """The populations by name, input first."""
        return {population.name: population for population in self._file.layout.populations}

    def variables(self, population: str) -> tuple[str, ...]:
        """Return the names of the recorded variables of `population`."""
        if population not in self.populations:
            raise SpikefaError(
                f"{self._file.path} has no population {population!r}"
                f"{did_you_mean(population, self.populations)}: it has "
                f"{', '.join(self.populations)}"
            )
        channels = self._file.layout.channels
        return tuple(each.variable for each in channels if each.population == population)

    def channel(self, population: str, variable: str) -> Channel:
        """Return the channel of one variable of one population."""
        names = self.variables(population)
        for channel in self._file.layout.channels:
            if (channel.population, channel.variable) == (population, variable):
                return channel
        raise SpikefaError(
            f"{self._file.path} holds no {variable!r} of {population!r}"
            f"{did_you_mean(variable, names)}: it holds "
            f"{', '.join(names) or 'nothing of it'}"
        )

    def size(self, channel: Channel) -> int:
        """Return the number of elements of a variable, recorded or not."""
        return channel.elements or self.populations[channel.population].size

    def units(
        self, channel: Channel, chosen: Units = None, *, distinct: bool = False
    ) -> np.ndarray:
        """Return the numbers of the recorded neurons, or of those `chosen`, in their order."""
        return units_of(channel, self.size(channel), chosen, distinct=distinct)

    def columns(self, channel: Channel, chosen: Units) -> np.ndarray:
        """Return the columns of the neurons that were chosen, in their order."""
        return np.searchsorted(channel.units, self.units(channel, chosen))

    def stream(self, channel: Channel, chosen: Stream) -> int | slice | None:
        """Return the index of a stream in a row; None if rows have no stream axis."""
        return stream_index(self._file.path, channel, chosen)

    def steps_of(self, channel: Channel) -> np.ndarray:
        """Return the absolute steps, int64 [T], at which `channel` was read."""
        return self._file.clock_steps[channel.clock]

    def windows_of(self, clock: int) -> tuple[Window, ...]:
        """Return the windows of a clock, in the order of their steps."""
        return tuple(self._file.windows[clock].values())

    def window(self, label: str, clock: int = 0) -> Window:
        """Return the window called `label`: of this clock, or else of the first that has it."""
        for windows in (self._file.windows[clock], *self._file.windows):
            if label in windows:
                return windows[label]
        known = list(dict.fromkeys(itertools.chain(*self._file.windows)))
        names = [*known[:20], *(["..."] if len(known) > 20 else [])]
        raise SpikefaError(
            f"{self._file.path} has no window {label!r}{did_you_mean(label, known)}: "
            f"it has {', '.join(names) or 'none yet'}"
        )

    def rows(self, steps: Steps = None, clock: int = 0) -> slice:
        """Return the rows, as a slice, that hold `steps`."""
        return rows_of(self._file.clock_steps[clock], self.span(steps, clock))

    def span(self, steps: Steps, clock: int = 0) -> slice | None:
        """Return `steps` as absolute steps, with the labels of a clock; None for all.

        Negative steps count from the end of the recording.
        """
        if isinstance(steps, str):
            window = self.window(steps, clock)
            return slice(window.start, window.stop)
        ends = [int(held[-1]) + 1 for held in self._file.clock_steps if len(held)]
        return None if steps is None else absolute(steps, max(ends, default=0))

    @property
    def triggers(self) -> tuple[Trigger, ...]:
        """The triggers of all clocks; their predicates are text."""
        found = {each.label: each for clock in self._file.layout.clocks for each in clock.triggers}
        return tuple(found.values())

    def firings(self, label: str) -> np.ndarray:
        """Return the steps after which a trigger fired, int64, ascending."""
        clocks = self._file.layout.clocks
        for clock, firings in zip(clocks, self._file.clock_firings, strict=True):
            for number, trigger in enumerate(clock.triggers):
                if trigger.label == label:
                    return firings["step"][firings["trigger"] == number].astype(np.int64)
        raise SpikefaError(
            f"{self._file.path} has no trigger {label!r}: it has "
            f"{', '.join(each.label for each in self.triggers) or 'none'}"
        )

    def memories(self, clock: int) -> list[TriggerMemory]:
        """Return the memories of the triggers of a clock."""
        with self._file.readable():
            return memories_of(self._file.data, clock, self._file.layout)

    @property
    def backpressure(self) -> Backpressure:
        """How often and how long the simulation waited for the disk."""
        with self._file.readable():
            if inside(self._file.data, BACKPRESSURE_PATH) is None:
                return Backpressure()
            found = dataset(self._file.data, BACKPRESSURE_PATH, BACKPRESSURE, 1)
            found.refresh()
            blocks, seconds = found[0].item()
            return Backpressure(int(blocks), float(seconds))

    @property
    def writer(self) -> tuple[int, str]:
        """Process and machine that wrote the file last."""
        with self._file.readable():
            if inside(self._file.data, WRITER_PATH) is None:
                return 0, ""
            process, host = dataset(self._file.data, WRITER_PATH, WRITER, 1)[0].item()
            return int(process), host.decode(errors="replace")
