"""What a recording says about itself: where it comes from, what was recorded, when."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import h5py
import numpy as np

from spikefa.errors import SpikefaError, require
from spikefa.recording.format.committed import committed_rows
from spikefa.recording.format.examine import read_layout
from spikefa.recording.format.schema import (
    BACKPRESSURE_PATH,
    STATUS,
    STATUS_PATH,
    WRITER_PATH,
    Backpressure,
    Layout,
    Population,
    clock_path,
)
from spikefa.recording.plan.probes import Channel
from spikefa.recording.plan.triggers import Trigger
from spikefa.recording.plan.windows import Window
from spikefa.recording.read.trigger_reading import memories_of, read_firings, windows_of
from spikefa.recording.write.trigger_filter import Memory

Steps = slice | str | None
"""Steps to read: the label of a window, a slice of absolute steps, or None for all."""

Self = TypeVar("Self", bound="Contents")


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn whatever a damaged file makes h5py and NumPy raise into one clear line."""
    try:
        yield
    except SpikefaError as error:
        raise SpikefaError(f"cannot read {path} as a recording: {error}") from error
    except (OSError, RuntimeError, LookupError, ValueError, TypeError, ArithmeticError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise SpikefaError(f"cannot read {path}: it is damaged ({reason})") from error
    except MemoryError as error:
        raise SpikefaError(f"cannot read {path}: what it claims to hold is too large") from error


class Contents:
    """An open file, its layout, and the rows that were committed; `Recording` adds the rows' data.

    Attributes
    ----------
    path : Path
    layout : Layout
        What the file was made to hold.
    clock_steps : list of ndarray
        The absolute step of each row, int64 [T], of each clock of the layout; `steps` is the first.
    clock_firings : list of ndarray
        The firings of the triggers of each clock, as the file holds them; `firings` is easier.
    status : str
        ``"open"`` (being written, or its writer was killed), ``"closed"``, ``"failed"`` or
        ``"repaired"``.
    """

    def __init__(self, path: Path, file: h5py.File) -> None:
        self.path = path
        self._file = file
        self.layout: Layout = read_layout(file)
        self.clock_steps: list[np.ndarray] = []
        self.clock_firings: list[np.ndarray] = []
        self._windows: list[dict[str, Window]] = []
        self.status = STATUS[0]
        self._look()

    def refresh(self) -> int:
        """Look again at a file that is being written; return the number of rows there are now.

        Raises
        ------
        SpikefaError
            If the file is damaged.
        """
        with readable(self.path):
            self._look()
        return len(self.steps)

    def _look(self) -> None:
        found = []
        for clock in range(len(self.layout.clocks)):
            rows = committed_rows(self._file, self.layout, clock)
            steps = self._file[clock_path(clock, "step")][:rows].astype(np.int64)
            require(bool((np.diff(steps) > 0).all()), "its steps are not in ascending order")
            found.append(steps)
        clocks = self.layout.clocks
        firings = [read_firings(self._file, n, clock) for n, clock in enumerate(clocks)]
        status = int(self._file[STATUS_PATH][0])
        require(status < len(STATUS), f"it has the unknown status {status}")
        self.clock_steps, self.clock_firings, self.status = found, firings, STATUS[status]
        self._windows = list(map(windows_of, clocks, found, firings))

    @property
    def steps(self) -> np.ndarray:
        """The absolute step of each row, int64 [T], ascending."""
        return self.clock_steps[0]

    def steps_of(self, population: str, variable: str = "spikes") -> np.ndarray:
        """Return the absolute steps, int64 [T], at which a variable was read."""
        return self.clock_steps[self.channel(population, variable).clock]

    @property
    def provenance(self) -> dict[str, Any]:
        """The attributes of the file: seed, versions, command and whatever else was given."""
        return dict(self.layout.attributes)

    @property
    def seed(self) -> int:
        """The seed of the experiment."""
        return int(self._attribute("seed"))

    @property
    def replicas(self) -> int | None:
        """How many replicas the network had; None if it was a single one."""
        found = self.layout.attributes.get("replicas")
        return None if found is None else int(found)

    @property
    def seeds(self) -> list[int]:
        """The seed of each replica, or the one of a single network."""
        return list(json.loads(self.layout.attributes.get("seeds", f"[{self.seed}]")))

    @property
    def config(self) -> dict[str, Any]:
        """The configuration of the experiment; empty if none was given."""
        try:
            config = json.loads(self.layout.attributes.get("config_json", "{}"))
        except (TypeError, ValueError) as error:
            raise SpikefaError(f"{self.path} holds a configuration that is no JSON") from error
        return config if isinstance(config, dict) else {"config": config}

    def _attribute(self, name: str) -> Any:
        if name not in self.layout.attributes:
            raise SpikefaError(
                f"{self.path} has no {name!r}: it has {', '.join(self.layout.attributes)}"
            )
        return self.layout.attributes[name]

    @property
    def populations(self) -> dict[str, Population]:
        """The populations by name, input first."""
        return {population.name: population for population in self.layout.populations}

    @property
    def windows(self) -> tuple[Window, ...]:
        """The windows that were to be recorded, the last of which may not be complete.

        Of every k-th image those that have begun, ``"image #20"``; of a trigger one for each
        firing, ``"<label> #1"``, which may overlap.
        """
        return tuple(self._windows[0].values())

    @property
    def triggers(self) -> tuple[Trigger, ...]:
        """The triggers of the recording and of its probes; their predicates are text here."""
        found = {each.label: each for clock in self.layout.clocks for each in clock.triggers}
        return tuple(found.values())

    def firings(self, label: str) -> np.ndarray:
        """Return the steps after which a trigger has fired, int64, ascending."""
        for clock, firings in zip(self.layout.clocks, self.clock_firings, strict=True):
            for number, trigger in enumerate(clock.triggers):
                if trigger.label == label:
                    return firings["step"][firings["trigger"] == number].astype(np.int64)
        raise SpikefaError(
            f"{self.path} has no trigger {label!r}: it has "
            f"{', '.join(each.label for each in self.triggers) or 'none'}"
        )

    def memories(self, clock: int) -> list[Memory]:
        """Return what is remembered of the last steps for the triggers of a clock."""
        with readable(self.path):
            return memories_of(self._file, clock, self.layout)

    def window(self, label: str, clock: int = 0) -> Window:
        """Return the window called `label`."""
        windows = self._windows[clock]
        if label in windows:
            return windows[label]
        names = [*list(windows)[:20], *(["..."] if len(windows) > 20 else [])]
        raise SpikefaError(
            f"{self.path} has no window {label!r}: it has {', '.join(names) or 'none yet'}"
        )

    def variables(self, population: str) -> tuple[str, ...]:
        """Return the names of what was recorded of `population`."""
        if population not in self.populations:
            raise SpikefaError(
                f"{self.path} has no population {population!r}: it has "
                f"{', '.join(self.populations)}"
            )
        return tuple(c.variable for c in self.layout.channels if c.population == population)

    def channel(self, population: str, variable: str) -> Channel:
        """Return the channel of one variable of one population."""
        names = self.variables(population)
        for channel in self.layout.channels:
            if (channel.population, channel.variable) == (population, variable):
                return channel
        raise SpikefaError(
            f"{self.path} holds no {variable!r} of {population!r}: it holds "
            f"{', '.join(names) or 'nothing of it'}"
        )

    def units(self, population: str, variable: str = "spikes") -> np.ndarray:
        """Return the recorded neurons, int64 [n_units], ascending: the columns of the arrays."""
        return self.channel(population, variable).units

    def rows(self, steps: Steps = None, clock: int = 0) -> slice:
        """Return the rows, as a slice, that hold `steps`."""
        held = self.clock_steps[clock]
        if steps is None:
            return slice(0, len(held))
        if isinstance(steps, str):
            window = self.window(steps, clock)
            steps = slice(window.start, window.stop)
        require(steps.step in (None, 1), f"steps are {steps}: a slice of every step is wanted")
        start = 0 if steps.start is None else int(np.searchsorted(held, steps.start))
        stop = len(held) if steps.stop is None else int(np.searchsorted(held, steps.stop))
        return slice(start, max(start, stop))

    @property
    def backpressure(self) -> Backpressure:
        """How often and how long the simulation had to wait for the disk, as last committed."""
        with readable(self.path):
            found = self._file.get(BACKPRESSURE_PATH)
            if found is None:
                return Backpressure()
            found.refresh()
            blocks, seconds = found[0].item()
            return Backpressure(int(blocks), float(seconds))

    @property
    def writer(self) -> tuple[int, str]:
        """The number of the process that wrote the file last, and its machine; 0 if unknown."""
        with readable(self.path):
            if WRITER_PATH not in self._file:
                return 0, ""
            process, host = self._file[WRITER_PATH][0].item()
            return int(process), host.decode(errors="replace")

    def close(self) -> None:
        """Close the file."""
        identifier = self._file.id
        try:
            self._file.close()
        except (OSError, RuntimeError):
            # HDF5 shares a file within a process, and a recorder in this one failed to write it:
            # see Writer.abandon.
            if identifier.valid:
                h5py.h5i.inc_ref(identifier)

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
