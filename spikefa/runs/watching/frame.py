"""What `spikefa watch` shows at one moment, as lines of text."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spikefa.analysis.in_characters import text_curve, text_raster
from spikefa.analysis.metrics_table import column, read_metrics
from spikefa.errors import require
from spikefa.recording import Recording, Window
from spikefa.runs.directory import RunDirectory
from spikefa.utils.printable import printable
from spikefa.utils.suggesting import did_you_mean

ROWS = 200
"""Rows of which rates are means."""
CURVE = 40
"""Characters of a curve."""
LABEL = 9
"""Characters of a label beside a raster or a curve."""


@dataclass(frozen=True)
class Frame:
    """Draws what a recording holds by now.

    Parameters
    ----------
    recording : Recording
    run : RunDirectory or None
        The run that it belongs to, if any, whose metrics are shown.
    population : str or None
        Whose raster is shown; by default that of the first one behind the input with spikes.
    width, height : int
        Of the terminal, in characters.
    plain : bool
        Whether there is only ASCII.

    Raises
    ------
    SpikefaError
        If there are no spikes of the population in the recording.
    """

    recording: Recording
    run: RunDirectory | None
    population: str | None
    width: int = 80
    height: int = 24
    plain: bool = False

    def __post_init__(self) -> None:
        if self.population is not None:
            held = self._with_spikes
            require(
                self.population in held,
                f"{self.recording.path} holds no spikes of {self.population!r}"
                f"{did_you_mean(self.population, held)}: it holds those of "
                f"{', '.join(held) or 'none'}",
            )

    def lines(self) -> list[str]:
        """Return the lines of the frame, none wider than the terminal."""
        top = [self._headline(), *self._errors(), "", *self._rates(), ""]
        found = [*top, *self._raster(self.height - len(top) - 2)]
        return [printable(line)[: self.width] for line in found]

    @property
    def _with_spikes(self) -> list[str]:
        """The populations whose spikes are recorded."""
        held = self.recording
        return [name for name in held.populations if "spikes" in held.variables(name)]

    @property
    def _shown(self) -> str | None:
        names = [
            name for name in self._with_spikes if name != next(iter(self.recording.populations))
        ]
        return self.population or next(iter([*names, *self._with_spikes]), None)

    def _headline(self) -> str:
        recording = self.recording
        name = recording.path if self.run is None else f"{self.run.experiment} in {self.run.path}"
        return f"{recording.status}, {len(recording.steps):,} steps{self._position()}  {name}"

    def _position(self) -> str:
        """Return the newest step, and the window to come if none is open there."""
        ends = [int(steps[-1]) for steps in self.recording.clock_steps if len(steps)]
        windows = [each for clock in self.recording.layout.clocks for each in clock.windows]
        newest = max(ends, default=-1)
        if any(each.start <= newest < each.stop - 1 for each in windows):
            return f" up to {newest:,}"
        coming = min((each for each in windows if each.start > newest), default=None, key=_start)
        text = f" up to {newest:,}" if ends else ""
        return text if coming is None else f"{text}, window {coming.label!r} from {coming.start:,}"

    def _errors(self) -> Iterator[str]:
        """Yield the last error of each kind with its curve over the epochs."""
        if self.run is None or not self.run.metrics.is_file():
            return
        rows = read_metrics(self.run.metrics)
        for kind in ("train", "validation"):
            errors = column(rows, f"{kind}_error_percent")
            if len(errors) and errors[-1] == errors[-1]:
                curve = text_curve(errors, CURVE, plain=self.plain)
                label = f"{kind} error"
                yield f"{label:{2 * LABEL}} {errors[-1]:6.2f} %  {curve}  epoch {len(rows)}"

    def _rates(self) -> Iterator[str]:
        """Yield how often the units of each population spiked in the last rows."""
        for name in self._with_spikes:
            spikes = self._last(name, ROWS)
            if spikes is None:
                yield f"{name:{2 * LABEL}} no steps yet"
                continue
            means = spikes.mean(axis=1)
            curve = text_curve(means, CURVE, plain=self.plain)
            yield f"{name:{2 * LABEL}} {means.mean():6.3f}    {curve}  {spikes.shape[1]} units"

    def _raster(self, height: int) -> Iterator[str]:
        """Yield the spikes of some units in the last rows."""
        name = self._shown
        spikes = None if name is None else self._last(name, max(1, self.width - LABEL - 1))
        if name is None or spikes is None:
            return
        units = self.recording.units(name)[: 2 * max(1, height)]
        steps = self.recording.steps_of(name)[-len(spikes) :]
        yield f"spikes of {name}, steps {steps[0]:,} to {steps[-1]:,}"
        for number, line in enumerate(text_raster(spikes[:, : len(units)], plain=self.plain)):
            yield f"{units[2 * number]:{LABEL}} {line}"

    def _last(self, population: str, rows: int) -> np.ndarray | None:
        """Return the spikes of the newest rows, bool [T, n_units]; None if there are none."""
        steps = self.recording.steps_of(population)[-rows:]
        if not len(steps):
            return None
        return self.recording.raster(population, steps=slice(int(steps[0]), int(steps[-1]) + 1))


def _start(window: Window) -> int:
    return window.start
