"""Probes: which variable of which neurons is recorded."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Literal, get_args

from spikefa.errors import require
from spikefa.recording.plan.sorting import When
from spikefa.recording.plan.windows import OPEN_END
from spikefa.utils.checking import check_one_of
from spikefa.utils.indices import Selection
from spikefa.utils.numbers import whole_number

Encoding = Literal["auto", "packed", "events"]
"""How spikes are stored: one bit per neuron and step, or the time and neuron of each spike."""


@dataclass(frozen=True)
class Probe:
    """One variable of some neurons of one population, to be recorded.

    Parameters
    ----------
    population : str
        Name of the population, such as ``"hidden1"``.
    variable : str
        Name of the variable. ``"spikes"`` must be 0 or 1 and are stored as bits or events; every
        other variable is stored as float32.
    units : int, sequence, slice, mask, or "all", default 50
        The neurons. An int draws that many by the seed of the experiment. All draws from one
        population are prefixes of one shuffled list, so a neuron whose potential is traced is also
        among the 50 of the raster. Everything else means what NumPy would select from an array of
        all neurons: a list of their numbers, a slice, or a mask with a bool for each. Synapses are
        numbered ``pre * n_post + post``. For a variable with a single element a number of units is
        ignored.
    stream : int or "all", default 0
        The stream of the batch to record; -1 is the last.
    every : int, default 1
        Steps between two readings, counted from the start of the window.
    window : Window, Trigger or another kind of window, or sequence of them, optional
        When the variable is read; by default in the windows of the recording.
    encoding : {"auto", "packed", "events"}
        How spikes are stored. ``"auto"`` chooses the smaller one for the rows that are committed
        first; that is ``"events"`` below about one spike per 130 neurons and step.
    """

    population: str
    variable: str
    units: int | Selection | Literal["all"] = 50
    _: KW_ONLY
    stream: int | Literal["all"] = 0
    every: int = 1
    window: When | Sequence[When] | None = None
    encoding: Encoding = "auto"

    def __post_init__(self) -> None:
        name = f"the probe of {self.variable!r} of {self.population!r}"
        object.__setattr__(self, "every", whole_number(self.every, f"every of {name}", 1, OPEN_END))
        check_one_of(f"encoding of {name}", self.encoding, get_args(Encoding))
        require(
            self.encoding != "events" or self.variable == "spikes",
            f"{self.variable!r} of {self.population!r} cannot be stored as events: only spikes can",
        )
