"""Rows of one clock in host memory, encoded as the file stores them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spikefa.recording.format.schema import row_shape
from spikefa.recording.plan.channels import Channel


@dataclass(frozen=True)
class RowBatch:
    """Rows of one clock, encoded as the file stores them.

    Attributes
    ----------
    stimulus : ndarray of `shown_type`, shape [k]
    wanted : ndarray of bool, shape [k]
        Whether a window wants them, whatever the triggers decide.
    values : list of ndarray, each [k, ...]
        One per channel.
    """

    stimulus: np.ndarray
    wanted: np.ndarray
    values: list[np.ndarray]

    @classmethod
    def empty(cls, channels: Sequence[Channel], shown: np.dtype) -> "RowBatch":
        """Return a batch without rows; `shown` is the type of what the streams saw."""
        shapes = map(row_shape, channels)
        values = [np.zeros((0, *shape), dtype) for shape, dtype in shapes]
        return cls(np.zeros(0, shown), np.zeros(0, bool), values)

    def __len__(self) -> int:
        return len(self.stimulus)

    @property
    def steps(self) -> np.ndarray:
        """The step of each row, int64 [k]."""
        return self.stimulus["step"].astype(np.int64)

    def part(self, which: slice | np.ndarray) -> "RowBatch":
        """Return some of the rows."""
        values = [each[which] for each in self.values]
        return RowBatch(self.stimulus[which], self.wanted[which], values)

    def copy(self) -> "RowBatch":
        """Return a copy with its own memory."""
        values = [each.copy() for each in self.values]
        return RowBatch(self.stimulus.copy(), self.wanted.copy(), values)

    def followed_by(self, others: "RowBatch") -> "RowBatch":
        """Return these rows and `others`."""
        if not len(self):
            return others
        pairs = zip(self.values, others.values, strict=True)
        return RowBatch(
            np.concatenate([self.stimulus, others.stimulus]),
            np.concatenate([self.wanted, others.wanted]),
            [np.concatenate(pair) for pair in pairs],
        )
