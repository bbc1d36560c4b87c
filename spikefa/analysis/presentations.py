"""Presentations: the stretches of steps in which one image is shown."""

from dataclasses import dataclass

import numpy as np

from spikefa.errors import require
from spikefa.recording import Recording, Steps
from spikefa.utils.numbers import whole_number


@dataclass(frozen=True)
class Presentations:
    """The complete presentations in a recording.

    Attributes
    ----------
    steps_per_image : int
        Steps for which each image is shown, N.
    start : ndarray of int64, shape [presentations]
        The first row of each presentation, which has the rows ``start`` to ``start + N - 1`` of the
        series that was asked for.
    label : ndarray of int64, shape [presentations]
        The class of each image.
    """

    steps_per_image: int
    start: np.ndarray
    label: np.ndarray

    def __len__(self) -> int:
        return len(self.start)


def presentations(
    recording: Recording,
    steps: Steps = None,
    steps_per_image: int | None = None,
    population: str | None = None,
) -> Presentations:
    """Find the presentations that were recorded from their first to their last step.

    Others, which were cut by the edge of a window, are left out. Recordings of format 1.0 do not
    say where presentations begin: there a stretch of k N rows that shows one image without a gap is
    k presentations.

    Parameters
    ----------
    recording : Recording
    steps : str or slice, optional
        The label of a window or absolute steps; by default all.
    steps_per_image : int, optional
        N. By default it is taken from the file, from its configuration or, without one, from the
        most common length.
    population : str, optional
        That whose spikes are to be paired with what was shown: the rows are theirs, and the labels
        those of their stream. By default the rows and the first stream of the recording.

    Raises
    ------
    SpikefaError
        If there is no complete presentation.
    """
    known = recording.layout.steps_per_image
    require(
        steps_per_image in (None, known) or not known,
        f"steps_per_image is {steps_per_image}: the images of {recording.path} are shown for "
        f"{known} steps",
    )
    require(
        steps_per_image is None or steps_per_image >= 1,
        f"steps_per_image is {steps_per_image}: give 1 or more",
    )
    how = ""
    if population is not None:
        series = recording.series(population)
        how = f": {series.name} was read {series.when}; record it at every step of whole images"
        require(series.every == 1, f"{recording.path} holds no complete presentation{how}")
    shown = recording.presentations(population, steps=steps, steps_per_image=steps_per_image)
    lengths = np.diff(shown.edges)
    found = steps_per_image or recording.steps_per_image
    if found is None and len(lengths):
        found = int(np.bincount(lengths).argmax())
    require(len(lengths) > 0, f"{recording.path} holds no presentation there")
    found = whole_number(found, "steps_per_image", 1)
    held = recording.steps if population is None else recording.steps_of(population)
    first, last = held[shown.edges[:-1]], held[shown.edges[1:] - 1]
    whole = (lengths == found) & (first == shown.start) & (last - first == found - 1)
    require(
        bool(whole.any()),
        f"{recording.path} holds no complete presentation of {found} steps there{how}",
    )
    return Presentations(found, shown.edges[:-1][whole], shown.label[whole])
