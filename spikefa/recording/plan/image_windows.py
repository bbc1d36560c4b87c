"""The kinds of windows that a user can ask for, and what becomes of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from spikefa.errors import SpikefaError, require
from spikefa.recording.plan.recurring import Recurring
from spikefa.recording.plan.triggers import Trigger, bind_trigger
from spikefa.recording.plan.windows import OPEN_END, Window


@dataclass(frozen=True)
class Always:
    """Every step, also of a run that is resumed with more epochs.

    Parameters
    ----------
    label : str, default "always"
        The name.
    """

    label: str = "always"


@dataclass(frozen=True)
class ImageWindow:
    """The presentations `start` <= n < `stop`, counted from 0 at the beginning of the run.

    In a batch each presentation shows one image to every stream.

    Parameters
    ----------
    label : str
        The name.
    start, stop : int
        Half-open range of presentations.
    """

    label: str
    start: int
    stop: int


@dataclass(frozen=True)
class EveryImage:
    """Every k-th presentation, from its first to its last step, without end.

    Parameters
    ----------
    k : int
        Presentations from one to the next; 1: all of them.
    first : int, default 0
        The number of the first one.
    label : str, default "image"
        The name; presentation n is the window ``"<label> #<n>"``.
    """

    k: int
    first: int = 0
    label: str = "image"


When = Window | Always | ImageWindow | EveryImage | Trigger
"""What says when to record; several may overlap, and no step is recorded twice."""


class Sorted(NamedTuple):
    """Windows of all kinds, counted in steps."""

    windows: list[Window]
    recurring: list[Recurring]
    triggers: list[Trigger]


def sort_kinds(
    wanted: When | Sequence[When], stream: int | None, steps_per_image: int | None
) -> Sorted:
    """Return what was asked for by kind, in steps.

    Parameters
    ----------
    wanted : window, trigger, or sequence of them
    stream : int or None
        The recorded stream of the batch; None if there are several.
    steps_per_image : int or None
        Steps for which each image is shown; None if nobody knows.

    Raises
    ------
    SpikefaError
        If one of them is wrong, or counts images and nobody knows how long these are shown.
    """
    found = Sorted([], [], [])
    for each in [wanted] if isinstance(wanted, When) else wanted:
        if isinstance(each, Window):
            found.windows.append(each)
        elif isinstance(each, Always):
            found.windows.append(Window(each.label, 0, OPEN_END))
        elif isinstance(each, ImageWindow):
            steps = _steps(each.label, steps_per_image)
            found.windows.append(Window(each.label, each.start * steps, each.stop * steps))
        elif isinstance(each, EveryImage):
            found.recurring.append(_recurring(each, _steps(each.label, steps_per_image)))
        elif isinstance(each, Trigger):
            found.triggers.append(bind_trigger(each, stream, steps_per_image))
        else:
            raise SpikefaError(
                f"a recording has the window {each!r}: give Window, ImageWindow, EveryImage, "
                "Always or Trigger"
            )
    return found


def _recurring(every: EveryImage, steps: int) -> Recurring:
    require(
        isinstance(every.k, int) and every.k >= 1,
        f"EveryImage has k={every.k!r}: give 1 or more images",
    )
    require(
        isinstance(every.first, int) and every.first >= 0,
        f"EveryImage has first={every.first!r}: give 0 or a later image",
    )
    return Recurring(every.label, every.first * steps, steps, every.k * steps)


def _steps(label: str, steps_per_image: int | None) -> int:
    if steps_per_image is None:
        raise SpikefaError(
            f"the window {label!r} counts images, and the recorder does not know how long each is "
            "shown: give steps_per_image"
        )
    require(steps_per_image >= 1, f"steps_per_image is {steps_per_image}: give 1 or more")
    return steps_per_image
