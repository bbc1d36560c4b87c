"""The recorder: what the simulation calls after every step."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np

from spikefa.errors import require
from spikefa.recording.format.layout import Provenance
from spikefa.recording.format.schema import Backpressure, Durability
from spikefa.recording.plan.clocks import Clock
from spikefa.recording.plan.image_windows import When
from spikefa.recording.plan.predicates import Function
from spikefa.recording.plan.probes import Probe, Variables
from spikefa.recording.write.creation import check_durability, make_file, plan_layout
from spikefa.recording.write.exits import ExitGuard
from spikefa.recording.write.memory_plan import MAX_HOST_BYTES, Room, plan_rooms
from spikefa.recording.write.pipeline import Pipeline, recorded_stream
from spikefa.recording.write.resumption import plan_resumption
from spikefa.recording.write.trim import trim
from spikefa.recording.write.writer import Writer


class Recorder:
    """Writes what the probes see inside the windows; make one with `create` or `resume`.

    It reads the state and never changes it, so a run with it is the run without it. If the file
    cannot be written any more it warns once, stops recording and lets the simulation go on.

    Parameters
    ----------
    writer : Writer
        The open file.
    clocks : sequence of Clock
        When the channels of the file are read; the predicates of triggers can be asked.
    variables : mapping
        ``variables[population][variable]`` is a tensor ``[batch, n]`` that is updated in place, or
        what computes one.
    room : sequence of Room
        Sizes of the memory that holds rows which are not yet in the file, for each clock.
    images : ndarray of uint8, shape [n_images, h, w], optional
        Where the thumbnails are taken from.
    warn : callable
        Gets the one message of a recording that failed.

    Attributes
    ----------
    path : Path
        The file.
    failure : str
        Why the recording stopped early; empty if it has not.
    stream : int
        The stream of the batch that the probes record; the first, if they record several.

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
        room: Sequence[Room],
        images: np.ndarray | None = None,
        warn: Callable[[str], object] = warnings.warn,
    ) -> None:
        self.path = writer.path
        self.failure = ""
        self.stream = recorded_stream(writer, variables)
        self._writer = writer
        self._open = True
        self._warn = warn
        self._pipeline = Pipeline(writer, clocks, variables, room, images)
        self._guard = ExitGuard(self.close)

    @property
    def backpressure(self) -> Backpressure:
        """How often, and for how long, the simulation has waited for the disk."""
        return self._pipeline.thread.pressure

    @classmethod
    def create(
        cls,
        path: str | Path,
        probes: Sequence[Probe],
        windows: When | Sequence[When],
        variables: Variables,
        provenance: Provenance,
        images: np.ndarray | None = None,
        n_classes: int = 10,
        warn: Callable[[str], object] = warnings.warn,
        max_host_bytes: int = MAX_HOST_BYTES,
        durability: Durability = "flush",
        steps_per_image: int | None = None,
    ) -> "Recorder":
        """Start a recording in a new file.

        Parameters
        ----------
        path : path-like
            The file to make; its folder must exist.
        probes : sequence of Probe
        windows : Window, Always, ImageWindow, EveryImage, Trigger, or sequence of them
            When; those with an end of their own must not overlap each other.
        variables : mapping
            ``variables[population][variable]``, tensors ``[batch, n]`` updated in place or what
            computes them, the populations in the order of the layers and the neurons' own variables
            first.
        provenance : mapping of str to str, int, float or bool
            Where the recording comes from: attributes of the file. ``"seed"`` is needed.
        images : ndarray of uint8, shape [n_images, h, w], optional
            The training images; those shown inside the windows are kept as thumbnails.
        n_classes : int
            Classes among which the neurons of the last population are divided, in equal groups.
        warn : callable, optional
            Gets the message if the recording fails.
        max_host_bytes : int, optional
            Memory that rows may take which are not yet in the file. If the disk cannot keep up and
            it is used up, the simulation waits, and `backpressure` counts it.
        durability : {"flush", "fsync"}, optional
            ``"fsync"``: what is committed also survives a power cut. Each commit takes some
            milliseconds more, of the writing thread.
        steps_per_image : int, optional
            Steps for which each image is shown: what counts in images needs it.

        Raises
        ------
        SpikefaError
            If the file exists or an argument is wrong.
        """
        path = Path(path)
        check_durability(durability)
        layout = plan_layout(
            probes, windows, variables, provenance, images, n_classes, steps_per_image
        )
        room = plan_rooms(layout, variables, max_host_bytes)
        make_file(path, layout)
        writer = Writer(path, layout, durability)
        return cls(writer, layout.clocks, variables, room, images, warn)

    @classmethod
    def resume(
        cls,
        path: str | Path,
        variables: Variables,
        step: int,
        images: np.ndarray | None = None,
        warn: Callable[[str], object] = warnings.warn,
        max_host_bytes: int = MAX_HOST_BYTES,
        durability: Durability = "flush",
        predicates: Mapping[str, Function] | None = None,
    ) -> "Recorder":
        """Continue a recording that was stopped or broke off.

        Parameters
        ----------
        path : path-like
            The recording; it keeps its probes, windows and provenance.
        variables : mapping
            As for `create`.
        step : int
            The next step to be simulated: every recorded row from it on is dropped first.
        images : ndarray of uint8, shape [n_images, h, w], optional
            Needed if the recording keeps thumbnails.
        warn : callable, optional
            As for `create`.
        max_host_bytes, durability : optional
            As for `create`.
        predicates : mapping of str to callable, optional
            By the labels of their triggers: the caller's own predicates, which no file can hold.

        Raises
        ------
        SpikefaError
            If there is no such recording, it is of another network, or a predicate is missing.
        """
        path = Path(path)
        check_durability(durability)
        layout, clocks = plan_resumption(path, variables, images, predicates or {})
        room = plan_rooms(layout, variables, max_host_bytes)
        trim(path, step)
        return cls(Writer(path, layout, durability), clocks, variables, room, images, warn)

    def landing(self, steps: int) -> Callable[[int], None] | None:
        """Return what keeps the state after each of so many steps, for `observe` to choose from.

        It is called with 0, 1, ... after the steps, decides nothing, and can be captured with them;
        `observe` is told afterwards of each step, and as what it has `landed`.

        Returns
        -------
        callable, or None
            None if `observe` has to be called between the steps: for triggers, and for what is
            computed when it is read.
        """
        return self._pipeline.land if self._pipeline.can_land(steps) else None

    def observe(self, step: int, image: int, label: int, landed: int | None = None) -> None:
        """Record the state after `step`, if a window or a trigger wants it.

        Parameters
        ----------
        step : int
            Absolute number of the step just simulated; it grows from call to call.
        image, label : int
            Index and class of the image that the recorded `stream` saw during it.
        landed : int, optional
            With what number `landing` was called after this step; by default the present state is
            that after the step.
        """
        self._pipeline.observe(step, image, label, landed)
        if self._pipeline.thread.failure is not None:
            self._report()

    def waits(self, stop: int) -> bool:
        """Return whether a step before `stop` may have to be observed; later ones may be skipped.

        It says so too if only an `observe` can tell.
        """
        return self._pipeline.waits(stop)

    def commit(self) -> None:
        """Write the rows in memory and wait until they are committed: no crash can take them."""
        if self._open:
            self._pipeline.flush()
            self._pipeline.thread.wait()
            self._report()

    def _report(self) -> None:
        """If the recording has failed, take no more rows and say so, once."""
        error = self._pipeline.thread.failure
        if error is None or self.failure:
            return
        self.failure = (str(error) or type(error).__name__).splitlines()[0]
        self._pipeline.end()
        self._warn(
            f"recording to {self.path} stopped after {self._writer.rows} steps "
            f"({self.failure}): what was recorded before can be read, and the simulation goes on"
        )

    def close(self, status: str = "closed") -> None:
        """Write what is in memory and close the file; a second call does nothing.

        Parameters
        ----------
        status : {"closed", "failed"}
            How the simulation ended.
        """
        require(status in ("closed", "failed"), f"status is {status!r}: give 'closed' or 'failed'")
        if not self._open:
            return
        self._pipeline.close(status)
        self._open = False
        self._guard.release()
        self._report()

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close("closed" if kind is None else "failed")
