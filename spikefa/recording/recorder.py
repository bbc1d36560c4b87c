"""The recorder: what the simulation calls after every step."""

import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np

from spikefa.errors import SpikefaError, require
from spikefa.recording.blocks import RowBlock
from spikefa.recording.create import check_same_network, image_shape, make_file
from spikefa.recording.layout import (
    Provenance,
    describe_populations,
    root_attributes,
)
from spikefa.recording.probes import Probe, Variables, resolve
from spikefa.recording.reader import open_recording
from spikefa.recording.schema import CHUNK_ROWS, Layout
from spikefa.recording.trim import trim
from spikefa.recording.windows import Window, check_windows
from spikefa.recording.writer import NoRoomError, Writer

NEVER = sys.maxsize


class Recorder:
    """Writes what the probes see inside the windows; make one with `create` or `resume`.

    It reads the state and never changes it, so a run with it is the run without it. If the file
    cannot be written any more it warns once, stops recording and lets the simulation go on.

    Parameters
    ----------
    writer : Writer
        The open file.
    windows : sequence of Window
        In the order of their steps.
    variables : mapping
        ``variables[population][variable]`` is a tensor ``[batch, n]`` that is updated in place.
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
        windows: Sequence[Window],
        variables: Variables,
        images: np.ndarray | None = None,
        warn: Callable[[str], object] = warnings.warn,
    ) -> None:
        self.path = writer.path
        self.failure = ""
        self._writer = writer
        self._open = True
        self._windows = tuple(windows)
        self._images = images if writer.keeps_images else None
        self._warn = warn
        longest = max(window.stop - window.start for window in windows)
        self._block = RowBlock(writer.channels, variables, min(CHUNK_ROWS, longest))
        self._next = self._windows[0].start
        self._window_stop = self._next

    @classmethod
    def create(
        cls,
        path: str | Path,
        probes: Sequence[Probe],
        windows: Sequence[Window],
        variables: Variables,
        provenance: Provenance,
        images: np.ndarray | None = None,
        n_classes: int = 10,
        warn: Callable[[str], object] = warnings.warn,
    ) -> "Recorder":
        """Start a recording in a new file.

        Parameters
        ----------
        path : path-like
            The file to make; its folder must exist.
        probes : sequence of Probe
        windows : sequence of Window
        variables : mapping
            ``variables[population][variable]``, tensors ``[batch, n]`` updated in place, the
            populations in the order of the layers.
        provenance : mapping of str to str, int, float or bool
            Where the recording comes from: attributes of the file. ``"seed"`` is needed.
        images : ndarray of uint8, shape [n_images, h, w], optional
            The training images; those shown inside the windows are kept as thumbnails.
        n_classes : int
            Classes among which the neurons of the last population are divided, in equal groups.
        warn : callable, optional
            Gets the message if the recording fails.

        Raises
        ------
        SpikefaError
            If the file exists or an argument is wrong.
        """
        path = Path(path)
        ordered = check_windows(windows)
        require("seed" in provenance, "provenance needs the 'seed': it draws the recorded units")
        require(1 <= n_classes <= 256, f"n_classes is {n_classes}: give 1 to 256")
        channels = resolve(probes, variables, int(provenance["seed"]))
        populations = describe_populations(variables, n_classes)
        shape = None if images is None else image_shape(images)
        layout = Layout(populations, channels, ordered, shape, root_attributes(provenance))
        make_file(path, layout)
        return cls(Writer(path, channels), ordered, variables, images, warn)

    @classmethod
    def resume(
        cls,
        path: str | Path,
        variables: Variables,
        step: int,
        images: np.ndarray | None = None,
        warn: Callable[[str], object] = warnings.warn,
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

        Raises
        ------
        SpikefaError
            If there is no such recording, or it is of another network.
        """
        path = Path(path)
        with open_recording(path) as recording:
            layout = recording.layout
        check_same_network(path, layout, variables)
        if layout.image_shape is not None:
            require(
                images is not None and image_shape(images) == layout.image_shape,
                f"{path} keeps thumbnails of {layout.image_shape} pixels: give such images",
            )
        trim(path, step)
        return cls(Writer(path, layout.channels), layout.windows, variables, images, warn)

    def observe(self, step: int, image: int, label: int) -> None:
        """Record the state after `step`, if the step lies in a window.

        Parameters
        ----------
        step : int
            Absolute number of the step just simulated; it grows from call to call.
        image, label : int
            Index and class of the image that the recorded stream saw during it.
        """
        if step < self._next:
            return
        if step >= self._window_stop and not self._enter_window(step):
            return
        self._block.take(step, image, label)
        self._next = step + 1
        if self._next == self._window_stop:
            self.commit()
            self._enter_window(self._next)
        elif self._block.count == self._block.capacity:
            self.commit()

    def _enter_window(self, step: int) -> bool:
        """Find the window of `step`, or else wait for the next; return whether `step` is in one."""
        self.commit()
        for window in self._windows:
            if step < window.stop and self._open:
                self._next = max(step, window.start)
                self._window_stop = window.stop
                return step >= window.start
        self._next = NEVER
        return False

    def commit(self) -> None:
        """Write the rows in memory, so that a crash cannot take them."""
        if self._block.count == 0 or not self._open:
            return
        stimulus, values = self._block.arrays()
        try:
            self._writer.append(stimulus, values, self._new_images(stimulus))
        except (OSError, RuntimeError, ValueError, SpikefaError) as error:
            self._fail(error)
        self._block.count = 0

    def _new_images(self, stimulus: np.ndarray) -> list[tuple[int, np.ndarray]]:
        if self._images is None:
            return []
        shown = dict.fromkeys(stimulus["image"].tolist())  # in the order of appearance
        last, held = max(shown), len(self._images)
        require(last < held, f"image {last} was shown, and there are {held} to take pictures from")
        return [(i, self._images[i]) for i in shown if i not in self._writer.kept_images]

    def _fail(self, error: Exception) -> None:
        """Stop recording, say so once, and let the simulation go on."""
        self.failure = str(error).splitlines()[0]
        self._open = False
        self._next = NEVER
        if isinstance(error, NoRoomError | SpikefaError):
            self._close_file("failed")
        else:
            self._writer.abandon()
        self._warn(
            f"recording to {self.path} stopped after {self._writer.rows} steps "
            f"({self.failure}): what was recorded before can be read, and the simulation goes on"
        )

    def _close_file(self, status: str) -> None:
        try:
            self._writer.close(status)
        except (OSError, RuntimeError, ValueError) as error:
            self._writer.abandon()
            self.failure = self.failure or str(error).splitlines()[0]

    def close(self, status: str = "closed") -> None:
        """Write what is in memory and close the file; a second call does nothing.

        Parameters
        ----------
        status : {"closed", "failed"}
            How the simulation ended.
        """
        require(status in ("closed", "failed"), f"status is {status!r}: give 'closed' or 'failed'")
        self.commit()
        if not self._open:
            return
        self._open = False
        self._next = NEVER
        self._close_file(status)
        if self.failure:
            self._warn(f"the recording {self.path} could not be closed well ({self.failure})")

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close("closed" if kind is None else "failed")
