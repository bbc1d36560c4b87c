"""The recorder: what the simulation calls after every step."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from spikefa.errors import require, require_there
from spikefa.recording.format.layout import Provenance
from spikefa.recording.format.schema import Backpressure, Durability
from spikefa.recording.plan.clocks import Clock, check_ahead
from spikefa.recording.plan.predicates import Function
from spikefa.recording.plan.probes import Probe
from spikefa.recording.plan.sorting import When
from spikefa.recording.plan.variables import Variables
from spikefa.recording.write import failures
from spikefa.recording.write.captured_rows import CapturedRow, CapturedRows
from spikefa.recording.write.creation import check_durability, check_place, plan_layout
from spikefa.recording.write.exits import ExitGuard
from spikefa.recording.write.failures import reason, stopped
from spikefa.recording.write.locking import locked_on_success
from spikefa.recording.write.memory_plan import MAX_HOST_BYTES, BufferSizes, plan_memory
from spikefa.recording.write.mending import mend
from spikefa.recording.write.new_file import closed_on_failure, make_file
from spikefa.recording.write.pipeline import Pipeline
from spikefa.recording.write.presentation import OfStreams, PresentPresentation
from spikefa.recording.write.resumption import plan_resumption
from spikefa.recording.write.trim import trim
from spikefa.recording.write.writer import Writer


class Recorder:
    """Writes what the probes read inside the windows; `create` or `resume` make one.

    It only reads the state, so a run is the same with and without it. If the file can no longer be
    written, it warns once, stops recording and lets the simulation continue.

    Parameters
    ----------
    writer : Writer
        The open file.
    clocks : sequence of Clock
        The clocks of the file, with predicates that can be called.
    variables : mapping
        ``variables[population][variable]``, see `spikefa.recording.plan.variables`.
    sizes : sequence of BufferSizes
        The memory of each clock.
    thumbnails : ndarray of uint8, shape [n_images, h, w], optional
        All images; those that are shown are stored.
    warn : callable
        Receives the one message of a recording that failed.

    Attributes
    ----------
    path : Path
        The file.
    failure : str
        Why the recording stopped early; empty if it did not.
    streams : tuple of int
        The streams that the probes record, ascending: those whose stimulus `observe` needs.

    Examples
    --------
    >>> with Recorder.create(path, probes, windows, variables, provenance) as recorder:
    ...     for step in range(steps):
    ...         network.step(...)
    ...         recorder.observe(step, image, label)
    """

    def __init__(
        self,
        writer: Writer,
        clocks: Sequence[Clock],
        variables: Variables,
        sizes: Sequence[BufferSizes],
        *,
        thumbnails: np.ndarray | None = None,
        warn: Callable[[str], object] = failures.warn,
    ) -> None:
        self.path = writer.path
        self.failure = ""
        self.streams = writer.streams.numbers
        shown = writer.streams, writer.steps_per_image, writer.label
        self._presentation = PresentPresentation(*shown)
        self._writer = writer
        self._open, self._warn = True, warn
        with closed_on_failure(writer):
            self._pipeline = Pipeline(writer, clocks, variables, sizes, thumbnails)
        self._guard = ExitGuard(self.close, self._disown)

    @property
    def backpressure(self) -> Backpressure:
        """How often and how long the simulation has waited for the disk."""
        return self._pipeline.thread.pressure

    @classmethod
    def create(
        cls,
        path: str | Path,
        probes: Sequence[Probe],
        windows: When | Sequence[When],
        variables: Variables,
        provenance: Provenance,
        *,
        thumbnails: np.ndarray | None = None,
        n_classes: int = 10,
        warn: Callable[[str], object] = failures.warn,
        max_host_bytes: int = MAX_HOST_BYTES,
        durability: Durability = "flush",
        steps_per_image: int | None = None,
        step: int = 0,
        overwrite: bool = False,
    ) -> "Recorder":
        """Start a recording in a new file.

        Parameters
        ----------
        path : path-like
            The file to make; its folder must exist.
        probes : sequence of Probe
            What to record.
        windows : Window, Always, ImageWindow, EveryImage, Trigger, or sequence of them
            When to record. Instances of `Window` and `ImageWindow` must not overlap each other.
        variables : mapping
            See the class; in the order of the layers. The first has the size of the population.
        provenance : mapping of str to str, int, float or bool
            Attributes of the file that say where the recording comes from; ``"seed"`` is required.
        thumbnails : ndarray of uint8 [n_images, h, w], optional
            The training images; those that are shown in the windows are stored.
        n_classes : int
            Classes among which the neurons of the last population are divided, in equal groups.
        warn : callable, optional
            Receives the message if the recording fails.
        max_host_bytes : int, optional
            For rows that are not yet in the file; while it is used up, the simulation waits.
        durability : {"flush", "fsync"}, optional
            With ``"fsync"`` committed rows also survive a power cut; each commit takes longer.
        steps_per_image, step : int, optional
            Steps for which each image is shown, for windows that count images; the next step.
        overwrite : bool, default False
            Whether it may replace a recording, which nobody may be writing.

        Raises
        ------
        SpikefaError
            If the file exists, an argument is wrong, or a window is over before `step`.
        """
        path = Path(path)
        check_durability(durability)
        layout = plan_layout(
            probes,
            windows,
            variables,
            provenance,
            thumbnails=thumbnails,
            n_classes=n_classes,
            steps_per_image=steps_per_image,
        )
        check_ahead(layout.clocks, step)
        sizes = plan_memory(layout, variables, max_host_bytes)
        check_place(path, overwrite)
        with locked_on_success(path) as lock:
            writer = make_file(path, layout, lock, durability, overwrite)
            return cls(writer, layout.clocks, variables, sizes, thumbnails=thumbnails, warn=warn)

    @classmethod
    def resume(
        cls,
        path: str | Path,
        variables: Variables,
        step: int,
        *,
        thumbnails: np.ndarray | None = None,
        predicates: Mapping[str, Function] | None = None,
        warn: Callable[[str], object] = failures.warn,
        max_host_bytes: int = MAX_HOST_BYTES,
        durability: Durability = "flush",
    ) -> "Recorder":
        """Continue a recording that was stopped or broke off.

        Parameters
        ----------
        path : path-like
            The recording; it keeps its probes, windows and provenance.
        step : int
            The next step to be simulated. Recorded rows of this and later steps are dropped first.
        thumbnails : ndarray of uint8, shape [n_images, h, w], optional
            Required if the recording stores thumbnails.
        predicates : mapping of str to callable, optional
            The caller's own predicates, which no file holds, by the labels of their triggers.
        variables, warn, max_host_bytes, durability
            As for `create`.

        Raises
        ------
        SpikefaError
            If there is no such recording, it is of another network, or a predicate is missing.
        """
        path = Path(path)
        check_durability(durability)
        require_there(path.is_file(), f"there is no recording {path}")
        with locked_on_success(path) as lock:
            mend(path)
            layout, clocks = plan_resumption(path, variables, thumbnails, predicates or {})
            sizes = plan_memory(layout, variables, max_host_bytes)
            writer = trim(path, step, lock, durability)
            return cls(writer, clocks, variables, sizes, thumbnails=thumbnails, warn=warn)

    def wants(self, stop: int) -> bool:
        """Return whether a step before `stop` may be wanted, or only `observe` can tell."""
        return self._pipeline.wants(stop)

    def captured_rows(self, steps: int) -> CapturedRows | None:
        """Return an object that keeps the state after each step of a captured presentation.

        Its method `keep` is called inside the captured work after each step, and `observe` then for
        each step with the row that was kept. It is the same object at every call. None if `observe`
        has to be called between the steps; see `Pipeline.captured_rows`.
        """
        return self._pipeline.captured_rows(steps)

    def observe(
        self,
        step: int,
        image: OfStreams,
        label: OfStreams,
        captured: CapturedRow | None = None,
        start: int | None = None,
    ) -> None:
        """Record the state after `step`, if a window or a trigger wants it.

        Parameters
        ----------
        step : int
            Absolute number of the step just simulated; it grows from call to call.
        image, label : int, or sequence of int
            Index and class of the image that each of the `streams` saw.
        captured : CapturedRow, optional
            The state after this step, kept earlier; by default the present state is recorded.
        start : int, optional
            The first step of the presentation. By default one begins with a new image, after
            `steps_per_image` steps, and after a step that was not observed.
        """
        shown = self._presentation.at(step, image, label, start)
        self._pipeline.observe(step, shown, captured)
        if self._pipeline.thread.failure is not None:
            self._report()

    @property
    def windows_to_come(self) -> dict[str, int]:
        """The first steps of windows that have not begun, by label; none before any step."""
        return self._pipeline.windows_to_come()

    def read_from(self, variables: Variables) -> None:
        """Record these variables from the next step on; see `Pipeline.read_from`."""
        if self._open and not self.failure:
            self._pipeline.read_from(variables)

    def commit(self) -> None:
        """Write the rows in memory; wait until they are committed and safe from a crash."""
        if self._open:
            self._pipeline.flush()
            self._pipeline.thread.wait()
            self._report()

    def _report(self) -> None:
        """If the recording has failed, take no more rows and warn once."""
        error = self._pipeline.thread.failure
        if error is None or self.failure:
            return
        self.failure = reason(error)
        self._pipeline.end()
        self._warn(stopped(self.path, self._writer.rows, error))

    def close(self, status: str = "closed") -> None:
        """Write the rows in memory and close the file; a second call does nothing.

        `status` says how the simulation ended: "closed" or "failed".
        """
        require(status in ("closed", "failed"), f"status is {status!r}: give 'closed' or 'failed'")
        if not self._open:
            return
        self._pipeline.close(status)
        self._open = False
        self._guard.release()
        self._report()

    def _disown(self) -> None:
        """Do nothing more in a forked child, whose parent goes on."""
        if self._open:
            self._open = False
            self._guard.release()
            self._pipeline.end()
            self._writer.cut_off()

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close("closed" if kind is None else "failed")
