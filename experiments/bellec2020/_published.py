"""The authors' e-prop, which changes the weights after each presentation, in plain NumPy.

It follows their program for this task: gradient descent on the squared error of the presentation,
through random feedback, and on the squared distance of each neuron's mean rate from 10 Hz. The
recursive traces are written as sums over the presentation, which are the same numbers.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.signal import lfilter

from spikefa.experiments.bellec2020._task import (
    AIMED_RATE,
    DAMPENING,
    MEMORY,
    NEURONS,
    RATE,
    RATE_STRENGTH,
    STEPS,
    THRESHOLD,
    Array,
    Task,
)


@dataclass
class Published:
    """A network of the authors and its weights.

    Parameters
    ----------
    task : Task
    rate_strength : float, default RATE_STRENGTH

    Attributes
    ----------
    w_in, w_rec, w_out : ndarray
        See `Task`.
    """

    task: Task
    rate_strength: float = RATE_STRENGTH
    w_in: Array = field(init=False)
    w_rec: Array = field(init=False)
    w_out: Array = field(init=False)

    def __post_init__(self) -> None:
        task = self.task
        self.w_in, self.w_rec, self.w_out = task.w_in.copy(), task.w_rec.copy(), task.w_out.copy()

    def present(self) -> float:
        """Return half the squared error of a presentation, and learn from it."""
        task = self.task
        potential, spikes = _simulate(task.spikes @ self.w_in, self.w_rec)
        error = _filtered(spikes @ self.w_out) - task.target
        psi = DAMPENING / THRESHOLD * np.maximum(0, 1 - np.abs(potential / THRESHOLD - 1))
        too_often = self.rate_strength * (spikes.mean(0) - AIMED_RATE)
        # The sum over t of L(t) times the filtered e(t) is that of e(t) times the L that is
        # filtered backwards in time.
        signal = _filtered((error @ task.feedback.T)[::-1])[::-1] + too_often
        before = np.vstack([np.zeros(NEURONS), spikes[:-1]])
        self.w_in -= RATE * _filtered(task.spikes).T @ (psi * signal)
        self.w_rec -= RATE * _filtered(before).T @ (psi * signal)
        np.fill_diagonal(self.w_rec, 0)
        self.w_out -= RATE * _filtered(spikes).T @ error
        return 0.5 * float(np.sum(error**2))


def _simulate(drive: Array, w_rec: Array) -> tuple[Array, Array]:
    """Return potentials and spikes of a presentation [steps, neurons]."""
    potential, spikes = np.zeros((2, STEPS, NEURONS))
    v = s = np.zeros(NEURONS)
    for step, arriving in enumerate(drive):
        v = MEMORY * v + (1 - MEMORY) * (arriving + s @ w_rec) - THRESHOLD * s
        s = (v > THRESHOLD).astype(float)
        potential[step], spikes[step] = v, s
    return potential, spikes


def _filtered(rows: Array) -> Array:
    """Return ``y(t) = memory y(t - 1) + (1 - memory) x(t)``."""
    return np.asarray(lfilter([1 - MEMORY], [1, -MEMORY], rows, axis=0))
