"""Numbers with a range, which belongs to the type of an option or an argument.

``hidden: Size`` says which numbers are allowed, to readers, to ``--help`` and to `in_range`. The
upper ends are far beyond what anybody needs: they refuse slips of the finger, and numbers with
which arithmetic fails. What fits into memory is another question, see `spikefa.utils.memory`.
"""

from dataclasses import KW_ONLY, dataclass
from typing import Annotated


@dataclass(frozen=True)
class Range:
    """The numbers from `least` to `most`; NaN is in no range.

    Parameters
    ----------
    least, most : int or float
    above : bool, default False
        Whether `least` itself is not allowed.
    below : bool, default False
        Whether `most` itself is not allowed.
    takes_memory : bool, default False
        Whether larger numbers take more memory, so that they are what to lower.
    """

    least: float
    most: float
    _: KW_ONLY
    above: bool = False
    below: bool = False
    takes_memory: bool = False

    def __contains__(self, number: float) -> bool:
        low = self.least < number if self.above else self.least <= number
        return low and (number < self.most if self.below else number <= self.most)

    def __repr__(self) -> str:
        if not self.above and not self.below:
            return f"from {self.least:,} to {self.most:,}"
        low = f"above {self.least:,}" if self.above else f"from {self.least:,}"
        return f"{low}, {'below' if self.below else 'at most'} {self.most:,}"


LARGE = 1_000_000
"""Upper end of rates, scales and other factors."""
MOST_CLASSES = 65_536
"""Classes that labels of two bytes can tell apart."""

Size = Annotated[int, Range(1, 10_000_000, takes_memory=True)]
"""Neurons of a population."""
Batch = Annotated[int, Range(1, 1_000_000, takes_memory=True)]
"""Independent streams, or examples for each update."""
Count = Annotated[int, Range(1, 1_000_000_000)]
"""How many of something: images, updates."""
CountOrZero = Annotated[int, Range(0, 1_000_000_000)]
Steps = Annotated[int, Range(1, 1_000_000)]
"""Steps of simulated time for one item."""
Delay = Annotated[int, Range(0, 10_000, takes_memory=True)]
"""Steps from a spike until it arrives."""
Epochs = Annotated[int, Range(1, 100_000)]
EpochsOrZero = Annotated[int, Range(0, 100_000)]
Few = Annotated[int, Range(1, 10_000)]
"""How many of something that is made one by one: layers, repeats."""
Bytes = Annotated[int, Range(1, 10**18)]
Replicas = Annotated[int, Range(1, 10_000, takes_memory=True)]
"""Networks side by side, or processes."""
BitCount = Annotated[int, Range(1, 16)]
"""Bits of a weight."""
ThreadCount = Annotated[int, Range(1, 256)]
Looks = Annotated[int, Range(1, 100)]
"""Looks at a network in each epoch, or in all."""
Seed = Annotated[int, Range(-(2**63), 2**63 - 1)]
"""Also what `spikefa.utils.seeding.derive` returns."""

Rate = Annotated[float, Range(0, LARGE, above=True)]
"""A learning rate."""
Scale = Annotated[float, Range(0, LARGE)]
"""A half-range or standard deviation, or another factor that may be 0."""
PositiveScale = Annotated[float, Range(0, LARGE, above=True)]
Signed = Annotated[float, Range(-LARGE, LARGE)]
Degrees = Annotated[float, Range(0, 180)]
"""An angle, in either direction."""
Expansion = Annotated[float, Range(1, 10_000, takes_memory=True)]
"""Neurons for each neuron of another population."""
Duration = Annotated[float, Range(0, LARGE, above=True)]
"""Epochs, or another time that need not be whole."""
Time = Annotated[float, Range(0, 10**15, above=True)]
"""A time in any unit, such as microseconds."""
Classes = Annotated[int, Range(1, MOST_CLASSES)]
DurationOrZero = Annotated[float, Range(0, LARGE)]
Share = Annotated[float, Range(0, 1)]
"""A share or a probability."""
PositiveShare = Annotated[float, Range(0, 1, above=True)]
"""Such as tau, the weight of the new drive."""
ShareBelowOne = Annotated[float, Range(0, 1, below=True)]
"""Such as a weight decay, a momentum, or the share of missing synapses."""
Correlation = Annotated[float, Range(-1, 1)]
ProperShare = Annotated[float, Range(0, 1, above=True, below=True)]
