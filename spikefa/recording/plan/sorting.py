"""Sort the windows that a user asked for by kind, and count all of them in steps."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from spikefa.errors import SpikefaError
from spikefa.recording.plan.image_windows import Always, EveryImage, ImageWindow
from spikefa.recording.plan.recurring import Recurring
from spikefa.recording.plan.triggers import Trigger, bind_trigger
from spikefa.recording.plan.windows import OPEN_END, Window
from spikefa.utils.numbers import whole_number

When = Window | Always | ImageWindow | EveryImage | Trigger
"""When to record. Several may overlap; no step is recorded twice."""


@dataclass(kw_only=True)
class SortedWindows:
    """Windows of all kinds, counted in steps."""

    windows: list[Window] = field(default_factory=list)
    recurring: list[Recurring] = field(default_factory=list)
    triggers: list[Trigger] = field(default_factory=list)


def sort_windows(
    wanted: When | Sequence[When], stream: int | None, steps_per_image: int | None
) -> SortedWindows:
    """Return the windows by kind, in steps.

    Parameters
    ----------
    wanted : window, trigger, or sequence of them
    stream : int or None
        The recorded stream of the batch; None if there are several.
    steps_per_image : int or None
        Steps for which each image is shown, if known.

    Raises
    ------
    SpikefaError
        If a window is wrong, or counts images and `steps_per_image` is not known.
    """
    found = SortedWindows()
    for each in [wanted] if isinstance(wanted, When) else wanted:
        if isinstance(each, Window):
            found.windows.append(each)
        elif isinstance(each, Always):
            found.windows.append(Window(each.label, 0, OPEN_END))
        elif isinstance(each, ImageWindow):
            steps = _steps(each.label, steps_per_image)
            found.windows.append(Window(each.label, each.start * steps, each.stop * steps))
        elif isinstance(each, EveryImage):
            steps = _steps(each.label, steps_per_image)
            found.recurring.append(
                Recurring(each.label, start=each.first * steps, length=steps, period=each.k * steps)
            )
        elif isinstance(each, Trigger):
            found.triggers.append(bind_trigger(each, stream, steps_per_image))
        else:
            raise SpikefaError(
                f"a recording has the window {each!r}: give Window, ImageWindow, EveryImage, "
                "Always or Trigger"
            )
    return found


def _steps(label: str, steps_per_image: int | None) -> int:
    if steps_per_image is None:
        raise SpikefaError(
            f"the window {label!r} counts images, and the recorder does not know how long each is "
            "shown: give steps_per_image"
        )
    return whole_number(steps_per_image, "steps_per_image", 1)
