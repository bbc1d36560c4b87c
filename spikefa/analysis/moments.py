"""Counts and covariances of spikes, summed over blocks without rounding."""

from dataclasses import dataclass

import numpy as np

from spikefa.errors import require
from spikefa.recording import Recording, Steps, Units


@dataclass(frozen=True)
class Moments:
    """How often units spiked, and how often pairs of them spiked in the same step.

    The counts are integers, so sums over blocks of any size are exact.

    Attributes
    ----------
    rows : int
        Steps counted, T.
    joint : ndarray of int64, shape [n_units, n_units]
        ``c_ij = sum_t s_i(t) s_j(t)``. On the diagonal these are the spikes of each unit.
    """

    rows: int
    joint: np.ndarray

    @property
    def covariance(self) -> np.ndarray:
        """``(T c_ij - c_ii c_jj) / (T (T - 1))``, float64: the unbiased estimate."""
        counts = np.diag(self.joint)
        # Integers up to the division, so that rare or frequent spikes lose no digits.
        difference = self.rows * self.joint - np.outer(counts, counts)
        return difference / (float(self.rows) * (self.rows - 1))


def spike_moments(
    recording: Recording,
    population: str,
    units: Units = None,
    steps: Steps = None,
) -> Moments:
    """Count the spikes of units and of pairs of units, in one pass.

    It needs memory for one block and for n_units^2 numbers.

    Parameters
    ----------
    recording : Recording
    population : str
    units : selection, optional
        Recorded units, in the order wanted, see `Recording`; by default all.
    steps : str or slice, optional
        The label of a window or absolute steps; by default all.

    Raises
    ------
    SpikefaError
        If fewer than two steps were recorded.
    """
    series = recording.series(population)
    rows = series.some_rows(steps)
    total = rows.stop - rows.start
    require(
        total >= 2,
        f"{recording.path} holds {series.name} at one step there: a covariance needs two",
    )
    n_units = len(series.some_units(units))
    joint = np.zeros((n_units, n_units), np.int64)
    for _, spikes in series.blocks(units, steps):
        # float32 counts exactly up to 2^24, and a block has far fewer rows.
        values = spikes.astype(np.float32)
        joint += (values.T @ values).astype(np.int64)
    return Moments(total, joint)
