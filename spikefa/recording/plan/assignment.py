"""Find the clocks that some probes need."""

from collections.abc import Sequence

from spikefa.errors import require
from spikefa.recording.plan.channels import common_stream
from spikefa.recording.plan.clocks import Clock, make_clock
from spikefa.recording.plan.probes import Probe
from spikefa.recording.plan.sorting import When, sort_windows
from spikefa.recording.plan.variables import Variables


def assign_clocks(
    probes: Sequence[Probe],
    windows: When | Sequence[When],
    variables: Variables,
    steps_per_image: int | None = None,
) -> tuple[tuple[Clock, ...], tuple[int, ...]]:
    """Return the clocks that `probes` need, and the number of the clock of each probe.

    The first clock reads every step of the recording's own `windows`.

    Parameters
    ----------
    probes : sequence of Probe
    windows : window, trigger, or sequence of them
    variables : mapping
        What can be recorded.
    steps_per_image : int, optional
        Needed by windows that count images.

    Raises
    ------
    SpikefaError
        If windows are wrong.
    """
    require(
        not isinstance(probes, Probe),
        "probes is one Probe: give a list of them, [Probe(...)]",
    )
    shared = [probe for probe in probes if probe.window is None]
    stream = common_stream(shared, variables)
    clocks = [make_clock(sort_windows(windows, stream, steps_per_image))]
    numbers = []
    for probe in probes:
        own = windows if probe.window is None else probe.window
        of = stream if probe.window is None else common_stream([probe], variables)
        clock = make_clock(sort_windows(own, of, steps_per_image), probe.every)
        if clock not in clocks:
            clocks.append(clock)
        numbers.append(clocks.index(clock))
    return tuple(clocks), tuple(numbers)
