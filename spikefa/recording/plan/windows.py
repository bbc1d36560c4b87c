"""Windows: the ranges of steps that are recorded."""

import itertools
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from spikefa.errors import require
from spikefa.utils.numbers import is_whole, shown, whole_number

LABEL_BYTES = 32
"""Room for the label of a window in the file, in bytes of UTF-8."""

OPEN_END = (1 << 63) - 1
"""The end of a window without an end: it continues however often the run is resumed."""


@dataclass(frozen=True)
class Window:
    """The steps `start` <= step < `stop`, with a name.

    Parameters
    ----------
    label : str
        The name, such as ``"early"``.
    start, stop : int
        Half-open range of absolute steps.
    """

    label: str
    start: int
    stop: int

    def __post_init__(self) -> None:
        set_span(self, OPEN_END)


def set_span(window: Any, most: int) -> None:
    """Check `start` and `stop` of a window, and make them ints of Python.

    Raises
    ------
    SpikefaError
        If one is not a whole number, or not 0 <= start < stop <= most.
    """
    text = f"window {window.label!r} is {shown(window.start)}:{shown(window.stop)}"
    require(
        is_whole(window.start) and is_whole(window.stop),
        f"{text}: give whole numbers, 0 <= start < stop",
    )
    start, stop = operator.index(window.start), operator.index(window.stop)
    require(0 <= start < stop <= most, f"{text}: give 0 <= start < stop")
    object.__setattr__(window, "start", start)
    object.__setattr__(window, "stop", stop)


def check_windows(windows: Sequence[Window]) -> tuple[Window, ...]:
    """Return `windows` in the order of their steps.

    Raises
    ------
    SpikefaError
        If there is none, two windows with an end overlap, or two share a label.
    """
    require(len(windows) > 0, "a recording needs at least one window: none was given")
    ordered = tuple(sorted(windows, key=lambda window: window.start))
    check_labels([window.label for window in ordered])
    for before, after in itertools.pairwise([w for w in ordered if w.stop < OPEN_END]):
        require(
            before.stop <= after.start,
            f"windows {before.label!r} ({before.start}:{before.stop}) and {after.label!r} "
            f"({after.start}:{after.stop}) overlap: make them disjoint",
        )
    return ordered


def check_labels(labels: Sequence[str]) -> None:
    """Refuse labels that do not fit into the file, and two labels that are the same."""
    for label in labels:
        require(
            0 < len(label.encode(errors="replace")) <= LABEL_BYTES,
            f"the window label {label!r} is empty or over {LABEL_BYTES} bytes",
        )
    require(
        len(set(labels)) == len(labels),
        f"two windows share a label: {', '.join(labels)}; give each one of its own",
    )


def figure_windows(
    total_steps: int, steps_per_image: int, images: int | None = None
) -> tuple[Window, ...]:
    """Return windows at the beginning, the middle and the end of training.

    Each holds whole images. In a run too short for three such windows they shrink, down to one
    image. A run of two images gets ``early`` and ``late``, and a run of one image or less gets
    ``early`` alone.

    Parameters
    ----------
    total_steps : int
        Steps of the whole run, at least 1.
    steps_per_image : int
        Steps for which each image is shown.
    images : int, optional
        Images in a window; by default enough for 50 steps, and at least 3.
    """
    total_steps = whole_number(total_steps, "the number of steps of the run", 1, OPEN_END)
    steps_per_image = whole_number(steps_per_image, "steps_per_image", 1)
    wanted = max(3, -(-50 // steps_per_image))
    if images is not None:
        wanted = whole_number(images, "the number of images in a window", 1)
    presented = total_steps // steps_per_image
    if presented < 2:
        return (Window("early", 0, min(total_steps, steps_per_image)),)
    if presented == 2:
        starts, length = {"early": 0, "late": 1}, 1
    else:
        length = min(wanted, presented // 3)
        starts = {"early": 0, "middle": (presented - length) // 2, "late": presented - length}
    return tuple(
        Window(label, start * steps_per_image, (start + length) * steps_per_image)
        for label, start in starts.items()
    )
