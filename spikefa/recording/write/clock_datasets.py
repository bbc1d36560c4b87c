"""The datasets of one clock in the open file."""

from collections.abc import Sequence

import h5py
import numpy as np

from spikefa.recording.format.layout import DT
from spikefa.recording.format.schema import clock_path, is_report
from spikefa.recording.plan.channels import Channel
from spikefa.recording.plan.clocks import Clock
from spikefa.recording.plan.streams import Streams
from spikefa.recording.write.presentation_table import PresentationTable
from spikefa.recording.write.sinks import put, sink_of


class ClockDatasets:
    """The datasets that share the steps of one clock, and the counter of their rows.

    Parameters
    ----------
    file : h5py.File
    number : int
        The number of the clock.
    clock : Clock
    channels : sequence of Channel
        The channels of this clock.
    streams : Streams
        Those whose stimulus is recorded.

    Attributes
    ----------
    channels : tuple of Channel
    rows : int
        Rows committed.
    """

    def __init__(
        self,
        file: h5py.File,
        number: int,
        clock: Clock,
        channels: Sequence[Channel],
        streams: Streams,
    ) -> None:
        self.channels = tuple(channels)
        self._committed = file[clock_path(number, "committed_steps")]
        self._step = file[clock_path(number, "step")]
        self.rows = int(self._committed[0])
        self._presentations = PresentationTable(file, number, self.rows, streams)
        self._sinks = [sink_of(file, channel, self.rows) for channel in channels]
        reports = [c.population for c in channels if is_report(c)]
        self._times = [file[f"/report/{name}/mapping/time"] for name in reports]
        self._interval = clock.every * DT

    def nbytes(self, blocks: Sequence[np.ndarray]) -> int:
        """Return the bytes that rows will take in the file."""
        return sum(s.nbytes(values) for s, values in zip(self._sinks, blocks, strict=True))

    def event_channels(self) -> list[Channel]:
        """Return the channels whose spikes are stored as events."""
        pairs = zip(self.channels, self._sinks, strict=True)
        return [channel for channel, sink in pairs if sink.holds_events]

    def put(self, stimulus: np.ndarray, blocks: Sequence[np.ndarray]) -> None:
        """Write rows behind those that are committed."""
        if not len(stimulus):
            return
        for sink, values in zip(self._sinks, blocks, strict=True):
            sink.put(self.rows, stimulus["step"], values)
        self._presentations.put(self.rows, stimulus)
        put(self._step, self.rows, stimulus["step"])

    def commit(self, stimulus: np.ndarray) -> None:
        """Count the rows in the file, also for readers of SONATA reports; call `confirm` next."""
        if not len(stimulus):
            return
        rows = self.rows + len(stimulus)
        for time in self._times:
            start = stimulus["step"][0] * DT if self.rows == 0 else time[0]
            time[:] = (start, start + rows * self._interval, self._interval)
        self._committed[0] = rows

    def confirm(self, stimulus: np.ndarray) -> None:
        """Count the rows here, once the counter in the file has been flushed."""
        if len(stimulus):
            self._presentations.confirm(stimulus)
            self.rows += len(stimulus)

    def objects(self) -> list[h5py.Dataset]:
        """Return every dataset held open."""
        held = [data for sink in self._sinks for data in sink.objects()]
        held += self._presentations.objects()
        return [self._committed, self._step, *held, *self._times]
