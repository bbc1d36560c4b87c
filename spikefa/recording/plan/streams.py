"""The streams of a batch whose stimulus a recording keeps, and which of them see a variable."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from torch import Tensor

from spikefa.errors import SpikefaError, require
from spikefa.recording.plan.channels import Channel
from spikefa.recording.plan.variables import Variables

ALL = range(1 << 62)
"""The streams that share a variable, if their number is not known."""


@dataclass(frozen=True)
class Streams:
    """The streams whose stimulus is recorded.

    A variable has one state for each stream, or one for several streams that share it, such as
    the weights, of which each replica has its own.

    Attributes
    ----------
    numbers : tuple of int
        The streams, ascending; at least one.
    total : int
        Streams of all replicas together; 0 if it is not known, as in files of format 1.0.
    default : int
        The one that is meant if none is named.
    """

    numbers: tuple[int, ...]
    total: int
    default: int

    def behind(self, channel: Channel, state: int | None = None) -> range:
        """Return the streams that one state of a channel belongs to; by default its first."""
        chosen = channel.stream if state is None else state
        if not channel.states or not self.total:
            shared = channel.elements and channel.stream == 0 and channel.batch <= 1
            return ALL if shared else range(chosen, chosen + 1)
        each = max(1, self.total // channel.states)
        return range(chosen * each, (chosen + 1) * each)

    def is_shared(self, channel: Channel) -> bool:
        """Return whether streams share the states of a channel."""
        return len(self.behind(channel)) > 1

    def of(self, channel: Channel, stream: int | None = None) -> int:
        """Return the stream whose stimulus a channel is to be paired with.

        Parameters
        ----------
        channel : Channel
        stream : int, optional
            By default that of the channel, or the first if all streams were recorded.

        Raises
        ------
        SpikefaError
            If the channel is of other streams, or the stimulus of the stream is not recorded.
        """
        name = f"{channel.variable!r} of {channel.population!r}"
        own = self.behind(channel)
        if stream is not None:
            require(
                bool(channel.batch) or stream in own,
                f"{name} was recorded of stream {own.start}, not of {stream!r}",
            )
            own = range(stream, stream + 1)
        return self.first_of(own, name)

    def first_of(self, own: range, name: str) -> int:
        """Return the default stream if it is among `own`, or else the first one recorded."""
        held = [number for number in self.numbers if number in own]
        require(
            bool(held),
            f"{name} is of stream {own.start}, and what was shown was recorded of stream "
            f"{', '.join(map(str, self.numbers[:9]))} only: it cannot be said what it responds to",
        )
        return self.default if self.default in held else held[0]

    def together(self, channels: Sequence[Channel]) -> range:
        """Return the streams that all of some channels are of, so that they can be paired.

        Raises
        ------
        SpikefaError
            If there is none.
        """
        first, own = channels[0], self.behind(channels[0])
        for channel in channels[1:]:
            its = self.behind(channel)
            both = range(max(own.start, its.start), min(own.stop, its.stop))
            if not both:
                raise SpikefaError(
                    f"{first.variable!r} of {first.population!r} is of stream {own.start}, and "
                    f"{channel.variable!r} of {channel.population!r} of stream {its.start}: only "
                    "what is of one stream can be paired, so record both with the same stream="
                )
            own = both
        return own


def plan_streams(channels: Sequence[Channel], variables: Variables) -> Streams:
    """Return every stream that one of `channels` reads.

    Of what streams share, such as weights, the first stream is kept if nothing else is read.
    """
    total = max(_stream_counts(channels, variables))
    plan = Streams((0,), total, 0)
    own = [channel for channel in channels if not plan.is_shared(channel)] or channels
    firsts = {plan.behind(channel).start for channel in own}
    numbers = {
        plan.behind(channel, state).start
        for channel in own
        for state in (range(channel.batch) if channel.batch else [channel.stream])
    }
    return Streams(tuple(sorted(numbers)), total, min(firsts))


def _stream_counts(channels: Sequence[Channel], variables: Variables) -> Iterable[int]:
    yield from (channel.states for channel in channels)
    for of_population in variables.values():
        for each in of_population.values():
            if isinstance(each, Tensor) and each.ndim == 2:
                yield len(each)
